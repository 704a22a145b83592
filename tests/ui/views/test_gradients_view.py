"""The picture of the gradients: every layer's size, now and over time, on a scale that never moves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QPushButton, QToolButton

from playground import Layer, Trainer
from playground.catalog.activations import Tanh
from playground.catalog.datasets.shapes import Spiral
from playground.experiment.tree import Experiment
from playground.measure.diagnosis import Finding, Remedy
from playground.measure.snapshot import GradientHistory
from tests.ui import hands
from tests.ui.painted import overlaps, painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import diverged, gradients_of, layer_rows, make_snapshot
from ui.look import theme
from ui.look.beat import text_beat
from ui.views.gradients.pictures import column_rows, spread_apart
from ui.views.gradients.sizes import QUANTITIES, fixed_scale, narrow_scale, size_colours
from ui.views.gradients.view import GradientsView

SIZE = (356, 240)


def switch_button(view: GradientsView, name: str) -> QToolButton:
    """The button of a size, a picture or a scale, by the end of its name."""
    return next(button for button in view.findChildren(QToolButton) if button.objectName().endswith(name))


def with_sizes(values: list[float], **changes):
    """A snapshot whose layers have these gradients now."""
    snapshot = make_snapshot(layers=len(values))
    layers = tuple(
        row._replace(gradient_rms=value, delta_rms=10 * value)
        for row, value in zip(snapshot.layers, values, strict=True)
    )
    return dataclasses.replace(snapshot, layers=layers, **changes)


def history(step: list[float], sizes: list[list[float]]) -> GradientHistory:
    return GradientHistory(np.array(step, dtype=float), np.array(sizes), np.array(sizes) * 10)


def middle_of(view: GradientsView, row: int, layers: int, now: bool = False, share: float = 0.5) -> QPointF:
    """A place over a layer's history, or over its bar."""
    places = part_of(view, "gradients.chart").places()
    top, height = places.row(row, layers)
    box = places.bars if now else places.heat
    return (
        part_of(view, "gradients.chart")
        .mapTo(view, QPointF(box.left() + share * box.width(), top + height / 2).toPoint())
        .toPointF()
    )


def test_there_is_a_bar_for_each_layer_input_side_first(shown):
    view = shown(GradientsView(), with_sizes([1e-5, 2e-4, 3e-3]), SIZE)
    assert view.shown().bars == pytest.approx([1e-5, 2e-4, 3e-3])
    assert view.shown().numbers == ("1.0e-5", "2.0e-4", "3.0e-3")


def test_clicking_delta_switches_bars_and_history(shown):
    view = shown(GradientsView(), with_sizes([1e-5, 2e-4, 3e-3]), SIZE)
    before = view.shown().map.copy()
    hands.click(switch_button(view, "delta_rms"))
    assert view.shown().quantity == "delta_rms"
    assert view.shown().bars == pytest.approx([1e-4, 2e-3, 3e-2])
    assert view.shown().numbers == ("1.0e-4", "2.0e-3", "3.0e-2")
    assert not np.array_equal(view.shown().map, before)
    hands.click(switch_button(view, "gradient_rms"))
    assert np.array_equal(view.shown().map, before)


def test_the_switch_works_by_keyboard_and_tells_its_name(shown):
    view = shown(GradientsView(), make_snapshot(), SIZE)
    button = switch_button(view, "delta_rms")
    button.setFocus()
    hands.key(button, "Space")
    assert view.shown().quantity == "delta_rms"
    for field in ("gradient_rms", "delta_rms"):
        assert switch_button(view, field).accessibleName()
        assert switch_button(view, field).toolTip()


def test_the_same_colour_means_the_same_number_in_every_picture(shown):
    steps = [0, 50, 100]
    calm = with_sizes([1e-3, 1e-3], gradients=history(steps, [[1e-3, 1e-3]] * 3))
    wild = with_sizes([1e-8, 10.0], gradients=history(steps, [[1e-8, 1e-3], [1e-3, 1e-8], [10, 1e-3]]))
    one, other = shown(GradientsView(), calm, SIZE), shown(GradientsView(), wild, SIZE)
    colour = one.shown().map[0, 0]
    assert np.array_equal(colour, other.shown().map[1, 0])
    assert np.array_equal(colour, other.shown().map[0, 300])
    assert np.array_equal(colour, size_colours(np.array([1e-3]), fixed_scale(QUANTITIES[0]))[0])


