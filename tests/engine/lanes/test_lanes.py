"""Networks in lanes equal those that train alone: on random experiments, in any company, wherever they are stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground import Experiment, Trainer, check
from playground.catalog.choice import Array, members
from playground.catalog.datasets.shapes import Circle
from playground.catalog.optimizers import Adam
from playground.catalog.schedules import Exponential
from playground.engine.lanes import cache, layout
from playground.engine.lanes.group import Group, advance, group_key
from playground.engine.setup import Setup
from playground.engine.state import State
from tests.combinations import LONG
from tests.engine.covering import covering_set
from tests.engine.random_experiments import random_experiment

pytestmark = pytest.mark.skipif(not cache.machine_lanes(), reason="this machine has no vectors for lanes")
EXPERIMENTS = 300 if LONG else 40
GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "trajectories.json").read_text())


def setup_of(experiment: Experiment, **changes: Any) -> Setup:
    return Setup(check(experiment.with_(changes)))


def small(**changes: Any) -> Experiment:
    """A network with something of everything that a lane remembers."""
    experiment = Experiment(precision="float32", data=Circle(points=80, noise=0.2)).with_(
        {
            "layers": "6-5",
            "layers.0.dropout": 0.2,
            "regularizer": "l2",
            "training.optimizer": "adam",
            "training.batch_size": 7,
            "training.batching": "carry",
            "training.schedule": Exponential(gamma=0.97),
            "training.weight_noise": 0.001,
            "training.clip_norm": 0.5,
        }
    )
    return check(experiment.with_(changes))


def same_place(state: State) -> tuple[Any, ...]:
    """Everything countable that training has come to."""
    counts = (state.step, state.epoch, state.position, state.carried_points, state.optimizer_steps)
    return (*counts, state.pruned.tolist(), state.plateau.reductions, state.stopping.bad_epochs, state.stopping.stopped)


def numbers(state: State) -> Array:
    """All numbers of a state in a row."""
    return np.concatenate([state.parameters, state.gradient, state.update, state.slots.ravel(), state.carried])


def trained(group: Group, lane: int, **limits: Any) -> State:
    advance([group], **limits)
    return group.take(lane)


def distance(found: Array, expected: Array) -> float:
    """The largest difference, as a share of the largest number there is."""
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300))


CHAOTIC = {48: 100}
"""Where rounding grows by twelve powers of ten in 4,000 updates, how many times apart engines may be is chance."""


# Equality -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(EXPERIMENTS))
def test_fifty_epochs_in_float64_equal_those_of_the_other_engines(number: int) -> None:
    experiment = random_experiment(number, "float64")
    group = Group(Setup(experiment))
    lane = group.add(Setup(experiment))
    state = trained(group, lane, epochs=50)
    fast, slow = (Trainer(experiment, engine=engine) for engine in ("compiled", "reference"))
    fast.advance(epochs=50)
    slow.advance(epochs=50 if LONG else 5)
    if not LONG:
        slow.state.parameters = fast.state.parameters
    allowed = max(1e-9, CHAOTIC.get(number, 10) * distance(slow.state.parameters, fast.state.parameters))
    assert distance(state.parameters, fast.state.parameters) <= allowed
    assert same_place(state) == same_place(fast.state)
    assert group.status(lane).replace("running", "ready") == fast.status
    rows = fast.history.view()[1:, :7]
    np.testing.assert_allclose(group.history(lane)[:, :7], rows, rtol=max(1e-6, allowed), atol=max(1e-6, allowed))
    np.testing.assert_allclose(
        [np.nan if value is None else value for value in group.evaluation(lane)],
        fast.evaluation.numbers,
        rtol=max(1e-6, allowed),
        atol=max(1e-6, allowed),
    )


@pytest.mark.parametrize("number", range(0, EXPERIMENTS, 2))
def test_float32_is_as_near_to_the_compiled_engine_as_the_reference_is(number: int) -> None:
    experiment = random_experiment(number, "float32")
    group = Group(Setup(experiment))
    lane = group.add(Setup(experiment))
    state = trained(group, lane, updates=10)
    fast, slow = (Trainer(experiment, engine=engine) for engine in ("compiled", "reference"))
    fast.advance(steps=10)
    slow.advance(steps=10)
    allowed = max(1e-5, 10 * distance(slow.state.parameters, fast.state.parameters))
    assert distance(state.parameters, fast.state.parameters) <= allowed
    assert same_place(state) == same_place(fast.state)


@pytest.mark.parametrize("place", range(0, len(GOLDEN), 1 if LONG else 4))
def test_a_lane_follows_the_trajectories_of_pytorch(place: int) -> None:
    setup = Setup(covering_set()[place])
    group = Group(setup)
    lane = group.add(setup)
    state = trained(group, lane, updates=200)
    epochs = group.history(lane)
    losses = dict(zip(epochs[:, 1], epochs[:, 3], strict=True))
    for number, loss in enumerate(GOLDEN[place]["losses"]):
        step = 4 * 10 * (number + 1)
        if step in losses:
            assert losses[step] == pytest.approx(loss, rel=1e-9, abs=1e-9)
    for layer_number, layer in enumerate(setup.network.layers):
        for name, values in layer.named(state.parameters).items():
            expected = GOLDEN[place]["parameters"].get(f"{name}{layer_number}")
            if expected is not None:
                np.testing.assert_allclose(values, np.reshape(expected, values.shape), rtol=1e-9, atol=1e-9)


def test_the_gradient_of_a_lane_is_that_of_finite_differences() -> None:
    experiment = check(
        Experiment(precision="float64", data=Circle(points=12, validation_fraction=0)).with_(
            {"layers": "3-3", "training.batch_size": 0, "training.optimizer": "sgd", "training.learning_rate": 1e-9}
        )
    )
    setup = Setup(experiment)
    group = Group(setup)
    start = group.take(group.add(setup))
    gradient = trained(group, 0, updates=1).gradient

    def loss(parameters: Array) -> float:
        lane = Group(setup)
        state = start.copy()
        state.parameters = parameters
        lane.add(setup, state)
        lane.measure()
        value = lane.evaluation(0).train_loss
        assert value is not None
        return value

    for k in range(len(gradient)):
        step = np.zeros_like(gradient)
        step[k] = 1e-5
        slope = (loss(start.parameters + step) - loss(start.parameters - step)) / 2e-5
        assert gradient[k] == pytest.approx(slope, rel=1e-6, abs=1e-9)


# Bits -----------------------------------------------------------------------------------------------------------


def company() -> list[Setup]:
    """Networks that may be neighbours: other seeds, rates, points and settings."""
    setups = [Setup(small())]
    for k in range(1, 22):
        changes = {
            "seed": k % 5, "training.learning_rate": 0.002 * k, "layers.0.dropout": 0.02 * k, "data.seed": k % 3,
            "regularizer.strength": 0.001 * k, "training.optimizer": Adam(beta1=0.04 * k),
            "training.clip_norm": 0.1 * k,
        }  # fmt: skip
        setups.append(Setup(small(**changes), setups[0]))
    return setups


def test_a_network_has_the_same_bits_in_any_company_at_any_place_and_on_any_number_of_threads() -> None:
    setups = company()
    alone = [Group(setups[0]) for _ in setups]
    for group, setup in zip(alone, setups, strict=True):
        group.add(setup)
        advance([group], epochs=6)
    for order, threads in ((list(range(22)), 1), (list(range(21, -1, -1)), 2)):
        group = Group(setups[0])
        lanes = {k: group.add(setups[k]) for k in order}
        made = advance([group], epochs=6, threads=threads)
        assert made == sum(group.step(lane) for lane in lanes.values())
        for k, lane in lanes.items():
            np.testing.assert_array_equal(numbers(group.take(lane)), numbers(alone[k].take(0)))
            np.testing.assert_array_equal(group.history(lane)[:, :7], alone[k].history(0)[:, :7])


def test_lanes_that_share_a_seed_have_the_bits_of_those_that_do_not() -> None:
    first = Setup(small())
    rates = [0.001 * (k + 1) for k in range(9)]
    setups = [Setup(small(**{"training.learning_rate": rate}), first) for rate in rates]
    together, mixed = Group(first), Group(first)
    lanes = [together.add(setup) for setup in setups]
    mixed.add(Setup(small(seed=99), first))
    others = [mixed.add(setup) for setup in setups]
    advance([together, mixed], epochs=5)
    for lane, other in zip(lanes, others, strict=True):
        np.testing.assert_array_equal(numbers(together.take(lane)), numbers(mixed.take(other)))


@pytest.mark.parametrize("normalization", ["none", "layer", "batch"])
def test_large_batches_taken_piece_by_piece_have_the_bits_of_whole_ones(
    normalization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"data.points": 240, "training.batch_size": 90, "layers.1.normalization": normalization}
    setup = Setup(small(**changes))
    pieces = Group(setup)
    monkeypatch.setattr(layout, "MOST_AT_ONCE", 10_000)
    whole = Group(setup)
    assert (pieces.room().space.size < whole.room().space.size) == (normalization != "batch")
    for group in (pieces, whole):
        group.add(setup)
        advance([group], epochs=6)
    np.testing.assert_array_equal(numbers(pieces.take(0)), numbers(whole.take(0)))
    np.testing.assert_array_equal(pieces.history(0)[:, :7], whole.history(0)[:, :7])
    found, expected = pieces.gradients(0), whole.gradients(0)
    assert found is not None and expected is not None
    np.testing.assert_array_equal(found.delta_rms, expected.delta_rms)


def test_training_in_pieces_changes_no_bit() -> None:
    setups = company()[:3]
    whole, pieces = Group(setups[0]), Group(setups[0])
    for setup in setups:
        whole.add(setup)
        pieces.add(setup)
    advance([whole], updates=60)
    for updates in (1, 7, 22, 30):
        advance([pieces], updates=updates)
    for lane in whole.lanes:
        np.testing.assert_array_equal(numbers(whole.take(lane)), numbers(pieces.take(lane)))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_lane_becomes_a_run_and_a_run_a_lane(precision: str) -> None:
    experiment = check(small().with_(precision=precision))
    setup = Setup(experiment)
    whole, first, second = Group(setup), Group(setup), Group(setup)
    whole.add(setup)
    first.add(setup)
    advance([whole], updates=40)
    advance([first], updates=17)
    second.add(setup, first.take(0))
    advance([second], updates=23)
    np.testing.assert_array_equal(numbers(second.take(0)), numbers(whole.take(0)))
    assert same_place(second.take(0)) == same_place(whole.take(0))


def test_newcomers_take_the_same_shorter_steps_as_on_the_compiled_engine() -> None:
    experiment = check(small().with_(precision="float64"))
    setup, fast = Setup(experiment), Trainer(experiment, engine="compiled")
    fast.state.rate_factors = np.linspace(0.1, 1.0, setup.network.size)
    whole = Group(setup)
    lane, other = whole.add(setup, fast.state.copy()), whole.add(setup)
    fast.advance(steps=30)
    advance([whole], updates=30)
    state = whole.take(lane)
    np.testing.assert_allclose(state.rate_factors, fast.state.rate_factors, rtol=1e-12)
    assert distance(state.parameters, fast.state.parameters) < 1e-9
    alone = Group(setup)
    alone.add(setup)
    advance([alone], updates=30)
    np.testing.assert_array_equal(numbers(whole.take(other)), numbers(alone.take(0)))


def test_train_on_lanes_gives_the_bits_of_a_sweep() -> None:
    setups = company()[:4]
    group = Group(setups[0])
    for setup in setups:
        group.add(setup)
    advance([group], epochs=8)
    for lane, setup in enumerate(setups):
        trainer = Trainer(setup.experiment, engine="lanes")
        trainer.advance(epochs=8)
        assert trainer.engine == "lanes"
        np.testing.assert_array_equal(trainer.state.parameters, group.take(lane).parameters)
        np.testing.assert_array_equal(trainer.history.view()[1:, :7], group.history(lane)[:, :7])


@pytest.mark.skipif(not LONG, reason="compiles whole kernels at other widths")
@pytest.mark.parametrize(
    ("precision", "width"),
    [("float32", 1), ("float32", 4), ("float32", 8), ("float32", 16), ("float64", 2), ("float64", 4), ("float64", 8)],
)
def test_whole_kernels_have_the_same_bits_at_other_widths(precision: str, width: int) -> None:
    first = Setup(check(small().with_(precision=precision)))
    setups = [first, *(Setup(check(one.experiment.with_(precision=precision)), first) for one in company()[1:10])]
    usual, other = Group(setups[0]), Group(setups[0], width=width)
    for setup in setups:
        usual.add(setup)
        other.add(setup)
    started = other.take(0)
    before = numbers(started)
    advance([usual, other], epochs=5)
    np.testing.assert_array_equal(numbers(started), before)
    for lane, second in zip(usual.lanes, other.lanes, strict=True):
        np.testing.assert_array_equal(numbers(usual.take(lane)), numbers(other.take(second)))


# Ends -----------------------------------------------------------------------------------------------------------


EXPLODING = {
    "layers.0.activation": "relu",
    "layers.1.activation": "relu",
    "training.optimizer": "sgd",
    "training.clip_norm": None,
    "training.batching": "partial",
}
"""With a large learning rate."""


def test_lanes_end_each_by_itself_and_can_be_filled_again() -> None:
    experiment = small(**EXPLODING)
    first = Setup(experiment)
    wild = Setup(check(experiment.with_({"training.learning_rate": 1e9})), first)
    group = Group(first)
    lanes = [group.add(Setup(check(experiment.with_({"training.epochs": epochs})), first)) for epochs in (3, 9, 5)]
    broken = group.add(wild)
    advance([group], epochs=4)
    assert [group.status(lane) for lane in lanes] == ["completed", "running", "running"]
    assert group.status(broken) == "diverged"
    fault = group.fault(broken)
    assert fault is not None and np.isfinite(group.take(broken).parameters).all()
    ended = numbers(group.take(lanes[0]))
    group.release(broken)
    newcomer = group.add(Setup(check(experiment.with_({"seed": 77, "training.epochs": 4})), first))
    assert newcomer == broken
    advance([group])
    assert not group.is_running
    assert [group.epoch(lane) for lane in (*lanes, newcomer)] == [3, 9, 5, 4]
    np.testing.assert_array_equal(numbers(group.take(lanes[0])), ended)
    alone = Group(first)
    alone.add(group.member(newcomer))
    advance([alone])
    np.testing.assert_array_equal(numbers(group.take(newcomer)), numbers(alone.take(0)))
    assert len(group.history(newcomer)) == 4


def test_a_neighbour_that_diverges_in_the_middle_of_an_epoch_changes_no_bit() -> None:
    experiment = check(small(**EXPLODING).with_(precision="float64"))
    first = Setup(experiment)
    group, alone = Group(first), Group(first)
    wild = group.add(Setup(check(experiment.with_({"training.learning_rate": 1e9})), first))
    lane = group.add(first)
    alone.add(first)
    advance([group, alone], epochs=4)
    assert wild < lane and group.status(wild) == "diverged" and group.take(wild).position > 0
    assert group.step(lane) == alone.step(0)
    np.testing.assert_array_equal(numbers(group.take(lane)), numbers(alone.take(0)))


def test_divergence_names_what_the_other_engines_name() -> None:
    experiment = small(**EXPLODING, **{"training.learning_rate": 1e9})
    setup = Setup(experiment)
    group = Group(setup)
    group.add(setup)
    advance([group], epochs=20)
    fast = Trainer(experiment, engine="compiled")
    fast.advance(epochs=20)
    fault = group.fault(0)
    assert fault is not None and group.status(0) == fast.status == "diverged"
    assert fault.what in fast.run.record.problem
    assert group.step(0) == fast.state.step


def test_early_stopping_brings_the_best_weights_back_and_measures_them() -> None:
    experiment = small(
        **{
            "training.early_stopping": {"patience": 2},
            "training.learning_rate": 0.05,
            "training.weight_noise": 0.05,
            "training.epochs": 60,
        }
    )
    group = Group(Setup(experiment))
    lane = group.add(Setup(experiment))
    advance([group])
    trainer = Trainer(experiment, engine="lanes")
    trainer.advance()
    assert group.status(lane) == trainer.status == "stopped_early"
    np.testing.assert_array_equal(group.take(lane).parameters, trainer.state.parameters)
    assert group.evaluation(lane) == trainer.evaluation
    best = np.nanmin(group.history(lane)[:, 4])
    assert group.evaluation(lane).validation_loss == best


def test_only_like_networks_are_neighbours() -> None:
    one, other = Setup(small()), Setup(small(layers="6-6"))
    assert group_key(one) != group_key(other)
    with pytest.raises(ValueError, match="another group"):
        Group(one).add(other)
    group = Group(one)
    group.add(one)
    advance([group], updates=2)
    ahead = group.take(0)
    lane = group.add(one)
    assert lane == group.width
    with pytest.raises(ValueError, match="another point of their epoch"):
        group.put(lane + 1, one, ahead)


def test_what_lanes_cannot_do_the_compiled_engine_does(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(cache, "machine_lanes", lambda: 0)
    trainer = Trainer(small(), engine="lanes")
    assert trainer.engine == "compiled"
    assert "no fused multiply-add" in capsys.readouterr().err


def test_all_optimizers_have_lanes() -> None:
    for kind in members(type(Adam()).__mro__[1]):
        setup = Setup(small(**{"training.optimizer": kind}))
        group = Group(setup)
        group.add(setup)
        advance([group], epochs=1)
        assert group.gradients(0) is not None
