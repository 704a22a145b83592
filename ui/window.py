"""The window: where panels, views and the session meet.

Panels ask the session for other experiments; the session's experiment goes back to all panels; the session's
reports go to all views. The window itself decides only where things stand, what the menus offer, and what the
status line and the banner say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from playground import Experiment, InputError, Snapshot, load, save
from playground.catalog.datasets import Table
from playground.diagnosis import Finding, Remedy, diagnose
from playground.presets import FIRST, RESOURCES, open_experiment, preset, preset_paths
from playground.snapshot import together
from ui import theme
from ui.kernels import Kernels
from ui.panels.data import DataPanel
from ui.panels.layers import LayersPanel
from ui.panels.training import TrainingPanel
from ui.panels.transport import TransportBar
from ui.session import Session
from ui.views.boundary import BoundaryView
from ui.views.curves import CurvesView
from ui.views.gradients import GradientsView
from ui.worker import Report

TITLE = "Neural Network Playground"
TEXT_SECONDS = 0.25
"""Text that changes faster than this can't be read."""
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


class DiagnosisLine(QWidget):
    """What the network ails, in one sentence, with a remedy as a button."""

    accepted = Signal(object)
    """The Remedy that the person wants."""

    def __init__(self) -> None:
        super().__init__()
        self.text = QElidingLabel()
        self.text.setAccessibleName("Diagnosis")
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.remedy = QPushButton()
        self.remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remedy.clicked.connect(self.accept)
        self.finding: Finding | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, 2, theme.GRID, 2)
        row.addWidget(self.text, 1)
        row.addWidget(self.remedy)
        # Always the same height, so that nothing moves when a remedy comes or goes.
        self.setFixedHeight(4 * theme.GRID)
        self.show_finding(None)

    def show_finding(self, finding: Finding | None) -> None:
        """Show the most important finding, or nothing."""
        remedy = finding.remedy if finding else None
        self.finding = finding
        self.text.setText(finding.text if finding else "")
        self.text.setToolTip(finding.text if finding else "")
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy.label)
            self.remedy.setAccessibleName(remedy.label)
            words = "and start again from the initial weights" if remedy.reset else "while training goes on"
            self.remedy.setToolTip(f"{remedy.label}, {words}. Ctrl+Z takes it back.")

    def accept(self) -> None:
        """Ask for the remedy."""
        if self.finding is not None and self.finding.remedy is not None:
            self.accepted.emit(self.finding.remedy)


View: TypeAlias = BoundaryView | CurvesView | GradientsView
Shortcut: TypeAlias = QKeySequence | QKeySequence.StandardKey | None


class Banner(QFrame):
    """A line across the window that says what went wrong and, where there is one, offers a remedy."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.text = QLabel(wordWrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.remedy = QPushButton()
        self.remedy.clicked.connect(self.apply_remedy)
        close = QToolButton()
        close.setText("✕")
        close.setAccessibleName("Dismiss the message")
        close.setToolTip("Dismiss the message")
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        row.addWidget(self.text, 1)
        row.addWidget(self.remedy)
        row.addWidget(close)
        self.hide()

    def tell(self, text: str, remedy: tuple[str, Callable[[], object]] | None = None) -> None:
        """Show a message until it is dismissed or replaced."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.action = remedy[1] if remedy else None
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy[0])
            self.remedy.setAccessibleName(remedy[0])
            self.remedy.setToolTip(remedy[0])
        self.show()

    def apply_remedy(self) -> None:
        """Do what the message offers."""
        self.hide()
        if self.action is not None:
            self.action()


