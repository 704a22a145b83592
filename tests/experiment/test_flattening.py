"""Settings of many experiments: what differs among them is what differs in any pair."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from msgspec.structs import replace

from playground import Experiment, Layer
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.difference import difference
from playground.experiment.flattening import SHAPE, flatten
from playground.experiment.tree import with_ids
from tests.engine.random_experiments import random_experiment


def differing(experiments: list[Experiment]) -> set[str]:
    values = defaultdict[tuple[str, str], set[str]](set)
    for experiment in experiments:
        for path, scope, value in flatten(experiment):
            values[path, scope].add(repr(value))
    return {path for (path, _), found in values.items() if len(found) > 1} - {SHAPE}


@pytest.mark.parametrize("number", range(20))
def test_what_differs_among_many_differs_in_some_pair_and_the_other_way_round(number: int) -> None:
    drawn = [random_experiment(20 * number + place, "float32") for place in range(6)]
    named = [replace(one, layers=with_ids(one.layers)) for one in drawn]
    # Some that differ in little, as runs of one evening do.
    named += [one.with_({"training.learning_rate": 0.5, "seed": 9}) for one in named[:3]]
    pairs = itertools.combinations(named, 2)
    assert differing(named) == {one.path for pair in pairs for one in difference(*pair)}


def test_points_are_told_apart_by_a_fingerprint() -> None:
    one = UserPoints(x1=(0.0,) * 200, x2=(1.0,) * 200, target=(0.0,) * 200)
    other = replace(one, x2=(*one.x2[:-1], 2.0))
    assert differing([Experiment(data=one), Experiment(data=replace(one))]) == set()
    assert differing([Experiment(data=one), Experiment(data=other)]) == {"data.x2"}
    assert max(len(str(value)) for _, _, value in flatten(Experiment(data=one))) < 100


def test_the_shape_of_the_layers_is_one_word() -> None:
    stacks = [(), (Layer(8), Layer(3))]
    shapes = [{path: value for path, _, value in flatten(Experiment(layers=one))}[SHAPE] for one in stacks]
    assert shapes == ["none", "8-3"]
