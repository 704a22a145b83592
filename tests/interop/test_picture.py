"""Pictures without a display: scales that show everything, curves with all extremes, and text that can be read."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from playground import Experiment, Layer, Trainer
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Circle
from playground.cli.commands import main
from playground.interop import lettering, picture
from playground.interop.lettering import lettering_notes
from playground.interop.opening import load_preset
from playground.interop.picture import draw_losses, save_picture
from playground.measure.snapshot import History, Snapshot

BOX = (60, 30, 660, 430)
TRAINING, VALIDATION = (0x1D, 0x21, 0x29), (0xA1, 0x33, 0x9B)
CLASS_COLOURS = [(0xE0, 0x7B, 0x00), (0x0A, 0x6E, 0xBD)]
SMALL = Experiment(data=Circle(points=40), layers=(Layer(2),))


def history_of(train: Any, validation: Any = None) -> History:
    """A history of losses, one row per epoch."""
    train = np.asarray(train, float)
    absent = np.full(len(train), np.nan)
    validation = absent if validation is None else np.asarray(validation, float)
    epoch = np.arange(len(train), dtype=float)
    return History(epoch, epoch, absent, train, validation, absent, absent, epoch)


def curves_of(train: Any, validation: Any = None, box: tuple[int, int, int, int] = BOX) -> np.ndarray:
    """The picture of some losses as numbers, (height, width, 3)."""
    snapshot: Snapshot = Trainer(SMALL, engine="reference").snapshot()
    image = Image.new("RGB", (box[2] + 40, box[3] + 60), "white")
    draw_losses(image, dataclasses.replace(snapshot, history=history_of(train, validation)), box)
    return np.asarray(image).astype(int)


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a picture has nearly a colour."""
    return np.abs(pixels - colour).max(axis=-1) < 40


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All texts that are written into pictures from now on."""
    texts: list[str] = []
    write = picture.write_text

    def note(draw: Any, at: Any, text: str, *others: Any, **named: Any) -> float:
        texts.append(text)
        return write(draw, at, text, *others, **named)

    monkeypatch.setattr(picture, "write_text", note)
    return texts


# Curves -----------------------------------------------------------------------------------------------------------


def test_curves_have_no_colour_of_a_class() -> None:
    pixels = curves_of(np.linspace(1, 0.2, 50), np.linspace(1, 0.5, 50))
    assert near(pixels, TRAINING).sum() > 300 and near(pixels, VALIDATION).sum() > 300
    assert not any(near(pixels, colour).any() for colour in CLASS_COLOURS)


def test_where_the_first_loss_dwarfs_the_rest_the_scale_is_logarithmic(written: list[str]) -> None:
    ripple = 1 + 0.5 * np.sin(np.arange(200))
    pixels = curves_of([1e4, *ripple])
    assert "loss by epoch, logarithmic" in written and {"1", "100", "1e4"} <= set(written)
    rows, _ = np.nonzero(near(pixels[30:431, 100:661], TRAINING))
    assert rows.max() - rows.min() > 30
    written.clear()
    curves_of([1.2, *ripple])
    assert "loss by epoch" in written and "0" in written and "1" in written


def test_losses_of_0_and_of_a_divergence_are_drawn(written: list[str]) -> None:
    for losses in ([0.5, 0.0, 0.0, 0.0], [0.0], [0.0, 0.0], [0.7, 0.8, 1e12, 1e300], [1e-300, 1e-320], [np.nan, 1.0]):
        assert near(curves_of(losses)[30:], TRAINING).sum() > 5
    assert "loss by epoch, logarithmic" in written


@pytest.mark.parametrize("epochs", [2_000, 100_001])
@pytest.mark.parametrize("place", [0.1371, 0.7, 0.99999])
def test_one_spike_among_many_epochs_is_drawn_to_its_top(epochs: int, place: float) -> None:
    losses = np.full(epochs, 1.0)
    losses[round(place * (epochs - 1))] = 3.0
    losses[round(place * (epochs - 1)) - 1] = 0.01
    pixels = curves_of(losses)
    rows, columns = np.nonzero(near(pixels[30:, 60:], TRAINING))
    top, bottom = 400 * (1 - 3 / 3.12), 400 * (1 - 0.01 / 3.12)
    assert abs(rows.min() - top) < 4 and abs(rows[rows < 402].max() - bottom) < 5
    assert abs(columns[rows.argmin()] - 600 * place) < 4


def test_nothing_is_drawn_above_the_picture() -> None:
    pixels = curves_of([5.0, 1.0, 4.9, 1.0])
    assert not near(pixels[28:33, 61:661], TRAINING).any()
    assert near(pixels[33:60, 55:661], TRAINING).any()


def test_axes_have_numbers_and_curves_a_legend(written: list[str]) -> None:
    curves_of(np.linspace(1, 0.2, 2001), np.linspace(1, 0.5, 2001))
    assert {"training", "validation", "0.2", "1", "0", "1,000", "2,000"} <= set(written)
    written.clear()
    curves_of([1.0, 0.5])
    assert "validation" not in written


def test_one_moment_is_a_dot() -> None:
    assert near(curves_of([0.7])[30:431, 50:], TRAINING).sum() > 10


# The whole picture --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [0, 1, 3])
@pytest.mark.parametrize("name", ["spiral", "penguins", "hills", "blobs"])
def test_every_kind_of_data_gives_a_picture(tmp_path: Path, written: list[str], name: str, epochs: int) -> None:
    trainer = Trainer(load_preset(name), engine="reference")
    trainer.advance(epochs=epochs)
    assert save_picture(tmp_path / "p.png", trainer) == ()
    with Image.open(tmp_path / "p.png") as image:
        assert image.format == "PNG" and image.width == 1320
    assert set(trainer.sample.class_names) <= set(written)
    assert f"epoch {epochs}" in written and any(words.startswith("across: ") for words in written)


def test_axes_and_classes_are_those_of_the_data(tmp_path: Path, written: list[str]) -> None:
    save_picture(tmp_path / "p.png", Trainer(load_preset("penguins"), engine="reference"))
    assert {"40", "50", "60", "Adelie", "Chinstrap", "Gentoo", "hollow: validation"} <= set(written)


def test_values_have_colours_between_those_of_the_ends(tmp_path: Path, written: list[str]) -> None:
    x = tuple(np.linspace(-5, 5, 30).tolist())
    data = UserPoints(x1=x, x2=x, target=tuple(value / 5 for value in x), task="regression", train=(True,) * 30)
    save_picture(tmp_path / "p.png", Trainer(replaced(data), engine="reference"))
    assert {"value: -1", "0", "1"} <= set(written)
    with Image.open(tmp_path / "p.png") as image:
        field = np.asarray(image.convert("RGB")).astype(int)[40:600, 70:630]
    assert all(near(field, colour).any() for colour in (*CLASS_COLOURS, (0xB9, 0xB9, 0xB2)))


def replaced(data: UserPoints, **changed: Any) -> Experiment:
    return Experiment(data=data, layers=(Layer(2),), **changed)


def named(*names: str, title: str = "") -> Trainer:
    """A training of points with these classes."""
    count = len(names)
    x = tuple(float(k % 5) for k in range(4 * count))
    data = UserPoints(x1=x, x2=x, target=tuple(float(k % count) for k in range(4 * count)), class_names=names)
    return Trainer(replaced(data, name=title), engine="reference")


def test_a_legend_of_long_names_takes_more_lines(tmp_path: Path) -> None:
    heights = []
    for names in (("A", "B"), tuple(f"a name that is rather long, number {k}" for k in range(10))):
        save_picture(tmp_path / "p.png", named(*names, title="a title without an end " * 50))
        with Image.open(tmp_path / "p.png") as image:
            heights.append(image.height)
            assert image.width == 1320
    assert heights[1] >= heights[0] + 4 * 22


# Text -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A system without any font."""

    def forget() -> None:
        for known in (lettering._path_for, lettering._missing, lettering._has, lettering.font_for):
            known.cache_clear()

    monkeypatch.setattr(lettering, "_fonts", lambda: ())
    forget()
    yield
    forget()


