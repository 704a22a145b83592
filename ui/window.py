"""The window: where panels, views and the session meet.

Panels ask the session for other experiments; the session's experiment goes back to all panels; the session's
reports go to all views. The window itself decides only where things stand, what the menus offer, and what the
status line and the banner say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QFrame,
    QInputDialog,
    QLineEdit,
    QMainWindow,
    QMenu,
    QScrollArea,
    QToolBar,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from playground import Experiment, InputError, Snapshot, Wanted, load, save
from playground.catalog.choice import Choice
from playground.catalog.datasets import Table
from playground.catalog.features import FEATURES
from playground.diagnosis import Finding, Remedy, diagnose
from playground.experiment import new_id
from playground.presets import FIRST, RESOURCES, open_experiment, preset, preset_paths
from playground.snapshot import together
from ui import theme
from ui.form import ChoiceRow, NumberRow, Row, SwitchRow
from ui.kernels import Kernels
from ui.panels.card import LayerCard
from ui.panels.data import DataPanel, with_feature, without
from ui.panels.drawing import DrawingPanel
from ui.panels.layers import LayersPanel
from ui.panels.palette import FIRST_LAYER
from ui.panels.panel import Section
from ui.panels.training import TrainingPanel
from ui.panels.transport import TransportBar
from ui.session import Session
from ui.shell.commands import Command, CommandPalette, menu_commands
from ui.shell.docks import Docks, Layouts, Plan
from ui.shell.focus import USUALLY_HIDDEN, FocusChoice
from ui.shell.messages import Banner, DiagnosisLine
from ui.shell.shortcuts import ShortcutList
from ui.shell.tour import Stop, Tour
from ui.views.boundary.view import BoundaryView
from ui.views.confusion import ConfusionView
from ui.views.curves import CurvesView
from ui.views.gradients import GradientsView
from ui.views.histograms import HistogramsView
from ui.views.microscope.view import MicroscopeView
from ui.views.network.view import NetworkView
from ui.views.schedule import ScheduleView
from ui.worker import Report

TITLE = "Neural Network Playground"
TEXT_SECONDS = 0.25
"""Text that changes faster than this can't be read."""
PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
NOTICE_SECONDS = 10.0
"""How long a notice stands in the status line."""
TABLES = (".csv", ".tsv", ".txt")
"""Files that are imported as points when they are dropped; others are opened."""
SAMPLE_TABLES = (
    (
        "Penguins",
        Table(
            path=str(RESOURCES / "data" / "penguins.csv"),
            x1="bill_length_mm",
            x2="bill_depth_mm",
            target="species",
        ),
    ),
)


PLANS = (
    Plan(
        "Standard",
        left=((288, ("data", "training", "drawing")), (376, ("network", "layers", "microscope"))),
        below=((270, ("curves", "schedule")), (356, ("gradients", "histograms", "confusion"))),
        height=232,
    ),
    Plan(
        "Large screen",
        left=((296, ("data", "training", "drawing")), (328, ("layers",)), (480, ("network", "microscope"))),
        below=((390, ("curves", "schedule")), (390, ("gradients", "histograms", "confusion"))),
        height=320,
    ),
    Plan(
        "Pictures only",
        left=((420, ("network", "microscope")),),
        below=((270, ("curves", "schedule")), (356, ("gradients", "histograms", "confusion"))),
        height=240,
    ),
    Plan(
        "Projector",
        left=(
            (290, ("data", "training", "drawing", "layers")),
            (280, ("network", "curves", "gradients")),
        ),
        below=(),
        height=0,
    ),
)
"""The layouts that come with the program, for windows of usual and of large size first; the last needs least room."""
View: TypeAlias = (
    BoundaryView
    | NetworkView
    | MicroscopeView
    | CurvesView
    | GradientsView
    | HistogramsView
    | ScheduleView
    | ConfusionView
)
Shortcut: TypeAlias = QKeySequence | QKeySequence.StandardKey | str | None


