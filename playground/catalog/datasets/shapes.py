"""The shapes: data sets drawn from a formula, for classification and regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from playground.catalog.choice import Array, Task
from playground.catalog.datasets.base import CLASS_NAMES, EXTENT, Adjustable, Classes, Raw


def shuffled(
    x: Array, labels: Array, task: Task, random: np.random.Generator, class_names: tuple[str, ...] = ()
) -> Raw:
    """Return the points in random order, so that batches are mixed even without shuffling."""
    order = random.permutation(len(x))
    return Raw(x[order], labels[order], task, class_names or (("A", "B") if task == "classification" else ()))


def _two_halves(n: int) -> tuple[int, int]:
    """Return how many of n points belong to class 1 and to class 0."""
    return n // 2, n - n // 2


def _class_sizes(n: int, classes: int) -> list[int]:
    """Return class sizes that differ by at most 1; of two classes the second gets the odd point."""
    return [(n * (k + 1)) // classes - (n * k) // classes for k in range(classes)]


def _numbered(counts: Sequence[int]) -> Array:
    """Return the class of every point, for points ordered by class. Of two classes, class 1 comes first."""
    order = [1, 0] if len(counts) == 2 else list(range(len(counts)))
    return np.repeat(order, counts)


def _on_circles(radii: Array, random: np.random.Generator) -> Array:
    """Return points, shape (n, 2), at these distances from the centre, in random directions."""
    angles = random.uniform(0, 2 * np.pi, len(radii))
    return np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=1)


class Circle(Adjustable, frozen=True, tag="circle"):
    """A disc inside a ring. A straight line can't separate them; three units can."""

    label = "Circle"

    def draw(self, random: np.random.Generator) -> Raw:
        inner, outer = _two_halves(self.points)
        radii = np.concatenate([random.uniform(0, 2.5, inner), random.uniform(3.5, 5, outer)])
        x = _on_circles(radii, random) + random.normal(0, 3 * self.noise, (self.points, 2))
        return shuffled(x, np.repeat([1, 0], [inner, outer]), "classification", random)


class Xor(Adjustable, frozen=True, tag="xor"):
    """Opposite corners belong together. The classic task that no network without a hidden layer can solve."""

    label = "XOR"

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-5, 5, (self.points, 2))
        x += np.where(x > 0, 0.3, -0.3)
        labels = (x[:, 0] * x[:, 1] >= 0).astype(np.int64)
        x = x + random.normal(0, 3 * self.noise, x.shape)
        return shuffled(x, labels, "classification", random)


class Gaussians(Adjustable, frozen=True, tag="gaussians"):
    """Two clouds side by side. One unit is enough; anything more can only overfit."""

    label = "Gaussians"

    def draw(self, random: np.random.Generator) -> Raw:
        first, second = _two_halves(self.points)
        spread = np.sqrt(0.5 + 7 * self.noise)
        centres = np.repeat([[2.0, 2.0], [-2.0, -2.0]], [first, second], axis=0)
        x = centres + random.normal(0, spread, (self.points, 2))
        return shuffled(x, np.repeat([1, 0], [first, second]), "classification", random)


class Spiral(Adjustable, frozen=True, tag="spiral"):
    """Arms wound around each other. The hard one: it takes width, depth or better features."""

    label = "Spiral"

    classes: Classes = 2

    def draw(self, random: np.random.Generator) -> Raw:
        counts = _class_sizes(self.points, self.classes)
        arms = [self.arm(count, 2 * np.pi * k / self.classes) for k, count in enumerate(counts)]
        x = np.concatenate(arms) + random.normal(0, self.noise, (self.points, 2))
        return shuffled(x, _numbered(counts), "classification", random, CLASS_NAMES[: self.classes])

    @staticmethod
    def arm(count: int, turn: float) -> Array:
        """Return `count` points along an arm that starts at the angle `turn` and winds round 1¾ times."""
        along = np.arange(count) / max(count, 1)
        angle = 1.75 * 2 * np.pi * along + turn
        return np.stack([5 * along * np.sin(angle), 5 * along * np.cos(angle)], axis=1)


