"""Everything at another size: nothing left small, nothing left behind, and the usual size as it is."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QStyle, QTabBar, QToolTip, QWidget

from playground.catalog.activations import Sigmoid, Tanh
from tests.ui import hands
from tests.ui.painted import painted_texts
from tests.ui.windows import await_pictures, lay_out
from ui.forms.controls import Combo, Slider, Switch
from ui.forms.rows import CAPTION_WIDTH, caption_width
from ui.look import theme
from ui.panels.tiles import curve_icon
from ui.views.chart.plot import pen, small_font
from ui.views.confusion.view import ConfusionView
from ui.views.microscope.sheet import cell_width
from ui.views.network.tiles import plain_font
from ui.views.network.widget import NetworkCanvas
from ui.views.plane.legend import Legend
from ui.window.layouts import opening_size
from ui.window.window import Window


@pytest.fixture(autouse=True)
def usual_size_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")


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


@pytest.mark.parametrize("zoom", theme.ZOOMS)
def test_the_name_of_an_activation_is_whole_beside_its_curve(window: Window, zoom: float) -> None:
    layers = tuple(msgspec.structs.replace(layer, activation=Sigmoid()) for layer in window.session.experiment.layers)
    window.session.edit(msgspec.structs.replace(window.session.experiment, layers=layers))
    window.zoom_to(zoom)
    if not window.docks.controls_are_open:
        hands.key_in(window, "Ctrl+B")
    hands.open_tab(window, "Layers")
    lay_out(window)
    assert "Sigmoid" in [text for text, _ in painted_texts(hands.control(window, "layers.0.activation", Combo))]


def test_a_kept_icon_is_made_anew_for_another_size(qapp: QApplication) -> None:
    widths = []
    for size in (1.0, 2.0):
        theme.apply(qapp, "light", size)
        icon = curve_icon(Tanh(), theme.current(), size)
        widths.append(icon.availableSizes()[0].width())
    assert widths[1] == 2 * widths[0]


def test_docks_go_where_there_is_room_and_come_back(qapp: QApplication, window: Window) -> None:
    before = {name: dock.isHidden() for name, dock in window.docks.docks.items()}
    window.resize(1920, 1080)
    window.zoom_to(2.0)
    lay_out(window)
    assert window.docks.docks["data"].isHidden() and not before["data"]
    window.zoom_to(1.0)
    window.resize(1280, 800)
    lay_out(window)
    assert {name: dock.isHidden() for name, dock in window.docks.docks.items()} == before


@pytest.mark.parametrize("size", theme.ZOOMS)
def test_a_number_fits_into_its_cell(qapp: QApplication, size: float) -> None:
    theme.apply(qapp, "light", size)
    assert cell_width() >= QFontMetrics(small_font()).horizontalAdvance("−0.0895") + theme.px(8)
    assert cell_width() == 58 or size != 1.0


K, CTRL, SHIFT, KEYPAD = (
    Qt.Key,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
)
LARGER, SMALLER, USUAL = 2.0, 1.25, 1.0
STROKES = {
    "= on an American or British keyboard": (K.Key_Equal, "=", CTRL, LARGER),
    "+ there, which is Shift and =": (K.Key_Plus, "+", CTRL | SHIFT, LARGER),
    "the same as some systems report it": (K.Key_Equal, "+", CTRL | SHIFT, LARGER),
    "+ on a German, Spanish, Italian, Nordic or Czech keyboard": (K.Key_Plus, "+", CTRL, LARGER),
    "+ on a French, Russian or Polish keyboard, with Shift": (K.Key_Plus, "+", CTRL | SHIFT, LARGER),
    "+ on a Swiss keyboard, which is Shift and 1": (K.Key_Plus, "+", CTRL | SHIFT, LARGER),
    "+ on Windows, where Ctrl leaves no text": (K.Key_Plus, "", CTRL, LARGER),
    "+ of the number pad": (K.Key_Plus, "+", CTRL | KEYPAD, LARGER),
    "- of most keyboards": (K.Key_Minus, "-", CTRL, SMALLER),
    "- on Windows": (K.Key_Minus, "", CTRL, SMALLER),
    "_ of most keyboards": (K.Key_Underscore, "\x1f", CTRL | SHIFT, SMALLER),
    "- of the number pad": (K.Key_Minus, "-", CTRL | KEYPAD, SMALLER),
    "0 of most keyboards": (K.Key_0, "0", CTRL, USUAL),
    "0 on a French keyboard, with Shift": (K.Key_0, "0", CTRL | SHIFT, USUAL),
    "0 on a French keyboard, without": (K.Key_Agrave, "à", CTRL, USUAL),
    "0 of the number pad": (K.Key_0, "0", CTRL | KEYPAD, USUAL),
}


@pytest.mark.parametrize("focus", ["boundary", "training.learning_rate", "training.optimizer"])
def test_the_size_is_changed_on_every_keyboard(qapp: QApplication, used_window: Window, focus: str) -> None:
    part = used_window.parts.boundary if focus == "boundary" else hands.control(used_window, focus)
    part.setFocus()
    before = used_window.session.experiment
    theme.apply(qapp, "light", 1.5)
    asked: list[float] = []
    used_window.appearance.size_chosen.connect(asked.append)
    for name, (key, text, held, wanted) in STROKES.items():
        hands.stroke(QApplication.focusWidget() or part, key, text, held)
        assert (name, asked) == (name, [wanted])
        asked.clear()
    assert used_window.session.experiment == before


def test_a_key_that_is_two_of_the_shortcuts_at_once_is_no_conflict(used_window: Window) -> None:
    asked: list[float] = []
    used_window.appearance.size_chosen.connect(asked.append)
    for keys in ("Ctrl++", "Ctrl+Shift+="):
        # As on a real keyboard, where Qt finds both.
        hands.press_ambiguous(used_window.menus.action("size.larger"), keys)
    assert asked == [1.25, 1.25]


def test_the_menu_names_the_keys_that_most_people_press(used_window: Window) -> None:
    keys = {command.name: command.keys for command in used_window.menus.commands(every=True)}
    named = {name.rpartition(": ")[2]: shown for name, shown in keys.items() if shown}
    assert (named["Larger"], named["Smaller"], named["100 %"]) == ("Ctrl++", "Ctrl+-", "Ctrl+0")


PLANES = {
    (1280, 800): {1.0: 390, 1.25: 390, 1.5: 450, 2.0: 440},
    (1366, 768): {1.0: 360, 1.25: 390, 1.5: 420, 2.0: 410},
    (1920, 1080): {1.0: 600, 1.25: 540, 1.5: 600, 2.0: 620},
}
"""The least widths of the boundary's plane by window and zoom, in pixels."""


