"""Presets and where experiments come from: a file, the name of a preset, or a link of playground.tensorflow.org.

A preset is an experiment file in `resources/presets`; its file name is the preset's name. Sample data are tables in
`resources/data`. A new preset or sample is one new file.
"""

from __future__ import annotations

from pathlib import Path

from playground.catalog.choice import InputError, listing
from playground.experiment import Experiment, load
from playground.interop import tfplayground
from playground.interop.document import SUFFIX, load_document
from playground.interop.tfplayground import Opened

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
FIRST = "spiral"
"""The preset that a new window opens with."""


def preset_paths() -> dict[str, Path]:
    """The presets' files by name, in alphabetical order."""
    return {path.stem: path for path in sorted((RESOURCES / "presets").glob("*.json"))}


def preset(name: str) -> Experiment:
    """The preset of that name. Raises InputError."""
    paths = preset_paths()
    if name not in paths:
        raise InputError("EXPERIMENT", name, f"a document, an experiment file, a link, or a preset: {listing(paths)}")
    return load(paths[name])


def opened(source: str) -> Opened:
    """The experiment that a person names, by a file, a preset or a link, and what to know about it. Raises InputError.

    Of a document it is the experiment alone, without what was trained.
    """
    if tfplayground.is_link(source):
        return tfplayground.experiment_of(source)
    if source.endswith(SUFFIX):
        document = load_document(source)
        return Opened(document.experiment, document.notes)
    if source not in preset_paths() and (source.endswith(".json") or Path(source).is_file()):
        return Opened(load(source), ())
    return Opened(preset(source), ())


def open_experiment(source: str) -> Experiment:
    """The experiment that a person names, without the notes on it. Raises InputError."""
    return opened(source).experiment
