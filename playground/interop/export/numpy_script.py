"""The trained network as a script of plain NumPy: the forward pass and the weights, nothing else."""

from __future__ import annotations

from pathlib import Path

from playground.catalog.choice import Array, Choice
from playground.catalog.datasets.base import UNNAMED_AXES, AxisScale
from playground.catalog.losses import CrossEntropy
from playground.catalog.normalizations import EPSILON
from playground.engine.network import NetworkLayer
from playground.files.errors import shorten
from playground.interop.export.exportable import Exportable
from playground.interop.export.sources import feature_text, join_definitions, joined, literal, numbers, quoted

_HEAD = '''
"""A trained network of the Neural Network Playground in plain NumPy.

    from this_file import predict
    predict([0.5, -1.0], [2.0, 3.0])    # what the network says of the points (0.5, 2) and (-1, 3)

Points are given in the units of the data; AXES names both columns.
"""

import numpy as np
'''.strip()

PREDICT = '''
def predict(x1, x2):
    """{meaning}

    x1 and x2 are numbers or arrays of one shape: the columns that AXES names, in their own units. The result has the
    same shape{more}.
    """
    x1, x2 = np.broadcast_arrays(np.asarray(x1, dtype=np.float64), np.asarray(x2, dtype=np.float64))
    said = network(features(x1.ravel(), x2.ravel()))
    return {result}
'''.strip()

_SIGMOID = '''
def probabilities(o):
    """The logistic function, written so that it never overflows."""
    return 0.5 + 0.5 * np.tanh(0.5 * o)
'''.strip()

_SHARES = '''
def probabilities(o):
    """Softmax: positive shares of 1, the larger the output the larger."""
    shares = np.exp(o - o.max(axis=0))
    return shares / shares.sum(axis=0)
'''.strip()

CLASSIFY = '''
def classify(x1, x2):
    """The names of the classes that the network gives points."""
    return np.array(CLASS_NAMES)[{chosen}]
'''.strip()


def numpy_script(exportable: Exportable, _: Path) -> bytes:
    """The script."""
    parts = [
        _HEAD,
        name_constants(exportable, f"DTYPE = np.{exportable.network.dtype.name}"),
        _features(exportable, "np"),
        _activations(exportable),
        _network(exportable),
        _prediction(exportable),
        "# The trained weights: W0, b0, W1, b1, … by layer.\n" + numbers("P", _used(exportable)),
    ]
    return joined(parts)


def name_constants(exportable: Exportable, *more: str) -> str:
    """The constants with the names of the network and of its classes."""
    sample = exportable.sample
    lines = [f"NAME = {literal(exportable.title)}", f"AXES = {sample.axis_names!r}"]
    if sample.task == "classification":
        lines.append(f"CLASS_NAMES = {sample.class_names!r}")
    if sample.axis_names != UNNAMED_AXES or sample.task == "regression":
        lines.append(f"TARGET = {literal(sample.target_name)}")
    return "\n".join([*lines, *more])


def _used(exportable: Exportable) -> dict[str, Array]:
    names = [
        f"{name}{number}"
        for number, layer in enumerate(exportable.network.layers)
        if not layer.muted
        for name in ("W", *layer.per_unit)
    ]
    return {name: exportable.parameters[name] for name in names}


def _features(exportable: Exportable, module: str) -> str:
    lines = "".join(f"        {feature_text(name, module)},\n" for name in exportable.experiment.features)
    return (
        'def features(x1, x2):\n    """What the network is given of points: an array of shape (features, points)."""\n'
        f"{axis_lines(exportable)}    return np.stack([\n{lines}    ]).astype(DTYPE)"
    )


def axis_lines(exportable: Exportable) -> str:
    """The statements that bring both columns from their own units to those of the network."""
    lines = "".join(
        f"    {x} = ({x} - {scale.offset!r}) / {scale.factor!r}\n" if scale.factor else f"    {x} = 0 * {x}\n"
        for x, scale in zip(("x1", "x2"), exportable.sample.axis_scales, strict=True)
        if scale != AxisScale()
    )
    return f"    # From the units of the data to -5...5.\n{lines}" if lines else ""


def own_unit(exportable: Exportable, values: str) -> str:
    """The expression for values of a regression in the target's own unit."""
    scale = exportable.sample.target_scale
    return f"({scale.offset!r} + {scale.factor!r} * {values})" if exportable.sample.scales_target else values


