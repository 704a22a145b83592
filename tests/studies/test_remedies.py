"""Remedies put to the test: what helps is offered, what does not is not, and every start is compared with itself."""

from __future__ import annotations

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.engine.lanes import cache
from playground.experiment.tree import EarlyStopping
from playground.measure.diagnosis import Remedy, stop_early
from playground.studies.comparison import train_alone
from playground.studies.paired import paired_gain
from playground.studies.remedies import RemedyEffect, RemedyTest, candidates

pytestmark = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")
SLOW = Experiment().with_(
    {"layers": [{"units": 4, "activation": "tanh"}], "data.points": 80, "training.learning_rate": 0.0001}
)


def tried(test: RemedyTest) -> RemedyTest:
    for _ in test.train():
        pass
    return test


def test_a_rate_that_is_too_low_gets_a_higher_one() -> None:
    advised = Remedy("Learning rate 0.03", SLOW.with_({"training.learning_rate": 0.03}))
    test = tried(RemedyTest(SLOW, candidates(SLOW, advised), epochs=60))
    assert test.is_whole and test.helpful[0].remedy.label == "Learning rate 0.03"
    best = test.helpful[0]
    assert best.gain.helped == best.gain.n == 16 and best.after < 0.7 * best.before
    assert best.sentence.startswith("expect a validation loss of ")
    assert " after 60 epochs from the start, instead of " in best.sentence
    assert best.sentence.endswith(" (medians of 16 starts; lower in all 16)")
    assert [one.after for one in test.helpful] == sorted(one.after for one in test.helpful)


def test_a_network_that_is_well_gets_none() -> None:
    well = SLOW.with_({"training.learning_rate": 0.03})
    harmful = [Remedy("No learning", well.with_({"training.learning_rate": 0})), Remedy("The same", well)]
    assert tried(RemedyTest(well, harmful, epochs=60)).helpful == ()


def test_every_loss_is_that_of_a_training_of_its_own() -> None:
    faster = SLOW.with_({"training.learning_rate": 0.01})
    effect = next(tried(RemedyTest(SLOW, [Remedy("Faster", faster)], epochs=10, starts=3)).effects())
    for experiment, median in ((SLOW, effect.before), (faster, effect.after)):
        losses = []
        for seed in range(3):
            trainer = Trainer(experiment.with_({"seed": seed}), engine="lanes")
            trainer.advance(epochs=10)
            losses.append(trainer.evaluate().validation_loss)
        assert median == np.median(losses)


def test_from_here_every_loss_is_that_of_the_run_that_goes_on() -> None:
    running = Trainer(SLOW, engine="lanes")
    running.advance(epochs=3)
    faster, here = SLOW.with_({"training.learning_rate": 0.03}), running.checkpoint()
    test = tried(RemedyTest(SLOW, candidates(SLOW, Remedy("Faster", faster), goes_on=True), 60, 16, here))
    best = test.helpful[0]
    assert " after 60 more epochs, " in best.sentence and "Trained from epoch 3, with 16 shuffles" in best.about
    assert not any(one.reset or "weights" in one.label for one in test.remedies), "nothing that needs a fresh start"
    effect = next(test.effects())
    for experiment, median in ((SLOW, effect.before), (faster, effect.after)):
        losses = []
        for seed in range(effect.gain.n):
            run = train_alone(experiment.with_(seed=seed), 60, here)
            losses.append(run.evaluation.validation_loss)
        assert median == np.median(losses)


def test_early_stopping_ends_within_the_epochs_and_a_divergence_is_named() -> None:
    gain = paired_gain(np.full(16, np.inf), np.full(16, 0.1))
    stopping = Remedy("Stop early", SLOW.with_({"training.early_stopping": EarlyStopping()}))
    effect = RemedyEffect(stopping, np.inf, 0.1, gain, 100, "validation loss", begun=80)
    assert effect.sentence == (
        "expect a validation loss of 0.1 within 100 more epochs, instead of diverging (medians of 16 trials; lower in "
        "all 16)"
    )
    assert "neither is that of this run" in effect.about


