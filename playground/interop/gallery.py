"""The gallery: the presets in groups, each of which tells one story, with a picture of each after training.

`resources/gallery.json` says what stands where, how long each trains, and what to watch for. The pictures are kept as
data, so that any theme can paint them; `make thumbnails` trains them again.
"""

from __future__ import annotations

import io
from functools import cache
from typing import NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.experiment.tree import Experiment
from playground.interop.opening import RESOURCES, load_preset
from playground.measure.requests import BoundaryRequest
from playground.run.trainer import Trainer

GALLERY, THUMBNAILS = RESOURCES / "gallery.json", RESOURCES / "thumbnails.npz"
SIDE = 40
"""The side of a thumbnail's field, in points of a grid."""


class GalleryPreset(NamedTuple):
    """A preset in the gallery."""

    name: str
    """The name of its file, without the extension."""
    epochs: int
    """The number of epochs for which its picture was trained."""
    watch: str
    """A hint at what to watch for, in a sentence."""

    @property
    def experiment(self) -> Experiment:
        """The experiment in its file."""
        return _experiment(self.name)


@cache
def _experiment(name: str) -> Experiment:
    return load_preset(name)


class GalleryGroup(NamedTuple):
    """A group of presets that tell one story."""

    title: str
    story: str
    presets: tuple[GalleryPreset, ...]


@cache
def gallery_groups() -> tuple[GalleryGroup, ...]:
    """All groups, in the order of the lecture."""
    raw = msgspec.json.decode(GALLERY.read_bytes(), type=list[_Group])
    return tuple(
        GalleryGroup(one.title, one.story, tuple(GalleryPreset(*msgspec.structs.astuple(each)) for each in one.presets))
        for one in raw
    )


class _Preset(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    epochs: int
    watch: str


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    story: str
    presets: list[_Preset]


def trained_field(preset: GalleryPreset) -> Array:
    """Train a preset and return its boundary, float16 (outputs, side, side), as `BoundaryRequest` answers it."""
    trainer = Trainer(preset.experiment, engine="reference")
    trainer.advance(epochs=preset.epochs)
    field = trainer.snapshot([BoundaryRequest(SIDE)]).answer(BoundaryRequest)
    assert field is not None
    return field.astype(np.float16)


@cache
def thumbnail_fields() -> dict[str, Array]:
    """The boundaries of trained presets by name, float32 (outputs, side, side), read from a file."""
    with np.load(THUMBNAILS) as kept:
        return {name: kept[name].astype(np.float32) for name in kept.files}


def thumbnail_bytes(fields: dict[str, Array]) -> bytes:
    """The content of the file of boundaries that `thumbnail_fields` reads."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **fields)  # type: ignore[arg-type]
    return buffer.getvalue()
