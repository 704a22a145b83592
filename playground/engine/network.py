"""The network as the engine sees it: layers with everything inherited filled in, parameters laid out flat.

All parameters stand in one flat array, layer by layer, W (row by row) before b, so that an optimizer is one
operation on one array. Hidden layers come first, the output layer last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, members
from playground.catalog.datasets import Sample
from playground.catalog.initializers import Initializer
from playground.catalog.losses import Loss
from playground.catalog.regularizers import Regularizer
from playground.engine import randomness
from playground.experiment import Experiment


@dataclass(frozen=True)
class NetworkLayer:
    """One layer: z = W a + b, then the activation, then dropout."""

    name: str
    units: int
    inputs: int
    activation: Activation
    dropout: float
    regularizer: Regularizer
    initializer: Initializer
    trainable: bool
    start: int
    """Where its parameters begin in the flat array."""

    @property
    def weights(self) -> slice:
        """The place of W in the flat array."""
        return slice(self.start, self.start + self.units * self.inputs)

    @property
    def biases(self) -> slice:
        """The place of b in the flat array."""
        return slice(self.weights.stop, self.weights.stop + self.units)

    def W(self, parameters: Array) -> Array:
        """This layer's weights as a view of shape (units, inputs)."""
        return parameters[self.weights].reshape(self.units, self.inputs)

    def b(self, parameters: Array) -> Array:
        """This layer's biases as a view of shape (units,)."""
        return parameters[self.biases]


@dataclass(frozen=True)
class Network:
    """All layers, hidden then output, and the loss they are trained with."""

    layers: tuple[NetworkLayer, ...]
    loss: Loss
    dtype: np.dtype[np.floating]

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return int(self.layers[-1].biases.stop)

    @cached_property
    def is_weight(self) -> Array:
        """Marks the entries of the flat array that belong to a W, which penalty and decay are for."""
        return self.mark(lambda layer: layer.weights)

    @cached_property
    def is_trainable(self) -> Array:
        """Marks the entries of the flat array that training may change."""
        return self.mark(lambda layer: slice(layer.start, layer.biases.stop if layer.trainable else layer.start))

    @cached_property
    def all_trainable(self) -> bool:
        """Whether no layer is frozen, so that no mask is needed."""
        return all(layer.trainable for layer in self.layers)

    def mark(self, place: Callable[[NetworkLayer], slice]) -> Array:
        """A flat array of bool, true where `place(layer)` points."""
        result = np.zeros(self.size, dtype=bool)
        for layer in self.layers:
            result[place(layer)] = True
        return result

    def initial(self, seed: int, bias: float) -> Array:
        """The weights training starts from: the same for the same seed."""
        parameters = np.empty(self.size, dtype=self.dtype)
        for number, layer in enumerate(self.layers):
            random = np.random.default_rng([seed, randomness.WEIGHTS, number])
            layer.W(parameters)[:] = layer.initializer.weights(layer.units, layer.inputs, random)
            layer.b(parameters)[:] = bias
        return parameters


def network_of(experiment: Experiment, sample: Sample) -> Network:
    """The network that an experiment describes for its data."""
    loss = experiment.loss_for(sample.task)
    layers: list[NetworkLayer] = []
    inputs, start = len(experiment.features), 0
    for number, chosen in enumerate(experiment.layers, start=1):
        layer = NetworkLayer(
            name=chosen.id or str(number),
            units=chosen.units,
            inputs=inputs,
            activation=chosen.activation,
            dropout=chosen.dropout,
            regularizer=experiment.regularizer if chosen.regularizer is None else chosen.regularizer,
            initializer=chosen.initializer or experiment.initializer,
            trainable=chosen.trainable,
            start=start,
        )
        layers.append(layer)
        inputs, start = layer.units, layer.biases.stop
    output = NetworkLayer(
        name="output",
        units=sample.outputs,
        inputs=inputs,
        activation=members(Activation)[loss.output_activation](),
        dropout=0.0,
        regularizer=experiment.regularizer,
        initializer=experiment.initializer,
        trainable=True,
        start=start,
    )
    return Network((*layers, output), loss, np.dtype(experiment.precision))
