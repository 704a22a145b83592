"""The reference engine: textbook formulas in vectorised NumPy, with which every faster engine must agree.

Arrays hold one column per point: a layer's output a has shape (units, points). In the lecture's notation
δ_L = ∂E/∂z_L, δ_i = W_{i+1}ᵀ δ_{i+1} ⊙ f′(z_i), ∂E/∂W_i = δ_i a_{i−1}ᵀ averaged over the batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np

from playground.catalog.choice import Array, all_finite
from playground.catalog.normalizations import MOMENTUM, Standardized
from playground.catalog.optimizers import Sgd
from playground.catalog.regularizers import NoRegularizer
from playground.engine import randomness
from playground.engine.engine import GRADIENTS_EVERY, EngineName, Limits, Outcome, Rates
from playground.engine.evaluation import Evaluation, evaluate, gradient_sizes, update_ratios
from playground.engine.network import Network, NetworkLayer
from playground.engine.passes import DivergedError, Pass
from playground.engine.setup import Setup
from playground.engine.state import State, factor_growth

_CHUNK = 8192
"""Points that are evaluated at once, so that memory stays small however large the set."""


# Forward and backward -------------------------------------------------------------------------------------------


def forward(network: Network, parameters: Array, inputs: Array, masks: list[Array | None] | None = None) -> Pass:
    """Make a forward pass over `inputs`, shape (features, points); in evaluation mode without `masks`."""
    passed = Pass([inputs], [], [], masks or [None] * len(network.layers))
    for place, (layer, mask) in enumerate(zip(network.layers, passed.masks, strict=True)):
        before = passed.a[-1]
        if layer.muted:
            z = f = a = before
        else:
            z = layer.W(parameters) @ before + layer.b(parameters)[:, np.newaxis]
            if layer.normalizes:
                z = _normalize(layer, parameters, z, passed, place, training=masks is not None)
            f = layer.activation(z)
            a = f + before if layer.skip else f
            a = a if mask is None else a * mask
        passed.z.append(z)
        passed.f.append(f)
        passed.a.append(a)
    return passed


def _normalize(layer: NetworkLayer, parameters: Array, z: Array, passed: Pass, place: int, *, training: bool) -> Array:
    """Return γ ẑ + β, and store in `passed` what the backward pass needs."""
    if layer.normalization.running and not (training and z.shape[1] > 1):
        given = (layer.column("mean", parameters), layer.column("var", parameters))
        done = layer.normalization.standardized(z, *given)
    else:
        done = layer.normalization.standardized(z)
    passed.standardized[place] = done
    result: Array = layer.column("gamma", parameters) * done.values + layer.column("beta", parameters)
    return result


def backward(network: Network, parameters: Array, passed: Pass, targets: Array, weights: Array | None = None) -> Array:
    """Return ∂E/∂W, ∂E/∂b, ∂E/∂γ and ∂E/∂β, summed over the batch, as one flat array; store δ in `passed.delta`.

    `weights`, shape (points,), holds the weight of each point in the loss.
    """
    gradient = np.empty(network.size, network.dtype)
    back = network.loss.derivative(passed.outputs, targets)
    back = back if weights is None else back * weights
    passed.delta = [back] * len(network.layers)
    for i in reversed(range(len(network.layers))):
        layer, mask = network.layers[i], passed.masks[i]
        if layer.muted:
            passed.delta[i] = back
            gradient[layer.start : layer.stop] = 0
            continue
        if mask is not None:
            back = back * mask
        delta = back * layer.activation.derivative(passed.z[i], passed.f[i])
        if layer.normalizes:
            delta = _through_normalization(layer, parameters, passed.standardized[i], delta, gradient)
        passed.delta[i] = delta
        np.matmul(delta, passed.a[i].T, out=layer.W(gradient))
        np.sum(delta, axis=1, out=layer.b(gradient))
        if i:
            beside = back
            back = layer.W(parameters).T @ delta
            if layer.skip:
                back += beside
    return gradient


def _through_normalization(
    layer: NetworkLayer, parameters: Array, done: Standardized, delta: Array, gradient: Array
) -> Array:
    """Return ∂E/∂(W a + b), given δ behind the normalization; write the sums of ∂E/∂γ and ∂E/∂β into `gradient`."""
    for place in list(layer.per_unit.values())[1:]:
        gradient[place] = 0
    np.sum(delta * done.values, axis=1, out=gradient[layer.per_unit["gamma"]])
    np.sum(delta, axis=1, out=gradient[layer.per_unit["beta"]])
    return layer.normalization.gradient(done, layer.column("gamma", parameters) * delta)


def outputs(network: Network, parameters: Array, inputs: Array) -> Array:
    """Return o, shape (outputs, points), for `inputs`, shape (features, points), in evaluation mode."""
    with np.errstate(all="ignore"):
        parts = [forward(network, parameters, chunk).outputs for chunk in column_chunks(inputs)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def through_layer(network: Network, place: int, parameters: Array, before: Array) -> Array:
    """Return one layer's output, (units, points), for its inputs `before`, (inputs, points), in evaluation mode."""
    alone = replace(network, layers=(network.layers[place],))
    with np.errstate(all="ignore"):
        return forward(alone, parameters, before).outputs


