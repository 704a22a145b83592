"""How long a study takes from call to curve, and what setting up one of its members costs.

    python tests/benchmarks/studies.py

Kernels are compiled before the clock starts. Times are medians of five; `cpu` is the processor's time of the process,
which a busy machine changes less.
"""

from __future__ import annotations

import statistics
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


def main() -> None:
    """Print the table."""
    run_study(study(2, 1, 1))
    print(f"{'32 values × 5 seeds × 200 epochs, one thread':<50}", measured(lambda: run_study(study(32, 5), workers=1)))
    print(f"{'the same, two threads':<50}", measured(lambda: run_study(study(32, 5), workers=2)))
    print(f"{'8 values × 1 seed × 200 epochs':<50}", measured(lambda: run_study(study(8, 1), workers=1)))
    plan = study(1000, 1)

    def set_up() -> None:
        members = [one for one in plan.members(range(len(plan))) if isinstance(one, Member)]
        Cohort(members, "lanes")

    print(f"{'setting up 1,000 members (µs each, as ms)':<50}", measured(set_up))


if __name__ == "__main__":
    main()
