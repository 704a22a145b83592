"""What the tests promise about themselves: all of them run, and all use the same hands."""

from __future__ import annotations

import ast
import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.combinations import combinations

ROOT = Path(__file__).parent.parent
FILES = sorted(file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_test_runs_every_file_once() -> None:
    planned = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    runs = re.findall(r"pytest -n \d+ (.*)", planned)
    assert len(runs) == 2
    for file in FILES:
        taken = 0
        for words in map(str.split, runs):
            ignored = [word.removeprefix("--ignore=") for word in words if word.startswith("--ignore=")]
            inside = any(file.is_relative_to(word) for word in words if not word.startswith("-"))
            taken += inside and not any(file.is_relative_to(word) for word in ignored)
        assert taken == 1, f"{file} is run {taken} times"


def test_fewer_combinations_have_every_pair_of_choices() -> None:
    families = "abcdefg", range(11), "xyz", (False, True)
    assert combinations(*families, whole=True) == list(itertools.product(*families))
    rows = combinations(*families, whole=False)
    assert len(rows) < 7 * 11 + 10
    for (f, one), (g, other) in itertools.combinations(enumerate(families), 2):
        assert {(row[f], row[g]) for row in rows} == set(itertools.product(one, other))


def test_only_the_hands_send_events_of_mouse_and_keyboard() -> None:
    events = "Wheel|Drop|DragEnter|Key|ContextMenu|Help"
    own = re.compile(rf"QTest\.(?!qWaitFor)|qtbot\.(mouse|key)|sendEvent|Q({events})Event\(")
    files = [file for file in (ROOT / "tests").rglob("*.py") if file.name not in ("hands.py", Path(__file__).name)]
    assert [file.name for file in files if own.search(file.read_text("utf-8"))] == []


def bare_waits(file: Path) -> list[str]:
    """The places where a test only lets time pass, unless until something is true."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    until = {call for loop in ast.walk(tree) if isinstance(loop, ast.While) for call in ast.walk(loop)}
    calls = (call for call in ast.walk(tree) if isinstance(call, ast.Call) and call not in until)
    waits = (call for call in calls if re.search(r"qtbot\.wait$|\bqWait$|\bsleep$", ast.unparse(call.func)))
    return [f"{file}:{call.lineno}" for call in waits]


def test_waits_are_for_something_or_say_what_the_time_is_for() -> None:
    helpers = [path.relative_to(ROOT) for path in (ROOT / "tests" / "ui").glob("*.py") if path.name != "hands.py"]
    assert [place for file in {*FILES, *helpers} for place in bare_waits(file)] == []
