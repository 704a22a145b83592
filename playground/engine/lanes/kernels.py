"""The loops of the engine `lanes`: the algorithms of `reference`, with a network in every lane of a vector.

Numbers of a layer stand point by point, a vector per unit, so that products keep their sums in registers. What networks
of a group share arrives as records of numbers (`layout`), and one compiled kernel serves all of them. Lanes that are
done, or empty, are computed along with the others; what belongs to a lane that is done is kept from changing. Importing
this module imports Numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from playground.catalog.normalizations import EPSILON, MOMENTUM
from playground.engine import doubles
from playground.engine.compiled import elementary
from playground.engine.compiled.layout import (
    BY_BATCH,
    CARRY,
    GRADIENT,
    LOSS,
    NO_NORMALIZATION,
    PARTIAL,
    SPREAD,
    UPDATE,
)
from playground.engine.compiled.primitives import (
    A11,
    DROPOUT,
    GOLDEN,
    SHUFFLE,
    WEIGHT_NOISE,
    borrowed,
    flush_tiny_numbers,
    mixed,
    now,
    set_control_word,
    stream,
    uniform,
)
from playground.engine.lanes import layout
from playground.engine.lanes.formulas import (
    OPTIONS,
    activate,
    add_penalty,
    loss_slope,
    loss_values,
    multiply_by_slope,
    observed_plateau,
    optimize,
    optimizer_constants,
    scheduled_rate,
)
from playground.engine.lanes.layout import (
    COMPLETED,
    DIVERGED,
    LAYER_NUMBERS,
    MEMORY,
    NUMBER_CONSTANTS,
    NUMBER_LOSS,
    NUMBER_OPTIMIZER,
    NUMBER_SCHEDULE,
    RUNNING,
    STOPPED_EARLY,
    Memory,
)
from playground.engine.lanes.products import total_up, weigh, weigh_back, weigh_gradients
from playground.engine.vectors import (
    any_of,
    converted,
    everywhere,
    extracted,
    fma,
    lanes_of,
    magnitude,
    nan_of_either,
    number_at,
    picked,
    positive_whole,
    put_into,
    put_number,
    square_root,
    taken_from,
    where,
    whole,
    widened,
)

compile_loop = njit(**OPTIONS)
inlined = njit(forceinline=True, **OPTIONS)

BASE_RATE, RATE, DECAY, NOISE, CLIP, MIN_DELTA, BEST, PLATEAU_BEST = range(8)
TRAIN_SPREAD, VALIDATION_SPREAD, TRAIN_LOSS, VALIDATION_LOSS, TRAIN_ACCURACY, VALIDATION_ACCURACY = range(8, 14)
DUE, MARKED = 14, 15
(
    STATUS, SEED, STEP, EPOCH, POSITION, CARRIED, OPTIMIZER_STEPS, LAST_EPOCH, PATIENCE, BAD_EPOCHS, STOPPED,
    PLATEAU_BAD, PLATEAU_REDUCTIONS, TRAIN_POINTS, VALIDATION_POINTS, BROKEN, BROKEN_LAYER,
) = range(layout.WHOLES)  # fmt: skip
PENALTY, DROPPED, KEEP = layout.PENALTY, layout.DROPOUT, layout.KEEP
UNIT = 2.0**-53
SAFE = 1e4


@intrinsic
def width_of(typingctx: Any, lanes: Any) -> Any:
    """Return the number of lanes of a vector."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.IntType(64)(lanes.width)

    return types.int64(lanes), generate


@inlined
def memory_of(block: Any) -> Any:
    """Return pointers to the arrays of a block."""
    return Memory(
        lanes_of(block.numbers), lanes_of(block.wholes), lanes_of(block.layer_numbers), lanes_of(block.w),
        lanes_of(block.old_w), lanes_of(block.g), lanes_of(block.old_g), lanes_of(block.slots),
        lanes_of(block.old_slots), lanes_of(block.carried), lanes_of(block.best), lanes_of(block.pruned),
        lanes_of(block.updates), lanes_of(block.factors),
    )  # fmt: skip


@compile_loop
def is_running(memory: Any) -> Any:
    """Return a mask of the lanes that are training."""
    return memory.wholes[STATUS] == RUNNING


@compile_loop
def first_running(memory: Any) -> Any:
    """Return the first lane that is training, or −1."""
    for lane in range(width_of(memory.w)):
        if number_at(memory.wholes + STATUS, lane) == RUNNING:
            return lane
    return -1


@compile_loop
def agree(memory: Any, row: Any, lane: Any) -> Any:
    """Whether all lanes that are training have the same whole number in a row of `memory.wholes` as `lane` has."""
    numbers = memory.wholes[row]
    return not any_of(is_running(memory) & (numbers != number_at(memory.wholes + row, lane)))


# Randomness -----------------------------------------------------------------------------------------------------


@compile_loop
def seeded(memory: Any, purpose: Any) -> Any:
    """Return the keys of the lanes' random streams for a purpose, before step and part are mixed in."""
    keys = mixed(positive_whole(memory.wholes[SEED]) + GOLDEN)
    return mixed(keys + purpose + GOLDEN)


@inlined
def streamed(keys: Any, steps: Any, part: Any) -> Any:
    """Return the key of every lane's random stream, as `primitives.stream` does, from keys by `seeded`."""
    return mixed(mixed(keys + steps + GOLDEN) + np.uint64(part) + GOLDEN)


@compile_loop
def shuffle(memory: Any, order: Any, points: Any, common: Any, lane: Any) -> None:
    """Write each lane's order of the points in its epoch; only that of lane 0 if all lanes have it in `common`."""
    width = width_of(order)
    if common:
        for place in range(points):
            put_number(order, place * width, place)
        key = stream(
            np.uint64(number_at(memory.wholes + SEED, lane)), SHUFFLE, number_at(memory.wholes + EPOCH, lane), 0
        )
        for drawn in range(points - 1):
            place = points - 1 - drawn
            partner = int(uniform(key, drawn) * (place + 1))
            value = number_at(order, place * width)
            put_number(order, place * width, number_at(order, partner * width))
            put_number(order, partner * width, value)
        return
    for place in range(points):
        order[place] = everywhere(order, place)
    keys = streamed(seeded(memory, SHUFFLE), positive_whole(memory.wholes[EPOCH]), 0)
    for drawn in range(points - 1):
        place = points - 1 - drawn
        bits = mixed(keys + np.uint64(drawn + 1) * GOLDEN)
        partners = converted(widened(bits >> A11) * UNIT * float(place + 1), order)
        here = order[place]
        order[place] = taken_from(order, partners)
        put_into(order, partners, here)


