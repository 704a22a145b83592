"""The effect of each drawing tool on points, as plain arithmetic without Qt.

A `Canvas` is immutable. A stroke begins with one and a place; every `move` leaves another in `canvas`. Random numbers
follow from the data set's seed and the points themselves, so the same gesture on the same points has the same effect.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Task
from playground.catalog.datasets.base import (
    EXTENT,
    LARGEST,
    MAX_OWN_POINTS,
    TEST,
    TRAIN,
    VALIDATION,
    Dataset,
    draw_sample,
    with_common,
)
from playground.catalog.datasets.own_points import UserPoints, units_of

_DENSITY = 10.0
"""Points that a brush leaves per unit of its path and unit of its radius."""
_SPARSEST = 2.0
"""Points per unit of the path, however thin the brush."""
GRAB_DISTANCE = 0.4
"""How far from the mouse a point can be grabbed, on the plane."""
_GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
"""Multiples of it, modulo 1, are spread evenly for every count."""

Place: TypeAlias = tuple[float, float]


class Style(NamedTuple):
    """The settings of the tools, and the class or value of new points."""

    radius: float
    label: float
    cluster_points: int
    spread: float
    seed: int
    validation_fraction: float
    test_fraction: float


@dataclass(frozen=True, eq=False)
class Canvas:
    """Points with x of shape (n, 2), a class or value and a part of the split each; n may be 0."""

    x: Array
    labels: Array
    split: Array
    task: Task
    names: tuple[str, ...]
    """Names of classes, as `UserPoints.class_names` has them."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def room(self) -> int:
        """The number of points that can still be added."""
        return max(MAX_OWN_POINTS - len(self), 0)

    def _with_points(self, x: Array, style: Style) -> Canvas:
        """Add points at the places x, of shape (k, 2), as far as there is room."""
        x = _mirror_into_plane(x[: self.room])
        parts = _split_of(len(self), len(x), style)
        return replace(
            self,
            x=np.concatenate([self.x, x]),
            labels=np.concatenate([self.labels, np.full(len(x), style.label)]),
            split=np.concatenate([self.split, parts]),
        )

    def _without(self, gone: Array) -> Canvas:
        if not gone.any():
            return self
        return replace(self, x=self.x[~gone], labels=self.labels[~gone], split=self.split[~gone])

    def _with_moved(self, index: int, to: Place) -> Canvas:
        x = self.x.copy()
        x[index] = np.clip(to, -EXTENT, EXTENT)
        return replace(self, x=x)

    def jittered(self, spread: float, seed: int) -> Canvas:
        """Move every point at random, by a standard deviation of `spread` on each axis."""
        moved = self.x + self.random(seed).normal(0, spread, self.x.shape)
        return replace(self, x=np.clip(moved, -LARGEST, LARGEST))

    def random(self, seed: int) -> np.random.Generator:
        """Return a random generator seeded by the data set's seed and the points."""
        return np.random.default_rng([seed, zlib.crc32(self.x.tobytes())])

    def nearest(self, place: Place) -> int | None:
        """Return the index of the nearest point within `GRAB_DISTANCE`; of several the last one, which lies on top."""
        away = np.hypot(*(self.x - place).T)
        if not len(away) or away.min() > GRAB_DISTANCE:
            return None
        return int(len(away) - 1 - np.argmin(away[::-1]))

    def as_data(self, present: Dataset) -> UserPoints:
        """Return the points as a data set with the seed and shares of the present one."""
        common: dict[str, object] = {"noise": 0.0, "label_noise": 0.0, "task": self.task, "class_names": self.names}
        if len(self):
            common |= units_of(draw_sample(present))
            split = self.split
            if not (split == TRAIN).any():
                # At least one point trains.
                split = np.concatenate([[TRAIN], split[1:]])
            x1, x2 = (tuple(column.tolist()) for column in self.x.T)
            common |= {"x1": x1, "x2": x2, "target": tuple(self.labels.tolist())}
            test = split == TEST
            common |= {"train": tuple((split == TRAIN).tolist()), "test": tuple(test.tolist()) if test.any() else None}
        data = with_common(present, UserPoints, **common)
        assert isinstance(data, UserPoints)
        return data


