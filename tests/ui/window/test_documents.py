"""Documents in the window: what is saved, opened, asked and said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal
from PySide6.QtWidgets import QFileDialog, QMessageBox

from playground import Document, Trainer, load
from playground.engine.compiled import cache
from playground.files.atomic import previous_path
from playground.interop.opening import load_preset
from playground.measure.requests import BoundaryRequest
from playground.storage.document import load_document, save_document
from tests.ui import hands
from tests.ui.windows import opened_window, set_rate, step
from ui.window import saves, work
from ui.window.window import Window


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def train(qtbot, window: Window, steps: int = 20) -> None:
    """Play for a while, then pause."""
    target = step(window) + steps
    window.session.play()
    qtbot.waitUntil(lambda: step(window) >= target)
    window.session.pause()
    qtbot.waitUntil(lambda: not window.session.report.running)


def document_of(qtbot, window: Window) -> Document:
    """The whole training as it is now."""
    return window.session.ask(Trainer.document).result(timeout=hands.PATIENCE / 1000)


def save_as(qtbot, window: Window, path: Path) -> None:
    window.documents.save_to(path)
    qtbot.waitUntil(lambda: window.work.path == path and not window.work.modified)


def answer(qtbot, window: Window, name: str, question_name: str = "changes.question") -> None:
    """Press a button of a question."""
    question = next(one for one in window.findChildren(QMessageBox, question_name) if one.isVisible())
    button = next(button for button in question.buttons() if button.accessibleName() == name)
    hands.click(button)


# Saving and opening -----------------------------------------------------------------------------------------------


def test_a_document_goes_on_as_if_the_window_had_never_closed(qtbot, window: Window, tmp_path: Path) -> None:
    train(qtbot, window)
    save_as(qtbot, window, tmp_path / "mine.playground")
    document = load_document(tmp_path / "mine.playground")
    assert document.checkpoints["present"].state.step == step(window)
    with opened_window(experiment=load_preset("xor")) as other:
        other.documents.open(str(tmp_path / "mine.playground"))
        qtbot.waitUntil(lambda: step(other) == step(window))
        assert other.session.experiment == window.session.experiment
        for one in (window, other):
            one.session.step()
            qtbot.waitUntil(lambda one=one: step(one) == document.checkpoints["present"].state.step + 1)
        reports = window.session.report.snapshot, other.session.report.snapshot
        assert_array_equal(reports[0].history.train_loss, reports[1].history.train_loss)
        assert_array_equal(*(report.answer(BoundaryRequest) for report in reports))


def test_opening_a_document_can_be_undone_weights_and_all(qtbot, window: Window, tmp_path: Path) -> None:
    trainer = Trainer(load_preset("xor"), engine="reference")
    trainer.advance(epochs=4)
    save_document(tmp_path / "other.playground", trainer.document())
    train(qtbot, window)
    before, experiment = document_of(qtbot, window), window.session.experiment
    window.documents.open(str(tmp_path / "other.playground"))
    qtbot.waitUntil(lambda: step(window) == trainer.state.step)
    window.session.undo()
    after = document_of(qtbot, window)
    assert window.session.experiment == experiment
    assert_array_equal(after.present.state.parameters, before.present.state.parameters)
    assert_array_equal(after.history.view(), before.history.view())
    assert_array_equal(after.gradients.view(), before.gradients.view())


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("compiled", "trained on the compiled engine and continues on the reference engine"),
        ("lanes", "trained beside other runs and continues alone. The last digit is now rounded differently"),
    ],
)
def test_going_on_by_another_engine_is_said(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, words: str
) -> None:
    monkeypatch.setattr(cache, "are_cached", lambda precision: False)
    document = Trainer(load_preset("xor"), engine="reference").document()
    save_document(tmp_path / "other.playground", document._replace(engine_changes=((0, before),)))
    window.documents.open(str(tmp_path / "other.playground"))
    qtbot.waitUntil(lambda: words in window.messages.strip.text.text())


def test_a_damaged_document_is_refused_and_changes_nothing(qtbot, window: Window, tmp_path: Path) -> None:
    train(qtbot, window)
    save_as(qtbot, window, tmp_path / "mine.playground")
    content = bytearray((tmp_path / "mine.playground").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "bad.playground").write_bytes(content)
    experiment, before = window.session.experiment, step(window)
    window.documents.open(str(tmp_path / "bad.playground"))
    assert "bad.playground was not opened; nothing has changed." in window.messages.strip.text.text()
    assert (window.session.experiment, step(window)) == (experiment, before)
    assert window.work.path == tmp_path / "mine.playground"


def test_the_keyboard_saves_and_begins_anew(qtbot, window: Window, tmp_path: Path) -> None:
    save_as(qtbot, window, tmp_path / "mine.playground")
    set_rate(window, 0.5)
    assert window.work.modified
    hands.key(window, "Ctrl+S")
    qtbot.waitUntil(lambda: not window.work.modified)
    assert load_document(tmp_path / "mine.playground").experiment.training.learning_rate == 0.5
    hands.key(window, "Ctrl+N")
    assert window.work.path is None
    assert window.session.experiment.name == load_preset("spiral").name


def test_a_new_experiment_is_paused_and_the_brush_is_put_down(qtbot, window: Window) -> None:
    hands.open_tab(window, "Draw")
    assert window.parts.drawing.toolbox.tool is not None
    window.session.play()
    qtbot.waitUntil(lambda: window.session.is_running)
    before = step(window)
    hands.key_in(window, "Ctrl+N")
    qtbot.waitUntil(lambda: window.session.is_up_to_date and not window.session.is_running and step(window) <= before)
    new = window.session.experiment
    hands.click(window.parts.boundary)
    assert window.session.experiment == new and new.data.kind == "spiral"
    hands.let_pass(100, "training would go on")
    assert step(window) == 0


def test_an_experiment_file_keeps_the_settings_alone(qtbot, window: Window, tmp_path: Path) -> None:
    save_as(qtbot, window, tmp_path / "mine.json")
    train(qtbot, window)
    assert not window.work.modified
    assert load(tmp_path / "mine.json") == window.session.experiment


def test_what_can_not_be_saved_is_told_with_another_way(qtbot, window: Window, tmp_path: Path) -> None:
    path = tmp_path / "none" / "mine.playground"
    window.documents.save_to(path)
    said = window.messages.strip.text
    qtbot.waitUntil(lambda: f"Nothing was saved to {path}" in said.text())
    assert window.work.path is None
    set_rate(window, 0.5)
    assert "Nothing was saved" in said.text(), "it is so still"
    save_as(qtbot, window, tmp_path / "mine.playground")
    assert said.text() == f"Saved to {tmp_path / 'mine.playground'}."


# Saves on their way -----------------------------------------------------------------------------------------------


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing a document takes a while."""

    def slow(path: Path, document: Document) -> None:
        hands.keep_busy(300, "a slow disk")
        save_document(path, document)

    monkeypatch.setattr(saves, "save_document", slow)


