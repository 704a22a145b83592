"""The wording of settings, values and differences in menus and marks, taken from the declarations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from playground.catalog.choice import Choice, listing
from playground.catalog.datasets.table import Table
from playground.catalog.features import FEATURES
from playground.experiment.declarations import Field
from playground.experiment.difference import Difference, continued_layers, difference, differences_at, layer_ids
from playground.experiment.flattening import shape_words
from playground.experiment.layer_names import layer_heading, layer_name, layer_phrase
from playground.experiment.paths import field_at, is_among
from playground.experiment.quantity import write_number
from playground.experiment.rules import possible_fields
from playground.experiment.tree import Experiment, Layer
from playground.files.errors import InputError

_MOST_NAMED = 4
"""The most differences that are named one by one."""
_COUNTS = ("no", "one", "two", "three", "four", "five", "six")
_PROPER_NAMES = frozenset({"Adam", "Glorot", "He"})
"""Names at the beginning of labels that are capitalized inside a sentence, too."""
_POINTS = tuple(f"data.{name}" for name in ("x1", "x2", "target", "train", "test", "column_names", "axis_scales"))
"""Fields with one entry per point, and their units; a change to any of them is called `points`."""

_TABLE = ("data.path", "data.x1", "data.x2", "data.target")
"""Fields that together identify the table and its columns; a change to them names the table."""


def edit_words(old: Experiment, new: Experiment) -> str:
    """The differences of `new` from `old` in a few words: `learning rate 0.03`, `layer A units 5`."""
    return _join_phrases(_phrases(difference(old, new), new))


def comparison_words(old: Experiment, new: Experiment) -> str:
    """The differences of `new` from `old` with both values: `learning rate 0.01 → 0.03, one layer more`."""
    return _join_phrases(_compared_phrases(old, new))


def _join_phrases(phrases: Iterable[_Phrase]) -> str:
    """Join phrases, with equal ones named once for all their layers; the last of many are only counted."""
    layers: dict[str, list[str]] = {}
    for words, layer in phrases:
        layers.setdefault(words, []).extend(layer)
    said = [f"{_layers_words(ids)} {words}".strip() for words, ids in layers.items()]
    return ", ".join(said if len(said) <= _MOST_NAMED else [*said[:_MOST_NAMED], f"and {len(said) - _MOST_NAMED} more"])


def _compared_phrases(old: Experiment, new: Experiment) -> Iterator[_Phrase]:
    differences = difference(old, new)
    for one in differences:
        if one.path in ("layers", "name", "version"):
            continue
        if one.path == "features" or is_among(one.path, _POINTS):
            yield from _phrases([one], new)
        else:
            field = field_at(old, one.path)
            label = "" if field.type is bool and field.names else in_a_sentence(field.label)
            values = (_quoted_words(declared, value) for declared, value in (
                (field, one.before), (field_at(new, one.path), one.after)))  # fmt: skip
            layer = [_name(new.layers, int(one.path.split(".")[1]))] if is_among(one.path, ["layers"]) else []
            yield f"{label} {' → '.join(values)}".strip(), layer
    for one in differences:
        if one.path == "layers":
            yield from ((words, ()) for words in _depth_words(one.before, one.after))


def _depth_words(old: Sequence[Layer], new: Sequence[Layer]) -> Iterator[str]:
    """Say how many layers more or fewer there are, and what their units are if that does not say it all."""
    count = len(new) - len(old)
    if count:
        number = _COUNTS[abs(count)] if abs(count) < len(_COUNTS) else f"{abs(count)}"
        yield f"{number} layer{'s' if abs(count) > 1 else ''} {'more' if count > 0 else 'fewer'}"
    shorter, longer = sorted((old, new), key=len)
    if [layer.units for layer in shorter] != [layer.units for layer in longer][: len(shorter)]:
        yield f"layers {shape_words(old)} → {shape_words(new)}"
    elif not count:
        yield "other layers"


def return_words(differences: Sequence[Difference], new: Experiment) -> str:
    """The effect of undoing a change of one setting: `Learning rate back to 0.03`; empty for other changes."""
    path = differences[0].path if len(differences) == 1 else ""
    if path in ("", "layers", "features") or is_among(path, _POINTS):
        return ""
    declared = field_at(new, path)
    if declared.type is bool and declared.names:
        return ""
    layer = f"{layer_phrase(_name(new.layers, int(path.split('.')[1])))} " if is_among(path, ["layers"]) else ""
    value = _quoted_words(declared, differences[0].after)
    said = f"{layer}{in_a_sentence(declared.label)} back to {value}" if value else ""
    return f"{said[:1].upper()}{said[1:]}"


def path_words(experiment: Experiment, path: str) -> str:
    """A setting in a list: `Learning rate η`, `Layer A: units`, `Optimizer: β₁`."""
    if path == "layers":
        return "Number of layers"
    return setting_heading(path, lambda one: field_at(experiment, one).label, partial(_name, experiment.layers))


def settings_words(paths: Sequence[str]) -> str:
    """Settings in a sentence, whatever the experiment: `learning rate, batch size and optimizer`."""
    labels = [in_a_sentence(fields[0].label) if (fields := possible_fields(path)) else path for path in paths]
    return " and ".join(filter(None, (listing(labels[:-1]), *labels[-1:])))


def setting_heading(path: str, label_of: Callable[[str], str], layer_name_at: Callable[[int], str]) -> str:
    """A setting in a list, from the labels of paths and the names of layers; see `path_words`."""
    parts, parent = path.split("."), path.rpartition(".")[0]
    if parts[0] == "layers":
        steps = (".".join(parts[:n]) for n in range(3, len(parts) + 1))
        names = (in_a_sentence(label_of(step)) for step in steps)
        return ": ".join([layer_heading(layer_name_at(int(parts[1]))), *names])
    return label_of(path) if parent in ("", "data", "training") else f"{label_of(parent)}: {label_of(path)}"


def value_words(field: Field, value: Any) -> str:
    """A value as text: `0.03`, `full`, `20 epochs`, `on`, `Spiral`."""
    if value is None:
        return field.nothing if field.choices else field.nothing.lower()
    if field.type in (int, float):
        return (field.names or {}).get(value) or f"{write_number(value)} {field.unit}".rstrip()
    if isinstance(value, Table):
        return Path(value.path).stem or value.label
    if isinstance(value, Choice):
        return value.label or title_of(type(value).__name__)
    if field.values:
        return title_of(value).lower()
    if field.type is str:
        return str(value)
    if isinstance(value, tuple):
        return listing(value)
    on = value is not False
    return (field.names or {True: "on", False: "off"})[on]


def in_a_sentence(label: str) -> str:
    """A label for use inside a sentence: `Learning rate η` becomes `learning rate`; `He normal` and `L2` stay."""
    words = label.split()
    if len(words) > 1 and len(words[-1]) == 1 and not words[-1].isascii():
        words.pop()
    first = words[0]
    is_name = first in _PROPER_NAMES or any(map(str.isdigit, first)) or first[1:] != first[1:].lower()
    return " ".join([first if is_name else first.lower(), *words[1:]])


def title_of(value: object) -> str:
    """A name from a file as a title: `half_way` becomes `Half way`; names with digits keep their case."""
    text = str(value).replace("_", " ")
    return text if any(letter.isdigit() for letter in text) else text.capitalize()


# Differences --------------------------------------------------------------------------------------------------

_Phrase: TypeAlias = tuple[str, Sequence[str]]
"""A difference in words, and the names of the layers it concerns unless the words name them."""


def _phrases(differences: Iterable[Difference], new: Experiment) -> Iterator[_Phrase]:
    for one in differences:
        if one.path == "layers":
            yield from _stack_words(one.before, one.after)
        elif is_among(one.path, ["layers"]):
            place = int(one.path.split(".")[1])
            yield _setting_words(field_at(new, one.path), one.after), [_name(new.layers, place)]
        elif one.path == "features":
            yield from ((words, ()) for words in _feature_words(one.before, one.after))
        elif isinstance(new.data, Table) and is_among(one.path, _TABLE):
            yield _setting_words(field_at(new, "data"), new.data), ()
        elif is_among(one.path, _POINTS):
            yield "points", ()
        else:
            yield _setting_words(field_at(new, one.path), one.after), ()


def _setting_words(field: Field, value: Any) -> str:
    said = _quoted_words(field, value)
    # States such as muted and frozen have names of their own, without the label.
    return said if field.type is bool and field.names else f"{in_a_sentence(field.label)} {said}".strip()


def _quoted_words(field: Field, value: Any) -> str:
    """A value as text, with the names that people give to tables in quotes: `0.03`, `Spiral`, `“penguins”`."""
    said = value_words(field, value)
    return f"“{said}”" if isinstance(value, Table) else said


def _feature_words(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    changed = [(name, name in new) for name in dict.fromkeys((*new, *old)) if (name in new) != (name in old)]
    for name, on in changed:
        yield f"feature {FEATURES[name].label} {'on' if on else 'off'}"
    if not changed:
        yield f"features {listing(FEATURES[name].label for name in new)}"


def _stack_words(old: Sequence[Layer], new: Sequence[Layer]) -> Iterator[_Phrase]:
    """Yield the changes to a stack: layers removed, moved and added, then changes inside those that stay."""
    sources = continued_layers(layer_ids(old), layer_ids(new))
    for place in range(len(old)):
        if place not in sources:
            yield "removed", [_name(old, place)]
    stayed = {place: source for place, source in enumerate(sources) if source is not None}
    yield from _move_words(new, stayed)
    for place in range(len(new)):
        if place not in stayed:
            yield f"new layer {_name(new, place)}", ()
    changed = [(place, source) for place, source in stayed.items() if old[source] != new[place]]
    for place, source in changed:
        for one in differences_at(f"layers.{place}", old[source], new[place]):
            yield _setting_words(field_at(Experiment(layers=tuple(new)), one.path), one.after), [_name(new, place)]


def _move_words(layers: Sequence[Layer], sources: Mapping[int, int]) -> Iterator[_Phrase]:
    """Yield the layers that moved; `sources` gives the former position of each layer that stays."""
    order = list(sources.values())
    if order == sorted(order):
        return
    # A layer moved if the others keep their order without it; of two swapped neighbours, either may have.
    others = ((place, [one for one in order if one != source]) for place, source in sources.items())
    movers = [_name(layers, place) for place, rest in others if rest == sorted(rest)]
    yield ("moved", movers) if len(movers) == 1 else ("swapped", movers) if movers else ("layers moved", ())


def _name(layers: Sequence[Layer], place: int) -> str:
    return layer_name(layers[place], place)


def _layers_words(names: Sequence[str]) -> str:
    """The names of layers in a sentence: `layers A, B and C`; empty for none."""
    *first, last = names or [""]
    return f"layers {listing(first)} and {last}" if first else layer_phrase(last) if last else ""


def error_words(error: InputError, experiment: Experiment) -> str:
    """An error as a sentence with a setting's label in place of its path: `Learning rate must be above 0 (got −1).`"""
    path = re.sub(r"\[(\d+)\]", r".\1", error.path)
    fields = possible_fields(path)
    label = in_a_sentence(fields[0].label) if fields else error.path
    if fields and label[1:2].isalpha():
        label = label[:1].upper() + label[1:]
    step = path.split(".")[1] if path.startswith("layers.") else ""
    if fields and step and int(step) < len(experiment.layers):
        label += f" of {layer_phrase(_name(experiment.layers, int(step)))}"
    # A hyphen before a digit is a minus sign, unless it follows a word, as in a file's name.
    said = re.sub(r"(?<![\w)\]])-(?=\d)", "−", str(error.at(label)))
    return f"{said.removesuffix('.0)')}{')' if said.endswith('.0)') else ''}."
