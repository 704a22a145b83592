"""A picture of a trained network, drawn without a display: the decision boundary with points, and the loss curves."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, TEST, TRAIN, VALIDATION, Sample
from playground.files.atomic import write_atomically
from playground.files.errors import one_line
from playground.interop.axes import Axis, tick_words
from playground.interop.lettering import font_for, lettering_notes, write_text
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot
from playground.run.trainer import Trainer

_SIDE, _LEFT, _BETWEEN, _RIGHT, _TOP, _BELOW = 560, 70, 90, 40, 40, 92
"""The side of boundary and curves, and the margins around and between them, in pixels."""
_TICK_LINE, _EDGE = 22, 6
"""The height of a line of text, and the margin around curves for their thick lines and dots, in pixels."""
_THUMBNAIL = 96
"""The side of the small picture of a kept run."""
_FEW_POINTS = 120
"""Points in a small picture; more would hide the boundary."""
_SMOOTH = 3
"""The factor by which points are drawn larger before they are scaled down, for smooth edges."""
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
_MIDDLE = "#b9b9b2"
"""The colour of the middle value in a regression."""
_FIELD = np.array([[247, 192, 138], [243, 243, 241], [147, 191, 232]], dtype=float)
_TYPE, _SMALL_TYPE = 14, 13
_INK, PAPER, _QUIET, _FAINT = "#1d2129", "#ffffff", "#5b6472", "#e4e7eb"
_ROOMY = 330
"""The width in pixels from which the legend of the curves shows samples of their lines."""
_LONGEST_NAME = 80
_TRAINING, _VALIDATION = "#1d2129", "#a1339b"
"""The colours of the curves, as in the window; no class has them."""
_DWARFS = 30
"""The ratio of the largest loss to the median above which the scale is logarithmic."""
_Box: TypeAlias = tuple[int, int, int, int]


def save_picture(path: str | os.PathLike[str], trainer: Trainer) -> tuple[str, ...]:
    """Write a PNG of the decision boundary and the loss curves; returns notes on text that could not be drawn."""
    snapshot = trainer.snapshot([BoundaryRequest(140)])
    sample = snapshot.sample
    legend = _legend(sample, _SIDE)
    height = _TOP + _SIDE + _BELOW + legend[-1].line * _TICK_LINE
    image = Image.new("RGB", (2 * _SIDE + _LEFT + _BETWEEN + _RIGHT, height), PAPER)
    box = (_LEFT, _TOP, _LEFT + _SIDE, _TOP + _SIDE)
    draw_field(image, snapshot, draw_points(sample, _SIDE), (_LEFT, _TOP), names_below=_TICK_LINE)
    _draw_plane_ticks(image, sample, box)
    _draw_legend(image, legend, (_LEFT, _TOP + _SIDE + 2 * _TICK_LINE + 8), _SIDE)
    start = _LEFT + _SIDE + _BETWEEN
    draw_losses(image, snapshot, (start, _TOP, start + _SIDE, _TOP + _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    write_atomically(Path(path), buffer.getvalue())
    return lettering_notes(_texts_of(snapshot))


def _texts_of(snapshot: Snapshot) -> list[str]:
    """The texts in a picture that come from the user."""
    sample = snapshot.sample
    return [_title_of(snapshot), *sample.axis_names, *sample.class_names, sample.target_name]


def _title_of(snapshot: Snapshot) -> str:
    return snapshot.experiment.name or snapshot.experiment.data.label


def draw_field(
    image: Image.Image, snapshot: Snapshot, points: Image.Image, corner: tuple[int, int], names_below: int = 0
) -> None:
    """Draw the boundary and, on top, the image of `draw_points`; title and epoch go above, the axes' names below."""
    side = points.width
    field = Image.fromarray(_field_colours(snapshot)[::-1], "RGB").resize(points.size, Image.Resampling.BICUBIC)
    image.paste(field, corner)
    image.paste(points, corner, points)
    moment = f"epoch {snapshot.epoch:,}{', diverged' if snapshot.status == 'diverged' else ''}"
    _draw_heading(image, (corner[0], corner[1] - 10), side, _title_of(snapshot), moment)
    across, up = (one_line(name, 60) for name in snapshot.sample.axis_names)
    draw, below = ImageDraw.Draw(image), corner[1] + side + 8 + names_below
    taken = write_text(draw, (corner[0] + side, below), _hollow_words(snapshot.sample), _SMALL_TYPE, _QUIET, "ra")
    room = side - taken - 8
    write_text(draw, (corner[0], below), f"across: {across}, up: {up}", _SMALL_TYPE, _QUIET, width=room)


def _draw_heading(image: Image.Image, at: tuple[float, float], width: float, words: str, value: str) -> None:
    """Draw a title, cut if it is too long, and a value at the right end of its line."""
    draw = ImageDraw.Draw(image)
    taken = write_text(draw, (at[0] + width, at[1]), value, _TYPE, _INK, "rs")
    write_text(draw, at, words, _TYPE, _INK, "ls", width=width - taken - 8)


