"""The rules for experiments: every value in its range, and conditions on several fields together."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import listing
from playground.catalog.datasets.base import Dataset
from playground.catalog.features import FEATURES
from playground.catalog.schedules import Plateau
from playground.experiment.declarations import Field, field_of, fields_of, is_struct
from playground.experiment.paths import join_path, steps_of
from playground.experiment.reading import convert_plain, expand
from playground.experiment.tree import Experiment
from playground.files.errors import InputError, MissingError, UnknownError, UnreadableError

_VERSION = 2
_CAME_WITH_VERSION_2 = {"stratified": False, "scale_target": False}
_BEFORE_VERSION_2: dict[str, dict[str, Any]] = {
    "table": {"points": 500, "words": "missing", **_CAME_WITH_VERSION_2},
    "points": _CAME_WITH_VERSION_2,
}
"""Values of fields that files of version 1 leave out, by the kind of their data."""
_EXPERIMENT = field_of(Experiment)
"""The declaration of a whole experiment."""

# msgspec learns a type when it is first used; two threads that first use it at once would crash the process.
convert_plain({}, Experiment)


_LONGEST_TEXT = 10_000
MAX_LAYERS = 100
MAX_PARAMETERS = 2**25
"""The most weights and biases of a network; each takes up to a hundred bytes while it trains."""
_NEEDS_EQUAL_WIDTHS = ("skip", "muted")
"""Fields of a layer that need as many units as inputs."""


def check(experiment: Experiment) -> Experiment:
    """Check an experiment and return it with every value in its declared type. Raises InputError.

    msgspec checks ranges only while it decodes, so the experiment is encoded and decoded once more. Values written
    loosely in code (a list for a tuple, a bare name for a choice, a NumPy number) are converted.
    """
    return convert(msgspec.to_builtins(experiment, enc_hook=_to_plain))


def _to_plain(value: object) -> Any:
    """A NumPy number as a plain Python number. Raises InputError for any other object."""
    if isinstance(value, np.generic):
        return value.item()
    raise InputError("experiment", value, "made of numbers, texts, lists and choices")


def convert(raw: Any, data: Dataset | None = None) -> Experiment:
    """The checked experiment that plain lists, dicts and values describe. Raises InputError.

    If `data` are given, they replace the dataset in `raw`; they must be valid.
    """
    if not isinstance(raw, dict):
        raise InputError("experiment", raw, "a JSON object like {\"version\": 2, …}")  # fmt: skip
    try:
        refuse_unwritable(raw)
        raw = _migrate(raw)
        experiment: Experiment = convert_plain(expand(raw, _EXPERIMENT), Experiment)
    except RecursionError as error:
        raise UnreadableError("experiment", "it is nested too deeply") from error
    except msgspec.ValidationError as error:
        raise _explain(error, raw) from error
    if data is None:
        experiment.data.check()
    else:
        experiment = msgspec.structs.replace(experiment, data=data)
    check_rules(experiment)
    return experiment


def _migrate(raw: dict[str, Any]) -> dict[str, Any]:
    """Bring `raw` to the present version by filling in what an older version leaves out. Raises InputError."""
    if "version" not in raw:
        raise MissingError("version", f"every experiment file must name its version, at present {_VERSION}")
    version, data = raw["version"], raw.get("data")
    if type(version) is not int or version not in range(1, _VERSION + 1):
        newer = isinstance(version, int) and version > _VERSION
        allowed = f"1 or {_VERSION}" + (" (the file is from a newer program)" if newer else "")
        raise InputError("version", version, allowed)
    kind = data.get("kind") if isinstance(data, dict) else data
    if version == _VERSION or kind not in list(_BEFORE_VERSION_2):
        return {**raw, "version": _VERSION}
    settings = data if isinstance(data, dict) else {"kind": kind}
    for name in _CAME_WITH_VERSION_2.keys() & settings.keys():
        raise InputError(
            f"data.{name}", settings[name], f"left out, or the file of version {_VERSION}, which introduced this field"
        )
    return {**raw, "version": _VERSION, "data": {**_BEFORE_VERSION_2[kind], **settings}}


def check_rules(experiment: Experiment) -> None:
    """Check the conditions on several fields together; each by itself is known to be valid. Raises InputError."""
    if not experiment.features:
        raise MissingError("features", f"at least one of {listing(FEATURES)} is needed")
    for place, name in enumerate(experiment.features):
        if name in experiment.features[:place]:
            raise InputError(f"features[{place}]", name, "a feature that is not listed yet")
    if len(experiment.layers) > MAX_LAYERS:
        raise InputError("layers", len(experiment.layers), f"at most {MAX_LAYERS} layers")
    ids = [layer.id for layer in experiment.layers]
    for place, layer_id in enumerate(ids):
        if layer_id is not None and layer_id in ids[:place]:
            raise InputError(f"layers[{place}].id", layer_id, "an id that no other layer has")
        if layer_id == "output":
            raise InputError(f"layers[{place}].id", layer_id, "a name other than output, which is the last layer's")
    experiment.initializer.check("initializer")
    for place, layer in enumerate(experiment.layers):
        if layer.initializer is not None:
            layer.initializer.check(f"layers[{place}].initializer")
    _check_widths(experiment)
    _check_parameters(experiment)
    _check_validation(experiment)
    loss, tasks = experiment.loss, experiment.data.tasks
    if loss is not None and not set(loss.tasks) & set(tasks):
        raise InputError(
            "loss.kind",
            loss.kind,
            f"a loss for {listing(tasks)}, the task of data.kind {experiment.data.kind}",
        )


def _check_widths(experiment: Experiment) -> None:
    inputs = inputs_of(experiment)
    for place, field in width_conflicts(experiment):
        units = experiment.layers[place].units
        allowed = f"false, or as many units ({units}) as the layer has inputs ({inputs[place]})"
        raise InputError(f"layers[{place}].{field}", True, allowed)


def _check_parameters(experiment: Experiment) -> None:
    total = 0
    for place, (layer, inputs) in enumerate(zip(experiment.layers, inputs_of(experiment), strict=True)):
        total += layer.units * (inputs + 1)
        if total > MAX_PARAMETERS:
            allowed = (
                f"smaller: a network has at most {MAX_PARAMETERS:,} weights and biases, and this one has {total:,} up "
                "to here"
            )
            raise InputError(f"layers[{place}].units", layer.units, allowed)


def inputs_of(experiment: Experiment) -> tuple[int, ...]:
    """The number of inputs of each hidden layer, input side first."""
    return (len(experiment.features), *(layer.units for layer in experiment.layers))[: len(experiment.layers)]


def width_conflicts(experiment: Experiment) -> Iterator[tuple[int, str]]:
    """Yield (position, field) for every layer whose field needs as many units as inputs while the two differ."""
    for place, (layer, inputs) in enumerate(zip(experiment.layers, inputs_of(experiment), strict=True)):
        for field in _NEEDS_EQUAL_WIDTHS:
            if getattr(layer, field) and layer.units != inputs:
                yield place, field


def _check_validation(experiment: Experiment) -> None:
    training = experiment.training
    if experiment.data.validates:
        return
    if training.early_stopping is not None:
        allowed = "null without validation points (data.validation_fraction above 0)"
        raise InputError("training.early_stopping", training.early_stopping.watch, allowed)
    if isinstance(training.schedule, Plateau) and training.schedule.watch == "validation_loss":
        raise InputError(
            "training.schedule.watch",
            "validation_loss",
            "train_loss without validation points (data.validation_fraction above 0)",
        )


class Duplicate(NamedTuple):
    """A mark for a repeated key of a JSON object: its second value, kept until the path for the error is known."""

    value: Any


def refuse_unwritable(raw: Any, path: str = "") -> None:
    """Raise InputError for the first value that no file may hold: NaN, broken text, a repeated key, a huge text."""
    if type(raw) in (list, tuple) and set(map(type, raw)) <= {int, float, bool} and _are_finite(raw):
        # Thousands of coordinates are checked at once.
        return
    place = path or "experiment"
    if isinstance(raw, Duplicate):
        raise InputError(place, raw.value, "given once; its key is repeated")
    if isinstance(raw, float) and not math.isfinite(raw):
        raise InputError(place, raw, "a finite number")
    if isinstance(raw, str):
        _refuse_text(raw, place, "a text")
    for key, value in _members(raw):
        _refuse_text(key.removeprefix("."), place, "an object whose keys are strings")
        refuse_unwritable(value, f"{path}{key}".removeprefix("."))


def _are_finite(numbers: Sequence[float]) -> bool:
    """Whether all numbers are finite and none is too large for a float."""
    try:
        return all(map(math.isfinite, numbers))
    except OverflowError:
        return False


def _refuse_text(text: str, path: str, what: str) -> None:
    if len(text) > _LONGEST_TEXT:
        raise InputError(path, text, f"{what} of at most {_LONGEST_TEXT:,} characters")
    if not _is_unicode(text):
        raise InputError(path, ascii(text), f"{what} in Unicode")


def _is_unicode(text: str) -> bool:
    """Whether a text is free of lone surrogates, which no file can hold."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _members(raw: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of a dict or list, each with its notation in a path."""
    if isinstance(raw, dict):
        yield from ((f".{key}", value) for key, value in raw.items())
    elif isinstance(raw, (list, tuple)):
        yield from ((f"[{place}]", value) for place, value in enumerate(raw))


