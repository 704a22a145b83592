"""Filters of kept runs as people type them: `tanh`, `learning_rate > 0.01`, `validation loss < 0.1 spiral`, `-tanh`.

Conditions compare a setting or an outcome, by any end of its path or by its label; all other words are looked for in
the values of settings, names and notes. All have to hold. What is no condition yet while it is typed leaves the rest.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.experiment.rules import possible_fields, possible_paths
from playground.experiment.words import in_a_sentence
from playground.files.numerals import typed_number
from playground.storage.runs.kept import KeptRun
from playground.storage.runs.table import OUTCOMES, RunTable, plain_text

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
    ":": operator.eq,
}
_TOKEN = re.compile(r'\s*("[^"]*"?|<=|>=|!=|≤|≥|≠|==|[<>=:]|[^\s<>=:≤≥≠"]+)')
_SPELLINGS = {"≤": "<=", "≥": ">=", "≠": "!=", "==": "="}
_ALIASES = {
    "accuracy": ("validation_accuracy", "train_accuracy"),
    "r2": ("validation_accuracy", "train_accuracy"),
    "loss": ("validation_loss", "train_loss"),
    "epochs": ("epoch",),
    "steps": ("step",),
    "training_loss": ("train_loss",),
    "training_accuracy": ("train_accuracy",),
    "units_per_layer": ("shape",),
    "layers": ("shape",),
}
"""Other names of outcomes; the first of them that a run has is compared."""
_TEXTS = ("status", "engine", "task")


class FilteredRuns(NamedTuple):
    """The runs that match a filter."""

    places: Array
    problem: str = ""
    """A sentence on the part of the filter that could not be understood; empty if there is none."""


def filter_runs(table: RunTable, among: Array, text: str) -> FilteredRuns:
    """Return those of some runs that match every part of a text."""
    holds, problem = np.ones(len(table), bool), ""
    for part in _parts_of(_tokens(text)):
        found = _find_word(table, part.words) if part.sign == "" else _compare(table, part)
        if isinstance(found, str):
            problem = problem or found
        else:
            holds &= ~found if part.negated else found
    return FilteredRuns(among[holds[among]], problem)


class _Part(NamedTuple):
    """One part of a filter: a word to look for or, with a sign, a comparison."""

    words: str
    sign: str = ""
    value: str = ""
    negated: bool = False


def _tokens(text: str) -> list[str]:
    return [_SPELLINGS.get(one, one) for one in _TOKEN.findall(text.replace(",", ", ").replace("−", "-"))]


def _parts_of(tokens: list[str]) -> Iterator[_Part]:
    """Yield the parts of a filter. A name in front of a sign may have several words, as labels do."""
    waiting: list[str] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token in _SIGNS and waiting:
            count = next((n for n in range(min(4, len(waiting)), 0, -1) if _knows(" ".join(waiting[-n:]))), 1)
            yield from map(_word, waiting[: len(waiting) - count])
            value, place = _value_at(tokens, place + 1)
            yield _Part(" ".join(waiting[-count:]), token, value)
            waiting = []
            continue
        waiting.append(token.rstrip(",") if token != "," else "")
        place += 1
    yield from map(_word, waiting)


def _value_at(tokens: list[str], place: int) -> tuple[str, int]:
    """The value that begins at a token, and the token after it; a list goes on behind its commas."""
    value = ""
    while place < len(tokens) and tokens[place] not in _SIGNS:
        value += tokens[place].strip('"')
        place += 1
        if not value.endswith(","):
            break
    return value.rstrip(","), place


def _word(text: str) -> _Part:
    negated = len(text) > 1 and text.startswith("-") and not text[1].isdigit()
    return _Part(text[negated:].strip('"'), negated=negated)


# Names ----------------------------------------------------------------------------------------------------------


@cache
def _names() -> dict[str, set[str]]:
    """The paths by the names that a filter may use for them: ends of paths, and labels."""
    found: dict[str, set[str]] = {}
    for path in possible_paths():
        steps = path.split(".")
        for first in range(len(steps)):
            found.setdefault(".".join(steps[first:]), set()).add(path)
        for field in possible_fields(path)[:1]:
            found.setdefault(plain_text(in_a_sentence(field.label)), set()).add(path)
    return found


def learn_names() -> None:
    """Collect the names of all settings, which takes a moment, before the first filter needs them."""
    _names()


def _knows(name: str) -> bool:
    plain = plain_text(name)
    return plain in _names() or plain in _ALIASES or plain in (*OUTCOMES, *_TEXTS, "changes", "name", "group", "star")


def _paths_called(table: RunTable, name: str) -> list[str]:
    """The paths among those of a table that a name may mean."""
    plain = plain_text(name)
    ends = [path for path in table.paths if path == plain or path.endswith(f".{plain}")]
    if ends or not _knows(name):
        return ends
    labelled = {re.sub(r"^layers\.0\.", "layers.", path) for path in _names().get(plain, ())}
    return [path for path in table.paths if re.sub(r"^layers\.\d+\.", "layers.", path) in labelled]


# Comparing ------------------------------------------------------------------------------------------------------


def _compare(table: RunTable, part: _Part) -> Array | str:
    """Mark the runs for which a comparison holds; or say why it is none."""
    name = plain_text(part.words)
    if not part.value:
        return f"{part.words} {part.sign} … what?"
    outcomes = _ALIASES.get(name, (name,))
    if outcomes[0] in OUTCOMES or name == "changes":
        number = _number(part.value)
        if number is None:
            return f"{part.words} is a number, which {part.value} is not."
        values = table.numbers(outcomes[0])
        for other in outcomes[1:]:
            values = np.where(np.isnan(values), table.numbers(other), values)
        with np.errstate(invalid="ignore"):
            holds: Array = _SIGNS[part.sign](values, number) & ~np.isnan(values)
        return holds
    if name in (*_TEXTS, "name", "group", "star"):
        return _compare_facts(table, name, part)
    paths = ["shape"] if outcomes == ("shape",) else _paths_called(table, part.words)
    if not paths and not _knows(part.words):
        return f"No setting is called {part.words}."
    wanted = set(paths)
    marks = [one.path in wanted and _holds(one.value, part) for one in table.settings]
    return table.with_any(np.array(marks, bool))


def _compare_facts(table: RunTable, name: str, part: _Part) -> Array | str:
    def text_of(run: KeptRun) -> str:
        if name == "name":
            return run.title
        if name == "group":
            return run.parent or run.id
        return ("yes" if run.note.star else "no") if name == "star" else str(getattr(run.outcome, name))

    if part.sign not in ("=", ":", "!="):
        return f"{part.words} can be = or !=."
    wanted = part.value.casefold()
    found = np.array([wanted in text_of(run).casefold() for run in table.runs], bool)
    return ~found if part.sign == "!=" else found


def _holds(value: Any, part: _Part) -> bool:
    """Whether a comparison holds for a plain value."""
    if isinstance(value, bool) or value is None:
        said = {True: ("true", "on", "yes"), False: ("false", "off", "no"), None: ("null", "off", "none")}[value]
        return bool(_SIGNS[part.sign](part.value.casefold() in said, True)) if part.sign in ("=", ":", "!=") else False
    if isinstance(value, (int, float)):
        number = _number(part.value)
        return number is not None and bool(_SIGNS[part.sign](float(value), number))
    if isinstance(value, list):
        value = ",".join(map(str, value))
    same = plain_text(str(value)) == plain_text(part.value)
    return part.sign in ("=", ":", "!=") and same == (part.sign != "!=")


def _number(text: str) -> float | None:
    with suppress(ValueError):
        return float(typed_number(text, whole=False))
    return None


# Words ----------------------------------------------------------------------------------------------------------


def _find_word(table: RunTable, word: str) -> Array:
    """Mark the runs that have a word in a value, a name or a note."""
    wanted = plain_text(word)
    values = np.array([wanted in text for text in table.setting_texts], bool)
    told: Array = np.array([wanted in text for text in table.run_texts], bool)
    return table.with_any(values) | told
