"""A picture of a trained network, drawn without a display: the boundary with the points, and the loss curves."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from playground.catalog.choice import Array
from playground.catalog.datasets import EXTENT, TRAIN, Sample
from playground.files import write_atomically
from playground.snapshot import Snapshot, Wanted
from playground.trainer import Trainer

SIDE, GAP = 560, 40
CLASS_COLOURS = [
    "#e07b00",
    "#0a6ebd",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#c8bb00",
    "#7f7f7f",
    "#8c6bb1",
    "#a6761d",
]
FIELD = np.array([[247, 192, 138], [243, 243, 241], [147, 191, 232]], dtype=float)
INK, PAPER, QUIET = "#1d2129", "#ffffff", "#5b6472"
Box: TypeAlias = tuple[float, float, float, float]


def save_picture(path: str | os.PathLike[str], trainer: Trainer) -> None:
    """Write a PNG of what the network has learned and how the loss went down."""
    snapshot = trainer.snapshot(Wanted(boundary=140))
    image = Image.new("RGB", (2 * SIDE + 3 * GAP, SIDE + 2 * GAP), PAPER)
    draw = ImageDraw.Draw(image)
    draw_field(image, draw, snapshot, (GAP, GAP))
    draw_losses(draw, snapshot, (SIDE + 2 * GAP, GAP, 2 * SIDE + 2 * GAP, SIDE + GAP))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    write_atomically(Path(path), buffer.getvalue())


def draw_field(image: Image.Image, draw: ImageDraw.ImageDraw, snapshot: Snapshot, corner: tuple[int, int]) -> None:
    """The boundary with the points on top; training points filled, the others hollow."""
    field = Image.fromarray(field_colours(snapshot)[::-1], "RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    image.paste(field, corner)
    sample = snapshot.sample
    colours = point_colours(sample)
    for (x1, x2), mark, colour in zip(sample.x[:2000], sample.split, colours, strict=False):
        at = (corner[0] + (x1 + EXTENT) / (2 * EXTENT) * SIDE, corner[1] + (EXTENT - x2) / (2 * EXTENT) * SIDE)
        if mark == TRAIN:
            draw.circle(at, 4, fill=colour, outline=PAPER)
        else:
            draw.circle(at, 4, outline=colour)
    title = snapshot.experiment.name or snapshot.experiment.data.label
    draw.text((corner[0], 14), f"{title}, epoch {snapshot.epoch:,}", fill=INK, font_size=14)
    names = sample.axis_names
    draw.text((corner[0], SIDE + GAP + 8), f"across: {names[0]}, up: {names[1]}", fill=QUIET, font_size=13)


def field_colours(snapshot: Snapshot) -> Array:
    """The boundary as colours, uint8 (n, n, 3), row 0 at the bottom."""
    assert snapshot.boundary is not None
    values = snapshot.boundary
    if len(values) > 1:
        shares = np.moveaxis(values, 0, -1) / np.maximum(values.sum(axis=0), 1e-9)[..., np.newaxis]
        mixed: Array = shares @ np.array([rgb(CLASS_COLOURS[k % 10]) for k in range(len(values))], dtype=float)
        lightened: Array = (255 - (255 - mixed) * 0.5).astype(np.uint8)
        return lightened
    field = values[0]
    if snapshot.sample.task == "regression":
        field = field / value_range(snapshot.sample)
    at = np.clip(field, -1, 1) + 1
    return np.stack([np.interp(at, [0, 1, 2], FIELD[:, k]) for k in range(3)], axis=-1).astype(np.uint8)


def point_colours(sample: Sample) -> list[str]:
    """A colour for every point."""
    if sample.task == "classification":
        return [CLASS_COLOURS[int(label) % 10] for label in sample.labels]
    return [CLASS_COLOURS[int(value > 0)] for value in sample.labels]


def value_range(sample: Sample) -> float:
    """The largest absolute target, where the field's colours end."""
    return float(np.abs(sample.labels).max()) or 1.0


def rgb(colour: str) -> list[int]:
    """#rrggbb as three numbers."""
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def draw_losses(draw: ImageDraw.ImageDraw, snapshot: Snapshot, box: Box) -> None:
    """The losses of both sets over the epochs."""
    history = snapshot.history
    losses = np.concatenate([history.train_loss, history.validation_loss])
    top = float(losses[np.isfinite(losses)].max(initial=0)) or 1.0
    last = max(float(history.epoch[-1]), 1.0)
    draw.line([(box[0], box[1]), (box[0], box[3]), (box[2], box[3])], fill=QUIET)
    for losses, colour in ((history.validation_loss, CLASS_COLOURS[0]), (history.train_loss, CLASS_COLOURS[1])):
        shown = np.flatnonzero(np.isfinite(losses))[:: max(1, len(losses) // 2000)]
        x = box[0] + history.epoch[shown] / last * (box[2] - box[0])
        y = box[3] - losses[shown] / top * (box[3] - box[1])
        if len(shown) > 1:
            draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=colour, width=2)
    draw.text((box[0], 14), "loss: training blue, validation orange", fill=INK, font_size=14)
    draw.text((box[0] + 4, box[1]), f"{top:.3g}", fill=QUIET, font_size=13)
    draw.text((box[2] - 90, box[3] + 8), f"{last:,.0f} epochs", fill=QUIET, font_size=13)