def _explain(error: msgspec.ValidationError, raw: Any) -> InputError:
    """Turn msgspec's error into an InputError with the path, the value there and what is allowed."""
    message, found, place = str(error).rpartition(" - at `$")
    if not found:
        message, place = place, ""
    path = re.sub(r"^\.", "", place.rstrip("`"))
    unknown = re.search(r"unknown field `(.*)`", message, re.DOTALL)
    if unknown:
        field = unknown.group(1)
        full = f"{path}.{field}".removeprefix(".")
        return UnknownError(full, f"{path or 'an experiment'} has {listing(_fields_at(path, raw))}")
    value = _find(raw, path)
    if path.endswith(".kind") and isinstance(_find(raw, path.removesuffix(".kind")), str):
        path, value = path.removesuffix(".kind"), _find(raw, path.removesuffix(".kind"))
    return InputError(path or "experiment", value, _allowed_at(path, raw, value))


def read_value(path: str, raw: Any) -> Any:
    """Convert plain data, as in a file, to the type declared for a path in any experiment. Raises InputError."""
    fields = possible_fields(path)
    for field in fields:
        with suppress(msgspec.ValidationError):
            return None if raw is None and field.optional else convert_plain(raw, field.type)
    raise InputError(path, raw, fields[0].allowed_for(raw)) if fields else unknown_path(path)


