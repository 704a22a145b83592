"""The picture of the learning rate tells what was, what is and what will be."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QToolButton

from playground import Experiment, Trainer, Training
from playground.catalog.choice import members
from playground.catalog.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    Plateau,
    Progress,
    Schedule,
    StepDecay,
)
from playground.measure.snapshot import Snapshot
from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.snapshots import diverged, make_snapshot
from ui.look import theme
from ui.views.chart.axes import AmountAxis
from ui.views.tracks.plan import (
    preview_horizon,
    preview_rates,
    steps_per_epoch,
    training_points,
    update_places,
    used_rates,
)
from ui.views.tracks.rate import rate_text
from ui.views.tracks.view import TracksView

SIZE = (356, 200)


def experiment_with(schedule: Schedule, **training: object) -> Experiment:
    return Experiment(training=Training(**{"schedule": schedule, "learning_rate": 0.1, "batch_size": 10} | training))


def at_epoch_of(trainer: Trainer, epochs: int) -> Snapshot:
    trainer.advance(epochs=epochs)
    return trainer.snapshot()


def snapshot_with(schedule: Schedule, epochs: int = 0, **training: object) -> Snapshot:
    """A real training's snapshot after some epochs."""
    trainer = Trainer(experiment_with(schedule, **training), engine="reference")
    return at_epoch_of(trainer, epochs) if epochs else trainer.snapshot()


def at_epoch(view: TracksView, epoch: float) -> QPointF:
    """A place of the track at an epoch."""
    sheet = part_of(view, "tracks.sheet")
    box = sheet.box_of("rate")
    return sheet.mapTo(view, QPointF(float(box.x(np.array([epoch]))[0]), box.rect.center().y()))


@pytest.mark.parametrize("kind", sorted(members(Schedule)))
@pytest.mark.parametrize("warmup", [0, 60])
def test_what_is_foretold_comes_true(shown, kind, warmup):
    schedule = members(Schedule)[kind](warmup=warmup)
    if kind == "plateau":
        schedule = Plateau(warmup=warmup, patience=10_000)
    trainer = Trainer(experiment_with(schedule), engine="reference")
    view = shown(TracksView(), trainer.snapshot(), SIZE)
    epochs, rates = view.shown().rate.coming
    for epoch in (3, 8):
        snapshot = at_epoch_of(trainer, epoch - trainer.state.epoch)
        foretold = rates[np.searchsorted(epochs, epoch + 1e-9, side="right") - 1]
        if kind != "plateau":
            assert snapshot.learning_rate == pytest.approx(foretold, rel=0.05)


def test_steps_per_epoch_are_the_trainers():
    for batch, batching in ((10, "partial"), (7, "partial"), (7, "drop"), (7, "carry"), (0, "partial"), (9999, "drop")):
        trainer = Trainer(experiment_with(Constant(), batch_size=batch, batching=batching), engine="reference")
        points = training_points(trainer.experiment, trainer.sample)
        assert steps_per_epoch(trainer.experiment, points) == trainer.setup.steps_per_epoch
        assert points == training_points(trainer.experiment, None)


