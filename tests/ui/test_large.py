"""Whole windows at another size: nothing cut off, nothing over another part, nothing out of reach of the mouse.

Making a window takes longer than looking at it, so all tests of a size look at one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QToolButton, QWidget
from superqt import QElidingLabel

from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.windows import keep_settings_in, lay_out, opened_window
from ui.forms.controls import Combo, Slider, Switch
from ui.forms.rows import Caption
from ui.look import theme
from ui.panels.tiles import Tile
from ui.views.chart.plot import small_font
from ui.window.layouts import layout_for
from ui.window.window import Window

SCREENS = ((1.25, 1280, 800), (1.5, 1920, 1080), (2.0, 1920, 1080))
"""Each size with the smallest screen that it is for."""


@pytest.fixture(scope="module", params=SCREENS, ids=lambda screen: f"{screen[0]}")
def shared(
    qapp: QApplication, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    """One window for all tests of a size, on the smallest screen for it."""
    size, width, height = request.param
    keep_settings_in(tmp_path_factory.mktemp("settings"))
    with opened_window(width, height, size) as window:
        lay_out(window)
        yield window
    theme.apply(qapp, "light")


@pytest.fixture
def large(shared: Window) -> Iterator[Window]:
    """The window, with the layout that it opened with."""
    opened = shared.docks.state()
    yield shared
    if shared.docks.state() != opened:
        shared.docks.arrange(layout_for(shared.size()))
        lay_out(shared)


def in_window(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


def needed(label: QLabel) -> int:
    return max(label.fontMetrics().horizontalAdvance(line) for line in label.text().split("\n"))


# First, on a window that nobody has touched.
def test_docks_and_the_bar_do_not_overlap(qtbot, large: Window) -> None:
    parts = [dock for name, dock in large.docks.docks.items() if name in large.docks.seen]
    places = [in_window(part) for part in (*parts, large.parts.transport)]
    assert len(places) >= (4 if theme.zoom() == 1.25 else 2)
    for number, place in enumerate(places):
        assert large.rect().contains(place)
        assert not any(place.intersects(other) for other in places[:number])


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


def test_the_parts_of_the_bar_do_not_overlap_and_show_their_numbers(large: Window) -> None:
    bar = large.parts.transport
    parts = [bar.reset, bar.play, bar.step, bar.readout.losses[0], bar.readout.scores[0], bar.guest, bar.speed_slider]
    places = [in_window(part) for part in parts]
    for left, right in itertools.pairwise(places):
        assert left.right() < right.left()
    for number in bar.readout.losses + bar.readout.scores:
        assert number.width() >= needed(number)


def test_a_readout_makes_room_for_a_long_number(qtbot, large: Window) -> None:
    readout = large.parts.transport.readout
    readout.step.setText("12,345,678")
    readout.losses[0].setText("1.23e-05")
    lay_out(large)
    for number in (readout.step, readout.losses[0]):
        assert number.width() >= needed(number)


def test_tiles_are_sharp_and_as_large_as_everything(large: Window) -> None:
    tile = next(iter(large.parts.data.tiles))
    tile.grab()
    picture = tile._picture
    assert picture.width() == round(tile.picture_size * picture.devicePixelRatio())
    assert tile.picture_size == theme.px(40)


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


def test_a_panel_that_a_layout_closes_opens_in_a_place_of_its_own(qtbot, large: Window) -> None:
    large.docks.show("confusion")
    qtbot.waitUntil(lambda: "confusion" in large.docks.seen)
    dock = large.docks.docks["confusion"]
    assert large.dockWidgetArea(dock) != Qt.DockWidgetArea.NoDockWidgetArea
    assert not in_window(dock).intersects(in_window(large.parts.boundary))
