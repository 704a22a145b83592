"""The catalog's formulas as compiled loops give what they give in NumPy, for all members of every family."""

from __future__ import annotations

import numpy as np
import pytest

from playground.catalog.activations import Activation
from playground.catalog.choice import Choice, members
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.engine.compiled import engine as compiled
from playground.engine.compiled import layout

njit = pytest.importorskip("numba").njit
formulas = pytest.importorskip("playground.engine.compiled.formulas")

EVERYWHERE = np.concatenate([np.linspace(-30, 30, 4001), np.geomspace(1e-12, 1e3, 500), -np.geomspace(1e-12, 1e3, 500)])
OUTSIDE = np.array([0.0, -0.0, np.nan, np.inf, -np.inf])
TOLERANCES = {"float32": 4e-6, "float64": 2e-14}


@njit
def activate(kind, z, a, s):  # type: ignore[no-untyped-def]
    formulas.activate(kind, z, a, s)


@njit
def multiply_by_slope(kind, back, z, a, s):  # type: ignore[no-untyped-def]
    formulas.multiply_by_slope(kind, back, z, a, s)


@njit
def add_penalty(kind, w, g, s):  # type: ignore[no-untyped-def]
    formulas.add_penalty(kind, w, g, s)


@njit
def losses_and_slopes(kind, o, t, losses, slopes, s):  # type: ignore[no-untyped-def]
    formulas.loss_values(kind, o, t, losses, s)
    formulas.loss_slope(kind, o, t, slopes, s)


@njit
def optimize(kind, w, g, slots, new_w, new_slots, rate, step, settings, constants):  # type: ignore[no-untyped-def]
    formulas.optimizer_constants(kind, rate, step, settings, constants)
    return formulas.optimize(kind, w, g, slots, new_w, new_slots, constants)


def close(found: np.ndarray, expected: np.ndarray, precision: str) -> None:
    tolerance = TOLERANCES[precision]
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def settings(choice: Choice) -> np.ndarray:
    return np.array(compiled.formula_settings(choice))


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("kind", members(Activation))
def test_activations(kind: str, precision: str) -> None:
    f = members(Activation)[kind]()
    z = EVERYWHERE.astype(precision)
    a, slope = np.empty_like(z), np.ones_like(z)
    activate(compiled.place_in_family(Activation, f), z, a, settings(f))
    multiply_by_slope(compiled.place_in_family(Activation, f), slope, z, a, settings(f))
    exact = f(z.astype(np.float64))
    close(a, exact, precision)
    close(slope, f.derivative(z.astype(np.float64), exact), precision)


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("kind", members(Activation))
def test_what_is_not_finite_is_not_lost(kind: str, precision: str) -> None:
    f = members(Activation)[kind]()
    z = OUTSIDE.astype(precision)
    a = np.empty_like(z)
    activate(compiled.place_in_family(Activation, f), z, a, settings(f))
    assert np.isnan(a[2])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(np.isfinite(a), np.isfinite(f(z)))


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("kind", members(Regularizer))
def test_penalties(kind: str, precision: str) -> None:
    penalty = members(Regularizer)[kind]()
    w = np.linspace(-3, 3, 301).astype(precision)
    g = np.ones_like(w)
    add_penalty(compiled.place_in_family(Regularizer, penalty), w, g, settings(penalty))
    close(g, 1 + penalty.gradient(w.astype(np.float64)), precision)


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("kind", members(Loss))
def test_losses(kind: str, precision: str) -> None:
    loss = members(Loss)[kind]()
    o = np.linspace(-40, 40, 801).astype(precision)
    t = np.tile(np.array([0.0, 1.0, 0.5]), 267).astype(precision)
    found, slopes = np.empty_like(o), np.empty_like(o)
    losses_and_slopes(compiled.place_in_family(Loss, loss), o, t, found, slopes, settings(loss))
    exact = o.astype(np.float64)[np.newaxis], t.astype(np.float64)[np.newaxis]
    close(found, loss.per_point(*exact), precision)
    close(slopes, loss.derivative(*exact)[0], precision)


@pytest.mark.parametrize("step", [1, 2, 1000])
@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("kind", members(Optimizer))
def test_optimizers(kind: str, precision: str, step: int) -> None:
    optimizer = members(Optimizer)[kind]()
    random = np.random.default_rng(0)
    w, g = random.normal(size=(2, 100)).astype(precision)
    slots = random.uniform(0.1, 0.9, (len(optimizer.slots), 100)).astype(precision)
    new_w, new_slots = np.empty_like(w), np.empty_like(slots)
    constants = np.zeros(layout.MOST_CONSTANTS)
    place = compiled.place_in_family(Optimizer, optimizer)
    broken = optimize(place, w, g, slots, new_w, new_slots, 0.1, float(step), settings(optimizer), constants)
    assert broken == 0
    expected, *expected_slots = optimizer.updated(
        w.astype(np.float64), g.astype(np.float64), list(slots.astype(np.float64)), 0.1, step
    )
    close(new_w, expected, precision)
    close(new_slots, np.array(expected_slots).reshape(slots.shape), precision)
    g[3] = np.inf
    broken = optimize(place, w, g, slots, new_w, new_slots, 0.1, float(step), settings(optimizer), constants)
    assert not np.isfinite(broken) or broken != 0


def test_no_choice_has_more_numbers_than_there_is_room_for() -> None:
    families = (Activation, Regularizer, Loss, Optimizer)
    assert max(len(member.__struct_fields__) for family in families for member in members(family).values()) <= (
        layout.MOST_SETTINGS
    )
    assert max(formulas.constants_of(member) for member in members(Optimizer).values()) <= layout.MOST_CONSTANTS