class Window(QMainWindow):
    """The main window. It owns the session and closes it with itself."""

    theme_chosen = Signal(str)
    """"light", "dark" or "system"."""

    size_chosen = Signal(float)
    """How large everything is to be, 1.0 being the usual size."""

    def __init__(
        self,
        experiment: Experiment | None = None,
        *,
        session: Session | None = None,
        settings: QSettings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings or QSettings()
        self.kernels: Kernels | None = None
        self.chosen_theme = "system"
        self.opened: dict[str, Experiment] = {}
        """Experiments as they were opened, by their names."""
        self.before_crowding: QByteArray | None = None
        """Where the docks stood before everything became too large for that."""
        self.make_parts()
        self.session = session or Session(experiment or preset(FIRST), Wanted())
        self.session.setParent(self)
        self.speed = self.transport.speed
        self.session.set_speed(self.speed)
        self.running, self.told_at, self.diverged, self.engine = False, 0.0, False, ""
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.setMinimumSize(1180, 640)
        self.put_together()
        self.docks.arrange(PLANS[0])
        self.has_layout = False
        """Whether the docks stand where a person had them."""
        self.connect_session()
        # Not on the whole application: every single event would then wait for the interpreter lock.
        application().focusChanged.connect(self.watch_focus)

    def put_together(self) -> None:
        """Arrange and wire the parts, and have them show what there is."""
        self.arrange()
        self.make_menus()
        self.connect_parts()
        for view in self.views:
            view.installEventFilter(self)
        self.show_experiment(self.session.experiment)
        if self.session.report is not None:
            self.show_report(self.session.report)

    def rebuild(self) -> None:
        """Make all parts anew, which own no truth, at another size of everything."""
        if self.tour is not None:
            self.tour.end()
        state = self.before_crowding or self.docks.state()
        for dock in self.docks.docks.values():
            self.removeDockWidget(dock)
            # Else the state would be restored to it, and the new one stay hidden.
            dock.setObjectName("")
            dock.deleteLater()
        self.docks.docks.clear()
        self.takeCentralWidget()
        self.bar.setObjectName("")
        for part in (self.boundary, self.bar, self.palette_of_commands, self.docks, *self.menus):
            part.deleteLater()
        for action in self.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly):
            action.deleteLater()
        for label in (self.status, self.diagnosis):
            self.statusBar().removeWidget(label)
            label.deleteLater()
        self.menuBar().clear()
        self.make_parts()
        self.transport.show_speed(self.speed)
        self.put_together()
        self.docks.restore(state)
        self.before_crowding = None
        self.make_room(state)
        self.mark_chosen(self.chosen_theme)

    def make_room(self, state: QByteArray | None = None) -> None:
        """Put the docks where they need least, if everything is too large for where they stand, which is `state`."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        needed = layout.minimumSize()
        if theme.size() > 1 and (needed.width() > self.width() or needed.height() > self.height()):
            self.before_crowding = state or self.docks.state()
            self.docks.arrange(PLANS[-1])

    def showEvent(self, event: QShowEvent) -> None:
        """The size is known, which it was not when the docks were placed."""
        super().showEvent(event)
        if event.spontaneous():
            return
        if not self.has_layout and plan_for(self.width()) is not PLANS[0]:
            self.docks.arrange(plan_for(self.width()))
        self.has_layout = True
        # Not the first button in the window, which the space bar would press instead of playing.
        self.boundary.setFocus()
        if self.before_crowding is None:
            # Once they are in sight: a state that is taken before says that all are closed.
            QTimer.singleShot(0, self, self.make_room)

    def mark_chosen(self, theme_name: str) -> None:
        """Check the menu's entries for the theme and the size in force."""
        self.chosen_theme = theme_name
        for action in self.theme_actions:
            action.setChecked(action.data() == theme_name)
        for action in self.size_actions:
            action.setChecked(action.data() == theme.size())

    def make_parts(self) -> None:
        """All panels, pictures and messages."""
        self.boundary, self.network, self.microscope = BoundaryView(), NetworkView(), MicroscopeView()
        self.curves, self.gradients, self.histograms = CurvesView(), GradientsView(), HistogramsView()
        self.schedule, self.confusion = ScheduleView(), ConfusionView()
        self.views: tuple[View, ...] = (
            self.boundary,
            self.network,
            self.microscope,
            self.curves,
            self.gradients,
            self.histograms,
            self.schedule,
            self.confusion,
        )
        self.data, self.layers, self.training = DataPanel(list(SAMPLE_TABLES)), LayersPanel(), TrainingPanel()
        self.drawing = DrawingPanel()
        self.layers.sleep()
        self.panels = (self.data, self.layers, self.training, self.drawing)
        self.transport, self.banner = TransportBar(), Banner()
        self.status, self.diagnosis = QElidingLabel(), DiagnosisLine()
        self.notice, self.noticed_at = "", 0.0
        self.tour: Tour | None = None
        self.hidden_in_focus = frozenset(stored_names(self.settings.value("focus/hidden"), USUALLY_HIDDEN))

    # Layout -------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Put everything in its place: the boundary in the middle, docks around it, the bar at the top."""
        self.docks = Docks(self)
        self.layouts = Layouts(self.docks, self.settings)
        self.contents: dict[str, QWidget] = {}
        for name, title, content in self.dock_contents():
            self.docks.add(name, title, content)
            self.contents[name] = content
        self.setCentralWidget(self.boundary)
        self.transport.give_room(self.training.rows["training.learning_rate"])
        self.add_bar()
        self.status.setObjectName("status")
        self.status.setAccessibleName("Status")
        self.status.setContentsMargins(theme.px(theme.GRID), 0, 0, 0)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().addWidget(self.diagnosis, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.palette_of_commands = CommandPalette(self, self.commands)

    def dock_contents(self) -> list[tuple[str, str, QWidget]]:
        """What stands in docks: a name for layouts, a title, and the panel or picture."""
        return [
            ("data", "Data", scrolling(self.data)),
            ("training", "Training", scrolling(self.training)),
            ("drawing", "Draw points", scrolling(self.drawing)),
            ("network", "Network", self.network),
            ("layers", "Layers", self.layers),
            ("curves", "Curves", self.curves),
            ("schedule", "Schedule", self.schedule),
            ("gradients", "Gradients", self.gradients),
            ("histograms", "Histograms", self.histograms),
            ("confusion", "Confusion", self.confusion),
            ("microscope", "Microscope", self.microscope),
        ]

    def add_bar(self) -> None:
        """The bar across the top, with messages below it."""
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transport)
        column.addWidget(self.banner)
        bar = QToolBar("Transport")
        bar.setObjectName("bar")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.toggleViewAction().setVisible(False)
        bar.addWidget(top)
        self.addToolBar(bar)
        self.bar = bar

    def make_menus(self) -> None:
        """The menus, with every shortcut."""
        self.menus: list[QMenu] = []
        file = self.add_menu("&File")
        self.add_action(file, "&Open experiment…", self.ask_open, QKeySequence.StandardKey.Open)
        presets = file.addMenu("&Presets")
        for name, path in preset_paths().items():
            self.add_action(presets, load(path).name, lambda checked=False, name=name: self.open_source(name))
        self.add_action(file, "&Save experiment as…", self.ask_save, QKeySequence.StandardKey.SaveAs)
        file.addSeparator()
        self.add_action(file, "&Import points (CSV)…", self.ask_import, "Ctrl+I")
        self.add_action(file, "&Export the points (CSV)…", self.ask_export)
        file.addSeparator()
        self.add_action(file, "&Quit", self.close, QKeySequence.StandardKey.Quit)
        edit = self.add_menu("&Edit")
        self.undo_action = self.add_action(edit, "&Undo", self.session.undo, QKeySequence("Ctrl+Z"))
        self.redo_action = self.add_action(edit, "&Redo", self.session.redo, QKeySequence("Ctrl+Shift+Z"))
        self.redo_action.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        edit.addSeparator()
        self.add_action(edit, "&Draw points", self.start_drawing, "Ctrl+P")
        self.add_action(edit, "&Copy all points as cells", self.data.copy_points, "Ctrl+Shift+C")
        self.add_action(edit, "&Paste points from cells", self.data.paste_points, "Ctrl+Shift+V")
        training = self.add_menu("&Training")
        self.add_action(training, "&Play or pause", self.toggle, QKeySequence(Qt.Key.Key_Space))
        self.add_action(training, "One &step", self.session.step, QKeySequence("Ctrl+."))
        self.add_action(training, "One &epoch", self.session.epoch, QKeySequence("Ctrl+E"))
        self.add_action(training, "&Reset to the same weights", self.session.reset, QKeySequence("Ctrl+R"))
        self.add_action(training, "&New initial weights", self.session.reseed, QKeySequence("Ctrl+Shift+R"))
        self.make_view_menu(self.add_menu("&View"))
        guide = self.add_menu("&Help")
        self.add_action(guide, "&Find a command…", self.palette_of_commands.open, QKeySequence("Ctrl+K"))
        self.add_action(guide, "&Shortcuts and gestures", self.show_shortcuts, QKeySequence(Qt.Key.Key_F1))
        self.add_action(guide, "Take the &tour", self.start_tour)

    def add_menu(self, title: str) -> QMenu:
        """A menu of the bar."""
        menu = self.menuBar().addMenu(title)
        self.menus.append(menu)
        return menu

    def make_view_menu(self, view: QMenu) -> None:
        """Panels, their layouts, focus mode, sizes and colours."""
        panels, places = view.addMenu("&Panels"), view.addMenu("&Go to")
        for place, (name, action) in enumerate(self.docks.actions(), start=1):
            panels.addAction(action)
            keys = f"Ctrl+{place}" if place < 10 else None
            self.add_action(places, action.text(), partial(self.go_to, name), keys)
        layouts = view.addMenu("&Layouts")
        layouts.aboutToShow.connect(lambda: self.fill_layouts(layouts))
        self.fill_layouts(layouts)
        view.addSeparator()
        self.focus_action = self.add_action(
            view, "&Focus mode for the classroom", self.set_focus_mode, QKeySequence("F9")
        )
        self.focus_action.setCheckable(True)
        self.add_action(view, "What focus mode &hides…", self.choose_hidden)
        self.add_action(view, "Full &screen", self.toggle_full_screen, QKeySequence("F11"))
        sizes = view.addMenu("&Size of everything")
        self.size_actions = self.add_exclusive(
            sizes, [(f"{100 * size:.0f} %", size) for size in theme.SIZES], self.size_chosen.emit
        )
        self.add_action(sizes, "Larger", partial(self.resize_everything, 1), QKeySequence("Ctrl+="))
        self.add_action(sizes, "Smaller", partial(self.resize_everything, -1), QKeySequence("Ctrl+-"))
        view.addSeparator()
        names = ("system", "light", "dark")
        colours = [(f"{name.capitalize()} colours", name) for name in names]
        self.theme_actions = self.add_exclusive(view, colours, self.theme_chosen.emit)

    def add_exclusive(
        self, menu: QMenu, entries: Sequence[tuple[str, Any]], choose: Callable[[Any], object]
    ) -> list[QAction]:
        """Entries of which one is in force."""
        group = QActionGroup(self)
        for text, value in entries:
            action = self.add_action(menu, text, lambda _=False, value=value: choose(value))
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
        return group.actions()

    def fill_layouts(self, menu: QMenu) -> None:
        """The layouts that come with the program and those a person saved."""
        menu.clear()
        for plan in PLANS:
            self.add_action(menu, plan.name, partial(self.docks.arrange, plan))
        menu.addSeparator()
        for name in self.layouts.names():
            self.add_action(menu, name, partial(self.layouts.use, name))
        self.add_action(menu, "Save this layout…", self.ask_layout_name)
        if self.layouts.names():
            forget = menu.addMenu("Forget a layout")
            for name in self.layouts.names():
                self.add_action(forget, name, partial(self.layouts.remove, name))

    def add_action(self, menu: QMenu, text: str, slot: Callable[..., object], shortcut: Shortcut = None) -> QAction:
        """One entry of a menu."""
        action = QAction(text, self)
        if shortcut is not None:
            action.setShortcut(shortcut)
        action.triggered.connect(slot)
        menu.addAction(action)
        return action

    def connect_session(self) -> None:
        """Listen to the session."""
        session = self.session
        session.experiment_changed.connect(self.show_experiment)
        session.undo_changed.connect(self.show_undo)
        session.reported.connect(self.show_report)
        session.refused.connect(self.tell)
        session.failed.connect(self.tell)
        session.pausing.connect(self.say_pausing)
        session.engine_refused.connect(self.say_engine_refused)

    def connect_parts(self) -> None:
        """Let panels, pictures and messages ask the session."""
        session = self.session
        for panel in self.panels:
            panel.edited.connect(session.edit)
        for view in self.views:
            if hasattr(view, "wanted_changed"):
                view.wanted_changed.connect(self.ask_for_what_is_seen)
        self.connect_network()
        self.connect_drawing()
        self.boundary.magnified_left.connect(partial(self.boundary.magnify, None))
        self.boundary.point_picked.connect(self.look_closer)
        self.diagnosis.accepted.connect(self.take_remedy)
        self.gradients.remedy_accepted.connect(self.take_remedy)
        self.transport.play_toggled.connect(lambda on: session.play() if on else session.pause())
        self.transport.step_requested.connect(session.step)
        self.transport.epoch_requested.connect(session.epoch)
        self.transport.reset_requested.connect(session.reset)
        self.transport.reseed_requested.connect(session.reseed)
        self.transport.speed_changed.connect(self.set_speed)
        self.docks.changed.connect(self.ask_for_what_is_seen)

    def connect_network(self) -> None:
        """What the drawing of the network asks for."""
        network = self.network
        network.feature_toggled.connect(self.set_feature)
        network.units_asked.connect(self.set_units)
        network.layer_asked.connect(self.insert_layer)
        network.layer_opened.connect(self.open_layer)
        network.magnified.connect(self.boundary.magnify)
        network.weight_edited.connect(self.session.set_weight)
        # Qt does not hide a dock that goes behind another.
        self.docks.docks["network"].visibilityChanged.connect(self.leave_network)

    def connect_drawing(self) -> None:
        """The boundary tells the drawing tools what the mouse does; they tell it what they look like."""
        boundary, drawing = self.boundary, self.drawing
        boundary.pressed.connect(drawing.press)
        boundary.dragged.connect(drawing.drag)
        boundary.released.connect(drawing.release)
        boundary.wheeled.connect(drawing.wheel)
        drawing.tool_changed.connect(self.show_tool)
        drawing.done_asked.connect(self.stop_drawing)
        self.docks.docks["drawing"].visibilityChanged.connect(self.show_drawing)
        self.show_drawing("drawing" in self.docks.seen)
        self.data.draw_asked.connect(self.start_drawing)
        self.data.import_asked.connect(self.ask_import)
        self.data.export_asked.connect(self.ask_export)
        self.data.told.connect(self.say)

    def show_tool(self, editing: bool, reach: float, colour: str | None) -> None:
        """Let the mouse on the boundary look or draw."""
        self.boundary.set_tool("edit" if editing else "look")
        self.boundary.set_brush(reach, colour)

    def leave_network(self, seen: bool) -> None:
        """The drawing of the network may have gone behind other panels."""
        if not seen:
            self.network.look_away()

    def show_drawing(self, seen: bool) -> None:
        """The drawing tools came into sight, or went behind other panels; a minimised window keeps them in hand."""
        if seen or not self.isMinimized():
            self.drawing.set_in_sight(seen)

    def start_drawing(self) -> None:
        """Show the tools, with one in hand."""
        self.docks.show("drawing")
        self.drawing.start()

    def stop_drawing(self) -> None:
        """The tools are put down."""
        self.docks.show("data")

    def look_closer(self, point: int | None) -> None:
        """A point was picked: show its way through the network."""
        self.boundary.pick(point)
        if point is not None and "microscope" not in self.docks.seen:
            self.docks.show("microscope")

    def set_feature(self, name: str, on: bool) -> None:
        """Use an input, or no longer."""
        features = self.session.experiment.features
        wanted = with_feature(features, name) if on else without(features, name)
        self.data.ask("features", wanted, f"feature {FEATURES[name].label} {'on' if on else 'off'}")

    def set_units(self, place: int, units: int) -> None:
        """Make a hidden layer wider or narrower."""
        name = self.session.experiment.layers[place].id or place + 1
        self.layers.ask(f"layers.{place}.units", units, f"layer {name} units {units}")

    def insert_layer(self, place: int) -> None:
        """Put a layer like its neighbour between others."""
        layers = self.session.experiment.layers
        neighbour = layers[max(place - 1, 0)] if layers else FIRST_LAYER
        new = msgspec.structs.replace(neighbour, id=new_id(layers), trainable=True, muted=False)
        self.layers.ask("layers", (*layers[:place], new, *layers[place:]), f"new layer {new.id}")

    def open_layer(self, place: int) -> None:
        """Show the settings of a hidden layer."""
        self.docks.show("layers")
        self.layers.wake()
        self.focus_on(self.layers.cards[place])

    def tell(self, text: str) -> None:
        """Say in the banner what went wrong."""
        self.banner.tell(text)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Train at most so fast."""
        self.speed = steps_per_second
        self.session.set_speed(steps_per_second)
        self.transport.show_speed(steps_per_second)

    def use_kernels(self, kernels: Kernels) -> None:
        """Go over to the compiled engine when its kernels are ready. Closing the window ends their process."""
        self.kernels = kernels
        kernels.ready.connect(lambda: self.session.use_engine("compiled"))
        kernels.failed.connect(self.say_engine_refused)
        kernels.start()

    def ask_for_what_is_seen(self) -> None:
        """Have snapshots contain what the visible views show and nothing else."""
        seen = [] if self.isMinimized() else [view for view in self.views if self.docks.shows(view)]
        self.session.set_wanted(together(view.wanted for view in seen))
        (self.layers.wake if self.docks.shows(self.layers) else self.layers.sleep)()
        for view in (self.network, self.schedule):
            if view in seen:
                # They have not heard of edits while they were out of sight.
                view.show_experiment(self.session.experiment)

    # Showing ------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Have every panel show the experiment that is in force."""
        # The network first: panels move the keyboard, and a weight being typed would then be given to another one.
        for view in (self.network, self.schedule):
            if self.docks.shows(view):
                view.show_experiment(experiment)
        for panel in self.panels:
            panel.show_experiment(experiment)
        self.setWindowTitle(f"{experiment.name}{self.change_words(experiment)} – {TITLE}" if experiment.name else TITLE)
        self.show_undo()

    def change_words(self, experiment: Experiment) -> str:
        """Whether the experiment is still the one that goes by its name."""
        first = self.opened.setdefault(experiment.name, experiment)
        return "" if experiment == first else ", changed"

    def show_undo(self) -> None:
        """Name in the menu what undo and redo would do."""
        for action, word, edits in (
            (self.undo_action, "Undo", self.session.done),
            (self.redo_action, "Redo", self.session.undone),
        ):
            action.setEnabled(bool(edits))
            action.setText(f"{word} {edits[-1].label}" if edits else word)

    def show_report(self, report: Report) -> None:
        """Have every view show the latest moment."""
        snapshot = report.snapshot
        if self.engine and snapshot.engine != self.engine:
            self.say(f"The {snapshot.engine} engine has taken over.")
        self.engine = snapshot.engine
        for view in self.views:
            if self.docks.shows(view):
                view.show_snapshot(snapshot)
        if self.docks.shows(self.layers):
            self.layers.show_snapshot(snapshot)
        self.transport.show_snapshot(snapshot)
        turned = report.running != self.running
        self.running = report.running
        self.transport.show_running(report.running)
        if turned or not report.running or time.monotonic() - self.told_at > TEXT_SECONDS:
            self.told_at = time.monotonic()
            self.write_status(report)
            finding = main_finding(snapshot)
            self.gradients.show_finding(finding)
            # Said once: beside the gradients, or in the status line while they are out of sight.
            self.diagnosis.show_finding(None if self.docks.shows(self.gradients) else finding)
        self.show_divergence(report)

    def write_status(self, report: Report) -> None:
        """Say where training stands, and the latest notice for a while."""
        recent = time.monotonic() - self.noticed_at < NOTICE_SECONDS
        self.status.setText(" ".join([status_words(report), *([self.notice] if recent else [])]))

    def say(self, notice: str) -> None:
        """Put a notice into the status line."""
        self.notice, self.noticed_at = notice, time.monotonic()
        if self.session.report is not None:
            self.write_status(self.session.report)

    def say_pausing(self) -> None:
        """Say that a pause waits for a long step; the next report takes it back."""
        self.status.setText("Pausing after the step in progress…")

    def say_engine_refused(self, reason: str) -> None:
        """Say why training stays on the engine it is on."""
        self.say(f"The compiled engine is not available: {reason}")

    def show_divergence(self, report: Report) -> None:
        """Say once that training diverged, with a remedy; take it back when it goes on."""
        diverged = report.snapshot.status == "diverged"
        if diverged and not self.diverged:
            remedy = diagnose(report.snapshot)[0].remedy
            assert remedy is not None
            self.banner.tell(report.snapshot.problem, (remedy.label, lambda: self.take_remedy(remedy)))
        elif self.diverged and not diverged:
            self.banner.hide()
        self.diverged = diverged

    def apply_theme(self) -> None:
        """Take over the theme in force."""
        for part in (*self.views, *self.panels, self.transport):
            if hasattr(part, "apply_theme"):
                part.apply_theme()

    # Doing --------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play or pause."""
        if self.running:
            self.session.pause()
        else:
            self.session.play()

    def take_remedy(self, remedy: Remedy) -> None:
        """Do what the diagnosis advises."""
        label = f"{remedy.label[:1].lower()}{remedy.label[1:]}"
        if remedy.reset:
            self.session.open(remedy.experiment, label)
        else:
            self.session.edit(remedy.experiment, label)

    def ask_open(self) -> None:
        """Let the person choose an experiment file."""
        path, _ = QFileDialog.getOpenFileName(self, "Open an experiment", "", "Experiments (*.json);;All files (*)")
        if path:
            self.open_source(path)

    def open_source(self, source: str) -> None:
        """Open an experiment file or a preset; if it is refused, say why and change nothing."""
        try:
            experiment = open_experiment(source)
        except InputError as error:
            self.banner.tell(f"{Path(source).name} was not opened; everything is as it was. {error}")
            return
        self.banner.hide()
        self.session.open(experiment, f"open {experiment.name or Path(source).stem}")

    def ask_import(self) -> None:
        """Let the person choose a table."""
        path, _ = QFileDialog.getOpenFileName(self, "Import points", "", "Tables (*.csv *.tsv *.txt);;All files (*)")
        if path:
            self.data.import_file(path)

    def ask_export(self) -> None:
        """Let the person choose where the exact points go."""
        path, _ = QFileDialog.getSaveFileName(self, "Export the points", "points.csv", "Tables (*.csv)")
        if path:
            self.data.export_points(path)

    def ask_save(self) -> None:
        """Let the person choose where to save the experiment."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the experiment", "experiment.json", "Experiments (*.json)")
        if path:
            self.save_to(path)

    def save_to(self, path: str) -> None:
        """Save the experiment; if that fails, say why."""
        try:
            save(self.session.experiment, path)
        except OSError as error:
            self.banner.tell(f"The experiment was not saved to {path}: {error.strerror or error}. Try another folder.")

    # The shape of the window ----------------------------------------------------------------------------------

    def go_to(self, name: str) -> None:
        """Show a dock and put the keyboard into it."""
        self.docks.show(name)
        content = self.contents[name]
        inside = [content, *content.findChildren(QWidget)]
        first = next(
            (one for one in inside if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isVisible()), content
        )
        first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def reveal(self, widget: QWidget) -> None:
        """Bring a control into sight, whatever hides it: a closed dock, another tab, a folded part, a scrolled list."""
        name = self.docks.holding(widget)
        if name is not None:
            self.docks.show(name)
        parent = widget.parentWidget()
        while parent is not None and parent is not self:
            if isinstance(parent, Section):
                parent.button.setChecked(True)
            if isinstance(parent, LayerCard) and parent.rest.isAncestorOf(widget):
                parent.more.setChecked(True)
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(widget)
            parent = parent.parentWidget()

    def set_focus_mode(self, on: bool) -> None:
        """Hide what a teacher chose to hide, or bring it back."""
        if on:
            self.before_focus = self.docks.state()
            for name in self.hidden_in_focus & set(self.docks.docks):
                self.docks.docks[name].close()
        else:
            self.docks.restore(self.before_focus)
        self.docks.set_locked(on)
        for panel in self.panels:
            for path, row in panel.rows.items():
                if path in self.hidden_in_focus:
                    row.setVisible(not on)

    def choose_hidden(self) -> None:
        """Let a teacher choose what focus mode hides."""
        parts = {"Panels": {name: dock.windowTitle() for name, dock in self.docks.docks.items()}}
        for name, panel in (("Data", self.data), ("Training", self.training)):
            parts[f"Settings of {name}"] = {path: row.field.label for path, row in panel.rows.items()}
        choice = FocusChoice(parts, self.hidden_in_focus, self)
        choice.chosen.connect(self.set_hidden)
        choice.open()

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """Take over what focus mode hides."""
        on = self.focus_action.isChecked()
        if on:
            self.set_focus_mode(False)
        self.hidden_in_focus = hidden
        self.settings.setValue("focus/hidden", sorted(hidden) or [""])
        if on:
            self.set_focus_mode(True)

    def toggle_full_screen(self) -> None:
        """The whole screen, or a window again."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def resize_everything(self, by: int) -> None:
        """One size larger or smaller."""
        place = min(max(theme.SIZES.index(theme.size()) + by, 0), len(theme.SIZES) - 1)
        self.size_chosen.emit(theme.SIZES[place])

    def ask_layout_name(self) -> None:
        """Keep the present arrangement under a name."""
        ask = QInputDialog(self)
        ask.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ask.setObjectName("layout.name")
        ask.setWindowTitle("Save this layout")
        ask.setLabelText("Name of the layout:")
        ask.textValueSelected.connect(lambda name: self.layouts.save(name.strip()) if name.strip() else None)
        ask.open()

    def commands(self) -> list[Command]:
        """Everything that can be done now: the menus, and every setting with its choices."""
        self.layers.wake()
        found = menu_commands(self.menus)
        for row in self.findChildren(Row):
            found += self.row_commands(row)
        known = {command.name for command in found}
        for button in self.findChildren(QAbstractButton):
            name = button.accessibleName()
            if name and name not in known and button.isEnabled() and self.docks.holding(button) is not None:
                known.add(name)
                found.append(Command(name, partial(self.press, button)))
        return found

    def press(self, button: QAbstractButton) -> None:
        """Bring a button into sight and press it."""
        self.reveal(button)
        button.click()

    def row_commands(self, row: Row) -> list[Command]:
        """What can be done with one setting: go there, give it a value, choose one of its members."""
        main = row.controls.get("")
        if not row.path or main is None or not row.isEnabled():
            return []
        name = main.accessibleName()
        usable = next((one for one in (main, *row.controls.values()) if one.isEnabled()), main)
        commands = [Command(name, partial(self.focus_on, usable), set=partial(self.give, row))]
        if isinstance(row, ChoiceRow):
            for kind in row.kinds:
                commands.append(Command(f"{name}: {row.title(kind)}", partial(self.choose, row, kind)))
        return commands

    def focus_on(self, widget: QWidget) -> None:
        """Bring a control into sight and give it the keyboard."""
        self.reveal(widget)
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose(self, row: ChoiceRow, kind: type[Choice] | None) -> None:
        """Choose a member of a family, as its list does."""
        row.combo.setCurrentIndex(row.kinds.index(kind))

    def give(self, row: Row, text: str) -> None:
        """Give a setting the value that was typed."""
        problem = f"{text} is none of what it can be"
        if isinstance(row, NumberRow):
            problem = row.quantity.problem_with(text)
            if not problem:
                row.ask(row.quantity.read(text))
        elif isinstance(row, ChoiceRow):
            kinds = [kind for kind in row.kinds if row.title(kind).lower().startswith(text.lower())]
            if kinds:
                problem = ""
                self.choose(row, kinds[0])
        elif isinstance(row, SwitchRow) and text.lower() in ("on", "off"):
            problem = ""
            row.ask(text.lower() == "on")
        if problem:
            self.banner.tell(f"{row.field.label} was not changed: {problem}.")

    def show_shortcuts(self) -> None:
        """Open the list of shortcuts."""
        ShortcutList(menu_commands(self.menus, every=True), self).open()

    def start_tour(self) -> None:
        """Begin the tour."""
        if self.tour is None:
            self.tour = Tour(self, tour_stops(self))
            self.tour.ended.connect(self.forget_tour)

    def forget_tour(self) -> None:
        """The tour is over."""
        self.tour = None
        self.activateWindow()

    def offer_tour(self) -> None:
        """Tell a person who is here for the first time that there is a tour."""
        if not self.settings.value("tour/offered", False, bool):
            self.settings.setValue("tour/offered", True)
            self.banner.tell(
                "New here? The tour shows in two minutes what there is.", ("Take the tour", self.start_tour)
            )

    # Events -------------------------------------------------------------------------------------------------

    def watch_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Look at the keys that the focused control gets, before it does."""
        if before is not None and before not in self.views:
            before.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Space and Ctrl+Z belong to the window, except where a focused control needs them itself.

        Views that come and go change what snapshots have to contain.
        """
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide) and watched in self.views:
            self.ask_for_what_is_seen()
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Space and isinstance(watched, (QAbstractButton, QComboBox)):
                event.accept()
                return True
            if isinstance(watched, QComboBox) and event.modifiers() in PLAIN and event.text().isalnum():
                # A list is searched by typing.
                event.accept()
                return True
            if event.matches(QKeySequence.StandardKey.Undo) and isinstance(watched, QLineEdit):
                return not watched.isUndoAvailable()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files can be dropped anywhere."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first file that is dropped, or import it if it is a table."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            if Path(files[0]).suffix.lower() in TABLES:
                self.data.import_file(files[0])
            else:
                self.open_source(files[0])

    def changeEvent(self, event: QEvent) -> None:
        """Nothing is seen of a minimised window."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.ask_for_what_is_seen()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the process and the thread before anything goes."""
        if self.focus_action.isChecked():
            self.focus_action.trigger()
        self.layouts.remember()
        if self.tour is not None:
            self.tour.end()
        if self.kernels is not None:
            self.kernels.close()
        if self.session.parent() is self:
            self.session.close()
        application().focusChanged.disconnect(self.watch_focus)
        super().closeEvent(event)


