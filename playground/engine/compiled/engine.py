"""The compiled engine: passes a run to the kernels and takes back the result. Numba is imported only with
the kernels.

It works on the very State that `reference` works on, and may take over from it, or give it back, between any two
updates. What it can't do (see `fallbacks`) stays with `reference`.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, Choice, kind_of
from playground.catalog.losses import CrossEntropy, Loss
from playground.catalog.normalizations import Normalization
from playground.catalog.optimizers import Optimizer, Sgd
from playground.catalog.regularizers import NoRegularizer, Regularizer
from playground.engine.compiled import layout
from playground.engine.compiled.cache import LOADED, system_clock
from playground.engine.compiled.own import FAILED, OwnClasses, kernels_for, own_classes
from playground.engine.engine import EngineName, Limits, Outcome, Rates
from playground.engine.evaluation import Evaluation, evaluate, spread
from playground.engine.network import Network
from playground.engine.passes import DivergedError, Pass
from playground.engine.reference import first_broken_layer
from playground.engine.setup import Part, Setup
from playground.engine.state import State, factor_growth

_ROWS = 4096
"""Rows of the histories that one call can fill."""

_IN_RUN_RECORD = (
    "optimizer", "batch_size", "batching", "shuffle", "clip_norm", "weight_decay", "weight_noise",
)  # fmt: skip
"""The settings of training that the kernels are told before they start; learning rates are handed over as they come."""


class Compiled:
    """The compiled engine, ready for one setup; see `Engine`."""

    name: ClassVar[EngineName] = "compiled"

    def __init__(self, kernels: ModuleType, setup: Setup) -> None:
        self.own = own_classes(setup)
        """The classes from outside of the catalog that the kernels know."""
        self._kernels, self.setup = kernels, setup
        self._clock = system_clock()
        self._lay_out_network()
        self._lay_out_training()
        self._lay_out_points()
        self._make_room()

    def prepare(self, setup: Setup) -> None:
        before, self.setup = self.setup, setup
        old, new = before.training, setup.training
        other_network = setup.network is not before.network
        other_training = any(getattr(old, name) != getattr(new, name) for name in _IN_RUN_RECORD)
        other_points = setup.train.inputs is not before.train.inputs or setup.train.targets is not before.train.targets
        other_points = other_points or setup.network.loss.class_weights != before.network.loss.class_weights
        if other_network:
            self._lay_out_network()
        if other_network or other_training or other_points:
            self._lay_out_training()
        if other_points:
            self._lay_out_points()
        if self._room_for != _room_needed(setup):
            self._make_room()

    def _lay_out_network(self) -> None:
        self._layers = _layer_records(self.setup.network, self.own)

    def _lay_out_training(self) -> None:
        setup = self.setup
        self._run = _run_record(setup, self.own)
        self._order = np.empty(setup.points if setup.training.shuffle else 0, np.int32)
        self._order_of = (-1, -1)
        work = 20 * sum(layer.units for layer in setup.network.layers) + 0.2 * setup.network.size
        self._look_every = max(1, int(50_000 / (500 + work * setup.batch_size)))

    def _lay_out_points(self) -> None:
        """Lay out the points for the kernels: a row per training point, and the sets evaluated at the end of epochs."""
        train = self.setup.train
        rows = [train.inputs, train.targets, *([] if train.weights is None else [train.weights[np.newaxis]])]
        self._data = np.ascontiguousarray(np.concatenate(rows).T)
        self._train, self._validation = _evaluation_set(train), _evaluation_set(self.setup.validation)

    def _make_room(self) -> None:
        network, layers = self.setup.network, self.setup.network.layers
        dtype, size = network.dtype, network.size
        self._room_for = _room_needed(self.setup)
        self._old_w, self._old_g = np.zeros(size, dtype), np.zeros(size, dtype)
        self._old_slots = np.zeros((len(self.setup.training.optimizer.slots), size), dtype)
        self._space = _work_space(network, self.setup.batch_size, training=True)
        self._evaluation_space = _work_space(network, layout.EVALUATION_POINTS, training=False)
        self._update_space = layout.UpdateSpace(
            np.zeros(size, dtype), np.zeros(size, dtype), np.zeros(size, bool), np.zeros(layout.MOST_CONSTANTS)
        )
        self._epochs = np.empty((_ROWS, len(layout.EPOCH_COLUMNS)))
        self._history = self._epochs.view(layout.EPOCH)[:, 0]
        self._gradients = np.empty((_ROWS, 1 + 3 * len(layers)))

    def advance(self, state: State, rates: Rates, limits: Limits) -> Outcome:
        # Named fields of a plain record cost a tenth of what attributes do.
        run, steps_before = self._run[0], state.step
        self._hand_over(state, run)
        run["factor_growth"] = factor_growth(self.setup.training.optimizer) if state.rate_factors.size else 0.0
        run["last_step"], run["last_epoch"], run["rate_per_step"] = limits.last_step, limits.last_epoch, rates.per_step
        run["time_limit"] = limits.seconds
        coming = np.array([rates.rate_of(k) for k in range(rates.number)], np.float64)
        swapped = self._kernels.train(
            self._layers, self._run, self._data, self._train, self._validation, self._order,
            state.parameters, self._old_w, state.gradient, self._old_g, state.slots, self._old_slots, state.carried,
            state.pruned, state.rate_factors, self._space, self._update_space, self._evaluation_space,
            coming, self._history, self._gradients, self._clock,
        )  # fmt: skip
        if swapped:
            state.parameters, self._old_w = self._old_w, state.parameters
            state.gradient, self._old_g = self._old_g, state.gradient
            state.slots, self._old_slots = self._old_slots, state.slots
        made_updates = int(run["step"]) > steps_before
        self._take_back(state, run, made_updates=made_updates)
        return Outcome(
            self._epochs[: run["history_rows"]].copy(),
            self._gradients[: run["gradient_rows"]].copy(),
            float(run["seconds"]),
            self._latest(int(run["last_points"])) if made_updates and not run["broken"] else None,
            self._fault(state, run),
        )

    def evaluate(self, state: State) -> Evaluation:
        return evaluate(self.setup, lambda columns: self.outputs(state, columns))

    def outputs(self, state: State, inputs: Array) -> Array:
        network = self.setup.network
        o = np.empty((network.layers[-1].units, inputs.shape[1]), network.dtype)
        x = np.ascontiguousarray(inputs)
        self._kernels.predict(self._layers, self._run, x, state.parameters, self._evaluation_space, o)
        return o

    def _hand_over(self, state: State, run: Any) -> None:
        run["seed"] = state.seed & 0xFFFFFFFFFFFFFFFF
        run["step"], run["epoch"], run["position"] = state.step, state.epoch, state.position
        run["carried_points"], run["optimizer_steps"] = state.carried_points, state.optimizer_steps
        run["order_of"] = self._order_of[1] if self._order_of[0] == state.seed else -1
        run["history_rows"] = run["gradient_rows"] = 0
        run["seconds"], run["broken"], run["look_every"] = 0.0, layout.NOTHING, self._look_every

    def _take_back(self, state: State, run: Any, *, made_updates: bool) -> None:
        state.step, state.epoch, state.position = int(run["step"]), int(run["epoch"]), int(run["position"])
        state.carried_points, state.optimizer_steps = int(run["carried_points"]), int(run["optimizer_steps"])
        self._order_of = (state.seed, int(run["order_of"]))
        state.drop_whole_factors()
        if made_updates and run["broken"] != layout.UPDATE:
            state.update = state.parameters - self._old_w
            for layer in self.setup.network.layers:
                state.update[layer.trained.stop : layer.stop] = 0

    def _latest(self, n: int) -> Pass:
        """Return the pass of the latest batch, of n points, as views of the work space: valid until the next call."""
        space, layers = self._space, self.setup.network.layers

        def rows(array: Array, start: int, units: int) -> Array:
            return array[start : start + units * n].reshape(units, n)

        passed = Pass([rows(space.a, 0, layers[0].inputs)], [], [], [None] * len(layers))
        for i, layer in enumerate(layers):
            start = int(space.starts[i])
            a = rows(space.a, int(space.input_starts[i + 1]), layer.units)
            apart = (layer.skip or layer.dropout) and not layer.muted
            passed.f.append(rows(space.f, start, layer.units) if apart else a)
            passed.z.append(a if layer.muted else rows(space.z, start, layer.units))
            passed.a.append(a)
            passed.delta.append(rows(space.deltas, start, layer.units))
            if layer.dropout and not layer.muted:
                passed.masks[i] = rows(space.masks, start, layer.units)
        return passed

    def _fault(self, state: State, run: Any) -> DivergedError | None:
        """Return the error of a divergence, in the words of the reference engine."""
        network = self.setup.network
        if run["broken"] == layout.LOSS:
            return DivergedError("the loss", network.layers[-1].name)
        if run["broken"] == layout.GRADIENT:
            flat = self._old_g if np.isfinite(state.carried).all() else state.carried
            return DivergedError("the gradient", first_broken_layer(network, flat))
        if run["broken"] == layout.SPREAD:
            return DivergedError("the spread", network.layers[int(run["broken_layer"])].name)
        if run["broken"] == layout.UPDATE:
            for what, numbers in (("a weight", self._old_w), *(("the optimizer's memory", s) for s in self._old_slots)):
                if not np.isfinite(numbers).all():
                    return DivergedError(what, first_broken_layer(network, numbers))
        return None


def fallbacks(setup: Setup) -> tuple[str, ...]:
    """Describe the features of a setup for which `reference` must stand in; empty if the kernels support all.

    The kernels support the whole catalog, in each precision for which they are compiled. For classes that users add
    to a family, kernels are compiled separately, if Numba can compile them.
    """
    precision, own = setup.network.dtype.name, own_classes(setup)
    if kernels_for(precision, own) is not None:
        return ()
    missing = () if precision in LOADED else (f"precision {precision}: its kernels are not loaded",)
    why = FAILED.get((precision, own))
    reason = "not part of the catalog" + (f", and can't be compiled ({why})" if why else "")
    return (*missing, *(f"{kind_of(member)}: {reason}" for member in own))


# Records ----------------------------------------------------------------------------------------------------------


@cache
def place_in_family(family: type[Choice], member: type[Choice], own: OwnClasses = ()) -> int:
    """Return the number of a family's member in kernels that include these own classes."""
    return [kind_of(one) for one in layout.compiled_members(family, own)].index(kind_of(member))


