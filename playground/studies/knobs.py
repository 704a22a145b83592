"""Knobs: settings with a range or a list of values to try, the structure of the network among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Choice, kind_of
from playground.catalog.datasets.base import Dataset
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.features import FEATURES
from playground.experiment.declarations import Field
from playground.experiment.paths import field_at, value_at
from playground.experiment.quantity import Quantity
from playground.experiment.tree import Experiment, Layer, with_ids
from playground.experiment.words import in_a_sentence, value_words
from playground.files.errors import InputError

_VALUES, _COARSE = 32, 8
"""Values of a number in all, and those that are tried first."""
BATCH_SIZE = "training.batch_size"
_MOST_LAYERS = 6
"""Layers that are tried; more if the experiment has more."""
_NO_KNOBS = ("version", "name", "seed", "data.seed", "precision", "training.epochs", "data")
"""Settings without a response: names and seeds, and the number of epochs, whose effect the loss curve shows."""


class Knob(NamedTuple):
    """A setting and the values to try for it."""

    path: str
    field: Field
    values: tuple[Any, ...]
    """The values, as in files, in their order on the slider or in the list."""
    places: tuple[float, ...]
    """The positions of the values: 0…1 on the slider, or at equal distances."""
    present: int
    """The index of the experiment's own value."""
    names: tuple[str, ...] = ()
    """Names of the values that the declaration does not name."""
    near: str = "with "
    at: str = "with "
    """The words before a value in a sentence: `near` before the best one, `at` before any other."""
    whole: int | None = None
    """Of the batch size, the number of training points: batches of so many or more are full ones, as with 0."""

    @property
    def is_number(self) -> bool:
        """Whether the setting is a number with a range, as on a slider."""
        return self.field.type in (int, float)

    @property
    def label(self) -> str:
        """The name of the setting inside a sentence."""
        return "number of layers" if self.path == "layers" else in_a_sentence(self.field.label)

    @property
    def one(self) -> str:
        """The words for any one of its values: `learning rate`, `number of units`, `choice of features`."""
        if not self.label.endswith("s") or self.label.endswith(("ss", "of layers")):
            return self.label
        kind = "choice" if not self.is_number else "number" if self.field.type is int else "value"
        return f"{kind} of {self.label}"

    @property
    def coarse(self) -> tuple[int, ...]:
        """The indices of the values to try first: the present one and a few evenly spaced ones; all of a short list."""
        if len(self.values) <= _COARSE:
            return tuple(range(len(self.values)))
        spread = np.linspace(0, len(self.values) - 1, _COARSE - 1).round().astype(int).tolist()
        return tuple(dict.fromkeys([self.present, *spread]))

    def with_more(self, values: Iterable[Any]) -> Knob:
        """The knob of a number with more values to try."""
        quantity, here = Quantity.of(self.field), self.values[self.present]
        merged = self._distinct({*self.values, *values})
        places = tuple(quantity.place(self.meaning(one)) for one in merged)
        return self._replace(values=merged, places=places, present=merged.index(here))

    def is_full(self, value: Any) -> bool:
        """Whether a value is a batch size that takes all training points at once."""
        return self.whole is not None and (value == 0 or value >= self.whole)

    def meaning(self, value: Any) -> Any:
        """The value to which one comes down: 0 for all batch sizes that are full."""
        return 0 if self.is_full(value) else value

    def _distinct(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """Values of a number as on the slider; of those that come down to the same, the present one or the least."""
        here, order = self.values[self.present], Quantity.of(self.field).order
        return tuple(
            sorted({self.meaning(one): one for one in (*sorted(values, reverse=True), here)}.values(), key=order)
        )

    def with_places(self, kept: Sequence[int]) -> Knob:
        """The knob of a number with only the values at some places, the present one among them."""
        values, places = (tuple(column[at] for at in kept) for column in (self.values, self.places))
        return self._replace(values=values, places=places, present=kept.index(self.present))

    def between(self, place: int, count: int) -> tuple[Any, ...]:
        """At most `count` new values of a number, from the neighbour of one value to its other neighbour."""
        low, high = self.places[max(place - 1, 0)], self.places[min(place + 1, len(self.places) - 1)]
        quantity = Quantity.of(self.field)
        found = {quantity.at(share) for share in np.linspace(low, high, count + 2)[1:-1].tolist()}
        low, high = (
            quantity.order(self.values[at]) for at in (max(place - 1, 0), min(place + 1, len(self.values) - 1))
        )
        known = set(map(self.meaning, self.values))
        return tuple(
            sorted(
                one
                for one in found
                if quantity.admits(one) and low < quantity.order(one) < high and self.meaning(one) not in known
            )
        )

    def words(self, place: int) -> str:
        """Format the value at a place of `values` as text."""
        if self.names:
            return self.names[place]
        value = self.values[place]
        member = self.field.member(value) if self.field.choices and value is not None else None
        return value_words(self.field, member() if member is not None else value)


def knob_at(experiment: Experiment, path: str) -> Knob | None:
    """The knob for a path; None for a setting without a range or a list of values to try, and for seeds.

    Raises InputError for a path that leads nowhere.
    """
    field, value = field_at(experiment, path), value_at(experiment, path)
    if path in _NO_KNOBS:
        return None
    if path == "layers":
        return _depth_knob(field, experiment.layers)
    if path == "features":
        return _features_knob(field, experiment.features)
    if field.type in (int, float):
        whole = _training_points(experiment.data) if path == BATCH_SIZE else None
        return _number_knob(path, field, value, whole)
    values: tuple[Any, ...] = field.values
    if field.choices:
        values = tuple(map(kind_of, field.choices))
        value = kind_of(type(value)) if isinstance(value, Choice) else value
    elif field.type is bool:
        values = (False, True)
    if field.optional:
        values = (None, *values)
    if len(values) < 2 or value not in values:
        return None
    before = "when " if field.type is bool else "with "
    return Knob(path, field, values, _evenly(values), values.index(value), near=before, at=before)


def _number_knob(path: str, field: Field, value: float | None, whole: int | None) -> Knob | None:
    quantity = Quantity.of(field)
    if quantity.span is None or value is None:
        return None
    tried = {quantity.at(place) for place in np.linspace(0, 1, _VALUES).tolist()}
    here = quantity.typed(value)
    knob = Knob(path, field, (here,), (quantity.place(here),), 0, near="near ", at="at ", whole=whole)
    return knob.with_more(filter(quantity.admits, tried))


def _training_points(data: Dataset) -> int | None:
    """The number of training points; None if they can't be read."""
    if isinstance(data, UserPoints) and data.train is not None:
        return sum(data.train)
    try:
        return data.size - sum(data.kept_out(data.size))
    except InputError:
        return None


def _depth_knob(field: Field, layers: Sequence[Layer]) -> Knob:
    """The knob for the number of layers: 0, 1, 2, … of the present ones, then more like the last."""
    last = layers[-1] if layers else Layer(units=4)
    more = msgspec.structs.replace(last, id=None, trainable=True, muted=False)
    deepest = (*layers, *[more] * (_MOST_LAYERS - len(layers)))
    stacks = tuple(msgspec.to_builtins(with_ids(deepest[:depth])) for depth in range(len(deepest) + 1))
    names = ("no hidden layer", *(f"{n} layer{'s' if n > 1 else ''}" for n in range(1, len(stacks))))
    return Knob("layers", field, stacks, _evenly(stacks), len(layers), names)


def _features_knob(field: Field, present: Sequence[str]) -> Knob:
    """The knob for the features: the present ones, before them those with one fewer, after them those with one more."""
    fewer = [[one for one in present if one != name] for name in present]
    absent = [name for name in FEATURES if name not in present]
    more = [[one for one in FEATURES if one in present or one == name] for name in absent]
    values = (*fewer, list(present), *more)
    without = (f"without {FEATURES[name].label}" for name in present)
    names = (*without, "the present choice", *(f"with {FEATURES[name].label}" for name in absent))
    return Knob("features", field, values, _evenly(values), len(fewer), names, near="")


def _evenly(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(np.linspace(0, 1, len(values)).tolist())
