"""Every control of every panel has a name, an explanation and, where it has a label, a label that leads to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QLineEdit, QSlider, QSpinBox, QToolButton, QWidget

from playground import Experiment, Layer
from playground.catalog.activations import LeakyRelu, Tanh
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Hills
from playground.catalog.optimizers import Nadam
from playground.catalog.regularizers import L1, ElasticNet
from playground.catalog.schedules import Plateau
from playground.experiment.tree import EarlyStopping, Training
from tests.ui.accessibility import unnamed
from ui.panels.data.panel import DataPanel
from ui.panels.layers.panel import LayersPanel
from ui.panels.training import TrainingPanel
from ui.panels.transport import TransportBar

EXPERIMENTS = (
    Experiment(),
    Experiment(
        layers=(
            Layer(2, LeakyRelu(), id="A", skip=True, muted=True, trainable=False),
            Layer(3, Tanh(), regularizer=L1()),
        ),
        regularizer=ElasticNet(),
        training=Training(
            Nadam(), schedule=Plateau(), clip_norm=1.0, epochs=5, early_stopping=EarlyStopping(), batch_size=0
        ),
    ),
    Experiment(data=Hills()),
    Experiment(data=UserPoints(x1=(0.0, 1.0), x2=(0.0, 1.0), target=(0.0, 1.0), task="classification")),
)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=["plain", "everything", "regression", "own points"])
@pytest.mark.parametrize("kind", [DataPanel, LayersPanel, TrainingPanel])
def test_every_control_of_a_panel_can_be_made_out(own: Callable, kind: type, experiment: Experiment) -> None:
    panel = own(kind(), experiment).panel
    if isinstance(panel, LayersPanel):
        panel.complete()
    assert unnamed(panel) == []


def test_every_control_of_the_transport_bar_can_be_made_out(qtbot) -> None:
    bar = TransportBar()
    qtbot.addWidget(bar)
    assert unnamed(bar) == []


def test_compact_cards_and_an_empty_stack_too(own: Callable) -> None:
    panel = own(LayersPanel(), EXPERIMENTS[1]).panel
    panel.compact.setChecked(True)
    assert unnamed(panel) == []
    panel.show_experiment(Experiment())
    assert unnamed(panel) == []


# The walk itself ----------------------------------------------------------------------------------------------


@pytest.fixture
def room(qtbot) -> QWidget:
    room = QWidget()
    room.setObjectName("room")
    QHBoxLayout(room)
    qtbot.addWidget(room)
    return room


@pytest.mark.parametrize("kind", [QToolButton, QLineEdit, QComboBox, QSlider, QSpinBox])
def test_a_bare_control_is_found(room: QWidget, kind: type[QWidget]) -> None:
    control = kind()
    control.setObjectName("it")
    room.layout().addWidget(control)
    assert unnamed(room) == [f"it ({kind.__name__}): no accessible name", f"it ({kind.__name__}): no tooltip"]
    control.setAccessibleName("Speed")
    control.setToolTip("How fast.")
    assert unnamed(room) == []


def test_a_custom_widget_that_takes_the_focus_is_found(room: QWidget) -> None:
    frame = QFrame()
    room.layout().addWidget(frame)
    assert unnamed(room) == []
    frame.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    assert unnamed(room) == [f"QFrame in room (QFrame): no {part}" for part in ("accessible name", "tooltip")]


def test_a_label_that_leads_nowhere_is_found(room: QWidget) -> None:
    label, entry = QLabel("Noise"), QLineEdit()
    entry.setAccessibleName("Noise")
    entry.setToolTip("How noisy.")
    for widget in (label, entry):
        room.layout().addWidget(widget)
    assert unnamed(room) == ["QLineEdit in room (QLineEdit): its label is no buddy"]
    label.setBuddy(entry)
    assert unnamed(room) == []


def test_a_slider_shares_the_label_of_its_entry(room: QWidget) -> None:
    label, entry, slider = QLabel("Noise"), QLineEdit(), QSlider()
    for widget in (entry, slider):
        widget.setAccessibleName("Noise")
        widget.setToolTip("How noisy.")
    for widget in (label, entry, slider):
        room.layout().addWidget(widget)
    label.setBuddy(entry)
    assert unnamed(room) == []
    slider.setAccessibleName("Size")
    assert unnamed(room) == ["QSlider in room (QSlider): its label is no buddy"]
