"""Own points: points that the user drew, pasted or imported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from playground.catalog.choice import Array, Task, setting
from playground.catalog.datasets.base import (
    CLASS_NAMES,
    LARGEST,
    MAX_CLASSES,
    TEST,
    TRAIN,
    UNNAMED_AXES,
    UNSCALED_AXES,
    VALIDATION,
    AxisScale,
    AxisScales,
    Collected,
    Dataset,
    Raw,
    Sample,
    are_small_enough,
    draw_sample,
    with_common,
)
from playground.files.cells import MAX_TABLE_ROWS
from playground.files.errors import InputError, MissingError, Spoken


class UserPoints(Collected, frozen=True, tag="points"):
    """Your own points, drawn by hand or imported. They are used exactly as they are, in the given order."""

    label = "Your own points"
    tasks = ("classification", "regression")

    x1: Annotated[tuple[float, ...], setting("x₁", "The horizontal coordinate of every point. The plane shows −6 to 6; points outside it count, too.")] = (0.0,)  # fmt: skip
    x2: Annotated[tuple[float, ...], setting("x₂", "The vertical coordinate of every point. The plane shows −6 to 6; points outside it count, too.")] = (0.0,)  # fmt: skip
    target: Annotated[tuple[float, ...], setting("Target", "What the network should predict for every point: class 0, 1, 2, … or a value. One very large value outweighs all others in a squared error.")] = (0.0,)  # fmt: skip
    task: Annotated[Task, setting("Task", "Whether targets are classes or values. Classes are whole numbers from 0; values are any numbers.")] = "classification"  # fmt: skip
    train: Annotated[
        tuple[bool, ...] | None,
        setting("Training points", "A mark per point: true to train on it, false to validate with it. Without marks, the split is random."),
    ] = None  # fmt: skip
    test: Annotated[
        tuple[bool, ...] | None,
        setting("Test points", "A mark per point: true keeps it for the test, so it can't be a training point. Without marks, there are no test points."),
    ] = None  # fmt: skip
    class_names: Annotated[
        tuple[str, ...],
        setting("Class names", "The names of the classes, in order. Classes without a name are called A, B, C and so on."),
    ] = ()  # fmt: skip
    column_names: Annotated[
        tuple[str, ...],
        setting("Column names", "The names of x₁, x₂ and the target, in this order, where the points are from a table. They stand at the axes."),
    ] = ()  # fmt: skip
    axis_scales: Annotated[
        tuple[float, ...],
        setting("Axis scales", "Offset and factor of x₁, then of x₂. A number at an axis is offset + factor · coordinate, the unit of the table that the points are from."),
    ] = ()  # fmt: skip

    @classmethod
    def of(cls, x: ArrayLike, y: ArrayLike, **settings: Any) -> UserPoints:
        """Make own points from arrays: `x` of shape (n, 2), `y` of shape (n,).

        Texts, truth values and whole numbers in `y` are classes, which are numbered in ascending order and keep their
        names; other numbers are values. `settings` are further fields; `task="regression"` makes values of whole
        numbers, too. Raises InputError.
        """
        x, y = np.asarray(x), np.asarray(y)
        if x.ndim != 2 or x.shape[1] != 2 or x.dtype.kind not in "biuf":
            raise InputError("x", Spoken(f"{x.dtype} of shape {x.shape}"), "numbers of shape (n, 2)")
        if y.shape != x.shape[:1] or y.dtype.kind not in "biufU":
            raise InputError("y", Spoken(f"{y.dtype} of shape {y.shape}"), f"numbers or texts of shape {x.shape[:1]}")
        task = settings.setdefault("task", "regression" if y.dtype.kind == "f" else "classification")
        if task == "classification":
            names, y = np.unique(y, return_inverse=True)
            if len(names) > MAX_CLASSES:
                allowed = f"of at most {MAX_CLASSES} classes, unless task='regression' predicts values"
                raise InputError("y", len(names), allowed)
            settings.setdefault("class_names", tuple(map(str, names.tolist())))
        columns = {"x1": x[:, 0], "x2": x[:, 1], "target": np.asarray(y, np.float64)}
        marks = {name: np.asarray(settings.pop(name), bool) for name in ("train", "test") if name in settings}
        lists: dict[str, Any] = {name: tuple(values.tolist()) for name, values in (columns | marks).items()}
        points = cls(**lists, **settings)
        points.check()
        return points

    @property
    def size(self) -> int:
        return len(self.x1)

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been drawn yet; until then one point stands in the middle, as training needs one."""
        return self.size == 1 and self.train is None and (self.x1[0], self.x2[0], self.target[0]) == (0, 0, 0)

    def check(self) -> None:
        super().check()
        if not self.x1:
            raise MissingError("data.x1", "at least one point is needed")
        if self.size > MAX_TABLE_ROWS:
            raise InputError("data.x1", self.size, f"at most {MAX_TABLE_ROWS:,} points")
        columns = {"x2": self.x2, "target": self.target, "train": self.train, "test": self.test}
        for name, column in columns.items():
            if column is not None and len(column) != len(self.x1):
                raise InputError(f"data.{name}", len(column), f"as long as data.x1, {len(self.x1)} entries")
        for name, values in (("x1", self.x1), ("x2", self.x2), ("target", self.target)):
            _refuse_first(
                f"data.{name}", values, are_small_enough(values), f"a number from −{LARGEST:g} to {LARGEST:g}"
            )
        if self.task == "classification":
            target = np.array(self.target)
            whole = (target == np.floor(target)) & (target >= 0) & (target < MAX_CLASSES)
            _refuse_first("data.target", self.target, whole, f"a class, a whole number from 0 to {MAX_CLASSES - 1}")
        if self.train is not None and not any(self.train):
            raise InputError("data.train", Spoken("false everywhere"), "true for at least one point, to train on")
        self.check_test()
        self.check_names()
        for field, length in (("column_names", 3), ("axis_scales", 4)):
            if len(getattr(self, field)) not in (0, length):
                raise InputError(f"data.{field}", len(getattr(self, field)), f"{length} entries, or none")
        if any(factor < 0 for factor in self.axis_scales[1::2]):
            raise InputError("data.axis_scales", min(self.axis_scales[1::2]), "factors from 0")

    def check_test(self) -> None:
        if self.test is not None and self.train is None:
            raise InputError("data.test", Spoken(f"{len(self.test)} entries"), "null where data.train is null")
        if self.test is not None and self.train is not None:
            free = ~(np.array(self.test) & np.array(self.train))
            _refuse_first("data.test", self.test, free, "false where data.train is true")

    def check_names(self) -> None:
        if len(self.class_names) > MAX_CLASSES:
            raise InputError("data.class_names", len(self.class_names), f"at most {MAX_CLASSES} names")
        for place, name in enumerate(self.class_names):
            if not name.strip() or name in self.class_names[:place]:
                raise InputError(f"data.class_names[{place}]", name, "unique and not blank")

    def all_names(self, classes: int) -> tuple[str, ...]:
        """Return the names of the first `classes` classes."""
        names = list(self.class_names)
        for name in CLASS_NAMES[len(names) : classes]:
            names.append(unused_name(name, names))
        return tuple(names[:classes])

    @property
    def classes(self) -> int:
        """The number of classes: the highest class number in use plus 1, and at least 2."""
        return max(2, 1 + int(max(self.target)))

    def draw(self, random: np.random.Generator) -> Raw:
        x = np.stack([np.array(self.x1), np.array(self.x2)], axis=1) + random.normal(0, self.noise, (self.size, 2))
        target = np.array(self.target)
        if self.task == "regression":
            raw = Raw(x, target, "regression")
        else:
            raw = Raw(x, target.astype(np.int64), "classification", self.all_names(self.classes))
        if self.axis_scales:
            scales = AxisScale(*self.axis_scales[:2]), AxisScale(*self.axis_scales[2:])
            raw = raw._replace(axis_scales=scales, unscaled=None if self.noise else _unscaled(x, scales))
        if self.column_names:
            x1, x2, name = self.column_names
            raw = raw._replace(axis_names=(x1, x2), target_name=name)
        return raw

    def split(self, raw: Raw, random: np.random.Generator) -> Array:
        if self.train is None:
            return super().split(raw, random)
        kept_out = VALIDATION if self.test is None else np.where(self.test, TEST, VALIDATION)
        return np.where(self.train, TRAIN, kept_out).astype(np.int8)

    @property
    def validates(self) -> bool:
        if self.train is None:
            return super().validates
        kept_out = self.size - sum(self.train)
        return kept_out > (0 if self.test is None else sum(self.test))

    @property
    def is_regression(self) -> bool:
        return self.task == "regression"

    @property
    def tests(self) -> bool:
        return super().tests if self.train is None else self.test is not None and any(self.test)

    def as_task(self, task: Task) -> UserPoints:
        """Return the same points for another task.

        Classes become values from −1 to 1; up to ten different values become a class each, more become two halves.
        """
        if task == self.task:
            return self
        target = np.array(self.target)
        if task == "regression":
            target = 2 * target / (self.classes - 1) - 1
        else:
            values = np.unique(target)
            middle = (values[0] + values[-1]) / 2
            target = np.searchsorted(values, target) if len(values) <= MAX_CLASSES else target >= middle
        return msgspec.structs.replace(self, target=tuple(target.astype(float).tolist()), task=task)


