"""Running a study: an executor trains its members in chunks and returns rows as they end.

Any `concurrent.futures.Executor` will do: threads of this process, or workers elsewhere. Nothing depends on where a
member is trained, so nothing depends on the executor.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, suppress
from itertools import chain, islice
from queue import Empty, Full, Queue
from typing import Any

from playground.studies.results import Results, Row
from playground.studies.shelf import Shelf
from playground.studies.study import Study
from playground.studies.training import LANES, train_dealt, train_members

_CHUNK = 4 * LANES
"""Members that are sent to an executor together at most."""
_WINDOW = 4096
"""Members that are looked at together to find those of one shape."""
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
    """Train all members of a study, or those whose results `folder` lacks, and return the table.

    `workers` threads train, by default one for each core; with an `executor`, it is the number of the executor's
    workers. A `folder` keeps the rows, so that a later call can resume. Once `stop` returns true, training ends within
    50 ms, and the table has the rows so far. `progress` is called with the table as it grows.
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

    Closing the iterator stops training.
    """
    with ExitStack() as stack:
        shelf = None if folder is None else stack.enter_context(Shelf(folder, study))
        if shelf is not None:
            shelf.fill(results)
        results.begin_span()
        workers = workers or os.cpu_count() or 1
        plan = _chunks(study, results, workers)
        if executor is None:
            arriving = _from_threads(study, plan, workers, len(study) - len(results))
        else:
            arriving = _from_executor(study, plan, workers, executor)
        for rows in stack.enter_context(closing(arriving)):
            if shelf is not None and rows:
                shelf.keep(rows)
            for row in rows:
                results.add(row)
            yield from rows
            if stop is not None and stop():
                return


def _from_executor(
    study: Study, plan: Iterator[list[int]], workers: int, executor: Executor
) -> Generator[list[Row], None, None]:
    """Yield lists of rows that an executor trains; empty ones come in between, so that callers can stop."""
    waiting: set[Future[list[Row]]] = set()
    try:
        while True:
            for chunk in islice(plan, _WAITING * workers - len(waiting)):
                waiting.add(executor.submit(train_members, study, chunk))
            if not waiting:
                return
            done, waiting = wait(waiting, _LOOK, FIRST_COMPLETED)
            yield [row for future in done for row in future.result()]
    finally:
        for future in waiting:
            future.cancel()


def _from_threads(
    study: Study, plan: Iterator[list[int]], workers: int, missing: int
) -> Generator[list[Row], None, None]:
    """Yield lists of rows that threads of this process train; empty ones come in between, so that callers can stop."""
    numbers, dealing, stopped = chain.from_iterable(plan), threading.Lock(), threading.Event()
    arrived: Queue[Row] = Queue(workers * _CHUNK)

    def deal(room: int) -> list[int]:
        with dealing:
            return list(islice(numbers, room))

    def train() -> None:
        for row in train_dealt(study, deal, stopped.is_set):
            while not stopped.is_set():
                with suppress(Full):
                    arrived.put(row, timeout=_LOOK)
                    break

    with ThreadPoolExecutor(workers, "study") as threads:
        try:
            training = [threads.submit(train) for _ in range(min(workers, -(-missing // _together(study))))]
            while missing:
                rows = _taken(arrived)
                missing -= len(rows)
                yield rows
                for one in training:
                    if one.done():
                        one.result()
        finally:
            stopped.set()


def _taken(arrived: Queue[Row]) -> list[Row]:
    """Remove and return all rows of the queue, after a short wait for the first."""
    rows: list[Row] = []
    with suppress(Empty):
        rows.append(arrived.get(timeout=_LOOK))
        while True:
            rows.append(arrived.get_nowait())
    return rows


def _together(study: Study) -> int:
    """The number of members that one worker trains at the same time."""
    return LANES if study.engine == "lanes" else 1


def _chunks(study: Study, results: Results, workers: int) -> Iterator[list[int]]:
    """Yield chunks of the members still to be trained, sorted by network shape and then by seed.

    So lanes are filled with networks of one shape, and shuffles of one seed are drawn once. Plans are looked at window
    by window, and chunks are of a size that gives every worker something to do.
    """
    together = _together(study)
    size = max(together, min(_CHUNK, len(study) // (_WAITING * workers) // together * together))
    window = max(1, _WINDOW // study.seeds)
    chunk: list[int] = []
    for first in range(0, study.combinations, window):
        shapes: dict[str, list[int]] = {}
        for combination in range(first, min(first + window, study.combinations)):
            shapes.setdefault(_shape(study.values_of(combination)), []).append(combination)
        for combinations in shapes.values():
            numbers = (one * study.seeds + seed for seed in range(study.seeds) for one in combinations)
            missing = [number for number in numbers if not results.has(number)]
            if chunk and len(chunk) + len(missing) > size:
                yield chunk
                chunk = []
            while len(missing) > size:
                yield missing[:size]
                missing = missing[size:]
            chunk += missing
    if chunk:
        yield chunk


def _shape(values: Mapping[str, Any]) -> str:
    """The values of a combination that all networks of a group share: everything but floating-point numbers."""
    return repr([value for value in values.values() if type(value) is not float])