def formula_settings(choice: Choice) -> list[float]:
    """Return the numbers that a choice's formulas take, padded to the same length for all choices."""
    values = [float(value) for value in choice.values]
    return values + [0.0] * (layout.MOST_SETTINGS - len(values))


def _layer_records(network: Network, own: OwnClasses) -> Any:
    records = np.zeros(len(network.layers), layout.LAYER)
    for record, layer in zip(records, network.layers, strict=True):
        record["units"], record["inputs"] = layer.units, layer.inputs
        record["start"], record["biases"] = layer.start, layer.biases.start
        record["trained_stop"], record["stop"] = layer.trained.stop, layer.stop
        record["activation"] = place_in_family(Activation, type(layer.activation), own)
        record["settings"] = formula_settings(layer.activation)
        record["normalization"] = place_in_family(Normalization, type(layer.normalization), own)
        record["skip"], record["muted"], record["trainable"] = layer.skip, layer.muted, layer.trainable
        record["dropout"] = layer.dropout
        record["penalty"] = place_in_family(Regularizer, type(layer.regularizer), own)
        record["penalty_settings"] = formula_settings(layer.regularizer)
        record["prunes"] = layer.regularizer.prunes and layer.trainable
    return records


def _run_record(setup: Setup, own: OwnClasses) -> Any:
    network, training = setup.network, setup.training
    runs = np.zeros(1, layout.RUN)
    run = runs[0]
    run["outputs"], run["batch_size"], run["shuffle"] = network.layers[-1].units, setup.batch_size, training.shuffle
    run["batching"] = ("partial", "drop", "carry").index(training.batching)
    run["loss"] = place_in_family(Loss, type(network.loss), own)
    run["loss_settings"] = formula_settings(network.loss)
    run["softmax"] = isinstance(network.loss, CrossEntropy) and network.layers[-1].units > 1
    run["weighted"] = setup.train.weights is not None
    run["regression"], run["threshold"] = setup.sample.task == "regression", network.loss.threshold
    run["optimizer"] = place_in_family(Optimizer, type(training.optimizer), own)
    run["optimizer_settings"] = formula_settings(training.optimizer)
    run["plain_sgd"] = isinstance(training.optimizer, Sgd)
    run["clip_norm"] = training.clip_norm or 0.0
    run["weight_decay"], run["weight_noise"] = training.weight_decay, training.weight_noise
    run["prunes"] = network.prunes
    penalised = any(not isinstance(layer.regularizer, NoRegularizer) for layer in network.layers)
    run["penalised"] = penalised or not network.all_trainable or network.prunes
    return runs


