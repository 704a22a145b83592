"""Running a study: every training once, the same wherever it is trained, stopped at once, resumed after anything."""

from __future__ import annotations

import csv
import io
import math
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, InputError, Study, Trainer, run_study
from playground.cli.commands import main
from playground.engine.lanes.group import Group
from playground.engine.setup import Setup
from playground.files.errors import CancelledError
from playground.studies.results import Results, Share
from playground.studies.running import stream_rows
from playground.studies.study import StudyEngine
from playground.studies.training import Cohort, train_dealt

ROOT = Path(__file__).parents[2]
VARY = {"training.learning_rate": (0.01, 0.1, 1e9), "training.optimizer": ("sgd", "adam")}


@pytest.fixture(params=["lanes", "compiled"])
def engine(request: pytest.FixtureRequest) -> StudyEngine:
    found: StudyEngine = request.param
    return found


@pytest.fixture
def study(experiment: Experiment, engine: StudyEngine) -> Study:
    linear = experiment.with_(loss={"kind": "squared_error", "output": "linear"}, layers=())
    return Study(linear, VARY, seeds=2, epochs=6, engine=engine)


def finite(value: float | None) -> float | None:
    """A number as tables have it."""
    return value if value is not None and math.isfinite(value) else None


def table(results: Results) -> str:
    return "".join(results.csv_lines())


def test_every_row_is_what_its_training_gives_alone(study: Study, engine: StudyEngine) -> None:
    results = run_study(study)

    assert len(results) == len(study) == 12
    for number, row in enumerate(results):
        trainer = Trainer(study.member(number).experiment, engine=engine)
        trainer.advance(epochs=6)
        evaluation = trainer.evaluate()
        assert (row["status"], row["epoch"], row["engine"]) == (trainer.status, trainer.state.epoch, engine)
        assert row["validation_loss"] == finite(evaluation.validation_loss)
        assert row["train_loss"] == finite(evaluation.train_loss)
        assert row["train_accuracy"] == evaluation.train_accuracy
    assert {row["status"] for row in results} == {"completed", "diverged"}


def test_without_epochs_the_start_is_measured(study: Study, engine: StudyEngine) -> None:
    (row, *_) = run_study(msgspec.structs.replace(study, epochs=0))
    start = Trainer(study.member(0).experiment, engine=engine).evaluate()
    assert (row["status"], row["epoch"], row["engine"]) == ("completed", 0, engine)
    assert row["train_loss"] == start.train_loss and row["validation_accuracy"] == start.validation_accuracy


def test_nothing_depends_on_where_it_is_trained(study: Study) -> None:
    expected = table(run_study(study, workers=1))
    assert table(run_study(study, workers=3)) == expected
    with ThreadPoolExecutor(2) as threads:
        assert table(run_study(study, executor=threads, workers=2)) == expected
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        assert table(run_study(study, executor=processes, workers=1)) == expected


def test_refused_combinations_are_listed_with_their_reason(experiment: Experiment) -> None:
    vary = {"data.validation_fraction": (0, 0.5), "training.early_stopping.patience": (5,)}
    results = run_study(Study(experiment, vary, seeds=2, epochs=2, engine="compiled"))

    assert [row["status"] for row in results] == ["refused", "refused", "completed", "completed"]
    assert list(results.refused) == [0] and "validation" in results.refused[0]
    assert results.best is not None and results.best.values["data.validation_fraction"] == 0.5


def test_a_study_stops_at_once(experiment: Experiment) -> None:
    study = Study(experiment, {"training.learning_rate": (0.01, 0.02)}, seeds=50, epochs=10**7, engine="compiled")
    started = threading.Event()
    threading.Timer(0.3, started.set).start()
    results = run_study(study, stop=started.is_set)
    assert len(results) == 0 and started.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("study")]


