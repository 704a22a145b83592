"""The record of a run: its histories, changes and measurements, as opposed to the state that training moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from playground.catalog.choice import Array, Task
from playground.engine.engine import EngineName
from playground.engine.evaluation import Evaluation, gradient_sizes, update_ratios
from playground.engine.network import Network
from playground.engine.passes import Pass
from playground.engine.state import State
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.tree import Experiment
from playground.experiment.words import edit_words
from playground.measure.changes import BEGINNING, Break, Change, WeightEdit, When, merge_drag, without_long_lists
from playground.measure.snapshot import History, Status
from playground.run.health import Health
from playground.run.origin import WeightsOrigin
from playground.run.past import Past
from playground.run.timeline import Timeline

_MOST_CHANGES = 200
"""The most changes that are kept."""
_MOST_DEPARTED = 64
"""The most removed layers whose gradient histories are kept."""


@dataclass
class Record:
    """The past of a run, its latest evaluation and its status."""

    history: Timeline
    """One row per epoch with the columns of `History`; the first is from before training."""
    gradients: Timeline
    """One row per recorded step with the columns of `GradientHistory` side by side."""
    initial: Mapping[str, Array]
    """The initial weights that were given, named as in weight files; all others come from the initializers."""
    engine_changes: tuple[tuple[int, EngineName], ...]
    """The steps at which the engine changed since the last reset."""
    evaluation: Evaluation | None = None
    """The latest evaluation; None if anything but training has changed the network or the points since."""
    measured: When = BEGINNING
    """The moment of that evaluation."""
    status: Status = "ready"
    problem: str = ""
    """The cause of a divergence, in words; empty if training has not diverged."""
    notes: tuple[str, ...] = ()
    """Notes on the points and on what the latest change has lost, in sentences."""
    seconds: float = 0.0
    """The time spent in training steps since the last reset."""
    changes: tuple[Change, ...] = ()
    """The changes since the last reset, oldest first; only the latest are kept."""
    breaks: tuple[Break, ...] = ()
    """The steps at which the meaning of losses changed, oldest first."""
    begun: Experiment | None = None
    """The experiment before the latest change of settings, in case a drag continues it; None if none can."""
    edited: WeightEdit | None = None
    """The latest weight set by hand, in case a drag continues that; None if none can."""
    health: Health = field(default_factory=Health)
    started_from: Array | None = None
    """The parameters before the first update, laid out flat; None once the network was rebuilt."""
    origin: WeightsOrigin = field(default_factory=WeightsOrigin)
    """The origin of the weights after the latest change."""
    departed: Mapping[str, Array] = field(default_factory=dict)
    """The gradient histories of removed layers by name, each with the step and the layer's three columns."""
    latest: Pass | None = None
    """The pass of the latest batch; None before the first update."""
    past: Past | None = None
    """The checkpoints from which earlier moments are replayed; None if none are kept."""

    @classmethod
    def new(
        cls,
        network: Network,
        initial: Mapping[str, Array],
        engine: EngineName,
        rows: int | None,
        past_bytes: int = 0,
    ) -> Record:
        """The record of a run before its first update.

        Its histories keep at most `rows` rows, or all; checkpoints take at most `past_bytes`, none with 0.
        """
        history, past = Timeline(len(History._fields), rows), Past(past_bytes) if past_bytes else None
        return cls(history, Timeline(_gradient_columns(network), rows), initial, ((0, engine),), past=past)

    def begin_again(self, network: Network) -> None:
        """Clear the histories, so that `begin` records the present moment as the first row."""
        self.history = Timeline(len(History._fields), self.history.most)
        self.gradients = Timeline(_gradient_columns(network), self.gradients.most)
        self.evaluation = self.started_from = self.latest = None
        self.breaks = ()

    def break_off(self) -> None:
        """Note that something other than training has changed the state."""
        if self.past is not None:
            self.past.break_off()

    def be_ready(self) -> None:
        self.status, self.problem = "ready", ""

    def begin(self, network: Network, state: State, rate: float, evaluation: Evaluation) -> None:
        self.evaluation, self.measured = evaluation, When(state.step, float(state.epoch), self.seconds)
        self.started_from = state.parameters.copy()
        self.history.append([state.epoch, state.step, rate, *evaluation.numbers, self.seconds])
        now = network, state, self.latest
        self.gradients.append([state.step, *gradient_sizes(*now), *update_ratios(*now)])

    def remember_edit(
        self, now: When, old: Experiment, new: Experiment, *, title: str = "", goes_on: bool = False
    ) -> None:
        """Record the change from one experiment to another, if they differ or it has a title.

        A change that `goes_on`, as in a drag, replaces the latest one and covers everything since the drag began. One
        that takes the latest back before any training has followed removes it.
        """
        latest = self.changes[-1] if goes_on and self.changes and self.begun is not None else None
        begun = self.begun if latest is not None and self.begun is not None else old
        differences = without_long_lists(difference(begun, new))
        if latest is None and self.changes and self.changes[-1].is_undone_by(now, differences):
            self._forget_latest()
            return
        if latest is not None:
            differences = merge_drag(latest.differences or (), differences)
        went_back = self.begun is None
        self.begun = begun if differences or title else None
        if self.begun is not None:
            label = title or edit_words(begun, new) or (latest.label if latest is not None else "")
            change = Change(*now, label, differences, begun=_begun(latest, now))
            # After a divergence, the same change may be made once more at the step at which it was made before.
            again = (
                went_back
                and bool(self.changes)
                and self.changes[-1]._replace(epoch=now.epoch, seconds=now.seconds, begun=change.begun) == change
            )
            self._remember(change, replaces_latest=latest is not None or again)

    def remember_weight(self, now: When, edit: WeightEdit, label: str, *, goes_on: bool = False) -> None:
        """Record a weight set by hand, which `label` names; one that `goes_on`, as in a drag, replaces the latest.

        One that takes the latest back before any training has followed removes it.
        """
        earlier = self.edited if goes_on and self.changes and self.changes[-1].weight == self.edited else None
        if earlier is None and self.changes and self.changes[-1].is_undone_by(now, edit):
            self._forget_latest()
            return
        if earlier is not None:
            edit = edit._replace(before=earlier.before)
        begun = _begun(None if earlier is None else self.changes[-1], now)
        self.begun, self.edited = None, edit
        self._remember(Change(*now, label, None, edit, begun), replaces_latest=earlier is not None)

    def _remember(self, change: Change, *, replaces_latest: bool) -> None:
        """Add a change, or replace the latest one; the oldest ones are dropped."""
        kept = self.changes[:-1] if replaces_latest else self.changes
        self.changes = (*kept[1 - _MOST_CHANGES :], change)

    def _forget_latest(self) -> None:
        """Remove the latest change, and the break that it made."""
        step, self.changes = self.changes[-1].step, self.changes[:-1]
        self.begun = self.edited = None
        others = [change for change in self.changes if change.step == step and change.weight is None]
        if all(change.leaves_losses_comparable for change in others):
            self.breaks = tuple(one for one in self.breaks if one.step != step)

    def name_change(self, change: Change, label: str) -> None:
        """Give a recorded change another label."""
        self.changes = tuple(one._replace(label=label) if one == change else one for one in self.changes)

    def note_break(self, now: When, old: Experiment, new: Experiment, task: Task) -> None:
        """Record a break if the meaning of losses changes; `task` is that of the points before the change.

        Breaks with no row of the history between them count as one.
        """
        if losses_are_comparable(difference(old, new)):
            return
        latest = self.breaks[-1].step if self.breaks else -1
        rows = self.history.view()[:, History._fields.index("step")]
        if len(rows) and rows[-1] > latest:
            self.breaks = (*self.breaks, Break(now.step, task))

    def note_engine(self, step: int, engine: EngineName) -> None:
        if self.engine_changes[-1][1] != engine:
            self.engine_changes = (*self.engine_changes, (step, engine))

    def forget_since(self, step: int) -> None:
        self.history = self.history.until(History._fields.index("step"), step)
        self.gradients = self.gradients.until(0, step)
        self.changes = tuple(change for change in self.changes if change.step <= step)
        self.breaks = tuple(one for one in self.breaks if one.step <= step)
        self.past = None if self.past is None else self.past.until(step)
        self.begun = None
        self.engine_changes = tuple((min(at, step), engine) for at, engine in self.engine_changes)

    def rearrange_gradients(self, sources: Sequence[int | None], old_layers: int) -> None:
        """Move the gradient history of every layer to its new position; `sources` gives the old positions."""
        blocks = (1 + block * old_layers for block in range(3))
        columns = [None if s is None else first + s for first in blocks for s in sources]
        self.gradients = self.gradients.rearranged([0, *columns])

    def keep_gradients(self, names: Sequence[str], sources: Sequence[int | None]) -> None:
        """Keep the gradient histories of the layers, called `names`, that are no longer among the `sources`."""
        rows, layers = self.gradients.view(), len(names)
        gone = {
            name: rows[:, [0, *(1 + block * layers + place for block in range(3))]]
            for place, name in enumerate(names)
            if place not in sources
        }
        self.departed = dict([*self.departed.items(), *gone.items()][-_MOST_DEPARTED:])

    def bring_gradients_back(self, names: Sequence[str], sources: Sequence[int | None]) -> None:
        """Restore the kept gradient histories of layers that have come back."""
        kept, steps = dict(self.departed), self.gradients.rows[: self.gradients.count, 0]
        for place, name in enumerate(names):
            past = kept.pop(name, None) if sources[place] is None else None
            if past is None or not len(past):
                continue
            at = np.minimum(np.searchsorted(past[:, 0], steps), len(past) - 1)
            known = np.flatnonzero(past[at, 0] == steps)
            for block in range(3):
                self.gradients.rows[known, 1 + block * len(names) + place] = past[at[known], 1 + block]
        self.departed = kept


def _begun(latest: Change | None, now: When) -> When | None:
    """The moment at which a drag began whose latest change goes on now; None if that is now, or there was none."""
    return None if latest is None or latest.began.step == now.step else latest.began


def _gradient_columns(network: Network) -> int:
    """The number of columns in the gradient history: the step, then three for each layer."""
    return 1 + 3 * len(network.layers)
