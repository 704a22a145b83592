"""The curves show every epoch's loss and accuracy, without losing a peak and without trembling axes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QApplication, QToolButton

from playground import Experiment, Training
from playground.catalog.datasets.base import draw_sample
from playground.catalog.datasets.shapes import Hills
from playground.engine.evaluation import Evaluation
from playground.measure.changes import Break, Change, When
from playground.measure.others import Ghost, Luck
from playground.measure.snapshot import History
from tests.combinations import combinations
from tests.ui import hands
from tests.ui.counting import EventCount
from tests.ui.painted import overlaps, painted_texts
from tests.ui.parts import part_of
from tests.ui.snapshots import diverged, history_of, last_evaluation, make_snapshot
from ui.look import theme
from ui.views.chart.axes import AmountAxis, accuracy_axis, r_squared_axis
from ui.views.chart.plot import LOG_SCALE
from ui.views.chart.series import moving_mean, thin_to_extremes
from ui.views.tracks import curves
from ui.views.tracks.view import TracksView

SIZE = (560, 240)


def with_history(history: History, **changes):
    measured = When(int(history.step[-1]), history.epoch[-1], history.seconds[-1] if len(history.seconds) else 0.0)
    whole = dataclasses.replace(make_snapshot(), history=history, evaluation=last_evaluation(history))
    return dataclasses.replace(whole, measured=measured, **changes)


def at_epoch(view: TracksView, epoch: float) -> QPointF:
    """A place of the loss track at an epoch."""
    sheet = part_of(view, "tracks.sheet")
    box = sheet.box_of("loss")
    return sheet.mapTo(view, QPointF(float(box.x(np.array([epoch]))[0]), box.rect.center().y()))


def test_every_epoch_of_a_short_training_is_drawn(shown):
    view = shown(TracksView(), make_snapshot(rows=200), SIZE)
    assert list(view.shown().loss.training[:, 0]) == list(range(200))
    assert list(view.shown().loss.validation[:, 0]) == list(range(200))


def test_a_long_training_is_drawn_with_few_points_from_first_to_last(shown):
    view = shown(TracksView(), make_snapshot(rows=10_001), SIZE)
    drawn = view.shown().loss.training[:, 0]
    assert len(drawn) < 1300
    assert drawn[0] == 0 and drawn[-1] == 10_000


def test_thinning_keeps_every_peak_and_moves_nothing_that_was_drawn():
    x = np.arange(10_000.0)
    y = np.random.default_rng(0).random(10_000)
    y[[1234, 8765]] = [7.0, -7.0]
    few_x, few_y = thin_to_extremes(x, y)
    assert few_y.max() == 7.0 and few_y.min() == -7.0
    assert abs(few_x[np.argmax(few_y)] - 1234) < 64
    longer_x, longer_y = thin_to_extremes(np.arange(10_100.0), np.append(y, np.zeros(100)))
    assert np.array_equal(longer_x[:300], few_x[:300]) and np.array_equal(longer_y[:300], few_y[:300])


def test_the_words_say_the_present_values(shown):
    history = history_of(50)
    view = shown(TracksView(), with_history(history), SIZE)
    loss, accuracy = view.shown().headings
    assert loss == f"Loss training {history.train_loss[-1]:.3f} validation {history.validation_loss[-1]:.3f}"
    assert accuracy.startswith(f"Accuracy training {100 * history.train_accuracy[-1]:.1f} %")


def test_words_change_with_the_beat_and_always_catch_up(shown, beat):
    view = shown(TracksView(), with_history(history_of(50)), SIZE)
    beat.strike()
    before = view.shown().headings
    view.show_snapshot(with_history(history_of(60)))
    QApplication.processEvents()
    assert len(view.shown().loss.training[:, 0]) == 60
    assert view.shown().headings == before
    beat.strike()
    assert view.shown().headings != before


def test_without_a_validation_set_there_is_one_curve_and_a_dash(shown):
    view = shown(TracksView(), make_snapshot(validation=False), SIZE)
    assert len(view.shown().loss.training[:, 0]) == 400
    assert len(view.shown().loss.validation[:, 0]) == 0
    assert all(text.endswith("validation –") for text in view.shown().headings)


def test_regression_has_r_squared_in_place_of_accuracy(qtbot, shown):
    view = shown(TracksView(), make_snapshot(draw_sample(Hills())), SIZE)
    assert view.shown().headings[1].startswith("R² training 0.")
    view.show_snapshot(make_snapshot())
    qtbot.waitUntil(lambda: view.shown().headings[1].startswith("Accuracy"))
    assert view.shown().score.ends[0] in accuracy_axis().ends


def test_the_loss_axis_turns_logarithmic_beyond_two_decades(shown):
    history = history_of(300)
    view = shown(TracksView(), with_history(history), SIZE)
    assert not view.shown().loss.logarithmic and LOG_SCALE not in dict(painted_texts(view))
    steep = history._replace(train_loss=history.train_loss * np.exp(-history.epoch / 40))
    view.show_snapshot(with_history(steep))
    assert view.shown().loss.logarithmic
    assert view.place_of_track("loss").toRectF().contains(dict(painted_texts(view))[LOG_SCALE]), (
        "it says so where it is drawn"
    )
    assert view.shown().loss.training[:, 1] == pytest.approx(np.log10(steep.train_loss))


def test_a_loss_of_zero_has_a_place_on_a_logarithmic_axis(shown):
    history = history_of(100)
    loss = np.where(history.epoch > 50, 0.0, 10 ** (-history.epoch / 10))
    view = shown(TracksView(), with_history(history._replace(train_loss=loss)), SIZE)
    assert view.shown().loss.logarithmic
    assert np.isfinite(view.shown().loss.training[:, 1]).all() and len(view.shown().loss.training[:, 1]) == 100


def test_axes_change_in_leaps():
    axis, ends = AmountAxis(), set()
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


def test_hovering_reads_the_values_of_an_epoch_and_leaving_the_present_ones(shown):
    history = history_of(101)
    view = shown(TracksView(), with_history(history), SIZE)
    present = view.shown().headings
    place = at_epoch(view, 40)
    hands.hover(view, place)
    epoch = int(view.shown().reading.removeprefix("epoch "))
    assert abs(epoch - 40) <= 1
    assert f"training {history.train_loss[epoch]:.3f}" in view.shown().headings[0]
    hands.leave(view, place)
    assert view.shown().headings == present
    assert view.shown().reading == "epoch"


def test_nothing_is_drawn_anew_when_no_row_was_added(shown, monkeypatch):
    calls: list[int] = []
    monkeypatch.setattr(curves, "thin_to_extremes", lambda *arguments: calls.append(1) or thin_to_extremes(*arguments))
    snapshot = make_snapshot(rows=5000)
    view = shown(TracksView(), snapshot, SIZE)
    drawn = len(calls)
    copies = History(*(array[:] for array in snapshot.history))
    view.show_snapshot(dataclasses.replace(snapshot, history=copies, step=snapshot.step + 1))
    assert len(calls) == drawn
    view.show_snapshot(make_snapshot(rows=5001))
    assert len(calls) == drawn + 4


def test_only_finite_numbers_reach_the_plot(shown, caplog):
    view = shown(TracksView(), diverged(make_snapshot()), SIZE)
    view.grab()
    assert np.isfinite(view.shown().loss.training[:, 1]).all()
    assert list(view.shown().loss.training[:, 0]) == list(range(398))
    assert not caplog.records


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_it_survives_a_training_that_has_hardly_begun(shown, rows, caplog):
    view = shown(TracksView(), make_snapshot(rows=rows, boundary=False), SIZE)
    view.grab()
    assert len(view.shown().loss.training[:, 0]) == rows
    assert not caplog.records


def test_after_a_reset_the_axis_starts_small_again(shown):
    view = shown(TracksView(), make_snapshot(rows=5000), SIZE)
    assert view.shown().times[1] >= 4999
    view.show_snapshot(make_snapshot(rows=1))
    assert view.shown().times[1] == 10


@pytest.mark.parametrize("size", [(330, 130), (420, 170), (560, 208), (986, 208), (1600, 400)])
def test_names_numbers_and_values_fit_into_every_size(shown, size):
    view = shown(TracksView(), make_snapshot(), size)
    texts = painted_texts(view)
    assert overlaps(texts) == []
    assert all(view.rect().toRectF().contains(box) for _, box in texts)
    assert {"Loss", "Accuracy", "Gradients", "Learning rate", "epoch"} <= {text.strip() for text, _ in texts}
    assert ("now" in {text for text, _ in texts}) == (size[0] >= 360)
    assert ("validation" in {text for text, _ in texts}) == (size[0] >= 640)


@pytest.mark.parametrize("size", [(560, 208), (1600, 400)])
def test_other_starts_have_a_line_of_their_own_and_those_that_diverged_are_hatched(shown, size):
    view, losses = shown(TracksView(), make_snapshot(rows=101), size), np.full(101, 0.5)
    luck = Luck(100, 91, losses - 0.1, losses, losses + 0.1, 14, 10, (20, 20, 50), 9, (0.3, 0.8), 0.95,
                "classification", validated=True)  # fmt: skip
    view.show_others(luck, 1.0)
    view.say_luck(luck.sentence)
    texts = painted_texts(view)
    assert overlaps(texts) == [] and all(view.rect().toRectF().contains(box) for _, box in texts)
    said = (
        "Better than 10 of 14 other starts over epochs 91 to 100. "
        "9 of all 15 reach a mean validation accuracy of 95 % (95 % interval: 30 to 80 %). 3 diverged."
    )
    assert view.shown().note == said and any(text.startswith("Better than 10") for text, _ in texts)

    (x, y), axis = view.shown().loss.diverged, view.shown().loss.ends
    shares = (axis[1] - y[len(y) // 2 :][::-1]) / (axis[1] - axis[0])
    assert x[: len(x) // 2].tolist() == [20, 50, 50, 100] and shares.tolist() == pytest.approx(
        np.array([2, 2, 3, 3]) / 14
    )
    view.show_others(None, 0.0)
    view.say_luck("")
    assert not view.shown().note and overlaps(painted_texts(view)) == []


def test_other_runs_are_drawn_once_with_the_moment_that_follows_or_else_by_themselves(shown, monkeypatch):
    view, drawn = shown(TracksView(), make_snapshot(rows=10), SIZE), []
    draw = curves.LossTrack.draw
    monkeypatch.setattr(curves.LossTrack, "draw", lambda track, *of: (drawn.append(track), draw(track, *of)))
    ghost = Ghost(When(0, 0.0, 0.0), make_snapshot(rows=8))
    view.show_others(ghost, 1.0)
    view.show_snapshot(make_snapshot(rows=11))
    QApplication.processEvents()
    assert len(drawn) == 1 and [len(curve) for curve in view.shown().loss.ghost] == [8, 8]
    view.show_others(ghost._replace(now=make_snapshot(rows=9)), 1.0)
    QApplication.processEvents()
    assert len(drawn) == 2 and [len(curve) for curve in view.shown().loss.ghost] == [9, 9]
    view.show_others(None, 0.0)
    assert view.shown().loss.ghost == ()


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(TracksView(), make_snapshot(), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    assert view.grab().toImage().pixelColor(1, 1).name() == theme.current().surface


# Smoothing, axes and marks ------------------------------------------------------------------------------------


def pick(view: TracksView, name: str) -> None:
    """Click a switch, in the panel if that is where it stands."""
    button = view.findChild(QToolButton, name)
    if not button.isVisible():
        hands.click(part_of(view, "tracks.controls").button)
    assert button.isVisible()
    hands.click(button)


def noisy(rows: int, spike: int | None = None) -> History:
    history = history_of(rows)
    loss = 0.5 + 0.2 * np.random.default_rng(1).random(rows)
    if spike is not None:
        loss[spike] = 5.0
    return history._replace(train_loss=loss, seconds=np.linspace(0, 12, rows) ** 2 / 12)


def changed(*epochs: float) -> tuple[Change, ...]:
    return tuple(Change(int(8 * epoch), epoch, epoch / 10, f"Change at {epoch:g}") for epoch in epochs)


def test_smoothing_is_off_until_chosen_and_takes_away_the_noise(shown):
    view = shown(TracksView(), with_history(noisy(1000)), SIZE)
    rough = view.shown().loss.training[:, 1]
    assert view.shown().smoothing == "off" and len(view.shown().loss.band) == 0
    spread = []
    for name in ("some", "strong"):
        pick(view, f"tracks.smoothing.{name}")
        assert view.shown().smoothing == name
        spread.append(view.shown().loss.training[:, 1].std())
    assert rough.std() > 3 * spread[0] > 3 * spread[1]
    pick(view, "tracks.smoothing.off")
    assert np.array_equal(view.shown().loss.training[:, 1], rough) and len(view.shown().loss.band) == 0


@pytest.mark.parametrize("rows", [40, 1000, 10_000])
def test_the_band_below_a_smoothed_curve_keeps_every_extreme(shown, rows):
    history = noisy(rows, spike=rows // 3)
    view = shown(TracksView(), with_history(history), SIZE)
    pick(view, "tracks.smoothing.strong")
    band = view.shown().loss.band
    assert band[:, 1].max() == 5.0 and band[:, 1].min() == pytest.approx(history.train_loss.min())
    assert band[:, 0].min() == 0 and band[:, 0].max() == rows - 1
    top = band[np.argmax(band[:, 1]), 0]
    assert abs(top - rows // 3) < 0.05 * rows
    assert len(band) < 1300 and len(view.shown().loss.training[:, 0]) < 1300


def test_a_smoothed_value_is_the_mean_of_those_around_it():
    assert list(moving_mean(np.array([0.0, 3, 6, 0, 0]), 3)) == [1.5, 3, 3, 2, 0]


def test_hovering_a_smoothed_curve_reads_the_raw_value(shown):
    history = noisy(101, spike=40)
    view = shown(TracksView(), with_history(history), SIZE)
    pick(view, "tracks.smoothing.strong")
    part_of(view, "tracks.controls").panel.hide()
    hands.hover(view, at_epoch(view, 40))
    epoch = int(view.shown().reading.removeprefix("epoch "))
    assert f"training {history.train_loss[epoch]:.2f}" in view.shown().headings[0]


def test_the_axis_across_measures_epochs_steps_or_seconds(shown):
    history = noisy(101)
    view = shown(TracksView(), with_history(history), SIZE)
    for along, column in (("step", history.step), ("seconds", history.seconds), ("epoch", history.epoch)):
        pick(view, f"tracks.along.{along}")
        assert view.shown().along == along
        assert np.array_equal(view.shown().loss.training[:, 0], column)
        assert view.shown().times[1] >= column[-1]
    pick(view, "tracks.along.seconds")
    part_of(view, "tracks.controls").panel.hide()
    hands.hover(view, at_epoch(view, 6))
    assert view.shown().reading.endswith(" seconds")
    assert float(view.shown().reading.split()[0]) == pytest.approx(6, abs=0.5)


def test_without_recorded_seconds_nothing_is_drawn_along_them(shown, caplog):
    view = shown(TracksView(), make_snapshot(), SIZE)
    pick(view, "tracks.along.seconds")
    view.grab()
    assert len(view.shown().loss.training[:, 0]) == 0
    assert not caplog.records


def test_a_logarithmic_axis_across_gives_the_beginning_room(shown):
    history = noisy(1001)
    view = shown(TracksView(), with_history(history), SIZE)
    pick(view, "tracks.across.log")
    assert view.shown().time_is_logarithmic
    assert view.shown().loss.training[:, 0] == pytest.approx(np.log10(np.arange(1, 1001)))
    part_of(view, "tracks.controls").panel.hide()
    hands.hover(view, at_epoch(view, 1.0))
    assert abs(int(view.shown().reading.removeprefix("epoch ")) - 10) <= 1


def test_the_axis_of_the_loss_can_be_forced(shown):
    history = noisy(100)
    view = shown(TracksView(), with_history(history), SIZE)
    assert view.shown().loss_scale == "auto" and not view.shown().loss.logarithmic
    pick(view, "tracks.loss.log")
    assert view.shown().loss.logarithmic
    assert view.shown().loss.training[:, 1] == pytest.approx(np.log10(history.train_loss))
    steep = history._replace(train_loss=10 ** (-history.epoch / 10))
    pick(view, "tracks.loss.linear")
    view.show_snapshot(with_history(steep))
    assert not view.shown().loss.logarithmic
    pick(view, "tracks.loss.auto")
    assert view.shown().loss.logarithmic


def test_changes_are_marked_and_read(shown):
    view = shown(TracksView(), with_history(noisy(101), changes=changed(20, 60)), SIZE)
    assert [mark.place for mark in view.shown().marks] == [20, 60]
    hands.hover(view, at_epoch(view, 60))
    assert view.shown().reading.endswith("· Change at 60")
    assert not part_of(view, "tracks.sheet").toolTip(), "nothing covers what is pointed at"
    hands.hover(view, at_epoch(view, 40))
    assert "Change" not in view.shown().reading
    hands.leave(view, at_epoch(view, 40))
    assert view.shown().reading == "epoch"


def test_a_mark_under_the_mouse_may_go(shown, beat):
    view = shown(TracksView(), with_history(noisy(101), changes=changed(20, 60)), SIZE)
    hands.hover(view, at_epoch(view, 60))
    view.show_snapshot(with_history(noisy(2)))
    beat.strike()
    assert "Change" not in view.shown().reading


def test_what_has_not_come_has_no_values_and_the_place_stays_below_the_mouse(shown, beat):
    view = shown(TracksView(), with_history(noisy(8)), SIZE)
    assert view.shown().times[1] == 10
    hands.hover(view, at_epoch(view, 9))
    assert [value.text for value in part_of(view, "tracks.sheet").values["loss"]] == ["–", "–"]
    view.show_snapshot(with_history(noisy(101)))
    hands.hover(view, at_epoch(view, 40))
    view.show_snapshot(with_history(noisy(401)))
    beat.strike()
    assert view.shown().reading.startswith("epoch 160"), view.shown().reading


def test_the_plan_follows_a_drag_while_no_moment_comes(shown):
    view = shown(TracksView(), with_history(noisy(11)), SIZE)
    sheet = part_of(view, "tracks.sheet")
    paints = EventCount(sheet, QEvent.Type.Paint)
    for number in range(20):
        view.show_experiment(Experiment(training=Training(learning_rate=0.01 * (1 + number))))
        hands.let_pass(10, "it is the next move of the hand")
    assert paints.count > 3


def test_long_words_are_cut_below_the_axis(shown):
    words = "Data: 5 < 6 points & more " * 10
    snapshot = with_history(noisy(101), changes=(Change(480, 60.0, 6.0, words),))
    view = shown(TracksView(), snapshot, SIZE)
    hands.hover(view, at_epoch(view, 60))
    assert view.shown().reading == f"epoch 60 · {words}"
    said, place = next((text, box) for text, box in painted_texts(view) if text.startswith("epoch 60 ·"))
    assert said.startswith("epoch 60 · Data: 5 < 6 points & ") and said.endswith("…")
    assert "more Data: 5" in part_of(view, "tracks.sheet").toolTip().replace("&amp;", "&").replace("&lt;", "<")
    track = part_of(view, "tracks.sheet").box_of("loss").rect
    assert track.left() <= place.left() and place.right() <= track.right()


def test_marks_move_with_the_axis(shown):
    view = shown(TracksView(), with_history(noisy(101), changes=changed(20, 60)), SIZE)
    pick(view, "tracks.along.step")
    assert [mark.place for mark in view.shown().marks] == [160, 480]
    pick(view, "tracks.across.log")
    assert [mark.place for mark in view.shown().marks] == pytest.approx(list(np.log10([160, 480])))


def test_a_new_change_is_marked_without_a_new_row(shown):
    snapshot = with_history(noisy(101))
    view = shown(TracksView(), snapshot, SIZE)
    view.show_snapshot(dataclasses.replace(snapshot, changes=changed(50)))
    assert len(view.shown().marks) == 1
    view.show_snapshot(snapshot)
    assert view.shown().marks == ()


def test_many_changes_are_merged_and_none_is_lost(shown):
    view = shown(TracksView(), with_history(noisy(1001), changes=changed(*range(1, 1001))), SIZE)
    assert 20 < len(view.shown().marks) <= 51
    assert sum(mark.words.count("Change at") for mark in view.shown().marks) == 1000
    assert view.shown().marks[0].words.startswith("20 changes: Change at 1; ")


@pytest.mark.parametrize("size", [(330, 170), (1600, 400)])
def test_settings_stand_in_a_panel_that_leaves_the_width_to_the_tracks(shown, size):
    view = shown(TracksView(), make_snapshot(), size)
    controls = part_of(view, "tracks.controls")
    assert controls.inline == 0 and controls.button.isVisible()
    hands.click(controls.button)
    assert view.findChild(QToolButton, "tracks.loss.log").isVisible()


def test_the_panel_is_opened_used_and_closed_by_keyboard(shown):
    view = shown(TracksView(), make_snapshot(), (300, 240))
    part_of(view, "tracks.controls").button.setFocus()
    hands.key(part_of(view, "tracks.controls").button, "Space")
    panel = part_of(view, "tracks.controls").panel
    assert panel.isVisible()
    button = view.findChild(QToolButton, "tracks.smoothing.some")
    button.setFocus()
    hands.key(button, "Space")
    assert view.shown().smoothing == "some"
    hands.key(button, "Escape")
    assert not panel.isVisible()


def test_every_setting_has_a_name_and_says_what_it_does(shown):
    view = shown(TracksView(), make_snapshot(), SIZE)
    names = [f"tracks.smoothing.{name}" for name in ("off", "some", "strong")]
    names += [f"tracks.along.{name}" for name in ("epoch", "step", "seconds")]
    names += ["tracks.across.log", "tracks.loss.auto", "tracks.controls.more"]
    for name in names:
        button = view.findChild(QToolButton, name)
        assert button.accessibleName() and button.toolTip()


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 400])
def test_every_setting_survives_every_history(shown, caplog, rows):
    snapshot = make_snapshot(rows=rows, boundary=False)
    snapshot = dataclasses.replace(
        snapshot,
        history=snapshot.history._replace(seconds=np.zeros(rows)),
        changes=(Change(0, 0.0, 0.0, "At once"),),
    )
    for broken in (snapshot, diverged(snapshot)) if rows > 3 else (snapshot,):
        view = shown(TracksView(), broken, (1100, 400))
        for name in ("smoothing.strong", "across.log", "along.seconds", "loss.log", "along.step", "smoothing.some"):
            pick(view, f"tracks.{name}")
            view.grab()
        assert np.isfinite(view.shown().loss.training).all()
    assert not caplog.records


# Texts in little room -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("along", "across", "factor", "size"),
    combinations(["epoch", "step", "seconds"], ["linear", "log"], [1e-3, 1.0, 1e6], [(300, 208), (420, 260)]),
)
def test_no_text_stands_on_another_or_is_cut(shown, along, across, factor, size):
    snapshot = make_snapshot(rows=700)
    columns = snapshot.history
    long = columns._replace(
        epoch=factor * columns.epoch, step=10 * factor * columns.step, seconds=0.0123 * factor * columns.epoch
    )
    view = shown(TracksView(), dataclasses.replace(snapshot, history=long), size)
    for button in (f"tracks.along.{along}", f"tracks.across.{across}", "tracks.loss.log"):
        view.findChild(QToolButton, button).click()
    QApplication.processEvents()
    texts = painted_texts(view)
    assert {"Loss", "Accuracy", view.shown().reading} <= {text.strip() for text, _ in texts}
    assert overlaps(texts) == []
    inside = view.rect().toRectF()
    assert all(inside.contains(box) for _, box in texts)


# Breaks and the present moment ----------------------------------------------------------------------------------------


def test_a_curve_breaks_where_losses_change_their_meaning(shown):
    whole = with_history(noisy(101))
    view = shown(TracksView(), whole, SIZE)
    assert view.shown().loss.breaks == ()
    view.show_snapshot(with_history(noisy(101), breaks=(Break(400, "classification"), Break(640, "classification"))))
    assert view.shown().loss.breaks == (51, 81)
    assert np.array_equal(view.shown().loss.training, shown(TracksView(), whole, SIZE).shown().loss.training)
    pick(view, "tracks.smoothing.strong")
    assert view.shown().loss.breaks == (51, 81)
    view.grab()


def test_a_long_curve_breaks_at_the_same_epoch(shown):
    view = shown(TracksView(), with_history(noisy(5001), breaks=(Break(8 * 3000, "classification"),)), SIZE)
    (end,) = view.shown().loss.breaks
    times = view.shown().loss.training[:, 0]
    assert times[end - 1] == 3000 and times[end] == 3001


def test_accuracy_is_never_continued_as_r_squared(shown):
    points = draw_sample(Hills())
    snapshot = dataclasses.replace(with_history(noisy(101), breaks=(Break(400, "classification"),)), sample=points)
    view = shown(TracksView(), snapshot, SIZE)
    assert view.shown().headings[1].startswith("R²")
    assert view.shown().score.training[0, 0] == 51 and len(view.shown().loss.training) == 101
    hands.hover(view, at_epoch(view, 20))
    assert view.shown().headings[1] == "R² training – validation –"


def present(view: TracksView) -> tuple[tuple[float, float] | None, ...]:
    """The marked present values: losses, then scores."""
    return (*view.shown().loss.present, *view.shown().score.present)


def test_the_present_moment_stands_at_the_end_of_the_curve(shown):
    snapshot = with_history(noisy(101))
    view = shown(TracksView(), snapshot, SIZE)
    assert present(view) == (None, None, None, None)
    now = Evaluation(0.31, 0.42, 0.93, 0.87)
    here = dataclasses.replace(snapshot, evaluation=now, measured=When(803, 100.4, 12.05))
    view.show_snapshot(here)
    assert present(view) == ((100.4, 0.31), (100.4, 0.42), (100.4, 0.93), (100.4, 0.87))
    assert view.shown().loss.tail.tolist() == [view.shown().loss.training[-1].tolist(), [100.4, 0.31]]
    # After an edit it means something else than the curve.
    view.show_snapshot(dataclasses.replace(here, breaks=(Break(800, "classification"),)))
    assert len(view.shown().loss.tail) == 0 and present(view)[0] == (100.4, 0.31)
    # So it does where other weights have come back.
    view.show_snapshot(dataclasses.replace(here, measured=When(800, 100.0, 12.0)))
    assert len(view.shown().loss.tail) == 0 and present(view)[0] == (100.0, 0.31)
