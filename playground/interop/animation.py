"""Training as an animated GIF, drawn without a display: the boundary as it develops, the loss below.

A second trainer repeats the training from its start. Frames are encoded one by one, and only the last is kept.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, get_args

import msgspec
import numpy as np
from PIL import Image
from PIL.GifImagePlugin import getdata

from playground.catalog.choice import Array, setting
from playground.engine.compiled import cache
from playground.engine.engine import EngineName
from playground.experiment.tree import Experiment
from playground.files.atomic import write_atomically
from playground.files.errors import InputError
from playground.interop.picture import PAPER, draw_field, draw_losses, draw_points, value_range
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot, Status
from playground.run.trainer import Trainer

_MARGIN, _LINE = 16, 28
"""The margin around the pictures and the height of a line of text, in pixels."""
_REST_SECONDS = 2.0
"""The time the last frame stays before the animation repeats."""
_CHUNK_SECONDS = 0.008
"""The training time between two checks for cancellation."""
_HISTORY_ROWS = 8192
_SAME = 255
"""The palette index of pixels that have not changed since the frame before."""


class AnimationSettings(msgspec.Struct, frozen=True):
    """The settings of an animation."""

    epochs: Annotated[
        int,
        setting(
            "Epochs", "How many epochs the animation covers. More epochs take longer to compute.", ge=1, le=10_000_000
        ),
    ] = 100
    frames: Annotated[
        int,
        setting(
            "Frames",
            "How many moments it shows, most of them early in training. More frames make it smoother and the file "
            "larger.",
            ge=2,
            le=300,
            slider=(10, 120),
        ),
    ] = 60
    frames_per_second: Annotated[
        int,
        setting("Frames per second", "How fast it plays. Higher values make it shorter.", ge=1, le=50, slider=(2, 30)),
    ] = 12
    size: Annotated[
        int,
        setting("Width", "The width of the picture in pixels. Wider pictures make larger files.", ge=200, le=1200),
    ] = 400


_USUAL = AnimationSettings()


class Animation(NamedTuple):
    """Facts about an animation that was written."""

    frames: int
    bytes: int
    epoch: int
    """The epoch of the last frame."""
    status: Status
    """The status in which training ended; `ready` if it reached the last requested epoch."""


def save_animation(
    path: str | os.PathLike[str],
    experiment: Experiment,
    epochs: int,
    *,
    initial: Mapping[str, Array] | None = None,
    engine: EngineName | None = None,
    frames: int = _USUAL.frames,
    frames_per_second: int = _USUAL.frames_per_second,
    size: int = _USUAL.size,
    progress: Callable[[int, int], object] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Animation | None:
    """Write a GIF of the first `epochs` epochs, `size` pixels wide; returns None, and writes nothing, if cancelled.

    `initial` gives the weights to start from, as for `Trainer`. The `engine` is the compiled one unless one is given
    or its kernels would have to be compiled first. At most `frames` are shown, at the epochs of `frame_epochs`; fewer
    if training ends by itself. `progress` is called with the numbers of frames done and of all frames, `cancelled`
    every few milliseconds. Raises InputError and OSError.
    """
    _check_ranges(AnimationSettings(epochs, frames, frames_per_second, size))
    trainer = _new_trainer(experiment, initial, engine)
    shown = frame_epochs(epochs, frames)
    studio = GifWriter(trainer, epochs, size)
    for number, epoch in enumerate(shown, start=1):
        if not _train_until(trainer, epoch, cancelled):
            return None
        last = number == len(shown) or trainer.status != "ready"
        studio.add(trainer, _REST_SECONDS if last else 1 / frames_per_second)
        if progress is not None:
            progress(number, len(shown))
        if last:
            break
    content = studio.finished()
    write_atomically(Path(path), content)
    return Animation(number, len(content), trainer.state.epoch, trainer.status)


def _check_ranges(settings: AnimationSettings) -> None:
    for field in msgspec.structs.fields(AnimationSettings):
        meta, value = get_args(field.type)[1], getattr(settings, field.name)
        if not meta.ge <= value <= meta.le:
            raise InputError(field.name, value, f"a whole number from {meta.ge:,} to {meta.le:,}")


def _new_trainer(experiment: Experiment, initial: Mapping[str, Array] | None, engine: EngineName | None) -> Trainer:
    """A trainer before its first update that goes on beyond the experiment's own number of epochs."""
    training = msgspec.structs.replace(experiment.training, epochs=None)
    experiment = msgspec.structs.replace(experiment, training=training)
    at_hand = cache.are_cached(experiment.precision)
    trainer = Trainer(experiment, initial=initial, history_rows=_HISTORY_ROWS, engine="reference")
    try:
        trainer.use_engine(engine or ("compiled" if at_hand else "reference"))
    except cache.UnavailableError:
        trainer.use_engine("reference")
    return trainer


