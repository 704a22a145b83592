"""The way of one point through the network as equations with their numbers, in the lecture's notation. No widgets.

Forward: a₀ = x, zᵢ = Wᵢ aᵢ₋₁ + bᵢ, aᵢ = f(zᵢ), output o, target t, loss E. Backward: δ_L = ∂E/∂z_L,
δᵢ = Wᵢ₊₁ᵀ δᵢ₊₁ ⊙ f′(zᵢ), ∂E/∂Wᵢ = δᵢ aᵢ₋₁ᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.features import FEATURES
from playground.catalog.losses import CrossEntropy
from playground.catalog.normalizations import NoNormalization
from playground.experiment import Layer
from playground.snapshot import LayerPass, Microscope, Snapshot
from ui.views.plotting import number_text
from ui.views.words import PART_NAMES, label_words, place_words, value_words

LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, eq=False)
class Term:
    """One matrix or column of an equation."""

    name: str
    values: Array
    """Shape (rows, columns)."""
    words: str
    """What it is, for those who ask."""
    row_names: tuple[str, ...] = ()


Line: TypeAlias = tuple[Term | str, ...]
"""An equation from left to right: terms and what stands between them."""


@dataclass(frozen=True, eq=False)
class Block:
    """One layer's equations, or a heading over several of them."""

    key: str
    """Tells blocks apart; the same for the same layer at every moment."""
    title: str
    formula: str = ""
    lines: tuple[Line, ...] = ()
    note: str = ""
    heading: bool = False


def numbered(name: str, layer: int) -> str:
    """A symbol with the layer's number lowered: W₁."""
    return name + str(layer).translate(LOWERED)


def column(values: Array) -> Array:
    """A vector as the lecture writes it: upright."""
    return np.asarray(values)[:, np.newaxis]


# Words --------------------------------------------------------------------------------------------------------


def sentence(snapshot: Snapshot, seen: Microscope) -> str:
    """Which point it is, what it should be, what the network says, and its loss."""
    sample = snapshot.sample
    place = place_words(sample.axis_names, float(seen.x[0]), float(seen.x[1]))
    set_name = PART_NAMES[int(sample.split[seen.point])] if seen.point < len(sample.split) else "unknown"
    is_what = label_words(sample, seen.label)
    if sample.task == "regression":
        is_what = f"{sample.target_name} {is_what}"
    answer = value_words(snapshot, answer_of(snapshot, seen))
    point = f"Point {seen.point:,} ({set_name}; {place})"
    return f"{point} is {is_what}. The network says {answer}. E = {number_text(seen.loss)}."


def answer_of(snapshot: Snapshot, seen: Microscope) -> Array:
    """What the network says, as the boundary has it."""
    output = column(seen.output).astype(np.float64)
    with np.errstate(all="ignore"):
        shown: Array = output if snapshot.sample.task == "regression" else snapshot.loss.score(output)
    return shown[:, 0]


def layer_of(snapshot: Snapshot, passed: LayerPass) -> Layer | None:
    """The hidden layer of the experiment that a pass went through; None for the output."""
    for number, layer in enumerate(snapshot.experiment.layers, 1):
        if passed.name in (layer.id, str(number)):
            return layer
    return None


def normalized(layer: Layer | None) -> bool:
    """Whether something stands between the weighted sum and z."""
    return layer is not None and not isinstance(layer.normalization, NoNormalization)


# Forward ------------------------------------------------------------------------------------------------------


def forward(snapshot: Snapshot, seen: Microscope) -> list[Block]:
    """From the point to its loss."""
    layers = [forward_layer(snapshot, seen, place) for place in range(len(seen.layers))]
    return [
        Block("forward", "Forward: from the point to its loss", heading=True),
        input_block(snapshot, seen),
        *layers,
        loss_block(snapshot, seen),
    ]


def input_block(snapshot: Snapshot, seen: Microscope) -> Block:
    """What the network is given of the point."""
    names = tuple(FEATURES[name].label for name in snapshot.experiment.features if name in FEATURES)
    point = Term("x", column(seen.x), "the point", snapshot.sample.axis_names)
    first = Term("a₀", column(seen.layers[0].a_in), "what the network is given of the point", names)
    if tuple(snapshot.experiment.features) == ("x1", "x2"):
        return Block("input", "Input", "a₀ = x", ((first,),))
    return Block("input", "Input", f"a₀ = ({', '.join(names)})", ((point, "features", first),))


def forward_layer(snapshot: Snapshot, seen: Microscope, place: int) -> Block:
    """z = W a + b and a = f(z) of one layer."""
    passed, number = seen.layers[place], place + 1
    layer = layer_of(snapshot, passed)
    W, a, b, z = numbered("W", number), numbered("a", place), numbered("b", number), numbered("z", number)
    out = numbered("a", number)
    between = "norm" if normalized(layer) else ""
    skips = layer is not None and layer.skip
    formula = (
        f"{z} = {f'{between}({W} {a} + {b})' if between else f'{W} {a} + {b}'},   {out} = {passed.activation}({z})"
    )
    formula += f" + {a}" if skips else ""
    line: Line = (
        Term(W, passed.W, "weights: a row for each unit, a column for each input"),
        Term(a, column(passed.a_in), "what comes in"),
        "+",
        Term(b, column(passed.b), "biases"),
        f"→ {between} →" if between else "=",
        Term(z, column(passed.z), "what goes into the activation"),
        f"→ {passed.activation} →" if not skips else f"→ {passed.activation}, + {a} →",
        Term(out, column(passed.a), "what goes out"),
    )
    if place == len(seen.layers) - 1:
        formula += " = o"
    return Block(f"forward {place}", layer_title(snapshot, seen, place), formula, (line,), forward_note(layer))


