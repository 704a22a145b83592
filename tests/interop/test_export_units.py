"""Exports take and give the data's own units: raw columns of a table to its class names, or values as they stand in it.

With `make truth` PyTorch, ONNX and its runtime are there too.
"""

from __future__ import annotations

import ast
import csv
import json
import runpy
from collections.abc import Iterator
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.choice import Array
from playground.cli.commands import main
from playground.engine import reference
from playground.experiment.rules import convert
from playground.interop.export import proof
from playground.interop.export.exportable import Exportable
from playground.interop.export.formats import FORMATS, NotProvenError, UnfinishedError, export
from playground.interop.opening import load_preset, own_title

TASKS = ["classification", "regression"]
HOSTILE_AXES = [
    ('x"""\nos.abort()\n"""', "\\"),
    ("P", "np"),
    ("lambda", "None"),
    ("predict", "predict "),
    ("a b", "a-b"),
    ("__debug__", "x1"),
    ("²", "日本"),
]


@pytest.fixture
def default_precision() -> Iterator[Any]:
    """PyTorch, whose precision a script may change."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    yield torch
    torch.set_default_dtype(before)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of flats in units far from those of the plane: a rare class, and prices of six digits."""
    random = np.random.default_rng(0)
    rows = [["area m²", "built", "district", "price"]]
    for _ in range(120):
        area, built = round(random.uniform(20, 180), 1), int(random.integers(1890, 2024))
        district = "Außen" if area + 0.3 * (built - 1890) > 165 else "mitte, alt"
        rows.append(
            [repr(area), str(built), district, f"{2500 * area + 300 * (built - 1890) + random.normal(0, 5000):.2f}"]
        )
    path = tmp_path / "flats.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def flats(table: Path, task: str, **more: Any) -> Experiment:
    target = "district" if task == "classification" else "price"
    data = {"kind": "table", "path": str(table), "x1": "area m²", "x2": "built", "target": target}
    more["training"] = {"learning_rate": 0.1, **more.get("training", {})}
    return convert({"version": 2, "data": data, "layers": [{"units": 4}], **more})


def trained(experiment: Experiment, epochs: int = 30) -> Exportable:
    trainer = Trainer(experiment)
    trainer.advance(epochs=epochs)
    return Exportable.of(trainer)


