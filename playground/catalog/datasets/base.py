"""Data sets: points on the plane [−6, 6]² with a class or a value each.

A data set is a choice that knows how to make its points; `draw_sample` turns it into a `Sample`, split into training,
validation and test points. Every random number comes from the data set's own seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, NamedTuple, TypeAlias, TypeVar

import numpy as np

from playground.catalog.choice import Array, Choice, Task, listing, setting
from playground.catalog.datasets import tfdata
from playground.files.errors import InputError

EXTENT = 6.0
"""Points, grids and pictures reach from −EXTENT to EXTENT on both axes."""

TRAIN, VALIDATION, TEST = 0, 1, 2
_PART_NAMES = ("to train on", "to validate with", "for the test")
MAX_CLASSES = 10
LARGEST = 1e9
"""Coordinates and targets are at most this large."""
LONGEST_SEED = 256
"""The most characters of a seed that TensorFlow Playground's generator uses."""
MAX_OWN_POINTS = 20_000
"""The most points that are drawn or imported, so that drawing stays smooth."""

_PointCount: TypeAlias = Annotated[
    int,
    setting("Points", "How many points to generate. More points reduce overfitting but make every epoch longer.", ge=1, le=1_000_000, scale="log", slider=(20, 5000)),
]  # fmt: skip
_Noise: TypeAlias = Annotated[
    float,
    setting("Noise", "How far points stray from their places. Raise it to provoke overfitting; from 0.5 on, the classes mix.", ge=0, le=1, slider=(0, 0.5)),
]  # fmt: skip
_LabelNoise: TypeAlias = Annotated[
    float,
    setting("Wrong labels", "The share of points that get a wrong class. Raise it to provoke overfitting: a network that learns these points overfits.", ge=0, le=1, slider=(0, 0.5)),
]  # fmt: skip
_Seed: TypeAlias = Annotated[
    int,
    setting(
        "Data seed",
        "Decides which points are generated and how they are split. The same seed repeats them; change it to see whether a result holds for other points.",
        ge=0,
        le=2**53 - 1,
    ),
]
_ValidationFraction: TypeAlias = Annotated[
    float,
    setting("Validation share", "The share of points kept out of training, to measure how well the network does on new ones. A larger share measures more reliably but leaves fewer points to learn from; at 0, overfitting goes unnoticed.", ge=0, lt=1, slider=(0, 0.9)),
]  # fmt: skip
_TestFraction: TypeAlias = Annotated[
    float,
    setting("Test share", "The share of points kept out of both training and tuning, for a final verdict. A larger share makes the verdict more reliable but leaves fewer points to learn from; 0 keeps none.", ge=0, lt=1, slider=(0, 0.9)),
]  # fmt: skip
Classes: TypeAlias = Annotated[
    int,
    setting("Classes", "How many classes there are. With 2, the network has one output; with more, it has one per class.", ge=2, le=MAX_CLASSES),
]  # fmt: skip
CLASS_NAMES = tuple("ABCDEFGHIJ")


class AxisScale(NamedTuple):
    """Converts a coordinate on the plane, or a network output, to the data's own unit: offset + factor · x."""

    offset: float = 0.0
    factor: float = 1.0

    def value(self, x: float) -> float:
        """Convert the coordinate `x` on the plane to original units."""
        return self.offset + self.factor * x

    def place(self, value: float) -> float:
        """Convert a value in original units to its coordinate on the plane; 0 if all values are equal."""
        return (value - self.offset) / self.factor if self.factor else 0.0


AxisScales: TypeAlias = tuple[AxisScale, AxisScale]
UNNAMED_AXES = ("x₁", "x₂")
UNSCALED_AXES: AxisScales = (AxisScale(), AxisScale())


class Raw(NamedTuple):
    """Points before the split: x of shape (n, 2), a class number or value per point, and names for display."""

    x: Array
    labels: Array
    task: Task
    class_names: tuple[str, ...] = ()
    axis_names: tuple[str, str] = UNNAMED_AXES
    target_name: str = "value"
    notes: tuple[str, ...] = ()
    axis_scales: AxisScales = UNSCALED_AXES
    unscaled: Array | None = None
    """x as it stands in its source, where that is known to the last digit."""


