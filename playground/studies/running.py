"""Running a study: its members are dealt in chunks to an executor; rows come back as they are ready.

Any `concurrent.futures.Executor` will do: threads of this process, or workers elsewhere. Nothing depends on where a
member is trained, so nothing depends on the executor.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path

from playground.studies.results import Results, Row
from playground.studies.shelf import Shelf
from playground.studies.study import Study
from playground.studies.training import train_members

_CHUNK = 16
"""Members that are trained together at most."""
_WAITING = 3
"""Chunks for each worker that are under way or wait, so that none is idle and a plan of millions takes no memory."""
_LOOK = 0.02
"""Seconds between two looks at whether to stop."""


def run_study(
    study: Study,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Results], None] | None = None,
) -> Results:
    """Train all members of a study, or what `folder` lacks of them, and return the table.

    `workers` threads train, by default one for each core; an `executor` has workers of its own, whose number is then
    asked for here. A `folder` keeps what has been trained, for another time. Once `stop` says so, training ends within
    50 ms, and the table has what was trained until then. `progress` is called with the table as it grows.
    """
    results = Results(study)
    for _ in stream_rows(study, results, workers=workers, executor=executor, folder=folder, stop=stop):
        if progress is not None:
            progress(results)
    return results


def stream_rows(
    study: Study,
    results: Results,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Row]:
    """Train what `results` and a folder lack, and yield the new rows as they are ready; see `run_study`.

    Closing the iterator ends training.
    """
    stopped = threading.Event()
    with ExitStack() as stack:
        shelf = None if folder is None else stack.enter_context(Shelf(Path(folder), study))
        if shelf is not None:
            shelf.fill(results)
        results.begin_span()
        workers = workers or os.cpu_count() or 1
        train: Callable[[Study, list[int]], list[Row]] = train_members
        if executor is None:
            executor = stack.enter_context(ThreadPoolExecutor(workers, "study"))
            # Only here can chunks see the event.
            train = partial(train_members, stop=stopped.is_set)
        stack.callback(stopped.set)
        plan = _chunks((index for index in range(len(study)) if not results.has(index)), study, workers)
        waiting: set[Future[list[Row]]] = set()
        stack.callback(lambda: [future.cancel() for future in waiting])
        while True:
            for chunk in islice(plan, _WAITING * workers - len(waiting)):
                waiting.add(executor.submit(train, study, chunk))
            if not waiting:
                return
            done, waiting = wait(waiting, None if stop is None else _LOOK, FIRST_COMPLETED)
            for future in done:
                rows = future.result()
                if shelf is not None:
                    shelf.keep(rows)
                for row in rows:
                    results.add(row)
                yield from rows
            if stop is not None and stop():
                return


def _chunks(indices: Iterator[int], study: Study, workers: int) -> Iterator[list[int]]:
    """Members in chunks of a size that gives every worker something to do."""
    size = max(1, min(_CHUNK, len(study) // (_WAITING * workers)))
    while chunk := list(islice(indices, size)):
        yield chunk