def raw_rows(table: Path, target: str) -> tuple[Array, Array]:
    """Both axes and the target as Python's own reader gives them."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row["area m²"]), float(row["built"])] for row in rows]), np.array(
        [row[target] for row in rows]
    )


def reported(exportable: Exportable) -> float:
    """What training reports of all rows: the accuracy, or R² about the mean of all."""
    trainer_says = exportable.predictions(exportable.sample.own_x)
    if exportable.sample.task == "classification":
        shares = exportable.evaluation
        counts = np.bincount(exportable.sample.split)
        assert shares.train_accuracy is not None and shares.validation_accuracy is not None
        return float((shares.train_accuracy * counts[0] + shares.validation_accuracy * counts[1]) / counts.sum())
    labels = exportable.sample.labels
    return float(1 - np.sum((labels - trainer_says[:, 0]) ** 2) / np.sum((labels - labels.mean()) ** 2))


def reached(said: Array, answers: Array, task: str) -> float:
    """The accuracy of class names, or R² of values, against the cells of the table."""
    if task == "classification":
        return float(np.mean(said == answers))
    values = answers.astype(float)
    return float(1 - np.sum((values - np.ravel(said)) ** 2) / np.sum((values - values.mean()) ** 2))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["numpy", "pytorch"])
def test_a_script_is_as_good_on_raw_rows_as_training_reports(
    kind: str, task: str, precision: str, table: Path, tmp_path: Path, default_precision: Any
) -> None:
    exportable = trained(flats(table, task, precision=precision))
    (tmp_path / "net.py").write_bytes(FORMATS[kind].content(exportable, tmp_path / "net.py"))
    script = runpy.run_path(str(tmp_path / "net.py"))
    x, answers = raw_rows(table, script["TARGET"])
    said = script["classify" if task == "classification" else "predict"](x[:, 0], x[:, 1])
    assert reached(said, answers, task) == pytest.approx(reported(exportable), abs=1e-6)
    assert reached(said, answers, task) > 0.8
    assert script["AXES"] == ("area m²", "built")
    assert list(signature(script["predict"]).parameters) == ["area_m2", "built"]
    assert (
        'area_m2 is the column "area m²" of the data and built is "built", both in their own units.'
        in script["__doc__"]
    )
    assert script["NAME"] == "flats"
    if task == "classification":
        assert script["CLASS_NAMES"] == ("Außen", "mitte, alt")


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
def test_an_onnx_model_takes_named_raw_columns_and_gives_names_and_values(
    task: str, precision: str, table: Path, tmp_path: Path
) -> None:
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    exportable = trained(flats(table, task, precision=precision))
    (tmp_path / "net.onnx").write_bytes(FORMATS["onnx"].content(exportable, tmp_path / "net.onnx"))
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    assert [(one.name, one.type, one.shape) for one in session.get_inputs()] == [
        ("area m²", "tensor(float)", ["points", 1]),
        ("built", "tensor(float)", ["points", 1]),
    ]
    x, answers = raw_rows(table, "district" if task == "classification" else "price")
    said = session.run(None, {"area m²": x[:, :1].astype(np.float32), "built": x[:, 1:].astype(np.float32)})
    assert reached(said[0], answers, task) == pytest.approx(reported(exportable), abs=1e-6)
    one = session.run(None, {"area m²": np.float32([[50]]), "built": np.float32([[1950]])})
    assert len(one[0]) == 1
    words = {one.key: one.value for one in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert json.loads(words["axes"]) == ["area m²", "built"]
    assert words["name"] == "flats"
    if task == "classification":
        assert [entry.name for entry in session.get_outputs()] == ["class", "probabilities"]
        assert json.loads(words["classes"]) == ["Außen", "mitte, alt"]
        assert said[1].shape == (120, 2) and said[1].dtype == np.float32
    else:
        assert words["target"] == "price"


@pytest.mark.parametrize("axes", HOSTILE_AXES)
@pytest.mark.parametrize("kind", ["numpy", "pytorch"])
def test_names_of_columns_are_text_in_a_script_and_nothing_else(
    kind: str, axes: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[*axes, "c"], *([x, x * x % 7, "ab"[x % 2]] for x in range(20))])
    data = {"kind": "table", "path": str(path), "x1": axes[0], "x2": axes[1], "target": "c"}
    exportable = Exportable.of(Trainer(convert({"version": 2, "data": data, "layers": [{"units": 2}]})))
    text = FORMATS[kind].content(exportable, path).decode()
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert "predict" in names and not [line for line in text.splitlines() if line.strip() == "os.abort()"]
    if kind == "numpy":
        (tmp_path / "net.py").write_text(text, "utf-8")
        script = runpy.run_path(str(tmp_path / "net.py"))
        assert script["AXES"] == exportable.sample.axis_names
        assert script["predict"](*exportable.sample.own_x.T).shape == (20,)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["numpy", "pytorch", "onnx"])
def test_the_proof_says_how_good_the_file_is_on_the_tables_rows(
    kind: str, task: str, table: Path, tmp_path: Path
) -> None:
    for library in (*FORMATS[kind].to_write, *FORMATS[kind].to_prove):
        pytest.importorskip(library)
    exportable = trained(flats(table, task))
    proven = export(FORMATS[kind], exportable, tmp_path / "net")
    assert proven is not None
    told = {"training": exportable.evaluation.train_accuracy, "validation": exportable.evaluation.validation_accuracy}
    assert {score.part: score.reported for score in proven.scores} == told
    assert sum(score.rows for score in proven.scores) == 120
    assert proven.words.count("as training reports") == 2


def test_a_file_that_is_not_as_good_as_reported_fails_its_proof() -> None:
    score = proof._Score("validation", 60, 0.9, 0.95, 0.0)
    proven = proof.Proof(0.0, 60, scores=(score,))
    assert not proven.holds
    assert "0.9000, but training reports 0.9500" in proven.words


def steep(size: float, precision: str) -> Exportable:
    """A network so steep that the rounding of float32 shows in what it says."""
    layers = [{"units": 8, "activation": "sine"}] * 3
    data = {"kind": "plane", "points": 60}
    trainer = Trainer(convert({"version": 2, "data": data, "layers": layers, "precision": precision}))
    trainer.set_parameters({name: size * values for name, values in trainer.parameters().items() if name[0] == "W"})
    return Exportable.of(trainer)


def test_rounding_that_a_network_magnifies_is_no_fault_of_its_onnx_model(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    proven = export(FORMATS["onnx"], steep(6, "float64"), tmp_path / "net.onnx", anyway=True)
    assert proven is not None and 1e-5 < proven.largest_difference <= proven.allowed == 4 * proven.rounding < 1e-2
    assert "float32, in which the file computes, rounds this network's predictions by" in proven.words


def test_a_model_further_off_than_rounding_explains_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    other = steep(6.01, "float64")
    wrong = replace(FORMATS["onnx"], content=lambda _, path: FORMATS["onnx"].content(other, path))
    with pytest.raises(NotProvenError, match=r"more than the .* that is allowed. float32, in which the file computes"):
        export(wrong, steep(6, "float64"), tmp_path / "net.onnx", anyway=True)


def test_what_is_exported_is_evaluated_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(convert({"version": 2, "data": {"kind": "circle", "points": 30}, "layers": [{"units": 2}]}))
    trainer.advance(epochs=2)
    before = trainer.evaluate()
    with monkeypatch.context() as patch:
        patch.setattr(reference, "outputs", None)
        patch.setattr(Trainer, "evaluate", None)
        exportable = Exportable.of(trainer)
    trainer.advance(epochs=2)
    np.testing.assert_allclose(exportable.evaluation.numbers, before.numbers, rtol=1e-6)
    assert exportable.repeatable


def test_an_axis_with_one_value_only_is_no_division_by_zero(tmp_path: Path) -> None:
    (tmp_path / "flat.csv").write_text("a,b,c\n" + "".join(f"{k},7,{'xy'[k > 4]}\n" for k in range(10)))
    data = {"kind": "table", "path": str(tmp_path / "flat.csv"), "x1": "a", "x2": "b", "target": "c"}
    proven = export(FORMATS["numpy"], trained(convert({"version": 2, "data": data})), tmp_path / "net.py")
    assert proven is not None and proven.holds


# Points -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_points_of_a_table_are_written_as_they_stand_in_it(task: str, table: Path, tmp_path: Path) -> None:
    export(FORMATS["points"], trained(flats(table, task)), tmp_path / "points.csv")
    target = "district" if task == "classification" else "price"
    x, answers = raw_rows(table, target)
    with (tmp_path / "points.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["area m²", "built", target, "split"]
    if task == "regression":
        answers = np.array([repr(float(answer)) for answer in answers])
    written = sorted((float(row["area m²"]), float(row["built"]), row[target]) for row in rows)
    assert written == sorted((*place, answer) for place, answer in zip(x.tolist(), answers.tolist(), strict=True))


# Training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ("classification", {"loss": {"kind": "cross_entropy", "class_weights": "balanced"}}),
        ("classification", {"loss": {"kind": "squared_error", "class_weights": "balanced"}}),
        ("regression", {}),
        ("regression", {"training": {"early_stopping": {"watch": "validation_accuracy", "patience": 2}}}),
    ],
)
def test_the_pytorch_script_learns_with_class_weights_and_scaled_targets(
    task: str, more: dict[str, Any], table: Path, tmp_path: Path, default_precision: Any
) -> None:
    exportable = trained(flats(table, task, precision="float64", **more), 10)
    (tmp_path / "net.py").write_bytes(FORMATS["pytorch"].content(exportable, tmp_path / "net.py"))
    script = runpy.run_path(str(tmp_path / "net.py"))
    assert ("CLASS_WEIGHTS" in script) == ("loss" in more)
    _, history = script["train"]()
    losses = [[row.train_loss, row.validation_loss] for row in history]
    np.testing.assert_allclose(losses, np.transpose(exportable.history[3:5]), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("epochs", [6, 200])
def test_the_pytorch_script_ends_with_the_best_weights_as_the_engine_does(
    epochs: int, table: Path, tmp_path: Path, default_precision: Any
) -> None:
    stopping = {"patience": 5, "min_delta": 0}
    training = {"early_stopping": stopping, "epochs": epochs, "learning_rate": 0.3}
    exportable = trained(flats(table, "classification", precision="float64", training=training), 300)
    assert exportable.status == ("completed" if epochs == 6 else "stopped_early")
    (tmp_path / "net.py").write_bytes(FORMATS["pytorch"].content(exportable, tmp_path / "net.py"))
    network, history = runpy.run_path(str(tmp_path / "net.py"))["train"]()
    best = min(row.validation_loss for row in history)
    assert exportable.evaluation.validation_loss == pytest.approx(best)
    np.testing.assert_allclose(network.layer1.weight.detach().numpy(), exportable.parameters["W0"], atol=1e-9)


def test_an_epoch_whose_score_has_no_meaning_is_not_counted_as_bad(tmp_path: Path, default_precision: Any) -> None:
    points = {"kind": "points", "x1": [0, 1, 2], "x2": [0, 1, 3], "target": [0, 1, 2], "task": "regression"}
    data = {**points, "train": [True, True, False]}
    training = {"early_stopping": {"watch": "validation_accuracy", "patience": 1}}
    exportable = trained(convert({"version": 2, "data": data, "training": training, "precision": "float64"}), 6)
    (tmp_path / "net.py").write_bytes(FORMATS["pytorch"].content(exportable, tmp_path / "net.py"))
    _, history = runpy.run_path(str(tmp_path / "net.py"))["train"]()
    assert len(history) == len(exportable.history.epoch) == 7


# What a file looks like -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["numpy", "pytorch"])
def test_few_weights_are_numbers_and_many_are_packed(kind: str, tmp_path: Path) -> None:
    def text(units: int) -> str:
        experiment = convert({"version": 2, "data": {"kind": "circle", "points": 30}, "layers": [{"units": units}]})
        return FORMATS[kind].content(trained(experiment, 2), tmp_path).decode()

    assert "base64" not in text(8) and "read(" not in text(8)
    assert "base64" in text(200)
    assert '"W0"' in text(8) or "'W0'" in text(8) or "'layer1.weight'" in text(8)


def test_numbers_in_a_script_are_exact_to_the_last_bit(tmp_path: Path) -> None:
    exportable = trained(convert({"version": 2, "data": {"kind": "circle", "points": 30}, "layers": [{"units": 8}]}), 2)
    (tmp_path / "net.py").write_bytes(FORMATS["numpy"].content(exportable, tmp_path / "net.py"))
    numbers = runpy.run_path(str(tmp_path / "net.py"))["P"]
    assert numbers.keys() == exportable.parameters.keys()
    for name, values in exportable.parameters.items():
        assert numbers[name].dtype == values.dtype and np.array_equal(numbers[name], values)


def test_a_presets_title_is_not_kept_for_other_data(table: Path) -> None:
    preset = load_preset("spiral")
    assert own_title(preset) == preset.name
    assert own_title(flats(table, "classification", name=preset.name)) == "flats"
    assert own_title(flats(table, "classification", name="Mine")) == "Mine"
    assert own_title(convert({"version": 2, "name": preset.name, "data": "moons"})) == "Moons"


# Untrained and diverged -------------------------------------------------------------------------------------------


def test_an_untrained_network_is_exported_only_when_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net.py"
    arguments = ["export", "xor", "--to", "numpy", "--out", str(out), "--engine", "reference"]
    assert main(arguments) == main([*arguments, "--epochs", "0"]) == 2
    assert "--anyway" in capsys.readouterr().err and not out.exists()
    assert main([*arguments, "--anyway"]) == 0
    assert out.exists()
    assert main(["export", "xor", "--to", "points", "--out", str(tmp_path / "p.csv"), "--engine", "reference"]) == 0


def test_a_diverged_network_is_exported_only_when_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net.py"
    arguments = ["export", "plane", "--to", "numpy", "--out", str(out), "--engine", "reference", "--epochs", "200"]
    arguments += ["--set", "training.optimizer=sgd", "--set", "training.learning_rate=1e6"]
    assert main(arguments) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "diverged" in said and "--anyway" in said and not out.exists()
    main([*arguments, "--anyway", "--no-proof"])
    assert out.exists()


def test_the_core_refuses_an_untrained_network_too(tmp_path: Path) -> None:
    exportable = Exportable.of(Trainer(load_preset("xor")))
    with pytest.raises(UnfinishedError, match="not been trained"):
        export(FORMATS["weights"], exportable, tmp_path / "net.npz")
    export(FORMATS["weights"], exportable, tmp_path / "net.npz", anyway=True)
    assert (tmp_path / "net.npz").exists()
