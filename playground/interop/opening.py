"""Presets and where experiments come from: a file, the name of a preset, or a link of playground.tensorflow.org.

A preset is an experiment file in `resources/presets`; its file name is the preset's name. Sample data are tables in
`resources/data`. A new preset or sample is one new file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from playground.catalog.choice import listing
from playground.experiment.text import load
from playground.experiment.tree import Experiment
from playground.files.errors import InputError
from playground.interop import tfplayground
from playground.run.run import Document
from playground.storage.document import is_document, load_document

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
FIRST_PRESET = "spiral"
"""The preset that a new window opens with."""


class Opened(NamedTuple):
    """An opened experiment or document."""

    experiment: Experiment
    notes: tuple[str, ...] = ()
    """Notes for the person, in sentences."""
    document: Document | None = None
    """The whole training, if the source holds one."""


def preset_paths() -> dict[str, Path]:
    """The presets' files by name, in alphabetical order."""
    return {path.stem: path for path in sorted((RESOURCES / "presets").glob("*.json"))}


def load_preset(name: str) -> Experiment:
    """The preset of that name. Raises InputError."""
    paths = preset_paths()
    if name not in paths:
        raise InputError("EXPERIMENT", name, f"a document, an experiment file, a link, or a preset: {listing(paths)}")
    return load(paths[name])


def open_source(source: str) -> Opened:
    """Open a file, a preset or a link. Raises InputError."""
    if tfplayground.is_link(source):
        return Opened(*tfplayground.experiment_from_link(source))
    if source not in preset_paths() and is_document(Path(source)):
        document = load_document(source)
        return Opened(document.experiment, document.notes, document)
    if source not in preset_paths() and (source.endswith(".json") or Path(source).is_file()):
        return Opened(load(source))
    return Opened(load_preset(source))


def open_experiment(source: str) -> Experiment:
    """The experiment of a file, a preset or a link, without notes. Raises InputError."""
    return open_source(source).experiment
