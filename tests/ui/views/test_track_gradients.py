"""The picture of the gradients: every layer's size, now and over time, on a scale that never moves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QToolButton

from playground import Layer, Trainer
from playground.catalog.activations import Tanh
from playground.catalog.datasets.shapes import Spiral
from playground.experiment.tree import Experiment
from playground.measure.snapshot import GradientHistory
from tests.combinations import combinations
from tests.ui import hands
from tests.ui.painted import overlaps, painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import diverged, gradients_of, layer_rows, make_snapshot
from ui.look import theme
from ui.look.beat import text_beat
from ui.views.chart.plot import ChartBox, small_font
from ui.views.chart.series import spread_apart
from ui.views.tracks.gradients import GradientTrack, column_rows
from ui.views.tracks.sizes import QUANTITIES, fixed_scale, narrow_scale, size_colours
from ui.views.tracks.view import TracksView

SIZE = (760, 320)


def switch_button(view: TracksView, name: str) -> QToolButton:
    """The button of a size, a picture or a scale, by the end of its name."""
    names = [f"tracks.{kind}.{name}" for kind in ("quantity", "picture", "scale")]
    return next(button for button in view.findChildren(QToolButton) if button.objectName() in names)


def track_of(view: TracksView) -> GradientTrack:
    return next(track for track in part_of(view, "tracks.sheet").arrangement.tracks if isinstance(track, GradientTrack))


def box_of(view: TracksView) -> ChartBox:
    """The place of the track on the sheet."""
    return part_of(view, "tracks.sheet").box_of("gradients")


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


def middle_of(view: TracksView, row: int, now: bool = False, share: float = 0.5) -> QPointF:
    """A place over a layer's history, or over its bar."""
    sheet, box = part_of(view, "tracks.sheet"), box_of(view)
    place = track_of(view).row_box(sheet.values_box(box) if now else box.rect, row)
    return sheet.mapTo(view, QPointF(place.left() + share * place.width(), place.center().y()))


def test_there_is_a_bar_for_each_layer_input_side_first(shown):
    view = shown(TracksView(), with_sizes([1e-5, 2e-4, 3e-3]), SIZE)
    assert view.shown().gradients.bars == pytest.approx([1e-5, 2e-4, 3e-3])
    assert view.shown().gradients.numbers == ("1.0e-5", "2.0e-4", "3.0e-3")
    assert part_of(view, "tracks.name.gradients").accessibleDescription() == (
        "Gradients, ∂E/∂W: 1: 1.0e-5, 2: 2.0e-4, output: 3.0e-3"
    )


def test_clicking_delta_switches_bars_and_history(shown):
    view = shown(TracksView(), with_sizes([1e-5, 2e-4, 3e-3]), SIZE)
    before = view.shown().gradients.map.copy()
    switch(view, "delta_rms")
    assert view.shown().gradients.quantity == "delta_rms"
    assert view.shown().gradients.bars == pytest.approx([1e-4, 2e-3, 3e-2])
    assert view.shown().gradients.numbers == ("1.0e-4", "2.0e-3", "3.0e-2")
    assert not np.array_equal(view.shown().gradients.map, before)
    switch(view, "gradient_rms")
    assert np.array_equal(view.shown().gradients.map, before)


