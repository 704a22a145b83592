"""Training as an animated GIF: which moments it shows, and that it shows them truly."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from playground import Experiment, InputError, Trainer, Training
from playground.catalog.datasets.base import Dataset
from playground.catalog.datasets.shapes import Blobs, Ripple
from playground.catalog.optimizers import Sgd
from playground.interop.animation import Animation, AnimationSettings, GifWriter, frame_epochs, save_animation
from playground.interop.opening import load_preset


def made(file: Path, experiment: Experiment, epochs: int, **settings: Any) -> Animation:
    """A small animation of a training on the reference engine."""
    result = save_animation(file, experiment, epochs, **{"engine": "reference", "size": 200, "frames": 5, **settings})
    assert result is not None
    return result


def frames(file: Path) -> list[np.ndarray]:
    """All frames as a viewer shows them, (height, width, 3)."""
    with Image.open(file) as image:
        shown = []
        for number in range(image.n_frames):
            image.seek(number)
            shown.append(np.asarray(image.convert("RGB")).astype(int))
        return shown


@pytest.mark.parametrize("epochs", [1, 3, 59, 60, 100, 1000, 10**6])
def test_moments_begin_at_the_start_end_at_the_end_and_lie_closer_at_the_beginning(epochs: int) -> None:
    chosen = frame_epochs(epochs, 60)
    steps = [after - before for before, after in pairwise(chosen)]
    assert (chosen[0], chosen[-1]) == (0, epochs)
    assert len(chosen) == min(60, epochs + 1)
    assert min(steps) >= 1
    assert sum(steps[: len(steps) // 2]) <= sum(steps[len(steps) // 2 :])


@pytest.mark.parametrize("data", [None, Blobs(points=60, classes=4), Ripple(points=60)])
def test_the_last_frame_shows_what_a_trainer_of_ones_own_finds(
    experiment: Experiment, data: Dataset | None, tmp_path: Path
) -> None:
    experiment = msgspec.structs.replace(experiment, data=data or experiment.data)
    made(tmp_path / "a.gif", experiment, 12)
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=12)
    studio = GifWriter(trainer, 12, 200)
    truth = np.asarray(studio.drawn(trainer.snapshot([studio.request]))).astype(int)
    error = np.abs(frames(tmp_path / "a.gif")[-1] - truth)
    assert error.mean() < 1.5
    assert np.percentile(error, 99) < 16


def test_frames_differ_and_paper_stays_white(experiment: Experiment, tmp_path: Path) -> None:
    made(tmp_path / "a.gif", experiment, 40)
    shown = frames(tmp_path / "a.gif")
    assert len(shown) == 5
    for before, after in pairwise(shown):
        assert np.abs(after - before).mean() > 0.2
        assert after[:5].min() == 255


def test_training_starts_from_the_given_weights(experiment: Experiment, tmp_path: Path) -> None:
    start = Trainer(experiment, engine="reference")
    start.advance(epochs=30)
    made(tmp_path / "a.gif", experiment, 1, initial=start.parameters())
    studio = GifWriter(start, 1, 200)
    field = np.s_[30:190, 20:180]
    truth = np.asarray(studio.drawn(start.snapshot([studio.request]))).astype(int)
    assert np.abs(frames(tmp_path / "a.gif")[0] - truth)[field].mean() < 1.5


def test_it_repeats_forever_and_rests_at_the_end(experiment: Experiment, tmp_path: Path) -> None:
    made(tmp_path / "a.gif", experiment, 10, frames_per_second=20)
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.format, image.info["loop"], image.width) == ("GIF", 0, 200)
        times = []
        for number in range(image.n_frames):
            image.seek(number)
            times.append(image.info["duration"])
    assert times == [50, 50, 50, 50, 2000]


def test_it_says_what_it_wrote_and_goes_beyond_the_epochs_of_the_experiment(
    experiment: Experiment, tmp_path: Path
) -> None:
    experiment = msgspec.structs.replace(experiment, training=Training(epochs=2))
    result = made(tmp_path / "a.gif", experiment, 6)
    assert result == Animation(5, (tmp_path / "a.gif").stat().st_size, 6, "ready")


def test_it_ends_where_training_diverges(tmp_path: Path) -> None:
    training = Training(optimizer=Sgd(), learning_rate=1e9, batch_size=10)
    wild = Experiment(data=Ripple(points=60), training=training)
    result = made(tmp_path / "a.gif", wild, 50)
    assert result.status == "diverged"
    assert result.epoch < 50
    assert len(frames(tmp_path / "a.gif")) == result.frames < 5


def test_progress_counts_the_frames(experiment: Experiment, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made(tmp_path / "a.gif", experiment, 8, progress=lambda *counts: told.append(counts))
    assert told == [(k, 5) for k in range(1, 6)]


def test_cancelled_it_leaves_the_old_file_alone(experiment: Experiment, tmp_path: Path) -> None:
    file = tmp_path / "a.gif"
    file.write_bytes(b"old")
    told: list[int] = []
    result = save_animation(
        file,
        experiment,
        50,
        engine="reference",
        progress=lambda done, _: told.append(done),
        cancelled=lambda: len(told) == 2,
    )
    assert result is None
    assert told == [1, 2]
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_it_can_be_cancelled_within_a_long_epoch(experiment: Experiment, tmp_path: Path) -> None:
    slow = msgspec.structs.replace(experiment, data=Blobs(points=5000), training=Training(batch_size=1))
    asked: list[None] = []
    save_animation(
        tmp_path / "a.gif",
        slow,
        1,
        engine="reference",
        cancelled=lambda: asked.append(None) or len(asked) > 3,  # type: ignore[func-returns-value]
    )
    assert not (tmp_path / "a.gif").exists()


def test_what_does_not_change_costs_next_to_nothing(experiment: Experiment, tmp_path: Path) -> None:
    still = msgspec.structs.replace(experiment, training=Training(learning_rate=1e-12))
    two = made(tmp_path / "two.gif", still, 20, frames=2).bytes
    twenty = made(tmp_path / "twenty.gif", still, 20, frames=20).bytes
    assert (twenty - two) / 18 < two / 10


def test_usual_settings_make_a_file_that_can_be_sent(tmp_path: Path) -> None:
    result = made(tmp_path / "a.gif", load_preset("circle"), 20, size=400, frames=20)
    assert result.bytes < 20 * 50_000


WRONG = {"epochs": 10**9, "frames": 1, "frames_per_second": 51, "size": 5000}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_settings_out_of_range_are_refused_by_name(
    experiment: Experiment, name: str, value: int, tmp_path: Path
) -> None:
    settings = {"epochs": 5, name: value}
    assert set(settings) <= set(AnimationSettings.__struct_fields__)
    with pytest.raises(InputError, match=name):
        save_animation(tmp_path / "a.gif", experiment, **settings)
    assert not list(tmp_path.iterdir())


def test_no_epoch_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="epochs"):
        save_animation(tmp_path / "a.gif", experiment, 0)
