"""How long a study takes from call to curve and from cancel to its end, and what setting up one of its members costs.

    python tests/benchmarks/studies.py

Kernels are compiled before the clock starts. Times are medians of five; `cpu` is the processor's time of the process,
which a busy machine changes less.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable

from playground import Experiment, Study, run_study
from playground.studies.study import Member
from playground.studies.training import Cohort

BASE = Experiment().with_(
    {
        "data.points": 500,
        "layers": "8-8-8",
        "training.optimizer": "sgd",
        "training.batch_size": 10,
        "training.learning_rate": 0.03,
    }
)


def study(values: int, seeds: int, epochs: int = 200) -> Study:
    rates = tuple(0.001 * 1000 ** (k / values) for k in range(values))
    return Study(BASE, {"training.learning_rate": rates}, seeds, epochs)


def measured(act: Callable[[], object], times: int = 5) -> str:
    """The median time of something, by the clock on the wall and by the processor's."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return f"{1e3 * statistics.median(walls):8.1f} ms   cpu {1e3 * statistics.median(cpus):8.1f} ms"


def seconds_to_stop() -> float:
    """How long a study with two threads goes on after it was asked to stop."""
    asked: list[float] = []
    timer = threading.Timer(0.1, lambda: asked.append(time.perf_counter()))
    timer.start()
    run_study(study(32, 5, 10**6), workers=2, stop=lambda: bool(asked))
    timer.join()
    return time.perf_counter() - asked[0]


def main() -> None:
    """Print the table."""
    run_study(study(2, 1, 1))
    print(f"{'32 values × 5 seeds × 200 epochs, one thread':<50}", measured(lambda: run_study(study(32, 5), workers=1)))
    print(f"{'the same, two threads':<50}", measured(lambda: run_study(study(32, 5), workers=2)))
    print(f"{'8 values × 1 seed × 200 epochs':<50}", measured(lambda: run_study(study(8, 1), workers=1)))
    linear = BASE.with_({"loss": {"kind": "squared_error", "output": "linear"}})
    rates = {"training.learning_rate": tuple(1e9 if k % 2 else 0.01 + 0.0001 * k for k in range(128))}
    wild = Study(linear, rates, epochs=200)
    print(f"{'128 values × 200 epochs, half of them diverge':<50}", measured(lambda: run_study(wild, workers=1)))
    waits = sorted(seconds_to_stop() for _ in range(20))
    print(
        f"{'from cancel to the end':<50} {1e3 * statistics.median(waits):8.1f} ms   at most {1e3 * waits[-1]:8.1f} ms"
    )
    plan = study(1000, 1)

    def set_up() -> None:
        cohort = Cohort("lanes")
        for one in plan.members(range(len(plan))):
            if isinstance(one, Member):
                cohort.add(one)

    print(f"{'setting up 1,000 members (µs each, as ms)':<50}", measured(set_up))


if __name__ == "__main__":
    main()
