"""The formats of exports. A new format is an entry in `FORMATS`, which menus and the command line list."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

from playground.experiment.text import file_text
from playground.files.atomic import write_atomically
from playground.files.places import PROGRAM_ID
from playground.interop.export.exportable import Exportable
from playground.interop.export.numpy_script import numpy_script
from playground.interop.export.onnx_model import onnx_model
from playground.interop.export.proof import Cancelled, Proof, prove_onnx, prove_script, prove_training_script
from playground.interop.export.torch_script import torch_script
from playground.interop.point_text import to_table
from playground.interop.weights import weight_bytes
from playground.measure.snapshot import History


@dataclass(frozen=True)
class Format:
    """A format to export to: how its file is written and, if possible, proven."""

    name: str
    title: str
    """The format's name in a menu."""
    suffix: str
    content: Callable[[Exportable, Path], bytes]
    """The function that returns the content of the file to be saved at a path."""
    prove: Callable[[Path, Exportable, Cancelled], Proof] | None = None
    """The function that runs the file and compares its predictions; None for plain data."""
    extra: str = ""
    """The name of the project's extra (its optional dependencies) that contains the needed libraries."""
    to_write: tuple[str, ...] = ()
    """Import names of libraries that are needed to write a file."""
    to_prove: tuple[str, ...] = ()
    """Import names of libraries that are needed to run the written file."""
    is_network: bool = True
    """Whether the file contains the network, and is of no use before training."""

    def missing(self, *, proof: bool = True) -> tuple[str, ...]:
        """The needed libraries that are not installed; with `proof`, including those for running the file."""
        needed = (*self.to_write, *(self.to_prove if proof else ()))
        return tuple(name for name in needed if find_spec(name) is None)

    @property
    def remedy(self) -> str:
        """The command that installs the needed libraries, in any shell and folder."""
        # Tools such as uv create environments without pip.
        python = f'"{sys.executable}"'
        pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
        return " ".join([pip, *(f'"{library}"' for library in self._libraries())])

    def _libraries(self) -> list[str]:
        """The requirements of the extra, with versions if this program is installed; else the import names."""
        condition = re.compile(rf"""(.+?)\s*;\s*extra\s*==\s*['"]{self.extra}['"]""")
        with suppress(PackageNotFoundError):
            return [match[1] for line in requires(PROGRAM_ID) or () if (match := condition.fullmatch(line))]
        return sorted({*self.to_write, *self.to_prove})


class MissingLibraryError(ImportError):
    """Raised if a format needs a library that is not installed; the message says what to install."""

    def __init__(self, chosen: Format, missing: tuple[str, ...]) -> None:
        many = "are" if len(missing) > 1 else "is"
        super().__init__(f"{chosen.title} needs {' and '.join(missing)}, which {many} not installed: {chosen.remedy}")


class UnfinishedError(ArithmeticError):
    """Raised if a network is not exported because it is untrained or its training diverged."""


class NotProvenError(ArithmeticError):
    """Raised if an exported file is not kept because its predictions differ from the engine's."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof
        super().__init__(f"{proof.words} Nothing was written.")


def export(
    chosen: Format,
    exportable: Exportable,
    path: str | os.PathLike[str],
    *,
    proof: bool = True,
    anyway: bool = False,
    cancelled: Cancelled = lambda: False,
) -> Proof | None:
    """Write a file atomically once it is proven; returns the proof, or None if there is none.

    A network that is untrained or has diverged is written only with `anyway`. Raises MissingLibraryError,
    UnfinishedError, NotProvenError, OSError, and CancelledError once `cancelled` returns True.
    """
    target, prove = Path(path), chosen.prove if proof else None
    missing = chosen.missing(proof=proof)
    if missing:
        raise MissingLibraryError(chosen, missing)
    if chosen.is_network and exportable.problem and not anyway:
        raise UnfinishedError(exportable.problem)
    content, proven = chosen.content(exportable, target), None
    if prove is not None:
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            tried = Path(folder, f"export{chosen.suffix}")
            tried.write_bytes(content)
            proven = prove(tried, exportable, cancelled)
        if not proven.holds:
            raise NotProvenError(proven)
    write_atomically(target, content)
    return proven


def _experiment_text(exportable: Exportable, path: Path) -> bytes:
    return file_text(exportable.experiment, path).encode()


def history_csv(history: History) -> str:
    """The history as CSV with numbers in full precision; NaN becomes an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(History._fields[:7])
    for row in zip(*(column.tolist() for column in history[:7]), strict=True):
        epoch, step, *numbers = row
        writer.writerow([int(epoch), int(step), *("" if math.isnan(number) else repr(number) for number in numbers)])
    return text.getvalue()


FORMATS = {
    one.name: one
    for one in (
        Format("numpy", "NumPy script", ".py", numpy_script, prove_script),
        Format("onnx", "ONNX model", ".onnx", onnx_model, prove_onnx, "onnx", ("onnx",), ("onnxruntime",)),
        Format("pytorch", "PyTorch script", ".py", torch_script, prove_training_script, "pytorch", (), ("torch",)),
        Format("weights", "Weights", ".npz", lambda one, _: weight_bytes(one.parameters, one.sample.weights_unit)),
        Format("history", "History", ".csv", lambda one, _: history_csv(one.history).encode(), is_network=False),
        Format("points", "Points", ".csv", lambda one, _: to_table(one.sample).encode(), is_network=False),
        Format("experiment", "Experiment", ".json", _experiment_text, is_network=False),
    )
}
"""All formats by name, in the order of the menu."""