class Window(QMainWindow):
    """The main window. It owns the session and closes it with itself."""

    theme_chosen = Signal(str)
    """"light", "dark" or "system"."""

    def __init__(self, experiment: Experiment | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boundary, self.curves, self.gradients = BoundaryView(), CurvesView(), GradientsView()
        self.views = (self.boundary, self.curves, self.gradients)
        self.data, self.layers, self.training = DataPanel(list(SAMPLE_TABLES)), LayersPanel(), TrainingPanel()
        self.panels = (self.data, self.layers, self.training)
        self.transport, self.banner = TransportBar(), Banner()
        self.status, self.diagnosis = QLabel(), DiagnosisLine()
        self.notice, self.noticed_at = "", 0.0
        self.kernels: Kernels | None = None
        self.session = Session(experiment or preset(FIRST), together(view.wanted for view in self.views), self)
        self.running, self.told_at, self.diverged, self.engine = False, 0.0, False, ""
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.setMinimumSize(1160, 640)
        self.layers.setMinimumWidth(312)
        self.arrange()
        self.make_menus()
        self.connect_all()
        self.show_experiment(self.session.experiment)
        # Not on the whole application: every single event would then wait for the interpreter lock.
        application().focusChanged.connect(self.watch_focus)
        for view in self.views:
            view.installEventFilter(self)

    # Layout -------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Put everything in its place."""
        body = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        body.setObjectName("body")
        body.addWidget(self.controls())
        body.addWidget(self.layers)
        body.addWidget(self.pictures())
        body.setSizes([304, 320, 656])
        for place, stretch in enumerate((0, 0, 1)):
            body.setStretchFactor(place, stretch)
        self.transport.give_room(self.training.rows["training.learning_rate"])
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transport)
        column.addWidget(self.banner)
        column.addWidget(body, 1)
        self.setCentralWidget(middle)
        self.status.setObjectName("status")
        self.status.setAccessibleName("Status")
        self.status.setContentsMargins(theme.GRID, 0, 0, 0)
        self.statusBar().addWidget(self.status)
        self.statusBar().addWidget(self.diagnosis, 1)
        self.statusBar().setSizeGripEnabled(False)

    def controls(self) -> QWidget:
        """The left column: data above training, scrolling together."""
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.data)
        column.addWidget(self.training)
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        scroll.setMinimumWidth(288)
        return scroll

    def pictures(self) -> QWidget:
        """The right side: the boundary as large as it can be, curves and gradients below."""
        below = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        below.addWidget(self.curves)
        below.addWidget(self.gradients)
        below.setSizes([300, 356])
        pictures = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        pictures.addWidget(self.boundary)
        pictures.addWidget(below)
        pictures.setSizes([440, 240])
        pictures.setStretchFactor(0, 3)
        pictures.setStretchFactor(1, 1)
        return pictures

    def make_menus(self) -> None:
        """The menus, with every shortcut."""
        file = self.menuBar().addMenu("&File")
        self.add_action(file, "&Open experiment…", self.ask_open, QKeySequence.StandardKey.Open)
        presets = file.addMenu("&Presets")
        for name, path in preset_paths().items():
            self.add_action(presets, load(path).name, lambda checked=False, name=name: self.open_source(name))
        self.add_action(file, "&Save experiment as…", self.ask_save, QKeySequence.StandardKey.SaveAs)
        file.addSeparator()
        self.add_action(file, "&Quit", self.close, QKeySequence.StandardKey.Quit)
        edit = self.menuBar().addMenu("&Edit")
        self.undo_action = self.add_action(edit, "&Undo", self.session.undo, QKeySequence("Ctrl+Z"))
        self.redo_action = self.add_action(edit, "&Redo", self.session.redo, QKeySequence("Ctrl+Shift+Z"))
        self.redo_action.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        training = self.menuBar().addMenu("&Training")
        self.add_action(training, "&Play or pause", self.toggle, QKeySequence(Qt.Key.Key_Space))
        self.add_action(training, "One &step", self.session.step, QKeySequence("Ctrl+."))
        self.add_action(training, "One &epoch", self.session.epoch, QKeySequence("Ctrl+E"))
        self.add_action(training, "&Reset to the same weights", self.session.reset, QKeySequence("Ctrl+R"))
        self.add_action(training, "&New initial weights", self.session.reseed, QKeySequence("Ctrl+Shift+R"))
        view = self.menuBar().addMenu("&View")
        group = QActionGroup(self)
        for name in ("system", "light", "dark"):
            action = self.add_action(
                view, f"{name.capitalize()} colours", lambda _=False, n=name: self.theme_chosen.emit(n)
            )
            action.setCheckable(True)
            action.setData(name)
            group.addAction(action)
        self.theme_actions = group.actions()

    def add_action(self, menu: QMenu, text: str, slot: Callable[..., object], shortcut: Shortcut = None) -> QAction:
        """One entry of a menu."""
        action = QAction(text, self)
        if shortcut is not None:
            action.setShortcut(shortcut)
        action.triggered.connect(slot)
        menu.addAction(action)
        return action

    def connect_all(self) -> None:
        """Wire panels and views to the session."""
        session = self.session
        for panel in self.panels:
            panel.edited.connect(session.edit)
        session.experiment_changed.connect(self.show_experiment)
        session.undo_changed.connect(self.show_undo)
        session.reported.connect(self.show_report)
        session.refused.connect(self.banner.tell)
        session.failed.connect(self.banner.tell)
        session.pausing.connect(self.say_pausing)
        session.engine_refused.connect(self.say_engine_refused)
        self.diagnosis.accepted.connect(self.take_remedy)
        self.transport.play_toggled.connect(lambda on: session.play() if on else session.pause())
        self.transport.step_requested.connect(session.step)
        self.transport.epoch_requested.connect(session.epoch)
        self.transport.reset_requested.connect(session.reset)
        self.transport.reseed_requested.connect(session.reseed)
        self.transport.speed_changed.connect(session.set_speed)

    def use_kernels(self, kernels: Kernels) -> None:
        """Go over to the compiled engine when its kernels are ready. Closing the window ends their process."""
        self.kernels = kernels
        kernels.ready.connect(lambda: self.session.use_engine("compiled"))
        kernels.failed.connect(self.say_engine_refused)
        kernels.start()

    def ask_for_what_is_seen(self) -> None:
        """Have snapshots contain what the visible views show and nothing else."""
        seen = [] if self.isMinimized() else [view for view in self.views if view.isVisible()]
        self.session.set_wanted(together(view.wanted for view in seen))

    # Showing ------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Have every panel show the experiment that is in force."""
        for panel in self.panels:
            panel.show_experiment(experiment)
        self.setWindowTitle(f"{experiment.name} – {TITLE}" if experiment.name else TITLE)
        self.show_undo()

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
            self.say(f"Training goes on on the {snapshot.engine} engine.")
        self.engine = snapshot.engine
        for view in self.views:
            if view.isVisible():
                view.show_snapshot(snapshot)
        self.layers.show_snapshot(snapshot)
        self.transport.show_snapshot(snapshot)
        turned = report.running != self.running
        self.running = report.running
        self.transport.show_running(report.running)
        if turned or not report.running or time.monotonic() - self.told_at > TEXT_SECONDS:
            self.told_at = time.monotonic()
            self.write_status(report)
            self.diagnosis.show_finding(main_finding(snapshot))
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
            rate = self.session.experiment.training.learning_rate / 10
            self.banner.tell(
                report.snapshot.problem, (f"Set the learning rate to {rate:g}", lambda: self.set_learning_rate(rate))
            )
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

    def set_learning_rate(self, rate: float) -> None:
        """The remedy for a divergence."""
        experiment = self.session.experiment
        training = msgspec.structs.replace(experiment.training, learning_rate=rate)
        self.session.edit(msgspec.structs.replace(experiment, training=training), f"learning rate {rate:g}")

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

    # Events -------------------------------------------------------------------------------------------------

    def watch_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        """Look at the keys that the focused control gets, before it does."""
        if before is not None:
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
            if event.matches(QKeySequence.StandardKey.Undo) and isinstance(watched, QLineEdit):
                return not watched.isUndoAvailable()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files can be dropped anywhere."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first file that is dropped."""
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.open_source(files[0])

    def changeEvent(self, event: QEvent) -> None:
        """Nothing is seen of a minimised window."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.ask_for_what_is_seen()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the process and the thread before anything goes."""
        if self.kernels is not None:
            self.kernels.close()
        self.session.close()
        application().focusChanged.disconnect(self.watch_focus)
        super().closeEvent(event)


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
