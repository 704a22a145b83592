"""The microscope: the forward and backward pass of a single point, in evaluation mode."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.engine import reference
from playground.engine.network import NetworkLayer
from playground.engine.passes import Pass
from playground.engine.setup import Setup
from playground.measure.fields import read_only


class LayerPass(NamedTuple):
    """One layer's part in the forward and backward pass of a single point."""

    name: str
    activation: str
    a_in: Array
    """The layer's inputs, shape (inputs,)."""
    W: Array
    b: Array
    z: Array
    """The pre-activations, after normalization, shape (units,)."""
    slope: Array
    """The slope f′(z) of the activation, shape (units,)."""
    a: Array
    """The layer's outputs: f(z), plus `a_in` with a skip connection; `a_in` alone if the layer is muted."""
    delta: Array
    """δ = ∂E/∂z; for a layer that normalizes, ∂E/∂(W a + b), the gradient before normalization."""
    gradient_W: Array
    """∂E/∂W = δ aᵀ, shape (units, inputs); 0 for a muted layer."""
    gradient_b: Array


class Microscope(NamedTuple):
    """Forward and backward pass of one point, in evaluation mode."""

    point: int
    """The point's index in the sample."""
    x: Array
    """The point's coordinates on the plane, shape (2,)."""
    label: float
    """The point's class number, or its value in the data's own unit."""
    target: Array
    """The target output, shape (outputs,)."""
    output: Array
    """o as the loss takes it (logits for cross-entropy), shape (outputs,)."""
    loss: float
    layers: tuple[LayerPass, ...]
    """The hidden layers, then the output layer."""


def microscope(setup: Setup, parameters: Array, point: int) -> Microscope | None:
    """The forward and backward pass of one point of the sample; None if there is no such point."""
    network, sample = setup.network, setup.sample
    if not 0 <= point < len(sample.labels):
        return None
    chosen = slice(point, point + 1)
    target = setup.targets_of(sample.network_labels[chosen])
    flat = read_only(parameters.copy())
    with np.errstate(all="ignore"):
        passed = reference.forward(network, flat, setup.features_of(sample.x[chosen]))
        gradient = read_only(reference.backward(network, flat, passed, target))
        loss = float(network.loss.per_point(passed.outputs, target)[0])
        layers = tuple(_layer_pass(layer, flat, gradient, passed, place) for place, layer in enumerate(network.layers))
    return Microscope(
        point=point,
        x=read_only(sample.x[point].copy()),
        label=float(sample.labels[point]),
        target=read_only(target[:, 0]),
        output=read_only(passed.outputs[:, 0]),
        loss=loss,
        layers=layers,
    )


def _layer_pass(layer: NetworkLayer, flat: Array, gradient: Array, passed: Pass, place: int) -> LayerPass:
    z, f = passed.z[place], passed.f[place]
    slope = np.ones_like(z) if layer.muted else layer.activation.derivative(z, f)
    a_in, z_out, slopes, a, delta = (
        read_only(array[:, 0].copy()) for array in (passed.a[place], z, slope, passed.a[place + 1], passed.delta[place])
    )
    return LayerPass(
        name=layer.name,
        activation=layer.activation.kind,
        a_in=a_in,
        W=layer.W(flat),
        b=layer.b(flat),
        z=z_out,
        slope=slopes,
        a=a,
        delta=delta,
        gradient_W=layer.W(gradient),
        gradient_b=layer.b(gradient),
    )
