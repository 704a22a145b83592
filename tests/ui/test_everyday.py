"""Everyday actions by somebody who knows the window only by the names that a screen reader says.

Nothing here uses an object name or an attribute of the window: controls are found by accessible name, and used with
real mouse and key events. What is asserted is the state of the trainer.
"""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from playground import Trainer
from tests.ui import hands
from ui.window.window import Window


class Person:
    """Finds controls by what they are called, and uses them."""

    def __init__(self, qtbot, window: Window) -> None:
        self.qtbot, self.window = qtbot, window
        self.used: set[str] = set()

    @property
    def trainer(self) -> Trainer:
        """Where everything has to arrive."""
        return self.window.session.worker.trainer

    def find(self, name: str, kind: type = QWidget) -> QWidget:
        """The control in sight that is called `name`."""
        self.used.add(name)
        return hands.called(self.window, name, kind)

    def click(self, name: str) -> None:
        hands.click(self.find(name))

    def type_into(self, name: str, text: str) -> None:
        entry = self.find(name, QLineEdit)
        hands.click(entry)
        hands.fill(entry, text)

    def choose(self, name: str, item: str) -> None:
        hands.choose(self.find(name, QComboBox), item)

    def press(self, *keys: str) -> None:
        hands.key_in(self.window, *keys)

    def drag(self, name: str, start: QPoint, end: QPoint) -> None:
        hands.drag(self.find(name), start, end)

    def until(self, true) -> None:
        self.qtbot.waitUntil(true)


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests."""
    return used_window


@pytest.fixture
def person(qtbot, window: Window) -> Person:
    return Person(qtbot, window)


# Training ---------------------------------------------------------------------------------------------------------


def test_play_and_pause(person: Person) -> None:
    person.click("Play")
    person.until(lambda: person.trainer.state.step > 10 and person.window.session.report.running)
    person.click("Pause")
    person.until(lambda: not person.window.session.report.running)


def test_one_step_and_one_epoch(person: Person) -> None:
    person.click("One step")
    person.until(lambda: person.trainer.state.step == 1)
    person.click("One epoch")
    person.until(lambda: person.trainer.state.epoch == 1)


def test_reset_and_reseed(person: Person) -> None:
    before = person.trainer.parameters()["W0"].copy()
    person.click("One epoch")
    person.until(lambda: person.trainer.state.epoch == 1)
    person.click("Reset")
    person.until(lambda: person.trainer.state.step == 0)
    np.testing.assert_array_equal(person.trainer.parameters()["W0"], before)
    person.click("New initial weights")
    person.until(lambda: not np.array_equal(person.trainer.parameters()["W0"], before))


def test_set_the_learning_rate(person: Person) -> None:
    person.type_into("Learning rate η", "0.3")
    person.until(lambda: person.trainer.learning_rate == 0.3)


def test_choose_optimizer_regularizer_and_batch_size(person: Person) -> None:
    hands.open_tab(person.window, "Training")
    person.choose("Optimizer", "SGD")
    person.choose("Regularizer", "L2")
    person.type_into("Batch size", "7")
    person.until(lambda: person.trainer.setup.batch_size == 7)
    assert person.trainer.experiment.training.optimizer.kind == "sgd"
    assert person.trainer.network.layers[0].regularizer.kind == "l2"


# The network ------------------------------------------------------------------------------------------------------


def test_add_change_and_remove_a_layer(person: Person) -> None:
    hands.open_tab(person.window, "Layers")
    before = len(person.trainer.network.layers)
    person.click("Add a new Tanh layer")
    person.until(lambda: len(person.trainer.network.layers) == before + 1)
    person.choose("Activation, layer A", "ReLU")
    person.type_into("Units, layer A", "3")
    person.type_into("Dropout, layer A", "0.25")
    person.until(lambda: person.trainer.network.layers[0].dropout == 0.25)
    assert person.trainer.network.layers[0].activation.kind == "relu"
    assert person.trainer.network.layers[0].units == 3
    person.click("Remove layer A")
    person.until(lambda: len(person.trainer.network.layers) == before)


def test_edit_a_bias_by_keyboard_and_undo_it(person: Person) -> None:
    hands.open_tab(person.window, "Network")
    diagram = person.find("Diagram of the network")
    diagram.setFocus()
    before = person.trainer.parameters()["b0"].copy()
    for _ in range(3):
        person.press("Right")
    person.press("Return")
    entry = next(one for one in person.window.findChildren(QLineEdit) if one.accessibleName().startswith("Bias"))
    assert hands.in_sight(entry)
    hands.fill(entry, "1.5")
    changed = {name: values for name, values in person.trainer.parameters().items() if name.startswith("b")}
    person.until(lambda: any((values == 1.5).any() for values in changed.values()))
    person.press("Ctrl+Z")
    person.until(lambda: not any((values == 1.5).any() for values in changed.values()))
    np.testing.assert_array_equal(person.trainer.parameters()["b0"], before)


# Data -------------------------------------------------------------------------------------------------------------


def test_choose_data_noise_and_a_feature(person: Person) -> None:
    hands.open_tab(person.window, "Data")
    person.click("Data set Moons")
    person.until(lambda: person.trainer.experiment.data.kind == "moons")
    person.type_into("Noise", "0.3")
    person.until(lambda: person.trainer.experiment.data.noise == 0.3)
    person.click("Feature x₁²")
    person.until(lambda: person.trainer.network.layers[0].inputs == 3)


def test_undo_and_redo(person: Person) -> None:
    before = person.trainer.learning_rate
    person.type_into("Learning rate η", "0.5")
    person.until(lambda: person.trainer.learning_rate == 0.5)
    person.press("Ctrl+Z")
    person.until(lambda: person.trainer.learning_rate == before)
    person.press("Ctrl+Y")
    person.until(lambda: person.trainer.learning_rate == 0.5)


# Who can't be reached ---------------------------------------------------------------------------------------------

CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSlider)


def beyond_reach(window: Window) -> list[str]:
    """Controls in sight that neither Tab nor a command of the palette leads to."""
    reached: set[QWidget] = set()
    widget = first = window.nextInFocusChain()
    while True:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(widget)
            # The arrow keys lead on within an exclusive group.
            group = widget.group() if isinstance(widget, QAbstractButton) else None
            reached.update(group.buttons() if group is not None and group.exclusive() else [])
        widget = widget.nextInFocusChain()
        if widget is first:
            break
    commands = " ".join(command.name.lower() for command in window.commands())
    return sorted(
        one.accessibleName() or one.objectName() or repr(one)
        for kind in CONTROLS
        for one in window.findChildren(kind)
        if hands.in_sight(one) and one.isEnabled() and one not in reached and not isinstance(one, QScrollBar)
        if not one.accessibleName() or one.accessibleName().lower() not in commands
    )


def test_everything_in_sight_can_be_reached_without_a_mouse(qtbot, window: Window) -> None:
    for name in window.docks.docks:
        window.docks.show(name)
        qtbot.waitUntil(lambda name=name: name in window.docks.seen)
        left = [name for name in beyond_reach(window) if not name.startswith("Resize")]
        assert not left, f"with {name} in front: {left}"


def test_draw_a_point_by_its_coordinates(person: Person) -> None:
    hands.open_tab(person.window, "Draw")
    before = len(person.trainer.sample.x)
    person.type_into("x₁ of a point to add", "1.5")
    person.type_into("x₂ of a point to add", "-2")
    person.click("Add a point at this place")
    person.until(lambda: len(person.trainer.sample.x) == before + 1)
    assert person.trainer.sample.x[-1].tolist() == [1.5, -2.0]
