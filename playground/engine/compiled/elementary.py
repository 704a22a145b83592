"""NumPy's element-wise functions as the compiled engine computes them: this module replaces `np` in formulas.

In float32 they are made of sums, products and selections, so that a loop over many numbers becomes vector code; each is
within a few units of the last place. In float64 they are the C library's for a number, and made the same way for the
vectors of `lanes`. NaN and infinity pass through as in NumPy.
Which formulas use which function is decided in the catalog; `tests/engine/test_formulas.py` compares all of them.
"""

from __future__ import annotations

import math
from functools import wraps
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from playground.engine import doubles
from playground.engine.vectors import (
    Vector,
    binary_exponent,
    converted,
    everywhere,
    fma,
    magnitude,
    nearest,
    power_of_two,
    square_root,
    where,
    widened,
    with_sign_of,
)

INSIDE: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For functions that only compiled code calls: without entrances from Python they compile in half the time."""
CONTRACT = {"fastmath": {"contract"}, **INSIDE}
"""Products and sums may be fused; nothing may be reordered, since the reductions below depend on the order."""


def overloaded(options: dict[str, Any]) -> Any:
    """Decorate a function that chooses code by the types of arguments, so that compiled code can call that code."""

    def decorate(implementation: Any) -> Any:
        @wraps(implementation)
        def function(*arguments: Any) -> Any: ...

        overload(function, jit_options=options, strict=False)(implementation)
        return function

    return decorate


element_wise = overloaded(CONTRACT)


def __getattr__(name: str) -> Any:
    """Return Numba's version of a function that only formulas from outside the catalog use."""
    return getattr(np, name)


# Selections: written so that a NaN in the first argument stays one -----------------------------------------------


@element_wise
def maximum(a: Any, b: Any) -> Any:
    return (lambda a, b: where(a < b, b, a)) if is_vector(a, b) else lambda a, b: b if a < b else a


@element_wise
def minimum(a: Any, b: Any) -> Any:
    return (lambda a, b: where(a > b, b, a)) if is_vector(a, b) else lambda a, b: b if a > b else a


@element_wise
def clip(a: Any, low: Any, high: Any) -> Any:
    if is_vector(a, low, high):
        return lambda a, low, high: where(a < low, low, where(a > high, high, a))
    return lambda a, low, high: low if a < low else (high if a > high else a)


@element_wise
def abs(x: Any) -> Any:
    return lambda x: magnitude(x)


@element_wise
def sign(x: Any) -> Any:
    one, zero = as_type(x, 1.0), as_type(x, 0.0)
    if is_vector(x):
        return lambda x: where(x > zero, one, where(x < zero, -one, x))
    return lambda x: one if x > zero else (-one if x < zero else x)


@element_wise
def square(x: Any) -> Any:
    return lambda x: x * x


@element_wise
def sqrt(x: Any) -> Any:
    return lambda x: square_root(x)


@element_wise
def ones_like(x: Any) -> Any:
    one = as_type(x, 1.0)
    return (lambda x: everywhere(x, one)) if is_vector(x) else lambda x: one


@element_wise
def zeros_like(x: Any) -> Any:
    zero = as_type(x, 0.0)
    return (lambda x: everywhere(x, zero)) if is_vector(x) else lambda x: zero


@element_wise
def fused(a: Any, b: Any, c: Any) -> Any:
    """Return a · b + c: for vectors, rounded once; for numbers, rounded once or twice, as the compiler chooses."""
    return (lambda a, b, c: fma(a, b, c)) if is_vector(a, b, c) else lambda a, b, c: a * b + c


def is_vector(*kinds: Any) -> bool:
    """Whether one of these types is that of vectors."""
    return any(isinstance(kind, Vector) for kind in kinds)


def is_single(x: Any) -> bool:
    """Whether a type is float32, or vectors of it."""
    return bool((x.dtype if isinstance(x, Vector) else x) == types.float32)


def as_type(x: Any, value: float) -> Any:
    """Return a constant in the precision of `x`, so that float32 is not widened."""
    return np.float32(value) if is_single(x) else value


# Smooth functions -----------------------------------------------------------------------------------------------

f = np.float32
ZERO, HALF, ONE, TWO = f(0), f(0.5), f(1), f(2)

TANH_END, TANH_FAR = f(9.0), f(20.0)
"""The x from which on tanh is 1 in float32, and an x at which P/Q is surely above 1."""
P0, P1, P2, P3 = f(0.9999999999244944), f(0.1385928974723598), f(0.00409862229930914), f(3.310108780278092e-05)
P4, P5, P6 = f(4.603938229444656e-08), f(-3.215407082893469e-11), f(2.6354982519683706e-14)
Q1, Q2, Q3, Q4 = f(0.4719262299796722), f(0.028074033793305475), f(0.00043586778754786047), f(1.6775273520075104e-06)


