"""What all tests share: no display, no user's settings, and no thread that outlives its test."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from playground import Experiment, Layer, Trainer, Training
from playground.catalog.activations import Tanh
from playground.catalog.datasets.shapes import Circle

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# The same examples every time, however busy the machine is. LONG=1 draws others; `make fuzz` looks for more.
settings.register_profile("steady", deadline=None, derandomize="LONG" not in os.environ)
settings.load_profile("steady")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep modules and tests out of the search for garbage: with them it takes a second each time."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.fixture(autouse=True)
def no_stray_threads() -> Iterator[None]:
    """Fail a test that leaves a Python thread behind."""
    before = set(threading.enumerate())
    yield
    # Threads that Qt started look like dummies to Python; tests/ui watches those themselves.
    ours = [thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)]
    new = [thread for thread in ours if thread not in before]
    for thread in new:
        # One that has done its work may need a moment to end.
        thread.join(5)
    stray = [thread for thread in new if thread.is_alive()]
    assert not stray, f"threads left running: {stray}"


@pytest.fixture
def experiment() -> Experiment:
    """A small classification in float64 that learns within a few epochs; its layers have ids."""
    return Experiment(
        precision="float64",
        data=Circle(points=60, validation_fraction=0.25),
        layers=(Layer(units=6, activation=Tanh(), id="A"), Layer(units=6, activation=Tanh(), id="B")),
        training=Training(batch_size=10),
    )


@pytest.fixture
def trainer(experiment: Experiment) -> Trainer:
    """A trainer of `experiment`, before its first update."""
    return Trainer(experiment, engine="reference")
