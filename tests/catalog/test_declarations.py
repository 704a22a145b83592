"""What every declaration says: two sentences about each setting, and the formula of each member, which is true."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, Layer, Training
from playground.catalog.activations import Activation
from playground.catalog.choice import Choice, members
from playground.catalog.datasets.base import Dataset
from playground.catalog.initializers import Initializer
from playground.catalog.losses import Loss
from playground.catalog.normalizations import BatchNormalization, LayerNormalization, Normalization
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import PlateauMemory, Progress, Schedule
from playground.experiment.tree import EarlyStopping

FAMILIES_WITH_FORMULAS = (Activation, Loss, Optimizer, Schedule, Regularizer, Initializer, Normalization)
FAMILIES = (*FAMILIES_WITH_FORMULAS, Dataset)
STRUCTS = (
    Experiment, Training, EarlyStopping, Layer, *(member for family in FAMILIES for member in members(family).values())
)  # fmt: skip
LONGEST_HELP = 260
"""Characters of a help text that still fit a tooltip of a few lines."""


def settings() -> Iterator[Any]:
    for struct in STRUCTS:
        for field in msgspec.structs.fields(struct):
            for meta in metas(field.type):
                yield pytest.param(meta, id=f"{struct.__name__}.{field.name}")


def metas(kind: Any) -> Iterator[msgspec.Meta]:
    """All settings declared inside a type."""
    inside = (extra for extra in getattr(kind, "__metadata__", ()) if isinstance(extra, msgspec.Meta))
    yield from (meta for meta in inside if meta.title)
    for inner in (getattr(kind, "__origin__", None), *getattr(kind, "__args__", ())):
        if inner is not None and not isinstance(inner, type):
            yield from metas(inner)


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.])\s+(?=[\wA-Zλ])", text.strip()) if part]


SETTINGS = list(settings())


def test_every_declaration_is_among_them() -> None:
    assert len(SETTINGS) > 50


@pytest.mark.parametrize("meta", SETTINGS)
def test_a_setting_says_what_it_does_and_when_to_change_it(meta: msgspec.Meta) -> None:
    help = meta.description or ""
    assert help == " ".join(help.split()) and help.endswith(".") and len(help) <= LONGEST_HELP
    first, *rest = sentences(help)
    assert len(rest) >= 1, first
    assert not first.startswith(f"{meta.title}."), "the label alone says nothing"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_and_its_members_say_what_they_do_in_two_sentences(family: type[Choice]) -> None:
    for kind in (family, *members(family).values()):
        paragraph = (inspect.getdoc(kind) or "").partition("\n\n")[0]
        assert len(sentences(" ".join(paragraph.split()))) >= 2, kind.__name__


@pytest.mark.parametrize("family", FAMILIES_WITH_FORMULAS)
def test_a_symbol_beside_a_setting_stands_in_the_formula(family: type[Choice]) -> None:
    for member in members(family).values():
        for field in msgspec.structs.fields(member):
            for meta in metas(field.type):
                symbol = (meta.title or "").split()[-1]
                if "_" in symbol or not symbol.isascii():
                    assert symbol in member.formula, (member.__name__, meta.title)


# Formulas -----------------------------------------------------------------------------------------------------

Z = np.linspace(-4.05, 4, 200)
W, G = np.linspace(-2.05, 2, 50), np.linspace(1, -1.5, 50)
OUT, T = np.linspace(-3, 3, 30)[np.newaxis], np.tile([0.0, 1.0], 15)[np.newaxis]


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def normal(z: Any) -> Any:
    from math import erf

    return np.array([0.5 * (1 + erf(value / 2**0.5)) for value in z])


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "f(z) = z": lambda z: z,
    "f(z) = 1 / (1 + e⁻ᶻ)": sigma,
    "f(z) = tanh z": np.tanh,
    "f(z) = max(0, z)": lambda z: np.maximum(0, z),
    "f(z) = max(0, z) + slope · min(0, z)": lambda z, slope: np.maximum(0, z) + slope * np.minimum(0, z),
    "f(z) = max(0, z) + e^min(0, z) − 1": lambda z: np.maximum(0, z) + np.exp(np.minimum(0, z)) - 1,
    "f(z) = 1.0507 · (max(0, z) + 1.6733 · (e^min(0, z) − 1))": lambda z: (
        1.0507 * (np.maximum(0, z) + 1.6733 * (np.exp(np.minimum(0, z)) - 1))
    ),
    "f(z) = z Φ(z),  Φ: the standard normal distribution function": lambda z: z * normal(z),
    "f(z) = z σ(z)": lambda z: z * sigma(z),
    "f(z) = log(1 + eᶻ)": lambda z: np.log(1 + np.exp(z)),
    "f(z) = sin z": np.sin,
}
REGULARIZERS: dict[str, Callable[..., Any]] = {
    "R = 0": lambda w: 0.0,
    "R = λ Σ |w|": lambda w, strength, prune: strength * np.abs(w).sum(),
    "R = λ Σ w²": lambda w, strength: strength * (w**2).sum(),
    "R = λ₁ Σ |w| + λ₂ Σ w²": lambda w, l1, l2: l1 * np.abs(w).sum() + l2 * (w**2).sum(),
}
LOSSES: dict[str, Callable[..., Any]] = {
    "E = −Σ t log p,  p = softmax(o);  two classes: E = −t log p − (1−t) log(1−p),  p = σ(o)": lambda o, t: (
        -t * np.log(sigma(o)) - (1 - t) * np.log(1 - sigma(o))
    ),
    "E = ½ Σ (o − t)²": lambda o, t: 0.5 * (o - t) ** 2,
    "E = Σ |o − t|": lambda o, t: np.abs(o - t),
    "E = Σ ½ d² where |d| ≤ δ, else δ (|d| − ½ δ),  d = o − t": lambda o, t, delta: np.where(
        np.abs(o - t) <= delta, (o - t) ** 2 / 2, delta * (np.abs(o - t) - delta / 2)
    ),
}


@pytest.mark.parametrize("kind", list(members(Activation).values()))
def test_the_formula_of_an_activation_is_what_it_computes(kind: type[Activation]) -> None:
    assert kind()(Z) == pytest.approx(ACTIVATIONS[kind.formula](Z, *kind().values), abs=2e-4)


@pytest.mark.parametrize("kind", list(members(Regularizer).values()))
def test_the_formula_of_a_regularizer_is_what_it_computes(kind: type[Regularizer]) -> None:
    assert kind().penalty(W) == pytest.approx(REGULARIZERS[kind.formula](W, *kind().values))


@pytest.mark.parametrize("kind", list(members(Loss).values()))
def test_the_formula_of_a_loss_is_what_it_computes(kind: type[Loss]) -> None:
    assert kind().per_point(OUT, T) == pytest.approx(LOSSES[kind.formula](OUT, T, *kind().values)[0])


def momentum(w: Any, g: Any, v: Any, eta: float, t: int, mu: float, nesterov: bool) -> Any:
    v = mu * v + g
    return w - eta * (g + mu * v) if nesterov else w - eta * v


def rmsprop(w: Any, g: Any, s: Any, v: Any, eta: float, t: int, alpha: float, eps: float, mu: float) -> Any:
    s = alpha * s + (1 - alpha) * g**2
    v = mu * v + g / (np.sqrt(s) + eps)
    return w - eta * v


def adam(w: Any, g: Any, m: Any, v: Any, eta: float, t: int, b1: float, b2: float, eps: float) -> Any:
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return w - eta * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)


def adadelta(w: Any, g: Any, s: Any, u: Any, eta: float, t: int, rho: float, eps: float) -> Any:
    s = rho * s + (1 - rho) * g**2
    return w - eta * g * np.sqrt(u + eps) / np.sqrt(s + eps)


def nadam(
    w: Any, g: Any, m: Any, v: Any, r: Any, eta: float, t: int, b1: float, b2: float, eps: float, psi: float
) -> Any:
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    mu = [b1 * (1 - 0.5 * 0.96 ** (k * psi)) for k in range(1, t + 2)]
    step = mu[t] * m / (1 - np.prod(mu)) + (1 - mu[t - 1]) * g / (1 - np.prod(mu[:t]))
    return w - eta * step / (np.sqrt(v / (1 - b2**t)) + eps)


OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "w ← w − η g": lambda w, g, eta, t: w - eta * g,
    "v ← μ v + g;  w ← w − η v;  Nesterov: w ← w − η (g + μ v)": momentum,
    "s ← α s + (1−α) g²;  v ← μ v + g / (√s + ε);  w ← w − η v": rmsprop,
    "m ← β₁ m + (1−β₁) g;  v ← β₂ v + (1−β₂) g²;  w ← w − η m̂ / (√v̂ + ε);  m̂ = m / (1−β₁ᵗ),  v̂ = v / (1−β₂ᵗ)": adam,
    "s ← s + g²;  w ← w − η g / (√s + ε)": lambda w, g, s, eta, t, eps: w - eta * g / (np.sqrt(s + g**2) + eps),
    "s ← ρ s + (1−ρ) g²;  d = g √(u+ε) / √(s+ε);  u ← ρ u + (1−ρ) d²;  w ← w − η d": adadelta,
    "m ← β₁ m + (1−β₁) g;  v ← β₂ v + (1−β₂) g²;  μₜ = β₁ (1 − ½ 0.96^(t ψ));  "
    "w ← w − η (μₜ₊₁ m / (1 − μ₁…μₜ₊₁) + (1−μₜ) g / (1 − μ₁…μₜ)) / (√v̂ + ε);  v̂ = v / (1−β₂ᵗ)": nadam,
}


@pytest.mark.parametrize("kind", list(members(Optimizer).values()))
def test_the_formula_of_an_optimizer_is_what_it_computes(kind: type[Optimizer]) -> None:
    rule, optimizer = OPTIMIZERS[kind.formula], kind()
    slots = [np.zeros_like(W) for _ in kind.slots]
    w = W
    for t in (1, 2, 3):
        wanted = rule(w, G, *slots, 0.1, t, *optimizer.values)
        w, *slots = optimizer.updated(w, G, slots, 0.1, t)
        assert w == pytest.approx(wanted)


def test_nesterovs_formula_too() -> None:
    kind = members(Optimizer)["momentum"]
    w, _ = kind(nesterov=True).updated(W, G, [np.ones_like(W)], 0.1, 1)
    assert w == pytest.approx(momentum(W, G, np.ones_like(W), 0.1, 1, 0.9, True))


SCHEDULES: dict[str, Callable[..., Any]] = {
    "η = η₀": lambda e, _warmup: 1.0,
    "η = η₀ γ^⌊e / epochs per cut⌋": lambda e, _warmup, size, gamma: gamma ** (e // size),
    "η = η₀ γᵉ": lambda e, _warmup, gamma: gamma**e,
    "η = η₀ / (1 + rate · e)": lambda e, _warmup, rate: 1 / (1 + rate * e),
    "η = η_low + ½ (η₀ − η_low) (1 + cos(π e / period)),  e: epochs since the last restart": (
        lambda e, _warmup, period, _multiplier, low: low + (1 - low) / 2 * (1 + np.cos(np.pi * (e % period) / period))
    ),
}


IN_WORDS = ("plateau", "one_cycle")
"""Schedules that no single formula of the epoch can say."""


@pytest.mark.parametrize("kind", [kind for name, kind in members(Schedule).items() if name not in IN_WORDS])
def test_the_formula_of_a_schedule_is_what_it_computes(kind: type[Schedule]) -> None:
    for epoch in (0, 1, 37, 250):
        assert kind().scheduled(1.0, Progress(epoch, 10 * epoch, 10)) == pytest.approx(
            SCHEDULES[kind.formula](epoch, *kind().values)
        )


def test_the_formulas_of_the_two_schedules_in_words() -> None:
    plateau, cycle = (members(Schedule)[name] for name in IN_WORDS)
    assert plateau.formula == "η ← max(factor · η, η_low) after more than patience epochs without a new best"
    schedule = plateau(factor=0.5, patience=2, min_lr=0.3)
    memory = PlateauMemory()
    rates = []
    for loss in [1.0, 1, 1, 1, 1, 1, 1, 1, 1, 1]:
        memory = schedule.observed(memory, loss, 1.0)
        rates.append(schedule.scheduled(1.0, Progress(0, 0, 1, memory)))
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3]
    assert cycle.formula == "η₀ / start divisor → η₀ → η₀ / (start divisor · end divisor), each along half a cosine"
    one = cycle(epochs=10, pct_start=0.5, div=4.0, final_div=100.0)
    rates = [one.scheduled(1.0, Progress(step // 10, step, 10)) for step in (0, 49, 99)]
    assert rates == pytest.approx([1 / 4, 1, 1 / 400])


INITIALIZERS: dict[str, tuple[str, Callable[..., float]]] = {
    "w ~ U(−√(6/(in+out)), √(6/(in+out)))": ("uniform", lambda inputs, out: (6 / (inputs + out)) ** 0.5),
    "w ~ N(0, 2/(in+out))": ("normal", lambda inputs, out: (2 / (inputs + out)) ** 0.5),
    "w ~ U(−√(6/in), √(6/in))": ("uniform", lambda inputs, out: (6 / inputs) ** 0.5),
    "w ~ N(0, 2/in)": ("normal", lambda inputs, out: (2 / inputs) ** 0.5),
    "w ~ N(0, 1/in)": ("normal", lambda inputs, out: inputs**-0.5),
    "w ~ U(−½, ½)": ("uniform", lambda inputs, out: 0.5),
    "w ~ U(low, high)": ("uniform", lambda inputs, out, low, high: high),
    "w ~ N(0, σ²)": ("normal", lambda inputs, out, std: std),
    "w = 0": ("uniform", lambda inputs, out: 0.0),
    "w = value": ("value", lambda inputs, out, value: value),
    "W Wᵀ = I if units ≤ inputs, else Wᵀ W = I": ("orthogonal", lambda inputs, out: 1.0),
}


@pytest.mark.parametrize("kind", list(members(Initializer).values()))
def test_the_formula_of_an_initializer_is_what_it_draws(kind: type[Initializer]) -> None:
    shape, size_of = INITIALIZERS[kind.formula]
    units, inputs = 300, 200
    size = size_of(inputs, units, *kind().values)
    weights = kind().weights(units, inputs, np.random.default_rng(0))
    if shape == "uniform":
        assert np.abs(weights).max() == pytest.approx(size, rel=0.01)
        assert weights.std() == pytest.approx(size / 3**0.5, rel=0.02)
    elif shape == "normal":
        assert weights.std() == pytest.approx(size, rel=0.02)
        assert np.abs(weights).max() > 3 * size
    elif shape == "value":
        assert (weights == size).all()
    else:
        assert weights.T @ weights == pytest.approx(np.eye(inputs), abs=1e-9)
        wide = kind().weights(20, 30, np.random.default_rng(0))
        assert wide @ wide.T == pytest.approx(np.eye(20), abs=1e-9)


def test_the_formula_of_a_normalization_is_what_it_computes() -> None:
    z = np.random.default_rng(0).normal(2, 3, (4, 50))
    for kind, axis, over in ((BatchNormalization, 1, "batch"), (LayerNormalization, 0, "layer")):
        assert kind.formula == f"ẑ = γ (z − μ) / √(σ² + 10⁻⁵) + β,  μ and σ² over the {over}"
        wanted = (z - z.mean(axis, keepdims=True)) / np.sqrt(z.var(axis, keepdims=True) + 1e-5)
        assert kind().standardized(z).values == pytest.approx(wanted)
    assert members(Normalization)["none"].formula == "ẑ = z"
