"""Proofs of exports: an exported file is run in a separate process, and its predictions are compared with the engine's.

Differences are relative for large predictions (above 1, or above the scale of a scaled target), because float32 keeps
only seven digits. A network that magnifies rounding errors is allowed a few times the difference that the file's
precision makes to the engine's own predictions.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TRAIN, VALIDATION
from playground.catalog.losses import CrossEntropy
from playground.engine.evaluation import spread
from playground.files.errors import CancelledError
from playground.interop.export.exportable import Exportable
from playground.measure.sentences import counted
from playground.measure.snapshot import History

Cancelled: TypeAlias = Callable[[], bool]
"""A function, called often, that returns True to stop."""

_LARGEST_DIFFERENCE = 1e-5
_ROUNDINGS, _LARGEST_ROUNDING = 4, 1e-2
"""The allowed difference as a multiple of the network's rounding, and its upper limit."""
_SECONDS = 300
_LOOK_SECONDS = 0.05
_MOST_UPDATES = 1000
"""Updates after which repeating the training stops, at the end of an epoch."""

_POINTS = """
import os, runpy, sys
import numpy as np
x = np.load(os.path.join(sys.argv[2], "x.npy"))

def save(name, values):
    np.save(os.path.join(sys.argv[2], name + ".npy"), values)
"""
PREDICTIONS = f"""{_POINTS}
script = runpy.run_path(sys.argv[1])
save("predictions", script["predict"](x[:, 0], x[:, 1]))
if "classify" in script:
    save("classes", script["classify"](x[:, 0], x[:, 1]))
"""
_CURVES = f"""{PREDICTIONS}
import torch
torch.set_num_threads(1)
for precision in dict.fromkeys(("float64", sys.argv[4])):
    torch.set_default_dtype(getattr(torch, precision))
    _, history = script["train"](most_epochs=int(sys.argv[3]))
    rows = [[row.epoch, row.train_loss, row.validation_loss] for row in history]
    save(precision, np.array(rows, dtype=np.float64))
"""
"""A driver that trains in float64 and in the experiment's own precision."""
_ONNX = f"""{_POINTS}
import onnx, onnxruntime
onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
given = {{entry.name: x[:, [k]].astype(np.float32) for k, entry in enumerate(session.get_inputs())}}
said = dict(zip([entry.name for entry in session.get_outputs()], session.run(None, given)))
if "class" in said:
    save("classes", said.pop("class").astype(str))
((name, values),) = said.items()
save("predictions", values[:, 1:] if name == "probabilities" and values.shape[1] == 2 else values)
"""


class _Curve(NamedTuple):
    """The differences between a run and its repetition by a script from the same initial weights.

    In float32 the smallest rounding error can grow to any size within an epoch, so both train in float64 as well.
    """

    epochs: int
    """The last epoch at which losses were compared."""
    largest_difference: float
    """The largest difference from the recorded losses."""
    in_float64: float
    """The largest difference between the losses of script and engine, both in float64."""
    agrees_until: int
    """The last epoch up to which no difference in float64 exceeds `_LARGEST_DIFFERENCE`."""


class _Score(NamedTuple):
    """The accuracy of a file on one part of the data."""

    part: str
    rows: int
    reached: float
    """The accuracy of the file's predictions, or R² for regression."""
    reported: float
    """The accuracy or R² that training reports."""
    doubtful: float
    """The change that rounding can make, such as the share of points very close to a boundary."""

    @property
    def agrees(self) -> bool:
        """Whether the file reaches what training reports, up to rounding."""
        return abs(self.reached - self.reported) <= self.doubtful


