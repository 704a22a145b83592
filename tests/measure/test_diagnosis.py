"""What the diagnosis says of experiments that suffer from something, and of ones that don't."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from playground import Experiment, Layer, Snapshot, Trainer, check
from playground.catalog.activations import Tanh
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.catalog.losses import SquaredError
from playground.catalog.normalizations import BatchNormalization, LayerNormalization
from playground.catalog.regularizers import L2
from playground.experiment.paths import with_value
from playground.experiment.rules import convert
from playground.interop.opening import load_preset, preset_paths
from playground.measure.changes import Change
from playground.measure.diagnosis import AT_MOST, CAUSES, EXPLAINED_BY, RULES, comparable_rows, diagnose
from playground.measure.sentences import large_number, loss_words, plain


def after(epochs: int, widths: tuple[int, ...] = (6, 6), activation: str = "tanh", **changed: Any) -> Snapshot:
    other = changed.pop("layer", {})
    layers = [{"units": units, "activation": activation, **other} for units in widths]
    base = {"version": 1, "data": {"kind": "circle", "points": 200, "noise": 0.05}, "layers": layers}
    trainer = Trainer(convert({**base, **changed}), engine="reference")
    trainer.advance(epochs=epochs)
    return trainer.snapshot()


def sgd(rate: float, **other: Any) -> dict[str, Any]:
    return {"optimizer": "sgd", "learning_rate": rate, **other}


FEW = {"kind": "moons", "points": 40, "noise": 0.35}

SUFFERING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "diverged": (
        {"epochs": 5, "data": "plane", "training": sgd(1e5), "activation": "linear"},
        {"epochs": 5, "data": "plane", "training": sgd(0.001), "activation": "linear"},
    ),
    "blown_up": (
        {"epochs": 20, "data": "spiral", "training": {"learning_rate": 1000}},
        {"epochs": 20, "data": "spiral", "training": {"learning_rate": 0.3}},
    ),
    "initialisation": (
        {"epochs": 20, "initializer": "zeros"},
        {"epochs": 20, "initializer": "glorot_uniform"},
    ),
    "too_strong": (
        {"epochs": 10, "regularizer": {"kind": "l2", "strength": 1}},
        {"epochs": 10, "regularizer": {"kind": "l2", "strength": 0.001}},
    ),
    "exploding": (
        {"epochs": 10, "widths": (20,) * 6, "activation": "relu", "initializer": {"kind": "normal", "std": 3},
         "training": {"learning_rate": 1e-6}},
        {"epochs": 10, "widths": (20,) * 6, "activation": "relu", "initializer": "he_normal",
         "training": {"learning_rate": 1e-6}},
    ),
    "vanishing": (
        {"epochs": 10, "widths": (6,) * 6, "activation": "sigmoid", "training": sgd(0.1)},
        {"epochs": 10, "widths": (6,) * 3, "activation": "tanh", "training": sgd(0.1)},
    ),
    "dead": (
        {"epochs": 5, "activation": "relu", "bias": -30},
        {"epochs": 5, "activation": "leaky_relu", "bias": -30},
    ),
    "saturated": (
        {"epochs": 5, "initializer": {"kind": "uniform", "low": 0, "high": 10}, "training": sgd(1e-3)},
        {"epochs": 5, "initializer": "glorot_uniform", "training": sgd(1e-3)},
    ),
    "too_fast": (
        {"epochs": 40, "training": sgd(4, batch_size=8)},
        {"epochs": 40, "training": sgd(0.05, batch_size=8)},
    ),
    "too_slow": (
        {"epochs": 30, "training": sgd(1e-6)},
        {"epochs": 30, "training": sgd(0.1)},
    ),
    "overfitting": (
        {"epochs": 400, "widths": (30, 30), "data": FEW},
        {"epochs": 400, "widths": (3,), "data": {"kind": "moons", "points": 800, "noise": 0.1}},
    ),
    "underfitting": (
        {"epochs": 150, "widths": ()},
        {"epochs": 150, "widths": (8, 8)},
    ),
    "widening": (
        {"epochs": 0, "widths": (2, 4, 8)},
        {"epochs": 0, "widths": (8, 4, 2)},
    ),
}  # fmt: skip


def kinds(snapshot: Snapshot) -> list[str]:
    return [finding.kind for finding in diagnose(snapshot)]


@pytest.mark.parametrize("kind", SUFFERING)
def test_it_is_seen_where_it_is(kind: str) -> None:
    assert kind in kinds(after(**SUFFERING[kind][0]))


@pytest.mark.parametrize("kind", SUFFERING)
def test_it_is_not_seen_where_it_is_not(kind: str) -> None:
    assert kind not in kinds(after(**SUFFERING[kind][1]))


@pytest.mark.parametrize("kind", SUFFERING)
def test_each_sentence_has_its_numbers_and_a_remedy_that_is_allowed(kind: str) -> None:
    snapshot = after(**SUFFERING[kind][0])
    finding = next(one for one in diagnose(snapshot) if one.kind == kind)
    assert any(character.isdigit() for character in finding.text)
    assert finding.text.endswith((".", "reset."))
    assert "nan" not in finding.text
    assert finding.remedy is not None
    assert check(finding.remedy.experiment) != snapshot.experiment
    trainer = Trainer(snapshot.experiment, engine="reference")
    trainer.configure(finding.remedy.experiment)
    trainer.advance(epochs=1)


def test_the_vanishing_preset_is_told_with_its_numbers() -> None:
    trainer = Trainer(load_preset("vanishing-gradients"), engine="reference")
    trainer.advance(epochs=20)
    first = diagnose(trainer.snapshot())[0]
    assert first.kind == "vanishing"
    assert first.text.startswith("The gradient vanishes: layer 1 gets 1/")
    assert "of the gradient of layer 6" in first.text
    assert first.remedy is not None
    assert first.remedy.label == "Use tanh instead of sigmoid"


TRUE_OF_PRESETS = {
    "vanishing-gradients": {"vanishing"},
    "overfitting": {"overfitting"},
    "dropout": {"overfitting"},
    "xor": {"overfitting"},
    "batch-full": {"underfitting"},
    "batch-one": {"saturated"},
    "large-weights": {"saturated"},
    "rate-too-large": {"too_fast"},
    "rate-too-small": {"too_slow"},
    "spiral-sgd": {"underfitting"},
    "zero-weights": {"initialisation"},
}
"""What some presets do suffer from, most of them to show it."""


def run_of(name: str, **changed: Any) -> Iterator[Snapshot]:
    """Some moments of a training of a preset with other values."""
    experiment = load_preset(name)
    for path, value in changed.items():
        experiment = with_value(experiment, path.replace("__", "."), value)
    trainer = Trainer(experiment, engine="compiled")
    for epochs in (1, 2, 12, 45, 140):
        if trainer.advance(epochs=epochs) != "ready":
            break
        yield trainer.snapshot()


@pytest.mark.parametrize("name", preset_paths())
def test_healthy_presets_get_no_alarm(name: str) -> None:
    for snapshot in run_of(name):
        assert set(kinds(snapshot)) <= TRUE_OF_PRESETS.get(name, set())


def says_little(snapshot: Snapshot) -> bool:
    accuracy = snapshot.evaluation.train_accuracy
    return accuracy is not None and accuracy < 0.85 and snapshot.epoch >= 3


@pytest.mark.parametrize("name", preset_paths())
def test_a_learning_rate_of_1_is_named_before_what_it_does_to_gradients(name: str) -> None:
    for snapshot in run_of(name, training__learning_rate=1.0):
        found = diagnose(snapshot)
        # At such a rate processors soon differ, and so does which run still learns in its first epochs.
        if says_little(snapshot) and (found or snapshot.epoch > 3):
            first = found[0]
            assert first.kind in ("too_fast", "blown_up") and "learning rate 1 " in first.text
            assert first.remedy is not None and first.remedy.experiment.training.learning_rate <= 0.1
            assert not {"vanishing", "saturated", "dead", "exploding"} & set(kinds(snapshot))


def test_at_no_moment_is_what_a_learning_rate_of_10_did_to_units_named_instead_of_it() -> None:
    trainer = Trainer(with_rate(load_preset("spiral"), 10.0), engine="reference")
    for steps in (1, 1, 3, 10, 10, 30, 100, 300):
        if trainer.advance(steps=steps) != "ready":
            break
        assert not {"saturated", "dead"} & set(kinds(trainer.snapshot())), trainer.state.step


@pytest.mark.parametrize("path", ["regularizer", "training__weight_decay"])
@pytest.mark.parametrize(
    "name", ["spiral", "circle", "moons", "relu-folds", "healthy-gradients", "vanishing-gradients"]
)
def test_a_far_too_strong_penalty_is_named_before_what_it_does_to_gradients(name: str, path: str) -> None:
    strength = L2(strength=1.0) if path == "regularizer" else 10.0
    for snapshot in run_of(name, **{path: strength}):
        if says_little(snapshot):
            first = diagnose(snapshot)[0]
            assert first.kind == "too_strong" and "λ = 1 " in first.text.replace("weight decay of 10 ", "λ = 1 ")
            assert kinds(snapshot)[1:] == []


def test_a_weaker_penalty_lets_the_network_learn() -> None:
    trainer = Trainer(with_value(load_preset("circle"), "regularizer", L2(strength=1.0)), engine="compiled")
    trainer.advance(epochs=5)
    remedy = diagnose(trainer.snapshot())[0].remedy
    assert remedy is not None
    assert remedy.reset
    trainer = Trainer(remedy.experiment, engine="compiled")
    trainer.advance(epochs=60)
    assert kinds(trainer.snapshot()) == []
    assert trainer.snapshot().evaluation.train_accuracy > 0.9


def exploded() -> Snapshot:
    return after(**SUFFERING["exploding"][0])


def with_gradients(snapshot: Snapshot, sizes: np.ndarray) -> Snapshot:
    return dataclasses.replace(snapshot, gradients=snapshot.gradients._replace(gradient_rms=sizes))


def test_gradients_that_are_small_everywhere_do_not_explode() -> None:
    sizes = exploded().gradients.gradient_rms
    steep = np.where(np.isfinite(sizes), np.geomspace(1000, 1, sizes.shape[1]), sizes)
    assert "exploding" in kinds(with_gradients(exploded(), steep))
    assert "exploding" not in kinds(with_gradients(exploded(), steep / 1e5))


def test_one_batch_with_a_huge_gradient_is_no_explosion() -> None:
    healthy = after(**SUFFERING["exploding"][1])
    sizes = healthy.gradients.gradient_rms.copy()
    sizes[-1] *= 1e9
    assert "exploding" not in kinds(with_gradients(healthy, sizes))


def test_half_the_units_silent_on_a_batch_is_no_alarm_while_the_loss_falls() -> None:
    trainer = Trainer(load_preset("checkerboard"), engine="reference")
    trainer.advance(epochs=15)
    assert max(layer.dead for layer in trainer.snapshot().layers) > 0.5
    assert kinds(trainer.snapshot()) == []


@pytest.mark.parametrize("kind", SUFFERING)
def test_numbers_can_be_read(kind: str) -> None:
    for finding in diagnose(after(**SUFFERING[kind][0])):
        # Tiny losses are written as in the header: 3.4e-9.
        assert not re.search(r"\de(\+|-0)|\d%", finding.text), finding.text


def test_next_to_nothing_is_said_in_words() -> None:
    snapshot = after(10, widths=(6,) * 9, activation="sigmoid", training=sgd(0.1), features=["x1"])
    sizes = snapshot.gradients.gradient_rms * np.geomspace(1e-18, 1, 10)
    finding = diagnose(with_gradients(snapshot, sizes))[0]
    assert (
        finding.text
        == "The gradient vanishes: layer 1 gets practically none of the gradient of layer 9, so it hardly learns."
    )


@pytest.mark.parametrize("widths", [(), (1,), (5, 5, 5)])
def test_nothing_is_said_before_training(widths: tuple[int, ...]) -> None:
    assert kinds(after(0, widths)) == []


def with_rate(experiment: Experiment, rate: float) -> Experiment:
    return replace(experiment, training=replace(experiment.training, learning_rate=rate))


def raised_on_the_way(name: str, engine: Any = "reference") -> Trainer:
    """A preset that was trained well and then got a learning rate of 1000."""
    trainer = Trainer(load_preset(name), engine=engine)
    trainer.advance(epochs=40)
    trainer.configure(with_rate(trainer.experiment, 1000), title="learning rate 1000")
    return trainer


@pytest.mark.parametrize("epochs", [1, 2, 5, 20])
def test_a_learning_rate_that_destroyed_the_network_is_named_before_what_it_did(epochs: int) -> None:
    trainer = raised_on_the_way("spiral")
    trainer.advance(epochs=epochs)
    snapshot = trainer.snapshot()
    assert max(layer.saturated for layer in snapshot.layers) > 0.9
    found = diagnose(snapshot)
    assert [one.kind for one in found] == ["blown_up"]
    assert "learning rate 1000 " in found[0].text and "since epoch 40 " in found[0].text
    remedy = found[0].remedy
    assert remedy is not None and remedy.reset
    assert remedy.experiment.training.learning_rate == load_preset("spiral").training.learning_rate


def test_in_the_epoch_of_the_change_saturation_is_not_blamed() -> None:
    trainer = raised_on_the_way("spiral")
    trainer.advance(steps=3)
    assert max(layer.saturated for layer in trainer.snapshot().layers) > 0.9
    assert kinds(trainer.snapshot()) == []


def test_without_a_rate_that_worked_the_remedy_is_one_that_suits_most() -> None:
    remedy = diagnose(after(20, data="spiral", training={"learning_rate": 1000}))[0].remedy
    assert remedy is not None and remedy.experiment.training.learning_rate == 0.1


def test_a_schedule_keeps_its_shape_in_the_remedy() -> None:
    trainer = Trainer(load_preset("hills"), engine="reference")
    halving = sgd(0.04, schedule={"kind": "step", "step_size": 10, "gamma": 0.5})
    layers = [{"units": 8}, {"units": 8}]
    trainer.configure(convert({"version": 1, "data": "hills", "layers": layers, "training": halving}))
    trainer.advance(epochs=15)
    trainer.configure(with_rate(trainer.experiment, 1000))
    assert trainer.advance(epochs=5) == "diverged"
    remedy = diagnose(trainer.snapshot())[0].remedy
    assert remedy is not None and remedy.experiment.training.learning_rate == pytest.approx(0.04)


TABLE = "a,b,c\n" + "\n".join(f"{k % 7},{k % 5},{k % 2}" for k in range(60))


@pytest.mark.parametrize(
    ("path", "value", "goes_on"),
    [
        ("training.learning_rate", 0.02, True),
        ("training.batch_size", 7, True),
        ("training.optimizer.beta1", 0.5, True),
        ("training.schedule.warmup", 3, True),
        ("name", "no other data", True),
        ("layers.0.normalization", BatchNormalization(), False),
        ("layers.0.normalization", LayerNormalization(), False),
        ("data", "batch-7.csv", False),
        ("data.noise", 0.5, False),
        ("data.seed", 7, False),
        ("loss", SquaredError(), False),
        ("layers.0.id", "learning rate", False),
        ("training.weight_decay", 0.1, False),
    ],
)
def test_losses_are_compared_as_long_as_only_the_way_of_learning_changes(
    tmp_path: Path, path: str, value: Any, goes_on: bool
) -> None:
    trainer = Trainer(Experiment(layers=(Layer(4, Tanh(), id="A"),)), engine="reference")
    trainer.advance(epochs=5)
    if value == "batch-7.csv":
        (tmp_path / value).write_text(TABLE)
        value = Table(path=str(tmp_path / value), x1="a", x2="b", target="c")
    # Whatever it is called.
    for title in ("", "learning rate", "batch normalization"):
        trainer.configure(with_value(trainer.experiment, path, value), title=title)
    trainer.advance(epochs=3)
    snapshot = trainer.snapshot()
    compared = snapshot.history.epoch[comparable_rows(snapshot)]
    assert compared.tolist() == ([0, 1, 2, 3, 4, 5, 6, 7, 8] if goes_on else [6, 7, 8])


def test_a_weight_set_by_hand_begins_a_new_comparison() -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.advance(epochs=5)
    trainer.set_weight("W0", (0, 0), 3.0)
    trainer.advance(epochs=2)
    snapshot = trainer.snapshot()
    assert snapshot.history.epoch[comparable_rows(snapshot)].tolist() == [6, 7]


def test_a_change_of_which_no_more_than_a_label_is_known_begins_a_new_comparison() -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.advance(epochs=8)
    known = trainer.snapshot()
    snapshot = dataclasses.replace(known, changes=(Change(int(known.history.step[5]), 5.0, 0.0, "learning rate 0.02"),))
    assert snapshot.history.epoch[comparable_rows(snapshot)].tolist() == [6, 7, 8]
    assert comparable_rows(known) == slice(0, None)


def test_what_a_drag_went_through_is_not_forgotten_when_it_ends_where_it_began() -> None:
    trainer = Trainer(Experiment(), engine="reference")
    for noise in (0.0, 0.5, 0.2, 0.0):
        trainer.advance(epochs=2)
        trainer.configure(with_value(trainer.experiment, "data.noise", noise), title="noise", goes_on=True)
    (change,) = trainer.run.record.changes
    assert change.differences == (("data.noise", 0.0, 0.0),)
    trainer.advance(epochs=2)
    snapshot = trainer.snapshot()
    assert snapshot.history.epoch[comparable_rows(snapshot)].tolist() == [9, 10]


def test_after_a_divergence_what_differs_from_the_healthy_moment_is_on_record() -> None:
    trainer = Trainer(convert({"version": 1, "data": "plane", "training": sgd(0.001)}), engine="reference")
    trainer.advance(epochs=10)
    noisy = replace(trainer.experiment, data=replace(trainer.experiment.data, noise=0.3))
    trainer.configure(with_rate(noisy, 1e5))
    assert trainer.advance(epochs=20) == "diverged"
    trainer.configure(with_rate(trainer.experiment, 0.01))
    assert not trainer.run.record.changes[-1].leaves_losses_comparable
    assert [one.path for one in trainer.run.record.changes[-1].differences or ()] == [
        "data.noise",
        "training.learning_rate",
    ]


def test_other_data_make_the_loss_jump_without_blame() -> None:
    trainer = Trainer(load_preset("circle"), engine="reference")
    trainer.advance(epochs=100)
    changed = replace(trainer.experiment, data=replace(trainer.experiment.data, label_noise=0.5))
    trainer.configure(changed, title="label noise 0.5")
    for _ in range(4):
        trainer.advance(epochs=1)
        losses = trainer.snapshot().history.train_loss
        assert losses[-1] > 20 * losses.min()
        assert not {"blown_up", "too_fast"} & set(kinds(trainer.snapshot()))


def test_what_is_perfect_or_small_is_no_overfitting() -> None:
    trainer = Trainer(load_preset("circle"), engine="reference")
    for _ in range(8):
        trainer.advance(epochs=50)
        validation = trainer.snapshot().history.validation_loss
        assert kinds(trainer.snapshot()) == []
    assert validation[-5:].mean() > 1.2 * validation.min()


@pytest.mark.parametrize(("epochs", "overfits"), [(1, False), (12, True)])
def test_a_single_good_epoch_of_a_flat_noisy_curve_is_no_turning_point(epochs: int, overfits: bool) -> None:
    sick = after(**SUFFERING["overfitting"][0])
    rows = np.arange(len(sick.history.epoch))
    losses = np.where((rows >= 100) & (rows < 100 + epochs), 0.1, 0.2)
    history = sick.history._replace(validation_loss=losses, validation_accuracy=np.full(len(rows), 0.85))
    evaluation = sick.evaluation._replace(validation_loss=0.2, validation_accuracy=0.85)
    found = kinds(dataclasses.replace(sick, history=history, evaluation=evaluation))
    assert ("overfitting" in found) == overfits


def test_a_fit_that_gets_better_with_small_jumps_is_not_too_fast() -> None:
    trainer = Trainer(load_preset("hills"), engine="reference")
    for _ in range(30):
        trainer.advance(epochs=5)
        assert kinds(trainer.snapshot()) == []


def drawn(x1: tuple[float, ...], x2: tuple[float, ...], target: tuple[int, ...], **layer: Any) -> Trainer:
    layers = [{"units": 4, "activation": "tanh", **layer}] * 3
    experiment = convert({"version": 1, "layers": layers, "training": {"batch_size": 2}})
    trainer = Trainer(
        replace(experiment, data=UserPoints(x1=x1, x2=x2, target=target, validation_fraction=0.0)), engine="reference"
    )
    trainer.advance(epochs=80)
    return trainer


def test_of_a_cleared_drawing_nothing_is_said() -> None:
    assert kinds(drawn((0.0,), (0.0,), (0,)).snapshot()) == []
    assert kinds(drawn((1.0, 0.0), (2.0, 0.0), (0, 1), activation="sigmoid").snapshot()) == []


@pytest.mark.parametrize("name", ["spiral", "vanishing-gradients", "hills"])
def test_of_a_drawing_that_is_cleared_in_the_middle_of_a_run_nothing_is_said(name: str) -> None:
    trainer = Trainer(load_preset(name), engine="reference")
    trainer.advance(epochs=20)
    trainer.configure(replace(trainer.experiment, data=UserPoints()), title="drawing")
    for _ in range(20):
        trainer.advance(epochs=20)
        assert kinds(trainer.snapshot()) == []


def test_weights_without_input_are_no_sign_of_a_vanishing_gradient() -> None:
    trainer = drawn((0.0,) * 8, (0.0,) * 8, (0, 1) * 4)
    sizes = trainer.snapshot().gradients.gradient_rms[-1]
    assert sizes[0] == 0 < sizes[2]
    assert "vanishing" not in kinds(trainer.snapshot())


def deep_sigmoid(muted: int | None = None) -> Experiment:
    layers = [{"units": 6, "activation": "sigmoid", "muted": place == muted} for place in range(9)]
    features = ["x1", "x2", "x1_squared", "x2_squared", "x1_x2", "radius"]
    return convert({"version": 1, "layers": layers, "features": features, "training": sgd(0.1)})


@pytest.mark.parametrize("muted", [0, 2, 8])
def test_a_muted_layer_is_left_out_when_gradients_are_compared(muted: int) -> None:
    trainer = Trainer(deep_sigmoid(muted), engine="reference")
    trainer.advance(epochs=10)
    found = diagnose(trainer.snapshot())[0]
    assert found.kind == "vanishing" and "nothing" not in found.text
    assert f"layer {muted + 1} " not in found.text and not found.text.endswith(f"layer {muted + 1}.")


def test_a_layer_that_was_muted_has_not_vanished() -> None:
    healthy = {"version": 1, "features": ["x1", "x2"], "training": sgd(0.1)}
    layers = [{"units": 2, "activation": "tanh", "muted": muted} for muted in (True, False, False)]
    trainer = Trainer(convert({**healthy, "layers": layers}), engine="reference")
    trainer.advance(epochs=30)
    trainer.configure(convert({**healthy, "layers": [{**layer, "muted": False} for layer in layers]}), title="muted")
    for _ in range(5):
        trainer.advance(epochs=1)
        assert "vanishing" not in kinds(trainer.snapshot())


def test_a_remedy_that_helps_silences_its_finding_at_once() -> None:
    trainer = Trainer(load_preset("vanishing-gradients"), engine="reference")
    trainer.advance(epochs=20)
    remedy = diagnose(trainer.snapshot())[0].remedy
    assert remedy is not None
    trainer.configure(remedy.experiment, title=remedy.label)
    for _ in range(8):
        trainer.advance(epochs=1)
        assert "vanishing" not in kinds(trainer.snapshot())


def test_there_are_at_most_three_and_symptoms_wait_for_their_causes() -> None:
    assert AT_MOST == 3
    names = {rule.__name__ for rule in RULES}
    assert names >= CAUSES | EXPLAINED_BY.keys()
    for snapshot in (after(**case[0]) for case in SUFFERING.values()):
        assert len(diagnose(snapshot)) <= 3


def test_a_regression_that_underfits_speaks_of_r_squared() -> None:
    found = diagnose(after(200, (), data={"kind": "ripple", "points": 300}))
    assert any("R² is" in finding.text for finding in found)
    assert np.all([finding.kind == "underfitting" for finding in found])


def test_numbers_in_sentences_are_true_at_any_size() -> None:
    numbers = {0.0: "0", 3.2e-7: "0.00000032", 0.01234: "0.0123", 123456: "123000", 999_600: "1 million",
               2.5e6: "2.5 million", -2.5e6: "-2.5 million", 1e9: "1 billion", 3.4e15: "3.4e15"}  # fmt: skip
    assert [plain(number) for number in numbers] == list(numbers.values()) and plain(np.inf) == "infinity"
    large = {1.25: "1.2", 35_123: "35,000", 994_000: "990,000", 1e6: "1 million", 1.26e7: "13 million"}
    assert [large_number(number) for number in large] == list(large.values())


@pytest.mark.parametrize(("rate", "words"), [(0.0, "0.01"), (1e-6, "0.00001")])
def test_a_remedy_of_a_higher_rate_says_the_rate_that_it_sets(rate: float, words: str) -> None:
    (found,) = (one for one in diagnose(after(30, data="spiral", training=sgd(rate))) if one.kind == "too_slow")
    assert found.remedy is not None and found.remedy.words == f"Learning rate {words}"
    assert found.remedy.experiment.training.learning_rate == pytest.approx(float(words))


def test_losses_in_sentences_are_short_at_any_size() -> None:
    losses = {0.0: "0", 3.4e-9: "3.4e-9", 0.0123456: "0.0123", 0.5: "0.5", 1234.5: "1,230", 2e7: "2.0e7"}
    assert [loss_words(loss) for loss in losses] == list(losses.values())
    assert loss_words(np.inf) == "infinity" and loss_words(0.04567, 2) == "0.046" and loss_words(123.4, 2) == "120"