def possible_fields(path: str) -> list[Field]:
    """All declarations that a path can have, depending on the kinds of choices; empty if no experiment has it."""
    fields = [_EXPERIMENT]
    for step, _ in steps_of(path):
        fields = [part for field in fields for part in _possible_parts(field, step)]
    return fields


def possible_paths(field: Field = _EXPERIMENT, path: str = "") -> Iterator[str]:
    """Yield the paths of all settings that an experiment can have; of a list, those of its first entry."""
    if field.entry is not None:
        if is_struct(field.entry.type):
            yield from possible_paths(field.entry, join_path(path, "0"))
        return
    structs = field.choices or ((field.type,) if is_struct(field.type) else ())
    for name in dict.fromkeys(name for struct in structs for name in fields_of(struct)):
        yield join_path(path, name)
        for part in _possible_parts(field, name):
            yield from possible_paths(part, join_path(path, name))


def unknown_path(path: str) -> UnknownError:
    """Return the error for a path that no experiment has, which suggests a similar one if there is any."""
    names = list(possible_paths())
    ends = [name for name in names if name.endswith(f".{path}")]
    near = (ends or difflib.get_close_matches(path, names, 1, 0.75) or [""])[0]
    return UnknownError(path, f"perhaps {near} is meant" if near else "no experiment has this path")


def _possible_parts(field: Field, step: str) -> list[Field]:
    """Return the declarations of the parts of a field, for every kind that a choice may be."""
    if field.entry is not None:
        return [field.entry]
    structs = field.choices or ((field.type,) if is_struct(field.type) else ())
    return [fields_of(struct)[step] for struct in structs if step in fields_of(struct)]


def _find(raw: Any, path: str) -> Any:
    """The value at a path like `layers[0].units`; None where there is none."""
    for step in _steps_of(path):
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, (list, tuple)) and step.isdigit() and int(step) < len(raw):
            raw = raw[int(step)]
        else:
            return None
    return raw


def _steps_of(path: str) -> list[str]:
    return re.findall(r"[^.\[\]]+", path)


def _declared_at(path: str, raw: Any) -> Field | None:
    """The declaration for a path, following the kinds that `raw` names; None where there is none."""
    field: Field | None = _EXPERIMENT
    for step in _steps_of(path):
        if field is None:
            break
        field = field.entry if field.entry is not None and step.isdigit() else field.parts(raw).get(step)
        raw = _find(raw, step)
    return field


def _fields_at(path: str, raw: Any) -> list[str]:
    field = _declared_at(path, raw)
    if field is None:
        return []
    return (["kind"] if field.choices else []) + list(field.parts(_find(raw, path)))


def _allowed_at(path: str, raw: Any, value: Any) -> str:
    family = _declared_at(path.removesuffix(".kind"), raw)
    field = family if family is not None and family.choices else _declared_at(path, raw)
    return "a JSON object" if field is None else field.allowed_for(value)