class Moons(Adjustable, frozen=True, tag="moons"):
    """Two interleaving half circles (scikit-learn's `make_moons`, scaled by 3.2). A few units are enough."""

    label = "Moons"

    def draw(self, random: np.random.Generator) -> Raw:
        upper, lower = _two_halves(self.points)
        a, b = random.uniform(0, np.pi, upper), random.uniform(0, np.pi, lower)
        x = np.concatenate(
            [np.stack([np.cos(a), np.sin(a)], axis=1), np.stack([1 - np.cos(b), 0.5 - np.sin(b)], axis=1)]
        )
        x = (x + random.normal(0, self.noise, x.shape) - [0.5, 0.25]) * 3.2
        return shuffled(x, np.repeat([0, 1], [upper, lower]), "classification", random)


class Rings(Adjustable, frozen=True, tag="rings"):
    """Concentric rings. Each additional ring takes more units, or a single feature: the radius."""

    label = "Rings"

    classes: Classes = 3

    def draw(self, random: np.random.Generator) -> Raw:
        counts = _class_sizes(self.points, self.classes)
        # A third of the way from one ring to the next stays empty.
        width = 5 / (self.classes - 1 / 3)
        inner = np.repeat(width * np.arange(self.classes), counts)
        radii = inner + random.uniform(0, 2 / 3 * width, self.points)
        x = _on_circles(radii, random) + random.normal(0, 3 * self.noise, (self.points, 2))
        return shuffled(x, _numbered(counts), "classification", random, CLASS_NAMES[: self.classes])


class Blobs(Adjustable, frozen=True, tag="blobs"):
    """Clouds around the centre, one for each class. Straight lines separate them until noise makes them overlap."""

    label = "Blobs"

    classes: Classes = 3

    def draw(self, random: np.random.Generator) -> Raw:
        counts = _class_sizes(self.points, self.classes)
        angles = np.repeat(2 * np.pi * np.arange(self.classes) / self.classes, counts)
        spread = 2 / self.classes + 3 * self.noise
        x = 3.5 * np.stack([np.sin(angles), np.cos(angles)], axis=1) + random.normal(0, spread, (self.points, 2))
        return shuffled(x, _numbered(counts), "classification", random, CLASS_NAMES[: self.classes])


class Checkerboard(Adjustable, frozen=True, tag="checkerboard"):
    """Four by four squares of alternating class. It takes many units, or the features sin x₁ and sin x₂."""

    label = "Checkers"

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-5, 5, (self.points, 2))
        squares = np.floor((x + 5) / 2.5).astype(np.int64)
        labels = squares.sum(axis=1) % 2
        x = x + random.normal(0, 2 * self.noise, x.shape)
        return shuffled(x, labels, "classification", random)


class Wave(Adjustable, frozen=True, tag="wave"):
    """Above or below a sine curve. A few units bend the boundary; with the feature sin x₁, it is a straight line."""

    label = "Wave"

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-5, 5, (self.points, 2))
        crest = 2 * np.sin(x[:, 0])
        above = x[:, 1] >= crest
        # A gap along the sine, so that without noise the classes are cleanly apart.
        x[:, 1] += np.where(above, 0.3, -0.3)
        x = x + random.normal(0, 2 * self.noise, x.shape)
        return shuffled(x, above.astype(np.int64), "classification", random)


class TiltedPlane(Adjustable, frozen=True, tag="plane"):
    """Regression: a plane that rises to the upper right. A single linear unit fits it exactly."""

    label = "Plane"
    tasks = ("regression",)

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-EXTENT, EXTENT, (self.points, 2))
        return shuffled(x, x.sum(axis=1) / 10 + random.normal(0, self.noise, self.points), "regression", random)


class Hills(Adjustable, frozen=True, tag="hills"):
    """Regression: six bumps, alternately up and down. Needs units that can bend the surface locally."""

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
    """Regression: circular waves around the centre. Deep networks help, and so does the radius as a feature."""

    label = "Ripple"
    tasks = ("regression",)

    def draw(self, random: np.random.Generator) -> Raw:
        x = random.uniform(-EXTENT, EXTENT, (self.points, 2))
        radius = np.hypot(x[:, 0], x[:, 1])
        heights = np.cos(1.5 * radius) * np.exp(-radius / 4)
        return shuffled(x, heights + random.normal(0, self.noise, self.points), "regression", random)
