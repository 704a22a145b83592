"""The program as a person starts it: a process of its own, with and without a display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from ui.app import main

ROOT = Path(__file__).parents[2]


def run(*arguments: object, tmp_path: Path, platform: str | None = "offscreen") -> subprocess.CompletedProcess[str]:
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    if platform:
        environment["QT_QPA_PLATFORM"] = platform
    command = [sys.executable, "-W", "error", "main.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("platform", ["offscreen", None], ids=["offscreen", "no display"])
def test_a_screenshot_is_taken_of_the_trained_window(tmp_path: Path, platform: str | None) -> None:
    picture = tmp_path / "p.png"
    options = ("--screenshot", picture, "--seconds", 0.3, "--size", "1100x700", "--theme", "dark")
    result = run("circle", *options, tmp_path=tmp_path, platform=platform)
    assert result.returncode == 0, result.stderr
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1100, 700)
    assert image.pixelColor(2, 400).lightness() < 100


def test_the_window_opens_a_link(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    link = "https://playground.tensorflow.org/#problem=regression&batchSize=9999"
    result = run(link, "--screenshot", picture, "--seconds", 0.3, tmp_path=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert not QImage(str(picture)).isNull()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can lack a display")
def test_without_a_display_one_line_says_what_works_instead(tmp_path: Path) -> None:
    result = run(tmp_path=tmp_path, platform=None)
    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "main.py train spiral" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nowhere.json"], "nowhere.json"),
        (["no-such-preset"], "no-such-preset"),
        (["https://playground.tensorflow.org/#networkShape=4,0"], "networkShape"),
        (["--size", "big"], "--size"),
        (["--seconds", "-1"], "--seconds"),
        (["--seconds", "0,5"], "type 0.5"),
        (["--theme", "pink"], "--theme"),
        (["--screenshot", "/no/such/folder/p.png"], "--screenshot"),
        (["--screenshot", "p.svg"], "a name that ends in .png"),
        (["--screenshot", "p.pdf"], "a name that ends in .png"),
    ],
)
def test_bad_options_are_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    try:
        code = main(arguments)
    except SystemExit as left:
        code = left.code
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert named in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["nowhere.json"], ["--size", "big"]], ids=["read", "parsed"])
def test_a_process_with_bad_options_ends_with_code_2(tmp_path: Path, arguments: list[str]) -> None:
    result = run(*arguments, "--screenshot", tmp_path / "p.png", tmp_path=tmp_path)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert not list(tmp_path.glob("*.png"))


def test_nothing_heavy_is_loaded_before_the_first_frame(tmp_path: Path) -> None:
    script = ROOT / "tests" / "benchmarks" / "first_frame.py"
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    loaded = set(json.loads(result.stdout)["modules"])
    assert "ui.window.window" in loaded
    assert not loaded & {"numba", "llvmlite", "scipy", "jax", "torch", "sklearn", "matplotlib", "PIL", "tqdm"}
