"""The tour, the list of shortcuts, focus mode and the size of everything."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.ui import hands
from ui.look import theme
from ui.shell.focus import FocusChoice
from ui.shell.shortcuts import ShortcutList
from ui.window.window import Window


def test_the_tour_goes_through_all_its_stops(window: Window) -> None:
    window.tour.start()
    stops = len(window.tour.shown.stops)
    titles = set()
    for _ in range(stops):
        titles.add(window.tour.shown.title.text())
        assert window.rect().contains(window.tour.shown.card.geometry())
        hands.push(window, "tour.next")
    assert len(titles) == stops
    assert window.tour.shown is None


def test_the_tour_goes_on_when_what_it_asks_for_is_done(qtbot, window: Window) -> None:
    window.tour.start()
    assert window.tour.shown.at == 0
    hands.click(window.parts.transport.play)
    qtbot.waitUntil(lambda: window.tour.shown.at == 1)
    window.session.pause()


def test_the_tour_leaves_what_it_points_at_to_the_mouse(window: Window) -> None:
    window.tour.start()
    hole = window.tour.shown.hole()
    assert window.childAt(hole.center()) is window.parts.transport.play


def test_the_tour_goes_back_and_ends_with_escape(window: Window) -> None:
    window.tour.start()
    hands.push(window, "tour.next")
    hands.push(window, "tour.back")
    assert window.tour.shown.at == 0
    hands.key(window.tour.shown, "Escape")
    assert window.tour.shown is None


def test_the_tour_is_offered_once(window: Window) -> None:
    window.tour.offer()
    assert "tour" in window.messages.strip.text.text()
    window.messages.dismiss()
    window.tour.offer()
    assert not window.messages.strip.speaks


def test_the_offered_tour_is_taken_by_its_button(window: Window) -> None:
    window.tour.offer()
    hands.click(window.messages.strip.remedy)
    assert window.tour.shown is not None
    window.tour.shown.end()


def test_f1_lists_the_shortcuts_and_finds_one(window: Window) -> None:
    hands.key(window, "F1")
    table = window.findChild(ShortcutList)
    assert any("Ctrl+K" in row[2] for row in table.rows)
    hands.type_text("undo", table.search)
    shown = [row for row in range(table.table.rowCount()) if not table.table.isRowHidden(row)]
    assert shown and all("undo" in " ".join(table.rows[row]).lower() for row in shown)
    table.close()


def test_focus_mode_hides_the_controls_and_brings_them_back(window: Window) -> None:
    hands.key(window, "F9")
    assert not window.parts.data.isVisible() and not window.parts.layers.isVisible()
    assert window.parts.boundary.isVisible() and window.parts.transport.isVisible()
    hands.key(window, "F9")
    assert window.parts.data.isVisible() and window.parts.layers.isVisible()


def test_a_teacher_chooses_what_focus_mode_hides(window: Window) -> None:
    window.focus_mode.choose()
    choice = window.findChild(FocusChoice)
    for item in choice.items():
        name = item.data(0, Qt.ItemDataRole.UserRole)
        if name:
            hide = name in ("layers", "data.noise")
            item.setCheckState(0, Qt.CheckState.Checked if hide else Qt.CheckState.Unchecked)
    choice.accept()
    window.menus.action("view.focus").trigger()
    assert window.parts.data.isVisible() and not window.parts.layers.isVisible()
    assert not window.parts.data.rows["data.noise"].isVisible()
    window.menus.action("view.focus").trigger()
    assert window.parts.data.rows["data.noise"].isVisible()
    assert set(window.settings.value("focus/hidden")) == {"layers", "data.noise"}


def test_everything_grows_and_training_goes_on(qtbot, qapp: QApplication, trained: Window) -> None:
    trained.appearance.size_chosen.connect(trained.zoom_to)
    before = trained.messages.status.fontMetrics().height()
    learned = trained.session.experiment
    hands.key(trained, "Ctrl+Equal")
    assert theme.zoom() == 1.25
    qtbot.waitUntil(lambda: trained.messages.status.fontMetrics().height() > before)
    assert trained.session.experiment == learned
    at = trained.session.report.snapshot.step
    qtbot.waitUntil(lambda: trained.session.report.snapshot.step > at)
    hands.click(trained.parts.transport.play)
    qtbot.waitUntil(lambda: not trained.session.report.running)
    theme.apply(qapp, "light")