class Proof(NamedTuple):
    """The result of running an exported file and comparing its predictions."""

    largest_difference: float
    """The largest difference between its predictions and the engine's; infinite if it gave none."""
    points: int
    curve: _Curve | None = None
    """The comparison of losses, for scripts that train and histories that can be repeated."""
    problem: str = ""
    """The reason why the file could not be run; empty if it was."""
    rounding: float = 0.0
    """The largest difference that the file's precision alone makes to predictions in float64."""
    scores: tuple[_Score, ...] = ()
    """The accuracy on each part of the data."""

    @property
    def allowed(self) -> float:
        """The largest difference that rounding explains."""
        return max(_LARGEST_DIFFERENCE, min(_ROUNDINGS * self.rounding, _LARGEST_ROUNDING))

    @property
    def holds(self) -> bool:
        """Whether the file agrees with the engine."""
        if self.problem or not self.largest_difference <= self.allowed:
            return False
        if not all(score.agrees for score in self.scores):
            return False
        return self.curve is None or self.curve.agrees_until > 0

    @property
    def words(self) -> str:
        """The result in a few sentences for the user."""
        if self.problem:
            return f"The file could not be run: {self.problem}."
        differ = self.largest_difference
        found = f"predictions differ by {differ:.1e}" if differ else "identical predictions"
        text = f"Checked on {self.points:,} points: {found}"
        text += "." if differ <= self.allowed else f", more than the {self.allowed:.0e} that is allowed."
        if self.rounding > _LARGEST_DIFFERENCE / _ROUNDINGS:
            text += f" float32, in which the file computes, rounds this network's predictions by {self.rounding:.1e}."
        text = " ".join([text, *map(_score_words, self.scores)])
        return text if self.curve is None else f"{text} {_curve_words(self.curve)}"


def _score_words(score: _Score) -> str:
    """The accuracy on one part of the data, in a sentence."""
    reported = "as training reports" if score.agrees else f"but training reports {score.reported:.4f}"
    return f"Accuracy or R² on the {score.rows:,} {score.part} points: {score.reached:.4f}, {reported}."


def _curve_words(curve: _Curve) -> str:
    """The comparison of losses, in a sentence."""
    text = (
        f"Training was repeated for {counted(curve.epochs, 'epoch')}: losses differ by {curve.largest_difference:.1e}"
    )
    if curve.in_float64 != curve.largest_difference:
        text += f", or computed in float64 by {curve.in_float64:.1e}"
    if curve.agrees_until == curve.epochs:
        return f"{text}."
    return f"{text}; up to epoch {curve.agrees_until:,}, by less than {_LARGEST_DIFFERENCE:.0e}."


def _prove(
    path: Path, exportable: Exportable, cancelled: Cancelled, driver: str, *arguments: str, kind: str = ""
) -> tuple[Proof, dict[str, Array]]:
    """Run `driver` on a file and compare its predictions; returns the proof and all arrays that were written, by name.

    `kind` is the precision in which the file computes, if it is not the network's.
    """
    x = exportable.points_to_ask().astype(kind or "float64").astype(np.float64)
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        np.save(Path(folder, "x.npy"), x)
        problem = _run(driver, [str(path.resolve()), folder, *arguments], cancelled)
        if problem:
            return Proof(np.inf, len(x), problem=problem), {}
        written = {file.stem: np.load(file, allow_pickle=False) for file in Path(folder).glob("*.npy")}
    expected, said = exportable.predictions(x), written["predictions"].reshape(len(x), -1)
    unit, precision = exportable.sample.target_scale.factor, kind or exportable.experiment.precision
    exact, rounded = (exportable.in_precision(x, one) for one in ("float64", precision))
    proof = Proof(largest_difference(expected, said, unit), len(x), rounding=largest_difference(exact, rounded, unit))
    return proof._replace(scores=_scores(exportable, expected, said, written, proof.allowed)), written


def _scores(
    exportable: Exportable, expected: Array, said: Array, written: Mapping[str, Array], allowed: float
) -> tuple[_Score, ...]:
    """The accuracy on each part of the data; empty if there are too many points or a prediction is not finite."""
    sample, rows = exportable.sample, exportable.rows_to_ask()
    if len(rows) < len(sample.x) or said.shape != expected.shape or not np.isfinite(said).all():
        return ()
    scores, reported = list[_Score](), exportable.evaluation
    parts = {TRAIN: ("training", reported.train_accuracy), VALIDATION: ("validation", reported.validation_accuracy)}
    for part, (name, told) in parts.items():
        chosen = sample.split == part
        labels = sample.labels[chosen]
        if told is None:
            continue
        if sample.task == "regression":
            values = said[-len(rows) :][chosen, 0].astype(np.float64)
            reached, doubtful = (
                1 - float(np.sum((labels - values) ** 2)) / spread(labels),
                10 * allowed * max(1, abs(told)),
            )
        else:
            right = written["classes"][-len(rows) :][chosen] == np.array(sample.class_names)[labels]
            near = _margins(exportable, expected[-len(rows) :][chosen]) < 2 * allowed
            reached, doubtful = float(np.mean(right)), float(np.mean(near)) + 1e-9
        scores.append(_Score(name, len(labels), reached, told, doubtful))
    return tuple(scores)


