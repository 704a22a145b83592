"""The network as the engine sees it: layers with all inherited settings filled in, parameters in one flat array.

All parameters stand in one flat array, layer by layer: W (row by row), b, then γ and β of a layer that normalizes and
the running mean and variance of one that does so by batch. So an optimizer is one operation on one array, and
whatever is done to parameters (copying, saving, restoring) is done to the running statistics too. Hidden layers come
first, the output layer last.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, members
from playground.catalog.datasets.base import Sample
from playground.catalog.datasets.tfdata import Arc4
from playground.catalog.initializers import Initializer, TfPlaygroundWeights
from playground.catalog.losses import Loss
from playground.catalog.normalizations import NoNormalization, Normalization
from playground.catalog.regularizers import Regularizer
from playground.engine import randomness
from playground.engine.generators import generator
from playground.experiment.layer_names import OUTPUT, layer_name
from playground.experiment.tree import Experiment


@dataclass(frozen=True)
class NetworkLayer:
    """One layer: z = W a + b, then normalization, the activation, the skip connection, dropout."""

    name: str
    units: int
    inputs: int
    activation: Activation
    dropout: float
    regularizer: Regularizer
    initializer: Initializer
    trainable: bool
    """Whether training changes its parameters; False for a muted layer."""
    start: int
    """The position in the flat array at which its parameters begin."""
    normalization: Normalization = field(default_factory=NoNormalization)
    skip: bool = False
    muted: bool = False

    @cached_property
    def normalizes(self) -> bool:
        return self.normalization.axis is not None

    @cached_property
    def weights(self) -> slice:
        """The slice of W in the flat array of parameters."""
        return slice(self.start, self.start + self.units * self.inputs)

    @cached_property
    def biases(self) -> slice:
        """The slice of b in the flat array."""
        return slice(self.weights.stop, self.weights.stop + self.units)

    @cached_property
    def per_unit(self) -> dict[str, slice]:
        """Slices of the flat array that hold one number per unit, by their name in weight files."""
        names = ["b"]
        names += ["gamma", "beta"] if self.normalizes else []
        names += ["mean", "var"] if self.normalization.running else []
        places = (self.weights.stop + k * self.units for k in range(len(names) + 1))
        return {name: slice(place, place + self.units) for name, place in zip(names, places, strict=False)}

    @cached_property
    def trained(self) -> slice:
        """The slice of all parameters that have a gradient: W, b, γ, β."""
        return slice(self.start, list(self.per_unit.values())[: 3 if self.normalizes else 1][-1].stop)

    @cached_property
    def stop(self) -> int:
        """The end of this layer's part of the flat array."""
        return int(list(self.per_unit.values())[-1].stop)

    def W(self, parameters: Array) -> Array:
        """Return this layer's weights as a view of shape (units, inputs)."""
        return parameters[self.weights].reshape(self.units, self.inputs)

    def b(self, parameters: Array) -> Array:
        """Return this layer's biases as a view of shape (units,)."""
        return parameters[self.biases]

    def column(self, name: str, parameters: Array) -> Array:
        """Return b, gamma, beta, mean or var as a view of shape (units, 1)."""
        return parameters[self.per_unit[name]][:, np.newaxis]

    def named(self, parameters: Array) -> dict[str, Array]:
        """Return all arrays of this layer as views, by their names in weight files without the layer's number."""
        return {"W": self.W(parameters)} | {name: parameters[place] for name, place in self.per_unit.items()}


