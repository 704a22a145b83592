"""The histograms of gradients count what NumPy counts, say it in words, and survive every network."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from playground import Snapshot, Trainer
from playground.experiment.rules import convert
from playground.measure.snapshot import Histogram
from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.snapshots import diverged, make_snapshot, with_answers
from ui.look import theme
from ui.views.chart.axes import CalmLimit
from ui.views.gradient_histograms.request import GradientHistogram, GradientHistogramsRequest
from ui.views.gradient_histograms.view import NO_GRADIENTS_YET, GradientHistogramsView
from ui.views.registry import VIEWS
from ui.window.layouts import LAYOUTS
from ui.window.window import Window

SIZE = (356, 240)
LAYERS: list[dict[str, Any]] = [
    {"units": 6, "activation": "tanh"},
    {"units": 5, "activation": "relu", "dropout": 0.5},
    {"units": 4, "activation": "tanh", "trainable": False},
    {"units": 4, "activation": "tanh", "muted": True},
]


def trainer(steps: int = 12, **changed: Any) -> Trainer:
    base = {"version": 1, "precision": "float64", "data": {"kind": "moons", "points": 60}, "layers": LAYERS}
    one = Trainer(convert({**base, "training": {"batch_size": 7}, **changed}), engine="reference")
    one.advance(steps=steps)
    return one


def layer(low: float, counts: list[int], zeros: int = 0, median: float = 0.01) -> GradientHistogram:
    """A layer whose bins, four a decade, begin at an exponent."""
    edges = low + np.arange(len(counts) + 1) / 4
    return GradientHistogram(Histogram(edges, np.array(counts)), zeros, sum(counts) + zeros, median)


def with_gradients(*layers: GradientHistogram) -> Snapshot:
    """A snapshot with these layers, of which the last is the output."""
    return with_answers(make_snapshot(layers=len(layers)), {GradientHistogramsRequest(): layers})


def inside(view: GradientHistogramsView, index: int, column: int, share: float = 0.5) -> QPointF:
    """A place in a histogram."""
    box = view.shown().boxes[index][column]
    return QPointF(box.left() + share * box.width(), box.center().y())


# What is measured ---------------------------------------------------------------------------------------------


def test_sizes_are_counted_as_numpy_counts_them() -> None:
    one = trainer()
    for found, place in zip(GradientHistogramsRequest().answer(one), one.network.layers, strict=True):
        sizes = np.abs(place.W(one.state.gradient)).ravel()
        known = sizes[sizes > 0]
        assert (found.zeros, found.total) == (np.sum(sizes == 0), sizes.size)
        if known.size:
            counts, _ = np.histogram(np.log10(known), found.sizes.edges)
            np.testing.assert_array_equal(found.sizes.counts, counts)
            np.testing.assert_allclose(np.diff(found.sizes.edges), 0.25)
            assert found.median == np.median(known) and counts.sum() + found.zeros == found.total
            assert not any(array.flags.writeable for array in found.sizes)


def test_a_muted_layer_has_zeros_alone_and_a_frozen_one_still_has_gradients() -> None:
    *_, frozen, muted, _ = GradientHistogramsRequest().answer(trainer())
    assert muted.sizes is None and muted.zeros == muted.total == 16
    assert frozen.sizes is not None and frozen.median > 0


def test_before_the_first_update_there_is_nothing_to_count() -> None:
    assert GradientHistogramsRequest().answer(trainer(steps=0)) == ()


def test_the_answer_stays_what_it_was_when_training_goes_on() -> None:
    one = trainer()
    answer = GradientHistogramsRequest().answer(one)
    before = [known.sizes.counts.copy() for known in answer if known.sizes is not None]
    one.advance(steps=5)
    for known, counts in zip([known for known in answer if known.sizes is not None], before, strict=True):
        np.testing.assert_array_equal(known.sizes.counts, counts)


def test_numbers_that_are_not_finite_are_left_out() -> None:
    one = trainer()
    one.state.gradient[one.network.layers[0].weights][:3] = [np.nan, np.inf, 0.0]
    found = GradientHistogramsRequest().answer(one)[0]
    assert found.zeros >= 1 and found.sizes.counts.sum() + found.zeros == found.total - 2


# What is seen -------------------------------------------------------------------------------------------------


def test_it_requests_gradients(shown) -> None:
    assert shown(GradientHistogramsView()).requests == {GradientHistogramsRequest()}


def test_every_layer_has_a_row_with_its_median_and_its_zeros_in_words(shown) -> None:
    view = shown(GradientHistogramsView(), with_gradients(layer(-3, [2, 6], 2, 0.0012), layer(-1, [5])), (700, 300))
    assert [row.words for row in view.shown().rows] == ["median 1.2e-3, 20.0 % are 0", "median 1.0e-2"]
    assert view.shown().description == (
        "Layer 1 has 10 gradients, 20.0 % of them exactly 0; the others have a median size of 1.2e-3. "
        "Output layer has 5 gradients with a median size of 1.0e-2."
    )


def test_many_zeros_stand_out(shown) -> None:
    view = shown(GradientHistogramsView(), with_gradients(layer(-3, [1], 1), layer(-3, [9], 1)), SIZE)
    assert [row.stands_out for row in view.shown().rows] == [True, False]


def test_hovering_reads_bin_and_count(shown) -> None:
    view = shown(GradientHistogramsView(), with_gradients(layer(-3, [2, 0, 6, 4], 3), layer(-1, [5])), (700, 300))
    low, high = view.shown().limits[1]
    assert (low, high) == (-4, 0)
    idle = view.shown().reading
    place = inside(view, 0, 1, (-3 + 0.6 - low) / (high - low))
    hands.hover(view, place)
    assert view.shown().reading == "Layer 1: 6 gradients in 3.2e-3…5.6e-3 · median 1.0e-2, 20.0 % are 0"
    hands.hover(view, inside(view, 0, 0))
    assert view.shown().reading == "Layer 1: 3 of 15 gradients are 0 · median 1.0e-2, 20.0 % are 0"
    hands.hover(view, inside(view, 1, 1, 0.1))
    assert view.shown().reading == "Output layer: none here · median 1.0e-2"
    hands.leave(view, place)
    assert view.shown().reading == idle


def test_zeros_are_as_high_as_their_share(shown) -> None:
    view = shown(GradientHistogramsView(), with_gradients(layer(-3, [6], 2)), (700, 300))
    box, image = view.shown().boxes[0][0], view.grab().toImage()
    pale = theme.blend(theme.current().surface, theme.current().accent, 0.6)

    def is_filled(height: float) -> bool:
        place = QPointF(box.center().x(), box.bottom() - height * box.height()).toPoint()
        return image.pixelColor(place).name() == pale

    assert is_filled(0.1) and is_filled(0.2) and not is_filled(0.3) and not is_filled(0.9)


def test_the_axis_grows_at_once_and_shrinks_late(shown) -> None:
    view = shown(GradientHistogramsView(), with_gradients(layer(-3, [1])), SIZE)
    view.show_snapshot(with_gradients(layer(-9, [1])))
    assert view.shown().limits[1] == (-9, 0)
    for count in range(1, CalmLimit.PATIENCE):
        view.show_snapshot(with_gradients(layer(-3, [count])))
    assert view.shown().limits[1] == (-9, 0)
    view.show_snapshot(with_gradients(layer(-3, [1])))
    assert view.shown().limits[1][0] > -9


def test_logarithmic_heights_are_chosen_here_too(shown) -> None:
    view = shown(GradientHistogramsView(), with_gradients(layer(-3, [1, 90])), (700, 300))
    hands.push(view, "gradient_histograms.counts.log")
    assert view.shown().logarithmic


def test_before_training_it_says_so(shown) -> None:
    view = shown(GradientHistogramsView(), make_snapshot(rows=1), (700, 300))
    assert not any(any(row.bars) for row in view.shown().rows)
    assert view.shown().description == "There are no gradients before the first update."
    hands.hover(view, inside(view, 0, 1))
    assert view.shown().reading == f"Layer 1: {NO_GRADIENTS_YET}"


@pytest.mark.parametrize("size", [SIZE, (700, 400), (220, 140)])
def test_it_survives_every_network(shown, caplog, size) -> None:
    deep = trainer(layers=[{"units": 2, "activation": "tanh"}] * 30, steps=3)
    one_unit = trainer(layers=[{"units": 1, "activation": "relu"}], features=["x1"])
    for snapshot in (
        make_snapshot(rows=1),
        make_snapshot(layers=1),
        diverged(make_snapshot()),
        with_gradients(layer(-45, [1], 0, 1e-45), layer(37, [1], 0, 1e38)),
        *(one.snapshot([GradientHistogramsRequest()]) for one in (trainer(), deep, one_unit)),
    ):
        view = shown(GradientHistogramsView(), snapshot, size)
        hands.hover(view, QPointF(size[0] / 2, size[1] / 2))
        view.grab()
    assert not caplog.records


def test_nothing_is_painted_again_for_gradients_that_are_the_same(shown, monkeypatch) -> None:
    snapshot = with_gradients(layer(-3, [1, 2]), layer(-2, [3]))
    view = shown(GradientHistogramsView(), snapshot, SIZE)
    painted = []
    rows = type(part_of(view, "gradient_histograms.rows"))
    monkeypatch.setattr(rows, "show_rows", lambda _, given: painted.append(given))
    view.show_snapshot(dataclasses.replace(snapshot, step=snapshot.step + 1))
    assert not painted
    view.show_snapshot(with_gradients(layer(-3, [1, 3]), layer(-2, [3])))
    assert len(painted) == 1


# In the window ------------------------------------------------------------------------------------------------


def test_it_stands_beside_the_histograms_wherever_they_stand() -> None:
    assert GradientHistogramsView in VIEWS
    for plan in LAYOUTS:
        for _, tabs in (*plan.beside, *plan.below):
            if "histograms" in tabs:
                assert tabs[tabs.index("histograms") + 1] == "gradient_histograms"


def test_the_window_offers_it_by_itself_and_fills_it_in_front(trained: Window, qtbot) -> None:
    assert "Gradient histograms" in {dock.accessibleName() for dock in trained.docks.docks.values()}
    assert any("Gradient histograms" in command.name for command in trained.commands())
    trained.docks.show("gradient_histograms")
    view = trained.parts.view(GradientHistogramsView)
    qtbot.waitUntil(lambda: any(row.states for row in view.shown().rows))
