"""The way back after a divergence: to the latest moment at which all was well."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, InputError, Layer, Trainer, Training
from playground.catalog.activations import Relu
from playground.catalog.choice import Array
from playground.catalog.datasets.shapes import Circle, Hills, Spiral, TiltedPlane
from playground.catalog.datasets.table import Table
from playground.catalog.initializers import Uniform
from playground.catalog.losses import SquaredError
from playground.catalog.optimizers import Adam, Sgd
from playground.engine.engine import ENGINES
from playground.experiment.paths import with_value
from playground.measure.diagnosis import diagnose
from playground.run import health
from playground.run.health import Health, Moment

HILLS = Experiment(
    data=Hills(points=300),
    layers=(Layer(8, id="A"), Layer(6, id="B")),
    training=Training(optimizer=Sgd(), learning_rate=0.05),
)


@pytest.fixture(autouse=True)
def at_every_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look after every call of `advance`, however short."""
    monkeypatch.setattr(health, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(health, "_LOOK_REST", 0)


def with_training(experiment: Experiment, **changed: Any) -> Experiment:
    training = msgspec.structs.replace(experiment.training, **changed)
    return msgspec.structs.replace(experiment, training=training)


def trained(experiment: Experiment = HILLS, engine: Any = "reference") -> Trainer:
    """Some epochs, and a little into the next one."""
    trainer = Trainer(experiment, engine=engine)
    trainer.advance(epochs=6)
    trainer.advance(steps=2)
    return trainer


def diverged(trainer: Trainer, steps: int = 1000) -> Trainer:
    """With a learning rate of 1000, until numbers stop being finite."""
    trainer.configure(with_training(trainer.experiment, learning_rate=1000.0), title="learning rate 1000")
    assert trainer.advance(steps=steps) == "diverged"
    return trainer


def loss_of(trainer: Trainer) -> float:
    loss = trainer.evaluate().train_loss
    assert loss is not None
    return loss


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lower_rate_goes_on_from_where_all_was_well(engine: str) -> None:
    trainer = trained(engine=engine)
    step, epoch, before, loss = (
        trainer.state.step,
        trainer.state.epoch,
        trainer.state.parameters.copy(),
        loss_of(trainer),
    )
    rows, gradient_rows = trainer.history.count, trainer.run.record.gradients.count
    diverged(trainer)
    assert np.isfinite(trainer.state.parameters).all()
    assert np.abs(trainer.state.parameters).max() > 1e6
    trainer.configure(with_training(trainer.experiment, learning_rate=0.05), title="learning rate 0.05")
    assert (trainer.status, trainer.state.step, trainer.state.epoch) == ("ready", step, epoch)
    np.testing.assert_array_equal(trainer.state.parameters, before)
    snapshot = trainer.snapshot()
    assert len(snapshot.history.epoch) == rows and len(snapshot.gradients.step) == gradient_rows
    assert snapshot.evaluation.train_loss == pytest.approx(loss)
    assert [change.label for change in snapshot.changes][-1] == "learning rate 0.05"
    assert all(change.step <= step for change in snapshot.changes)
    trainer.advance(epochs=20)
    assert trainer.status == "ready" and loss_of(trainer) < loss
    np.testing.assert_array_equal(trainer.snapshot().history.epoch, range(trainer.state.epoch + 1))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_remedy_of_the_diagnosis_is_the_rate_that_worked(engine: str) -> None:
    trainer = diverged(trained(engine=engine))
    remedy = diagnose(trainer.snapshot())[0].remedy
    assert remedy is not None and not remedy.reset
    assert remedy.experiment.training.learning_rate == 0.05
    trainer.configure(remedy.experiment)
    trainer.advance(epochs=50)
    assert trainer.status == "ready"


@pytest.mark.parametrize("steps_at_a_time", [1, 3, 40])
def test_weights_whose_loss_grew_and_stayed_finite_are_not_taken_for_healthy(steps_at_a_time: int) -> None:
    linear = Experiment(
        data=TiltedPlane(points=100), training=Training(optimizer=Sgd(), learning_rate=0.01, batch_size=0)
    )
    trainer = trained(linear)
    well, loss = trainer.state.step, loss_of(trainer)
    trainer.configure(with_training(linear, learning_rate=0.5))
    while trainer.advance(steps=steps_at_a_time) == "ready":
        pass
    assert trainer.history.view()[:, 3].max() > 1e9
    assert trainer.state.step > well + 20
    trainer.configure(with_training(linear, learning_rate=0.01))
    assert well <= trainer.state.step <= well + 3
    assert loss_of(trainer) < 10 * loss


def test_the_words_say_where_it_goes_on_and_which_rate_was_in_force() -> None:
    trainer = trained()
    step = trainer.state.step
    words = diverged(trainer).snapshot().problem
    assert f"Training stopped at step {trainer.state.step}" in words
    assert "learning rate 1000 " in words
    assert f"continues from step {step:,}," in words
    assert "good weights" not in words


def test_a_rate_that_was_lowered_too_late_is_the_one_to_blame() -> None:
    trainer = trained()
    good_rate = trainer.experiment
    trainer.configure(with_training(good_rate, learning_rate=1000.0))
    trainer.advance(steps=1)
    assert trainer.status == "ready"
    trainer.configure(good_rate)
    trainer.set_parameters({name: np.full(w.shape, 1e30) for name, w in trainer.parameters().items()})
    trainer.advance(steps=50)
    assert trainer.status == "diverged"
    assert "learning rate 1000 " in trainer.snapshot().problem
    assert "0.05" not in trainer.snapshot().problem


def test_taking_the_rate_back_is_enough() -> None:
    trainer = trained()
    good_rate, before = trainer.experiment, trainer.state.parameters.copy()
    diverged(trainer).configure(good_rate, title="undo learning rate 1000")
    np.testing.assert_array_equal(trainer.state.parameters, before)
    assert trainer.advance(epochs=20) == "ready"


def test_play_goes_back_too_with_the_experiment_in_force() -> None:
    trainer = trained()
    step = trainer.state.step
    diverged(trainer).clear_outcome()
    assert (trainer.status, trainer.state.step) == ("ready", step)
    assert trainer.experiment.training.learning_rate == trainer.learning_rate == 1000


def test_a_drag_that_diverges_on_its_way_replaces_no_earlier_change() -> None:
    trainer = trained()
    trainer.configure(with_training(trainer.experiment, batch_size=10), title="batch size 10")
    diverged(trainer)
    trainer.configure(with_training(trainer.experiment, learning_rate=0.01), title="learning rate 0.01", goes_on=True)
    words = [change.label for change in trainer.run.record.changes]
    assert words == ["batch size 10", "learning rate 1000", "learning rate 0.01"]


def spoil(trainer: Trainer) -> None:
    """Weights so large that the loss is finite and no longer bearable."""
    trainer.set_parameters({name: np.full(w.shape, 1e12) for name, w in trainer.parameters().items()})


def test_a_change_of_the_network_since_is_made_again() -> None:
    trainer = trained()
    first, step = trainer.parameters()["W0"].copy(), trainer.state.step
    spoil(trainer)
    grown = (*HILLS.layers[:1], Layer(5, Relu(), id="C"), *HILLS.layers[1:])
    changed = msgspec.structs.replace(trainer.experiment, layers=grown, data=Hills(points=300, noise=0.1))
    trainer.configure(changed)
    diverged(trainer)
    trainer.configure(with_training(trainer.experiment, learning_rate=0.05))
    assert trainer.state.step == step
    np.testing.assert_array_equal(trainer.parameters()["W0"], first)
    assert trainer.experiment.layers == grown and trainer.sample.x.shape == (300, 2)
    snapshot = trainer.snapshot()
    assert snapshot.gradients.gradient_rms.shape[1] == 4
    assert np.isnan(snapshot.gradients.gradient_rms[:, 1]).all()
    assert np.isfinite(snapshot.gradients.gradient_rms[1:, [0, 2, 3]]).all()
    trainer.advance(epochs=5)
    assert trainer.status == "ready"


@pytest.mark.parametrize("change", [{"optimizer": Adam()}, {"batch_size": 7}], ids=["optimizer", "batch"])
def test_another_optimizer_or_batch_goes_on_from_there(change: dict[str, Any]) -> None:
    trainer = diverged(trained())
    trainer.configure(with_training(trainer.experiment, learning_rate=0.01, **change))
    assert trainer.advance(epochs=5) == "ready"


def test_a_table_that_is_gone_does_not_bar_the_way_back(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["a,b,c", *(f"{k % 7},{k % 5},{k % 11 / 10}" for k in range(60))]))
    table = Table(path=str(file), x1="a", x2="b", target="c", task="regression")
    trainer = trained(msgspec.structs.replace(HILLS, data=table))
    step = trainer.state.step
    spoil(trainer)
    trainer.configure(msgspec.structs.replace(trainer.experiment, data=HILLS.data))
    diverged(trainer)
    file.unlink()
    trainer.configure(with_training(trainer.experiment, learning_rate=0.01))
    assert (trainer.status, trainer.state.step, trainer.experiment.data) == ("ready", step, HILLS.data)


