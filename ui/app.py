"""The application: reads the window's options, sets up Qt, and opens the window.

Nothing of Qt is imported before the options are known to be good.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from playground import InputError
from playground.catalog.choice import listing
from playground.cli.commands import BAD_INPUT, COMMANDS, Parser, add_set_option
from playground.cli.commands import main as run_command
from playground.cli.terminal import check_outputs, near_command, number_option
from playground.experiment.quantity import Quantity
from playground.files.places import (
    PROGRAM_ID,
    PROGRAM_NAME,
    kept_runs_path,
    kept_work_path,
    program_version,
    running_name,
    settings_path,
)
from playground.interop.opening import FIRST_PRESET, RESOURCES, Opened, open_source

if TYPE_CHECKING:
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from .window.window import Window

_PICTURE_SIZE = 1280, 800
"""The size of a picture of the window where none is asked for."""
_NO_DISPLAY = 3
"""The exit code when there is no display to open a window on."""
_FRAME_MILLISECONDS = 100
"""How long the first frame may take to be painted once the window is shown; a timer of 0 would run out before that."""
_SECONDS = number_option(Quantity(False, 0, 86_400), "a number of seconds from 0 to 86,400")


def _parser() -> Parser:
    result = Parser(
        running_name(),
        description="Open the playground's window, or run a command without one.",
        epilog=f"commands, each with --help: {listing(COMMANDS)}",
    )
    result.add_argument("--version", action="version", version=f"{PROGRAM_NAME} {program_version()}")
    result.add_argument("--schema", action="store_true", help="print the JSON schema of experiment files")
    result.add_argument(
        "experiment",
        nargs="?",
        metavar="EXPERIMENT",
        help="an experiment file, a document, a table, a preset, or a link (default: where you left off)",
    )
    add_set_option(result)
    result.add_argument(
        "--screenshot", metavar="P.png", help="train for a while, save a screenshot of the window, and quit"
    )
    result.add_argument(
        "--seconds",
        type=_SECONDS,
        default=5.0,
        metavar="S",
        help="how long to train before the screenshot (default: 5)",
    )
    result.add_argument(
        "--size", type=_size, metavar="WxH", help="size of the window (default: as large as fits the screen)"
    )
    result.add_argument(
        "--theme", choices=["light", "dark"], help="colours (default: those chosen in the menu, else the system's)"
    )
    return result


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT, as in 1280x800 (got {text!r})")
    return int(match[1]), int(match[2])


def main(argv: Sequence[str]) -> int:
    """Open the window, or save a screenshot of it; return the exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.schema:
        return run_command(["describe", "--schema"])
    arguments.resumes = arguments.experiment is None and not arguments.set
    arguments.experiment = arguments.experiment or FIRST_PRESET
    try:
        check_outputs({"--screenshot": (arguments.screenshot, ".png")}, {"EXPERIMENT": arguments.experiment})
        found = open_source(arguments.experiment, arguments.set)
    except InputError as error:
        near = near_command(arguments.experiment, COMMANDS) if error.path == "EXPERIMENT" else ""
        print(f"{running_name()}: {error}{near}", file=sys.stderr)
        return BAD_INPUT
    if _lacks_display():
        if not arguments.screenshot:
            print(
                f"There is no display for a window; this works without one: {running_name()} train spiral --epochs 100",
                file=sys.stderr,
            )
            return _NO_DISPLAY
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    return _run(found, arguments)


def _lacks_display() -> bool:
    """Whether a window has nowhere to open (Linux without X11 or Wayland)."""
    wayland_or_x11 = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform.startswith("linux") and not wayland_or_x11 and "QT_QPA_PLATFORM" not in os.environ


def _import_quickly() -> None:
    """Keep PySide from reading the source of every module imported from now on in search of its own name.

    It decides so which modules may have their names of methods changed, which nobody asks for here.
    """
    # The package that has the module below.
    import PySide6  # noqa: F401

    with suppress(ImportError):
        feature = import_module("shibokensupport.feature")
        feature._mod_uses_pyside = lambda module: True  # type: ignore[attr-defined]


