"""Randomness without memory: every number is a function of (seed, purpose, step, position).

Any step can be replayed exactly from its numbers alone, and every engine draws the same masks. The mixing function is
the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
"""

from __future__ import annotations

import numpy as np

from playground.catalog.choice import Array

SHUFFLE, DROPOUT, WEIGHT_NOISE, WEIGHTS, UNCERTAINTY = 1, 2, 3, 4, 5
"""Purposes: numbers drawn for different ones are independent."""

GOLDEN = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF


def mix(bits: int) -> int:
    """Apply SplitMix64's finalizer to a 64-bit number."""
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)


def key(seed: int, purpose: int, step: int, part: int = 0) -> int:
    """Return the 64-bit key of one stream of numbers; `part` tells layers apart."""
    result = 0
    for number in (seed, purpose, step, part):
        result = mix((result + number + GOLDEN) & MASK)
    return result


def uniform(stream: int, count: int, first: int = 0) -> Array:
    """Return numbers at positions first…first+count−1 of a stream, uniform in [0, 1), float64 with 53 random bits."""
    bits = np.arange(first + 1, first + count + 1, dtype=np.uint64)
    bits *= np.uint64(GOLDEN)
    bits += np.uint64(stream)
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    result: Array = (bits >> np.uint64(11)) * 2.0**-53
    return result


def normal(stream: int, count: int) -> Array:
    """Return standard normal numbers by the Box–Muller transform, one for every two uniform ones."""
    pairs = uniform(stream, 2 * count)
    radius = np.sqrt(-2 * np.log1p(-pairs[0::2]))
    result: Array = radius * np.cos(2 * np.pi * pairs[1::2])
    return result


def permutation(seed: int, epoch: int, count: int) -> Array:
    """Return the order of the points in an epoch (Fisher and Yates' shuffle, from the last place down)."""
    places = np.arange(count, 0, -1)
    partners = (uniform(key(seed, SHUFFLE, epoch), count) * places).astype(np.int64).tolist()
    order = list(range(count))
    for place, partner in zip(range(count - 1, 0, -1), partners, strict=False):
        order[place], order[partner] = order[partner], order[place]
    return np.array(order, dtype=np.int64)
