"""A study on a real Dask cluster: a scheduler and two workers, one of which is killed in the middle."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import Experiment, InputError, Study, run_study
from playground.cli.commands import main
from playground.studies.results import Results
from playground.studies.running import stream_rows

pytest.importorskip("distributed")

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10"}


def start(what: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of the cluster, on loopback."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def read_on(process: subprocess.Popen[str]) -> None:
    """Keep a process from waiting for its reader."""
    assert process.stderr is not None
    for _ in process.stderr:
        pass


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """The address of a scheduler, and its two workers."""
    scheduler = start("scheduler", "--port", "0", "--no-dashboard")
    processes, address = [scheduler], None
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        if match := re.search(r"Scheduler at:\s+(tcp://\S+)", line):
            address = match[1]
            break
    assert address is not None
    processes += [start("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
    readers = [threading.Thread(target=read_on, args=(process,)) for process in processes]
    for reader in readers:
        reader.start()
    yield address, processes[1:]
    for process in reversed(processes):
        process.kill()
        process.wait()
    for reader in readers:
        reader.join()
    for process in processes:
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_costs_no_training_and_changes_no_number(
    cluster: tuple[str, list[subprocess.Popen[str]]], experiment: Experiment
) -> None:
    from playground.studies.cluster import cluster_executor

    address, workers = cluster
    rates = tuple(0.001 * 1.1**k for k in range(60))
    study = Study(experiment, {"training.learning_rate": rates}, seeds=4, epochs=300, engine="compiled")

    numbers = []
    results = Results(study)
    with cluster_executor(address) as (executor, threads):
        assert threads >= 1
        for row in stream_rows(study, results, executor=executor, workers=2):
            numbers.append(row.number)
            if len(numbers) == 40:
                workers[0].kill()

    assert sorted(numbers) == list(range(240))
    assert list(results.csv_lines()) == list(run_study(study).csv_lines())


@pytest.mark.filterwarnings("ignore")
def test_a_sweep_on_a_cluster_that_was_killed_goes_on_there_and_gives_the_same_table(
    cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    address, _ = cluster
    kept, resumed, here = tmp_path / "kept", tmp_path / "resumed.csv", tmp_path / "here.csv"
    sweep = ["sweep", "xor", "--vary", "training.learning_rate=0.001..1:40:log", "--vary", "layers=4,8-8"]
    sweep += ["--random", "60", "--seeds", "4", "--epochs", "200"]
    on_cluster = [*sweep, "--dask", address, "--resume", str(kept)]
    process = subprocess.Popen([sys.executable, "main.py", *on_cluster], cwd=ROOT, stdout=subprocess.DEVNULL)
    while process.poll() is None and not any(path.stat().st_size for path in kept.glob("rows-*")):
        time.sleep(0.005)
    process.kill()
    process.wait()
    before = sum(path.read_bytes().count(b"\n") for path in kept.glob("rows-*"))

    assert main([*on_cluster, "--out", str(resumed)]) == 0
    assert main([*sweep, "--out", str(here)]) == 0

    assert 0 < before < 240 and resumed.read_text() == here.read_text()
    assert sum(path.read_bytes().count(b"\n") for path in kept.glob("rows-*")) == 240


@pytest.mark.filterwarnings("ignore")
def test_an_address_without_a_scheduler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from playground.studies import cluster

    monkeypatch.setattr(cluster, "_PATIENCE", 0.5)
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(InputError, match="--dask"), cluster.cluster_executor(address):
            pass