def test_the_switch_works_by_keyboard_and_tells_its_name(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    button = switch_button(view, "delta_rms")
    button.setFocus()
    hands.key(button, "Space")
    assert view.shown().gradients.quantity == "delta_rms"
    for field in ("gradient_rms", "delta_rms"):
        assert switch_button(view, field).accessibleName()
        assert switch_button(view, field).toolTip()


def test_the_same_colour_means_the_same_number_in_every_picture(shown):
    steps = [0, 1600, 3192]
    calm = with_sizes([1e-3, 1e-3], gradients=history(steps, [[1e-3, 1e-3]] * 3))
    wild = with_sizes([1e-8, 10.0], gradients=history(steps, [[1e-8, 1e-3], [1e-3, 1e-8], [10, 1e-3]]))
    one, other = shown(TracksView(), calm, SIZE), shown(TracksView(), wild, SIZE)
    colour = one.shown().gradients.map[0, 0]
    assert np.array_equal(colour, other.shown().gradients.map[1, 0])
    assert np.array_equal(colour, other.shown().gradients.map[0, 300])
    assert np.array_equal(colour, size_colours(np.array([1e-3]), fixed_scale(QUANTITIES[0]))[0])


def test_bars_have_logarithmic_length_on_a_fixed_scale():
    scale_places = fixed_scale(QUANTITIES[0]).places
    assert scale_places(np.array([1e-8, 10 ** (-3.5), 10.0])) == pytest.approx([0, 0.5, 1])
    assert list(scale_places(np.array([0.0, 1e-30, 1e30, np.inf]))) == [0, 0, 1, 1]
    assert np.isnan(scale_places(np.array([np.nan]))[0])


def test_a_bar_is_as_long_as_its_number_says(shown):
    view = shown(TracksView(), with_sizes([10 ** (-3.5), 10 ** (-3.5)]), SIZE)
    image, number = view.grab().toImage(), QFontMetrics(small_font()).horizontalAdvance("8.8e-88") + 4
    whole = part_of(view, "tracks.sheet").values_box(box_of(view)).width()

    def covered(share: float) -> bool:
        pixel = image.pixelColor(middle_of(view, 0, now=True, share=share * (whole - number) / whole).toPoint())
        return pixel.name() != theme.current().surface

    assert covered(0.05) and covered(0.47)
    assert not covered(0.53)


def test_history_shows_at_each_step_the_last_row_before_it():
    rows = column_rows(np.array([0.0, 10, 15, 60]), 0, 100, 10)
    # Columns are centred at 5, 15, …, 95.
    assert list(rows) == [0, 2, 2, 2, 2, 2, 3, -1, -1, -1]
    # Of a stretch, columns are centred at 41, 43, …, 59.
    assert list(column_rows(np.array([0.0, 45, 52]), 40, 60, 10)) == [0, 0, 1, 1, 1, 1, 2, -1, -1, -1]


def test_uneven_steps_take_the_place_that_they_lasted(shown):
    uneven = history([0, 800, 1600], [[1e-8], [1e-3], [1.0]])
    view = shown(TracksView(), with_sizes([1.0], gradients=uneven), SIZE)
    colours = size_colours(np.array([1e-8, 1e-3]), fixed_scale(QUANTITIES[0]))
    heat = view.shown().gradients.map[0]
    # The axis reaches to epoch 400, and 8 steps are an epoch.
    assert view.shown().times == (0, 400)
    assert np.array_equal(heat[:99], np.tile(colours[0], (99, 1)))
    assert np.array_equal(heat[101:199], np.tile(colours[1], (98, 1)))


def test_what_is_not_known_is_transparent(shown):
    sizes = history([0, 1600], [[np.nan, 1.0], [1.0, 1.0]])
    view = shown(TracksView(), with_sizes([1.0, 1.0], gradients=sizes), SIZE)
    heat = view.shown().gradients.map
    assert (heat[0, :195, 3] == 0).all()
    assert (heat[1, :195, 3] == 255).all()
    assert (heat[:, 205:, 3] == 0).all()


def test_nothing_is_computed_when_no_gradient_has_changed(shown):
    snapshot = make_snapshot(layers=30)
    view = shown(TracksView(), snapshot, SIZE)
    before = view.shown().gradients.map
    copies = GradientHistory(*(array[:] for array in snapshot.gradients))
    view.show_snapshot(dataclasses.replace(snapshot, gradients=copies))
    assert view.shown().gradients.map is before


def test_bars_move_at_once_and_numbers_when_they_can_be_read(shown, qtbot):
    view = shown(TracksView(), with_sizes([1e-5, 1e-5]), SIZE)
    later = with_sizes([1e-4, 1e-4])
    text_beat().strike()
    view.show_snapshot(later)
    assert view.shown().gradients.bars[0] == 1e-4
    assert view.shown().gradients.numbers[0] == "1.0e-5"
    qtbot.waitUntil(lambda: view.shown().gradients.numbers[0] == "1.0e-4")


def test_hovering_reads_layer_step_and_number(shown):
    sizes = history([0, 1600, 3192], [[1e-6, 1e-5], [2e-6, 3e-5], [4e-6, 5e-5]])
    view = shown(TracksView(), with_sizes([4e-6, 5e-5], gradients=sizes), SIZE)
    hands.hover(view, middle_of(view, 0, share=0.75))
    assert view.shown().reading == "epoch 300 · Layer 1, step 1,600: 2.0e-6"
    assert view.shown().gradients.numbers == ("2.0e-6", "3.0e-5")
    assert view.shown().gradients.bars.tolist() == [2e-6, 3e-5], "bars are of the moment of their numbers"
    hands.hover(view, middle_of(view, 1, now=True))
    assert view.shown().reading == "Output layer, now: 5.0e-5"
    hands.leave(view, middle_of(view, 1, now=True))
    assert view.shown().reading == "epoch"
    assert view.shown().gradients.numbers == ("4.0e-6", "5.0e-5")
    assert view.shown().gradients.bars.tolist() == [4e-6, 5e-5]


def test_hovering_where_nothing_has_happened_yet_says_no_size(shown):
    view = shown(TracksView(), with_sizes([1.0], gradients=history([0, 10], [[1.0], [1.0]])), SIZE)
    hands.hover(view, middle_of(view, 0, share=0.8))
    assert view.shown().reading == "epoch 320"


@pytest.mark.parametrize("layers", [1, 2, 9, 30, 101])
@pytest.mark.parametrize("height", [15, 32, 60, 300])
def test_labels_never_overlap_and_name_the_last(shown, layers, height):
    view = shown(TracksView(), make_snapshot(layers=layers, rows=20), SIZE)
    rows = track_of(view).labelled_rows(height)
    assert rows[-1] == layers - 1
    assert rows[0] == 0 or height < 2 * 14
    assert len(rows) == layers or height < 14 * layers
    assert overlaps(painted_texts(view)) == []


def test_other_layers_can_appear_while_it_is_shown(shown):
    view = shown(TracksView(), make_snapshot(layers=3), SIZE)
    for layers in (4, 1, 30):
        view.show_snapshot(make_snapshot(layers=layers))
        view.grab()
        assert len(view.shown().gradients.bars) == len(view.shown().gradients.numbers) == layers
        assert len(view.shown().gradients.map) == layers


def test_untrained_layers_have_no_bar_and_a_dash(shown, caplog):
    view = shown(TracksView(), make_snapshot(rows=1), SIZE)
    view.grab()
    assert np.isnan(view.shown().gradients.bars).all()
    assert set(view.shown().gradients.numbers) == {"–"}
    assert not caplog.records


def test_it_survives_a_diverged_network_and_an_empty_history(shown, caplog):
    view = shown(TracksView(), diverged(make_snapshot()), SIZE)
    view.grab()
    assert set(view.shown().gradients.numbers) == {"∞"}
    empty = gradients_of(0, 3)
    view.show_snapshot(dataclasses.replace(make_snapshot(), gradients=empty, layers=layer_rows(empty, 3)))
    view.grab()
    assert (view.shown().gradients.map[..., 3] == 0).all()
    assert not caplog.records


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(TracksView(), make_snapshot(), SIZE)
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


def switch(view: TracksView, *names: str) -> None:
    """Click switches of the panel."""
    controls = part_of(view, "tracks.controls")
    for name in names:
        if not controls.panel.isVisible():
            hands.click(controls.button)
        hands.click(switch_button(view, name))
    controls.panel.hide()


def on_line(view: TracksView, row: int, share: float) -> QPointF:
    """A place on a layer's line, `share` of the way along it."""
    x, y = track_of(view).line_places(box_of(view))
    at = int(share * (len(x) - 1))
    return part_of(view, "tracks.sheet").mapTo(view, QPointF(x[at], y[at, row]))


def test_the_update_ratio_has_a_scale_of_its_own(shown):
    view = shown(TracksView(), with_ratios([1e-3, 1e-2]), SIZE)
    switch(view, "update_ratio")
    assert view.shown().gradients.quantity == "update_ratio"
    assert view.shown().gradients.numbers == ("1.0e-3", "1.0e-2")
    ratios = next(quantity for quantity in QUANTITIES if quantity.field == "update_ratio")
    scale = track_of(view).sizes.scale
    assert (scale.low, scale.high) == (ratios.low, ratios.high) != (-8, 1)
    expected = size_colours(np.array([1e-3]), fixed_scale(ratios))[0]
    assert np.array_equal(view.shown().gradients.map[0, 0], expected)


def test_the_healthy_band_is_marked_for_the_update_ratio_only(shown):
    view = shown(TracksView(), with_ratios([1e-6, 1e-6]), SIZE)
    sheet, bars = part_of(view, "tracks.sheet"), part_of(view, "tracks.sheet").values_box(box_of(view))
    width = bars.width() - QFontMetrics(small_font()).horizontalAdvance("8.8e-88") - 4

    def colour_at(share: float) -> str:
        spot = sheet.mapTo(view, QPointF(bars.left() + share * width, bars.top() + 1))
        return view.grab().toImage().pixelColor(spot.toPoint()).name()

    # 1e-3 stands at 4/7 of the scale from 1e-7 to 1.
    assert colour_at(4 / 7 - 0.03) == theme.current().surface
    switch(view, "update_ratio")
    assert colour_at(4 / 7 - 0.03) != theme.current().surface
    assert colour_at(0.9) == theme.current().surface


def test_a_history_without_update_ratios_shows_the_present_ones(shown):
    snapshot = make_snapshot()
    assert snapshot.gradients.update_ratio.size == 0
    view = shown(TracksView(), snapshot, SIZE)
    switch(view, "update_ratio", "lines")
    view.grab()
    assert (view.shown().gradients.map[..., 3] == 0).all()
    assert set(view.shown().gradients.numbers) == {"–"}


def test_picture_and_scale_are_chosen_by_keyboard(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    assert view.shown().gradients.picture == "map" and view.shown().gradients.logarithmic
    hands.click(part_of(view, "tracks.controls").button)
    for name in ("lines", "linear"):
        switch_button(view, name).setFocus()
        hands.key(switch_button(view, name), "Space")
    assert view.shown().gradients.picture == "lines"
    assert not view.shown().gradients.logarithmic


def test_every_switch_has_a_name_and_says_what_it_does(shown):
    view = shown(TracksView(), make_snapshot(), (700, 400))
    for name in ("gradient_rms", "delta_rms", "update_ratio", "map", "lines", "log", "linear"):
        button = switch_button(view, name)
        assert button.objectName() and button.accessibleName() and button.toolTip()


def test_a_linear_scale_reaches_from_zero_to_the_largest_size(shown):
    sizes = history([0, 50, 100], [[0.5, 0.1], [0.2, 0.1], [0.1, 0.1]])
    view = shown(TracksView(), with_sizes([0.1, 0.1], gradients=sizes), SIZE)
    switch(view, "linear")
    scale = track_of(view).sizes.scale
    assert not scale.logarithmic and (scale.low, scale.high) == (0, 0.5)
    assert scale.places(np.array([0.25]))[0] == pytest.approx(0.5)
    switch(view, "log")
    assert track_of(view).sizes.scale == fixed_scale(QUANTITIES[0])


def test_there_is_a_line_for_each_layer_with_every_extreme_in_it(shown):
    snapshot = make_snapshot(layers=4, rows=9000)
    sizes = snapshot.gradients.gradient_rms.copy()
    sizes[4321, 2] = 7.5
    snapshot = dataclasses.replace(snapshot, gradients=snapshot.gradients._replace(gradient_rms=sizes))
    view = shown(TracksView(), snapshot, (760, 400))
    switch(view, "lines")
    at, lines = view.shown().gradients.lines
    assert lines.shape[1] == 4 and len(at) < 600
    assert np.nanmax(lines[:, 2]) == 7.5
    near = abs(at[np.nanargmax(lines[:, 2])] - snapshot.gradients.step[4321] / 8)
    assert near < 2 * view.shown().times[1] / 100


def test_lines_are_named_beside_their_ends_without_overlapping(shown):
    for layers in (1, 4, 30):
        view = shown(TracksView(), make_snapshot(layers=layers), (760, 500))
        switch(view, "lines")
        track, box = track_of(view), box_of(view)
        named = track.name_places(box, track.line_places(box)[1])
        assert layers - 1 in named
        assert len(named) == layers or layers == 30
        assert (np.diff(sorted(named.values())) >= QFontMetrics(small_font()).height() - 2.1).all()


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
    sizes = history([0, 1600, 3192], [[1e-6, 1e-3], [1e-6, 1e-3], [1e-6, 1e-3]])
    view = shown(TracksView(), with_sizes([1e-6, 1e-3], gradients=sizes), (760, 500))
    switch(view, "lines")
    hands.hover(view, on_line(view, 0, 0.6))
    assert view.shown().reading == "epoch 200 · Layer 1, step 1,600: 1.0e-6"
    hands.hover(view, on_line(view, 1, 0.6))
    assert view.shown().reading == "epoch 200 · Output layer, step 1,600: 1.0e-3"


def test_a_line_breaks_nothing_where_sizes_are_missing_or_infinite(shown, caplog):
    rows = 3000
    sizes = np.full((rows, 2), 1e-3)
    sizes[100:200, 0] = np.nan
    sizes[300, 1] = np.inf
    view = shown(TracksView(), with_sizes([1e-3, np.inf], gradients=history(list(range(rows)), sizes)), (760, 400))
    switch(view, "lines")
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
    view = shown(TracksView(), with_silent(), (760, 500))
    assert np.isnan(view.shown().gradients.bars[1])
    numbers = view.shown().gradients.numbers
    assert numbers[1] == "muted" and "muted" not in (numbers[0], *numbers[2:])
    # In its row of the map, and beside its bar.
    assert [text for text, _ in painted_texts(view)].count("muted") == 2
    assert "muted" in part_of(view, "tracks.name.gradients").toolTip()
    assert view.shown().times == (0, 40)
    hands.hover(view, middle_of(view, 1, share=0.7))
    assert view.shown().reading.endswith(": muted")
    hands.hover(view, middle_of(view, 1, share=0.2))
    assert not view.shown().reading.endswith(": muted")
    hands.hover(view, middle_of(view, 1, now=True))
    assert view.shown().reading == "Layer 2, now: muted"
    switch(view, "lines")
    assert "2 muted" in [text for text, _ in painted_texts(view)]
    switch(view, "delta_rms")
    assert "muted" not in view.shown().gradients.numbers
    assert "muted" not in part_of(view, "tracks.name.gradients").toolTip()


def test_a_frozen_layer_has_a_gradient_but_no_updates(shown):
    view = shown(TracksView(), with_silent(), (760, 500))
    assert view.shown().gradients.numbers[2] not in ("frozen", "0")
    switch(view, "update_ratio", "lines")
    assert view.shown().gradients.numbers[1:3] == ("muted", "frozen")
    assert {"2 muted", "3 frozen"} <= {text for text, _ in painted_texts(view)}


def test_a_layer_is_without_sizes_from_the_step_on_at_which_it_was_muted(shown):
    view = shown(TracksView(), with_silent(), SIZE)
    view.findChild(QToolButton, "tracks.along.step").click()
    heat = view.shown().gradients.map
    # 40 of 100 steps are those before; until the first update nothing is known.
    assert view.shown().times == (0, 100)
    assert (heat[1, 10:155, 3] == 255).all() and (heat[1, 180:, 3] == 0).all()
    assert (heat[0, 10:300, 3] == 255).all()
    switch(view, "lines")
    steps, lines = view.shown().gradients.lines
    assert np.isnan(lines[steps > 41, 1]).all() and np.isfinite(lines[(steps > 1) & (steps < 39), 1]).all()
    box = box_of(view)
    assert (track_of(view).line_places(box)[1][steps > 41, 1] == box.rect.bottom()).all()


def test_a_gradient_of_zero_that_nobody_asked_for_still_counts(shown):
    view = shown(TracksView(), with_sizes([0.0, 1e-3]), SIZE)
    assert view.shown().gradients.numbers[0] == "0"


@pytest.mark.parametrize(
    ("layers", "size", "field"),
    combinations(
        [2, 5, 30],
        [(340, 208), (640, 260), (986, 208), (986, 500)],
        ["gradient_rms", "delta_rms", "update_ratio"],
    ),
)
def test_no_text_stands_on_another_in_any_picture(shown, layers, size, field):
    snapshot = with_silent(layers) if layers > 3 else with_ratios([1e-3] * layers)
    view = shown(TracksView(), snapshot, size)
    switch(view, field)
    for other in ("lines", "linear", "map"):
        switch(view, other)
        texts = painted_texts(view)
        # The letters of ΔW/W come from two fonts, and are written as two texts.
        assert overlaps(texts) in ([], [("Δ", "W/W")]), f"with {other}"
        assert "output" in {text for text, _ in texts}


@pytest.mark.parametrize("layers", [1, 30])
@pytest.mark.parametrize("size", [(350, 140), (760, 400)])
def test_all_switches_work_in_every_size_before_and_after_training(shown, caplog, layers, size):
    snapshots = (make_snapshot(layers=layers, rows=1), diverged(make_snapshot(layers=layers)))
    for snapshot in snapshots:
        view = shown(TracksView(), snapshot, size)
        for name in ("lines", "linear", "update_ratio", "delta_rms", "log", "map"):
            switch(view, name)
            view.grab()
    assert not caplog.records
