"""The main window: assembles panels, pictures, docks, menus and messages, and owns what they work with.

What the session reports reaches the parts through `Presenter`; what they ask for reaches the session through `Wiring`.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QToolBar, QVBoxLayout, QWidget

from playground import Experiment
from playground.interop.opening import FIRST_PRESET, load_preset

from ..forms.layouts import tight
from ..look import theme
from ..look.zooming import zoom_parts
from ..session.compiling import Kernels
from ..session.jobs import finish_jobs
from ..session.session import Session
from ..shell.actions import Menus
from ..shell.docks import KeptLayout, SavedLayouts
from ..shell.figures import FiguresPage
from ..shell.focus import FocusMode
from ..shell.keys import FocusedKeys
from ..shell.palette import CommandPalette, PaletteCommand
from ..shell.shortcuts import ShortcutList
from ..shell.tab_order import move_focus
from ..shell.waiting import Waiting
from .actions import edit_menu, file_menu, help_menu, training_menu, view_menu
from .appearance import Appearance
from .autosave import Autosave
from .control_commands import ControlCommands
from .desk import Desk
from .documents import Documents
from .exports import Exports
from .finder import Finder
from .fitted_layout import FittedLayout, words_on_lost
from .gallery import Gallery
from .kept_look import KeptLook
from .layouts import LAYOUTS, STANDARD
from .left_off import LeftOff
from .looking_back import LookingBack
from .luck import HowLucky
from .others import OtherRuns
from .picture_saver import PictureSaver
from .presenter import Presenter
from .races import Races
from .remedies import Remedies
from .responses import Responses
from .runs import Runs
from .sharing import Sharing
from .tour import WindowTour
from .window_parts import WindowParts
from .wiring import Wiring

TITLE = "Neural Network Playground"
_TRACKS = "window/tracks"
"""Where the settings keep which tracks are hidden, and how high all are."""


class Window(QMainWindow):
    """The main window. It owns the session and closes it with itself."""

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
        self._layouts: dict[float, KeptLayout] = {}
        """A person's layouts by zoom, as long as nobody changes the last one."""
        self._enlarged = -1
        self._gave_way, self._lost = "", frozenset[str]()
        """What was said about the docks that had to give way to a zoom, and these."""
        self.parts = WindowParts()
        self.session = session or Session(experiment or load_preset(FIRST_PRESET))
        self.session.setParent(self)
        self.desk = Desk(self, self.session, self.settings)
        self._make_helpers()
        self.setAcceptDrops(True)
        self.setMinimumSize(960, 600)
        self._put_together()
        self.docks.arrange(STANDARD)
        self.has_layout = False
        """Whether the layout is one that a person had."""
        self.session.set_speed(self.parts.transport.speed)
        self._listen()

    def _make_helpers(self) -> None:
        """Make what lasts as long as the window, at every zoom."""
        desk, parts = self.desk, self.parts
        self.docks, self.messages = desk.docks, desk.messages
        self.appearance = Appearance(self)
        self.documents = Documents(desk)
        self.work = self.documents.work
        self.exports = Exports(desk, self.work)
        self.sharing = Sharing(desk, parts, self.documents)
        self.pictures = PictureSaver(desk, parts)
        self.controls = ControlCommands(desk)
        self.presenter = Presenter(desk, parts)
        self.responses = Responses(desk, parts)
        self.focus_mode = FocusMode(
            self.docks, lambda: {"Data": parts.data.rows, "Training": parts.training.rows}, self.settings
        )
        self.fitted_layout = FittedLayout(self.docks, self.focus_mode)
        self.races = Races(desk, parts, self.fitted_layout)
        self.remedies = Remedies(desk, self.presenter, self.responses)
        self.others = OtherRuns(desk, parts, self.responses)
        self.looking_back = LookingBack(desk, parts, self.others)
        self.luck = HowLucky(desk, parts, self.others, self.responses)
        self.runs = Runs(desk, parts, self.documents, self.others)
        self.wiring = Wiring(desk, parts, self.sharing, self.controls)
        look = KeptLook(desk, parts, self.work, self.wiring)
        self.autosave = Autosave(desk, self.documents, look)
        self.left_off = LeftOff(desk, self.documents, self.autosave, look)
        self.tour = WindowTour(desk, parts, self.responses, self.controls)
        self.layouts = SavedLayouts(self.docks, self.settings)
        self.keys = FocusedKeys(self.docks, lambda: parts.boundary)

    def _listen(self) -> None:
        self.session.undo_changed.connect(self._show_undo)
        self.presenter.words_shown.connect(self._show_title)
        self.work.changed.connect(self._show_title)
        self.documents.race_found.connect(self.races.open_document)
        for ending in (self.documents.begun, self.tour.finished):
            ending.connect(self.wiring.put_tool_down)
        self.autosave.keeping.connect(self._remember_layout)
        self.exports.running_changed.connect(lambda _: self.menus.refresh("export.cancel"))
        self.looking_back.changed.connect(lambda: self.menus.refresh("past.now", "past.return"))
        self.tour.changed.connect(lambda: self.menus.refresh("help.tour", "help.tour_next", "help.tour_again"))
        self._show_title()

    def _put_together(self) -> None:
        for name, content, tab in self.parts.in_docks():
            self.docks.add(name, content, tab, has_bar=content is self.parts.boundary)
        boundary = self.parts.boundary
        boundary.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        boundary.customContextMenuRequested.connect(lambda at: self.docks.offer("boundary", boundary.mapToGlobal(at)))
        self._add_bar()
        self.palette_of_commands = CommandPalette(self, self.commands)
        self._add_menus()
        self.wiring.connect_parts()
        self.presenter.adopt_parts()

    def _add_bar(self) -> None:
        top = QWidget()
        column = tight(QVBoxLayout(top), 0)
        column.addWidget(self.parts.transport)
        column.addWidget(self.messages.strip)
        bar = QToolBar("Transport")
        bar.setObjectName("bar")
        bar.setMovable(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.toggleViewAction().setVisible(False)
        bar.addWidget(top)
        self.addToolBar(bar)
        self.bar = bar

    def _add_menus(self) -> None:
        session, documents, sharing, pictures = self.session, self.documents, self.sharing, self.pictures
        self.menus = Menus(
            self,
            [
                file_menu(
                    documents,
                    self.autosave,
                    self.runs,
                    self.left_off,
                    sharing,
                    self.exports,
                    pictures,
                    self.open_gallery,
                    self.close,
                ),
                edit_menu(session, self.wiring, sharing, pictures, self.parts),
                training_menu(session, self.presenter, self.looking_back, self.races, self.luck, self.open_finder),
                view_menu(
                    self.docks,
                    self.layouts,
                    self.focus_mode,
                    self.appearance,
                    self.responses,
                    self._toggle_full_screen,
                    self.desk.say,
                ),
                help_menu(
                    self.palette_of_commands.open,
                    self.show_shortcuts,
                    self.tour,
                    self.show_figures,
                    self.desk.say,
                    self.desk.refuse,
                ),
            ],
        )

    def resume(self) -> None:
        """Return to the layout and the tracks at the end of the last run."""
        self.has_layout = self.layouts.resume(LAYOUTS)
        self.parts.tracks.arrange(self.settings.value(_TRACKS))

    def zoom_to(self, zoom: float) -> None:
        """Enlarge everything in place; coming back to a zoom brings back its layout, unless a person changed it."""
        before = theme.zoom()
        if zoom == before:
            return
        kept = self.docks.keep()
        self._layouts = self._layouts if self.docks.changes == self._enlarged else {}
        if kept.plan is None:
            self._layouts[before] = kept
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        # Painted once all parts have their new places, also if something goes wrong meanwhile.
        self.setUpdatesEnabled(False)
        try:
            theme.set_zoom(app, zoom, partial(zoom_parts, self))
            self.apply_theme()
            self.fitted_layout.suit()
            self._enlarged = self.docks.changes
        finally:
            QTimer.singleShot(0, self, partial(self._settle, kept.seen))

    def _settle(self, before: frozenset[str]) -> None:
        try:
            # All parts take their new sizes.
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
            back = self._layouts.get(theme.zoom())
            if back is not None and self.docks.changes == self._enlarged:
                self.docks.put_back(back)
            self.docks.dress_tabs()
            self._enlarged = self.docks.changes
            self.tour.follow_zoom()
        finally:
            # Once the docks in front are known.
            QTimer.singleShot(0, self, lambda: self._say_what_gave_way(before))

    def _say_what_gave_way(self, before: frozenset[str]) -> None:
        """Say which parts this zoom has no room for, and how they come back, as long as that is true."""
        self.setUpdatesEnabled(True)
        said, self._lost = self._gave_way, (self._lost | before) - self.docks.seen
        self._gave_way = words_on_lost(self._lost, self.docks)
        if self._gave_way != said and (self._gave_way or said in self.messages.strip.said.text):
            self.messages.add(self._gave_way)

    def _show_title(self) -> None:
        self.setWindowTitle(f"{self.work.name}[*] – {TITLE}")
        if self.work.modified != self.isWindowModified():
            # Qt tells all that listen, even if nothing is new.
            self.setWindowModified(self.work.modified)

    def _show_undo(self) -> None:
        self.menus.refresh("edit.undo", "edit.redo")

    def apply_theme(self) -> None:
        """Apply the current theme."""
        self.parts.apply_theme()

    def commands(self) -> list[PaletteCommand]:
        """Return everything that can be done now: the menus, and every setting with its choices."""
        self.parts.layers.complete()
        found = self.menus.commands()
        return [*found, *self.controls.commands(found), *self.races.commands()]

    def open_gallery(self) -> None:
        """Open the gallery of presets."""
        gallery = Gallery(self, self.documents.open, self.tour.words_for("gallery"))
        gallery.accepted.connect(self.keys.go_home)
        gallery.open()

    def open_finder(self) -> None:
        """Open the dialog that searches for good settings."""
        finder = Finder(self.session, self)
        finder.chosen.connect(self.session.open)
        finder.show()

    def show_shortcuts(self) -> None:
        """Open the list of shortcuts."""
        ShortcutList(self.menus.commands(every=True), self).open()

    def show_figures(self) -> None:
        """Open the page that says how each figure is computed."""
        page = FiguresPage(self)
        page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page.open()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def use_kernels(self, kernels: Kernels) -> None:
        """Use the compiled engine when its kernels are ready. Closing the window ends their process."""
        self.kernels = kernels
        kernels.ready.connect(lambda: self.session.use_engine("compiled"))
        kernels.failed.connect(self.presenter.say_engine_refused)
        kernels.start(self.session.experiment.precision)

    def setVisible(self, visible: bool) -> None:
        # Each dock that comes or goes would have all pictures asked for again.
        with self.docks.reported_together():
            super().setVisible(visible)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if event.spontaneous():
            return
        self.has_layout = True
        self.fitted_layout.suit()
        # Not the first button in the window, which the space bar would press instead of playing.
        self.parts.boundary.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.has_layout:
            self.fitted_layout.suit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        return move_focus(self.docks, forward)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.sharing.takes(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.sharing.take(event.mimeData())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.WindowStateChange:
            self.presenter.request_what_is_seen()
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.documents.may_close() and self.left_off.leave():
            self._close_parts()
            super().closeEvent(event)
        else:
            event.ignore()

    def _remember_layout(self) -> None:
        if not self.focus_mode.on:
            self.layouts.remember()
            self.settings.setValue(_TRACKS, self.parts.tracks.arrangement())

    def _close_parts(self) -> None:
        if self.focus_mode.on:
            self.focus_mode.toggle()
        self.races.leave()
        self._remember_layout()
        closing = (
            self.tour,
            self.pictures,
            self.autosave,
            self.exports,
            self.keys,
            self.responses,
            self.remedies,
            self.luck,
            self.runs,
        )
        for part in closing:
            part.close()
        for waiting in self.findChildren(Waiting):
            waiting.reject()
        finish_jobs(self)
        if self.kernels is not None:
            self.kernels.close()
        if self.session.parent() is self:
            self.session.close()
