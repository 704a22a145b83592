"""The gallery: every preset stands in it once, its picture is what training gives, and what it says to watch is so."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from playground import Study, Trainer
from playground.interop.gallery import SIDE, GalleryPreset, gallery_groups, thumbnail_fields, trained_field
from playground.interop.opening import load_preset, preset_paths, preset_titles
from playground.studies.results import Results
from playground.studies.running import run_study

PRESETS = {preset.name: preset for group in gallery_groups() for preset in group.presets}


def test_every_preset_stands_in_the_gallery_once() -> None:
    names = [preset.name for group in gallery_groups() for preset in group.presets]
    assert sorted(names) == sorted(preset_paths()) and len(set(names)) == len(names)
    for group in gallery_groups():
        assert group.title and group.story.endswith(".")
        assert all(preset.watch.endswith(".") and preset.epochs > 0 for preset in group.presets)


def test_titles_are_the_names_of_the_experiments() -> None:
    assert preset_titles() == {name: load_preset(name).name for name in preset_paths()}


def test_every_preset_has_a_picture() -> None:
    fields = thumbnail_fields()
    assert set(fields) == set(PRESETS)
    for name, field in fields.items():
        outputs = Trainer(PRESETS[name].experiment, engine="reference").setup.network.layers[-1].units
        assert field.shape == (outputs, SIDE, SIDE) and np.isfinite(field).all(), name


@pytest.mark.parametrize("name", ["gaussians", "rate-too-small", "zero-weights", "plane"])
def test_the_picture_is_what_training_gives(name: str) -> None:
    # Libraries of other machines round differently; these stay close to each other all the same.
    np.testing.assert_allclose(trained_field(PRESETS[name]), thumbnail_fields()[name], atol=0.02)


# What to watch -----------------------------------------------------------------------------------------------------


@cache
def results(name: str) -> Results:
    """What the preset comes to from five starts."""
    preset: GalleryPreset = PRESETS[name]
    return run_study(Study(preset.experiment, seeds=5, epochs=preset.epochs))


def train(name: str) -> float:
    return float(np.median(results(name).column("train_loss")))


def validation(name: str) -> float:
    return float(np.median(results(name).column("validation_loss")))


def accuracy(name: str) -> float:
    return float(np.median(results(name).column("validation_accuracy")))


@pytest.mark.parametrize(
    "name", ["gaussians", "circle", "moons", "wave", "blobs", "rings", "plane", "healthy-gradients"]
)
def test_first_steps_succeed(name: str) -> None:
    assert accuracy(name) > 0.97


def test_one_wide_layer_misses_what_three_narrow_ones_find() -> None:
    assert accuracy("one-layer-spiral") < 0.85 < 0.9 < accuracy("spiral")


def test_gradients_vanish_in_sigmoid_layers_and_not_with_relu() -> None:
    ratios = {}
    for name in ("vanishing-gradients", "healthy-gradients"):
        trainer = Trainer(PRESETS[name].experiment, engine="reference")
        trainer.advance(epochs=2)
        norms = [layer.gradient_rms for layer in trainer.snapshot().layers]
        ratios[name] = norms[0] / norms[-1]
    assert ratios["vanishing-gradients"] < 1e-3 and ratios["healthy-gradients"] > 0.05
    assert train("vanishing-gradients") > 0.69


def test_overfitting_is_seen_and_what_helps_against_it() -> None:
    assert train("overfitting") < 0.001 and validation("overfitting") > 3
    assert set(results("early-stopping").column("status")) == {"stopped_early"}
    assert validation("early-stopping") < 0.2 * validation("overfitting")
    assert validation("weight-penalty") < 4 * train("weight-penalty")


def test_dropout_keeps_the_two_losses_together() -> None:
    assert validation("dropout") < 4 * train("dropout")
    assert validation("without-dropout") > 10 * train("without-dropout")


def test_l1_switches_inputs_off() -> None:
    trainer = Trainer(PRESETS["sparse"].experiment, engine="reference")
    trainer.advance(epochs=300)
    weights = trainer.parameters()["W0"]
    assert (np.abs(weights).max(axis=0) < 0.01).sum() >= 2


def test_smaller_batches_are_faster_per_epoch() -> None:
    assert train("batch-one") < train("batch-ten") < 0.4 * train("batch-full")


def test_the_three_learning_rates_do_what_is_said() -> None:
    assert train("rate-too-small") > 0.66 and train("rate-that-works") < 0.1
    assert train("rate-too-large") > 0.7


def test_optimizers_differ_as_is_said() -> None:
    losses = [train(f"spiral-{name}") for name in ("sgd", "momentum", "rmsprop")]
    assert losses == sorted(losses, reverse=True) and losses[0] > 0.6
    assert train("spiral-adam") < 0.5 * train("spiral-momentum")


def test_initial_weights_decide() -> None:
    assert abs(train("zero-weights") - np.log(2)) < 1e-3
    assert train("large-weights") > 0.3 > 10 * train("glorot-weights")