def test_bars_have_logarithmic_length_on_a_fixed_scale():
    scale_places = fixed_scale(QUANTITIES[0]).places
    assert scale_places(np.array([1e-8, 10 ** (-3.5), 10.0])) == pytest.approx([0, 0.5, 1])
    assert list(scale_places(np.array([0.0, 1e-30, 1e30, np.inf]))) == [0, 0, 1, 1]
    assert np.isnan(scale_places(np.array([np.nan]))[0])


def test_a_bar_is_as_long_as_its_number_says(shown):
    view = shown(GradientsView(), with_sizes([10 ** (-3.5), 10 ** (-3.5)]), (420, 200))
    image = view.grab().toImage()

    def covered(share: float) -> bool:
        pixel = image.pixelColor(middle_of(view, 0, 2, now=True, share=share).toPoint())
        return pixel.name() != theme.current().surface

    assert covered(0.05) and covered(0.47)
    assert not covered(0.53)


def test_history_shows_at_each_step_the_last_row_before_it():
    rows = column_rows(np.array([0.0, 10, 15, 60]), 100, 10)
    # Columns are centred at 5, 15, …, 95.
    assert list(rows) == [0, 2, 2, 2, 2, 2, 3, -1, -1, -1]


def test_uneven_steps_take_the_place_that_they_lasted(shown):
    uneven = history([0, 10, 100], [[1e-8], [1e-3], [1.0]])
    view = shown(GradientsView(), with_sizes([1.0], gradients=uneven), SIZE)
    colours = size_colours(np.array([1e-8, 1e-3]), fixed_scale(QUANTITIES[0]))
    heat = view.shown().map[0]
    assert np.array_equal(heat[:39], np.tile(colours[0], (39, 1)))
    assert np.array_equal(heat[41:398], np.tile(colours[1], (357, 1)))


def test_what_is_not_known_is_transparent(shown):
    view = shown(GradientsView(), with_sizes([1.0, 1.0], gradients=history([0, 50], [[np.nan, 1.0], [1.0, 1.0]])), SIZE)
    heat = view.shown().map
    assert (heat[0, :190, 3] == 0).all()
    assert (heat[1, :190, 3] == 255).all()
    assert (heat[:, 210:, 3] == 0).all()


def test_nothing_is_computed_when_no_gradient_has_changed(shown):
    snapshot = make_snapshot(layers=30)
    view = shown(GradientsView(), snapshot, SIZE)
    before = view.shown().map
    copies = GradientHistory(*(array[:] for array in snapshot.gradients))
    view.show_snapshot(dataclasses.replace(snapshot, gradients=copies))
    assert view.shown().map is before


def test_bars_move_at_once_and_numbers_when_they_can_be_read(shown, qtbot):
    view = shown(GradientsView(), with_sizes([1e-5, 1e-5]), SIZE)
    later = with_sizes([1e-4, 1e-4])
    text_beat().strike()
    view.show_snapshot(later)
    assert view.shown().bars[0] == 1e-4
    assert view.shown().numbers[0] == "1.0e-5"
    qtbot.waitUntil(lambda: view.shown().numbers[0] == "1.0e-4")


def test_hovering_reads_layer_step_and_number(shown):
    sizes = history([0, 50, 100], [[1e-6, 1e-5], [2e-6, 3e-5], [4e-6, 5e-5]])
    view = shown(GradientsView(), with_sizes([4e-6, 5e-5], gradients=sizes), SIZE)
    idle = view.shown().reading
    hands.hover(view, middle_of(view, 0, 2, share=0.75))
    assert view.shown().reading == "layer 1, step 50: 2.0e-6"
    hands.hover(view, middle_of(view, 1, 2, now=True))
    assert view.shown().reading == "output, now: 5.0e-5"
    hands.leave(view, middle_of(view, 1, 2, now=True))
    assert view.shown().reading == idle


def test_hovering_where_nothing_has_happened_yet_says_nothing_new(shown):
    view = shown(GradientsView(), with_sizes([1.0], gradients=history([0, 10], [[1.0], [1.0]])), SIZE)
    idle = view.shown().reading
    hands.hover(view, middle_of(view, 0, 1, share=0.8))
    assert view.shown().reading == idle


