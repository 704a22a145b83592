"""The trainer: turns an experiment into a state and moves it on. It knows no Qt and no files.

trainer = Trainer(experiment)
trainer.advance(epochs=100)
trainer.snapshot().evaluation.train_loss
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import ModuleType

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample, sample
from playground.catalog.schedules import Plateau, PlateauMemory, Progress
from playground.engine import reference
from playground.engine.compiled import cache
from playground.engine.compiled import engine as compiled
from playground.engine.compiled.engine import Compiled
from playground.engine.evaluation import (
    Evaluation,
    accuracy,
    classes,
    evaluate,
    gradient_sizes,
    mean_loss,
    update_ratios,
)
from playground.engine.network import Network, network_of
from playground.engine.problem import DivergedError, Problem
from playground.engine.setup import Setup, grid_points
from playground.engine.state import State, StoppingMemory, fresh_state
from playground.experiment.rules import check
from playground.experiment.tree import Experiment
from playground.files.errors import InputError
from playground.measure import fields, statistics
from playground.measure.snapshot import (
    Change,
    Confusion,
    FinalResult,
    GradientHistory,
    History,
    LayerStatistics,
    Magnified,
    Microscope,
    Predictions,
    Snapshot,
    Status,
    Wanted,
)
from playground.run.health import Health, Moment
from playground.run.insertion import insert, insertable
from playground.run.run import HEALTHY, PRESENT, Checkpoint, Document, EngineName
from playground.run.run import Health as HealthRecord
from playground.run.timeline import Timeline
from playground.run.transplant import (
    Sources,
    Structure,
    lost,
    matched,
    patches,
    silence_newcomers,
    structure,
    transplanted,
)

NO_LIMIT = 2**62
MOST_RATES = 256
"""Learning rates that are worked out at a time."""
MOST_CHANGES = 200
"""How many changes are remembered."""
MAGNIFIED_GRID = 100
"""Points along each side of a magnified map and of the uncertainty where no boundary is wanted."""
INSERTION_GRID = 25
"""Points along each side of the plane that a new layer is made to pass on."""


KINDS = {"W": "weight", "b": "bias"}
"""What parameters are called in words, by the beginning of their names."""


class Trainer:
    """One training. All that may change while it runs arrives as a whole new experiment through `configure`.

    `initial` gives the weights to start from and to reset to, named as in weight files (W0, b0, W1, …). `engine` is the
    one to train on; see `use_engine`. `history_rows` bounds the histories: the far past is thinned beyond so many rows;
    None keeps every row.
    """

    def __init__(
        self,
        experiment: Experiment | None = None,
        *,
        initial: Mapping[str, Array] | None = None,
        engine: EngineName = "reference",
        history_rows: int | None = None,
    ) -> None:
        self.setup = Setup(check(experiment or Experiment()))
        self.chosen_engine: EngineName = "reference"
        self.engine_changes: list[tuple[int, EngineName]] = []
        self.kernels: ModuleType | None = None
        self.compiled: Compiled | None = None
        self.history_rows = history_rows
        self.initial: dict[str, Array] = {}
        self.notes: tuple[str, ...] = ()
        self.prepare_problem()
        self.reset()
        self.use_engine(engine)
        if initial:
            self.put_parameters(initial)
            self.initial = dict(initial)
            self.reset()

    # What there is to train on ------------------------------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The experiment in force."""
        return self.setup.experiment

    @property
    def sample(self) -> Sample:
        """The points, with their split."""
        return self.setup.sample

    @property
    def network(self) -> Network:
        """The network that the experiment describes for its points."""
        return self.setup.network

    def prepare_problem(self) -> None:
        """Hand the engine the present setup."""
        self.problem = Problem(
            network=self.network,
            training=self.experiment.training,
            inputs=self.setup.train.inputs,
            targets=self.setup.train.targets,
        )
        self.prepare_engine()

    def use_engine(self, engine: EngineName) -> None:
        """Train on this engine from the next update on; loads, and if need be compiles, its kernels.

        Within one engine the same experiment gives the same numbers each time; between the two they differ by rounding.
        So `engine_changes` keeps the steps at which the engine changed since the last reset. Raises UnavailableError.
        """
        if engine == "compiled":
            self.kernels = cache.load(self.network.dtype.name)
        self.chosen_engine = engine
        self.prepare_engine()
        if not self.engine_changes or self.engine_changes[-1][1] != engine:
            self.engine_changes.append((self.state.step, engine))

    @property
    def engine(self) -> EngineName:
        """The engine that trains."""
        return "reference" if self.compiled is None else "compiled"

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """What the chosen engine leaves to the reference engine, in words."""
        return compiled.fallbacks(self.problem) if self.chosen_engine == "compiled" else ()

    def prepare_engine(self) -> None:
        """Lay the problem out for the compiled engine, if it is the one to use and can do all of it."""
        self.compiled = None
        if self.kernels is None or self.chosen_engine == "reference":
            return
        cache.load_cached(self.network.dtype.name)
        if not self.fallbacks:
            sets = compiled.Sets(
                self.setup.train,
                self.setup.validation,
            )
            self.compiled = Compiled(self.kernels, self.problem, sets, self.sample.task)

    # Commands -----------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Go back to the initial weights, the very same ones, before the first update.

        Of weights that were given, those are used that still have a place.
        """
        self.state = self.fresh_state(self.experiment, self.network)
        self.put_parameters(self.usable_initial())
        self.problem.last = None
        self.seconds = 0.0
        self.changes: list[Change] = []
        self.engine_changes = [(0, self.chosen_engine)]
        self.be_ready()
        self.start_histories()
        self.health = Health()
        self.look_after_health()

    def usable_initial(self) -> dict[str, Array]:
        """The weights to start from that were given and still have a place."""
        usable = {}
        for name, values in self.initial.items():
            # The network, or its precision, may be another one since.
            with suppress(InputError):
                self.as_parameter(name, values)
                usable[name] = values
        return usable

    def clear_outcome(self) -> None:
        """Let training go on, whatever stopped it before: after a divergence, from the last healthy moment."""
        if self.can_go_back:
            self.configure(self.experiment)
        self.be_ready()

    def be_ready(self) -> None:
        """Nothing keeps training from going on."""
        self.status: Status = "ready"
        self.problem_words = ""

    def start_histories(self) -> None:
        """Forget the past and record the present as the first row."""
        self.history = Timeline(len(History._fields), self.history_rows)
        self.gradient_history = Timeline(1 + 3 * len(self.network.layers), self.history_rows)
        self.started_from: Array | None = self.state.parameters.copy()
        self.record(self.learning_rate)

    def configure(
        self, experiment: Experiment, *, memory: Checkpoint | None = None, words: str = "", goes_on: bool = False
    ) -> tuple[str, ...]:
        """Take over a changed experiment, keeping all that still has a meaning; returns what was lost, in words.

        After a divergence training goes back to the last healthy moment first. `memory` is a moment from before parts
        were removed that come back now: they return with the weights they had then. With `words` the change is put on
        record; see `remember`. Raises InputError, and changes nothing, if the experiment is refused.
        """
        experiment = check(experiment)
        setup = Setup(experiment, self.setup)
        goes_back = self.can_go_back
        if goes_back:
            self.go_back()
        else:
            self.look_after_health()
            self.health.rate = max(self.health.rate, self.learning_rate)
        old, old_network, old_problem = self.experiment, self.network, self.problem
        # After going back, points are shared with the setup that is gone.
        self.setup = setup
        self.notes = setup.sample.notes
        restructured = network_shape(old, old_network) != network_shape(experiment, setup.network)
        if old.precision != experiment.precision:
            self.state.cast(setup.network.dtype)
        if restructured:
            self.started_from = None
            self.rebuild(old, old_network, memory)
        if old.training.optimizer.kind != experiment.training.optimizer.kind:
            self.state.renew_optimizer(experiment.training.optimizer)
        self.prepare_problem()
        if not restructured:
            self.problem.last = old_problem.last
        self.forget(old, old_problem, restructured)
        self.be_ready()
        if self.state.step == 0:
            self.start_histories()
        elif goes_back:
            self.evaluation = self.evaluate()
        if words:
            self.remember(words, goes_on and not goes_back)
        return self.notes

    @property
    def can_go_back(self) -> bool:
        """Whether training diverged and there is a healthy moment to go on from."""
        return self.status == "diverged" and self.health.moment is not None

    def go_back(self) -> None:
        """Return to the last healthy moment, experiment and all; what was recorded since is forgotten."""
        assert self.health.moment is not None
        experiment, state, self.seconds = self.health.moment
        if experiment != self.experiment:
            before, layers = structure(self.experiment, self.network), len(self.network.layers)
            self.setup = Setup(experiment, self.setup)
            self.prepare_problem()
            self.rearrange_gradient_history(matched(before, structure(experiment, self.network)), layers)
        self.state = state.copy()
        self.problem.last = None
        self.history = self.history.until(History._fields.index("step"), state.step)
        self.gradient_history = self.gradient_history.until(0, state.step)
        self.changes = [change for change in self.changes if change.step <= state.step]
        self.engine_changes = [(min(step, state.step), engine) for step, engine in self.engine_changes]

    def look_after_health(self) -> None:
        """Keep the present moment to go back to, if all is well and there has not been a look just before."""
        self.health.look(self.problem, self.outputs, Moment(self.experiment, self.state, self.seconds))

    def remember(self, words: str, goes_on: bool = False) -> None:
        """Put a change on record, in the place of the latest one if that `goes_on`; the oldest ones are forgotten."""
        kept = self.changes[:-1] if goes_on else self.changes
        change = Change(self.state.step, self.passes, self.seconds, words)
        self.changes = [*kept[1 - MOST_CHANGES :], change]

    @property
    def passes(self) -> float:
        """Completed passes over the training points, the share of the present one included."""
        return self.state.epoch + self.state.position / self.problem.points

    def forget(self, old: Experiment, old_problem: Problem, restructured: bool) -> None:
        """Drop what has lost its meaning with the change from `old` to the present experiment."""
        state, training = self.state, self.experiment.training
        other_numbers = (
            restructured or self.experiment.data != old.data or self.network.loss != old_problem.network.loss
        )
        if other_numbers:
            state.carried_points = 0
        if self.problem.points != old_problem.points:
            state.position = state.carried_points = 0
        state.pruned = state.pruned & self.network.is_prunable
        if training.schedule != old.training.schedule:
            state.plateau = PlateauMemory()
        elif other_numbers:
            state.plateau = PlateauMemory(reductions=state.plateau.reductions)
        if other_numbers or training.early_stopping != old.training.early_stopping:
            state.stopping = StoppingMemory()
        elif self.experiment != old and state.stopping.stopped:
            state.stopping = state.stopping._replace(bad_epochs=0, stopped=False)

    def rebuild(self, old: Experiment, old_network: Network, memory: Checkpoint | None) -> None:
        """Carry the state over to the present network."""
        before, after = structure(old, old_network), structure(self.experiment, self.network)
        sources = matched(before, after)
        restored: Sources = ()
        state = self.fresh_state(self.experiment, self.network)
        silence_newcomers(after, patches(before, after, sources), state.parameters)
        if memory is not None:
            memory = memory.way_back or memory
            then = structure(memory.experiment, network_of(memory.experiment, sample(memory.experiment.data)))
            restored = matched(then, after)
            transplanted(then, after, memory.state, state, restored)
        known = [place for place, source in enumerate(restored) if source is not None]
        places = insertable(old_network, self.network, sources, known)
        if places:
            self.insert(before, after, places, sources, state)
        else:
            transplanted(before, after, self.state, state, sources, same_source_only=memory is not None)
        self.state = state
        self.notes = (*self.notes, *lost(before, after))
        self.rearrange_gradient_history(sources, len(old_network.layers))

    def insert(
        self, before: Structure, after: Structure, places: Sequence[int], sources: Sources, state: State
    ) -> None:
        """Carry the state over to a network with new layers at `places`, which start as near-identities."""
        kept = [place for place in range(len(after.network.layers)) if place not in places]
        layers = tuple(layer for place, layer in enumerate(self.experiment.layers) if place not in places)
        experiment = msgspec.structs.replace(self.experiment, layers=layers)
        skeleton = structure(experiment, network_of(experiment, self.sample))
        without = self.fresh_state(experiment, skeleton.network)
        skeleton_sources = [sources[place] for place in kept]
        silence_newcomers(skeleton, patches(before, skeleton, skeleton_sources), without.parameters)
        transplanted(before, skeleton, self.state, without, skeleton_sources)
        back = [kept.index(place) if place in kept else None for place in range(len(after.network.layers))]
        transplanted(skeleton, after, without, state, back)
        everywhere = np.concatenate([self.sample.x, grid_points(INSERTION_GRID)])
        columns = self.setup.features_of(everywhere)
        # Weights without memory among others that have one would make the first steps several times too large.
        state.renew_optimizer(self.experiment.training.optimizer)
        insert(skeleton.network, without.parameters, self.network, state.parameters, places, columns)

    def fresh_state(self, experiment: Experiment, network: Network) -> State:
        """The state of a network before its first update."""
        parameters = network.initial(experiment.seed, experiment.bias, experiment.data.stream())
        return fresh_state(network, experiment.training.optimizer, parameters, experiment.seed)

    def rearrange_gradient_history(self, sources: Sources, old_layers: int) -> None:
        """Let the past of every layer follow it to its new place."""
        blocks = (1 + block * old_layers for block in range(3))
        columns = [None if s is None else first + s for first in blocks for s in sources]
        self.gradient_history = self.gradient_history.rearranged([0, *columns])

    def set_parameters(self, parameters: Mapping[str, Array]) -> None:
        """Replace weights by hand, named as in weight files; layers that are not named keep theirs."""
        self.put_parameters(parameters)
        self.changed_by_hand()

    def set_weight(self, name: str, place: tuple[int, ...], value: float, *, goes_on: bool = False) -> None:
        """Set one entry of one array, named as in weight files: "W0", (2, 1). The change is put on record.

        Raises InputError, and changes nothing, if there is no such entry or it can't take that value.
        """
        array = self.parameters().get(name)
        if array is None:
            raise InputError(name, "a weight", f"a place in {', '.join(self.parameters())}")
        words = f"{name}[{', '.join(map(str, place))}]"
        if len(place) != array.ndim or not all(0 <= at < size for at, size in zip(place, array.shape, strict=False)):
            raise InputError(words, value, f"places in an array of shape {array.shape}, counted from 0")
        smallest, largest = 0.0 if name.startswith("var") else -math.inf, float(np.finfo(array.dtype).max)
        if not (smallest <= value and abs(value) <= largest):
            raise InputError(words, value, f"a finite {array.dtype} number{' ≥ 0' if smallest == 0 else ''}")
        array[place] = value
        if name[0] == "W":
            # It was set on purpose, so it need not stay 0.
            self.network.layers[int(name[1:])].W(self.state.pruned)[place] &= value == 0
        self.changed_by_hand()
        self.remember(f"{KINDS.get(name.rstrip('0123456789'), 'parameter')} {words}", goes_on)

    def changed_by_hand(self) -> None:
        """Parameters were changed from outside: measure anew, and let training go on."""
        self.be_ready()
        self.state.stopping = self.state.stopping._replace(bad_epochs=0, stopped=False)
        if self.state.step == 0:
            self.start_histories()
        else:
            self.evaluation = self.evaluate()

    def put_parameters(self, parameters: Mapping[str, Array]) -> None:
        """Copy named arrays into the state after checking every one of them."""
        cast = {name: self.as_parameter(name, values) for name, values in parameters.items()}
        present = self.parameters()
        for name, values in cast.items():
            present[name][...] = values

    def as_parameter(self, name: str, values: Array) -> Array:
        """Numbers in the network's precision. Raises InputError if they can't be its parameters of that name."""
        expected = self.parameters()
        if name not in expected:
            raise InputError(name, "an array", f"arrays named {', '.join(expected)}")
        if np.shape(values) != expected[name].shape:
            raise InputError(name, f"shape {np.shape(values)}", f"shape {expected[name].shape}")
        with np.errstate(over="ignore"):
            cast = np.asarray(values).astype(self.network.dtype)
        if not np.isfinite(cast).all():
            raise InputError(name, "NaN, infinity or a number too large", f"finite {self.network.dtype} numbers")
        if name.startswith("var") and (cast < 0).any():
            raise InputError(name, "a negative number", "variances, which are 0 or more")
        return cast

    def parameters(self) -> dict[str, Array]:
        """All parameters by the names they have in weight files, as views of the state."""
        flat = self.state.parameters
        return {
            f"{name}{number}": view
            for number, layer in enumerate(self.network.layers)
            for name, view in layer.named(flat).items()
        }

    def checkpoint(self) -> Checkpoint:
        """The present moment, safe from what training does next."""
        moment = self.health.moment if self.can_go_back else None
        way_back = None if moment is None else Checkpoint(moment.experiment, moment.state)
        return Checkpoint(self.experiment, self.state.copy(), way_back)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to a moment, or if training had diverged then, to the last healthy one; the histories start there."""
        experiment, state, way_back = checkpoint
        if way_back is not None:
            self.restore(way_back)
            self.configure(experiment)
            return
        self.be_ready()
        self.configure(experiment)
        self.state = state.copy()
        self.notes = ()
        self.problem.last = None
        self.changes = []
        self.be_ready()
        self.start_histories()
        # A moment at which the loss had grown without end is none to come back to.
        self.health = Health(fresh=False)
        self.look_after_health()

    def document(self) -> Document:
        """The whole training, safe from what it does next."""
        moment = self.health.moment
        checkpoints = {PRESENT: Checkpoint(self.experiment, self.state.copy())}
        if moment is not None:
            checkpoints[HEALTHY] = Checkpoint(moment.experiment, moment.state)
        return Document(
            checkpoints=checkpoints,
            status=self.status,
            problem=self.problem_words,
            evaluation=self.evaluation,
            seconds=self.seconds,
            history=self.history.copy(),
            gradients=self.gradient_history.copy(),
            changes=tuple(self.changes),
            engine_changes=tuple(self.engine_changes),
            initial={name: np.array(values, np.float64) for name, values in self.initial.items()},
            health=HealthRecord(self.health.best, self.health.rate, None if moment is None else moment.seconds),
            started_from=self.started_from,
            sample=self.sample,
        )

    def resume(self, document: Document) -> None:
        """Take over a whole training, as if it had never stopped. Nothing is left of the one before.

        The engine in force goes on: bit for bit the same only if it is the one that trained last.
        """
        present = document.checkpoints[PRESENT]
        self.be_ready()
        self.configure(present.experiment)
        self.state, self.initial = present.state.copy(), dict(document.initial)
        self.started_from = document.started_from
        self.problem.last = None
        self.notes = document.notes
        self.status, self.problem_words = document.status, document.problem
        self.evaluation, self.seconds = document.evaluation, document.seconds
        self.history = document.history.within(self.history_rows)
        self.gradient_history = document.gradients.within(self.history_rows)
        self.changes, self.engine_changes = list(document.changes), list(document.engine_changes)
        if document.engine != self.chosen_engine:
            self.engine_changes.append((self.state.step, self.chosen_engine))
        best, rate, seconds = document.health
        self.health = Health()
        self.health.best, self.health.rate = best, rate
        if seconds is not None:
            self.health.moment = Moment(*document.checkpoints[HEALTHY][:2], seconds)

    # Training -----------------------------------------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """η of the next update."""
        training, state = self.experiment.training, self.state
        progress = Progress(state.epoch, state.step, self.problem.steps_per_epoch, state.plateau)
        return training.schedule.learning_rate(training.learning_rate, progress)

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Status:
        """Train until one of the limits is reached or training stops by itself; returns the status.

        `steps` counts updates, `epochs` completed passes over the training points, `seconds` is time.
        """
        last_step = NO_LIMIT if steps is None else self.state.step + steps
        last_epoch = NO_LIMIT if epochs is None else self.state.epoch + epochs
        deadline = math.inf if seconds is None else time.perf_counter() + seconds
        self.stop_if_complete()
        while self.status == "ready" and self.state.step < last_step and self.state.epoch < last_epoch:
            if self.compiled is None:
                self.step()
            else:
                self.steps(self.compiled, last_step, last_epoch, deadline - time.perf_counter())
            if time.perf_counter() >= deadline:
                break
        if self.status != "diverged":
            self.look_after_health()
        return self.status

    def steps(self, engine: Compiled, last_step: int, last_epoch: int, seconds: float) -> None:
        """Many updates on the compiled engine, and what is due at the ends of epochs."""
        training, epoch = self.experiment.training, self.state.epoch
        if isinstance(training.schedule, Plateau) or training.early_stopping is not None:
            # What reacts to an epoch's result has to be asked after each.
            last_epoch = epoch + 1
        elif training.epochs is not None:
            last_epoch = min(last_epoch, training.epochs)
        rates, per_step = self.coming_rates(min(last_epoch - epoch, MOST_RATES))
        done = engine.advance(
            self.state, rates, per_step=per_step, last_step=last_step, last_epoch=last_epoch, seconds=seconds
        )
        done.history[:, -1] += self.seconds
        self.seconds += done.seconds
        self.history.extend(done.history)
        self.gradient_history.extend(done.gradients)
        if len(done.history):
            self.evaluation = Evaluation(
                *(None if math.isnan(value) else value for value in done.history[-1, 3:7].tolist())
            )
        if done.broken is not None:
            self.diverged(done.broken.what, done.broken.layer)
        elif len(done.history):
            self.observe(self.evaluation)
            self.stop_if_complete()

    def coming_rates(self, epochs: int) -> tuple[list[float], bool]:
        """The learning rates of the coming epochs, or if they change from update to update, of the coming updates."""
        training, state, per_epoch = self.experiment.training, self.state, self.problem.steps_per_epoch
        schedule = training.schedule
        per_step = schedule.changes_every_step or state.step < schedule.warmup
        count = min(epochs * per_epoch, MOST_RATES) if per_step else epochs
        rates = [
            schedule.learning_rate(
                training.learning_rate,
                # Updates within an epoch belong to it, wherever it was entered.
                Progress(state.epoch + k // per_epoch, state.step + k, per_epoch, state.plateau)
                if per_step
                else Progress(state.epoch + k, state.step + k * per_epoch, per_epoch, state.plateau),
            )
            for k in range(count)
        ]
        return rates, per_step

    def step(self) -> None:
        """One update, and what is due at the end of an epoch."""
        rate = self.learning_rate
        started = time.perf_counter()
        try:
            epoch_ended = reference.step(self.problem, self.state, rate)
        except DivergedError as error:
            self.diverged(error.what, error.layer)
            return
        finally:
            self.seconds += time.perf_counter() - started
        if epoch_ended:
            self.end_epoch(rate)
        elif self.state.step % 100 == 0:
            self.record_gradients()

    def end_epoch(self, rate: float) -> None:
        """Evaluate, record, and stop if that is what the numbers say."""
        evaluation = self.evaluate()
        if any(
            loss is not None and not np.isfinite(loss) for loss in (evaluation.train_loss, evaluation.validation_loss)
        ):
            self.diverged("the loss", self.network.layers[-1].name)
            return
        self.record(rate, evaluation)
        self.observe(evaluation)
        self.stop_if_complete()

    def observe(self, evaluation: Evaluation) -> None:
        """Let what reacts to the epoch's result do so: the plateau schedule and early stopping."""
        training, state = self.experiment.training, self.state
        if isinstance(training.schedule, Plateau):
            loss = getattr(evaluation, training.schedule.watch)
            state.plateau = training.schedule.observed(state.plateau, loss, training.learning_rate)
        if training.early_stopping is not None:
            state.observe(training.early_stopping, getattr(evaluation, training.early_stopping.watch))
            if state.stopping.stopped:
                self.evaluation = self.evaluate()

    def stop_if_complete(self) -> None:
        """`stopped_early` when early stopping has said so, `completed` when all epochs are done."""
        epochs = self.experiment.training.epochs
        if self.status == "ready" and self.state.stopping.stopped:
            self.status = "stopped_early"
        elif self.status == "ready" and epochs is not None and self.state.epoch >= epochs:
            self.status = "completed"

    def diverged(self, what: str, layer: str) -> None:
        """Stop with the last finite weights, and say what happened and what to try."""
        self.status = "diverged"
        self.evaluation = self.evaluate()
        rate, before = self.learning_rate, self.health.rate
        likely = (
            f"the learning rate {before:g} was too large, from which it was lowered too late"
            if before > rate
            else f"the learning rate {rate:g} was too large; try a smaller one, or clip the gradient"
        )
        self.problem_words = (
            f"Stopped at step {self.state.step:,}: {what} {layer_words(layer)} was no longer a finite number. "
            f"Most likely {likely}."
        )

    @property
    def problem_and_way_back(self) -> str:
        """What happened, and from where training goes on."""
        if not self.can_go_back or self.health.moment is None:
            return self.problem_words
        return (
            f"{self.problem_words} Play, or any change, goes on from step {self.health.moment.state.step:,}, "
            f"where all was still well."
        )

    # Measuring ----------------------------------------------------------------------------------------------

    def predict(self, x: Array) -> Array:
        """Raw outputs o for points `x`, shape (n, 2), in evaluation mode: shape (outputs, n)."""
        return self.outputs(self.setup.features_of(np.asarray(x, dtype=np.float64)))

    def outputs(self, columns: Array) -> Array:
        """o for inputs of shape (features, n) with the present weights, in evaluation mode: shape (outputs, n)."""
        if self.compiled is not None:
            return self.compiled.outputs(self.state, columns)
        return reference.outputs(self.network, self.state.parameters, columns)

    def evaluate(self) -> Evaluation:
        """Losses and accuracies of both sets with the present weights."""
        return evaluate(self.setup, self.outputs)

    def test(self) -> FinalResult | None:
        """Loss and accuracy on the test points with the present weights; None if there are none."""
        network, part = self.network, self.setup.test
        o = self.outputs(part.inputs)
        loss = mean_loss(network, o, part.targets)
        if loss is None:
            return None
        return FinalResult(len(part.labels), loss, accuracy(network, o, part.labels, self.sample.task))

    def record(self, rate: float, evaluation: Evaluation | None = None) -> None:
        """Add the present moment to the histories."""
        self.evaluation = evaluation or self.evaluate()
        numbers = [float("nan") if value is None else value for value in self.evaluation]
        self.history.append([self.state.epoch, self.state.step, rate, *numbers, self.seconds])
        self.record_gradients()

    def record_gradients(self) -> None:
        """Add the present gradients to their history."""
        now = self.network, self.state, self.problem.last
        sizes, ratios = gradient_sizes(*now), update_ratios(*now)
        self.gradient_history.append([self.state.step, *sizes, *ratios])

    def whole_set_statistics(self) -> tuple[LayerStatistics, ...]:
        """Every layer as measured on the whole training set in evaluation mode."""
        return statistics.whole_set_statistics(self.problem, self.state)

    def snapshot(self, wanted: Wanted = Wanted()) -> Snapshot:  # noqa: B008 - immutable
        """An immutable picture of the present moment with what is wanted."""
        gradients = self.gradient_history.view()
        maps, mapped = self.maps(wanted)
        return Snapshot(
            experiment=self.experiment,
            sample=self.sample,
            loss=self.network.loss,
            status=self.status,
            problem=self.problem_and_way_back,
            notes=self.notes,
            step=self.state.step,
            epoch=self.state.epoch,
            learning_rate=self.learning_rate,
            seconds=self.seconds,
            engine=self.engine,
            evaluation=self.evaluation,
            layers=statistics.latest_statistics(self.problem, self.state, wanted.histograms),
            history=History(*self.history.view().T),
            gradients=GradientHistory(gradients[:, 0], *np.split(gradients[:, 1:], 3, axis=1)),
            boundary=self.boundary(wanted.boundary) if wanted.boundary else None,
            confusion=self.confusion() if wanted.confusion and self.sample.task == "classification" else None,
            maps=maps,
            mapped=mapped,
            magnified=self.magnified(wanted),
            parameters=fields.parameters(self.problem, self.state) if wanted.parameters else (),
            units=fields.unit_states(self.problem) if wanted.units else (),
            uncertainty=self.uncertainty(wanted) if wanted.uncertainty else None,
            predictions=self.predictions(wanted.predictions) if wanted.predictions else None,
            microscope=None if wanted.point is None else self.microscope(wanted.point),
            test=self.test() if wanted.test else None,
            changes=tuple(self.changes),
        )

    def confusion(self) -> Confusion:
        """Which classes are taken for which, in both sets."""
        number = max(2, len(self.sample.class_names))
        parts = (self.setup.train, self.setup.validation)
        said = [classes(self.network, self.outputs(part.inputs)) for part in parts]
        return Confusion(*(statistics.confusion(p.labels, k, number) for p, k in zip(parts, said, strict=True)))

    def boundary(self, side: int) -> Array:
        """What the network says on a grid of side × side points; see `Snapshot.boundary`."""
        return statistics.boundary(
            self.network, self.outputs(self.setup.grid(side, self.network.dtype)), self.sample.task
        )

    def maps(self, wanted: Wanted) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """The maps of the wanted units and these units; see `Snapshot.maps`."""
        if not wanted.maps:
            return (), ()
        chosen = fields.chosen_units(self.network, wanted.mapped)
        columns = self.setup.grid(wanted.maps, fields.PRECISION)
        return fields.maps(self.network, self.state.parameters, columns, self.sample.task, chosen), chosen

    def magnified(self, wanted: Wanted) -> Magnified | None:
        """The map of one unit, as large as the boundary."""
        if wanted.magnified is None:
            return None
        columns = self.setup.grid(wanted.boundary or MAGNIFIED_GRID, fields.PRECISION)
        return fields.magnified(self.network, self.state.parameters, columns, self.sample.task, *wanted.magnified)

    def uncertainty(self, wanted: Wanted) -> Array:
        """How far answers with dropout lie apart, as large as the boundary; see `Snapshot.uncertainty`."""
        columns, passes = self.setup.grid(wanted.boundary or MAGNIFIED_GRID, fields.PRECISION), wanted.uncertainty
        return fields.uncertainty(
            self.network, self.state.parameters, columns, self.sample.task, self.state.seed, passes
        )

    def predictions(self, most: int) -> Predictions:
        """What the network makes of at most `most` points; see `Snapshot.predictions`."""
        indices = self.setup.derive(("points", most), lambda: fields.shown_points(self.sample, most))
        columns = self.setup.derive(("inputs", most), lambda: self.setup.features_of(self.sample.x[indices]))
        o = self.outputs(columns)
        values = np.nan_to_num(o[0]) if self.sample.task == "regression" else classes(self.network, o)
        return Predictions(indices, fields.read_only(values))

    def microscope(self, point: int) -> Microscope | None:
        """The way of one point of the sample through the network; see `Microscope`."""
        return fields.microscope(self.network, self.state.parameters, self.sample, self.experiment.features, point)


def network_shape(experiment: Experiment, network: Network) -> tuple[object, ...]:
    """What must stay the same for every parameter to keep its place and meaning."""
    ids = tuple(layer.id for layer in experiment.layers)
    kinds = tuple((layer.units, layer.inputs, layer.normalization.kind) for layer in network.layers)
    return experiment.features, ids, kinds


def layer_words(layer: str) -> str:
    """Where something happened, for a sentence."""
    return "at the output" if layer == "output" else f"of layer {layer}"