@compile_loop
def draw_masks(
    layer: Any, part: Any, n: Any, first: Any, keys: Any, steps: Any, settings: Any, masks: Any, common: Any
) -> None:
    """Draw the dropout masks of one layer, as `reference.dropout_masks` does; `common`: lanes share seed and step."""
    streams = streamed(keys, steps, part)
    # A draw of 53 bits is kept if it is not below the share, which is to compare all 64 with that share of 2⁶⁴.
    least = positive_whole(doubles_ceiling(settings[DROPPED] * 2.0**53)) * np.uint64(2048)
    keep, nothing = converted(settings[KEEP], masks), everywhere(masks, 0.0)
    alone = extracted(streams, 0)
    for point in range(n):
        place = np.uint64((first + point) * layer.units + 1) * GOLDEN
        for unit in range(layer.units):
            bits = everywhere(streams, mixed(alone + place)) if common else mixed(streams + place)
            masks[point * layer.stride + unit] = where(bits >= least, keep, nothing)
            place += GOLDEN


@inlined
def doubles_ceiling(x: Any) -> Any:
    """Return the smallest whole number that is not below x ≥ 0."""
    below = converted(whole(x), x)
    return where(below < x, below + 1.0, below)


# Points ---------------------------------------------------------------------------------------------------------


@compile_loop
def gather(
    group: Any, table: Any, begins: Any, order: Any, shuffled: Any, start: Any, n: Any, common: Any, lane: Any,
    evaluates: Any, space: Any,
) -> None:  # fmt: skip
    """Copy inputs, targets and weights of n points from the place `start` on, from each lane's rows of the table.

    For an evaluation, copy the labels, too. `common` says that all lanes have the same points in the same order.
    """
    width, columns = width_of(space), group.features + group.outputs
    features, row, stride = group.features, group.row, group.target_stride
    targets, weights, labels = space + group.targets, space + group.weights, space + group.labels
    for point in range(n):
        here, there = space + point * features, targets + point * stride
        if common:
            number = number_at(order, (start + point) * width) if shuffled else start + point
            place = extracted(begins, lane) + number * row
            for k in range(features):
                here[k] = everywhere(space, table[place + k])
            for k in range(group.outputs):
                there[k] = everywhere(space, table[place + features + k])
            if evaluates:
                labels[point] = everywhere(space, table[place + columns])
            if group.weighted:
                weights[point] = everywhere(space, table[place + columns + 1])
        else:
            number = order[start + point] if shuffled else everywhere(order, start + point)
            places = converted(number * row, begins) + begins
            for k in range(features):
                here[k] = picked(table, places, k)
            for k in range(group.outputs):
                there[k] = picked(table, places, features + k)
            if evaluates:
                labels[point] = picked(table, places, columns)
            if group.weighted:
                weights[point] = picked(table, places, columns + 1)


# Forward and backward -------------------------------------------------------------------------------------------


@compile_loop
def normalize(layer: Any, w: Any, z: Any, standardized: Any, spread: Any, n: Any, training: Any) -> None:
    """Normalize z ← γ ẑ + β; store ẑ, and in `spread` 1/√(σ²+ε), mean and σ², as `reference._normalize` does."""
    units = layer.units
    gammas, betas = w + (layer.biases + units), w + (layer.biases + 2 * units)
    by_batch = layer.normalization == BY_BATCH
    given = by_batch and not (training and n > 1)
    groups, size = (units, n) if by_batch else (n, units)
    step, stride = (layer.stride, 1) if by_batch else (1, layer.stride)
    for group in range(groups):
        here = z + group * stride
        if given:
            mean, variance = (betas + units)[group], (betas + 2 * units)[group]
        else:
            mean = everywhere(z, 0.0)
            for k in range(size):
                mean = mean + here[k * step]
            mean = mean / size
            variance = everywhere(z, 0.0)
            for k in range(size):
                away = here[k * step] - mean
                variance = fma(away, away, variance)
            variance = variance / size
        scale = 1.0 / square_root(variance + EPSILON)
        spread[group] = scale
        spread[groups + group] = mean
        spread[2 * groups + group] = variance
        done = standardized + group * stride
        for k in range(size):
            done[k * step] = (here[k * step] - mean) * scale
    for point in range(n):
        here, done = z + point * layer.stride, standardized + point * layer.stride
        for unit in range(units):
            here[unit] = fma(gammas[unit], done[unit], betas[unit])


@compile_loop
def through_normalization(
    layer: Any, w: Any, delta: Any, standardized: Any, spread: Any, n: Any, g: Any, adds: Any
) -> None:
    """Backpropagate through the normalization: turn δ from ∂E/∂z into ∂E/∂(W a + b); write or add ∂E/∂γ and ∂E/∂β."""
    units, zero = layer.units, everywhere(delta, 0.0)
    gammas, betas = layer.biases + units, layer.biases + 2 * units
    for k in range(betas + units, layer.stop):
        g[k] = zero
    for unit in range(units):
        along, total = (g[gammas + unit], g[betas + unit]) if adds else (zero, zero)
        for point in range(n):
            k = point * layer.stride + unit
            along = fma(delta[k], standardized[k], along)
            total = total + delta[k]
            delta[k] = delta[k] * w[gammas + unit]
        g[gammas + unit] = along
        g[betas + unit] = total
    by_batch = layer.normalization == BY_BATCH
    measured = not by_batch or n > 1
    groups, size = (units, n) if by_batch else (n, units)
    step, stride = (layer.stride, 1) if by_batch else (1, layer.stride)
    for group in range(groups):
        here, done = delta + group * stride, standardized + group * stride
        mean, along = zero, zero
        if measured:
            for k in range(size):
                mean = mean + here[k * step]
                along = fma(here[k * step], done[k * step], along)
            mean, along = mean / size, along / size
        for k in range(size):
            here[k * step] = (here[k * step] - mean - done[k * step] * along) * spread[group]