def canvas_of(data: Dataset) -> Canvas:
    """Return the points of any data set exactly as they are shown; none if nothing has been drawn yet."""
    if isinstance(data, UserPoints) and data.is_blank:
        return Canvas(np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int8), data.task, data.class_names)
    drawn = draw_sample(data)
    names = drawn.class_names
    if isinstance(data, UserPoints):
        names = data.class_names
    elif names == UserPoints().all_names(len(names)):
        names = ()
    return Canvas(drawn.x, drawn.labels.astype(float), drawn.split, drawn.task, names)


def _split_of(first: int, count: int, style: Style) -> Array:
    """Assign new points number first…first + count − 1 to parts of the split, evenly mixed."""
    along = np.modf((np.arange(first, first + count) + 1) * _GOLDEN_RATIO)[0]
    parts = np.where(along >= 1 - style.test_fraction, TEST, TRAIN)
    return np.where(along < style.validation_fraction, VALIDATION, parts).astype(np.int8)


def _mirror_into_plane(x: Array) -> Array:
    """Mirror places outside the plane back into it, so that none is lost and none piles up at the edge."""
    beyond = np.where(np.abs(x) > EXTENT, np.sign(x) * 2 * EXTENT - x, x)
    result: Array = np.clip(beyond, -EXTENT, EXTENT)
    return result


def _distance_to_way(x: Array, start: Place, end: Place) -> Array:
    first, way = np.array(start), np.subtract(end, start)
    length = float(way @ way)
    along = np.clip((x - first) @ way / length, 0, 1) if length else np.zeros(len(x))
    result: Array = np.hypot(*(x - first - along[:, None] * way).T)
    return result


class Stroke:
    """One gesture of a tool from press to release; `canvas` is what it has made so far."""

    words: ClassVar[str] = ""
    """The action in words, for the undo menu."""

    def __init__(self, canvas: Canvas, at: Place, style: Style) -> None:
        self.canvas, self.at, self.style = canvas, at, style

    def move(self, to: Place) -> None:
        """Follow the mouse."""


class Painting(Stroke):
    """A stroke of the brush: a point where it begins, then points along its path."""

    words = "points drawn"

    def __init__(self, canvas: Canvas, at: Place, style: Style) -> None:
        super().__init__(canvas, at, style)
        self.random = canvas.random(style.seed)
        self.due = 0.0
        self.canvas = canvas._with_points(np.array([at]), style)

    def move(self, to: Place) -> None:
        way = math.hypot(to[0] - self.at[0], to[1] - self.at[1])
        self.due += way * max(_SPARSEST, _DENSITY * self.style.radius)
        count = min(int(self.due), self.canvas.room)
        self.due -= int(self.due)
        if count:
            centres = np.linspace(self.at, to, count + 1)[1:]
            self.canvas = self.canvas._with_points(centres + self._scattered(count), self.style)
        self.at = to

    def _scattered(self, count: int) -> Array:
        angles = self.random.uniform(0, 2 * np.pi, count)
        radii = self.style.radius * np.sqrt(self.random.uniform(0, 1, count))
        return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


class Erasing(Stroke):
    """A stroke of the eraser, which removes the points it passes over, however fast."""

    words = "points erased"

    def __init__(self, canvas: Canvas, at: Place, style: Style) -> None:
        super().__init__(canvas, at, style)
        self.move(at)

    def move(self, to: Place) -> None:
        self.canvas = self.canvas._without(_distance_to_way(self.canvas.x, self.at, to) <= self.style.radius)
        self.at = to


class Moving(Stroke):
    """A stroke of the move tool, which drags the nearest point."""

    words = "point moved"

    def __init__(self, canvas: Canvas, at: Place, style: Style) -> None:
        super().__init__(canvas, at, style)
        self.index = canvas.nearest(at)
        self.offset = canvas.x[self.index] - at if self.index is not None else np.zeros(2)

    def move(self, to: Place) -> None:
        if self.index is not None and to != self.at:
            self.canvas = self.canvas._with_moved(self.index, (to[0] + self.offset[0], to[1] + self.offset[1]))
        self.at = to


class Clustering(Stroke):
    """A stroke of the cluster tool: a cloud of points around the mouse until the button is released."""

    words = "cluster added"

    def __init__(self, canvas: Canvas, at: Place, style: Style) -> None:
        super().__init__(canvas, at, style)
        self.before = canvas
        self._cloud = canvas.random(style.seed).normal(0, style.spread, (style.cluster_points, 2))
        self.move(at)

    def move(self, to: Place) -> None:
        self.canvas = self.before._with_points(self._cloud + to, self.style)
        self.at = to
