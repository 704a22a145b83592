"""The trained network as an ONNX model: points `x`, shape (n, 2), to `prediction`, shape (n, outputs).

The formulas are the catalog's own, traced into nodes of the most basic operations, which every runtime has in both
precisions. ONNX keeps one row per point, so a layer is a Wᵀ + b.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.features import FEATURES
from playground.catalog.losses import CrossEntropy
from playground.catalog.normalizations import EPSILON
from playground.engine.network import NetworkLayer
from playground.interop.export.exportable import Exportable
from playground.interop.export.sources import Traced

_OPSET, _FILE_VERSION = 17, 8
"""Of 2022: what runtimes of the last years understand."""

_NODES = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "negative": "Neg", "maximum": "Max",
    "minimum": "Min", "tanh": "Tanh", "exp": "Exp", "absolute": "Abs", "sign": "Sign", "sqrt": "Sqrt", "sin": "Sin",
    "cos": "Cos", "log": "Log",
}  # fmt: skip
_COMPOSED: dict[str, Callable[..., Any]] = {
    "square": lambda x: x * x,
    # With t = tanh(x/2): digits are kept near 0, and where formulas ask for it x is not positive.
    "expm1": lambda x: 2 * np.tanh(x / 2) / (1 - np.tanh(x / 2)),
    "log1p": lambda x: np.log(1 + x),
    "hypot": lambda x, y: np.sqrt(x * x + y * y),
}
"""Functions that ONNX lacks, composed of operations that it has."""


class _Graph:
    """Builds a model: nodes, and constants by name."""

    def __init__(self, dtype: np.dtype[np.floating]) -> None:
        import onnx

        self.onnx, self.dtype = onnx, dtype
        self._nodes: list[Any] = []
        self.constants: dict[str, Array] = {}

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self.onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: Any, name: str = "", kind: Any = None) -> str:
        """Add a constant, in the precision of the model unless `kind` says otherwise; returns its name."""
        array = np.asarray(values, dtype=kind or self.dtype)
        name = name or (f"number_{values!r}" if array.ndim == 0 else f"list_{len(self.constants)}")
        self.constants[name] = array
        return name

    def _traced(self, name: str) -> Any:
        """A value of the graph as an argument for formulas."""
        return Traced(self.record, name)

    def record(self, operation: str, operands: tuple[Any, ...]) -> str:
        """Add the node of one operation of a formula."""
        names = [one if isinstance(one, str) else self.constant(one) for one in operands]
        if operation == "log1p" and self.dtype == np.float32:
            # Runtimes have it for float32 alone, where log(1 + x) loses all digits of a small x.
            return self.node("Softplus", self.node("Log", *names))
        if operation in _COMPOSED:
            composed: Traced = _COMPOSED[operation](*map(self._traced, names))
            return str(composed.value)
        return self.node(_NODES[operation], *names)

    def layer(self, place: int, layer: NetworkLayer, parameters: dict[str, Array], a: str) -> str:
        W, b = (self.constant(parameters[f"{name}{place}"], f"{name}{place}") for name in "Wb")
        z = self.node("Gemm", a, W, b, transB=1)
        if layer.normalizes:
            z = self.normalization(place, layer, parameters, z)
        f = str(layer.activation(self._traced(z)).value)  # type: ignore[attr-defined]
        return self.node("Add", f, a) if layer.skip else f

    def normalization(self, place: int, layer: NetworkLayer, parameters: dict[str, Array], z: str) -> str:
        """Add γ (z − μ) / √(σ² + ε) + β."""
        if layer.normalization.running:
            mean, variance = (self.constant(parameters[f"{name}{place}"], f"{name}{place}") for name in ("mean", "var"))
        else:
            mean = self.node("ReduceMean", z, axes=[1], keepdims=1)
            apart = self.node("Sub", z, mean)
            variance = self.node("ReduceMean", self.node("Mul", apart, apart), axes=[1], keepdims=1)
        gamma, beta = (self.constant(parameters[f"{name}{place}"], f"{name}{place}") for name in ("gamma", "beta"))
        standard = (self._traced(z) - self._traced(mean)) * (1 / np.sqrt(self._traced(variance) + EPSILON))
        return str((self._traced(gamma) * standard + self._traced(beta)).value)

    def features(self, names: tuple[str, ...]) -> str:
        """Add the network's inputs, computed from the coordinates in `x`."""
        x1, x2 = (
            self._traced(self.node("Gather", "x", self.constant([column], kind=np.int64), axis=1)) for column in (0, 1)
        )
        return self.node("Concat", *(str(FEATURES[name].formula(x1, x2).value) for name in names), axis=1)  # type: ignore[attr-defined]


def onnx_model(exportable: Exportable, _: Path) -> bytes:
    """The model as the bytes of a file."""
    graph, network = _Graph(exportable.network.dtype), exportable.network
    a = graph.features(exportable.experiment.features)
    for place, layer in enumerate(network.layers):
        a = a if layer.muted else graph.layer(place, layer, dict(exportable.parameters), a)
    if isinstance(network.loss, CrossEntropy):
        probable = graph.node("Softmax", a, axis=1) if exportable.sample.outputs > 1 else graph.node("Sigmoid", a)
        a = probable
    graph.node("Identity", a, output="prediction")
    return _serialized(graph, exportable)


def _serialized(graph: _Graph, exportable: Exportable) -> bytes:
    onnx = graph.onnx
    helper, kind = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype(graph.dtype)
    made = helper.make_graph(
        graph._nodes,
        "network",
        [helper.make_tensor_value_info("x", kind, ["points", 2])],
        [helper.make_tensor_value_info("prediction", kind, ["points", exportable.sample.outputs])],
        [onnx.numpy_helper.from_array(values, name) for name, values in graph.constants.items()],
    )
    model = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_FILE_VERSION,
        producer_name="neural-network-playground",
        doc_string="Points x (n, 2) to predictions: probabilities of the classes, or values.",
    )
    helper.set_model_props(
        model, {"name": exportable.experiment.name, "classes": ", ".join(exportable.sample.class_names)}
    )
    onnx.checker.check_model(model, full_check=True)
    result: bytes = model.SerializeToString()
    return result
