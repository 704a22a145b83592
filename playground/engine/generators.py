"""NumPy's generators for consecutive seeds, with the numbers of `np.random.default_rng([seed, purpose, part])`.

Seeding a generator takes longer than drawing a layer's weights from it, and a study begins thousands of networks. So
the states of many consecutive seeds are computed at once, as O'Neill's `seed_seq` and PCG64 do it (see NumPy's
`bit_generator.pyx` and `pcg64.c`), and one generator per thread is set to them in turn.
"""

from __future__ import annotations

import threading
from typing import TypeVar

import numpy as np

from playground.catalog.choice import Array

_Value = TypeVar("_Value")

_TOGETHER, _MOST_KEPT = 64, 128
"""Seeds whose states are computed at once; how many such blocks a thread remembers."""
_POOL = 4
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_MASK = (1 << 128) - 1


class _ThreadCache(threading.local):
    """The generator and the cached states of one thread."""

    def __init__(self) -> None:
        self.generator = np.random.Generator(np.random.PCG64(0))
        self.first_seeds: dict[tuple[int, int, int], int] = {}
        self.states: dict[tuple[int, int, int], list[dict[str, int]]] = {}


_cache = _ThreadCache()


def generator(seed: int, purpose: int, part: int) -> np.random.Generator:
    """Return `np.random.default_rng([seed, purpose, part])`, valid until this thread's next call."""
    if seed >> 32:
        return np.random.default_rng([seed, purpose, part])
    block = seed // _TOGETHER, purpose, part
    states = _cache.states.get(block)
    if states is None:
        if _cache.first_seeds.get(block, seed) == seed:
            _keep(_cache.first_seeds, block, seed)
            return np.random.default_rng([seed, purpose, part])
        states = _states(block[0] * _TOGETHER, purpose, part)
        _keep(_cache.states, block, states)
    _cache.generator.bit_generator.state = {
        "bit_generator": "PCG64", "state": states[seed % _TOGETHER], "has_uint32": 0, "uinteger": 0,
    }  # fmt: skip
    return _cache.generator


def _keep(kept: dict[tuple[int, int, int], _Value], block: tuple[int, int, int], value: _Value) -> None:
    """Cache a value; the cache is emptied first if it is full."""
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[block] = value


def _states(first: int, purpose: int, part: int) -> list[dict[str, int]]:
    """Compute the states of PCG64 for `_TOGETHER` consecutive seeds from `first` on."""
    seeds = np.arange(first, first + _TOGETHER, dtype=np.uint32)
    states = []
    for high, low, high_step, low_step in _seed_words(seeds, purpose, part).tolist():
        increment = (high_step << 64 | low_step) << 1 & _MASK | 1
        start = increment + (high << 64 | low)
        states.append({"state": (start * _MULTIPLIER + increment) & _MASK, "inc": increment})
    return states


def _seed_words(seeds: Array, purpose: int, part: int) -> Array:
    """Compute `SeedSequence([seed, purpose, part]).generate_state(4, uint64)` for many seeds: a row for each."""
    multiplier, shift = 0x43B0D7E5, np.uint32(16)

    def hashed(words: Array, factor: int) -> Array:
        nonlocal multiplier
        words = words ^ np.uint32(multiplier)
        multiplier = multiplier * factor & 0xFFFFFFFF
        words *= np.uint32(multiplier)
        return words ^ words >> shift

    pool = [hashed(words, 0x931E8875) for words in (seeds, *(np.full_like(seeds, k) for k in (purpose, part, 0)))]
    for source in range(_POOL):
        for target in range(_POOL):
            if source != target:
                mixed = np.uint32(0xCA01F9DD) * pool[target]
                mixed -= np.uint32(0x4973F715) * hashed(pool[source], 0x931E8875)
                pool[target] = mixed ^ mixed >> shift
    multiplier = 0x8B51F9DD
    words = [hashed(pool[k % _POOL], 0x58F38DED).astype(np.uint64) for k in range(2 * _POOL)]
    return np.stack([words[k] | words[k + 1] << np.uint64(32) for k in range(0, 2 * _POOL, 2)], axis=1)
