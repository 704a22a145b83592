"""Vectors compute in every lane what NumPy does, at all widths, and formulas compile for them as they stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, members
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import PlateauMemory, Progress, Schedule

njit = pytest.importorskip("numba").njit
vectors = pytest.importorskip("playground.engine.vectors")
elementary = pytest.importorskip("playground.engine.compiled.elementary")
compiled = pytest.importorskip("playground.engine.compiled.formulas").compiled
lane_formulas = pytest.importorskip("playground.engine.lanes.formulas")

WIDTHS = [1, 4, 8, 16]
PRECISIONS = ["float32", "float64"]
COUNT = 64


def filled(values: Array, width: int, precision: str) -> Array:
    """Numbers as vectors of a width, row after row."""
    held = vectors.vectors(values.size // width, width, precision)
    vectors.numbers_of(held)[:] = values.reshape(-1, width)
    return held


def applied(function: Any, arguments: list[Array], results: int, width: int, precision: str) -> Array:
    """What a function of vectors gives for every place of flat arrays: shape (results, places)."""
    count = arguments[0].size // width
    names = [f"x{k}" for k in range(len(arguments))]
    lines = [f"def run(out, {', '.join(names)}):", "    o = lanes_of(out)"]
    lines += [f"    p{k} = lanes_of({name})" for k, name in enumerate(names)]
    lines += [f"    for i in range({count}):", f"        r = f({', '.join(f'p{k}[i]' for k in range(len(names)))})"]
    lines += [f"        o[{k * count} + i] = r{f'[{k}]' if results > 1 else ''}" for k in range(results)]
    scope = {"f": function, "lanes_of": vectors.lanes_of}
    exec("\n".join(lines), scope)
    out = vectors.vectors(results * count, width, precision)
    njit(scope["run"], error_model="numpy")(out, *(filled(values, width, precision) for values in arguments))
    return vectors.numbers_of(out).reshape(results, -1).copy()


def arithmetic(a: Any, b: Any) -> Any:
    return vectors.where((a > b) | (a < -1.0), vectors.fma(a, b, a), 0.5 * a - b / 2) + vectors.square_root(b * b)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_width_gives_the_same_bits(precision: str) -> None:
    random = np.random.default_rng(0)
    a, b = (random.normal(size=COUNT).astype(precision) for _ in range(2))
    function = njit(arithmetic, error_model="numpy")
    first, *others = (applied(function, [a, b], 1, width, precision) for width in WIDTHS)
    for other in others:
        np.testing.assert_array_equal(other, first)
    x, y = a.astype(np.longdouble), b.astype(np.longdouble)
    expected = np.where((x > y) | (x < -1), (x * y + x).astype(precision), a / 2 - b / 2) + np.abs(b)
    np.testing.assert_allclose(first[0], expected.astype(precision), rtol=4 * np.finfo(precision).eps)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_lane_reads_and_writes_at_a_place_of_its_own(width: int, precision: str) -> None:
    random = np.random.default_rng(4)
    table, values = random.normal(size=40).astype(precision), random.normal(size=(9, width)).astype(precision)
    rows, news = random.integers(9, size=width), random.normal(size=width).astype(precision)

    @njit
    def act(table, held, rows, news, out):  # type: ignore[no-untyped-def]
        held, rows, news, out = (
            vectors.lanes_of(held), vectors.lanes_of(rows), vectors.lanes_of(news), vectors.lanes_of(out),
        )  # fmt: skip
        out[0] = vectors.picked(table, rows[0] * 4, 3)
        out[1] = vectors.taken_from(held, rows[0])
        vectors.put_into(held, rows[0], news[0])

    held, out = filled(values.ravel(), width, precision), vectors.vectors(2, width, precision)
    act(table, held, filled(rows, width, "int64"), filled(news, width, precision), out)
    lanes = np.arange(width)
    np.testing.assert_array_equal(vectors.numbers_of(out), [table[4 * rows + 3], values[rows, lanes]])
    values[rows, lanes] = news
    np.testing.assert_array_equal(vectors.numbers_of(held), values)


@pytest.mark.parametrize("width", WIDTHS)
def test_large_whole_numbers_become_the_nearest_float64(width: int) -> None:
    numbers = np.random.default_rng(6).integers(2**64, size=COUNT, dtype=np.uint64) >> np.arange(COUNT, dtype=np.uint64)
    numbers[:4] = 0, 2**53 - 1, 2**63, 2**64 - 1

    @njit
    def act(numbers, out):  # type: ignore[no-untyped-def]
        numbers, out = vectors.lanes_of(numbers), vectors.lanes_of(out)
        for k in range(COUNT // width):
            out[k] = vectors.widened(numbers[k])

    out = vectors.vectors(COUNT // width, width, "float64")
    act(filled(numbers, width, "uint64"), out)
    np.testing.assert_array_equal(vectors.numbers_of(out).ravel(), numbers.astype(np.float64))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_nan_is_enough(precision: str) -> None:
    a, b = np.array([0.0, -0.0, np.nan, 0.0, np.nan, -0.0, 0.0, -0.0]), np.array([0.0, 0.0, 0.0, np.nan] * 2)
    either = njit(lambda a, b: vectors.nan_of_either(a, b))
    found = applied(either, [a.astype(precision), b.astype(precision)], 1, 8, precision)[0]
    np.testing.assert_array_equal(found, a + b)


RANGES = {"tanh": (-12, 12), "exp": (-80, 80), "expm1": (-3, 3), "log1p": (-0.9, 5), "sin": (-50, 50), "cos": (-50, 50)}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", RANGES)
def test_elementary_functions_are_right_to_a_few_units_of_the_last_place(name: str, precision: str) -> None:
    function = getattr(elementary, name)
    x = np.random.default_rng(1).uniform(*RANGES[name], 4096).astype(precision)
    outside = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 2.0, -0.5, np.nan], precision)
    # In one call, since each compiles the function again.
    wrapped = njit(lambda v: function(v), error_model="numpy")
    found = applied(wrapped, [np.concatenate([x, outside])], 1, 8, precision)[0]
    expected = getattr(np, name)(x.astype(np.longdouble))
    error = np.abs(found[: x.size] - expected) / np.abs(expected) / np.finfo(precision).eps
    assert float(error.max()) < 4
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found[x.size :], getattr(np, name)(outside), rtol=4e-6)


def test_powers_of_vectors_are_right_to_the_last_digits() -> None:
    random = np.random.default_rng(2)
    base, exponent = random.uniform(0, 1, 256), random.integers(1, 200, 256).astype(float)
    base[0] = 0.0
    found = applied(njit(lambda a, b: a**b, error_model="numpy"), [base, exponent], 1, 8, "float64")[0]
    np.testing.assert_allclose(found, base**exponent, rtol=1e-13, atol=1e-300)


FORMULAS: list[tuple[str, Callable[..., Any], int]] = [
    (f"{kind}-{name}", getattr(member, name), 1 + len(member.slots) if name == "update" else 1)
    for family, names in (
        (Activation, ("value_of", "derivative_of")),
        (Loss, ("value_of", "derivative_of")),
        (Regularizer, ("gradient_of",)),
        (Optimizer, ("update",)),
    )
    for kind, member in members(family).items()  # type: ignore[type-abstract]
    for name in names
]


@pytest.mark.parametrize(("formula", "results"), [row[1:] for row in FORMULAS], ids=[row[0] for row in FORMULAS])
def test_a_formula_of_the_catalog_compiles_as_it_stands(formula: Callable[..., Any], results: int) -> None:
    random = np.random.default_rng(3)
    count = len(inspect.signature(formula).parameters)
    arguments = [random.uniform(0.05, 2, COUNT).astype(np.float32) for _ in range(count)]
    function = compiled(formula, np.dtype(np.float32), lane_formulas.OPTIONS)
    if formula.__name__ == "update" and results == 1:
        update = function
        function = njit(lambda w, g, rate: update(w, g, rate)[0], error_model="numpy")
    found = applied(function, arguments, results, 16, "float32")
    expected = np.reshape(formula(*(values.astype(np.float64) for values in arguments)), (results, -1))
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


@njit
def rate_of(kind, settings, base, epoch, step):  # type: ignore[no-untyped-def]
    return lane_formulas.scheduled_rate(kind, vectors.lanes_of(settings), 4, 1, base, epoch, step, 5.0, 0.0, 0.0, 2.0)


@pytest.mark.parametrize("warmup", [0, 30])
@pytest.mark.parametrize("kind", members(Schedule))
def test_a_schedule_gives_the_very_rate_that_python_gives(kind: str, warmup: int) -> None:
    member = members(Schedule)[kind]
    schedule = member(warmup=warmup)
    names = lane_formulas.schedule_settings(member)
    settings = vectors.vectors(8, 4, "float64")
    vectors.numbers_of(settings)[: len(names), 1] = [getattr(schedule, name) for name in names]
    place = list(members(Schedule)).index(kind)
    for epoch in (0, 1, 5, 30, 150):
        expected = schedule.learning_rate(0.1, Progress(epoch, epoch * 5 + 2, 5, PlateauMemory(0.0, 0, 2)))
        assert rate_of(place, settings, 0.1, float(epoch), float(epoch * 5 + 2)) == expected