def layer_title(snapshot: Snapshot, seen: Microscope, place: int) -> str:
    """Name, size and activation of a layer."""
    passed = seen.layers[place]
    name = "Output" if place == len(seen.layers) - 1 else f"Layer {passed.name}"
    units, inputs = passed.W.shape
    return f"{name}:  {inputs} → {units}, {passed.activation}"


def forward_note(layer: Layer | None) -> str:
    """What else the layer does, or would do in training."""
    words = []
    if normalized(layer):
        words.append("The weighted sum is normalized before it becomes z.")
    if layer is not None and layer.dropout > 0:
        words.append("No unit is dropped here: dropout works in training only.")
    return " ".join(words)


def loss_block(snapshot: Snapshot, seen: Microscope) -> Block:
    """Output, target and what the difference costs."""
    loss = snapshot.loss
    output, target = column(seen.output), column(seen.target)
    line: list[Term | str] = [Term("o", output, "output")]
    if isinstance(loss, CrossEntropy):
        with np.errstate(all="ignore"):
            shares = loss.probabilities(output.astype(np.float64))
        line += ["→ σ →" if len(output) == 1 else "→ softmax →", Term("p", shares, "probabilities")]
    line += [",", Term("t", target, "target"), "→", Term("E", np.array([[seen.loss]]), "loss of this point")]
    return Block("loss", f"Loss: {loss.label}", f"E = {loss.formula}", (tuple(line),))


# Backward -----------------------------------------------------------------------------------------------------


def backward(snapshot: Snapshot, seen: Microscope) -> list[Block]:
    """From the loss to the gradients of every layer, the output first."""
    places = reversed(range(len(seen.layers)))
    return [
        Block("backward", "Backward: from the loss to the gradients", heading=True),
        *(backward_layer(snapshot, seen, place) for place in places),
    ]


def backward_layer(snapshot: Snapshot, seen: Microscope, place: int) -> Block:
    """δ of one layer, and the gradient of its weights."""
    passed, number = seen.layers[place], place + 1
    delta, a, W = numbered("δ", number), numbered("a", place), numbered("W", number)
    own = Term(delta, column(passed.delta), "∂E/∂z: how E answers to what goes into the activation")
    start, formula = delta_of(snapshot, seen, place)
    gradient: Line = (
        own,
        Term(f"{a}ᵀ", passed.a_in[np.newaxis], "what came in, lying"),
        "=" if not normalized(layer_of(snapshot, passed)) else "→ norm →",
        Term(f"∂E/∂{W}", passed.gradient_W, "how E answers to each weight"),
    )
    bias = numbered("b", number)
    formula += f",   ∂E/∂{W} = {delta} {a}ᵀ,   ∂E/∂{bias} = {delta}"
    lines: tuple[Line, ...] = ((*start, "=", own), gradient)
    if normalized(layer_of(snapshot, passed)):
        words = "how E answers to each bias"
        lines = (*lines, (Term(f"∂E/∂{bias}", column(passed.gradient_b), words),))
    return Block(
        f"backward {place}", layer_title(snapshot, seen, place), formula, lines, backward_note(snapshot, seen, place)
    )


def delta_of(snapshot: Snapshot, seen: Microscope, place: int) -> tuple[Line, str]:
    """What δ of a layer is made of, and the formula for it."""
    passed, number = seen.layers[place], place + 1
    z, delta = numbered("z", number), numbered("δ", number)
    slope = Term(f"f′({z})", column(passed.slope), "slope of the activation")
    if number == len(seen.layers):
        with np.errstate(all="ignore"):
            back = snapshot.loss.derivative(
                column(seen.output).astype(np.float64), column(seen.target).astype(np.float64)
            )
        return (Term("∂E/∂o", back, "how E answers to the output"), "⊙", slope), f"{delta} = ∂E/∂{z} = ∂E/∂o ⊙ f′({z})"
    above = seen.layers[place + 1]
    W, next_delta = numbered("W", number + 1), numbered("δ", number + 1)
    line: Line = (
        Term(f"{W}ᵀ", above.W.T, "the next layer's weights, turned over"),
        Term(next_delta, column(above.delta), "δ of the next layer"),
        "⊙",
        slope,
    )
    return line, f"{delta} = {W}ᵀ {next_delta} ⊙ f′({z})"


def backward_note(snapshot: Snapshot, seen: Microscope, place: int) -> str:
    """What else the gradient passes on its way, that the formula leaves out."""
    words = []
    above = layer_of(snapshot, seen.layers[place + 1]) if place + 1 < len(seen.layers) else None
    if above is not None and above.skip:
        words.append("The next layer's skip connection adds what it passes back.")
    if normalized(above):
        words.append("On its way back from the next layer the gradient passes the normalization there.")
    if normalized(layer_of(snapshot, seen.layers[place])):
        words.append("Between δ and the weights stands the normalization.")
    return " ".join(words)


# As text ------------------------------------------------------------------------------------------------------


def as_text(blocks: list[Block]) -> str:
    """All equations with their exact numbers as plain text, cells parted by tabs."""
    parts = []
    for block in blocks:
        parts.append("\n".join(text for text in (block.title, block.formula, block.note) if text))
        terms = {term.name: term for line in block.lines for term in line if isinstance(term, Term)}
        parts += [f"{name} =\n{cells_text(term.values)}" for name, term in terms.items()]
    return "\n\n".join(parts) + "\n"


def cells_text(values: Array) -> str:
    """Numbers of a matrix exactly enough to go on with, a line for each row."""
    return "\n".join("\t".join(f"{float(value):.8g}" for value in row) for row in values)
