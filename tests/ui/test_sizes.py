"""Everything at another size: nothing cut off, nothing left small, and the usual size as it is."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

import pyqtgraph as pg
import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QToolButton, QWidget
from superqt import QElidingLabel

from playground.catalog.activations import Tanh
from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.windows import lay_out
from ui.forms.controls import Combo, Slider, Switch
from ui.forms.rows import CAPTION_WIDTH, Caption, caption_width
from ui.look import theme
from ui.panels.tiles import Tile, curve_icon
from ui.views.chart.plot import pen, small_font
from ui.views.microscope.sheet import cell_width
from ui.views.network.tiles import plain_font
from ui.window.window import Window

SCREENS = ((1.25, 1280, 800), (1.5, 1920, 1080), (2.0, 1920, 1080))
"""Each size with the smallest screen that it is for."""


@pytest.fixture(autouse=True)
def usual_size_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}")
def large(qtbot, qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Window]:
    """The window on the smallest screen for a size."""
    size, width, height = request.param
    theme.apply(qapp, "light", size)
    window = Window()
    window.resize(width, height)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: window.session.report is not None)
    lay_out(window)
    yield window
    window.close()
    shiboken6.delete(window)


def in_window(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


def needed(label: QLabel) -> int:
    return max(label.fontMetrics().horizontalAdvance(line) for line in label.text().split("\n"))


@pytest.mark.parametrize("size", theme.ZOOMS)
def test_fonts_captions_and_lines_grow_with_everything(qapp: QApplication, size: float) -> None:
    theme.apply(qapp, "light", size)
    assert small_font().pixelSize() == theme.px(theme.SMALL)
    assert caption_width("Noise", 0) == theme.px(CAPTION_WIDTH)
    assert pen("#000000", 2.0).widthF() == 2.0 * size * qapp.devicePixelRatio()
    # The network's drawing is scaled as a whole.
    assert plain_font().pixelSize() == theme.SMALL


def test_lengths_are_whole_pixels_and_halves_go_up(qapp: QApplication) -> None:
    theme.apply(qapp, "light", 1.25)
    assert [theme.px(length) for length in (0, 2, 6, 8, 10)] == [0, 3, 8, 10, 13]
    assert theme.exact_px(2) == 2.5


def test_controls_grow(qtbot, qapp: QApplication) -> None:
    hints = []
    for size in (1.0, 2.0):
        theme.apply(qapp, "light", size)
        slider, switch = Slider(), Switch()
        for widget in (slider, switch):
            qtbot.addWidget(widget)
        icon = curve_icon(Tanh(), theme.current(), size).actualSize(QSize(1000, 1000))
        hints.append((slider.sizeHint(), switch.sizeHint(), slider.handle().size().toSize(), icon))
    usual, large = hints
    assert [2 * one for one in usual] == list(large)


def test_a_slider_goes_where_it_is_pressed_at_any_size(qtbot, qapp: QApplication) -> None:
    theme.apply(qapp, "light", 2.0)
    slider = Slider()
    qtbot.addWidget(slider)
    slider.resize(400, 48)
    slider.show()
    for place in (0.0, 0.25, 1.0):
        hands.click(slider, QPoint(round(slider.x_of(place)), 24))
        assert abs(slider.value() / 1000 - place) < 0.01
        assert slider.rect().contains(slider.handle().toAlignedRect())


def test_a_kept_icon_is_made_anew_for_another_size(qapp: QApplication, window: Window) -> None:
    activation = window.session.experiment.layers[0].activation
    widths = []
    for size in (1.0, 2.0):
        theme.apply(qapp, "light", size)
        icon = curve_icon(activation, theme.current(), size)
        widths.append(icon.availableSizes()[0].width())
    assert widths[1] == 2 * widths[0]


@pytest.mark.parametrize("name", ["data", "training", "drawing", "layers"])
def test_no_label_of_a_panel_is_cut_off(qtbot, large: Window, name: str) -> None:
    panel = getattr(large.parts, name)
    large.docks.show(name)
    if name == "training":
        large.parts.training.more.button.click()
    lay_out(large)

    def labels() -> list[QLabel]:
        return [
            label
            for label in panel.findChildren(QLabel)
            if label.isVisible()
            and label.text()
            and (isinstance(label, Caption) or not isinstance(label, QElidingLabel))
        ]

    # Words get their places in the turn after the one that writes them.
    qtbot.waitUntil(lambda: all(label.wordWrap() or label.width() >= needed(label) for label in labels()))
    assert len(labels()) > 3
    for label in labels():
        if label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
        else:
            assert label.width() >= needed(label), label.text()
            assert label.height() >= label.fontMetrics().height(), label.text()


@pytest.mark.parametrize("name", ["data", "training", "drawing", "layers"])
def test_no_control_of_a_panel_reaches_beyond_its_dock(qtbot, large: Window, name: str) -> None:
    large.docks.show(name)
    lay_out(large)
    dock = in_window(large.docks.docks[name])
    controls = [
        control
        for kind in (QAbstractButton, QLineEdit, Combo, Slider, Switch)
        for control in getattr(large.parts, name).findChildren(kind)
        if control.isVisible()
    ]
    assert len(controls) > 5
    for control in controls:
        place = in_window(control)
        assert dock.left() <= place.left() and place.right() <= dock.right(), control.objectName()


def test_buttons_with_words_show_all_of_them(qtbot, large: Window) -> None:
    for name in ("data", "training", "drawing", "layers"):
        large.docks.show(name)
        lay_out(large)
        for button in getattr(large.parts, name).findChildren(QAbstractButton):
            words = button.isVisible() and button.text() and not isinstance(button, Tile)
            if words and isinstance(button, QToolButton) and button.property("segment"):
                assert button.width() >= button.fontMetrics().horizontalAdvance(button.text()), button.text()


def test_docks_and_the_bar_do_not_overlap(qtbot, large: Window) -> None:
    parts = [dock for name, dock in large.docks.docks.items() if name in large.docks.seen]
    places = [in_window(part) for part in (*parts, large.parts.boundary, large.parts.transport)]
    assert len(places) >= 4
    for number, place in enumerate(places):
        assert large.rect().contains(place)
        assert not any(place.intersects(other) for other in places[:number])


def test_the_parts_of_the_bar_do_not_overlap_and_show_their_numbers(large: Window) -> None:
    bar = large.parts.transport
    parts = [bar.play, bar.reseed, bar.epoch, bar.step, bar.loss, bar.score, bar.guest, bar.speed_slider]
    places = [in_window(part) for part in parts]
    for left, right in itertools.pairwise(places):
        assert left.right() < right.left()
    for number in (bar.epoch, bar.step, bar.loss, bar.score):
        assert number.width() >= needed(number)


def test_a_readout_makes_room_for_a_long_number(qtbot, large: Window) -> None:
    large.parts.transport.step.setText("12,345,678")
    large.parts.transport.loss.setText("1.23e-05 / 1.23e-05")
    lay_out(large)
    for number in (large.parts.transport.step, large.parts.transport.loss):
        assert number.width() >= needed(number)


def test_tiles_are_sharp_and_as_large_as_everything(large: Window) -> None:
    tile = next(iter(large.parts.data.tiles))
    tile.grab()
    picture = tile._picture
    assert picture.width() == round(tile.picture_size * picture.devicePixelRatio())
    assert tile.picture_size == theme.px(44)


def test_the_mouse_finds_what_is_drawn_in_the_network(qtbot, large: Window) -> None:
    network, canvas = large.parts.network, part_of(large.parts.network, "network.diagram")
    large.docks.show("network")
    lay_out(large)
    seen = network.shown().places.unit(0, 1)
    assert seen.width() >= theme.exact_px(22) - 1
    hands.hover(network, seen.center())
    assert (canvas.hit.kind, canvas.hit.place, canvas.hit.unit) == ("unit", 0, 1)
    point = network.shown().places.wire("W1", (2, 1))
    hands.hover(network, point)
    assert canvas.hit.kind == "wire"
    with qtbot.waitSignal(network.units_asked) as asked:
        hands.click(network, network.shown().places.units_button(0, more=True).center())
    assert asked.args[0] == 0


def test_the_networks_tiles_fill_whole_pixels(qtbot, large: Window) -> None:
    column = part_of(large.parts.network, "network.diagram").drawing.diagram.column(0)
    for unit in column.seen:
        rect = column.rect(unit)
        for length in (rect.left(), rect.top(), rect.width()):
            assert abs(length * theme.zoom() - round(length * theme.zoom())) < 1e-6


def test_the_kept_pictures_of_the_network_have_the_pixels_of_the_widget(qtbot, large: Window) -> None:
    large.docks.show("network")
    lay_out(large)
    canvas = part_of(large.parts.network, "network.diagram")
    canvas.grab()
    for picture in (canvas.drawing.still, canvas.drawing.wired):
        ratio = canvas.devicePixelRatioF()
        assert abs(picture.width() - canvas.width() * ratio) <= 1
        assert abs(picture.height() - canvas.height() * ratio) <= 1


def test_words_of_the_boundary_fit(large: Window) -> None:
    boundary = large.parts.boundary
    for button in part_of(boundary, "boundary.field").buttons:
        assert button.width() >= QFontMetrics(small_font()).horizontalAdvance(button.text())
    axis = boundary.findChild(pg.PlotWidget).getAxis("bottom")
    label = axis.label.mapRectToParent(axis.label.boundingRect())
    # The document's own margin may stick out, its letters may not.
    assert label.bottom() - axis.label.document().documentMargin() <= axis.size().height() + theme.px(1)


def test_docks_go_where_there_is_room_and_come_back(qapp: QApplication, window: Window) -> None:
    before = {name: dock.isVisible() for name, dock in window.docks.docks.items()}
    theme.apply(qapp, "light", 2.0)
    window.resize(1920, 1080)
    window.rebuild()
    lay_out(window)
    assert window.docks.docks["schedule"].isHidden()
    theme.apply(qapp, "light", 1.0)
    window.resize(1280, 800)
    window.rebuild()
    lay_out(window)
    assert {name: dock.isHidden() for name, dock in window.docks.docks.items()} == dict.fromkeys(before, False)


def test_a_panel_that_a_layout_closes_opens_in_a_place_of_its_own(qtbot, large: Window) -> None:
    large.docks.show("confusion")
    qtbot.waitUntil(lambda: "confusion" in large.docks.seen)
    dock = large.docks.docks["confusion"]
    assert large.dockWidgetArea(dock) != Qt.DockWidgetArea.NoDockWidgetArea
    assert not in_window(dock).intersects(in_window(large.parts.boundary))


@pytest.mark.parametrize("size", theme.ZOOMS)
def test_a_number_fits_into_its_cell(qapp: QApplication, size: float) -> None:
    theme.apply(qapp, "light", size)
    assert cell_width() >= QFontMetrics(small_font()).horizontalAdvance("−0.0895") + theme.px(2)
    assert cell_width() == 52 or size != 1.0


def parts_of(window: Window, qtbot) -> Counter[str]:
    """How many parts of every kind there are in a window, once all that was taken apart is gone."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.wait(20)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return Counter(type(part).__name__ for part in window.findChildren(QObject))


def test_building_everything_anew_leaves_nothing_behind(qtbot, window: Window) -> None:
    # The first time some parts of Qt's own come to be.
    window.rebuild()
    before = parts_of(window, qtbot)
    for _ in range(3):
        window.rebuild()
    left = parts_of(window, qtbot) - before
    assert not left, left


def test_focus_mode_lasts_through_another_size(qtbot, window: Window) -> None:
    window.menus.action("view.focus").trigger()
    window.rebuild()
    qtbot.waitUntil(lambda: "data" not in window.docks.seen)
    assert window.menus.action("view.focus").isChecked() and window.focus_mode.on
    window.menus.action("view.focus").trigger()
    qtbot.waitUntil(lambda: "data" in window.docks.seen)
