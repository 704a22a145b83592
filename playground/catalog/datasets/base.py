"""Data sets: points on the plane [−6, 6]² with a class or a value each.

A data set is a choice that knows how to make its points; `sample` turns it into a `Sample`, split into training,
validation and test points. Every random number comes from the data set's own seed.
"""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, TextIO, TypeAlias, TypeVar

import msgspec
import numpy as np

from playground.catalog.choice import Array, Choice, InputError, listing, one_line, setting, union
from playground.catalog.datasets import tfdata
from playground.files import progress
from playground.files.atomic import readable_size

Task: TypeAlias = Literal["classification", "regression"]

EXTENT = 6.0
"""Points, grids and pictures reach from −EXTENT to EXTENT on both axes."""

TRAIN, VALIDATION, TEST = 0, 1, 2
MAX_CLASSES = 10
LARGEST = 1e9
"""Coordinates and targets are at most this large."""
LONGEST_SEED = 256
"""So many characters of a seed count in TensorFlow Playground's way of reading it."""
MAX_OWN_POINTS = 20_000
"""So many points are drawn or brought along at most, so that every stroke still follows the hand."""

Points: TypeAlias = Annotated[
    int,
    setting("Points", "How many points to draw. Few overfit quickly; many make every epoch longer.", ge=1, le=1_000_000, scale="log", slider=(20, 5000)),
]  # fmt: skip
Noise: TypeAlias = Annotated[
    float,
    setting("Noise", "How far points stray from where they belong. At 0 the classes are clean; from 0.5 on they mix.", ge=0, le=1, slider=(0, 0.5)),
]  # fmt: skip
LabelNoise: TypeAlias = Annotated[
    float,
    setting("Wrong labels", "The share of points that get a wrong class. A network that learns them too is overfitting.", ge=0, le=1, slider=(0, 0.5)),
]  # fmt: skip
Seed: TypeAlias = Annotated[
    int,
    setting(
        "Data seed",
        "Decides which points are drawn and how they are split. The same seed gives the same points every time; any other one gives others of the same kind.",
        ge=0,
        le=2**53 - 1,
    ),
]
ValidationFraction: TypeAlias = Annotated[
    float,
    setting("Validation share", "Points kept out of training, to see how well the network does on points it never saw. At 0 overfitting goes unnoticed; near 1 hardly any are left to learn from.", ge=0, lt=1, slider=(0, 0.9)),
]  # fmt: skip
TestFraction: TypeAlias = Annotated[
    float,
    setting("Test share", "Points that neither training nor tuning ever sees, for the final verdict. At 0 there are none; near 1 hardly any are left to learn from.", ge=0, lt=1, slider=(0, 0.9)),
]  # fmt: skip


Classes: TypeAlias = Annotated[
    int,
    setting("Classes", "How many kinds of points there are. With 2 the network has one output; from 3 on one per class.", ge=2, le=MAX_CLASSES),
]  # fmt: skip
CLASS_NAMES = tuple("ABCDEFGHIJ")


class AxisScale(NamedTuple):
    """What a place on an axis of the plane stands for in the units that the points came in: offset + factor · x."""

    offset: float = 0.0
    factor: float = 1.0

    def value(self, x: float) -> float:
        """What stands at `x` on the plane, in the units that the points came in."""
        return self.offset + self.factor * x

    def place(self, value: float) -> float:
        """Where on the plane a value stands; 0 if all values are the same."""
        return (value - self.offset) / self.factor if self.factor else 0.0


AxisScales: TypeAlias = tuple[AxisScale, AxisScale]
AS_THEY_ARE: AxisScales = (AxisScale(), AxisScale())


class Raw(NamedTuple):
    """Points before the split: x of shape (n, 2), a class number or value per point, and names to show."""

    x: Array
    labels: Array
    task: Task
    class_names: tuple[str, ...] = ()
    axis_names: tuple[str, str] = ("x₁", "x₂")
    target_name: str = "value"
    notes: tuple[str, ...] = ()
    axis_scales: AxisScales = AS_THEY_ARE


class Sample(NamedTuple):
    """The points of a data set, read-only, in order, each marked TRAIN, VALIDATION or TEST in `split`."""

    x: Array
    labels: Array
    split: Array
    task: Task
    class_names: tuple[str, ...]
    axis_names: tuple[str, str]
    target_name: str
    notes: tuple[str, ...]
    axis_scales: AxisScales = AS_THEY_ARE
    """What the two axes stand for in the units that the points came in."""

    @property
    def outputs(self) -> int:
        """The size of the output layer: one for two classes or regression, k for k ≥ 3 classes."""
        classes = len(self.class_names)
        return 1 if self.task == "regression" or classes <= 2 else classes

    def part(self, which: int) -> tuple[Array, Array]:
        """The points and labels of one part of the split."""
        chosen = self.split == which
        return self.x[chosen], self.labels[chosen]


