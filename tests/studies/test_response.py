"""The response: which values are tried, what comes of them, and what may be said of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.engine.lanes import cache
from playground.studies.knobs import knob_at
from playground.studies.paired import mean_interval
from playground.studies.reading import Measure
from playground.studies.response import Response, horizon_after
from playground.studies.results import Row

RATE, OPTIMIZER = "training.learning_rate", "training.optimizer"
needs_lanes = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@pytest.fixture
def experiment(experiment: Experiment) -> Experiment:
    return experiment.with_(precision="float32")


def knob(experiment: Experiment, path: str):
    found = knob_at(experiment, path)
    assert found is not None
    return found


def trained(response: Response) -> Response:
    for _ in response.train():
        pass
    return response


def told(response: Response, losses: dict[object, list[float]]) -> Response:
    """A response whose trainings came to these validation losses; infinity for those that diverged."""
    starts = response.study.seeds
    for place, value in enumerate(response.knob.values):
        for start, loss in enumerate(losses.get(value, losses["others"])):
            status = "completed" if math.isfinite(loss) else "diverged"
            response.add(Row(place * starts + start, status, 1, 1, loss, loss, 0.5, 0.5))
    return response


def better_optimizers(experiment: Experiment, gains: np.ndarray) -> list[bool]:
    """Whether the first other optimizer is better after each number of starts, whose loss is lower by these shares."""
    response = Response(experiment, knob(experiment, OPTIMIZER), most_starts=len(gains))
    other, result = int(response.knob.present == 0), []
    for start, gain in enumerate(gains):
        for place in range(len(response.knob.values)):
            loss = 0.7 * (1 - gain * (place == other))
            response.add(Row(place * len(gains) + start, "completed", 1, 1, loss, loss, 0.5, 0.5))
        result.append(response.reading().values[other].is_better)
    return result


def test_what_differs_by_less_than_one_percent_is_not_better(experiment: Experiment) -> None:
    noise = np.random.default_rng(0).normal(0, 0.0005, 15)
    assert not any(better_optimizers(experiment, 0.008 + noise))
    assert better_optimizers(experiment, 0.012 + noise)[4:] == [True] * 11


def test_a_verdict_changes_only_with_five_more_starts(experiment: Experiment) -> None:
    # The interval excludes 0 after five starts; after the sixth it would not, nor after ten.
    verdicts = better_optimizers(
        experiment, np.array([0.2, 0.21, 0.19, 0.2, 0.22, -0.9, 0.2, -0.9, 0.1, 0.2, 0.2, 0.1, 0.1, 0.1])
    )
    assert verdicts == [False] * 4 + [True] * 5 + [False] * 5


def test_a_number_is_tried_over_its_whole_slider_and_where_it_stands(experiment: Experiment) -> None:
    found = knob(experiment.with_({RATE: 0.0123}), RATE)

    assert found.values[0] == 0 and found.values[-1] == 10 and found.values[found.present] == 0.0123
    assert list(found.values) == sorted(found.values) and 30 <= len(found.values) <= 33
    assert list(found.places) == sorted(found.places) and found.places[0] == 0 and found.places[-1] == 1


def test_whole_numbers_are_tried_once_each(experiment: Experiment) -> None:
    found = knob(experiment.with_(layers="8"), "layers.0.units")

    assert len(set(found.values)) == len(found.values)
    assert all(type(value) is int for value in found.values) and 8 in found.values


def test_a_choice_is_tried_with_each_of_its_members(experiment: Experiment) -> None:
    found = knob(experiment.with_({OPTIMIZER: "momentum"}), OPTIMIZER)

    assert {"sgd", "momentum", "rmsprop", "adam"} <= set(found.values)
    assert found.values[found.present] == "momentum" and found.words(found.present) == "Momentum"


def test_what_can_be_off_is_tried_that_way_too(experiment: Experiment) -> None:
    assert knob(experiment, "loss").values[0] is None
    assert knob(experiment.with_(layers="8"), "layers.0.muted").values == (False, True)


@pytest.mark.parametrize("path", ["seed", "data.seed", "data", "name", "training.epochs"])
def test_seeds_names_and_data_sets_are_no_knobs(experiment: Experiment, path: str) -> None:
    assert knob_at(experiment, path) is None


def test_a_path_that_leads_nowhere_is_refused(experiment: Experiment) -> None:
    with pytest.raises(InputError):
        knob_at(experiment, "training.nothing")


def test_the_horizon_stays_until_the_run_has_passed_it() -> None:
    assert [horizon_after(epoch) for epoch in (0, 99.9, 100, 100.1, 250, 500, 12_000)] == [
        100,
        100,
        100,
        200,
        500,
        500,
        500,
    ]


@needs_lanes
@pytest.mark.parametrize("path", [RATE, OPTIMIZER, "training.batch_size", "layers.0.activation", "layers.0.units"])
def test_every_outcome_is_what_a_training_of_its_own_gives_bit_for_bit(experiment: Experiment, path: str) -> None:
    experiment = experiment.with_(layers="4-3")
    response = trained(Response(experiment, knob(experiment, path), epochs=3, starts=2))

    for number in range(0, len(response.study), 5):
        member = response.study.member(number)
        alone = Trainer(member.experiment, engine="lanes")
        alone.advance(epochs=3)
        row = response.results.row(number)
        if row["status"] == "completed":
            evaluation = alone.evaluate()
            assert row["validation_loss"] == evaluation.validation_loss
            assert row["train_accuracy"] == evaluation.train_accuracy
        else:
            assert row["status"] == alone.status == "diverged"


@needs_lanes
def test_a_few_values_come_first_the_present_one_among_them(experiment: Experiment) -> None:
    response = Response(experiment, knob(experiment, RATE), epochs=1, starts=3)
    training = response.train()
    first = [next(training).number for _ in response.knob.coarse]
    training.close()

    assert len(first) == 8 and all(number % 3 == 0 for number in first)
    places = [number // 3 for number in first]
    assert response.knob.present in places and 0 in places and len(response.knob.values) - 1 in places
    reading = response.reading()
    assert 0 < reading.share < 0.5 and not reading.is_whole and "1 of 3 starts so far" in reading.sentence


@needs_lanes
def test_more_values_are_tried_around_the_best_one_and_nobody_waits_for_them(experiment: Experiment) -> None:
    coarse = trained(Response(experiment, knob(experiment, RATE), epochs=3, starts=2))
    best = min(coarse.reading().values, key=lambda one: one.median if not one.diverged else math.inf)
    finer = coarse.finer()
    assert finer is not None and finer.is_whole and finer.reading().is_whole
    assert finer.reading().values == coarse.reading().values, "they are shown once they are known as well"
    assert {row.number for row in finer.train()} == {
        place * 2 + start for place, value in enumerate(finer.knob.values) if value in finer.added for start in (0, 1)
    }
    places = [one.place for one in coarse.reading().values]
    at = places.index(best.place)
    near = [finer.knob.places[finer.knob.values.index(value)] for value in finer.added]
    assert near and all(places[at - 1] < place < places[at + 1] for place in near)
    assert finer.reading().knob.values == finer.knob.values
    assert min(one.median for one in finer.reading().values if not one.diverged) <= best.median

    # They stay while only the present value changes, and go with the experiment.
    moved = experiment.with_({RATE: 0.777})
    after = Response(moved, knob(moved, RATE), epochs=3, starts=2).following(finer)
    assert after.added == finer.added and len(after.study) - len(after.results) == 2
    other = experiment.with_(layers="3")
    assert not Response(other, knob(other, RATE), epochs=3, starts=2).following(finer).added


@needs_lanes
def test_another_present_value_trains_only_that_one(experiment: Experiment) -> None:
    before = trained(Response(experiment.with_({RATE: 0.01}), knob(experiment.with_({RATE: 0.01}), RATE), epochs=2))
    moved = experiment.with_({RATE: 0.777})
    after = Response(moved, knob(moved, RATE), epochs=2)
    after = after.following(before)

    missing = len(after.study) - len(after.results)
    assert missing == after.study.seeds
    assert [row.number // after.study.seeds for row in after.train()] == [after.knob.present] * missing
    whole = trained(Response(moved, knob(moved, RATE), epochs=2))
    np.testing.assert_array_equal(after.results.column("validation_loss"), whole.results.column("validation_loss"))


@needs_lanes
def test_nothing_is_taken_over_from_a_different_experiment(experiment: Experiment) -> None:
    before = trained(Response(experiment, knob(experiment, RATE), epochs=1, starts=1))
    for changed in (experiment.with_(layers="3"), experiment.with_({"training.batch_size": 7})):
        after = Response(changed, knob(changed, RATE), epochs=1, starts=1)
        after = after.following(before)
        assert not len(after.results)
    longer = Response(experiment, knob(experiment, RATE), epochs=2, starts=1)
    longer = longer.following(before)
    assert not len(longer.results)


@needs_lanes
def test_settings_of_a_choice_that_was_left_are_not_mistaken_for_the_usual_ones(experiment: Experiment) -> None:
    tuned = experiment.with_({OPTIMIZER: {"kind": "adam", "beta1": 0.1}})
    before = trained(Response(tuned, knob(tuned, OPTIMIZER), epochs=2, starts=1))
    left = experiment.with_({OPTIMIZER: "sgd"})
    after = Response(left, knob(left, OPTIMIZER), epochs=2, starts=1)
    after = after.following(before)

    assert not after.results.has(after.knob.values.index("adam"))
    usual = trained(Response(left, knob(left, OPTIMIZER), epochs=2, starts=1))
    np.testing.assert_array_equal(
        trained(after).results.column("validation_loss"), usual.results.column("validation_loss")
    )


def test_better_means_by_more_than_the_starts_differ(experiment: Experiment) -> None:
    experiment = experiment.with_({OPTIMIZER: "adam"})
    response = Response(experiment, knob(experiment, OPTIMIZER))
    told(
        response,
        {
            "adam": [0.50, 0.40, 0.60, 0.45, 0.55],
            # Half of it in every start.
            "sgd": [0.26, 0.19, 0.31, 0.22, 0.28],
            # Lower in the median, but worse in two starts.
            "rmsprop": [0.10, 0.80, 0.10, 0.90, 0.10],
            # Lower wherever it did not diverge.
            "momentum": [0.1, 0.1, 0.1, 0.1, math.inf],
            "others": [0.9, 0.9, 0.8, 0.9, 0.9],
        },
    )
    reading = response.reading()

    assert [one.value for one in reading.values if one.is_better] == ["sgd"]
    assert reading.sentence == "Better with SGD; Adam is worse in 5 of 5 starts.", "RMSprop is lower, if not surely"
    momentum = next(one for one in reading.values if one.value == "momentum")
    assert (momentum.n, momentum.diverged, momentum.median) == (5, 1, 0.1)


def test_where_a_value_is_not_better_in_every_start_the_sentence_says_by_how_much(experiment: Experiment) -> None:
    experiment = experiment.with_({OPTIMIZER: "adam"})

    def sentence(sgd: list[float], measure: Measure = "loss") -> str:
        response, adam = Response(experiment, knob(experiment, OPTIMIZER)), [0.5, 0.5, 0.5, 0.5, 0.4]
        for number in range(len(response.study)):
            place, start = divmod(number, response.study.seeds)
            if start < 5:
                found = {"adam": adam, "sgd": sgd}.get(response.knob.values[place], [0.9] * 5)[start]
                response.add(Row(number, "completed", 1, 1, found, found, 1 - found, 1 - found))
        return response.reading(measure).sentence

    assert sentence([0.2, 0.2, 0.2, 0.2, 0.42]) == "Best with SGD; Adam is worse by a factor of 1.2 to 3.5."
    assert sentence([0.4, 0.4, 0.4, 0.4, 0.41]) == "Best with SGD; Adam is worse by 3.7 to 37\N{NO-BREAK SPACE}%."
    words = "Best with SGD; Adam is worse by 1.7 to 14 percentage points."
    assert sentence([0.4, 0.4, 0.4, 0.4, 0.41], "accuracy") == words
    assert sentence([0.2, 0.2, 0.2, 0.2, 0.2]) == "Best with SGD; Adam is worse in 5 of 5 starts."


def test_where_nothing_is_better_the_sentence_says_so(experiment: Experiment) -> None:
    experiment = experiment.with_({OPTIMIZER: "adam"})
    response = told(
        Response(experiment, knob(experiment, OPTIMIZER)),
        {"adam": [0.1, 0.2, 0.1, 0.2, 0.1], "sgd": [0.2, 0.1, 0.1, 0.1, 0.2], "others": [0.5] * 5},
    )

    assert response.reading().sentence == "No other optimizer is clearly better than Adam."
    assert response.reading().outcome_words.endswith("from the start at learning rate 0.01")


@pytest.mark.parametrize(
    "path, nothing_differs, nothing_is_better",
    [
        (RATE, "The learning rate makes no clear difference.", "No other learning rate is clearly better than 0.01."),
        (
            "layers",
            "The number of layers makes no clear difference.",
            "No other number of layers is clearly better than 2 layers.",
        ),
        (
            "layers.0.units",
            "The number of units makes no clear difference.",
            "No other number of units is clearly better than 8.",
        ),
        (
            "features",
            "The choice of features makes no clear difference.",
            "No other choice of features is clearly better than the present choice.",
        ),
        ("layers.1.skip", "The skip connection makes no clear difference.", "On is not clearly better than off."),
    ],
)
def test_a_setting_is_named_as_a_sentence_needs_it(path: str, nothing_differs: str, nothing_is_better: str) -> None:
    experiment = Experiment().with_(layers="8-8")
    for worse, sentence in ((0.0, nothing_differs), (0.05, nothing_is_better)):
        response = Response(experiment, knob(experiment, path))
        for number in range(len(response.study)):
            place, start = divmod(number, response.study.seeds)
            loss = 0.1 * (1 + start) + worse * (place != response.knob.present)
            response.add(Row(number, "completed", 1, 1, loss, loss, 0.5, 0.5))
        assert response.reading().sentence == sentence


def test_a_flat_curve_has_no_best_value(experiment: Experiment) -> None:
    losses = {"sgd": [0.2, 0.1, 0.1, 0.2, 0.2], "others": [0.1, 0.2, 0.1, 0.2, 0.1]}
    reading = told(Response(experiment, knob(experiment, OPTIMIZER)), losses).reading()
    assert reading.sentence == "The optimizer makes no clear difference."
    # The bands overlap, but one is worse in every start.
    losses["sgd"] = [1.1 * loss for loss in losses["others"]]
    told_ = told(Response(experiment, knob(experiment, OPTIMIZER)), losses).reading()
    assert "No other optimizer is clearly better than" in told_.sentence


def test_what_is_called_best_holds_the_lowest_point_of_the_curve_whatever_is_added(experiment: Experiment) -> None:
    experiment, lowest, random = experiment.with_({RATE: 1e-4}), 20, np.random.default_rng(1)
    response = Response(experiment, knob(experiment, RATE), most_starts=15)
    values, seeds = response.knob.values, response.study.seeds
    said = set()
    for start in range(seeds):
        for place in range(len(values)):
            # A wide flat valley, in which chance alone decides where the lowest point is.
            loss = 0.1 * 1.4 ** max(0, abs(place - lowest) - 4) * random.uniform(0.95, 1.05)
            response.add(Row(place * seeds + start, "completed", 1, 1, loss, loss, 0.5, 0.5))
        reading = response.reading()
        said.add(reading.sentence)
        if start >= 4:
            best, present = min(reading.values, key=lambda one: one.median), reading.present
            assert best.n == present.n == 5 * ((start + 1) // 5)
            so_far = " so far" if start + 1 < seeds else ""
            region = reading.sentence.removeprefix(f"Best{so_far} between ").split(";")[0].split(" and ")
            low, high = ([one.words for one in reading.values].index(words) for words in region)
            assert low <= reading.values.index(best) <= high and 6 <= high - low <= 8, reading.sentence
    assert len(said) <= 5 + 3


@pytest.mark.parametrize("is_full", [False, True])
def test_all_points_are_no_end_of_a_range_of_batch_sizes(experiment: Experiment, is_full: bool) -> None:
    batches = experiment.with_({"training.batch_size": 1, "data.points": 1000, "data.validation_fraction": 0.5})
    response = Response(batches, knob(batches, "training.batch_size"))
    values, seeds = response.knob.values, response.study.seeds
    lowest = 0 if is_full else next(one for one in values if one >= 64)
    for place, start in np.ndindex(len(values), 5):
        # From 64 on all do equally well.
        loss = 0.1 if values[place] == lowest else 0.101 if not 0 < values[place] < 64 else 0.5
        loss *= 1 + start / 100
        response.add(Row(place * seeds + start, "completed", 1, 1, loss, loss, 0.5, 0.5))
    sentence = response.reading().sentence
    assert " and full" not in sentence and sentence.startswith("Best "), sentence
    assert ("full" in sentence.partition(";")[0]) is is_full, sentence


def test_a_batch_size_that_takes_all_points_stands_where_full_does(experiment: Experiment) -> None:
    few = experiment.with_({"training.batch_size": 512, "data.points": 500, "data.validation_fraction": 0.5})
    batch = knob(few, "training.batch_size")
    assert batch.values[batch.present] == 512 and batch.places[batch.present] == 1.0


def test_where_the_present_value_diverges_the_best_range_takes_in_all_that_do_equally_well(
    experiment: Experiment,
) -> None:
    experiment, random = experiment.with_({RATE: 1e-4}), np.random.default_rng(2)
    response = Response(experiment, knob(experiment, RATE))
    values, seeds = response.knob.values, response.study.seeds
    for place, start in np.ndindex(len(values), 5):
        is_present = place == response.knob.present
        loss = 0.1 * random.uniform(0.95, 1.05)
        status, loss = ("diverged", math.nan) if is_present else ("completed", loss)
        response.add(Row(place * seeds + start, status, 1, 1, loss, loss, 0.5, 0.5))
    sentence = response.reading().sentence
    assert sentence.startswith("Best between 0.00011 and 10; training diverges at 0.0001 in 5 of 5 starts."), sentence


@pytest.mark.parametrize("seed", range(8))
def test_no_value_of_the_best_range_is_clearly_worse_than_the_best_one(experiment: Experiment, seed: int) -> None:
    response = Response(experiment.with_({RATE: 1e-4}), knob(experiment.with_({RATE: 1e-4}), RATE))
    values, seeds, random = response.knob.values, response.study.seeds, np.random.default_rng(seed)
    losses = np.array([0.1 * 1.1 ** abs(place - 20) for place in range(len(values))])
    every = losses[:, np.newaxis] * random.lognormal(0, 0.1, (len(values), 5))
    for place, start in np.ndindex(every.shape):
        loss = float(every[place, start])
        response.add(Row(place * seeds + start, "completed", 1, 1, loss, loss, 0.5, 0.5))
    reading = response.reading()
    lowest = min(reading.values, key=lambda one: one.median)
    words = [one.words for one in reading.values]
    region = reading.sentence.removeprefix("Best between ").split(";")[0].split(" and ")
    low, high = (words.index(one) for one in region)
    assert low <= words.index(lowest.words) <= high
    for place in range(low, high + 1):
        worse = np.log(every[place] / every[words.index(lowest.words)])
        assert mean_interval(worse)[1] <= 0 or worse.mean() < 0.05, f"{words[place]} in {reading.sentence}"


def test_one_best_value_is_told_as_what_is_best_so_far(experiment: Experiment) -> None:
    response = Response(experiment, knob(experiment, OPTIMIZER), most_starts=10)
    told(response, {"sgd": [0.1] * 5, "others": [0.5] * 5})
    assert response.reading().sentence.startswith("Best so far with SGD; ")
    told(response, {"sgd": [0.1] * 10, "others": [0.5] * 10})
    assert response.reading().sentence.startswith("Best with SGD; ")


def test_of_numbers_one_region_around_the_best_counts_as_better(experiment: Experiment) -> None:
    response = Response(experiment, knob(experiment, "training.learning_rate"))
    values = [value for value in response.knob.values if value != experiment.training.learning_rate]
    losses = {value: [0.3 + 0.01 * start for start in range(5)] for value in (values[1], values[-2])}
    losses[values[-1]] = [0.2 + 0.01 * start for start in range(5)]
    told(response, {**losses, "others": [0.5, 0.52, 0.51, 0.53, 0.54]})
    reading = response.reading()
    assert [one.value for one in reading.values if one.is_better] == [values[1], *values[-2:]]
    assert [one.value for one in reading.better_values] == values[-2:]


def test_a_few_starts_have_no_verdict(experiment: Experiment) -> None:
    experiment = experiment.with_({OPTIMIZER: "adam"})
    response = Response(experiment, knob(experiment, OPTIMIZER))
    told(response, {"adam": [0.50, 0.40, 0.60, 0.45], "sgd": [0.26, 0.19, 0.31, 0.22], "others": [0.9] * 4})
    reading = response.reading()
    assert reading.sentence == "Trying other values of the optimizer: 4 of 5 starts so far."
    assert not any(one.is_better for one in reading.values)


def test_a_present_value_at_which_training_diverges_is_said(experiment: Experiment) -> None:
    experiment = experiment.with_({OPTIMIZER: "adam"})
    told_ = {"adam": [math.inf] * 5, "sgd": [0.1] * 5, "others": [0.5] * 5}
    reading = told(Response(experiment, knob(experiment, OPTIMIZER)), told_).reading()

    assert reading.sentence == "Best with SGD; training diverges with Adam in 5 of 5 starts."
    assert math.isnan(reading.present.median) and reading.present.diverged == 5
    everything = told(Response(experiment, knob(experiment, OPTIMIZER)), {"others": [math.inf] * 5}).reading()
    assert everything.sentence == "Training diverges with every optimizer tried so far."


@needs_lanes
@pytest.mark.parametrize("path", ["loss", "data.noise"])
def test_where_losses_mean_different_things_accuracy_is_shown_and_nothing_is_called_better(
    experiment: Experiment, path: str
) -> None:
    reading = trained(Response(experiment, knob(experiment, path), epochs=3, starts=2)).reading()

    assert reading.measure == "accuracy" and reading.sentence.startswith("Losses can't be compared; ")
    assert not any(one.is_better for one in reading.values)


@needs_lanes
def test_without_a_validation_set_it_says_what_it_uses_instead(experiment: Experiment) -> None:
    experiment = experiment.with_({"data.validation_fraction": 0})
    reading = trained(Response(experiment, knob(experiment, OPTIMIZER), epochs=3, starts=2)).reading()

    assert reading.outcome_words == "training loss after 3 epochs from the start at learning rate 0.01"


@needs_lanes
def test_what_is_refused_says_why(experiment: Experiment) -> None:
    experiment = experiment.with_(layers="8-8").with_({"layers.1.skip": True})
    reading = trained(Response(experiment, knob(experiment, "layers.1.units"), epochs=1, starts=1)).reading()

    refused = [one for one in reading.values if one.refused]
    assert refused and all(one.n == 0 for one in refused) and reading.present.n == 1


@needs_lanes
def test_training_ends_soon_after_it_is_told_to_stop(experiment: Experiment) -> None:
    response = Response(experiment, knob(experiment, RATE), epochs=100_000)
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    assert not list(response.train(stop)) and len(response.results) == 0


def test_the_depth_is_tried_with_the_present_layers_and_more_like_the_last(experiment: Experiment) -> None:
    found = knob(experiment.with_(layers="5-3"), "layers")

    assert [found.words(place) for place in (0, 1, 2, 6)] == ["no hidden layer", "1 layer", "2 layers", "6 layers"]
    assert found.present == 2 and len(found.values) == 7
    units = [[layer["units"] for layer in stack] for stack in found.values]
    assert units[:5] == [[], [5], [5, 3], [5, 3, 3], [5, 3, 3, 3]]
    assert all(Experiment().with_({"layers": stack}) for stack in found.values)


def test_features_are_tried_without_one_and_with_another_one(experiment: Experiment) -> None:
    found = knob(experiment.with_(features=("x1", "x2")), "features")

    assert [found.words(place) for place in (0, 2, 3)] == ["without x₁", "the present choice", "with x₁²"]
    assert found.values[:4] == (["x2"], ["x1"], ["x1", "x2"], ["x1", "x2", "x1_squared"]) and found.present == 2


@needs_lanes
@pytest.mark.parametrize("path", ["layers", "features", "layers.0.dropout"])
def test_structure_has_responses_too(experiment: Experiment, path: str) -> None:
    experiment = experiment.with_(layers="4-3")
    response = trained(Response(experiment, knob(experiment, path), epochs=2, starts=2))
    reading = response.reading()

    assert reading.is_whole and all(one.n == 2 for one in reading.values)
    last = len(response.study) - 1
    alone = Trainer(response.study.member(last).experiment, engine="lanes")
    alone.advance(epochs=2)
    assert response.results.row(last)["validation_loss"] == alone.evaluate().validation_loss


@needs_lanes
def test_other_outcomes_are_those_of_the_same_trainings(experiment: Experiment) -> None:
    experiment = experiment.with_(layers="4-3").with_({RATE: 0.1})
    response = trained(Response(experiment, knob(experiment, OPTIMIZER), epochs=20, starts=2, observed=True))
    number = response.knob.present * 2 + 1
    alone = Trainer(response.study.member(number).experiment, engine="lanes")
    alone.advance(epochs=20)
    history, evaluation = alone.snapshot().history, alone.evaluate()

    def outcome(measure: str) -> float:
        return response.scores(measure).numbers[response.knob.present, 1]

    assert outcome("accuracy") == evaluation.validation_accuracy
    assert outcome("gap") == evaluation.validation_loss - evaluation.train_loss
    reached = history.epoch[history.validation_accuracy >= 0.95]
    assert outcome("epochs") == (reached[0] if len(reached) else 20)
    first, last = (layer.weights for layer in (alone.network.layers[0], alone.network.layers[-1]))
    sizes = [np.sqrt(np.mean(alone.state.gradient[one].astype(float) ** 2)) for one in (first, last)]
    assert outcome("gradient") == pytest.approx(sizes[0] / sizes[1], rel=1e-5)
    goal = "epochs until validation accuracy reaches 95\N{NO-BREAK SPACE}%"
    words = f"{goal} within 20 epochs from the start at learning rate 0.1"
    assert response.reading("epochs").outcome_words == words
    assert not any(one.is_better for measure in ("gap", "gradient") for one in response.reading(measure).values)


@needs_lanes
def test_from_here_is_what_would_happen_next(experiment: Experiment) -> None:
    running = Trainer(experiment.with_(layers="4"), engine="lanes")
    running.advance(epochs=3)
    here, epoch = running.checkpoint(), running.state.epoch
    found = knob(running.experiment, RATE)
    response = trained(Response(running.experiment, found, epochs=4, starts=2, beginning=here))
    running.advance(epochs=4)

    first = response.results.row(found.present * 2)
    assert first["epoch"] == epoch + 4 == running.state.epoch
    assert first["validation_loss"] == running.evaluate().validation_loss
    # The other start has the same weights and other batches.
    assert response.results.row(found.present * 2 + 1)["validation_loss"] != first["validation_loss"]
    assert response.reading().outcome_words == "validation loss after 4 more epochs from here (epoch 3)"


@needs_lanes
def test_from_here_fits_other_structures_as_a_change_would(experiment: Experiment) -> None:
    running = Trainer(experiment.with_(layers="4-4"), engine="lanes")
    running.advance(epochs=2)
    here = running.checkpoint()
    response = trained(Response(running.experiment, knob(running.experiment, "layers"), epochs=2, beginning=here))
    wanted = response.study.member(3 * response.study.seeds).experiment
    running.configure(wanted)
    running.advance(epochs=2)

    assert response.results.row(3 * response.study.seeds)["validation_loss"] == running.evaluate().validation_loss


@needs_lanes
def test_more_starts_refine_it_and_count_once_all_values_have_them(experiment: Experiment) -> None:
    response = trained(Response(experiment, knob(experiment, OPTIMIZER), epochs=1, starts=2, most_starts=4))
    assert response.is_whole and not response.is_finished
    refining = response.train(refine=True)
    next(refining)
    assert {one.n for one in response.reading().values} == {2}
    assert list(refining) and response.is_finished
    assert {one.n for one in response.reading().values} == {4}


def test_of_a_switch_the_sentence_says_when_it_is_best(experiment: Experiment) -> None:
    response = Response(experiment, knob(experiment, "layers.1.skip"), most_starts=10)
    told(response, {True: [0.1] * 5, "others": [0.5] * 5})
    assert response.reading().sentence == "Best so far when on; off is worse in 5 of 5 starts."
