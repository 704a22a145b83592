"""Settings as text, `PATH=VALUE`, by which the command line changes an experiment.

Examples: `training.learning_rate=0.1`, `training.optimizer=sgd`, `layers=8-8`, `layers.0.activation=relu`,
`features=x1,x2`. A value is read as its field is declared.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from playground.experiment.declarations import Field
from playground.experiment.edits import stack, with_group_of
from playground.experiment.paths import field_at, with_kind, with_value
from playground.experiment.reading import expand
from playground.experiment.rules import check, possible_fields, read_value, unknown_path
from playground.experiment.tree import Experiment
from playground.files.errors import InputError
from playground.files.numerals import typed_number


def with_settings(experiment: Experiment, settings: Iterable[str]) -> Experiment:
    """Apply settings to an experiment and check the result. Raises InputError."""
    settings = list(settings)
    for setting in settings:
        path, text = split_setting(setting)
        experiment = _with_setting(experiment, path, text)
    return check(experiment) if settings else experiment


def split_setting(setting: str) -> tuple[str, str]:
    """Split a setting into path and value. Raises InputError."""
    path, sign, text = setting.partition("=")
    if not sign or not path.strip():
        raise InputError("--set", setting, "PATH=VALUE, as in training.learning_rate=0.1")
    # Error messages write a layer's position in brackets, layers[0].units; users copy that.
    return re.sub(r"\[(\d+)\]", r".\1", path.strip()), text.strip()


def _with_setting(experiment: Experiment, path: str, text: str) -> Experiment:
    """Apply one setting; a group that is off is switched on for it. Raises InputError."""
    experiment = with_group_of(experiment, path)
    field = field_at(experiment, path)
    if path == "layers" and _is_stack(text):
        units = [int(number) for number in text.split("-") if number]
        changed: Experiment = with_value(experiment, path, stack(experiment.layers, units, field))
        return changed
    if field.choices and re.fullmatch(r"\w+", text) and not _is_nothing(text, field):
        result: Experiment = with_kind(experiment, path, text)
    else:
        result = with_value(experiment, path, value_of(experiment, path, text))
    return result


def value_of(experiment: Experiment, path: str, text: str) -> Any:
    """The value that a text means at a path of an experiment. Raises InputError."""
    field = field_at(experiment, path)
    return read_value(path, expand(_plain(path, text, field), field))


def plain_value(path: str, text: str) -> Any:
    """Return the plain value, as in a file, that a text stands for at a path, in any experiment that has the path.

    Ranges are left to `check`. Raises InputError for a value of a type that no experiment allows there.
    """
    fields = possible_fields(path)
    if path == "layers" and _is_stack(text):
        return text
    for field in fields:
        plain = _plain(path, text, field)
        if _has_type_of(plain, field):
            return plain
        if field.type not in (int, float):
            with suppress(InputError):
                read_value(path, expand(plain, field))
                return plain
    if path == "layers":
        raise InputError(path, text, "numbers of units such as 8-8, or a list of layers in brackets")
    if fields and fields[0].entry is not None:
        raise InputError(path, text, 'a list, as in ["x1", "x2"]')
    raise InputError(path, text, fields[0].allowed) if fields else unknown_path(path)


def _has_type_of(plain: Any, field: Field) -> bool:
    """Whether a plain value has the type of a numeric field, whatever its range."""
    if plain is None or type(plain) not in (int, float) or not math.isfinite(plain):
        return plain is None and field.optional
    return field.type is float or (field.type is int and plain == int(plain))


def _is_stack(text: str) -> bool:
    """Whether a text gives the units of layers, as in 8-8."""
    return re.fullmatch(r"(\d+(-\d+)*)?", text) is not None


def _is_nothing(text: str, field: Field) -> bool:
    """Whether a text is `null`, for a field that may be None."""
    return field.optional and text == "null"


def _plain(path: str, text: str, field: Field) -> Any:
    """Parse a text as a number, text or list where the field declares one, else as JSON. Raises InputError."""
    if _is_nothing(text, field):
        return None
    if field.type in (int, float) and (typed := _typed(path, text, whole=field.type is int)):
        return int(typed) if typed.lstrip("+-").isdigit() else float(typed)
    if field.type is str or any(isinstance(value, str) for value in field.values):
        return text
    if field.entry is not None and not text.startswith("["):
        return [_plain(path, part.strip(), field.entry) for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _typed(path: str, text: str, *, whole: bool) -> str:
    """A typed number as digits with a decimal point; empty if it is none. Raises InputError if it is ambiguous."""
    try:
        return typed_number(text, whole=whole)
    except ValueError as error:
        if str(error):
            raise InputError(path, text, f"a number: {error}") from None
    return ""
