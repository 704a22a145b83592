"""Exports of the network to other programs, each proven on a thread and then written."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from playground.files.errors import CancelledError, reason_of
from playground.files.names import file_name, says_other_format
from playground.interop.export.exportable import Exportable
from playground.interop.export.formats import FORMATS, Format, MissingLibraryError, NotProvenError, export
from playground.interop.opening import own_title

from ..session.answer import Answer
from ..session.jobs import Job, finish_jobs
from .desk import Desk
from .work import Work

_BUSY = "An export is still being proven. Wait, or cancel it from the File menu."


class Exports(QObject):
    """Writer of a window's exports, one at a time."""

    running_changed = Signal(bool)
    """Whether an export is being made."""

    def __init__(self, desk: Desk, work: Work) -> None:
        super().__init__(desk)
        self.desk, self.work = desk, work
        self.job: Job | None = None
        self._answer: Answer | None = None

    def ask(self, name: str, proof: bool = True, anyway: bool = False) -> None:
        """Let the person choose where an export goes; without its libraries, say what to install.

        For an untrained or diverged network, ask once for confirmation, which `anyway` gives.
        """
        chosen = FORMATS[name]
        missing = chosen.missing(proof=proof)
        if missing:
            words = f"{MissingLibraryError(chosen, missing)}. Then start the playground again."
            # It can still be written, but not run again.
            offer = (
                None
                if chosen.missing(proof=False)
                else ("Export without proof…", partial(self.ask, name, False, anyway))
            )
            self.desk.refuse(words, offer)
        elif self.job is not None:
            self.desk.refuse(_BUSY)
        elif chosen.is_network and not anyway and (problem := self._problem):
            self.desk.refuse(problem, ("Export it anyway…", partial(self.ask, name, proof, True)))
        else:
            title, kinds = f"Export: {chosen.title}", [f"{chosen.title} (*{chosen.suffix})"]
            stem = re.sub(r"\W", "_", self._stem).strip("_")
            proposed = file_name(stem, chosen.suffix, "network")
            self.desk.ask_to_save(title, proposed, kinds, lambda path: self.begin(name, path, proof, anyway))

    @property
    def _problem(self) -> str:
        """The reason why exporting this network is probably a mistake; empty if there is none."""
        report = self.desk.session.report
        if report is None or (report.snapshot.step == 0 and not self.work.mark().edited_weights):
            return "The network has not been trained."
        return "The training diverged." if report.snapshot.status == "diverged" else ""

    @property
    def _stem(self) -> str:
        """The name of the file that is proposed, without its suffix."""
        return self.work.path.stem if self.work.path is not None else own_title(self.desk.session.experiment)

    def begin(self, name: str, path: str, proof: bool = True, anyway: bool = False) -> None:
        """Export the present moment to a file."""
        suffix = FORMATS[name].suffix
        if says_other_format(path, suffix):
            self.desk.refuse(f"Nothing was exported to {path}: its name must end in {suffix}.")
            return
        write = partial(self._write, FORMATS[name], Path(path), proof, anyway)
        self._answer = self.desk.session.ask(Exportable.of, write, of_shown=True)

    def _write(self, chosen: Format, path: Path, proof: bool, anyway: bool, exportable: Exportable) -> None:
        """Write an export on a thread; with `proof` it is run and compared first."""
        self._answer = None
        if self.job is not None:
            self.desk.refuse(_BUSY)
            return
        unproven = "" if chosen.prove is None else "It was not proven."
        if chosen.name == "weights":
            unproven = exportable.sample.weights_unit
        self.job = Job(
            self,
            lambda job: export(chosen, exportable, path, proof=proof, anyway=anyway, cancelled=lambda: job.cancelled),
            lambda proof: self._tell_done(path, unproven if proof is None else proof.words),
            partial(self._tell_failure, path),
        )
        self.running_changed.emit(True)
        self.desk.say(f"{'Proving' if proof and chosen.prove is not None else 'Writing'} {path.name}…")

    def cancel(self) -> None:
        """Cancel the export that is being made."""
        if self.job is not None:
            self.job.cancel()

    def _tell_done(self, path: Path, words: str) -> None:
        self._end()
        self.desk.say(f"Exported to {path.name}. {words}".strip())

    def _tell_failure(self, path: Path, error: Exception) -> None:
        self._end()
        if isinstance(error, CancelledError):
            self.desk.say(f"The export to {path.name} was cancelled; nothing was written.")
        elif isinstance(error, NotProvenError):
            self.desk.tell(f"{path.name} was not exported, because its predictions differ from the network's. {error}")
        else:
            self.desk.refuse(f"Nothing was exported to {path}: {reason_of(error)}")

    def _end(self) -> None:
        self.job = None
        self.running_changed.emit(False)

    def close(self) -> None:
        """Cancel exports before the window is deleted; a late answer starts nothing."""
        if self._answer is not None:
            self._answer.forget()
        finish_jobs(self)
