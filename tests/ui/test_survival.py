"""Every panel and picture lives through networks and data at the edges of what there can be, while it is in sight."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from playground import Experiment, Layer, Training
from playground.catalog.activations import Relu, Tanh
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Blobs, Circle, Hills, Spiral
from tests.ui import hands
from tests.ui.windows import lay_out
from ui.window.layouts import LAYOUTS
from ui.window.window import Window

EDGES = {
    "no hidden layer": Experiment(data=Circle(points=60)),
    "one unit": Experiment(data=Circle(points=60), features=("x1",), layers=(Layer(1, Tanh()),)),
    "thirty layers of sixty-four": Experiment(data=Spiral(points=60), layers=(Layer(64, Relu()),) * 30),
    "a hundred layers": Experiment(data=Spiral(points=60), layers=(Layer(2, Tanh()),) * 100),
    "a layer of 2,000": Experiment(data=Circle(points=60), layers=(Layer(2000, Tanh()), Layer(2, Tanh()))),
    "regression": Experiment(data=Hills(points=60), layers=(Layer(4, Tanh(), dropout=0.5),)),
    "nine classes": Experiment(data=Blobs(points=90, classes=9), layers=(Layer(4, Tanh(), dropout=0.2),)),
    "no validation": Experiment(data=Circle(points=60, validation_fraction=0.0), layers=(Layer(3, Tanh()),)),
    "three points": Experiment(data=UserPoints(x1=(0.0, 1.0, 2.0), x2=(0.0, 1.0, 0.0), target=(0, 1, 1))),
    "diverging": Experiment(
        data=Hills(points=60), layers=(Layer(4, Relu()),), training=Training(learning_rate=1e8, batch_size=0)
    ),
}


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests; those that do more than edit, train and rearrange take a new one."""
    return used_window


def look_at_all(qtbot, window: Window) -> None:
    """Bring every dock to the front and have it painted."""
    for name, dock in window.docks.docks.items():
        window.docks.show(name)
        qtbot.waitUntil(lambda name=name: name in window.docks.seen)
        dock.grab()


@pytest.mark.parametrize("name", EDGES)
def test_everything_lives_through(qtbot, window: Window, name: str) -> None:
    window.session.open(msgspec.structs.replace(EDGES[name], name=name), name)
    window.session.set_speed(None)
    look_at_all(qtbot, window)
    window.session.step()
    window.session.play()
    qtbot.waitUntil(lambda: window.session.report.snapshot.step > 1 or window.session.report.snapshot.status != "ready")
    look_at_all(qtbot, window)
    assert window.isVisible()
    if name == "diverging":
        qtbot.waitUntil(lambda: window.session.report.snapshot.status == "diverged")
    else:
        assert "fault" not in window.messages.strip.text.text()


def test_everything_lives_through_all_layouts_and_sizes_of_the_window(
    qtbot, qapp: QApplication, trained: Window
) -> None:
    for width, height in ((960, 600), (1280, 800), (1920, 1080), (1000, 1400)):
        trained.resize(width, height)
        for plan in LAYOUTS:
            trained.docks.arrange(plan)
            lay_out(trained)
            trained.grab()
    hands.key(trained, "Space")
