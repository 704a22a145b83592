"""Gradients against central differences over a covering set: every pair of choices occurs, dropout included."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from playground import Trainer
from playground.catalog.choice import Array
from playground.engine import reference
from tests.combinations import LONG
from tests.engine.covering import covering_rows, experiment_of

H = 1e-6
KINK = 1e-9
"""Two slopes that differ by more than this in the loss lie on two sides of a kink, where there is no derivative."""


DROPOUTS = (0.0, 0.3)
# In turn, so that each choice meets both; LONG=1 tries each row with both.
CASES = [(row, DROPOUTS[k]) for place, row in enumerate(covering_rows()) for k in ((0, 1) if LONG else (place % 2,))]


def test_every_choice_meets_dropout_and_its_absence() -> None:
    choices = {(factor, choice) for row in covering_rows() for factor, choice in enumerate(row)}
    for dropout in DROPOUTS:
        assert {place for row, with_dropout in CASES if with_dropout == dropout for place in enumerate(row)} == choices


@pytest.mark.parametrize(("row", "dropout"), CASES, ids=str)
def test_gradient_agrees_with_central_differences(row: tuple[int, ...], dropout: float) -> None:
    experiment = experiment_of(row)
    first, second = experiment.layers
    layers = (first, msgspec.structs.replace(second, dropout=dropout))
    trainer = Trainer(msgspec.structs.replace(experiment, layers=layers), engine="reference")
    trainer.advance(steps=3)
    network, parameters = trainer.network, trainer.state.parameters.copy()
    x, t = trainer.setup.train.inputs, trainer.setup.train.targets
    masks = reference.dropout_masks(network, 0, 3, 0, x.shape[1])

    def loss(p: Array) -> float:
        penalty = sum(layer.regularizer.penalty(p[layer.weights]) for layer in network.layers)
        return float(network.loss.per_point(reference.forward(network, p, x, masks).outputs, t).mean()) + penalty

    passed = reference.forward(network, parameters, x, masks)
    mean = reference.backward(network, parameters, passed, t) / x.shape[1]
    gradient = reference.add_penalties(network, parameters, mean)
    here, errors, kinks = loss(parameters), [], 0
    places = np.flatnonzero(network.is_trainable)
    for place in places:
        shift = np.zeros_like(parameters)
        shift[place] = H
        above, below = loss(parameters + shift), loss(parameters - shift)
        if abs(above + below - 2 * here) > KINK:
            kinks += 1
        else:
            errors.append((above - below) / (2 * H) - gradient[place])
    assert kinks <= 0.1 * len(places)
    assert np.linalg.norm(errors) <= 1e-6 * max(np.linalg.norm(gradient), 1e-2)