def column_chunks(columns: Array) -> Iterator[Array]:
    """Split `columns` into chunks; no columns are one empty chunk."""
    for start in range(0, max(columns.shape[1], 1), _CHUNK):
        yield columns[:, start : start + _CHUNK]


def dropout_masks(network: Network, seed: int, step: int, first: int, points: int) -> list[Array | None]:
    """Draw a mask per layer: 0 where a unit is dropped and 1/(1−p) elsewhere; None for layers without dropout.

    `first` is the position of the first point within the update, so that a carried remainder and the batch that
    follows it draw different numbers.
    """
    masks: list[Array | None] = []
    for number, layer in enumerate(network.layers):
        if not layer.dropout or layer.muted:
            masks.append(None)
            continue
        stream = randomness.key(seed, randomness.DROPOUT, step, number)
        drawn = randomness.uniform(stream, points * layer.units, first * layer.units).reshape(points, layer.units).T
        masks.append(np.where(drawn < layer.dropout, 0, 1 / (1 - layer.dropout)).astype(network.dtype))
    return masks


# One update -----------------------------------------------------------------------------------------------------


def _absorb(network: Network, state: State, passed: Pass) -> None:
    """Move the running statistics of all layers towards those of a batch, with its unbiased variance."""
    for place in network.normalized:
        layer, done = network.layers[place], passed.standardized[place]
        if not done.measured:
            continue
        points = passed.a[0].shape[1]
        for name, value in (("mean", done.mean), ("var", done.variance * (points / (points - 1)))):
            running = layer.column(name, state.parameters)
            running += MOMENTUM * (value - running)


