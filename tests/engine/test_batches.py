"""Which points each update sees, how steps and epochs are counted, and which units dropout silences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from msgspec.structs import replace

from playground import Experiment, Layer, Trainer, Training
from playground.catalog.activations import Tanh
from playground.catalog.choice import Array
from playground.catalog.datasets.shapes import Circle, Moons
from playground.catalog.optimizers import Sgd
from playground.engine import randomness
from playground.engine.reference import dropout_masks, forward, outputs

POINTS = 10


def experiment_with(**training: object) -> Experiment:
    """Ten points to train on, plain steps, no dropout."""
    return Experiment(
        precision="float64",
        data=Moons(points=POINTS, validation_fraction=0.0),
        layers=(Layer(units=3, activation=Tanh()),),
        training=replace(Training(optimizer=Sgd(), learning_rate=0.3), **training),
    )


def point_gradient(trainer: Trainer, parameters: Array, point: int) -> Array:
    """∂E/∂(W0, b0, W1, b1) of one point for a tanh layer and a logit, written out."""
    (first, second), x = trainer.network.layers, trainer.setup.train.inputs[:, point]
    a = np.tanh(first.W(parameters) @ x + first.b(parameters))
    o = second.W(parameters) @ a + second.b(parameters)
    delta_2 = 1 / (1 + np.exp(-o)) - trainer.setup.train.targets[:, point]
    delta_1 = second.W(parameters).T @ delta_2 * (1 - a**2)
    return np.concatenate([np.outer(delta_1, x).ravel(), delta_1, np.outer(delta_2, a).ravel(), delta_2])


def batches(order: Iterator[list[int]], size: int, batching: str) -> Iterator[tuple[list[int], list[int], int, int]]:
    """For every update: points carried from the last epoch, points of the batch, step and epoch after it."""
    step, carried = 0, list[int]()
    for epoch, points in enumerate(order):
        full, rest = divmod(len(points), size)
        parts = [points[k * size : (k + 1) * size] for k in range(full)]
        remainder = points[full * size :]
        if rest and batching == "partial":
            parts.append(remainder)
        for number, part in enumerate(parts, start=1):
            step += 1
            yield carried, part, step, epoch + (number == len(parts))
            carried = []
        carried = remainder if batching == "carry" else []


@pytest.mark.parametrize("batching", ["partial", "drop", "carry"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("size", [1, 3, 4, 5, 6, 10])
def test_updates_see_the_points_that_the_rules_say(size: int, shuffle: bool, batching: str) -> None:
    trainer = Trainer(experiment_with(batch_size=size, shuffle=shuffle, batching=batching), engine="reference")
    orders = (
        randomness.permutation(0, epoch, POINTS).tolist() if shuffle else list(range(POINTS)) for epoch in range(4)
    )
    w = trainer.state.parameters.copy()
    at_the_end_of_the_epoch, previous_epoch = w, 0
    for carried, batch, step, epoch in batches(orders, size, batching):
        gradient = sum(point_gradient(trainer, w, point) for point in batch)
        gradient = gradient + sum(point_gradient(trainer, at_the_end_of_the_epoch, point) for point in carried)
        w = w - 0.3 * gradient / (len(batch) + len(carried))
        if epoch != previous_epoch:
            at_the_end_of_the_epoch, previous_epoch = w, epoch
        trainer.advance(steps=1)
        assert (trainer.state.step, trainer.state.epoch) == (step, epoch)
        np.testing.assert_allclose(trainer.state.parameters, w, rtol=1e-11)
    assert trainer.state.epoch == 4


@pytest.mark.parametrize("size", [0, 10, 11, 1_000_000])
@pytest.mark.parametrize("batching", ["partial", "drop", "carry"])
def test_batch_size_zero_or_above_the_set_is_the_whole_set(size: int, batching: str) -> None:
    trainer = Trainer(experiment_with(batch_size=size, batching=batching), engine="reference")
    w = trainer.state.parameters.copy()
    expected = w - 0.3 * np.mean([point_gradient(trainer, w, point) for point in range(POINTS)], axis=0)
    trainer.advance(steps=1)
    np.testing.assert_allclose(trainer.state.parameters, expected, rtol=1e-11)
    trainer.advance(steps=2)
    assert (trainer.state.step, trainer.state.epoch) == (3, 3)


@pytest.mark.parametrize(("batching", "steps"), [("partial", 4), ("drop", 3), ("carry", 3)])
def test_an_epoch_has_this_many_steps(batching: str, steps: int) -> None:
    trainer = Trainer(experiment_with(batch_size=3, batching=batching), engine="reference")
    trainer.advance(epochs=5)
    assert (trainer.state.epoch, trainer.state.step) == (5, 5 * steps)
    np.testing.assert_array_equal(trainer.snapshot().history.epoch, np.arange(6))
    np.testing.assert_array_equal(trainer.snapshot().history.step, np.arange(6) * steps)


@pytest.mark.parametrize("batching", ["partial", "drop", "carry"])
def test_a_batch_that_grows_in_the_middle_of_an_epoch_skips_no_row_of_the_history(batching: str) -> None:
    trainer = Trainer(experiment_with(batch_size=3, batching=batching, epochs=2), engine="reference")
    trainer.advance(steps=2)
    trainer.configure(experiment_with(batch_size=8, batching=batching, epochs=2))
    trainer.advance(epochs=5)
    assert (trainer.status, trainer.state.epoch) == ("completed", 2)
    np.testing.assert_array_equal(trainer.snapshot().history.epoch, [0, 1, 2])


def test_divergence_in_a_carried_remainder_does_not_use_the_last_batch_again() -> None:
    """The remainder is measured after the epoch's last update, which has happened and counts."""
    trainer = Trainer(experiment_with(batch_size=4, batching="carry", shuffle=False), engine="reference")
    trainer.setup.train.inputs[:, 8:] = np.inf
    assert trainer.advance(epochs=3) == "diverged"
    assert (trainer.state.step, trainer.state.epoch, trainer.state.position) == (2, 0, 8)


