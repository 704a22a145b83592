"""`remove-files` lists what there is, asks, and asks twice for work that was never saved."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.files import places
from playground.files.menu_entry import add_menu_entry
from playground.interop.opening import RESOURCES

ROOT = Path(__file__).parents[2]
NAME = "neural-network-playground"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folders are set as on Linux")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which the program has left something of everything."""
    for name in ("cache", "config", "data", "state"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    for file in (
        "cache/{}/kernels/k.nbc",
        "config/{}/Neural Network Playground.conf",
        "data/{}/recovery/work.playground",
        "data/{}/runs/run.playground",
        "state/{}/log/playground.log",
    ):
        path = tmp_path / file.format(NAME)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 100_000)
    add_menu_entry(RESOURCES / "icon.svg")
    return tmp_path


def remove(*arguments: str, answers: str = "") -> str:
    command = [sys.executable, "main.py", "remove-files", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ.copy(), input=answers, capture_output=True, text=True, timeout=300, check=True
    )
    return done.stdout


def left(home: Path) -> set[str]:
    """The program's files and empty folders; what the desktop makes of its menus is its own."""
    found = {path.relative_to(home) for path in home.rglob("*") if path.is_file() or not any(path.iterdir())}
    return {path.name for path in found if NAME in str(path)}


def test_nothing_is_removed_unless_the_person_agrees(home: Path) -> None:
    before = left(home)
    listed = remove(answers="n\nn\nn\n")
    assert all(
        f"{name}: " in listed
        for name in ("compiled kernels", "settings", "logs", "menu entry", "kept work", "kept runs")
    )
    assert "(0.1 MB)" in listed
    assert remove(answers="") != "" and left(home) == before


def test_kept_work_is_asked_for_twice(home: Path) -> None:
    remove(answers="y\ny\nn\nn\n")
    assert left(home) == {"work.playground", "run.playground"}
    assert "Removed: kept work." in remove(answers="y\ny\nn\n")
    assert left(home) == {"run.playground"}
    assert "Removed: kept runs." in remove(answers="y\n")
    assert left(home) == set()
    assert remove() == "There is nothing to remove.\n"


def test_scripts_remove_without_being_asked(home: Path) -> None:
    remove("--yes")
    assert left(home) == {"work.playground", "run.playground"}
    remove("--yes", "--kept-work", "--kept-runs")
    assert left(home) == set()


@pytest.mark.parametrize(
    "folders",
    [
        ("cache", "config", "data", "log"),
        ("Caches", "Support", "Support", "Logs"),
        ("Local/Cache", "Local", "Local", "Local/Logs"),
    ],
    ids=["Linux", "macOS", "Windows"],
)
def test_no_place_holds_another_so_that_kept_work_outlives_the_rest(
    folders: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, folder in zip(("cache", "config", "data", "log"), folders, strict=True):
        monkeypatch.setattr(places, f"user_{name}_path", lambda *_, at=tmp_path / folder, **__: at)
    kept = [places.cache_path(), places.settings_path(), places.kept_work_path(), places.kept_runs_path()]
    kept.append(places.logs_path())
    assert not any(one.is_relative_to(other) for one, other in itertools.permutations(kept, 2))