class Dataset(Choice, frozen=True):
    """Where the points come from. Simple shapes show what one setting does; real tables and drawings test it all."""

    tasks: ClassVar[tuple[Task, ...]] = ("classification",)

    def drawn(self) -> tuple[Raw, Array]:
        """All points, noise included, in their order, and a mark TRAIN, VALIDATION or TEST for each."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """How many points there are."""
        raise NotImplementedError

    def kept_out(self, n: int) -> tuple[int, int]:
        """How many of n points are for validation and how many for the test."""
        raise NotImplementedError

    @property
    def validates(self) -> bool:
        """Whether there are points to validate with."""
        return self.kept_out(self.size)[0] > 0

    @property
    def tests(self) -> bool:
        """Whether there are points for the test."""
        return self.kept_out(self.size)[1] > 0

    def stream(self) -> tfdata.Arc4 | None:
        """The random numbers that follow those of the points, for an initializer that continues them; None if none may."""
        return None

    def check(self) -> None:
        """Refuse what the declared ranges can't express, with a path below `data`."""


class Adjustable(Dataset, frozen=True):
    """What all data sets but those of links share: how many points there are, how noisy, and how they are split."""

    points: Points = 500
    noise: Noise = 0.0
    label_noise: LabelNoise = 0.0
    seed: Seed = 0
    validation_fraction: ValidationFraction = 0.5
    test_fraction: TestFraction = 0.0

    def draw(self, random: np.random.Generator) -> Raw:
        """All points, noise included, in random order unless the points are the user's own."""
        raise NotImplementedError

    def drawn(self) -> tuple[Raw, Array]:
        raw = self.draw(np.random.default_rng([self.seed, 0]))
        if self.label_noise and raw.task == "classification" and len(raw.class_names) > 1:
            random = np.random.default_rng([self.seed, 1])
            raw = raw._replace(labels=mislabelled(raw.labels, self.label_noise, len(raw.class_names), random))
        return raw, self.split(len(raw.labels), np.random.default_rng([self.seed, 2]))

    @property
    def size(self) -> int:
        return self.points

    def split(self, n: int, random: np.random.Generator) -> Array:
        """A mark TRAIN, VALIDATION or TEST for each of n points.

        Changing a share moves only the points it must; at least one point trains.
        """
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
                f"less than 1 − validation_fraction = {1 - self.validation_fraction:g}, so that points to train on remain",
            )


A = TypeVar("A", bound=Adjustable)


def shuffled(
    x: Array, labels: Array, task: Task, random: np.random.Generator, class_names: tuple[str, ...] = ()
) -> Raw:
    """Points in random order, so that batches are mixed even without shuffling."""
    order = random.permutation(len(x))
    return Raw(x[order], labels[order], task, class_names or (("A", "B") if task == "classification" else ()))


def two_halves(n: int) -> tuple[int, int]:
    """How many of n points belong to class 1 and to class 0."""
    return n // 2, n - n // 2


def shares(n: int, classes: int) -> list[int]:
    """How many of n points belong to each class, as equal as can be; of two classes the last gets the odd one."""
    return [(n * (k + 1)) // classes - (n * k) // classes for k in range(classes)]


def numbered(counts: Sequence[int]) -> Array:
    """The class of every point if they come class by class. Of two classes the first to come is class 1."""
    order = [1, 0] if len(counts) == 2 else list(range(len(counts)))
    return np.repeat(order, counts)


def on_circles(radii: Array, random: np.random.Generator) -> Array:
    """Points at these distances from the centre, in random directions."""
    angles = random.uniform(0, 2 * np.pi, len(radii))
    return np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=1)


class Circle(Adjustable, frozen=True, tag="circle"):
    """A disc inside a ring. A straight line can't do it; three units can."""

    label = "Circle"

    def draw(self, random: np.random.Generator) -> Raw:
        inner, outer = two_halves(self.points)
        radii = np.concatenate([random.uniform(0, 2.5, inner), random.uniform(3.5, 5, outer)])
        x = on_circles(radii, random) + random.normal(0, 3 * self.noise, (self.points, 2))
        return shuffled(x, np.repeat([1, 0], [inner, outer]), "classification", random)


