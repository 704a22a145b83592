"""The map of two settings: which pairs are tried, in which order, and what comes of them."""

from __future__ import annotations

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.engine.lanes import cache
from playground.studies.knobs import knob_at
from playground.studies.response_map import MapAxis, ResponseMap, map_axis

RATE, OPTIMIZER, BATCH = "training.learning_rate", "training.optimizer", "training.batch_size"
needs_lanes = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


def axis(experiment: Experiment, path: str, span: tuple[float, float] = (0, 1)) -> MapAxis:
    knob = knob_at(experiment, path)
    assert knob is not None
    return map_axis(knob, span)


def test_a_side_has_the_whole_slider_or_a_part_of_it(experiment: Experiment) -> None:
    whole, part = axis(experiment, RATE), axis(experiment, RATE, (0.5, 0.51))

    assert len(whole.values) > 55 and whole.values[0] == 0 and whole.values[-1] == 10
    assert whole.values[whole.present] == pytest.approx(0.01, rel=0.2)
    assert len(part.values) == 64 and part.values[-1] / part.values[0] < 1.2 and part.present is None
    assert axis(experiment, OPTIMIZER).words(1) == "Momentum"


@needs_lanes
def test_every_pixel_is_what_a_training_of_its_own_gives_bit_for_bit(experiment: Experiment) -> None:
    experiment = experiment.with_(precision="float32", layers="3")
    chart = ResponseMap(experiment, axis(experiment, RATE), axis(experiment, OPTIMIZER), epochs=1)
    first = [row.number for row in chart.train()][:8]

    assert first == [0, 8, 16, 24, 32, 40, 48, 56]
    reading = chart.reading()
    assert reading.is_whole and chart.is_finished
    for number in range(0, len(chart.study), len(chart.study) // 20):
        alone = Trainer(chart.study.member(number).experiment, engine="lanes")
        alone.advance(epochs=1)
        row, column = divmod(number, len(chart.across.values))
        if alone.status == "diverged":
            assert reading.diverged[row, column] and np.isnan(reading.numbers[row, column])
        else:
            assert reading.numbers[row, column] == alone.evaluate().validation_loss
    best = reading.numbers[reading.best]
    assert best == np.nanmin(reading.numbers) and f"{best:.3g}, from one start." in reading.sentence


@needs_lanes
def test_coarse_pixels_stand_for_their_neighbours_until_these_are_trained(experiment: Experiment) -> None:
    experiment = experiment.with_(precision="float32", layers="3")
    chart = ResponseMap(experiment, axis(experiment, RATE), axis(experiment, BATCH), epochs=1)
    training = chart.train()
    while not chart.is_coarse:
        next(training)
    training.close()
    reading = chart.reading()

    assert np.isfinite(reading.numbers).sum() < 70 and not np.isnan(reading.shown).any()
    assert reading.shown[7, 7] == reading.numbers[0, 0] and 0 < reading.share < 0.1
    moved = experiment.with_({RATE: 0.02})
    after = ResponseMap(moved, axis(moved, RATE), axis(moved, BATCH), epochs=1)
    after = after.following(chart)
    assert len(after.results) == len(chart.results)