def _draw_plane_ticks(image: Image.Image, sample: Sample, box: _Box) -> None:
    """Draw ticks with numbers at the plane's left and lower edges, in the data's own units."""
    draw, (left, upper, right, lower) = ImageDraw.Draw(image), box
    ends = sample.x_in_own_units(np.array([[-EXTENT, -EXTENT], [EXTENT, EXTENT]], dtype=float)).T.tolist()
    (low_across, high_across), (low_up, high_up) = ends
    across, up = Axis(low_across, high_across, left, right), Axis(low_up, high_up, lower, upper)
    for value in across.ticks():
        x = across.place(value)
        draw.line([(x, lower), (x, lower + 4)], fill=_QUIET)
        write_text(draw, (x, lower + 7), tick_words(value), _SMALL_TYPE, _QUIET, "ma")
    for value in up.ticks():
        y = up.place(value)
        draw.line([(left - 4, y), (left, y)], fill=_QUIET)
        write_text(draw, (left - 7, y), tick_words(value), _SMALL_TYPE, _QUIET, "rm")


class _Entry(NamedTuple):
    """An entry of the legend, with its position from the legend's corner in pixels and lines."""

    x: float
    line: int
    words: str
    colour: str


def _legend(sample: Sample, width: float) -> list[_Entry]:
    """The legend of the colours in lines of `width` pixels: the classes, or the lowest, middle and highest value."""
    if sample.task == "classification":
        names = [*zip(sample.class_names, _CLASS_COLOURS * 10, strict=False)]
    else:
        middle, half = value_range(sample)
        values = [(tick_words(middle + share * half), _value_colour(share)) for share in (-1, 0, 1)]
        names = [(f"{one_line(sample.target_name, 40)}: {values[0][0]}", values[0][1]), *values[1:]]
    entries: list[_Entry] = []
    x, line = 0.0, 0
    for name, colour in names:
        needed = 36 + min(
            font_for(one_line(name, _LONGEST_NAME), _SMALL_TYPE).getlength(one_line(name, _LONGEST_NAME)), width / 2
        )
        if x and x + needed > width:
            x, line = 0.0, line + 1
        entries.append(_Entry(x, line, name, colour))
        x += needed
    return entries


def _draw_legend(image: Image.Image, entries: Sequence[_Entry], at: tuple[int, int], width: float) -> None:
    draw = ImageDraw.Draw(image)
    for entry in entries:
        left, upper = at[0] + entry.x, at[1] + entry.line * _TICK_LINE
        draw.circle((left + 6, upper + 8), 5, fill=entry.colour)
        write_text(draw, (left + 16, upper), one_line(entry.words, _LONGEST_NAME), _SMALL_TYPE, _QUIET, width=width / 2)


def _hollow_words(sample: Sample) -> str:
    """The note that says which points are drawn hollow; empty if none are."""
    parts = (("validation", VALIDATION), ("test", TEST))
    hollow = [name for name, part in parts if (sample.split == part).any()]
    return f"hollow: {' and '.join(hollow)}" if hollow else ""