def _run(found: Opened, arguments: argparse.Namespace) -> int:
    _import_quickly()
    from PySide6.QtCore import QSettings, Qt, QTimer
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication, QLayout

    from .guard import faults
    from .look import theme

    app = QApplication([sys.argv[0]])
    app.setApplicationName(PROGRAM_NAME)
    app.setOrganizationName(PROGRAM_ID)
    app.setDesktopFileName(PROGRAM_ID)
    app.setWindowIcon(QIcon(str(RESOURCES / "icon.svg")))
    caught = faults.catch_faults()
    if not sys.platform.startswith("linux"):
        # A file there too, instead of a registry, which `remove-files` could not see.
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        folder = settings_path().parents[1]
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    settings = QSettings()
    chosen = arguments.theme or str(settings.value("theme", "system"))
    theme.apply(app, _resolved_theme(app, chosen), 1.0 if arguments.screenshot else _stored_zoom(settings))

    from .guard.garbage import Collector
    from .session.compiling import Kernels
    from .window.layouts import opening_size
    from .window.window import Window

    Collector(app)
    window = Window(found.experiment, settings=settings)
    # Queued, because a fault can arise while the window is being painted.
    caught.happened.connect(window.desk.tell, Qt.ConnectionType.QueuedConnection)
    if arguments.size or arguments.screenshot:
        window.resize(*(arguments.size or _PICTURE_SIZE))
    else:
        window.resize(opening_size(app.primaryScreen().availableSize()))
    window.appearance.theme = chosen

    def choose(name: str) -> None:
        settings.setValue("theme", name)
        window.appearance.theme = name
        theme.apply(app, _resolved_theme(app, name), theme.zoom())
        window.apply_theme()

    def resize(zoom: float) -> None:
        settings.setValue("size", zoom)
        window.zoom_to(zoom)

    window.appearance.theme_chosen.connect(choose)
    window.appearance.size_chosen.connect(resize)
    app.styleHints().colorSchemeChanged.connect(
        lambda: choose("system") if str(settings.value("theme", "system")) == "system" else None
    )
    if not arguments.screenshot:
        window.resume()
    window.show()
    # What was set differently is no file yet.
    window.documents.start_with("" if arguments.set else arguments.experiment, found)
    if not arguments.screenshot:
        window.documents.careful = True
        window.left_off.begin(kept_work_path(), resumes=arguments.resumes)
        window.runs.begin(kept_runs_path())
    # After the first frame: the process would only slow it down.
    QTimer.singleShot(_FRAME_MILLISECONDS, window, lambda: window.use_kernels(Kernels(window)))
    if arguments.screenshot:
        # The picture has the size that was asked for, whatever the window would rather have.
        window.setMinimumSize(0, 0)
        layout = window.layout()
        if layout is not None:
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        window.resize(*(arguments.size or _PICTURE_SIZE))
        return _take_picture(app, window, Path(arguments.screenshot), arguments.seconds)
    window.tour.offer()
    return int(app.exec())


def _stored_zoom(settings: QSettings) -> float:
    from .look.theme import ZOOMS

    zoom = settings.value("size", 1.0)
    return next((known for known in ZOOMS if str(zoom) == str(known)), 1.0)


def _resolved_theme(app: QApplication, name: str) -> str:
    from PySide6.QtCore import Qt

    if name in ("light", "dark"):
        return name
    return "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


def _take_picture(app: QApplication, window: Window, path: Path, duration: float) -> int:
    window.wiring.set_speed(None)
    window.session.play()
    deadline = time.monotonic() + duration
    while time.monotonic() < deadline or window.session.report is None:
        app.processEvents()
        time.sleep(0.002)
    window.session.pause()
    # What was measured while training ran is not of its last moment.
    paused = window.session.ask(lambda trainer: None)
    while not paused.is_there or window.session.report.running:
        app.processEvents()
        time.sleep(0.002)
    picture = window.grab()
    window.close()
    if not picture.save(str(path), "PNG"):
        print(f"{running_name()}: --screenshot: {path} could not be written", file=sys.stderr)
        return 1
    return 0