def test_the_dot_stands_at_the_present(shown):
    trainer = Trainer(experiment_with(Exponential(gamma=0.9)), engine="reference")
    view = shown(TracksView(), trainer.snapshot(), SIZE)
    assert view.shown().rate.present == (0, pytest.approx(0.1))
    view.show_snapshot(at_epoch_of(trainer, 5))
    assert view.shown().rate.present == (5, pytest.approx(0.1 * 0.9**5))
    trainer.advance(steps=trainer.setup.steps_per_epoch // 2)
    view.show_snapshot(trainer.snapshot())
    epoch, rate = view.shown().rate.present
    assert 5.4 < epoch < 5.6 and rate == pytest.approx(0.1 * 0.9**5)


def test_the_past_is_drawn_as_it_was_whatever_the_schedule_is_now(shown):
    trainer = Trainer(experiment_with(Constant()), engine="reference")
    trainer.advance(epochs=20)
    trainer.configure(experiment_with(Constant(), learning_rate=0.5))
    view = shown(TracksView(), at_epoch_of(trainer, 10), SIZE)
    epochs, rates = view.shown().rate.past
    assert (rates[epochs < 19.5] == 0.1).all()
    assert (rates[epochs > 21] == 0.5).all()
    assert view.shown().rate.coming[0][0] == 30 and (view.shown().rate.coming[1] == 0.5).all()


def test_a_rate_was_used_in_the_epoch_before_its_row():
    epochs, past = used_rates(np.arange(4.0), np.array([0.1, 0.1, 0.05, 0.025]))
    assert list(epochs) == [0, 1, 1, 2, 2, 3]
    assert list(past) == [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]


def test_a_cycle_of_updates_goes_on_where_the_updates_are():
    schedule = OneCycle(epochs=10)
    _, rates = preview_rates(experiment_with(schedule), 25, 4.0, step=100, end=20)
    assert rates[0] == pytest.approx(schedule.learning_rate(0.1, Progress(4, 100, 25)))
    assert rates[0] > 10 * rates[-1]


def test_other_batches_before_do_not_move_what_comes():
    epochs, rates = preview_rates(experiment_with(StepDecay(step_size=10)), 5, 4.0, step=999, end=30)
    assert rates[epochs < 10 - 1e-9] == pytest.approx(0.1)
    assert rates[(epochs > 10.5) & (epochs < 19.5)] == pytest.approx(0.01)


def test_a_cut_is_as_steep_as_a_cliff_when_there_are_few_epochs():
    epochs, rates = preview_rates(experiment_with(StepDecay(step_size=5)), 25, 0.0, step=0, end=20)
    cut = np.flatnonzero(np.diff(rates) < -0.05)[0]
    assert epochs[cut] == epochs[cut + 1] == 5


@pytest.mark.parametrize(
    ("schedule", "least", "most"),
    [
        (StepDecay(step_size=100), 300, 1000),
        (Exponential(gamma=0.99), 300, 1000),
        (Exponential(gamma=1.0), 10, 10),
        (InverseTime(rate=0.01), 300, 1000),
        (InverseTime(rate=0.0), 10, 10),
        (Cosine(period=100), 200, 300),
        (Cosine(period=100, multiplier=2), 300, 400),
        (OneCycle(epochs=200), 240, 300),
        (Constant(), 10, 10),
        (Constant(warmup=1000), 80, 100),
    ],
)
def test_the_picture_shows_what_a_schedule_is_there_for(schedule, least, most):
    assert least <= preview_horizon(experiment_with(schedule), 25, 0) <= most


def test_the_picture_includes_the_present_and_the_end_of_training():
    assert preview_horizon(experiment_with(Constant()), 25, 1000) >= 1250
    assert preview_horizon(experiment_with(Constant(), epochs=700), 25, 0) >= 700


def test_of_long_previews_no_rhythm_gets_lost():
    places = update_places(1e6, 800)
    assert len(places) == 800 and (np.diff(places) > 0).all() and places[-1] < 1e6
    epochs, rates = preview_rates(experiment_with(Cosine(period=3)), 25, 0.0, step=0, end=30_000)
    assert rates.max() == pytest.approx(0.1) and rates.min() < 0.03
    assert len(epochs) < 1000


def test_plateau_says_that_the_loss_decides(shown):
    view = shown(TracksView(), snapshot_with(Plateau(watch="validation_loss"), epochs=5), (700, 300))
    assert view.shown().rate.words == "η = 0.1; later rates depend on the validation loss"
    assert (view.shown().rate.coming[1] == 0.1).all()
    assert len(view.shown().rate.past[0]) > 5


def test_the_words_say_the_present_rate(shown):
    view = shown(TracksView(), snapshot_with(Exponential(gamma=0.5), epochs=4), SIZE)
    assert view.shown().rate.words == "Exponential: η = 0.00625 at epoch 4"


def test_hovering_reads_what_was_and_what_will_be(shown):
    view = shown(TracksView(), snapshot_with(StepDecay(step_size=10), epochs=20), SIZE)
    idle = view.shown().rate.words
    hands.hover(view, at_epoch(view, 5))
    assert (view.shown().reading, view.shown().rate.words) == ("epoch 5", "η was 0.1")
    hands.push(view, "tracks.controls.more")
    hands.push(view, "tracks.reach.plan")
    part_of(view, "tracks.controls").panel.hide()
    hands.hover(view, at_epoch(view, 35))
    assert (view.shown().reading, view.shown().rate.words) == ("epoch 35", "η will be 0.0001")
    hands.leave(view, at_epoch(view, 35))
    assert view.shown().rate.words == idle


def test_an_edit_is_shown_at_once_and_not_taken_back_by_a_snapshot_from_before(shown):
    old = snapshot_with(Constant(), epochs=3)
    view = shown(TracksView(), old, SIZE)
    edited = msgspec.structs.replace(
        old.experiment, training=msgspec.structs.replace(old.experiment.training, learning_rate=0.7)
    )
    view.show_experiment(edited)
    assert (view.shown().rate.coming[1] == 0.7).all() and view.shown().rate.present == (3, 0.7)
    view.show_snapshot(dataclasses.replace(old, step=old.step + 1))
    assert (view.shown().rate.coming[1] == 0.7).all()
    view.show_snapshot(dataclasses.replace(old, experiment=experiment_with(Constant(), learning_rate=0.2)))
    assert (view.shown().rate.coming[1] == 0.2).all()


def test_it_shows_an_experiment_before_there_is_any_snapshot(shown):
    view = shown(TracksView(), None, SIZE)
    view.grab()
    view.show_experiment(experiment_with(OneCycle()))
    assert view.shown().rate.coming[1].max() == pytest.approx(0.1, rel=0.01)
    assert view.shown().rate.present[0] == 0
    assert view.shown().rate.words.startswith("One cycle: η = 0.004")
    hands.hover(view, at_epoch(view, 30))
    assert "will be" in view.shown().rate.words


def test_the_axis_can_be_logarithmic(shown):
    view = shown(TracksView(), snapshot_with(Exponential(gamma=0.9)), (700, 300))
    button = view.findChild(QToolButton, "tracks.rate.log")
    assert not view.shown().rate.logarithmic and button.toolTip() and button.accessibleName()
    hands.click(button)
    assert view.shown().rate.logarithmic
    low, high = view.shown().rate.ends
    assert high == pytest.approx(-1, abs=0.3) and low < -3
    linear = view.findChild(QToolButton, "tracks.rate.linear")
    linear.setFocus()
    hands.key(linear, "Space")
    assert not view.shown().rate.logarithmic


def test_in_little_room_the_switch_stands_in_the_panel(shown):
    view = shown(TracksView(), snapshot_with(Constant()), SIZE)
    hands.push(view, "tracks.controls.more")
    hands.push(view, "tracks.rate.log")
    assert view.shown().rate.logarithmic


def test_a_rate_of_zero_has_a_place_on_a_logarithmic_axis():
    axis = AmountAxis("log", 8)
    axis.fit(np.array([0.0, 0.1]))
    assert axis.places(np.array([0.0, 0.1])) == pytest.approx([axis.low, -1])
    axis.fit(np.zeros(3))
    assert np.isfinite(axis.places(np.zeros(3))).all() and axis.high > axis.low


def test_rates_are_written_short():
    texts = [rate_text(rate) for rate in (0.01, 0.0027182, 1.2e-6, 0.0, 1.0, float("nan"), 1e9)]
    assert texts == ["0.01", "0.00272", "1.2e-6", "0", "1", "–", "1.0e9"]


@pytest.mark.parametrize("kind", sorted(members(Schedule)))
def test_it_survives_extreme_experiments_and_diverged_training(shown, caplog, kind):
    schedule = members(Schedule)[kind](warmup=1_000_000)
    broken = diverged(make_snapshot(rows=5))
    for rate in (0.0, 1e-9, 1e9):
        snapshot = dataclasses.replace(broken, experiment=experiment_with(schedule, learning_rate=rate))
        view = shown(TracksView(), snapshot, SIZE)
        hands.hover(view, QPointF(200, 100))
        view.findChild(QToolButton, "tracks.rate.log").click()
        view.grab()
    assert not caplog.records


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_it_survives_a_training_that_has_hardly_begun(shown, rows, caplog):
    view = shown(TracksView(), make_snapshot(rows=rows, layers=1), SIZE)
    view.grab()
    assert not caplog.records


def test_nothing_is_computed_anew_while_nothing_moves(shown, monkeypatch):
    snapshot = snapshot_with(Cosine(), epochs=3)
    view = shown(TracksView(), snapshot, SIZE)
    calls = []
    monkeypatch.setattr(AmountAxis, "fit", lambda *given: calls.append(given))
    view.show_snapshot(dataclasses.replace(snapshot, seconds=99.0))
    assert not calls


def test_the_preview_asks_the_schedule():
    schedule = Cosine(period=10)
    epochs, rates = preview_rates(experiment_with(schedule), 25, 0.0, step=0, end=200)
    expected = [schedule.learning_rate(0.1, Progress(int(epoch), 0, 25)) for epoch in epochs[:-1]]
    assert rates[:-1] == pytest.approx(expected)


def test_it_takes_over_a_new_theme_at_once(shown, qapp):
    view = shown(TracksView(), snapshot_with(Constant()), SIZE)
    theme.apply(qapp, "dark")
    view.apply_theme()
    assert view.grab().toImage().pixelColor(1, 1).name() == theme.current().surface
