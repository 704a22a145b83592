"""The trainer: holds one run and the engine that trains it. It knows no Qt and no files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.engine.compiled.engine import fallbacks
from playground.engine.engine import Engine, EngineName, Outcome
from playground.engine.engines import ChosenEngine, engine_for, resolve_engine
from playground.engine.evaluation import Evaluation
from playground.engine.network import Network
from playground.engine.passes import Pass
from playground.engine.reference import Reference
from playground.engine.setup import Setup
from playground.engine.state import State
from playground.experiment.rules import check
from playground.experiment.tree import Experiment
from playground.measure.changes import WeightEdit
from playground.measure.observe import Request, observe
from playground.measure.snapshot import Snapshot, Status, moment_words
from playground.run import changes, parameters, predictions, training
from playground.run.ending import ending_words
from playground.run.interrupts import undivided
from playground.run.observation import take_snapshot
from playground.run.predictions import on_the_plane, points_of
from playground.run.run import Checkpoint, Document, Run, checkpoint, document_of, new_run, reset, restore
from playground.run.timeline import Timeline


class Trainer:
    """Trains a run. To change settings during training, pass a whole new experiment to `configure`.

    `initial` gives the weights to start from and to reset to, named as in weight files (W0, b0, W1, …). `engine` is
    "reference", "compiled", "lanes", or "auto" for the compiled one wherever it can be loaded. `history_rows` bounds
    the histories, whose far past is thinned; None keeps every row. With `past_bytes` checkpoints are kept within that
    much memory, from which `replay` trains earlier moments again. Raises InputError, and UnavailableError.
    """

    def __init__(
        self,
        experiment: Experiment | None = None,
        *,
        initial: Mapping[str, Array] | None = None,
        engine: ChosenEngine = "auto",
        history_rows: int | None = None,
        past_bytes: int = 0,
    ) -> None:
        setup = Setup(check(experiment or Experiment()))
        chosen = resolve_engine(engine, setup)
        self._take_run(new_run(setup, initial, engine=chosen, rows=history_rows, past_bytes=past_bytes), chosen)
        # Without given weights, the reference engine measures the first row, so that it is the same on all engines.
        self._begin(self._engine if initial else Reference(setup))

    @classmethod
    def of(cls, run: Run, engine: ChosenEngine | None = None) -> Trainer:
        """A trainer that goes on with a run, on the engine that trained it unless another is given."""
        trainer = cls.__new__(cls)
        latest = run.record.engine_changes[-1][1]
        chosen = engine or ("auto" if latest == "compiled" else latest)
        trainer._take_run(run, resolve_engine(chosen, run.setup))
        return trainer

    def __repr__(self) -> str:
        now = moment_words(self.state.epoch, self.state.step, self.status, self.engine, self.evaluation)
        return f"<Trainer {'. '.join(filter(None, (now, ending_words(self.run))))}>"

    def _take_run(self, run: Run, engine: EngineName) -> None:
        self.run = run
        self._engine: Engine = Reference(run.setup)
        self.use_engine(engine)

    def _begin(self, engine: Engine) -> None:
        training.measure(engine, self.run)
        training.look_after_health(engine, self.run)

    def _update_engine(self) -> None:
        self._engine = engine_for(self.run.setup, self._chosen_engine, self._engine)
        training.measure_if_needed(self._engine, self.run)

    @property
    def setup(self) -> Setup:
        return self.run.setup

    @property
    def experiment(self) -> Experiment:
        return self.run.setup.experiment

    @property
    def sample(self) -> Sample:
        return self.run.setup.sample

    @property
    def network(self) -> Network:
        return self.run.setup.network

    @property
    def state(self) -> State:
        return self.run.state

    @property
    def status(self) -> Status:
        return self.run.record.status

    @property
    def seconds(self) -> float:
        return self.run.record.seconds

    @property
    def learning_rate(self) -> float:
        return self.run.learning_rate

    @property
    def latest(self) -> Pass | None:
        return self.run.record.latest

    @property
    def evaluation(self) -> Evaluation:
        """Losses and accuracies of both sets with the present weights, measured at most once."""
        return training.measure_if_needed(self._engine, self.run, present=True)

    @property
    def history(self) -> Timeline:
        return self.run.record.history

    @property
    def engine(self) -> EngineName:
        return self._engine.name

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """The parts of the experiment that the chosen engine leaves to the reference engine, in words."""
        return fallbacks(self.setup) if self._chosen_engine == "compiled" else ()

    def parameters(self) -> dict[str, Array]:
        """All parameters by their names in weight files, as views of the state."""
        return parameters.named_parameters(self.network, self.state.parameters)

    def usable_initial(self) -> dict[str, Array]:
        """The initial weights that were given and still fit the network."""
        return parameters.usable_parameters(self.network, self.run.record.initial)

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Status:
        """Train until one of the limits is reached or training stops by itself; returns the status.

        `steps` counts updates, `epochs` completed passes over the training points, `seconds` is time."""
        return training.advance(self._engine, self.run, steps=steps, epochs=epochs, seconds=seconds)

    def take_outcome(self, state: State, outcome: Outcome) -> None:
        """Record the results of a lane of a group in which the state has been trained."""
        self.run.state = state
        training.record_outcome(self._engine, self.run, outcome)
        if self.status != "diverged":
            training.look_after_health(self._engine, self.run)

    @undivided
    def clear_outcome(self) -> None:
        """Let training go on after it has stopped: from the last healthy moment, or with renewed patience."""
        if self.run.can_go_back:
            self.change(self.experiment)
        self.state.stopping = self.state.stopping.with_fresh_patience()
        self.run.record.be_ready()
        self.run.record.break_off()

    def use_engine(self, engine: ChosenEngine) -> None:
        """Use an engine from the next update on; loads its kernels, and compiles them if necessary.

        The record keeps the steps at which engines changed. Raises InputError for another name, and UnavailableError.
        """
        self._chosen_engine: EngineName = (engine := resolve_engine(engine, self.setup))
        self._engine = engine_for(self.setup, engine, self._engine)
        self.run.record.note_engine(self.state.step, engine)

    def configure(
        self, experiment: Experiment, *, memory: Checkpoint | None = None, title: str = "", goes_on: bool = False
    ) -> tuple[str, ...]:
        """Continue with a changed experiment, keeping all that still has a meaning; returns notes on what was lost.

        After a divergence, training returns to the last healthy moment first. If removed parts come back, `memory` is
        a moment from before their removal. The change is recorded, under `title` if that is given; one that `goes_on`,
        as in a drag, replaces the latest. Raises InputError, and changes nothing, if the experiment is refused.
        """
        self.change(check(experiment), memory, title=title, goes_on=goes_on)
        return self.run.record.notes

    @undivided
    def change(
        self, experiment: Experiment, memory: Checkpoint | None = None, *, title: str = "", goes_on: bool = False
    ) -> None:
        """Continue with an experiment that has been checked; see `configure`."""
        if not self.run.can_go_back:
            training.look_after_health(self._engine, self.run)
        changes.change(self.run, experiment, memory, title=title, goes_on=goes_on)
        self._update_engine()

    @undivided
    def set_parameters(self, given: Mapping[str, Array]) -> None:
        """Replace parameters, named as in weight files; those not given are kept. Raises InputError."""
        parameters.put_parameters(self.network, self.state.parameters, given)
        changes.note_manual_change(self.run)
        self._update_engine()

    @undivided
    def set_weight(self, name: str, place: tuple[int, ...], value: float, *, goes_on: bool = False) -> WeightEdit:
        """Set one entry of an array, such as (2, 1) in "W0", and record the edit.

        An edit that `goes_on`, as in a drag, replaces the latest. Raises InputError, and changes nothing, if refused.
        """
        edit = parameters.set_parameter(self.network, self.state, name, place, value)
        changes.note_manual_change(self.run)
        self._update_engine()
        label = parameters.parameter_words(self.network, self.experiment.features, name, place)
        self.run.record.remember_weight(self.run.now, edit, label, goes_on=goes_on)
        return edit

    @undivided
    def reset(self) -> None:
        """Return to the same initial weights; those that were given are used as far as they still fit."""
        reset(self.run, self._chosen_engine)
        self._begin(self._engine)

    def checkpoint(self) -> Checkpoint:
        """A copy of the present moment, which further training doesn't change."""
        return checkpoint(self.run)

    @undivided
    def restore(self, moment: Checkpoint) -> None:
        """Return to a moment, or if it had diverged, to the last healthy one before; the history starts there."""
        restore(self.run, moment.way_back or moment)
        self._update_engine()
        training.look_after_health(self._engine, self.run)
        if moment.way_back is not None:
            self.configure(moment.experiment)

    def document(self) -> Document:
        """A document of the whole run, which further training doesn't change."""
        training.measure_if_needed(self._engine, self.run, present=True)
        return document_of(self.run)

    def predict(self, x: ArrayLike) -> Array:
        """Raw outputs o for points `x` of the plane, shape (n, 2), in evaluation mode: shape (outputs, n)."""
        return self.outputs(self.setup.features_of(points_of(x)))

    def probabilities(self, x: ArrayLike) -> Array:
        """The probability of each of `sample.class_names` for points `x` in the data's own units: shape (n, classes).

        Outputs for losses other than cross-entropy are rescaled to sum to 1. Raises InputError for regression.
        """
        return predictions.probabilities(self.network, self.sample, self.predict(on_the_plane(self.sample, x)))

    def labels(self, x: ArrayLike) -> Array:
        """The predicted class names, or values for regression, at points `x`, all in the data's units: shape (n,)."""
        return predictions.labels(self.network, self.sample, self.predict(on_the_plane(self.sample, x)))

    def outputs(self, columns: Array) -> Array:
        """Raw outputs o for inputs of shape (features, n), in evaluation mode: shape (outputs, n)."""
        return self._engine.outputs(self.state, columns)

    def evaluate(self) -> Evaluation:
        """Losses and accuracies of both sets with the present weights."""
        return self._engine.evaluate(self.state)

    def snapshot(self, requests: Iterable[Request[Any]] = (), *, measured: bool = True) -> Snapshot:
        """A snapshot of the present moment with answers to requests; unless `measured`, its evaluation may be older."""
        training.measure_if_needed(self._engine, self.run, present=measured)
        return take_snapshot(self.run, self.engine, observe(self, requests))