@compile_loop
def forward(
    layers: Any,
    w: Any,
    n: Any,
    first: Any,
    training: Any,
    space: Any,
    settings: Any,
    keys: Any,
    steps: Any,
    common: Any,
) -> None:
    """Pass n points through the network; their inputs stand at the beginning of the work space."""
    for i in range(layers.size):
        layer = layers[i]
        before, a, z = space + layer.before, space + layer.a, space + layer.z
        count, own = n * layer.stride, settings + i * LAYER_NUMBERS
        if layer.muted:
            for k in range(count):
                a[k] = before[k]
            continue
        weigh(layer.units, layer.inputs, n, w + layer.start, w + layer.biases, before, layer.below, z, layer.stride)
        if layer.normalization != NO_NORMALIZATION:
            normalize(layer, w, z, space + layer.standardized, space + layer.spreads, n, training)
        f = space + layer.f
        activate(layer.activation, count, z, f, own)
        drops = training and layer.drops
        if layer.skip or layer.drops:
            if layer.skip:
                for k in range(count):
                    a[k] = f[k] + before[k]
            else:
                for k in range(count):
                    a[k] = f[k]
            if drops:
                masks = space + layer.masks
                draw_masks(layer, i, n, first, keys, steps, own, masks, common)
                for k in range(count):
                    a[k] = a[k] * masks[k]


@compile_loop
def backward(
    group: Any, layers: Any, w: Any, n: Any, space: Any, settings: Any, g: Any, measured: Any, measures: Any, adds: Any
) -> None:
    """Write the summed gradients of n points, flat, into g; ∂E/∂o stands at the beginning of the first room for δ.

    With `measures` the sum of δ² goes to `measured`, layer by layer. With `adds`, both are added to the sums that are
    there.
    """
    zero = everywhere(g, 0.0)
    here, there, beside = 0, 1, 2
    for i in range(layers.size - 1, -1, -1):
        layer = layers[i]
        delta = space + (group.deltas + here * group.delta_size)
        back = space + (group.deltas + there * group.delta_size)
        count, own = n * layer.stride, settings + i * LAYER_NUMBERS
        if layer.muted:
            for k in range(layer.start, layer.stop):
                g[k] = zero
            if measures:
                measured[i] = summed_squares(delta, n, layer.units, layer.stride, measured[i], adds)
            continue
        if layer.drops:
            masks = space + layer.masks
            for k in range(count):
                delta[k] = delta[k] * masks[k]
        bypass = space + (group.deltas + beside * group.delta_size)
        if layer.skip and i:
            for k in range(count):
                bypass[k] = delta[k]
        multiply_by_slope(layer.activation, count, delta, space + layer.z, space + layer.f, own)
        if layer.normalization != NO_NORMALIZATION:
            through_normalization(layer, w, delta, space + layer.standardized, space + layer.spreads, n, g, adds)
        if measures:
            measured[i] = summed_squares(delta, n, layer.units, layer.stride, measured[i], adds)
        total_up(layer.units, n, delta, layer.stride, g + layer.biases, zero, adds)
        before = space + layer.before
        weigh_gradients(
            layer.units, layer.inputs, n, delta, layer.stride, before, layer.below, g + layer.start, zero, adds
        )
        if i:
            weigh_back(layer.units, layer.inputs, n, w + layer.start, delta, layer.stride, back, layer.below, zero)
            if layer.skip:
                for k in range(count):
                    back[k] = back[k] + bypass[k]
            here, there = there, here


@compile_loop
def summed_squares(values: Any, n: Any, units: Any, stride: Any, before: Any, adds: Any) -> Any:
    """Return Σ x² as float64, added to `before` if `adds` is true."""
    total = before if adds else everywhere(before, 0.0)
    for point in range(n):
        for unit in range(units):
            value = widened(values[point * stride + unit])
            total = fma(value, value, total)
    return total


@compile_loop
def softmax_loss(group: Any, o: Any, t: Any, n: Any, losses: Any, back: Any, slope: Any) -> None:
    """Write the cross-entropy of several outputs, one per point; with `slope` also back = ∂E/∂o, not weighted yet."""
    stride, outputs = group.target_stride, group.outputs
    for point in range(n):
        here, there, to = o + point * stride, t + point * stride, back + point * stride
        highest = here[0]
        for k in range(1, outputs):
            # Written so that a NaN propagates.
            highest = where(highest > here[k], highest, here[k])
        total, right = everywhere(o, 0.0), everywhere(o, 0.0)
        for k in range(outputs):
            share = elementary.exp(here[k] - highest)
            total = total + share
            right = fma(here[k], there[k], right)
            if slope:
                to[k] = share
        losses[point] = highest + elementary.log1p(total - 1.0) - right
        if slope:
            for k in range(outputs):
                to[k] = to[k] / total - there[k]


@compile_loop
def point_losses(group: Any, numbers: Any, o: Any, n: Any, space: Any) -> None:
    """Write the weighted loss of every point into the work space's losses."""
    t, losses, stride = space + group.targets, space + group.losses, group.target_stride
    if group.softmax:
        softmax_loss(group, o, t, n, losses, losses, False)
    else:
        loss_values(group.loss, n * stride, o, t, losses, numbers + NUMBER_LOSS)
        if stride > 1:
            for point in range(n):
                total = losses[point * stride]
                for k in range(1, group.outputs):
                    total = total + losses[point * stride + k]
                losses[point] = total
    if group.weighted:
        weights = space + group.weights
        for point in range(n):
            losses[point] = losses[point] * weights[point]


