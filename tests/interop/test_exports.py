"""Exports say what the engine says: every file is run, and scripts of strangers' experiments run nothing else.

With `make truth` PyTorch, ONNX and its runtime are there too.
"""

from __future__ import annotations

import csv
import runpy
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from playground import Experiment, Layer, Trainer, Training, load, save
from playground.catalog.activations import Activation
from playground.catalog.choice import Array, members
from playground.catalog.datasets.base import draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.features import FEATURES
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import Schedule
from playground.cli.commands import main
from playground.experiment.rules import convert
from playground.files.cells import read_cells
from playground.interop.export import formats, proof
from playground.interop.export.exportable import Exportable, flat_parameters
from playground.interop.export.formats import FORMATS, MissingLibraryError, NotProvenError, export
from playground.interop.opening import RESOURCES, load_preset, preset_paths
from playground.interop.point_text import read_own_points
from playground.interop.weights import load_weights, save_weights
from playground.run.run import resume
from playground.storage.document import save_document
from tests.combinations import LONG
from tests.engine.random_experiments import random_experiment

Written = Callable[[str, Exportable], Path]
PRECISIONS = ["float32", "float64"]
RANDOM = 40 if LONG else 15
"""How many random experiments are exported."""
HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    "'''\nraise SystemExit\n#",
    "\\",
    'a"b\'c\\"',
    "}{0}{x!r}",
    "\r\n\tτ\u2028 %s",
]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """`written(format, exportable)` is the file of an export, not proven yet."""

    def write(name: str, exportable: Exportable) -> Path:
        path = tmp_path / f"export{FORMATS[name].suffix}"
        path.write_bytes(FORMATS[name].content(exportable, path))
        return path

    return write


