"""A deep network in the usual window: all of it in sight, a row for each layer, and pictures that stay in place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from playground.interop.opening import load_preset
from tests.ui import hands
from tests.ui.painted import painted_texts
from tests.ui.windows import await_pictures, opened_window
from ui.window.window import Window


@pytest.fixture
def window(qapp: QApplication) -> Iterator[Window]:
    """A window of the least usual size with six hidden layers, trained a little."""
    with opened_window(experiment=load_preset("vanishing-gradients")) as window:
        window.session.ask(lambda trainer: trainer.advance(epochs=5)).result(hands.PATIENCE / 1000)
        await_pictures(window)
        yield window


def test_six_layers_fit_with_their_names(window: Window) -> None:
    network, diagram = window.parts.network, hands.control(window, "network.diagram")
    assert network.shown().places.overview().isEmpty(), "the drawing is wider than its place"
    texts = [(text, box) for text, box in painted_texts(diagram) if box.top() < 20]
    assert [text for text, _ in texts if text.isalpha()] == ["inputs", *"ABCDEF", "output"]
    assert all(diagram.rect().contains(box.toAlignedRect()) for _, box in texts)
    plus, name = network.shown().places.insertion(6), next(box for text, box in texts if text == "output")
    assert plus.right() - diagram.x() <= name.left()


def test_each_layer_has_a_row_of_gradients_that_can_be_seen(window: Window) -> None:
    sheet = hands.control(window, "tracks.sheet")
    heights = {track.name: box.rect.height() for track, box in zip(sheet.arrangement.seen, sheet.boxes(), strict=True)}
    assert heights["gradients"] >= 3.5 * 7 and heights["loss"] > 40
    assert min(heights["score"], heights["rate"]) >= 14


def test_no_picture_moves_while_a_unit_is_pointed_at(window: Window) -> None:
    network, boundary = window.parts.network, window.parts.boundary
    before = boundary.shown().plane
    unit = network.shown().places.unit(1, 2).center()
    hands.hover(network, unit)
    hands.until(lambda: boundary.shown().unit == "Unit B3: output", "its map does not come")
    legend = {"B3", "A", "B"}
    hands.until(lambda: legend <= set(boundary.shown().legend), "its scale does not come")
    assert boundary.shown().plane == before
    texts = [text for text, _ in painted_texts(boundary)]
    assert legend <= set(texts) and not any(text.endswith("…") for text in texts)
    hands.leave(network, unit, to=window.parts.transport)
    hands.until(lambda: boundary.shown().unit == "", "the boundary does not come back")
    assert boundary.shown().plane == before