class Xor(Adjustable, frozen=True, tag="xor"):
    """Opposite corners belong together. The classic that no single layer can solve."""

    label = "Xor"

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-5, 5, (self.points, 2))
        x += np.where(x > 0, 0.3, -0.3)
        labels = (x[:, 0] * x[:, 1] >= 0).astype(np.int64)
        x = x + random.normal(0, 3 * self.noise, x.shape)
        return shuffled(x, labels, "classification", random)


class Gaussians(Adjustable, frozen=True, tag="gaussians"):
    """Two clouds side by side. One unit is enough; anything more can only overfit."""

    label = "Gauss"

    def draw(self, random: np.random.Generator) -> Raw:
        first, second = two_halves(self.points)
        spread = np.sqrt(0.5 + 7 * self.noise)
        centres = np.repeat([[2.0, 2.0], [-2.0, -2.0]], [first, second], axis=0)
        x = centres + random.normal(0, spread, (self.points, 2))
        return shuffled(x, np.repeat([1, 0], [first, second]), "classification", random)


class Spiral(Adjustable, frozen=True, tag="spiral"):
    """Arms wound around each other. The hard one: it takes width, depth or better features."""

    label = "Spiral"

    classes: Classes = 2

    def draw(self, random: np.random.Generator) -> Raw:
        counts = shares(self.points, self.classes)
        arms = [self.arm(count, 2 * np.pi * k / self.classes) for k, count in enumerate(counts)]
        x = np.concatenate(arms) + random.normal(0, self.noise, (self.points, 2))
        return shuffled(x, numbered(counts), "classification", random, CLASS_NAMES[: self.classes])

    @staticmethod
    def arm(count: int, turn: float) -> Array:
        """`count` points along an arm that starts at the angle `turn` and goes round 1¾ times."""
        along = np.arange(count) / max(count, 1)
        angle = 1.75 * 2 * np.pi * along + turn
        return np.stack([5 * along * np.sin(angle), 5 * along * np.cos(angle)], axis=1)


class Moons(Adjustable, frozen=True, tag="moons"):
    """Two interlocking half circles (scikit-learn's `make_moons`, scaled 3.2 times). A few units bend around them."""

    label = "Moons"

    def draw(self, random: np.random.Generator) -> Raw:
        upper, lower = two_halves(self.points)
        a, b = random.uniform(0, np.pi, upper), random.uniform(0, np.pi, lower)
        x = np.concatenate(
            [np.stack([np.cos(a), np.sin(a)], axis=1), np.stack([1 - np.cos(b), 0.5 - np.sin(b)], axis=1)]
        )
        x = (x + random.normal(0, self.noise, x.shape) - [0.5, 0.25]) * 3.2
        return shuffled(x, np.repeat([0, 1], [upper, lower]), "classification", random)


class Rings(Adjustable, frozen=True, tag="rings"):
    """Rings inside each other. Every ring more needs more units, or one feature: the radius."""

    label = "Rings"

    classes: Classes = 3

    def draw(self, random: np.random.Generator) -> Raw:
        counts = shares(self.points, self.classes)
        # A third of the way from one ring to the next stays empty.
        width = 5 / (self.classes - 1 / 3)
        inner = np.repeat(width * np.arange(self.classes), counts)
        radii = inner + random.uniform(0, 2 / 3 * width, self.points)
        x = on_circles(radii, random) + random.normal(0, 3 * self.noise, (self.points, 2))
        return shuffled(x, numbered(counts), "classification", random, CLASS_NAMES[: self.classes])


class Blobs(Adjustable, frozen=True, tag="blobs"):
    """Clouds around the centre, a class each. Straight lines separate them until noise makes them overlap."""

    label = "Blobs"

    classes: Classes = 3

    def draw(self, random: np.random.Generator) -> Raw:
        counts = shares(self.points, self.classes)
        angles = np.repeat(2 * np.pi * np.arange(self.classes) / self.classes, counts)
        spread = 2 / self.classes + 3 * self.noise
        x = 3.5 * np.stack([np.sin(angles), np.cos(angles)], axis=1) + random.normal(0, spread, (self.points, 2))
        return shuffled(x, numbered(counts), "classification", random, CLASS_NAMES[: self.classes])


