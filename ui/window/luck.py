"""Luck in the window: the button beside the loss, and the training of other starts."""

from __future__ import annotations

from PySide6.QtCore import QObject

from playground import Experiment
from playground.engine.lanes import cache as lanes
from playground.measure.others import Luck
from playground.studies.luck import OTHER_STARTS

from ..forms.buttons import tip
from ..session.commands import Report
from ..session.starts import StartsTrainer
from .desk import Desk
from .others import OtherRuns
from .responses import Responses
from .window_parts import WindowParts

_MOST_POINTS = 20_000
"""Points beyond which other starts would take too long."""
_RENEWED = 1.1
"""While training runs, words are renewed when the epochs have grown by this factor; runs are judged by as many."""
_TOO_EARLY = "Other starts are compared from the first epoch on."
_WAITS = "Other starts are trained while training is paused."
_IN_PLACE = {
    "kept": "the kept runs that were picked",
    "ghost": "the run without the change",
    "future": "what came after this moment",
}
"""What the tracks show in place of the starts, by its kind."""
_BACK = "Other starts are compared with the run as it is now; Ctrl+End goes back there."
_CHANGED = "This run was changed on the way, so other starts can't be compared with it until Reset."


class HowLucky(QObject):
    """Trains and shows other starts of the experiment while the button beside the loss is down."""

    def __init__(self, desk: Desk, parts: WindowParts, others: OtherRuns, responses: Responses) -> None:
        super().__init__(desk)
        self.desk, self.parts, self._others, self._responses = desk, parts, others, responses
        self.button = parts.transport.readout.luck
        self._help = self.button.toolTip()
        self.starts = StartsTrainer(self)
        self.starts.compared.connect(self._show)
        self.starts.caught_up.connect(self._judge)
        self.starts.failed.connect(self._give_up)
        self.button.toggled.connect(self._turn)
        self._luck: Luck | None = None
        """The latest comparison."""
        self._said: Luck | None = None
        """The comparison in words, which changes less often."""
        self._of: Experiment | None = None
        """The experiment of the latest comparison."""
        self._described = ""
        """What describes the button."""
        self._told = ""
        """What was said beside the button, as an event."""
        self._is_judged = False
        """Whether the starts have once come as far as the run, before which they say nothing of it."""
        others.front_changed.connect(self._write)
        desk.session.revised.connect(self._cancel)
        desk.session.experiment_changed.connect(self._rest)
        desk.session.reported.connect(self._follow)

    def close(self) -> None:
        """Wait until no start is in training."""
        self.starts.close()

    def _turn(self, on: bool) -> None:
        self._forget()
        self._write()
        if on and (why := self._obstacle()):
            self._give_up(why)
            return
        if on and self._is_changed and not self.desk.docks.shows(self.parts.tracks):
            # Else it stands below the tracks.
            self._told = _CHANGED
            self.desk.say(_CHANGED)
        self._follow_run()

    def _rest(self) -> None:
        """Stop the starts of another experiment; what they said of the run before its change remains true."""
        self.starts.stop()
        self._is_judged = False
        if self._said is None:
            self._forget()
        elif self._luck is not None:
            # Where the others stood then says nothing about the boundary that follows.
            self._others.put("luck", self._luck._replace(fields=()))
        self._write()

    def _judge(self) -> None:
        """Say how the run compares, the first time beside the button that asked for it."""
        is_first, self._is_judged = not self._is_judged, True
        self._follow_run()
        if is_first and self._said is not None and (verdict := self._verdict(self._said)) != self._told:
            self._told = verdict
            self.desk.say(verdict)

    def _follow_run(self) -> None:
        if self.desk.session.report is not None:
            self._follow(self.desk.session.report)

    def _obstacle(self) -> str:
        """The reason why no other starts can be trained; empty if they can."""
        session = self.desk.session
        if self._responses.when == "off":
            return "Other runs are off. View › Other runs turns them on."
        if session.report is not None and len(session.report.snapshot.sample) > _MOST_POINTS:
            return f"More than {_MOST_POINTS:,} points: other starts would take too long."
        if not lanes.are_stamped(session.experiment.precision):
            return "Other starts can be trained once the engine for many networks is compiled."
        return ""

    def _give_up(self, why: str) -> None:
        self.button.setChecked(False)
        self.desk.say(why)

    def _follow(self, report: Report) -> None:
        waits = self._responses.when == "resting" and report.running
        snapshot = report.present
        has_begun = snapshot.history.epoch[-1] >= 1
        is_new = self.desk.session.is_up_to_date and self._of != snapshot.experiment and not self._is_changed
        if self._luck is not None and (is_new or not has_begun):
            # The run has begun anew, or is another.
            self._forget()
        self._write()
        if not self.button.isChecked() or self._is_changed or not self.desk.session.is_up_to_date:
            return
        if has_begun and not waits:
            boundaries = self.desk.docks.shows(self.parts.boundary)
            self.starts.follow(snapshot.experiment, snapshot.history, boundaries=boundaries)

    def _cancel(self) -> None:
        """Cancel what was asked of another experiment, before all panels show the new one."""
        if self.starts.of not in (None, self.desk.session.experiment):
            self.starts.stop()

    def _forget(self) -> None:
        """Stop and forget starts, which were those of another experiment."""
        self.starts.stop()
        self._luck, self._said, self._of, self._is_judged = None, None, None, False
        self._others.put("luck", None)
        self._described = ""
        self.button.setToolTip(self._help)
        self.button.setAccessibleDescription("")

    def _show(self, luck: Luck) -> None:
        report, known = self.desk.session.report, self._luck
        if known is not None and report is not None and luck.epoch < min(known.epoch, report.present.epoch):
            # After an undo they are trained again; what is known already stays.
            return
        self._luck, self._of = luck, self.desk.session.experiment
        self._others.put("luck", luck)
        self._write()

    def _renew_words(self) -> None:
        """Put the latest comparison into words, while training runs only now and then: they are to be read."""
        report, luck, said = self.desk.session.report, self._luck, self._said
        if luck is None or luck is said or not self._is_judged:
            return
        running = report is not None and report.running
        if said is not None and running and said.epoch <= luck.epoch < _RENEWED * said.epoch:
            return
        self._said = luck

    def _write(self) -> None:
        """Say below the tracks how the run compares, at which epoch, and what hides the starts."""
        self._renew_words()
        self._describe()
        words = self._words() if self.button.isChecked() else ""
        self.parts.tracks.say_luck(words)
        if not words.startswith(self._told):
            self.desk.messages.settle(self._told)
            self._told = ""

    def _describe(self) -> None:
        luck = self._said
        if luck is not None and (words := f"{self._verdict(luck)} {luck.small_print}") != self._described:
            self._described = words
            self.button.setToolTip(tip(self._verdict(luck), luck.small_print))
            self.button.setAccessibleDescription(words)

    def _words(self) -> str:
        report, luck = self.desk.session.report, self._said
        epoch = 0 if report is None else int(report.present.history.epoch[-1])
        waits = report is not None and report.running and self._responses.when == "resting"
        if luck is None and self._is_changed:
            return _CHANGED
        if luck is None:
            how_far = "" if self._luck is None else f" (epoch {self._luck.epoch:,} of {epoch:,})"
            return _TOO_EARLY if epoch < 1 else _WAITS if waits else f"Training {OTHER_STARTS} other starts…{how_far}"
        if report is not None and report.past is not None:
            return _BACK
        shown = _IN_PLACE.get(self._others.front)
        return f"{self._verdict(luck)} The tracks show {shown} in their place." if shown else self._verdict(luck)

    def _verdict(self, luck: Luck) -> str:
        before = self._of != self.desk.session.experiment or self._is_changed
        return f"Before the change: {luck.sentence[0].lower()}{luck.sentence[1:]}" if before else luck.sentence

    @property
    def _is_changed(self) -> bool:
        """Whether the run was changed while it trained, which makes it another than any start of its experiment."""
        report = self.desk.session.report
        changes = () if report is None else report.present.changes
        return any((one.step or one.weight) and one.acts_on_training for one in changes)
