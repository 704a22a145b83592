"""The wheel: one package that holds everything, and commands that work in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder of installed packages with the wheel alone."""
    folder = wheel.parent / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program in an empty folder."""
    empty = installed.parent / "empty"
    empty.mkdir(exist_ok=True)
    code = "import sys; sys.argv[0] = 'playground'; from playground.ui.start import main; sys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(installed), "QT_QPA_PLATFORM": "offscreen"}
    # Without the folder of the sources, to which the environment of the tests leads.
    clean = f"import sys; sys.path = [one for one in sys.path if one != {str(ROOT)!r}]; "
    return subprocess.run(
        [sys.executable, "-c", clean + code, *arguments],
        cwd=empty, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_wheel_holds_one_package_with_the_window_and_the_resources(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"playground"}
    for needed in ("ui/start.py", "ui/app.py", "resources/presets/spiral.json", "resources/data/penguins.csv"):
        assert f"playground/{needed}" in names
    assert "playground/resources/icon.svg" in names
    assert not [name for name in names if "tests" in name or name.endswith(".png")]


def test_the_metadata_name_the_commands_and_hold_the_readme(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    read = {Path(name).name: archive.read(name).decode() for name in archive.namelist() if ".dist-info" in name}
    assert "[console_scripts]\nplayground = playground.ui.start:main" in read["entry_points.txt"]
    assert "[gui_scripts]\nplayground-window = playground.ui.start:main" in read["entry_points.txt"]
    assert (ROOT / "README.md").read_text("utf-8")[:200] in read["METADATA"]


def test_commands_run_in_an_empty_folder(installed: Path) -> None:
    presets = run(installed, "presets")
    assert presets.returncode == 0 and presets.stdout.startswith("blobs"), presets.stderr
    done = run(installed, "train", "penguins", "--epochs", "1", "--engine", "reference", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["epoch"] == 1, done.stderr
    refused = run(installed, "train", "nothing", "--epochs", "1")
    assert refused.returncode == 2 and refused.stderr.startswith("playground train: EXPERIMENT: 'nothing'")


def test_the_window_opens_in_an_empty_folder(installed: Path) -> None:
    done = run(installed, "spiral", "--screenshot", "window.png", "--seconds", "0")
    assert done.returncode == 0, done.stderr
    assert (installed.parent / "empty" / "window.png").stat().st_size > 10_000
