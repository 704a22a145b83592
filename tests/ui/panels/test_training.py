"""The training panel by real mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint

from playground import Experiment, Training
from playground.catalog.datasets.shapes import TiltedPlane
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.catalog.optimizers import Momentum, RmsProp
from playground.catalog.regularizers import L1, L2
from tests.ui import hands
from ui.forms.rows import formula_lines
from ui.panels.training import TrainingPanel


@pytest.fixture
def owner(own: Callable):
    return own(TrainingPanel(), Experiment())


def pick(owner, name: str, text: str) -> None:
    combo = owner.find(name)
    combo.setCurrentIndex(combo.findText(text))


def test_a_drag_of_the_learning_rate_is_one_run(owner) -> None:
    slider = owner.find("training.learning_rate.slider")
    start = slider.handle().center().toPoint()
    hands.drag(slider, start, start + QPoint(56, 0))
    assert [changing for _, changing in owner.asked].count(False) == 1
    assert owner.asked[-1] == (f"learning rate {owner.experiment.training.learning_rate:g}", False)
    assert owner.experiment.training.learning_rate > 0.05


def test_automatic_loss_says_what_it_is(owner) -> None:
    combo = owner.find("loss")
    assert combo.currentText() == "Auto (cross-entropy)"
    assert owner.find("loss.formula").text().splitlines() == formula_lines(CrossEntropy.formula)
    owner.panel.show_experiment(Experiment(data=TiltedPlane()))
    assert combo.currentText() == "Auto (squared error)"
    assert owner.find("loss.formula").text() == SquaredError.formula
    pick(owner, "loss", "Squared error")
    assert owner.experiment.loss == SquaredError()
    output = owner.find("loss.output")
    output.setCurrentIndex(output.findText("Sigmoid"))
    assert owner.experiment.loss == SquaredError(output="sigmoid")
    combo.setCurrentIndex(0)
    assert owner.experiment.loss is None


def test_an_optimizer_brings_its_own_parameters(owner) -> None:
    pick(owner, "training.optimizer", "Momentum")
    assert owner.experiment.training.optimizer == Momentum()
    hands.click(owner.find("training.optimizer.nesterov"), QPoint(12, 12))
    assert owner.experiment.training.optimizer == Momentum(nesterov=True)
    pick(owner, "training.optimizer", "RMSProp")
    assert owner.experiment.training.optimizer == RmsProp()


def test_another_regularizer_starts_from_its_own_strength(owner) -> None:
    pick(owner, "regularizer", "L1")
    entry = owner.find("regularizer.strength")
    hands.fill(entry, "0.02")
    assert owner.experiment.regularizer == L1(strength=0.02)
    pick(owner, "regularizer", "L2")
    assert owner.experiment.regularizer == L2()


def test_batch_size_zero_is_the_full_set(owner) -> None:
    entry = owner.find("training.batch_size")
    hands.fill(entry, "full")
    assert owner.experiment.training.batch_size == 0
    assert entry.text() == "full"
    assert owner.asked == [("batch size full", False)]


def test_what_cannot_matter_with_the_full_set_is_off_and_says_why(owner) -> None:
    training = msgspec.structs.replace(Training(), batch_size=0)
    owner.panel.show_experiment(Experiment(training=training))
    for name in ("training.shuffle", "training.batching"):
        assert not owner.find(name).isEnabled()
        assert "whole set" in owner.find(name).toolTip()
    owner.panel.show_experiment(Experiment())
    assert owner.find("training.shuffle").isEnabled()


def test_the_rest_is_folded_below_more(owner) -> None:
    row = owner.find("training.weight_noise")
    assert not row.isVisible()
    hands.click(owner.find("training.more"))
    assert row.isVisible()
    hands.click(owner.find("precision.float64"))
    assert owner.experiment.precision == "float64"


def test_clipping_can_be_switched_on_and_off(owner) -> None:
    owner.panel.more.button.setChecked(True)
    hands.click(owner.find("training.clip_norm.on"), QPoint(12, 12))
    assert owner.experiment.training.clip_norm == 1
    hands.click(owner.find("training.clip_norm.on"), QPoint(12, 12))
    assert owner.experiment.training.clip_norm is None


def test_an_edit_of_a_place_that_is_gone_is_dropped(owner) -> None:
    owner.panel.ask("training.optimizer.momentum", 0.5)
    assert owner.asked == []


def test_a_run_of_steps_ends_before_any_other_edit(owner) -> None:
    owner.panel.more.button.setChecked(True)
    entry = owner.find("training.batch_size")
    entry.setFocus()
    hands.key(entry, "Up")
    hands.click(owner.find("precision.float64"))
    assert owner.asked == [("batch size 36", True), ("batch size 36", False), ("precision float64", False)]
    assert (owner.experiment.training.batch_size, owner.experiment.precision) == (36, "float64")
