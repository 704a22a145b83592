"""The compiled engine's loops: the algorithms of `reference` over the same flat arrays, as code that Numba compiles.

Arrays hold one column per point, so that the batch is contiguous. Matrix products are BLAS's, the smallest loops of
our own; the thresholds were measured with OpenBLAS's AVX-512 kernels for small matrices. What a network is arrives as
records of numbers (`layout`), so that one compiled kernel serves them all. Importing this module imports Numba, which
takes a second: only `compiled` does so, and only when training is to run here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from playground.catalog.normalizations import EPSILON, MOMENTUM
from playground.engine.compiled.formulas import (
    OPTIONS,
    activate,
    add_penalty,
    loss_slope,
    loss_values,
    multiply_by_slope,
    optimize,
    optimizer_constants,
)
from playground.engine.compiled.layout import (
    BY_BATCH,
    CARRY,
    EVALUATION_POINTS,
    GRADIENT,
    LOSS,
    NO_NORMALIZATION,
    NOTHING,
    PAD,
    PARTIAL,
    SPREAD,
    UPDATE,
)
from playground.engine.compiled.primitives import (
    DROPOUT,
    SHUFFLE,
    WEIGHT_NOISE,
    borrowed,
    compile_loop,
    flush_tiny_numbers,
    inlined,
    now,
    set_control_word,
    stream,
    uniform,
)
from playground.engine.engine import GRADIENTS_EVERY

NEAR = 4096
"""The length of two arrays that together fit into the fastest cache."""


# Randomness -----------------------------------------------------------------------------------------------------


@compile_loop
def shuffle(seed: Any, epoch: Any, order: Any) -> None:
    """Write the order of the points, as `randomness.permutation` gives it, into `order`."""
    key = stream(seed, SHUFFLE, epoch, 0)
    for place in range(order.size):
        order[place] = place
    for drawn in range(order.size - 1):
        place = order.size - 1 - drawn
        partner = int(uniform(key, drawn) * (place + 1))
        order[place], order[partner] = order[partner], order[place]


@compile_loop
def draw_mask(layer: Any, number: Any, run: Any, first: Any, n: Any, mask: Any) -> None:
    """Draw the dropout mask of one layer, as `reference.dropout_masks` does."""
    key = stream(run.seed, DROPOUT, run.step, number)
    keep = 1 / (1 - layer.dropout)
    for unit in range(layer.units):
        for point in range(n):
            kept = uniform(key, (first + point) * layer.units + unit) >= layer.dropout
            mask[unit * n + point] = keep if kept else 0.0


# Forward and backward -------------------------------------------------------------------------------------------


@inlined
def weigh(W: Any, a: Any, z: Any) -> None:
    """Compute z = W a. BLAS takes as long for the smallest product as a loop for 8 weights."""
    if W.size > 8:
        np.dot(W, a, z)
        return
    for unit in range(W.shape[0]):
        for k in range(a.shape[1]):
            z[unit, k] = 0
        for i in range(W.shape[1]):
            weight = W[unit, i]
            for k in range(a.shape[1]):
                z[unit, k] += weight * a[i, k]


@inlined
def weigh_back(W: Any, delta: Any, back: Any) -> None:
    """Compute back = Wᵀ δ. A loop is faster up to 256 products."""
    if W.size * delta.shape[1] > 256:
        np.dot(W.T, delta, back)
        return
    for i in range(W.shape[1]):
        for k in range(delta.shape[1]):
            back[i, k] = 0
        for unit in range(W.shape[0]):
            weight = W[unit, i]
            for k in range(delta.shape[1]):
                back[i, k] += weight * delta[unit, k]


@inlined
def weigh_gradients(delta: Any, a: Any, gradient: Any) -> None:
    """Compute gradient = δ aᵀ. A loop is faster up to 1,024 products and 64 weights."""
    if gradient.size > 64 or gradient.size * a.shape[1] > 1024:
        np.dot(delta, a.T, gradient)
        return
    for unit in range(delta.shape[0]):
        for i in range(a.shape[0]):
            total = delta.dtype.type(0)
            for k in range(a.shape[1]):
                total += delta[unit, k] * a[i, k]
            gradient[unit, i] = total


@inlined
def padded(size: Any) -> Any:
    """Return `size` rounded up to a multiple of PAD, so that vector code has no remainder."""
    return (size + PAD - 1) // PAD * PAD


@inlined
def lay_out(layers: Any, n: Any, space: Any) -> None:
    """Write the positions at which the numbers of each layer, and its inputs, start for n points."""
    start, below = 0, 0
    for i in range(layers.size):
        space.starts[i], space.input_starts[i] = start, below
        below += padded(layers[i].inputs * n)
        start += padded(layers[i].units * n)
    space.input_starts[layers.size] = below


@inlined
def is_broken(values: Any) -> Any:
    """Whether a number is infinite or NaN."""
    result = values.dtype.type(0)
    for i in range(values.size):
        result += values[i] * values.dtype.type(0)
    return result != 0 or result != result


@inlined
def add_biases(z: Any, b: Any, n: Any) -> None:
    """Add the biases: z ← z + b, for flat z of n points."""
    # Two indices that start at 0 become vector code; one that starts elsewhere might be negative for all Numba knows.
    table = z[: b.size * n].reshape(b.size, n)
    for unit in range(b.size):
        bias = b[unit]
        for k in range(n):
            table[unit, k] += bias


@inlined
def rows_at_once(units: Any, n: Any) -> Any:
    """Return how many units' numbers stay in the fastest cache between two loops."""
    return units if units * n <= NEAR else max(1, NEAR // n)


@compile_loop
def normalize(layer: Any, w: Any, z: Any, standardized: Any, spread: Any, n: Any, training: Any) -> None:
    """Normalize z ← γ ẑ + β; store ẑ, and in `spread` 1/√(σ²+ε), mean and σ², as `reference._normalize` does."""
    units, gammas, betas = layer.units, layer.biases + layer.units, layer.biases + 2 * layer.units
    by_batch = layer.normalization == BY_BATCH
    given = by_batch and not (training and n > 1)
    groups, size = (units, n) if by_batch else (n, units)
    step, stride = (1, n) if by_batch else (n, 1)
    for group in range(groups):
        start = group * stride
        if given:
            mean, variance = float(w[betas + units + group]), float(w[betas + 2 * units + group])
        else:
            mean = 0.0
            for k in range(size):
                mean += z[start + k * step]
            mean /= size
            variance = 0.0
            for k in range(size):
                variance += (z[start + k * step] - mean) ** 2
            variance /= size
        scale = 1 / math.sqrt(variance + EPSILON)
        spread[group], spread[groups + group], spread[2 * groups + group] = scale, mean, variance
        for k in range(size):
            standardized[start + k * step] = (z[start + k * step] - mean) * scale
    for unit in range(units):
        for k in range(unit * n, unit * n + n):
            z[k] = w[gammas + unit] * standardized[k] + w[betas + unit]


@compile_loop
def through_normalization(layer: Any, w: Any, delta: Any, standardized: Any, spread: Any, n: Any, g: Any) -> None:
    """Backpropagate through the normalization: turn δ from ∂E/∂z into ∂E/∂(W a + b); write ∂E/∂γ and ∂E/∂β."""
    units, gammas, betas = layer.units, layer.biases + layer.units, layer.biases + 2 * layer.units
    g[gammas : layer.stop] = 0
    for unit in range(units):
        along, total = 0.0, 0.0
        for k in range(unit * n, unit * n + n):
            along += delta[k] * standardized[k]
            total += delta[k]
            delta[k] *= w[gammas + unit]
        g[gammas + unit], g[betas + unit] = along, total
    by_batch = layer.normalization == BY_BATCH
    measured = not by_batch or n > 1
    groups, size = (units, n) if by_batch else (n, units)
    step, stride = (1, n) if by_batch else (n, 1)
    for group in range(groups):
        start, mean, along = group * stride, 0.0, 0.0
        if measured:
            for k in range(start, start + size * step, step):
                mean += delta[k]
                along += delta[k] * standardized[k]
            mean, along = mean / size, along / size
        for k in range(start, start + size * step, step):
            delta[k] = (delta[k] - mean - standardized[k] * along) * spread[group]


@inlined
def forward(layers: Any, run: Any, w: Any, n: Any, first: Any, training: Any, space: Any) -> None:
    """Pass n points through the network; their inputs stand at the beginning of the work space's `a`."""
    lay_out(layers, n, space)
    for i in range(layers.size):
        layer = layers[i]
        size, start, below, above = layer.units * n, space.starts[i], space.input_starts[i], space.input_starts[i + 1]
        before = space.a[below : below + layer.inputs * n]
        a = space.a[above : above + padded(size)]
        if layer.muted:
            a[:size] = before
            continue
        z = space.z[start : start + padded(size)]
        W = w[layer.start : layer.biases].reshape(layer.units, layer.inputs)
        weigh(W, before.reshape(layer.inputs, n), z[:size].reshape(layer.units, n))
        drops = training and layer.dropout > 0
        f = space.f[start : start + padded(size)] if drops or layer.skip else a
        normalizes = layer.normalization != NO_NORMALIZATION
        if normalizes:
            add_biases(z, w[layer.biases : layer.biases + layer.units], n)
            standardized = space.standardized[start : start + size]
            normalize(layer, w, z, standardized, space.spreads[3 * start :], n, training)
        rows = rows_at_once(layer.units, n)
        for row in range(0, layer.units, rows):
            end = min(row + rows, layer.units)
            stop = end * n if end < layer.units else z.size
            part = z[row * n : stop]
            if not normalizes:
                add_biases(part, w[layer.biases + row : layer.biases + end], n)
            activate(layer.activation, part, f[row * n : stop], layer.settings)
        if layer.skip or drops:
            a[:] = f
        if layer.skip:
            for k in range(size):
                a[k] += before[k]
        if drops:
            mask = space.masks[start : start + size]
            draw_mask(layer, i, run, first, n, mask)
            for k in range(size):
                a[k] *= mask[k]


@compile_loop
def softmax_loss(o: Any, t: Any, n: Any, weights: Any, weighted: Any, back: Any, slope: Any) -> Any:
    """Return the summed cross-entropy of several outputs; with `slope` also back = ∂E/∂o, not weighted yet."""
    outputs, lost = o.size // n, 0.0
    for k in range(n):
        highest = o[k]
        for j in range(k, o.size, n):
            # Written so that a NaN propagates.
            highest = highest if highest > o[j] else o[j]
        total, there = 0.0, 0.0
        for j in range(k, o.size, n):
            total += math.exp(float(o[j]) - float(highest))
            there += float(o[j]) * float(t[j])
        cost = float(highest) + math.log(total) - there
        lost += float(weights[k]) * cost if weighted else cost
        if slope:
            for j in range(k, outputs * n, n):
                back[j] = math.exp(float(o[j]) - float(highest)) / total - float(t[j])
    return lost


@inlined
def backward(layers: Any, w: Any, n: Any, space: Any, g: Any) -> None:
    """Write the summed gradients of n points, flat, into g; ∂E/∂o stands at the end of δ, where all δ are left."""
    for i in range(layers.size - 1, -1, -1):
        layer = layers[i]
        size, start, below, above = layer.units * n, space.starts[i], space.input_starts[i], space.input_starts[i + 1]
        delta = space.deltas[start : start + padded(size)]
        before = space.a[below : below + layer.inputs * n].reshape(layer.inputs, n)
        back = space.deltas[space.starts[i - 1] :][: layer.inputs * n] if i else space.deltas[:0]
        if layer.muted:
            g[layer.start : layer.stop] = 0
            if i:
                back[:] = delta[:size]
            continue
        if layer.dropout > 0:
            mask = space.masks[start : start + size]
            for k in range(size):
                delta[k] *= mask[k]
        if layer.skip and i:
            space.bypass[:size] = delta[:size]
        apart = layer.dropout > 0 or layer.skip
        f = space.f[start : start + padded(size)] if apart else space.a[above : above + padded(size)]
        z, rows = space.z[start : start + padded(size)], rows_at_once(layer.units, n)
        for row in range(0, layer.units, rows):
            end = min(row + rows, layer.units)
            stop = end * n if end < layer.units else z.size
            part = delta[row * n : stop]
            multiply_by_slope(layer.activation, part, z[row * n : stop], f[row * n : stop], layer.settings)
            if layer.normalization == NO_NORMALIZATION:
                add_up(part, n, g[layer.biases + row : layer.biases + end])
        if layer.normalization != NO_NORMALIZATION:
            standardized = space.standardized[start : start + size]
            through_normalization(layer, w, delta, standardized, space.spreads[3 * start :], n, g)
            add_up(delta, n, g[layer.biases : layer.biases + layer.units])
        delta_2d = delta[:size].reshape(layer.units, n)
        weigh_gradients(delta_2d, before, g[layer.start : layer.biases].reshape(layer.units, layer.inputs))
        if i:
            W = w[layer.start : layer.biases].reshape(layer.units, layer.inputs)
            weigh_back(W, delta_2d, back.reshape(layer.inputs, n))
            if layer.skip:
                for k in range(back.size):
                    back[k] += space.bypass[k]


@inlined
def add_up(delta: Any, n: Any, totals: Any) -> None:
    """Sum over n points for every unit."""
    table = delta[: totals.size * n].reshape(totals.size, n)
    for unit in range(totals.size):
        total = delta.dtype.type(0)
        for k in range(n):
            total += table[unit, k]
        totals[unit] = total


@inlined
def gather(
    run: Any, points: Any, order: Any, start: Any, n: Any, features: Any, inputs: Any, targets: Any, weights: Any
) -> None:
    """Copy the inputs and targets of n points from the place `start` of the epoch on, and their weights in the loss.

    `points` holds one row per point, so that a shuffled point of a large set costs one look into slow memory.
    """
    if run.shuffle and run.order_of != run.epoch:
        shuffle(run.seed, run.epoch, order)
        run.order_of = run.epoch
    for k in range(n):
        point = points[order[start + k] if run.shuffle else start + k]
        for row in range(features):
            inputs[row * n + k] = point[row]
        for row in range(run.outputs):
            targets[row * n + k] = point[features + row]
        if run.weighted:
            weights[k] = point[features + run.outputs]


@inlined
def gradient_sum(
    layers: Any, run: Any, data: Any, order: Any, w: Any, g: Any, start: Any, n: Any, first: Any, space: Any
) -> Any:
    """Write the summed gradient into g, as `Reference._gradient_sum` does; return the code of what is not finite."""
    size = run.outputs * n
    targets = space.targets[: padded(size)]
    gather(run, data, order, start, n, layers[0].inputs, space.a, targets, space.weights)
    forward(layers, run, w, n, first, True, space)
    o = space.a[space.input_starts[layers.size] :][: padded(size)]
    back = space.deltas[space.starts[layers.size - 1] :][: padded(size)]
    if run.softmax:
        lost = softmax_loss(o[:size], targets, n, space.weights, False, back, True)
    else:
        lost = summed_loss(run, o, targets, space.losses[: padded(size)], size)
        loss_slope(run.loss, o, targets, back, run.loss_settings)
    if run.weighted:
        for row in range(run.outputs):
            for k in range(n):
                back[row * n + k] *= space.weights[k]
    run.last_points = n
    if not math.isfinite(lost):
        return LOSS
    backward(layers, w, n, space, g)
    if is_broken(g):
        return GRADIENT
    for i in range(layers.size):
        layer = layers[i]
        if layer.normalization == BY_BATCH and not layer.muted:
            spread = space.spreads[3 * space.starts[i] :]
            if is_broken(spread[2 * layer.units : 3 * layer.units]):
                run.broken_layer = i
                return SPREAD
    return NOTHING


@inlined
def summed_loss(run: Any, o: Any, t: Any, losses: Any, size: Any) -> Any:
    """Return the summed loss of `size` outputs; the rest is padding."""
    loss_values(run.loss, o, t, losses, run.loss_settings)
    lost = 0.0
    for k in range(size):
        lost += losses[k]
    return lost


@inlined
def weighted_loss(run: Any, o: Any, t: Any, losses: Any, weights: Any) -> Any:
    """Return the summed loss of points weighted by `weights`."""
    loss_values(run.loss, o, t, losses, run.loss_settings)
    n, lost = weights.size, 0.0
    for row in range(run.outputs):
        for k in range(n):
            lost += float(weights[k]) * losses[row * n + k]
    return lost


@inlined
def absorb(layers: Any, w: Any, n: Any, space: Any) -> None:
    """Move the running statistics towards those of the latest batch, as `reference._absorb` does."""
    if n < 2:
        return
    for i in range(layers.size):
        layer = layers[i]
        if layer.normalization != BY_BATCH or layer.muted:
            continue
        spread = space.spreads[3 * space.starts[i] :]
        mean = layer.biases + 3 * layer.units
        for unit in range(layer.units):
            running, variance = mean + unit, mean + layer.units + unit
            w[running] += MOMENTUM * (spread[layer.units + unit] - w[running])
            unbiased = spread[2 * layer.units + unit] * (n / (n - 1))
            w[variance] += MOMENTUM * (unbiased - w[variance])


# One update -----------------------------------------------------------------------------------------------------


@compile_loop
def penalise(layers: Any, w: Any, g: Any) -> None:
    """Add the penalty's gradient to g, and write 0 for frozen layers."""
    for i in range(layers.size):
        layer = layers[i]
        if layer.trainable:
            weights, pull = w[layer.start : layer.biases], g[layer.start : layer.biases]
            add_penalty(layer.penalty, weights, pull, layer.penalty_settings)
            g[layer.trained_stop : layer.stop] = 0
        else:
            g[layer.start : layer.stop] = 0


@compile_loop
def shortening(g: Any, longest: Any) -> Any:
    """Return the factor that clips the gradient, as `reference._shortening` does."""
    total = 0.0
    for i in range(g.size):
        total += float(g[i]) * float(g[i])
    return min(1.0, longest / (math.sqrt(total) + 1e-6))


@compile_loop
def prune(layers: Any, run: Any, rate: Any, w: Any, new_w: Any, pruned: Any, share: Any, penalty: Any) -> None:
    """Mark the weights that `reference._crossed` marks and set all marked ones to 0; `penalty` is work space."""
    if run.plain_sgd:
        penalty[:] = 0
        penalise(layers, w, penalty)
    for i in range(layers.size):
        layer = layers[i]
        if not layer.prunes:
            continue
        for k in range(layer.start, layer.biases):
            start = new_w[k] + penalty.dtype.type(rate * share) * penalty[k] if run.plain_sgd else w[k]
            if (start > 0 and new_w[k] < 0) or (start < 0 and new_w[k] > 0):
                pruned[k] = True
    for k in range(pruned.size):
        if pruned[k]:
            new_w[k] = 0


@compile_loop
def add_noise(layers: Any, run: Any, new_w: Any) -> None:
    """Add Gaussian noise to weights and biases, as `reference.update` does."""
    key = stream(run.seed, WEIGHT_NOISE, run.step, 0)
    for i in range(layers.size):
        layer = layers[i]
        for k in range(layer.start, layer.biases + layer.units):
            radius = math.sqrt(-2 * math.log1p(-uniform(key, 2 * k)))
            drawn = radius * math.cos(2 * math.pi * uniform(key, 2 * k + 1))
            new_w[k] += new_w.dtype.type(run.weight_noise * drawn)


@inlined
def update(
    layers: Any, run: Any, rate: Any, w: Any, g: Any, slots: Any, new_w: Any, new_slots: Any,
    pruned: Any, factors: Any, space: Any,
) -> Any:  # fmt: skip
    """Update w and slots into new_w and new_slots, as `reference.update` does; return the code of what is not finite.

    The weights that are pruned afterwards are marked in the space's `pruned`.
    """
    pulled = g
    share = 1.0
    if run.penalised or run.clip_norm > 0:
        pulled = space.pulled
        pulled[:] = g
        penalise(layers, w, pulled)
        if run.prunes:
            space.pruned[:] = pruned
            for k in range(pulled.size):
                if pruned[k]:
                    pulled[k] = 0
        if run.clip_norm > 0:
            share = shortening(pulled, run.clip_norm)
            if share < 1:
                for k in range(pulled.size):
                    pulled[k] *= pulled.dtype.type(share)
    decayed = w
    if run.weight_decay > 0:
        decayed = new_w
        new_w[:] = w
        kept = new_w.dtype.type(1 - rate * run.weight_decay)
        for i in range(layers.size):
            layer = layers[i]
            for k in range(layer.start, layer.biases):
                new_w[k] *= kept
    optimizer_constants(run.optimizer, rate, float(run.optimizer_steps + 1), run.optimizer_settings, space.constants)
    broken = float(optimize(run.optimizer, decayed, pulled, slots, new_w, new_slots, space.constants))
    if run.factor_growth > 0:
        for k in range(factors.size):
            if factors[k] < 1:
                new_w[k] = w[k] + factors[k] * (new_w[k] - w[k])
    if run.prunes:
        prune(layers, run, rate, w, new_w, space.pruned, share, space.penalty)
    if run.weight_noise > 0:
        add_noise(layers, run, new_w)
        if run.prunes:
            for k in range(new_w.size):
                if space.pruned[k]:
                    new_w[k] = 0
        broken += 1.0 if is_broken(new_w) else 0.0
    for i in range(layers.size):
        layer = layers[i]
        kept_from = layer.trained_stop if layer.trainable else layer.start
        if kept_from < layer.stop:
            new_w[kept_from : layer.stop] = w[kept_from : layer.stop]
    return UPDATE if broken != 0 or broken != broken else NOTHING


# Measuring ------------------------------------------------------------------------------------------------------


@compile_loop
def rms(values: Any) -> Any:
    """Return the root mean square."""
    total = 0.0
    for i in range(values.size):
        total += float(values[i]) * float(values[i])
    return math.sqrt(total / values.size)


@compile_loop
def update_ratio(w: Any, old_w: Any) -> Any:
    """Return the RMS of the change from `old_w` to `w` divided by that of w; NaN if w is 0."""
    change, size = 0.0, 0.0
    for i in range(w.size):
        change += float(w[i] - old_w[i]) * float(w[i] - old_w[i])
        size += float(w[i]) * float(w[i])
    return math.sqrt(change) / math.sqrt(size) if size > 0 else math.nan


@compile_loop
def record_gradients(layers: Any, run: Any, w: Any, old_w: Any, g: Any, space: Any, rows: Any) -> None:
    """Add a row, as `GradientHistory` has its columns.

    They are the step, then for all layers the RMS of the gradient, that of δ, and the update ratio of W.
    """
    row, n, count = rows[run.gradient_rows], run.last_points, layers.size
    row[0] = run.step
    for i in range(count):
        layer = layers[i]
        row[1 + i] = rms(g[layer.start : layer.biases])
        row[1 + count + i] = rms(space.deltas[space.starts[i] :][: layer.units * n])
        row[1 + 2 * count + i] = update_ratio(w[layer.start : layer.biases], old_w[layer.start : layer.biases])
    run.gradient_rows += 1


@inlined
def outputs(layers: Any, run: Any, x: Any, start: Any, n: Any, w: Any, space: Any) -> Any:
    """Return o of the n points from `start` on in evaluation mode, flat, with its padding."""
    for row in range(x.shape[0]):
        space.a[row * n : (row + 1) * n] = x[row, start : start + n]
    forward(layers, run, w, n, 0, False, space)
    return space.a[space.input_starts[layers.size] :][: padded(run.outputs * n)]


@compile_loop
def evaluate(layers: Any, run: Any, part: Any, w: Any, space: Any) -> Any:
    """Return loss and accuracy (R² for regression) of a set in evaluation mode, in parts that fit the cache."""
    points = part.inputs.shape[1]
    if points == 0:
        return math.nan, math.nan
    lost, right = 0.0, 0.0
    for start in range(0, points, EVALUATION_POINTS):
        n = min(EVALUATION_POINTS, points - start)
        size = run.outputs * n
        targets = space.targets[: padded(size)]
        for row in range(run.outputs):
            targets[row * n : (row + 1) * n] = part.targets[row, start : start + n]
        o = outputs(layers, run, part.inputs, start, n, w, space)
        weights = part.weights[start : start + n]
        if run.softmax:
            lost += softmax_loss(o[:size], targets, n, weights, run.weighted != 0, o, False)
        elif run.weighted:
            lost += weighted_loss(run, o, targets, space.losses[: padded(size)], weights)
        else:
            lost += summed_loss(run, o, targets, space.losses[: padded(size)], size)
        right += agreement(run, o, part.labels[start : start + n], n)
    if run.regression:
        return lost / points, 1 - right / part.spread if part.spread > 0 else math.nan
    return lost / points, right / points


@njit(nogil=True, cache=True, fastmath=OPTIONS["fastmath"], error_model="numpy")
def predict(layers: Any, runs: Any, x: Any, w: Any, space: Any, o: Any) -> None:
    """Write the outputs for x, shape (features, points), in evaluation mode into o, shape (outputs, points)."""
    control, run = flush_tiny_numbers(), runs[0]
    for start in range(0, x.shape[1], EVALUATION_POINTS):
        n = min(EVALUATION_POINTS, x.shape[1] - start)
        found = outputs(layers, run, x, start, n, w, space)
        for row in range(run.outputs):
            o[row, start : start + n] = found[row * n : (row + 1) * n]
    set_control_word(control)


@compile_loop
def agreement(run: Any, o: Any, labels: Any, n: Any) -> Any:
    """Return the number of correctly classified points; for regression the sum of the squared errors."""
    result = 0.0
    if run.regression:
        for k in range(n):
            result += (labels[k] - o[k]) ** 2
    elif run.outputs == 1:
        for k in range(n):
            result += 1.0 if (1.0 if o[k] >= run.threshold else 0.0) == labels[k] else 0.0
    else:
        for k in range(n):
            best = 0
            for j in range(1, run.outputs):
                if o[j * n + k] > o[best * n + k]:
                    best = j
            result += 1.0 if best == labels[k] else 0.0
    return result


# Many updates ---------------------------------------------------------------------------------------------------


@njit(nogil=True, cache=True, fastmath=OPTIONS["fastmath"], error_model="numpy")
def train(
    layers: Any, runs: Any, data: Any, training: Any, validation: Any, order: Any,
    w: Any, old_w: Any, g: Any, old_g: Any, slots: Any, old_slots: Any, carried: Any, pruned: Any,
    factors: Any, space: Any, update_space: Any, evaluation_space: Any,
    rates: Any, history: Any, gradients: Any, clock: Any,
) -> Any:  # fmt: skip
    """Make updates until a limit of `runs[0]` is reached, a table is full, or a number is not finite.

    Evaluates and records at the end of every epoch. Returns whether the arrays have changed places with their `old_`
    ones an odd number of times.
    """
    control, run = flush_tiny_numbers(), runs[0]
    points = data.shape[0]
    layers, order, carried = borrowed(layers), borrowed(order), borrowed(carried)
    w, old_w, g, old_g = borrowed(w), borrowed(old_w), borrowed(g), borrowed(old_g)
    slots, old_slots, pruned = borrowed(slots), borrowed(old_slots), borrowed(pruned)
    factors, data, space, update_space = borrowed(factors), borrowed(data), borrowed(space), borrowed(update_space)
    swapped, rates_used, looked = False, 0, 0
    started = now(clock)
    deadline = started + run.time_limit
    rate, carrying = 0.0, False
    # What an epoch leaves over belongs to its last update: both are done before training can stop.
    while carrying or (rates_used < rates.size and run.step < run.last_step and run.epoch < run.last_epoch):
        start, n = run.position, points - run.position
        into, first = carried, 0
        if not carrying:
            into, first, n, rate = old_g, run.carried_points, min(n, run.batch_size), rates[rates_used]
        broken = gradient_sum(layers, run, data, order, w, into, start, n, first, space)
        if broken == NOTHING and not carrying:
            share = old_g.dtype.type(1 / (run.carried_points + n))
            if run.carried_points:
                for k in range(carried.size):
                    old_g[k] += carried[k]
            for k in range(old_g.size):
                old_g[k] *= share
            broken = update(layers, run, rate, w, old_g, slots, old_w, old_slots, pruned, factors, update_space)
        if broken != NOTHING:
            run.broken = broken
            break
        if carrying:
            run.carried_points = n
        else:
            w, old_w, g, old_g, slots, old_slots = old_w, w, old_g, g, old_slots, slots
            if run.prunes:
                pruned[:] = update_space.pruned
            if run.factor_growth > 1:
                for k in range(factors.size):
                    factors[k] = min(factors.dtype.type(1), factors[k] * factors.dtype.type(run.factor_growth))
            swapped = not swapped
            run.step += 1
            run.optimizer_steps += 1
            run.carried_points = 0
            run.position = start + n
            rates_used += run.rate_per_step
        absorb(layers, w, n, space)
        if not carrying:
            rest = points - run.position
            if rest >= (1 if run.batching == PARTIAL else run.batch_size):
                if run.step % GRADIENTS_EVERY == 0:
                    record_gradients(layers, run, w, old_w, g, space, gradients)
                looked += 1
                if looked >= run.look_every:
                    looked = 0
                    if now(clock) >= deadline:
                        break
                if run.gradient_rows == gradients.shape[0]:
                    break
                continue
            if run.batching == CARRY and rest:
                carrying = True
                continue
        carrying = False
        run.position = 0
        run.epoch += 1
        rates_used += 1 - run.rate_per_step
        stopped = now(clock)
        run.seconds += stopped - started
        row = history[run.history_rows]
        row.epoch, row.step, row.learning_rate, row.seconds = run.epoch, run.step, rate, run.seconds
        row.train_loss, row.train_accuracy = evaluate(layers, run, training, w, evaluation_space)
        row.validation_loss, row.validation_accuracy = evaluate(layers, run, validation, w, evaluation_space)
        started = now(clock)
        if not math.isfinite(row.train_loss) or (validation.labels.size and not math.isfinite(row.validation_loss)):
            run.broken = LOSS
            break
        run.history_rows += 1
        record_gradients(layers, run, w, old_w, g, space, gradients)
        looked = 0
        if started >= deadline or run.history_rows == history.shape[0] or run.gradient_rows == gradients.shape[0]:
            break
    run.seconds += now(clock) - started
    set_control_word(control)
    return swapped
