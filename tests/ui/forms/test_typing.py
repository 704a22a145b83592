"""Entries that have the focus while something else changes what they show."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolTip

from tests.combinations import LONG
from tests.ui import hands
from tests.ui.windows import control, set_rate
from ui.forms.rows import FormRow, NumberRow
from ui.views.microscope.view import MicroscopeView
from ui.window.window import Window

LINK = "https://playground.tensorflow.org/#activation=tanh&learningRate=0.03&dataset=circle&networkShape=4,2&seed=0.597"
RATE = "training.learning_rate"


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests."""
    return used_window


def numbers(window: Window) -> list[NumberRow]:
    """All rows of numbers of the experiment that can be typed into now."""
    window.docks.show("layers")
    window.parts.layers.complete()
    rows = (row for row in window.findChildren(NumberRow) if row.path and row.isEnabled() and row.entry.isEnabled())
    return [row for row in rows if row.window() is window and not row.path.startswith("drawing.")]


def other_value(row: NumberRow, random: random.Random) -> object:
    """A value near the one that the row shows, and never the same."""
    if row.shown is None:
        return row.quantity.beginning
    stepped = row.quantity.stepped(row.shown, random.choice((-2, -1, 1, 2)))
    return stepped if stepped != row.shown else row.quantity.stepped(row.shown, 1 if row.shown == 0 else -1)


def make_edit(window: Window, row: NumberRow, random: random.Random) -> None:
    """Change something from elsewhere, most often what the row shows."""
    session = window.session
    match random.randrange(6):
        case 0 if session.history.done:
            session.undo()
        case 1 if session.history.undone:
            session.redo()
        case 2:
            other = random.choice(numbers(window))
            session.edit(session.experiment.with_({other.path: other_value(other, random)}))
        case _:
            session.edit(session.experiment.with_({row.path: other_value(row, random)}))


@pytest.mark.parametrize("seed", range(4 if LONG else 2))
def test_an_entry_shows_what_the_run_has_whatever_was_typed_before(window: Window, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        row = chance.choice(numbers(window))
        path, entry = row.path, control(window, row.path)
        hands.click(entry)
        assert entry.hasFocus()
        half = chance.choice(("", "", "7", "1e", "nonsense"))
        if half:
            entry.selectAll()
            hands.type_text(half, entry)
        for _ in range(chance.randrange(1, 4)):
            before, text = row.shown, entry.text()
            make_edit(window, row, chance)
            if row.path != path or not entry.hasFocus():
                break
            if row.shown == before:
                assert entry.text() == text, "what is half typed stays while the value does"
            else:
                assert entry.text() == row.written(row.shown) and not entry.being_typed, path
                assert not entry.property("invalid")
        window.setFocus()


def test_a_pasted_link_is_opened_with_the_keyboard_in_an_entry(qtbot, window: Window) -> None:
    set_rate(window, 0.5)
    entry = control(window, RATE)
    for half in ("", "0.0"):
        hands.click(entry)
        if half:
            hands.fill(entry, half, "Backspace")
        QGuiApplication.clipboard().setText(LINK)
        hands.key_in(window, "Ctrl+V")
        qtbot.waitUntil(lambda: window.session.experiment.data.kind == "tfplayground")
        assert entry.hasFocus() and entry.text() == "0.03" and not entry.property("invalid")
        window.session.undo()
        assert entry.text() == "0.5"


def test_a_pasted_number_goes_into_the_entry(window: Window) -> None:
    entry = control(window, RATE)
    hands.click(entry)
    entry.selectAll()
    # A cell of a spreadsheet ends with a new line.
    QGuiApplication.clipboard().setText("0.25\n")
    hands.key_in(window, "Ctrl+V", "Return")
    assert window.session.experiment.training.learning_rate == 0.25


def test_what_is_wrong_with_a_text_is_no_longer_said_of_another(window: Window) -> None:
    entry = control(window, RATE)
    hands.fill(entry, "0,03", "Return")
    hands.until(QToolTip.isVisible, "nothing is said")
    assert "decimal sign" in QToolTip.text()
    hands.fill(entry, "0.03", "Return")
    hands.let_pass(600, "a tooltip takes 300 ms to go")
    assert not QToolTip.isVisible(), "it still stands below a sound number"
    assert window.session.experiment.training.learning_rate == 0.03


def test_a_click_on_an_empty_part_of_a_view_takes_the_focus_from_an_entry(window: Window) -> None:
    window.docks.show("microscope")
    view = window.parts.view(MicroscopeView)
    entry = control(window, RATE)
    hands.fill(entry, "0.125", "End")
    assert entry.hasFocus() and window.session.experiment.training.learning_rate != 0.125
    hands.click(view, QPoint(view.width() // 2, view.height() - 5))
    assert not entry.hasFocus() and window.session.experiment.training.learning_rate == 0.125


def test_an_open_list_follows_what_the_run_has(qtbot, window: Window) -> None:
    combo = control(window, "training.optimizer")
    assert isinstance(combo.parent(), FormRow)
    hands.click(combo)
    qtbot.waitUntil(combo.view().isVisible)
    window.session.edit(window.session.experiment.with_({"training.optimizer": "momentum"}))
    assert combo.currentText() == "Momentum"
    hands.key(combo.view(), "Return")
    assert window.session.experiment.training.optimizer.label == "Momentum"