def update(setup: Setup, state: State, gradient: Array, rate: float) -> None:
    """Update the parameters by one mean gradient of the data loss.

    The order is: penalty, clipping, weight decay, optimizer, rate factors, pruning, weight noise, check for numbers
    that are not finite.
    """
    network, training = setup.network, setup.training
    optimizer = training.optimizer
    g = add_penalties(network, state.parameters, gradient)
    if network.prunes:
        g[state.pruned] = 0
    whole = g
    if training.clip_norm is not None:
        g = clip_gradient(g, training.clip_norm)
    w = decay_weights(network, state.parameters, rate * training.weight_decay)
    t = state.optimizer_steps + 1
    w, *slots = optimizer.updated(w, g, list(state.slots), rate, t)
    factors = state.rate_factors
    if factors.size:
        w = np.where(factors < 1, state.parameters + factors * (w - state.parameters), w)
    pruned = state.pruned
    if network.prunes:
        pruned = pruned | _crossed(setup, state, whole, rate, w)
    if training.weight_noise:
        stream = randomness.key(state.seed, randomness.WEIGHT_NOISE, state.step)
        noise = randomness.normal(stream, network.size) * network.is_noisy
        w = w + (training.weight_noise * noise).astype(network.dtype)
    if not network.all_trainable:
        w = np.where(network.is_trainable, w, state.parameters)
    if network.prunes:
        w[pruned] = 0
    for what, numbers in (("a weight", w), *(("the optimizer's memory", slot) for slot in slots)):
        if not all_finite(numbers):
            raise DivergedError(what, first_broken_layer(network, numbers))
    state.pruned = pruned
    state.gradient = gradient
    state.update = w - state.parameters
    state.parameters = w
    for row, slot in enumerate(slots):
        state.slots[row] = slot
    if factors.size:
        state.rate_factors = np.minimum(1, factors * network.dtype.type(factor_growth(optimizer)))
        state.drop_whole_factors()
    state.optimizer_steps = t
    state.step += 1


def add_penalties(network: Network, parameters: Array, gradient: Array) -> Array:
    """Return the gradient of loss plus penalty; it is 0 in frozen layers."""
    g = gradient.copy()
    for layer in network.layers:
        if not isinstance(layer.regularizer, NoRegularizer):
            g[layer.weights] += layer.regularizer.gradient(parameters[layer.weights])
    return g if network.all_trainable else g * network.is_trainable


def clip_gradient(g: Array, longest: float) -> Array:
    """Return g, scaled down to the norm `longest` if its norm is larger."""
    return g * _shortening(g, longest)


def _shortening(g: Array, longest: float) -> float:
    """Return the factor that scales g down to the norm `longest`, 1 if it is shorter (PyTorch's `clip_grad_norm_`)."""
    norm = float(np.sqrt(np.sum(np.square(g, dtype=np.float64))))
    return min(1.0, longest / (norm + 1e-6))


def _crossed(setup: Setup, state: State, g: Array, rate: float, w: Array) -> Array:
    """Mark the prunable weights that the penalty's own step carried across zero on the way to `w`.

    With SGD that step is simply added to the gradient's and, like it, shortened if g was clipped; with optimizers that
    mix the two the whole update counts.
    """
    network, training, start = setup.network, setup.training, state.parameters
    if isinstance(training.optimizer, Sgd):
        share = 1.0 if training.clip_norm is None else _shortening(g, training.clip_norm)
        start = w + rate * share * add_penalties(network, state.parameters, np.zeros_like(w))
    result: Array = network.is_prunable & (np.sign(start) * np.sign(w) < 0)
    return result


def decay_weights(network: Network, parameters: Array, share: float) -> Array:
    """Return the parameters with every weight, but no bias, reduced by this share."""
    return np.where(network.is_weight, (1 - share) * parameters, parameters) if share else parameters


def first_broken_layer(network: Network, flat: Array) -> str:
    """Return the name of the layer nearest to the output that has a number that is not finite."""
    broken = [layer for layer in network.layers if not all_finite(flat[layer.start : layer.stop])]
    return broken[-1].name if broken else network.layers[-1].name


# Many updates ---------------------------------------------------------------------------------------------------