# Shuffling ------------------------------------------------------------------------------------------------------


def test_every_epoch_has_a_new_permutation_that_is_the_same_each_time() -> None:
    orders = [randomness.permutation(7, epoch, 50) for epoch in range(5)]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(50))
    assert len({tuple(order) for order in orders}) == 5
    np.testing.assert_array_equal(orders[3], randomness.permutation(7, 3, 50))
    assert tuple(orders[3]) != tuple(randomness.permutation(8, 3, 50))


def test_random_numbers_are_uniform_and_depend_on_place_alone() -> None:
    stream = randomness.key(1, randomness.DROPOUT, 2, 3)
    drawn = randomness.uniform(stream, 20_000)
    assert drawn.min() >= 0 and drawn.max() < 1
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    assert ((counts - 1000) ** 2 / 1000).sum() < 44  # χ² with 19 degrees of freedom, p = 0.001
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03
    np.testing.assert_array_equal(randomness.uniform(stream, 10, first=500), drawn[500:510])


def test_streams_are_told_apart_by_seed_purpose_step_and_layer() -> None:
    keys = {randomness.key(*place) for place in np.ndindex(6, 5, 20, 5)}
    assert len(keys) == 6 * 5 * 20 * 5


def test_gaussian_numbers_are_gaussian() -> None:
    drawn = randomness.normal(5, 40_000)
    assert [abs(drawn.mean()), drawn.std(), np.mean(drawn**3), np.mean(drawn**4)] == pytest.approx(
        [0, 1, 0, 3], abs=0.15
    )


# Dropout --------------------------------------------------------------------------------------------------------


def dropping(share: float, points: int = 500) -> Trainer:
    layers = (Layer(units=40, activation=Tanh(), dropout=share), Layer(units=5, activation=Tanh()))
    return Trainer(Experiment(precision="float64", data=Circle(points=points), layers=layers), engine="reference")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_silences_its_share_and_scales_up_the_rest(share: float) -> None:
    mask, without, output = dropout_masks(dropping(share).network, seed=0, step=4, first=0, points=500)
    assert without is None and output is None and mask is not None
    assert mask.shape == (40, 500)
    np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - share)], rtol=1e-15)
    assert np.mean(mask == 0) == pytest.approx(share, abs=0.01)


def test_dropout_masks_are_the_same_at_the_same_step_and_new_at_the_next() -> None:
    network = dropping(0.5).network
    first, again, later, other = (
        dropout_masks(network, seed=seed, step=step, first=0, points=20)[0]
        for seed, step in ((0, 3), (0, 3), (0, 4), (1, 3))
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, later) and not np.array_equal(first, other)


def test_dropout_masks_of_a_carried_remainder_and_of_what_follows_differ_by_place() -> None:
    network = dropping(0.5).network
    whole = dropout_masks(network, seed=0, step=3, first=0, points=20)[0]
    rest = dropout_masks(network, seed=0, step=3, first=8, points=12)[0]
    assert whole is not None and rest is not None
    np.testing.assert_array_equal(whole[:, 8:], rest)


def test_dropped_units_pass_nothing_on_and_get_no_gradient() -> None:
    trainer = dropping(0.5, points=2)
    trainer.advance(steps=1)
    passed = trainer.latest
    assert passed is not None and passed.masks[0] is not None
    dropped = passed.masks[0] == 0
    assert dropped.any()
    np.testing.assert_array_equal(passed.a[1][dropped], 0)
    np.testing.assert_array_equal(passed.delta[0][dropped], 0)
    np.testing.assert_array_equal(passed.a[1][~dropped], 2 * passed.f[0][~dropped])


def test_dropout_is_off_at_evaluation() -> None:
    trainer = dropping(0.9)
    w, x = trainer.state.parameters, trainer.setup.train.inputs
    a = x
    for layer in trainer.network.layers:
        a = layer.activation(layer.W(w) @ a + layer.b(w)[:, np.newaxis])
    np.testing.assert_allclose(outputs(trainer.network, w, x), a, rtol=1e-12)
    np.testing.assert_allclose(trainer.predict(trainer.sample.part(0)[0]), a, rtol=1e-12)
    assert trainer.evaluate() == trainer.evaluate()


def test_training_drops_other_units_in_every_step() -> None:
    trainer = dropping(0.5)
    trainer.configure(replace(trainer.experiment, training=Training(batch_size=0)))
    for step in range(3):
        trainer.advance(steps=1)
        passed = trainer.latest
        assert passed is not None and passed.masks[0] is not None
        expected = dropout_masks(trainer.network, seed=0, step=step, first=0, points=250)[0]
        np.testing.assert_array_equal(passed.masks[0], expected)


def test_training_uses_dropout() -> None:
    trainer = dropping(0.5)
    trainer.advance(steps=1)
    passed = trainer.latest
    assert passed is not None
    evaluated = forward(trainer.network, trainer.state.parameters, passed.a[0])
    assert not np.allclose(passed.a[1], evaluated.a[1])
