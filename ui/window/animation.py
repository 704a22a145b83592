"""Training as an animated GIF: the dialog that asks how, and the thread that makes it while the window goes on."""

from __future__ import annotations

import logging
import queue
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import Qt, QThread, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from playground import Experiment, InputError
from playground.catalog.choice import Array
from playground.interop.animation import Animation, Settings, save_animation
from playground.trainer import EngineName
from ui import theme
from ui.form import Form, tip
from ui.session import Session

log = logging.getLogger(__name__)

WIDTH, BAR_HEIGHT = 400, 10
YIELD_MILLISECONDS, REST_MILLISECONDS = 2, 20
"""Left to the window whenever the thread looks whether to go on, and after each frame: drawing holds the interpreter
lock."""
ANSWER_SECONDS = 0.05
"""Between two looks while it waits for the weights to start from."""
NOTE = (
    "Training is repeated from its start with the present settings. What was changed while it ran, and weights that "
    "were set by hand, are not repeated."
)


class Maker(QThread):
    """Makes an animation. Call `cancel` before it goes, unless it has ended."""

    progressed = Signal(int, int)
    """So many frames are done, of so many."""
    made = Signal(object)
    """The Animation that was written."""
    failed = Signal(str)
    """Nothing was written, and why."""

    def __init__(
        self,
        path: Path,
        experiment: Experiment,
        settings: Settings,
        engine: EngineName,
        initial: queue.SimpleQueue[dict[str, Array]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.path, self.experiment, self.settings = path, experiment, settings
        self.engine, self.initial = engine, initial

    def cancel(self) -> None:
        """End the thread, and wait until it has ended."""
        self.requestInterruption()
        self.wait()

    def run(self) -> None:
        """The thread's work."""
        try:
            animation = self.make()
        except InputError as error:
            self.failed.emit(f"{self.path.name} was not written. {error}.")
        except OSError as error:
            self.failed.emit(f"{self.path} was not written: {error.strerror or error}. Try another folder.")
        except Exception as error:
            log.exception("An animation was not made")
            self.failed.emit(f"{self.path.name} was not written because of a fault ({type(error).__name__}: {error}).")
        else:
            if animation is not None:
                self.made.emit(animation)

    def make(self) -> Animation | None:
        """Repeat the training and write the file; None if it was cancelled."""
        initial = self.given_weights()
        if initial is None:
            return None
        settings: dict[str, Any] = msgspec.structs.asdict(self.settings)
        return save_animation(
            self.path,
            self.experiment,
            initial=initial,
            engine=self.engine,
            progress=self.progress,
            cancelled=self.cancelled,
            **settings,
        )

    def given_weights(self) -> dict[str, Array] | None:
        """The weights to start from; None if it was cancelled."""
        while not self.isInterruptionRequested():
            try:
                return self.initial.get(timeout=ANSWER_SECONDS)
            except queue.Empty:
                continue
        return None

    def progress(self, done: int, of: int) -> None:
        """Tell how far it is."""
        self.progressed.emit(done, of)
        self.msleep(REST_MILLISECONDS)

    def cancelled(self) -> bool:
        """Whether to stop."""
        self.msleep(YIELD_MILLISECONDS)
        return self.isInterruptionRequested()


class AnimationDialog(QDialog):
    """Asks for the settings of an animation and makes it. Closing it ends what it makes."""

    told = Signal(str)
    """What was written, in a sentence."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.maker: Maker | None = None
        report = session.report
        self.settings = Settings(epochs=(report.snapshot.epoch if report else 0) or Settings().epochs)
        self.setObjectName("gif")
        self.setWindowTitle("Training as an animated GIF")
        self.form = Form(Settings, "gif")
        self.form.show_value(self.settings)
        self.form.edited.connect(self.change)
        self.note, self.message = self.words("note", "What the animation shows"), self.words("message", "Result")
        self.note.setText(NOTE)
        self.bar = QProgressBar()
        self.bar.setObjectName("gif.progress")
        self.bar.setAccessibleName("Frames done")
        self.bar.setToolTip(tip("How many frames are done."))
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.px(BAR_HEIGHT))
        # Nothing moves when they come and go.
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing())
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.close_button = self.button("close", "Close", "Closes this dialog. While a GIF is made: ends that.")
        self.create_button = self.button("create", "Create…", "Asks for a file and makes the GIF; the window goes on.")
        self.create_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        self.create_button.clicked.connect(self.ask_path)
        self.arrange()
        self.show_making(False)

    def arrange(self) -> None:
        """Put everything in its place."""
        lines = QVBoxLayout(self)
        margin = theme.px(2 * theme.GRID)
        lines.setContentsMargins(margin, margin, margin, margin)
        lines.setSpacing(theme.px(theme.GRID))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.close_button, self.create_button):
            buttons.addWidget(button)
        for part in (self.form, self.note, self.bar, self.message):
            lines.addWidget(part)
        lines.addStretch(1)
        lines.addLayout(buttons)
        self.setMinimumWidth(theme.px(WIDTH))

    def words(self, name: str, spoken: str) -> QLabel:
        """A quiet text."""
        label = QLabel(wordWrap=True)
        label.setObjectName(f"gif.{name}")
        label.setAccessibleName(spoken)
        label.setProperty("quiet", True)
        return label

    def button(self, name: str, text: str, help_text: str) -> QPushButton:
        """A button of the dialog."""
        button = QPushButton(text)
        button.setObjectName(f"gif.{name}")
        button.setAccessibleName(text)
        button.setToolTip(tip(help_text))
        return button

    # Doing --------------------------------------------------------------------------------------------------

    def change(self, path: str, value: int, *_: object) -> None:
        """Take over a setting."""
        self.settings = msgspec.structs.replace(self.settings, **{path.removeprefix("gif."): value})
        self.form.show_value(self.settings)

    def ask_path(self) -> None:
        """Let the person choose the file, and make the animation."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the animation", "training.gif", "Animations (*.gif)")
        if path:
            self.create_file(path)

    def create_file(self, path: str) -> None:
        """Make the animation in the background."""
        file = Path(path)
        if file.suffix.lower() != ".gif":
            file = file.with_name(f"{file.name}.gif")
        report = self.session.report
        engine: EngineName = "reference"
        if report is not None and report.snapshot.engine == "compiled":
            engine = "compiled"
        self.maker = Maker(file, self.session.experiment, self.settings, engine, self.session.ask_initial(), self)
        self.maker.progressed.connect(self.show_progress)
        self.maker.made.connect(self.show_made)
        self.maker.failed.connect(self.show_failed)
        self.bar.setRange(0, self.settings.frames)
        self.bar.setValue(0)
        self.show_making(True)
        self.maker.start()

    def show_progress(self, done: int, of: int) -> None:
        """Move the bar on."""
        self.bar.setRange(0, of)
        self.bar.setValue(done)

    def show_made(self, animation: Animation) -> None:
        """Say what was written."""
        assert self.maker is not None
        words = made_words(self.maker.path.name, animation)
        self.finish(words)
        self.told.emit(words)

    def show_failed(self, problem: str) -> None:
        """Say why nothing was written."""
        self.finish(problem, problem=True)

    def finish(self, words: str, problem: bool = False) -> None:
        """Nothing is being made any longer; say what came of it."""
        if self.maker is not None:
            self.maker.cancel()
            self.maker.deleteLater()
            self.maker = None
        self.show_making(False)
        self.message.setText(words)
        self.message.setStyleSheet(f"color: {theme.current().danger}" if problem else "")

    def show_making(self, on: bool) -> None:
        """Offer what can be done now."""
        self.form.setEnabled(not on)
        self.create_button.setEnabled(not on)
        self.bar.setVisible(on)
        self.close_button.setText("Cancel" if on else "Close")
        self.close_button.setAccessibleName("Cancel" if on else "Close")
        self.message.setText("Repeating the training…" if on else "")
        if on:
            self.close_button.setFocus()

    def reject(self) -> None:
        """Cancel what is being made; with nothing to cancel, close."""
        if self.maker is not None:
            self.finish("Cancelled; nothing was written.")
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, whatever is being made."""
        self.finish("")
        super().closeEvent(event)


def made_words(name: str, animation: Animation) -> str:
    """What was written, in a sentence."""
    end = {
        "diverged": f" Training diverged after epoch {animation.epoch:,}; the animation ends there.",
        "stopped_early": f" Early stopping ended training at epoch {animation.epoch:,}.",
    }
    size = f"{animation.bytes / 1e6:.1f} MB" if animation.bytes >= 1e5 else f"{animation.bytes / 1e3:.0f} kB"
    return f"{name}: {size}, {animation.frames} frames.{end.get(animation.status, '')}"
