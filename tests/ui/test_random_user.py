"""Someone who does anything at all while training is paused never sees two numbers that disagree.

After every edit, what the header, the curves, the confusion matrix, the mistakes and the diagnosis say is compared with
an evaluation from scratch: the network's present weights, on the experiment's points as they are drawn anew. Before
that, while the numbers of the edit are on their way, all places still have to say the same as each other.
"""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton

from playground import Experiment, Layer, Trainer, Training
from playground.catalog.activations import Tanh
from playground.catalog.datasets.base import TRAIN, VALIDATION
from playground.catalog.datasets.shapes import Blobs, Circle, Hills, Moons, Spiral, TiltedPlane
from playground.catalog.losses import AbsoluteError, CrossEntropy, Huber, SquaredError
from playground.engine.evaluation import Evaluation, evaluate, predicted_classes
from playground.engine.reference import Reference
from playground.engine.setup import Setup
from playground.measure.diagnosis import diagnose
from tests.ui import hands
from tests.ui.windows import snapshot
from ui.look.numbers import number_text, percent_text
from ui.panels.data.import_dialog import ImportDialog
from ui.shell.veil import WAITING, Veil
from ui.views.confusion.view import ConfusionView
from ui.views.tracks.view import TracksView
from ui.window.window import Window

EDITS = int(os.environ.get("EDITS", "80"))
SMALL = Experiment(
    data=Circle(points=60, noise=0.2),
    layers=(Layer(4, Tanh()), Layer(3, Tanh())),
    training=Training(learning_rate=0.03, batch_size=8),
)
POINTS = "x1\tx2\tlabel\n" + "\n".join(f"{k / 7 - 2:.2f}\t{(k * 5) % 11 - 5}\t{k % 3}" for k in range(30))
CELLS = "height\twidth\tweight\n" + "\n".join(f"{k}\t{(k * 7) % 13}\t{k * 1.37 + (k * k) % 5:.2f}" for k in range(40))


class Truth(NamedTuple):
    """What is so, from scratch."""

    experiment: Experiment
    epoch: int
    step: int
    evaluation: Evaluation
    regression: bool
    counts: tuple[np.ndarray, np.ndarray] | None
    """Points by true and by predicted class, of training and of validation."""
    wrong: int
    """How many points of all sets are in the wrong class."""
    finding: str


def truth_of(trainer: Trainer) -> Truth:
    setup, state = Setup(trainer.experiment), trainer.state
    engine, network = Reference(setup), setup.network
    sample, classes = setup.sample, max(2, len(setup.sample.class_names))
    counts, wrong = None, 0
    evaluation = evaluate(setup, lambda columns: engine.outputs(state, columns))
    if sample.task == "classification":
        given = predicted_classes(network, engine.outputs(state, setup.features_of(sample.x)))
        wrong = int((given != sample.labels).sum())
        table = [np.zeros((classes, classes), int) for _ in range(2)]
        for part, matrix in zip((TRAIN, VALIDATION), table, strict=True):
            here = sample.split == part
            np.add.at(matrix, (sample.labels[here].astype(int), given[here]), 1)
        counts = table[0], table[1]
    now = dataclasses.replace(trainer.snapshot(), evaluation=evaluation)
    finding = next((one.text for one in diagnose(now) if one.kind != "diverged"), "")
    regression = sample.task == "regression"
    return Truth(trainer.experiment, state.epoch, state.step, evaluation, regression, counts, wrong, finding)


