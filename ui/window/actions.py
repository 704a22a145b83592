"""The table of actions, menu by menu. To add an action, add an entry here.

Menus, shortcuts, the command palette (Ctrl+K) and the list of shortcuts (F1) are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from playground.files.errors import reason_of
from playground.files.menu_entry import add_menu_entry, can_have_menu_entry, menu_entry_files, remove_menu_entry
from playground.interop.export.formats import FORMATS
from playground.interop.opening import RESOURCES, preset_titles
from playground.studies.variants import RACES

from ..look import theme
from ..panels.drawing.tools import TOOLS
from ..session.session import Session
from ..session.undo import Edit
from ..shell.actions import SEPARATOR, Action, Menu, MenuEntry, placeholder
from ..shell.docks import Docks, SavedLayouts
from ..shell.focus import FocusMode
from ..shell.tab_order import move_to_part
from .appearance import Appearance
from .autosave import Autosave, words_for
from .documents import Documents
from .exports import Exports
from .layouts import LAYOUTS
from .left_off import LeftOff
from .looking_back import LookingBack
from .luck import HowLucky
from .picture_saver import PictureSaver
from .presenter import Presenter
from .races import Races
from .responses import MAP, WHEN, Responses
from .runs import Runs
from .sharing import Sharing
from .tour import WindowTour
from .window_parts import WindowParts
from .wiring import Wiring

_STANDARD = QKeySequence.StandardKey
# Where + is a key, where it needs Shift, and where = is the key below it; French digits need Shift, or are à.
_LARGER = ("Ctrl++", "Ctrl+=", "Ctrl+Shift++", "Ctrl+Shift+=")
_SMALLER = ("Ctrl+-", "Ctrl+_", "Ctrl+Shift+-", "Ctrl+Shift+_")
_GO_ON = ("Ctrl+Return", "Ctrl+Enter")
_FOCUS_ON = "Focus mode is on: the panels chosen for it are hidden. F9 shows them again."
_USUAL_SIZE = ("Ctrl+0", "Ctrl+Shift+0", "Ctrl+À")


def file_menu(
    documents: Documents,
    autosave: Autosave,
    runs: Runs,
    left_off: LeftOff,
    sharing: Sharing,
    exports: Exports,
    pictures: PictureSaver,
    open_gallery: Callable[[], object],
    close: Callable[[], object],
) -> Menu:
    """Make the File menu: opening, saving, recovery, presets, imports and exports."""
    presets = [
        Action(f"preset.{name}", title, partial(documents.open, name)) for name, title in preset_titles().items()
    ]
    return Menu(
        "&File",
        [
            Action("file.new", "&New", documents.new, (_STANDARD.New,)),
            Action("file.open", "&Open…", documents.ask_open, (_STANDARD.Open,)),
            Menu("Open &recent", partial(_recent_files, documents)),
            Menu("Re&cover", partial(_recoverable_work, autosave), "Work from a session that ended unexpectedly."),
            Menu("&Kept runs", _kept_runs(runs), "Runs that have trained, kept when you reset them or open others."),
            Action("file.gallery", "&Presets…", open_gallery, ("Ctrl+G",)),
            Menu("Presets by &name", presets),
            SEPARATOR,
            Action("file.save", "&Save", documents.save, (_STANDARD.Save,)),
            Action("file.save_as", "Save &as…", documents.ask_save, ("Ctrl+Shift+S",)),
            SEPARATOR,
            Action("points.import", "&Import points (CSV)…", sharing.ask_import, ("Ctrl+I",)),
            Menu("&Export", _export_entries(exports)),
            Menu("Sa&ve a picture of", _picture_entries("picture.save", pictures, "…", pictures.ask_save)),
            Action("picture.animation", "Save training as an animated &GIF…", pictures.ask_animation),
            SEPARATOR,
            Action("file.resume", "Start &where I left off", left_off.toggle, checked=lambda: left_off.is_on),
            Action("file.quit", "&Quit", close, (_STANDARD.Quit,)),
        ],
    )


def _recent_files(documents: Documents) -> list[MenuEntry]:
    files: list[MenuEntry] = [
        Action("file.recent", path, partial(documents.open, path)) for path in documents.recent.paths()
    ]
    return files or [placeholder("file.recent", "No files yet")]


def _kept_runs(runs: Runs) -> list[MenuEntry]:
    return [
        Action("runs.show", "&Show kept runs", runs.show, ("Ctrl+H",)),
        Action("runs.restore", "&Bring back deleted runs", runs.restore, enabled=lambda: runs.can_restore),
        SEPARATOR,
        Action("runs.keep_on", "&Keep runs", runs.toggle_keeping, checked=lambda: runs.keeps),
        Action("runs.forget_all", "&Forget all runs…", runs.ask_to_forget, enabled=lambda: runs.keeper is not None),
    ]


def _recoverable_work(autosave: Autosave) -> list[MenuEntry]:
    found = autosave.found()
    if not found:
        return [placeholder("file.recover", "Nothing to recover")]
    return [
        *(Action("file.recover", words_for(one), partial(autosave.recover, one)) for one in found),
        SEPARATOR,
        Action("file.discard", "Discard all", lambda: [one.discard() for one in found]),
    ]


def _export_entries(exports: Exports) -> list[MenuEntry]:
    formats = [
        Action(f"export.{name}", f"{chosen.title} (*{chosen.suffix})…", partial(exports.ask, name))
        for name, chosen in FORMATS.items()
    ]
    cancel = Action("export.cancel", "Cancel the export", exports.cancel, enabled=lambda: exports.job is not None)
    return [*formats, SEPARATOR, cancel]


def _picture_entries(name: str, pictures: PictureSaver, dots: str, do: Callable[[str], object]) -> list[MenuEntry]:
    return [Action(f"{name}.{part}", f"{title}{dots}", partial(do, part)) for part, title in pictures.titles().items()]


def edit_menu(session: Session, wiring: Wiring, sharing: Sharing, pictures: PictureSaver, parts: WindowParts) -> Menu:
    """Make the Edit menu: undo, points and the clipboard."""
    tools = [
        Action(f"draw.{tool.name}", tool.label, partial(wiring.take_tool, tool.name), (tool.key,))
        for tool in TOOLS.values()
    ]
    return Menu(
        "&Edit",
        [
            Action(
                "edit.undo",
                lambda: _naming("Undo", session.history.done),
                session.undo,
                ("Ctrl+Z",),
                enabled=lambda: bool(session.history.done),
                repeats=True,
            ),
            Action(
                "edit.redo",
                lambda: _naming("Redo", session.history.undone),
                session.redo,
                ("Ctrl+Shift+Z", "Ctrl+Y"),
                enabled=lambda: bool(session.history.undone),
                repeats=True,
            ),
            SEPARATOR,
            Action("points.draw", "&Draw points", wiring.start_drawing, ("Ctrl+P",)),
            Menu("Drawing &tools", tools),
            Action("experiment.copy", "Copy the &experiment as text", sharing.copy_experiment, (_STANDARD.Copy,)),
            Action(
                "experiment.copy_link",
                "Copy as a &link to playground.tensorflow.org",
                sharing.copy_link,
                ("Ctrl+Shift+L",),
            ),
            Action("edit.paste", "&Paste an experiment, a link or points", sharing.paste, (_STANDARD.Paste,)),
            SEPARATOR,
            Action("points.copy", "&Copy all points as a table", parts.data.own_data.copy_points, ("Ctrl+Shift+C",)),
            Action("points.paste", "&Paste points from a table", parts.data.own_data.paste_points, ("Ctrl+Shift+V",)),
            SEPARATOR,
            Menu("Copy a p&icture of", _picture_entries("picture.copy", pictures, "", pictures.copy)),
        ],
    )


def _naming(word: str, edits: Sequence[Edit]) -> str:
    return f"{word} {edits[-1].label}" if edits else word


def training_menu(
    session: Session,
    presenter: Presenter,
    looking_back: LookingBack,
    races: Races,
    luck: HowLucky,
    find_settings: Callable[[], object],
) -> Menu:
    """Make the Training menu: the commands of the transport bar, races, other starts, the search for settings."""
    return Menu(
        "&Training",
        [
            Action("training.play", "&Play or pause", presenter.toggle, (QKeySequence(Qt.Key.Key_Space),)),
            Action("training.step", "One &step", session.step, ("Ctrl+.",), repeats=True),
            Action("training.epoch", "One &epoch", session.epoch, ("Ctrl+E",), repeats=True),
            Action("training.reset", "&Reset to the same weights", session.reset, ("Ctrl+R",)),
            Action("training.reseed", "&New initial weights", session.reseed, ("Ctrl+Shift+R",)),
            SEPARATOR,
            Action("past.now", "Back to no&w", looking_back.leave, ("Ctrl+End",), enabled=lambda: looking_back.is_back),
            Action("past.branch", "&Branch at the moment shown", looking_back.branch, ("Ctrl+Shift+B",)),
            Action(
                "past.return",
                "Return to the run before the branc&h",
                looking_back.return_to_other_future,
                enabled=lambda: looking_back.has_other_future,
            ),
            SEPARATOR,
            Menu("Ra&ce", _race_entries(races), "Variants side by side, while the run waits."),
            Action(
                "train.luck",
                "How &lucky? Compare with other starts",
                luck.button.click,
                enabled=luck.button.isEnabled,
                checked=luck.button.isChecked,
            ),
            Action("train.find", "&Find good settings…", find_settings, ("Ctrl+Shift+F",)),
        ],
    )


def _race_entries(races: Races) -> list[MenuEntry]:
    classic = [Action(f"race.{race.name}", race.title, partial(races.start_classic, race.name)) for race in RACES]
    return [
        *classic,
        SEPARATOR,
        Action("race.reopen", "&Back to the race", races.reopen, enabled=lambda: races.can_reopen),
        Action("race.close", "&Close the race", races.close, enabled=lambda: races.is_open),
    ]


def view_menu(
    docks: Docks,
    layouts: SavedLayouts,
    focus_mode: FocusMode,
    appearance: Appearance,
    responses: Responses,
    toggle_full_screen: Callable[[], object],
    say: Callable[[str], object],
) -> Menu:
    """Make the View menu: panels, layouts, focus mode, zoom and colours."""
    shown = {name: dock.toggleViewAction() for name, dock in docks.docks.items()}
    panels = [
        Action(f"panel.{name}", action.text(), action.trigger, (), action.isEnabled, action.isChecked)
        for name, action in shown.items()
    ]
    places: list[MenuEntry] = [
        Action("go_to.next", "Next part of the window", partial(move_to_part, docks, True), ("F6",), repeats=True),
        Action("go_to.previous", "Previous part", partial(move_to_part, docks, False), ("Shift+F6",), repeats=True),
        SEPARATOR,
    ]
    places += [
        Action(f"go_to.{name}", action.text(), partial(docks.go_to, name), (f"Ctrl+{place}",) if place < 10 else ())
        for place, (name, action) in enumerate(shown.items(), start=1)
    ]

    def controls_are_open() -> bool:
        return docks.controls_are_open

    def focus_is_on() -> bool:
        return focus_mode.on

    def toggle_focus() -> None:
        focus_mode.toggle()
        # What it hides may be out of sight anyway.
        say(_FOCUS_ON if focus_mode.on else "Focus mode is off.")

    return Menu(
        "&View",
        [
            Menu("&Panels", panels),
            Menu("&Go to", places),
            Action("view.controls", "&Controls", docks.toggle_controls, ("Ctrl+B",), checked=controls_are_open),
            Menu("&Layouts", partial(_layout_entries, docks, layouts)),
            SEPARATOR,
            Action("view.focus", "&Focus mode for the classroom", toggle_focus, ("F9",), checked=focus_is_on),
            Action("view.focus_choice", "What focus mode &hides…", focus_mode.choose),
            Action("view.full_screen", "Full &screen", toggle_full_screen, ("F11",)),
            Menu("&Zoom", _size_entries(appearance)),
            Menu("Other &runs", _response_entries(responses)),
            SEPARATOR,
            *_theme_entries(appearance),
        ],
    )


def _layout_entries(docks: Docks, layouts: SavedLayouts) -> list[MenuEntry]:
    saved = layouts.names()
    entries: list[MenuEntry] = [
        *(Action("layout.arrange", plan.name, partial(docks.arrange, plan)) for plan in LAYOUTS),
        SEPARATOR,
        *(Action("layout.use", name, partial(layouts.use, name)) for name in saved),
        Action("layout.save", "Save this layout…", layouts.ask_name),
    ]
    if saved:
        forget = [Action("layout.forget", name, partial(layouts.remove, name)) for name in saved]
        entries.append(Menu("Delete a layout", forget))
    return entries


def _response_entries(responses: Responses) -> list[MenuEntry]:
    def entry(when: str, words: str) -> Action:
        return Action(
            f"responses.{when}",
            words,
            lambda: responses.choose_when(when),
            checked=lambda: responses.when == when,
            group="responses",
        )

    def files(what: str, name: Callable[[], str], knows: Callable[[], bool]) -> list[MenuEntry]:
        copy, save = (lambda: responses.files.copy_line(name())), (lambda: responses.files.ask_save(name()))
        return [
            Action(f"responses.copy_{what}", f"Copy the {what} as a command", copy, enabled=knows),
            Action(f"responses.save_{what}", f"Save the {what}'s numbers (CSV)…", save, enabled=knows),
        ]

    return [
        *(entry(when, words) for when, words in WHEN.items()),
        SEPARATOR,
        *files("response", lambda: responses.path, lambda: responses.view.reading is not None),
        *files("map", lambda: MAP, lambda: responses.map.reading is not None),
    ]


def _size_entries(appearance: Appearance) -> list[MenuEntry]:
    def entry(size: float) -> Action:
        return Action(
            f"size.{100 * size:.0f}",
            f"{100 * size:.0f} %",
            lambda: appearance.size_chosen.emit(size),
            keys=_USUAL_SIZE if size == 1 else (),
            checked=lambda: theme.zoom() == size,
            group="size",
        )

    return [
        *(entry(size) for size in theme.ZOOMS),
        Action("size.larger", "Larger", partial(appearance.resize, 1), _LARGER, repeats=True),
        Action("size.smaller", "Smaller", partial(appearance.resize, -1), _SMALLER, repeats=True),
    ]


def _theme_entries(appearance: Appearance) -> list[MenuEntry]:
    def entry(name: str) -> Action:
        return Action(
            f"theme.{name}",
            f"{name.capitalize()} colours",
            lambda: appearance.theme_chosen.emit(name),
            checked=lambda: appearance.theme == name,
            group="theme",
        )

    return [entry(name) for name in ("system", "light", "dark")]


def help_menu(
    find_command: Callable[[], object],
    show_shortcuts: Callable[[], object],
    tour: WindowTour,
    show_figures: Callable[[], object],
    say: Callable[[str], object],
    refuse: Callable[[str], object],
) -> Menu:
    """Make the Help menu: commands, shortcuts, the tour, and how figures are computed."""
    return Menu(
        "&Help",
        [
            Action("help.find", "&Find a command…", find_command, ("Ctrl+K",)),
            Action("help.shortcuts", "&Shortcuts and gestures", show_shortcuts, (QKeySequence(Qt.Key.Key_F1),)),
            Action("help.tour", tour.words, tour.start),
            Action(
                "help.tour_next", "&Next stop of the tour", tour.go_on, _GO_ON, enabled=lambda: tour.shown is not None
            ),
            Action(
                "help.tour_again", "Take the tour from the &beginning", tour.start_over, enabled=lambda: tour.at > 0
            ),
            Action("help.figures", "&How do you know?", show_figures),
            *_menu_entry_actions(say, refuse),
        ],
    )


def _menu_entry_actions(say: Callable[[str], object], refuse: Callable[[str], object]) -> list[MenuEntry]:
    if not can_have_menu_entry():
        return []

    def change() -> None:
        try:
            if menu_entry_files():
                remove_menu_entry()
                say("The playground is no longer in the applications menu.")
            else:
                add_menu_entry(RESOURCES / "icon.svg")
                say("The playground is in the applications menu; double-clicking a .playground file opens it.")
        except OSError as error:
            refuse(f"The applications menu could not be changed: {reason_of(error)}.")

    def wording() -> str:
        return "Remove from &applications menu" if menu_entry_files() else "Add to &applications menu"

    return [SEPARATOR, Action("help.menu_entry", wording, change)]