def test_another_precision_goes_on_from_there() -> None:
    trainer = diverged(trained())
    changed = msgspec.structs.replace(with_training(trainer.experiment, learning_rate=0.01), precision="float64")
    trainer.configure(changed)
    assert trainer.advance(epochs=5) == "ready" and trainer.state.parameters.dtype == np.float64


def test_a_refused_change_changes_nothing_after_a_divergence_either() -> None:
    trainer = diverged(trained())
    before = trainer.state.parameters.copy()
    with pytest.raises(InputError):
        trainer.configure(with_training(trainer.experiment, learning_rate=-1.0))
    assert trainer.status == "diverged"
    np.testing.assert_array_equal(trainer.state.parameters, before)


def test_a_checkpoint_of_a_divergence_restores_what_was_healthy() -> None:
    trainer = trained()
    before = trainer.state.parameters.copy()
    kept = diverged(trainer).checkpoint()
    other = Trainer(Experiment(data=Spiral()), engine="reference")
    other.restore(kept)
    np.testing.assert_array_equal(other.state.parameters, before)
    assert other.experiment == trainer.experiment


def test_a_layer_removed_after_a_divergence_comes_back_with_its_healthy_weights() -> None:
    trainer = trained()
    whole, before = trainer.experiment, trainer.parameters()["W0"].copy()
    memory = diverged(trainer).checkpoint()
    trainer.configure(msgspec.structs.replace(whole, layers=whole.layers[1:]))
    trainer.configure(whole, memory=memory)
    np.testing.assert_array_equal(trainer.parameters()["W0"], before)