@element_wise
def tanh(x: Any) -> Any:
    """Return tanh x as x P(x²) / Q(x²), fitted to the smallest relative error from 0 to 9 (8e-11 before rounding)."""
    if not is_single(x):
        return (lambda x: doubles.tanh(x)) if is_vector(x) else lambda x: math.tanh(x)

    def value(x: Any) -> Any:
        size = magnitude(x)
        size = where(size > TANH_END, TANH_FAR, size)
        u = size * size
        p = fused(u, fused(u, fused(u, fused(u, fused(u, fused(u, P6, P5), P4), P3), P2), P1), P0)
        q = fused(u, fused(u, fused(u, fused(u, Q4, Q3), Q2), Q1), ONE)
        t = size * p / q
        # Never beyond 1, since 1 − t² is a slope; exactly 1 far out, since z σ(z) multiplies what is missing by z.
        return with_sign_of(where(t > ONE, ONE, t), x)

    return value


LOWEST, HIGHEST = f(-87.3), f(88.72)
PER_LOG_2, LOG_2_HIGH, LOG_2_LOW = f(1.4426950408889634), f(0.693359375), f(-2.12194440e-4)
E2, E3, E4, E5, E6 = f(1 / 2), f(1 / 6), f(1 / 24), f(1 / 120), f(1 / 720)
INFINITY, MOST_DOUBLINGS = f(np.inf), f(127)


@element_wise
def exp(x: Any) -> Any:
    """Return eˣ as 2ⁿ eʳ with |r| ≤ ½ log 2, by a series of six terms; 0 below −87.3, as tiny numbers are slow."""
    if not is_single(x):
        return (lambda x: doubles.exp(x)) if is_vector(x) else lambda x: math.exp(x)

    def value(x: Any) -> Any:
        inside = where(x < LOWEST, LOWEST, x)
        inside = where(inside > HIGHEST, HIGHEST, inside)
        n = nearest(inside * PER_LOG_2)
        # 2¹²⁸ is no float32.
        n = where(n > MOST_DOUBLINGS, MOST_DOUBLINGS, n)
        r = fused(-n, LOG_2_LOW, fused(-n, LOG_2_HIGH, inside))
        series = fused(r, fused(r, fused(r, fused(r, fused(r, fused(r, E6, E5), E4), E3), E2), ONE), ONE)
        # A NaN would not survive the way through the whole number n.
        result = series * power_of_two(where(n == n, n, ONE))
        result = where(x < LOWEST, ZERO, result)
        return where(x > HIGHEST, INFINITY, result)

    return value


@element_wise
def expm1(x: Any) -> Any:
    """Return eˣ − 1 as 2 t / (1 − t) with t = tanh(x/2), which is exact near 0; from x = 1 on, by `exp`."""
    if not is_single(x):
        return (lambda x: doubles.expm1(x)) if is_vector(x) else lambda x: math.expm1(x)

    def value(x: Any) -> Any:
        t = tanh(HALF * x)
        large = exp(x) - ONE
        return where(x > ONE, large, TWO * t / (ONE - t))

    return value


LOG_2 = f(0.6931471805599453)
L3, L5, L7, L9, L11 = f(2 / 3), f(2 / 5), f(2 / 7), f(2 / 9), f(2 / 11)


@element_wise
def log1p(x: Any) -> Any:
    """n log 2 + log m for 1 + x = m 2ⁿ, with log m = 2 artanh((m−1)/(m+1)); what 1 + x rounds away is added. x > −1."""
    if not is_single(x):
        return (lambda x: doubles.log1p(x)) if is_vector(x) else lambda x: math.log1p(x)

    def value(x: Any) -> Any:
        y = ONE + x
        rounded_away = (x - (y - ONE)) / y
        n = binary_exponent(y)
        m = y * power_of_two(where(n == n, -n, ONE))
        s = (m - ONE) / (m + ONE)
        u = s * s
        log_m = s * fused(u, fused(u, fused(u, fused(u, fused(u, L11, L9), L7), L5), L3), TWO)
        result = fused(n, LOG_2, log_m + rounded_away)
        return where(x == INFINITY, x, result)

    return value


@element_wise
def sin(x: Any) -> Any:
    return (lambda x: converted(doubles.wave(widened(x), 0), x)) if is_vector(x) else lambda x: math.sin(x)


@element_wise
def cos(x: Any) -> Any:
    return (lambda x: converted(doubles.wave(widened(x), 1), x)) if is_vector(x) else lambda x: math.cos(x)
