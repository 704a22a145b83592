"""The task of a data set: classification or regression."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from playground.catalog.choice import Task
from playground.catalog.datasets.base import Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.catalog.datasets.tfplayground import TfPlayground
from playground.experiment.tree import Experiment
from playground.files.errors import InputError


def task_of(dataset: Dataset) -> Task:
    """Return the task of a data set; for a table it follows from the cells of its target column."""
    if len(dataset.tasks) == 1:
        return dataset.tasks[0]
    if isinstance(dataset, UserPoints | TfPlayground):
        return dataset.task
    if isinstance(dataset, Table):
        try:
            return dataset.rows.task
        except InputError:
            return "classification"
    return _sampled_task(dataset)


@lru_cache(maxsize=8)
def _sampled_task(dataset: Dataset) -> Task:
    """Return the task of the points; classification if they can't be loaded."""
    try:
        return draw_sample(dataset).task
    except InputError:
        return "classification"


def with_data(experiment: Experiment, data: Dataset) -> Experiment:
    """Return the experiment with another data set, and the automatic loss if its own does not fit the task."""
    loss = experiment.loss
    if loss is not None and task_of(data) not in loss.tasks:
        loss = None
    return msgspec.structs.replace(experiment, data=data, loss=loss)
