"""The main pictures and the whole window look as they did when a person last looked at them and kept the picture."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from playground import Experiment, Layer, Snapshot, Trainer, Training
from playground.catalog.activations import Relu, Tanh
from playground.catalog.datasets.shapes import Blobs, Spiral
from playground.experiment.tree import with_ids
from playground.measure.requests import (
    BoundaryRequest,
    ConfusionRequest,
    HistogramsRequest,
    MicroscopeRequest,
    ParametersRequest,
    PredictionsRequest,
    UnitMapsRequest,
    UnitStatesRequest,
)
from tests.ui.kept_looks import assert_looks
from tests.ui.windows import await_pictures, lay_out
from ui.look import theme
from ui.look.beat import text_beat
from ui.views.boundary.view import BoundaryView
from ui.views.confusion.view import ConfusionView
from ui.views.gradient_histograms.request import GradientHistogramsRequest
from ui.views.gradient_histograms.view import GradientHistogramsView
from ui.views.histograms.view import HistogramsView
from ui.views.microscope.view import MicroscopeView
from ui.views.network.view import NetworkView
from ui.views.tracks.view import TracksView
from ui.window.layouts import STANDARD
from ui.window.window import Window

REQUESTS = frozenset(
    {
        BoundaryRequest(100),
        HistogramsRequest(40),
        GradientHistogramsRequest(),
        ConfusionRequest(),
        UnitMapsRequest(24),
        ParametersRequest(),
        UnitStatesRequest(),
        PredictionsRequest(2000),
        MicroscopeRequest(3),
    }
)
VIEWS = {
    "boundary": (BoundaryView, (420, 460)),
    "network": (NetworkView, (380, 600)),
    "histograms": (HistogramsView, (420, 260)),
    "gradient_histograms": (GradientHistogramsView, (420, 260)),
    "tracks": (TracksView, (986, 240)),
    "confusion": (ConfusionView, (420, 260)),
    "microscope": (MicroscopeView, (520, 360)),
}


@lru_cache
def moment(classes: int) -> Snapshot:
    """A little training that always goes the same way."""
    spiral = classes == 2
    experiment = Experiment(
        data=Spiral(points=200) if spiral else Blobs(points=200, classes=classes),
        layers=with_ids((Layer(6, Tanh()), Layer(4, Relu() if not spiral else Tanh(), dropout=0.1))),
        training=Training(learning_rate=0.02),
    )
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=60)
    return trainer.snapshot(REQUESTS)


def shown(qtbot, kind: type, size: tuple[int, int], snapshot: Snapshot) -> QWidget:
    view = kind()
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    qtbot.waitExposed(view)
    view.show_experiment(snapshot.experiment)
    view.show_snapshot(snapshot)
    # Words and marks come at the next beat.
    text_beat().strike()
    lay_out(view)
    view.show_snapshot(snapshot)
    text_beat().strike()
    lay_out(view)
    return view


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_picture_looks_as_it_did(qtbot, qapp: QApplication, tmp_path: Path, name: str, look: str) -> None:
    theme.apply(qapp, look)
    kind, size = VIEWS[name]
    view = shown(qtbot, kind, size, moment(3 if name == "confusion" else 2))
    try:
        assert_looks(view, f"{name}-{look}", tmp_path)
    finally:
        theme.apply(qapp, "light")


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests; those that do more than edit, train and rearrange take a new one."""
    return used_window


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_the_window_looks_as_it_did(
    qtbot, qapp: QApplication, tmp_path: Path, window: Window, look: str, size: tuple[int, int]
) -> None:
    theme.apply(qapp, look)
    window.apply_theme()
    window.resize(*size)
    window.docks.arrange(STANDARD)
    window.setFocus()
    await_pictures(window)
    text_beat().strike()
    lay_out(window)
    try:
        assert_looks(window, f"window-{look}-{size[0]}", tmp_path)
    finally:
        theme.apply(qapp, "light")


def test_another_look_is_noticed(qtbot, qapp: QApplication, tmp_path: Path) -> None:
    theme.apply(qapp, "light")
    kind, size = VIEWS["boundary"]
    view = shown(qtbot, kind, size, moment(3))
    with pytest.raises(AssertionError, match="looks different"):
        assert_looks(view, "boundary-light", tmp_path)
    assert (tmp_path / "boundary-light.png").exists()
