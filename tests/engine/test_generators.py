"""Generators of neighbouring seeds are NumPy's own, number for number."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from playground import Experiment
from playground.engine import generators
from playground.engine.generators import generator
from playground.engine.randomness import WEIGHTS
from playground.engine.setup import Setup


@pytest.mark.parametrize("first", [0, 61, 2**32 - 70, 2**32 - 2, 2**40])
def test_every_seed_draws_what_numpy_draws_for_it(first: int) -> None:
    for seed in range(first, first + 80):
        for part in (0, 1, 30):
            ours, theirs = generator(seed, WEIGHTS, part), np.random.default_rng([seed, WEIGHTS, part])
            np.testing.assert_array_equal(ours.uniform(-1, 1, 5), theirs.uniform(-1, 1, 5))
            np.testing.assert_array_equal(ours.normal(size=5), theirs.normal(size=5))
            assert ours.integers(10) == theirs.integers(10)


def test_the_weights_of_a_seed_do_not_depend_on_the_seeds_before() -> None:
    network = Setup(Experiment()).network
    alone = network.initial(7, 0.0)
    for seed in range(20):
        network.initial(seed, 0.0)
    np.testing.assert_array_equal(network.initial(7, 0.0), alone)


def test_threads_do_not_disturb_each_other() -> None:
    drawn: dict[int, list[float]] = {}

    def draw(part: int) -> None:
        drawn[part] = [generator(seed, WEIGHTS, part).random() for seed in range(200)]

    threads = [threading.Thread(target=draw, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for part, numbers in drawn.items():
        assert numbers == [np.random.default_rng([seed, WEIGHTS, part]).random() for seed in range(200)]


def test_seeds_that_never_come_again_are_forgotten() -> None:
    for seed in range(0, 1_000_000, 1000):
        for near in (seed, seed + 1):
            assert generator(near, WEIGHTS, 3).random() == np.random.default_rng([near, WEIGHTS, 3]).random()
    assert len(generators._cache.first_seeds) <= generators._MOST_KEPT
    assert len(generators._cache.states) <= generators._MOST_KEPT