class Reference:
    """The reference engine, ready for one setup; see `Engine`."""

    name: ClassVar[EngineName] = "reference"

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._order: Array = np.empty(0, np.int64)
        self._order_of = (0, -1, 0)
        """The seed, the epoch and the number of points that the order was drawn for."""
        self._latest: Pass | None = None

    def prepare(self, setup: Setup) -> None:
        self.setup = setup

    def evaluate(self, state: State) -> Evaluation:
        return evaluate(self.setup, lambda columns: self.outputs(state, columns))

    def outputs(self, state: State, inputs: Array) -> Array:
        return outputs(self.setup.network, state.parameters, inputs)

    def advance(self, state: State, rates: Rates, limits: Limits) -> Outcome:
        network, epochs, gradients = self.setup.network, list[list[float]](), list[list[float]]()
        fault, ended, used, seconds, self._latest = None, False, 0, 0.0, None
        started = time.perf_counter()
        deadline = started + limits.seconds
        while not ended and used < rates.number and state.step < limits.last_step and state.epoch < limits.last_epoch:
            rate = rates.rate_of(used)
            try:
                started = time.perf_counter()
                ended = self.step(state, rate)
            except DivergedError as error:
                fault = error
            seconds += time.perf_counter() - started
            if ended:
                evaluation = evaluate(self.setup, lambda columns: self.outputs(state, columns))
                if evaluation.overflows:
                    fault = DivergedError("the loss", network.layers[-1].name)
                else:
                    epochs.append([state.epoch, state.step, rate, *evaluation.numbers, seconds])
            if fault is not None:
                break
            if ended or state.step % GRADIENTS_EVERY == 0:
                sizes = gradient_sizes(network, state, self._latest)
                gradients.append([state.step, *sizes, *update_ratios(network, state, self._latest)])
            used += rates.per_step
            if time.perf_counter() >= deadline:
                break
        return Outcome(
            np.array(epochs).reshape(len(epochs), 4 + len(Evaluation._fields)),
            np.array(gradients).reshape(len(gradients), 1 + 3 * len(network.layers)),
            seconds,
            self._latest,
            fault,
        )

    def step(self, state: State, rate: float) -> bool:
        """Make one update with the learning rate `rate`; return whether it was the epoch's last.

        Raises DivergedError when a number stops being finite; the state is then that of the last good update.
        """
        setup = self.setup
        size, batching, start = setup.batch_size, setup.training.batching, state.position
        # Shorter than a batch if the batch size grew in the middle of an epoch, so that every epoch ends.
        stop = min(start + size, setup.points)
        with np.errstate(all="ignore"):
            total, passed = self._gradient_sum(state, start, stop, state.carried_points)
            if state.carried_points:
                total += state.carried
            update(setup, state, total / (state.carried_points + stop - start), rate)
            _absorb(setup.network, state, passed)
            state.carried_points = 0
            state.position = stop
            rest = setup.points - stop
            if rest >= (1 if batching == "partial" else size):
                return False
            if batching == "carry" and rest:
                state.carried, passed = self._gradient_sum(state, stop, setup.points, 0)
                state.carried_points = rest
                _absorb(setup.network, state, passed)
        state.position = 0
        state.epoch += 1
        return True

    def _gradient_sum(self, state: State, start: int, stop: int, first: int) -> tuple[Array, Pass]:
        """Return the summed gradient of the points at positions start…stop−1 of the epoch, and their pass.

        `first` is the position of the first of them within the update. Raises DivergedError.
        """
        network, train, columns = self.setup.network, self.setup.train, self._columns(state, start, stop)
        masks = dropout_masks(network, state.seed, state.step, first, stop - start)
        passed = forward(network, state.parameters, train.inputs[:, columns], masks)
        targets, weights = train.targets[:, columns], None if train.weights is None else train.weights[columns]
        gradient = backward(network, state.parameters, passed, targets, weights)
        if not all_finite(network.loss.per_point(passed.outputs, targets)):
            raise DivergedError("the loss", network.layers[-1].name)
        if not all_finite(gradient):
            raise DivergedError("the gradient", first_broken_layer(network, gradient))
        for place in network.normalized:
            if not all_finite(passed.standardized[place].variance):
                raise DivergedError("the spread", network.layers[place].name)
        self._latest = passed
        return gradient, passed

    def _columns(self, state: State, start: int, stop: int) -> Array | slice:
        if not self.setup.training.shuffle:
            return slice(start, stop)
        wanted = (state.seed, state.epoch, self.setup.points)
        if self._order_of != wanted:
            self._order_of, self._order = wanted, randomness.permutation(*wanted)
        return self._order[start:stop]
