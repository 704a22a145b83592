"""The random numbers and the six data sets of TensorFlow Playground, number for number.

Everything is written with plain numbers in the order in which the original draws, since each number depends on how
many came before. Source: `dataset.ts` of github.com/tensorflow/playground, and David Bau's `seedrandom`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

_Point: TypeAlias = tuple[float, float, float]
"""x, y and the label: +1 or −1 for the classes, a value for regression."""

_CLASSIFICATION_POINTS, _REGRESSION_POINTS = 500, 1200


class Arc4:
    """The random generator of the `seedrandom` library (ARC4), seeded with a text."""

    def __init__(self, seed: str) -> None:
        key = _mix_key(seed)
        self.i = self.j = 0
        self.state = list(range(256))
        j = 0
        for i in range(256):
            j = (j + self.state[i] + key[i % len(key)]) & 255
            self.state[i], self.state[j] = self.state[j], self.state[i]
        for _ in range(256):
            self.byte()

    def copy(self) -> Arc4:
        return deepcopy(self)

    def byte(self) -> int:
        """Return the next number from 0 to 255."""
        state = self.state
        self.i = (self.i + 1) & 255
        self.j = (self.j + state[self.i]) & 255
        state[self.i], state[self.j] = state[self.j], state[self.i]
        return state[(state[self.i] + state[self.j]) & 255]

    def random(self) -> float:
        """Return the next number in [0, 1), with at least 52 random bits."""
        n = 0
        for _ in range(6):
            n = n * 256 + self.byte()
        d, x = 256**6, 0
        while n < 2**52:
            n, d = (n + x) * 256, d * 256
            x = self.byte()
        while n >= 2**53:
            n, d, x = n >> 1, d >> 1, x >> 1
        return (n + x) / d

    def uniform(self, low: float, high: float) -> float:
        """Return the next number in [low, high)."""
        return self.random() * (high - low) + low

    def normal(self, mean: float, variance: float) -> float:
        """Return the next normally distributed number, by Marsaglia's polar method; its second value is discarded."""
        while True:
            first, second = 2 * self.random() - 1, 2 * self.random() - 1
            s = first * first + second * second
            if s <= 1:
                return mean + math.sqrt(variance) * (math.sqrt(-2 * math.log(s) / s) * first)

    def shuffle(self, points: list[_Point]) -> None:
        """Shuffle a list in place by Fisher and Yates' method, from the last place down."""
        for counter in range(len(points), 0, -1):
            index = math.floor(self.random() * counter)
            points[counter - 1], points[index] = points[index], points[counter - 1]


def _mix_key(seed: str) -> list[int]:
    """Mix the characters of a seed (in UTF-16, as in JavaScript) into a key of at most 256 bytes."""
    text = seed.encode("utf-16-le", "surrogatepass")
    codes = [low + 256 * high for low, high in zip(text[::2], text[1::2], strict=True)]
    key = [0] * min(max(len(codes), 1), 256)
    smear = 0
    for place, code in enumerate(codes):
        smear ^= key[place & 255] * 19
        key[place & 255] = 255 & (smear + code)
    return key


# Data sets ------------------------------------------------------------------------------------------------------


def _circle(random: Arc4, n: int, noise: float) -> Iterator[_Point]:
    """Draw a disc inside a ring. Noise shifts the place that decides a point's class, not the point itself."""
    for low, high in ((0, 2.5), (3.5, 5)):
        for _ in range(n // 2):
            r, angle = random.uniform(low, high), random.uniform(0, 2 * math.pi)
            x, y = r * math.sin(angle), r * math.cos(angle)
            there = _distance(x + random.uniform(-5, 5) * noise, y + random.uniform(-5, 5) * noise)
            yield x, y, 1 if there < 2.5 else -1


def _xor(random: Arc4, n: int, noise: float) -> Iterator[_Point]:
    for _ in range(n):
        x, y = (value + (0.3 if value > 0 else -0.3) for value in (random.uniform(-5, 5), random.uniform(-5, 5)))
        moved_x, moved_y = x + random.uniform(-5, 5) * noise, y + random.uniform(-5, 5) * noise
        yield x, y, 1 if moved_x * moved_y >= 0 else -1


def _gauss(random: Arc4, n: int, noise: float) -> Iterator[_Point]:
    along = noise / 0.5
    variance = 0.5 * (1 - along) + 4 * along
    for centre, label in ((2, 1), (-2, -1)):
        for _ in range(n // 2):
            yield random.normal(centre, variance), random.normal(centre, variance), label


def _spiral(random: Arc4, n: int, noise: float) -> Iterator[_Point]:
    half = n // 2
    for turn, label in ((0.0, 1), (math.pi, -1)):
        for i in range(half):
            r, t = i / half * 5, 1.75 * i / half * 2 * math.pi + turn
            x = r * math.sin(t) + random.uniform(-1, 1) * noise
            yield x, r * math.cos(t) + random.uniform(-1, 1) * noise, label


def _reg_plane(random: Arc4, n: int, noise: float) -> Iterator[_Point]:
    for x, y, moved_x, moved_y in _over_the_plane(random, n, noise):
        yield x, y, (moved_x + moved_y) / 10


def _reg_gauss(random: Arc4, n: int, noise: float) -> Iterator[_Point]:
    """Draw six cones, alternately up and down; where they overlap, the larger magnitude counts."""
    cones = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))
    for x, y, moved_x, moved_y in _over_the_plane(random, n, noise):
        heights = [sign * min(max(1 - _distance(moved_x - cx, moved_y - cy) / 2, 0), 1) for cx, cy, sign in cones]
        yield x, y, max(heights, key=abs)


def _over_the_plane(random: Arc4, n: int, noise: float) -> Iterator[tuple[float, float, float, float]]:
    """Draw points all over the plane, each with the place that decides its label."""
    for _ in range(n):
        x, y = random.uniform(-6, 6), random.uniform(-6, 6)
        yield x, y, x + random.uniform(-6, 6) * noise, y + random.uniform(-6, 6) * noise


def _distance(x: float, y: float) -> float:
    """Return the distance from the origin, rounded as in the original, since a label may depend on the last digit."""
    return math.sqrt(x * x + y * y)


CLASSIFICATIONS: dict[str, Callable[[Arc4, int, float], Iterator[_Point]]] = {
    "circle": _circle,
    "xor": _xor,
    "gauss": _gauss,
    "spiral": _spiral,
}
REGRESSIONS: dict[str, Callable[[Arc4, int, float], Iterator[_Point]]] = {
    "reg-plane": _reg_plane,
    "reg-gauss": _reg_gauss,
}


class _Drawn(NamedTuple):
    """A drawn data set: points, shape (n, 2), labels, shape (n,), and the generator after them, to be copied."""

    x: npt.NDArray[np.float64]
    labels: npt.NDArray[np.float64]
    stream: Arc4


def point_count(dataset: str) -> int:
    """Return the number of points of a data set."""
    return _CLASSIFICATION_POINTS if dataset in CLASSIFICATIONS else _REGRESSION_POINTS


@lru_cache(maxsize=8)
def draw(dataset: str, noise: float, seed: str) -> _Drawn:
    """Draw the shuffled points of the data set of this name; `noise` is in percent."""
    stream = Arc4(seed)
    generator = CLASSIFICATIONS[dataset] if dataset in CLASSIFICATIONS else REGRESSIONS[dataset]
    points = list(generator(stream, point_count(dataset), noise / 100))
    stream.shuffle(points)
    table = np.array(points, dtype=np.float64)
    table.setflags(write=False)
    return _Drawn(table[:, :2], table[:, 2], stream)
