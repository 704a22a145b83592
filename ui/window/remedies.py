"""Remedies, tried before they are offered: an ailing network is trained with every change that might help."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from playground import Experiment
from playground.files.errors import CancelledError
from playground.measure.diagnosis import ADVICE, Finding, diagnose
from playground.measure.early_stopping import Hindsight, early_stopping_in_hindsight
from playground.measure.sentences import counted
from playground.run.run import Checkpoint
from playground.studies.knobs import knob_at
from playground.studies.remedies import RemedyEffect, RemedyTest, candidates
from playground.studies.response import horizon_after

from ..session.jobs import Job, finish_jobs
from ..session.power import run_beside
from ..shell.messages import Advice, ProvenRemedy, concern_of
from .desk import Desk
from .presenter import Presenter
from .responses import FIRST_KNOB, Responses, best_value

_REST_MILLISECONDS = 400
"""How long a finding stands before remedies are tried."""
_FIRST_PERIOD, _GROWTH = 100, 1.25
"""Remedies are tried again each time the epochs of the run, and so many more, have grown by this factor: what helps
the weights of epoch 100 may ruin those of epoch 180."""
_MOST_SECONDS = 30.0
"""Time after which remedies that are still being tried are offered untried, as the diagnosis advises."""


class _Question(NamedTuple):
    """What remedies are tried for."""

    experiment: Experiment
    concern: str
    """Which findings it is about, as `concern_of` names them."""
    period: int
    """How often the epochs of the run have grown by a quarter; remedies are tried again when they have."""


class Remedies(QObject):
    """Tries remedies for an ailment, and lets the strip report which ones help.

    They are tried once per experiment, ailment and period, so that no promise is much older than the run's numbers.
    """

    _tried = Signal(object, int)

    def __init__(self, desk: Desk, presenter: Presenter, responses: Responses) -> None:
        super().__init__(desk)
        self.desk, self.responses = desk, responses
        self._job: Job | None = None
        self._test: RemedyTest | None = None
        self._asked: _Question | None = None
        """What remedies were tried for last, or are being tried for."""
        self._hindsight: Hindsight | None = None
        """What early stopping would have made of the run that is asked about."""
        self._holds_back = False
        """Whether the strip offers nothing because remedies are about to be tried."""
        self._renews = False
        """Whether the strip goes on showing an earlier answer to the same question until the new one is there."""
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

    def _drop(self, *, keeps_words: bool = False) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.drop()
        if not keeps_words:
            self._hold_back()

    def _hold_back(self) -> None:
        """Offer nothing before it is tried, where it can be: a button would come, go and come back as another one."""
        finding = self.desk.messages.finding if self.responses.may_train else None
        self._advise(None if finding is None else Advice(concern_of(finding.kind), ""))

    def _advise(self, advice: Advice | None) -> None:
        self._holds_back = advice is not None and not advice.words
        self.desk.messages.advise(advice)

    def _follow(self) -> None:
        finding = self._finding()
        question = None if finding is None else self._question(finding)
        if question is None or not self.responses.may_train:
            self._rest.stop()
            if not self.responses.may_train and self._holds_back:
                self._hold_back()
        elif question != self._asked and not self._rest.isActive() and not self._is_about_to_answer(question):
            self._rest.start()
            if self._asked is None or self._asked.concern != question.concern:
                self._hold_back()

    def _is_about_to_answer(self, question: _Question) -> bool:
        """Whether remedies are being tried for the same question a little earlier: a fast run never waits for them."""
        asked = self._asked
        if self._job is None or asked is None:
            return False
        return asked[:2] == question[:2] and asked.period <= question.period

    def _finding(self) -> Finding | None:
        """The finding that the strip shows; None in a race, and while numbers are of an earlier moment, or older than
        an edit."""
        report, messages, session = self.desk.session.report, self.desk.messages, self.desk.session
        if report is None or report.past is not None or session.racer is not None or not session.is_up_to_date:
            return None
        return diagnose(report.snapshot)[0] if report.snapshot.status == "diverged" else messages.finding

    def _question(self, finding: Finding) -> _Question:
        report = self.desk.session.report
        assert report is not None
        period = int(math.log(1 + report.snapshot.epoch / _FIRST_PERIOD, _GROWTH))
        return _Question(self.desk.session.experiment, concern_of(finding.kind), period)

    def _try(self) -> None:
        finding, report = self._finding(), self.desk.session.report
        if finding is None or report is None:
            return
        asked, self._asked = self._asked, self._question(finding)
        self._renews = asked is not None and asked[:2] == self._asked[:2]
        self._drop(keeps_words=self._renews)
        # The very run that ails tells what early stopping would have done.
        self._hindsight = early_stopping_in_hindsight(report.snapshot) if finding.kind == "overfitting" else None
        if finding.allows_live_changes:
            begin = partial(self._begin, self._asked, finding, report.snapshot.epoch)
            self.desk.session.ask(lambda trainer: trainer.checkpoint(), begin)
        else:
            self._begin(self._asked, finding, report.snapshot.epoch)

    def _begin(self, asked: _Question, finding: Finding, epoch: float, beginning: Checkpoint | None = None) -> None:
        """Try remedies from the start, or as changes of the run at a moment, and then from the start if none helps."""
        if asked is not self._asked:
            return
        # What the response shows to whoever looks at both, unless it is of trained weights, and the test not.
        is_told = self.responses.beginning is None or beginning is not None
        knob = knob_at(asked.experiment, FIRST_KNOB) if is_told else None
        rate = None if knob is None else best_value(self.desk, self.responses.parts, knob, "loss")
        tried = candidates(asked.experiment, finding.remedy, goes_on=beginning is not None, rate=rate)
        epochs = horizon_after(0 if beginning is not None else epoch)
        test = RemedyTest(asked.experiment, tried[:1] if finding.kind in ADVICE else tried, epochs, beginning=beginning)
        self._test = test

        def end(test: RemedyTest) -> None:
            self._job = None
            if test.beginning is None or test.helpful:
                self._say_found(test)
            else:
                self._begin(asked, finding, epoch)

        if test.remedies:
            self._job = Job(self, lambda job: self._train(job, test), end, self._fail)
            self._say_tried(test, 0)
        else:
            self._advise(None)

    def _train(self, job: Job, test: RemedyTest) -> RemedyTest:
        run_beside()
        begun = time.monotonic()
        for tried in test.train(lambda: job.cancelled or time.monotonic() - begun > _MOST_SECONDS):
            self._tried.emit(test, tried)
        if not test.is_whole:
            raise CancelledError
        return test

    def _say_tried(self, test: RemedyTest, tried: int) -> None:
        if self._asked is not None and self._job is not None and test is self._test and not self._renews:
            left = len(test.remedies) - tried
            trying = f"{counted(left, 'change')} {'is' if left == 1 else 'are'} still being tried."
            words = trying if left else "Trying the most promising changes…"
            self._advise(Advice(self._asked.concern, words))

    def _say_found(self, test: RemedyTest) -> None:
        assert self._asked is not None
        found: list[RemedyEffect | Hindsight] = list(test.helpful)
        if self._hindsight is not None:
            stops = self._hindsight.remedy.experiment
            found = [self._hindsight, *(one for one in found if one.remedy.experiment != stops)]
        found.sort(key=lambda one: one.after)
        nothing = f"No change helps much within {test.epochs:,} epochs ({len(test.remedies)} tried)."
        words = f"{found[0].remedy.label}: {found[0].sentence}." if found else nothing
        self._advise(Advice(self._asked.concern, words, tuple(map(_listed, found))))

    def _fail(self, _: Exception) -> None:
        self._job = None
        if not self._renews:
            self._advise(None)


def _listed(found: RemedyEffect | Hindsight) -> ProvenRemedy:
    # A colon would be the second one after `Start again: learning rate 0.1`.
    return ProvenRemedy(found.remedy, f"{found.remedy.words} – {found.brief}", found.about)
