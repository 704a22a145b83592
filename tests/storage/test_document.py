"""Documents: a training that is saved, opened and gone on with equals one that never stopped, bit for bit."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from numpy.testing import assert_array_equal

from playground import Document, Experiment, InputError, Layer, Trainer, load, save
from playground.catalog.activations import Tanh
from playground.catalog.datasets import table
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Spiral
from playground.catalog.losses import SquaredError
from playground.catalog.normalizations import BatchNormalization
from playground.catalog.optimizers import RmsProp
from playground.cli.commands import main
from playground.engine.engine import EngineName
from playground.experiment.difference import only_learning_differs
from playground.experiment.paths import with_value
from playground.experiment.rules import convert
from playground.experiment.tree import EarlyStopping
from playground.files.atomic import PART, temporary_prefix, this_computer
from playground.measure.changes import Break, WeightEdit
from playground.run import health
from playground.run.replay import replay_to
from playground.run.run import HEALTHY, PRESENT, resume
from playground.run.timeline import Timeline
from playground.storage.document import (
    DOCUMENT_VERSION,
    MAGIC,
    document_bytes,
    document_from_bytes,
    load_document,
    read_payload,
    save_document,
)
from playground.studies.race import Race
from tests.engine.random_experiments import random_experiment
from tests.run.test_twin import assert_same

DOCUMENTS = Path(__file__).parent / "documents"
EVERYTHING = {
    "version": 1,
    "precision": "float64",
    "data": {"kind": "moons", "points": 83, "noise": 0.3},
    "layers": [
        {"units": 7, "activation": "tanh", "normalization": "batch", "dropout": 0.1},
        {"units": 5, "activation": "relu", "regularizer": {"kind": "l1", "strength": 0.003, "prune": True}},
    ],
    "regularizer": {"kind": "l1", "strength": 0.001, "prune": True},
    "training": {
        "optimizer": "nadam",
        "learning_rate": 0.03,
        "schedule": {"kind": "plateau", "patience": 1, "threshold": 0.01},
        "batch_size": 7,
        "batching": "carry",
        "weight_noise": 0.001,
        "early_stopping": {"patience": 6},
    },
}
"""All that has a memory, in one experiment."""


def saved_and_opened(trainer: Trainer, path: Path, engine: EngineName = "reference") -> Trainer:
    """Another trainer that goes on from a file of this one."""
    save_document(path, trainer.document())
    document = load_document(path)
    return Trainer.of(resume(document), engine)


def assert_equal_trainings(a: Trainer, b: Trainer) -> None:
    """Every number that training has made is the same in both."""
    one, other = msgspec.to_builtins(state_of(a)), msgspec.to_builtins(state_of(b))
    assert one == other
    for name in ("parameters", "gradient", "update", "slots", "carried", "pruned", "rate_factors"):
        assert_array_equal(getattr(a.state, name), getattr(b.state, name), err_msg=name)
    assert_same_rows(a.history, b.history, but_last=True)
    assert_same_rows(a.run.record.gradients, b.run.record.gradients)
    assert (a.status, a.run.record.problem) == (b.status, b.run.record.problem)
    assert str(a.evaluation) == str(b.evaluation)
    assert [change[:2] for change in a.run.record.changes] == [change[:2] for change in b.run.record.changes]
    assert a.run.record.engine_changes == b.run.record.engine_changes


def state_of(trainer: Trainer) -> dict[str, Any]:
    state = trainer.state
    best = state.stopping.parameters
    return {
        "counts": [state.optimizer_steps, state.step, state.epoch, state.position, state.carried_points, state.seed],
        "plateau": repr(state.plateau),
        "stopping": repr(state.stopping._replace(parameters=None)),
        "best": None if best is None else best.tobytes().hex(),
    }


def assert_same_rows(a: Timeline, b: Timeline, but_last: bool = False) -> None:
    """Two timelines are the same; the last column may differ where it is time that went by."""
    stop = -1 if but_last else None
    assert_array_equal(a.view()[:, :stop], b.view()[:, :stop])
    assert (a.count, a.total, a.run, a.most) == (b.count, b.total, b.run, b.most)
    assert_array_equal(a.thinned, b.thinned)


ENGINES: tuple[EngineName, ...] = ("reference", "compiled")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("steps", [0, 1, 30, 77, 160])
def test_going_on_equals_never_having_stopped_with_all_that_has_a_memory(
    tmp_path: Path, engine: EngineName, steps: int
) -> None:
    trainer = Trainer(convert(EVERYTHING), engine=engine)
    trainer.advance(steps=steps)
    other = saved_and_opened(trainer, tmp_path / "mine.playground", engine)
    assert_equal_trainings(trainer, other)
    trainer.advance(steps=40)
    other.advance(steps=40)
    assert_equal_trainings(trainer, other)
    trainer.advance(epochs=200)
    other.advance(epochs=200)
    assert trainer.status == "stopped_early"
    assert_equal_trainings(trainer, other)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("number", range(25))
def test_random_trainings_go_on_as_if_never_stopped(tmp_path: Path, engine: EngineName, number: int) -> None:
    experiment = random_experiment(number, "float32" if number % 2 else "float64")
    trainer = Trainer(experiment, engine=engine)
    trainer.advance(steps=11 + number)
    other = saved_and_opened(trainer, tmp_path / "mine.playground", engine)
    assert_equal_trainings(trainer, other)
    trainer.advance(steps=37)
    other.advance(steps=37)
    assert_equal_trainings(trainer, other)


def test_a_thinned_history_goes_on_as_well(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(), history_rows=64, engine="reference")
    trainer.advance(epochs=150)
    other = saved_and_opened(trainer, tmp_path / "mine.playground")
    trainer.advance(epochs=100)
    other.advance(epochs=100)
    assert trainer.history.run > 1
    assert_equal_trainings(trainer, other)


def test_weights_that_were_given_are_those_that_reset_returns_to(tmp_path: Path) -> None:
    given = {"W0": np.array([[0.25, -0.5]]), "b0": np.array([0.125])}
    trainer = Trainer(Experiment(), initial=given, engine="reference")
    trainer.advance(epochs=3)
    other = saved_and_opened(trainer, tmp_path / "mine.playground")
    other.reset()
    assert_array_equal(other.parameters()["W0"], given["W0"])


def test_weights_that_have_no_place_any_more_do_not_keep_a_training_from_starting_afresh(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(), engine="reference")
    given = {"W0": np.array([[1e300, 1.0]]), "b0": np.array([0.5]), "W7": np.array([1.0])}
    save_document(tmp_path / "mine.playground", trainer.document()._replace(initial=given))
    other = Trainer.of(resume(load_document(tmp_path / "mine.playground")))
    other.reset()
    assert_array_equal(other.parameters()["W0"], trainer.parameters()["W0"])
    assert other.parameters()["b0"] == 0.5


def test_layers_without_a_name_get_the_same_one_at_every_moment() -> None:
    trainer = Trainer(
        convert({"version": 1, "layers": [{"units": 3}, {"units": 2, "id": "A"}, {"units": 4}]}), engine="reference"
    )
    trainer.advance(epochs=3)
    document = trainer.document().named()
    assert HEALTHY in document.checkpoints
    for checkpoint in document.checkpoints.values():
        assert [layer.id for layer in checkpoint.experiment.layers] == ["B", "A", "C"]


def test_a_history_without_bounds_is_bounded_where_it_is_gone_on_with(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.advance(epochs=400)
    bounded = Trainer.of(resume(trainer.document(), rows=100))
    rows = bounded.history.view()
    assert trainer.history.count == 401 and 50 <= len(rows) <= 100
    assert_array_equal(rows[[0, -1]], trainer.history.view()[[0, -1]])
    assert_array_equal(np.nanmin(rows, axis=0), np.nanmin(trainer.history.view(), axis=0))


def diverged() -> Trainer:
    hills = {"version": 1, "data": "hills", "layers": [{"units": 8}], "training": {"optimizer": "sgd"}}
    trainer = Trainer(convert(hills), engine="reference")
    trainer.advance(epochs=3)
    trainer.configure(convert({**hills, "training": {"optimizer": "sgd", "learning_rate": 1000}}))
    trainer.advance(epochs=500)
    assert trainer.status == "diverged"
    return trainer


def test_after_a_divergence_there_is_still_a_way_back(tmp_path: Path) -> None:
    trainer = diverged()
    healthy = trainer.run.record.health.moment
    assert healthy is not None
    other = saved_and_opened(trainer, tmp_path / "mine.playground")
    assert other.snapshot().problem == trainer.snapshot().problem
    other.clear_outcome()
    assert_array_equal(other.state.parameters, healthy.state.parameters)


def test_a_document_holds_more_than_one_moment(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(), engine="reference")
    earlier = trainer.checkpoint()
    trainer.advance(epochs=5)
    document = trainer.document()
    document = document._replace(checkpoints={**document.checkpoints, "epoch 0": earlier})
    save_document(tmp_path / "mine.playground", document)
    read = load_document(tmp_path / "mine.playground")
    assert set(read.checkpoints) == {PRESENT, HEALTHY, "epoch 0"}
    assert_array_equal(read.checkpoints["epoch 0"].state.parameters, earlier.state.parameters)


def test_the_weights_that_training_began_with_are_kept(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.set_parameters({"b0": np.array([0.75])})
    trainer.advance(epochs=2)
    other = saved_and_opened(trainer, tmp_path / "mine.playground")
    assert trainer.run.record.started_from is not None and other.run.record.started_from is not None
    assert trainer.run.record.started_from[-1] == 0.75
    assert_array_equal(other.run.record.started_from, trainer.run.record.started_from)


def test_a_document_can_be_opened_after_another_precision_was_chosen(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.advance(epochs=2)
    as_it_began = trainer.run.record.started_from
    assert as_it_began is not None
    trainer.configure(with_value(trainer.experiment, "precision", "float64"))
    other = saved_and_opened(trainer, tmp_path / "mine.playground")
    started_from = other.run.record.started_from
    assert started_from is not None and started_from.dtype == np.float64
    assert_array_equal(started_from, as_it_began)
    # As older programs wrote it.
    document = trainer.document()._replace(started_from=as_it_began)
    assert_array_equal(document_from_bytes(document_bytes(document), "mine").started_from, started_from)


def test_weights_of_any_kind_to_start_from_can_be_saved(tmp_path: Path) -> None:
    trainer = Trainer(
        Experiment(), initial={"W0": np.array([[1, -2]], np.int32), "b0": np.zeros(1, np.float16)}, engine="reference"
    )
    other = saved_and_opened(trainer, tmp_path / "mine.playground")
    other.reset()
    assert_array_equal(other.parameters()["W0"], [[1, -2]])


def test_a_diverged_moment_among_others_keeps_its_way_back(tmp_path: Path) -> None:
    trainer = diverged()
    document = Trainer(Experiment(), engine="reference").document()
    moment = trainer.checkpoint()
    save_document(
        tmp_path / "mine.playground", document._replace(checkpoints={**document.checkpoints, "diverged": moment})
    )
    read = load_document(tmp_path / "mine.playground").checkpoints["diverged"]
    assert moment.way_back is not None and read.way_back is not None
    assert read.way_back.experiment == moment.way_back.experiment
    assert_array_equal(read.way_back.state.parameters, moment.way_back.state.parameters)


# Own points ---------------------------------------------------------------------------------------------------------


def own_experiment(count: int) -> Experiment:
    random = np.random.default_rng(0)
    x1, x2 = (tuple(random.normal(size=count).tolist()) for _ in range(2))
    target, mark = tuple(random.integers(0, 3, count).astype(float).tolist()), random.random(count)
    train, test = tuple((mark < 0.5).tolist()), tuple((mark > 0.8).tolist())
    own = UserPoints(x1=x1, x2=x2, target=target, train=train, test=test, class_names=("red", "grün"), seed=7)
    return Experiment(data=own)


def test_own_points_are_the_very_same_and_stand_once_in_a_file(tmp_path: Path) -> None:
    trainer = Trainer(own_experiment(20_000), engine="reference")
    document = trainer.document()
    earlier = {f"branch {number}": trainer.checkpoint() for number in range(10)}
    document = document._replace(checkpoints={**document.checkpoints, **earlier})
    save_document(tmp_path / "mine.playground", document)
    assert (tmp_path / "mine.playground").stat().st_size < 20_000 * (3 * 8 + 2) * 1.1
    read = load_document(tmp_path / "mine.playground")
    assert {checkpoint.experiment for checkpoint in read.checkpoints.values()} == {trainer.experiment}


def test_moments_that_share_points_take_no_more_memory_for_them(tmp_path: Path) -> None:
    trainer = Trainer(own_experiment(20_000), engine="reference")
    peaks = []
    for moments in (1, 30):
        document = trainer.document()
        earlier = {f"branch {number}": trainer.checkpoint() for number in range(moments)}
        save_document(tmp_path / "mine.playground", document._replace(checkpoints={**document.checkpoints, **earlier}))
        tracemalloc.start()
        load_document(tmp_path / "mine.playground")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_moments_with_other_points_keep_their_own(tmp_path: Path) -> None:
    trainer = Trainer(own_experiment(5), engine="reference")
    earlier = trainer.checkpoint()
    trainer.configure(own_experiment(8))
    document = trainer.document()
    document = document._replace(checkpoints={**document.checkpoints, "earlier": earlier})
    save_document(tmp_path / "mine.playground", document)
    read = load_document(tmp_path / "mine.playground")
    assert read.checkpoints["earlier"].experiment == own_experiment(5)
    assert read.experiment == own_experiment(8)


# Tables -----------------------------------------------------------------------------------------------------------


def table_document(folder: Path) -> Document:
    rows = "".join(f"{k},{k * k % 7},{'yes' if k % 3 else 'no'}\n" for k in range(40))
    (folder / "mine.csv").write_text(f"a,b,c\n{rows}")
    table = {"kind": "table", "path": str(folder / "mine.csv"), "x1": "a", "x2": "b", "target": "c"}
    trainer = Trainer(convert({"version": 1, "data": table}), engine="reference")
    trainer.advance(epochs=2)
    return trainer.document()


def test_a_table_is_found_beside_the_document_wherever_both_went(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    save_document(here / "mine.playground", table_document(here))
    here.rename(there)
    read = load_document(there / "mine.playground")
    assert read.notes == ()
    assert read.experiment.data.path == str(there / "mine.csv")


def test_opening_a_document_draws_its_points_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = table_document(tmp_path)
    save_document(tmp_path / "mine.playground", document)
    read = load_document(tmp_path / "mine.playground")
    assert document.sample is not None
    monkeypatch.delattr("playground.engine.setup.draw_sample")
    assert_array_equal(resume(read).setup.sample.x, document.sample.x)


@pytest.mark.parametrize("change", ["gone", "other rows"])
def test_without_its_table_a_document_has_the_points_still(tmp_path: Path, change: str) -> None:
    document = table_document(tmp_path)
    save_document(tmp_path / "mine.playground", document)
    trainer = Trainer(document.experiment, engine="reference")
    if change == "gone":
        (tmp_path / "mine.csv").unlink()
    else:
        (tmp_path / "mine.csv").write_text((tmp_path / "mine.csv").read_text() + "99,99,yes\n")
    read = load_document(tmp_path / "mine.playground")
    assert len(read.notes) == 1 and "kept in the document" in read.notes[0]
    other = Trainer.of(resume(read))
    assert_array_equal(other.sample.x, trainer.sample.x)
    assert_array_equal(other.sample.labels, trainer.sample.labels)
    assert other.sample.class_names == trainer.sample.class_names
    assert other.snapshot().notes == read.notes


def test_a_table_on_another_drive_keeps_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, start: Path) -> str:
        raise ValueError(f"path is on mount 'C:', start on mount 'D:' ({path}, {start})")

    document = table_document(tmp_path)
    monkeypatch.setattr(table.os.path, "relpath", refuse)
    save_document(tmp_path / "mine.playground", document)
    save(document.experiment, tmp_path / "mine.json")
    assert load_document(tmp_path / "mine.playground").notes == ()
    assert load(tmp_path / "mine.json").data == document.experiment.data


# Documents as experiments -------------------------------------------------------------------------------------------


def test_training_from_a_document_starts_afresh(capsys: pytest.CaptureFixture[str]) -> None:
    file = DOCUMENTS / "v1-spiral.playground"
    assert main(["train", str(file), "--epochs", "2", "--engine", "reference", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    trainer = Trainer(load_document(file).experiment, engine="reference")
    trainer.advance(epochs=2)
    assert (report["epoch"], report["step"]) == (2, trainer.state.step)
    assert report["train_loss"] == trainer.evaluation.train_loss


def test_a_table_that_goes_while_training_runs_is_saved_with_the_points_that_were_trained_on(tmp_path: Path) -> None:
    document = table_document(tmp_path)
    trainer = Trainer.of(resume(document))
    (tmp_path / "mine.csv").unlink()
    save_document(tmp_path / "mine.playground", trainer.document())
    read = load_document(tmp_path / "mine.playground")
    other = Trainer.of(resume(read))
    assert_array_equal(other.sample.x, trainer.sample.x)
    assert_array_equal(other.state.parameters, trainer.state.parameters)


# What is refused --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content() -> bytes:
    trainer = Trainer(convert(EVERYTHING), engine="reference")
    trainer.advance(steps=30)
    return document_bytes(trainer.document())


TABLE = '{"version": 1, "data": {"kind": "table", "path": "t.csv", "x1": "a", "x2": "b", "target": "c"}}'


def with_checksum(payload: bytes, version: int = DOCUMENT_VERSION) -> bytes:
    return b"".join([MAGIC, str(version).encode(), b"\n", hashlib.sha256(payload).digest(), payload])


def changed(content: bytes, change: Any) -> bytes:
    """A file whose record was changed, with a checksum that fits."""
    record = msgspec.msgpack.decode(read_payload(content, "x"))
    change(record)
    return with_checksum(msgspec.msgpack.encode(record))


def test_a_changed_byte_anywhere_is_noticed(content: bytes) -> None:
    random = np.random.default_rng(0)
    for place in [*range(120), *random.integers(0, len(content), 300).tolist()]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(random.integers(8))
        with pytest.raises(InputError):
            document_from_bytes(bytes(damaged), "mine.playground")


def test_a_file_that_ends_early_is_noticed(content: bytes) -> None:
    for length in [*range(0, 120, 7), *range(120, len(content), len(content) // 50), len(content) - 1]:
        with pytest.raises(InputError):
            document_from_bytes(content[:length], "mine.playground")


def set_in(*path: str | int, value: Any) -> Any:
    def change(record: Any) -> None:
        for name in path[:-1]:
            record = record[name]
        record[path[-1]] = value

    return change


def with_points(columns: dict[str, Any], **settings: Any) -> Any:
    """Own points of these columns in the place of what the experiment has."""

    def change(record: Any) -> None:
        arrays = {name: np.array(values, dtype=float) for name, values in columns.items()}
        packed = {
            name: {"kind": "float64", "shape": list(values.shape), "data": values.tobytes()}
            for name, values in arrays.items()
        }
        record["points"] = [{"settings": json.dumps({"kind": "points", **settings}), "columns": packed}]
        record["checkpoints"]["present"]["points"] = 0

    return change


STATE = ("checkpoints", "present", "state")
PARAMETERS = (*STATE, "parameters")
NANS = np.full(200, np.nan).tobytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_in("status", value="dancing"), "status"),
        (set_in("checkpoints", value={}), "present is missing"),
        (set_in("unknown", value=1), "unknown field `unknown`"),
        (set_in(*STATE, "step", value=-1), "step"),
        (set_in(*STATE, "step", value=2**60), "step"),
        (set_in(*STATE, "gradient", value=None), "gradient"),
        (set_in(*PARAMETERS, "shape", value=[2**50]), "shape"),
        (set_in(*PARAMETERS, "shape", value=[3, 3]), "shape"),
        (set_in(*PARAMETERS, "kind", value="object"), "kind"),
        (set_in(*PARAMETERS, "kind", value="float32"), "must be float64 (got 'float32')"),
        (set_in(*PARAMETERS, "data", value=b""), "(got 0 bytes)"),
        (set_in(*STATE, "pruned", "data", value=b"\x02"), "pruned"),
        (
            set_in(*STATE, "rate_factors", value={"kind": "float64", "shape": [1], "data": bytes(8)}), "rate_factors"
        ),
        (set_in("history", "rows", "shape", value=[2**40, 8]), "history"),
        (set_in("gradients", "rows", "shape", value=[1, 1]), "gradients"),
        (set_in("history", "run", value=0), "run"),
        (set_in("history", "total", value=0), "thinned"),
        (set_in("history", "thinned", value={"kind": "int64", "shape": [], "data": bytes(8)}), "must be of shape ("),
        (set_in("engine_changes", value=[]), "engine_changes"),
        (set_in("checkpoints", "present", "experiment", value="{"), "not JSON"),
        (set_in("checkpoints", "present", "experiment", value='{"version": 1, "seed": -1}'), "present: seed"),
        (set_in("checkpoints", "present", "experiment", value='{"version": 99}'), "version"),
        (set_in("checkpoints", "present", "points", value=3), "the number of sets of points (got 3)"),
        (set_in("checkpoints", "present", "experiment", value="[1]"), "a JSON object"),
        (set_in("checkpoints", "present", "experiment", value=TABLE), "keeps the points of its table"),
        (set_in("points", value=[{"settings": "{}", "columns": {}}] * 1001), "points"),
        (with_points({"x1": [0.0, 1.0], "x2": [0.0]}), "points 0: x2 must be of shape (2,) (got (1,))"),
        (with_points({"x1": [[0.0], [1.0]], "x2": [[0.0], [1.0]]}), "points 0: x1 must be of shape (2,) (got (2, 1))"),
        (with_points({"x1": [0.0], "x2": [math.nan]}), "points 0: data.x2[0]"),
        (with_points({"x1": [0.0], "x2": [0.0]}, noise=7), "points 0 can't be read: they are not own points"),
        (with_points({"x1": [0.0], "x2": [0.0]}, task="\ud800"), "points 0"),
        (set_in(*STATE, "position", value=41), "position must be at most 40 (got 41)"),
        (set_in(*STATE, "carried_points", value=42), "carried_points must be at most 41 (got 42)"),
        (set_in(*STATE, "plateau", value=[0.0, 0, -1]), "plateau"),
        (set_in(*STATE, "stopping", value={"best": 0.0, "bad_epochs": 0, "stopped": False, "parameters":
            {"kind": "float64", "shape": [1], "data": b"12345678"}}), "best parameters"),
        (set_in("initial", value={"W0": {"kind": "float64", "shape": [200], "data": NANS}}), "NaN or infinity"),
        (set_in("initial", value={"W0": {"kind": "float32", "shape": [1], "data": b"1234"}}), "float64"),
        (set_in("started_from", "shape", value=[1]), "started_from"),
        (set_in("history", "rows", value={"kind": "float64", "shape": [1, 8], "data": NANS[:64]}), "never fall"),
        (set_in("history", "rows", value={"kind": "float64", "shape": [2, 8], "data":
            np.array([[5.0] * 8, [4.0] * 8]).tobytes()}), "epoch must be made of finite numbers that never fall"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place(content: bytes, change: Any, words: str) -> None:
    with pytest.raises(InputError, match=r"^mine\.playground") as refused:
        document_from_bytes(changed(content, change), "mine.playground")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_numbers_that_are_none_are_refused(content: bytes) -> None:
    def spoil(record: Any) -> None:
        packed = record["checkpoints"]["present"]["state"]["parameters"]
        packed["data"] = np.full(packed["shape"], np.nan).tobytes()

    with pytest.raises(InputError, match="NaN or infinity"):
        document_from_bytes(changed(content, spoil), "mine.playground")


def test_points_that_take_too_long_to_draw_are_refused(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.storage.reading._MAX_POINTS", 82)
    with pytest.raises(InputError, match=r"present: data must be at most 82 more points, .* \(got 83\)"):
        document_from_bytes(content, "mine.playground")


def test_a_way_back_has_none_itself(content: bytes) -> None:
    def nest(record: Any) -> None:
        present = record["checkpoints"]["present"]
        for _ in range(2):
            present = {**present, "way_back": present}
        record["checkpoints"]["present"] = present

    with pytest.raises(InputError, match="way_back"):
        document_from_bytes(changed(content, nest), "mine.playground")


def test_a_variance_below_zero_is_refused(content: bytes) -> None:
    def spoil(record: Any) -> None:
        packed = record["checkpoints"]["present"]["state"]["parameters"]
        values = np.frombuffer(packed["data"]).copy()
        # W and b, then γ, β, mean and var of the first layer.
        values[7 * 2 + 7 * 5 - 1] = -1
        packed["data"] = values.tobytes()

    with pytest.raises(InputError, match="a variance below 0 in layer 1"):
        document_from_bytes(changed(content, spoil), "mine.playground")


def test_a_document_of_a_newer_version_is_refused_and_named(content: bytes) -> None:
    newer = with_checksum(read_payload(content, "x"), DOCUMENT_VERSION + 1)
    with pytest.raises(InputError, match="the document was saved by a newer version"):
        document_from_bytes(newer, "mine.playground")


@pytest.mark.parametrize("other", [b"", b"PK\x03\x04", b"\x80\x04N.", b"{}", MAGIC, MAGIC + b"x\n", MAGIC + b"0\n"])
def test_other_files_are_refused(other: bytes) -> None:
    with pytest.raises(InputError):
        document_from_bytes(other, "mine.playground")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.playground", tmp_path):
        with pytest.raises(InputError, match=str(path)):
            load_document(path)


# Changes ------------------------------------------------------------------------------------------------------------


def test_what_was_changed_is_kept_value_by_value(tmp_path: Path) -> None:
    trainer = Trainer(Experiment(layers=(Layer(3, id="A"),)), engine="reference")
    trainer.advance(steps=5)
    for path, value in CHANGED.items():
        trainer.configure(with_value(trainer.experiment, path, value))
    trainer.set_weight("W0", (1, 0), 0.5)
    opened = saved_and_opened(trainer, tmp_path / "mine.playground")
    assert opened.run.record.changes == trainer.run.record.changes
    kept = [change.differences for change in opened.run.record.changes[:-1]]
    assert [found[0].path for found in kept if found] == list(CHANGED)
    assert opened.run.record.changes[-1].weight == trainer.run.record.changes[-1].weight


CHANGED: dict[str, Any] = {
    "training.learning_rate": 0.5,
    "training.optimizer": RmsProp(),
    "training.optimizer.momentum": 0.3,
    "training.early_stopping": EarlyStopping(),
    "training.clip_norm": 1.0,
    "loss": SquaredError(output="sigmoid"),
    "features": ("x2", "radius"),
    "layers.0.normalization": BatchNormalization(),
    "layers": (Layer(3, Tanh(), id="A"), Layer(2, id="B")),
    "data": Spiral(noise=0.5),
    "data.noise": 0.25,
}


def test_points_are_not_kept_a_second_time_with_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    # A healthy moment on the way would keep the points it had.
    monkeypatch.setattr(health, "_LOOK_SECONDS", math.inf)
    trainer, random = Trainer(Experiment(), engine="reference"), np.random.default_rng(0)
    size = len(document_bytes(trainer.document()))
    for _ in range(10):
        x1, x2 = (tuple(random.normal(size=1000).tolist()) for _ in range(2))
        trainer.configure(replace(trainer.experiment, data=UserPoints(x1=x1, x2=x2, target=(0.0,) * 1000)))
    assert len(trainer.run.record.changes) == 10
    assert len(document_bytes(trainer.document())) < size + 3 * 8 * 1000 + 10_000
    assert not only_learning_differs(trainer.run.record.changes[-1].differences or ())


def test_a_document_without_changes_is_one_that_older_programs_open() -> None:
    trainer = Trainer(Experiment(), engine="reference")
    assert document_bytes(trainer.document()).startswith(MAGIC + b"1\n")
    trainer.configure(replace(trainer.experiment, seed=1))
    assert document_bytes(trainer.document()).startswith(MAGIC + b"3\n")


@pytest.mark.parametrize(
    ("difference", "place"),
    [
        (["training.lerning_rate", 1, 2], "training.lerning_rate"),
        (["training.learning_rate", "fast", 2], "training.learning_rate"),
        (["training.optimizer", {"kind": "sgd"}, {"kind": "none"}], "training.optimizer"),
        (["data.noise", 0, None], "data.noise"),
        (["layers.0.units", 3], "changes"),
        (["", 1, 2], "changes"),
    ],
)
def test_a_difference_that_no_experiment_has_is_refused_and_named(difference: list[Any], place: str) -> None:
    trainer = Trainer(Experiment(), engine="reference")
    trainer.configure(replace(trainer.experiment, seed=1))

    def spoil(record: Any) -> None:
        record["changes"][0][4] = [difference]

    with pytest.raises(InputError, match=place):
        document_from_bytes(changed(document_bytes(trainer.document()), spoil), "mine.playground")


# Versions that were released --------------------------------------------------------------------------------------


EXPECTED = {
    "v1-everything": ("ready", 77, 15, 14, 0.35669424027865493, "269e25d91928dae2", 0.3729643565581013, 16),
    "v1-own-points": ("diverged", 11, 5, 2, -3.4155991326880606e27, "07a154b6912bbb3c", math.nan, 6),
    "v1-spiral": ("ready", 48, 3, 0, 0.6966570019721985, "1628f20eba8693ad", 0.6635001945495606, 4),
    "v4-race": ("ready", 4, 1, 8, 0.8352400660514832, "61843b0ab2667b34", 0.22603633254766464, 2),
    "v2-changes": ("ready", 27, 9, 0, -0.6666152477264404, "23786b0bf4aedbd4", 0.2970966694100449, 10),
}
"""Of every kept document: status, step, epoch, place in it, first parameter, hash of all, loss, rows of the history."""


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.playground")), ids=lambda path: path.stem)
def test_documents_of_every_version_open_with_the_same_numbers_and_go_on(path: Path) -> None:
    document = load_document(path)
    state = document.checkpoints[PRESENT].state
    numbers = state.parameters.astype(state.parameters.dtype.newbyteorder("<")).tobytes()
    assert (
        document.status,
        state.step,
        state.epoch,
        state.position,
        float(state.parameters[0]),
        hashlib.sha256(numbers).hexdigest()[:16],
        pytest.approx(document.evaluation.train_loss, abs=0, nan_ok=True),
        len(document.history.view()),
    ) == EXPECTED[path.stem]
    assert set(document.checkpoints) == {PRESENT, HEALTHY}
    trainer = Trainer.of(resume(document))
    trainer.clear_outcome()
    before = trainer.state.step
    trainer.advance(steps=1)
    assert trainer.state.step == before + 1


def test_the_kept_document_with_own_points_has_all_of_them() -> None:
    document = load_document(DOCUMENTS / "v1-own-points.playground")
    data = document.experiment.data
    assert isinstance(data, UserPoints)
    assert (data.x1, data.x2) == ((0.1, -3.5, 2.25, 0.001), (4.0, -1.5, 0.5, -0.0))
    assert (data.target, data.train, data.test) == ((0, 1, 2, 1), (True,) * 3 + (False,), (False,) * 3 + (True,))
    assert data.class_names == ("red", "grün", "blau")
    (change,) = document.changes
    assert (change.label, change.differences, change.weight) == ("learning rate", None, None)
    assert not change.leaves_losses_comparable
    assert_array_equal(document.initial["b0"], [0.25, -0.5])


def test_the_kept_document_with_changes_says_what_each_of_them_changed() -> None:
    document = load_document(DOCUMENTS / "v2-changes.playground")
    *edits, last = document.changes
    assert [(one.label, [(each.path, each.after) for each in one.differences or ()]) for one in edits] == [
        ("learning rate 0.03", [("training.learning_rate", 0.03)]),
        ("noise 0.3", [("data.noise", 0.3)]),
        ("new layer B", [("layers", (Layer(3, Tanh(), id="A"), Layer(2, Tanh(), id="B")))]),
        ("optimizer RMSProp", [("training.optimizer", RmsProp(momentum=0.5))]),
        ("smoothing 0.9", [("training.optimizer.alpha", 0.9)]),
        ("clip gradient 1", [("training.clip_norm", 1.0)]),
        ("another name", [("name", "Moons")]),
    ]
    assert last.differences is None and last.weight == WeightEdit("W1", (1, 0), -0.8845170140266418, 0.5)
    comparable = [one.leaves_losses_comparable for one in document.changes]
    assert comparable == [True, False, False, True, True, True, True, False]


def test_a_kept_race_goes_on_from_where_all_its_lanes_were() -> None:
    document = load_document(DOCUMENTS / "v4-race.playground")
    assert document.race is not None and document.race.lockstep == "epoch"
    assert [lane.experiment.training.batch_size for lane in document.race.lanes] == [4, 8, 0]
    race = Race.of(document.race)
    race.advance(7)
    assert (race.engine, [lane.state.step for lane in race.lanes]) == ("reference", [20, 12, 4])
    for kept, lane in zip(document.race.lanes, race.lanes, strict=True):
        alone = Trainer(lane.experiment, engine="reference")
        alone.restore(kept.present)
        alone.advance(steps=lane.state.step - kept.present.state.step)
        assert_array_equal(lane.state.parameters, alone.state.parameters)


def test_only_documents_with_a_race_need_the_version_that_has_races(monkeypatch: pytest.MonkeyPatch) -> None:
    document = load_document(DOCUMENTS / "v4-race.playground")
    assert document.race is not None
    content, alone = document_bytes(document), document_bytes(document._replace(race=None))
    within = document.race._replace(lanes=(document, document.race.lanes[1]))
    with pytest.raises(InputError, match=r"mine: race.lanes\[0\].race must be null"):
        document_from_bytes(document_bytes(document._replace(race=within)), "mine")

    monkeypatch.setattr("playground.storage.document.DOCUMENT_VERSION", 3)
    assert document_from_bytes(alone, "mine").race is None
    with pytest.raises(InputError, match=r"mine: version must be at most 3; the document was saved by a newer"):
        document_from_bytes(content, "mine")


def test_only_documents_with_a_drag_that_went_on_need_the_version_that_knows_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainer = Trainer(Experiment(data=Spiral(points=60)), engine="reference")
    trainer.advance(steps=2)
    for rate in (0.02, 0.03, 0.04):
        trainer.configure(trainer.experiment.with_({"training.learning_rate": rate}), goes_on=rate > 0.02)
        if rate == 0.02:
            at_once = document_bytes(trainer.document())
        trainer.advance(steps=3)
    content = document_bytes(trainer.document())
    (change,) = document_from_bytes(content, "mine").changes
    assert (change.began.step, change.step) == (2, 8) and change == trainer.run.record.changes[0]
    with pytest.raises(InputError, match=r"changes\[0\]: begun.step must be 0 to 8, the step of the change"):
        document_from_bytes(changed(content, set_in("changes", 0, 6, 0, value=9)), "mine")

    monkeypatch.setattr("playground.storage.document.DOCUMENT_VERSION", 5)
    (before,) = document_from_bytes(at_once, "mine").changes
    assert before.begun is None and before.began.step == before.step == 2
    with pytest.raises(InputError, match="saved by a newer version"):
        document_from_bytes(content, "mine")


def test_older_documents_break_where_their_changes_say_so() -> None:
    noise = load_document(DOCUMENTS / "v2-changes.playground").changes[1]
    assert load_document(DOCUMENTS / "v2-changes.playground").breaks == (Break(noise.step, "classification"),)
    for name in ("v1-everything", "v1-spiral", "v1-own-points"):
        document = load_document(DOCUMENTS / f"{name}.playground")
        assert [one.step for one in document.breaks] == sorted({change.step for change in document.changes})


def test_opening_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    path = tmp_path / "mine.playground"
    save_document(path, Trainer(Experiment(), engine="reference").document())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    stray = tmp_path / f"{temporary_prefix(path)}{ended.pid}-{this_computer()}-0000{PART}"
    stray.write_bytes(b"")
    load_document(path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.playground"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_newcomers_short_first_steps_are_in_a_document(tmp_path: Path, engine: EngineName) -> None:
    chosen = Experiment().with_({"data": "spiral", "layers": "4-4"})
    trainer = Trainer(chosen, engine=engine)
    trainer.advance(epochs=2)
    trainer.configure(chosen.with_({"layers": "4-4-4"}))
    other = saved_and_opened(trainer, tmp_path / "mine.playground", engine)
    assert (other.state.rate_factors < 1).any()
    trainer.advance(epochs=3)
    other.advance(epochs=3)
    assert_equal_trainings(trainer, other)


def eventful(steps: int = 150) -> Trainer:
    trainer = Trainer(convert(EVERYTHING), engine="reference", past_bytes=2**26)
    for number in range(3):
        trainer.advance(steps=steps)
        trainer.clear_outcome()
        trainer.configure(with_value(trainer.experiment, "training.learning_rate", 0.01 * (number + 1)))
    trainer.advance(steps=steps)
    return trainer


def test_earlier_moments_are_replayed_from_a_document_too() -> None:
    trainer = eventful()
    content = document_bytes(trainer.document())
    assert content.startswith(MAGIC + b"5\n")
    document = document_from_bytes(content, "mine")
    assert document_bytes(document) == content
    again = resume(document, past_bytes=2**26)
    for step in (1, 151, 300, 450):
        assert_same(replay_to(again, step).state, replay_to(trainer.run, step).state)
    going_on = Trainer.of(again, "reference")
    going_on.advance(steps=20)
    assert_same(replay_to(going_on.run, 450).state, replay_to(trainer.run, 450).state)


def test_a_document_carries_no_more_of_the_past_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.run.past._LEAST_SPACING", 1e-5)
    monkeypatch.setattr("playground.run.past._REST", 0)
    trainer = Trainer(convert(EVERYTHING | {"training": {}}), engine="reference", past_bytes=2**26)
    for _ in range(100):
        trainer.advance(steps=1)
    document = trainer.document()
    bare = len(document_bytes(document._replace(past=None)))
    assert len(document_bytes(document, past_bytes=20_000)) - bare < 20_000 < len(document_bytes(document)) - bare


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (set_in("past", "stretches", 1, "kept", 0, "data", value=b"12"), "data must be"),
        (set_in("past", "stretches", 1, "stop", value=-3), "stop"),
        (set_in("past", "stretches", 0, "engine", value="abacus"), "engine"),
        (set_in("past", "stretches", 0, "kept", 0, "arrays", value=1), "data must be"),
        (set_in("past", "stretches", 0, "kept", value=[]), "kept"),
        (set_in("past", "stretches", 0, "experiment", value='{"version": 1, "seed": -1}'), "seed"),
    ],
)
def test_a_past_that_can_not_be_is_refused(spoil: Any, words: str) -> None:
    with pytest.raises(InputError, match=f"mine.*past.*{words}"):
        document_from_bytes(changed(document_bytes(eventful(40).document()), spoil), "mine")