def frame_epochs(epochs: int, frames: int) -> list[int]:
    """The epochs of the frames: `epochs` · (k/n)² for k = 0…n, rounded so that all are different.

    A boundary changes most at the beginning, so frames lie closer there. In equal steps most of them would look the
    same; in logarithmic steps half of them would show a network that has hardly learned.
    """
    last = min(frames - 1, epochs)
    k = np.arange(last + 1)
    chosen: list[int] = np.maximum(k, np.round(epochs * (k / last) ** 2)).astype(int).tolist()
    return chosen


def _train_until(trainer: Trainer, epoch: int, cancelled: Callable[[], bool] | None) -> bool:
    """Train to an epoch, or until training ends by itself; returns False if it was cancelled."""
    while True:
        if cancelled is not None and cancelled():
            return False
        if trainer.status != "ready" or trainer.state.epoch >= epoch:
            return True
        trainer.advance(epochs=epoch - trainer.state.epoch, seconds=_CHUNK_SECONDS)


class GifWriter:
    """Draws frames and adds them to a GIF, each as the change since the one before."""

    def __init__(self, trainer: Trainer, epochs: int, size: int) -> None:
        self.epochs, self.side = epochs, size - 2 * _MARGIN
        self.below = _LINE + _MARGIN // 2 + self.side + 2 * _LINE + _MARGIN // 2
        """The y coordinate of the curves' upper edge."""
        self.size = size, self.below + self.side // 4 + _LINE
        self.request = BoundaryRequest(min(140, self.side // 3))
        snapshot = trainer.snapshot([self.request])
        self.points = draw_points(snapshot.sample, self.side)
        self.palette = _palette_of(self.drawn(_with_all_colours(snapshot, self.request)))
        self.before: Array | None = None
        self.content = bytearray(_header(self.size, bytes(self.palette.getpalette() or [])))

    def drawn(self, snapshot: Snapshot) -> Image.Image:
        image = Image.new("RGB", self.size, PAPER)
        draw_field(image, snapshot, self.points, (_MARGIN, _LINE + _MARGIN // 2))
        draw_losses(image, snapshot, (_MARGIN, self.below, self.size[0] - _MARGIN, self.size[1] - _LINE), self.epochs)
        return image

    def add(self, trainer: Trainer, seconds: float) -> None:
        """Add a frame of the present moment, shown for the given time."""
        image = self.drawn(trainer.snapshot([self.request]))
        now = np.array(image.quantize(palette=self.palette, dither=Image.Dither.NONE))
        # Pillow matches colours only to within 4 levels, but the background must be exactly white.
        now[np.asarray(image).min(axis=2) == 255] = 0
        changed = now if self.before is None else np.where(now == self.before, np.uint8(_SAME), now)
        self.before = now
        picture = Image.fromarray(changed, "P")
        for part in getdata(picture, duration=round(100 * seconds) * 10, transparency=_SAME, disposal=1):
            self.content += part

    def finished(self) -> bytes:
        return bytes(self.content + b";")


def _palette_of(image: Image.Image) -> Image.Image:
    """A palette for pictures like this one: 255 colours, white first, and one index for `_SAME`."""
    rest = image.quantize(_SAME - 1, Image.Quantize.MEDIANCUT, kmeans=1).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(([255] * 3 + rest + [0] * 768)[:768])
    return palette


def _header(size: tuple[int, int], palette: bytes) -> bytes:
    """The beginning of a GIF of this size in pixels, with 256 colours, that repeats forever."""
    width, height = (length.to_bytes(2, "little") for length in size)
    return b"GIF89a" + width + height + b"\xf7\0\0" + palette + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"


def _with_all_colours(snapshot: Snapshot, request: BoundaryRequest) -> Snapshot:
    """The snapshot with a made-up boundary in which every possible colour of the field occurs, or one near it."""
    outputs, side = snapshot.answers[request].shape[:2]
    ramp = np.linspace(0, 1, side)
    if outputs == 1:
        middle, half = value_range(snapshot.sample) if snapshot.sample.task == "regression" else (0.0, 1.0)
        field = np.broadcast_to(middle + half * (2 * ramp - 1), (1, side, side))
    else:
        pairs = [(i, j) for i in range(outputs) for j in range(i)]
        field = np.zeros((outputs, side, side))
        for row in range(side):
            i, j = pairs[row * len(pairs) // side]
            field[i, row], field[j, row] = ramp, 1 - ramp
        # In every other row all classes have a share, as before training.
        field[:, ::2] = (field[:, ::2] + 1 / outputs) / 2
    return dataclasses.replace(snapshot, answers={request: field})
