"""The histograms compare layers on shared axes, and say what is saturated or dead."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtWidgets import QToolButton

from playground.measure.requests import HistogramsRequest
from playground.measure.snapshot import Histogram, LayerHistograms, Snapshot
from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.snapshots import diverged, make_snapshot, with_answers
from ui.look import theme
from ui.views.chart.axes import CalmLimit
from ui.views.chart.histogram_rows import HistogramBars, bars_of
from ui.views.histograms.view import HistogramsView, activation_problems, histogram_moments

SIZE = (356, 240)
SAMPLES = ("weights", "activations")


def histogram(low: float, high: float, counts: list[int]) -> Histogram:
    return Histogram(np.linspace(low, high, len(counts) + 1), np.array(counts))


def with_histograms(*pairs: tuple[Histogram | None, Histogram | None], **measured: float) -> Snapshot:
    """A snapshot with a layer for each pair of histograms: of its weights, of its activations."""
    snapshot = make_snapshot(layers=len(pairs))
    layers = tuple(layer._replace(**measured) for layer in snapshot.layers)
    histograms = tuple(LayerHistograms(*pair) for pair in pairs)
    return with_answers(dataclasses.replace(snapshot, layers=layers), {HistogramsRequest(40): histograms})


def many(layers: int) -> Snapshot:
    """A snapshot as a trainer would fill it."""
    random = np.random.default_rng(0)
    pairs = []
    for layer in range(layers):
        columns = []
        for values in (random.normal(0, 0.1 + 0.05 * layer, 300), np.tanh(random.normal(0, 1, 300))):
            counts, edges = np.histogram(values, 40)
            columns.append(Histogram(edges, counts))
        pairs.append(tuple(columns))
    return with_histograms(*pairs, mean=0.1, spread=0.4, saturated=0.2, dead=0.25)


def inside(view: HistogramsView, index: int, sample: str, share: float = 0.5) -> QPointF:
    """A place in a layer's histogram."""
    box = box_of(view, index, sample)
    return QPointF(box.left() + share * box.width(), box.center().y()).toPoint().toPointF()


def box_of(view: HistogramsView, index: int, sample: str) -> QRectF:
    """Where a layer's histogram of the weights or of the activations is."""
    return view.shown().boxes[index][SAMPLES.index(sample)]


def limits(view: HistogramsView, sample: str) -> tuple[float, float]:
    """Both ends of the axis of the weights or of the activations."""
    return view.shown().limits[SAMPLES.index(sample)]


