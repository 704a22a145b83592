"""A picture of a trained network, drawn without a display: the boundary with the points, and the loss curves."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, TRAIN, Sample
from playground.files.atomic import write_atomically
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot
from playground.run.trainer import Trainer

_SIDE, _GAP = 560, 40
_SMOOTH = 3
"""The factor by which points are drawn larger and scaled down, for smooth edges."""
_CLASS_COLOURS = [
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
_FIELD = np.array([[247, 192, 138], [243, 243, 241], [147, 191, 232]], dtype=float)
_TYPE, _SMALL_TYPE = 14, 13
_PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
"""Digits in place of superscripts, which the font lacks."""
_INK, PAPER, _QUIET = "#1d2129", "#ffffff", "#5b6472"
_Box: TypeAlias = tuple[int, int, int, int]


def save_picture(path: str | os.PathLike[str], trainer: Trainer) -> None:
    """Write a PNG of the decision boundary and the loss curves."""
    snapshot = trainer.snapshot([BoundaryRequest(140)])
    image = Image.new("RGB", (2 * _SIDE + 3 * _GAP, _SIDE + 2 * _GAP), PAPER)
    draw_field(image, snapshot, draw_points(snapshot.sample, _SIDE), (_GAP, _GAP))
    draw_losses(image, snapshot, (_SIDE + 2 * _GAP, _GAP, 2 * _SIDE + 2 * _GAP, _SIDE + _GAP))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    write_atomically(Path(path), buffer.getvalue())


def draw_field(image: Image.Image, snapshot: Snapshot, points: Image.Image, corner: tuple[int, int]) -> None:
    """The boundary with its points on top, as `draw_points` made them; the epoch above, the axes below."""
    side = points.width
    field = Image.fromarray(_field_colours(snapshot)[::-1], "RGB").resize(points.size, Image.Resampling.BICUBIC)
    image.paste(field, corner)
    image.paste(points, corner, points)
    title = snapshot.experiment.name or snapshot.experiment.data.label
    moment = f"epoch {snapshot.epoch:,}{', diverged' if snapshot.status == 'diverged' else ''}"
    _draw_heading(image, (corner[0], corner[1] - 10), side, title, moment)
    across, up = (name.translate(_PLAIN_DIGITS) for name in snapshot.sample.axis_names)
    below = (corner[0], corner[1] + side + 8)
    ImageDraw.Draw(image).text(below, f"across: {across}, up: {up}", fill=_QUIET, font_size=_SMALL_TYPE)


def _draw_heading(image: Image.Image, at: tuple[float, float], width: float, words: str, value: str) -> None:
    """Draw a line of text above a picture, cut if it is too long, and a value at its right end."""
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_TYPE)
    room = width - draw.textlength(f"  {value}", font)
    if draw.textlength(words, font) > room:
        while words and draw.textlength(f"{words}…", font) > room:
            words = words[:-1]
        words = f"{words}…"
    draw.text(at, words, fill=_INK, font=font, anchor="ls")
    draw.text((at[0] + width, at[1]), value, fill=_INK, font=font, anchor="rs")


def draw_points(sample: Sample, side: int) -> Image.Image:
    """The points on a transparent square; training points filled, the others hollow."""
    picture = Image.new("RGBA", (_SMOOTH * side, _SMOOTH * side))
    draw, radius = ImageDraw.Draw(picture), _SMOOTH * max(3.0, side / 140)
    for (x1, x2), mark, colour in zip(sample.x[:2000], sample.split, _point_colours(sample), strict=False):
        at = tuple((x + EXTENT) / (2 * EXTENT) * picture.width for x in (x1, -x2))
        if mark == TRAIN:
            draw.circle(at, radius, fill=colour, outline=PAPER, width=_SMOOTH)
        else:
            draw.circle(at, radius, fill=PAPER)
            draw.circle(at, radius, outline=colour, width=_SMOOTH)
    return picture.reduce(_SMOOTH)


def _field_colours(snapshot: Snapshot) -> Array:
    """The boundary as colours, uint8 (n, n, 3), row 0 at the bottom."""
    values = snapshot.answer(BoundaryRequest)
    assert values is not None
    if len(values) > 1:
        shares = np.moveaxis(values, 0, -1) / np.maximum(values.sum(axis=0), 1e-9)[..., np.newaxis]
        mixed: Array = shares @ np.array([_rgb(_CLASS_COLOURS[k % 10]) for k in range(len(values))], dtype=float)
        lightened: Array = (255 - (255 - mixed) * 0.5).astype(np.uint8)
        return lightened
    field = values[0]
    if snapshot.sample.task == "regression":
        middle, half = value_range(snapshot.sample)
        field = (field - middle) / half
    at = np.clip(field, -1, 1) + 1
    return np.stack([np.interp(at, [0, 1, 2], _FIELD[:, k]) for k in range(3)], axis=-1).astype(np.uint8)


def _point_colours(sample: Sample) -> list[str]:
    if sample.task == "classification":
        return [_CLASS_COLOURS[int(label) % 10] for label in sample.labels]
    middle, _ = value_range(sample)
    return [_CLASS_COLOURS[int(value > middle)] for value in sample.labels]


def value_range(sample: Sample) -> tuple[float, float]:
    """The value in the middle of the field's colours, and its distance to those at both ends.

    The middle is 0 where targets have both signs.
    """
    low, high = float(sample.labels.min()), float(sample.labels.max())
    if low < 0 < high:
        return 0.0, max(-low, high)
    return (low + high) / 2, (high - low) / 2 or 1.0


def _rgb(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def draw_losses(image: Image.Image, snapshot: Snapshot, box: _Box, epochs: int = 0) -> None:
    """The losses of both sets over the epochs so far, on an axis that reaches at least to `epochs`."""
    draw, history = ImageDraw.Draw(image), snapshot.history
    both = np.concatenate([history.train_loss, history.validation_loss])
    top = float(both[np.isfinite(both)].max(initial=0)) or 1.0
    last = max(float(history.epoch[-1]), epochs, 1.0)
    left, upper, right, lower = box
    curves = Image.new("RGBA", (_SMOOTH * (right - left), _SMOOTH * (lower - upper)))
    for losses, colour in ((history.validation_loss, _CLASS_COLOURS[0]), (history.train_loss, _CLASS_COLOURS[1])):
        shown = np.flatnonzero(np.isfinite(losses))[:: max(1, len(losses) // 2000)]
        x = history.epoch[shown] / last * curves.width
        y = (1 - losses[shown] / top) * curves.height
        if len(shown) > 1:
            line = list(zip(x.tolist(), y.tolist(), strict=True))
            ImageDraw.Draw(curves).line(line, fill=colour, width=2 * _SMOOTH, joint="curve")
    curves = curves.reduce(_SMOOTH)
    image.paste(curves, (left, upper), curves)
    draw.line([(left, upper), (left, lower), (right, lower)], fill=_QUIET)
    _draw_heading(image, (left, upper - 10), right - left, "loss: training blue, validation orange", f"0 to {top:.3g}")
    draw.text((right, lower + 8), f"{last:,.0f} epochs", fill=_QUIET, font_size=_SMALL_TYPE, anchor="ra")
