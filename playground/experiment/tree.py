"""The experiment: everything a person chose, as one immutable value.

Files, undo, presets, links and the command line are all just experiments. This module declares the tree, checks
it (one `check` behind files, edits and the trainer), and turns it into text and back. It knows no training.
"""

from __future__ import annotations

import json
import math
import os
import re
import types
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
import numpy as np

from playground.catalog.activations import AnyActivation, Linear
from playground.catalog.choice import Choice, InputError, listing, setting
from playground.catalog.datasets.base import AnyDataset, Circle, Dataset, Table, Task
from playground.catalog.features import FEATURES, FeatureName
from playground.catalog.initializers import AnyInitializer, GlorotUniform
from playground.catalog.losses import AnyLoss, Loss, default_loss
from playground.catalog.normalizations import AnyNormalization, NoNormalization
from playground.catalog.optimizers import Adam, AnyOptimizer
from playground.catalog.regularizers import AnyRegularizer, NoRegularizer
from playground.catalog.schedules import AnySchedule, Constant, Plateau
from playground.files.atomic import read_bytes, write_atomically

VERSION = 1
MAX_FILE_BYTES = 128 * 2**20
"""Enough for as many points as may be, however they are written."""
MAX_COMMAS = 8_000_000
"""So many for all their numbers."""
MAX_PARTS = 500_000
"""Quotes, lists and objects in a file: each takes far more memory than it has bytes. Points are numbers."""
LONGEST_TEXT = 10_000
MAX_LAYERS = 100
MAX_PARAMETERS = 2**25
"""Weights and biases of a network; each takes up to a hundred bytes while it trains."""
NEEDS_EQUAL_WIDTHS = ("skip", "muted")
"""Fields of a layer that need as many units as inputs."""


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One hidden layer, input side first in `Experiment.layers`."""

    units: Annotated[
        int,
        setting("Units", "How many neurons the layer has. One can only draw a line; hundreds can memorise every point.", ge=1, le=4096, scale="log", slider=(1, 64)),
    ] = 4  # fmt: skip
    activation: AnyActivation = Linear()
    dropout: Annotated[
        float,
        setting("Dropout", "The share of units silenced at random in each update. At 0 all work; high values force units to be useful alone.", ge=0, lt=1, slider=(0, 0.9)),
    ] = 0.0  # fmt: skip
    initializer: AnyInitializer | None = None
    regularizer: AnyRegularizer | None = None
    normalization: AnyNormalization = NoNormalization()
    skip: Annotated[
        bool,
        setting("Skip connection", "On, what comes into the layer is added to what goes out, a short cut for the gradient that needs as many units as inputs. Off, everything has to pass through the layer."),
    ] = False  # fmt: skip
    trainable: Annotated[
        bool,
        setting("Trainable", "On, the layer learns with the others. Off, it is frozen: it keeps its weights while the others go on learning."),
    ] = True  # fmt: skip
    muted: Annotated[
        bool,
        setting("Muted", "On, the layer is taken out: what comes in passes on unchanged and its weights wait, which needs as many units as inputs. Off, it takes part."),
    ] = False  # fmt: skip
    id: Annotated[
        str | None,
        setting("Name", "Lets the layer keep its weights when it is moved. Without one they belong to its place in the stack."),
    ] = None  # fmt: skip


class EarlyStopping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stops when the points kept out of training say that nothing gets better. Off, the network may go on to learn noise."""

    watch: Annotated[
        Literal["validation_loss", "validation_accuracy"],
        setting("Watch", "What has to get better. The loss notices overfitting first; the accuracy is what counts in the end."),
    ] = "validation_loss"  # fmt: skip
    patience: Annotated[
        int,
        setting("Patience", "Epochs without a new best after which training stops. 1 gives up at once; large values wait for ever.", ge=1, le=1_000_000, scale="log", slider=(1, 1000), unit="epochs"),
    ] = 20  # fmt: skip
    min_delta: Annotated[
        float,
        setting("Smallest gain", "How much better than the best so far counts as better. At 0 anything does; large values stop early.", ge=0, le=1e6, scale="log", slider=(1e-6, 0.1)),
    ] = 0.0  # fmt: skip
    restore: Annotated[
        bool,
        setting("Restore the best", "On stopping, the weights go back to those of the best epoch. Off, the last ones stay."),
    ] = True  # fmt: skip


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the network learns."""

    optimizer: AnyOptimizer = Adam()
    learning_rate: Annotated[
        float,
        setting("Learning rate η", "How far each update moves the weights. Too small and nothing happens; too large and the loss jumps or explodes.", ge=0, le=1e9, scale="log", slider=(1e-5, 10)),
    ] = 0.01  # fmt: skip
    schedule: AnySchedule = Constant()
    batch_size: Annotated[
        int,
        setting("Batch size", "How many points share one update. 1 is noisy and restless; 0 takes the whole set, smooth but one update per epoch.", ge=0, le=1_000_000, scale="log", slider=(1, 512)),
    ] = 32  # fmt: skip
    batching: Annotated[
        Literal["partial", "drop", "carry"],
        setting("Last batch", "What becomes of the points left over at the end of an epoch. Partial makes a smaller, noisier batch of them; drop leaves them out; carry adds their gradient to the next epoch's first update."),
    ] = "partial"  # fmt: skip
    shuffle: Annotated[
        bool,
        setting("Shuffle", "New random batches every epoch. Off, the points always come in the same order."),
    ] = True
    weight_decay: Annotated[
        float,
        setting("Weight decay", "Shrinks every weight a little before each update, whatever the gradient. At 0 none shrinks; large values make the network forget faster than it learns.", ge=0, le=1e6, scale="log", slider=(1e-6, 1)),
    ] = 0.0  # fmt: skip
    weight_noise: Annotated[
        float,
        setting("Weight noise ε", "Random nudges to all weights after each update. At 0 there are none; a little shakes the network out of flat places, much drowns the signal.", ge=0, le=1e6, scale="log", slider=(1e-6, 1)),
    ] = 0.0  # fmt: skip
    clip_norm: Annotated[
        float,
        setting("Clip gradient", "The longest gradient an update may use; longer ones are shortened. Large values tame only explosions; too small ones make training crawl.", gt=0, le=1e9, scale="log", slider=(1e-3, 100)),
    ] | None = None  # fmt: skip
    early_stopping: EarlyStopping | None = None
    epochs: Annotated[
        int,
        setting("Epochs", "After how many epochs training stops by itself. At 0 it never starts; open, it goes on until you stop it.", ge=0, le=2**53 - 1),
    ] | None = None  # fmt: skip


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything there is to know about a run."""

    version: Literal[1] = 1
    name: Annotated[str, setting("Name", "What the experiment is called. Empty, it has no name of its own.")] = ""
    seed: Annotated[
        int,
        setting("Seed", "Decides the initial weights, the order of the points and what dropout drops. The same seed gives the same run, any other number another one.", ge=0, le=2**53 - 1),
    ] = 0  # fmt: skip
    precision: Annotated[
        Literal["float32", "float64"],
        setting(
            "Precision",
            "How exactly numbers are kept. float32 is fast and what practice uses; float64 shows whether rounding is to blame.",
        ),
    ] = "float32"
    data: AnyDataset = Circle()
    features: tuple[FeatureName, ...] = ("x1", "x2")
    layers: tuple[Layer, ...] = ()
    initializer: AnyInitializer = GlorotUniform()
    bias: Annotated[
        float,
        setting("Initial bias", "The bias every unit starts with. At 0 none is favoured; far from 0 units start saturated or dead.", ge=-1e6, le=1e6, slider=(-1, 1)),
    ] = 0.0  # fmt: skip
    loss: AnyLoss | None = None
    regularizer: AnyRegularizer = NoRegularizer()
    training: Training = Training()

    def loss_for(self, task: Task) -> Loss:
        """The loss in use, with everything filled in that depends on the task."""
        return (self.loss or default_loss(task)).resolved(task)