@compile_loop
def are_large(count: Any, o: Any, t: Any) -> Any:
    """Whether outputs or targets are so large that a loss may be infinite or NaN; with smaller ones it is finite."""
    largest = everywhere(o, 0.0)
    for k in range(count):
        # Of a NaN no comparison holds.
        largest = where(magnitude(o[k]) <= SAFE, largest, everywhere(o, 1.0))
        largest = where(magnitude(t[k]) <= SAFE, largest, everywhere(o, 1.0))
    return any_of(largest > 0.0)


@compile_loop
def gradient_sum(
    group: Any, layers: Any, memory: Any, table: Any, order: Any, g: Any, start: Any, n: Any, first: Any,
    space: Any, measured: Any, measures: Any, common: Any, lane: Any,
) -> Any:  # fmt: skip
    """Write the summed gradient into g, as `Reference._gradient_sum` does; return 0, or NaN for a loss not finite.

    Points are processed piece by piece, so that their numbers stay in the faster caches.
    """
    wholes = memory.wholes
    steps = positive_whole(wholes[STEP])
    keys, same_draws = steps, False
    if group.drops:
        # Lanes that do not train may have other seeds and steps; what they draw is of no use.
        same_draws = common and agree(memory, SEED, lane) and agree(memory, STEP, lane)
        keys = seeded(memory, DROPOUT)
        if same_draws:
            keys, steps = everywhere(keys, extracted(keys, lane)), everywhere(steps, extracted(steps, lane))
    o, t, stride = space + layers[layers.size - 1].a, space + group.targets, group.target_stride
    back = space + group.deltas
    losses, zero = space + group.losses, everywhere(g, 0.0)
    broken = zero
    for done in range(0, n, group.points_at_once):
        part = min(group.points_at_once, n - done)
        gather(group, table, wholes[TRAIN_POINTS], order, group.shuffle, start + done, part, common, lane, False, space)
        forward(layers, memory.w, part, first + done, True, space, memory.layer_numbers, keys, steps, same_draws)
        if are_large(part * stride, o, t):
            point_losses(group, memory.numbers, o, part, space)
            for point in range(part):
                broken = nan_of_either(broken, losses[point] * zero)
        if group.softmax:
            softmax_loss(group, o, t, part, losses, back, True)
        else:
            loss_slope(group.loss, part * stride, o, t, back, memory.numbers + NUMBER_LOSS)
        if group.weighted:
            weights = space + group.weights
            for point in range(part):
                for k in range(group.outputs):
                    back[point * stride + k] = back[point * stride + k] * weights[point]
        backward(group, layers, memory.w, part, space, memory.layer_numbers, g, measured, measures, done > 0)
    return broken


@compile_loop
def broken_spread(layers: Any, space: Any, like: Any) -> Any:
    """Return 0, or NaN in the lanes in which the spread of a batch is not finite."""
    zero = everywhere(like, 0.0)
    broken = zero
    for i in range(layers.size):
        layer = layers[i]
        if layer.normalization == BY_BATCH and not layer.muted:
            spread = space + (layer.spreads + 2 * layer.units)
            for unit in range(layer.units):
                broken = nan_of_either(broken, spread[unit] * zero)
    return broken


@compile_loop
def absorb(layers: Any, w: Any, n: Any, space: Any, running: Any) -> None:
    """Move the running statistics of the lanes that are training towards those of the latest batch of n points."""
    if n < 2:
        return
    for i in range(layers.size):
        layer = layers[i]
        if layer.normalization != BY_BATCH or layer.muted:
            continue
        spread, mean = space + layer.spreads, layer.biases + 3 * layer.units
        for unit in range(layer.units):
            old, variance = w[mean + unit], w[mean + layer.units + unit]
            unbiased = spread[2 * layer.units + unit] * (n / (n - 1))
            w[mean + unit] = where(running, old + MOMENTUM * (spread[layer.units + unit] - old), old)
            w[mean + layer.units + unit] = where(running, variance + MOMENTUM * (unbiased - variance), variance)


# One update -----------------------------------------------------------------------------------------------------


@compile_loop
def penalise(layers: Any, w: Any, g: Any, settings: Any) -> None:
    """Add the penalty's gradient to g, and write 0 for frozen layers."""
    zero = everywhere(g, 0.0)
    for i in range(layers.size):
        layer = layers[i]
        kept_from = layer.start
        if layer.trainable:
            own = settings + (i * LAYER_NUMBERS + PENALTY)
            add_penalty(layer.penalty, layer.biases - layer.start, w + layer.start, g + layer.start, own)
            kept_from = layer.trained_stop
        for k in range(kept_from, layer.stop):
            g[k] = zero


@compile_loop
def shortening(size: Any, g: Any, longest: Any) -> Any:
    """Return the factors that clip the gradients, as `reference._shortening` does."""
    total = everywhere(longest, 0.0)
    for k in range(size):
        value = widened(g[k])
        total = fma(value, value, total)
    share = longest / (square_root(total) + 1e-6)
    return where(share > 1.0, 1.0, share)


@compile_loop
def prune(
    group: Any, layers: Any, memory: Any, rate: Any, share: Any, w: Any, new_w: Any, pruned: Any, penalties: Any
) -> None:
    """Mark the weights that `reference._crossed` marks, and set all marked ones to 0."""
    zero = everywhere(w, 0.0)
    if group.plain_sgd:
        for k in range(group.size):
            penalties[k] = zero
        penalise(layers, w, penalties, memory.layer_numbers)
    step = converted(rate * share, w)
    for i in range(layers.size):
        layer = layers[i]
        if not layer.prunes:
            continue
        for k in range(layer.start, layer.biases):
            start = new_w[k] + step * penalties[k] if group.plain_sgd else w[k]
            crossed = ((start > 0.0) & (new_w[k] < 0.0)) | ((start < 0.0) & (new_w[k] > 0.0))
            pruned[k] = where(crossed, 1.0, pruned[k])
    zero_pruned(group.size, new_w, pruned)


@compile_loop
def zero_pruned(size: Any, values: Any, pruned: Any) -> None:
    for k in range(size):
        values[k] = where(pruned[k] > 0.0, 0.0, values[k])


