"""The formats of exports. A new one is one more entry of `FORMATS`: menus and the command line pick it up."""

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
    """One kind of file."""

    name: str
    title: str
    """For a menu."""
    suffix: str
    content: Callable[[Exportable, Path], bytes]
    """Makes the content of a file at a path."""
    prove: Callable[[Path, Exportable, Cancelled], Proof] | None = None
    """Runs the file again; None for plain data."""
    extra: str = ""
    """The extra of this project that brings the libraries."""
    to_write: tuple[str, ...] = ()
    """Libraries, by the name they are imported with, without which no file can be made."""
    to_prove: tuple[str, ...] = ()
    """Libraries without which it can't be run."""
    is_network: bool = True
    """Whether it is of no use without a trained network."""

    def missing(self, *, proof: bool = True) -> tuple[str, ...]:
        """The libraries that are not installed."""
        needed = (*self.to_write, *(self.to_prove if proof else ()))
        return tuple(name for name in needed if find_spec(name) is None)

    @property
    def remedy(self) -> str:
        """The command that installs what is needed; it works in any shell and folder."""
        # Tools that install programs may leave pip out of their environments.
        python = f'"{sys.executable}"'
        pip = f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"
        return " ".join([pip, *(f'"{library}"' for library in self._libraries())])

    def _libraries(self) -> list[str]:
        """What the extra requires, with versions if this program is installed and not only its folder there."""
        condition = re.compile(rf"""(.+?)\s*;\s*extra\s*==\s*['"]{self.extra}['"]""")
        with suppress(PackageNotFoundError):
            return [match[1] for line in requires(PROGRAM_ID) or () if (match := condition.fullmatch(line))]
        return sorted({*self.to_write, *self.to_prove})


class MissingLibraryError(ImportError):
    """A format needs a library that is not installed; the message says what to install."""

    def __init__(self, chosen: Format, missing: tuple[str, ...]) -> None:
        many = "are" if len(missing) > 1 else "is"
        super().__init__(f"{chosen.title} needs {' and '.join(missing)}, which {many} not installed: {chosen.remedy}")


class UnfinishedError(ArithmeticError):
    """A network that is not trained, or whose training diverged, was not exported."""


class NotProvenError(ArithmeticError):
    """An exported file predicts something else than the engine; it was not kept."""

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
    """Write a file, all of it or nothing, once it is proven; returns the proof, or None where there is none.

    A network that is not trained or has diverged is only written `anyway`. Raises MissingLibraryError, UnfinishedError,
    NotProvenError, OSError, and CancelledError once `cancelled` says so.
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
    """The history as CSV, numbers in full precision, empty where there is none."""
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
"""All formats by name, in the order of a menu."""
