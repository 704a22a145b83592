"""The ghost in the window: its curves and its boundary, how it fades and comes back, and what undo makes of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from playground import Trainer
from tests.ui import hands
from tests.ui.windows import control
from ui.window.window import Window

LONG = 10**8
"""Milliseconds that a ghost stays, however slow the machine is."""


@pytest.fixture
def window(window_for: Window) -> Iterator[Window]:
    """A window in the middle of a paused run, with a ghost beside whatever is changed next."""
    session = window_for.session
    window_for.others.stay.setInterval(LONG)
    session.let_others_train("always")
    session.ask(lambda trainer: trainer.advance(epochs=4)).result(hands.PATIENCE / 1000)
    hands.fill(control(window_for, "training.learning_rate"), "0.1", "Return")
    session.ask(lambda trainer: trainer.advance(epochs=6)).result(hands.PATIENCE / 1000)
    hands.until(lambda: session.ghost is not None and session.ghost.now.epoch == 10, "no ghost follows the run")
    hands.until(lambda: window_for.parts.tracks.shown().loss.ghost, "the tracks show no ghost")
    yield window_for
    session.let_others_train("off")


def ghost_heading(window: Window) -> str:
    heading = window.parts.tracks.shown().headings[0]
    return heading.partition("without it ")[2]


def is_seen(window: Window) -> bool:
    tracks, boundary = window.parts.tracks.shown(), window.parts.boundary.shown()
    seen = {bool(tracks.loss.ghost), bool(tracks.score.ghost), bool(ghost_heading(window)), bool(boundary.others)}
    assert len(seen) == 1
    return seen.pop()


def fade(window: Window) -> None:
    window.others.stay.start(1)
    hands.until(lambda: not is_seen(window), "the ghost does not fade")
    window.others.stay.setInterval(LONG)


def test_within_an_epoch_the_loss_without_a_change_is_of_the_moment_of_the_run(window_for: Window) -> None:
    session = window_for.session
    window_for.others.stay.setInterval(LONG)
    session.let_others_train("always")
    session.ask(lambda trainer: trainer.advance(epochs=4)).result(hands.PATIENCE / 1000)
    session.ask(lambda trainer: trainer.advance(steps=3)).result(hands.PATIENCE / 1000)
    hands.fill(control(window_for, "training.learning_rate"), "0.1", "Return")
    hands.until(lambda: session.is_up_to_date and ghost_heading(window_for) != "", "the ghost has no value")
    loss = session.report.snapshot.evaluation.validation_loss
    assert float(ghost_heading(window_for)) == pytest.approx(loss, rel=0.001), "nothing was trained since"
    assert loss != pytest.approx(session.report.snapshot.history.validation_loss[-1], rel=0.001)
    session.let_others_train("off")


def mark_place(window: Window, sheet: QWidget) -> QPoint:
    box = sheet.boxes()[0]
    return QPoint(round(float(box.x(np.array([sheet.marks[-1].place]))[0])), round(box.rect.center().y()))


def test_a_change_leaves_a_ghost_that_fades_into_its_mark_and_comes_back(window: Window) -> None:
    alone = Trainer(window.session.ghost.now.experiment, engine="reference")
    alone.advance(epochs=10)
    curve = window.parts.tracks.shown().loss.ghost[0]
    np.testing.assert_array_equal(curve, alone.history.view()[4:, [0, 3]])
    assert float(ghost_heading(window)) == pytest.approx(alone.evaluation.validation_loss, rel=0.01)
    line = np.concatenate(window.parts.boundary.shown().others)
    assert np.abs(alone.predict(line)).max() < 0.1 * np.abs(alone.predict(alone.sample.x)).max()

    fade(window)
    sheet = hands.control(window, "tracks.sheet")
    hands.hover(sheet, mark_place(window, sheet))
    hands.until(lambda: is_seen(window), "the ghost does not come back")
    assert "without this change: " in window.parts.tracks.shown().reading
    hands.leave(sheet)
    hands.until(lambda: not is_seen(window), "the ghost stays though its mark is left")
    sheet.setFocus()
    hands.key(sheet, "End")
    while not sheet.touches_latest:
        hands.key(sheet, "Left")
    assert is_seen(window)
    hands.key(sheet, "Return", "Escape")
    assert is_seen(window)


def test_undo_goes_on_as_if_nothing_had_been_changed(window: Window) -> None:
    alone = Trainer(window.session.ghost.now.experiment, engine="reference")
    alone.advance(epochs=10)
    hands.key_in(window, "Ctrl+Z")
    hands.until(lambda: window.session.ghost is None and not window.parts.tracks.shown().marks, "the mark stays")
    said = window.messages.strip.text
    hands.until(lambda: "as if it had never changed" in said.text(), "the strip does not say what undo did")
    assert not is_seen(window)
    np.testing.assert_array_equal(window.parts.tracks.shown().loss.training, alone.history.view()[:, [0, 3]])
