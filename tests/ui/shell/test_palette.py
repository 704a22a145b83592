"""The command palette finds and does what there is to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt

from tests.ui import hands
from tests.ui.windows import lay_out
from ui.shell.palette import PaletteCommand, matching, score
from ui.window.window import Window


@pytest.fixture
def window(used_window: Window) -> Iterator[Window]:
    """One window for all tests, without its palette."""
    yield used_window
    used_window.palette_of_commands.close()


def type_command(qtbot, window: Window, text: str) -> None:
    """Open the palette by its shortcut, type, and press Enter."""
    hands.key(window, "Ctrl+K")
    line = window.palette_of_commands.line
    qtbot.waitUntil(lambda: line.isVisible())
    hands.type_text(text, line)
    hands.key(line, "Return")
    assert not window.palette_of_commands.isVisible()


def test_a_menu_entry_is_found_by_a_few_letters(qtbot, window: Window) -> None:
    type_command(qtbot, window, "one step")
    qtbot.waitUntil(lambda: window.session.report.snapshot.step == 1)


def test_a_choice_is_made_by_its_name(qtbot, window: Window) -> None:
    type_command(qtbot, window, "optimizer rmsprop")
    assert window.session.experiment.training.optimizer.kind == "rmsprop"


@pytest.mark.parametrize("typed", ["optimizer sgd", "optimizer=sgd"])
def test_a_value_of_a_list_has_one_entry(window: Window, typed: str) -> None:
    window.palette_of_commands.open()
    hands.type_text(typed, window.palette_of_commands.line)
    assert [one.name for one in window.palette_of_commands.shown if "sgd" in one.name.lower()] == ["Optimizer: SGD"]


def test_a_setting_takes_a_value(qtbot, window: Window) -> None:
    type_command(qtbot, window, "learning rate 0.25")
    assert window.session.experiment.training.learning_rate == 0.25


def test_a_refused_value_is_told_and_changes_nothing(qtbot, window: Window) -> None:
    before = window.session.experiment
    type_command(qtbot, window, "learning rate -3")
    assert window.messages.strip.speaks
    assert "Learning rate" in window.messages.strip.text.text()
    assert window.session.experiment == before


def test_a_value_that_can_be_read_in_two_ways_is_told_with_both(qtbot, window: Window) -> None:
    before = window.session.experiment
    type_command(qtbot, window, "learning rate 2,500")
    assert "2,500 can mean 2500 or 2.5; type one of them" in window.messages.strip.text.text()
    assert ".." not in window.messages.strip.text.text()
    assert window.session.experiment == before


def test_a_setting_alone_brings_its_control_into_sight(qtbot, window: Window) -> None:
    type_command(qtbot, window, "clip gradient")
    focused = window.focusWidget()
    assert focused.accessibleName().startswith("Clip gradient")
    assert window.docks.shows(focused)


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_the_whole_list_and_the_selected_row_are_inside_the_window(window: Window, zoom: float) -> None:
    window.resize(1280, 720)
    window.zoom_to(zoom)
    palette = window.palette_of_commands
    palette.open()
    hands.key(palette.line, *["Down"] * 12, "PageDown")
    lay_out(window)
    chosen = palette.list.visualItemRect(palette.list.currentItem())
    assert palette.list.viewport().rect().contains(chosen)
    assert palette.host.rect().contains(palette.geometry()) and palette.rect().contains(palette.list.geometry())
    assert palette.list.height() >= 6 * chosen.height()


def test_escape_closes_it_and_gives_the_focus_back(window: Window) -> None:
    window.parts.transport.play.setFocus()
    window.palette_of_commands.open()
    hands.key(window.palette_of_commands.line, "Escape")
    assert not window.palette_of_commands.isVisible()
    assert window.focusWidget() is window.parts.transport.play


def test_the_arrows_walk_the_list(window: Window) -> None:
    palette = window.palette_of_commands
    palette.open()
    for key, row in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Up, 1), (Qt.Key.Key_PageUp, 0)):
        hands.key(palette.line, key)
        assert palette.list.currentRow() == row


def test_nothing_that_fits_is_said(window: Window) -> None:
    palette = window.palette_of_commands
    palette.open()
    hands.type_text("qqqqq", palette.line)
    assert palette.nothing.isVisible()
    hands.key(palette.line, "Return")
    assert not palette.isVisible()


@pytest.mark.parametrize(
    ("typed", "best"),
    [("play", "Training: Play or pause"), ("lr", "Learning rate"), ("undo", "Edit: Undo"), ("rate", "Learning rate")],
)
def test_the_best_fit_comes_first(typed: str, best: str) -> None:
    names = ["File: Open", "Training: Play or pause", "Edit: Undo", "Learning rate", "View: Full screen"]
    commands = [PaletteCommand(name, lambda: None) for name in names]
    assert matching(commands, typed)[0].name == best


def test_what_does_not_fit_has_no_score() -> None:
    assert score("Learning rate", "xyz") is None
