"""Templates of exported Python scripts, and the facts that both the NumPy and the PyTorch script need.

A template is the text of a script with Python expressions in « » to be evaluated. A line that ends with `#? condition`
is kept only if the condition holds, and so are lines between `#if condition` and `#end` (with `#else`). `#include`
inserts another template.
"""

from __future__ import annotations

import base64
import keyword
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import UNNAMED_AXES, AxisScale, Sample
from playground.catalog.losses import CrossEntropy
from playground.engine.network import NetworkLayer
from playground.files.errors import one_line, shorten
from playground.interop.export.exportable import Exportable
from playground.interop.export.sources import feature_text
from playground.interop.weights import weight_bytes

_MOST_READABLE = 400
"""The most numbers that are written out; more are packed."""
_TAKEN = {"np", "torch", "nn", "math", "said", "features", "network", "predict", "classify", "probabilities", "P"}
"""Names that are already used in a script."""


def fill_template(template: str, facts: dict[str, Any]) -> str:
    """The template with this file name, its expressions evaluated with `facts`; inserted lines are indented to fit."""
    # Remove gaps that omitted lines leave, and blanks in empty lines.
    text = re.sub(r"[ \t]+\n", "\n", "\n".join(_filled_lines(template, facts)))
    return re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"


def _filled_lines(template: str, facts: dict[str, Any]) -> list[str]:
    lines, kept = list[str](), [True]
    for line in Path(__file__).with_name(template).read_text("utf-8").splitlines():
        text, _, condition = line.partition("  #? ")
        indent = "\n" + text[: len(text) - len(text.lstrip())]
        if line.startswith("#if "):
            kept.append(kept[-1] and bool(eval(line[4:], facts)))
        elif line == "#else":
            kept[-1] = kept[-2] and not kept[-1]
        elif line == "#end":
            kept.pop()
        elif kept[-1] and line.startswith("#include "):
            lines += _filled_lines(line[9:], facts)
        elif kept[-1] and (not condition or eval(condition, facts)):
            values = [str(eval(expression, facts)).replace("\n", indent) for expression in re.findall("«(.+?)»", text)]
            lines.append("".join(map(add, re.split("«.+?»", text), [*values, ""])))
    return lines


def identifier(text: str, otherwise: str) -> str:
    """A Python identifier close to a text and not used in a script; `otherwise` if the text gives none."""
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", text))[:40].strip("_")
    name = name if name.isidentifier() else otherwise
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


def _column_names(sample: Sample) -> list[str]:
    """The parameters of `predict` for the two columns of the data."""
    names = ["x1", "x2"]
    if sample.axis_names != UNNAMED_AXES:
        names = [identifier(name, otherwise) for name, otherwise in zip(sample.axis_names, names, strict=True)]
    return names if names[0] != names[1] else [f"{name}_{place}" for place, name in enumerate(names, start=1)]


def _parameters_sentence(columns: list[str], sample: Sample) -> str:
    """The sentence in the docstring of `predict` about its parameters.

    Names of columns come from strangers' files and are stripped of whatever could end a docstring.
    """
    if sample.axis_names == UNNAMED_AXES:
        return "x1 and x2 are the coordinates of points on the plane."
    if sample.axis_names == tuple(columns):
        return f"{columns[0]} and {columns[1]} are the columns of the data with these names, in their own units."
    first, second = (re.sub(r'["\\]', "", one_line(name, 60)) for name in sample.axis_names)
    return f'{columns[0]} is the column "{first}" of the data and {columns[1]} is "{second}", both in their own units.'


def common_facts(exportable: Exportable, module: str) -> dict[str, Any]:
    """The facts about the data and the predictions; `module` ("np" or "torch") has the functions of features."""
    sample, loss = exportable.sample, exportable.network.loss
    columns, places = _column_names(sample), sample.own_x[:2].T
    torch = module == "torch"
    return {
        **{"exportable": exportable, "sample": sample, "network": exportable.network, "loss": loss, "torch": torch},
        **{"first": columns[0], "second": columns[1], "UNNAMED_AXES": UNNAMED_AXES, "scale": sample.target_scale},
        "classes": sample.task == "classification",
        "several": sample.outputs > 1,
        "probable": isinstance(loss, CrossEntropy),
        "example": ", ".join(f"[{', '.join(shorten(float(f'{value:.4g}')) for value in column)}]" for column in places),
        "meanings": _parameters_sentence(columns, sample),
        "on_plane": "\n".join(
            f"{x} = ({x} - {axis.offset!r}) / {axis.factor!r}" if axis.factor else f"{x} = 0 * {x}"
            for x, axis in zip(("x1", "x2"), sample.axis_scales, strict=True)
            if axis != AxisScale()
        ),
        "features": "\n".join(f"{feature_text(name, module)}," for name in exportable.experiment.features),
    }


def layer_title(place: int, layer: NetworkLayer) -> str:
    """A comment line for a layer, without any text that a user typed."""
    name = "Output" if layer.name == "output" else f"Layer {place + 1}"
    if layer.muted:
        return f"# {name} is muted: it passes its input on unchanged."
    extras = [f"{layer.normalization.kind} normalization"] if layer.normalizes else []
    extras += ["skip connection"] if layer.skip else []
    extras += [f"dropout {shorten(layer.dropout)} in training"] if layer.dropout else []
    extras += [] if layer.trainable else ["frozen"]
    units = f"{layer.units} unit{'' if layer.units == 1 else 's'}"
    return f"# {name}: {', '.join([units, layer.activation.kind, *extras])}."


def numbers(arrays: Mapping[str, Array]) -> str:
    """A Python expression for arrays, exact to the last bit: written out if they are small, else packed."""
    if sum(values.size for values in arrays.values()) <= _MOST_READABLE:
        return "{\n" + "".join(f"    {key!r}: {_array_text(values)},\n" for key, values in arrays.items()) + "}"
    lines = textwrap.wrap(base64.b64encode(weight_bytes(arrays)).decode(), 110)
    return 'read("""\n' + "\n".join(lines) + '\n""")'


def _array_text(values: Array) -> str:
    """A Python expression for an array, each number with just the digits that identify it in its precision."""
    texts = [[str(value) if np.isfinite(value) else f"np.{value}" for value in row] for row in np.atleast_2d(values)]
    rows = [f"[{', '.join(row)}]" for row in texts]
    inner = rows[0] if values.ndim < 2 else f"[\n        {f',{chr(10)}        '.join(rows)},\n    ]"
    return f"np.array({inner}, dtype=np.{values.dtype.name})"
