"""Opening of experiments from files, tables, names of presets and links to playground.tensorflow.org.

A preset is an experiment file in `resources/presets`, called by its file name. Sample data are tables in
`resources/data`. A new preset or sample is one new file.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec

from playground.catalog.choice import listing
from playground.catalog.datasets.table import Table
from playground.experiment.settings import split_setting, value_of, with_settings
from playground.experiment.text import load_experiment
from playground.experiment.tree import Experiment
from playground.files.atomic import is_file
from playground.files.cells import read_cells
from playground.files.errors import InputError
from playground.files.layout import Reading
from playground.files.places import kept_runs_path
from playground.interop import tfplayground
from playground.interop.tables import propose
from playground.run.run import Document
from playground.storage.document import is_document, load_document
from playground.storage.runs.store import RunStore

_INSTALLED = Path(str(files("playground") / "resources"))
RESOURCES = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2] / "resources"
FIRST_PRESET = "spiral"
"""The preset that a new window opens with."""
TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data")
"""File name extensions of tables."""

RUN_PREFIX = "run:"
"""The prefix that makes the id of a kept run a source."""
_LINK_SUFFIXES = (".txt", ".url")
_MOST_LINK_BYTES = 30_000


class Opened(NamedTuple):
    """An opened experiment or document."""

    experiment: Experiment
    notes: tuple[str, ...] = ()
    """Notes for the user, in sentences."""
    document: Document | None = None
    """The whole document, if the source is one."""


def preset_paths() -> dict[str, Path]:
    """The presets' files by name, in alphabetical order."""
    return {path.stem: path for path in sorted((RESOURCES / "presets").glob("*.json"))}


class _Titled(msgspec.Struct):
    """As much of a preset as a menu shows."""

    name: str


def preset_titles() -> dict[str, str]:
    """The presets' titles by name, in alphabetical order of the names; nothing else of them is read."""
    return {name: msgspec.json.decode(path.read_bytes(), type=_Titled).name for name, path in preset_paths().items()}


def load_preset(name: str) -> Experiment:
    """The preset with a name. Raises InputError."""
    paths = preset_paths()
    if name not in paths:
        raise InputError("EXPERIMENT", name, f"a document, an experiment file, a link, or a preset: {listing(paths)}")
    return load_experiment(paths[name])


def open_source(source: str, settings: Sequence[str] = ()) -> Opened:
    """Open a file, a preset or a link, and apply settings such as `layers=8-8`. Raises InputError.

    A document opened with other settings gives only its experiment.
    """
    opened = _open(source, settings)
    if not settings:
        return opened
    return opened._replace(experiment=with_settings(opened.experiment, settings), document=None)


def _open(source: str, settings: Sequence[str]) -> Opened:
    """Open a source without applying settings; those on the data of a table decide how it is read."""
    if source.startswith(RUN_PREFIX):
        return _open_run(source.removeprefix(RUN_PREFIX))
    if (link := _link_in_file(Path(source))) or tfplayground.is_link(source):
        return Opened(*tfplayground.experiment_from_link(link or source))
    if source not in preset_paths() and is_document(Path(source)):
        document = load_document(source)
        return Opened(document.experiment, document.notes, document)
    if source not in preset_paths() and is_table(Path(source)):
        return _open_table(Path(source), settings)
    if source not in preset_paths() and (source.endswith(".json") or is_file(Path(source))):
        return Opened(load_experiment(source))
    return Opened(load_preset(source))


def _open_run(words: str) -> Opened:
    """Open a kept run, or the experiment of a training of which only the outcome is kept. Raises InputError."""
    store = RunStore(kept_runs_path())
    try:
        run = store.find(words)
        if run.kind != "run":
            return Opened(store.experiment(run.id))
        document = store.document(run.id)
        return Opened(document.experiment, document.notes, document)
    finally:
        store.close()


def _link_in_file(path: Path) -> str:
    """The text of a small file that holds only a link, such as a shortcut; empty for any other file."""
    with suppress(OSError, ValueError):
        if path.suffix.lower() in _LINK_SUFFIXES and 0 < path.stat().st_size < _MOST_LINK_BYTES:
            text = path.read_text(encoding="utf-8-sig")
            return text if tfplayground.is_link(text) else ""
    return ""


def is_table(path: Path) -> bool:
    """Whether a file is a table: by its extension or, if that is unknown, because its content is not JSON."""
    suffix = path.suffix.lower()
    if _link_in_file(path):
        return False
    if suffix in TABLE_SUFFIXES or suffix == ".json" or not is_file(path):
        return suffix in TABLE_SUFFIXES
    with suppress(OSError), path.open("rb") as file:
        start = file.read(1000)
        return not start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and bool(start)
    return False


def _open_table(path: Path, settings: Sequence[str]) -> Opened:
    """An experiment on a table, with the columns that `settings` name or else the likely ones. Raises InputError."""
    given = dict(map(split_setting, settings))
    table = Experiment(data=Table())
    names = [name for name in Reading._fields if f"data.{name}" in given]
    reading = {name: value_of(table, f"data.{name}", given[f"data.{name}"]) for name in names}
    cells = read_cells(path, reading=Reading(**reading))
    fixed = {place: given[f"data.{place}"] for place in ("x1", "x2", "target") if f"data.{place}" in given}
    for place, name in fixed.items():
        if name not in cells.names:
            raise InputError(f"data.{place}", name, f"a column of {path.name}: {listing(cells.names)}")
    picked = propose(cells, fixed)
    data = Table(path=str(path.resolve()), **reading, **picked._asdict())
    return Opened(Experiment(name=path.stem, data=data), cells.notes)


def source_name(source: str) -> str:
    """The name of a source in messages: that of the file, or "The link"."""
    if source.startswith(RUN_PREFIX):
        return f"The kept run {source.removeprefix(RUN_PREFIX)}"
    return "The link" if tfplayground.is_link(source) else Path(source).name


def own_title(experiment: Experiment) -> str:
    """The experiment's name; if that is empty, or of a preset whose data were replaced, the name of its data."""
    data = _data_title(experiment)
    for path in preset_paths().values():
        preset = load_experiment(path)
        if preset.name == experiment.name and _data_title(preset) != data:
            return data
    return experiment.name or data


def _data_title(experiment: Experiment) -> str:
    """The name of an experiment's data."""
    data = experiment.data
    return Path(data.path).stem if isinstance(data, Table) else data.label
