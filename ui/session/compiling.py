"""The compiled engine's kernels, compiled in another process while training already runs.

Compiling takes a while the first time, and would hold the interpreter lock that the window needs. The kernels are
cached on disk, so that loading them afterwards is quick. On a busy machine that still takes seconds, so they are loaded
beside the worker, which goes on training and answers meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

import playground
from playground.engine.compiled import cache
from playground.engine.compiled.warm import PRECISIONS
from playground.engine.lanes import cache as lanes

from .jobs import Job, finish_jobs

_COMPILE_LANES = ("-m", "playground.engine.lanes.warm", "--background")
_COMPILE = (sys.executable, "-m", "playground.engine.compiled.warm")
_ROOT = Path(playground.__file__).parents[1]
"""The folder in which `-m` finds the package, installed or not."""
_END_MILLISECONDS = 1000


class Kernels(QObject):
    """Compiles and loads the kernels, and signals when they can be used at once.

    It owns a process and a thread: close it before deleting it.
    """

    ready = Signal()
    failed = Signal(str)
    """Carries why they cannot be used: the last line that the process wrote."""

    def __init__(self, parent: QObject | None = None, command: Sequence[str] = _COMPILE) -> None:
        super().__init__(parent)
        self._needless = command is _COMPILE and all(cache.are_cached(precision) for precision in PRECISIONS)
        self.process = QProcess(self)
        self.process.setProgram(command[0])
        self.process.setArguments(list(command[1:]))
        self.process.setWorkingDirectory(str(_ROOT))
        self.process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self.process.finished.connect(self.tell)
        self.process.errorOccurred.connect(self._tell_error)
        self.closed = False
        self._precision = PRECISIONS[0]
        self._goes_on = command is _COMPILE
        """Whether lanes come next."""
        self.makes_lanes = False

    def start(self, precision: str = PRECISIONS[0]) -> None:
        """Start compiling, unless the cache has them, and then load those for one precision; return at once."""
        self._precision = precision
        if self._needless:
            QTimer.singleShot(0, self._load)
        else:
            self.process.start()

    def close(self) -> None:
        """End the process if it still runs, and wait until nothing is loaded any more; no signal follows."""
        self.closed = True
        finish_jobs(self)
        if self.process.state() != QProcess.ProcessState.NotRunning:
            self.process.terminate()
            if not self.process.waitForFinished(_END_MILLISECONDS):
                self.process.kill()
                self.process.waitForFinished(_END_MILLISECONDS)

    def tell(self, code: int, status: QProcess.ExitStatus) -> None:
        """Signal how the process ended."""
        if self.closed or self.makes_lanes:
            return
        if status == QProcess.ExitStatus.NormalExit and code == 0:
            self._load()
        else:
            said = bytes(self.process.readAll().data()).decode(errors="replace").strip().splitlines()
            self.failed.emit(said[-1] if said else f"compiling ended with code {code}")

    def _load(self) -> None:
        """Load the kernels on a thread of its own."""
        if not self.closed:
            Job(self, lambda _: cache.load_kernels(self._precision), lambda _: self._succeed(), self._tell_damage)

    def _tell_damage(self, error: Exception) -> None:
        if not self.closed:
            self.failed.emit(str(error))

    def _succeed(self) -> None:
        """Signal that the kernels are ready, and go on with those of lanes, for which nobody waits yet."""
        if self.closed:
            return
        self.ready.emit()
        if self._goes_on and not lanes.are_stamped("float32"):
            self.makes_lanes = True
            self.process.setArguments(list(_COMPILE_LANES))
            self.process.start()

    def _tell_error(self, error: QProcess.ProcessError) -> None:
        """Signal why the process could not be started; every other end is for `tell`."""
        if error == QProcess.ProcessError.FailedToStart and not (self.closed or self.makes_lanes):
            self.failed.emit(self.process.errorString())