@pytest.mark.parametrize("layers", [1, 2, 9, 30, 101])
@pytest.mark.parametrize("size", [(356, 240), (420, 200), (600, 400)])
def test_labels_never_overlap_and_name_the_first_and_the_last(shown, layers, size):
    view = shown(GradientsView(), make_snapshot(layers=layers, rows=20), size)
    rows = part_of(view, "gradients.chart").labelled_rows()
    tops = [part_of(view, "gradients.chart").places().row(row, layers)[0] for row in rows]
    assert rows[0] == 0 or layers == 1
    assert rows[-1] == layers - 1
    assert (np.diff(tops) >= part_of(view, "gradients.chart").metrics.height() - 1).all()


def test_other_layers_can_appear_while_it_is_shown(shown):
    view = shown(GradientsView(), make_snapshot(layers=3), SIZE)
    for layers in (4, 1, 30):
        view.show_snapshot(make_snapshot(layers=layers))
        view.grab()
        assert len(view.shown().bars) == len(view.shown().numbers) == layers
        assert len(view.shown().map) == layers


def test_untrained_layers_have_no_bar_and_a_dash(shown, caplog):
    view = shown(GradientsView(), make_snapshot(rows=1), SIZE)
    view.grab()
    assert np.isnan(view.shown().bars).all()
    assert set(view.shown().numbers) == {"–"}
    assert not caplog.records


