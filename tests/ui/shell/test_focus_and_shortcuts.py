"""The list of shortcuts, focus mode and the size of everything."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.ui import hands
from ui.look import theme
from ui.shell.focus import FocusChoice
from ui.shell.shortcuts import ShortcutList
from ui.window.window import Window


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests."""
    return used_window


def test_f1_lists_the_shortcuts_and_finds_one(window: Window) -> None:
    hands.key(window, "F1")
    table = window.findChild(ShortcutList)
    assert any("Ctrl+K" in row[2] for row in table.rows)
    hands.type_text("undo", table.search)
    shown = [row for row in range(table.table.rowCount()) if not table.table.isRowHidden(row)]
    assert shown and all("undo" in " ".join(table.rows[row]).lower() for row in shown)
    hands.fill(table.search, "brush")
    found = [table.rows[row] for row in range(table.table.rowCount()) if not table.table.isRowHidden(row)]
    assert ("Edit", "Drawing tools: Brush", "B") in found
    assert table.table.isVisible() and not table.nothing.isVisible()
    hands.fill(table.search, "no such thing")
    assert table.nothing.isVisible() and not table.table.isVisible()
    table.close()


def test_focus_mode_hides_the_controls_and_brings_all_docks_back(window: Window) -> None:
    for name in ("runs", "responses"):
        window.docks.show(name)
    opened = window.docks.opened
    hands.key(window, "F9")
    assert opened - window.docks.opened == {*window.docks.controls, window.docks.foot}
    assert window.parts.boundary.isVisible() and window.parts.transport.isVisible()
    hands.key(window, "F9")
    assert window.docks.opened == opened and {"runs", "responses"} <= opened
    assert window.parts.data.isVisible()


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_focus_mode_is_told_even_where_nothing_it_hides_is_in_sight(window: Window, zoom: float) -> None:
    window.zoom_to(zoom)
    for said in ("Focus mode is on", "Focus mode is off"):
        hands.key(window, "F9")
        assert window.messages.strip.text.text().startswith(said)


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


def test_everything_grows_and_training_goes_on(qtbot, trained: Window) -> None:
    enlarged = trained.appearance.size_chosen.connect(trained.zoom_to)
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
    trained.appearance.size_chosen.disconnect(enlarged)