class Sample(NamedTuple):
    """The points of a data set, read-only, in order, each marked TRAIN, VALIDATION or TEST in `split`."""

    x: Array
    labels: Array
    """Class numbers, or values for regression in the data's own unit."""
    split: Array
    task: Task
    class_names: tuple[str, ...]
    axis_names: tuple[str, str]
    target_name: str
    notes: tuple[str, ...]
    axis_scales: AxisScales = UNSCALED_AXES
    """The scales that convert both axes to the original units of the points."""
    target_scale: AxisScale = AxisScale()
    """The scale that converts what the network predicts in a regression to the data's own unit."""
    unscaled: Array | None = None
    """x as it stands in its source, where that is known to the last digit."""

    @property
    def own_x(self) -> Array:
        """The points in the original units of both axes, shape (n, 2)."""
        return self.x_in_own_units(self.x) if self.unscaled is None else self.unscaled

    def x_in_own_units(self, x: Array) -> Array:
        """Convert points on the plane, shape (n, 2), to the original units of both axes."""
        if self.axis_scales == UNSCALED_AXES:
            return x
        return np.stack([scale.offset + scale.factor * x[:, k] for k, scale in enumerate(self.axis_scales)], axis=1)

    def __repr__(self) -> str:
        parts = ", ".join(f"{np.count_nonzero(self.split == part):,} {name}" for part, name in enumerate(_PART_NAMES))
        what = ", ".join(f"{name} {count:,}" for name, count in self.class_counts.items()) or self.target_name
        return f"<Sample of {len(self.labels):,} points ({parts}): {what}>"

    @property
    def scales_target(self) -> bool:
        """Whether losses are in units of the target's spread."""
        return self.target_scale != AxisScale()

    @property
    def loss_unit(self) -> str:
        """A sentence that names the unit of losses; empty if that is the data's own unit."""
        if not self.scales_target:
            return ""
        return f"Losses are in units of the standard deviation of {self.target_name} ({self.target_scale.factor:,.4g})."

    @property
    def weights_unit(self) -> str:
        """A sentence that names the inputs and outputs scaled to other units than the data's own; empty if none is."""
        scales = zip(("x1", "x2"), self.axis_names, self.axis_scales, strict=True)
        inputs = [
            f"{x} = ({name} - {one.offset:.12g}) / {one.factor:.12g}" for x, name, one in scales if one != AxisScale()
        ]
        scale = self.target_scale
        output = (
            f"{self.target_name} = {scale.offset:.12g} + {scale.factor:.12g} · output" if self.scales_target else ""
        )
        formulas = "; ".join(part for part in (", ".join(inputs), output) if part)
        return (
            f"The weights are for {'scaled inputs' if inputs else 'a scaled target'}: {formulas}." if formulas else ""
        )

    def in_own_unit(self, predicted: Array) -> Array:
        """Convert predictions of a regression to the data's own unit."""
        return self.target_scale.offset + self.target_scale.factor * predicted if self.scales_target else predicted

    @property
    def network_labels(self) -> Array:
        """Class numbers, or for a regression the values in the network's unit: shape (n,)."""
        if not self.scales_target:
            return self.labels
        result: Array = (self.labels - self.target_scale.offset) / self.target_scale.factor
        return result

    @property
    def outputs(self) -> int:
        """The size of the output layer: one for two classes or regression, k for k ≥ 3 classes."""
        classes = len(self.class_names)
        return 1 if self.task == "regression" or classes <= 2 else classes

    @property
    def class_counts(self) -> dict[str, int]:
        """The number of points of each class by its name; empty for a regression."""
        counts = np.bincount(self.labels, minlength=len(self.class_names)).tolist() if self.class_names else []
        return dict(zip(self.class_names, counts, strict=True))

    def part(self, which: int) -> tuple[Array, Array]:
        """Return the points, shape (m, 2), and labels, shape (m,), of one part of the split."""
        chosen = self.split == which
        return self.x[chosen], self.labels[chosen]


class Dataset(Choice, frozen=True):
    """Source of the points. Simple shapes show what one setting does; tables and drawings test everything."""

    tasks: ClassVar[tuple[Task, ...]] = ("classification",)

    def drawn(self) -> tuple[Raw, Array]:
        """Return all points in order, with noise, and a mark TRAIN, VALIDATION or TEST for each: shape (n,)."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """The number of points."""
        raise NotImplementedError

    def kept_out(self, n: int) -> tuple[int, int]:
        """Return how many of n points are for validation and how many for the test."""
        raise NotImplementedError

    @property
    def validates(self) -> bool:
        """Whether there are validation points."""
        return self.kept_out(self.size)[0] > 0

    @property
    def tests(self) -> bool:
        """Whether there are test points."""
        return self.kept_out(self.size)[1] > 0

    def stream(self) -> tfdata.Arc4 | None:
        """The random generator after all points were drawn, for an initializer that continues it; None for most."""
        return None

    def check(self) -> None:
        """Raise InputError, with a path below `data`, for what the declared ranges can't express."""


