"""What is called without effect has none, and what is called impossible is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Layer, Trainer, UserPoints, check
from playground.catalog.activations import Tanh
from playground.catalog.datasets.shapes import Circle, TiltedPlane
from playground.catalog.optimizers import Momentum, Nadam
from playground.catalog.schedules import Plateau
from playground.experiment.applicability import applies_words, obstacle_to, obstacle_to_value
from playground.experiment.paths import field_at
from playground.experiment.rules import possible_paths

CLASSES, VALUES = Circle(points=40, noise=0.2), TiltedPlane(points=40)
RARE = UserPoints(x1=(1.0, 2.0, 3.0, 4.0) * 4, x2=(0.0, 1.0) * 8, target=(0.0,) * 12 + (1.0,) * 4)


def an_experiment(**fields: Any) -> Experiment:
    base = Experiment(data=CLASSES, layers=(Layer(3, Tanh(), id="A"),))
    return base.with_({"precision": "float64", "training.batch_size": 7, "training.learning_rate": 0.1, **fields})


def trained(experiment: Experiment) -> np.ndarray:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=4)
    return trainer.state.parameters


# The setting, another value, and an experiment where it applies; then what makes it pointless.
SETTINGS: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "training.shuffle": (False, {}, {"training.batch_size": 0}),
    "training.batching": ("drop", {}, {"training.batch_size": 0}),
    "data.label_noise": (0.3, {}, {"data": VALUES}),
    "data.stratified": (False, {"data": RARE}, {"data.task": "regression"}),
    "data.scale_target": (False, {"data": RARE, "data.task": "regression"}, {"data.task": "classification"}),
    "loss.class_weights": ("balanced", {"data": RARE, "loss": "squared_error"}, {"data": VALUES}),
    "training.optimizer.nesterov": (
        True,
        {"training.optimizer": Momentum()},
        {"training.optimizer": Momentum(momentum=0.0)},
    ),
    "training.optimizer.momentum_decay": (
        0.5,
        {"training.optimizer": Nadam()},
        {"training.optimizer": Nadam(beta1=0.0)},
    ),
}


@pytest.mark.parametrize("path", SETTINGS)
def test_a_setting_that_is_off_changes_nothing_and_one_that_is_on_does(path: str) -> None:
    value, here, pointless = SETTINGS[path]
    applies, off = an_experiment(**here), an_experiment(**{**here, **pointless})
    for experiment, has_effect in ((applies, True), (off, False)):
        assert (obstacle_to(experiment, path) is None) == has_effect
        # Points in another order are summed with other rounding.
        same = np.allclose(trained(experiment), trained(experiment.with_({path: value})), rtol=1e-5)
        assert same != has_effect


def test_what_cannot_be_switched_on_is_refused() -> None:
    for path in ("layers.0.skip", "layers.0.muted"):
        wide, fitting = an_experiment(), an_experiment(**{"layers.0.units": 2})
        assert obstacle_to(wide, path) and obstacle_to(fitting, path) is None
        check(fitting.with_({path: True}))
        with pytest.raises(InputError):
            check(wide.with_({path: True}))
        # Nothing keeps it from being switched off again.
        assert obstacle_to(fitting.with_({path: True}), path) is None


@pytest.mark.parametrize("data", [CLASSES, VALUES, Circle(validation_fraction=0.0)])
def test_a_value_is_off_exactly_where_the_rules_refuse_it(data: Any) -> None:
    experiment = an_experiment(data=data, **{"training.schedule": Plateau()})
    for path in ("loss", "training.schedule", "training.schedule.watch", "training.early_stopping"):
        field = field_at(experiment, path)
        values = field.values or [member() for member in field.choices] or [field.type()]
        for value in values:
            obstacle = obstacle_to(experiment, path) or obstacle_to_value(
                experiment, path, type(value) if field.choices else value
            )
            try:
                check(experiment.with_({path: value}))
            except InputError:
                assert obstacle, (path, value)
            else:
                assert obstacle is None, (path, value)


def test_every_setting_that_may_be_off_exists_and_is_described() -> None:
    described = {path for path in possible_paths() if applies_words(path)}
    assert described == {*SETTINGS, "layers.0.skip", "layers.0.muted", "training.early_stopping"}
