"""What the boundary can show besides the answer, and what mouse and keys do to it."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton

from playground.catalog.datasets.base import Sample, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Hills, Spiral
from playground.catalog.losses import SquaredError
from playground.measure.changes import BEGINNING
from playground.measure.others import Ghost
from playground.measure.requests import BoundaryRequest, PredictionsRequest, UncertaintyRequest, UnitMapRequest
from playground.measure.snapshot import Predictions, Snapshot, UnitMap
from tests.combinations import combinations
from tests.ui import hands
from tests.ui.painted import painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import boundary_of, clouds, diverged, make_snapshot, plane_grid, with_answers
from ui.forms.buttons import tip
from ui.look import theme
from ui.views.boundary.picture import entropy_of, even_levels, unit_range
from ui.views.boundary.points import MAX_DRAWN_POINTS
from ui.views.boundary.view import PASSES, BoundaryView
from ui.views.boundary.words import BOUNDARY_HINT
from ui.views.plane import legend
from ui.views.plane.answers import mistakes_words, unit_words
from ui.views.plane.field import (
    ValueRange,
    borders,
    channels,
    field_colours,
    level_lines,
    pale_classes,
    winning_classes,
    zero_line,
)


def spread_out(count: int = 5) -> Sample:
    """Two classes in a row along x₁, far apart: points 0, 2, 4 of class A and 1, 3 of class B."""
    points = clouds(2, count)
    x = np.stack([np.linspace(-4, 4, count), np.full(count, 1.0)], axis=1)
    return points._replace(x=x, labels=np.arange(count) % 2, class_names=("A", "B"))


def with_dropout(snapshot: Snapshot, share: float = 0.3) -> Snapshot:
    """The same moment of a network whose layers have dropout."""
    layers = tuple(msgspec.structs.replace(layer, dropout=share) for layer in snapshot.experiment.layers)
    return dataclasses.replace(snapshot, experiment=msgspec.structs.replace(snapshot.experiment, layers=layers))


def magnified(snapshot: Snapshot, layer: int = 0, unit: int = 2, size: float = 1.0) -> Snapshot:
    """The same moment with the map of a unit that grows to the right."""
    values = (size * plane_grid()[0] / 6).astype(np.float32)
    return with_answers(snapshot, {UnitMapRequest(layer, unit): UnitMap(layer, unit, values)})


def given(snapshot: Snapshot, values: np.ndarray) -> Snapshot:
    """The same moment with what the network makes of every point."""
    return with_answers(snapshot, {PredictionsRequest(MAX_DRAWN_POINTS): Predictions(np.arange(len(values)), values)})


# Colours and lines --------------------------------------------------------------------------------------------


def test_classes_are_crisp_and_follow_the_answer_between_grid_points():
    x1, x2 = plane_grid()
    given = winning_classes((np.hypot(x1, x2) - 3)[np.newaxis].astype(np.float32))
    m = len(given)
    assert set(np.unique(given)) == {0, 1} and m >= 250
    at = (np.arange(m) + 0.5) / m * 12 - 6
    truth = np.hypot(*np.meshgrid(at, at)) >= 3
    assert np.mean(given != truth) < 0.001


def test_classes_of_many_are_those_with_the_largest_share():
    field = boundary_of(clouds(5), 0)
    whole = winning_classes(field, fine=1)
    n = field.shape[1]
    middles = (field[:, :-1, :-1] + field[:, 1:, :-1] + field[:, :-1, 1:] + field[:, 1:, 1:]) / 4
    assert np.mean(whole != middles.argmax(axis=0)) < 0.001 and whole.shape == (n - 1, n - 1)


def test_the_classes_mode_shows_only_the_colours_of_the_classes(shown):
    view = shown(BoundaryView(), make_snapshot(clouds(3)))
    assert len(np.unique(view.shown().colours.reshape(-1, 3), axis=0)) > 100
    hands.push(view, "boundary.field.classes")
    colours = {tuple(int(c) for c in row) for row in np.unique(view.shown().colours.reshape(-1, 3), axis=0)}
    assert colours == {tuple(int(c + 0.5) for c in row) for row in pale_classes(theme.current(), 3)}


def test_level_lines_lie_at_their_levels():
    x1, x2 = plane_grid()
    radius = np.hypot(x1, x2)
    levels = np.array([1.0, 2.5, 4.0])
    lines = level_lines(radius, levels)
    ends = lines.ends * 12 / 99 - 6
    assert np.hypot(*ends.T) == pytest.approx(levels[lines.level].repeat(2), abs=6e-3)
    assert set(lines.level) == {0, 1, 2}
    for level in range(3):
        own = zero_line(radius - levels[level]) * 12 / 99 - 6
        assert own == pytest.approx(ends[(lines.level == level).repeat(2)])


def test_a_saddle_has_two_pieces_and_counts_as_two():
    values = np.array([[1.0, -1.0], [-1.0, 1.0]])
    lines = level_lines(values, np.array([0.0]))
    assert len(lines.ends) == 4 and len(lines.level) == len(lines.spread) == 2


def test_borders_are_where_the_winner_changes():
    field = boundary_of(clouds(3), 0)
    ends = borders(field) * 12 / 99 - 6
    ordered = np.sort(field, axis=0)
    places = np.round((ends + 6) / 12 * 99).astype(int)
    assert len(ends) > 200
    assert (ordered[-1] - ordered[-2])[places[:, 1], places[:, 0]].max() < 0.25


@pytest.mark.parametrize(
    "points", [draw_sample(Spiral()), clouds(3), draw_sample(Hills())], ids=["two", "three", "values"]
)
def test_contours_come_and_go_with_their_numbers(qtbot, shown, points):
    view = shown(BoundaryView(), make_snapshot(points), (656, 640))
    assert view.shown().contour_pieces == 0 and not view.shown().numbers
    hands.push(view, "boundary.contours")
    assert view.shown().contour_pieces > 100
    qtbot.waitUntil(lambda: len(view.shown().numbers) > 0)
    hands.push(view, "boundary.contours")
    assert view.shown().contour_pieces == 0 and not view.shown().numbers


def test_numbers_stand_on_their_lines_and_clear_of_each_other(shown):
    points = draw_sample(Hills())
    snapshot = make_snapshot(points)
    view = shown(BoundaryView(), snapshot, (656, 640))
    hands.push(view, "boundary.contours")
    numbers = view.shown().numbers
    field = snapshot.answer(BoundaryRequest)[0]
    places = np.array([[number.x1, number.x2] for number in numbers])
    assert len(numbers) >= 4
    for number in numbers:
        row, column = (round((value + 6) / 12 * 99) for value in (number.x2, number.x1))
        assert field[row, column] == pytest.approx(float(number.text.replace("−", "-")), abs=0.1)
    pixel = 12 / view.shown().plane.width()
    apart = np.hypot(*(places[:, np.newaxis] - places).transpose(2, 0, 1)) + 1e9 * np.eye(len(places))
    assert apart.min() >= 48 * pixel


def test_numbers_say_how_sure_the_network_is_of_either_class(shown):
    snapshot = make_snapshot(few())
    view = shown(BoundaryView(), snapshot, (656, 640))
    hands.push(view, "boundary.contours")
    assert {number.text for number in view.shown().numbers} <= {"0.75", "0.9"}
    squared = dataclasses.replace(snapshot, loss=SquaredError(output="tanh"))
    view.show_snapshot(squared)
    assert view.shown().levels == ("−0.8", "−0.5", "0.5", "0.8")


def test_numbers_of_other_lines_go_at_once(shown):
    snapshot = make_snapshot(draw_sample(Hills()))
    view = shown(BoundaryView(), snapshot, (656, 640))
    hands.push(view, "boundary.contours")
    assert view.shown().numbers
    view.magnify((0, 2))
    view.show_snapshot(magnified(snapshot, size=40.0))
    assert not {number.text for number in view.shown().numbers} - set(view.shown().levels)


def few() -> Sample:
    """Two points in a corner."""
    return clouds(2, 2)._replace(class_names=("A", "B"), x=np.array([[-5.8, -5.8], [-5.6, -5.8]]))


def test_levels_are_round_numbers_within_the_range():
    for scale in (ValueRange(), ValueRange(0.0, 1.2), ValueRange(4500.0, 2000.0), ValueRange(0.0, 3e-5)):
        levels, (low, high) = even_levels(scale), scale.ends
        assert 5 <= len(levels) <= 13
        assert low < levels[0] and levels[-1] < high
        unit = 10.0 ** np.floor(np.log10(scale.half)) / 100
        assert levels / unit == pytest.approx(np.round(levels / unit))


def test_uncertainty_has_its_own_colours_and_scale(shown):
    values = np.zeros((100, 100), np.float32)
    values[:, 50:] = 0.5
    snapshot = with_answers(with_dropout(make_snapshot(few())), {UncertaintyRequest(PASSES): values})
    view = shown(BoundaryView(), snapshot)
    hands.push(view, "boundary.field.uncertainty")
    image = view.shown().colours.astype(int)
    assert np.abs(image[10, 10] - QColor(theme.current().field_middle).getRgb()[:3]).max() <= 1
    assert np.abs(image[10, 90] - image[10, 10]).max() > 60
    assert {"uncertainty", "0", "0.5"} <= set(view.shown().legend)
    assert view.shown().note == ""


def test_uncertainty_is_requested_only_while_it_is_seen_and_there_is_dropout(qtbot, shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    hands.push(view, "boundary.field.uncertainty")
    assert view.requests == {BoundaryRequest()}
    with qtbot.waitSignal(view.requests_changed):
        view.show_snapshot(with_dropout(make_snapshot(snapshot.sample)))
    assert view.requests == {BoundaryRequest(), UncertaintyRequest(PASSES)}
    with qtbot.waitSignal(view.requests_changed):
        hands.push(view, "boundary.field.probability")
    assert view.requests == {BoundaryRequest(100)}


def test_without_dropout_uncertainty_is_the_entropy_of_the_answer(qtbot, shown):
    snapshot = make_snapshot(few())
    halves = np.repeat([-0.9999, 0.0], 50)[np.newaxis, np.newaxis].repeat(100, axis=1).astype(np.float32)
    snapshot = with_answers(snapshot, {BoundaryRequest(): halves})
    view = shown(BoundaryView(), snapshot)
    hands.push(view, "boundary.field.uncertainty")
    assert "entropy" in view.shown().note and part_of(view, "boundary.note").isVisible()
    assert {"entropy in bits", "0", "1"} <= set(view.shown().legend)
    image = view.shown().colours.astype(int)
    assert np.abs(image[10, 10] - QColor(theme.current().field_middle).getRgb()[:3]).max() <= 2
    assert np.abs(image[10, 90] - image[10, 10]).max() > 60
    hands.hover(view, view.shown().place_of(3, 2))
    assert view.shown().reading.endswith("entropy 1.0 bits")
    view.show_snapshot(with_dropout(make_snapshot(snapshot.sample)))
    qtbot.waitUntil(lambda: view.shown().note == "", timeout=30_000)


def test_entropy_of_several_classes_is_largest_where_all_are_equally_likely():
    field = np.array([[[1, 1 / 3, 0.5]], [[0, 1 / 3, 0.5]], [[0, 1 / 3, 0]]], np.float32)
    assert entropy_of(field) == pytest.approx(np.array([[0, np.log2(3), 1]]), abs=1e-5)


def test_values_without_dropout_say_why_nothing_is_uncertain(qtbot, shown):
    snapshot = make_snapshot(draw_sample(Hills()))
    view = shown(BoundaryView(), snapshot)
    uncertainty = part_of(view, "boundary.field.uncertainty")
    assert not uncertainty.isEnabled() and "dropout" in uncertainty.toolTip()
    assert tip(uncertainty.accessibleDescription()) == uncertainty.toolTip()
    view.show_snapshot(with_dropout(snapshot))
    hands.push(view, "boundary.field.uncertainty")
    view.show_snapshot(make_snapshot(snapshot.sample))
    qtbot.waitUntil(lambda: view.shown().note != "", timeout=30_000)
    assert "predictions do not vary" in view.shown().note and part_of(view, "boundary.note").isVisible()
    assert len(np.unique(view.shown().colours.reshape(-1, 3), axis=0)) == 1
    view.show_snapshot(with_dropout(make_snapshot(snapshot.sample)))
    qtbot.waitUntil(lambda: view.shown().note == "", timeout=30_000)


def test_reading_tells_how_uncertain_the_answer_is(shown):
    values = np.full((100, 100), 0.25, np.float32)
    view = shown(BoundaryView(), with_answers(with_dropout(make_snapshot(few())), {UncertaintyRequest(PASSES): values}))
    hands.push(view, "boundary.field.uncertainty")
    hands.hover(view, view.shown().place_of(3, 2))
    assert view.shown().reading.endswith("± 0.25")


def test_a_task_with_values_offers_no_classes_and_says_why(shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.push(view, "boundary.field.classes")
    view.show_snapshot(make_snapshot(draw_sample(Hills())))
    classes = view.findChild(QToolButton, "boundary.field.classes")
    assert not classes.isEnabled() and "classification" in classes.toolTip()
    assert part_of(view, "boundary.field.probability").isChecked()
    assert view.findChild(QToolButton, "boundary.field.probability").text() == "Value"
    view.show_snapshot(make_snapshot())
    assert classes.isEnabled()
    assert view.findChild(QToolButton, "boundary.field.probability").text() == "Probability"


# Mistakes -----------------------------------------------------------------------------------------------------


def test_rings_mark_the_wrong_points_and_words_count_them(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), given(make_snapshot(points), np.array([0, 0, 1, 1, 0])))
    assert len(view.shown().rings) == 0 and view.requests == {BoundaryRequest()}
    with qtbot.waitSignal(view.requests_changed):
        hands.push(view, "boundary.mistakes")
    assert view.requests == {BoundaryRequest(), PredictionsRequest(MAX_DRAWN_POINTS)}
    assert view.shown().rings == pytest.approx(points.x[[1, 2]])
    assert view.shown().note == "Wrong: 1 of 3 training and 1 of 2 validation points."
    assert "wrong" in view.shown().legend
    hands.push(view, "boundary.mistakes")
    assert len(view.shown().rings) == 0 and view.shown().note == "" and not part_of(view, "boundary.note").isVisible()


def test_rings_follow_the_training(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), given(make_snapshot(points), points.labels))
    hands.push(view, "boundary.mistakes")
    assert len(view.shown().rings) == 0
    for wrong in range(5):
        view.show_snapshot(given(make_snapshot(points), np.arange(5) == wrong))
    qtbot.waitUntil(lambda: len(view.shown().rings) > 0)
    qtbot.waitUntil(lambda: "Wrong: 0" not in view.shown().note)


def test_rings_of_values_are_as_large_as_the_miss(qtbot, shown):
    points = draw_sample(Hills(points=40))
    values = points.labels.copy()
    view = shown(BoundaryView(), make_snapshot(points))
    half = view.shown().value_range[1]
    values[3] += half / 2
    values[7] -= half / 4
    hands.push(view, "boundary.mistakes")
    view.show_snapshot(given(make_snapshot(points), values))
    qtbot.waitUntil(lambda: len(view.shown().rings) == 2)
    assert view.shown().rings == pytest.approx(points.x[[3, 7]])
    looks = legend.miss_rings(points, np.arange(40), values - points.labels, ValueRange(0.0, half))
    assert looks["size"] == pytest.approx([legend.LARGEST_RING / 2, legend.LARGEST_RING / 4])
    low, high = theme.current().classes[:2]
    assert [pen.color().name() for pen in looks["pen"]] == [high, low]
    assert {"too high", "too low"} <= set(view.shown().legend)
    qtbot.waitUntil(lambda: view.shown().note.startswith("Off by "))


def test_the_count_in_words():
    points = spread_out(4)

    def words(values):
        return mistakes_words(points, Predictions(np.arange(4), np.array(values)))

    assert words([0, 1, 0, 1]) == "Wrong: 0 of 2 training and 0 of 2 validation points."
    assert words([1, 1, 0, 0]) == "Wrong: 1 of 2 training and 1 of 2 validation points."


# Zoom and pan -------------------------------------------------------------------------------------------------


def test_the_wheel_zooms_at_the_mouse(shown):
    view = shown(BoundaryView(), make_snapshot())
    place = view.shown().place_of(3, 2)
    hands.wheel(view, 3, place)
    assert view.shown().seen.width() == pytest.approx(12 / 1.25**3)
    again = view.shown().place_of(3, 2)
    assert (again - place).manhattanLength() < 2
    hands.wheel(view, -20, place)
    assert view.shown().seen.width() == 12


def test_nothing_outside_of_the_plane_is_ever_seen(shown):
    view = shown(BoundaryView(), make_snapshot())
    plane = view.shown().plane
    for place in (plane.topLeft() + QPointF(2, 2), plane.bottomRight() - QPointF(2, 2), plane.center()):
        for _ in range(6):
            hands.wheel(view, 2, place)
            hands.drag(view, plane.center(), plane.center() + QPointF(120, -90))
            seen = view.shown().seen
            assert seen.left() >= -6 and seen.top() >= -6 and seen.right() <= 6 + 1e-9 and seen.bottom() <= 6 + 1e-9
    assert view.shown().seen.width() == pytest.approx(0.6)
    hands.wheel(view, -60, plane.center())
    assert view.shown().seen.width() == 12


def test_dragging_moves_the_plane_with_the_mouse(shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.wheel(view, 4, view.shown().plane.center())
    start = view.shown().plane.center()
    seen = view.shown().seen
    hands.drag(view, start, start + QPointF(40, 30))
    pixel = seen.width() / view.shown().plane.width()
    assert view.shown().seen.left() - seen.left() == pytest.approx(-40 * pixel, abs=2 * pixel)
    assert view.shown().seen.top() - seen.top() == pytest.approx(30 * pixel, abs=2 * pixel)
    assert view.shown().picked is None


@pytest.mark.parametrize("way", ["double click", "Home", "button"])
def test_the_whole_plane_comes_back(shown, way):
    view = shown(BoundaryView(), make_snapshot())
    assert not part_of(view, "boundary.whole").isVisible()
    hands.wheel(view, 4, view.shown().place_of(3, 2))
    assert part_of(view, "boundary.whole").isVisible()
    if way == "Home":
        hands.key(view, "Home")
    elif way == "button":
        hands.push(view, "boundary.whole")
    else:
        place = view.shown().place_of(3, 2)
        hands.double_click(view, place)
    assert view.shown().seen.width() == 12 and not part_of(view, "boundary.whole").isVisible()


def test_other_data_are_seen_whole_and_drawing_keeps_the_place(shown):
    snapshot = make_snapshot(few())
    view = shown(BoundaryView(), snapshot)
    hands.key(view, "Plus")
    near = view.shown().seen
    drawn = snapshot.sample._replace(
        x=snapshot.sample.x[:-1], labels=snapshot.sample.labels[:-1], split=snapshot.sample.split[:-1]
    )
    own = msgspec.structs.replace(snapshot.experiment, data=UserPoints())
    view.show_snapshot(dataclasses.replace(snapshot, sample=drawn, experiment=own))
    assert view.shown().seen == near != QRectF(-6, -6, 12, 12)
    other = msgspec.structs.replace(snapshot.experiment, data=Spiral())
    view.show_snapshot(dataclasses.replace(snapshot, sample=draw_sample(Spiral()), experiment=other))
    assert view.shown().seen == QRectF(-6, -6, 12, 12)


def test_keys_zoom_and_move(shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.key(view, "Plus")
    assert view.shown().seen.width() == pytest.approx(12 / 1.25)
    before = view.shown().seen
    hands.key(view, "Right")
    hands.key(view, "Up")
    assert view.shown().seen.left() > before.left() and view.shown().seen.bottom() > before.bottom()
    hands.key(view, "Left")
    hands.key(view, "Down")
    assert view.shown().seen.center().x() == pytest.approx(before.center().x(), abs=0.3)
    hands.key(view, "Minus")
    assert view.shown().seen.width() == 12


def test_axes_reading_and_points_follow_the_zoom(shown):
    points = spread_out()
    view = shown(BoundaryView(), make_snapshot(points))
    hands.wheel(view, 6, view.shown().place_of(*points.x[3]))
    ticks = list(view.shown().ticks[0])
    seen = view.shown().seen
    assert 3 <= len(ticks) <= 8 and all(seen.left() - 1e-6 <= tick <= seen.right() + 1e-6 for tick in ticks)
    hands.hover(view, view.shown().place_of(*points.x[3]))
    assert "point: class B" in view.shown().reading
    assert view.shown().mouse[0] == pytest.approx(points.x[3, 0], abs=0.05)


# One unit's map -----------------------------------------------------------------------------------------------


def test_a_unit_takes_the_place_of_the_boundary(qtbot, shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    before = view.shown().colours
    with qtbot.waitSignal(view.requests_changed):
        view.magnify((0, 2))
    assert view.requests == {BoundaryRequest(), UnitMapRequest(0, 2)}
    assert view.shown().colours is before
    view.show_snapshot(magnified(snapshot))
    assert view.shown().unit == "Unit 1.3: output"
    assert part_of(view, view.shown().unit).isVisible() and not part_of(view, "boundary.field").isVisible()
    assert view.shown().legend[:4] == ("1.3", "−1", "0", "1")
    look = theme.current()
    assert np.abs(view.shown().colours[50, -1].astype(int) - QColor(look.field_high).getRgb()[:3]).max() <= 3
    assert np.abs(view.shown().colours[50, 0].astype(int) - QColor(look.field_low).getRgb()[:3]).max() <= 3


@pytest.mark.parametrize("way", ["method", "button", "Esc"])
def test_the_boundary_comes_back_at_once_even_if_the_snapshot_still_has_the_unit(shown, way):
    plain = make_snapshot()
    view = shown(BoundaryView(), plain)
    before = view.shown().colours.copy()
    view.magnify((0, 2))
    view.show_snapshot(magnified(plain))
    left: list[int] = []
    view.magnified_left.connect(lambda: left.append(1))
    if way == "method":
        view.magnify(None)
    elif way == "button":
        hands.push(view, "boundary.back")
    else:
        hands.key(view, "Escape")
    assert view.requests == {BoundaryRequest()} and view.shown().unit == ""
    assert np.array_equal(view.shown().colours, before)
    view.show_snapshot(magnified(plain))
    assert view.shown().unit == ""
    assert len(left) == (way != "method")
    assert part_of(view, "boundary.field").isVisible()


def test_a_units_name():
    snapshot = make_snapshot(layers=3)
    named = dataclasses.replace(
        snapshot,
        layers=tuple(row._replace(name=name) for row, name in zip(snapshot.layers, ("A", "B", "output"), strict=True)),
    )
    assert unit_words(named, 0, 2) == ("A3", "Unit A3")
    assert unit_words(snapshot, 1, 0) == ("2.1", "Unit 2.1")
    assert unit_words(named, 2, 0) == ("output", "Output")
    assert unit_words(dataclasses.replace(named, sample=clouds(3)), 2, 1) == ("output 2", "Output 2")


def test_an_outputs_map_has_the_colours_of_the_boundary(shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    before = view.shown().colours.copy()
    view.magnify((2, 0))
    view.show_snapshot(
        with_answers(snapshot, {UnitMapRequest(2, 0): UnitMap(2, 0, snapshot.answer(BoundaryRequest)[0])})
    )
    assert np.array_equal(view.shown().colours, before)


def test_a_units_range_grows_at_once_and_shrinks_late():
    assert unit_range(np.array([[0.9]]), 0.0) == 1.0
    assert unit_range(np.array([[3.1]]), 1.0) == 4.0
    assert unit_range(np.array([[2.2]]), 4.0) == 4.0
    assert unit_range(np.array([[1.9]]), 4.0) == 2.0
    assert unit_range(np.array([[np.nan, np.inf]]), 0.0) > 0


def test_reading_a_units_map_reads_the_unit(shown):
    snapshot = make_snapshot(few())
    view = shown(BoundaryView(), snapshot)
    view.magnify((0, 2))
    view.show_snapshot(magnified(snapshot))
    hands.hover(view, view.shown().place_of(3, 2))
    assert "→ 1.3 0.5" in view.shown().reading


# Picking ------------------------------------------------------------------------------------------------------


def test_a_click_picks_the_point_and_one_beside_lets_go(qtbot, shown):
    points = spread_out()
    snapshot = make_snapshot(points)
    view = shown(BoundaryView(), snapshot)
    with qtbot.waitSignal(view.point_picked) as caught:
        hands.click(view, view.shown().place_of(*points.x[3]))
    assert caught.args == [3]
    assert view.shown().picked == 3
    assert view.shown().picked_at == pytest.approx(snapshot.sample.x[[view.shown().picked]])
    with qtbot.waitSignal(view.point_picked) as caught:
        hands.click(view, view.shown().place_of(3, -4))
    assert caught.args == [None]
    assert view.shown().picked is None and len(view.shown().picked_at) == 0


def test_picking_from_outside_highlights_and_tells_nobody_else(qtbot, shown):
    snapshot = make_snapshot(spread_out())
    view = shown(BoundaryView(), snapshot)
    with qtbot.assertNotEmitted(view.point_picked):
        view.pick(2)
    assert view.shown().picked == 2 and view.shown().picked_at == pytest.approx(
        snapshot.sample.x[[view.shown().picked]]
    )


def test_keys_go_from_point_to_point_and_around(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out(3)))
    picked: list[object] = []
    view.point_picked.connect(picked.append)
    for key in (Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_P, Qt.Key.Key_Escape, Qt.Key.Key_P):
        hands.key(view, key)
    assert picked == [0, 1, 2, 0, 2, None, 2]


def test_a_point_reached_by_key_comes_into_sight(shown):
    points = spread_out()
    view = shown(BoundaryView(), make_snapshot(points))
    hands.wheel(view, 8, view.shown().place_of(*points.x[4]))
    hands.key(view, "N")
    assert view.shown().picked == 0
    assert view.shown().seen.contains(QPointF(*points.x[0]))


def test_a_double_click_on_nothing_keeps_the_picked_point(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.pick(3)
    place = view.shown().place_of(3, -4)
    hands.double_click(view, place)
    assert view.shown().picked == 3


def test_other_data_let_go_of_the_point_unless_it_is_still_there(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), make_snapshot(points))
    view.pick(3)
    view.show_snapshot(make_snapshot(points._replace(labels=1 - points.labels)))
    assert view.shown().picked == 3
    with qtbot.waitSignal(view.point_picked) as caught:
        view.show_snapshot(make_snapshot(clouds(2, 3)))
    assert caught.args == [None] and view.shown().picked is None


# Editing ------------------------------------------------------------------------------------------------------


def test_the_edit_tool_tells_what_the_mouse_does_and_changes_nothing(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    told: list[tuple[object, ...]] = []
    for name in ("pressed", "dragged", "released", "wheeled"):
        getattr(view, name).connect(lambda *values, name=name: told.append((name, *values)))
    hands.drag(view, view.shown().place_of(-2, 1), view.shown().place_of(2, 3), button=hands.RIGHT)
    names = [one[0] for one in told]
    assert names[0] == "pressed" and names[-1] == "released" and names.count("dragged") >= 2
    _, x1, x2, button, modifiers = told[0]
    assert (x1, x2) == (pytest.approx(-2, abs=0.1), pytest.approx(1, abs=0.1))
    assert button == Qt.MouseButton.RightButton and modifiers == Qt.KeyboardModifier.NoModifier
    assert told[-1][1:] == (pytest.approx(2, abs=0.1), pytest.approx(3, abs=0.1))
    hands.wheel(view, -2, view.shown().place_of(1, 1))
    assert told[-1] == ("wheeled", pytest.approx(1, abs=0.1), pytest.approx(1, abs=0.1), -2)
    assert view.shown().seen.width() == 12 and view.shown().picked is None


def test_strokes_never_leave_the_plane(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    places: list[tuple[float, float]] = []
    view.dragged.connect(lambda x1, x2: places.append((x1, x2)))
    hands.drag(view, view.shown().place_of(5, 5), view.shown().place_of(9, 9))
    assert places[-1] == (6.0, 6.0)


def test_a_stroke_ends_when_the_tool_changes(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    place = view.shown().place_of(1, 2)
    hands.press(view, place)
    with qtbot.waitSignal(view.released) as caught:
        view.set_tool("look")
    assert caught.args == [pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1)]


def test_a_press_beside_the_plane_is_no_stroke(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    with qtbot.assertNotEmitted(view.pressed):
        place = view.shown().plane.bottomLeft() + QPointF(40, 20)
        hands.press(view, place)


def test_the_brush_is_a_circle_at_the_mouse(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_brush(0.8, theme.current().classes[1])
    hands.hover(view, view.shown().place_of(1, 2))
    assert view.shown().brush is None
    view.set_tool("edit")
    hands.hover(view, view.shown().place_of(1, 2))
    circle = view.shown().brush
    assert circle.width() == pytest.approx(1.6)
    assert (circle.center().x(), circle.center().y()) == (pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1))
    view.set_brush(1.5, None)
    assert view.shown().brush.width() == pytest.approx(3)
    hands.leave(view, view.shown().place_of(1, 2))
    assert view.shown().brush is None


# Everything together ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "field", "layers"),
    combinations(
        [draw_sample(Spiral()), clouds(3), draw_sample(Hills())], ["probability", "classes", "uncertainty"], [1, 2, 31]
    ),
)
def test_every_mode_survives_every_network(shown, caplog, points, field, layers):
    view = shown(BoundaryView(), make_snapshot(points, layers=layers))
    button = view.findChild(QToolButton, f"boundary.field.{field}")
    if button.isEnabled():
        hands.click(button)
    for name in ("boundary.contours", "boundary.mistakes"):
        hands.push(view, name)
    broken = Predictions(np.arange(5), np.full(5, np.nan) if points.task == "regression" else np.zeros(5, int))
    for one in (
        with_answers(
            with_dropout(diverged(make_snapshot(points, layers=layers))), {PredictionsRequest(MAX_DRAWN_POINTS): broken}
        ),
        make_snapshot(points, layers=layers, boundary=False),
        make_snapshot(points, layers=layers, rows=0),
        magnified(make_snapshot(points, layers=layers), 0, 0, 1e30),
    ):
        view.show_snapshot(one)
        for _ in ("off", "on"):
            hands.push(view, "boundary.mistakes")
        view.grab()
    assert not caplog.records


def test_it_starts_as_quietly_as_before(shown):
    view = shown(BoundaryView(), make_snapshot())
    assert view.requests == {BoundaryRequest(100)}
    assert (
        view.shown().reading == BOUNDARY_HINT
        and view.shown().note == ""
        and not part_of(view, "boundary.note").isVisible()
    )
    assert not part_of(view, "boundary.contours").isChecked() and not part_of(view, "boundary.mistakes").isChecked()
    assert view.findChild(QToolButton, "boundary.field.probability").isChecked()


def test_every_control_has_a_name_and_a_hint(shown):
    view = shown(BoundaryView(), make_snapshot())
    for button in view.findChildren(QToolButton):
        assert button.objectName() and button.accessibleName() and button.toolTip()


def test_focus_by_key_shows_and_leaves(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot())
    # As a window does that opens.
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert view.shown().frame == ""
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.hasFocus)
    assert view.shown().frame == theme.current().accent
    view.clearFocus()
    assert view.shown().frame == ""


def test_leaving_the_view_hides_the_reading(shown):
    view = shown(BoundaryView(), make_snapshot(few()))
    hands.hover(view, view.shown().place_of(3, 2))
    assert view.shown().reading != BOUNDARY_HINT
    hands.leave(view, view.shown().place_of(3, 2))
    assert view.shown().reading == BOUNDARY_HINT


# Colours that everybody can tell apart ------------------------------------------------------------------------

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009,
# severity 1, for linear red, green and blue.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colours: np.ndarray, deficiency: str) -> np.ndarray:
    """Red, green, blue (n, 3) as CIE L*a*b* as somebody with the deficiency sees them."""
    shares = colours / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(DEFICIENCIES[deficiency]).T, 0, 1)
    xyz = linear @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    f = np.cbrt(np.maximum(xyz / [0.9505, 1.0, 1.089], 0.008856))
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_classes_can_be_told_apart_by_everybody(name, deficiency):
    look = theme.THEMES[name]
    colours = np.array([QColor(colour).getRgb()[:3] for colour in look.classes])
    seen = lab(colours, deficiency)
    assert np.linalg.norm(seen[0] - seen[1]) > 40
    # With more classes the shapes help: no two classes share one.
    assert len(set(legend.SYMBOLS)) == len(look.classes) == 10
    apart = np.linalg.norm(seen[:4, np.newaxis] - seen[:4], axis=2) + 1e9 * np.eye(4)
    assert apart.min() > 9


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_both_ends_of_the_field_can_be_told_apart_by_everybody(name, deficiency):
    look = theme.THEMES[name]
    ends = field_colours(np.array([[[-1.0, 0.0, 1.0]]]), ValueRange(), look)[0].astype(float)
    low, middle, high = lab(ends, deficiency)
    assert np.linalg.norm(low - high) > 25
    assert min(np.linalg.norm(low - middle), np.linalg.norm(high - middle)) > 10


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """The ratio of two colours' luminances, as the Web Content Accessibility Guidelines define it."""
    shares = np.stack([one, other]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return float((high + 0.05) / (low + 0.05))


@pytest.mark.parametrize("number", range(4))
def test_the_dark_field_is_as_readable_as_the_light_one(number):
    """The field of a class against the neutral ground, and its points on it."""
    ratios = []
    for look in (theme.LIGHT, theme.DARK):
        field, point = pale_classes(look, 4)[number], channels(look.classes[number])
        ratios.append((contrast(field, channels(look.field_middle)), contrast(point, field)))
    assert np.all(np.array(ratios[1]) >= np.round(ratios[0], 2) - 0.01)


@pytest.mark.parametrize("name", theme.THEMES)
def test_uncertainty_is_told_by_lightness_alone(name):
    from ui.views.plane.field import uncertainty_table

    table = uncertainty_table(theme.THEMES[name])[:, :3].astype(float)
    lightness = table @ [0.2126, 0.7152, 0.0722]
    steps = np.diff(lightness)
    assert (steps <= 0.6).all() or (steps >= -0.6).all()
    assert abs(lightness[-1] - lightness[0]) > 60


def test_the_note_below_a_small_plane_is_whole(shown):
    view = shown(BoundaryView(), given(make_snapshot(spread_out()), np.array([0, 0, 1, 1, 0])), (300, 420))
    hands.push(view, "boundary.mistakes")
    hands.push(view, "boundary.field.uncertainty")
    note = part_of(view, "boundary.note")
    hands.until(lambda: "entropy" in note.text() and "Wrong" in note.text(), "the note is not complete")
    assert note.height() >= note.heightForWidth(note.width())
    assert view.rect().contains(note.geometry())


def test_choices_get_the_room_that_other_words_need(shown):
    view = shown(BoundaryView(), make_snapshot(draw_sample(Hills())), (480, 440))
    hands.push(view, "boundary.mistakes")
    view.resize(470, 440)
    hands.until(lambda: part_of(view, "boundary.field").width() < 200, "there is no short name for values")
    view.show_snapshot(make_snapshot())
    for button in part_of(view, "boundary.field").buttons:
        assert button.width() >= button.sizeHint().width(), button.text()


def test_no_number_of_a_contour_stands_on_the_words_about_other_lines(shown):
    across, up = plane_grid()
    # Its contours run through the lower left corner, where the words stand.
    corner = (np.hypot(across + 6, up + 6) - 3)[np.newaxis].astype(np.float32)
    snapshot = with_answers(make_snapshot(few()), {BoundaryRequest(): corner})
    view = shown(BoundaryView(), snapshot)
    view.show_others(Ghost(BEGINNING, snapshot), 1.0)
    hands.push(view, "boundary.contours")
    hands.until(lambda: view.shown().numbers, "there are no numbers")
    texts = painted_texts(view)
    (words,) = [box for text, box in texts if text == "dashed: without the change"]
    plate = words.adjusted(-6, -6, 6, 6)
    assert not [text for text, box in texts if box != words and text[0] == "0" and box.intersects(plate)]


def test_the_map_of_a_unit_has_no_lines_of_other_runs_and_the_boundary_those_of_now(shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    view.show_others(Ghost(BEGINNING, snapshot), 1.0)
    assert view.shown().others
    view.magnify((0, 2))
    view.show_snapshot(magnified(snapshot))
    assert not view.shown().others
    view.magnify(None)
    assert view.shown().others
    view.magnify((0, 2))
    view.show_others(None, 0.0)
    view.magnify(None)
    assert not view.shown().others