class Adjustable(Dataset, frozen=True):
    """Settings shared by all data sets except those from links: how many points, how noisy, and how they are split."""

    points: _PointCount = 500
    noise: _Noise = 0.0
    label_noise: _LabelNoise = 0.0
    seed: _Seed = 0
    validation_fraction: _ValidationFraction = 0.5
    test_fraction: _TestFraction = 0.0

    def draw(self, random: np.random.Generator) -> Raw:
        """Draw all points, with noise, in random order unless the points are the user's own."""
        raise NotImplementedError

    def drawn(self) -> tuple[Raw, Array]:
        raw = self.draw(np.random.default_rng([self.seed, 0]))
        if self.label_noise and raw.task == "classification" and len(raw.class_names) > 1:
            random = np.random.default_rng([self.seed, 1])
            raw = raw._replace(labels=_mislabelled(raw.labels, self.label_noise, len(raw.class_names), random))
        return raw, self.split(raw, np.random.default_rng([self.seed, 2]))

    @property
    def size(self) -> int:
        return self.points

    def split(self, raw: Raw, random: np.random.Generator) -> Array:
        """Return a mark TRAIN, VALIDATION or TEST for each point: shape (n,).

        A changed share moves as few points as possible; at least one point is for training.
        """
        n = len(raw.labels)
        rank = random.permutation(n)
        validation, test = self.kept_out(n)
        marks = np.full(n, TRAIN, dtype=np.int8)
        marks[rank < validation] = VALIDATION
        marks[rank >= n - test] = TEST
        return marks

    def kept_out(self, n: int) -> tuple[int, int]:
        test = min(round(self.test_fraction * n), n - 1)
        return min(round(self.validation_fraction * n), n - 1 - test), test

    def check(self) -> None:
        if self.validation_fraction + self.test_fraction >= 1:
            raise InputError(
                "data.test_fraction",
                self.test_fraction,
                f"below 1 − validation_fraction = {1 - self.validation_fraction:g}, to leave points to train on",
            )


class Collected(Adjustable, frozen=True):
    """Settings shared by a person's own data sets, as opposed to generated ones."""

    stratified: Annotated[
        bool,
        setting("Stratified split", "When on, every part of the split has the same share of each class, as nearly as whole points allow. When off, chance decides, and a rare class can be missing from a part."),
    ] = True  # fmt: skip
    scale_target: Annotated[
        bool,
        setting("Scale the target", "When on, the values to predict are scaled to mean 0 and standard deviation 1 for training, where the usual learning rates work, and losses are in that unit. When off, the network learns the values themselves."),
    ] = True  # fmt: skip

    def split(self, raw: Raw, random: np.random.Generator) -> Array:
        if not self.stratified or raw.task == "regression":
            return super().split(raw, random)
        counts = np.bincount(raw.labels, minlength=len(raw.class_names))
        validation, test = self._kept_out_of(counts)
        marks = np.full(len(raw.labels), TRAIN, dtype=np.int8)
        order = np.argsort(random.permutation(len(raw.labels)))
        for label in np.flatnonzero(counts):
            members = order[raw.labels[order] == label]
            marks[members[: validation[label]]] = VALIDATION
            marks[members[counts[label] - test[label] :]] = TEST
        return marks

    def _kept_out_of(self, counts: Array) -> tuple[Array, Array]:
        """Return how many points of each class are for validation and how many for the test, given the class sizes.

        A class of two points has one in training and one in validation, a class of three one in each part.
        """
        validates, tests = self.validation_fraction > 0, self.test_fraction > 0
        validation, test = self.kept_out(int(counts.sum()))
        spared = 2 if validates else 1
        enough = counts > spared
        of_test = apportion(test, counts, (enough & tests).astype(int), np.where(enough, counts - spared, 0))
        enough = counts > 1
        of_validation = apportion(
            validation, counts, (enough & validates).astype(int), np.where(enough, counts - 1 - of_test, 0)
        )
        return of_validation, of_test

    @property
    def validates(self) -> bool:
        return self._has_part(VALIDATION, self.validation_fraction, super().validates)

    @property
    def tests(self) -> bool:
        return self._has_part(TEST, self.test_fraction, super().tests)

    def _has_part(self, part: int, share: float, rounded: bool) -> bool:
        """Whether a part has points; `rounded` says whether its share of all points rounds to one or more."""
        if not share or not self.stratified or self.is_regression:
            return rounded
        # With this many points some class has three or more, and so points in every part.
        return self.size > 2 * MAX_CLASSES or part in self.drawn()[1]

    @property
    def is_regression(self) -> bool:
        """Whether the network predicts values rather than classes."""
        raise NotImplementedError


