"""Export of the trained network as a script for plain NumPy, with nothing but the forward pass and the weights."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

from playground.catalog.choice import Array
from playground.catalog.normalizations import EPSILON
from playground.engine.network import NetworkLayer
from playground.interop.export.exportable import Exportable
from playground.interop.export.script import common_facts, fill_template, identifier, layer_title, numbers
from playground.interop.export.sources import join_definitions, quoted


def numpy_script(exportable: Exportable, _: Path) -> bytes:
    """The content of the script."""
    parameters, layers = numbers(_used_parameters(exportable)), enumerate(exportable.network.layers)
    facts = {
        "parameters": parameters,
        "packed": parameters.startswith("read("),
        "activations": _activations(exportable),
        "layers": "\n".join(line for place, layer in layers for line in _layer_lines(place, layer)),
    }
    return fill_template("numpy_script.txt", common_facts(exportable, "np") | facts).encode()


def _used_parameters(exportable: Exportable) -> dict[str, Array]:
    return {
        f"{name}{place}": exportable.parameters[f"{name}{place}"]
        for place, layer in enumerate(exportable.network.layers)
        if not layer.muted
        for name in ("W", *layer.per_unit)
    }


def _activations(exportable: Exportable) -> str:
    """The source of the functions of all activations in use."""
    definitions: dict[str, str] = {}
    for layer in exportable.network.layers:
        f = layer.activation
        if not layer.muted and f.kind != "linear":
            definitions |= quoted(f.value_of, identifier(f.kind, "f"), words=f.formula)
    return join_definitions(definitions)


def _layer_lines(place: int, layer: NetworkLayer) -> list[str]:
    if layer.muted:
        return [layer_title(place, layer)]
    lines = [layer_title(place, layer), f'z = P["W{place}"] @ a + P["b{place}"][:, np.newaxis]']
    if layer.normalization.running:
        lines.append(f'mean, variance = P["mean{place}"][:, np.newaxis], P["var{place}"][:, np.newaxis]')
    elif layer.normalizes:
        lines.append("mean, variance = z.mean(axis=0, keepdims=True), z.var(axis=0, keepdims=True)")
    if layer.normalizes:
        lines.append(f"z = (z - mean) * (1 / np.sqrt(variance + {EPSILON!r}))")
        lines.append(f'z = P["gamma{place}"][:, np.newaxis] * z + P["beta{place}"][:, np.newaxis]')
    f = layer.activation
    settings = zip(list(signature(f.value_of).parameters)[1:], f.values, strict=True)
    arguments = ", ".join(["z", *(f"{name}={value!r}" for name, value in settings)])
    value = "z" if f.kind == "linear" else f"{identifier(f.kind, 'f')}({arguments})"
    return [*lines, f"a = {value}{' + a' if layer.skip else ''}"]
