"""What a study takes of the machine's memory. No test looks at a clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")

PREPARED = """
import gc
from pathlib import Path
from playground import Experiment, Study, run_study
from playground.studies.training import Cohort

def memory():
    gc.collect()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

base = Experiment().with_({"layers": "8-8-8", "training.optimizer": "adam", "training.batch_size": 10})
def study(values, seeds):
    rates = tuple(1e-5 + k / (2 * values) for k in range(values))
    return Study(base, {"training.learning_rate": rates}, seeds, epochs=1)
run_study(study(2, 1))
before = memory()
"""
"""A process that has trained something; memory is in megabytes."""


def printed(program: str) -> list[float]:
    done = subprocess.run([sys.executable, "-c", PREPARED + program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


def test_four_thousand_networks_that_train_at_once_take_less_than_200_megabytes() -> None:
    (grown,) = printed(
        """
plan = study(512, 8)
cohort = Cohort("lanes")
for member in plan.members(range(len(plan))):
    cohort.add(member)
cohort.advance(1)
assert [one.place for one in cohort.members] == [(1, 25)] * 4096
print(memory() - before)
"""
    )
    assert grown < 200


def test_a_plan_of_a_million_takes_no_more_the_longer_it_is_trained(tmp_path: Path) -> None:
    first, half, whole = printed(
        f"""
from itertools import islice
from playground.studies.results import Results
from playground.studies.running import stream_rows
plan = study(2000, 500)
results = Results(plan)
rows = stream_rows(plan, results, workers=1, folder={str(tmp_path / "rows")!r})
for count in (1000, 2000, 2000):
    for row in islice(rows, count):
        pass
    print(memory() - before)
rows.close()
assert 5000 <= len(results) < 6000
"""
    )
    assert first < 120, "the table of a million has 50 bytes for each"
    assert whole - half < 4, "rows that have ended stay in the folder"