class User:
    """Somebody at the window, who edits at random and looks at all numbers."""

    def __init__(self, qtbot, window: Window, seed: int) -> None:
        self.qtbot, self.window, self.random = qtbot, window, random.Random(seed)
        self.curves, self.confusion = window.parts.view(TracksView), window.parts.view(ConfusionView)
        self.acts: tuple[Callable[[], object], ...] = (
            self.change_training, self.change_training, self.change_network, self.change_network, self.change_data,
            self.change_data, self.change_loss, self.draw, self.paste, self.undo, self.undo, self.redo, self.step,
            self.step, self.epoch, self.reset, self.look_elsewhere,
        )  # fmt: skip

    # What one does -----------------------------------------------------------------------------------------------

    def any_act(self) -> str:
        act = self.random.choice(self.acts)
        act()
        return act.__name__

    def change_training(self) -> None:
        path, values = self.random.choice((
            ("training.learning_rate", (0.001, 0.1, 3.0)), ("training.batch_size", (1, 10, 0)),
            ("training.weight_decay", (0.0, 0.1)), ("training.clip_norm", (None, 1.0)), ("seed", (1, 2)),
        ))  # fmt: skip
        self.window.parts.training.ask(path, self.random.choice(values))

    def change_network(self) -> None:
        layers = self.window.session.experiment.layers
        kind = self.random.choice(("units", "more", "fewer", "activation", "features"))
        if kind == "more" and len(layers) < 4:
            self.window.parts.layers.ask("layers", (*layers, Layer(self.random.randint(1, 5), Tanh())))
        elif kind == "fewer" and layers:
            self.window.parts.layers.ask("layers", layers[:-1])
        elif kind == "features":
            self.window.parts.data.ask("features", self.random.choice((("x1", "x2"), ("x1",), ("x1", "x2", "radius"))))
        elif layers:
            place = self.random.randrange(len(layers))
            value = self.random.randint(1, 6) if kind == "units" else self.random.choice((Tanh(), Layer().activation))
            self.window.parts.layers.ask(f"layers.{place}.{'units' if kind == 'units' else 'activation'}", value)

    def change_data(self) -> None:
        data = self.window.session.experiment.data
        path, values = self.random.choice((
            ("noise", (0.0, 0.3)), ("seed", (0, 1, 2)), ("validation_fraction", (0.0, 0.3, 0.5)), ("points", (40, 90)),
            ("", (Spiral(points=50), Moons(points=60), Blobs(points=60, classes=4), Hills(points=50), TiltedPlane())),
        ))  # fmt: skip
        if not path or (hasattr(data, path) and data.kind not in ("points", "table")):
            self.window.parts.data.ask(f"data.{path}" if path else "data", self.random.choice(values))
        elif data.kind == "blobs":
            self.window.parts.data.ask("data.classes", self.random.randint(2, 5))

    def change_loss(self) -> None:
        losses = [
            SquaredError(),
            CrossEntropy(),
            AbsoluteError(),
            Huber(),
            CrossEntropy(class_weights="balanced"),
            None,
        ]
        self.window.parts.training.ask("loss", self.random.choice(losses))

    def draw(self) -> None:
        self.window.wiring.start_drawing()
        box = self.window.parts.boundary.shown().plane
        hands.click(self.window.parts.boundary, box.topLeft() + QPointF(
            self.random.uniform(0.1, 0.9) * box.width(), self.random.uniform(0.1, 0.9) * box.height()
        ))  # fmt: skip

    def paste(self) -> None:
        QGuiApplication.clipboard().setText(self.random.choice((POINTS, CELLS)))
        self.window.sharing.paste()
        dialog = self.window.findChild(ImportDialog)
        if dialog is not None and dialog.isVisible():
            hands.click(dialog.ok)
            assert not dialog.isVisible()

    def undo(self) -> None:
        hands.key_in(self.window, "Ctrl+Z")

    def redo(self) -> None:
        hands.key_in(self.window, "Ctrl+Shift+Z")

    def step(self) -> None:
        hands.push(self.window, "transport.step")

    def epoch(self) -> None:
        hands.push(self.window, "transport.epoch")

    def reset(self) -> None:
        hands.push(self.window, "transport.reset")

    def look_elsewhere(self) -> None:
        self.window.docks.show(self.random.choice(("tracks", "confusion")))

    # What one sees -----------------------------------------------------------------------------------------------

    def compare_places(self) -> None:
        """All places that show the same quantity show the same number, whatever moment that is of."""
        readout, docks = self.window.parts.transport.readout, self.window.docks
        loss, score = (heading.split("training ")[1].split(" validation ") for heading in self.curves.shown().headings)
        assert [number.text() for number in readout.losses] == loss
        assert [number.text() for number in readout.scores] == score
        assert readout.score_caption.text() == self.curves.shown().headings[1].split()[0].replace("Acc", "acc")
        veil = self.window.presenter._veils[self.confusion]
        shown = self.confusion.shown()
        if docks.shows(self.confusion) and not veil.is_drawn and shown.matrix is not None:
            assert f"({score[0]})" in shown.matrix.right()

    def settle(self) -> Truth:
        session, found = self.window.session, list[Truth]()
        self.qtbot.waitUntil(lambda: session.is_up_to_date and not session.report.running)
        session.ask(truth_of, found.append)
        self.qtbot.waitUntil(lambda: bool(found) and not self.window.presenter.waits)
        return found[0]

    def compare_with(self, truth: Truth) -> None:
        """Everything that can be read is true."""
        window, loss, score = self.window, truth.evaluation[:2], truth.evaluation[2:]
        readout, shown = window.parts.transport.readout, self.curves.shown()
        assert window.session.experiment == truth.experiment
        write = number_text if truth.regression else percent_text
        assert [number.text() for number in readout.losses] == list(map(number_text, loss))
        assert [number.text() for number in readout.scores] == list(map(write, score))
        assert readout.step.text() == f"{truth.step:,}"
        assert readout.epoch.text() == f"{truth.epoch:,}"
        self.compare_places()
        for curve, dot, value in (
            (shown.loss.training, shown.loss.present[0], loss[0]),
            (shown.score.training, shown.score.present[0], score[0]),
        ):
            if value is not None and abs(value) < 1 and not shown.loss.logarithmic:
                end = curve[-1] if dot is None else dot
                assert end[1] == pytest.approx(max(value, shown.score.ends[0] if curve is shown.score.training else 0))
        if window.docks.shows(self.confusion):
            matrix = self.confusion.shown().matrix
            assert (matrix is None) == truth.regression
            if matrix is not None:
                np.testing.assert_array_equal(matrix.counts, truth.counts[0])
        boundary = window.parts.boundary.shown()
        if not truth.regression:
            assert len(boundary.rings) == truth.wrong
        finding = window.messages.finding
        assert (finding.text if finding is not None else "") == truth.finding


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def user_of(qtbot, window: Window, seed: int) -> User:
    """A user of a window that shows the confusion matrix and marks mistakes, with a small network, paused."""
    window.session.open(SMALL, "small")
    window.docks.show("confusion")
    if not hands.control(window, "boundary.mistakes", QAbstractButton).isChecked():
        hands.push(window, "boundary.mistakes")
    user = User(qtbot, window, seed)
    user.compare_with(user.settle())
    return user


