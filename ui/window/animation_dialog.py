"""Training as an animated GIF: the dialog that asks for settings, and the job that makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from playground import Experiment, InputError, Trainer
from playground.catalog.choice import Array
from playground.engine.engine import EngineName
from playground.files.errors import CancelledError, reason_of
from playground.files.names import file_name, says_other_format
from playground.interop.animation import Animation, AnimationSettings, save_animation
from playground.interop.opening import own_title

from ..forms.buttons import identify, push_button, tip
from ..forms.layouts import STRETCH, fill, mark_problem, quiet, tight
from ..forms.rows import Form
from ..look.theme import GRID, px
from ..session.answer import Answer
from ..session.jobs import Job, finish_jobs
from ..session.session import Session
from ..shell.dialogs import ask_to_save

_WIDTH, _BAR_HEIGHT = 400, 10
_YIELD_MILLISECONDS, _REST_MILLISECONDS = 2, 20
"""Pauses of the thread at each check for cancellation and after each frame: drawing holds the interpreter lock."""
_ANSWER_SECONDS = 0.05
"""Time between two checks for cancellation while it waits for the initial weights."""
_NOTE = (
    "Training is repeated from its start with the present settings. Changes made while it ran, and weights set by "
    "hand, are not repeated."
)


class _Making(NamedTuple):
    """Everything needed to make an animation, without the window."""

    path: Path
    experiment: Experiment
    settings: AnimationSettings
    engine: EngineName
    initial: Answer
    """The given initial weights, if there are any."""

    def make(self, job: Job) -> Animation:
        """Repeat the training and write the file, on the job's thread. Raises CancelledError."""

        def progress(done: int, of: int) -> None:
            job.report(done, of)
            job.msleep(_REST_MILLISECONDS)

        def cancelled() -> bool:
            job.msleep(_YIELD_MILLISECONDS)
            return job.cancelled

        settings: dict[str, Any] = msgspec.structs.asdict(self.settings)
        animation = save_animation(
            self.path,
            self.experiment,
            initial=self._given_weights(job),
            engine=self.engine,
            progress=progress,
            cancelled=cancelled,
            **settings,
        )
        if animation is None:
            raise CancelledError
        return animation

    def _given_weights(self, job: Job) -> dict[str, Array]:
        while not job.cancelled:
            try:
                given: dict[str, Array] = self.initial.result(_ANSWER_SECONDS)
            except TimeoutError:
                continue
            return given
        raise CancelledError


class AnimationDialog(QDialog):
    """Dialog that asks for the settings of an animation and makes it. Closing it cancels that."""

    said = Signal(str)
    """Say what the animation file contains."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.job: Job | None = None
        self.path = Path()
        report = session.report
        self.settings = AnimationSettings(epochs=(report.snapshot.epoch if report else 0) or AnimationSettings().epochs)
        self.setObjectName("gif")
        self.setWindowTitle("Training as an animated GIF")
        self.form = Form(AnimationSettings, "gif")
        self.form.show_value(self.settings)
        self.form.edited.connect(self._change)
        self.note, self.message = self._words("note", "What the animation shows"), self._words("message", "Result")
        self.note.setText(_NOTE)
        self.bar = QProgressBar(textVisible=False)
        identify(self.bar, "gif.progress", "Frames done", tip("How many frames are done."))
        self.bar.setFixedHeight(px(_BAR_HEIGHT))
        # Nothing moves when they come and go.
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing())
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.close_button = push_button(
            "gif.close", "Close", "Closes this dialog, and cancels a GIF that is being made."
        )
        does = "Asks for a file name and makes the GIF. You can go on working."
        self.create_button = push_button("gif.create", "Create…", does)
        self.create_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        self.create_button.clicked.connect(self._ask_path)
        self._arrange()
        self._show_making(False)

    def _arrange(self) -> None:
        lines = tight(QVBoxLayout(self), GRID, (2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        buttons = fill(QHBoxLayout(), STRETCH, self.close_button, self.create_button)
        fill(lines, self.form, self.note, self.bar, self.message, STRETCH, buttons)
        self.setMinimumWidth(px(_WIDTH))

    def _words(self, name: str, spoken: str) -> QLabel:
        return quiet(identify(QLabel(wordWrap=True), f"gif.{name}", spoken))

    def _change(self, path: str, value: int, *_: object) -> None:
        self.settings = msgspec.structs.replace(self.settings, **{path.removeprefix("gif."): value})
        self.form.show_value(self.settings)

    def _ask_path(self) -> None:
        name = file_name(f"{own_title(self.session.experiment)} training", ".gif")
        ask_to_save(self, "Save the animation", name, ["Animations (*.gif)"], self.create_file)

    def create_file(self, path: str) -> None:
        """Make the animation in the background."""
        self.path, report = Path(path), self.session.report
        if says_other_format(path, ".gif"):
            words = f"Nothing was written to {self.path.name}: its name must end in .gif."
            self._finish(words, problem=True)
            return
        compiled = report is not None and report.snapshot.engine == "compiled"
        engine: EngineName = "compiled" if compiled else "reference"
        initial = self.session.ask(Trainer.usable_initial)
        making = _Making(self.path, self.session.experiment, self.settings, engine, initial)
        self.bar.setRange(0, self.settings.frames)
        self.bar.setValue(0)
        self._show_making(True)
        self.job = Job(self, making.make, self._show_made, self._show_failed, self._show_progress)

    def _show_progress(self, done: int, of: int) -> None:
        self.bar.setRange(0, of)
        self.bar.setValue(done)

    def _show_made(self, animation: Animation) -> None:
        words = made_words(self.path.name, animation)
        self._finish(words)
        self.said.emit(words)

    def _show_failed(self, error: Exception) -> None:
        self._finish(_failed_words(self.path, error), problem=True)

    def _finish(self, words: str, problem: bool = False) -> None:
        finish_jobs(self)
        self.job = None
        self._show_making(False)
        self.message.setText(words)
        mark_problem(self.message, problem)

    def _show_making(self, on: bool) -> None:
        self.form.setEnabled(not on)
        self.create_button.setEnabled(not on)
        self.bar.setVisible(on)
        closing = "Cancel" if on else "Close"
        identify(self.close_button, spoken=closing).setText(closing)
        self.message.setText("Repeating training…" if on else "")
        if on:
            self.close_button.setFocus()

    def reject(self) -> None:
        if self.job is not None:
            self._finish("Cancelled; nothing was written.")
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._finish("")
        super().closeEvent(event)


def _failed_words(path: Path, error: Exception) -> str:
    if isinstance(error, InputError):
        return f"{path.name} was not written: {error}."
    if isinstance(error, OSError):
        return f"{path} was not written: {reason_of(error)}. Try another folder."
    return f"{path.name} was not written because of a fault ({type(error).__name__}: {error})."


def made_words(name: str, animation: Animation) -> str:
    """Say what the animation file contains."""
    end = {
        "diverged": f" Training diverged after epoch {animation.epoch:,}; the animation ends there.",
        "stopped_early": f" Early stopping ended training at epoch {animation.epoch:,}.",
    }
    size = f"{animation.bytes / 1e6:.1f} MB" if animation.bytes >= 1e5 else f"{animation.bytes / 1e3:.0f} kB"
    return f"{name}: {size}, {animation.frames} frames.{end.get(animation.status, '')}"
