"""Rules of the house that no tool checks: no class does everything, and a public name means one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_METHODS = 40
Trees = dict[Path, ast.Module]


@pytest.fixture(scope="module")
def trees() -> Trees:
    """All sources of the program, parsed."""
    files = (file for room in ("playground", "ui") for file in sorted((ROOT / room).rglob("*.py")))
    return {file.relative_to(ROOT): ast.parse(file.read_text("utf-8")) for file in files}


def test_no_class_has_more_methods_than_a_reader_can_hold(trees: Trees) -> None:
    classes = [
        (file, node) for file, tree in trees.items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) > 400
    counts = {
        f"{file}: {one.name}": sum(isinstance(part, ast.FunctionDef) for part in one.body) for file, one in classes
    }
    assert {name: count for name, count in counts.items() if count > MOST_METHODS} == {}


SPARED = ("playground/engine/compiled/", "playground/engine/lanes/")
"""Rooms whose kernels have the names of the textbook functions that they repeat."""
ENTRANCES = {"main"}


def test_a_public_name_means_one_thing(trees: Trees) -> None:
    files: dict[str, list[str]] = defaultdict(list)
    for file, tree in trees.items():
        for node in tree.body if not file.as_posix().startswith(SPARED) else ():
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                files[node.name].append(file.as_posix())
    assert len(files) > 1000
    assert {name: where for name, where in files.items() if len(set(where)) > 1 and name not in ENTRANCES} == {}
