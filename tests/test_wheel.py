"""The wheel: one package that holds everything, and commands that work in an empty folder."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import subprocess
import sys
import zipfile
from email import message_from_bytes
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest

from playground.files.places import PROGRAM_ID

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "tests" / "storage" / "documents" / "v1-spiral.playground"
PYTHONS = os.environ.get("PYTHONS", "").split()
"""The interpreters to install the wheel for, with all that it needs (`make wheel`)."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


class Place(NamedTuple):
    """An empty folder to work in, and a home of its own."""

    home: Path
    command: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *arguments: str, command: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run the program, or another command, to its end."""
        return subprocess.run(
            [*(command or self.command), *arguments],
            cwd=self.home / "empty", env=self.environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def output(self, *arguments: str) -> str:
        """What the program prints when all goes well."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


def place(home: Path, command: tuple[str, ...], **environment: str) -> Place:
    (home / "empty").mkdir(parents=True)
    # The tests' own environment, without what leads to this folder or to a real home.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG_", "VIRTUAL_"))}
    own = {f"XDG_{name.upper()}_HOME": str(home / name) for name in ("cache", "config", "data", "state")}
    return Place(home, command, {**kept, **own, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen", **environment})


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Place:
    """The wheel alone, beside the packages of the tests' environment but without the source tree."""
    site = wheel.parent / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    code = (
        f"import sys; sys.path = [one for one in sys.path if one != {str(ROOT)!r}]; sys.argv[0] = 'playground'; "
        "from playground.__main__ import main; sys.exit(main())"
    )
    return place(wheel.parent / "home", (sys.executable, "-c", code), PYTHONPATH=str(site))


def test_the_wheel_holds_one_package_with_the_window_and_the_resources(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"playground"}
    for source, target in (("playground", ""), ("ui", "ui/"), ("resources", "resources/")):
        files = [file.relative_to(ROOT / source) for file in (ROOT / source).rglob("*") if file.is_file()]
        wanted = {f"playground/{target}{file.as_posix()}" for file in files if "__pycache__" not in file.parts}
        assert wanted - names <= {f"playground/resources/{name}.png" for name in ("screenshot", "sweep", "race")}
    assert "playground/py.typed" in names
    assert not [name for name in names if "tests" in name or name.endswith((".png", ".pyc"))]


def test_the_metadata_name_the_commands_and_hold_the_readme(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    read = {Path(name).name: archive.read(name) for name in archive.namelist() if ".dist-info" in name}
    entries = configparser.ConfigParser()
    entries.read_string(read["entry_points.txt"].decode())
    assert dict(entries["console_scripts"]) == {"playground": "playground.__main__:main"}
    assert dict(entries["gui_scripts"]) == {"playground-window": "playground.__main__:main"}
    metadata = message_from_bytes(read["METADATA"])
    assert (metadata["Name"], metadata["Requires-Python"]) == (PROGRAM_ID, ">=3.11")
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode().strip() == (ROOT / "README.md").read_text("utf-8").strip()  # type: ignore[union-attr]


def test_commands_run_in_an_empty_folder(unpacked: Place) -> None:
    assert unpacked.output("presets").startswith("batch-full")
    trained = unpacked.output("train", "penguins", "--epochs", "1", "--engine", "reference", "--json")
    assert json.loads(trained.splitlines()[-1])["epoch"] == 1
    assert unpacked.output("--version") == f"Neural Network Playground {version(PROGRAM_ID)}\n"
    refused = unpacked.run("train", "nothing", "--epochs", "1")
    assert refused.returncode == 2 and refused.stderr.startswith("playground train: EXPERIMENT must be a document")
    assert unpacked.run("--help").stdout.startswith("usage: playground ")


def test_the_window_opens_in_an_empty_folder(unpacked: Place) -> None:
    unpacked.output("spiral", "--screenshot", "window.png", "--seconds", "0")
    assert (unpacked.home / "empty" / "window.png").stat().st_size > 10_000


def test_the_source_tree_runs_as_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "playground", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Neural Network Playground ")


@pytest.mark.parametrize("python", PYTHONS)
def test_it_installs_works_and_leaves_nothing(wheel: Path, tmp_path: Path, python: str) -> None:
    subprocess.run([python, "-m", "venv", str(tmp_path / "env")], check=True)
    scripts = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    installed = place(tmp_path / "home", (str(scripts / "playground"),))
    pip = (str(scripts / "python"), "-m", "pip", "--disable-pip-version-check")

    def files() -> set[str]:
        """What an installation of the wheel may add; dependencies stay."""
        added = [*scripts.glob("playground*"), *scripts.parent.rglob("site-packages/*")]
        return {one.name for one in added if one.name.lower().startswith(("playground", "ui", "res", "neural", "main"))}

    before = files()
    done = installed.run("install", "--constraint", str(ROOT / "constraints.txt"), str(wheel), command=pip)
    assert done.returncode == 0, done.stderr
    assert {"playground", "playground-window"} < files()

    assert installed.output("presets").startswith("batch-full")
    assert installed.output("--version") == f"Neural Network Playground {version(PROGRAM_ID)}\n"
    both = []
    for _ in range(2):
        done = installed.run("train", "spiral", "--epochs", "2", "--json", "--engine", "compiled")
        assert json.loads(done.stdout.splitlines()[-1])["status"] == "completed", done.stderr
        both.append(done)
    assert "Preparing the compiled engine" in both[0].stderr and both[1].stderr == ""
    assert list((tmp_path / "home" / "cache" / PROGRAM_ID / "kernels").glob("*/float32"))
    done = installed.run("train", "spiral", "--epochs", "2", "--json", "--engine", "reference")
    assert json.loads(done.stdout)["train_loss"] == pytest.approx(json.loads(both[0].stdout)["train_loss"], rel=1e-4)
    installed.output("spiral", "--screenshot", "window.png", "--seconds", "1")

    if sys.platform.startswith("linux"):
        _open_two_documents_from_the_menu(installed, (str(scripts / "python"),))
    removed = installed.output("remove-files", "--yes", "--kept-work")
    assert "Removed: compiled kernels, settings" in removed
    assert not [one for one in (tmp_path / "home").rglob(f"*{PROGRAM_ID}*") if "mime" not in str(one)]

    done = installed.run("uninstall", "--yes", PROGRAM_ID, command=pip)
    assert done.returncode == 0, done.stderr
    assert files() == before


def _open_two_documents_from_the_menu(installed: Place, python: tuple[str, ...]) -> None:
    """Run the command of the menu entry with two files at once, each in a window of its own."""
    script = str(Path(installed.command[0]))
    add = (
        f"import sys; sys.argv[0] = {script!r}; from playground.files.menu_entry import add_menu_entry as add; "
        "from playground.interop.opening import RESOURCES; add(RESOURCES / 'icon.svg')"
    )
    done = installed.run("-c", add, command=python)
    assert done.returncode == 0, done.stderr
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(installed.home / "data" / "applications" / f"{PROGRAM_ID}.desktop", "utf-8")
    command = shlex.split(entry["Desktop Entry"]["Exec"])
    assert Path(command[0]) == Path(script).with_name("playground-window").resolve() and command[-1] == "%f"
    pictures = [installed.home / "empty" / f"{name}.png" for name in ("one", "two")]
    windows = [
        subprocess.Popen(
            [*command[:-1], str(DOCUMENT), "--screenshot", str(picture), "--seconds", "1"], env=installed.environment
        )
        for picture in pictures
    ]
    assert [window.wait(120) for window in windows] == [0, 0]
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
