"""Other starts of an experiment: they are the runs of their seeds, and what is said of luck is what they came to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.engine.lanes import cache
from playground.files.errors import CancelledError
from playground.measure.snapshot import History
from playground.studies.luck import OtherStarts
from playground.studies.results import Share
from playground.studies.training import never

needs_lanes = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


def of(trainer: Trainer) -> History:
    return History(*trainer.history.view().T)


@needs_lanes
def test_other_starts_end_where_the_runs_of_their_seeds_do(experiment: Experiment) -> None:
    chosen = experiment.with_(precision="float32")
    starts, run = OtherStarts(chosen), Trainer(chosen, engine="lanes")
    for epoch in (4, 10):
        starts.advance(epoch, never)
    run.advance(epochs=10)
    alone = [Trainer(chosen.with_(seed=chosen.seed + k), engine="lanes") for k in range(1, 15)]
    for one in alone:
        one.advance(epochs=10)
    luck = starts.luck(of(run))
    losses = np.sort([of(one).validation_loss for one in alone], axis=0)
    np.testing.assert_array_equal(luck.median, losses[6])
    assert luck.better_than == sum(losses[:, -1] > run.evaluation.validation_loss)
    assert luck.solved == sum(one.evaluation.validation_accuracy >= 0.95 for one in (run, *alone))
    assert luck.epoch == 10 and luck.starts == 14 and not luck.diverged


@needs_lanes
def test_runs_are_judged_by_the_mean_of_the_last_tenth_of_their_epochs(experiment: Experiment) -> None:
    chosen = experiment.with_({"precision": "float32", "training.learning_rate": 0.3})
    starts, run = OtherStarts(chosen), Trainer(chosen, engine="lanes")
    starts.advance(60, never)
    run.advance(epochs=60)
    luck = starts.luck(of(run))
    assert (luck.since, luck.epoch) == (55, 60)
    alone = [Trainer(chosen.with_(seed=chosen.seed + k), engine="lanes") for k in range(1, 15)]
    for one in alone:
        one.advance(epochs=60)
    own, *others = (of(one) for one in (run, *alone))
    assert luck.better_than == sum(one.validation_loss[55:].mean() > own.validation_loss[55:].mean() for one in others)
    assert luck.solved == sum(one.validation_accuracy[55:].mean() >= 0.95 for one in (own, *others))
    assert "other starts over epochs 55 to 60. " in luck.sentence
    assert " of all 15 reach a mean validation accuracy of 95 % (" in luck.sentence
    assert luck.small_print.startswith(
        "Compared by mean validation loss over epochs 55 to 60; the goal is a mean validation "
    )


@needs_lanes
def test_a_run_with_few_rows_is_judged_by_the_latest_one_up_to_the_epoch_of_the_starts(experiment: Experiment) -> None:
    chosen = experiment.with_(precision="float32")
    starts, run = OtherStarts(chosen), Trainer(chosen, engine="lanes")
    starts.advance(10, never)
    run.advance(epochs=40)
    # Of a long run only a row now and then is kept.
    kept = History(*(column[[0, 40]] for column in of(run)))
    kept.validation_loss[:] = 1e9, 0
    assert starts.luck(kept).better_than == 0


@needs_lanes
def test_starts_that_diverge_are_counted_and_leave_the_band_open() -> None:
    wild = {"data": "plane", "layers": "", "training.learning_rate": 1e8, "training.optimizer": "sgd"}
    chosen = Experiment().with_(wild)
    starts, run = OtherStarts(chosen), Trainer(chosen, engine="lanes")
    run.advance(epochs=1)
    starts.advance(5, never)
    luck = starts.luck(of(run))
    assert luck.diverged == 14 and "14 diverged." in luck.sentence
    assert np.isinf(luck.high[-1]) and np.isfinite(luck.high[0])


@needs_lanes
def test_starts_of_a_wide_network_look_for_a_stop_while_they_are_measured_and_do_nothing_after_it() -> None:
    chosen = Experiment().with_({"layers": "128-128-128", "data.points": 1500})
    looks: list[int] = []

    def stop_at(last: float) -> Callable[[], bool]:
        looks.clear()
        return lambda: looks.append(1) or len(looks) >= last

    starts, run = OtherStarts(chosen, stop_at(np.inf)), Trainer(chosen, engine="lanes")
    products = 14 * 1500 * 128**2 * 2
    assert len(looks) > products / 20e6
    with pytest.raises(CancelledError):
        OtherStarts(chosen, stop_at(20))
    assert len(looks) == 20
    run.advance(epochs=1)
    starts.advance(1, never)
    with pytest.raises(CancelledError):
        starts.luck(of(run), stop_at(20), boundaries=True)
    assert len(looks) == 20 and starts.epoch == 1


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.8, 0.95])
def test_the_interval_holds_the_share_as_often_as_it_says(chance: float) -> None:
    coins = np.random.default_rng(7).binomial(15, chance, 4000)
    intervals = [Share.of(int(heads), 15) for heads in coins]
    assert np.mean([one.low <= chance <= one.high for one in intervals]) > 0.92
