"""The menus, with every shortcut. What they offer is done by the window and its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from playground import load
from playground.interop.export.formats import FORMATS
from playground.interop.opening import preset_paths
from ui.look import theme
from ui.session.undo import Edit
from ui.window.autosave import words_for
from ui.window.layouts import PLANS

if TYPE_CHECKING:
    from ui.window.window import Window

Shortcut: TypeAlias = QKeySequence | QKeySequence.StandardKey | str | None


class Menus(QObject):
    """The menus of a window. They own their actions, which go with them."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.all: list[QMenu] = []
        self.make_file_menu()
        self.make_edit_menu()
        self.make_training_menu()
        self.make_view_menu()
        self.make_help_menu()

    def remove(self) -> None:
        """Take the menus out of the window."""
        self.window.menuBar().clear()
        for part in (*self.all, self):
            part.deleteLater()

    # What is in force ---------------------------------------------------------------------------------------

    def mark_chosen(self, theme_name: str) -> None:
        """Check the entries for the theme and the size in force."""
        for action in self.themes:
            action.setChecked(action.data() == theme_name)
        for action in self.sizes:
            action.setChecked(action.data() == theme.size())

    def show_undo(self, done: Sequence[Edit], undone: Sequence[Edit]) -> None:
        """Name what undo and redo would do."""
        for action, word, edits in ((self.undo, "Undo", done), (self.redo, "Redo", undone)):
            action.setEnabled(bool(edits))
            action.setText(f"{word} {edits[-1].label}" if edits else word)

    # The menus ------------------------------------------------------------------------------------------------

    def make_file_menu(self) -> None:
        """What comes from files and goes into them."""
        menu, sharing, documents = self.add_menu("&File"), self.window.sharing, self.window.documents
        self.add(menu, "&New", documents.new, QKeySequence.StandardKey.New)
        self.add(menu, "&Open…", documents.ask_open, QKeySequence.StandardKey.Open)
        recent = self.add_submenu(menu, "Open &recent")
        recent.aboutToShow.connect(lambda: self.fill_recent(recent))
        self.fill_recent(recent)
        lost = self.add_submenu(menu, "Re&cover")
        lost.setToolTip("Work of a run that ended unexpectedly.")
        lost.aboutToShow.connect(lambda: self.fill_recoverable(lost))
        self.fill_recoverable(lost)
        presets = self.add_submenu(menu, "&Presets")
        for name, path in preset_paths().items():
            self.add(presets, load(path).name, partial(documents.open_carefully, name))
        menu.addSeparator()
        self.add(menu, "&Save", documents.save, QKeySequence.StandardKey.Save)
        self.add(menu, "Save &as…", documents.ask_save, "Ctrl+Shift+S")
        menu.addSeparator()
        self.add(menu, "&Import points (CSV)…", sharing.ask_import, "Ctrl+I")
        exports = self.add_submenu(menu, "&Export")
        for name, chosen in FORMATS.items():
            self.add(exports, f"{chosen.title} (*{chosen.suffix})…", partial(self.window.exports.ask, name))
        exports.addSeparator()
        self.cancel_export = self.add(exports, "Cancel the export", self.window.exports.cancel)
        self.cancel_export.setEnabled(self.window.exports.job is not None)
        self.window.exports.running_changed.connect(self.cancel_export.setEnabled)
        self.add_pictures(menu, "Sa&ve a picture of", "…", self.window.pictures.ask_save)
        self.add(menu, "Training as an animated &GIF…", self.window.pictures.ask_animation)
        menu.addSeparator()
        self.add(menu, "&Quit", self.window.close, QKeySequence.StandardKey.Quit)

    def add_pictures(self, menu: QMenu, title: str, dots: str, do: Callable[[str], object]) -> None:
        """An entry for every part of the window there can be a picture of."""
        parts = self.add_submenu(menu, title)
        for name, part in self.window.pictures.titles().items():
            self.add(parts, f"{part}{dots}", partial(do, name))

    def fill_recent(self, menu: QMenu) -> None:
        """The files that were opened and saved last."""
        self.empty(menu)
        documents = self.window.documents
        for path in documents.recent():
            self.add(menu, path, partial(documents.open_carefully, path))
        if menu.isEmpty():
            self.add(menu, "No files yet", lambda: None).setEnabled(False)

    def fill_recoverable(self, menu: QMenu) -> None:
        """What runs that ended unexpectedly have left."""
        self.empty(menu)
        autosave = self.window.autosave
        found = autosave.found()
        for one in found:
            self.add(menu, words_for(one), partial(autosave.recover_carefully, one))
        if found:
            menu.addSeparator()
            self.add(menu, "Discard all of it", lambda: [one.discard() for one in found])
        else:
            self.add(menu, "Nothing to recover", lambda: None).setEnabled(False)

    def empty(self, menu: QMenu) -> None:
        """Take everything out of a menu."""
        for action in menu.actions():
            action.deleteLater()
        menu.clear()

    def make_edit_menu(self) -> None:
        """Undo, and points."""
        menu, window = self.add_menu("&Edit"), self.window
        self.undo = self.add(menu, "&Undo", window.session.undo, "Ctrl+Z")
        self.redo = self.add(menu, "&Redo", window.session.redo, "Ctrl+Shift+Z")
        self.redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        menu.addSeparator()
        self.add(menu, "&Draw points", window.start_drawing, "Ctrl+P")
        self.add(menu, "Copy the &experiment as text", window.sharing.copy_experiment, QKeySequence.StandardKey.Copy)
        self.add(menu, "Copy as a &link to playground.tensorflow.org", window.sharing.copy_link, "Ctrl+Shift+L")
        self.add(menu, "&Paste an experiment, a link or points", window.sharing.paste, QKeySequence.StandardKey.Paste)
        menu.addSeparator()
        self.add(menu, "&Copy all points as cells", window.data.copy_points, "Ctrl+Shift+C")
        self.add(menu, "&Paste points from cells", window.data.paste_points, "Ctrl+Shift+V")
        menu.addSeparator()
        self.add_pictures(menu, "Copy a p&icture of", "", window.pictures.copy)

    def make_training_menu(self) -> None:
        """What the bar at the top does."""
        menu, session = self.add_menu("&Training"), self.window.session
        self.add(menu, "&Play or pause", self.window.toggle, QKeySequence(Qt.Key.Key_Space))
        self.add(menu, "One &step", session.step, "Ctrl+.")
        self.add(menu, "One &epoch", session.epoch, "Ctrl+E")
        self.add(menu, "&Reset to the same weights", session.reset, "Ctrl+R")
        self.add(menu, "&New initial weights", session.reseed, "Ctrl+Shift+R")

    def make_view_menu(self) -> None:
        """Panels, their layouts, focus mode, sizes and colours."""
        menu, window = self.add_menu("&View"), self.window
        panels, places = self.add_submenu(menu, "&Panels"), self.add_submenu(menu, "&Go to")
        for place, (name, action) in enumerate(window.docks.actions(), start=1):
            panels.addAction(action)
            keys = f"Ctrl+{place}" if place < 10 else None
            self.add(places, action.text(), partial(window.go_to, name), keys)
        layouts = self.add_submenu(menu, "&Layouts")
        layouts.aboutToShow.connect(lambda: self.fill_layouts(layouts))
        self.fill_layouts(layouts)
        menu.addSeparator()
        self.focus = self.add(menu, "&Focus mode for the classroom", window.focus_mode.toggle, "F9")
        self.focus.setCheckable(True)
        self.add(menu, "What focus mode &hides…", window.focus_mode.choose)
        self.add(menu, "Full &screen", window.toggle_full_screen, "F11")
        sizes = self.add_submenu(menu, "&Size of everything")
        values = [(f"{100 * size:.0f} %", size) for size in theme.SIZES]
        self.sizes = self.add_exclusive(sizes, values, window.size_chosen.emit)
        self.add(sizes, "Larger", partial(window.resize_everything, 1), "Ctrl+=")
        self.add(sizes, "Smaller", partial(window.resize_everything, -1), "Ctrl+-")
        menu.addSeparator()
        colours = [(f"{name.capitalize()} colours", name) for name in ("system", "light", "dark")]
        self.themes = self.add_exclusive(menu, colours, window.theme_chosen.emit)

    def make_help_menu(self) -> None:
        """Where to find everything else."""
        menu, window = self.add_menu("&Help"), self.window
        self.add(menu, "&Find a command…", window.palette_of_commands.open, "Ctrl+K")
        self.add(menu, "&Shortcuts and gestures", window.show_shortcuts, QKeySequence(Qt.Key.Key_F1))
        self.add(menu, "Take the &tour", window.start_tour)

    def fill_layouts(self, menu: QMenu) -> None:
        """The layouts that come with the program and those a person saved."""
        self.empty(menu)
        docks, layouts = self.window.docks, self.window.layouts
        for plan in PLANS:
            self.add(menu, plan.name, partial(docks.arrange, plan))
        menu.addSeparator()
        for name in layouts.names():
            self.add(menu, name, partial(layouts.use, name))
        self.add(menu, "Save this layout…", partial(layouts.ask_name, self.window))
        if layouts.names():
            forget = self.add_submenu(menu, "Forget a layout")
            for name in layouts.names():
                self.add(forget, name, partial(layouts.remove, name))

    # Their parts ----------------------------------------------------------------------------------------------

    def add_menu(self, title: str) -> QMenu:
        """A menu of the bar."""
        menu = QMenu(title, self.window)
        self.window.menuBar().addMenu(menu)
        self.all.append(menu)
        return menu

    def add_submenu(self, menu: QMenu, title: str) -> QMenu:
        """A menu in a menu."""
        inner = QMenu(title, menu)
        menu.addMenu(inner)
        return inner

    def add(self, menu: QMenu, text: str, slot: Callable[[], object], shortcut: Shortcut = None) -> QAction:
        """One entry of a menu."""
        action = QAction(text, self)
        if shortcut is not None:
            action.setShortcut(shortcut)
        # Without what it would be told: whether a check mark is set.
        action.triggered.connect(lambda: slot())
        menu.addAction(action)
        return action

    def add_exclusive(
        self, menu: QMenu, entries: Sequence[tuple[str, Any]], choose: Callable[[Any], object]
    ) -> list[QAction]:
        """Entries of which one is in force."""
        group = QActionGroup(self)
        for text, value in entries:
            action = self.add(menu, text, partial(choose, value))
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
        return group.actions()
