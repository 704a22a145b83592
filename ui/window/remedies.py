"""Remedies, tried before they are offered: an ailing network is trained with every change that might help."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from playground import Experiment
from playground.files.errors import CancelledError
from playground.measure.diagnosis import ADVICE, Finding, diagnose
from playground.run.run import Checkpoint
from playground.studies.remedies import Proof, Trial, candidates
from playground.studies.response import horizon_after

from ..session.jobs import Job, finish_jobs
from ..session.responder import run_beside
from ..shell.messages import Advice, ProvenRemedy, concern_of
from .desk import Desk
from .presenter import Presenter
from .responses import Responses

_REST_MILLISECONDS = 400
"""How long a finding stands before remedies are tried."""
_MOST_SECONDS = 30.0
"""Time after which remedies that are still being tried are offered untried, as the diagnosis advises."""


class Remedies(QObject):
    """Tries remedies for an ailment, once per experiment and ailment, and lets the strip report which ones help."""

    _tried = Signal(object, int)

    def __init__(self, desk: Desk, presenter: Presenter, responses: Responses) -> None:
        super().__init__(desk)
        self.desk, self.responses = desk, responses
        self._job: Job | None = None
        self._proof: Proof | None = None
        self._asked: tuple[Experiment, str] | None = None
        """What remedies were tried for last, or are being tried for: an experiment, and which findings."""
        self._rest = QTimer(self, singleShot=True, interval=_REST_MILLISECONDS)
        self._rest.timeout.connect(self._try)
        self._tried.connect(self._say_tried)
        presenter.words_shown.connect(self._follow)
        desk.session.experiment_changed.connect(self._forget)

    def close(self) -> None:
        """Wait until no remedy is being tried."""
        self._forget()
        finish_jobs(self)

    def _forget(self) -> None:
        """Stop at once: what was asked is about another experiment."""
        self._rest.stop()
        self._drop()
        self._asked = None

    def _drop(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.drop()
        self.desk.messages.advise(None)

    def _follow(self) -> None:
        finding = self._finding()
        question = None if finding is None else (self.desk.session.experiment, concern_of(finding.kind))
        if question is None or not self.responses.may_train:
            self._rest.stop()
        elif question != self._asked and not self._rest.isActive():
            self._rest.start()

    def _finding(self) -> Finding | None:
        """The finding that the strip shows; None also while the numbers are older than the latest edit."""
        report, messages = self.desk.session.report, self.desk.messages
        if report is None or not self.desk.session.is_up_to_date:
            return None
        return diagnose(report.snapshot)[0] if report.snapshot.status == "diverged" else messages.finding

    def _try(self) -> None:
        finding, report = self._finding(), self.desk.session.report
        if finding is None or report is None:
            return
        self._drop()
        self._asked = self.desk.session.experiment, concern_of(finding.kind)
        if finding.kind not in ADVICE and finding.remedy is not None and not finding.remedy.reset:
            begin = partial(self._begin, self._asked, finding, report.snapshot.epoch)
            self.desk.session.ask(lambda trainer: trainer.checkpoint(), begin)
        else:
            self._begin(self._asked, finding, report.snapshot.epoch)

    def _begin(
        self, asked: tuple[Experiment, str], finding: Finding, epoch: float, beginning: Checkpoint | None = None
    ) -> None:
        """Try remedies from the start, or as changes of the run at a moment, and then from the start if none helps."""
        if asked is not self._asked:
            return
        tried = candidates(asked[0], finding.remedy, goes_on=beginning is not None)
        epochs = horizon_after(0 if beginning is not None else epoch)
        proof = Proof(asked[0], tried[:1] if finding.kind in ADVICE else tried, epochs, beginning=beginning)
        self._proof = proof

        def end(proof: Proof) -> None:
            self._job = None
            if proof.beginning is None or proof.helpful:
                self._say_found(proof)
            else:
                self._begin(asked, finding, epoch)

        if proof.remedies:
            self._job = Job(self, lambda job: self._train(job, proof), end, self._fail)
            self._say_tried(proof, 0)

    def _train(self, job: Job, proof: Proof) -> Proof:
        run_beside()
        begun = time.monotonic()
        for tried in proof.train(lambda: job.cancelled or time.monotonic() - begun > _MOST_SECONDS):
            self._tried.emit(proof, tried)
        if not proof.is_whole:
            raise CancelledError
        return proof

    def _say_tried(self, proof: Proof, tried: int) -> None:
        if self._asked is not None and self._job is not None and proof is self._proof:
            left = len(proof.remedies) - tried
            words = f"Changes still to try: {left}…" if left else "Trying the most promising changes…"
            self.desk.messages.advise(Advice(self._asked[1], words))

    def _say_found(self, proof: Proof) -> None:
        assert self._asked is not None
        self.desk.messages.advise(Advice(self._asked[1], _verdict(proof), tuple(map(_listed, proof.helpful))))

    def _fail(self, _: Exception) -> None:
        self._job = None
        self.desk.messages.advise(None)


def _listed(trial: Trial) -> ProvenRemedy:
    return ProvenRemedy(trial.remedy, f"{trial.remedy.words}: {trial.sentence}", trial.about)


def _verdict(proof: Proof) -> str:
    if not proof.helpful:
        return f"No change helps much within {proof.epochs:,} epochs ({len(proof.remedies)} tried)."
    best = proof.helpful[0]
    return f"{best.remedy.label}: {best.sentence}."