def _activations(exportable: Exportable) -> str:
    """The functions of all activations that occur."""
    definitions: dict[str, str] = {}
    for layer in exportable.network.layers:
        if not layer.muted and layer.activation.kind != "linear":
            definitions |= quoted(type(layer.activation).value_of, layer.activation.kind)
    if isinstance(exportable.network.loss, CrossEntropy):
        definitions["probabilities"] = _SHARES if exportable.sample.outputs > 1 else _SIGMOID
    return join_definitions(definitions)


def _call(choice: Choice, argument: str) -> str:
    named = "".join(f", {name}={value!r}" for name, value in zip(choice.__struct_fields__, choice.values, strict=True))
    return argument if choice.kind == "linear" else f"{choice.kind}({argument}{named})"


def _network(exportable: Exportable) -> str:
    lines = [line for place, layer in enumerate(exportable.network.layers) for line in _layer_lines(place, layer)]
    body = "\n".join(f"    {line}" for line in lines)
    return f'def network(a):\n    """The outputs for inputs a, one column per point."""\n{body}\n    return a'


def _layer_lines(place: int, layer: NetworkLayer) -> list[str]:
    title = layer_title(place, layer)
    if layer.muted:
        return [f"# {title}"]
    lines = [f"# {title}", f'z = P["W{place}"] @ a + P["b{place}"][:, np.newaxis]']
    if layer.normalization.running:
        lines.append(f'mean, variance = P["mean{place}"][:, np.newaxis], P["var{place}"][:, np.newaxis]')
    elif layer.normalizes:
        lines.append("mean, variance = z.mean(axis=0, keepdims=True), z.var(axis=0, keepdims=True)")
    if layer.normalizes:
        lines.append(f"z = (z - mean) * (1 / np.sqrt(variance + {EPSILON!r}))")
        lines.append(f'z = P["gamma{place}"][:, np.newaxis] * z + P["beta{place}"][:, np.newaxis]')
    return [*lines, f"a = {_call(layer.activation, 'z')}{' + a' if layer.skip else ''}"]


def layer_title(place: int, layer: NetworkLayer) -> str:
    """A comment on a layer, without any text that a person typed."""
    name = "Output" if layer.name == "output" else f"Layer {place + 1}"
    if layer.muted:
        return f"{name} is muted: it passes on what comes in."
    extras = [f"{layer.normalization.kind} normalization"] if layer.normalizes else []
    extras += ["skip connection"] if layer.skip else []
    extras += [f"dropout {shorten(layer.dropout)} while it trains"] if layer.dropout else []
    extras += [] if layer.trainable else ["frozen"]
    units = f"{layer.units} unit{'' if layer.units == 1 else 's'}"
    return f"{name}: {', '.join([units, layer.activation.kind, *extras])}."


def output_meaning(exportable: Exportable) -> str:
    """What `predict` returns."""
    several, probable = exportable.sample.outputs > 1, isinstance(exportable.network.loss, CrossEntropy)
    if exportable.sample.task == "regression":
        return "The values that the network predicts for points."
    if probable:
        return f"The probabilities of {'the classes' if several else 'the second class'} that the network gives points."
    return (
        f"The outputs of the network for points; {'the largest' if several else 'the side of the threshold'} decides."
    )


def _prediction(exportable: Exportable) -> str:
    several, loss = exportable.sample.outputs > 1, exportable.network.loss
    shape = "said.T.reshape(*x1.shape, -1)" if several else "said.reshape(x1.shape)"
    if isinstance(loss, CrossEntropy):
        shape = shape.replace("said", "probabilities(said)")
    shape = shape.replace("said", own_unit(exportable, "said"), 1)
    more = ",\n    with an axis more for the classes" if several else ""
    texts = [PREDICT.format(meaning=output_meaning(exportable), more=more, result=shape)]
    if exportable.sample.task == "classification":
        texts.append(CLASSIFY.format(chosen=class_choice(exportable)))
    return "\n\n\n".join(texts)


def class_choice(exportable: Exportable) -> str:
    """The expression for the numbers of the classes."""
    loss = exportable.network.loss
    if exportable.sample.outputs > 1:
        return "predict(x1, x2).argmax(axis=-1)"
    threshold = 0.5 if isinstance(loss, CrossEntropy) else loss.threshold
    return f"(predict(x1, x2) >= {threshold!r}).astype(int)"
