"""Keeping of runs, sweeps and searches in the store, with their names and pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from playground.experiment.paths import with_value
from playground.experiment.tree import Experiment
from playground.experiment.words import settings_words
from playground.files.errors import InputError, reason_of
from playground.files.places import kept_runs_path
from playground.interop.opening import own_title
from playground.run.run import Document, resume
from playground.run.trainer import Trainer
from playground.storage.runs.kept import GroupMember, KeptGroup
from playground.storage.runs.store import Kept, RunStore
from playground.studies.results import Results
from playground.studies.search import Search, SearchResult

_log = logging.getLogger(__name__)


def keep_run(store: RunStore, document: Document, origin: str, replaces: str = "") -> Kept:
    """Keep a run with a picture of its boundary. Raises FullError, and OSError."""
    picture = _drawn(lambda: _boundary(document))
    return store.keep(document, own_title(document.experiment), origin=origin, picture=picture, replaces=replaces)


def keep_sweep(store: RunStore, results: Results) -> Kept:
    """Keep the trainings of a sweep as one group with their plot. Raises FullError, and OSError."""
    study = results.study
    experiment = with_value(study.experiment, "training.epochs", study.epochs)
    numbers = [number for number in range(len(study)) if results.has(number)]
    trainings = (_training(results, number) for number in numbers)
    group = KeptGroup.of(experiment, trainings, results.task, len(numbers))
    title = f"{_short_title(experiment)}: sweep of {settings_words(list(study.vary))}"
    return store.keep_group(group, title, origin="sweep", picture=_drawn(lambda: _sweep_plot(results)))


def keep_search(store: RunStore, plan: Search, result: SearchResult) -> Kept:
    """Keep the trials of a search as one group with their plot. Raises FullError, and OSError."""
    experiment = with_value(plan.experiment, "training.epochs", plan.epochs)
    trainings = (
        GroupMember(trial.values, experiment.seed, trial.status, trial.epochs, validation_loss=trial.loss)
        for trial in result.trials
    )
    task = experiment.data.tasks[0]
    group = KeptGroup.of(experiment, trainings, task, len(result.trials))
    title = f"{_short_title(experiment)}: search over {settings_words(list(plan.over))}"
    picture = _drawn(lambda: _search_plot(title, result))
    return store.keep_group(group, title, origin="search", picture=picture)


def open_store() -> RunStore:
    """Open the store of kept runs. Raises InputError if its folder can't be made."""
    folder = kept_runs_path()
    try:
        return RunStore(folder)
    except OSError as error:
        raise InputError("--keep", str(folder), f"a folder that can be written to ({reason_of(error)})") from error


def _training(results: Results, number: int) -> GroupMember:
    row = results.row(number)
    values = results.study.values_of(number // results.study.seeds)
    known: dict[str, Any] = {name: row[name] for name in GroupMember.__struct_fields__ if name in row}
    return GroupMember(**{**known, "values": values, "seed": row["seed"]})


def _short_title(experiment: Experiment) -> str:
    """The title of an experiment up to a colon; in the names of presets, an explanation follows it."""
    return own_title(experiment).partition(":")[0]


# The library that draws is loaded by the first picture, not on the way to the first frame.


def _boundary(document: Document) -> bytes:
    from playground.interop.picture import boundary_thumbnail

    return boundary_thumbnail(Trainer.of(resume(document, rows=16), "reference"))


def _sweep_plot(results: Results) -> bytes:
    from playground.interop.study_picture import study_picture

    return study_picture(results)


def _search_plot(title: str, result: SearchResult) -> bytes:
    from playground.interop.search_picture import search_picture

    return search_picture(title, result.trials)


def _drawn(draw: Callable[[], bytes]) -> bytes:
    """A picture; empty if it can't be drawn, which must not keep the run from being kept."""
    try:
        return draw()
    except Exception:
        _log.exception("The picture of a run that is kept could not be drawn")
        return b""
