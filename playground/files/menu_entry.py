"""The program's place in a Linux desktop: an entry in the applications menu, an icon, and the type of its documents.

All of it lies in the user's own data folder (freedesktop.org's Desktop Entry, Icon Theme and Shared MIME-info
specifications), so that it can be added and removed without administrator rights.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from playground.files.atomic import write_atomically
from playground.files.places import PROGRAM_ID, PROGRAM_NAME, shared_data_path

_MIME_TYPE = f"application/x-{PROGRAM_ID}"
_REFRESH = (("update-desktop-database", "applications"), ("update-mime-database", "mime"))
"""Programs that update the desktop at once, each with its folder; without them it updates at the next login."""


def menu_entry_files() -> list[Path]:
    """The files of the menu entry that exist."""
    return [path for path in _contents(Path()) if path.exists()]


def can_have_menu_entry() -> bool:
    """Whether this system has menus as freedesktop.org specifies them."""
    return sys.platform.startswith("linux")


def add_menu_entry(icon: Path) -> None:
    """Add the program to the applications menu, with an icon (SVG) and the type of its documents. Raises OSError."""
    for path, content in _contents(icon).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.encode())
    _tell_the_desktop()


def remove_menu_entry() -> None:
    """Remove the program from the applications menu. Raises OSError."""
    for path in menu_entry_files():
        path.unlink(missing_ok=True)
    _tell_the_desktop()


def _contents(icon: Path) -> dict[Path, str]:
    """The content of each file of the menu entry, by path; the icon is read only if `icon` is not an empty path."""
    base = shared_data_path()
    picture = icon.read_text("utf-8") if icon.name else ""
    return {
        base / "applications" / f"{PROGRAM_ID}.desktop": _desktop_entry(),
        base / "icons" / "hicolor" / "scalable" / "apps" / f"{PROGRAM_ID}.svg": picture,
        base / "icons" / "hicolor" / "scalable" / "mimetypes" / f"{_MIME_TYPE.replace('/', '-')}.svg": picture,
        base / "mime" / "packages" / f"{PROGRAM_ID}.xml": _file_type(),
    }


def _desktop_entry() -> str:
    return "\n".join(
        [
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.5",
            f"Name={PROGRAM_NAME}",
            "Comment=Turn every knob of a neural network and see what it does",
            f"Exec={' '.join(map(_quote, start_command()))} %f",
            f"Icon={PROGRAM_ID}",
            "Terminal=false",
            "Categories=Education;Science;ArtificialIntelligence;",
            f"MimeType={_MIME_TYPE};",
            "",
        ]
    )


def start_command() -> list[str]:
    """The command that starts the window of this installation from any folder."""
    script = Path(sys.argv[0]).resolve()
    if script.name == "main.py":
        return [sys.executable, str(script)]
    window = script.with_name("playground-window")
    return [str(window)] if window.exists() else [sys.executable, "-m", "playground"]


def _quote(argument: str) -> str:
    """Quote an argument for an `Exec` line, where blanks, quotes and per cent signs have meanings."""
    argument = argument.replace("%", "%%")
    if argument.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum():
        return argument
    # Quoting escapes these four characters; the string then doubles every backslash.
    for sign in ("\\", '"', "`", "$"):
        argument = argument.replace(sign, f"\\{sign}")
    return '"' + argument.replace("\\", "\\\\") + '"'


def _file_type() -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{_MIME_TYPE}">
    <comment>Neural network training</comment>
    <icon name="{_MIME_TYPE.replace("/", "-")}"/>
    <glob pattern="*.playground"/>
  </mime-type>
</mime-info>
"""


def _tell_the_desktop() -> None:
    for program, folder in _REFRESH:
        found, target = shutil.which(program), shared_data_path() / folder
        if found is not None and target.is_dir():
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run([found, str(target)], capture_output=True, timeout=20, check=False)
