"""Which task a data set sets: classes to tell apart, or a number to predict."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from playground import Experiment, InputError
from playground.catalog.choice import Task
from playground.catalog.datasets.base import Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.catalog.datasets.tfplayground import TfPlayground


def task_of(dataset: Dataset) -> Task:
    """The task of a data set; for a table it follows from the cells of its target column."""
    if len(dataset.tasks) == 1:
        return dataset.tasks[0]
    if isinstance(dataset, UserPoints | TfPlayground):
        return dataset.task
    if isinstance(dataset, Table):
        columns = {name: getattr(dataset, name) for name in ("path", "x1", "x2", "target", "task")}
        return _sampled_task(Table(**columns))
    return _sampled_task(dataset)


@lru_cache(maxsize=8)
def _sampled_task(dataset: Dataset) -> Task:
    """The task as the points themselves tell it; classification where there are none."""
    try:
        return draw_sample(dataset).task
    except InputError:
        return "classification"


def with_data(experiment: Experiment, data: Dataset) -> Experiment:
    """The experiment with another data set, and the automatic loss where its own can't serve the task."""
    loss = experiment.loss
    if loss is not None and task_of(data) not in loss.tasks:
        loss = None
    return msgspec.structs.replace(experiment, data=data, loss=loss)
