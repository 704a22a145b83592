"""Where panels, views and the session meet.

Panels ask the session for other experiments; the session's experiment goes back to all panels; the session's
reports go to all views. The window itself decides only where things stand, what the menus offer, and what the
status line and the banner say.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TypeVar

import msgspec
from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import (
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
    QFrame,
    QLineEdit,
    QMainWindow,
    QScrollArea,
    QToolBar,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from playground import Experiment, Snapshot
from playground.catalog.datasets.table import Table
from playground.experiment.tree import new_id
from playground.interop.opening import FIRST, RESOURCES, preset
from playground.measure.diagnosis import Finding, Remedy, diagnose
from ui.look import theme
from ui.look.beat import Throttle, text_beat
from ui.panels.data.panel import DataPanel, with_feature, without
from ui.panels.drawing.panel import DrawingPanel
from ui.panels.layers.palette import FIRST_LAYER
from ui.panels.layers.panel import LayersPanel
from ui.panels.training import TrainingPanel
from ui.panels.transport import TransportBar
from ui.session.commands import Report
from ui.session.compiling import Kernels
from ui.session.jobs import finish_jobs
from ui.session.session import Session
from ui.shell.commands import CommandPalette, menu_commands
from ui.shell.docks import Docks, Layouts
from ui.shell.focus import FocusMode
from ui.shell.messages import Banner, DiagnosisLine
from ui.shell.shortcuts import ShortcutList
from ui.shell.tour import Tour
from ui.shell.waiting import Waiting
from ui.views.boundary.view import BoundaryView
from ui.views.gradients.view import GradientsView
from ui.views.microscope.view import MicroscopeView
from ui.views.network.view import NetworkView
from ui.views.registry import VIEWS
from ui.views.view import View
from ui.window.autosave import Autosave
from ui.window.controls_as_commands import Reach
from ui.window.documents import Documents
from ui.window.exports import Exports
from ui.window.layouts import PLANS, plan_for
from ui.window.menus import Menus
from ui.window.save_pictures import Pictures
from ui.window.sharing import Sharing
from ui.window.tour import tour_stops

TITLE = "Neural Network Playground"
PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
NOTICE_SECONDS = 10.0
"""How long a notice stands in the status line."""
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


ViewKind = TypeVar("ViewKind", bound=View)


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
        self.before_crowding: QByteArray | None = None
        """Where the docks stood before everything became too large for that."""
        self.make_parts()
        self.session = session or Session(experiment or preset(FIRST))
        self.session.setParent(self)
        self.speed = self.transport.speed
        self.session.set_speed(self.speed)
        self.running, self.diverged, self.engine = False, False, ""
        self.words = Throttle(self.show_words, self)
        self.documents, self.autosave = Documents(self), Autosave(self)
        self.sharing, self.exports = Sharing(self), Exports(self)
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
        self.menus = Menus(self)
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
        focused = self.focus_mode.on
        if focused:
            self.focus_mode.toggle()
        state = self.before_crowding or self.docks.state()
        for dock in self.docks.docks.values():
            self.removeDockWidget(dock)
            # Else the state would be restored to it, and the new one stay hidden.
            dock.setObjectName("")
            dock.deleteLater()
        self.docks.docks.clear()
        message = self.banner.told()
        self.takeCentralWidget()
        self.removeToolBar(self.bar)
        self.menus.remove()
        for part in (self.boundary, self.bar, self.palette_of_commands, self.docks, self.pictures):
            part.deleteLater()
        for label in (self.status, self.diagnosis):
            self.statusBar().removeWidget(label)
            label.deleteLater()
        self.make_parts()
        self.transport.show_speed(self.speed)
        self.put_together()
        if message is not None:
            self.banner.tell_again(message)
        self.docks.restore(state)
        self.before_crowding = None
        self.make_room(state)
        self.mark_chosen(self.chosen_theme)
        if focused:
            self.menus.focus.trigger()

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
        self.menus.mark_chosen(theme_name)

    def make_parts(self) -> None:
        """All panels, pictures and messages."""
        self.views = tuple(view() for view in VIEWS)
        self.boundary, self.network = self.view(BoundaryView), self.view(NetworkView)
        self.gradients = self.view(GradientsView)
        self.data, self.layers, self.training = DataPanel(list(SAMPLE_TABLES)), LayersPanel(), TrainingPanel()
        self.drawing = DrawingPanel()
        self.layers.sleep()
        self.panels = (self.data, self.layers, self.training, self.drawing)
        self.transport, self.banner = TransportBar(), Banner()
        self.status, self.diagnosis = QElidingLabel(), DiagnosisLine()
        self.notice, self.noticed_at = "", 0.0
        self.tour: Tour | None = None

    def view(self, kind: type[ViewKind]) -> ViewKind:
        """The view of a kind."""
        return next(view for view in self.views if isinstance(view, kind))

    # Layout -------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Put everything in its place: the boundary in the middle, docks around it, the bar at the top."""
        self.docks = Docks(self)
        self.layouts = Layouts(self.docks, self.settings)
        self.contents: dict[str, QWidget] = {}
        for name, title, content in self.dock_contents():
            self.docks.add(name, title, content)
            self.contents[name] = content
        self.boundary.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setCentralWidget(self.boundary)
        self.transport.give_room(self.training.rows["training.learning_rate"])
        self.add_bar()
        self.status.setObjectName("status")
        self.status.setAccessibleName("Status")
        self.status.setContentsMargins(theme.px(theme.GRID), 0, 0, 0)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().addWidget(self.diagnosis, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.reach, self.pictures = Reach(self), Pictures(self)
        self.palette_of_commands = CommandPalette(self, self.reach.commands)
        self.focus_mode = FocusMode(
            self.docks, lambda: {"Data": self.data.rows, "Training": self.training.rows}, self.settings
        )

    def dock_contents(self) -> list[tuple[str, str, QWidget]]:
        """What stands in docks: a name for layouts, a title, and the panel or picture."""
        network, *others = ((view.name, view.title, view) for view in self.views if view is not self.boundary)
        return [
            ("data", "Data", scrolling(self.data)),
            ("training", "Training", scrolling(self.training)),
            ("drawing", "Draw points", scrolling(self.drawing)),
            network,
            ("layers", "Layers", self.layers),
            *others,
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

    def connect_session(self) -> None:
        """Listen to the session."""
        session = self.session
        session.experiment_changed.connect(self.show_experiment)
        session.undo_changed.connect(self.show_undo)
        session.undo_changed.connect(self.take_back_refusal)
        session.reported.connect(self.show_report)
        session.refused.connect(self.refuse)
        session.failed.connect(self.tell)
        session.pausing.connect(self.say_pausing)
        session.engine_refused.connect(self.say_engine_refused)
        self.documents.changed.connect(self.show_document)
        self.show_document()

    def connect_parts(self) -> None:
        """Let panels, pictures and messages ask the session."""
        session = self.session
        for panel in self.panels:
            panel.edited.connect(session.edit)
        for view in self.views:
            view.requests_changed.connect(self.request_what_is_seen)
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
        self.docks.changed.connect(self.request_what_is_seen)
        # Qt does not hide a view whose dock goes behind another.
        self.docks.left.connect(self.leave_sight)

    def connect_network(self) -> None:
        """What the drawing of the network asks for."""
        network = self.network
        network.feature_toggled.connect(self.set_feature)
        network.units_asked.connect(self.set_units)
        network.layer_asked.connect(self.insert_layer)
        network.layer_opened.connect(self.open_layer)
        network.magnified.connect(self.boundary.magnify)
        network.weight_edited.connect(self.session.set_weight)

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
        self.data.import_asked.connect(self.sharing.ask_import)
        self.data.export_asked.connect(self.sharing.ask_export)
        self.data.told.connect(self.say)
        self.data.test_asked.connect(self.session.show_test)

    def show_tool(self, editing: bool, reach: float, colour: str | None) -> None:
        """Let the mouse on the boundary look or draw."""
        self.boundary.set_tool("edit" if editing else "look")
        # The right button erases.
        policy = Qt.ContextMenuPolicy
        self.boundary.setContextMenuPolicy(policy.PreventContextMenu if editing else policy.CustomContextMenu)
        self.boundary.set_brush(reach, colour)

    def leave_sight(self, name: str) -> None:
        """A dock was closed, or went behind another."""
        content = self.contents.get(name)
        if isinstance(content, View):
            content.leave_sight()

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
        self.view(MicroscopeView).show_point(point)
        if point is not None and "microscope" not in self.docks.seen:
            self.docks.show("microscope")

    def set_feature(self, name: str, on: bool) -> None:
        """Use an input, or no longer."""
        features = self.session.experiment.features
        wanted = with_feature(features, name) if on else without(features, name)
        self.data.ask("features", wanted)

    def set_units(self, place: int, units: int) -> None:
        """Make a hidden layer wider or narrower."""
        self.layers.ask(f"layers.{place}.units", units)

    def insert_layer(self, place: int) -> None:
        """Put a layer like its neighbour between others."""
        layers = self.session.experiment.layers
        neighbour = layers[max(place - 1, 0)] if layers else FIRST_LAYER
        new = msgspec.structs.replace(neighbour, id=new_id(layers), trainable=True, muted=False)
        self.layers.ask("layers", (*layers[:place], new, *layers[place:]))

    def open_layer(self, place: int) -> None:
        """Show the settings of a hidden layer."""
        self.docks.show("layers")
        self.layers.wake()
        self.reach.focus_on(self.layers.cards[place])

    def tell(self, text: str) -> None:
        """Say in the banner what went wrong."""
        self.banner.tell(text)

    def refuse(self, text: str) -> None:
        """Say in the banner what was not changed."""
        self.banner.refuse(text)

    def take_back_refusal(self) -> None:
        """Something was changed after a refusal."""
        self.banner.take_back_refusal()

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

    def request_what_is_seen(self) -> None:
        """Have snapshots answer what the views in sight request and nothing else."""
        seen = [] if self.isMinimized() else [view for view in self.views if self.docks.shows(view)]
        self.session.request(frozenset().union(*(view.requests for view in seen)))
        (self.layers.wake if self.docks.shows(self.layers) else self.layers.sleep)()
        for view in seen:
            # They have not heard of edits while they were out of sight.
            view.show_experiment(self.session.experiment)

    # Showing ------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Have every panel show the experiment that is in force."""
        # Views first: panels move the keyboard, and a weight being typed would then be given to another one.
        for view in self.views:
            if self.docks.shows(view):
                view.show_experiment(experiment)
        for panel in self.panels:
            panel.show_experiment(experiment)
        self.show_undo()

    def show_document(self) -> None:
        """Say in the title what is worked on, with a mark while it has changes that no file holds."""
        self.setWindowTitle(f"{self.documents.name}[*] – {TITLE}")
        self.setWindowModified(self.documents.modified)

    def show_undo(self) -> None:
        """Name in the menu what undo and redo would do."""
        self.menus.show_undo(self.session.done, self.session.undone)

    def show_report(self, report: Report) -> None:
        """Have every view show the latest moment."""
        snapshot = report.snapshot
        if self.engine and snapshot.engine != self.engine:
            self.say(f"The {snapshot.engine} engine has taken over.")
        first, self.engine = not self.engine, snapshot.engine
        for view in self.views:
            if self.docks.shows(view):
                view.show_snapshot(snapshot)
        if self.docks.shows(self.layers):
            self.layers.show_snapshot(snapshot)
        self.transport.show_snapshot(snapshot)
        self.data.show_snapshot(snapshot)
        turned, self.running = report.running != self.running, report.running
        self.transport.show_running(report.running)
        self.words.request()
        # One that diverges at once may never have been seen to run.
        if first or turned or (snapshot.status == "diverged") != self.diverged:
            text_beat().strike()
        self.show_divergence(report)

    def show_words(self) -> None:
        """Say where training stands and what ails the network, in the moment in which all texts change."""
        if self.session.report is None:
            return
        self.write_status(self.session.report)
        self.setWindowModified(self.documents.modified)
        finding = main_finding(self.session.report.snapshot)
        self.gradients.show_finding(finding)
        # Said once: beside the gradients, or in the status line while they are out of sight.
        self.diagnosis.show_finding(None if self.docks.shows(self.gradients) else finding)

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
        for view in self.views:
            view.apply_theme()

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

    def toggle_full_screen(self) -> None:
        """The whole screen, or a window again."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def resize_everything(self, by: int) -> None:
        """One size larger or smaller."""
        place = min(max(theme.SIZES.index(theme.size()) + by, 0), len(theme.SIZES) - 1)
        self.size_chosen.emit(theme.SIZES[place])

    def show_shortcuts(self) -> None:
        """Open the list of shortcuts."""
        ShortcutList(menu_commands(self.menus.all, every=True), self).open()

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
            self.request_what_is_seen()
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
        """Files, addresses and texts can be dropped anywhere."""
        if self.sharing.takes(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what is dropped."""
        event.acceptProposedAction()
        self.sharing.take(event.mimeData())

    def changeEvent(self, event: QEvent) -> None:
        """Nothing is seen of a minimised window."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.request_what_is_seen()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about changes, then stop the process and all threads before anything goes."""
        if self.documents.busy:
            # It closes once all is safe, and stays if that fails.
            event.ignore()
            self.documents.close_when_saved()
            return
        if self.documents.careful and self.documents.modified:
            event.ignore()
            self.documents.before_losing(self.close_for_good)
            return
        if self.focus_mode.on:
            self.focus_mode.toggle()
        self.layouts.remember()
        if self.tour is not None:
            self.tour.end()
        self.pictures.close()
        self.autosave.close()
        self.exports.close()
        for waiting in self.findChildren(Waiting):
            waiting.reject()
        finish_jobs(self)
        if self.kernels is not None:
            self.kernels.close()
        if self.session.parent() is self:
            self.session.close()
        application().focusChanged.disconnect(self.watch_focus)
        super().closeEvent(event)

    def close_for_good(self) -> None:
        """Close without asking any more."""
        self.documents.careful = False
        self.close()


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
