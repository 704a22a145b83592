"""The connections from the window to the session: requests of panels, pictures and messages, also to each other."""

from __future__ import annotations

from functools import partial

import msgspec
from PySide6.QtCore import QObject, Qt

from playground.experiment.tree import new_id

from ..panels.data.panel import with_feature, without_feature
from ..panels.layers.palette import FIRST_LAYER
from ..views.confusion.view import ConfusionView
from ..views.microscope.view import MicroscopeView
from .control_commands import ControlCommands
from .desk import Desk
from .sharing import Sharing
from .window_parts import WindowParts


class Wiring(QObject):
    """Connects the parts of a window with the session and with each other."""

    def __init__(self, desk: Desk, parts: WindowParts, sharing: Sharing, controls: ControlCommands) -> None:
        super().__init__(desk)
        self.desk, self.parts, self.session = desk, parts, desk.session
        self.sharing, self.controls = sharing, controls

    def connect_parts(self) -> None:
        """Connect parts, docks and messages that were just made."""
        for panel in self.parts.panels:
            panel.edited.connect(self.session.edit)
        self.parts.layers.shaped.connect(self.desk.say)
        self._connect_transport()
        self._connect_network()
        self._connect_drawing()
        self._connect_data()
        boundary = self.parts.boundary
        boundary.magnified_left.connect(partial(boundary.magnify, None))
        boundary.point_picked.connect(self._look_closer)
        parts, confusion = self.parts, self.parts.view(ConfusionView)
        for remedies in (parts.transport.remedy_accepted, confusion.remedy_accepted):
            remedies.connect(self.desk.take_remedy)

    def _connect_transport(self) -> None:
        transport, session = self.parts.transport, self.session
        transport.play_toggled.connect(lambda on: session.play() if on else session.pause())
        transport.step_requested.connect(session.step)
        transport.epoch_requested.connect(session.epoch)
        transport.reset_requested.connect(session.reset)
        transport.reseed_requested.connect(session.reseed)
        transport.controls_toggled.connect(self.desk.docks.toggle_controls)
        transport.speed_changed.connect(self.set_speed)

    def _connect_network(self) -> None:
        network = self.parts.network
        network.feature_toggled.connect(self._set_feature)
        network.units_asked.connect(self._set_units)
        network.layer_asked.connect(self._insert_layer)
        network.layer_opened.connect(self._open_layer)
        network.magnified.connect(self.parts.boundary.magnify)
        network.weight_edited.connect(self.session.set_weight)

    def _connect_drawing(self) -> None:
        boundary, drawing, docks = self.parts.boundary, self.parts.drawing, self.desk.docks
        boundary.pressed.connect(drawing.press)
        boundary.dragged.connect(drawing.drag)
        boundary.released.connect(drawing.release)
        boundary.wheeled.connect(drawing.wheel)
        drawing.tool_changed.connect(self._show_tool)
        drawing.done_asked.connect(self.stop_drawing)
        docks.docks["drawing"].visibilityChanged.connect(self._show_drawing)
        self._show_drawing("drawing" in docks.seen)

    def _connect_data(self) -> None:
        points = self.parts.data.own_data
        points.draw_asked.connect(self.start_drawing)
        points.import_asked.connect(self.sharing.ask_import)
        points.export_asked.connect(self.sharing.ask_export)
        points.said.connect(self.desk.say)
        self.parts.data.test_asked.connect(self.session.show_test)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Limit the speed of training; None lifts the limit."""
        self.session.set_speed(steps_per_second)
        self.parts.transport.show_speed(steps_per_second)

    def start_drawing(self) -> None:
        """Show the drawing tools and choose one."""
        self.desk.docks.show("drawing")
        self.parts.drawing.start()

    def take_tool(self, name: str) -> None:
        """Show the drawing tools and choose one by its name."""
        self.desk.docks.show("drawing")
        self.parts.drawing.choose_tool(name)

    def stop_drawing(self) -> None:
        """Show the data panel again, which puts the tool down."""
        self.desk.docks.show("data")

    def put_tool_down(self) -> None:
        """Let clicks on the boundary draw nothing until a tool is chosen."""
        self.parts.drawing.stop()

    def _show_drawing(self, seen: bool) -> None:
        """Tell the drawing tools whether they are in sight; a minimised window keeps the tool."""
        if seen or not self.desk.window.isMinimized():
            self.parts.drawing.set_in_sight(seen)

    def _show_tool(self, editing: bool, reach: float, colour: str | None) -> None:
        boundary = self.parts.boundary
        boundary.set_tool("edit" if editing else "look")
        # The right button erases.
        policy = Qt.ContextMenuPolicy
        boundary.setContextMenuPolicy(policy.PreventContextMenu if editing else policy.CustomContextMenu)
        boundary.set_brush(reach, colour)

    def _look_closer(self, point: int | None) -> None:
        self.parts.boundary.pick(point)
        self.parts.view(MicroscopeView).show_point(point)
        if point is not None and "microscope" not in self.desk.docks.seen:
            self.desk.docks.show("microscope")

    def _set_feature(self, name: str, on: bool) -> None:
        features = self.session.experiment.features
        wanted = with_feature(features, name) if on else without_feature(features, name)
        self.parts.data.ask("features", wanted)

    def _set_units(self, place: int, units: int) -> None:
        self.parts.layers.ask(f"layers.{place}.units", units)

    def _insert_layer(self, place: int) -> None:
        layers = self.session.experiment.layers
        neighbour = layers[max(place - 1, 0)] if layers else FIRST_LAYER
        new = msgspec.structs.replace(neighbour, id=new_id(layers), trainable=True, muted=False)
        self.parts.layers.ask("layers", (*layers[:place], new, *layers[place:]))

    def _open_layer(self, place: int) -> None:
        self.desk.docks.show("layers")
        self.parts.layers.wake()
        self.controls.focus_on(self.parts.layers.cards[place])
