"""Results: the table of a study, one row per training run, and statistics of its columns."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from playground.catalog.choice import Array, Task
from playground.files.atomic import write_atomically
from playground.files.errors import InputError
from playground.measure.metrics import GOALS, METRICS, Metric, finite_or_none
from playground.studies.study import Study

RunStatus: TypeAlias = Literal["completed", "diverged", "stopped_early", "refused"]
_MOST_SHOWN = 10
"""Combinations in a printed table."""
_WAITING = ""
_STATUSES: tuple[str, ...] = (_WAITING, *get_args(RunStatus))
_ENGINES = ("", "lanes", "compiled", "reference")


class Observed(NamedTuple):
    """Observations of a run besides its final result."""

    goal_epoch: int | None
    """The first epoch whose validation accuracy, or R², reached the goal; None if none did."""
    gradient_share: float
    """RMS of the last batch's ∂E/∂W in layer 1, as a share of that in the output layer; NaN without an update."""


class Row(NamedTuple):
    """The result of one training run."""

    number: int
    status: RunStatus
    epoch: int = 0
    step: int = 0
    train_loss: float | None = None
    validation_loss: float | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    """R² for regression."""
    engine: str = ""
    task: Task = "classification"
    reason: str = ""
    """The reason why the combination was refused."""
    started: float = 0.0
    """The time at which training began, in seconds of the system's clock."""
    ended: float = 0.0
    observed: Observed | None = None


class Share(NamedTuple):
    """A proportion of successes with its 95 % confidence interval (Wilson's score interval)."""

    share: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, successes: int, n: int) -> Share:
        """The share of successes in n trials; for n = 0 the interval is the whole of [0, 1]."""
        if n == 0:
            return cls(math.nan, 0.0, 1.0, 0)
        z, p = 1.959963984540054, successes / n
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        # The ends are exact, where rounding would leave them a little inside.
        return cls(p, 0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half, n)


class Best(NamedTuple):
    """The combination with the lowest mean loss over its seeds."""

    values: dict[str, Any]
    measure: Metric
    """The outcome that was compared: the validation loss, or the training loss without a validation set."""
    mean: float
    deviation: float | None
    """The standard deviation over seeds; None for a single one."""
    n: int
    solved: Share