def with_ids(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Layers with an id for each that has none."""
    result: list[Layer] = []
    for index, layer in enumerate(layers):
        taken = [*result, *layers[index:]]
        result.append(layer if layer.id is not None else msgspec.structs.replace(layer, id=new_id(taken)))
    return tuple(result)


def new_id(layers: Sequence[Layer]) -> str:
    """The first of A, B, …, Z, AA, AB, … that no layer has."""
    taken = {layer.id for layer in layers}
    number = 0
    while (name := letters(number)) in taken:
        number += 1
    return name


def letters(number: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    return (letters(number // 26 - 1) if number >= 26 else "") + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26]


def check(experiment: Experiment) -> Experiment:
    """The experiment if all of it is allowed; else raise InputError naming path, value and what is.

    msgspec checks ranges only when it decodes, so that is what happens here once more. What code may write more
    loosely (a list for a tuple, a bare name for a choice, a NumPy number) comes back in its proper type.
    """
    return convert(msgspec.to_builtins(experiment, enc_hook=plain))


def plain(value: object) -> Any:
    """A NumPy number as Python's own. Raises InputError for what no experiment can contain."""
    if isinstance(value, np.generic):
        return value.item()
    raise InputError("experiment", value, "numbers, texts, lists and choices")


def convert(raw: Any, data: Dataset | None = None) -> Experiment:
    """The experiment that plain lists, dicts and values describe, or one with other `data`, which are known to be fine.

    Raises InputError.
    """
    if not isinstance(raw, dict):
        raise InputError("experiment", raw, "a JSON object like {\"version\": 1, …}")  # fmt: skip
    try:
        refuse_unwritable(raw)
        raw = migrated(raw)
        experiment = msgspec.convert(expanded(raw, Experiment), Experiment)
    except RecursionError as error:
        raise InputError("experiment", "deeply nested JSON", "an experiment file") from error
    except msgspec.ValidationError as error:
        raise explained(error, raw) from error
    if data is None:
        experiment.data.check()
    else:
        experiment = msgspec.structs.replace(experiment, data=data)
    check_rules(experiment)
    return experiment


def migrated(raw: dict[str, Any]) -> dict[str, Any]:
    """`raw` in the present version. There is only one so far."""
    if "version" not in raw:
        raise InputError("version", None, f"{VERSION}; every experiment file names its version")
    version = raw["version"]
    if version != VERSION or isinstance(version, bool):
        newer = isinstance(version, int) and version > VERSION
        raise InputError("version", version, f"{VERSION}" + (" (the file is from a newer program)" if newer else ""))
    return raw


def check_rules(experiment: Experiment) -> None:
    """What needs more than one field to judge. The data have been checked."""
    if not experiment.features:
        raise InputError("features", [], f"at least one of {listing(FEATURES)}")
    for place, name in enumerate(experiment.features):
        if name in experiment.features[:place]:
            raise InputError(f"features[{place}]", name, "each feature once")
    if len(experiment.layers) > MAX_LAYERS:
        raise InputError("layers", f"{len(experiment.layers)} layers", f"at most {MAX_LAYERS} layers")
    ids = [layer.id for layer in experiment.layers]
    for place, layer_id in enumerate(ids):
        if layer_id is not None and layer_id in ids[:place]:
            raise InputError(f"layers[{place}].id", layer_id, "each id once")
        if layer_id == "output":
            raise InputError(f"layers[{place}].id", layer_id, "any name but output, which is the last layer's")
    experiment.initializer.check("initializer")
    for place, layer in enumerate(experiment.layers):
        if layer.initializer is not None:
            layer.initializer.check(f"layers[{place}].initializer")
    check_widths(experiment)
    check_parameters(experiment)
    check_validation(experiment)
    loss, tasks = experiment.loss, experiment.data.tasks
    if loss is not None and not set(loss.tasks) & set(tasks):
        raise InputError(
            "loss.kind",
            loss.kind,
            f"a loss for {listing(tasks)}, which data.kind {experiment.data.kind} asks for",
        )


def check_widths(experiment: Experiment) -> None:
    """Refuse skip connections and muted layers where what comes in can't stand for what goes out."""
    inputs = inputs_of(experiment)
    for place, field in misfits(experiment):
        units = experiment.layers[place].units
        allowed = f"false, or as many units ({units}) as the layer has inputs ({inputs[place]})"
        raise InputError(f"layers[{place}].{field}", True, allowed)


def check_parameters(experiment: Experiment) -> None:
    """Refuse networks so large that there may be no memory for them."""
    total = 0
    for place, (layer, inputs) in enumerate(zip(experiment.layers, inputs_of(experiment), strict=True)):
        total += layer.units * (inputs + 1)
        if total > MAX_PARAMETERS:
            allowed = f"a network of at most {MAX_PARAMETERS:,} weights and biases (up to here it has {total:,})"
            raise InputError(f"layers[{place}].units", layer.units, allowed)


def inputs_of(experiment: Experiment) -> tuple[int, ...]:
    """How many numbers come into each hidden layer, input side first."""
    return (len(experiment.features), *(layer.units for layer in experiment.layers))[: len(experiment.layers)]


def misfits(experiment: Experiment) -> Iterator[tuple[int, str]]:
    """The place of each layer, and the field, that is on although what comes in can't stand for what goes out."""
    for place, (layer, inputs) in enumerate(zip(experiment.layers, inputs_of(experiment), strict=True)):
        for field in NEEDS_EQUAL_WIDTHS:
            if getattr(layer, field) and layer.units != inputs:
                yield place, field


def check_validation(experiment: Experiment) -> None:
    """Refuse to watch validation points where there are none."""
    training = experiment.training
    if experiment.data.validates:
        return
    if training.early_stopping is not None:
        allowed = "null, or data with validation points (data.validation_fraction above 0)"
        raise InputError("training.early_stopping", training.early_stopping.watch, allowed)
    if isinstance(training.schedule, Plateau) and training.schedule.watch == "validation_loss":
        raise InputError(
            "training.schedule.watch",
            "validation_loss",
            "train_loss, or data with validation points (data.validation_fraction above 0)",
        )


# Text ---------------------------------------------------------------------------------------------------------


def from_text(text: str | bytes) -> Experiment:
    """The experiment in a JSON text. Raises InputError with the line for broken JSON, else with the path."""
    return convert(parsed(text, "experiment"))


def parsed(text: str | bytes, place: str) -> Any:
    """What a JSON text says. Raises InputError that names `place`."""
    if len(text) > MAX_FILE_BYTES:
        raise InputError(place, f"{len(text):,} bytes", f"at most {MAX_FILE_BYTES:,} bytes")
    refuse_crowded(text, place)
    try:
        return json.loads(text, object_pairs_hook=with_duplicates_marked)
    except RecursionError as error:
        raise InputError(place, "deeply nested JSON", "an experiment file") from error
    except ValueError as error:
        raise InputError(place, "text that is no JSON", f"JSON ({error})") from error


def refuse_crowded(text: str | bytes, place: str) -> None:
    """Raise InputError for a text of so many parts that reading it would take too much memory."""
    marks: Sequence[Any] = '"[{' if isinstance(text, str) else (b'"', b"[", b"{")
    parts = sum(text.count(mark) for mark in marks)
    if parts > MAX_PARTS:
        raise InputError(place, f"{parts:,} quotes, lists and objects", f"at most {MAX_PARTS:,} of them")
    commas = text.count(",") if isinstance(text, str) else text.count(b",")
    if commas > MAX_COMMAS:
        raise InputError(place, f"{commas:,} commas", f"at most {MAX_COMMAS:,}")


def to_text(experiment: Experiment) -> str:
    """The experiment as indented JSON, every field spelled out."""
    return msgspec.json.format(msgspec.json.encode(experiment), indent=2).decode() + "\n"


def load(path: str | os.PathLike[str]) -> Experiment:
    """Read an experiment file. A table's path is taken relative to the file. Raises InputError."""
    file = Path(path)
    try:
        text = read_bytes(file, MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(str(file), "this file", f"a readable experiment file ({reason})") from error
    raw = parsed(text, str(file))
    return convert(with_table_path(raw, lambda table: os.path.normpath(file.resolve().parent / table)))


def save(experiment: Experiment, path: str | os.PathLike[str]) -> None:
    """Write an experiment file, all of it or nothing. A table's path is written relative to the file."""
    write_atomically(Path(path), file_text(experiment, Path(path)).encode())


def file_text(experiment: Experiment, path: Path) -> str:
    """What an experiment file at `path` says."""
    if isinstance(experiment.data, Table):
        experiment = msgspec.structs.replace(experiment, data=experiment.data.relative_to(path.resolve().parent))
    return to_text(experiment)


def with_table_path(raw: Any, resolve: Callable[[str], str]) -> Any:
    """`raw` with the path of its table, if it has one, replaced."""
    data = raw.get("data") if isinstance(raw, dict) else None
    if isinstance(data, dict) and isinstance(data.get("path"), str):
        return {**raw, "data": {**data, "path": resolve(data["path"])}}
    return raw


class Duplicate(NamedTuple):
    """The second value of a key that stands twice in an object, until its path is known."""

    value: Any


def with_duplicates_marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, with a mark where a key stands in it twice."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        result[key] = Duplicate(value) if key in result else value
    return result


def refuse_unwritable(raw: Any, path: str = "") -> None:
    """Raise InputError at the first thing that no experiment says: NaN, half a character, a key twice, a book."""
    if type(raw) in (list, tuple) and set(map(type, raw)) <= {int, float, bool} and are_finite(raw):
        # Thousands of coordinates, at once.
        return
    place = path or "experiment"
    if isinstance(raw, Duplicate):
        raise InputError(place, raw.value, "each key once in an object")
    if isinstance(raw, float) and not math.isfinite(raw):
        raise InputError(place, raw, "a finite number")
    if isinstance(raw, str):
        refuse_text(raw, place, "text")
    for key, value in children(raw):
        refuse_text(key.removeprefix("."), place, "names")
        refuse_unwritable(value, f"{path}{key}".removeprefix("."))


def are_finite(numbers: Sequence[float]) -> bool:
    """Whether all numbers are finite, also as floating-point numbers."""
    try:
        return all(map(math.isfinite, numbers))
    except OverflowError:
        return False


def refuse_text(text: str, path: str, what: str) -> None:
    """Raise InputError for a text that no file can hold, or nobody would read."""
    if len(text) > LONGEST_TEXT:
        raise InputError(path, text, f"{what} of at most {LONGEST_TEXT:,} characters")
    if not is_unicode(text):
        raise InputError(path, ascii(text), f"{what} in Unicode")


def is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, which no file can hold."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def children(raw: Any) -> Iterator[tuple[str, Any]]:
    """The members of a dict or list with the way to write them in a path."""
    if isinstance(raw, dict):
        yield from ((f".{key}", value) for key, value in raw.items())
    elif isinstance(raw, (list, tuple)):
        yield from ((f"[{place}]", value) for place, value in enumerate(raw))


def expanded(raw: Any, expected: Any) -> Any:
    """`raw` with every bare name that stands for a choice written out: "tanh" → {"kind": "tanh"}; and 0 for −0."""
    if is_choice(expected):
        # A missing kind is spelled out too: msgspec would not ask for it in a family of one.
        if isinstance(raw, dict):
            return {"kind": None, **{key: expanded(value, Any) for key, value in raw.items()}}
        return {"kind": raw} if isinstance(raw, str) else raw
    expected = without_none(expected)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct) and isinstance(raw, dict):
        kinds = types_by_name(expected)
        return {key: expanded(value, kinds.get(key, Any)) for key, value in raw.items()}
    if get_origin(expected) is tuple and isinstance(raw, list):
        return [expanded(value, get_args(expected)[0]) for value in raw]
    # NumPy takes −0 for a negative number.
    return 0.0 if isinstance(raw, float) and raw == 0 else raw


@cache
def types_by_name(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of each field, by its name in files; worked out once, because every edit of a drag asks for it."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(struct)}


def without_none(expected: Any) -> Any:
    """The type that an optional field has when it is there; any other type as it is."""
    if get_origin(expected) not in (Union, types.UnionType):
        return expected
    kinds = [arg for arg in get_args(expected) if arg is not type(None)]
    return kinds[0] if len(kinds) == 1 else expected


def is_choice(expected: Any) -> bool:
    """Whether a type is a family of choices, or a family or nothing."""
    return bool(choices_of(expected))


def choices_of(expected: Any) -> tuple[type[Choice], ...]:
    """The members of the family that a field's type stands for; empty for any other type."""
    if isinstance(expected, type) and issubclass(expected, Choice):
        return (expected,)
    if get_origin(expected) in (Union, types.UnionType):
        return tuple(arg for arg in get_args(expected) if isinstance(arg, type) and issubclass(arg, Choice))
    return ()


def explained(error: msgspec.ValidationError, raw: Any) -> InputError:
    """msgspec's message as an InputError: with the value found at the place, and the names allowed there."""
    message, found, place = str(error).rpartition(" - at `$")
    if not found:
        message, place = place, ""
    path = re.sub(r"^\.", "", place.rstrip("`"))
    unknown = re.search(r"unknown field `(.*)`", message, re.DOTALL)
    if unknown:
        field = unknown.group(1)
        full = f"{path}.{field}".removeprefix(".")
        return InputError(full, find(raw, path).get(field), f"only the fields {listing(fields_at(path, raw))}")
    value = find(raw, path)
    if path.endswith(".kind") and isinstance(find(raw, path.removesuffix(".kind")), str):
        path, value = path.removesuffix(".kind"), find(raw, path.removesuffix(".kind"))
    return InputError(path or "experiment", value, allowed_at(path, raw))


def find(raw: Any, path: str) -> Any:
    """The value at a path like `layers[0].units`; None where there is none."""
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(raw, dict):
            raw = raw.get(step)
        elif isinstance(raw, list) and step.isdigit() and int(step) < len(raw):
            raw = raw[int(step)]
        else:
            return None
    return raw


def type_at(path: str, raw: Any) -> Any:
    """The declared type of the place `path`, following the kinds that `raw` names."""
    expected: Any = Experiment
    here = raw
    for step in re.findall(r"[^.\[\]]+", path):
        listed = get_args(expected)[0] if get_origin(expected) is Annotated else without_none(expected)
        if step.isdigit() and get_origin(without_none(listed)) is tuple:
            expected = get_args(without_none(listed))[0]
        else:
            expected = field_types(expected, here).get(step)
        here = find(here, f"[{step}]")
    return expected


def field_types(expected: Any, raw: Any) -> dict[str, Any]:
    """The fields of the struct that stands at a place and their types."""
    kind = raw.get("kind") if isinstance(raw, dict) else raw
    for member in choices_of(expected):
        if member.__struct_config__.tag == kind:
            expected = member
    expected = without_none(expected)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        return {field.encode_name: field.type for field in msgspec.structs.fields(expected)}
    return {}


def fields_at(path: str, raw: Any) -> list[str]:
    """The names of the fields allowed at a place."""
    expected = type_at(path, raw)
    return (["kind"] if is_choice(expected) else []) + list(field_types(expected, find(raw, path) if path else raw))


def allowed_at(path: str, raw: Any) -> str:
    """What may stand at a place, in words."""
    choices = choices_of(type_at(path.removesuffix(".kind"), raw))
    if choices:
        return "one of " + listing(member.__struct_config__.tag for member in choices)
    expected = without_none(type_at(path, raw))
    inner, *metas = get_args(expected) if get_origin(expected) is Annotated else [expected]
    inner = without_none(inner)
    if get_origin(inner) is Literal:
        return "one of " + listing(get_args(inner))
    return f"{kind_words(inner)} {' and '.join(bound for meta in metas for bound in bounds(meta))}".rstrip()


def kind_words(expected: Any) -> str:
    """A type in words."""
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return words.get(expected, "a list" if get_origin(expected) is tuple else "a JSON object")


def bounds(meta: msgspec.Meta) -> Iterator[str]:
    """The range of a declared number in words."""
    for word, bound in (("≥", meta.ge), (">", meta.gt), ("≤", meta.le), ("<", meta.lt)):
        if bound is not None:
            yield f"{word} {bound:,}"