@pytest.fixture
def default_precision() -> Iterator[Any]:
    """PyTorch, whose precision a script may change."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    yield torch
    torch.set_default_dtype(before)


def trained(experiment: Experiment, epochs: int = 5) -> Exportable:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(epochs=epochs)
    return Exportable.of(trainer)


def made(**written: Any) -> Experiment:
    return convert({"version": 1, "data": {"kind": "circle", "points": 40}, **written})


def told(script: dict[str, Any], exportable: Exportable) -> float:
    """How far a script's predictions are from the engine's."""
    x = exportable.points_to_ask()
    said = script["predict"](x[:, 0], x[:, 1])
    return proof.largest_difference(exportable.predictions(x), said.reshape(len(x), -1))


@pytest.fixture
def exportable(trainer: Trainer) -> Exportable:
    """The export of a small network after three epochs."""
    trainer.advance(epochs=3)
    return Exportable.of(trainer)


# NumPy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("number", range(RANDOM))
def test_the_numpy_script_predicts_what_the_engine_predicts(number: int, precision: str, written: Written) -> None:
    exportable = trained(random_experiment(number, precision))
    assert told(runpy.run_path(str(written("numpy", exportable))), exportable) <= 1e-12


@pytest.mark.parametrize("activation", members(Activation))
@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_the_numpy_script_has_every_activation_and_normalization(
    activation: str, normalization: str, written: Written
) -> None:
    layer = {"activation": activation, "normalization": normalization, "units": 3}
    layers = [layer, {**layer, "skip": True}, {**layer, "muted": True, "activation": "relu"}]
    exportable = trained(made(layers=layers, features=list(FEATURES)))
    assert told(runpy.run_path(str(written("numpy", exportable))), exportable) <= 1e-12


@pytest.mark.parametrize("loss", members(Loss))
@pytest.mark.parametrize("classes", [2, 3])
def test_the_numpy_script_names_the_classes_that_the_engine_gives(loss: str, classes: int, written: Written) -> None:
    trainer = Trainer(
        made(data={"kind": "blobs", "points": 60, "classes": classes}, loss=loss, layers=[{"units": 5}]),
        engine="reference",
    )
    trainer.advance(epochs=30)
    exportable = Exportable.of(trainer)
    script = runpy.run_path(str(written("numpy", exportable)))
    assert told(script, exportable) <= 1e-12
    x, labels = exportable.sample.x, exportable.sample.labels
    said = script["classify"](x[:, 0], x[:, 1])
    right = float(np.mean(said == np.array(exportable.sample.class_names)[labels]))
    evaluation = trainer.evaluate()
    assert evaluation.train_accuracy is not None and evaluation.validation_accuracy is not None
    assert right == pytest.approx((evaluation.train_accuracy + evaluation.validation_accuracy) / 2)


def test_a_script_takes_numbers_and_arrays_of_any_shape(exportable: Exportable, written: Written) -> None:
    predict = runpy.run_path(str(written("numpy", exportable)))["predict"]
    assert predict(0.5, -1).shape == ()
    assert predict(np.zeros((2, 3)), 1.0).shape == (2, 3)
    assert predict([0.5], [-1])[0] == predict(0.5, -1)


# Strangers' experiments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["numpy", "pytorch"])
def test_names_are_text_in_a_script_and_nothing_else(name: str, kind: str, written: Written) -> None:
    points = UserPoints(
        x1=(1.0, -1.0, 2.0, -2.0), x2=(0.0, 1.0, 1.0, 0.0), target=(0.0, 1.0, 0.0, 1.0), class_names=(name, "B")
    )
    layers = (Layer(units=2, id=name),)
    text = written(
        kind, Exportable.of(Trainer(Experiment(name=name, data=points, layers=layers), engine="reference"))
    ).read_text("utf-8")
    plain = Experiment(data=msgspec.structs.replace(points, class_names=()), layers=(Layer(units=2),))
    clean = written(kind, Exportable.of(Trainer(plain, engine="reference"))).read_text("utf-8")
    # Apart from two lines that set a text each, it is the script of an experiment without names.
    different = [(a, b) for a, b in zip(text.split("\n"), clean.split("\n"), strict=True) if a != b]
    assert [a.split(" = ")[0] for a, _ in different] == ["NAME", "CLASS_NAMES"]
    compile(text, "script", "exec")
    if kind == "numpy":
        script = runpy.run_path(
            str(written(kind, Exportable.of(Trainer(Experiment(name=name, data=points), engine="reference"))))
        )
        assert script["NAME"] == name
        assert script["CLASS_NAMES"] == (name, "B")


# Proof ----------------------------------------------------------------------------------------------------------


def test_a_file_is_run_in_a_process_of_its_own_before_it_is_written(exportable: Exportable, tmp_path: Path) -> None:
    proven = export(FORMATS["numpy"], exportable, tmp_path / "net.py")
    assert proven is not None and proven.holds
    assert proven.points == 25**2 + 60
    assert proven.largest_difference <= 1e-12
    assert told(runpy.run_path(str(tmp_path / "net.py")), exportable) <= 1e-12


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (lambda text: text.replace(b"a = z\n", b"a = z + 2e-5\n"), "more than the 1e-05 that is allowed"),
        (lambda text: text.replace(b"a = z\n", b"a = z * np.nan\n"), "differ by inf"),
        (lambda text: text.replace(b"a = z\n", b"a = z / None\n"), "could not be run: TypeError"),
        (lambda text: text + b"import time\ntime.sleep(60)\n", "could not be run: it took longer than 2 seconds"),
    ],
)
def test_a_file_that_fails_its_proof_is_not_kept(
    spoiled: Callable[[bytes], bytes],
    words: str,
    exportable: Exportable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = FORMATS["numpy"].content
    wrong = replace(FORMATS["numpy"], content=lambda *arguments: spoiled(right(*arguments)))
    monkeypatch.setattr(proof, "_SECONDS", 2)
    (tmp_path / "net.py").write_text("what was there before")
    regression = trained(made(data={"kind": "plane", "points": 30}))
    with pytest.raises(NotProvenError, match=words):
        export(wrong, regression, tmp_path / "net.py")
    assert (tmp_path / "net.py").read_text() == "what was there before"
    assert [file.name for file in tmp_path.iterdir()] == ["net.py"]


def test_large_predictions_are_compared_in_units_of_themselves() -> None:
    assert proof.largest_difference(np.array([2000.0, 0.5]), np.array([2000.01, 0.5])) == pytest.approx(5e-6)
    assert proof.largest_difference(np.array([0.5]), np.array([0.6])) == pytest.approx(0.1)
    assert proof.largest_difference(np.array([np.inf, np.nan]), np.array([np.inf, np.nan])) == 0
    assert proof.largest_difference(np.array([1.0]), np.array([np.nan])) == np.inf
    assert proof.largest_difference(np.zeros((2, 1)), np.zeros((1, 2))) == np.inf


# What is exported -----------------------------------------------------------------------------------------------


def test_what_is_exported_stays_while_training_goes_on(trainer: Trainer) -> None:
    trainer.advance(epochs=2)
    exportable = Exportable.of(trainer)
    x = exportable.points_to_ask()
    before, rows = exportable.predictions(x), len(exportable.history.epoch)
    np.testing.assert_allclose(before[:, 0], 1 / (1 + np.exp(-trainer.predict(x)[0])), atol=1e-12)
    trainer.advance(epochs=2)
    assert np.array_equal(exportable.predictions(x), before)
    assert len(exportable.history.epoch) == rows
    with pytest.raises(ValueError, match="read-only"):
        exportable.parameters["W0"][0, 0] = 1


def test_a_training_can_be_repeated_from_the_weights_it_started_from(trainer: Trainer) -> None:
    given = {name: values + 0.1 for name, values in trainer.parameters().items()}
    trainer.set_parameters(given)
    trainer.advance(epochs=3)
    exportable = Exportable.of(trainer)
    assert exportable.repeatable
    assert all(np.array_equal(exportable.initial[name], values) for name, values in given.items())
    again = Trainer(exportable.experiment, initial=exportable.initial, engine="reference")
    again.advance(epochs=3)
    assert np.array_equal(again.state.parameters, flat_parameters(exportable.network, exportable.parameters))


def test_a_training_that_was_changed_on_the_way_is_none_to_repeat(trainer: Trainer) -> None:
    trainer.advance(epochs=1)
    changed = msgspec.structs.replace(trainer.experiment, training=Training(learning_rate=0.1))
    trainer.configure(changed, title="learning rate")
    trainer.advance(epochs=1)
    assert not Exportable.of(trainer).repeatable


def test_a_changed_shape_is_none_to_repeat(trainer: Trainer) -> None:
    trainer.advance(epochs=1)
    layers = (*trainer.experiment.layers, Layer(units=3, id="C"))
    trainer.configure(msgspec.structs.replace(trainer.experiment, layers=layers))
    exportable = Exportable.of(trainer)
    assert not exportable.repeatable
    assert exportable.initial["W2"].shape == (3, 6)


def test_a_document_can_be_repeated_like_the_training_in_it(trainer: Trainer) -> None:
    trainer.advance(epochs=2)
    opened = Trainer.of(resume(trainer.document()))
    exportable = Exportable.of(opened)
    assert exportable.repeatable
    assert all(
        np.array_equal(values, Exportable.of(trainer).initial[name]) for name, values in exportable.initial.items()
    )


def test_a_document_keeps_weights_that_were_set_before_the_first_update(trainer: Trainer) -> None:
    trainer.set_parameters({"W0": np.ones((6, 2))})
    trainer.advance(epochs=1)
    opened = Trainer.of(resume(trainer.document()))
    exportable = Exportable.of(opened)
    assert exportable.repeatable
    np.testing.assert_array_equal(exportable.initial["W0"], 1)


def test_weights_history_points_and_experiment_come_back_as_they_are(exportable: Exportable, tmp_path: Path) -> None:
    for name in ("weights", "history", "points", "experiment"):
        assert export(FORMATS[name], exportable, tmp_path / name) is None
    weights = load_weights(tmp_path / "weights")
    assert weights.keys() == exportable.parameters.keys()
    assert all(np.array_equal(weights[name], values) for name, values in exportable.parameters.items())
    rows = list(csv.DictReader((tmp_path / "history").read_text().splitlines()))
    assert [float(row["train_loss"]) for row in rows] == exportable.history.train_loss.tolist()
    own = read_own_points(read_cells(tmp_path / "points"))
    assert own is not None
    again = draw_sample(own)
    for columns in zip(again[:3], exportable.sample[:3], strict=True):
        assert np.array_equal(*columns)
    assert load(tmp_path / "experiment") == exportable.experiment


# ONNX -----------------------------------------------------------------------------------------------------------


def run_onnx(path: Path, x: Array) -> dict[str, Array]:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    columns = zip(session.get_inputs(), x.T.astype(np.float32), strict=True)
    given = {entry.name: column[:, np.newaxis] for entry, column in columns}
    return dict(zip([entry.name for entry in session.get_outputs()], session.run(None, given), strict=True))


def told_by_onnx(path: Path, exportable: Exportable) -> float:
    """How far a model's predictions are from the engine's, at points that float32 can hold."""
    x = exportable.points_to_ask().astype(np.float32).astype(np.float64)
    said = run_onnx(path, x)
    values = next(values for name, values in said.items() if name != "class")
    assert values.dtype == np.float32
    if "probabilities" in said and values.shape[1] == 2:
        np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-6)
        values = values[:, 1:]
    return proof.largest_difference(exportable.predictions(x), values)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("number", range(RANDOM))
def test_the_onnx_model_predicts_what_the_engine_predicts(number: int, precision: str, written: Written) -> None:
    pytest.importorskip("onnx")
    exportable = trained(random_experiment(number, precision))
    assert told_by_onnx(written("onnx", exportable), exportable) <= 1e-5


@pytest.mark.parametrize("activation", members(Activation))
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_onnx_model_has_every_activation_and_feature(activation: str, precision: str, written: Written) -> None:
    pytest.importorskip("onnx")
    layers = [{"units": 3, "activation": activation}, {"units": 3, "activation": activation, "skip": True}]
    exportable = trained(made(layers=layers, features=list(FEATURES), precision=precision))
    assert told_by_onnx(written("onnx", exportable), exportable) <= 1e-5


def test_the_onnx_model_is_proven(exportable: Exportable, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    proven = export(FORMATS["onnx"], exportable, tmp_path / "net.onnx")
    assert proven is not None and proven.holds and proven.largest_difference <= 1e-6


# PyTorch --------------------------------------------------------------------------------------------------------


def every_choice() -> Iterator[tuple[str, dict[str, Any]]]:
    """An experiment for every member of a family, by its name."""
    hidden = {"units": 3, "activation": "tanh"}
    for kind in members(Activation):
        yield kind, {"layers": [{**hidden, "activation": kind}]}
    for kind in members(Loss):
        yield kind, {"loss": kind}
    for family, place in ((Optimizer, "optimizer"), (Schedule, "schedule")):
        for kind in members(family):
            yield kind, {"layers": [hidden], "training": {place: kind}}
    for kind in members(Regularizer):
        yield kind, {"layers": [hidden], "regularizer": kind}


@pytest.mark.parametrize("chosen", [pytest.param(chosen, id=kind) for kind, chosen in every_choice()])
def test_the_pytorch_script_knows_every_member_of_every_family(chosen: dict[str, Any], written: Written) -> None:
    script = written("pytorch", Exportable.of(Trainer(made(**chosen), engine="reference")))
    compile(script.read_bytes(), "script", "exec")


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("number", range(100, 100 + RANDOM))
def test_the_pytorch_script_predicts_and_learns_as_the_engine_does(
    number: int, precision: str, written: Written, default_precision: Any
) -> None:
    exportable = trained(random_experiment(number, precision), 8)
    script = runpy.run_path(str(written("pytorch", exportable)))
    assert told(script, exportable) <= (1e-5 if precision == "float32" else 1e-12)
    default_precision.set_default_dtype(default_precision.float64)
    _, history = script["train"]()
    engine = exportable.repeated(8)
    losses = [[row.train_loss, row.validation_loss] for row in history]
    np.testing.assert_allclose(losses, np.transpose(engine[3:5]), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "chosen",
    [
        {"training": {"early_stopping": {"watch": "validation_accuracy", "patience": 2}, "learning_rate": 0.1}},
        {"training": {"early_stopping": {"patience": 1, "restore": False}, "learning_rate": 0.5}},
        {"data": {"kind": "plane"}, "training": {"early_stopping": {"watch": "validation_accuracy", "patience": 1}}},
        {"data": {"kind": "blobs", "classes": 3}, "training": {"early_stopping": {"watch": "validation_accuracy"}}},
        {"training": {"schedule": {"kind": "cosine", "period": 2, "multiplier": 2, "min_lr": 1e-4, "warmup": 7}}},
        {
            "training": {
                "schedule": {"kind": "plateau", "patience": 0, "factor": 0.5, "warmup": 3},
                "learning_rate": 0.3,
            }
        },
        {"training": {"schedule": {"kind": "one_cycle", "epochs": 4, "pct_start": 0}}},
        {"training": {"optimizer": {"kind": "momentum", "momentum": 0, "nesterov": True}}},
        {"loss": {"kind": "huber", "delta": 0.3}, "training": {"batch_size": 0, "batching": "carry"}},
    ],
)
def test_the_pytorch_script_schedules_and_stops_as_the_engine_does(
    chosen: dict[str, Any], written: Written, default_precision: Any
) -> None:
    chosen["data"] = {"kind": "spiral", "points": 60, "noise": 0.2, **chosen.get("data", {})}
    layers = [{"units": 6, "activation": "tanh"}, {"units": 6, "activation": "sine", "dropout": 0.1}]
    exportable = trained(made(**chosen, layers=layers, precision="float64"), 20)
    _, history = runpy.run_path(str(written("pytorch", exportable)))["train"]()
    losses = [[row.train_loss, row.validation_loss] for row in history]
    np.testing.assert_allclose(losses, np.transpose(exportable.history[3:5]), rtol=1e-8, atol=1e-8)


def test_the_pytorch_script_ends_with_the_trained_weights(written: Written, default_precision: Any) -> None:
    trainer = Trainer(made(layers=[{"units": 4, "activation": "tanh"}], precision="float64"), engine="reference")
    trainer.advance(steps=5)
    exportable = Exportable.of(trainer)
    script = runpy.run_path(str(written("pytorch", exportable)))
    network, _ = script["train"]()
    np.testing.assert_allclose(network.layer1.weight.detach().numpy(), exportable.parameters["W0"], atol=1e-12)


def test_the_pytorch_script_is_proven_with_its_curve(exportable: Exportable, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    proven = export(FORMATS["pytorch"], exportable, tmp_path / "net.py")
    assert proven is not None and proven.holds and proven.curve is not None
    assert (proven.curve.epochs, proven.curve.agrees_until) == (3, 3)
    assert proven.curve.largest_difference == proven.curve.in_float64 <= 1e-12
    assert "Training was repeated for 3 epochs" in proven.words


def test_a_script_that_learns_otherwise_fails_its_proof(exportable: Exportable, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    right = FORMATS["pytorch"].content
    wrong = replace(
        FORMATS["pytorch"],
        content=lambda *arguments: right(*arguments).replace(b"learning_rate(0.01,", b"learning_rate(0.02,"),
    )
    with pytest.raises(NotProvenError, match="up to epoch 0, by less than 1e-05"):
        export(wrong, exportable, tmp_path / "net.py")


# The command line -----------------------------------------------------------------------------------------------


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """No optional library is installed."""
    monkeypatch.setattr(formats, "find_spec", lambda name: find_spec(name) if name == "pip" else None)


def test_export_trains_writes_and_says_how_near_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    arguments = ["export", "xor", "--to", "numpy", "--out", str(file), "--epochs", "2", "--engine", "reference"]
    assert main(arguments) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Wrote {file} after 2 epochs."
    assert said[1].startswith("Checked on 1,125 points: ")
    trainer = Trainer(load(preset_paths()["xor"]), engine="reference")
    trainer.advance(epochs=2)
    assert told(runpy.run_path(str(file)), Exportable.of(trainer)) <= 1e-6


def test_export_without_epochs_writes_the_weights_it_is_given(tmp_path: Path, trainer: Trainer) -> None:
    trainer.advance(epochs=1)
    save(trainer.experiment, tmp_path / "e.json")
    save_weights(tmp_path / "w.npz", trainer.parameters())
    arguments = ["export", str(tmp_path / "e.json"), "--init", str(tmp_path / "w.npz"), "--engine", "reference"]
    assert main([*arguments, "--to", "weights", "--out", str(tmp_path / "out.npz")]) == 0
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "w.npz").read_bytes()
    assert main([*arguments, "--to", "experiment", "--out", str(tmp_path / "out.json")]) == 0
    assert load(tmp_path / "out.json") == trainer.experiment


def test_the_command_line_makes_an_animation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.gif"
    arguments = ["--to", "gif", "--out", str(out), "--engine", "reference"]
    assert main(["export", "xor", *arguments, "--epochs", "6"]) == 0
    with Image.open(out) as picture:
        assert picture.n_frames == 6 + 1
    assert f"{picture.n_frames} frames up to epoch 6" in capsys.readouterr().out

    trainer = Trainer(load_preset("xor"), initial={"b0": np.full(4, 0.5)}, engine="reference")
    trainer.advance(epochs=3)
    save_document(tmp_path / "mine.playground", trainer.document())
    assert main(["export", str(tmp_path / "mine.playground"), *arguments]) == 0
    assert "4 frames up to epoch 3" in capsys.readouterr().out
    assert main(["export", "xor", *arguments, "--epochs", "100000000"]) == 2
    assert "epochs" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "missing"), [("onnx", "onnx and onnxruntime"), ("pytorch", "torch")])
def test_a_missing_library_is_named_with_what_to_install(
    kind: str, missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], without_libraries: None
) -> None:
    assert main(["export", "xor", "--to", kind, "--out", str(tmp_path / "net"), "--epochs", "1"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"needs {missing}, which" in captured.err
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    libraries = " ".join(f'"{line}"' for line in project["optional-dependencies"][kind])
    assert f'"{sys.executable}" -m pip install {libraries}\n' in captured.err
    assert captured.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_what_to_install_works_without_pip_and_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_installed(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    monkeypatch.setattr(formats, "requires", not_installed)
    assert FORMATS["onnx"].remedy == f'uv pip install --python "{sys.executable}" "onnx" "onnxruntime"'


def test_a_pytorch_script_can_be_written_unproven_without_pytorch(tmp_path: Path, without_libraries: None) -> None:
    file = tmp_path / "net.py"
    arguments = ["export", "xor", "--to", "pytorch", "--out", str(file), "--epochs", "1", "--engine", "reference"]
    assert main([*arguments, "--no-proof"]) == 0
    assert "class Network(nn.Module):" in file.read_text("utf-8")
    with pytest.raises(MissingLibraryError):
        export(FORMATS["pytorch"], Exportable.of(Trainer(made(), engine="reference")), file)


def test_a_failed_proof_ends_with_1_and_the_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = replace(FORMATS["numpy"], prove=lambda path, exportable, cancelled: proof.Proof(0.25, 10))
    monkeypatch.setitem(FORMATS, "numpy", failed)
    arguments = ["export", "xor", "--to", "numpy", "--out", str(tmp_path / "net.py"), "--epochs", "0"]
    assert main([*arguments, "--engine", "reference", "--anyway"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "predictions differ by 2.5e-01" in captured.err and "Nothing was written." in captured.err
    assert not list(tmp_path.iterdir())


def test_bad_input_is_refused_before_anything_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "xor", "--to", "numpy", "--out", str(tmp_path / "no" / "net.py"), "--epochs", "9"]) == 2
    assert "--out" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["export", "xor", "--to", "cobol", "--out", str(tmp_path / "net")])
    assert ended.value.code == 2
    assert "cobol" in capsys.readouterr().err


def test_help_lists_all_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    said = capsys.readouterr().out
    for one in FORMATS.values():
        assert f"  {one.name} " in said and one.title in said


def test_extras_of_the_formats_are_declared() -> None:
    project = tomllib.loads((RESOURCES.parent / "pyproject.toml").read_text("utf-8"))["project"]
    for one in FORMATS.values():
        if one.extra:
            declared = " ".join(project["optional-dependencies"][one.extra])
            assert all(library in declared for library in (*one.to_write, *one.to_prove))


def test_a_preset_as_an_experiment_file_is_the_preset(tmp_path: Path) -> None:
    assert main(["export", "xor", "--to", "experiment", "--out", str(tmp_path / "e"), "--engine", "reference"]) == 0
    assert load(tmp_path / "e") == load(preset_paths()["xor"])


def test_of_a_document_its_own_training_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = Trainer(load_preset("xor"), engine="reference")
    trainer.advance(epochs=3)
    save_document(tmp_path / "mine.playground", trainer.document())
    arguments = ["export", str(tmp_path / "mine.playground"), "--to", "weights", "--out", str(tmp_path / "mine.npz")]
    assert main(arguments) == 0
    assert "after 3 epochs" in capsys.readouterr().out
    np.testing.assert_array_equal(load_weights(tmp_path / "mine.npz")["W0"], trainer.parameters()["W0"])
