"""A study as a line for a terminal: the command that trains the same members and gets the same numbers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from playground.experiment.difference import Difference, difference
from playground.experiment.rules import check
from playground.experiment.settings import with_settings
from playground.experiment.tree import Experiment
from playground.files.errors import InputError, MissingError
from playground.interop.opening import FIRST_PRESET, load_preset
from playground.studies.study import Study

_MOST_CHARACTERS = 8000
"""What every shell takes."""


def sweep_line(study: Study) -> str:
    """Return the line that trains a study from a preset; quoted for POSIX shells.

    Raises InputError for an experiment that does not fit on a line, such as one with points of its own.
    """
    settings = _settings(load_preset(FIRST_PRESET), study.experiment)
    words = ["python", "main.py", "sweep", FIRST_PRESET]
    words += [word for setting in settings for word in ("--set", setting)]
    words += [word for path, values in study.vary.items() for word in ("--vary", f"{path}={_listed(values)}")]
    words += ["--seeds", str(study.seeds), "--epochs", str(study.epochs)]
    line = shlex.join(words)
    if len(line) > _MOST_CHARACTERS:
        raise InputError("the command", f"{len(line):,}", f"at most {_MOST_CHARACTERS:,} characters long")
    return line


def _settings(base: Experiment, wanted: Experiment) -> list[str]:
    """The settings that turn one experiment into another. Raises InputError if settings can't."""
    settings = [f"{path}={_text(value)}" for path, value in _values(difference(base, wanted))]
    if with_settings(base, settings) != check(wanted):
        raise MissingError("the command", "settings of a preset can't describe this experiment")
    return settings


def _values(differences: tuple[Difference, ...]) -> Iterator[tuple[str, Any]]:
    for one in differences:
        yield one.path, msgspec.to_builtins(one.after)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(values: tuple[Any, ...]) -> str:
    return ",".join(_text(value) for value in values)
