"""Changes: what a person changed during training, and when. They are part of a run's record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from playground.catalog.choice import Task
from playground.experiment.difference import Difference, only_learning_differs
from playground.experiment.paths import is_among

_LONGEST_LIST = 100
"""Lists of more numbers than this, as points are, are left out of what is on record."""
_KINDS = {"W": "weight", "b": "bias"}
"""What parameters are called in words, by the beginning of their names."""


class When(NamedTuple):
    """A moment of a run."""

    step: int
    epoch: float
    """Completed passes over the training points, the share of the present one included."""
    seconds: float
    """Spent in training steps since the last reset."""


BEGINNING = When(0, 0.0, 0.0)


class Break(NamedTuple):
    """Losses before and after mean different things: they are of other points, or by another loss function."""

    step: int
    """The last one of the losses before."""
    task: Task
    """What those losses, and the accuracies or R² beside them, are about."""


class WeightEdit(NamedTuple):
    """One entry of an array of parameters was set by hand; named as in weight files: "W0", (2, 1)."""

    name: str
    place: tuple[int, ...]
    before: float
    after: float

    @property
    def words(self) -> str:
        """What was set: `weight W0[2, 1]`."""
        return f"{_KINDS.get(self.name.rstrip('0123456789'), 'parameter')} {entry_words(self.name, self.place)}"


class Change(NamedTuple):
    """Something that was changed while training went on: settings, or a weight."""

    step: int
    epoch: float
    seconds: float
    label: str
    """In a few words, for display alone."""
    differences: tuple[Difference, ...] | None = None
    """What differs since, without long lists of numbers. None if that is not known, as in documents of version 1."""
    weight: WeightEdit | None = None

    @property
    def leaves_losses_comparable(self) -> bool:
        """Whether a jump between the losses before and after comes from how the network learns."""
        return self.differences is not None and only_learning_differs(self.differences)

    def takes_back(self, earlier: Sequence[Change]) -> bool:
        """Whether it gives a setting the value again that the latest of some earlier changes took from it."""
        for one in self.differences or ():
            past = (known for change in reversed(earlier) for known in change.differences or ())
            latest = next((known for known in past if known.path == one.path), None)
            if latest is not None and latest.before == one.after != one.before:
                return True
        return False

    def touches(self, *paths: str) -> bool:
        """Whether it is known to have changed what stands at some paths, or something inside of that."""
        return any(is_among(one.path, paths) for one in self.differences or ())


def entry_words(name: str, place: tuple[int, ...]) -> str:
    """An entry of an array as it is written: `W0[2, 1]`."""
    return f"{name}[{', '.join(map(str, place))}]"


def without_long_lists(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Differences without long lists of numbers, of which a drawing makes many and which nobody looks at again."""
    return tuple(Difference(path, _brief(before), _brief(after)) for path, before, after in differences)


def merge_drag(earlier: Sequence[Difference], now: Sequence[Difference]) -> tuple[Difference, ...]:
    """What a drag has changed so far: besides what differs `now` also what did earlier and is back where it was."""
    paths = {one.path for one in now}
    back = (Difference(path, before, before) for path, before, _ in earlier if path not in paths)
    return (*now, *back)


def _brief(value: Any) -> Any:
    """A value with an empty list in place of every long one of numbers."""
    if isinstance(value, msgspec.Struct):
        lists = {name: getattr(value, name) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **{name: () for name, one in lists.items() if _is_long(one)})
    return () if _is_long(value) else value


def _is_long(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > _LONGEST_LIST
