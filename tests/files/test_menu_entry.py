"""The entry in the applications menu: complete, well-formed, and gone without a trace when it is removed."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from playground.files.menu_entry import add_menu_entry, menu_entry_files, remove_menu_entry, start_command
from playground.interop.opening import RESOURCES

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="menus of this kind are Linux's")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def entry(data: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(data / "applications" / "neural-network-playground.desktop", "utf-8")
    return dict(parser["Desktop Entry"])


def test_it_is_added_and_removed_without_a_trace(data: Path) -> None:
    assert menu_entry_files() == []
    add_menu_entry(RESOURCES / "icon.svg")
    assert len(menu_entry_files()) == 4
    assert ET.parse(data / "icons/hicolor/scalable/apps/neural-network-playground.svg").getroot().tag.endswith("svg")
    remove_menu_entry()
    # What the desktop makes of all entries is its own.
    assert not [path for path in data.rglob("*neural-network-playground*") if path.is_file()]


def test_it_starts_this_program_with_a_file_and_owns_its_documents(data: Path) -> None:
    add_menu_entry(RESOURCES / "icon.svg")
    fields = entry(data)
    kind = fields["MimeType"].rstrip(";")
    described = ET.parse(data / "mime/packages/neural-network-playground.xml").getroot()
    (declared,) = list(described)
    assert declared.get("type") == kind
    assert [part.get("pattern") for part in declared if part.tag.endswith("glob")] == ["*.playground"]
    assert fields["Exec"].endswith(" %f") and fields["Terminal"] == "false"


@pytest.mark.parametrize("folder", ["plain", "with blanks", 'quote"d', "dollar$", "back\\slash", "50%"])
def test_its_command_survives_odd_folders(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    script = tmp_path / folder / "main.py"
    script.parent.mkdir()
    script.write_text("")
    monkeypatch.setattr(sys, "argv", [str(script)])
    add_menu_entry(RESOURCES / "icon.svg")
    # The value of a string: escapes of backslashes first, then quotes, then per cent signs.
    line = entry(data)["Exec"].replace("\\\\", "\\").replace("\\$", "$")
    assert (
        [part.replace("%%", "%") for part in shlex.split(line)][:-1] == start_command() == [sys.executable, str(script)]
    )


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-validate")
def test_the_desktop_s_own_check_accepts_it(data: Path) -> None:
    add_menu_entry(RESOURCES / "icon.svg")
    path = data / "applications" / "neural-network-playground.desktop"
    subprocess.run(["desktop-file-validate", str(path)], check=True, capture_output=True)