@dataclass(frozen=True)
class Network:
    """All layers, hidden then output, and the loss they are trained with."""

    layers: tuple[NetworkLayer, ...]
    loss: Loss
    dtype: np.dtype[np.floating]

    @property
    def size(self) -> int:
        """The length of the flat array."""
        return self.layers[-1].stop

    @cached_property
    def is_weight(self) -> Array:
        """Marks the entries of the flat array that belong to a W, to which penalty and weight decay apply."""
        return self.mark(lambda layer: layer.weights)

    @cached_property
    def is_trainable(self) -> Array:
        """Marks the entries of the flat array that training may change."""
        return self.mark(lambda layer: layer.trained if layer.trainable else slice(layer.start, layer.start))

    @cached_property
    def is_noisy(self) -> Array:
        """A mask of the weights and biases, to which weight noise applies."""
        return self.mark(lambda layer: slice(layer.start, layer.biases.stop))

    @cached_property
    def all_trainable(self) -> bool:
        """Whether every entry of the flat array is trainable, so that no mask is needed."""
        return all(layer.trainable and not layer.normalization.running for layer in self.layers)

    @cached_property
    def is_prunable(self) -> Array:
        """Marks the weights that stay zero once an update carries them across zero."""
        return self.mark(
            lambda layer: (
                layer.weights if layer.regularizer.prunes and layer.trainable else slice(layer.start, layer.start)
            )
        )

    @cached_property
    def kinds(self) -> Hashable:
        """The shapes of its layers and the kinds of its choices: how it is computed, without the numbers."""
        layers = tuple(
            (
                layer.units, layer.inputs, type(layer.activation), layer.dropout > 0, type(layer.regularizer),
                layer.regularizer.prunes, type(layer.normalization), layer.skip, layer.muted, layer.trainable,
            )
            for layer in self.layers
        )  # fmt: skip
        return self.dtype.name, layers, type(self.loss), self.loss.output_activation, self.loss.class_weights

    @cached_property
    def prunes(self) -> bool:
        return bool(self.is_prunable.any())

    @cached_property
    def normalized(self) -> tuple[int, ...]:
        """The positions of the layers that keep running statistics."""
        return tuple(k for k, layer in enumerate(self.layers) if layer.normalization.running and not layer.muted)

    def mark(self, place: Callable[[NetworkLayer], slice]) -> Array:
        """Return a flat array of bool, true on the slices `place(layer)` of all layers."""
        result = np.zeros(self.size, dtype=bool)
        for layer in self.layers:
            result[place(layer)] = True
        return result

    def initial(self, seed: int, bias: float, stream: Arc4 | None = None) -> Array:
        """Return the initial parameters, shape (size,): the same for the same seed.

        With the seed 0, the initializer of TensorFlow Playground's links continues `stream` from layer to layer.
        """
        parameters = np.empty(self.size, dtype=self.dtype)
        for number, layer in enumerate(self.layers):
            if isinstance(layer.initializer, TfPlaygroundWeights) and stream is not None and seed == 0:
                weights = layer.initializer.continued(layer.units, layer.inputs, stream)
            else:
                random = generator(seed, randomness.WEIGHTS, number)
                weights = layer.initializer.weights(layer.units, layer.inputs, random)
            parameters[layer.weights] = weights.ravel()
            parameters[layer.biases] = bias
            for name in ("gamma", "beta", "mean", "var"):
                if name in layer.per_unit:
                    layer.column(name, parameters)[:] = 1 if name in ("gamma", "var") else 0
        return parameters


def network_of(experiment: Experiment, sample: Sample) -> Network:
    """Build the network that an experiment describes for its data."""
    loss = experiment.loss_for(sample.task)
    layers: list[NetworkLayer] = []
    inputs, start = len(experiment.features), 0
    for number, chosen in enumerate(experiment.layers, start=1):
        layer = NetworkLayer(
            name=layer_name(chosen, number - 1),
            units=chosen.units,
            inputs=inputs,
            activation=chosen.activation,
            dropout=chosen.dropout,
            regularizer=experiment.regularizer if chosen.regularizer is None else chosen.regularizer,
            initializer=chosen.initializer or experiment.initializer,
            trainable=chosen.trainable and not chosen.muted,
            start=start,
            normalization=chosen.normalization,
            skip=chosen.skip,
            muted=chosen.muted,
        )
        layers.append(layer)
        inputs, start = layer.units, layer.stop
    output = NetworkLayer(
        name=OUTPUT,
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
