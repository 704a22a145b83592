"""The network as a PyTorch script: the points, the model, its weights before and after training, and `predict`.

The script contains what this experiment uses and nothing else; how it trains is written by `torch_training.py`. A
layer keeps its number in the experiment, so that random numbers are drawn as the engine draws them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.losses import CrossEntropy
from playground.engine.network import NetworkLayer
from playground.interop.export import torch_training
from playground.interop.export.exportable import Exportable
from playground.interop.export.numpy_script import (
    CLASSIFY,
    PREDICT,
    axis_lines,
    class_choice,
    layer_title,
    name_constants,
    output_meaning,
    own_unit,
)
from playground.interop.export.sources import feature_text, joined, numbers
from playground.interop.export.torch_training import expression

_HEAD = '''
"""A network of the Neural Network Playground in PyTorch.

    python this_file.py    trains it from the same initial weights and compares with what the playground recorded

    from this_file import predict
    predict([0.5, -1.0], [2.0, 3.0])    # what the trained network says of the points (0.5, 2) and (-1, 3)

Points are given in the units of the data; AXES names both columns. The script needs PyTorch and NumPy, nothing else.
Read it from the top: the points, the network, how it learns.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
'''.strip()

_POINTS = '''
class Points(NamedTuple):
    """Points on the plane with what the network should say of them."""

    inputs: torch.Tensor
    labels: torch.Tensor


def points(part):
    """The points of one part: 0 is for training, 1 for validation, 2 for the test."""
    chosen = DATA["part"] == part
    x = torch.tensor(DATA["x"][chosen])
    return Points(features(x[:, 0], x[:, 1]), torch.tensor(DATA["label"][chosen]))
'''.strip()

_BATCH_NORM = '''
def batch_norm(norm, z):
    """Standardize over the batch. One point alone has no spread, so the running statistics stand in for its own."""
    if len(z) > 1 or not norm.training:
        return norm(z)
    return F.batch_norm(z, norm.running_mean, norm.running_var, norm.weight, norm.bias, training=False)
'''.strip()

_BUILD = '''
def build(arrays):
    """A network with these weights."""
    network = Network()
    network.load_state_dict({name: torch.tensor(values) for name, values in arrays.items()}, strict=False)
    return network
'''.strip()

_DRAWS = """

        `step` and `first` say which update and which of its points this is, for the dropout.
        """

_ASK = '''
@torch.no_grad()
def network(columns):
    """The outputs of the trained network."""
    return TRAINED_NETWORK.eval()(columns)
