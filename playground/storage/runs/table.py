"""Many kept runs as a table: which settings differ among some of them, their values, their order, and means of groups.

Everything here is answered from arrays in memory, in milliseconds for ten thousand runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array, Task
from playground.experiment.difference import gives_loss_meaning
from playground.experiment.flattening import SHAPE
from playground.measure.metrics import METRICS, Metric
from playground.storage.runs.index import Loaded
from playground.storage.runs.kept import KeptRun

_NEVER_COLUMNS = ("version", "name", SHAPE)
"""Paths that no table shows as settings that differ: the name is that of the run."""
ABSENT = msgspec.UNSET
"""The value of a setting that a run does not have."""
OUTCOMES = ("epoch", "step", "seconds", *METRICS)
"""Outcomes that are numbers."""
FACTS = ("title", "time", "star", "origin", "status", "engine", "changes", *OUTCOMES)
"""The keys by which a table can be sorted, besides settings."""


class Mean(NamedTuple):
    """The mean of an outcome over some runs."""

    mean: float
    deviation: float | None
    """The standard deviation; None for a single run."""
    n: int
    """The number of runs averaged; diverged runs and those that lack the number are left out."""


class RunGroup(NamedTuple):
    """The runs with one value of a setting whose losses can be compared."""

    value: Any
    """The plain value; ABSENT if they have no such setting."""
    meaning: dict[str, Any]
    """The plain values of what decides on the meaning of losses, as far as any two groups differ in it."""
    places: Array
    """The runs that are shown."""
    of: int
    """The number of runs, including those that are not shown."""
    means: dict[Metric, Mean | None]
    epochs: Mean | None
    diverged: int
    task: Task


class RunTable:
    """Runs and their settings. Places of runs count from 0, the latest first."""

    def __init__(self, loaded: Loaded) -> None:
        self.runs, self.settings, self._numbers, counts = loaded
        self._of_run = np.repeat(np.arange(len(self.runs)), counts)
        """The run that each of the numbers belongs to."""
        self._places = {run.id: place for place, run in enumerate(self.runs)}
        self._columns: dict[str, Array] = {}
        self._known_ranks: dict[str, Array] = {}
        self._outcomes: dict[str, Array] = {}
        self._differing: dict[bytes, list[str]] = {}

    def __len__(self) -> int:
        return len(self.runs)

    def prepare(self) -> None:
        """Compute in advance, on any thread, what a list of all runs needs."""
        for path in self.differing(self.top):
            self.column(path)
        self.ordered(self.top, "time")
        _ = self.setting_texts, self.run_texts

    def place_of(self, id: str) -> int | None:
        """The place of a run; None if it is gone."""
        return self._places.get(id)

    @cached_property
    def top(self) -> Array:
        """The places of all runs and groups, without the trainings of groups."""
        return np.flatnonzero([not run.parent for run in self.runs])

    def members(self, id: str) -> Array:
        """The places of the trainings of a group, in its order."""
        found = [place for place, run in enumerate(self.runs) if run.parent == id]
        return np.array(sorted(found, key=lambda place: int(self.runs[place].id.rpartition(".")[2])), np.int64)

    # Settings -------------------------------------------------------------------------------------------------------

    @cached_property
    def paths(self) -> list[str]:
        """The paths that any run has, in the order of declaration."""
        return [path for path, _ in self._paths]

    @cached_property
    def _paths(self) -> list[tuple[str, Array]]:
        """Every path with the places of its settings."""
        found: dict[str, list[int]] = {}
        for place, setting in enumerate(self.settings):
            found.setdefault(setting.path, []).append(place)
        return [(path, np.array(places)) for path, places in found.items()]

    @cached_property
    def _by_path(self) -> dict[str, Array]:
        return dict(self._paths)

    def differing(self, places: Iterable[int]) -> list[str]:
        """The paths in which any two of some runs differ, as `difference` of their experiments has them."""
        chosen = np.fromiter(places, np.int64)
        key = chosen.tobytes()
        if key not in self._differing:
            # A list asks what differs among all, among those that are shown, and among single runs for their means.
            if len(self._differing) > 2:
                del self._differing[next(iter(self._differing))]
            self._differing[key] = self._compare(chosen)
        return self._differing[key]

    def _compare(self, places: Array) -> list[str]:
        used = np.bincount(self._numbers[self._entries(places)], minlength=len(self.settings)) > 0
        scopes: dict[tuple[str, str], int] = {}
        for place in np.flatnonzero(used).tolist():
            path, scope, _ = self.settings[place]
            scopes[path, scope] = scopes.get((path, scope), 0) + 1
        found = dict.fromkeys(path for (path, _), count in scopes.items() if count > 1)
        return sorted((path for path in found if path not in _NEVER_COLUMNS), key=self._order.__getitem__)

    @cached_property
    def _order(self) -> dict[str, tuple[Any, ...]]:
        """The place of each path in lists: what people look for, layers by number, else as they were first met."""
        first = {path: place for place, path in enumerate(dict.fromkeys(one.partition(".")[0] for one in self.paths))}
        order = {}
        for place, path in enumerate(self.paths):
            steps = path.split(".")
            layer = int(steps[1]) if len(steps) > 1 and steps[1].isdecimal() else -1
            order[path] = _rank(steps), first[steps[0]], layer, place
        return order

    def _entries(self, places: Array) -> Array:
        """The places in `_numbers` of all settings of some runs."""
        chosen = np.zeros(len(self.runs), bool)
        chosen[places] = True
        entries: Array = np.flatnonzero(chosen[self._of_run])
        return entries

    def numbers_at(self, path: str) -> list[int]:
        """The places in `settings` of all values that stand at a path."""
        found: list[int] = self._by_path.get(path, np.zeros(0, int)).tolist()
        return found

    def setting_at(self, place: int, path: str) -> int | None:
        """The place in `settings` of what a run has at a path; None if it has nothing there."""
        found = int(self.column(path)[place])
        return found if found >= 0 else None

    def value(self, place: int, path: str) -> Any:
        """The plain value that a run has at a path, or ABSENT; for the stack of layers its shape."""
        found = self.setting_at(place, path)
        return ABSENT if found is None else self.settings[found].value

    def column(self, path: str) -> Array:
        """The place in `settings` of what every run has at a path, int64 (runs,), -1 for nothing."""
        path = SHAPE if path == "layers" else path
        if path not in self._columns:
            wanted = np.zeros(len(self.settings), bool)
            wanted[self._by_path.get(path, np.zeros(0, int))] = True
            entries = np.flatnonzero(wanted[self._numbers])
            found = np.full(len(self.runs), -1)
            found[self._of_run[entries]] = self._numbers[entries]
            self._columns[path] = found
        return self._columns[path]

    def with_any(self, settings: Array) -> Array:
        """Mark the runs that have any of some settings, bool (runs,); these are marked, bool (settings,)."""
        found = np.zeros(len(self.runs), bool)
        found[self._of_run[settings[self._numbers]]] = True
        return found

    @cached_property
    def layer_names(self) -> tuple[str, ...]:
        """The names of layers by their places; empty unless all runs give all layers the same names."""
        stacks = [self.settings[one].value for one in self.numbers_at("layers")]
        names: dict[int, set[str]] = {}
        for place, name in ((place, name) for stack in stacks for place, name in enumerate(stack)):
            names.setdefault(place, set()).add(name or str(place + 1))
        return () if any(len(one) > 1 for one in names.values()) else tuple(one.pop() for one in names.values())

    # Texts ----------------------------------------------------------------------------------------------------------

    @cached_property
    def setting_texts(self) -> list[str]:
        """The values of settings that are texts, as filters search them; empty for numbers."""
        return [plain_text(_text_of(one.value)) for one in self.settings]

    @cached_property
    def run_texts(self) -> list[str]:
        """The names, notes and facts of each run, as filters search them."""
        return [plain_text(_facts_text(run)) for run in self.runs]

    # Numbers and order ----------------------------------------------------------------------------------------------

    def numbers(self, name: str) -> Array:
        """An outcome of all runs as numbers, NaN for none: shape (runs,)."""
        if name not in self._outcomes:
            values = [getattr(run.outcome, name) for run in self.runs]
            self._outcomes[name] = np.array([math.nan if value is None else value for value in values], float)
        return self._outcomes[name]

    def ordered(self, places: Array, key: str, *, descending: bool = False) -> Array:
        """Some places in the order of an outcome, a fact or a setting; those without it come last."""
        if key not in self._known_ranks:
            self._known_ranks[key] = self._ranks(key)
        ranks = self._known_ranks[key][places]
        known = ~np.isnan(ranks)
        order = np.argsort(-ranks[known] if descending else ranks[known], kind="stable")
        result: Array = np.concatenate([places[known][order], places[~known]])
        return result

    def _ranks(self, key: str) -> Array:
        if key in (*OUTCOMES, "changes"):
            return self.numbers(key)
        if key in ("time", "star"):
            return np.array([getattr(run.note, key) for run in self.runs], float)
        if key in ("title", "origin", "status", "engine"):
            return _ranks_of([_fact(run, key) for run in self.runs])
        column = self.column(key)
        ranks = _ranks_of([self.settings[one].value for one in np.unique(column) if one >= 0])
        by_setting = np.full(len(self.settings) + 1, math.nan)
        by_setting[[one for one in np.unique(column) if one >= 0]] = ranks
        return by_setting[column]

    # Means ----------------------------------------------------------------------------------------------------------

    def grouped(self, shown: Array, everything: Array, path: str) -> list[RunGroup]:
        """The runs that are shown by their value at a path, and by their data and loss function, where these differ.

        `everything` counts those that are hidden, too. A sweep as a whole is no run, so it is left out. Runs on points
        drawn with other seeds are one group: their means say how much the draw matters.
        """
        single = np.array([run.kind != "group" for run in self.runs], bool)
        shown, everything = shown[single[shown]], everything[single[everything]]
        differing = self.differing(everything)
        paths = [path, *(one for one in differing if gives_loss_meaning(one) and one not in (path, "data.seed"))]
        if "data" in paths:
            # It names a table.
            paths = list(dict.fromkeys([*paths, "data.path"]))
        codes = np.stack([self.column(one) for one in paths], axis=1)
        distinct, numbers = np.unique(codes[everything], axis=0, return_inverse=True)
        group = np.full(len(self.runs), -1)
        group[everything] = numbers.ravel()
        values = [[ABSENT if code < 0 else self.settings[code].value for code in row] for row in distinct]
        order = np.argsort(np.nan_to_num(_ranks_of([row[0] for row in values]), nan=np.inf), kind="stable").tolist()
        return [
            self._group(
                values[one][0],
                dict(zip(paths[1:], values[one][1:], strict=True)),
                shown[group[shown] == one],
                everything[group[everything] == one],
            )
            for one in order
        ]

    def _group(self, value: Any, meaning: dict[str, Any], places: Array, everything: Array) -> RunGroup:
        diverged = np.array([self.runs[place].outcome.status == "diverged" for place in places], bool)
        usable = places[~diverged] if len(places) else places
        means = {name: mean_of(self.numbers(name)[usable]) for name in METRICS}
        epochs, task = mean_of(self.numbers("epoch")[usable]), self.runs[everything[0]].outcome.task
        return RunGroup(value, meaning, places, len(everything), means, epochs, int(diverged.sum()), task)


def _rank(steps: list[str]) -> int:
    """How early people look for a setting, given by its path in parts."""
    match steps:
        case ["training", "learning_rate"]:
            return 0
        case ["layers"] | ["shape"]:
            return 1
        case ["layers", _, "units" | "activation", *_]:
            return 2
        case ["training", "optimizer", *_]:
            return 3
        case (
            ["precision"]
            | [*_, "seed"]
            | ["data", "x1" | "x2" | "target" | "train" | "test" | "class_names" | "column_names" | "axis_scales"]
        ):
            return 5
    return 4


def plain_text(text: str) -> str:
    """A text as filters compare it: without case, and with one sign for blanks and hyphens."""
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def _text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    return " ".join(map(str, value)) if isinstance(value, list) else ""


def _facts_text(run: KeptRun) -> str:
    note = run.note
    kind, star = ("group" if run.kind == "group" else ""), ("starred" if note.star else "")
    return " ".join((note.name, note.title, note.text, note.origin, run.outcome.status, star, kind, run.short_id))


def mean_of(numbers: Array) -> Mean | None:
    """The mean and the standard deviation of the numbers that are there; None if none is."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return None
    return Mean(float(known.mean()), float(known.std(ddof=1)) if len(known) > 1 else None, len(known))


def _fact(run: KeptRun, key: str) -> Any:
    if key == "title":
        return run.title.casefold()
    return run.note.origin if key == "origin" else getattr(run.outcome, key)


def _ranks_of(values: Sequence[Any]) -> Array:
    """The places of values in ascending order, equal for equal ones, NaN for ABSENT: numbers first, then texts."""

    def key(value: Any) -> tuple[int, Any]:
        if isinstance(value, (int, float)):
            return 0, float(value)
        return 1, str(value)

    distinct = sorted({key(value) for value in values if value is not ABSENT})
    places = {one: float(place) for place, one in enumerate(distinct)}
    return np.array([math.nan if value is ABSENT else places[key(value)] for value in values], float)