def test_nothing_is_trained_after_a_stop_and_every_piece_before_is_short(
    study: Study, engine: StudyEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[float] = []
    trains, name = (Group, "advance_block") if engine == "lanes" else (Trainer, "advance")
    train = getattr(trains, name)

    def noted(*arguments: Any, **limits: Any) -> Any:
        pieces.append(limits["seconds"])
        return train(*arguments, **limits)

    monkeypatch.setattr(trains, name, noted)
    endless = msgspec.structs.replace(study, vary={"training.learning_rate": (0.01,)}, seeds=20, epochs=10**9)
    waiting = iter(range(20))
    with pytest.raises(CancelledError):
        list(train_dealt(endless, lambda room: [*islice(waiting, room)], lambda: len(pieces) >= 8))

    assert len(pieces) == 8 and max(pieces) <= 0.02


@pytest.mark.parametrize("told", [0, 3])
def test_nobody_is_prepared_after_a_stop(study: Study, engine: StudyEngine, told: int) -> None:
    cohort, waiting = Cohort(engine), iter(range(len(study)))
    least = min(told, cohort.room)
    with pytest.raises(CancelledError):
        list(train_dealt(study, lambda room: [*islice(waiting, room)], lambda: len(cohort.members) >= least, cohort))

    assert len(cohort.members) == least and all(one.place == (0, 0) for one in cohort.members)


def test_lanes_of_those_who_ended_are_filled_with_those_who_wait(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = {"kind": "squared_error", "output": "linear"}
    linear = experiment.with_({"loss": loss, "layers": (), "precision": "float32", "training.optimizer": "sgd"})
    rates = tuple(1e9 if k % 2 else 0.001 * k + 0.001 for k in range(64))
    study = Study(linear, {"training.learning_rate": rates}, epochs=20_000)
    train, made = Group.advance_block, [0]

    def noted(*arguments: Any, **limits: Any) -> Any:
        outcome = train(*arguments, **limits)
        made[0] += outcome.updates
        return outcome

    monkeypatch.setattr(Group, "advance_block", noted)
    results = run_study(study, workers=1)
    width, steps = Group(Setup(study.member(0).experiment)).width, 20_000 * 5
    monkeypatch.undo()

    assert {row["status"] for row in results} == {"completed", "diverged"}
    # Half of them need all steps; were lanes left empty, 64 / width vectors would make them all.
    assert made[0] < 0.65 * steps * 64 / width
    for number in (0, 1, 30, 62):
        trainer = Trainer(study.member(number).experiment, engine="lanes")
        trainer.advance()
        row = results.row(number)
        assert (row["status"], row["epoch"]) == (trainer.status, trainer.state.epoch)
        assert row["train_loss"] == finite(trainer.evaluate().train_loss)


def test_results_stream_while_the_study_runs(study: Study) -> None:
    study = msgspec.structs.replace(study, seeds=60)
    results = Results(study)
    rows = stream_rows(study, results, workers=1)
    first = next(rows)
    assert first.status == "completed" and 0 < len(results) < len(study)
    rows.close()  # type: ignore[attr-defined]
    assert len(results) < len(study)
    missing = len(study) - len(results)
    assert len(list(stream_rows(study, results))) == missing and len(results) == len(study)


def test_an_interrupted_study_goes_on_where_it_was(study: Study, tmp_path: Path) -> None:
    study = msgspec.structs.replace(study, seeds=60)
    seen: list[int] = []
    run_study(
        study, folder=tmp_path, workers=1, stop=lambda: len(seen) >= 2, progress=lambda one: seen.append(len(one))
    )
    assert 0 < seen[-1] < len(study)

    rows: list[int] = []
    results = Results(study)
    for row in stream_rows(study, results, folder=tmp_path):
        rows.append(row.number)

    assert len(rows) == len(study) - seen[-1]
    assert table(results) == table(run_study(study))
    assert list(stream_rows(study, Results(study), folder=tmp_path)) == []


def test_a_killed_sweep_has_every_training_exactly_once(tmp_path: Path) -> None:
    arguments = ["sweep", "xor", "--vary", "training.learning_rate=0.001..1:40:log", "--seeds", "2", "--epochs", "60"]
    kept_here = ["--resume", str(tmp_path / "kept")]
    command = [sys.executable, str(ROOT / "main.py"), *arguments, *kept_here]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        while process.poll() is None and not any(path.stat().st_size for path in (tmp_path / "kept").glob("rows-*")):
            time.sleep(0.005)
    finally:
        process.kill()
        process.communicate()
    kept = sum(path.read_bytes().count(b"\n") for path in (tmp_path / "kept").glob("rows-*"))
    assert kept > 0

    assert main([*arguments, *kept_here, "--out", str(tmp_path / "resumed.csv")]) == 0
    assert main([*arguments, "--out", str(tmp_path / "whole.csv")]) == 0

    assert (tmp_path / "resumed.csv").read_text() == (tmp_path / "whole.csv").read_text()
    lines = b"".join(path.read_bytes() for path in (tmp_path / "kept").glob("rows-*")).splitlines()
    assert len(lines) == 80


def test_a_line_that_was_cut_off_is_trained_again(study: Study, tmp_path: Path) -> None:
    whole = run_study(study, folder=tmp_path)
    (file,) = tmp_path.glob("rows-*")
    file.write_bytes(file.read_bytes()[:-40])

    assert table(run_study(study, folder=tmp_path)) == table(whole)


def test_a_folder_belongs_to_one_study_and_one_process(study: Study, tmp_path: Path) -> None:
    run_study(study, folder=tmp_path)
    with pytest.raises(InputError, match="one with different epochs"):
        run_study(msgspec.structs.replace(study, epochs=7), folder=tmp_path)

    rows = stream_rows(study, Results(study), folder=tmp_path / "other")
    next(rows)
    with pytest.raises(InputError, match="no other process"):
        run_study(study, folder=tmp_path / "other")
    rows.close()  # type: ignore[attr-defined]


def test_the_best_is_the_lowest_mean_over_seeds_without_a_divergence(study: Study) -> None:
    results = run_study(study)
    losses = results.by_combination("validation_loss")

    best = results.best

    assert best is not None and losses.shape == (6, 2)
    healthy = [k for k in range(6) if "diverged" not in results.column("status").reshape(6, 2)[k]]
    place = min(healthy, key=lambda k: losses[k].mean())
    assert best.values == study.values_of(place)
    assert best.mean == losses[place].mean() and best.deviation == losses[place].std(ddof=1) and best.n == 2
    np.testing.assert_array_equal(results.median("validation_loss"), np.median(losses, axis=1))


def test_a_printed_table_begins_with_the_best(experiment: Experiment) -> None:
    vary = {"training.learning_rate": (0.01, 0.1, -1.0, 0.03), "layers": ("4", "2-2")}
    results = run_study(Study(experiment, vary, seeds=3, epochs=3, goal=0.0))
    head, *lines = str(results).splitlines()
    assert head.split() == ["training.learning_rate", "layers", "validation_loss", "solved"]
    medians = results.median()
    assert len(lines) == 8 and lines[0].split()[2] == f"{np.nanmin(medians):.3g}"
    assert all(line.endswith("3 of 3") for line in lines[:6])
    assert [line.split() for line in lines[6:]] == [["-1", "4", "nan", "–"], ["-1", "2-2", "nan", "–"]]


def test_the_interval_of_a_share_is_wilsons() -> None:
    from scipy.stats import binomtest

    for successes, n in ((0, 5), (3, 5), (12, 15), (15, 15)):
        share = Share.of(successes, n)
        truth = binomtest(successes, n).proportion_ci(method="wilson")
        np.testing.assert_allclose(share[:3], (successes / n, truth.low, truth.high), atol=1e-12)


def test_the_table_reads_back_in_full_precision(study: Study, tmp_path: Path) -> None:
    results = run_study(study)
    results.to_csv(tmp_path / "results.csv")

    read = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))

    assert list(read[0]) == list(results.columns)
    losses = [float(row["train_loss"] or "nan") for row in read]
    np.testing.assert_array_equal(losses, results.column("train_loss"))
    assert [int(row["seed"]) for row in read] == results.column("seed").tolist()
