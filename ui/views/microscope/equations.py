"""Forward and backward pass of one point as equations with numbers, in the lecture's notation. No widgets.

Forward: z_A = W_A x + b_A, a_A = f(z_A), z_B = W_B a_A + b_B, …, output o, target t, loss E. Backward:
δ_B = ∂E/∂z_B, δ_A = W_Bᵀ δ_B ⊙ f′(z_A), ∂E/∂W_B = δ_B a_Aᵀ. Layers have the same names as in the other views.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.features import FEATURES
from playground.catalog.losses import CrossEntropy
from playground.catalog.normalizations import NoNormalization
from playground.experiment.layer_names import layer_heading, layer_name
from playground.experiment.tree import Layer
from playground.measure.microscope import LayerPass, Microscope
from playground.measure.snapshot import Snapshot
from playground.measure.statistics import class_shares

from ...look.numbers import number_text
from ..plane.answers import PART_NAMES, answer_words, label_words, place_words

_MUTED = "The layer is muted: its input passes through unchanged, forward and backward."
_SUBSCRIPT = re.compile(r"_\{(.*?)\}")


@dataclass(frozen=True, eq=False)
class Term:
    """One matrix or column of an equation."""

    name: str
    values: Array
    """Shape (rows, columns)."""
    words: str
    """An explanation for the tooltip."""
    row_names: tuple[str, ...] = ()


Equation: TypeAlias = tuple[Term | str, ...]
"""An equation from left to right: terms and what stands between them."""


@dataclass(frozen=True, eq=False)
class EquationBlock:
    """One layer's equations, or a heading over several of them."""

    key: str
    """An identifier, the same for the same layer at every moment."""
    title: str
    formula: str = ""
    lines: tuple[Equation, ...] = ()
    note: str = ""
    heading: bool = False


def _of(name: str, passed: LayerPass) -> str:
    """A symbol with the layer's name as its subscript, as TeX writes it: W_{A}."""
    return f"{name}_{{{passed.name}}}"


def plain_symbols(text: str) -> str:
    """Write a symbol with its subscript on the line: W_A."""
    return _SUBSCRIPT.sub(r"_\1", text)


def rich_symbols(text: str) -> str:
    """Write a text as HTML, with subscripts below the line and all spaces."""
    return _SUBSCRIPT.sub(r"<sub>\1</sub>", html.escape(text, quote=False)).replace("  ", "&nbsp; ")


def _as_column(values: Array) -> Array:
    """A vector as a column, as the lecture writes it."""
    return np.asarray(values)[:, np.newaxis]


def point_sentence(snapshot: Snapshot, seen: Microscope) -> str:
    """Name the point, its label, the network's answer, and its loss."""
    sample = snapshot.sample
    place = place_words(sample.axis_names, float(seen.x[0]), float(seen.x[1]))
    set_name = PART_NAMES[int(sample.split[seen.point])] if seen.point < len(sample.split) else "unknown"
    is_what = label_words(sample, seen.label)
    if sample.task == "regression":
        is_what = f"{sample.target_name} {is_what}"
    output = _as_column(seen.output).astype(np.float64)
    with np.errstate(all="ignore"):
        shown = sample.in_own_unit(output) if sample.task == "regression" else class_shares(snapshot.loss, output)
    answer = answer_words(snapshot, shown[:, 0])
    point = f"Point {seen.point:,} ({set_name}; {place})"
    return f"{point} is {is_what}. The network predicts {answer}. E = {number_text(seen.loss)}."


def _layer_of(snapshot: Snapshot, passed: LayerPass) -> Layer | None:
    """The hidden layer of the experiment that a pass went through; None for the output."""
    layers = enumerate(snapshot.experiment.layers)
    return next((layer for place, layer in layers if layer_name(layer, place) == passed.name), None)


def _has_normalization(layer: Layer | None) -> bool:
    """Whether a normalization stands between the weighted sum and z."""
    return layer is not None and not isinstance(layer.normalization, NoNormalization)


def forward_blocks(snapshot: Snapshot, seen: Microscope) -> list[EquationBlock]:
    """Return the blocks from the point to its loss."""
    layers = [_forward_layer(snapshot, seen, place) for place in range(len(seen.layers))]
    return [
        EquationBlock("forward", "Forward: from the point to its loss", heading=True),
        _input_block(snapshot, seen),
        *layers,
        _loss_block(snapshot, seen),
    ]


