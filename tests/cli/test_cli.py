"""The command line: what scripts rely on. Real processes where the process matters, calls where speed does."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from playground import Experiment, InputError, Layer, Trainer, Training, load, save
from playground.catalog.activations import Tanh
from playground.catalog.choice import kind_of, members
from playground.catalog.datasets.base import Dataset
from playground.catalog.datasets.shapes import Circle, TiltedPlane
from playground.catalog.datasets.table import Table
from playground.catalog.initializers import Uniform
from playground.catalog.optimizers import Sgd
from playground.cli.commands import main
from playground.interop.opening import RESOURCES, preset_paths
from playground.interop.weights import load_weights, save_weights
from playground.measure.requests import WholeSetRequest

ROOT = Path(__file__).parents[2]
KEYS = [
    "epoch", "step", "status", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy", "seconds",
    "total_seconds", "engine", "fallbacks", "layers",
]  # fmt: skip
REFERENCE = ("--engine", "reference")
"""For processes that test something else than the compiled engine, whose loading takes a second."""
COLUMNS = "epoch,step,learning_rate,train_loss,validation_loss,train_accuracy,validation_accuracy"


def run(*arguments: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`python main.py …` as a person without a display would run it."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "main.py"), *map(str, arguments)],
        cwd=folder,
        env={**environment, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def small(tmp_path: Path, experiment: Experiment) -> Path:
    """The file of a small experiment, alone in its folder."""
    file = tmp_path / "experiment.json"
    save(experiment, file)
    return file


@pytest.fixture
def trained(capsys: pytest.CaptureFixture[str]) -> Any:
    """`trained(arguments…)` trains in this process and returns the report that `--json` prints."""

    def train(*arguments: object) -> dict[str, Any]:
        assert main(["train", *map(str, arguments), "--json"]) == 0
        captured = capsys.readouterr()
        report: dict[str, Any] = json.loads(captured.out.splitlines()[-1])
        said = [line for line in captured.err.splitlines() if not line.startswith("Points of each class: ")]
        assert said == report.get("notes", [])
        return report

    return train


# Presets --------------------------------------------------------------------------------------------------------


def test_presets_are_listed_one_per_line_name_first() -> None:
    listed = run("presets")
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = listed.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(preset_paths())
    for name, line in zip(preset_paths(), lines, strict=True):
        assert line.removeprefix(name).strip() == load(preset_paths()[name]).name != ""


def test_there_are_enough_presets_and_every_data_set_has_one() -> None:
    presets = [load(path) for path in preset_paths().values()]
    assert len(presets) >= 12
    kinds = {kind_of(kind) for kind in members(Dataset).values()} - {"points", "tfplayground"}
    assert {preset.data.kind for preset in presets} >= kinds


# What a few seconds of training make of the training points, where that is not close to perfect on purpose.
HARD = {"spiral": (250, 0.95), "narrowing": (250, 0.95), "relu-folds": (400, 0.9), "hills": (120, 0.8)}
HARD |= {"spiral-adam": (250, 0.95)}
HARD |= {"heart": (200, 0.94), "wave": (150, 0.94), "checkerboard": (120, 0.9), "ripple": (150, 0.9)}
ON_PURPOSE = {"vanishing-gradients": 0.45, "weight-penalty": 0.85}
# What they come to instead is shown with the gallery.
MEANT_TO_FAIL = {"batch-full", "early-stopping", "large-weights", "one-layer-spiral", "rate-too-large"}
MEANT_TO_FAIL |= {"rate-too-small", "spiral-sgd", "spiral-momentum", "spiral-rmsprop", "zero-weights"}


@pytest.mark.parametrize("name", [name for name in preset_paths() if name not in MEANT_TO_FAIL])
def test_every_preset_is_good_within_seconds(name: str, trained: Any) -> None:
    epochs, good = HARD.get(name, (60, ON_PURPOSE.get(name, 0.94)))
    report = trained(name, "--epochs", epochs)
    assert report["status"] == "completed"
    assert report["train_accuracy"] >= good
    assert report["seconds"] < 20


def test_vanishing_gradients_vanish_and_the_same_depth_with_relu_keeps_them(trained: Any) -> None:
    vanishing = trained("vanishing-gradients", "--epochs", 1)["layers"]
    healthy = trained("healthy-gradients", "--epochs", 1)["layers"]
    assert vanishing[0]["gradient_rms"] < 0.02 * vanishing[-1]["gradient_rms"]
    assert healthy[0]["gradient_rms"] > 0.1 * healthy[-1]["gradient_rms"]


def test_l1_switches_inputs_off(trained: Any, tmp_path: Path) -> None:
    trained("sparse", "--epochs", 60, "--save-weights", tmp_path / "w.npz")
    used = np.abs(load_weights(tmp_path / "w.npz")["W0"]).max(axis=0)
    assert (used < 0.05).any() and (used > 0.3).any()


# What `train` prints and writes ---------------------------------------------------------------------------------


def test_json_is_the_last_line_and_has_everything(small: Path) -> None:
    done = run("train", small, "--epochs", 4, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout.splitlines()[-1])
    assert list(report) == [*KEYS, "task", "points"]
    assert (report["epoch"], report["step"], report["status"], report["engine"]) == (4, 20, "completed", "compiled")
    assert report["fallbacks"] == []
    assert 0 < report["seconds"] <= report["total_seconds"] < 30
    assert [(layer["units"], layer["activation"]) for layer in report["layers"]] == [
        (6, "tanh"),
        (6, "tanh"),
        (1, "linear"),
    ]
    trainer = Trainer(load(small), engine="compiled")
    trainer.advance(epochs=4)
    for name, value in trainer.evaluate()._asdict().items():
        assert report[name] == value
    for layer, measured in zip(report["layers"], WholeSetRequest().answer(trainer), strict=True):
        assert list(layer) == ["units", "activation", "gradient_rms", "delta_rms", "weight_rms", "dead"]
        assert layer == {name: getattr(measured, name) for name in layer}


def test_without_json_a_person_is_told(small: Path) -> None:
    done = run("train", small, "--epochs", 2, *REFERENCE)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("completed after 2 epochs, 10 steps")


def test_absent_numbers_are_null(tmp_path: Path, trained: Any) -> None:
    save(Experiment(data=TiltedPlane(points=1, validation_fraction=0.0)), tmp_path / "e.json")
    report = trained(tmp_path / "e.json", "--epochs", 1)
    assert (report["validation_loss"], report["validation_accuracy"], report["train_accuracy"]) == (None, None, None)


@pytest.mark.parametrize("data", [Circle(points=40), TiltedPlane(points=40, validation_fraction=0.0)])
def test_history_has_one_row_per_epoch_in_full_precision(tmp_path: Path, data: Dataset, trained: Any) -> None:
    experiment = Experiment(data=data, layers=(Layer(activation=Tanh()),), training=Training(batch_size=7))
    save(experiment, tmp_path / "e.json")
    trained(tmp_path / "e.json", "--epochs", 3, "--history", tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text().splitlines()[0] == COLUMNS
    with (tmp_path / "h.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    trainer = Trainer(experiment, engine="compiled")
    for epoch, row in enumerate(rows):
        assert row["step"] == str(trainer.state.step)
        assert float(row["learning_rate"]) == 0.01
        for name, value in trainer.evaluation._asdict().items():
            assert row[name] == ("" if value is None else repr(value)), (epoch, name)
        trainer.advance(epochs=1)


def test_zero_epochs_report_the_start(small: Path, tmp_path: Path, trained: Any) -> None:
    report = trained(small, "--epochs", 0, "--history", tmp_path / "h.csv")
    assert (report["epoch"], report["step"], report["status"]) == (0, 0, "completed")
    assert len((tmp_path / "h.csv").read_text().splitlines()) == 2


def test_epochs_come_from_the_experiment_unless_they_are_given(tmp_path: Path, trained: Any) -> None:
    save(Experiment(data=Circle(points=20), training=Training(epochs=3)), tmp_path / "e.json")
    assert trained(tmp_path / "e.json")["epoch"] == 3
    assert trained(tmp_path / "e.json", "--epochs", 5)["epoch"] == 5


def test_saved_weights_are_where_the_next_run_starts(small: Path, tmp_path: Path, trained: Any) -> None:
    report = trained(small, "--epochs", 3, "--save-weights", tmp_path / "w.npz")
    weights = load_weights(tmp_path / "w.npz")
    assert {name: values.shape for name, values in weights.items()} == {
        "W0": (6, 2), "b0": (6,), "W1": (6, 6), "b1": (6,), "W2": (1, 6), "b2": (1,),
    }  # fmt: skip
    trainer = Trainer(load(small), engine="compiled")
    trainer.advance(epochs=3)
    for name, values in trainer.parameters().items():
        np.testing.assert_array_equal(weights[name], values)
    again = trained(small, "--epochs", 0, "--init", tmp_path / "w.npz", "--save-weights", tmp_path / "w2.npz")
    assert again["train_loss"] == pytest.approx(report["train_loss"], rel=1e-12)
    for name, values in load_weights(tmp_path / "w2.npz").items():
        np.testing.assert_array_equal(weights[name], values)
    further = trained(small, "--epochs", 1, "--init", tmp_path / "w.npz")
    fresh = Trainer(load(small), initial=weights, engine="compiled")
    fresh.advance(epochs=1)
    assert further["train_loss"] == fresh.evaluate().train_loss


def test_the_plot_is_a_picture(small: Path, tmp_path: Path, trained: Any) -> None:
    trained(small, "--epochs", 2, "--plot", tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.format == "PNG"
        picture.load()
        assert picture.width > picture.height >= 400
        assert len(picture.getcolors(maxcolors=1_000_000) or []) > 50


@pytest.mark.parametrize("name", ["plane", "penguins"])
def test_values_and_several_classes_can_be_plotted(name: str, tmp_path: Path, trained: Any) -> None:
    trained(name, "--epochs", 1, "--plot", tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_divergence_is_a_result_with_the_last_finite_weights(tmp_path: Path) -> None:
    training = Training(optimizer=Sgd(), learning_rate=100.0)
    save(Experiment(data=TiltedPlane(), layers=(Layer(),), training=training), tmp_path / "e.json")
    done = run(
        "train", tmp_path / "e.json", "--epochs", 50, *REFERENCE, "--json", "--plot", tmp_path / "p.png", "--history",
        tmp_path / "h.csv", "--save-weights", tmp_path / "w.npz",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["status"] == "diverged" and report["epoch"] < 50
    assert all(np.isfinite(values).all() for values in load_weights(tmp_path / "w.npz").values())
    for row in (tmp_path / "h.csv").read_text().splitlines()[1:]:
        assert np.isfinite([float(number) for number in row.split(",")]).all()


def test_a_start_that_is_not_finite_is_divergence_too(tmp_path: Path, trained: Any) -> None:
    huge = Uniform(low=1e6, high=1e6)
    save(Experiment(layers=(Layer(units=3),) * 9, initializer=huge), tmp_path / "e.json")
    report = trained(tmp_path / "e.json", "--epochs", 2, "--plot", tmp_path / "p.png", "--history", tmp_path / "h.csv")
    assert (report["status"], report["step"], report["train_loss"]) == ("diverged", 0, None)


def test_two_runs_give_the_same(small: Path, trained: Any) -> None:
    first, second = trained(small, "--epochs", 3), trained(small, "--epochs", 3)
    for report in (first, second):
        del report["seconds"], report["total_seconds"]
    assert first == second


# Bad input ------------------------------------------------------------------------------------------------------


def make_bad_files(folder: Path) -> None:
    """Files that are wrong in one way each."""
    (folder / "wrong-field.json").write_text('{"version": 1, "layers": [{"unitz": 3}]}')
    (folder / "wrong-value.json").write_text('{"version": 1, "training": {"learning_rate": -1}}')
    (folder / "wrong-key.json").write_text('{"version": 1, "two\\nlines": 1}')
    (folder / "no-json.json").write_text("{")
    (folder / "newer.json").write_text('{"version": 99}')
    table = Table(path=str(folder / "t.csv"), x1="a", x2="z", target="c")
    (folder / "t.csv").write_text("a,b,c\n1,2,x\n3,4,y\n")
    save(Experiment(data=table), folder / "no-column.json")
    np.savez(folder / "shape.npz", W0=np.zeros((9, 9)))
    np.savez(folder / "name.npz", weights=np.zeros(3))
    np.savez(folder / "nan.npz", W0=np.full((1, 2), np.nan))
    np.savez(folder / "text.npz", W0=np.array([["a", "b"]]))
    np.save(folder / "single.npy", np.zeros(3))
    (folder / "single.npy").rename(folder / "single.npz")
    (folder / "broken.npz").write_bytes(b"PK\x03\x04 nothing")


BAD = [
    (["wrong-field.json"], "layers[0].unitz"),
    (["wrong-value.json"], "training.learning_rate"),
    (["wrong-key.json"], "two lines"),
    (["no-json.json"], "no-json.json"),
    (["newer.json"], "version"),
    (["no-column.json"], "data.x2"),
    (["missing.json"], "missing.json"),
    (["no-such-preset"], "no-such-preset"),
    (["circle", "--init", "missing.npz"], "missing.npz"),
    (["gaussians", "--init", "shape.npz"], "W0"),
    (["gaussians", "--init", "name.npz"], "weights"),
    (["gaussians", "--init", "nan.npz"], "W0"),
    (["gaussians", "--init", "text.npz"], "W0"),
    (["gaussians", "--init", "single.npz"], "single.npz"),
    (["gaussians", "--init", "broken.npz"], "broken.npz"),
    (["https://playground.tensorflow.org/#networkShape=4,0"], "networkShape"),
    (["https://playground.tensorflow.org/#seed=1&batchSize=1e9"], "batchSize"),
    (["http://example.com/#seed=1"], "http://example.com/#seed=1"),
    (["circle", "--epochs", "-1"], "--epochs"),
    (["circle", "--epochs", "many"], "--epochs"),
    (["circle", "--save-weights", "no/folder/w.npz"], "--save-weights"),
    (["circle", "--engine", "steam"], "--engine"),
    (["circle", "--nonsense"], "--nonsense"),
    ([], "EXPERIMENT"),
]


@pytest.mark.parametrize(
    ("arguments", "named"), BAD, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_bad_input_is_one_line_that_names_the_place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    named: str,
) -> None:
    make_bad_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    outputs = ["--history", "h.csv", "--plot", "p.png", "--json"]
    epochs = [] if "--epochs" in arguments else ["--epochs", "1"]
    try:
        code = main(["train", *arguments, *epochs, *outputs])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1 and captured.err.endswith("\n")
    assert named in captured.err
    assert sorted(tmp_path.iterdir()) == before


def test_an_experiment_without_a_number_of_epochs_asks_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "circle"]) == 2
    assert "--epochs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["wrong-field.json"], ["missing.json"], ["circle", "--epochs", "x"], ["#networkShape=x"]]
)
def test_bad_input_ends_the_process_with_code_2(tmp_path: Path, arguments: list[str]) -> None:
    make_bad_files(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = run("train", *arguments, "--history", "h.csv", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


# Links ----------------------------------------------------------------------------------------------------------

LINK = "https://playground.tensorflow.org/#networkShape=4,2&seed=0.59704"


def test_a_link_trains_as_in_the_browser(trained: Any) -> None:
    report = trained(LINK, "--epochs", 10)
    assert report["train_loss"] == pytest.approx(0.486275, abs=1e-6)
    assert report["validation_loss"] == pytest.approx(0.484222, abs=1e-6)
    assert [layer["units"] for layer in report["layers"]] == [4, 2, 1]


def test_what_there_is_to_know_about_a_link_is_said_on_stderr(tmp_path: Path) -> None:
    done = run(
        "train", f"{LINK}&batchSize=600", "--epochs", 3, "--engine", "reference", "--history", "h.csv", folder=tmp_path
    )
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1 and "never updates" in done.stderr
    losses = [line.split(",")[3] for line in (tmp_path / "h.csv").read_text().splitlines()[1:]]
    assert len(losses) == 4 and set(losses) == {losses[0]}


def test_a_link_from_a_mail_trains_as_the_link_it_was(trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mail = "Look at <" + LINK.replace("#", "%23").replace("&", "&amp;\n> ") + ">."
    assert trained(mail, "--epochs", 10)["train_loss"] == pytest.approx(0.486275, abs=1e-6)
    assert main(["train", f"{LINK}&depth=3", "--epochs", "0", "--engine", "reference"]) == 0
    assert capsys.readouterr().err.startswith("depth: playground.tensorflow.org has no such setting")


@pytest.mark.parametrize("source", ["#hashtag", "# A heading", "x" * 300, f"#{'x' * 300}", "a\nb"])
def test_what_is_no_source_is_refused_as_one(capsys: pytest.CaptureFixture[str], source: str) -> None:
    assert main(["train", source, "--epochs", "1"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "EXPERIMENT must be " in said and "a link" in said


def test_a_refused_run_of_a_link_says_only_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "#noise=99"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("epochs", "words"),
    [
        ("2,500", "2,500 can mean 2500 or 2.5; type one of them"),
        ("2.500", "2.500 can mean 2.5 or 2500; type one of them"),
        ("0,5", "type 0.5"),
        ("-1", "a whole number of at least 0"),
        ("1.5", "a whole number of at least 0"),
        ("many", "a whole number of at least 0"),
    ],
)
def test_a_number_of_epochs_is_read_as_typed_numbers_are(
    capsys: pytest.CaptureFixture[str], epochs: str, words: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["train", "spiral", f"--epochs={epochs}"])
    said = capsys.readouterr().err
    assert left.value.code == 2 and said.count("\n") == 1 and words in said


def test_relative_paths_are_those_of_the_caller(small: Path) -> None:
    done = run("train", small.name, "--epochs", 1, *REFERENCE, "--save-weights", "w.npz", folder=small.parent)
    assert done.returncode == 0
    assert (small.parent / "w.npz").is_file()


# No window ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["presets"], ["train", "gaussians", "--epochs", "1", "--plot", "p.png"]])
def test_no_qt_is_imported(tmp_path: Path, arguments: list[str]) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import main
assert main.main({arguments!r}) == 0
known = ("ui", "ui.start")  # the front door, which imports the rest of the window only to open it
found = (name for name in sys.modules if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph", "ui", "qtpy"))
print(sorted(name for name in found if name not in known))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_resources_are_found_from_anywhere(tmp_path: Path) -> None:
    assert RESOURCES.is_absolute()
    done = run("train", "penguins", "--epochs", 1, *REFERENCE, folder=tmp_path)
    assert done.returncode == 0, done.stderr


# Weight files ---------------------------------------------------------------------------------------------------


def test_weight_files_hold_no_pickle_and_survive(tmp_path: Path) -> None:
    weights = {"W0": np.arange(6.0, dtype=np.float32).reshape(2, 3), "b0": np.zeros(2)}
    save_weights(tmp_path / "w.npz", weights)
    loaded = load_weights(tmp_path / "w.npz")
    for name, values in weights.items():
        np.testing.assert_array_equal(loaded[name], values)
        assert loaded[name].dtype == values.dtype
    with np.load(tmp_path / "w.npz", allow_pickle=False) as archive:
        assert sorted(archive.files) == ["W0", "b0"]


def test_damaged_weight_files_are_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "w.npz", W0=np.random.default_rng(0).normal(0, 1, (4, 4)))
    whole = (tmp_path / "w.npz").read_bytes()
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        (tmp_path / "d.npz").write_bytes(damaged)
        with contextlib.suppress(InputError):
            load_weights(tmp_path / "d.npz")


def test_incomplete_weights_to_start_from_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "w.npz", W0=np.zeros((1, 2)))
    assert main(["train", "gaussians", "--epochs", "1", "--init", str(tmp_path / "w.npz")]) == 2
    assert "--init: b0" in capsys.readouterr().err