class Checkerboard(Adjustable, frozen=True, tag="checkerboard"):
    """Four by four squares that alternate. Many units have to share the work, or the sines of x₁ and x₂."""

    label = "Checkers"

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-5, 5, (self.points, 2))
        squares = np.floor((x + 5) / 2.5).astype(np.int64)
        labels = squares.sum(axis=1) % 2
        x = x + random.normal(0, 2 * self.noise, x.shape)
        return shuffled(x, labels, "classification", random)


class Wave(Adjustable, frozen=True, tag="wave"):
    """Above or below a sine. A few units bend the boundary; the feature sin x₁ makes it a straight line."""

    label = "Wave"

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-5, 5, (self.points, 2))
        crest = 2 * np.sin(x[:, 0])
        above = x[:, 1] >= crest
        # A gap along the sine, so that without noise the classes are cleanly apart.
        x[:, 1] += np.where(above, 0.3, -0.3)
        x = x + random.normal(0, 2 * self.noise, x.shape)
        return shuffled(x, above.astype(np.int64), "classification", random)


class Plane(Adjustable, frozen=True, tag="plane"):
    """Regression: a slope to the upper right. A single linear unit fits it exactly."""

    label = "Plane"
    tasks = ("regression",)

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-EXTENT, EXTENT, (self.points, 2))
        return shuffled(x, x.sum(axis=1) / 10 + random.normal(0, self.noise, self.points), "regression", random)


class Hills(Adjustable, frozen=True, tag="hills"):
    """Regression: six bumps, up and down by turns. Needs units that can bend the surface locally."""

    label = "Hills"
    tasks = ("regression",)

    BUMPS: ClassVar[tuple[tuple[float, float, float], ...]] = (
        (-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1),
    )  # fmt: skip

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-EXTENT, EXTENT, (self.points, 2))
        heights = sum(s * np.clip(1 - np.hypot(x[:, 0] - a, x[:, 1] - b) / 2, 0, 1) for a, b, s in self.BUMPS)
        return shuffled(x, heights + random.normal(0, self.noise, self.points), "regression", random)


class Ripple(Adjustable, frozen=True, tag="ripple"):
    """Regression: rings of waves that run out from the centre. Deep networks or the radius as a feature help."""

    label = "Ripple"
    tasks = ("regression",)

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-EXTENT, EXTENT, (self.points, 2))
        radius = np.hypot(x[:, 0], x[:, 1])
        heights = np.cos(1.5 * radius) * np.exp(-radius / 4)
        return shuffled(x, heights + random.normal(0, self.noise, self.points), "regression", random)