def boundary_thumbnail(trainer: Trainer) -> bytes:
    """A small PNG of the decision boundary with the points."""
    snapshot = trainer.snapshot([BoundaryRequest(_THUMBNAIL // 2)])
    size = (_THUMBNAIL, _THUMBNAIL)
    image = Image.fromarray(_field_colours(snapshot)[::-1], "RGB").resize(size, Image.Resampling.BICUBIC)
    points = draw_points(snapshot.sample, _THUMBNAIL, least=1.8, most=_FEW_POINTS)
    image.paste(points, (0, 0), points)
    buffer = io.BytesIO()
    image.quantize(64).save(buffer, "PNG")
    return buffer.getvalue()


def draw_points(sample: Sample, side: int, least: float = 3.0, most: int = 2000) -> Image.Image:
    """An image of the first points on a transparent square: training points filled, all others hollow.

    At most `most` points are drawn. Their radius grows with the side and is at least `least` pixels.
    """
    picture = Image.new("RGBA", (_SMOOTH * side, _SMOOTH * side))
    draw, radius = ImageDraw.Draw(picture), _SMOOTH * max(least, side / 140)
    for (x1, x2), mark, colour in zip(sample.x[:most], sample.split, _point_colours(sample), strict=False):
        at = tuple((x + EXTENT) / (2 * EXTENT) * picture.width for x in (x1, -x2))
        if mark == TRAIN:
            draw.circle(at, radius, fill=colour, outline=PAPER, width=_SMOOTH)
        else:
            draw.circle(at, radius, fill=PAPER)
            draw.circle(at, radius, outline=colour, width=_SMOOTH)
    return picture.reduce(_SMOOTH)


def _field_colours(snapshot: Snapshot) -> Array:
    """The boundary as colours, uint8 of shape (n, n, 3), with row 0 at the bottom."""
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
    middle, half = value_range(sample)
    return [_value_colour(share) for share in ((sample.labels - middle) / half).tolist()]


def _value_colour(share: float) -> str:
    """The colour of a value in a regression, from -1 for the lowest to 1 for the highest."""
    ends = [np.array(_rgb(colour)) for colour in (_CLASS_COLOURS[int(share > 0)], _MIDDLE)]
    strength = min(abs(share), 1.0) ** 0.7
    red, green, blue = (ends[1] + strength * (ends[0] - ends[1])).round().astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def value_range(sample: Sample) -> tuple[float, float]:
    """The value in the middle of the colour scale, and its distance from both ends.

    The middle is 0 where targets have both signs.
    """
    low, high = float(sample.labels.min()), float(sample.labels.max())
    if low < 0 < high:
        return 0.0, max(-low, high)
    return (low + high) / 2, (high - low) / 2 or 1.0


def _rgb(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def draw_losses(image: Image.Image, snapshot: Snapshot, box: _Box, epochs: int = 0) -> None:
    """Draw the training and validation losses by epoch, on an axis that reaches at least to `epochs`.

    The scale is logarithmic if a few losses dwarf the rest. Extremes are drawn however many epochs there are.
    """
    draw, history, (left, upper, right, lower) = ImageDraw.Draw(image), snapshot.history, box
    sets = {"training": (history.train_loss, _TRAINING), "validation": (history.validation_loss, _VALIDATION)}
    sets = {name: (losses, colour) for name, (losses, colour) in sets.items() if np.isfinite(losses).any()}
    across = Axis(0.0, max(float(history.epoch[-1]), epochs, 1.0), left, right)
    up = _loss_axis([losses for losses, _ in sets.values()], lower, upper)
    for value in up.ticks(max(2, (lower - upper) // 60)):
        y = up.place(value)
        draw.line([(left, y), (right, y)], fill=_FAINT)
        # Numbers go inside if there is no room to the left.
        place, anchor = ((left - 7, y), "rm") if left > _LEFT - 1 else ((left + 4, y - 2), "ls")
        write_text(draw, place, tick_words(value), _SMALL_TYPE, _QUIET, anchor)
    for value in across.ticks(max(2, (right - left) // 90)):
        if value == round(value):
            x = across.place(value)
            draw.line([(x, lower), (x, lower + 4)], fill=_QUIET)
            write_text(draw, (x, lower + 7), f"{value:,.0f}", _SMALL_TYPE, _QUIET, "ma")
    draw.line([(left, upper), (left, lower), (right, lower)], fill=_QUIET)
    room = 2 * _EDGE
    curves = Image.new("RGBA", (_SMOOTH * (right - left + room), _SMOOTH * (lower - upper + room)))
    inside = [_SMOOTH * length for length in (_EDGE, _EDGE + right - left, _EDGE + lower - upper, _EDGE)]
    for losses, colour in reversed(sets.values()):
        axes = across._replace(start=inside[0], end=inside[1]), up._replace(start=inside[2], end=inside[3])
        _draw_curve(curves, history.epoch, losses, axes, colour)
    image.paste(reduced := curves.reduce(_SMOOTH), (left - _EDGE, upper - _EDGE), reduced)
    narrow = right - left < _ROOMY
    words = ("loss" if narrow else "loss by epoch") + (", logarithmic" if up.log and not narrow else "")
    x = left + write_text(draw, (left, upper - 10), words, _TYPE, _INK, "ls") + (8 if narrow else 20)
    for name, (_, colour) in sets.items():
        if not narrow:
            draw.line([(x, upper - 14), (x + 18, upper - 14)], fill=colour, width=3)
            x += 24
        x += write_text(draw, (x, upper - 10), name, _SMALL_TYPE, colour, "ls") + (8 if narrow else 16)


def _loss_axis(losses: Sequence[Array], lower: float, upper: float) -> Axis:
    """An axis for all losses: linear from 0, or logarithmic if the largest dwarfs the median."""
    known = np.concatenate([[], *(one[np.isfinite(one)] for one in losses)])
    top = float(known.max(initial=0)) or 1.0
    positive = known[known > 0]
    if len(positive) and top / _DWARFS > np.median(positive):
        return Axis.over(known.tolist(), lower, upper, log=True)
    return Axis(0.0, 1.04 * top, lower, upper)


def _draw_curve(image: Image.Image, epochs: Array, losses: Array, axes: tuple[Axis, Axis], colour: str) -> None:
    """Draw a curve through the first, last, smallest and largest loss in each column of pixels."""
    (across, up), rows = axes, np.flatnonzero(np.isfinite(losses))
    columns = (epochs[rows] / across.high * (across.end - across.start)).astype(int) // _SMOOTH
    shown = [
        row
        for group in np.split(rows, np.flatnonzero(np.diff(columns)) + 1)
        for row in sorted({group[0], group[losses[group].argmin()], group[losses[group].argmax()], group[-1]})
    ]
    line = [(across.place(float(epochs[row])), up.place(float(losses[row]))) for row in shown]
    draw = ImageDraw.Draw(image)
    if len(line) == 1:
        draw.circle(line[0], 3 * _SMOOTH, fill=colour)
    draw.line(line, fill=colour, width=2 * _SMOOTH, joint="curve")
