"""The playhead in the window: by mouse and by keys alone, every picture and number of that moment, and the way on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractSlider, QApplication, QInputDialog, QLineEdit, QMessageBox, QPushButton

from playground import Trainer
from playground.measure.requests import BoundaryRequest
from tests.ui import hands
from tests.ui.painted import painted_texts
from tests.ui.windows import await_pictures, settle, snapshot
from ui.look.numbers import number_text, power_text
from ui.views.tracks.playhead import PlayheadHandle
from ui.window.window import Window

EPOCHS = 20


@pytest.fixture
def window(used_window: Window) -> Iterator[Window]:
    """A window after some epochs, in the middle of which the learning rate was changed."""
    session = used_window.session
    for rate in (0.01, 0.1):
        session.edit(session.experiment.with_({"training.learning_rate": rate}))
        session.ask(lambda trainer: trainer.advance(epochs=EPOCHS // 2))
    hands.until(lambda: session.is_up_to_date and snapshot(used_window).epoch == EPOCHS, "nothing is trained")
    await_pictures(used_window)
    yield used_window
    session.past.leave()


def handle_of(window: Window) -> PlayheadHandle:
    return hands.control(window, "tracks.playhead", PlayheadHandle)


def place_of(window: Window, epoch: float) -> QPoint:
    """The place of an epoch on the playhead's handle."""
    sheet, handle = hands.control(window, "tracks.sheet"), handle_of(window)
    return QPoint(round(sheet.pixel_of(epoch)) - handle.x(), handle.height() // 2)


def await_exact(window: Window) -> None:
    session = window.session
    hands.until(
        lambda: session.is_up_to_date and session.report.past is not None and session.report.past.is_exact,
        "the moment is not shown exactly",
    )
    await_pictures(window)


def test_a_drag_of_the_playhead_shows_that_moment_everywhere(window: Window) -> None:
    first = window.session.report.present.experiment.with_({"training.learning_rate": 0.01})
    hands.drag(handle_of(window), place_of(window, EPOCHS), place_of(window, 15), place_of(window, 6))
    await_exact(window)
    alone = Trainer(first, engine="reference")
    alone.advance(epochs=6)
    then = snapshot(window)
    assert then.epoch == 6 and then.evaluation == alone.evaluation
    request = next(one for one in window.session.requests if isinstance(one, BoundaryRequest))
    np.testing.assert_array_equal(then.answers[request], alone.snapshot([request]).answers[request])
    shown, readout = window.parts.tracks.shown(), window.parts.transport.readout
    assert shown.past == 6 and shown.loss.training[-1, 0] == EPOCHS, "the whole run stays on the axis"
    assert readout.epoch.text() == "6" and readout.losses[0].text() in shown.headings[0]
    sizes = [layer.gradient_rms for layer in alone.snapshot().layers]
    assert shown.gradients.bars.tolist() == sizes and shown.gradients.numbers == tuple(map(power_text, sizes))
    assert hands.control(window, "tracks.sheet").values["rate"][0].text == "0.01", "not the later 0.1"
    assert window.parts.training.rows["training.learning_rate"].value == 0.01
    assert window.messages.strip.said.text == f"Epoch 6 of {EPOCHS}, step {then.step}, as it was."
    hands.click(hands.control(window, "strip.remedy", QPushButton))
    hands.until(lambda: window.session.report.past is None, "the present does not come back")
    await_pictures(window)
    assert snapshot(window).epoch == EPOCHS and window.parts.tracks.shown().past is None
    assert window.parts.training.rows["training.learning_rate"].value == 0.1
    assert window.messages.strip.said.tone != "past"


def test_no_number_of_the_axis_stands_below_the_playhead(window: Window) -> None:
    sheet, handle = hands.control(window, "tracks.sheet"), handle_of(window)
    for epoch in (EPOCHS, EPOCHS // 2):
        hands.click(handle, place_of(window, epoch))
        hands.until(lambda: window.session.is_up_to_date, "the moment does not come")
        await_pictures(window)
        at = place_of(window, epoch).x() + handle.x()
        below = [(text, box) for text, box in painted_texts(sheet) if box.top() > handle.y()]
        assert [text for text, _ in below] and not [
            text for text, box in below if box.left() < at + 5 and box.right() > at - 5
        ]


def test_it_snaps_to_the_mark_of_a_change(window: Window) -> None:
    hands.click(handle_of(window), place_of(window, EPOCHS / 2) + QPoint(5, 0))
    await_exact(window)
    then = snapshot(window)
    assert then.epoch == EPOCHS / 2 and then.learning_rate == 0.01
    where = f"Epoch 10 of {EPOCHS}, step {then.step}"
    assert window.messages.strip.said.text == f"{where}, as it was, just before “learning rate 0.1”."
    assert handle_of(window).accessibleDescription() == f"{where}, just before “learning rate 0.1”."


def test_the_mark_of_a_drag_stands_where_the_drag_began(window: Window) -> None:
    session, sheet, handle = window.session, hands.control(window, "tracks.sheet"), handle_of(window)
    for rate in (0.2, 0.3, 0.4):
        session.edit(session.experiment.with_({"training.learning_rate": rate}), changing=rate < 0.4)
        session.ask(lambda trainer: trainer.advance(epochs=2))
    hands.until(lambda: session.is_up_to_date and snapshot(window).epoch == EPOCHS + 6, "nothing is trained")
    await_pictures(window)
    assert [mark.place for mark in sheet.marks] == [EPOCHS / 2, EPOCHS], "where its curve leaves the others"
    assert sheet.marks[-1].words == "learning rate 0.4"
    handle.setFocus()
    hands.key(handle, "Ctrl+Left")
    await_exact(window)
    then = snapshot(window)
    assert then.epoch == EPOCHS and then.learning_rate == 0.1
    assert window.messages.strip.said.text.endswith("as it was, just before “learning rate 0.4”.")


def test_the_keyboard_alone_goes_anywhere_and_branches(qtbot, window: Window) -> None:
    handle = handle_of(window)
    handle.setFocus()
    per_epoch = snapshot(window).step // EPOCHS
    for keys, epoch, step in (
        (("Left",), EPOCHS - 1, 0),
        (("Home",), 0, 0),
        (("Right", "Right"), 2, 0),
        (("Shift+Right",), 2, 1),
        (("Ctrl+Right",), EPOCHS / 2, 0),
        (("PageUp",), EPOCHS / 2 - 2, 0),
    ):
        hands.key(handle, *keys)
        await_exact(window)
        assert snapshot(window).step == epoch * per_epoch + step
    assert handle.accessibleDescription() == f"Epoch 8 of {EPOCHS}, step {8 * per_epoch}."
    assert handle.value() == 8 * per_epoch and handle.maximum() == EPOCHS * per_epoch
    hands.key(handle, "End")
    hands.until(lambda: window.session.report.past is None, "End does not lead to the present")
    hands.key(handle, "Home", "Right")
    await_exact(window)
    hands.key(handle, "Return")
    assert settle(qtbot, window).epoch == 1
    assert window.messages.strip.said.text.startswith("Training continues from epoch 1.")
    hands.until(lambda: len(window.parts.tracks.shown().loss.ghost), "the run before is not drawn")
    assert window.parts.tracks.shown().loss.ghost[0][-1, 0] == EPOCHS
    sheet = hands.control(window, "tracks.sheet")

    def before() -> list[str]:
        return [value.text for value in sheet.values["loss"] if value.name == "before"]

    losses = window.session.past.other_future.now.history.validation_loss
    for epoch in (1, 2):
        wanted = number_text(float(losses[epoch]), 3)
        hands.until(lambda wanted=wanted: before() == [wanted], "it is not of the same moment")
        hands.key_in(window, "Ctrl+E")
        hands.until(lambda epoch=epoch: snapshot(window).epoch == epoch + 1, "it does not train")
    boundary = window.parts.boundary
    hands.until(lambda: boundary.shown().others, "the boundary of before is not drawn")
    hands.key(handle, "Home")
    hands.until(lambda: window.session.report.past and not boundary.shown().others, "it lies over an earlier boundary")
    assert hands.control(window, "tracks.sheet").caption == "epoch 0"
    hands.key(handle, "End")
    hands.until(lambda: boundary.shown().others, "the boundary of before does not come back")
    hands.until(lambda: not window.messages.strip.rests, "its buttons do nothing")
    hands.click(hands.control(window, "strip.remedy", QPushButton))
    assert settle(qtbot, window).epoch == EPOCHS


def test_branching_where_nothing_earlier_is_shown_says_how_to_get_there(window: Window) -> None:
    before = snapshot(window).step
    hands.key_in(window, "Ctrl+Shift+B")
    assert "Drag along the time axis below the tracks" in window.messages.strip.said.text
    assert window.session.past.other_future is None and snapshot(window).step == before


def test_closing_after_a_branch_says_what_would_be_discarded(qtbot, window: Window) -> None:
    hands.click(handle_of(window), place_of(window, 4))
    await_exact(window)
    hands.key(handle_of(window), "Return")
    assert settle(qtbot, window).epoch == 4
    hands.until(lambda: window.session.past.other_future, "the run before the branch is not known")
    window.parts.training.ask("training.batch_size", 7)
    window.session.ask(lambda trainer: trainer.advance(epochs=1))
    hands.until(lambda: snapshot(window).epoch == 5, "training does not go on")
    window.documents.careful = True
    window.close()
    question = window.findChild(QMessageBox, "changes.question")
    assert question is not None
    assert "Trained to epoch 5 on a branch that began at epoch 4." in question.informativeText()
    assert f"reached epoch {EPOCHS}" in question.informativeText()
    assert "Changed: batch size" in question.informativeText()
    assert "Saving does not include the run before the branch" in question.informativeText()
    hands.click(next(button for button in question.buttons() if button.accessibleName() == "Cancel"))
    window.documents.careful = False


def test_an_edit_in_the_past_continues_from_there(qtbot, window: Window) -> None:
    hands.click(handle_of(window), place_of(window, 4))
    await_exact(window)
    window.parts.training.ask("training.learning_rate", 0.03)
    now = settle(qtbot, window)
    assert (now.epoch, now.learning_rate, now.experiment.training.batch_size) == (4, 0.03, 16)
    assert window.messages.strip.said.text.startswith("Training continues from epoch 4.")
    hands.key_in(window, "Ctrl+Z", "Ctrl+Z")
    assert settle(qtbot, window).epoch == EPOCHS


def test_points_drawn_in_the_past_are_a_step_of_their_own_after_a_branch_that_is_told(qtbot, window: Window) -> None:
    session, strip, picture = window.session, window.messages.strip, window.parts.boundary
    steps = len(session.history.done)
    hands.click(handle_of(window), place_of(window, 4))
    await_exact(window)
    points = snapshot(window).sample.labels.size
    hands.open_tab(window, "Draw")
    hands.drag(picture, *(picture.shown().place_of(x, 4).toPoint() for x in (-3, 3)), pace=20)
    assert settle(qtbot, window).epoch == 4
    assert snapshot(window).sample.labels.size > points + 5, "the stroke goes on after the branch"
    assert "continues from epoch 4" in strip.said.text and strip.remedy.text() == "Return to it"
    hands.drag_handle(hands.control(window, "training.learning_rate.slider", QAbstractSlider), 0.9)
    assert [edit.label for edit in session.history.done[steps:-1]] == ["branch at epoch 4", "points drawn"]
    hands.key_in(window, "Ctrl+Z")
    now = settle(qtbot, window)
    assert now.learning_rate == 0.01 and now.sample.labels.size > points + 5
    hands.key_in(window, "Ctrl+Z")
    assert settle(qtbot, window).sample.labels.size == points


def test_an_edit_that_is_refused_or_changes_nothing_leaves_the_past_as_it_is(window: Window) -> None:
    hands.click(handle_of(window), place_of(window, 4))
    await_exact(window)
    for batch in (16, -1):
        window.parts.training.ask("training.batch_size", batch)
    assert window.session.past.shown is not None and window.parts.training.experiment == snapshot(window).experiment


def test_a_mark_is_gone_to_and_named_by_its_menu(window: Window) -> None:
    sheet = hands.control(window, "tracks.sheet")
    at = QPoint(round(sheet.pixel_of(EPOCHS / 2)), sheet.box_of("loss").rect.center().toPoint().y())

    def choose(words: str) -> None:
        hands.ask_for_menu(sheet, at)
        hands.choose_entry(QApplication.activePopupWidget(), words)

    choose("Go to “learning rate 0.1”")
    await_exact(window)
    assert snapshot(window).epoch == EPOCHS / 2
    choose("Name “learning rate 0.1”…")
    dialog = window.findChild(QInputDialog, "change.name")
    hands.fill(dialog.findChild(QLineEdit), "ten times as fast")
    hands.until(lambda: window.parts.tracks.shown().mark_names == ("ten times as fast",), "the mark is not named")
    assert window.session.report.past is not None, "the past is still shown"


def test_a_change_is_gone_to_and_named_by_keys(window: Window) -> None:
    handle = handle_of(window)
    handle.setFocus()
    hands.key(handle, "F2")
    assert window.findChild(QInputDialog, "change.name") is None, "there is nothing to name"
    hands.key(handle, "Ctrl+Left")
    await_exact(window)
    hands.key(handle, "F2")
    hands.fill(window.findChild(QInputDialog, "change.name").findChild(QLineEdit), "ten times as fast")
    hands.until(lambda: window.parts.tracks.shown().mark_names == ("ten times as fast",), "the mark is not named")
    hands.until(lambda: "“ten times as fast”" in window.messages.strip.said.text, "the strip has the old name")


def test_the_line_itself_can_be_dragged(window: Window) -> None:
    sheet = hands.control(window, "tracks.sheet")
    hands.click(handle_of(window), place_of(window, 6))
    await_exact(window)
    middle = sheet.box_of("loss").rect.center().toPoint().y()
    hands.drag(sheet, QPoint(round(sheet.pixel_of(6)), middle), QPoint(round(sheet.pixel_of(14)), middle))
    await_exact(window)
    assert snapshot(window).epoch == 14


def test_before_training_there_is_nothing_to_go_back_to(used_window: Window) -> None:
    assert not handle_of(used_window).isEnabled()
    hands.click(handle_of(used_window), QPoint(40, 6))
    assert not used_window.session.past.looks_back