@compile_loop
def add_noise(layers: Any, memory: Any, new_w: Any) -> None:
    """Add Gaussian noise to weights and biases, as `reference.update` does."""
    keys = streamed(seeded(memory, WEIGHT_NOISE), positive_whole(memory.wholes[STEP]), 0)
    for i in range(layers.size):
        layer = layers[i]
        for k in range(layer.start, layer.biases + layer.units):
            place = np.uint64(2 * k + 1) * GOLDEN
            first = widened(mixed(keys + place) >> A11) * UNIT
            second = widened(mixed(keys + (place + GOLDEN)) >> A11) * UNIT
            radius = square_root(-2.0 * doubles.log1p(-first))
            drawn = radius * doubles.wave(2.0 * math.pi * second, 1)
            new_w[k] = new_w[k] + converted(memory.numbers[NOISE] * drawn, new_w)


@compile_loop
def update(
    group: Any, layers: Any, memory: Any, g: Any, new_w: Any, new_slots: Any, pruned: Any, factored: Any, space: Any
) -> Any:
    """Update w and slots into new_w and new_slots, as `reference.update` does; return 0, or NaN where not finite."""
    w, numbers, size = memory.w, memory.numbers, group.size
    pulled, rate, share = g, numbers[RATE], everywhere(numbers, 1.0)
    if group.penalised or group.clips:
        pulled = space + group.pulled
        for k in range(size):
            pulled[k] = g[k]
        penalise(layers, w, pulled, memory.layer_numbers)
        if group.prunes:
            for k in range(size):
                pruned[k] = memory.pruned[k]
            zero_pruned(size, pulled, pruned)
        if group.clips:
            share = shortening(size, pulled, numbers[CLIP])
            shorter = converted(share, w)
            for k in range(size):
                pulled[k] = pulled[k] * shorter
    decayed = w
    if group.decays:
        decayed = new_w
        kept = converted(1.0 - rate * numbers[DECAY], w)
        for i in range(layers.size):
            layer = layers[i]
            for k in range(layer.start, layer.biases):
                new_w[k] = w[k] * kept
            for k in range(layer.biases, layer.stop):
                new_w[k] = w[k]
    constants, t = numbers + NUMBER_CONSTANTS, converted(memory.wholes[OPTIMIZER_STEPS], numbers) + 1.0
    optimizer_constants(group.optimizer, rate, t, numbers + NUMBER_OPTIMIZER, constants)
    broken = optimize(group.optimizer, size, decayed, pulled, memory.slots, new_w, new_slots, constants)
    if factored:
        for k in range(size):
            part = w[k] + memory.factors[k] * (new_w[k] - w[k])
            new_w[k] = where(memory.factors[k] < 1.0, part, new_w[k])
    if group.prunes:
        prune(group, layers, memory, rate, share, w, new_w, pruned, space + group.penalties)
    if group.noisy:
        add_noise(layers, memory, new_w)
        if group.prunes:
            zero_pruned(size, new_w, pruned)
        for k in range(size):
            broken = nan_of_either(broken, new_w[k] * 0.0)
    for i in range(layers.size):
        layer = layers[i]
        for k in range(layer.trained_stop if layer.trainable else layer.start, layer.stop):
            new_w[k] = w[k]
    return broken


@compile_loop
def enlarge(size: Any, factors: Any, growth: Any, running: Any) -> None:
    """Raise the rate factors, the share of its step that each parameter takes, towards 1 in the running lanes."""
    for k in range(size):
        larger = factors[k] * growth
        factors[k] = where(running, where(larger > 1.0, 1.0, larger), factors[k])


@compile_loop
def keep(count: Any, kept: Any, old: Any, new: Any) -> None:
    """Copy old values into `new` in the lanes that `kept` marks."""
    for k in range(count):
        new[k] = where(kept, old[k], new[k])


# Measuring ------------------------------------------------------------------------------------------------------


@compile_loop
def record_gradients(
    group: Any, layers: Any, memory: Any, n: Any, measured: Any, chosen: Any, call: Any, rows: Any
) -> None:
    """Add a row of the gradients' sizes, as `GradientHistory` has its columns, for the lanes that are marked."""
    count, numbers = layers.size, memory.numbers
    row = rows + call.gradient_rows * (1 + 3 * count)
    row[0] = where(chosen, converted(memory.wholes[STEP], numbers), math.nan)
    for i in range(count):
        layer = layers[i]
        weights = layer.biases - layer.start
        change = everywhere(numbers, 0.0)
        for k in range(layer.start, layer.biases):
            moved = widened(memory.w[k] - memory.old_w[k])
            change = fma(moved, moved, change)
        size = summed_squares(memory.w + layer.start, 1, weights, 0, change, False)
        row[1 + i] = square_root(summed_squares(memory.g + layer.start, 1, weights, 0, change, False) / weights)
        row[1 + count + i] = square_root(measured[i] / (n * layer.units))
        row[1 + 2 * count + i] = where(size > 0.0, square_root(change) / square_root(size), math.nan)
    call.gradient_rows += 1


@compile_loop
def evaluate_part(
    group: Any, layers: Any, memory: Any, table: Any, begins: Any, points: Any, spread: Any, order: Any, space: Any,
    common: Any, lane: Any,
) -> Any:  # fmt: skip
    """Return loss and accuracy (R² for regression) of every lane's points in evaluation mode."""
    numbers = memory.numbers
    zero = everywhere(numbers, 0.0)
    lost, right = zero, zero
    o, stride = space + layers[layers.size - 1].a, group.target_stride
    targets, labels, losses = space + group.targets, space + group.labels, space + group.losses
    none = positive_whole(memory.wholes[STEP])
    for start in range(0, points, group.points_at_once):
        n = min(group.points_at_once, points - start)
        gather(group, table, begins, order, False, start, n, common, lane, True, space)
        forward(layers, memory.w, n, 0, False, space, memory.layer_numbers, none, none, False)
        point_losses(group, numbers, o, n, space)
        for point in range(n):
            lost = lost + widened(losses[point])
            here = o + point * stride
            if group.regression:
                away = widened(targets[point * stride] - here[0])
                right = fma(away, away, right)
                continue
            if group.outputs == 1:
                found = where(here[0] >= group.threshold, 1.0, everywhere(o, 0.0))
            else:
                found, best = everywhere(o, 0.0), here[0]
                for k in range(1, group.outputs):
                    better = here[k] > best
                    found, best = where(better, float(k), found), where(better, here[k], best)
            right = right + where(found == labels[point], 1.0, zero)
    if group.regression:
        return lost / points, where(spread > 0.0, 1.0 - right / spread, math.nan)
    return lost / points, right / points


