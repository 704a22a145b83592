"""Snapshots as a trainer would make them, without a trainer: for tests and pictures of the views."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.catalog.activations import Tanh
from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, Sample, draw_sample
from playground.catalog.datasets.shapes import Hills, Spiral
from playground.engine.evaluation import Evaluation
from playground.experiment.tree import Experiment, Layer
from playground.measure.changes import When
from playground.measure.observe import Request
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import GradientHistory, History, LayerStatistics, Snapshot

GRID_POINTS = 100


CLASS_NAMES = (
    "Adelie", "Chinstrap", "Gentoo", "King", "Macaroni", "Royal", "Little", "Rockhopper", "Fiordland", "Snares",
)  # fmt: skip


def clouds(classes: int = 3, points: int = 500, axis_names: tuple[str, str] = ("x₁", "x₂")) -> Sample:
    """`classes` clouds around the centre, half of the points for validation."""
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, points)
    angle = 2 * np.pi * labels / classes
    x = 3.4 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + random.normal(0, 0.8, (points, 2))
    split = (np.arange(points) % 2).astype(np.int8)
    return Sample(x, labels, split, "classification", CLASS_NAMES[:classes], axis_names, "species", ())


def plane_grid(n: int = GRID_POINTS) -> tuple[Array, Array]:
    """x₁ and x₂ of every grid point, [row, column]."""
    at = np.linspace(-EXTENT, EXTENT, n)
    x1, x2 = np.meshgrid(at, at)
    return x1, x2


def boundary_of(points: Sample, moved: float, n: int = GRID_POINTS) -> Array:
    """A field, (outputs, n, n), that has nearly learned `points` and turns with `moved`."""
    x1, x2 = plane_grid(n)
    angle, radius = np.arctan2(x1, x2), np.hypot(x1, x2)
    if points.task == "regression":
        value = sum(s * np.exp(-((x1 - a - 0.3 * moved) ** 2 + (x2 - b) ** 2) / 2) for a, b, s in Hills.BUMPS)
        scale = float(np.abs(points.labels).max())
        return (scale * value)[np.newaxis].astype(np.float32)
    if points.outputs == 1:
        return np.tanh(2.5 * np.cos(angle - 1.75 * 2 * np.pi * radius / 5 + moved))[np.newaxis].astype(np.float32)
    places = 2 * np.pi * np.arange(points.outputs) / points.outputs + 0.1 * moved
    score = np.stack([2.5 * (x1 * np.cos(p) + x2 * np.sin(p)) for p in places])
    shares = np.exp(score - score.max(axis=0))
    return (shares / shares.sum(axis=0)).astype(np.float32)


def history_of(rows: int, regression: bool = False, validation: bool = True, seed: int = 0) -> History:
    """A training that goes well, one row per epoch, with a validation set that starts to overfit."""
    epoch = np.arange(rows, dtype=np.float64)
    random = np.random.default_rng(seed)
    along = epoch / 300
    train = 0.66 * np.exp(-along) + 0.03 + 0.01 * random.random(rows) * np.exp(-along / 4)
    valid = 0.68 * np.exp(-0.9 * along) + 0.09 + 0.02 * np.tanh(along / 5) + 0.012 * random.random(rows)
    good = 1 - 0.5 * np.exp(-along) if not regression else 1 - 1.2 * np.exp(-along)
    nothing = np.full(rows, np.nan)
    return History(
        epoch, 8 * epoch, np.full(rows, 0.01), train, valid if validation else nothing, good,
        good - 0.04 - 0.01 * random.random(rows) if validation else nothing,
    )  # fmt: skip


def gradients_of(rows: int, layers: int, seed: int = 0) -> GradientHistory:
    """Gradients that shrink towards the input and with time; the first row, before any update, is absent."""
    random = np.random.default_rng(seed)
    step = np.concatenate([[0.0], np.cumsum(random.integers(1, 15, max(0, rows - 1)))])[:rows]
    decades = -0.45 * (layers - 1 - np.arange(layers)) - 1.2 + np.zeros((rows, 1))
    decades = decades - 1.5 * (step / max(1.0, step[-1] if rows else 1.0))[:, np.newaxis]
    gradient = 10 ** (decades + random.normal(0, 0.15, (rows, layers)))
    delta = 10 ** (decades + 0.8 + random.normal(0, 0.15, (rows, layers)))
    gradient[:1], delta[:1] = np.nan, np.nan
    return GradientHistory(step, gradient, delta)


def make_snapshot(
    points: Sample | None = None,
    *,
    layers: int = 3,
    rows: int = 400,
    moved: float = 0.0,
    boundary: bool = True,
    validation: bool = True,
    **changes: Any,
) -> Snapshot:
    """A snapshot after `rows` − 1 epochs with `layers` layers (the output is one of them). `changes` win."""
    points = points if points is not None else draw_sample(Spiral(points=500, noise=0.15))
    experiment = Experiment(layers=tuple(Layer(units=8, activation=Tanh()) for _ in range(layers - 1)))
    history = history_of(rows, points.task == "regression", validation)
    gradients = gradients_of(rows, layers)
    steps = int(history.step[-1]) if rows else 0
    measured = When(steps, float(max(0, rows - 1)), 1.5)
    whole = Snapshot(
        experiment, points, experiment.loss_for(points.task), "ready", "", (), steps,
        max(0, rows - 1), 0.01, 1.5, "reference", last_evaluation(history), measured, layer_rows(gradients, layers),
        history, gradients, {BoundaryRequest(): boundary_of(points, moved)} if boundary else {},
    )  # fmt: skip
    return dataclasses.replace(whole, **changes)


def with_answers(snapshot: Snapshot, answers: Mapping[Request[Any], Any]) -> Snapshot:
    """The same moment with these answers in place of others to requests of their kind."""
    kinds = {type(request) for request in answers}
    kept = {request: answer for request, answer in snapshot.answers.items() if type(request) not in kinds}
    return dataclasses.replace(snapshot, answers={**kept, **answers})


def last_evaluation(history: History) -> Evaluation:
    """The last row of a history as the trainer reports it."""
    if not len(history.epoch):
        return Evaluation(None, None, None, None)
    columns = (history.train_loss, history.validation_loss, history.train_accuracy, history.validation_accuracy)
    return Evaluation(*(None if np.isnan(column[-1]) else float(column[-1]) for column in columns))


def layer_rows(gradients: GradientHistory, layers: int) -> tuple[LayerStatistics, ...]:
    """Per-layer statistics that agree with the last row of the history."""
    names = [str(k + 1) for k in range(layers - 1)] + ["output"]
    nothing = np.full(layers, np.nan)
    gradient = gradients.gradient_rms[-1] if len(gradients.step) else nothing
    delta = gradients.delta_rms[-1] if len(gradients.step) else nothing
    return tuple(
        LayerStatistics(name, 8, "tanh", float(g), float(d), 0.5, 0.001, 0.0)
        for name, g, d in zip(names, gradient, delta, strict=True)
    )


def diverged(snapshot: Snapshot) -> Snapshot:
    """The same moment, but the loss has stopped being finite."""
    history = snapshot.history
    loss = history.train_loss.copy()
    loss[-3:] = [1e30, np.inf, np.nan]
    gradients = snapshot.gradients
    size = gradients.gradient_rms.copy()
    size[-2:] = [[np.inf], [np.nan]]
    layers = tuple(row._replace(gradient_rms=np.inf, delta_rms=np.nan) for row in snapshot.layers)
    field = snapshot.answer(BoundaryRequest)
    answers = {} if field is None else {BoundaryRequest(): np.full_like(field, np.nan)}
    return dataclasses.replace(
        snapshot, status="diverged", problem="The loss is no longer finite.", layers=layers, answers=answers,
        history=history._replace(train_loss=loss), gradients=gradients._replace(gradient_rms=size),
        evaluation=Evaluation(None, None, None, None),
    )  # fmt: skip