def test_a_restored_moment_whose_loss_had_blown_up_is_none_to_come_back_to() -> None:
    trainer = trained()
    spoil(trainer)
    trainer.restore(trainer.checkpoint())
    assert trainer.run.record.health.moment is None
    fresh = trained()
    fresh.restore(fresh.checkpoint())
    assert fresh.run.record.health.moment is not None


def test_without_a_healthy_moment_nothing_is_promised() -> None:
    start = msgspec.structs.replace(HILLS, initializer=Uniform(low=1e6, high=1e6), layers=(Layer(3, Relu()),) * 9)
    trainer = Trainer(start, engine="reference")
    assert trainer.advance(epochs=1) == "diverged"
    assert "goes on" not in trainer.snapshot().problem
    trainer.configure(with_training(start, learning_rate=1e-6))
    assert trainer.status == "ready"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_said_of_the_network_after_a_divergence_is_measured_on_it(engine: str) -> None:
    trainer = trained(engine=engine)
    earlier = loss_of(trainer)
    now = diverged(trainer).snapshot().evaluation.train_loss
    assert now == trainer.evaluate().train_loss
    assert now is not None and now > 1e6 * earlier


def test_looking_does_not_change_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    looking = trained(msgspec.structs.replace(HILLS, layers=(Layer(8, dropout=0.3),)))
    monkeypatch.setattr(health, "_LOOK_SECONDS", math.inf)
    blind = trained(looking.experiment)
    for trainer in (looking, blind):
        for _ in range(30):
            trainer.advance(steps=1)
    np.testing.assert_array_equal(looking.state.parameters, blind.state.parameters)


def test_looks_are_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_LOOK_SECONDS", 60.0)
    trainer = Trainer(HILLS, engine="reference")
    trainer.advance(steps=100)
    assert trainer.run.record.health.moment is not None and trainer.run.record.health.moment.state.step == 0


@pytest.mark.parametrize(("losses", "kept"), [
    ([0.7, 0.3, 0.05, 0.2], 3),
    ([0.7, 0.01, 0.001, 0.03], 3),
    ([0.7, 0.3, 0.1, 2.0], 2),
    ([0.7, 0.3, 5.0, math.nan, math.inf], 1),
    ([1e4, 5e3, 2e3], 2),
    ([0.7, *[50.0] * 400], 0),
    ([0.7, 0.001, *[0.3] * 200], 201),
])  # fmt: skip
def test_which_moments_are_kept(monkeypatch: pytest.MonkeyPatch, losses: list[float], kept: int) -> None:
    """An output of 0 has the loss log 2 here."""
    trainer = Trainer(Experiment(data=Circle(points=20)), engine="reference")
    watch, waiting = Health(), list(losses)
    measured = health._mean_loss

    def planned(problem: Any, o: Array, targets: Array) -> float:
        return measured(problem, o, targets) if not o.any() else waiting.pop(0)

    monkeypatch.setattr(health, "_mean_loss", planned)
    for number in range(len(losses)):
        state = trainer.state.copy()
        state.step = number
        watch.look(Moment(trainer.setup, state, 0.0), lambda x: np.ones((1, x.shape[1])))
    assert watch.moment is not None and watch.moment.state.step == kept


def test_going_on_after_a_divergence_puts_no_change_on_record_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(health, "_LOOK_REST", 0.0)
    chosen = Experiment(layers=(Layer(4),), loss=SquaredError(output="linear"))
    trainer = Trainer(chosen, engine="reference")
    trainer.advance(steps=10)
    monkeypatch.setattr(health, "_LOOK_SECONDS", 1000.0)
    trainer.configure(with_value(chosen, "training.learning_rate", 1e9))
    for _ in range(2):
        assert trainer.advance(steps=100) == "diverged"
        trainer.clear_outcome()
        assert [change.label for change in trainer.snapshot().changes] == ["learning rate 1,000,000,000"]
