"""Export of the trained network as an ONNX model, from two named columns in the data's own units to predictions.

The inputs have the shape (n, 1). The outputs of a classification are `class`, a name for each point, and
`probabilities`, a column for each class (or, if the loss is not cross-entropy, the raw `output`); of a regression,
`value` in the target's unit. All numbers are float32, which every runtime supports. Where the catalog gives a spelling
for ONNX, it is used; all other formulas are traced into nodes of basic operations. ONNX keeps one row per point, so a
layer computes a Wᵀ + b.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, listing
from playground.catalog.datasets.base import UNNAMED_AXES, AxisScale, Sample
from playground.catalog.features import FEATURES
from playground.catalog.losses import CrossEntropy
from playground.catalog.normalizations import EPSILON
from playground.engine.network import NetworkLayer
from playground.files.errors import InputError
from playground.interop.export.exportable import Exportable
from playground.interop.export.sources import Traced

_OPSET, _FILE_VERSION = 17, 8
"""The versions of 2022, which all recent runtimes support."""

_NODES = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "negative": "Neg", "power": "Pow",
    "maximum": "Max", "minimum": "Min", "tanh": "Tanh", "exp": "Exp", "absolute": "Abs", "sign": "Sign", "sqrt": "Sqrt",
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "arctan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "log": "Log",
    "floor": "Floor", "ceil": "Ceil", "reciprocal": "Reciprocal", "where": "Where", "less": "Less",
    "less_equal": "LessOrEqual", "greater": "Greater", "greater_equal": "GreaterOrEqual",
}  # fmt: skip
_COMPOSED: dict[str, Callable[..., Any]] = {
    "square": lambda x: x * x,
    # 2 t / (1 − t) with t = tanh(x/2) keeps the digits near 0; formulas use it only for x ≤ 0.
    "expm1": lambda x: 2 * np.tanh(x / 2) / (1 - np.tanh(x / 2)),
    "hypot": lambda x, y: np.sqrt(x * x + y * y),
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "logaddexp": lambda x, y: np.maximum(x, y) + np.log1p(np.exp(-np.abs(x - y))),
    "ones_like": lambda x: 0 * x + 1,
    "zeros_like": lambda x: 0 * x,
}
"""Functions that ONNX lacks, composed of available operations."""
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal")


_Output: TypeAlias = tuple[str, Any, int | None]
"""An output of a model: name, type, and number of columns (None for a one-dimensional output)."""


class _Graph:
    """Collects the nodes and the named constants of a model. Its methods return the names of values they add."""

    def __init__(self) -> None:
        import onnx

        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}
        self.tensors: list[Any] = []
        """Constants that are not numbers."""
        types = onnx.TensorProto
        self.number, self.string, self.integer = types.FLOAT, types.STRING, types.INT64

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"/{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: Any, name: str = "", kind: Any = None) -> str:
        """Add a constant, float32 unless `kind` is another type; returns its name."""
        array = np.asarray(values, dtype=kind or np.float32)
        name = "/" + (name or (f"number_{values!r}" if array.ndim == 0 else f"list_{len(self.constants)}"))
        self.constants[name] = array
        return name

    def _traced(self, name: str) -> Any:
        """A value of the graph as an argument for formulas to be traced."""
        return Traced(self.record, name)

    def record(self, operation: str, operands: tuple[Any, ...]) -> str:
        """Add the node of one operation of a formula."""
        names = [one if isinstance(one, str) else self.constant(one) for one in operands]
        if operation == "log1p":
            # log(1 + x) would lose all digits of a small x.
            return self.node("Softplus", self.node("Log", *names))
        if operation in _COMPOSED:
            composed: Traced = _COMPOSED[operation](*map(self._traced, names))
            return str(composed.value)
        if operation not in _NODES:
            known = listing(sorted([*_NODES, *_COMPOSED, "log1p"]))
            raise InputError("formula", operation, f"one of the functions that ONNX has, {known}")
        if operation == "where":
            names[0] = self.node("Cast", names[0], to=self.onnx.TensorProto.BOOL)
        made = self.node(_NODES[operation], *names)
        # A formula may calculate with the result of a comparison.
        return self.node("Cast", made, to=self.number) if operation in _COMPARISONS else made

    def activation(self, f: Activation, z: str) -> str:
        """Add f(z): by the spelling for ONNX if there is one, else by tracing the formula."""
        if text := f.spelled("onnx"):
            return self.spelled(ast.parse(text, mode="eval").body, z)
        try:
            return str(f(self._traced(z)).value)  # type: ignore[attr-defined]
        except (TypeError, AttributeError) as error:
            raise InputError(
                "formula",
                f.kind,
                f"made of plain operations on single numbers, so that ONNX can express it ({error})",
            ) from error

    def spelled(self, text: ast.expr, z: str) -> str:
        """Add the nodes of a spelling, such as `Mul(z, Sigmoid(z))`."""
        if isinstance(text, ast.Name):
            return z
        if not isinstance(text, ast.Call):
            return self.constant(ast.literal_eval(text))
        attributes = {str(one.arg): ast.literal_eval(one.value) for one in text.keywords}
        operator = ast.unparse(text.func)
        return self.node(operator, *(self.spelled(one, z) for one in text.args), **attributes)

    def layer(self, place: int, layer: NetworkLayer, parameters: Mapping[str, Array], a: str) -> str:
        named = {name: f"{name}{place}" for name in ("W", *layer.per_unit)}
        own = {name: self.constant(parameters[key], key) for name, key in named.items()}
        z = self.node("Gemm", a, own["W"], own["b"], transB=1)
        if layer.normalizes:
            kind = "BatchNormalization" if layer.normalization.running else "LayerNormalization"
            z = self.node(kind, z, *list(own.values())[2:], epsilon=EPSILON)
        f = self.activation(layer.activation, z)
        return self.node("Add", f, a) if layer.skip else f

    def features(self, names: tuple[str, ...], columns: Sequence[str]) -> str:
        """Add the network's inputs, computed from both coordinates."""
        x1, x2 = map(self._traced, columns)
        return self.node("Concat", *(str(FEATURES[name].formula(x1, x2).value) for name in names), axis=1)  # type: ignore[attr-defined]

    def on_the_plane(self, column: str, scale: AxisScale) -> str:
        """Add the scaling of a column of the data to a coordinate on the plane."""
        if scale == AxisScale():
            return column
        # Subtracted in two parts, the offset loses no digits of the column, however large it is.
        high = np.float32(scale.offset)
        apart = self.node(
            "Sub", self.node("Sub", column, self.constant(high)), self.constant(scale.offset - float(high))
        )
        return self.node("Mul", apart, self.constant(1 / scale.factor if scale.factor else 0.0))

    def to_classes(self, o: str, exportable: Exportable) -> list[_Output]:
        """Add the outputs of a classification."""
        names, loss = list(exportable.sample.class_names), exportable.network.loss
        self.tensors.append(self.onnx.helper.make_tensor("/classes", self.string, [len(names)], names))
        if exportable.sample.outputs > 1:
            index = self.node("ArgMax", o, axis=1, keepdims=0)
        else:
            column = self.node("Squeeze", o, self.constant([1], kind=np.int64))
            index = self.node(
                "Cast", self.node("GreaterOrEqual", column, self.constant(loss.threshold)), to=self.integer
            )
        self.node("Gather", "/classes", index, output="class")
        if not isinstance(loss, CrossEntropy):
            self.node("Identity", o, output="output")
            return [("class", self.string, None), ("output", self.number, exportable.sample.outputs)]
        if exportable.sample.outputs > 1:
            self.node("Softmax", o, axis=1, output="probabilities")
        else:
            both = self.node("Concat", self.node("Neg", o), o, axis=1)
            self.node("Sigmoid", both, output="probabilities")
        return [("class", self.string, None), ("probabilities", self.number, max(2, len(names)))]

    def to_values(self, o: str, scale: AxisScale) -> list[_Output]:
        """Add the output of a regression, in the target's own unit."""
        scaled = self.node("Mul", o, self.constant(scale.factor))
        self.node("Add", scaled, self.constant(scale.offset), output="value")
        return [("value", self.number, 1)]