@compile_loop
def evaluate(group: Any, layers: Any, memory: Any, table: Any, order: Any, space: Any, chosen: Any, lane: Any) -> None:
    """Evaluate both sets: store losses and accuracies for the lanes that `chosen` marks."""
    numbers, wholes = memory.numbers, memory.wholes
    for part in range(2):
        points = group.validation_points if part else group.points
        loss, accuracy = everywhere(numbers, math.nan), everywhere(numbers, math.nan)
        if points:
            begins = wholes[VALIDATION_POINTS if part else TRAIN_POINTS]
            common = lane >= 0 and agree(memory, VALIDATION_POINTS if part else TRAIN_POINTS, lane)
            spread = numbers[TRAIN_SPREAD + part]
            loss, accuracy = evaluate_part(
                group, layers, memory, table, begins, points, spread, order, space, common, lane
            )
        numbers[TRAIN_LOSS + part] = where(chosen, loss, numbers[TRAIN_LOSS + part])
        numbers[TRAIN_ACCURACY + part] = where(chosen, accuracy, numbers[TRAIN_ACCURACY + part])


# Many updates ---------------------------------------------------------------------------------------------------


@compile_loop
def set_rates(group: Any, memory: Any, steps_per_epoch: Any) -> None:
    """Set the learning rate of the next update in every lane that is training."""
    numbers, wholes, width = memory.numbers, memory.wholes, width_of(memory.w)
    for lane in range(width):
        if number_at(wholes + STATUS, lane) == RUNNING:
            rate = scheduled_rate(
                group.schedule, numbers + NUMBER_SCHEDULE, width, lane, number_at(numbers + BASE_RATE, lane),
                float(number_at(wholes + EPOCH, lane)), float(number_at(wholes + STEP, lane)), float(steps_per_epoch),
                number_at(numbers + PLATEAU_BEST, lane), float(number_at(wholes + PLATEAU_BAD, lane)),
                float(number_at(wholes + PLATEAU_REDUCTIONS, lane)),
            )  # fmt: skip
            put_number(numbers + RATE, lane, rate)


@compile_loop
def warms_up(group: Any, memory: Any) -> Any:
    """Whether any lane that is training is still warming up, so that its rate changes with every update."""
    if not group.warms:
        return False
    warmup = memory.numbers[NUMBER_SCHEDULE]
    return any_of(is_running(memory) & (converted(memory.wholes[STEP], warmup) < warmup + 1.0))


@compile_loop
def broken_layer(layers: Any, values: Any, lane: Any) -> Any:
    """Return the layer nearest to the output with a number that is not finite in a lane, or −1."""
    width = width_of(values)
    for i in range(layers.size - 1, -1, -1):
        for k in range(layers[i].start, layers[i].stop):
            if not math.isfinite(number_at(values, k * width + lane)):
                return i
    return -1


@compile_loop
def broken_normalization(layers: Any, space: Any, lane: Any) -> Any:
    """Return the last layer whose batch had a spread that is not finite in a lane."""
    width, result = width_of(space), 0
    for i in range(layers.size):
        layer = layers[i]
        if layer.normalization == BY_BATCH and not layer.muted:
            for unit in range(layer.units):
                if not math.isfinite(number_at(space, (layer.spreads + 2 * layer.units + unit) * width + lane)):
                    result = i
    return result


@compile_loop
def stop_diverged(
    group: Any, layers: Any, memory: Any, broken: Any, reason: Any, values: Any, slots: Any, space: Any
) -> Any:
    """Stop the lanes in which `broken` is NaN, and note why and in which layer; returns whether there are any.

    `values` and `slots` are searched for the layer.
    """
    bad = is_running(memory) & (broken != 0.0)
    if not any_of(bad):
        return False
    numbers, wholes = memory.numbers, memory.wholes
    numbers[MARKED] = where(bad, 1.0, everywhere(numbers, 0.0))
    if reason != UPDATE:
        note_updates(group.size, memory, bad)
    for lane in range(width_of(memory.w)):
        if number_at(numbers + MARKED, lane) == 0.0:
            continue
        layer, why = layers.size - 1, reason
        if reason in (GRADIENT, UPDATE):
            layer = broken_layer(layers, values, lane)
        elif reason == SPREAD:
            layer = broken_normalization(layers, space, lane)
        for slot in range(group.slots):
            if layer < 0:
                why, layer = MEMORY, broken_layer(layers, slots + slot * group.size, lane)
        put_number(wholes + STATUS, lane, DIVERGED)
        put_number(wholes + BROKEN, lane, why)
        put_number(wholes + BROKEN_LAYER, lane, max(layer, 0))
    return True


@compile_loop
def note_updates(size: Any, memory: Any, done: Any) -> None:
    """Store the latest update of the lanes that `done` marks, since both sets of weights go on changing."""
    for k in range(size):
        memory.updates[k] = where(done, memory.w[k] - memory.old_w[k], memory.updates[k])


@compile_loop
def find_due(memory: Any, every: Any) -> Any:
    """Mark the lanes that are due for an evaluation after this epoch; return whether there are any."""
    numbers, wholes, found = memory.numbers, memory.wholes, False
    numbers[DUE] = everywhere(numbers, 0.0)
    for lane in range(width_of(memory.w)):
        if number_at(wholes + STATUS, lane) == RUNNING:
            epoch = number_at(wholes + EPOCH, lane)
            if epoch % every == 0 or epoch >= number_at(wholes + LAST_EPOCH, lane):
                put_number(numbers + DUE, lane, 1.0)
                found = True
    return found


