"""The two-minute tour: the texts of its cards, and the widgets at which they point."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ..shell.tour import Tour, TourStop
from .desk import Desk
from .presenter import Presenter
from .window_parts import WindowParts


class WindowTour(QObject):
    """Begins and ends the tour, and offers it on the first start."""

    def __init__(self, desk: Desk, parts: WindowParts, presenter: Presenter) -> None:
        super().__init__(desk)
        self.desk, self.parts, self.presenter = desk, parts, presenter
        self.shown: Tour | None = None

    def start(self) -> None:
        """Begin the tour, unless it is shown."""
        if self.shown is None:
            self.shown = Tour(self.desk.window, _tour_stops(self.desk, self.parts, self.presenter))
            self.shown.ended.connect(self._forget)

    def close(self) -> None:
        """End the tour, if it is shown."""
        if self.shown is not None:
            self.shown.end()

    def _forget(self) -> None:
        self.shown = None
        self.desk.window.activateWindow()

    def offer(self) -> None:
        """Offer the tour on the first start."""
        settings = self.desk.settings
        if not settings.value("tour/offered", False, bool):
            settings.setValue("tour/offered", True)
            words = "New here? The tour shows in two minutes what there is."
            self.desk.messages.invite(words, ("Take the tour", self.start))


def _tour_stops(desk: Desk, parts: WindowParts, presenter: Presenter) -> list[TourStop]:
    session, docks = desk.session, desk.docks
    before = session.experiment

    def in_dock(name: str, widget: QWidget) -> QWidget:
        docks.show(name)
        return widget

    return [
        TourStop(
            "This network learns",
            "Each point has a colour. The network learns to predict it from the point's position. Press play, or the "
            "space bar.",
            lambda: parts.transport.play,
            lambda: presenter.running,
        ),
        TourStop(
            "The network",
            "Every tile shows where its unit is on. Wires are weights: blue positive, orange negative. Point at a tile "
            "to see it large; click a wire to change its weight; click an input to switch it.",
            lambda: in_dock("network", parts.network),
        ),
        TourStop(
            "What it says everywhere",
            "Where the plane is orange it says orange, where it is blue, blue. Filled points train it; hollow ones "
            "only check it. Turn the wheel to zoom, click a point to see its numbers.",
            lambda: parts.boundary,
        ),
        TourStop(
            "How well it does",
            "The two curves are its loss on the two kinds of points. When the dashed one rises while the other falls, "
            "it learns the points by heart: overfitting.",
            lambda: in_dock("tracks", parts.tracks),
        ),
        TourStop(
            "The learning rate",
            "The most important knob: how far each step goes. Drag it while training runs; Ctrl+Z takes it back.",
            lambda: parts.training.rows["training.learning_rate"],
            lambda: session.experiment.training.learning_rate != before.training.learning_rate,
        ),
        TourStop(
            "Layers",
            "A card for each layer: drag it to another place, change its units and activation, add more. "
            "The weights stay where they make sense.",
            lambda: in_dock("layers", parts.layers),
            lambda: len(session.experiment.layers) != len(before.layers),
        ),
        TourStop(
            "Gradients",
            "How strongly each layer learns, now and over time. When the first layers get next to nothing, a line "
            "below the header says so and offers a remedy.",
            lambda: in_dock("tracks", parts.tracks),
        ),
        TourStop(
            "Other data",
            "Choose another picture, add noise, draw your own points (the tab beside), or drop a table (CSV) on the "
            "window.",
            lambda: in_dock("data", parts.data),
            lambda: session.experiment.data != before.data,
        ),
        TourStop(
            "Everything else",
            "Ctrl+K finds every command and setting. F1 lists the shortcuts. Every setting says what it does when you "
            "point at it.",
            lambda: None,
        ),
    ]
