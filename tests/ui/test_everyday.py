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
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

from playground import Trainer
from tests.ui import hands
from ui.window.window import Window

CONTROL = Qt.KeyboardModifier.ControlModifier


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
        called = [one for one in self.window.findChildren(kind) if one.accessibleName() == name]
        for one in called:
            self.scroll_to(one)
        found = [one for one in called if in_sight(one)]
        assert found, f"nothing in sight is called {name}"
        self.used.add(name)
        return found[0]

    def scroll_to(self, widget: QWidget) -> None:
        """Scroll the list that a widget stands in, as one does who looks for it."""
        area = widget.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and in_sight(area):
            area.ensureWidgetVisible(widget)

    def click(self, name: str) -> None:
        hands.click(self.find(name))

    def open_tab(self, title: str) -> None:
        """Bring a panel to the front by its tab."""
        for bar in self.window.findChildren(QTabBar):
            for place in range(bar.count()):
                if bar.tabText(place) == title and in_sight(bar):
                    hands.click(bar, bar.tabRect(place).center())
                    self.qtbot.wait(30)
                    return
        raise AssertionError(f"no tab is called {title}")

    def type_into(self, name: str, text: str) -> None:
        entry = self.find(name, QLineEdit)
        hands.click(entry)
        hands.fill(entry, text)

    def choose(self, name: str, item: str) -> None:
        box = self.find(name, QComboBox)
        index = box.findText(item)
        assert index >= 0, f"{name} offers no {item}"
        box.setFocus()
        for _ in range(abs(index - box.currentIndex())):
            hands.key(box, Qt.Key.Key_Down if box.currentIndex() < index else Qt.Key.Key_Up)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def drag(self, name: str, start: QPoint, end: QPoint) -> None:
        widget = self.find(name)
        hands.press(widget, start)
        for part in range(1, 9):
            hands.move(widget, start + (end - start) * part / 8)
            self.qtbot.wait(15)
        hands.release(widget, end)

    def until(self, true) -> None:
        self.qtbot.waitUntil(true)


def in_sight(widget: QWidget) -> bool:
    """Whether a person can get at a widget: visible, and not behind a tab."""
    inside = widget.visibleRegion()
    return widget.isVisible() and not inside.isEmpty()


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
    person.click("Reseed")
    person.until(lambda: not np.array_equal(person.trainer.parameters()["W0"], before))


def test_set_the_learning_rate(person: Person) -> None:
    person.type_into("Learning rate η", "0.3")
    person.until(lambda: person.trainer.learning_rate == 0.3)


def test_choose_optimizer_regularizer_and_batch_size(person: Person) -> None:
    person.open_tab("Training")
    person.choose("Optimizer", "SGD")
    person.choose("Regularizer", "L2")
    person.type_into("Batch size", "7")
    person.until(lambda: person.trainer.problem.batch_size == 7)
    assert person.trainer.experiment.training.optimizer.kind == "sgd"
    assert person.trainer.network.layers[0].regularizer.kind == "l2"


# The network ------------------------------------------------------------------------------------------------------


def test_add_change_and_remove_a_layer(person: Person) -> None:
    person.open_tab("Layers")
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
    person.open_tab("Network")
    diagram = person.find("Diagram of the network")
    diagram.setFocus()
    before = person.trainer.parameters()["b0"].copy()
    for _ in range(3):
        person.press(Qt.Key.Key_Right)
    person.press(Qt.Key.Key_Return)
    entry = next(one for one in person.window.findChildren(QLineEdit) if one.accessibleName().startswith("Bias"))
    assert in_sight(entry)
    hands.fill(entry, "1.5")
    changed = {name: values for name, values in person.trainer.parameters().items() if name.startswith("b")}
    person.until(lambda: any((values == 1.5).any() for values in changed.values()))
    person.press(Qt.Key.Key_Z, CONTROL)
    person.until(lambda: not any((values == 1.5).any() for values in changed.values()))
    np.testing.assert_array_equal(person.trainer.parameters()["b0"], before)


# Data -------------------------------------------------------------------------------------------------------------


def test_choose_data_noise_and_a_feature(person: Person) -> None:
    person.open_tab("Data")
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
    person.press(Qt.Key.Key_Z, CONTROL)
    person.until(lambda: person.trainer.learning_rate == before)
    person.press(Qt.Key.Key_Y, CONTROL)
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
    commands = " ".join(command.name.lower() for command in window.reach.commands())
    return sorted(
        one.accessibleName() or one.objectName() or repr(one)
        for kind in CONTROLS
        for one in window.findChildren(kind)
        if in_sight(one) and one.isEnabled() and one not in reached and not isinstance(one, QScrollBar)
        if not one.accessibleName() or one.accessibleName().lower() not in commands
    )


def test_everything_in_sight_can_be_reached_without_a_mouse(qtbot, window: Window) -> None:
    for name in window.docks.docks:
        window.docks.show(name)
        qtbot.wait(20)
        left = [name for name in beyond_reach(window) if not name.startswith("Resize")]
        assert not left, f"with {name} in front: {left}"


def test_draw_a_point_by_its_coordinates(person: Person) -> None:
    person.open_tab("Draw points")
    before = len(person.trainer.sample.x)
    person.type_into("x₁ of a point to add", "1.5")
    person.type_into("x₂ of a point to add", "-2")
    person.click("Add a point at this place")
    person.until(lambda: len(person.trainer.sample.x) == before + 1)
    assert person.trainer.sample.x[-1].tolist() == [1.5, -2.0]
