"""The two-minute tour: what its cards say, and what they point at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ui.shell.tour import Stop

if TYPE_CHECKING:
    from ui.window.window import Window


def tour_stops(window: Window) -> list[Stop]:
    """The two-minute tour."""
    session, docks = window.session, window.docks
    before = session.experiment

    def in_dock(name: str, widget: QWidget) -> QWidget:
        docks.show(name)
        return widget

    return [
        Stop(
            "This network learns",
            "Each point has a colour. The network is to guess it from the point's place. Press play, or the space bar.",
            lambda: window.transport.play,
            lambda: window.running,
        ),
        Stop(
            "The network",
            "Every tile shows where its unit is on. Wires are weights: blue positive, orange negative. Point at a tile "
            "to see it large; click a wire to change its weight; click an input to switch it.",
            lambda: in_dock("network", window.network),
        ),
        Stop(
            "What it says everywhere",
            "Where the plane is orange it says orange, where it is blue, blue. Filled points train it; hollow ones "
            "only check it. Turn the wheel to zoom, click a point to see its numbers.",
            lambda: window.boundary,
        ),
        Stop(
            "How well it does",
            "The two curves are its loss on the two kinds of points. When the dashed one rises while the other falls, "
            "it learns the points by heart: overfitting.",
            lambda: in_dock("curves", window.contents["curves"]),
        ),
        Stop(
            "The learning rate",
            "The most important knob: how far each step goes. Drag it while training runs; Ctrl+Z takes it back.",
            lambda: window.training.rows["training.learning_rate"],
            lambda: session.experiment.training.learning_rate != before.training.learning_rate,
        ),
        Stop(
            "Layers",
            "A card for each layer: drag it to another place, change its units and activation, add more. "
            "The weights stay where they make sense.",
            lambda: in_dock("layers", window.layers),
            lambda: len(session.experiment.layers) != len(before.layers),
        ),
        Stop(
            "Gradients",
            "How strongly each layer learns, now and over time. When the first layers get next to nothing, the words "
            "beside it say so and offer a remedy.",
            lambda: in_dock("gradients", window.gradients),
        ),
        Stop(
            "Other data",
            "Choose another picture, add noise, draw your own points (the tab beside), or drop a table (CSV) on the "
            "window.",
            lambda: in_dock("data", window.data),
            lambda: session.experiment.data != before.data,
        ),
        Stop(
            "Everything else",
            "Ctrl+K finds every command and setting. F1 lists the shortcuts. Every setting says what it does when you "
            "point at it.",
            lambda: None,
        ),
    ]