def _margins(exportable: Exportable, predictions: Array) -> Array:
    """The margin of each prediction, its distance from the boundary to another class."""
    if predictions.shape[1] > 1:
        best = np.sort(predictions, axis=1)
        result: Array = best[:, -1] - best[:, -2]
        return result
    loss = exportable.network.loss
    return np.abs(predictions[:, 0] - (0.5 if isinstance(loss, CrossEntropy) else loss.threshold))


def prove_script(path: Path, exportable: Exportable, cancelled: Cancelled) -> Proof:
    """Run a script that predicts, and compare its predictions with the engine's."""
    return _prove(path, exportable, cancelled, PREDICTIONS)[0]


def prove_onnx(path: Path, exportable: Exportable, cancelled: Cancelled) -> Proof:
    """Run an ONNX model, and compare its predictions with the engine's."""
    return _prove(path, exportable, cancelled, _ONNX, kind="float32")[0]


def prove_training_script(path: Path, exportable: Exportable, cancelled: Cancelled) -> Proof:
    """Run a script that predicts and trains, and compare its predictions and losses with the engine's."""
    epochs = _epochs_to_repeat(exportable)
    if not epochs:
        return prove_script(path, exportable, cancelled)
    precision = exportable.experiment.precision
    proof, curves = _prove(path, exportable, cancelled, _CURVES, str(epochs), precision)
    return proof if proof.problem else proof._replace(curve=_compare_curves(exportable, curves))


def _epochs_to_repeat(exportable: Exportable) -> int:
    """The number of epochs to repeat; 0 if the history can't be repeated or is empty."""
    history = exportable.history
    if not exportable.repeatable:
        return 0
    short = history.step <= max(_MOST_UPDATES, history.step[:2].max())
    return int(history.epoch[short][-1])


def _compare_curves(exportable: Exportable, curves: dict[str, Array]) -> _Curve:
    """Compare the losses of the script, by precision, with the recorded ones and with the engine's in float64."""
    epochs = _epochs_to_repeat(exportable)
    recorded = exportable.history
    apart = [largest for _, largest in _distances(recorded, curves[exportable.experiment.precision], epochs)]
    exact = _distances(exportable.repeated(epochs), curves["float64"], epochs)
    near = list(itertools.takewhile(lambda one: one[1] <= _LARGEST_DIFFERENCE, exact))
    return _Curve(epochs, max(apart), max(largest for _, largest in exact), near[-1][0] if near else 0)


def _distances(recorded: History, rows: Array, epochs: int) -> list[tuple[int, float]]:
    """The recorded epochs up to `epochs`, each with its largest difference from `rows` (epoch and both losses)."""
    known = {int(epoch): np.array(losses) for epoch, *losses in rows.tolist()}
    return [
        (int(epoch), largest_difference(np.array(losses), known.get(int(epoch), np.full(2, np.inf))))
        for epoch, *losses in zip(*map(np.ndarray.tolist, (recorded.epoch, *recorded[3:5])), strict=True)
        if epoch <= epochs
    ]


def largest_difference(expected: Array, said: Array, unit: float = 1.0) -> float:
    """The largest difference in units of max(unit, |expected|); infinite if the shapes or the NaNs differ."""
    if expected.shape != said.shape or not np.array_equal(np.isnan(expected), np.isnan(said)):
        return float("inf")
    expected, said = expected.astype(np.float64), said.astype(np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.abs(expected - said) / np.maximum(unit, np.abs(expected))
    return float(np.max(np.where(np.isnan(expected) | (expected == said), 0, apart), initial=0.0))


def _run(driver: str, arguments: list[str], cancelled: Cancelled) -> str:
    """Run a program in an isolated process; returns its error on one line, empty if it succeeded."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    deadline = time.monotonic() + _SECONDS
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", driver, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        try:
            while process.poll() is None:
                if cancelled():
                    raise CancelledError
                if time.monotonic() > deadline:
                    return f"it took longer than {_SECONDS} seconds"
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_SECONDS)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if process.returncode == 0:
        return ""
    return lines[-1] if lines else f"it ended with code {process.returncode}"