class Results:
    """The table of a study's training runs, filled as they end; each takes 50 bytes.

    `len` is the number of runs that have ended; iteration yields their rows in the order of the study.
    """

    def __init__(self, study: Study) -> None:
        n = len(study)
        self.study = study
        self._status, self._engine = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
        self._epoch, self._step = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._numbers = np.full((len(METRICS), n), np.nan)
        self._of_values = np.zeros(n, bool)
        self.refused: dict[int, str] = {}
        """Why combinations are refused, by their place among the combinations."""
        self._spans: list[list[float]] = []

    def begin_span(self) -> None:
        """Begin a span of training time, to which all rows added from now on belong."""
        self._spans.append([math.inf, -math.inf])

    def add(self, row: Row) -> None:
        """Enter the result of one training run."""
        k = row.number
        self._engine[k] = _ENGINES.index(row.engine)
        self._epoch[k], self._step[k], self._of_values[k] = row.epoch, row.step, row.task == "regression"
        numbers = np.array([getattr(row, name) for name in METRICS], float)
        self._numbers[:, k] = np.where(np.isfinite(numbers), numbers, np.nan)
        if row.status == "refused":
            self.refused[k // self.study.seeds] = row.reason
        else:
            self._extend_span(row.started, row.ended)
        # Last, since it says that the rest is there.
        self._status[k] = _STATUSES.index(row.status)

    def take_over(self, other: Results, numbers: Mapping[int, int]) -> None:
        """Enter runs of another table all at once, given by their numbers there and here."""
        there, here = np.array(list(numbers.items()), np.intp).reshape(-1, 2).T
        for name in ("_engine", "_epoch", "_step", "_of_values", "_numbers", "_status"):
            getattr(self, name)[..., here] = getattr(other, name)[..., there]
        for old, new in numbers.items() if other.refused else ():
            if (place := old // other.study.seeds) in other.refused:
                self.refused[new // self.study.seeds] = other.refused[place]
        self._extend_span(*other._spans[-1])

    def _extend_span(self, first: float, last: float) -> None:
        span = self._spans[-1]
        span[:] = min(span[0], first), max(span[1], last)

    # The table ----------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(np.count_nonzero(self._status))

    def __repr__(self) -> str:
        return f"<Results of {len(self):,} of {len(self.study):,} runs>"

    def __str__(self) -> str:
        """Format the best combinations as a table: median losses over seeds, and how many seeds reached the goal."""
        medians = self.median(self.measure)
        order = np.argsort(medians, kind="stable")[:_MOST_SHOWN].tolist()
        rows = [[*self.study.vary, self.measure, "solved"]]
        for place in order:
            share = self.solved(place)
            numbers = _short(float(medians[place])), f"{round(share.share * share.n)} of {share.n}" if share.n else "–"
            rows.append([*map(_short, self.study.values_of(place).values()), *numbers])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        more = self.study.combinations - len(order)
        return "\n".join([*lines, *([f"… and {more:,} more"] if more else [])])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for index in np.flatnonzero(self._status).tolist():
            yield self.row(index)

    def row(self, index: int) -> dict[str, Any]:
        """Return one training run as a dict from column names to values; a missing number is None."""
        numbers: dict[str, Any] = {name: finite_or_none(self._numbers[k, index]) for k, name in enumerate(METRICS)}
        return {
            **self.study.values_of(index // self.study.seeds),
            "seed": self.study.seed_of(index),
            "status": _STATUSES[self._status[index]],
            "epoch": int(self._epoch[index]),
            **numbers,
            "engine": _ENGINES[self._engine[index]],
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the table's columns."""
        varied = (path for path in self.study.vary if path != "seed")
        return (*varied, "seed", "status", "epoch", *METRICS, "engine")

    def has(self, index: int) -> bool:
        """Whether the training run of this number has ended."""
        return bool(self._status[index])

    def column(self, name: str) -> Array:
        """Return one column over all training runs, including those that have not ended: shape (runs,)."""
        every = range(len(self.study))
        if name in METRICS:
            numbers: Array = self._numbers[METRICS.index(name)].copy()
            return numbers
        if name in self.study.vary:
            values = [self.study.values_of(index // self.study.seeds)[name] for index in every]
            try:
                return np.array(values)
            except ValueError:
                return np.array([json.dumps(value) for value in values])
        if name == "seed":
            return np.array([self.study.seed_of(index) for index in every])
        if name == "epoch":
            return self._epoch.copy()
        if name in ("status", "engine"):
            names, codes = (_STATUSES, self._status) if name == "status" else (_ENGINES, self._engine)
            found: Array = np.array(names)[codes]
            return found
        raise InputError("column", name, f"one of {', '.join(self.columns)}")

    def arrays(self) -> dict[str, Array]:
        """Return a dict from the names of all columns to their arrays, each of shape (runs,)."""
        return {name: self.column(name) for name in self.columns}

    def csv_lines(self) -> Iterator[str]:
        """Yield the lines of the table as CSV, with numbers in full precision."""
        yield _csv_line(self.columns)
        for row in self:
            yield _csv_line(_cell(row[name], varied=name in self.study.vary) for name in self.columns)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the table as CSV; a failure leaves no partial file."""
        write_atomically(Path(path), (line.encode() for line in self.csv_lines()))

    # What it says -------------------------------------------------------------------------------------------------

    def by_combination(self, outcome: Metric) -> Array:
        """Return an outcome as an array of shape (combinations, seeds); NaN where it is missing."""
        return self.column(outcome).reshape(self.study.combinations, self.study.seeds)

    def quantile(self, outcome: Metric, share: float = 0.5) -> Array:
        """Return a quantile of an outcome over seeds: shape (combinations,), NaN where every seed lacks the outcome."""
        numbers = self.by_combination(outcome)
        result = np.full(len(numbers), np.nan)
        some = np.isfinite(numbers).any(axis=1)
        result[some] = np.nanquantile(np.where(np.isfinite(numbers), numbers, np.nan)[some], share, axis=1)
        return result

    def median(self, outcome: Metric = "validation_loss") -> Array:
        """Return the median of an outcome over seeds: shape (combinations,)."""
        return self.quantile(outcome)

    def solved(self, combination: int | None = None) -> Share:
        """Return the share of ended runs that reached the goal, for one combination or for all."""
        seeds = self.study.seeds
        chosen = slice(None) if combination is None else slice(combination * seeds, (combination + 1) * seeds)
        scores = self._numbers[METRICS.index(self._score), chosen]
        trained = ~np.isin(self._status[chosen], (0, _STATUSES.index("refused")))
        diverged = self._status[chosen] == _STATUSES.index("diverged")
        goals = np.where(self._of_values[chosen], GOALS["regression"], GOALS["classification"])
        goals = goals if self.study.goal is None else np.full(goals.shape, self.study.goal)
        reached = trained & ~diverged & (np.nan_to_num(scores, nan=-np.inf) >= goals)
        return Share.of(int(reached.sum()), int(trained.sum()))

    @property
    def measure(self) -> Metric:
        """The outcome that ranks combinations: the validation loss, or the training loss without validation points."""
        return "validation_loss" if np.isfinite(self.column("validation_loss")).any() else "train_loss"

    @property
    def _score(self) -> Metric:
        return "validation_accuracy" if self.measure == "validation_loss" else "train_accuracy"

    @property
    def best(self) -> Best | None:
        """The combination with the lowest mean loss among those whose seeds all finished without divergence.

        If every combination has a seed that diverged, the lowest finite mean decides. None if nothing was trained.
        """
        losses = self.by_combination(self.measure)
        with np.errstate(over="ignore", invalid="ignore"):
            means = losses.mean(axis=1)
        means[~np.isfinite(means)] = np.inf
        diverged = (self._status == _STATUSES.index("diverged")).reshape(losses.shape).any(axis=1)
        if np.isfinite(means[~diverged]).any():
            means[diverged] = np.inf
        if not np.isfinite(means).any():
            return None
        place = int(means.argmin())
        n = losses.shape[1]
        deviation = float(losses[place].std(ddof=1)) if n > 1 else None
        return Best(self.study.values_of(place), self.measure, float(means[place]), deviation, n, self.solved(place))

    @property
    def task(self) -> Task:
        """The task, classification or regression, of the first training run that ended."""
        trained = np.flatnonzero(self._status)
        return "regression" if len(trained) and self._of_values[trained[0]] else "classification"

    @property
    def steps(self) -> int:
        """The number of updates over all training runs."""
        return int(self._step.sum())

    @property
    def seconds(self) -> float:
        """The training time in seconds, from the first update to the last, evaluations included."""
        return sum(max(0.0, last - first) for first, last in self._spans if last >= first)

    @property
    def engines(self) -> tuple[str, ...]:
        """The names of the engines that trained."""
        return tuple(_ENGINES[code] for code in np.unique(self._engine).tolist() if code)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else _cell(value, varied=True)


def _cell(value: Any, *, varied: bool) -> str:
    """Format a value as text that reads back as the same value; a missing outcome is empty."""
    if value is None and not varied:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _csv_line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
