"""Early stopping in hindsight is what early stopping does, digit for digit."""

from __future__ import annotations

import pytest

from playground import Experiment, Trainer
from playground.measure.early_stopping import early_stopping_in_hindsight


@pytest.fixture
def experiment() -> Experiment:
    few = {"kind": "moons", "points": 60, "noise": 0.35, "validation_fraction": 0.5}
    return Experiment().with_({"data": few, "layers": "16-16", "training.learning_rate": 0.03})


def after(experiment: Experiment, epochs: int) -> Trainer:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=epochs)
    return trainer


def test_it_tells_where_the_run_would_have_ended(experiment: Experiment) -> None:
    run = after(experiment, 150)
    told = early_stopping_in_hindsight(run.snapshot())
    assert told is not None and told.after < told.before == run.evaluation.validation_loss
    stopped = after(told.remedy.experiment, 150)
    assert (stopped.status, stopped.state.epoch) == ("stopped_early", told.stopped)
    assert stopped.evaluation.validation_loss == pytest.approx(told.after)
    assert f"after epoch {told.stopped}" in stopped.snapshot().ending
    assert f"epoch {told.best}." in stopped.snapshot().ending


def test_nothing_is_told_where_the_curve_does_not_tell(experiment: Experiment) -> None:
    assert early_stopping_in_hindsight(after(experiment, 5).snapshot()) is None, "it would go on"
    assert early_stopping_in_hindsight(after(experiment.with_({"training.early_stopping": {}}), 150).snapshot()) is None
    changed = after(experiment, 150)
    changed.configure(experiment.with_({"training.learning_rate": 0.02}))
    assert early_stopping_in_hindsight(changed.snapshot()) is None, "from the start it would be another run"
    for path, value in (("seed", 5), ("initializer", "he_normal"), ("layers.0.initializer", "constant"), ("bias", 0.5)):
        for epochs in (0, 30):
            otherwise = after(experiment, epochs)
            otherwise.configure(experiment.with_({path: value}))
            otherwise.advance(epochs=150 - epochs)
            assert early_stopping_in_hindsight(otherwise.snapshot()) is None, f"{path} would be another start"
    longer = after(experiment, 30)
    longer.configure(experiment.with_({"training.epochs": 500}))
    longer.advance(epochs=120)
    assert early_stopping_in_hindsight(longer.snapshot()) is not None, "that changes no start"
    unwatched = after(experiment.with_({"data.validation_fraction": 0.0}), 40)
    assert early_stopping_in_hindsight(unwatched.snapshot()) is None
    thinned = Trainer(experiment, engine="reference", history_rows=40)
    thinned.advance(epochs=150)
    assert early_stopping_in_hindsight(thinned.snapshot()) is None
