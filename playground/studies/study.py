"""The study: a plan of many training runs of one experiment, which varies some of its values over some seeds.

    experiment = Experiment().with_(layers="8-8")
    study = Study(experiment, vary={"training.learning_rate": [0.01, 0.1, 1]}, seeds=5, epochs=200)
    results = run_study(study)

A study is a value. Its runs, their order and their seeds follow from it alone; nothing is listed in advance, so that a
grid of millions takes no memory.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from playground.catalog.choice import Choice
from playground.experiment.paths import value_at
from playground.experiment.rules import check, check_rules, convert
from playground.experiment.text import MAX_FILE_BYTES, parse_json
from playground.experiment.tree import Experiment
from playground.files.atomic import read_bytes, write_atomically
from playground.files.errors import InputError, MissingError, UnreadableError, reason_of

StudyEngine: TypeAlias = Literal["lanes", "compiled", "reference"]
_MOST_SEED = 2**53 - 1


class Member(NamedTuple):
    """One training run of a study."""

    number: int
    """Its place in the order of the study: combinations as in the grid, then seeds."""
    values: dict[str, Any]
    """The varied values by path, as in files."""
    seed: int
    experiment: Experiment
    """The checked experiment, which ends by itself after the study's epochs."""


class Refused(NamedTuple):
    """A member whose combination of values is not valid, with the reason."""

    number: int
    reason: str


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan of many training runs.

    `vary` gives for each path the values to try: numbers, kinds of choices ("sgd"), whole shapes ("8-8"), or anything
    else that `Experiment.with_` takes. All combinations are trained, the last path fastest, or only `random` of them
    (drawn from the experiment's seed), each from the experiment's seed and the `seeds` - 1 that follow it, for
    `epochs` epochs. `goal` is the validation accuracy, or R², from which a run counts as solved; None is 0.95 for
    classes and 0.9 for values. `engine` trains; what lanes can't do is trained by the compiled engine, and where that
    can't be loaded, by the reference. Raises InputError.
    """

    experiment: Experiment = Experiment()
    vary: dict[str, tuple[Any, ...]] = {}
    seeds: int = 1
    epochs: int = 100
    random: int | None = None
    goal: float | None = None
    engine: StudyEngine = "lanes"

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "experiment", check(self.experiment))
        vary = {path: _plain_values(path, values) for path, values in self.vary.items()}
        msgspec.structs.force_setattr(self, "vary", vary)
        if None in vary.get("training.epochs", ()):
            raise InputError("vary.training.epochs", None, "a number of epochs, so that every run ends")
        for name, low in (("seeds", 1), ("epochs", 0), ("random", 1)):
            value = getattr(self, name)
            whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
            if value is not None and not (whole and value >= low):
                raise InputError(name, value, f"a whole number of at least {low}")
        if self.random is not None and self.random > self.grid:
            raise InputError("random", self.random, f"at most {self.grid:,}, the number of combinations")
        if self.experiment.seed + self.seeds - 1 > _MOST_SEED:
            raise InputError("seeds", self.seeds, f"so few that no seed is above {_MOST_SEED:,}")

    # What there is to train ---------------------------------------------------------------------------------------

    @property
    def grid(self) -> int:
        """The number of all combinations of the values to try."""
        return math.prod(map(len, self.vary.values()))

    @property
    def combinations(self) -> int:
        """The number of combinations to train: all of `grid`, or `random` of them."""
        return self.grid if self.random is None else self.random

    def __len__(self) -> int:
        """The number of training runs: combinations times seeds."""
        return self.combinations * self.seeds

    def values_of(self, combination: int) -> dict[str, Any]:
        """Return the values of a combination by path; combinations count from 0."""
        places = (
            combination if self.random is None else _drawn(self.experiment.seed, self.grid, self.random)[combination]
        )
        values = {}
        for path, choices in reversed(self.vary.items()):
            places, place = divmod(places, len(choices))
            values[path] = choices[place]
        return dict(reversed(values.items()))

    def member(self, number: int) -> Member:
        """Return the member of a number, from 0. Raises InputError if its combination of values is not valid."""
        combination, repeat = divmod(number, self.seeds)
        values = self.values_of(combination)
        return _member(number, values, self._experiment_with(values), repeat)

    def members(self, numbers: Iterable[int]) -> Iterator[Member | Refused]:
        """Yield the members of some numbers; consecutive seeds of a combination share its checked experiment."""
        latest: int | None = None
        values: dict[str, Any] = {}
        made: Experiment | InputError = self.experiment
        for number in numbers:
            combination, repeat = divmod(number, self.seeds)
            if combination != latest:
                latest, values = combination, self.values_of(combination)
                try:
                    made = self._experiment_with(values)
                except InputError as error:
                    made = error
            if isinstance(made, InputError):
                yield Refused(number, str(made))
            else:
                yield _member(number, values, made, repeat)

    def seed_of(self, index: int) -> int:
        """Return the seed of a member, even if its combination is not valid."""
        combination, repeat = divmod(index, self.seeds)
        seed = self.values_of(combination).get("seed", self.experiment.seed)
        return int(seed) + repeat

    def _experiment_with(self, values: Mapping[str, Any]) -> Experiment:
        """Return the experiment with these values, checked and ready to train. Raises InputError."""
        experiment = self.experiment.with_(values)
        if "training.epochs" not in values:
            training = msgspec.structs.replace(experiment.training, epochs=self.epochs)
            experiment = msgspec.structs.replace(experiment, training=training)
        if any(path.startswith("data") or not _is_checked(experiment, path, value) for path, value in values.items()):
            return check(experiment)
        # What follows each other in a study differs in a few values, and each of those has been checked by itself.
        check_rules(experiment)
        return experiment

    # Files --------------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return the study as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode() + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the study as JSON; a failure leaves no partial file."""
        write_atomically(Path(path), self.text().encode())

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Study:
        """Read a study from a JSON file. Raises InputError."""
        try:
            content = read_bytes(Path(path), MAX_FILE_BYTES)
        except (OSError, ValueError) as error:
            raise UnreadableError(str(path), reason_of(error)) from error
        raw = parse_json(content, str(path))
        if not isinstance(raw, dict):
            raise InputError(str(path), raw, "a JSON object, as a study is")
        experiment = convert(raw.get("experiment", {"version": 2}))
        try:
            return msgspec.convert({**raw, "experiment": experiment}, Study)
        except msgspec.ValidationError as error:
            raise UnreadableError(str(path), f"it is not a study ({error})") from error


def _member(number: int, values: dict[str, Any], experiment: Experiment, repeat: int) -> Member:
    seed = experiment.seed + repeat
    return Member(number, values, seed, msgspec.structs.replace(experiment, seed=seed) if repeat else experiment)


def _is_checked(experiment: Experiment, path: str, value: Any) -> bool:
    """Whether setting a value at a path checks it completely; texts and lists may need a further check."""
    return not isinstance(value, (str, list, dict)) or isinstance(value_at(experiment, path), Choice)


def _plain_values(path: str, values: Any) -> tuple[Any, ...]:
    """Convert values to the plain types of files. Raises InputError."""
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise InputError(f"vary.{path}", values, "a list of values")
    plain = tuple(_plain(path, value) for value in values)
    if not plain:
        raise MissingError(f"vary.{path}", "at least one value is needed")
    return plain


def _plain(path: str, value: Any) -> Any:
    def convert_rest(rest: object) -> Any:
        if isinstance(rest, (np.generic, np.ndarray)):
            return rest.tolist()
        raise InputError(f"vary.{path}", rest, "made of numbers, texts, lists and choices")

    return msgspec.to_builtins(value() if isinstance(value, type) else value, enc_hook=convert_rest)


_DRAWN: dict[tuple[int, int, int], tuple[int, ...]] = {}


def _drawn(seed: int, grid: int, number: int) -> tuple[int, ...]:
    """Draw positions in the grid of combinations at random without replacement; return them in ascending order."""
    key = seed, grid, number
    if key not in _DRAWN:
        _DRAWN.clear()
        _DRAWN[key] = tuple(sorted(Random(seed).sample(range(grid), number)))
    return _DRAWN[key]
