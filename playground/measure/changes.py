"""Changes that the user makes during training, as a run's record keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from playground.catalog.choice import Task
from playground.experiment.difference import Difference, affects_start, affects_training, only_learning_differs
from playground.experiment.paths import is_among

_LONGEST_LIST = 100
"""The longest list of numbers that a recorded change keeps; longer ones, such as points, are left out."""


class When(NamedTuple):
    """A moment of a run."""

    step: int
    epoch: float
    """Passes over the training points, including the completed share of the present one."""
    seconds: float
    """The time spent in training steps since the last reset."""


BEGINNING = When(0, 0.0, 0.0)


class Break(NamedTuple):
    """A step after which losses mean something else, because the points or the loss function have changed."""

    step: int
    """The last step before the change."""
    task: Task
    """The task to which losses and accuracies (or R²) before the change belong."""


class WeightEdit(NamedTuple):
    """A parameter set by hand: array and entry, such as "W0" and (2, 1), with the values before and after."""

    name: str
    place: tuple[int, ...]
    before: float
    after: float


class Change(NamedTuple):
    """A change of settings or of one weight during training."""

    step: int
    epoch: float
    seconds: float
    label: str
    """The change in a few words, only for display."""
    differences: tuple[Difference, ...] | None = None
    """The settings that differ, without long lists of numbers. None if unknown, as in documents of version 1."""
    weight: WeightEdit | None = None
    begun: When | None = None
    """The moment at which a drag began that made the change, if it went on while training ran; its last step is that of
    the change."""

    @property
    def began(self) -> When:
        """The moment from which the change has acted."""
        return self.begun or When(*self[:3])

    @property
    def leaves_losses_comparable(self) -> bool:
        """Whether only settings of learning have changed, so that losses before and after can be compared."""
        return self.differences is not None and only_learning_differs(self.differences)

    @property
    def acts_on_training(self) -> bool:
        """Whether the run goes on otherwise than it would have without the change, as far as is known."""
        return self.differences is None or affects_training(self.differences)

    @property
    def acts_on_start(self) -> bool:
        """Whether a run from the start would begin otherwise than this one did, as far as is known."""
        return self.differences is None or affects_start(self.differences)

    def takes_back(self, earlier: Sequence[Change]) -> bool:
        """Whether it restores a setting to the value that the latest of its `earlier` changes had replaced."""
        for one in self.differences or ():
            past = (known for change in reversed(earlier) for known in change.differences or ())
            latest = next((known for known in past if known.path == one.path), None)
            if latest is not None and latest.before == one.after != one.before:
                return True
        return False

    def is_undone_by(self, now: When, what: Sequence[Difference] | WeightEdit) -> bool:
        """Whether what is changed now restores exactly what was before, and no training has followed."""
        if now.step != self.step:
            return False
        if isinstance(what, WeightEdit):
            return self.weight is not None and what == self.weight._replace(
                before=what.before, after=self.weight.before
            )
        # Long lists, which are emptied, tell nothing.
        known = [one for one in self.differences or () if one.before != one.after]
        return bool(known) and known == [Difference(path, after, before) for path, before, after in what]

    def touches(self, *paths: str) -> bool:
        """Whether the change is known to concern a setting at or below one of some paths."""
        return any(is_among(one.path, paths) for one in self.differences or ())


def entry_words(name: str, place: tuple[int, ...]) -> str:
    """An entry of an array as text: `W0[2, 1]`."""
    return f"{name}[{', '.join(map(str, place))}]"


def without_long_lists(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Differences with long lists of numbers emptied: drawing points makes many of them, and nothing reads them."""
    return tuple(Difference(path, _brief(before), _brief(after)) for path, before, after in differences)


def merge_drag(earlier: Sequence[Difference], now: Sequence[Difference]) -> tuple[Difference, ...]:
    """The differences that a drag has made so far: those of `now`, and `earlier` ones that it has undone since."""
    paths = {one.path for one in now}
    back = (Difference(path, before, before) for path, before, _ in earlier if path not in paths)
    return (*now, *back)


def _brief(value: Any) -> Any:
    """A value with every long list of numbers replaced by an empty one."""
    if isinstance(value, msgspec.Struct):
        lists = {name: getattr(value, name) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **{name: () for name, one in lists.items() if _is_long(one)})
    return () if _is_long(value) else value


def _is_long(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > _LONGEST_LIST