@pytest.mark.usefixtures("slow_disk")
@pytest.mark.usefixtures("new_window")
def test_closing_at_once_after_saving_waits_until_all_is_safe(qtbot, window: Window, tmp_path: Path) -> None:
    train(qtbot, window)
    window.documents.save_to(tmp_path / "mine.playground")
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert load_document(tmp_path / "mine.playground").checkpoints["present"].state.step == step(window)


@pytest.mark.usefixtures("new_window")
def test_a_save_that_fails_keeps_the_window_open(qtbot, window: Window, tmp_path: Path) -> None:
    window.documents.save_to(tmp_path / "none" / "mine.playground")
    window.close()
    qtbot.waitUntil(lambda: "Nothing was saved" in window.messages.strip.text.text())
    hands.let_pass(50, "the window would close")
    assert window.isVisible()


@pytest.mark.usefixtures("slow_disk")
def test_what_is_opened_while_a_save_runs_does_not_take_its_file_over(qtbot, window: Window, tmp_path: Path) -> None:
    window.documents.save_to(tmp_path / "mine.playground")
    window.documents.open("xor")
    qtbot.waitUntil(lambda: not window.documents.saves.busy)
    assert (tmp_path / "mine.playground").exists()
    assert window.work.path is None and window.session.experiment.name == load_preset("xor").name


@pytest.mark.usefixtures("slow_disk")
def test_what_is_changed_while_a_save_runs_is_not_saved(qtbot, window: Window, tmp_path: Path) -> None:
    window.documents.save_to(tmp_path / "mine.playground")
    window.session.set_weight("W0", (0, 0), 0.5, "weight")
    qtbot.waitUntil(lambda: not window.documents.saves.busy)
    assert window.work.modified


def test_of_two_saves_the_later_one_lasts(qtbot, window: Window, tmp_path: Path, slow_disk: None) -> None:
    for _ in range(2):
        window.session.step()
        window.documents.save_to(tmp_path / "mine.playground")
    qtbot.waitUntil(lambda: not window.documents.saves.busy)
    assert load_document(tmp_path / "mine.playground").checkpoints["present"].state.step == 2


