"""The curves show every epoch's loss and accuracy, without losing a peak and without trembling axes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from playground.catalog.datasets import Hills, sample
from playground.snapshot import History
from tests.ui.snapshots import diverged, history_of, last_evaluation, make_snapshot
from ui import theme
from ui.views import curves as module
from ui.views.curves import CurvesView, LossAxis, accuracy_axis, r_squared_axis
from ui.views.plotting import peaks

SIZE = (300, 240)


def with_history(history: History, **changes):
    return dataclasses.replace(make_snapshot(), history=history, evaluation=last_evaluation(history), **changes)


def at_epoch(view: CurvesView, epoch: float) -> QPointF:
    """A place of the loss plot above an epoch."""
    plot = view._loss.plot
    scene = plot.getViewBox().mapViewToScene(QPointF(epoch, 0.4))
    return plot.mapTo(view, plot.mapFromScene(scene)).toPointF()


def test_every_epoch_of_a_short_training_is_drawn(shown):
    view = shown(CurvesView(), make_snapshot(rows=200), SIZE)
    assert list(view.drawn_epochs()) == list(range(200))
    assert list(view.drawn_validation_epochs()) == list(range(200))


def test_a_long_training_is_drawn_with_few_points_from_first_to_last(shown):
    view = shown(CurvesView(), make_snapshot(rows=10_001), SIZE)
    drawn = view.drawn_epochs()
    assert len(drawn) < 1300
    assert drawn[0] == 0 and drawn[-1] == 10_000


def test_thinning_keeps_every_peak_and_moves_nothing_that_was_drawn():
    x = np.arange(10_000.0)
    y = np.random.default_rng(0).random(10_000)
    y[[1234, 8765]] = [7.0, -7.0]
    few_x, few_y = peaks(x, y)
    assert few_y.max() == 7.0 and few_y.min() == -7.0
    assert abs(few_x[np.argmax(few_y)] - 1234) < 64
    longer_x, longer_y = peaks(np.arange(10_100.0), np.append(y, np.zeros(100)))
    assert np.array_equal(longer_x[:300], few_x[:300]) and np.array_equal(longer_y[:300], few_y[:300])


def test_the_words_say_the_present_values(shown):
    history = history_of(50)
    view = shown(CurvesView(), with_history(history), SIZE)
    loss, accuracy = view.texts()
    assert loss == f"Loss training {history.train_loss[-1]:.3f} validation {history.validation_loss[-1]:.3f}"
    assert accuracy.startswith(f"Accuracy training {100 * history.train_accuracy[-1]:.1f} %")


def test_words_change_at_most_four_times_a_second_but_always_catch_up(shown, qtbot):
    view = shown(CurvesView(), with_history(history_of(50)), SIZE)
    before, later = view.texts(), with_history(history_of(60))
    view._write.now()
    view.show_snapshot(later)
    assert len(view.drawn_epochs()) == 60
    assert view.texts() == before
    qtbot.waitUntil(lambda: view.texts() != before)


def test_without_a_validation_set_there_is_one_curve_and_a_dash(shown):
    view = shown(CurvesView(), make_snapshot(validation=False), SIZE)
    assert len(view.drawn_epochs()) == 400
    assert len(view.drawn_validation_epochs()) == 0
    assert all(text.endswith("validation –") for text in view.texts())


def test_regression_has_r_squared_in_place_of_accuracy(shown):
    view = shown(CurvesView(), make_snapshot(sample(Hills())), SIZE)
    assert view.texts()[1].startswith("R² training 0.")
    view.show_snapshot(make_snapshot())
    assert view._score.axis.ends == accuracy_axis().ends


def test_the_loss_axis_turns_logarithmic_beyond_two_decades(shown):
    history = history_of(300)
    view = shown(CurvesView(), with_history(history), SIZE)
    assert not view.loss_is_logarithmic()
    steep = history._replace(train_loss=history.train_loss * np.exp(-history.epoch / 40))
    view.show_snapshot(with_history(steep))
    assert view.loss_is_logarithmic()
    assert view.drawn_losses() == pytest.approx(np.log10(steep.train_loss))


def test_a_loss_of_zero_has_a_place_on_a_logarithmic_axis(shown):
    history = history_of(100)
    loss = np.where(history.epoch > 50, 0.0, 10 ** (-history.epoch / 10))
    view = shown(CurvesView(), with_history(history._replace(train_loss=loss)), SIZE)
    assert view.loss_is_logarithmic()
    assert np.isfinite(view.drawn_losses()).all() and len(view.drawn_losses()) == 100


def test_axes_change_in_leaps():
    axis, ends = LossAxis(), set()
    for most in np.linspace(1.0, 9.0, 500):
        axis.fit(np.array([0.5, most]), np.array([np.nan]))
        assert axis.low == 0 and axis.high >= most
        ends.add(axis.high)
    assert len(ends) < 12


def test_accuracy_and_r_squared_leave_nothing_out():
    axis = accuracy_axis()
    axis.fit(np.array([0.6, 0.9]), np.array([np.nan]))
    assert axis.low == 0.5
    axis.fit(np.array([0.3, 0.9]), np.array([np.nan]))
    assert axis.low == 0.0
    fit = r_squared_axis()
    fit.fit(np.array([-20.0, 0.9]))
    assert fit.low == -1 and fit.places(np.array([-20.0]))[0] == -1


def test_hovering_reads_the_values_of_an_epoch_and_leaving_the_present_ones(shown, point_at, leave):
    history = history_of(101)
    view = shown(CurvesView(), with_history(history), SIZE)
    present = view.texts()
    place = at_epoch(view, 40)
    point_at(view, place)
    epoch = int(view.epoch_text().removeprefix("epoch "))
    assert abs(epoch - 40) <= 1
    assert f"training {history.train_loss[epoch]:.3f}" in view.texts()[0]
    leave(view, place)
    assert view.texts() == present
    assert view.epoch_text() == "epoch"


def test_nothing_is_drawn_anew_when_no_row_was_added(shown, monkeypatch):
    calls: list[int] = []
    monkeypatch.setattr(module, "peaks", lambda *arguments: calls.append(1) or peaks(*arguments))
    snapshot = make_snapshot(rows=5000)
    view = shown(CurvesView(), snapshot, SIZE)
    drawn = len(calls)
    copies = History(*(array[:] for array in snapshot.history))
    view.show_snapshot(dataclasses.replace(snapshot, history=copies, step=snapshot.step + 1))
    assert len(calls) == drawn
    view.show_snapshot(make_snapshot(rows=5001))
    assert len(calls) == drawn + 4


def test_only_finite_numbers_reach_the_plot(shown, caplog):
    view = shown(CurvesView(), diverged(make_snapshot()), SIZE)
    view.grab()
    assert np.isfinite(view.drawn_losses()).all()
    assert list(view.drawn_epochs()) == list(range(398))
    assert not caplog.records


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_it_survives_a_training_that_has_hardly_begun(shown, rows, caplog):
    view = shown(CurvesView(), make_snapshot(rows=rows, boundary=False), SIZE)
    view.grab()
    assert len(view.drawn_epochs()) == rows
    assert not caplog.records


def test_after_a_reset_the_axis_starts_small_again(shown):
    view = shown(CurvesView(), make_snapshot(rows=5000), SIZE)
    assert view._loss.plot.getViewBox().viewRange()[0][1] >= 4999
    view.show_snapshot(make_snapshot(rows=1))
    assert view._loss.plot.getViewBox().viewRange()[0][1] == 10


@pytest.mark.parametrize("size", [(200, 170), (260, 190), (300, 240), (800, 400)])
def test_the_heading_fits_its_width(shown, size):
    view = shown(CurvesView(), make_snapshot(), size)
    heading = view._loss.heading
    names, widths, value = heading._columns()
    needed = heading.TITLE + sum(widths) + 2 * (heading.MARK + 6 + value) + heading.GAP
    assert needed <= heading.width() or names == ("", "")


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(CurvesView(), make_snapshot(), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    assert view.grab().toImage().pixelColor(1, 1).name() == theme.current().surface