def _unscaled(x: Array, scales: AxisScales) -> Array:
    """Return points in their own units, shape (n, 2), without the digits that scaling has changed: 2, not 1.9999…96."""
    columns = []
    for column, scale in zip(x.T, scales, strict=True):
        own = scale.offset + scale.factor * column
        most = max(float(np.abs(own).max()), abs(scale.offset))
        # Powers of ten beyond these would overflow.
        columns.append(np.round(own, 14 - math.ceil(math.log10(most))) if most > 1e-280 else own)
    return np.stack(columns, axis=1)


def unused_name(name: str, names: Sequence[str]) -> str:
    """Return `name`, followed by as many primes (′) as make it different from all `names`."""
    while name in names:
        name += "′"
    return name


def _refuse_first(path: str, values: Sequence[float], allowed: Array, words: str) -> None:
    if not allowed.all():
        place = int(np.argmin(allowed))
        raise InputError(f"{path}[{place}]", values[place], words)


def units_of(drawn: Sample) -> dict[str, Any]:
    """Return the fields of `UserPoints` with the names and units of a sample's axes; none where it has no own ones."""
    if (drawn.axis_names, drawn.axis_scales) == (UNNAMED_AXES, UNSCALED_AXES):
        return {}
    scales = tuple(number for scale in drawn.axis_scales for number in scale)
    return {"column_names": (*drawn.axis_names, drawn.target_name), "axis_scales": scales}


def to_own_points(dataset: Dataset, drawn: Sample | None = None) -> UserPoints:
    """Convert any data set to own points with the same coordinates, labels, parts and class names.

    `drawn` is its sample, if that has been drawn already.
    """
    drawn = draw_sample(dataset) if drawn is None else drawn
    common: dict[str, Any] = {"noise": 0.0, "label_noise": 0.0}
    if drawn.task == "regression":
        common["scale_target"] = drawn.scales_target
    return with_common(dataset, UserPoints, **common, **_columns_of(drawn))


def _columns_of(drawn: Sample) -> dict[str, Any]:
    """Return the fields of `UserPoints` that describe a sample exactly."""
    x1, x2, target = (tuple(column.astype(float).tolist()) for column in (*drawn.x.T, drawn.labels))
    test = drawn.split == TEST
    plain = drawn.class_names == CLASS_NAMES[: len(drawn.class_names)]
    return {
        "x1": x1,
        "x2": x2,
        "target": target,
        "task": drawn.task,
        "train": tuple((drawn.split == TRAIN).tolist()),
        "test": tuple(test.tolist()) if test.any() else None,
        "class_names": () if plain else drawn.class_names,
    }