class UserPoints(Adjustable, frozen=True, tag="points"):
    """Your own points, drawn by hand or brought along. They are taken as they are and keep their order."""

    label = "Your own points"
    tasks = ("classification", "regression")

    x1: Annotated[tuple[float, ...], setting("x₁", "The horizontal coordinate of every point. The plane shows −6 to 6; others count, unseen.")] = (0.0,)  # fmt: skip
    x2: Annotated[tuple[float, ...], setting("x₂", "The vertical coordinate of every point. The plane shows −6 to 6; others count, unseen.")] = (0.0,)  # fmt: skip
    target: Annotated[tuple[float, ...], setting("Target", "What the network has to say of every point: class 0, 1, 2, … or a value. One very large value outweighs all others in a squared error.")] = (0.0,)  # fmt: skip
    task: Annotated[Task, setting("Task", "Whether targets are classes or values. Classes are whole numbers from 0 on; anything else is a value.")] = "classification"  # fmt: skip
    train: Annotated[
        tuple[bool, ...] | None,
        setting("Training points", "A mark per point: true to train on it, false to validate with it. Left empty, the split is random."),
    ] = None  # fmt: skip
    test: Annotated[
        tuple[bool, ...] | None,
        setting("Test points", "A mark per point: true keeps it for the test. Only points without a mark to train can be; left empty, none are."),
    ] = None  # fmt: skip
    class_names: Annotated[
        tuple[str, ...],
        setting("Class names", "What the classes are called, in order. Left empty, they are A, B, C and so on; at most one name each."),
    ] = ()  # fmt: skip

    @property
    def size(self) -> int:
        return len(self.x1)

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been drawn: since training needs a point, one stands in the middle till then."""
        return self.size == 1 and self.train is None and (self.x1[0], self.x2[0], self.target[0]) == (0, 0, 0)

    def check(self) -> None:
        super().check()
        if not self.x1:
            raise InputError("data.x1", [], "at least one point")
        if self.size > MAX_TABLE_ROWS:
            raise InputError("data.x1", f"{self.size:,} points", f"at most {MAX_TABLE_ROWS:,}")
        columns = {"x2": self.x2, "target": self.target, "train": self.train, "test": self.test}
        for name, column in columns.items():
            if column is not None and len(column) != len(self.x1):
                raise InputError(f"data.{name}", f"{len(column)} entries", f"as many as data.x1 has, {len(self.x1)}")
        for name, values in (("x1", self.x1), ("x2", self.x2), ("target", self.target)):
            refuse_first(f"data.{name}", values, small_enough(values), f"a number from −{LARGEST:g} to {LARGEST:g}")
        if self.task == "classification":
            target = np.array(self.target)
            whole = (target == np.floor(target)) & (target >= 0) & (target < MAX_CLASSES)
            refuse_first("data.target", self.target, whole, f"a class, a whole number from 0 to {MAX_CLASSES - 1}")
        if self.train is not None and not any(self.train):
            raise InputError("data.train", "only false", "true for at least one point, to train on")
        self.check_test()
        self.check_names()

    def check_test(self) -> None:
        """Refuse marks for the test that contradict those for training."""
        if self.test is not None and self.train is None:
            raise InputError("data.test", f"{len(self.test)} entries", "null where data.train is null")
        if self.test is not None and self.train is not None:
            free = ~(np.array(self.test) & np.array(self.train))
            refuse_first("data.test", self.test, free, "false where data.train is true")

    def check_names(self) -> None:
        """Refuse names that can't tell the classes apart."""
        if len(self.class_names) > MAX_CLASSES:
            raise InputError("data.class_names", f"{len(self.class_names)} names", f"at most {MAX_CLASSES}")
        for place, name in enumerate(self.class_names):
            if not name.strip() or name in self.class_names[:place]:
                raise InputError(f"data.class_names[{place}]", name, "a name that no other class has")

    def all_names(self, classes: int) -> tuple[str, ...]:
        """The names of the first so many classes."""
        names = list(self.class_names)
        for name in CLASS_NAMES[len(names) : classes]:
            names.append(unused(name, names))
        return tuple(names[:classes])

    @property
    def classes(self) -> int:
        """How many classes have a point or, being the first ones, need none."""
        return max(2, 1 + int(max(self.target)))

    def draw(self, random: np.random.Generator) -> Raw:
        x = np.stack([np.array(self.x1), np.array(self.x2)], axis=1) + random.normal(0, self.noise, (self.size, 2))
        target = np.array(self.target)
        if self.task == "regression":
            return Raw(x, target, "regression")
        return Raw(x, target.astype(np.int64), "classification", self.all_names(self.classes))

    def split(self, n: int, random: np.random.Generator) -> Array:
        if self.train is None:
            return super().split(n, random)
        kept_out = VALIDATION if self.test is None else np.where(self.test, TEST, VALIDATION)
        return np.where(self.train, TRAIN, kept_out).astype(np.int8)

    @property
    def validates(self) -> bool:
        if self.train is None:
            return super().validates
        return bool((self.split(self.size, np.random.default_rng(0)) == VALIDATION).any())

    @property
    def tests(self) -> bool:
        return super().tests if self.train is None else self.test is not None and any(self.test)

    def as_task(self, task: Task) -> UserPoints:
        """The same points for another task.

        Classes become values from −1 to 1; at most ten values become a class each, more become two halves.
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


def unused(name: str, names: Sequence[str]) -> str:
    """`name`, with a prime or more if it is among `names`."""
    while name in names:
        name += "′"
    return name


def small_enough(values: Sequence[float] | Array) -> Array:
    """Marks the numbers, never NaN, that can be squared and summed in any precision."""
    result: Array = np.abs(values) <= LARGEST
    return result


def refuse_first(path: str, values: Sequence[float], allowed: Array, words: str) -> None:
    """Raise InputError for the first value that is not allowed."""
    if not allowed.all():
        place = int(np.argmin(allowed))
        raise InputError(f"{path}[{place}]", values[place], words)


class Table(Adjustable, frozen=True, tag="table"):
    """Two columns of a CSV file as coordinates and a third as the target. Text means classes, numbers a regression."""

    label = "Table"
    tasks = ("classification", "regression")

    path: Annotated[
        str,
        setting(
            "File",
            "The CSV file, relative to the experiment file; its first row names the columns. Rows with empty cells are left out and counted.",
        ),
    ] = ""
    x1: Annotated[
        str,
        setting(
            "x₁ column",
            "The column for the horizontal axis. Its lowest value comes to −5 and its highest to 5, so one value far out presses the others together at the low end.",
        ),
    ] = ""
    x2: Annotated[
        str,
        setting(
            "x₂ column",
            "The column for the vertical axis. Its lowest value comes to −5 and its highest to 5, so one value far out presses the others together at the low end.",
        ),
    ] = ""
    target: Annotated[
        str,
        setting(
            "Target column",
            "The column that the network learns to predict. Text or at most 10 different whole numbers are classes; other numbers are values.",
        ),
    ] = ""
    task: Annotated[
        Task | None,
        setting(
            "Task",
            "Predict classes or a number. Left empty, text or at most 10 distinct integers mean classes.",
        ),
    ] = None

    def check(self) -> None:
        super().check()
        self.draw(np.random.default_rng(0))

    @property
    def size(self) -> int:
        return min(len(self.rows.x), self.points)

    @property
    def rows(self) -> TableRows:
        """All rows of the file that can be used."""
        return read_table(Path(self.path), self.x1, self.x2, self.target, self.task)

    def relative_to(self, folder: Path) -> Table:
        """The same table for a file in that folder."""
        try:
            path = os.path.relpath(self.path, folder)
        except ValueError:
            # On another drive.
            return self
        return msgspec.structs.replace(self, path=path)

    def draw(self, random: np.random.Generator) -> Raw:
        x, labels, task, names, dropped = self.rows
        kept = random.permutation(len(x))[: self.points]
        notes = []
        if dropped:
            notes.append(f"{dropped:,} row{'s were' if dropped > 1 else ' was'} left out, since cells are missing.")
        if len(kept) < len(x):
            notes.append(f"{len(kept):,} of {len(x):,} rows are used; raise the number of points for more.")
        scales = axis_scales(x[kept])
        x = scaled(x[kept]) + random.normal(0, self.noise, (len(kept), 2))
        return Raw(x, labels[kept], task, names, (self.x1, self.x2), self.target, tuple(notes), scales)


MAX_TABLE_BYTES = 2**28
MAX_TABLE_ROWS = 1_000_000
LONGEST_ROW = 100_000
NOTE_ROWS = 1000
"""After so many rows it is noted how far reading is."""
MISSING = {"", "na", "nan", "n/a", "null", "none", "?"}


class TableRows(NamedTuple):
    """The rows of a table that can be used."""

    x: Array
    """(n, 2) float64, as they stand in the file."""
    labels: Array
    """(n,)"""
    task: Task
    class_names: tuple[str, ...]
    dropped: int
    """How many rows are left out, since cells are missing."""


def read_table(path: Path, x1: str, x2: str, target: str, task: Task | None = None) -> TableRows:
    """Three columns of a CSV file. Raises InputError below `data`.

    An unchanged file is read once, since every edit checks the whole experiment.
    """
    try:
        stamp = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    return read_rows(path, (x1, x2, target), task, (stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=4)
def read_rows(path: Path, wanted: tuple[str, str, str], task: Task | None, _: tuple[int, int]) -> TableRows:
    """`read_table` for a file with this time of change and this size, which tell whether it is still the same."""
    (first, second, third), dropped = read_columns(path, wanted)
    x1, x2, target = wanted
    x = np.stack([numbers(first, "x1", x1), numbers(second, "x2", x2)], axis=1)
    labels, found, names = target_values(third, target, task)
    for values in (x, labels):
        values.setflags(write=False)
    return TableRows(x, labels, found, names, dropped)


def unreadable(path: Path, error: Exception) -> InputError:
    """Why a file can't be a table."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError("data.path", str(path), f"a readable CSV file ({one_line(path.name, 60)}: {reason})")


