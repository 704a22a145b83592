"""The picture of the decision boundary says what the network says, where it says it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from playground.catalog.datasets.base import TEST, TRAIN, VALIDATION, AxisScale, draw_sample
from playground.catalog.datasets.shapes import Hills, Spiral
from playground.catalog.losses import SquaredError
from playground.measure.requests import BoundaryRequest
from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.snapshots import boundary_of, clouds, diverged, make_snapshot, plane_grid, with_answers
from ui.look import theme
from ui.views.boundary import points as module
from ui.views.boundary.view import BoundaryView
from ui.views.plane.field import field_colours, interpolate, value_range_of, zero_line
from ui.views.plane.legend import spots


def place_of(view: BoundaryView, x1: float, x2: float) -> QPointF:
    """Where a point of the plane is in the view, while the whole plane is seen."""
    assert view.shown().seen.width() == 12
    return view.shown().place_of(x1, x2)


def rgb(name: str) -> tuple[int, int, int]:
    return QColor(name).getRgb()[:3]


def few_points():
    """Two points far away in a corner, so that the field can be seen."""
    points = clouds(2, 2)
    return points._replace(class_names=("A", "B"), x=np.array([[-5.8, -5.8], [-5.6, -5.8]]))


def test_the_picture_follows_the_network(shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    before = view.shown().colours.copy()
    view.show_snapshot(make_snapshot(snapshot.sample, moved=1.0))
    assert view.shown().colours.shape == before.shape == (100, 100, 3)
    assert not np.array_equal(view.shown().colours, before)


def test_nothing_is_computed_for_a_field_that_is_already_drawn(shown):
    snapshot = make_snapshot()
    view = shown(BoundaryView(), snapshot)
    before = view.shown().colours
    view.show_snapshot(dataclasses.replace(snapshot, step=snapshot.step + 1))
    assert view.shown().colours is before


def test_two_classes_have_the_ends_of_the_field_and_neutral_ground_between():
    look = theme.current()
    field = np.array([[[-1.0, 0.0, 1.0]]])
    low, middle, high = field_colours(field, value_range_of(few_points()), look)[0]
    assert tuple(low) == rgb(look.field_low)
    assert tuple(high) == rgb(look.field_high)
    assert np.abs(middle.astype(int) - rgb(look.field_middle)).max() <= 1


def test_three_classes_blend_by_their_share():
    field = np.array([[[1, 0, 0.5]], [[0, 0, 0.5]], [[0, 1, 0]]])
    first, third, between = field_colours(field, value_range_of(clouds(3)), theme.current())[0].astype(int)
    second = field_colours(np.array([[[0]], [[1]], [[0]]]), value_range_of(clouds(3)), theme.current())[0, 0].astype(
        int
    )
    assert np.abs(between - (first + second) / 2).max() <= 1
    assert (tuple(first), tuple(second)) == (rgb(theme.current().field_low), rgb(theme.current().field_high))
    assert tuple(third) not in (tuple(first), tuple(second))


@pytest.mark.parametrize("axis", [0, 1])
def test_the_field_is_drawn_where_it_belongs(shown, axis):
    grid = plane_grid()[axis]
    field = np.clip(3 * (grid - 1.03), -1, 1)[np.newaxis].astype(np.float32)
    view = shown(BoundaryView(), with_answers(make_snapshot(few_points()), {BoundaryRequest(): field}), (520, 600))
    image = view.grab().toImage()

    def blueness(x1: float, x2: float) -> int:
        colour = QColor(image.pixel(place_of(view, x1, x2).toPoint()))
        return colour.blue() - colour.red()

    def at(value: float) -> tuple[float, float]:
        return (value, 2.5) if axis == 0 else (2.5, value)

    # Less than half a grid cell to either side: the colour of the middle has a blueness of −2.
    assert blueness(*at(0.97)) < -8 < 4 < blueness(*at(1.09))


def test_the_line_is_where_the_answer_changes():
    x1, x2 = plane_grid()
    ends = zero_line(np.hypot(x1, x2) - 3) * 12 / 99 - 6
    assert len(ends) > 300
    assert np.hypot(*ends.T) == pytest.approx(3, abs=1e-3)
    pieces = ends.reshape(-1, 2, 2)
    assert np.hypot(*(pieces[:, 0] - pieces[:, 1]).T).max() <= np.sqrt(2) * 12 / 99


def test_a_field_without_a_change_has_no_line():
    assert len(zero_line(np.ones((100, 100)))) == 0


@pytest.mark.parametrize("size", [(420, 460), (656, 440), (300, 700), (900, 300)])
@pytest.mark.parametrize("classes", [2, 10])
def test_the_plane_is_square_at_any_size_and_nothing_is_cut_off(shown, size, classes):
    view = shown(BoundaryView(), make_snapshot(clouds(classes)), size)
    plane = view.shown().plane
    assert plane.width() == pytest.approx(plane.height(), abs=1)
    assert view.rect().contains(plane.toAlignedRect())
    assert plane.width() > min(size[0], size[1]) - 150
    for name in (
        "Legend of the decision boundary", "The prediction at the pointer", "The point under the pointer",
        "What the boundary shows",
    ):  # fmt: skip
        assert view.rect().contains(part_of(view, name).geometry())
        assert not part_of(view, name).geometry().intersects(plane.toRect())


def test_hovering_reads_class_and_probability(shown):
    snapshot = make_snapshot(few_points())
    view = shown(BoundaryView(), snapshot)
    hands.hover(view, place_of(view, 3, 2))
    x1, x2 = view.shown().mouse
    score = float(interpolate(snapshot.answer(BoundaryRequest), x1, x2)[0])
    winner = "class B" if score >= 0 else "class A"
    assert abs(x1 - 3) < 0.1 and abs(x2 - 2) < 0.1
    assert view.shown().reading == f"x₁ {x1:.2f}, x₂ {x2:.2f} → {winner}, probability {(1 + abs(score)) / 2:.2f}"


def test_hovering_reads_the_winner_among_many(shown):
    snapshot = make_snapshot(clouds(3))
    view = shown(BoundaryView(), snapshot)
    hands.hover(view, place_of(view, 5.5, 0))
    share = float(interpolate(snapshot.answer(BoundaryRequest), *view.shown().mouse)[0])
    assert f"→ Adelie, probability {share:.2f}" in view.shown().reading


def test_squared_error_reads_the_output_itself(shown):
    field = np.full((1, 100, 100), -0.25, np.float32)
    snapshot = dataclasses.replace(
        make_snapshot(few_points()), loss=SquaredError(output="tanh"), answers={BoundaryRequest(): field}
    )
    view = shown(BoundaryView(), snapshot)
    hands.hover(view, place_of(view, 3, 2))
    assert view.shown().reading.endswith("→ class A, score −0.25")


def test_hovering_over_a_point_reads_its_set_and_label(shown):
    snapshot = make_snapshot(draw_sample(Hills(points=40, validation_fraction=0.3)))
    view = shown(BoundaryView(), snapshot)
    points = snapshot.sample
    for part, name in ((TRAIN, "training"), (VALIDATION, "validation")):
        index = int(np.flatnonzero(points.split == part)[0])
        hands.hover(view, place_of(view, *points.x[index]))
        assert f"{name} point: " in view.shown().reading
        assert "value" in view.shown().reading


@pytest.mark.parametrize(("width", "reading"), [(900, "x₁ "), (470, "class ")])
def test_where_there_is_little_room_the_words_at_a_point_leave_out_its_place(shown, width: int, reading: str):
    snapshot = make_snapshot(few_points())
    view = shown(BoundaryView(), snapshot, (width, width))
    hands.hover(view, place_of(view, *snapshot.sample.x[0]))
    said, near = (part_of(view, f"The {what} the pointer").text() for what in ("prediction at", "point under"))
    assert said.startswith(reading) and "point: class " in near and "…" not in near


def test_away_from_the_plane_the_strip_says_what_to_do_and_nothing_moves(shown):
    view = shown(BoundaryView(), make_snapshot())
    hint, plane = view.shown().reading, view.shown().plane
    place = place_of(view, 1, 1)
    hands.hover(view, place)
    assert view.shown().reading != hint
    assert view.shown().plane == plane
    hands.leave(view, place)
    assert view.shown().reading == hint


def test_the_words_under_a_resting_mouse_follow_the_training(shown, qtbot):
    snapshot = make_snapshot(few_points(), moved=0)
    view = shown(BoundaryView(), snapshot)
    hands.hover(view, place_of(view, 3, 2))
    before = view.shown().reading
    view.show_snapshot(make_snapshot(snapshot.sample, moved=1.0))
    qtbot.waitUntil(lambda: view.shown().reading != before)


def test_grid_points_read_exactly_what_the_network_said():
    field = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
    assert interpolate(field, -6, -6)[0] == 0
    assert interpolate(field, 6, 6)[0] == 24
    assert interpolate(field, 3, -3)[0] == pytest.approx(8)
    assert interpolate(field, 1.5, -3)[0] == pytest.approx(7.5)


def test_regression_has_a_range_that_the_network_cannot_move(shown):
    points = draw_sample(Hills(points=200))
    view = shown(BoundaryView(), make_snapshot(points))
    low, high = view.shown().value_range
    assert -low == high >= np.abs(points.labels).max()
    view.show_snapshot(with_answers(make_snapshot(points), {BoundaryRequest(): 1e6 * boundary_of(points, 0)}))
    assert view.shown().value_range == (low, high)
    assert {"value", "0", f"{high:g}"} <= set(view.shown().legend)


def test_values_of_one_sign_use_the_whole_range_of_colours():
    points = draw_sample(Hills(points=50))
    mass = points._replace(labels=np.linspace(2700.0, 6300.0, 50), target_name="body mass")
    low, high = value_range_of(mass).ends
    assert 1500 < low <= 2700 and 6300 <= high < 7500


def test_constant_targets_still_make_a_range():
    points = draw_sample(Hills(points=50))
    for value in (0.0, 5.0, -3e-9, 1e12):
        low, high = value_range_of(points._replace(labels=np.full(50, value))).ends
        assert low < value < high


def test_classes_differ_in_colour_and_shape_and_the_sets_in_fill():
    points = clouds(10, 400)
    looks = spots(points, np.arange(400), value_range_of(points))
    by_class: dict[int, set] = {}
    for label, part, symbol, pen, brush in zip(
        points.labels, points.split, looks["symbol"], looks["pen"], looks["brush"], strict=True
    ):
        colour = theme.current().classes[label]
        by_class.setdefault(int(label), set()).add(symbol)
        assert (brush.color().name() == colour) == (part == TRAIN)
        assert (pen.color().name() == colour) == (part == VALIDATION)
    assert all(len(symbols) == 1 for symbols in by_class.values())
    assert len(set.union(*by_class.values())) == 10


def test_test_points_are_small_crosses(shown):
    points = draw_sample(Spiral(points=100, test_fraction=0.2))
    looks = spots(points, np.arange(100), value_range_of(points))
    crosses = [symbol == "x" for symbol in looks["symbol"]]
    assert crosses == list(points.split == TEST)
    assert "test" in shown(BoundaryView(), make_snapshot(points)).shown().legend


def test_the_legend_names_the_classes_and_the_sets(shown):
    view = shown(BoundaryView(), make_snapshot(clouds(3)))
    assert view.shown().legend == ("Adelie", "Chinstrap", "Gentoo", "training", "validation")


def test_without_validation_points_the_legend_does_not_speak_of_them(shown):
    view = shown(BoundaryView(), make_snapshot(draw_sample(Spiral(validation_fraction=0))))
    assert view.shown().legend == ("A", "B")


def test_long_names_do_not_push_the_picture_aside(shown):
    points = clouds(3)._replace(class_names=("Adelie", "an astonishingly long name of a class", "B"))
    view = shown(BoundaryView(), make_snapshot(points), (648, 440))
    assert view.shown().plane.width() > 330
    assert "an astonishingly lo…" in view.shown().legend


def test_of_very_many_points_two_thousand_are_drawn_and_the_legend_says_so(shown):
    view = shown(BoundaryView(), make_snapshot(clouds(2, 10_000)))
    assert view.shown().points == 2000
    assert "2,000 of 10,000 points" in view.shown().legend


def test_points_are_drawn_anew_only_when_the_sample_changes(shown, monkeypatch):
    calls: list[int] = []
    monkeypatch.setattr(module, "spots", lambda *arguments: calls.append(1) or spots(*arguments))
    first = make_snapshot()
    view = shown(BoundaryView(), first)
    for moved in (0.1, 0.2, 0.3):
        view.show_snapshot(make_snapshot(first.sample, moved=moved))
    assert len(calls) == 1
    view.show_snapshot(make_snapshot(clouds(3)))
    assert len(calls) == 2


def test_the_axes_of_a_table_have_the_numbers_of_its_columns(shown):
    scales = (AxisScale(45.85, 2.75), AxisScale(2008.0, 0.2))
    points = clouds(3, axis_names=("bill_length_mm", "year"))._replace(axis_scales=scales)
    view = shown(BoundaryView(), make_snapshot(points))
    assert view.shown().axis_names == ("bill_length_mm", "year")
    assert list(view.shown().ticks[0].values()) == ["30", "35", "40", "45", "50", "55", "60"]
    assert list(view.shown().ticks[1].values()) == ["2,007", "2,007.5", "2,008", "2,008.5", "2,009"]
    for (offset, factor), ticks in zip(scales, view.shown().ticks, strict=True):
        for place, text in ticks.items():
            assert offset + factor * place == pytest.approx(float(text.replace(",", "")))
    hands.hover(view, place_of(view, 0, 0))
    x1, x2 = view.shown().mouse
    assert view.shown().reading.startswith(f"at {45.85 + 2.75 * x1:.2f}, {2008 + 0.2 * x2:.2f} → ")
    view.show_snapshot(make_snapshot(few_points()))
    assert list(view.shown().ticks[0].values()) == ["−6", "−4", "−2", "0", "2", "4", "6"]


def test_a_column_of_one_value_has_one_number(shown):
    points = clouds(3)._replace(axis_scales=(AxisScale(7.5, 0.0), AxisScale(0.0, 1e9)))
    view = shown(BoundaryView(), make_snapshot(points))
    assert view.shown().ticks[0] == {0.0: "7.5"}
    assert list(view.shown().ticks[1].values()) == ["−6e9", "−4e9", "−2e9", "0", "2e9", "4e9", "6e9"]


@pytest.mark.parametrize(
    "points", [draw_sample(Spiral()), clouds(3), draw_sample(Hills())], ids=["two", "three", "regression"]
)
def test_it_survives_a_diverged_network_and_none_at_all(shown, points, caplog):
    view = shown(BoundaryView(), diverged(make_snapshot(points)))
    view.grab()
    assert np.isfinite(view.shown().colours).all()
    view.show_snapshot(make_snapshot(points, boundary=False))
    view.grab()
    assert view.shown().colours.size == 0
    assert not caplog.records


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(BoundaryView(), make_snapshot())
    light = view.shown().colours.copy()
    theme.apply(qapp, "dark")
    view.apply_theme()
    QApplication.processEvents()
    assert view.shown().colours.mean() < light.mean() / 2
    corner = QColor(view.grab().toImage().pixel(1, 1)).name()
    assert corner == theme.current().surface