def test_undoing_an_opening_leaves_the_file_alone(qtbot, window: Window, tmp_path: Path) -> None:
    save_document(tmp_path / "other.playground", Trainer(load_preset("xor"), engine="reference").document())
    window.documents.open(str(tmp_path / "other.playground"))
    assert window.work.path is not None
    window.session.undo()
    assert window.work.path is None
    window.session.redo()
    assert window.work.path == tmp_path / "other.playground"
    qtbot.waitUntil(lambda: not window.work.modified)


def test_work_that_comes_back_by_undo_counts_as_changed_until_it_is_seen(qtbot, window: Window, tmp_path: Path) -> None:
    save_as(qtbot, window, tmp_path / "mine.playground")
    train(qtbot, window)
    window.documents.open("xor")
    window.session.undo()
    assert window.work.path == tmp_path / "mine.playground" and window.work.modified
    qtbot.waitUntil(lambda: step(window) > 0)
    assert window.work.modified


@pytest.mark.parametrize("name", ["spiral v1.5", "A.PLAYGROUND"])
def test_a_document_of_any_name_can_be_opened_again(qtbot, window: Window, tmp_path: Path, name: str) -> None:
    saved = window.session.experiment
    window.documents.save_to(tmp_path / name)
    qtbot.waitUntil(lambda: window.work.path is not None)
    path = window.work.path
    window.documents.open("xor")
    window.documents.open(str(path))
    assert window.session.experiment == saved


# The mark and the question ----------------------------------------------------------------------------------------


def test_the_title_tells_whether_there_are_changes(qtbot, window: Window, tmp_path: Path) -> None:
    assert not window.isWindowModified()
    set_rate(window, 0.5)
    assert window.isWindowModified()
    window.session.undo()
    assert not window.isWindowModified()
    save_as(qtbot, window, tmp_path / "mine.playground")
    assert "mine.playground[*]" in window.windowTitle() and not window.isWindowModified()
    train(qtbot, window)
    qtbot.waitUntil(window.isWindowModified)


def test_a_weight_set_by_hand_is_a_change(window: Window) -> None:
    window.session.set_weight("W0", (0, 0), 0.5, "weight")
    assert window.work.modified
    window.session.undo()
    assert not window.work.modified


def test_long_training_counts_though_no_file_holds_it(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(qtbot, window)
    assert not window.work.modified
    monkeypatch.setattr(work, "LONG_SECONDS", 0.0)
    assert window.work.modified
    window.documents.save_to(tmp_path / "settings alone.json")
    qtbot.waitUntil(lambda: not window.documents.saves.busy)
    assert not window.work.modified


@pytest.mark.usefixtures("new_window")
def test_closing_asks_and_cancel_goes_back(qtbot, window: Window) -> None:
    window.documents.careful = True
    set_rate(window, 0.5)
    window.close()
    assert window.isVisible()
    answer(qtbot, window, "Cancel")
    window.close()
    answer(qtbot, window, "Cancel")
    hands.let_pass(50, "the window would close")
    assert window.isVisible()
    window.documents.careful = False


@pytest.mark.usefixtures("new_window")
def test_closing_can_save_first(qtbot, window: Window, tmp_path: Path) -> None:
    save_as(qtbot, window, tmp_path / "mine.playground")
    window.documents.careful = True
    set_rate(window, 0.5)
    window.close()
    answer(qtbot, window, "Save")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert load_document(tmp_path / "mine.playground").experiment.training.learning_rate == 0.5


@pytest.mark.usefixtures("new_window")
def test_closing_can_leave_changes(qtbot, window: Window, tmp_path: Path) -> None:
    save_as(qtbot, window, tmp_path / "mine.playground")
    window.documents.careful = True
    set_rate(window, 0.5)
    window.close()
    answer(qtbot, window, "Discard")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert load_document(tmp_path / "mine.playground").experiment.training.learning_rate != 0.5


def test_opening_something_else_asks_nothing_and_its_undo_brings_all_back(qtbot, window: Window) -> None:
    window.documents.careful = True
    set_rate(window, 0.5)
    train(qtbot, window)
    before, experiment = document_of(qtbot, window), window.session.experiment
    hands.key(window, "Ctrl+K")
    hands.type_text("Presets by name: xor")
    hands.key_in(window, "Return")
    assert window.session.experiment.name == load_preset("xor").name
    assert window.findChild(QMessageBox) is None
    strip = window.messages.strip
    assert (strip.text.text(), strip.remedy.text()) == (f"Opened {load_preset('xor').name.rstrip('.')}.", "Undo")
    hands.click(strip.remedy)
    after = document_of(qtbot, window)
    assert window.session.experiment == experiment
    assert_array_equal(after.present.state.parameters, before.present.state.parameters)
    assert_array_equal(after.history.view(), before.history.view())
    window.documents.careful = False


@pytest.mark.parametrize("choice", ["Go back to it", "Discard", "Cancel"])
@pytest.mark.usefixtures("new_window")
def test_closing_asks_about_unsaved_work_that_something_was_opened_over(qtbot, window: Window, choice: str) -> None:
    window.documents.careful = True
    name = window.work.name
    set_rate(window, 0.5)
    for preset in ("xor", "circle"):
        window.documents.open(preset)
    assert not window.work.modified
    window.close()
    question = window.findChild(QMessageBox, "changes.question")
    # Of several that are called alike it says which.
    assert question is not None
    assert re.fullmatch(rf"{re.escape(name)}, left at \d\d:\d\d, has unsaved changes\.", question.text())
    assert question.informativeText().startswith("Changed: learning rate 0.01 → 0.5. Something else was opened")
    answer(qtbot, window, choice)
    if choice == "Discard":
        qtbot.waitUntil(lambda: not window.isVisible())
        return
    hands.let_pass(50, "the window would close")
    back = choice == "Go back to it"
    assert window.isVisible() and (window.session.experiment.training.learning_rate == 0.5) is back
    assert window.work.modified is back
    window.documents.careful = False


@pytest.mark.usefixtures("new_window")
def test_work_that_undo_brought_back_and_that_was_saved_is_not_asked_about(qtbot, window: Window, tmp_path) -> None:
    window.documents.careful = True
    set_rate(window, 0.5)
    window.documents.open("xor")
    window.session.undo()
    save_as(qtbot, window, tmp_path / "mine.playground")
    window.session.redo()
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())