def test_it_survives_a_diverged_network_and_an_empty_history(shown, caplog):
    view = shown(GradientsView(), diverged(make_snapshot()), SIZE)
    view.grab()
    assert set(view.shown().numbers) == {"∞"}
    empty = gradients_of(0, 3)
    view.show_snapshot(dataclasses.replace(make_snapshot(), gradients=empty, layers=layer_rows(empty, 3)))
    view.grab()
    assert (view.shown().map[..., 3] == 0).all()
    assert not caplog.records


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(GradientsView(), make_snapshot(), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    assert view.grab().toImage().pixelColor(1, 1).name() == theme.current().surface


# Sizes, pictures and scale ------------------------------------------------------------------------------------


def with_ratios(ratios: list[float], rows: int = 100):
    """A snapshot whose layers' updates are these shares of their weights, as they always were."""
    snapshot = make_snapshot(layers=len(ratios), rows=rows)
    layers = tuple(row._replace(update_ratio=ratio) for row, ratio in zip(snapshot.layers, ratios, strict=True))
    known = np.tile(ratios, (rows, 1))
    return dataclasses.replace(snapshot, layers=layers, gradients=snapshot.gradients._replace(update_ratio=known))


def switch(view: GradientsView, *names: str) -> None:
    """Click switches of the view."""
    for name in names:
        hands.click(switch_button(view, name))


def on_line(view: GradientsView, row: int, share: float) -> QPointF:
    """A place on a layer's line, `share` of the way along it."""
    chart = part_of(view, "gradients.chart")
    x, y = chart.lines.places(chart.places().lines)
    at = int(share * (len(x) - 1))
    return chart.mapTo(view, QPointF(x[at], y[at, row]).toPoint()).toPointF()


def test_the_update_ratio_has_a_scale_of_its_own(shown):
    view = shown(GradientsView(), with_ratios([1e-3, 1e-2]), SIZE)
    switch(view, "update_ratio")
    assert view.shown().quantity == "update_ratio"
    assert view.shown().numbers == ("1.0e-3", "1.0e-2")
    ratios = next(quantity for quantity in QUANTITIES if quantity.field == "update_ratio")
    assert (
        (part_of(view, "gradients.chart").sizes.scale.low, part_of(view, "gradients.chart").sizes.scale.high)
        == (ratios.low, ratios.high)
        != (-8, 1)
    )
    expected = size_colours(np.array([1e-3]), fixed_scale(ratios))[0]
    assert np.array_equal(view.shown().map[0, 0], expected)


def test_the_healthy_band_is_marked_for_the_update_ratio_only(shown):
    view = shown(GradientsView(), with_ratios([1e-6, 1e-6]), (420, 240))
    bars = part_of(view, "gradients.chart").places().bars

    def colour_at(share: float) -> str:
        spot = part_of(view, "gradients.chart").mapTo(
            view, QPointF(bars.left() + share * bars.width(), bars.top() + 2).toPoint()
        )
        return view.grab().toImage().pixelColor(spot).name()

    # 1e-3 stands at 4/7 of the scale from 1e-7 to 1.
    assert colour_at(4 / 7 - 0.03) == theme.current().surface
    switch(view, "update_ratio")
    assert colour_at(4 / 7 - 0.03) != theme.current().surface
    assert colour_at(0.9) == theme.current().surface


def test_a_history_without_update_ratios_shows_the_present_ones(shown):
    snapshot = make_snapshot()
    assert snapshot.gradients.update_ratio.size == 0
    view = shown(GradientsView(), snapshot, SIZE)
    switch(view, "update_ratio", "lines")
    view.grab()
    assert (view.shown().map[..., 3] == 0).all()
    assert set(view.shown().numbers) == {"–"}


def test_small_room_holds_map_and_bars_and_large_room_all_pictures(shown):
    assert shown(GradientsView(), make_snapshot(), (350, 240)).shown().pictures == ("map", "now")
    assert shown(GradientsView(), make_snapshot(), (700, 400)).shown().pictures == ("map", "lines", "now")


def test_in_small_room_the_picture_asked_for_takes_the_place_of_another(shown, qtbot):
    view = shown(GradientsView(), make_snapshot(), (350, 240))
    switch(view, "lines")
    assert "lines" in view.shown().pictures and "map" not in view.shown().pictures
    checked = {option for option in ("map", "lines", "now") if switch_button(view, option).isChecked()}
    assert checked == set(view.shown().pictures)
    view.resize(700, 400)
    qtbot.waitUntil(lambda: view.shown().pictures == ("map", "lines", "now"))


def test_a_picture_can_be_put_away_but_not_the_last(shown):
    view = shown(GradientsView(), make_snapshot(), (700, 400))
    switch(view, "map", "lines")
    assert view.shown().pictures == ("now",)
    switch(view, "now")
    assert view.shown().pictures == ("now",)
    assert switch_button(view, "now").isChecked()


def test_pictures_and_scale_are_chosen_by_keyboard(shown):
    view = shown(GradientsView(), make_snapshot(), (700, 400))
    for name in ("lines", "linear"):
        switch_button(view, name).setFocus()
        hands.key(switch_button(view, name), "Space")
    assert "lines" not in view.shown().pictures
    assert not view.shown().logarithmic


def test_every_switch_has_a_name_and_says_what_it_does(shown):
    view = shown(GradientsView(), make_snapshot(), (700, 400))
    for name in ("gradient_rms", "delta_rms", "update_ratio", "map", "lines", "now", "log", "linear"):
        button = switch_button(view, name)
        assert button.objectName() and button.accessibleName() and button.toolTip()


def test_a_linear_scale_reaches_from_zero_to_the_largest_size(shown):
    sizes = history([0, 50, 100], [[0.5, 0.1], [0.2, 0.1], [0.1, 0.1]])
    view = shown(GradientsView(), with_sizes([0.1, 0.1], gradients=sizes), SIZE)
    switch(view, "linear")
    scale = part_of(view, "gradients.chart").sizes.scale
    assert not scale.logarithmic and (scale.low, scale.high) == (0, 0.5)
    assert scale.places(np.array([0.25]))[0] == pytest.approx(0.5)
    switch(view, "log")
    assert part_of(view, "gradients.chart").sizes.scale == fixed_scale(QUANTITIES[0])


def test_there_is_a_line_for_each_layer_with_every_extreme_in_it(shown):
    snapshot = make_snapshot(layers=4, rows=9000)
    sizes = snapshot.gradients.gradient_rms.copy()
    sizes[4321, 2] = 7.5
    snapshot = dataclasses.replace(snapshot, gradients=snapshot.gradients._replace(gradient_rms=sizes))
    view = shown(GradientsView(), snapshot, (700, 400))
    steps, lines = view.shown().lines
    assert lines.shape[1] == 4 and len(steps) < 600
    assert np.nanmax(lines[:, 2]) == 7.5
    near = abs(steps[np.nanargmax(lines[:, 2])] - snapshot.gradients.step[4321])
    assert near < 2 * part_of(view, "gradients.chart").sizes.limit / 100


def test_lines_are_named_beside_their_ends_without_overlapping(shown):
    for layers in (1, 4, 30):
        view = shown(GradientsView(), make_snapshot(layers=layers), (700, 400))
        box = part_of(view, "gradients.chart").places().lines
        _, y = part_of(view, "gradients.chart").lines.places(box)
        named = part_of(view, "gradients.chart").lines.name_places(box, y)
        assert layers - 1 in named
        assert len(named) == layers or layers == 30
        assert (np.diff(sorted(named.values())) >= part_of(view, "gradients.chart").metrics.height() - 2.1).all()


def test_names_that_would_overlap_move_apart_and_stay_inside():
    assert spread_apart([10, 11, 50], 10, 0, 100) == [10, 20, 50]
    assert spread_apart([95, 96, 97], 10, 0, 100) == [80, 90, 100]


def test_lines_zoom_in_to_the_decades_they_need():
    scale = fixed_scale(QUANTITIES[0])
    near = narrow_scale(scale, np.array([[2e-3, 4e-2]]))
    assert (near.low, near.high) == (-3, -1)
    wide = narrow_scale(scale, np.array([[1e-30, np.inf, np.nan, 1e30]]))
    assert (wide.low, wide.high) == (-8, 1)
    assert narrow_scale(scale, np.zeros((0, 3))) == scale


def test_hovering_a_line_reads_layer_step_and_number(shown):
    sizes = history([0, 50, 100], [[1e-6, 1e-3], [1e-6, 1e-3], [1e-6, 1e-3]])
    view = shown(GradientsView(), with_sizes([1e-6, 1e-3], gradients=sizes), (700, 400))
    hands.hover(view, on_line(view, 0, 0.6))
    assert view.shown().reading == "layer 1, step 50: 1.0e-6"
    hands.hover(view, on_line(view, 1, 0.6))
    assert view.shown().reading == "output, step 50: 1.0e-3"


def test_a_line_breaks_nothing_where_sizes_are_missing_or_infinite(shown, caplog):
    rows = 3000
    sizes = np.full((rows, 2), 1e-3)
    sizes[100:200, 0] = np.nan
    sizes[300, 1] = np.inf
    view = shown(GradientsView(), with_sizes([1e-3, np.inf], gradients=history(list(range(rows)), sizes)), (700, 400))
    view.grab()
    assert not caplog.records


# Layers without sizes, and many layers ------------------------------------------------------------------------


def with_silent(layers: int = 5):
    """A trained network whose second layer was muted and whose third was frozen after 40 steps."""
    trainer = Trainer(
        Experiment(data=Spiral(points=100), layers=(Layer(4, Tanh()),) * (layers - 1)), engine="reference"
    )
    trainer.advance(steps=40)
    first, second, third, *others = trainer.experiment.layers
    muted, frozen = structs.replace(second, muted=True), structs.replace(third, trainable=False)
    trainer.configure(structs.replace(trainer.experiment, layers=(first, muted, frozen, *others)))
    trainer.advance(steps=40)
    return trainer.snapshot()


def test_a_muted_layer_is_shown_as_muted_and_not_as_one_whose_gradient_vanishes(shown):
    view = shown(GradientsView(), with_silent(), (700, 400))
    assert np.isnan(view.shown().bars[1])
    assert view.shown().numbers[1] == "muted" and "muted" not in (view.shown().numbers[0], *view.shown().numbers[2:])
    texts = [text for text, _ in painted_texts(part_of(view, "gradients.chart"))]
    # In its row of the map, beside its bar, and beside its line.
    assert texts.count("muted") == 2 and "2 muted" in texts
    hands.hover(view, middle_of(view, 1, 5, share=0.6))
    assert view.shown().reading.endswith(": muted")
    hands.hover(view, middle_of(view, 1, 5, share=0.2))
    assert not view.shown().reading.endswith(": muted")
    hands.hover(view, middle_of(view, 1, 5, now=True))
    assert view.shown().reading == "layer 2, now: muted"
    assert "muted" in part_of(view, "gradients.chart").toolTip()
    switch(view, "delta_rms")
    assert "muted" not in view.shown().numbers and not part_of(view, "gradients.chart").toolTip()


def test_a_frozen_layer_has_a_gradient_but_no_updates(shown):
    view = shown(GradientsView(), with_silent(), (700, 400))
    assert view.shown().numbers[2] not in ("frozen", "0")
    switch(view, "update_ratio")
    assert view.shown().numbers[1:3] == ("muted", "frozen")
    assert {"2 muted", "3 frozen"} <= {text for text, _ in painted_texts(part_of(view, "gradients.chart"))}


def test_a_layer_is_without_sizes_from_the_step_on_at_which_it_was_muted(shown):
    view = shown(GradientsView(), with_silent(), SIZE)
    heat = view.shown().map
    # 40 of 100 steps are those before; until the first update nothing is known.
    assert (heat[1, 10:155, 3] == 255).all() and (heat[1, 180:, 3] == 0).all()
    assert (heat[0, 10:300, 3] == 255).all()
    steps, lines = view.shown().lines
    assert np.isnan(lines[steps > 41, 1]).all() and np.isfinite(lines[(steps > 1) & (steps < 39), 1]).all()
    switch(view, "lines")
    box = part_of(view, "gradients.chart").places().lines
    _, y = part_of(view, "gradients.chart").lines.places(box)
    assert (y[steps > 41, 1] == box.bottom()).all()


def test_a_gradient_of_zero_that_nobody_asked_for_still_counts(shown):
    view = shown(GradientsView(), with_sizes([0.0, 1e-3]), SIZE)
    assert view.shown().numbers[0] == "0"


@pytest.mark.parametrize("layers", [2, 5, 30])
@pytest.mark.parametrize("size", [(340, 208), (420, 260), (700, 400)])
@pytest.mark.parametrize("field", ["gradient_rms", "delta_rms", "update_ratio"])
def test_no_text_stands_on_another_in_any_picture(shown, layers, size, field):
    snapshot = with_silent(layers) if layers > 3 else with_ratios([1e-3] * layers)
    view = shown(GradientsView(), snapshot, size)
    switch(view, field)
    for other in ("lines", "map", "linear", "lines"):
        texts = painted_texts(part_of(view, "gradients.chart"))
        assert overlaps(texts) == [], f"with {view.shown().pictures}, before {other}"
        assert "output" in {text for text, _ in texts}
        switch(view, other)


# The diagnosis ------------------------------------------------------------------------------------------------

FINDING = Finding("vanishing", "The gradient vanishes.", Remedy("Use tanh", Experiment()))


def test_a_finding_is_said_and_its_remedy_is_a_button(shown, qtbot):
    view = shown(GradientsView(), make_snapshot(), SIZE)
    view.show_finding(FINDING)
    assert view.shown().reading == "The gradient vanishes."
    button = view.findChild(QPushButton, "gradients.remedy")
    assert button.isVisible() and button.text() == "Use tanh" and button.toolTip()
    with qtbot.waitSignal(view.remedy_accepted) as accepted:
        hands.click(button)
    assert accepted.args[0] is FINDING.remedy


def test_what_is_under_the_mouse_is_said_before_the_finding(shown):
    view = shown(GradientsView(), with_sizes([1.0, 1.0]), SIZE)
    view.show_finding(FINDING)
    place = middle_of(view, 0, 2, now=True)
    hands.hover(view, place)
    assert view.shown().reading == "layer 1, now: 1.0e0"
    hands.leave(view, place)
    assert view.shown().reading == "The gradient vanishes."


def test_without_a_remedy_there_is_no_button_and_without_a_finding_nothing_is_said(shown):
    view = shown(GradientsView(), make_snapshot(), SIZE)
    height = part_of(view, "gradients.chart").height()
    view.show_finding(FINDING._replace(remedy=None))
    assert not view.findChild(QPushButton, "gradients.remedy").isVisible()
    view.show_finding(FINDING)
    view.show_finding(None)
    assert "root mean square" in view.shown().reading
    assert not view.findChild(QPushButton, "gradients.remedy").isVisible()
    assert part_of(view, "gradients.chart").height() == height


@pytest.mark.parametrize("layers", [1, 30])
@pytest.mark.parametrize("size", [(350, 240), (700, 400)])
def test_all_switches_work_in_every_size_before_and_after_training(shown, caplog, layers, size):
    snapshots = (make_snapshot(layers=layers, rows=1), diverged(make_snapshot(layers=layers)))
    for snapshot in snapshots:
        view = shown(GradientsView(), snapshot, size)
        for name in ("lines", "linear", "update_ratio", "now", "delta_rms", "log", "map"):
            switch(view, name)
            view.grab()
    assert not caplog.records
