"""Pictures of the window's parts: as sharp as asked for, as an SVG that looks the same, on the clipboard, in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QMenu, QTabBar, QWidget

from playground import Experiment, InputError, Layer, Trainer
from playground.measure.requests import BoundaryRequest
from tests.combinations import LONG
from tests.ui import hands
from tests.ui.windows import lay_out
from ui.look import theme
from ui.shell import imaging
from ui.views.network.view import NetworkView
from ui.window.window import Window

LOOKS = ["light", "dark"]
VIEWS = ["boundary", "network", "tracks", "histograms", "confusion"]


def pixels(image: QImage) -> np.ndarray:
    """The colours of a picture, (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width(), :3].astype(int)


def drawn(svg: bytes, size: QSize) -> np.ndarray:
    """The colours of an SVG at a size."""
    renderer = QSvgRenderer(QByteArray(svg))
    assert renderer.isValid()
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.magenta)
    with QPainter(image) as painter:
        renderer.render(painter)
    return pixels(image)


def read(png: bytes) -> QImage:
    """A PNG as a picture."""
    image = QImage.fromData(QByteArray(png), "PNG")
    assert not image.isNull()
    return image


def shown(qtbot, window: Window, name: str) -> QWidget:
    """A part of the window, in sight and with something to show."""
    window.pictures.when_seen(name, lambda: None)
    qtbot.waitUntil(lambda: not window.pictures.waiting)
    return window.pictures.part(name)


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests; those that do more than edit, train and rearrange take a new one."""
    return used_window


@pytest.fixture
def learned(qtbot, window: Window) -> Window:
    """The window after a few epochs, at rest."""
    window.session.play()
    qtbot.waitUntil(lambda: window.session.report.snapshot.epoch >= 3)
    window.session.pause()
    qtbot.waitUntil(lambda: not window.presenter.running)
    return window


# Formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", (1, 2, 4))
def test_a_png_has_so_many_times_the_pixels(qtbot, learned: Window, scale: int) -> None:
    part = shown(qtbot, learned, "tracks")
    assert read(imaging.png(part, scale)).size() == part.size() * scale


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "boundary"])
def test_a_png_looks_like_the_screen(qtbot, learned: Window, name: str) -> None:
    part = shown(qtbot, learned, name)
    screen = pixels(part.grab().toImage())
    assert np.abs(pixels(read(imaging.png(part))) - screen).mean() < 0.2


@pytest.mark.parametrize(
    ("name", "look"),
    [(name, look) for k, name in enumerate(VIEWS) for look in (LOOKS if LONG else [LOOKS[k % 2]])],
)
def test_an_svg_looks_like_the_screen(qtbot, qapp, learned: Window, name: str, look: str) -> None:
    theme.apply(qapp, look)
    learned.apply_theme()
    part = shown(qtbot, learned, name)
    difference = np.abs(drawn(imaging.svg(part), part.size()) - pixels(part.grab().toImage())).max(axis=2)
    # Letters and edges are smoothed otherwise; all else is the same.
    assert difference.mean() < 6
    assert np.percentile(difference, 90) < 24


@pytest.mark.parametrize(("name", "text"), [("network", "inputs"), ("boundary", "validation"), ("tracks", "Loss")])
def test_text_stays_text(qtbot, learned: Window, name: str, text: str) -> None:
    assert f">{text}</text>".encode() in imaging.svg(shown(qtbot, learned, name))


def test_maps_of_units_in_an_svg_are_their_own(qtbot, learned: Window) -> None:
    part = shown(qtbot, learned, "network")
    fine = pixels(read(imaging.png(part, 2)))
    difference = np.abs(drawn(imaging.svg(part), part.size() * 2) - fine).max(axis=2)
    assert difference.mean() < 6


def test_points_are_shapes_only_while_the_picture_is_taken(qtbot, learned: Window) -> None:
    before = pixels(learned.parts.boundary.grab().toImage())
    assert (
        imaging.svg(learned.parts.boundary).count(b"<circle") + imaging.svg(learned.parts.boundary).count(b"<path")
        > 400
    )
    assert np.array_equal(pixels(learned.parts.boundary.grab().toImage()), before)


def test_a_scrolled_panel_is_pictured_as_a_whole(qtbot, learned: Window) -> None:
    learned.resize(1280, 640)
    part = shown(qtbot, learned, "data")
    whole = learned.parts.data.size()
    assert whole.height() > part.height()
    assert read(imaging.png(part)).size() == whole


@pytest.mark.parametrize("layers", [(Layer(1),), (Layer(3),) * 30])
def test_narrow_and_deep_networks_have_their_picture(qtbot, layers: tuple[Layer, ...]) -> None:
    view = NetworkView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    qtbot.waitExposed(view)
    experiment = Experiment(layers=layers)
    view.show_experiment(experiment)
    view.show_snapshot(Trainer(experiment, engine="reference").snapshot(view.requests))
    lay_out(view)
    difference = np.abs(drawn(imaging.svg(view), view.size()) - pixels(view.grab().toImage()))
    assert difference.mean() < 6


def test_an_untrained_part_has_its_picture(qtbot, window: Window) -> None:
    for name in VIEWS:
        part = shown(qtbot, window, name)
        assert drawn(imaging.svg(part), part.size()).std() > 0


def test_other_endings_are_refused(window: Window) -> None:
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        imaging.encode_picture(window.parts.boundary, Path("a.jpg"))


# The clipboard ----------------------------------------------------------------------------------------------------


def clipboard_title() -> str:
    """What the SVG on the clipboard says that it shows."""
    data = QGuiApplication.clipboard().mimeData()
    text = bytes(data.data(imaging.SVG).data()).decode() if data is not None else ""
    return text.partition("<title>")[2].partition("</title>")[0]


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> None:
    """Nothing from another test."""
    QGuiApplication.clipboard().clear()


def choose(qtbot, text: str) -> None:
    """Click an entry of the menu that is open."""
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    hands.choose_entry(menu, text)


def test_the_menu_of_the_boundary_copies_it(qtbot, learned: Window) -> None:
    inside = learned.parts.boundary.childAt(learned.parts.boundary.rect().center())
    hands.ask_for_menu(inside, inside.rect().center())
    choose(qtbot, "Copy picture")
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert data.imageData().size() == learned.parts.boundary.size() * imaging.CLIPBOARD_SCALE
    assert clipboard_title() == "Boundary"
    assert "clipboard" in learned.messages.strip.text.text()


def test_with_a_drawing_tool_in_hand_the_right_button_erases_and_nothing_else(qtbot, window: Window) -> None:
    window.wiring.start_drawing()
    qtbot.waitUntil(lambda: window.parts.boundary.contextMenuPolicy() == Qt.ContextMenuPolicy.PreventContextMenu)
    inside = window.parts.boundary.childAt(window.parts.boundary.rect().center())
    hands.ask_for_menu(inside, inside.rect().center())
    hands.let_pass(20, "a menu would open")
    assert QApplication.activePopupWidget() is None
    window.wiring.stop_drawing()
    qtbot.waitUntil(lambda: window.parts.boundary.contextMenuPolicy() == Qt.ContextMenuPolicy.CustomContextMenu)


def test_the_menu_of_a_tab_copies_what_is_behind_it_once_it_is_up_to_date(qtbot, learned: Window) -> None:
    assert "confusion" not in learned.docks.seen
    bar, place = next(
        (bar, place)
        for bar in learned.findChildren(QTabBar)
        for place in range(bar.count())
        if bar.tabText(place) == "Confusion" and bar.isVisible()
    )
    hands.ask_for_menu(bar, bar.tabRect(place).center())
    choose(qtbot, "Copy picture")
    qtbot.waitUntil(lambda: clipboard_title() == "Confusion")
    svg = bytes(QGuiApplication.clipboard().mimeData().data(imaging.SVG).data())
    assert b">predicted as</text>" in svg
    assert "confusion" in learned.docks.seen


def test_the_menu_of_a_title_copies_its_dock(qtbot, learned: Window) -> None:
    learned.docks.docks["tracks"].setFloating(True)
    title = learned.docks.titles["tracks"][0]
    qtbot.waitUntil(title.isVisible)
    hands.ask_for_menu(title, title.rect().center())
    choose(qtbot, "Copy picture")
    qtbot.waitUntil(lambda: clipboard_title() == "Tracks")


def test_a_closed_part_is_opened_for_its_picture(qtbot, trained: Window) -> None:
    trained.docks.docks["tracks"].close()
    trained.pictures.copy("tracks")
    qtbot.waitUntil(lambda: clipboard_title() == "Tracks")
    assert trained.docks.docks["tracks"].isVisible()


def test_a_minimised_window_is_pictured_after_a_while(qtbot, window: Window) -> None:
    window.pictures.patience.setInterval(50)
    window.showMinimized()
    window.pictures.copy("histograms")
    qtbot.waitUntil(lambda: clipboard_title() == "Histograms")


def test_every_part_can_be_found_by_typing(window: Window) -> None:
    names = {command.name for command in window.commands()}
    for title in window.pictures.titles().values():
        assert f"Edit: Copy a picture of: {title}" in names
        assert f"File: Save a picture of: {title}…" in names


# Files ------------------------------------------------------------------------------------------------------------


def answer(window: Window, path: Path, kind: str) -> None:
    """Fill in the file dialog that is open, as a person does."""
    dialog = window.findChild(QFileDialog, "file.dialog")
    dialog.selectNameFilter(next(name for name in dialog.nameFilters() if kind in name))
    dialog.findChild(QLineEdit).setText(str(path))
    dialog.accept()


def test_a_picture_is_saved_as_fine_as_chosen(qtbot, learned: Window, tmp_path: Path) -> None:
    learned.pictures.ask_save("boundary")
    answer(learned, tmp_path / "b.png", "four times")
    assert QImage(str(tmp_path / "b.png")).size() == learned.parts.boundary.size() * 4
    assert "b.png" in learned.messages.strip.text.text()


def test_the_end_of_the_name_decides_on_the_format(qtbot, learned: Window, tmp_path: Path) -> None:
    learned.pictures.ask_save("boundary")
    answer(learned, tmp_path / "b.svg", "twice")
    assert (tmp_path / "b.svg").read_bytes().startswith(b"<?xml")
    assert list(tmp_path.glob("b*")) == [tmp_path / "b.svg"]


def test_a_name_of_another_kind_is_refused_in_the_strip(window: Window, tmp_path: Path) -> None:
    window.pictures.save("boundary", str(tmp_path / "b.jpg"))
    assert window.messages.strip.speaks
    text = window.messages.strip.findChild(QLabel).text()
    assert "b.jpg" in text
    assert ".png or .svg" in text
    assert not list(tmp_path.glob("b*"))


def test_a_folder_that_is_missing_is_told_in_the_strip(window: Window, tmp_path: Path) -> None:
    window.pictures.save("boundary", str(tmp_path / "none" / "b.png"))
    text = window.messages.strip.findChild(QLabel).text()
    assert "b.png" in text
    assert "Try another folder" in text


def test_pictures_still_work_at_another_size_of_everything(qtbot, learned: Window) -> None:
    learned.zoom_to(1.25)
    learned.pictures.copy("boundary")
    qtbot.waitUntil(lambda: clipboard_title() == "Boundary")


def test_a_report_says_what_it_was_to_contain(qtbot, window: Window) -> None:
    requests = frozenset({BoundaryRequest(17)})
    window.session.request(requests)
    qtbot.waitUntil(lambda: window.session.report.requests == requests)
    assert window.session.report.snapshot.answer(BoundaryRequest).shape[-1] == 17