@compile_loop
def note_epoch(memory: Any, call: Any, history: Any) -> None:
    """Add a row to the histories of the lanes that were evaluated and are still training."""
    numbers, wholes = memory.numbers, memory.wholes
    row = history + call.history_rows * 8
    chosen = is_running(memory) & (numbers[DUE] > 0.0)
    row[0] = where(chosen, converted(wholes[EPOCH], numbers), math.nan)
    row[1] = converted(wholes[STEP], numbers)
    row[2] = numbers[RATE]
    for k in range(4):
        row[3 + k] = numbers[TRAIN_LOSS + k]
    row[7] = everywhere(numbers, call.seconds)
    call.history_rows += 1


@compile_loop
def observe(group: Any, memory: Any, lane: Any) -> None:
    """Update the memories of a lane's schedule and early stopping with the result of an epoch."""
    numbers, wholes, width = memory.numbers, memory.wholes, width_of(memory.w)
    if group.plateau:
        loss = number_at(numbers + (TRAIN_LOSS + group.plateau_watch), lane)
        seen = observed_plateau(
            group.schedule, numbers + NUMBER_SCHEDULE, width, lane, number_at(numbers + BASE_RATE, lane), loss,
            number_at(numbers + PLATEAU_BEST, lane), float(number_at(wholes + PLATEAU_BAD, lane)),
            float(number_at(wholes + PLATEAU_REDUCTIONS, lane)),
        )  # fmt: skip
        put_number(numbers + PLATEAU_BEST, lane, seen.best)
        put_number(wholes + PLATEAU_BAD, lane, int(seen.bad_epochs))
        put_number(wholes + PLATEAU_REDUCTIONS, lane, int(seen.reductions))
    if group.stops:
        value = number_at(numbers + (VALIDATION_ACCURACY if group.stop_watch else VALIDATION_LOSS), lane)
        score = value if group.stop_watch else -value
        if score > number_at(numbers + BEST, lane) + number_at(numbers + MIN_DELTA, lane):
            put_number(numbers + BEST, lane, score)
            put_number(numbers + MARKED, lane, 1.0)
            put_number(wholes + BAD_EPOCHS, lane, 0)
            put_number(wholes + STOPPED, lane, 0)
        elif not math.isnan(value):
            bad = number_at(wholes + BAD_EPOCHS, lane) + 1
            put_number(wholes + BAD_EPOCHS, lane, bad)
            put_number(wholes + STOPPED, lane, 1 if bad >= number_at(wholes + PATIENCE, lane) else 0)


@compile_loop
def react(group: Any, memory: Any) -> Any:
    """Update schedules and early stopping with an epoch's results, and stop finished lanes; return whether any is."""
    numbers, wholes, done = memory.numbers, memory.wholes, False
    before = is_running(memory)
    numbers[MARKED] = everywhere(numbers, 0.0)
    for lane in range(width_of(memory.w)):
        if number_at(wholes + STATUS, lane) != RUNNING:
            continue
        if number_at(numbers + DUE, lane) > 0.0:
            observe(group, memory, lane)
        if number_at(wholes + STOPPED, lane):
            put_number(wholes + STATUS, lane, STOPPED_EARLY)
            done = True
        elif number_at(wholes + EPOCH, lane) >= number_at(wholes + LAST_EPOCH, lane):
            put_number(wholes + STATUS, lane, COMPLETED)
            done = True
    if group.restores and any_of(numbers[MARKED] > 0.0):
        keep(group.size, numbers[MARKED] > 0.0, memory.w, memory.best)
    if done:
        note_updates(group.size, memory, before & (wholes[STATUS] != RUNNING))
    return done


@compile_loop
def average(size: Any, g: Any, carried: Any, points: Any, carried_points: Any) -> Any:
    """Turn the summed gradient g, with the carried one, into the mean; return 0, or NaN where it is not finite."""
    share, zero = converted(everywhere(widened(g[0]), 1.0 / (points + carried_points)), g), everywhere(g, 0.0)
    broken = zero
    for k in range(size):
        total = g[k] + carried[k] if carried_points else g[k]
        broken = nan_of_either(broken, total * zero)
        g[k] = total * share
    return broken


@compile_loop
def turned(memory: Any) -> Any:
    """Return the memory with the new and the old weights, gradients and slots exchanged."""
    return Memory(
        memory.numbers, memory.wholes, memory.layer_numbers, memory.old_w, memory.w, memory.old_g, memory.g,
        memory.old_slots, memory.slots, memory.carried, memory.best, memory.pruned, memory.updates,
        memory.factors,
    )  # fmt: skip


@compile_loop
def is_broken_pass(group: Any, layers: Any, memory: Any, lost: Any, pulled: Any, g: Any, space: Any) -> Any:
    """Stop the lanes in which a pass gave a number that is not finite; return whether there are any."""
    lost_any = stop_diverged(group, layers, memory, lost, LOSS, g, g, space)
    pulled_any = stop_diverged(group, layers, memory, pulled, GRADIENT, g, g, space)
    spread = broken_spread(layers, space, g)
    return stop_diverged(group, layers, memory, spread, SPREAD, g, g, space) or lost_any or pulled_any


@compile_loop
def count_update(group: Any, memory: Any, running: Any, points: Any) -> None:
    """Advance the counters of the lanes that `running` marks by one update of `points` points."""
    wholes = memory.wholes
    one = where(running, 1, everywhere(wholes, 0))
    wholes[STEP] = wholes[STEP] + one
    wholes[OPTIMIZER_STEPS] = wholes[OPTIMIZER_STEPS] + one
    wholes[POSITION] = wholes[POSITION] + one * points
    wholes[CARRIED] = where(running, 0, wholes[CARRIED])


