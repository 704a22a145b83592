"""The picture of the gradients: every layer's size, now and over time, on a scale that never moves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from playground.snapshot import GradientHistory
from tests.ui.snapshots import diverged, gradients_of, layer_rows, make_snapshot
from ui import theme
from ui.views.gradients import QUANTITIES, GradientsView, column_rows, fixed_scale, size_colours, size_text

SIZE = (356, 240)


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
    places = view._chart.places()
    top, height = places.row(row, layers)
    box = places.bars if now else places.heat
    return view._chart.mapTo(view, QPointF(box.left() + share * box.width(), top + height / 2).toPoint()).toPointF()


def test_there_is_a_bar_for_each_layer_input_side_first(shown):
    view = shown(GradientsView(), with_sizes([1e-5, 2e-4, 3e-3]), SIZE)
    assert view.bar_values() == pytest.approx([1e-5, 2e-4, 3e-3])
    assert view.number_texts() == ("1.0e-5", "2.0e-4", "3.0e-3")


def test_clicking_delta_switches_bars_and_history(shown, qtbot):
    view = shown(GradientsView(), with_sizes([1e-5, 2e-4, 3e-3]), SIZE)
    before = view.heat_colours().copy()
    qtbot.mouseClick(view.switch_button("delta_rms"), Qt.MouseButton.LeftButton)
    assert view.quantity() == "delta_rms"
    assert view.bar_values() == pytest.approx([1e-4, 2e-3, 3e-2])
    assert view.number_texts() == ("1.0e-4", "2.0e-3", "3.0e-2")
    assert not np.array_equal(view.heat_colours(), before)
    qtbot.mouseClick(view.switch_button("gradient_rms"), Qt.MouseButton.LeftButton)
    assert np.array_equal(view.heat_colours(), before)


def test_the_switch_works_by_keyboard_and_tells_its_name(shown, qtbot):
    view = shown(GradientsView(), make_snapshot(), SIZE)
    button = view.switch_button("delta_rms")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert view.quantity() == "delta_rms"
    for field in ("gradient_rms", "delta_rms"):
        assert view.switch_button(field).accessibleName()
        assert view.switch_button(field).toolTip()


def test_the_same_colour_means_the_same_number_in_every_picture(shown):
    steps = [0, 50, 100]
    calm = with_sizes([1e-3, 1e-3], gradients=history(steps, [[1e-3, 1e-3]] * 3))
    wild = with_sizes([1e-8, 10.0], gradients=history(steps, [[1e-8, 1e-3], [1e-3, 1e-8], [10, 1e-3]]))
    one, other = shown(GradientsView(), calm, SIZE), shown(GradientsView(), wild, SIZE)
    colour = one.heat_colours()[0, 0]
    assert np.array_equal(colour, other.heat_colours()[1, 0])
    assert np.array_equal(colour, other.heat_colours()[0, 300])
    assert np.array_equal(colour, size_colours(np.array([1e-3]), theme.magnitude_table())[0])


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
    colours = size_colours(np.array([1e-8, 1e-3]), theme.magnitude_table())
    heat = view.heat_colours()[0]
    assert np.array_equal(heat[:39], np.tile(colours[0], (39, 1)))
    assert np.array_equal(heat[41:398], np.tile(colours[1], (357, 1)))


def test_what_is_not_known_is_transparent(shown):
    view = shown(GradientsView(), with_sizes([1.0, 1.0], gradients=history([0, 50], [[np.nan, 1.0], [1.0, 1.0]])), SIZE)
    heat = view.heat_colours()
    assert (heat[0, :190, 3] == 0).all()
    assert (heat[1, :190, 3] == 255).all()
    assert (heat[:, 210:, 3] == 0).all()


def test_nothing_is_computed_when_no_gradient_has_changed(shown):
    snapshot = make_snapshot(layers=30)
    view = shown(GradientsView(), snapshot, SIZE)
    before = view.heat_colours()
    copies = GradientHistory(*(array[:] for array in snapshot.gradients))
    view.show_snapshot(dataclasses.replace(snapshot, gradients=copies))
    assert view.heat_colours() is before


def test_bars_move_at_once_and_numbers_when_they_can_be_read(shown, qtbot):
    view = shown(GradientsView(), with_sizes([1e-5, 1e-5]), SIZE)
    later = with_sizes([1e-4, 1e-4])
    view._write.now()
    view.show_snapshot(later)
    assert view.bar_values()[0] == 1e-4
    assert view.number_texts()[0] == "1.0e-5"
    qtbot.waitUntil(lambda: view.number_texts()[0] == "1.0e-4")


def test_hovering_reads_layer_step_and_number(shown, point_at, leave):
    sizes = history([0, 50, 100], [[1e-6, 1e-5], [2e-6, 3e-5], [4e-6, 5e-5]])
    view = shown(GradientsView(), with_sizes([4e-6, 5e-5], gradients=sizes), SIZE)
    idle = view.reading()
    point_at(view, middle_of(view, 0, 2, share=0.75))
    assert view.reading() == "layer 1, step 50: 2.0e-6"
    point_at(view, middle_of(view, 1, 2, now=True))
    assert view.reading() == "output, now: 5.0e-5"
    leave(view, middle_of(view, 1, 2, now=True))
    assert view.reading() == idle


def test_hovering_where_nothing_has_happened_yet_says_nothing_new(shown, point_at):
    view = shown(GradientsView(), with_sizes([1.0], gradients=history([0, 10], [[1.0], [1.0]])), SIZE)
    idle = view.reading()
    point_at(view, middle_of(view, 0, 1, share=0.8))
    assert view.reading() == idle


@pytest.mark.parametrize("layers", [1, 2, 9, 30, 101])
@pytest.mark.parametrize("size", [(356, 240), (420, 200), (600, 400)])
def test_labels_never_overlap_and_name_the_first_and_the_last(shown, layers, size):
    view = shown(GradientsView(), make_snapshot(layers=layers, rows=20), size)
    rows = view._chart.labelled_rows()
    tops = [view._chart.places().row(row, layers)[0] for row in rows]
    assert rows[0] == 0 or layers == 1
    assert rows[-1] == layers - 1
    assert (np.diff(tops) >= view._chart.metrics.height() - 1).all()


def test_other_layers_can_appear_while_it_is_shown(shown):
    view = shown(GradientsView(), make_snapshot(layers=3), SIZE)
    for layers in (4, 1, 30):
        view.show_snapshot(make_snapshot(layers=layers))
        view.grab()
        assert len(view.bar_values()) == len(view.number_texts()) == layers
        assert len(view.heat_colours()) == layers


def test_untrained_layers_have_no_bar_and_a_dash(shown, caplog):
    view = shown(GradientsView(), make_snapshot(rows=1), SIZE)
    view.grab()
    assert np.isnan(view.bar_values()).all()
    assert set(view.number_texts()) == {"–"}
    assert not caplog.records


def test_it_survives_a_diverged_network_and_an_empty_history(shown, caplog):
    view = shown(GradientsView(), diverged(make_snapshot()), SIZE)
    view.grab()
    assert set(view.number_texts()) == {"∞"}
    empty = gradients_of(0, 3)
    view.show_snapshot(dataclasses.replace(make_snapshot(), gradients=empty, layers=layer_rows(empty, 3)))
    view.grab()
    assert (view.heat_colours()[..., 3] == 0).all()
    assert not caplog.records


def test_sizes_are_written_short():
    texts = [size_text(value) for value in (3.2e-4, 0.0, 12.0, 1e-300, np.nan, np.inf)]
    assert texts == ["3.2e-4", "0", "1.2e1", "1.0e-300", "–", "∞"]


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(GradientsView(), make_snapshot(), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    assert view.grab().toImage().pixelColor(1, 1).name() == theme.current().surface
