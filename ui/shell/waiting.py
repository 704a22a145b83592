"""The dialog for work that is usually instant: if it takes longer, it shows progress and offers to stop the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QProgressBar, QVBoxLayout, QWidget

from playground.files.errors import CancelledError

from ..forms.buttons import identify, tip
from ..forms.layouts import fill, tight
from ..look.theme import GRID, px
from ..session.jobs import Job

_AT_ONCE_MILLISECONDS = 150
"""How long the window waits for work, so that short work is seen at once."""
SHOW_AFTER_MILLISECONDS = 300
"""When the dialog appears, counted from there; for shorter work it would only flicker."""
_WIDTH = 360


class Waiting(QDialog):
    """Dialog of work on a thread, which gives its result to `then` or its exception to `failed`.

    Work that was stopped fails with `CancelledError`. The dialog deletes itself.
    """

    def __init__(
        self,
        parent: QWidget,
        title: str,
        words: str,
        work: Callable[[], Any],
        then: Callable[[Any], object],
        failed: Callable[[Exception], object],
    ) -> None:
        super().__init__(parent)
        self.then, self.failed = then, failed
        self.setObjectName("waiting")
        self.setWindowTitle(title)
        self.setModal(True)
        self.setMinimumWidth(px(_WIDTH))
        self._arrange(words)
        self.timer = QTimer(self, interval=SHOW_AFTER_MILLISECONDS, singleShot=True)
        self.timer.timeout.connect(self.show)
        self.job = Job(self, lambda _: work(), self._take, self._give_up, self._show_progress)
        # By then it has told how it ended; it may have finished already.
        self.job.destroyed.connect(self.deleteLater)
        if self.job.wait(_AT_ONCE_MILLISECONDS):
            QCoreApplication.sendPostedEvents(self.job, QEvent.Type.MetaCall.value)
        else:
            self.timer.start()

    def _arrange(self, words: str) -> None:
        self.bar = QProgressBar(textVisible=False, minimum=0, maximum=0)
        hint = tip("Progress. Cancel stops it and changes nothing.")
        identify(self.bar, "waiting.progress", "Progress", hint)
        self.bar.setFixedHeight(px(6))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        identify(cancel, "waiting.cancel", "Cancel", tip("Stops it and changes nothing."))
        buttons.rejected.connect(self.reject)
        about = QLabel(words, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        lines = tight(QVBoxLayout(self), GRID, (2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        fill(lines, about, self.bar, buttons)

    def _show_progress(self, done: int, of: int) -> None:
        self.bar.setRange(0, of)
        self.bar.setValue(done)

    def _take(self, result: Any) -> None:
        self._end()
        self.then(result)

    def _give_up(self, error: Exception) -> None:
        self._end()
        self.failed(error)

    def reject(self) -> None:
        """Ask the work to stop, and close without waiting for its end."""
        if self.job.drop():
            self._give_up(CancelledError())

    def _end(self) -> None:
        self.timer.stop()
        self.hide()