def onnx_model(exportable: Exportable, _: Path) -> bytes:
    """The content of the model's file."""
    graph, network, sample = _Graph(), exportable.network, exportable.sample
    entries = input_names(sample)
    columns = [graph.on_the_plane(name, scale) for name, scale in zip(entries, sample.axis_scales, strict=True)]
    a = graph.features(exportable.experiment.features, columns)
    for place, layer in enumerate(network.layers):
        a = a if layer.muted else graph.layer(place, layer, exportable.parameters, a)
    if sample.task == "classification":
        results = graph.to_classes(a, exportable)
    else:
        results = graph.to_values(a, sample.target_scale)
    return _serialized(graph, exportable, entries, results)


def input_names(sample: Sample) -> list[str]:
    """The names of the inputs: those of the columns, or x1 and x2; made different from each other and the outputs."""
    given = ["x1", "x2"] if sample.axis_names == UNNAMED_AXES else [name.lstrip("/") for name in sample.axis_names]
    taken = ["class", "probabilities", "output", "value", ""]
    for place in range(2):
        while given[place] in taken:
            given[place] = f"{given[place]}_{place + 1}" if given[place] else f"x{place + 1}"
        taken.append(given[place])
    return given


def _serialized(graph: _Graph, exportable: Exportable, entries: Sequence[str], results: Sequence[_Output]) -> bytes:
    """The finished model as bytes."""
    onnx, sample = graph.onnx, exportable.sample
    value, constant = onnx.helper.make_tensor_value_info, onnx.numpy_helper.from_array
    made = onnx.helper.make_graph(
        graph.nodes,
        "network",
        [value(name, graph.number, ["points", 1]) for name in entries],
        [value(name, kind, ["points", width] if width else ["points"]) for name, kind, width in results],
        [*(constant(values, name) for name, values in graph.constants.items()), *graph.tensors],
    )
    model = onnx.helper.make_model(
        made,
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_FILE_VERSION,
        producer_name="neural-network-playground",
        doc_string="Two columns of n points, each of shape (n, 1) and in the data's own units, to classes or values.",
    )
    words = {"name": exportable.title, "task": sample.task, "target": sample.target_name}
    lists = {"axes": sample.axis_names, "classes": sample.class_names}
    words |= {name: json.dumps(names, ensure_ascii=False) for name, names in lists.items()}
    onnx.helper.set_model_props(model, words)
    onnx.checker.check_model(model, full_check=True)
    result: bytes = model.SerializeToString()
    return result