# Files that others change -----------------------------------------------------------------------------------------


def change_from_outside(path: Path) -> bytes:
    """Another window saves something else."""
    save_document(path, Trainer(load_preset("circle"), engine="reference").document())
    return path.read_bytes()


def replacing_question(window: Window) -> QMessageBox | None:
    return window.findChild(QMessageBox, "replacing.question")


def test_a_file_that_another_window_changed_is_not_replaced_unasked(qtbot, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "mine.playground"
    save_as(qtbot, window, file)
    set_rate(window, 0.5)
    other = change_from_outside(file)
    window.documents.save()
    assert file.read_bytes() == other
    answer(qtbot, window, "Replace", "replacing.question")
    qtbot.waitUntil(lambda: not window.work.modified)
    assert load_document(file).experiment.training.learning_rate == 0.5
    assert previous_path(file).read_bytes() == other
    set_rate(window, 0.25)
    window.documents.save()
    qtbot.waitUntil(lambda: not window.work.modified)
    assert load_document(file).experiment.training.learning_rate == 0.25


def test_another_place_is_offered_for_what_would_replace_a_changed_file(qtbot, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "mine.playground"
    save_as(qtbot, window, file)
    set_rate(window, 0.5)
    other = change_from_outside(file)
    window.documents.save()
    answer(qtbot, window, "Save as…", "replacing.question")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible()
    dialog.reject()
    assert file.read_bytes() == other and window.work.modified


def test_a_file_that_is_gone_is_saved_again(qtbot, window: Window, tmp_path: Path) -> None:
    file = tmp_path / "mine.playground"
    save_as(qtbot, window, file)
    set_rate(window, 0.5)
    file.unlink()
    window.documents.save()
    qtbot.waitUntil(lambda: not window.work.modified)
    assert load_document(file).experiment.training.learning_rate == 0.5


# Recent files -----------------------------------------------------------------------------------------------------


def test_the_palette_knows_the_files_that_were_just_saved(qtbot, window: Window, tmp_path: Path) -> None:
    save_as(qtbot, window, tmp_path / "just now.playground")
    assert any("just now.playground" in command.name for command in window.commands())


def test_recent_files_are_offered_the_latest_first(qtbot, window: Window, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_as(qtbot, window, tmp_path / f"{name}.playground")
    assert [Path(path).stem for path in window.documents.recent.paths()] == ["two", "one"]
    (tmp_path / "two.playground").unlink()
    window.documents.open(window.documents.recent.paths()[0])
    assert "two.playground was not opened" in window.messages.strip.text.text()
    assert [Path(path).stem for path in window.documents.recent.paths()] == ["one"]
