"""Finding good settings: the settings that can be searched, and how much better the best ones are.

A search compares trials by the validation loss that it looks at again and again, so its best is partly luck. What was
found is therefore compared with the present settings from starts that the search has not used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from playground.catalog.choice import Choice, kind_of
from playground.experiment.declarations import Field
from playground.experiment.paths import field_at, paths_of, value_at
from playground.experiment.quantity import Quantity
from playground.experiment.tree import Experiment
from playground.measure.diagnosis import Remedy
from playground.studies import remedies
from playground.studies.remedies import RemedyTest
from playground.studies.search import Search, SearchResult, Trial, search
from playground.studies.training import never
from playground.studies.values import Range

_WHERE = ("layers", "initializer", "bias", "regularizer", "training")
"""Parts of an experiment whose settings leave the meaning of losses as it is."""
_NEVER = ("epochs", "early_stopping", "skip", "trainable", "muted", "id", "shuffle", "batching", "watch")
USUAL = ("training.learning_rate", "training.optimizer", "training.batch_size", "regularizer")
"""The settings that are searched unless others are chosen."""
_FRESH = 10_007
"""Added to the experiment's seed for starts that no search has used."""


def search_ranges(experiment: Experiment) -> dict[str, Range | tuple[Any, ...]]:
    """Return the settings of an experiment that can be searched, and for each the range or list of its values."""
    found: dict[str, Range | tuple[Any, ...]] = {}
    for path in paths_of(experiment):
        parts = path.split(".")
        if parts[0] in _WHERE and not set(parts) & set(_NEVER):
            values = _values_of(field_at(experiment, path), value_at(experiment, path))
            if values:
                found[path] = values
    return found


def _values_of(field: Field, value: Any) -> Range | tuple[Any, ...]:
    if field.choices and isinstance(value, Choice):
        return tuple(kind_of(choice) for choice in field.choices)
    if field.type not in (int, float) or value is None:
        return ()
    span = Quantity.of(field).span
    return () if span is None else Range(*span, log=field.log and span[0] > 0, whole=field.type is int)


class Found(NamedTuple):
    """The result of a search, with the comparison of its best settings."""

    result: SearchResult
    comparison: remedies.RemedyEffect | None
    """The best settings compared with the present ones from fresh starts; None if none were found."""


def find_settings(
    plan: Search,
    *,
    workers: int = 1,
    stop: Callable[[], bool] = never,
    cancelled: Callable[[], bool] = never,
    progress: Callable[[Sequence[Trial]], None] | None = None,
) -> Found:
    """Search, then compare the best settings with the present ones from fresh starts.

    `stop` ends the search early, `cancelled` also leaves out the comparison. Raises InputError if Optuna is missing.
    """
    result = search(plan, workers=workers, stop=lambda: stop() or cancelled(), progress=progress)
    if result.experiment is None:
        return Found(result, None)
    fresh = plan.experiment.seed + _FRESH
    found = Remedy("These settings", result.experiment.with_({"seed": fresh}), reset=True)
    test = RemedyTest(plan.experiment.with_({"seed": fresh}), [found], plan.epochs)
    for _ in test.train(cancelled):
        pass
    return Found(result, next(test.effects(), None))