'''.strip()

_NAMES = {
    "W": "layer{}.weight",
    "b": "layer{}.bias",
    "gamma": "norm{}.weight",
    "beta": "norm{}.bias",
    "mean": "norm{}.running_mean",
    "var": "norm{}.running_var",
}
"""What parameters are called in the script."""


def torch_script(exportable: Exportable, _: Path) -> bytes:
    """The script."""
    dtype = f"torch.{exportable.network.dtype.name}"
    parts = [
        _HEAD,
        name_constants(exportable, f"SEED = {exportable.experiment.seed}", f"torch.set_default_dtype({dtype})"),
        _heading("The points"),
        _features(exportable),
        _POINTS,
        _heading("The network"),
        _BATCH_NORM if any(layer.normalization.running for layer in _active(exportable)) else "",
        torch_training.randomness_used(exportable),
        _model(exportable),
        _BUILD,
        _prediction(exportable),
        _heading("How it learns"),
        *torch_training.parts(exportable),
        _heading("Numbers, exact to the last bit"),
        _numbers(exportable),
        torch_training.MAIN,
    ]
    return joined(parts)


def _heading(words: str) -> str:
    return f"# {words} ".ljust(110, "-")


def _active(exportable: Exportable) -> list[NetworkLayer]:
    return [layer for layer in exportable.network.layers if not layer.muted]


def _features(exportable: Exportable) -> str:
    lines = "".join(f"        {feature_text(name, 'torch')},\n" for name in exportable.experiment.features)
    return (
        'def features(x1, x2):\n    """What the network is given of points: a tensor of shape (points, features)."""\n'
        f"{axis_lines(exportable)}    return torch.stack([\n{lines}    ], dim=1).to(torch.get_default_dtype())"
    )


def _number_of(exportable: Exportable, place: int) -> str:
    """What a layer is called in the script, behind `layer` or `norm`."""
    return "_out" if place == len(exportable.network.layers) - 1 else str(place + 1)


def _model(exportable: Exportable) -> str:
    made, passed = [], []
    for place, layer in enumerate(exportable.network.layers):
        number = _number_of(exportable, place)
        made += _made_lines(number, layer)
        passed += [f"# {layer_title(place, layer)}", *([] if layer.muted else _passed_lines(place, number, layer))]
    draws = torch_training.drops_out(exportable)
    arguments = ", step=0, first=0" if draws else ""
    words = _DRAWS if draws else ""
    return "\n".join(
        [
            "class Network(nn.Module):",
            '    """Every layer computes z = W a + b and then f(z)."""\n',
            "    def __init__(self):",
            "        super().__init__()",
            *(f"        {line}" for line in made),
            "",
            f"    def forward(self, a{arguments}):",
            f'        """The outputs for inputs a, one row per point.{words}"""',
            *(f"        {line}" for line in passed),
            "        return a",
        ]
    )


def _made_lines(number: str, layer: NetworkLayer) -> list[str]:
    if layer.muted:
        return []
    lines = [f"self.layer{number} = nn.Linear({layer.inputs}, {layer.units})"]
    if layer.normalizes:
        kind = "BatchNorm1d" if layer.normalization.running else "LayerNorm"
        lines.append(f"self.norm{number} = nn.{kind}({layer.units})")
    if not layer.trainable:
        lines += [f"{line.split(' = ')[0]}.requires_grad_(False)" for line in lines]
    return lines


def _passed_lines(place: int, number: str, layer: NetworkLayer) -> list[str]:
    lines = [f"z = self.layer{number}(a)"]
    if layer.normalization.running:
        lines.append(f"z = batch_norm(self.norm{number}, z)")
    elif layer.normalizes:
        lines.append(f"z = self.norm{number}(z)")
    lines.append(f"a = {expression(layer.activation, 'z')}{' + a' if layer.skip else ''}")
    if layer.dropout:
        lines.append(f"if self.training:\n            a = a * dropout_mask(step, {place}, first, a, {layer.dropout!r})")
    return lines


def _prediction(exportable: Exportable) -> str:
    several, cross_entropy = exportable.sample.outputs > 1, isinstance(exportable.network.loss, CrossEntropy)
    said = "said"
    if cross_entropy:
        said = "torch.softmax(said, dim=1)" if several else "torch.sigmoid(said)"
    said = own_unit(exportable, said)
    result = f"{said}.numpy().reshape({'*x1.shape, -1' if several else 'x1.shape'})"
    more = ",\n    with an axis more for the classes" if several else ""
    text = PREDICT.format(meaning=output_meaning(exportable), more=more, result=result)
    for name in ("x1", "x2"):
        text = text.replace(f"{name}.ravel()", f"torch.tensor({name}.ravel())")
    classify = [CLASSIFY.format(chosen=class_choice(exportable))] if exportable.sample.task == "classification" else []
    return "\n\n\n".join([_ASK, text, *classify])


def _numbers(exportable: Exportable) -> str:
    sample = exportable.sample
    data = {"x": sample.own_x, "label": sample.labels, "part": sample.split}
    history, kept = exportable.history, slice(0, None if exportable.repeatable else 0)
    recorded = {
        "epoch": history.epoch[kept].astype(np.int64),
        "train_loss": history.train_loss[kept],
        "validation_loss": history.validation_loss[kept],
    }
    return "\n".join(
        [
            numbers("DATA", data),
            numbers("INITIAL", _renamed(exportable, dict(exportable.initial))),
            numbers("TRAINED", _renamed(exportable, dict(exportable.parameters))),
            "# The losses that the playground recorded.",
            numbers("RECORDED", recorded),
            "TRAINED_NETWORK = build(TRAINED)",
        ]
    )


def _renamed(exportable: Exportable, parameters: dict[str, Array]) -> dict[str, Array]:
    return {
        _NAMES[name].format(_number_of(exportable, place)): parameters[f"{name}{place}"]
        for place, layer in enumerate(exportable.network.layers)
        if not layer.muted
        for name in ("W", *layer.per_unit)
    }