def test_what_only_leads_to_a_network_that_has_learned_nothing_is_not_offered() -> None:
    blown_up = SLOW.with_({"training.learning_rate": 300.0, "layers.0.activation": "linear"})
    fruitless, sound = blown_up.with_({"training.learning_rate": 1e-7}), SLOW.with_({"training.learning_rate": 0.03})
    test = tried(RemedyTest(blown_up, [Remedy("No learning", fruitless), Remedy("Learn", sound)], epochs=60))
    first, _ = test.effects()
    assert first.idle == pytest.approx(np.log(2)) and first.gain.helped == first.gain.n
    assert [one.remedy.label for one in test.helpful] == ["Learn"]


def test_of_many_that_were_tried_one_has_to_be_surer_than_one_alone() -> None:
    before, gains = np.full(16, 0.5), np.linspace(-0.01, 0.2, 16)
    gain = paired_gain(before, before * np.exp(-gains))
    assert gain.is_certain_among(1) == gain.is_certain and gain.is_certain_among(25)
    weak = paired_gain(before, before * np.exp(-(gains - 0.05)))
    assert weak.is_certain and not weak.is_certain_among(25)


def test_candidates_can_all_be_trained_and_differ() -> None:
    skipping = Experiment().with_(layers=[{"units": 2, "skip": True, "activation": "sigmoid", "dropout": 0.5}])
    remedies = candidates(skipping)
    assert {"Use tanh", "No dropout", "Normalize every layer"} <= {one.label for one in remedies}
    assert "Double the units" not in {one.label for one in remedies}, "a skip connection needs as many units as inputs"
    assert len({one.experiment for one in remedies}) == len(remedies) and skipping not in {
        one.experiment for one in remedies
    }


def test_early_stopping_is_tried_from_the_start_alone() -> None:
    stop = stop_early(SLOW)
    assert stop.experiment in {one.experiment for one in candidates(SLOW)}
    assert stop.experiment not in {one.experiment for one in candidates(SLOW, stop, goes_on=True)}


def test_a_learning_rate_that_is_known_to_be_best_stands_for_all_others() -> None:
    higher = Remedy("Learning rate 10", SLOW.with_({"training.learning_rate": 10.0}))
    assert candidates(SLOW, higher, rate=0.0) == candidates(SLOW, higher), "it can't be tried"
    labels = [one.label for one in candidates(SLOW, higher, rate=0.021)]
    assert [one for one in labels if one.startswith("Learning rate")] == ["Learning rate 0.021"]
    assert "Use ReLU" in labels and higher.label in [one.label for one in candidates(SLOW, higher)]


def test_what_makes_losses_incomparable_is_not_tried() -> None:
    other = Remedy("Another loss", SLOW.with_(loss="huber"))
    assert RemedyTest(SLOW, [other], epochs=10).remedies == ()


def test_trying_remedies_can_be_stopped_and_goes_on() -> None:
    test = RemedyTest(SLOW, candidates(SLOW)[:3], epochs=20)
    assert list(test.train(lambda: True)) == [] and not test.is_whole
    assert tried(test).is_whole


def test_gains_are_compared_as_by_students_t_test() -> None:
    from scipy.stats import ttest_1samp

    random = np.random.default_rng(0)
    before, after = random.uniform(0.1, 1, (2, 12))
    gain, expected = paired_gain(before, after), ttest_1samp(np.log(before / after), 0).confidence_interval(0.95)
    np.testing.assert_allclose(gain[1:3], expected)
    assert gain.helped == np.count_nonzero(after < before)


def test_divergence_counts_as_the_worst_loss_of_all() -> None:
    losses = np.array([0.5, 0.25, 0.3])
    assert paired_gain(np.full(3, np.inf), losses).helped == 3
    assert paired_gain(losses, np.full(3, np.inf)).mean < 0
    assert paired_gain(np.full(3, np.inf), np.full(3, np.inf)).mean == 0