def painted_rows(view: HistogramsView, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is handed over to be painted from now on."""
    painted: list[object] = []
    monkeypatch.setattr(type(part_of(view, "histograms.rows")), "show_rows", lambda rows, given: painted.append(given))
    return painted


def test_it_asks_for_histograms(shown):
    assert shown(HistogramsView()).requests == {HistogramsRequest(40)}


def test_all_layers_of_a_column_share_one_axis(shown):
    weights = [histogram(-0.1, 0.1, [1, 2, 1]), histogram(-3.0, 1.0, [1, 2, 1])]
    signals = histogram(0.0, 0.9, [5, 1])
    view = shown(HistogramsView(), with_histograms(*((one, signals) for one in weights)), SIZE)
    assert limits(view, "weights") == (-3, 3)
    assert limits(view, "activations") == (0, 1)
    boxes = [box_of(view, index, "weights") for index in range(2)]
    assert boxes[0].left() == boxes[1].left() and boxes[0].width() == boxes[1].width()
    assert boxes[0].bottom() < boxes[1].top()


def test_a_narrow_histogram_is_drawn_narrow(shown):
    wide, narrow = histogram(-1, 1, [5] * 40), histogram(-0.1, 0.1, [5] * 40)
    view = shown(HistogramsView(), with_histograms((wide, None), (narrow, None)), SIZE)
    image = view.grab().toImage()

    def is_filled(index: int, share: float) -> bool:
        place = inside(view, index, "weights", share).toPoint()
        pale = theme.blend(theme.current().surface, theme.current().accent, 0.6)
        return image.pixelColor(place).name() == pale

    assert is_filled(0, 0.1) and is_filled(0, 0.9)
    assert is_filled(1, 0.46) and not is_filled(1, 0.1) and not is_filled(1, 0.9)


def test_the_narrowest_histogram_can_still_be_seen(shown):
    wide, narrow = histogram(-1, 1, [5] * 40), histogram(0.301, 0.302, [1, *[0] * 38, 9])
    view = shown(HistogramsView(), with_histograms((wide, None), (narrow, None)), SIZE)
    image = view.grab().toImage()
    box = box_of(view, 1, "weights")
    corner = box.topLeft().toPoint()
    pale = theme.blend(theme.current().surface, theme.current().accent, 0.6)
    row = corner.y() + int(box.height() / 2)
    seen = [x for x in range(int(box.width())) if image.pixelColor(corner.x() + x, row).name() == pale]
    assert len(seen) in (1, 2)
    assert seen[0] / box.width() == pytest.approx((0.3 + 1) / 2, abs=0.02)


def test_limits_grow_at_once_and_shrink_late(shown):
    view = shown(HistogramsView(), with_histograms((histogram(-1, 1, [1, 1]), None)), SIZE)
    view.show_snapshot(with_histograms((histogram(-4, 4, [1, 1]), None)))
    assert limits(view, "weights") == (-4, 4)
    for count in range(1, CalmLimit.PATIENCE):
        view.show_snapshot(with_histograms((histogram(-1, 1, [1, count]), None)))
        assert limits(view, "weights") == (-4, 4)
    view.show_snapshot(with_histograms((histogram(-1, 1, [1, 0]), None)))
    assert limits(view, "weights") == (-1, 1)


def test_hovering_reads_bin_and_count_mean_and_spread(shown):
    weights = histogram(-1, 1, [3, 0, 7, 30])
    view = shown(HistogramsView(), with_histograms((weights, None), (weights, None)), (700, 300))
    idle = view.shown().reading
    place = inside(view, 0, "weights", 0.6)
    hands.hover(view, place)
    assert view.shown().reading == "Layer 1: 7 weights in 0…0.50 · mean 0.55 ± 0.42"
    hands.leave(view, place)
    assert view.shown().reading == idle


def test_hovering_activations_reads_the_measured_mean_and_spread(shown):
    view = shown(
        HistogramsView(),
        with_histograms((None, histogram(-1, 1, [1, 1])), mean=0.25, spread=0.5),
        (700, 300),
    )
    hands.hover(view, inside(view, 0, "activations", 0.75))
    assert view.shown().reading == "Output layer: 1 activation in 0…1.0 · mean 0.25 ± 0.50"
    hands.hover(view, inside(view, 0, "weights"))
    assert view.shown().reading == "Output layer, weights: nothing measured yet"


def test_hovering_beside_the_bins_says_that_there_is_nothing(shown):
    pair = histogram(-1, 1, [4, 4]), None
    view = shown(HistogramsView(), with_histograms(pair, (histogram(0.1, 0.2, [1, 1]), None)), (700, 300))
    hands.hover(view, inside(view, 1, "weights", 0.1))
    assert view.shown().reading.startswith("Output layer: none here")


def test_hovering_a_name_reads_the_state_of_the_layer(shown):
    view = shown(HistogramsView(), many(3), SIZE)
    place = inside(view, 1, "weights")
    hands.hover(view, QPointF(14, place.y()))
    assert view.shown().reading == "Layer 2: 2 of 8 dead, 20 % saturated"


def test_saturated_and_dead_shares_are_said_in_words():
    layer = make_snapshot().layers[0]
    assert activation_problems(layer._replace(saturated=0.61, dead=0.25)) == ("61 % saturated", "2 of 8 dead")
    assert activation_problems(layer._replace(saturated=0.0, dead=0.01)) == ("1 of 8 dead",)
    assert activation_problems(layer._replace(saturated=np.nan, dead=np.nan)) == ()


def test_in_a_narrow_picture_only_the_worst_is_said(shown):
    view = shown(HistogramsView(), many(2), SIZE)
    assert view.shown().end_words == ("2 of 8 dead", "2 of 8 dead")
    view.resize(700, 300)
    assert view.shown().end_words[0] == view.shown().rows[0].words == "2 of 8 dead, 20 % saturated"


def test_logarithmic_heights_show_rare_values(shown):
    view = shown(HistogramsView(), many(3), (700, 300))
    assert not view.shown().logarithmic
    before = view.grab().toImage()
    button = view.findChild(QToolButton, "histograms.counts.log")
    hands.click(button)
    assert view.shown().logarithmic
    assert view.grab().toImage() != before
    assert HistogramBars(histogram(0, 1, [1, 999])).heights(True)[0] == pytest.approx(0.1, abs=0.01)
    linear = view.findChild(QToolButton, "histograms.counts.linear")
    linear.setFocus()
    hands.key(linear, "Space")
    assert not view.shown().logarithmic


def test_in_a_narrow_picture_the_switch_stands_in_the_panel(shown):
    view = shown(HistogramsView(), many(3), SIZE)
    hands.push(view, "histograms.controls.more")
    button = view.findChild(QToolButton, "histograms.counts.log")
    assert button.isVisible() and button.toolTip() and button.accessibleName()
    hands.click(button)
    assert view.shown().logarithmic


def test_many_layers_scroll_with_wheel_and_keyboard_below_titles_that_stay(shown):
    view = shown(HistogramsView(), many(30), SIZE)
    scroll = part_of(view, "histograms.scroll")
    bar = scroll.verticalScrollBar()
    assert bar.maximum() > 0 and view.shown().row_height >= 24
    scroll.setFocus()
    hands.key(scroll, "PageDown")
    assert bar.value() > 0
    titles, axes = part_of(view, "histograms.titles"), part_of(view, "histograms.axes")
    assert titles.y() < scroll.y() < axes.y()


def test_few_layers_fill_the_room_without_scrolling(shown):
    view = shown(HistogramsView(), many(3), SIZE)
    assert part_of(view, "histograms.scroll").verticalScrollBar().maximum() == 0
    assert view.shown().row_height * 3 <= part_of(view, "histograms.rows").height()


def test_nothing_is_painted_for_layers_that_are_already_drawn(shown, monkeypatch):
    snapshot = many(3)
    view = shown(HistogramsView(), snapshot, SIZE)
    shown_rows = painted_rows(view, monkeypatch)
    same = tuple(layer._replace(saturated=layer.saturated) for layer in snapshot.layers)
    view.show_snapshot(dataclasses.replace(snapshot, layers=same, step=snapshot.step + 1))
    assert not shown_rows
    first, *rest = snapshot.answer(HistogramsRequest)
    other = first._replace(weights=histogram(-1, 1, [1, 2, 3]))
    view.show_snapshot(with_answers(snapshot, {HistogramsRequest(40): (other, *rest)}))
    assert len(shown_rows) == 1


def test_moments_of_a_histogram():
    mean, spread = histogram_moments(histogram(0, 4, [1, 0, 0, 1]))
    assert (mean, spread) == (2, 1.5)


def test_what_cannot_be_drawn_is_left_out():
    assert bars_of(None) is None
    assert bars_of(histogram(0, 1, [0, 0])) is None
    assert bars_of(Histogram(np.array([0, np.nan, 1]), np.array([1, 1]))) is None
    assert bars_of(Histogram(np.array([0.0, np.inf]), np.array([1]))) is None


@pytest.mark.parametrize("size", [SIZE, (700, 400), (220, 140)])
def test_it_survives_untrained_diverged_and_single_valued_layers(shown, caplog, size):
    one_value = Histogram(np.array([0.3, 0.3 + 1e-16, 0.3 + 2e-16]), np.array([5, 0]))
    huge = histogram(-1e38, 1e38, [1, 2])
    for snapshot in (
        make_snapshot(rows=1),
        make_snapshot(layers=1),
        diverged(make_snapshot()),
        with_histograms((one_value, one_value), (huge, None)),
        many(30),
    ):
        view = shown(HistogramsView(), snapshot, size)
        hands.hover(view, QPointF(size[0] / 2, size[1] / 2))
        view.grab()
    assert not caplog.records


def test_an_untrained_network_is_not_drawn_anew_because_its_numbers_are_absent(shown, monkeypatch):
    view = shown(HistogramsView(), make_snapshot(rows=1), SIZE)
    calls = painted_rows(view, monkeypatch)
    view.show_snapshot(make_snapshot(rows=1))
    assert not calls


def test_other_layers_can_appear_while_it_is_shown(shown):
    view = shown(HistogramsView(), many(3), SIZE)
    place = inside(view, 2, "weights").toPoint()
    rows = part_of(view, "histograms.rows")
    hands.move(rows, rows.mapFrom(view, place) + QPoint(2, 0))
    for layers in (30, 1, 4):
        view.show_snapshot(many(layers))
        view.grab()
        assert len(view.shown().rows) == layers


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(HistogramsView(), many(3), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    image = view.grab().toImage()
    assert image.pixelColor(1, 1).name() == theme.current().surface
    corner = part_of(view, "histograms.rows").mapTo(view, QPoint(1, 1))
    assert image.pixelColor(corner).name() == theme.current().surface
