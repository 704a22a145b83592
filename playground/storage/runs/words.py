"""Kept runs in words: headings and values of settings, statuses, times and sizes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from playground.experiment.declarations import Field
from playground.experiment.flattening import SHAPE
from playground.experiment.paths import is_among
from playground.experiment.rules import possible_fields, read_value
from playground.experiment.words import in_a_sentence, setting_heading, value_words
from playground.files.errors import InputError
from playground.storage.runs.kept import KeptRun
from playground.storage.runs.store import Kept
from playground.storage.runs.table import ABSENT, RunGroup, RunTable

_STATUS = {"ready": "", "stopped_early": "stopped early", "diverged": "diverged", "damaged": "damaged"}


def heading_words(table: RunTable, path: str) -> str:
    """A setting as the heading of a column: `Learning rate η`, `Layer A: units`, `Optimizer: β₁`."""
    if path in ("layers", SHAPE):
        return "Layers"
    return setting_heading(path, _label, partial(_layer_name, table))


def _label(path: str) -> str:
    fields = _fields(path)
    return fields[0].label if fields else path


@lru_cache(maxsize=4096)
def _fields(path: str) -> tuple[Field, ...]:
    return tuple(possible_fields(path))


def _layer_name(table: RunTable, place: int) -> str:
    """The name of a layer; its number, in all headings, unless runs agree on all names."""
    return table.layer_names[place] if table.layer_names else str(place + 1)


def setting_words(path: str, value: Any) -> str:
    """A plain value of a setting as text: `0.03`, `Adam`, `on`; a dash for none."""
    if value is ABSENT:
        return "–"
    if path in ("layers", SHAPE) or (is_among(path, ["data"]) and isinstance(value, str) and "numbers (" in value):
        return str(value)
    for field in _fields(path):
        if field.choices and (member := field.member(value)) is not None:
            return member.label or str(value)
        if field.choices and value is not None:
            continue
        if field.type is not bool and isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, list):
            return ", ".join(map(_short_number, value)) or "none"
        try:
            return value_words(field, read_value(path, value))
        except (InputError, TypeError, KeyError):
            continue
    return "off" if value is None else str(value)


def _short_number(value: Any) -> str:
    return f"{value:.3g}".replace("-", "−") if isinstance(value, float) else str(value)


def meaning_words(groups: Sequence[RunGroup]) -> list[str]:
    """The data and loss function of each group, as far as any two differ: `Spiral, noise 0.1`."""
    meanings = [group.meaning for group in groups]
    if not any(meanings):
        return []
    words = {repr(one): _meaning_words(one, meanings) for one in meanings}
    said = list(words.values())
    # Own points, say, differ in what no word tells.
    words = {
        key: one if said.count(one) == 1 else f"{one} ({said[: place + 1].count(one)})"
        for place, (key, one) in enumerate(words.items())
    }
    return [words[repr(one)] for one in meanings]


def _meaning_words(meaning: Mapping[str, Any], all_meanings: Sequence[Mapping[str, Any]]) -> str:
    alike = [one for one in all_meanings if one.get("data") == meaning.get("data")]
    file = meaning.get("data.path", ABSENT)
    parts = [setting_words("data", meaning["data"])] if "data" in meaning else []
    if file is not ABSENT:
        parts = [Path(file).stem]
    for path, value in meaning.items():
        is_list = isinstance(value, list) or "numbers (" in str(value)
        if path in ("data", "data.path") or value is ABSENT or is_list:
            continue
        if any(one[path] != value for one in alike):
            parts.append(f"{in_a_sentence(_label(path))} {setting_words(path, value)}")
    return ", ".join(parts) or "data"


def status_words(run: KeptRun) -> str:
    """The status of a run in words; empty if it could have trained on."""
    if run.kind == "group":
        return f"{run.members:,} training runs"
    status = run.outcome.status
    return _STATUS.get(status, status.replace("_", " "))


def full_title(run: KeptRun) -> str:
    """The title of a run: `training 3 of Sweep of Circle` for one of a sweep or a search."""
    return f"{member_title(run)} of {run.title}" if run.kind == "member" else run.title


def member_title(run: KeptRun) -> str:
    """What a training of a sweep or a search is called among the others: `training 3`."""
    return f"training {int(run.id.rpartition('.')[2]) + 1:,}"


def time_words(run: KeptRun, now: float | None = None) -> str:
    """When a run was kept: the time of day for today, else the day."""
    moment, today = time.localtime(run.note.time), time.localtime(now)
    if moment[:3] == today[:3]:
        return time.strftime("%H:%M", moment)
    return time.strftime("%d %b %H:%M" if moment[0] == today[0] else "%d %b %Y", moment)


def size_words(size: float) -> str:
    """A number of bytes: `12 MB`, `1 GB`."""
    if size >= 999_500_000:
        return f"{size / 1e9:.3g} GB"
    return f"{size / 1e6:.0f} MB" if size >= 999_500 else f"{size / 1e3:.0f} kB"


def room_words(kept: Kept, size: int, limit: int) -> list[str]:
    """Sentences on the room for kept runs, to be shown after keeping one; none while there is enough."""
    if kept.nearly_full:
        return [
            f"Kept runs take {size_words(size)} of {size_words(limit)}. When that is full, the oldest runs without a "
            "star are removed."
        ]
    if kept.removed:
        is_one = len(kept.removed) == 1
        runs = "The oldest kept run" if is_one else f"The {len(kept.removed):,} oldest kept runs"
        were = "was" if is_one else "were"
        return [f"{runs} without a star {were} removed, since kept runs may take at most {size_words(limit)}."]
    return []