_A = TypeVar("_A", bound=Adjustable)


def apportion(total: int, counts: Array, least: Array, most: Array) -> Array:
    """Return whole numbers that add up to `total`, in proportion to `counts`, each between `least` and `most`.

    If the bounds rule out that total, they take precedence. The method of largest remainders (Hamilton's).
    """
    wanted = total * counts / max(1, counts.sum())
    result: Array = np.clip(np.floor(wanted).astype(int), least, most)
    while result.sum() < total and (free := result < most).any():
        result[np.argmax(np.where(free, wanted - result, -np.inf))] += 1
    while result.sum() > total and (free := result > least).any():
        result[np.argmin(np.where(free, wanted - result, np.inf))] -= 1
    return result


def are_small_enough(values: Sequence[float] | Array) -> Array:
    """Mark the numbers that can be squared and summed in any precision; NaN is not among them."""
    result: Array = np.abs(values) <= LARGEST
    return result


def draw_sample(dataset: Dataset) -> Sample:
    """Draw the points of a data set and split them. Equal data sets give equal points."""
    raw, split = dataset.drawn()
    for array in (raw.x, raw.labels, split, *([] if raw.unscaled is None else [raw.unscaled])):
        array.setflags(write=False)
    notes = (*raw.notes, *_split_notes(raw, split))
    scaled = raw.task == "regression" and isinstance(dataset, Collected) and dataset.scale_target
    scale = scale_of(raw.labels[split == TRAIN]) if scaled else AxisScale()
    names = (raw.class_names, raw.axis_names, raw.target_name)
    return Sample(raw.x, raw.labels, split, raw.task, *names, notes, raw.axis_scales, scale, raw.unscaled)


def _split_notes(raw: Raw, split: Array) -> tuple[str, ...]:
    """Warn, in sentences, of parts on which accuracy or R² loses its usual meaning."""
    notes, parts = list[str](), {"training": TRAIN, "validation": VALIDATION, "test": TEST}
    present = {name: raw.labels[split == part] for name, part in parts.items() if (split == part).any()}
    if raw.task == "regression":
        for name, values in present.items():
            if len(values) == 1:
                notes.append(f"There is only one {name} point, and the R² of a single point is undefined.")
            elif np.ptp(values) == 0:
                notes.append(f"All {name} targets are equal, so their R² is undefined.")
        return tuple(notes)
    classes = np.unique(raw.labels).tolist()
    if len(classes) == 1:
        return (f"All points are of class {raw.class_names[classes[0]]}, so there is nothing to distinguish.",)
    for name, labels in present.items():
        if len(labels) == 1 and len(raw.labels) > 1:
            notes.append(f"There is only one {name} point, so the accuracy is either 0 % or 100 %.")
        absent = [raw.class_names[label] for label in np.setdiff1d(classes, labels).tolist()]
        if absent:
            who = f"Classes {listing(absent)} have" if len(absent) > 1 else f"Class {absent[0]} has"
            notes.append(f"{who} no {name} points.")
    return tuple(notes)


def scale_of(values: Array) -> AxisScale:
    """Return the scale on which values have mean 0 and standard deviation 1; equal values keep their unit."""
    spread = float(np.std(values)) if np.ptp(values) > 0 else 1.0
    return AxisScale(float(np.mean(values)), spread)


def _mislabelled(labels: Array, share: float, classes: int, random: np.random.Generator) -> Array:
    """Return a copy of `labels` in which a share of the points has another, random class."""
    wrong = random.permutation(len(labels))[: round(share * len(labels))]
    result = labels.copy()
    result[wrong] = (labels[wrong] + random.integers(1, classes, len(wrong))) % classes
    return result


def with_common(dataset: Dataset, kind: type[_A], **settings: Any) -> _A:
    """Make a data set of class `kind` with the settings that it shares with `dataset`: points, noise, seed, shares."""
    shared = Collected if isinstance(dataset, Collected) and issubclass(kind, Collected) else Adjustable
    common = {name: getattr(dataset, name) for name in shared.__struct_fields__ if isinstance(dataset, Adjustable)}
    # All rows of a table are no number of points to draw.
    known = {name: value for name, value in common.items() if value is not None}
    return kind(**{**known, **settings})