def test_signs_that_no_font_has_are_told(tmp_path: Path, no_fonts: None) -> None:
    (note,) = save_picture(tmp_path / "p.png", named("红", "Größe", title="Two"))
    assert "No font on this computer has the characters" in note and all(sign in note for sign in "红öß")
    assert "question marks" in note
    assert save_picture(tmp_path / "p.png", named("A", "B", title="Two … 'spirals'")) == ()


@pytest.mark.skipif(not any("DejaVuSans" in path for path in lettering._fonts()), reason="needs a font of the system")
def test_the_systems_fonts_are_found(tmp_path: Path) -> None:
    assert save_picture(tmp_path / "p.png", named("Größe", "x₁² − ½", title="Жёлтый λ ∂E/∂W")) == ()
    font = lettering.font_for("Жёλ", 14)
    assert "DejaVu" in str(getattr(font, "path", ""))


def test_where_arabic_can_not_be_joined_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda name: False)
    assert any("Right-to-left" in note for note in lettering_notes(["تجربة"]))
    assert not any("Right-to-left" in note for note in lettering_notes(["plain"]))


@pytest.mark.skipif(not (features.check("raqm") and features.check("fribidi")), reason="needs FriBiDi")
def test_arabic_is_joined_and_turned() -> None:
    if lettering_notes(["سلام"]):
        pytest.skip("needs a font with Arabic")
    font = lettering.font_for("سلام", 40)
    apart = sum(font.getlength(sign) for sign in "سلام")
    assert font.getlength("سلام") < 0.9 * apart


# The command line ---------------------------------------------------------------------------------------------------


def test_what_can_not_be_written_is_told_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], no_fonts: None
) -> None:
    plot = tmp_path / "p.png"
    options = ["--set", "name=红", "--epochs", "0", "--engine", "reference", "--plot", str(plot)]
    assert main(["train", "circle", *options]) == 0
    assert "--plot: No font on this computer has the characters 红" in capsys.readouterr().err
    assert plot.exists()


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".PDF", ".jpg", ".eps", ".webp", ".gif"])
@pytest.mark.parametrize("command", ["train", "sweep"])
def test_a_picture_in_another_format_is_refused_with_the_one_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, suffix: str
) -> None:
    vary = ["--vary", "training.learning_rate=0.1,0.2"] if command == "sweep" else []
    assert main([command, "circle", *vary, "--epochs", "1", "--plot", str(tmp_path / f"p{suffix}")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--plot must be" in said and "a name that ends in .png" in said
    assert not list(tmp_path.iterdir())