class Rows:
    """The lines of a table for a CSV reader, which takes as many as a row has: none of them may be endless."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.read = 0
        """Characters so far."""
        self.row_start = 0
        """How many of them belong to rows that are complete."""

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> str:
        room = LONGEST_ROW - (self.read - self.row_start)
        line = self.file.readline(room + 1)
        if not line:
            raise StopIteration
        if len(line) > room:
            raise csv.Error(f"more than {LONGEST_ROW:,} characters; perhaps a quote is not closed")
        if not line.isascii() and any("\ud800" <= character <= "\udfff" for character in line):
            # What is no text was let through as halves of characters.
            raise csv.Error("not written in UTF-8")
        self.read += len(line)
        return line

    def end_row(self) -> None:
        """The lines so far have become whole rows."""
        self.row_start = self.read


def read_columns(path: Path, wanted: Sequence[str]) -> tuple[list[list[str]], int]:
    """The cells of some columns where all are present, and the number of rows left out."""
    row_number = 0
    try:
        size = readable_size(path, MAX_TABLE_BYTES)
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = Rows(file)
            first = next(lines, "")
            separator = separator_of(first, wanted)
            rows = csv.reader(itertools.chain([first], lines), delimiter=separator)
            header = next(rows, [])
            for name, field in zip(wanted, ("x1", "x2", "target"), strict=True):
                if name not in header:
                    raise InputError(f"data.{field}", name, f"a column of {path.name}: {listing(header) or 'none'}")
            places = [header.index(name) for name in wanted]
            complete: list[list[str]] = []
            dropped = 0
            for number, row in enumerate(rows):
                lines.end_row()
                row_number = rows.line_num
                if number % NOTE_ROWS == 0:
                    progress.note(min(lines.read, size), size)
                if len(complete) + dropped == MAX_TABLE_ROWS:
                    allowed = f"a CSV file of at most {MAX_TABLE_ROWS:,} rows"
                    raise InputError("data.path", str(path), allowed)
                cells = [row[place].strip() if place < len(row) else "" for place in places]
                if any(cell.lower() in MISSING for cell in cells):
                    dropped += 1
                else:
                    complete.append(cells)
    except OSError as error:
        raise unreadable(path, error) from error
    except csv.Error as error:
        raise unreadable(path, ValueError(f"after row {row_number}: {error}")) from error
    if not complete:
        raise InputError("data.path", str(path), "a CSV file with at least one complete row")
    columns = [list(column) for column in zip(*complete, strict=True)]
    return columns if separator == "," else [with_decimal_points(column) for column in columns], dropped


def separator_of(header: str, wanted: Sequence[str]) -> str:
    """What separates the cells: the comma, unless only another one gives all the columns wanted."""
    for separator in ",;\t":
        if set(wanted) <= set(next(csv.reader([header], delimiter=separator), [])):
            return separator
    return ","


def with_decimal_points(cells: list[str]) -> list[str]:
    """Numbers written with decimal commas, all of a column, with decimal points; any other column as it is."""
    pointed = [cell.replace(",", ".") for cell in cells]
    return cells if as_numbers(pointed) is None else pointed


def numbers(cells: Sequence[str], field: str, column: str) -> Array:
    """Cells as finite float64 numbers; raises InputError below `data` for the first that is none."""
    values = as_numbers(cells)
    if values is None:
        other = next(cell for cell in cells if as_numbers([cell]) is None)
        raise InputError(f"data.{field}", column, f"a column of numbers (it contains {other[:40]!r})")
    return values


def as_numbers(cells: Sequence[str]) -> Array | None:
    """Cells as float64 numbers, if all of them are finite ones."""
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def target_values(cells: Sequence[str], column: str, task: Task | None) -> tuple[Array, Task, tuple[str, ...]]:
    """Targets, the task they mean, and the names of the classes in sorted order."""
    values = as_numbers(cells)
    if values is not None:
        whole = bool(np.all(values == np.round(values))) and len(np.unique(values)) <= MAX_CLASSES
        if task == "regression" or (task is None and not whole):
            if not small_enough(values).all():
                raise InputError("data.target", column, f"a column of numbers from −{LARGEST:g} to {LARGEST:g}")
            return values, "regression", ()
        # 1, 1.0 and 01 are one class.
        cells = [f"{value:.15g}" for value in values]
        distinct = sorted(set(cells), key=float)
    elif task == "regression":
        raise InputError("data.target", column, "a column of numbers, since data.task is regression")
    else:
        distinct = sorted(set(cells))
    if len(distinct) > MAX_CLASSES:
        raise InputError("data.target", column, f"a column with at most {MAX_CLASSES} classes (it has {len(distinct)})")
    index = {name: k for k, name in enumerate(distinct)}
    return np.array([index[cell] for cell in cells]), "classification", tuple(distinct)


def scaled(x: Array) -> Array:
    """Each axis moved and scaled to −5…5; an axis on which all points agree goes to 0."""
    # Halved, so that even columns from −1e308 to 1e308 do not overflow.
    low, high = x.min(axis=0) / 2, x.max(axis=0) / 2
    width = np.where(high > low, high - low, 1)
    return np.where(high > low, (x / 2 - low) / width * 10 - 5, 0.0)


def axis_scales(x: Array) -> AxisScales:
    """What the axes of `scaled` points, shape (n, 2), stand for in the units that `x` has."""
    low, high = x.min(axis=0), x.max(axis=0)
    first, second = (AxisScale(float(a / 2 + b / 2), float(b / 10 - a / 10)) for a, b in zip(low, high, strict=True))
    return first, second


class TfPlayground(Dataset, frozen=True, tag="tfplayground"):
    """The points of TensorFlow Playground, number for number: its links become these. Noise shows in most of them as wrong labels."""

    label = "Playground"
    tasks = ("classification", "regression")

    dataset: Annotated[
        Literal["circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"],
        setting("Shape", "Which of its six data sets this is. The first four have two classes; those that begin with reg have values."),
    ] = "circle"  # fmt: skip
    noise: Annotated[
        float,
        setting("Noise", "How far each point is moved, for its label if not in the picture. At 0 the classes are clean; from 50 on they mix.", ge=0, le=80, slider=(0, 50), unit="%"),
    ] = 0.0  # fmt: skip
    train_percent: Annotated[
        float,
        setting("Training share", "The share of the points to train on; all others validate. At 100 none do, so overfitting goes unnoticed; near 0 hardly any are left to learn from.", gt=0, le=100, slider=(10, 90), unit="%"),
    ] = 50.0  # fmt: skip
    seed: Annotated[
        str,
        setting("Seed", "Any text: it decides the points and the weights to start with. The same text gives the same run as in the browser, any other one another run."),
    ] = "0.5"  # fmt: skip

    def drawn(self) -> tuple[Raw, Array]:
        x, labels, _ = tfdata.draw(self.dataset, self.noise, self.seed)
        split = np.full(self.size, VALIDATION, dtype=np.int8)
        split[: self.training_points] = TRAIN
        if self.task == "regression":
            return Raw(x, labels, "regression"), split
        return Raw(x, (labels > 0).astype(np.int64), "classification", CLASS_NAMES[:2]), split

    @property
    def task(self) -> Task:
        """Whether the points have classes or values."""
        return "classification" if self.dataset in tfdata.CLASSIFICATIONS else "regression"

    @property
    def size(self) -> int:
        return tfdata.points_of(self.dataset)

    @property
    def training_points(self) -> int:
        """How many points train: the first ones."""
        return int(self.size * self.train_percent / 100)

    def kept_out(self, n: int) -> tuple[int, int]:
        return n - self.training_points, 0

    def stream(self) -> tfdata.Arc4:
        return tfdata.draw(self.dataset, self.noise, self.seed).stream.copy()

    def check(self) -> None:
        if not 1 <= len(self.seed) <= LONGEST_SEED:
            raise InputError("data.seed", self.seed, f"a text of 1 to {LONGEST_SEED} characters")
        if self.training_points < 1:
            allowed = f"at least {100 / self.size:.2g}, so that there is a point to train on"
            raise InputError("data.train_percent", self.train_percent, allowed)


def sample(dataset: Dataset) -> Sample:
    """The points that `dataset` describes. The same choice gives the same points, every time."""
    raw, split = dataset.drawn()
    for array in (raw.x, raw.labels, split):
        array.setflags(write=False)
    return Sample(raw.x, raw.labels, split, raw.task, raw.class_names, *raw[4:])


def mislabelled(labels: Array, share: float, classes: int, random: np.random.Generator) -> Array:
    """A copy of `labels` in which this share got another class."""
    wrong = random.permutation(len(labels))[: round(share * len(labels))]
    result = labels.copy()
    result[wrong] = (labels[wrong] + random.integers(1, classes, len(wrong))) % classes
    return result


if TYPE_CHECKING:
    AnyDataset: TypeAlias = Dataset
else:
    AnyDataset = union(Dataset)


def own_points(dataset: Dataset, drawn: Sample | None = None) -> UserPoints:
    """The points of any data set as a person's own: the very same places, labels, parts and names.

    `drawn` are its points, if they are known already.
    """
    drawn = sample(dataset) if drawn is None else drawn
    common = {"noise": 0.0, "label_noise": 0.0}
    return with_common(dataset, UserPoints, **common, **columns_of(drawn))


def columns_of(drawn: Sample) -> dict[str, Any]:
    """The fields of `UserPoints` that describe these points exactly."""
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


def with_common(dataset: Dataset, kind: type[A], **settings: Any) -> A:
    """`kind` with its own defaults, but the points, noise, seed and shares of `dataset`, if it has them."""
    common = {name: getattr(dataset, name) for name in Adjustable.__struct_fields__ if isinstance(dataset, Adjustable)}
    return kind(**{**common, **settings})