def scrolling(panel: QWidget) -> QScrollArea:
    """A panel that can be longer than its place."""
    scroll = QScrollArea(widgetResizable=True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(panel)
    # Wide enough that nothing has to be cut off beside the scroll bar.
    scroll.setMinimumWidth(panel.minimumSizeHint().width() + theme.px(theme.GRID + 2))
    return scroll


def stored_names(value: object, otherwise: Iterable[str]) -> list[str]:
    """A list of names out of the settings, which keep a list of one as a text."""
    if isinstance(value, str):
        return [value]
    return [str(name) for name in value] if isinstance(value, list) else list(otherwise)


def plan_for(width: int) -> Plan:
    """The layout that suits a width of the window, in pixels."""
    return PLANS[1] if width >= 1600 * theme.size() else PLANS[0]


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
            lambda: in_dock("curves", window.curves),
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


def application() -> QApplication:
    """Qt's application, which runs wherever there is a window."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def main_finding(snapshot: Snapshot) -> Finding | None:
    """The first finding that the banner does not tell already."""
    return next((finding for finding in diagnose(snapshot) if finding.kind != "diverged"), None)


def status_words(report: Report) -> str:
    """What runs, at which step, how fast; or why nothing runs."""
    snapshot = report.snapshot
    place = f"epoch {snapshot.epoch:,}, step {snapshot.step:,}"
    if snapshot.status == "diverged":
        words = f"Diverged at {place}."
    elif snapshot.status == "completed":
        words = f"Completed: {place}."
    elif report.running:
        speed = f"{report.steps_per_second:,.0f} steps per second" if report.steps_per_second else "starting"
        words = f"Training on the {snapshot.engine} engine: {place}, {speed}."
    elif snapshot.step == 0:
        words = "Ready. Press play or the space bar to train."
    else:
        words = f"Paused at {place}."
    return " ".join([words, *snapshot.notes])
