"""Proofs: an exported file is run again, alone in a process of its own, and its predictions are compared.

A difference counts in units of the prediction where that is larger than 1: of a value of 2,000, float32 knows only
seven digits.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.interop.export.exportable import Exportable

LARGEST_DIFFERENCE = 1e-5
SECONDS = 300
MOST_UPDATES = 2000
"""Updates after which the repetition of a training is cut short, at the end of an epoch."""

PREDICTIONS = """
import runpy, sys
import numpy as np
import os
script = runpy.run_path(sys.argv[1])
folder = sys.argv[2]
x = np.load(os.path.join(folder, "x.npy"))
np.save(os.path.join(folder, "predictions.npy"), script["predict"](x[:, 0], x[:, 1]))
"""

CURVE = """
epochs = int(sys.argv[3])
if epochs:
    _, history = script["train"](most_epochs=epochs)
    rows = [[row.epoch, row.train_loss, row.validation_loss] for row in history]
    np.save(os.path.join(folder, "curve.npy"), np.array(rows, dtype=np.float64))
"""

ONNX = """
import os, sys
import numpy as np
import onnx, onnxruntime
folder = sys.argv[2]
x = np.load(os.path.join(folder, "x.npy"))
onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(entry,) = session.get_inputs()
kind = {"tensor(float)": np.float32, "tensor(double)": np.float64}[entry.type]
np.save(os.path.join(folder, "predictions.npy"), session.run(["prediction"], {"x": x.astype(kind)})[0])
"""


class Curve(NamedTuple):
    """How well a script repeats the training from the same initial weights."""

    epochs: int
    """Up to which epoch the losses were compared."""
    agrees_until: int
    """The last epoch up to which none is further off than LARGEST_DIFFERENCE."""
    largest_difference: float


class Proof(NamedTuple):
    """What came of running an exported file."""

    largest_difference: float
    """Between its predictions and the engine's; infinite if it gave none."""
    points: int
    curve: Curve | None = None
    """Of scripts that train, where the history can be repeated."""
    problem: str = ""
    """Why the file could not be run."""

    @property
    def holds(self) -> bool:
        """Whether the file says what the engine says."""
        return not self.problem and self.largest_difference <= LARGEST_DIFFERENCE

    @property
    def words(self) -> str:
        """The proof in a sentence or two."""
        if self.problem:
            return f"The file could not be run: {self.problem}"
        text = f"Run again from the file at {self.points:,} points: predictions differ by {self.largest_difference:.1e}"
        text += "." if self.holds else f" at most, more than the {LARGEST_DIFFERENCE:.0e} that is allowed."
        return text if self.curve is None else f"{text} {curve_words(self.curve)}"


def curve_words(curve: Curve) -> str:
    """How well the training was repeated, in a sentence."""
    if curve.agrees_until == curve.epochs:
        return f"Training repeated for {curve.epochs:,} epochs: losses differ by {curve.largest_difference:.1e}."
    return (
        f"Training repeated for {curve.epochs:,} epochs: losses agree to {LARGEST_DIFFERENCE:.0e} up to epoch "
        f"{curve.agrees_until:,}; then rounding grows to a difference of {curve.largest_difference:.1e}."
    )


def prove(path: Path, exportable: Exportable, driver: str, arguments: tuple[str, ...] = ()) -> tuple[Proof, Array]:
    """Run `driver` on a file and compare; also returns the curve that it found, of shape (rows, 3)."""
    x = exportable.points_to_ask()
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        np.save(Path(folder, "x.npy"), x)
        problem = run(driver, [str(path.resolve()), folder, *arguments])
        if problem:
            return Proof(np.inf, len(x), problem=problem), np.zeros((0, 3))
        said = np.load(Path(folder, "predictions.npy"), allow_pickle=False)
        found = Path(folder, "curve.npy")
        curve = np.load(found, allow_pickle=False) if found.exists() else np.zeros((0, 3))
    return Proof(largest_difference(exportable.predictions(x), said.reshape(len(x), -1)), len(x)), curve


def prove_script(path: Path, exportable: Exportable) -> Proof:
    """Prove a script that predicts."""
    return prove(path, exportable, PREDICTIONS)[0]


def prove_onnx(path: Path, exportable: Exportable) -> Proof:
    """Prove an ONNX model."""
    return prove(path, exportable, ONNX)[0]


def prove_training_script(path: Path, exportable: Exportable) -> Proof:
    """Prove a script that predicts and trains."""
    epochs = epochs_to_repeat(exportable)
    proof, rows = prove(path, exportable, PREDICTIONS + CURVE, (str(epochs),))
    return proof if proof.problem or not epochs else proof._replace(curve=compared(exportable, rows))


def epochs_to_repeat(exportable: Exportable) -> int:
    """How many epochs of the history are repeated; 0 if it can't be or there are none."""
    history = exportable.history
    if not exportable.repeatable:
        return 0
    short = history.step <= max(MOST_UPDATES, history.step[:2].max())
    return int(history.epoch[short][-1])


def compared(exportable: Exportable, rows: Array) -> Curve:
    """A repeated training against the recorded one, at the epochs that are on record."""
    history, epochs = exportable.history, epochs_to_repeat(exportable)
    recorded = np.stack([history.train_loss, history.validation_loss], axis=1)[history.epoch <= epochs]
    kept = history.epoch[history.epoch <= epochs].astype(int)
    known = {int(row[0]): row[1:] for row in rows}
    nothing = np.full(2, np.inf)
    distances = [largest_difference(loss, known.get(e, nothing)) for e, loss in zip(kept, recorded, strict=True)]
    far = [place for place, distance in enumerate(distances) if distance > LARGEST_DIFFERENCE]
    until = int(kept[-1] if not far else kept[far[0] - 1] if far[0] else 0)
    return Curve(epochs, until, max(distances))


def largest_difference(expected: Array, said: Array) -> float:
    """The largest difference in units of max(1, |expected|); infinite if the shapes or what is finite differ."""
    if expected.shape != said.shape or not np.array_equal(np.isnan(expected), np.isnan(said)):
        return float("inf")
    expected, said = expected.astype(np.float64), said.astype(np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.abs(expected - said) / np.maximum(1, np.abs(expected))
    return float(np.max(np.where(np.isnan(expected) | (expected == said), 0, apart), initial=0.0))


def run(driver: str, arguments: list[str]) -> str:
    """Run a program in a process that sees nothing of this one; returns what went wrong, on one line."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", driver, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {SECONDS} seconds"
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return said[-1] if said else f"it ended with code {done.returncode}"
