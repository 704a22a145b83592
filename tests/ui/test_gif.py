"""Training as an animated GIF, made in the window while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton

from playground import Experiment, Trainer
from playground.catalog.initializers import Zeros
from playground.engine.engine import EngineName
from tests.ui import hands
from tests.ui.accessibility import unnamed
from ui.session import worker
from ui.window.animation_dialog import AnimationDialog, made_words
from ui.window.window import Window

SLOW = 1_000_000
"""Epochs that take longer than any test."""


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


@pytest.fixture
def dialog(qtbot, window: Window) -> AnimationDialog:
    """The dialog, opened from the menu."""
    return opened(qtbot, window)


def opened(qtbot, window: Window) -> AnimationDialog:
    """The dialog as it opens now."""
    next(command for command in window.commands() if "animated GIF" in command.name).do()
    dialog = window.findChild(AnimationDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def give(dialog: AnimationDialog, **settings: int) -> None:
    """Type settings into their entries."""
    for name, value in settings.items():
        entry = dialog.findChild(QLineEdit, f"gif.{name}")
        hands.fill(entry, str(value))


def small(dialog: AnimationDialog, epochs: int = 8) -> None:
    """Settings for an animation that is made quickly."""
    give(dialog, epochs=epochs, frames=4, size=200)


def create(dialog: AnimationDialog, file: Path) -> None:
    """Press Create and give the file dialog a name."""
    hands.push(dialog, "gif.create")
    asked = dialog.findChild(QFileDialog, "file.dialog")
    asked.findChild(QLineEdit).setText(str(file))
    asked.accept()


def message(dialog: AnimationDialog) -> str:
    """What the dialog says came of it."""
    return dialog.findChild(QLabel, "gif.message").text()


def first_frame(file: Path) -> np.ndarray:
    """The field in the first frame, without text and curves."""
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB")).astype(int)[60:180, 30:170]


def test_it_proposes_the_epochs_trained_so_far(qtbot, window: Window) -> None:
    dialog = opened(qtbot, window)
    assert dialog.settings.epochs == 100
    dialog.close()
    window.session.play()
    qtbot.waitUntil(lambda: window.session.report.snapshot.epoch >= 2)
    window.session.pause()
    qtbot.waitUntil(lambda: not window.presenter.running)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert opened(qtbot, window).settings.epochs == window.session.report.snapshot.epoch


def test_a_gif_is_made_while_training_goes_on(qtbot, trained: Window, tmp_path: Path) -> None:
    dialog = opened(qtbot, trained)
    small(dialog)
    before = trained.session.report.snapshot.step
    create(dialog, tmp_path / "a.gif")
    qtbot.waitUntil(lambda: dialog.job is None)
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.n_frames, image.width) == (4, 200)
    assert message(dialog) == f"a.gif: {(tmp_path / 'a.gif').stat().st_size / 1e3:.0f} kB, 4 frames."
    assert "a.gif" in trained.messages.strip.text.text()
    assert trained.presenter.running
    qtbot.waitUntil(lambda: trained.session.report.snapshot.step > before)


def test_it_is_what_the_training_was_from_its_start(qtbot, trained: Window, tmp_path: Path) -> None:
    dialog = opened(qtbot, trained)
    small(dialog)
    create(dialog, tmp_path / "a")
    qtbot.waitUntil(lambda: dialog.job is None)
    from playground.interop.animation import save_animation

    experiment = trained.session.experiment
    save_animation(tmp_path / "b.gif", experiment, 8, frames=4, size=200, engine="reference")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_it_starts_from_the_weights_that_training_started_from(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_zeros(experiment: Experiment, engine: EngineName) -> Trainer:
        zeros = Trainer(msgspec.structs.replace(experiment, initializer=Zeros()), engine="reference")
        return Trainer(experiment, initial=zeros.parameters(), engine="reference")

    monkeypatch.setattr(worker, "new_trainer", from_zeros)
    window.session.reseed()
    dialog = opened(qtbot, window)
    small(dialog, epochs=1)
    create(dialog, tmp_path / "zeros.gif")
    qtbot.waitUntil(lambda: dialog.job is None)
    _, counts = np.unique(first_frame(tmp_path / "zeros.gif").reshape(-1, 3), axis=0, return_counts=True)
    # A network of zeros says the same everywhere; only points stand out.
    assert counts.max() > 0.5 * counts.sum()


def is_making(dialog: AnimationDialog) -> Callable[[], bool]:
    """Whether frames are coming."""
    return lambda: dialog.job is not None and dialog.bar.value() >= 1


def test_escape_cancels_and_leaves_nothing_and_then_closes(qtbot, window: Window, tmp_path: Path) -> None:
    dialog = opened(qtbot, window)
    give(dialog, epochs=SLOW)
    create(dialog, tmp_path / "a.gif")
    qtbot.waitUntil(is_making(dialog))
    cancel = dialog.findChild(QPushButton, "gif.close")
    assert cancel.text() == cancel.accessibleName() == "Cancel"
    assert dialog.focusWidget() is cancel
    hands.key(cancel, "Escape")
    assert dialog.job is None
    assert dialog.isVisible()
    assert "Cancelled" in message(dialog)
    assert not list(tmp_path.glob("*.gif"))
    hands.key(cancel, "Escape")
    assert not dialog.isVisible()


def test_the_button_cancels_by_keyboard(qtbot, dialog: AnimationDialog, tmp_path: Path) -> None:
    give(dialog, epochs=SLOW)
    create(dialog, tmp_path / "a.gif")
    qtbot.waitUntil(is_making(dialog))
    hands.key(dialog.close_button, "Space")
    assert dialog.job is None
    assert dialog.create_button.isEnabled()


def test_closing_the_dialog_ends_what_it_makes(qtbot, dialog: AnimationDialog, tmp_path: Path) -> None:
    give(dialog, epochs=SLOW)
    create(dialog, tmp_path / "a.gif")
    qtbot.waitUntil(is_making(dialog))
    job = dialog.job
    dialog.close()
    assert not shiboken6.isValid(job) or job.isFinished()
    assert not dialog.isVisible()


@pytest.mark.usefixtures("new_window")
def test_closing_the_window_ends_what_is_made(qtbot, window: Window, tmp_path: Path) -> None:
    dialog = opened(qtbot, window)
    give(dialog, epochs=SLOW)
    create(dialog, tmp_path / "a.gif")
    qtbot.waitUntil(is_making(dialog))
    job = dialog.job
    window.close()
    assert not shiboken6.isValid(job) or job.isFinished()
    assert not list(tmp_path.glob("*.gif"))


def test_another_size_of_everything_does_not_disturb_it(qtbot, window: Window, tmp_path: Path) -> None:
    dialog = opened(qtbot, window)
    small(dialog, epochs=60)
    create(dialog, tmp_path / "a.gif")
    window.zoom_to(1.25)
    qtbot.waitUntil(lambda: dialog.job is None)
    assert (tmp_path / "a.gif").exists()


def test_a_folder_that_is_missing_is_told_with_what_to_do(qtbot, dialog: AnimationDialog, tmp_path: Path) -> None:
    small(dialog)
    dialog.create_file(str(tmp_path / "none" / "a.gif"))
    qtbot.waitUntil(lambda: dialog.job is None)
    assert "a.gif was not written" in message(dialog)
    assert "Try another folder" in message(dialog)


def test_a_fault_is_told_and_logged(
    qtbot, dialog: AnimationDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    small(dialog)
    monkeypatch.setattr(Trainer, "advance", lambda *_, **__: 1 / 0)
    dialog.create_file(str(tmp_path / "a.gif"))
    qtbot.waitUntil(lambda: dialog.job is None)
    assert "ZeroDivisionError" in message(dialog)
    assert "ZeroDivisionError" in caplog.text


def test_every_control_has_a_name_and_an_explanation(dialog: AnimationDialog) -> None:
    assert not unnamed(dialog)
    assert "repeated" in dialog.findChild(QLabel, "gif.note").text()


def test_words_say_where_training_ended() -> None:
    from playground.interop.animation import Animation

    assert made_words("a.gif", Animation(60, 1_940_000, 300, "ready")) == "a.gif: 1.9 MB, 60 frames."
    assert "diverged after epoch 12" in made_words("a.gif", Animation(4, 90_000, 12, "diverged"))
    assert "epoch 31" in made_words("a.gif", Animation(4, 90_000, 31, "stopped_early"))