@njit(nogil=True, cache=True, error_model="numpy")
def train(groups: Any, layers: Any, calls: Any, block: Any, room: Any, table: Any, rates: Any, clock: Any) -> None:
    """Make updates in all running lanes until a limit of `calls[0]` is reached, a table is full, or all are done.

    Evaluates and records at the end of epochs. `rates` are the learning rates of the coming epochs, or updates, if they
    are given. `swapped` in the call says whether the arrays have changed places with their `old_` ones.
    """
    control, group, call = flush_tiny_numbers(), groups[0], calls[0]
    layers, table, rates = borrowed(layers), borrowed(table), borrowed(rates)
    memory = memory_of(block)
    space, order, history = lanes_of(room.space), lanes_of(room.order), lanes_of(room.history)
    gradients, measured, pruned = lanes_of(room.gradients), lanes_of(room.measured), lanes_of(room.pruned)
    wholes, numbers, size = memory.wholes, memory.numbers, group.size
    batch, points = group.batch_size, group.points
    whole_batches = (points + batch - 1) // batch if group.batching == PARTIAL else points // batch
    started = now(clock)
    deadline = started + call.time_limit
    fresh, common, lane, looked, used = True, False, 0, 0, 0
    while call.made_updates < call.updates and call.ended_epochs < call.epochs:
        if fresh:
            lane = first_running(memory)
            if lane < 0:
                break
            common = agree(memory, TRAIN_POINTS, lane)
            if group.shuffle:
                common = common and agree(memory, SEED, lane) and agree(memory, EPOCH, lane)
                shuffle(memory, order, points, common, lane)
        elif number_at(wholes + STATUS, lane) != RUNNING:
            # The lane that told where the others stand has diverged.
            lane = first_running(memory)
            if lane < 0:
                break
        if call.given_rates:
            numbers[RATE] = everywhere(numbers, rates[used])
        elif fresh or group.rate_per_step or warms_up(group, memory):
            set_rates(group, memory, whole_batches)
        fresh = False
        position, left_over = number_at(wholes + POSITION, lane), number_at(wholes + CARRIED, lane)
        n = min(points - position, batch)
        rest = points - position - n
        ends = rest < (1 if group.batching == PARTIAL else batch)
        step = number_at(wholes + STEP, lane) + 1
        measures = ends or (call.gradients_every > 0 and step % call.gradients_every == 0)
        lost = gradient_sum(
            group, layers, memory, table, order, memory.old_g, position, n, left_over, space, measured, measures,
            common, lane,
        )  # fmt: skip
        pulled = average(size, memory.old_g, memory.carried, n, left_over)
        is_broken_pass(group, layers, memory, lost, pulled, memory.old_g, space)
        broken = update(
            group, layers, memory, memory.old_g, memory.old_w, memory.old_slots, pruned, call.factored, space
        )
        stop_diverged(group, layers, memory, broken, UPDATE, memory.old_w, memory.old_slots, space)
        running = is_running(memory)
        waiting = wholes[STATUS] > RUNNING
        if any_of(waiting):
            keep(size, waiting, memory.w, memory.old_w)
            keep(size, waiting, memory.g, memory.old_g)
            keep(size * group.slots, waiting, memory.slots, memory.old_slots)
        if group.prunes:
            for k in range(size):
                memory.pruned[k] = where(running, pruned[k], memory.pruned[k])
        if call.factored and group.factor_growth > 1.0:
            enlarge(size, memory.factors, group.factor_growth, running)
        memory = turned(memory)
        call.swapped = 1 - call.swapped
        count_update(group, memory, running, n)
        absorb(layers, memory.w, n, space, running)
        call.made_updates += 1
        used += 1 if call.rate_per_step else 0
        last_points = n
        if not ends:
            if measures:
                record_gradients(group, layers, memory, last_points, measured, running, call, gradients)
            looked += 1
            if looked >= call.look_every:
                looked = 0
                if now(clock) >= deadline:
                    break
            if call.gradient_rows == call.gradient_room:
                break
            continue
        if group.batching == CARRY and rest:
            lost = gradient_sum(
                group, layers, memory, table, order, memory.old_g, position + n, rest, 0, space, measured, True,
                common, lane,
            )  # fmt: skip
            pulled = everywhere(memory.g, 0.0)
            for k in range(size):
                pulled = nan_of_either(pulled, memory.old_g[k] * 0.0)
            is_broken_pass(group, layers, memory, lost, pulled, memory.old_g, space)
            running = is_running(memory)
            keep(size, running, memory.old_g, memory.carried)
            wholes[CARRIED] = where(running, rest, wholes[CARRIED])
            absorb(layers, memory.w, rest, space, running)
            last_points = rest
        wholes[POSITION] = where(running, 0, wholes[POSITION])
        wholes[EPOCH] = wholes[EPOCH] + where(running, 1, everywhere(wholes, 0))
        call.ended_epochs += 1
        used += 0 if call.rate_per_step else 1
        fresh = True
        stopped = now(clock)
        call.seconds += stopped - started
        if find_due(memory, call.evaluate_every):
            due = numbers[DUE] > 0.0
            evaluate(group, layers, memory, table, order, space, due, lane)
            zero = everywhere(numbers, 0.0)
            losses = zero * numbers[TRAIN_LOSS]
            if group.validation_points:
                losses = fma(zero, numbers[VALIDATION_LOSS], losses)
            stop_diverged(group, layers, memory, where(due, losses, zero), LOSS, memory.g, memory.g, space)
            note_epoch(memory, call, history)
            record_gradients(group, layers, memory, last_points, measured, due & is_running(memory), call, gradients)
        done = react(group, memory)
        started = now(clock)
        looked = 0
        if started >= deadline or (done and call.return_when_done):
            break
        if call.history_rows == call.history_room or call.gradient_rows == call.gradient_room:
            break
    call.seconds += now(clock) - started
    set_control_word(control)


@njit(nogil=True, cache=True, error_model="numpy")
def measure(groups: Any, layers: Any, block: Any, room: Any, table: Any) -> None:
    """Evaluate all lanes as they are now."""
    control, group = flush_tiny_numbers(), groups[0]
    layers, table = borrowed(layers), borrowed(table)
    memory = memory_of(block)
    numbers = memory.numbers
    everyone = everywhere(numbers, 0.0) == 0.0
    evaluate(group, layers, memory, table, lanes_of(room.order), lanes_of(room.space), everyone, -1)
    set_control_word(control)