def test_a_random_user_never_sees_two_numbers_that_disagree(qtbot, window: Window) -> None:
    user = user_of(qtbot, window, seed=EDITS)
    window.session.display_timer.timeout.connect(user.compare_places)
    done: list[str] = []
    for _ in range(EDITS):
        done.append(user.any_act())
        if user.random.random() < 0.8:
            try:
                user.compare_with(user.settle())
            except AssertionError as error:
                raise AssertionError(f"after {done[-6:]}, {snapshot(window)}: {error}") from error
    user.compare_with(user.settle())
    assert set(done) == {act.__name__ for act in user.acts}


@pytest.mark.parametrize("speed", [None, 50.0])
def test_after_a_pause_all_numbers_agree(qtbot, window: Window, speed: float | None) -> None:
    user = user_of(qtbot, window, seed=1)
    window.wiring.set_speed(speed)
    window.session.display_timer.timeout.connect(user.compare_places)
    for act in (user.change_training, user.change_network, user.change_data, user.undo):
        at = user.settle().step
        window.session.play()
        qtbot.waitUntil(lambda at=at: snapshot(window).step > at + 5)
        act()
        user.undo()
        window.session.pause()
        qtbot.waitUntil(lambda: not window.presenter.running)
        user.compare_with(user.settle())


def test_numbers_from_before_an_edit_are_dimmed_until_those_of_after_it_are_there(qtbot, window: Window, gate) -> None:
    user, session = user_of(qtbot, window, seed=1), window.session
    numbers = window.parts.transport.readout.numbers
    header = [number.text() for number in numbers]
    gate.open.clear()
    user.step()
    assert gate.reached.wait(hands.PATIENCE / 1000)
    window.parts.data.ask("data.noise", 0.3)
    qtbot.waitUntil(lambda: window.presenter.waits)
    places = (window.parts.boundary, user.curves, user.confusion, *numbers)
    for place in places:
        (veil,) = place.findChildren(Veil, options=Qt.FindChildOption.FindDirectChildrenOnly)
        assert veil.is_drawn and veil.geometry() == place.rect()
        assert place.accessibleDescription() == WAITING
    assert window.messages.status.text() == "Measuring after the latest change…"
    assert [number.text() for number in numbers] == header
    gate.open.set()
    user.compare_with(user.settle())
    assert all(place.accessibleDescription() != WAITING for place in places)
    assert "Measuring" not in window.messages.status.text()
    assert session.is_up_to_date


def test_a_matrix_that_comes_back_into_sight_is_never_an_old_one(qtbot, window: Window) -> None:
    user = user_of(qtbot, window, seed=1)
    window.docks.show("network")
    user.epoch()
    user.settle()
    window.docks.show("confusion")
    assert window.presenter._veils[user.confusion].is_drawn
    user.compare_with(user.settle())


def test_mistakes_of_many_points_are_said_to_be_of_those_that_are_drawn(qtbot, window: Window) -> None:
    user = user_of(qtbot, window, seed=1)
    assert "drawn" not in window.parts.boundary.shown().note
    window.parts.data.ask("data.points", 5000)
    user.settle()
    qtbot.waitUntil(lambda: window.parts.boundary.shown().note.endswith("points of the 2,000 drawn."))