def place_in(window: Window, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("size", PLANES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_regions_have_their_room_at_every_zoom_and_come_back_to_the_same_pixels(
    qapp: QApplication, window: Window, size
) -> None:
    theme.apply(qapp, "dark" if size == (1366, 768) else "light")
    window.apply_theme()
    window.resize(*size)
    # No message moves a picture, nor takes any of its room.
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    hands.leave_all(window)
    await_pictures(window)
    before = window.grab().toImage()
    for zoom, least in PLANES[size].items():
        window.zoom_to(zoom)
        lay_out(window)
        assert (window.width(), window.height()) == size
        plane = window.parts.boundary.shown().plane
        assert plane.width() >= least and abs(plane.width() - plane.height()) <= 1, zoom
        seen = [window.docks.docks[name] for name in window.docks.seen]
        parts = [*seen, window.parts.transport, window.messages.strip, window.statusBar(), window.menuBar()]
        places = [place_in(window, part) for part in parts]
        for number, place in enumerate(places):
            assert window.rect().contains(place), (zoom, parts[number])
            assert not any(place.intersects(other) for other in places[:number]), (zoom, parts[number])
        for label in window.parts.transport.findChildren(QLabel):
            assert not label.isVisible() or label.width() >= label.sizeHint().width(), (zoom, label.text())
        assert window.docks.controls_are_open == (window.width() / zoom >= 980), zoom
        assert {"boundary", "network"} <= window.docks.seen or window.width() / zoom < 840, zoom
        assert ("tracks" in window.docks.seen) == (min(window.width() / 1180, window.height() / 740) >= zoom), zoom
        boundary = window.parts.boundary
        assert boundary.height() - plane.bottom() <= theme.px(80), (zoom, "blank below the plane")
        # The response waits for what is being tried.
        for name in window.docks.seen - {"response"}:
            assert drawn_share(window.docks.docks[name].widget()) >= 0.75, (zoom, name)
        for bar in tab_bars(window):
            assert bar.tabRect(bar.count() - 1).right() <= bar.width(), zoom
    window.zoom_to(1.0)
    await_pictures(window)
    assert window.grab().toImage() == before
    # The other theme moves nothing, and draws as much.
    places = {name: place_in(window, window.docks.docks[name]) for name in window.docks.seen}
    theme.apply(qapp, "light" if theme.current() is theme.DARK else "dark")
    window.apply_theme()
    await_pictures(window)
    assert {name: place_in(window, window.docks.docks[name]) for name in window.docks.seen} == places
    for name in window.docks.seen - {"response"}:
        assert drawn_share(window.docks.docks[name].widget()) >= 0.75, (theme.current(), name)


def test_the_confusion_matrix_fills_its_place(window: Window) -> None:
    view = window.parts.view(ConfusionView)
    for zoom in (1.0, 1.5, 2.0):
        window.zoom_to(zoom)
        window.docks.show("confusion")
        await_pictures(window)
        hands.until(lambda: view.shown().cells, "there is no matrix")
        cells = [cell for row in view.shown().cells for cell in row]
        united = functools.reduce(QRectF.united, cells)
        assert united.height() >= 0.6 * view.height() or united.width() >= 0.75 * view.width(), zoom


def test_beside_its_controls_the_plane_takes_all_the_height(window: Window) -> None:
    window.zoom_to(2.0)
    await_pictures(window)
    view, legend = window.parts.boundary, window.parts.boundary.findChild(Legend)
    plane, column = view.shown().plane, legend.geometry()
    assert column.right() < plane.left() and plane.height() >= 0.85 * view.height()
    # What is left of the width is shared out.
    assert abs(column.left() - (plane.left() - column.right())) < plane.width() / 2
    words = hands.called(view, "The prediction at the pointer")
    assert words.geometry().top() > column.bottom() and words.width() == column.width()


def test_what_the_header_has_no_room_for_is_in_a_menu(qtbot, window: Window) -> None:
    bar = window.parts.transport
    assert bar.more.isHidden()
    window.zoom_to(2.0)
    lay_out(window)
    assert bar.reset.isVisible() and bar.step.isVisible() and not bar.epoch.isVisible()
    hands.click(bar.more)
    menu = bar.findChild(QMenu, "transport.rest")
    assert [action.text() for action in menu.actions() if action.text()][:3] == [
        "Epoch 0, step 0",
        "One epoch",
        "New initial weights",
    ]
    assert menu.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize, None, menu) == 32
    hands.choose_entry(menu, "Full speed")
    qtbot.waitUntil(lambda: bar.speed is None)
    hands.click(bar.more)
    hands.choose_entry(bar.findChild(QMenu, "transport.rest"), "One epoch")
    qtbot.waitUntil(lambda: bar.readout.epoch.text() == "1", timeout=30_000)


@pytest.mark.parametrize("zoom", [1.5, 2.0])
def test_the_header_always_says_the_epoch(qtbot, window: Window, zoom: float) -> None:
    readout = window.parts.transport.readout
    assert not readout.whose.text()
    window.zoom_to(zoom)
    lay_out(window)
    hands.key_in(window, "Ctrl+E")
    qtbot.waitUntil(lambda: readout.whose.text() == "epoch 1")
    assert hands.in_sight(readout.whose) and not readout.whose.is_cut
    window.zoom_to(1.0)
    lay_out(window)
    assert hands.in_sight(readout.epoch) and not readout.whose.text()


def test_a_low_window_and_a_high_one_give_the_row_below_its_share(window: Window) -> None:
    for (width, height), least in (((1280, 800), 170), ((1920, 1080), 260)):
        window.resize(width, height)
        lay_out(window)
        assert window.docks.plan is not None
        name = window.docks.plan.below[-1][1][0]
        assert window.docks.docks[name].height() >= least


def drawn_share(widget: QWidget) -> float:
    """The share of a widget's area that the box around all that is drawn in it takes."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    drawn = (pixels != pixels[-1, 0]).any(axis=2)
    (rows,), (columns,) = (np.nonzero(drawn.any(axis=axis)) for axis in (1, 0))
    return float((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1) / drawn.size)


def tab_bars(window: Window) -> list[QTabBar]:
    """The rows of tabs in sight; Qt keeps others."""
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [bar for bar in bars if bar.isVisible() and bar.count() > 1]


def test_tabs_have_words_as_far_as_there_is_room_first_the_front_one(qtbot, window: Window) -> None:
    def bar() -> QTabBar:
        return max(tab_bars(window), key=lambda bar: bar.count(), default=QTabBar())

    def words() -> list[str]:
        return [bar().tabText(place).strip("\u200b") for place in range(bar().count())]

    pictures = ["Network", "Microscope", "Histograms", "∂E/∂W", "Confusion", "Map"]
    qtbot.waitUntil(lambda: words() == pictures)
    window.zoom_to(1.25)
    icons: list[set[int]] = []
    for name, title in (("network", "Network"), ("confusion", "Confusion"), ("tracks", "Tracks")):
        window.docks.show(name)
        qtbot.waitUntil(lambda title=title: len(words()) == 7 and title in words() and "" in words())
        assert bar().tabText(bar().currentIndex()) == title
        widths = [bar().tabRect(place).width() for place in range(7)]
        assert sum(widths) <= bar().width()
        for place, each in enumerate([*pictures, "Tracks"]):
            assert bar().accessibleTabName(place) == each
            assert bar().tabIcon(place).isNull() == (each in words())
            assert bar().tabToolTip(place).startswith("<p>Show ")
        icons.append({place for place, each in enumerate(words()) if not each})
    assert icons[1] == icons[0] - {4} and icons[2] == icons[0] - {6}, "only what comes to the front changes"
    window.zoom_to(1.0)
    window.docks.show("runs")
    # Words move closer together before one of them goes.
    qtbot.waitUntil(lambda: words() == [*pictures, "Runs"])
    window.docks.show("responses")
    qtbot.waitUntil(lambda: words() == [*pictures[:4], "", "", "Responses", ""])


@pytest.mark.parametrize(("preset", "words"), [("spiral", "Auto (cross-entropy)"), ("plane", "Auto (squared error)")])
def test_the_automatic_loss_is_whole_in_the_closed_list(window: Window, preset: str, words: str) -> None:
    window.documents.open(preset)
    window.docks.show("training")
    lay_out(window)
    assert words in [text for text, _ in painted_texts(hands.control(window, "loss"))]
    assert window.parts.training.rows["loss"].caption.text() == "Loss"


def test_a_layout_of_ones_own_comes_back_with_its_zoom(window: Window) -> None:
    window.docks.docks["tracks"].close()
    lay_out(window)
    before = {name: dock.geometry() for name, dock in window.docks.docks.items() if name in window.docks.seen}
    for zoom in (1.25, 2.0, 1.0):
        window.zoom_to(zoom)
        lay_out(window)
    assert window.docks.docks["tracks"].isHidden() and window.docks.seen == before.keys()
    for name, place in before.items():
        now = window.docks.docks[name].geometry()
        assert abs(now.width() - place.width()) <= 2 and abs(now.height() - place.height()) <= 2, name


def test_the_panel_of_controls_in_front_stays_there_at_another_zoom(window: Window) -> None:
    window.docks.show("training")
    window.zoom_to(1.25)
    lay_out(window)
    assert "training" in window.docks.seen and "data" not in window.docks.seen


def test_the_network_is_whole_beside_the_open_controls(window: Window) -> None:
    window.zoom_to(1.5)
    lay_out(window)
    hands.key_in(window, "Ctrl+B")
    await_pictures(window)
    assert window.docks.controls_are_open and window.parts.network.shown().places.overview().isEmpty()
    words = hands.control(window, "network.reading")
    assert not words.is_cut, words.text()


def test_controls_are_a_drawer_where_there_is_no_room_for_them(qtbot, window: Window) -> None:
    window.zoom_to(2.0)
    lay_out(window)
    hands.push(window, "transport.controls")
    qtbot.waitUntil(lambda: "data" in window.docks.seen)
    lay_out(window)
    assert window.parts.boundary.shown().plane.width() >= 300
    foot, column = window.docks.docks["response"], window.docks.docks["data"]
    assert foot.height() <= column.height(), "the response leaves room for the controls"
    hands.key(window, "Ctrl+B")
    qtbot.waitUntil(lambda: "data" not in window.docks.seen)
    window.docks.show("training")
    qtbot.waitUntil(lambda: "training" in window.docks.seen)


@pytest.mark.parametrize(
    ("screen", "size"),
    [
        ((1280, 800), (1280, 760)),
        ((1366, 768), (1366, 728)),
        ((1920, 1080), (1600, 1000)),
        ((3840, 2160), (1600, 1000)),
    ],
)
def test_a_new_window_is_as_large_as_fits_the_screen(screen, size) -> None:
    assert opening_size(QSize(*screen)) == QSize(*size)


def parts_of(window: Window) -> Counter[str]:
    """How many parts of every kind there are in a window."""
    lay_out(window)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return Counter(type(part).__name__ for part in window.findChildren(QObject))


def test_another_zoom_makes_nothing_and_leaves_nothing_behind(window: Window) -> None:
    window.zoom_to(2.0)
    window.zoom_to(1.0)
    before, boundary = parts_of(window), window.parts.boundary
    for zoom in (1.25, 2.0, 1.0):
        window.zoom_to(zoom)
    assert parts_of(window) == before
    assert window.parts.boundary is boundary


def test_another_zoom_dresses_every_part_once(qapp: QApplication, window: Window) -> None:
    dressed: Counter[QWidget] = Counter()

    class Counting(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.StyleChange and isinstance(watched, QWidget):
                dressed[watched] += 1
            return False

    counting = Counting()
    qapp.installEventFilter(counting)
    window.zoom_to(1.5)
    qapp.removeEventFilter(counting)
    # Not once more for every part that it stands in.
    assert len(dressed) > 400 and sum(dressed.values()) <= 1.1 * len(dressed)


def test_the_window_is_painted_once_all_parts_have_their_new_places(qtbot, window: Window) -> None:
    """In between there would be flicker, and twice the wait."""
    canvas = window.findChild(NetworkCanvas)
    seen: list[QSize] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                seen.append(canvas.size())
            return False

    watch = Watch()
    canvas.installEventFilter(watch)
    window.zoom_to(1.25)
    qtbot.waitUntil(lambda: bool(seen))
    lay_out(window)
    assert set(seen) == {canvas.size()}


def test_the_window_is_painted_again_if_a_zoom_fails(qtbot, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no layout")

    monkeypatch.setattr(window.fitted_layout, "suit", fail)
    with pytest.raises(RuntimeError, match="no layout"):
        window.zoom_to(1.25)
    qtbot.waitUntil(window.updatesEnabled)


def test_tooltips_and_the_status_line_grow_and_come_back(window: Window) -> None:
    before = window.statusBar().height()
    for zoom in (2.0, 1.0):
        window.zoom_to(zoom)
        lay_out(window)
        assert QToolTip.font().pixelSize() == theme.px(theme.NORMAL)
    assert window.statusBar().height() == before


def test_focus_mode_lasts_through_another_size(qtbot, window: Window) -> None:
    window.menus.action("view.focus").trigger()
    window.zoom_to(1.5)
    qtbot.waitUntil(lambda: "data" not in window.docks.seen)
    assert window.menus.action("view.focus").isChecked() and window.focus_mode.on
    window.menus.action("view.focus").trigger()
    assert not window.docks.controls_are_open, "there is no room for the column of controls"
    window.zoom_to(1.0)
    qtbot.waitUntil(lambda: "data" in window.docks.seen)


def test_no_row_of_tabs_is_left_behind_at_another_zoom(qtbot, window: Window) -> None:
    for zoom in (1.25, 1.5, 2.0, 1.0):
        window.zoom_to(zoom)
        lay_out(window)
        for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            names = {bar.tabText(place) for place in range(bar.count()) if bar.isVisible()}
            docks = [dock for dock in window.docks.docks.values() if dock.windowTitle() in names]
            assert set(docks[1:]) <= set(window.tabifiedDockWidgets(docks[0]) if docks else ()), zoom


def test_a_zoom_keeps_the_picture_in_front_and_says_what_gave_way(window: Window) -> None:
    window.resize(1280, 800)
    hands.open_tab(window, "Confusion")
    hands.until(lambda: "confusion" in window.docks.seen, "the tab does not come to the front")
    for zoom in (1.25, 1.5):
        window.zoom_to(zoom)
        lay_out(window)
    assert "confusion" in window.docks.seen and not {"tracks", "data"} & window.docks.seen
    assert window.messages.strip.said.text == (
        "At this size the tracks are a tab and Ctrl+B opens the controls. Ctrl+0 brings the usual size back."
    )
    window.zoom_to(2.0)
    lay_out(window)
    assert "confusion" in window.docks.seen, "in the place that all pictures share"
    window.zoom_to(1.0)
    lay_out(window)
    assert {"confusion", "boundary", "tracks", "data"} <= window.docks.seen
    assert "Ctrl+0" not in window.messages.strip.said.text
