"""The transport bar by real mouse and keyboard."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QWidget

from playground import Experiment, Snapshot, Trainer, Training
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import TiltedPlane
from playground.catalog.optimizers import Sgd
from playground.interop.opening import load_preset
from tests.ui import hands
from tests.ui.windows import lay_out
from ui.look.numbers import number_text
from ui.panels.transport import DEFAULT_SPEED, TransportBar, speed_at, speed_place


@pytest.fixture
def bar(qtbot) -> Iterator[TransportBar]:
    bar = TransportBar()
    qtbot.addWidget(bar)
    bar.show()
    qtbot.waitExposed(bar)
    yield bar


def button(bar: TransportBar, name: str) -> QAbstractButton:
    return bar.findChild(QAbstractButton, f"transport.{name}")


def snapshot_of(experiment: Experiment, steps: int) -> Snapshot:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(steps=steps)
    return trainer.snapshot()


@pytest.mark.parametrize("name", ["step", "epoch", "reset", "reseed"])
def test_every_button_asks_for_its_command(qtbot, bar: TransportBar, name: str) -> None:
    with qtbot.waitSignal(getattr(bar, f"{name}_requested")):
        hands.click(button(bar, name))


def test_play_asks_and_shows_only_what_really_runs(bar: TransportBar) -> None:
    asked: list[bool] = []
    bar.play_toggled.connect(asked.append)
    play = button(bar, "play")
    hands.click(play)
    assert asked == [True]
    assert not play.isChecked()
    bar.show_running(True)
    assert play.isChecked()
    assert play.accessibleName() == "Pause"
    hands.click(play)
    assert asked == [True, False]
    bar.show_running(False)
    assert play.accessibleName() == "Play"


def test_the_readout_shows_where_training_stands(bar: TransportBar) -> None:
    snapshot = snapshot_of(Experiment(), 25)
    bar.show_snapshot(snapshot)
    readout = bar.readout
    assert readout.step.text() == "25"
    assert readout.epoch.text() == str(snapshot.epoch)
    losses = (snapshot.evaluation.train_loss, snapshot.evaluation.validation_loss)
    assert [number.text() for number in readout.losses] == [number_text(loss) for loss in losses]
    assert all(number.text().endswith("%") for number in readout.scores)
    names = [number.accessibleName() for number in (*readout.losses, *readout.scores)]
    assert names == ["Training loss", "Validation loss", "Training accuracy", "Validation accuracy"]


def test_regression_shows_r_squared(bar: TransportBar) -> None:
    bar.show_snapshot(snapshot_of(Experiment(data=TiltedPlane()), 5))
    assert bar.readout.score_caption.text() == "R²"
    assert not any("%" in number.text() for number in bar.readout.scores)


def test_what_numbers_mean_is_said_where_they_stand(qtbot, bar: TransportBar) -> None:
    x = (0.0, 1.0, 2.0, 3.0)
    values = UserPoints(x1=x, x2=x, target=(10.0, 30.0, 50.0, 70.0), task="regression", train=(True, True, True, False))
    bar.show_snapshot(snapshot_of(Experiment(data=values), 5))
    assert "Losses are in units of the standard deviation of value (16.33)." in bar.readout.losses[0].toolTip()
    assert "R² of a single point is undefined" in bar.readout.scores[1].toolTip()
    assert bar.readout.scores[1].text() == "–"
    bar.show_snapshot(snapshot_of(Experiment(), 5))
    qtbot.waitUntil(lambda: "deviation" not in bar.readout.losses[0].toolTip())
    assert "R²" not in bar.readout.scores[0].toolTip()


@pytest.mark.parametrize("rate", [10.0, 1e9])
def test_after_a_divergence_the_readout_is_that_of_the_network_shown(bar: TransportBar, rate: float) -> None:
    reckless = Training(optimizer=Sgd(), learning_rate=rate, batch_size=5)
    trainer = Trainer(Experiment(data=TiltedPlane(points=100), training=reckless), engine="reference")
    assert trainer.advance(steps=1000) == "diverged"
    loss = trainer.evaluate().train_loss
    bar.show_snapshot(trainer.snapshot())
    readout = bar.readout
    shown = readout.losses[0].text()
    assert shown == ("∞" if loss == math.inf else number_text(loss))
    assert loss > 1e6
    assert "−" in readout.scores[0].text()
    lay_out(bar)
    for number in (*readout.losses, *readout.scores):
        assert number.fontMetrics().horizontalAdvance(number.text()) <= number.width()


def test_the_readout_does_not_jitter(qtbot, bar: TransportBar) -> None:
    def places() -> list[QPoint]:
        return [widget.pos() for widget in bar.findChildren(QWidget)]

    bar.show_snapshot(snapshot_of(Experiment(), 1))
    before = places()
    bar.show_snapshot(snapshot_of(Experiment(), 2000))
    qtbot.waitUntil(lambda: bar.readout.step.text() == "2,000")
    lay_out(bar)
    assert places() == before


def test_the_speed_goes_from_slow_motion_to_no_limit(bar: TransportBar) -> None:
    asked: list[float | None] = []
    bar.speed_changed.connect(asked.append)
    slider = bar.speed_slider
    start = slider.handle().center().toPoint()
    hands.drag(slider, start, QPoint(0, start.y()))
    assert asked[-1] == 1
    assert bar.speed_text.text() == "1 step/s"
    hands.double_click(slider, slider.handle().center().toPoint())
    assert asked[-1] == DEFAULT_SPEED == bar.speed
    assert bar.speed_text.text() == "200 steps/s"
    hands.key(slider, "End")
    assert asked[-1] is None is bar.speed
    assert bar.speed_text.text() == "Full speed"


def test_it_starts_at_a_speed_to_watch_at(bar: TransportBar) -> None:
    assert bar.speed == DEFAULT_SPEED
    assert bar.speed_slider.value() == round(1000 * speed_place(DEFAULT_SPEED))
    learned = Trainer(load_preset("spiral"), engine="reference")
    learned.advance(steps=int(25 * DEFAULT_SPEED))
    assert learned.snapshot().evaluation.train_accuracy > 0.95
    seen = Trainer(load_preset("spiral"), engine="reference")
    seen.advance(steps=int(3 * DEFAULT_SPEED))
    assert seen.snapshot().evaluation.train_accuracy < 0.9


def test_showing_a_speed_asks_for_nothing(bar: TransportBar) -> None:
    asked: list[float | None] = []
    bar.speed_changed.connect(asked.append)
    bar.show_speed(50)
    assert asked == []
    assert bar.speed_text.text() == "50 steps/s"


def test_a_speed_stands_where_it_is_read() -> None:
    assert speed_at(1.0) is None
    assert speed_at(0.0) == 1
    for speed in (1, 10, 100, 1000):
        assert speed_at(speed_place(speed)) == pytest.approx(speed, rel=0.05)


def test_everything_is_named(bar: TransportBar) -> None:
    for control in [*bar.findChildren(QAbstractButton), bar.speed_slider]:
        assert control.accessibleName()
        assert control.toolTip()
