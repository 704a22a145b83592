"""Rules of the house that no tool checks: no class does everything, and a public name means one thing."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
TREES = {
    file.relative_to(ROOT): ast.parse(file.read_text("utf-8"))
    for room in ("playground", "ui")
    for file in sorted((ROOT / room).rglob("*.py"))
}
MOST_METHODS = 40


def test_no_class_has_more_methods_than_a_reader_can_hold() -> None:
    classes = [
        (file, node) for file, tree in TREES.items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) > 400
    counts = {
        f"{file}: {one.name}": sum(isinstance(part, ast.FunctionDef) for part in one.body) for file, one in classes
    }
    assert {name: count for name, count in counts.items() if count > MOST_METHODS} == {}