def _input_block(snapshot: Snapshot, seen: Microscope) -> EquationBlock:
    names = tuple(FEATURES[name].label for name in snapshot.experiment.features if name in FEATURES)
    point, symbol = Term("x", _as_column(seen.x), "the point", snapshot.sample.axis_names), _input_of(snapshot, seen, 0)
    if symbol == point.name:
        return EquationBlock("input", "Input", "", ((point,),))
    first = Term(symbol, _as_column(seen.layers[0].a_in), "the point's features, the network's input", names)
    return EquationBlock("input", "Input", f"{symbol} = ({', '.join(names)})", ((point, "→", first),))


def _input_of(snapshot: Snapshot, seen: Microscope, place: int) -> str:
    """The symbol of what comes into a layer: the output of the layer before, or the point or its features."""
    if place:
        return _of("a", seen.layers[place - 1])
    return "x" if tuple(snapshot.experiment.features) == ("x1", "x2") else "φ(x)"


def _forward_layer(snapshot: Snapshot, seen: Microscope, place: int) -> EquationBlock:
    """z = W a + b and a = f(z) of one layer."""
    passed = seen.layers[place]
    layer = _layer_of(snapshot, passed)
    W, b, z, out = (_of(symbol, passed) for symbol in "Wbza")
    a, key, title = _input_of(snapshot, seen, place), f"forward {place}", _layer_title(passed)
    if layer is not None and layer.muted:
        same = (
            Term(a, _as_column(passed.a_in), "the layer's input"),
            "=",
            Term(out, _as_column(passed.a), "the layer's output"),
        )
        return EquationBlock(key, title, f"{out} = {a}", (same,), _MUTED)
    activation = passed.activation.replace("_", " ")
    between = "norm" if _has_normalization(layer) else ""
    skips = layer is not None and layer.skip
    formula = f"{z} = {f'{between}({W} {a} + {b})' if between else f'{W} {a} + {b}'},   {out} = {activation}({z})"
    formula += f" + {a}" if skips else ""
    line: Equation = (
        Term(W, passed.W, "weights: a row for each unit, a column for each input"),
        Term(a, _as_column(passed.a_in), "the layer's input"),
        "+",
        Term(b, _as_column(passed.b), "biases"),
        f"→ {between} →" if between else "=",
        Term(z, _as_column(passed.z), "the input of the activation"),
        f"→ {activation} →" if not skips else f"→ {activation}, + {a} →",
        Term(out, _as_column(passed.a), "the layer's output"),
    )
    if place == len(seen.layers) - 1:
        formula += " = o"
    return EquationBlock(key, title, formula, (line,), _forward_note(layer))


def _layer_title(passed: LayerPass) -> str:
    units, inputs = passed.W.shape
    return f"{layer_heading(passed.name)}:  {inputs} → {units}, {passed.activation.replace('_', ' ')}"


def _forward_note(layer: Layer | None) -> str:
    words = []
    if _has_normalization(layer):
        words.append("The weighted sum is normalized before it becomes z.")
    if layer is not None and layer.dropout > 0:
        words.append("No unit is dropped here: dropout acts only in training.")
    return " ".join(words)


def _loss_block(snapshot: Snapshot, seen: Microscope) -> EquationBlock:
    loss = snapshot.loss
    output, target = _as_column(seen.output), _as_column(seen.target)
    line: list[Term | str] = [Term("o", output, "output")]
    if isinstance(loss, CrossEntropy):
        with np.errstate(all="ignore"):
            shares = loss.probabilities(output.astype(np.float64))
        line += ["→ σ →" if len(output) == 1 else "→ softmax →", Term("p", shares, "probabilities")]
    line += [",", Term("t", target, "target"), "→", Term("E", np.array([[seen.loss]]), "loss of this point")]
    scale, note = snapshot.sample.target_scale, ""
    if snapshot.sample.scales_target:
        middle, spread = number_text(scale.offset), number_text(scale.factor)
        note = f"The target is scaled: t = ({snapshot.sample.target_name} − {middle}) / {spread}."
    return EquationBlock("loss", f"Loss: {loss.label}", f"E = {loss.formula}", (tuple(line),), note)


def backward_blocks(snapshot: Snapshot, seen: Microscope) -> list[EquationBlock]:
    """Return the blocks from the loss to the gradients of every layer, the output first."""
    places = reversed(range(len(seen.layers)))
    return [
        EquationBlock("backward", "Backward: from the loss to the gradients", heading=True),
        *(_backward_layer(snapshot, seen, place) for place in places),
    ]


