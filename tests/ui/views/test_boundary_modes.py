"""What the boundary can show besides the answer, and what mouse and keys do to it."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton

from playground.catalog.datasets.base import Sample, sample
from playground.catalog.datasets.shapes import Hills, Spiral
from playground.catalog.losses import SquaredError
from playground.measure.snapshot import Magnified, Predictions, Snapshot, Wanted
from tests.ui import hands
from tests.ui.snapshots import boundary_of, clouds, diverged, make_snapshot, plane_grid
from ui.look import theme
from ui.views.boundary.picture import even_levels, unit_range
from ui.views.boundary.view import HINT, MAX_POINTS, NO_DROPOUT, PASSES, BoundaryView
from ui.views.plane import marks
from ui.views.plane.answers import mistakes_words, unit_words
from ui.views.plane.field import Range, borders, coloured, level_lines, pale_classes, winners, zero_line


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
    return dataclasses.replace(snapshot, magnified=Magnified(layer, unit, values))


def given(snapshot: Snapshot, values: np.ndarray) -> Snapshot:
    """The same moment with what the network makes of every point."""
    return dataclasses.replace(snapshot, predictions=Predictions(np.arange(len(values)), values))


# Colours and lines --------------------------------------------------------------------------------------------


def test_classes_are_crisp_and_follow_the_answer_between_grid_points():
    x1, x2 = plane_grid()
    given = winners((np.hypot(x1, x2) - 3)[np.newaxis].astype(np.float32))
    m = len(given)
    assert set(np.unique(given)) == {0, 1} and m >= 250
    at = (np.arange(m) + 0.5) / m * 12 - 6
    truth = np.hypot(*np.meshgrid(at, at)) >= 3
    assert np.mean(given != truth) < 0.001


def test_classes_of_many_are_those_with_the_largest_share():
    field = boundary_of(clouds(5), 0)
    whole = winners(field, fine=1)
    n = field.shape[1]
    middles = (field[:, :-1, :-1] + field[:, 1:, :-1] + field[:, :-1, 1:] + field[:, 1:, 1:]) / 4
    assert np.mean(whole != middles.argmax(axis=0)) < 0.001 and whole.shape == (n - 1, n - 1)


def test_the_classes_mode_shows_only_the_colours_of_the_classes(shown):
    view = shown(BoundaryView(), make_snapshot(clouds(3)))
    assert len(np.unique(view.image().reshape(-1, 3), axis=0)) > 100
    hands.push(view, "boundary.field.classes")
    colours = {tuple(int(c) for c in row) for row in np.unique(view.image().reshape(-1, 3), axis=0)}
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


@pytest.mark.parametrize("points", [sample(Spiral()), clouds(3), sample(Hills())], ids=["two", "three", "values"])
def test_contours_come_and_go_with_their_numbers(qtbot, shown, points):
    view = shown(BoundaryView(), make_snapshot(points), (656, 640))
    assert view._canvas.contour_pieces() == 0 and not view.numbers()
    hands.push(view, "boundary.contours")
    assert view._canvas.contour_pieces() > 100
    qtbot.waitUntil(lambda: len(view.numbers()) > 0)
    hands.push(view, "boundary.contours")
    assert view._canvas.contour_pieces() == 0 and not view.numbers()


def test_numbers_stand_on_their_lines_and_clear_of_each_other(shown):
    points = sample(Hills())
    view = shown(BoundaryView(), make_snapshot(points), (656, 640))
    hands.push(view, "boundary.contours")
    numbers = view.numbers()
    field = view._snapshot.boundary[0]
    places = np.array([[number.x1, number.x2] for number in numbers])
    assert len(numbers) >= 4
    for number in numbers:
        row, column = (round((value + 6) / 12 * 99) for value in (number.x2, number.x1))
        assert field[row, column] == pytest.approx(float(number.text.replace("−", "-")), abs=0.1)
    pixel = 12 / view.plane_rect().width()
    apart = np.hypot(*(places[:, np.newaxis] - places).transpose(2, 0, 1)) + 1e9 * np.eye(len(places))
    assert apart.min() >= 48 * pixel


def test_numbers_say_how_sure_the_network_is_of_either_class(shown):
    view = shown(BoundaryView(), make_snapshot(few()), (656, 640))
    hands.push(view, "boundary.contours")
    assert {number.text for number in view.numbers()} <= {"0.75", "0.9"}
    squared = dataclasses.replace(view._snapshot, loss=SquaredError(output="tanh"))
    view.show_snapshot(squared)
    assert view._picture.texts == ("−0.8", "−0.5", "0.5", "0.8")


def test_numbers_of_other_lines_go_at_once(shown):
    view = shown(BoundaryView(), make_snapshot(sample(Hills())), (656, 640))
    hands.push(view, "boundary.contours")
    assert view.numbers()
    view.magnify((0, 2))
    view.show_snapshot(magnified(view._snapshot, size=40.0))
    assert not {number.text for number in view.numbers()} - set(view._picture.texts)


def few() -> Sample:
    """Two points in a corner."""
    return clouds(2, 2)._replace(class_names=("A", "B"), x=np.array([[-5.8, -5.8], [-5.6, -5.8]]))


def test_levels_are_round_numbers_within_the_range():
    for scale in (Range(), Range(0.0, 1.2), Range(4500.0, 2000.0), Range(0.0, 3e-5)):
        levels, (low, high) = even_levels(scale), scale.ends
        assert 5 <= len(levels) <= 13
        assert low < levels[0] and levels[-1] < high
        unit = 10.0 ** np.floor(np.log10(scale.half)) / 100
        assert levels / unit == pytest.approx(np.round(levels / unit))


def test_uncertainty_has_its_own_colours_and_scale(shown):
    values = np.zeros((100, 100), np.float32)
    values[:, 50:] = 0.5
    snapshot = dataclasses.replace(with_dropout(make_snapshot(few())), uncertainty=values)
    view = shown(BoundaryView(), snapshot)
    hands.push(view, "boundary.field.uncertainty")
    image = view.image().astype(int)
    assert np.abs(image[10, 10] - QColor(theme.current().field_middle).getRgb()[:3]).max() <= 1
    assert np.abs(image[10, 90] - image[10, 10]).max() > 60
    assert {"uncertainty", "0", "0.5"} <= set(view.legend_texts())
    assert view.note() == ""


def test_uncertainty_is_wanted_only_while_it_is_seen_and_there_is_dropout(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.push(view, "boundary.field.uncertainty")
    assert view.wanted.uncertainty == 0
    with qtbot.waitSignal(view.wanted_changed):
        view.show_snapshot(with_dropout(make_snapshot(view._snapshot.sample)))
    assert view.wanted.uncertainty == PASSES
    with qtbot.waitSignal(view.wanted_changed):
        hands.push(view, "boundary.field.probability")
    assert view.wanted == Wanted(boundary=100)


def test_without_dropout_it_says_why_nothing_is_uncertain(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.push(view, "boundary.field.uncertainty")
    assert view.note() == NO_DROPOUT and view._note.isVisible()
    assert len(np.unique(view.image().reshape(-1, 3), axis=0)) == 1
    view.show_snapshot(with_dropout(make_snapshot(view._snapshot.sample)))
    qtbot.waitUntil(lambda: view.note() == "")


def test_reading_tells_how_uncertain_the_answer_is(shown):
    values = np.full((100, 100), 0.25, np.float32)
    view = shown(BoundaryView(), dataclasses.replace(with_dropout(make_snapshot(few())), uncertainty=values))
    hands.push(view, "boundary.field.uncertainty")
    hands.hover(view, view.place_of(3, 2))
    assert view.reading().endswith("± 0.25")


def test_a_task_with_values_offers_no_classes_and_says_why(shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.push(view, "boundary.field.classes")
    view.show_snapshot(make_snapshot(sample(Hills())))
    classes = view.findChild(QToolButton, "boundary.field.classes")
    assert not classes.isEnabled() and "classification" in classes.toolTip()
    assert view._modes.field == "probability"
    assert view.findChild(QToolButton, "boundary.field.probability").text() == "Value"
    view.show_snapshot(make_snapshot())
    assert classes.isEnabled()
    assert view.findChild(QToolButton, "boundary.field.probability").text() == "Probability"


# Mistakes -----------------------------------------------------------------------------------------------------


def test_rings_mark_the_wrong_points_and_words_count_them(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), given(make_snapshot(points), np.array([0, 0, 1, 1, 0])))
    assert len(view.ringed_points()) == 0 and view.wanted.predictions == 0
    with qtbot.waitSignal(view.wanted_changed):
        hands.push(view, "boundary.mistakes")
    assert view.wanted.predictions == MAX_POINTS
    assert view.ringed_points() == pytest.approx(points.x[[1, 2]])
    assert view.note() == "Wrong: 1 of 3 training and 1 of 2 validation points."
    assert "wrong" in view.legend_texts()
    hands.push(view, "boundary.mistakes")
    assert len(view.ringed_points()) == 0 and view.note() == "" and not view._note.isVisible()


def test_rings_follow_the_training(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), given(make_snapshot(points), points.labels))
    hands.push(view, "boundary.mistakes")
    assert len(view.ringed_points()) == 0
    for wrong in range(5):
        view.show_snapshot(given(make_snapshot(points), np.arange(5) == wrong))
    qtbot.waitUntil(lambda: len(view.ringed_points()) > 0)
    qtbot.waitUntil(lambda: "Wrong: 0" not in view.note())


def test_rings_of_values_are_as_large_as_the_miss(qtbot, shown):
    points = sample(Hills(points=40))
    values = points.labels.copy()
    view = shown(BoundaryView(), make_snapshot(points))
    half = view.value_range()[1]
    values[3] += half / 2
    values[7] -= half / 4
    hands.push(view, "boundary.mistakes")
    view.show_snapshot(given(make_snapshot(points), values))
    qtbot.waitUntil(lambda: len(view.ringed_points()) == 2)
    assert view.ringed_points() == pytest.approx(points.x[[3, 7]])
    looks = marks.miss_rings(points, np.arange(40), values - points.labels, Range(0.0, half))
    assert looks["size"] == pytest.approx([marks.LARGEST_RING / 2, marks.LARGEST_RING / 4])
    low, high = theme.current().classes[:2]
    assert [pen.color().name() for pen in looks["pen"]] == [high, low]
    assert {"too high", "too low"} <= set(view.legend_texts())
    qtbot.waitUntil(lambda: view.note().startswith("Off by "))


def test_the_count_in_words():
    points = spread_out(4)

    def words(values):
        return mistakes_words(points, Predictions(np.arange(4), np.array(values)))

    assert words([0, 1, 0, 1]) == "Wrong: 0 of 2 training and 0 of 2 validation points."
    assert words([1, 1, 0, 0]) == "Wrong: 1 of 2 training and 1 of 2 validation points."


# Zoom and pan -------------------------------------------------------------------------------------------------


def test_the_wheel_zooms_at_the_mouse(shown):
    view = shown(BoundaryView(), make_snapshot())
    place = view.place_of(3, 2)
    hands.wheel(view, 3, place)
    assert view.seen().width() == pytest.approx(12 / 1.25**3)
    again = view.place_of(3, 2)
    assert (again - place).manhattanLength() < 2
    hands.wheel(view, -20, place)
    assert view.seen().width() == 12


def test_nothing_outside_of_the_plane_is_ever_seen(shown):
    view = shown(BoundaryView(), make_snapshot())
    plane = view.plane_rect()
    for place in (plane.topLeft() + QPointF(2, 2), plane.bottomRight() - QPointF(2, 2), plane.center()):
        for _ in range(6):
            hands.wheel(view, 2, place)
            hands.drag(view, plane.center(), plane.center() + QPointF(120, -90))
            seen = view.seen()
            assert seen.left() >= -6 and seen.top() >= -6 and seen.right() <= 6 + 1e-9 and seen.bottom() <= 6 + 1e-9
    assert view.seen().width() == pytest.approx(0.6)
    hands.wheel(view, -60, plane.center())
    assert view.seen().width() == 12


def test_dragging_moves_the_plane_with_the_mouse(shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.wheel(view, 4, view.plane_rect().center())
    start = view.plane_rect().center()
    seen = view.seen()
    hands.drag(view, start, start + QPointF(40, 30))
    pixel = seen.width() / view.plane_rect().width()
    assert view.seen().left() - seen.left() == pytest.approx(-40 * pixel, abs=2 * pixel)
    assert view.seen().top() - seen.top() == pytest.approx(30 * pixel, abs=2 * pixel)
    assert view.picked() is None


@pytest.mark.parametrize("way", ["double click", "Home", "button"])
def test_the_whole_plane_comes_back(shown, way):
    view = shown(BoundaryView(), make_snapshot())
    assert not view._whole.isVisible()
    hands.wheel(view, 4, view.place_of(3, 2))
    assert view._whole.isVisible()
    if way == "Home":
        hands.key(view, "Home")
    elif way == "button":
        hands.push(view, "boundary.whole")
    else:
        hands.double_click(view, view.place_of(3, 2))
    assert view.seen().width() == 12 and not view._whole.isVisible()


def test_keys_zoom_and_move(shown):
    view = shown(BoundaryView(), make_snapshot())
    hands.key(view, "Plus")
    assert view.seen().width() == pytest.approx(12 / 1.25)
    before = view.seen()
    hands.key(view, "Right")
    hands.key(view, "Up")
    assert view.seen().left() > before.left() and view.seen().bottom() > before.bottom()
    hands.key(view, "Left")
    hands.key(view, "Down")
    assert view.seen().center().x() == pytest.approx(before.center().x(), abs=0.3)
    hands.key(view, "Minus")
    assert view.seen().width() == 12


def test_axes_reading_and_points_follow_the_zoom(shown):
    points = spread_out()
    view = shown(BoundaryView(), make_snapshot(points))
    hands.wheel(view, 6, view.place_of(*points.x[3]))
    ticks = [value for value, _ in view._plot.getAxis("bottom")._tickLevels[0]]
    seen = view.seen()
    assert 3 <= len(ticks) <= 8 and all(seen.left() - 1e-6 <= tick <= seen.right() + 1e-6 for tick in ticks)
    hands.hover(view, view.place_of(*points.x[3]))
    assert "point: class B" in view.reading()
    assert view._mouse.x() == pytest.approx(points.x[3, 0], abs=0.05)


# One unit's map -----------------------------------------------------------------------------------------------


def test_a_unit_takes_the_place_of_the_boundary(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot())
    before = view.image()
    with qtbot.waitSignal(view.wanted_changed):
        view.magnify((0, 2))
    assert view.wanted.magnified == (0, 2)
    assert view.image() is before
    view.show_snapshot(magnified(view._snapshot))
    assert view.unit_title() == "Unit 1.3: what it puts out"
    assert view._modes.title.isVisible() and not view._modes.fields.isVisible()
    assert view.legend_texts()[:4] == ("1.3", "−1", "0", "1")
    look = theme.current()
    assert np.abs(view.image()[50, -1].astype(int) - QColor(look.field_high).getRgb()[:3]).max() <= 3
    assert np.abs(view.image()[50, 0].astype(int) - QColor(look.field_low).getRgb()[:3]).max() <= 3


@pytest.mark.parametrize("way", ["method", "button", "Esc"])
def test_the_boundary_comes_back_at_once_even_if_the_snapshot_still_has_the_unit(shown, way):
    plain = make_snapshot()
    view = shown(BoundaryView(), plain)
    before = view.image().copy()
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
    assert view.wanted.magnified is None and view.unit_title() == ""
    assert np.array_equal(view.image(), before)
    view.show_snapshot(magnified(plain))
    assert view.unit_title() == ""
    assert len(left) == (way != "method")
    assert view._modes.fields.isVisible()


def test_a_units_name():
    snapshot = make_snapshot(layers=3)
    named = dataclasses.replace(
        snapshot,
        layers=tuple(row._replace(name=name) for row, name in zip(snapshot.layers, ("A", "B", "output"), strict=True)),
    )
    assert unit_words(named, 0, 2) == ("A3", "Unit A3")
    assert unit_words(snapshot, 1, 0) == ("2.1", "Unit 2.1")
    assert unit_words(named, 2, 0) == ("Output", "Output")
    assert unit_words(dataclasses.replace(named, sample=clouds(3)), 2, 1) == ("Output 2", "Output 2")


def test_an_outputs_map_has_the_colours_of_the_boundary(shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    before = view.image().copy()
    view.magnify((2, 0))
    view.show_snapshot(dataclasses.replace(snapshot, magnified=Magnified(2, 0, snapshot.boundary[0])))
    assert np.array_equal(view.image(), before)


def test_a_units_range_grows_at_once_and_shrinks_late():
    assert unit_range(np.array([[0.9]]), 0.0) == 1.0
    assert unit_range(np.array([[3.1]]), 1.0) == 4.0
    assert unit_range(np.array([[2.2]]), 4.0) == 4.0
    assert unit_range(np.array([[1.9]]), 4.0) == 2.0
    assert unit_range(np.array([[np.nan, np.inf]]), 0.0) > 0


def test_reading_a_units_map_reads_the_unit(shown):
    view = shown(BoundaryView(), make_snapshot(few()))
    view.magnify((0, 2))
    view.show_snapshot(magnified(view._snapshot))
    hands.hover(view, view.place_of(3, 2))
    assert "→ 1.3 0.5" in view.reading()


# Picking ------------------------------------------------------------------------------------------------------


def test_a_click_picks_the_point_and_one_beside_lets_go(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), make_snapshot(points))
    with qtbot.waitSignal(view.point_picked) as caught, qtbot.waitSignal(view.wanted_changed):
        hands.click(view, view.place_of(*points.x[3]))
    assert caught.args == [3]
    assert view.picked() == view.wanted.point == 3
    assert view.marked_point() == pytest.approx(view._snapshot.sample.x[[view.picked()]])
    with qtbot.waitSignal(view.point_picked) as caught:
        hands.click(view, view.place_of(3, -4))
    assert caught.args == [None]
    assert view.wanted.point is None and len(view.marked_point()) == 0


def test_picking_from_outside_highlights_and_tells_nobody_else(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    with qtbot.assertNotEmitted(view.point_picked):
        view.pick(2)
    assert view.wanted.point == 2 and view.marked_point() == pytest.approx(view._snapshot.sample.x[[view.picked()]])


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
    hands.wheel(view, 8, view.place_of(*points.x[4]))
    hands.key(view, "N")
    assert view.picked() == 0
    assert view.seen().contains(QPointF(*points.x[0]))


def test_a_double_click_on_nothing_keeps_the_picked_point(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.pick(3)
    hands.double_click(view, view.place_of(3, -4))
    assert view.picked() == 3


def test_other_data_let_go_of_the_point_unless_it_is_still_there(qtbot, shown):
    points = spread_out()
    view = shown(BoundaryView(), make_snapshot(points))
    view.pick(3)
    view.show_snapshot(make_snapshot(points._replace(labels=1 - points.labels)))
    assert view.picked() == 3
    with qtbot.waitSignal(view.point_picked) as caught:
        view.show_snapshot(make_snapshot(clouds(2, 3)))
    assert caught.args == [None] and view.wanted.point is None


# Editing ------------------------------------------------------------------------------------------------------


def test_the_edit_tool_tells_what_the_mouse_does_and_changes_nothing(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    told: list[tuple[object, ...]] = []
    for name in ("pressed", "dragged", "released", "wheeled"):
        getattr(view, name).connect(lambda *values, name=name: told.append((name, *values)))
    hands.drag(view, view.place_of(-2, 1), view.place_of(2, 3), button=hands.RIGHT)
    names = [one[0] for one in told]
    assert names[0] == "pressed" and names[-1] == "released" and names.count("dragged") >= 2
    _, x1, x2, button, modifiers = told[0]
    assert (x1, x2) == (pytest.approx(-2, abs=0.1), pytest.approx(1, abs=0.1))
    assert button == Qt.MouseButton.RightButton and modifiers == Qt.KeyboardModifier.NoModifier
    assert told[-1][1:] == (pytest.approx(2, abs=0.1), pytest.approx(3, abs=0.1))
    hands.wheel(view, -2, view.place_of(1, 1))
    assert told[-1] == ("wheeled", pytest.approx(1, abs=0.1), pytest.approx(1, abs=0.1), -2)
    assert view.seen().width() == 12 and view.picked() is None


def test_strokes_never_leave_the_plane(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    places: list[tuple[float, float]] = []
    view.dragged.connect(lambda x1, x2: places.append((x1, x2)))
    hands.drag(view, view.place_of(5, 5), view.place_of(9, 9))
    assert places[-1] == (6.0, 6.0)


def test_a_stroke_ends_when_the_tool_changes(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    hands.press(view, view.place_of(1, 2))
    with qtbot.waitSignal(view.released) as caught:
        view.set_tool("look")
    assert caught.args == [pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1)]


def test_a_press_beside_the_plane_is_no_stroke(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_tool("edit")
    with qtbot.assertNotEmitted(view.pressed):
        hands.press(view, view.plane_rect().bottomLeft() + QPointF(40, 20))


def test_the_brush_is_a_circle_at_the_mouse(shown):
    view = shown(BoundaryView(), make_snapshot(spread_out()))
    view.set_brush(0.8, theme.current().classes[1])
    hands.hover(view, view.place_of(1, 2))
    assert view._plane.brush_circle() is None
    view.set_tool("edit")
    hands.hover(view, view.place_of(1, 2))
    circle = view._plane.brush_circle()
    assert circle.width() == pytest.approx(1.6)
    assert (circle.center().x(), circle.center().y()) == (pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1))
    view.set_brush(1.5, None)
    assert view._plane.brush_circle().width() == pytest.approx(3)
    hands.leave(view, view.place_of(1, 2))
    assert view._plane.brush_circle() is None


# Everything together ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["probability", "classes", "uncertainty"])
@pytest.mark.parametrize("points", [sample(Spiral()), clouds(3), sample(Hills())], ids=["two", "three", "values"])
@pytest.mark.parametrize("layers", [1, 2, 31])
def test_every_mode_survives_every_network(shown, caplog, points, field, layers):
    view = shown(BoundaryView(), make_snapshot(points, layers=layers))
    button = view.findChild(QToolButton, f"boundary.field.{field}")
    if button.isEnabled():
        hands.click(button)
    for name in ("boundary.contours", "boundary.mistakes"):
        hands.push(view, name)
    broken = Predictions(np.arange(5), np.full(5, np.nan) if points.task == "regression" else np.zeros(5, int))
    for one in (
        dataclasses.replace(with_dropout(diverged(make_snapshot(points, layers=layers))), predictions=broken),
        make_snapshot(points, layers=layers, boundary=False),
        make_snapshot(points, layers=layers, rows=0),
        magnified(make_snapshot(points, layers=layers), 0, 0, 1e30),
    ):
        view.show_snapshot(one)
        view._ring.now()
        view.grab()
    assert not caplog.records


def test_it_starts_as_quietly_as_before(shown):
    view = shown(BoundaryView(), make_snapshot())
    assert view.wanted == Wanted(boundary=100)
    assert view.reading() == HINT and view.note() == "" and not view._note.isVisible()
    assert not view._modes.contours.isChecked() and not view._modes.mistakes.isChecked()
    assert view.findChild(QToolButton, "boundary.field.probability").isChecked()


def test_every_control_has_a_name_and_a_hint(shown):
    view = shown(BoundaryView(), make_snapshot())
    for button in view.findChildren(QToolButton):
        assert button.objectName() and button.accessibleName() and button.toolTip()


def test_focus_by_key_shows_and_leaves(qtbot, shown):
    view = shown(BoundaryView(), make_snapshot())
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.hasFocus)
    assert view._plane.box.border.color().name() == theme.current().accent
    view.clearFocus()
    assert view._plane.box.border.style() == Qt.PenStyle.NoPen


def test_leaving_the_view_hides_the_reading(shown):
    view = shown(BoundaryView(), make_snapshot(few()))
    hands.hover(view, view.place_of(3, 2))
    assert view.reading() != HINT
    hands.leave(view, view.place_of(3, 2))
    assert view.reading() == HINT


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
    assert len(set(marks.SYMBOLS)) == len(look.classes) == 10
    apart = np.linalg.norm(seen[:4, np.newaxis] - seen[:4], axis=2) + 1e9 * np.eye(4)
    assert apart.min() > 9


@pytest.mark.parametrize("name", theme.THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_both_ends_of_the_field_can_be_told_apart_by_everybody(name, deficiency):
    look = theme.THEMES[name]
    ends = coloured(np.array([[[-1.0, 0.0, 1.0]]]), Range(), look)[0].astype(float)
    low, middle, high = lab(ends, deficiency)
    assert np.linalg.norm(low - high) > 25
    assert min(np.linalg.norm(low - middle), np.linalg.norm(high - middle)) > 10


@pytest.mark.parametrize("name", theme.THEMES)
def test_uncertainty_is_told_by_lightness_alone(name):
    from ui.views.plane.field import uncertainty_table

    table = uncertainty_table(theme.THEMES[name])[:, :3].astype(float)
    lightness = table @ [0.2126, 0.7152, 0.0722]
    steps = np.diff(lightness)
    assert (steps <= 0.6).all() or (steps >= -0.6).all()
    assert abs(lightness[-1] - lightness[0]) > 60
