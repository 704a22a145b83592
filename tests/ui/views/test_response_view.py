"""The response of a choice names its members where they have room, at every size and zoom."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from playground import Experiment
from playground.studies.knobs import knob_at
from playground.studies.reading import ResponseReading
from playground.studies.response import Response
from playground.studies.response_map import map_axis
from playground.studies.results import Row
from tests.ui import hands
from tests.ui.painted import overlaps, painted_texts
from ui.look import theme
from ui.views.chart.plot import LOG_SCALE
from ui.views.response.map_chart import map_ticks
from ui.views.response.view import ResponseView


def reading_of(path: str, added: tuple[float, ...] = ()) -> ResponseReading:
    """A reading in which the last value is the best, perhaps with more values than usual."""
    experiment = Experiment().with_(layers="4")
    knob = knob_at(experiment, path)
    assert knob is not None
    response = Response(experiment, knob, added=added)
    knob = response.knob
    for number in range(len(response.study)):
        place, start = divmod(number, response.study.seeds)
        loss = 0.5 + 0.01 * start - 0.3 * (place == len(knob.values) - 1)
        response.add(Row(number, "completed", 200, 1000, loss, loss, 0.9, 0.9))
    return response.reading()


def names_in(view: ResponseView, reading: ResponseReading) -> list[str]:
    """The names of members that can be read in the chart, each whole and apart from all others."""
    texts = painted_texts(view.chart)
    names = [(text, box) for text, box in texts if text in [one.words for one in reading.values]]
    assert overlaps(names) == [] and all(view.chart.rect().toRectF().contains(box) for _, box in names)
    return [text for text, _ in names]


@pytest.mark.parametrize("path", ["data.noise", "data.label_noise"])
def test_where_losses_cannot_be_compared_all_of_the_sentence_has_room(shown, path: str) -> None:
    experiment = Experiment().with_(layers="4")
    knob = knob_at(experiment, path)
    assert knob is not None
    response = Response(experiment, knob)
    for number in range(len(response.study)):
        share = 1 - number // response.study.seeds / 100
        response.add(Row(number, "completed", 200, 1000, 0.5, 0.5, share, share))
    view = shown(ResponseView(), size=(264, 150))
    view.show_reading(response.reading())
    assert view.sentence.text().startswith("Losses can't be compared; accuracy is highest ")
    assert not view.sentence.is_cut


@pytest.mark.parametrize("size", [(264, 150), (330, 190)])
def test_a_long_sentence_is_narrowed_before_its_numbers_are_cut(shown, size: tuple[int, int]) -> None:
    view = shown(ResponseView(), size=size)
    for words in (
        "No other learning rate is clearly better than 0.01.",
        "Best between 0.945 and 0.96; 0.9 is worse by a factor of 1.4 to 3.7.",
        "Best between 0.0051 and 0.034; 0.01 is worse by a factor of 1.4 to 13.",
        "No other learning rate is clearly better than 0.01.",
    ):
        view.show_words(words)
        assert not view.sentence.is_cut, words
    assert view.sentence.font().stretch() == 100, "short words are as wide as ever"


@pytest.mark.parametrize("path", ["training.optimizer", "training.learning_rate"])
def test_an_outcome_above_the_axis_has_an_arrow_at_the_upper_edge(shown, path: str) -> None:
    view, reading = shown(ResponseView(), size=(264, 150)), reading_of(path)
    high = reading.values[2]._replace(median=90.0, low=80.0, high=95.0)
    view.show_reading(reading._replace(values=(*reading.values[:2], high, *reading.values[3:])))
    chart = view.chart
    assert chart.outcomes_above == [high]
    painted = chart.grab().toImage()
    x, ratio = chart.x_of(high.place), chart.devicePixelRatioF()
    view.show_reading(reading)
    before = chart.grab().toImage()
    spot = round(x * ratio), round(9 * ratio)
    assert painted.pixelColor(*spot) == theme.current().quiet != before.pixelColor(*spot)
    # Nothing is painted above the box.
    assert painted.pixelColor(spot[0], 0) == before.pixelColor(spot[0], 0)
    view.show_reading(reading._replace(values=(*reading.values[:2], high, *reading.values[3:])))
    hands.move(chart, QPoint(round(x), 40))
    assert view.shown().small_print.startswith(f"{high.words}: 90")


@pytest.mark.parametrize("zoom", theme.ZOOMS)
def test_what_is_measured_is_whole_in_a_low_response_too(shown, qapp: QApplication, zoom: float) -> None:
    theme.apply(qapp, "light", zoom)
    view = shown(ResponseView(), size=(round(264 * zoom), round(100 * zoom)))
    view.apply_theme()
    view.show_reading(reading_of("training.learning_rate"))
    assert view.shown().small_print == "validation loss after 200 epochs, 5 starts" and not view.small_print.is_cut
    view.resize(round(264 * zoom), round(150 * zoom))
    hands.until(lambda: " from the start, " in view.shown().small_print, "it stays short")
    assert not view.small_print.is_cut


@pytest.mark.parametrize("rises", [True, False])
def test_the_name_of_the_scale_stands_in_a_corner_without_a_curve(shown, rises: bool) -> None:
    view, reading = shown(ResponseView(), size=(264, 200)), reading_of("training.learning_rate")
    falling = [1.2e-4 * 2e3 ** (one.place if rises else 1 - one.place) for one in reading.values]
    values = [one._replace(median=loss, low=loss, high=loss) for one, loss in zip(reading.values, falling, strict=True)]
    view.show_reading(reading._replace(values=tuple(values)))
    box = dict(painted_texts(view.chart))[LOG_SCALE]
    assert box.top() > view.chart.height() / 2
    assert (box.left() > view.chart.width() / 2) == rises


@pytest.mark.parametrize("zoom", theme.ZOOMS)
@pytest.mark.parametrize("path", ["training.optimizer", "layers.0.activation", "initializer"])
def test_names_of_members_are_whole_and_the_one_under_the_mouse_is_among_them(
    shown, qapp: QApplication, zoom: float, path: str
) -> None:
    theme.apply(qapp, "light", zoom)
    view, reading = shown(ResponseView(), size=(round(264 * zoom), round(150 * zoom))), reading_of(path)
    view.apply_theme()
    view.show_reading(reading)
    present, best = reading.present.words, reading.values[-1].words
    named = names_in(view, reading)
    assert present in named and best in named
    if path == "training.optimizer":
        assert sorted(named) == sorted(one.words for one in reading.values)
    for one in reading.values:
        hands.move(view.chart, QPoint(round(view.chart.x_of(one.place)), view.chart.height() // 2))
        assert one.words in names_in(view, reading) and view.shown().small_print.startswith(f"{one.words}: ")


@pytest.mark.parametrize("zoom", theme.ZOOMS)
@pytest.mark.parametrize("path", ["training.learning_rate", "training.weight_decay", "data.noise"])
def test_numbers_of_the_axis_never_touch(shown, qapp: QApplication, zoom: float, path: str) -> None:
    theme.apply(qapp, "light", zoom)
    for width in range(220, 700, 40):
        view = shown(ResponseView(), size=(round(width * zoom), round(150 * zoom)))
        view.apply_theme()
        view.show_reading(reading_of(path))
        texts = painted_texts(view.chart)
        lowest = max(box.bottom() for _, box in texts)
        below = sorted((box.left(), box.right()) for _, box in texts if box.bottom() > lowest - 2)
        assert len(below) > 1 and all(one[1] + 2 * zoom < other[0] for one, other in pairwise(below))


def test_a_low_chart_keeps_its_height_and_names_what_matters(shown) -> None:
    view, reading = shown(ResponseView(), size=(264, 116)), reading_of("training.optimizer")
    view.show_reading(reading)
    named = names_in(view, reading)
    assert {"Adam", "Nadam"} <= set(named) < {one.words for one in reading.values}


def test_the_value_that_is_nearest_to_the_mouse_is_found_again_when_more_were_tried(shown) -> None:
    view, few = shown(ResponseView(), size=(264, 150)), reading_of("training.learning_rate")
    view.show_reading(few)
    left, right = few.values[10:12]
    hands.move(view.chart, QPoint(round(view.chart.x_of(0.6 * left.place + 0.4 * right.place)), 40))
    assert f"(nearest tried: {left.words})" in view.shown().small_print
    between = (left.value * right.value) ** 0.5
    more = reading_of("training.learning_rate", (between,))
    view.show_reading(more)
    added = next(one for one in more.values if one.value == between)
    assert view.chart.looked_at == added and f"(nearest tried: {added.words})" in view.shown().small_print


def test_what_is_pointed_at_is_forgotten_with_another_setting(shown) -> None:
    view = shown(ResponseView(), size=(264, 150))
    rate, penalty = reading_of("training.learning_rate"), reading_of("training.weight_decay")
    view.show_reading(rate)
    both = {one.value for one in rate.values} & {one.value for one in penalty.values}
    chosen = next(one for one in rate.values if one.value in both)
    hands.move(view.chart, QPoint(round(view.chart.x_of(chosen.place)), view.chart.height() // 2))
    assert view.chart.looked_at == chosen
    view.show_reading(penalty)
    assert view.chart.looked_at is None and view.chart.words_between == ""


@pytest.mark.parametrize("zoom", theme.ZOOMS)
def test_numbers_below_the_axis_stand_apart(shown, qapp: QApplication, zoom: float) -> None:
    theme.apply(qapp, "light", zoom)
    view = shown(ResponseView(), size=(round(264 * zoom), round(150 * zoom)))
    view.apply_theme()
    view.show_reading(reading_of("training.batch_size"))
    texts = painted_texts(view.chart)
    assert "full" in [text for text, _ in texts] and overlaps(texts) == []


def test_full_batches_stand_at_the_right_end_as_the_largest(shown) -> None:
    view, reading = shown(ResponseView(), size=(264, 150)), reading_of("training.batch_size")
    view.show_reading(reading)
    places = {text: box.center().x() for text, box in painted_texts(view.chart)}
    assert places["1"] < places["10"] < places["100"] < places["full"]
    assert reading.values[-1].value == 0 and reading.values[0].value == 1


@pytest.mark.parametrize(
    ("path", "span", "ticks"),
    [
        ("training.learning_rate", (0, 1), ["0", "0.0001", "0.01", "1"]),
        ("training.learning_rate", (0.4, 0.6), ["0.002", "0.005", "0.01", "0.02"]),
        ("training.batch_size", (0, 1), ["1", "3", "10", "30", "100", "300", "full"]),
        ("training.batch_size", (0.44, 0.46), ["19", "20", "21"]),
        ("data.noise", (0, 1), ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
    ],
)
def test_a_map_has_round_numbers_along_its_sides(path: str, span: tuple[float, float], ticks: list[str]) -> None:
    knob = knob_at(Experiment().with_(layers="4"), path)
    assert knob is not None
    axis = map_axis(knob, span)
    found = map_ticks(axis, 6)
    assert [text for _, text in found] == ticks
    places = [place for place, _ in found]
    assert places == sorted(places) and places[0] >= 0 and places[-1] <= len(axis.values) - 1