def _backward_layer(snapshot: Snapshot, seen: Microscope, place: int) -> EquationBlock:
    """δ of one layer, and the gradient of its weights."""
    passed = seen.layers[place]
    layer, key, title = _layer_of(snapshot, passed), f"backward {place}", _layer_title(passed)
    delta, W, b, out = (_of(symbol, passed) for symbol in "δWba")
    a = _input_of(snapshot, seen, place)
    if layer is not None and layer.muted:
        same = Term(delta, _as_column(passed.delta), "∂E/∂a: how E changes with the layer's output")
        formula = f"{delta} = ∂E/∂{out},   ∂E/∂{W} = 0,   ∂E/∂{b} = 0"
        return EquationBlock(key, title, formula, ((same,),), _MUTED)
    own = Term(delta, _as_column(passed.delta), "∂E/∂z: how E changes with the weighted sum")
    start, made_of = _back_to_slope(snapshot, seen, place)
    gradient: Equation = (
        own,
        Term(f"{a}ᵀ", passed.a_in[np.newaxis], "the layer's input, transposed"),
        "=",
        Term(f"∂E/∂{W}", passed.gradient_W, "how E changes with each weight"),
    )
    between = _has_normalization(layer)
    formula = f"{delta} = {f'norm′({made_of})' if between else made_of},   ∂E/∂{W} = {delta} {a}ᵀ,   ∂E/∂{b} = {delta}"
    lines: tuple[Equation, ...] = ((*start, "→ norm′ →" if between else "=", own), gradient)
    note = "δ is taken before the normalization, at the weighted sum." if between else ""
    return EquationBlock(key, title, formula, lines, note)


def _back_to_slope(snapshot: Snapshot, seen: Microscope, place: int) -> tuple[Equation, str]:
    """Write δ = ∂E/∂a ⊙ f′(z) of a layer by means of the layer above: return the equation's terms and its symbols."""
    passed = seen.layers[place]
    z = _of("z", passed)
    slope = Term(f"f′({z})", _as_column(passed.slope), "slope of the activation")
    if passed is seen.layers[-1]:
        error = Term("∂E/∂o", _as_column(_back_into(snapshot, seen, place)), "how E changes with the output")
        return (error, "⊙", slope), f"∂E/∂o ⊙ f′({z})"
    above = seen.layers[place + 1]
    layer, W, delta = _layer_of(snapshot, above), _of("W", above), _of("δ", above)
    error = Term(delta, _as_column(above.delta), "δ of the next layer")
    if layer is not None and layer.muted:
        return (error, "⊙", slope), f"{delta} ⊙ f′({z})"
    weights = Term(f"{W}ᵀ", above.W.T, "the next layer's weights, transposed")
    if layer is not None and layer.skip:
        out = f"∂E/∂{_of('a', above)}"
        beside = Term(out, _as_column(_back_into(snapshot, seen, place + 1)), "what the skip connection passes back")
        return ("(", weights, error, "+", beside, ") ⊙", slope), f"({W}ᵀ {delta} + {out}) ⊙ f′({z})"
    return (weights, error, "⊙", slope), f"{W}ᵀ {delta} ⊙ f′({z})"


def _back_into(snapshot: Snapshot, seen: Microscope, place: int) -> Array:
    """Return ∂E/∂a of a layer, shape (units,): how E changes with the layer's output."""
    with np.errstate(all="ignore"):
        if place == len(seen.layers) - 1:
            output, target = (_as_column(part).astype(np.float64) for part in (seen.output, seen.target))
            return snapshot.loss.derivative(output, target)[:, 0]
        above = seen.layers[place + 1]
        layer = _layer_of(snapshot, above)
        if layer is not None and layer.muted:
            return _back_into(snapshot, seen, place + 1)
        back: Array = above.W.T @ above.delta
        if layer is not None and layer.skip:
            back = back + _back_into(snapshot, seen, place + 1)
        return back


def as_text(blocks: list[EquationBlock]) -> str:
    """Return all equations with exact numbers as plain text, with tabs between cells."""
    parts = []
    for block in blocks:
        parts.append("\n".join(text for text in (block.title, block.formula, block.note) if text))
        terms = {term.name: term.values for line in block.lines for term in line if isinstance(term, Term)}
        for name, values in terms.items():
            rows = ("\t".join(f"{float(value):.8g}" for value in row) for row in values)
            parts.append("\n".join([f"{name} =", *rows]))
    return plain_symbols("\n\n".join(parts) + "\n")