def _room_needed(setup: Setup) -> tuple[object, ...]:
    """Return the sizes that determine the work space of training."""
    layers = [(x.units, x.inputs, x.normalization.kind, x.dropout > 0, x.skip) for x in setup.network.layers]
    return setup.network.dtype, setup.batch_size, setup.training.optimizer.slots, layers


def _evaluation_set(part: Part) -> layout.EvaluationSet:
    inputs, targets = np.ascontiguousarray(part.inputs), np.ascontiguousarray(part.targets)
    labels = np.ascontiguousarray(part.labels, np.float64)
    weights = np.empty(0, inputs.dtype) if part.weights is None else part.weights
    return layout.EvaluationSet(inputs, targets, labels, weights, spread(labels))


def _work_space(network: Network, points: int, *, training: bool) -> layout.WorkSpace:
    layers = network.layers
    all_units = sum(_padded(layer.units * points) for layer in layers)
    normalizes = any(layer.normalizes for layer in layers)
    drops, skips = training and any(layer.dropout for layer in layers), any(layer.skip for layer in layers)
    outputs = _padded(layers[-1].units * points)

    def room(size: int) -> Array:
        return np.zeros(size, network.dtype)

    return layout.WorkSpace(
        z=room(all_units),
        f=room(all_units if drops or skips else 0),
        a=room(all_units + _padded(layers[0].inputs * points)),
        masks=room(all_units if drops else 0),
        standardized=room(all_units if normalizes else 0),
        spreads=room(3 * all_units if normalizes else 0),
        deltas=room(all_units if training else 0),
        bypass=room(max(_padded(layer.units * points) for layer in layers) if training and skips else 0),
        targets=room(outputs),
        losses=room(outputs),
        weights=room(points),
        starts=np.zeros(len(layers), np.int64),
        input_starts=np.zeros(len(layers) + 1, np.int64),
    )


def _padded(size: int) -> int:
    """Return `size`, rounded up as in the kernels."""
    return -(-size // layout.PAD) * layout.PAD
