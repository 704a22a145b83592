"""A class of one's own is exported like those of the catalog; each test in a process of its own, to leave others alone.

With `make truth` PyTorch, ONNX and its runtime are there too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.catalog.activations import Activation
from playground.catalog.choice import Choice, members
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.files.errors import InputError
from playground.interop.export import script, sources
from playground.interop.export.formats import FORMATS

OWN = Path(__file__).parent / "own"


@pytest.mark.parametrize(("kind", "refused"), [("numpy", ""), ("pytorch", "cbrt"), ("onnx", "gathered")])
def test_own_classes_are_exported_and_learn_as_they_do_here(kind: str, refused: str, tmp_path: Path) -> None:
    for library in (*FORMATS[kind].to_write, *FORMATS[kind].to_prove):
        pytest.importorskip(library)
    result = subprocess.run(
        [sys.executable, OWN / "export_all.py", kind],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(OWN), str(OWN.parents[2])])},
        text=True,
        capture_output=True,
        timeout=550,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert sum(line.startswith(kind) for line in lines) == 26
    # What a format cannot say is refused by its name.
    assert [line for line in lines if line.startswith("refused")] == ([lines[-1]] if refused else [])
    assert refused in lines[-1]


def test_every_function_that_is_quoted_for_pytorch_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    assert [name for name in sorted(sources._TORCH) if not hasattr(torch, name)] == []


@pytest.mark.parametrize("family", [Activation, Loss, Optimizer, Regularizer])
def test_every_spelling_is_code(family: type[Choice]) -> None:
    for member in members(family).values():
        for text in (member().spelled("torch", w="w", lr=0.1), member().spelled("onnx")):
            if text:
                compile(text, member.label, "eval")


def halved(z: Any, times: int) -> Any:
    return z if times <= 0 else halved(TABLE[0] * z, times - 1)


TABLE: Any = (0.5, 0.25)


def test_what_a_formula_refers_to_is_quoted_once() -> None:
    definitions = sources.quoted(halved)
    assert list(definitions) == ["TABLE", "halved"]
    scope: dict[str, Any] = {}
    exec(sources.join_definitions(definitions), scope)
    assert scope["halved"](8.0, 3) == 1.0


def test_what_can_not_be_written_down_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "TABLE", np.array([0.5]))
    with pytest.raises(InputError, match=r"halved must be made of numbers, functions .* \(got 'TABLE'\)"):
        sources.quoted(halved)


def test_a_formula_whose_source_can_not_be_read_is_refused() -> None:
    scope: dict[str, object] = {}
    exec("def value_of(z): return z", scope)
    with pytest.raises(InputError, match="a function whose source can be read"):
        sources.quoted(scope["value_of"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("area m²", "area_m2"),
        ("Größe", "Größe"),
        ("class", "class_"),
        ("np", "np_"),
        ("2nd", "x1"),
        ("", "x1"),
        ("a\nimport os", "a_import_os"),
        ('"""', "x1"),
    ],
)
def test_arguments_are_called_like_the_columns_as_nearly_as_python_allows(text: str, name: str) -> None:
    assert script.identifier(text, "x1") == name
