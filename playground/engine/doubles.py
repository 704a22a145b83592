"""Elementary functions of float64 vectors, made of sums, products and selections: within two units of the last place.

The C library has them for one number at a time only, which would take twenty times as long. NaN and infinity pass
through as in NumPy; results too small to be normal numbers are 0, since such numbers are slow. The series are Taylor's,
long enough for the intervals to which arguments are reduced.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from numba import njit, types
from numba.extending import overload

from playground.engine.vectors import (
    Vector,
    binary_exponent,
    everywhere,
    fma,
    magnitude,
    nearest,
    power_of_two,
    where,
    whole,
)

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_compile = njit(**_OPTIONS)

LOWEST, HIGHEST, MOST_DOUBLINGS = -708.3, 709.78, 1023.0
PER_LOG_2, LOG_2_HIGH, LOG_2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
E = tuple(1 / math.factorial(k) for k in range(14))
"""Of eʳ − 1 with |r| ≤ ½ log 2."""
A = tuple(2 / (2 * k + 1) for k in range(12))
"""Of 2 artanh s / s in s², with |s| ≤ (√2 − 1)/(√2 + 1)."""
PER_QUARTER, QUARTER_HIGH, QUARTER_LOW = 2 / math.pi, 1.5707963267948966, 6.123233995736766e-17
S = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(9))
C = tuple((-1) ** k / math.factorial(2 * k) for k in range(10))
"""Of sin r / r and cos r in r², with |r| ≤ ¼ π."""
MOST_QUARTERS = 1e15
INFINITY = math.inf


def _series(coefficients: tuple[float, ...]) -> Any:
    """Compile the polynomial with these coefficients, lowest power first, by Horner's rule."""
    lines = ["def series(x):", f"    y = everywhere(x, {coefficients[-1]!r})"]
    lines += [f"    y = fma(y, x, everywhere(x, {value!r}))" for value in coefficients[-2::-1]]
    scope: dict[str, Any] = {"everywhere": everywhere, "fma": fma}
    exec("\n".join([*lines, "    return y"]), scope)
    return _compile(scope["series"])


_exp_series, _artanh_series = _series(E[1:]), _series(A)
_sin_series, _cos_series = _series(S), _series(C)


@_compile
def _reduced(x: Any) -> Any:
    """Return n and eʳ − 1 with x = n log 2 + r, for x clipped to where eˣ is neither 0 nor infinite."""
    x = where(x < LOWEST, LOWEST, where(x > HIGHEST, HIGHEST, x))
    n = nearest(x * PER_LOG_2)
    # A NaN would not survive the way through the whole number n, and 2¹⁰²⁴ is no float64.
    n = where(n == n, where(n > MOST_DOUBLINGS, MOST_DOUBLINGS, n), 0.0)
    r = fma(n, everywhere(n, -LOG_2_LOW), fma(n, everywhere(n, -LOG_2_HIGH), x))
    return n, r * _exp_series(r)


@_compile
def exp(x: Any) -> Any:
    n, more = _reduced(x)
    result = (1.0 + more) * power_of_two(n)
    return where(x < LOWEST, 0.0, where(x > HIGHEST, INFINITY, result))


@_compile
def expm1(x: Any) -> Any:
    n, more = _reduced(x)
    scale = power_of_two(n)
    return where(x > HIGHEST, INFINITY, fma(scale, more, scale - 1.0))


@_compile
def tanh(x: Any) -> Any:
    less = expm1(-2.0 * magnitude(x))
    t = -less / (2.0 + less)
    return where(x < 0.0, -t, t)


@_compile
def _log_of_mantissa(y: Any) -> Any:
    """Return n and log m with y = m 2ⁿ."""
    n = binary_exponent(y)
    n = where(n == n, n, 0.0)
    m = y * power_of_two(where(n > MOST_DOUBLINGS - 1.0, 0.0, -n))
    s = (m - 1.0) / (m + 1.0)
    return n, s * _artanh_series(s * s)


@_compile
def log(x: Any) -> Any:
    """Return log x for positive normal x."""
    n, of_mantissa = _log_of_mantissa(x)
    return fma(n, everywhere(n, LOG_2_HIGH), fma(n, everywhere(n, LOG_2_LOW), of_mantissa))


@_compile
def log1p(x: Any) -> Any:
    y = 1.0 + x
    rounded_away = (x - (y - 1.0)) / y
    n, of_mantissa = _log_of_mantissa(y)
    result = fma(n, everywhere(n, LOG_2_HIGH), fma(n, everywhere(n, LOG_2_LOW), of_mantissa + rounded_away))
    return where(x == INFINITY, x, result)


@_compile
def wave(x: Any, quarters: Any) -> Any:
    """Return sin(x + quarters · π/2); 0 where x is so large that float64 no longer resolves it."""
    n = nearest(x * PER_QUARTER)
    inside = magnitude(n) < MOST_QUARTERS
    n = where(inside, n, 0.0)
    r = fma(n, everywhere(n, -QUARTER_LOW), fma(n, everywhere(n, -QUARTER_HIGH), x))
    r = where(inside, r, x - x)
    square = r * r
    sine, cosine = r * _sin_series(square), _cos_series(square)
    turn = whole(n) + quarters
    chosen = where((turn & 1) == 1, cosine, sine)
    return where((turn & 2) == 2, -chosen, chosen)


@overload(operator.pow, jit_options=_OPTIONS)
def _power(base, exponent):  # type: ignore[no-untyped-def]
    """Return e^(exponent · log base) for base ≥ 0; one of the two is a vector, the other may be a number."""
    vector = next((kind for kind in (base, exponent) if isinstance(kind, Vector)), None)
    if vector is None or vector.dtype != types.float64:
        return None
    if not isinstance(base, Vector):
        return lambda base, exponent: exp(exponent * log(everywhere(exponent, base)))
    return lambda base, exponent: where(base == 0.0, 0.0, exp(exponent * log(base)))
