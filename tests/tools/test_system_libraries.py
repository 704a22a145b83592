"""The check for system libraries: what it reads and what it asks for, and that its list is complete."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import system_libraries
from tools.system_libraries import (
    PACKAGES,
    advice,
    has_font,
    install_command,
    missing_in_ldd_output,
    missing_libraries,
    packages_for,
    platform_plugins,
    qt_files,
)

LDD_OUTPUT = """\
/env/PySide6/Qt/plugins/platforms/libqxcb.so:
\tlinux-vdso.so.1 (0x00007ffd3a5c8000)
\tlibQt6Gui.so.6 => /env/PySide6/Qt/plugins/platforms/../../lib/libQt6Gui.so.6 (0x00007f2b5d000000)
\tlibxcb-cursor.so.0 => not found
\tlibGL.so.1 => /lib/x86_64-linux-gnu/libGL.so.1 (0x00007f2b5cf00000)
/env/PySide6/Qt/plugins/platforms/libqoffscreen.so: version `GLIBC_2.99' not found (required by x)
\tlibxcb-cursor.so.0 => not found
\tlibgthread-2.0.so.0 => not found
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="shared libraries of Linux")


def pyside() -> Path:
    spec = importlib.util.find_spec("PySide6")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def test_reads_each_missing_library_once() -> None:
    assert missing_in_ldd_output(LDD_OUTPUT) == {"libxcb-cursor.so.0", "libgthread-2.0.so.0"}


def test_packages_are_named_once_and_unknown_libraries_are_kept() -> None:
    libraries = ["libgthread-2.0.so.0", "libglib-2.0.so.0", "libxcb-cursor.so.0", "libnew.so.7"]
    assert packages_for(libraries) == (["libglib2.0-0", "libxcb-cursor0"], ["libnew.so.7"])


@pytest.mark.parametrize(
    ("environment", "plugins"),
    [
        ({}, []),
        ({"DISPLAY": ":0"}, ["xcb", "offscreen"]),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, ["xcb", "offscreen"]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ["wayland", "offscreen"]),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, ["offscreen"]),
        ({"QT_QPA_PLATFORM": "wayland;xcb:option"}, ["wayland", "xcb"]),
    ],
)
def test_plugins_follow_the_display(environment: dict[str, str], plugins: list[str]) -> None:
    assert platform_plugins(environment) == plugins


def test_without_root_the_advice_is_one_line_with_the_command() -> None:
    line = advice(["libegl1", "libxcb-cursor0"], [], debian=True)
    assert line.endswith("sudo apt-get install -y --no-install-recommends libegl1 libxcb-cursor0")
    assert "\n" not in line


def test_other_systems_are_told_the_libraries_rather_than_debian_packages() -> None:
    line = advice(["libxcb-cursor0"], ["libnew.so.7"], debian=False)
    assert line.endswith("libxcb-cursor.so.0 libnew.so.7")
    assert "apt-get" not in line


def test_unknown_libraries_are_named() -> None:
    assert advice([], ["libnew.so.7"], debian=True).endswith("libnew.so.7")


def test_fonts_are_found_in_folders_below(tmp_path: Path) -> None:
    assert not has_font([tmp_path, tmp_path / "absent"])
    font = tmp_path / "truetype" / "some" / "Some.TTF"
    font.parent.mkdir(parents=True)
    font.touch()
    assert has_font([tmp_path / "absent", tmp_path])


@pytest.fixture
def linux_without_cursor(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Debian with a display, one missing library and an apt that records what it is asked and installs it."""
    missing = {"libxcb-cursor.so.0"}
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        if "install" in command:
            missing.clear()
        return subprocess.CompletedProcess(command, 0, stdout="", stderr="")

    monkeypatch.setattr(system_libraries.sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda files: set(missing))
    monkeypatch.setattr(system_libraries, "has_font", lambda directories: True)
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system_libraries.subprocess, "run", run)
    return commands


def test_root_installs_what_is_missing_after_one_update(
    linux_without_cursor: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 0, raising=False)
    assert system_libraries.main(["--for", "window"]) == 0
    update, install = linux_without_cursor
    assert update[-1] == "update"
    assert install[-1] == "libxcb-cursor0"
    assert set(install_command(["libxcb-cursor0"])) <= set(install)


def test_others_are_told_the_command_and_nothing_is_installed(
    linux_without_cursor: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 1000, raising=False)
    assert system_libraries.main(["--for", "window"]) == 1
    assert linux_without_cursor == []
    assert capsys.readouterr().err.count("\n") == 1


def test_other_operating_systems_have_nothing_to_check(
    linux_without_cursor: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_libraries.sys, "platform", "darwin")
    assert system_libraries.main(["--for", "window"]) == 0
    assert linux_without_cursor == []


@on_linux
def test_nothing_that_the_tests_need_is_missing_here() -> None:
    files = qt_files(pyside(), ["offscreen"])
    assert len(files) == 5
    assert missing_libraries(files) == set()


@on_linux
def test_a_library_that_is_not_there_is_found_without_ldd_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: None)
    monkeypatch.setattr(system_libraries, "loads", lambda library: library != "libfontconfig.so.1")
    gui = (pyside() / "Qt" / "lib").glob("libQt6Gui.so.*")
    assert missing_libraries(gui) == {"libfontconfig.so.1"}


@on_linux
def test_the_package_of_every_library_that_qt_links_to_is_known() -> None:
    linked = qt_files(pyside(), ["xcb", "wayland", "offscreen"])
    own = [*linked, *(pyside() / "Qt" / "lib").glob("lib*.so.*")]
    loaded = re.findall(r"^\s*(\S+) => (\S+)", ldd(linked), re.MULTILINE)
    system = {name for name, path in loaded if "PySide6" not in path and "shiboken6" not in path}
    named = {name for content in map(Path.read_bytes, own) for name in system if name.encode() + b"\0" in content}
    c_library = {"libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"}
    assert len(named) > 20
    assert named - c_library <= PACKAGES.keys()


def ldd(files: list[Path]) -> str:
    return subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False).stdout
