"""Activations give the values and slopes that the mathematics gives, and stay finite far out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.catalog.activations import Activation, Gelu, Selu, Softplus, normal_distribution
from playground.catalog.choice import members

Z = np.concatenate([np.linspace(-12, 12, 2001), np.logspace(-12, 1, 200), -np.logspace(-12, 1, 200)])


def test_the_normal_distribution_is_exact() -> None:
    truth = np.array([0.5 * math.erfc(-z / math.sqrt(2)) for z in Z])
    assert np.abs(normal_distribution(Z) - truth).max() < 1e-15
    # The far tail keeps its digits too, where 1 + erf would have lost them.
    np.testing.assert_allclose(normal_distribution(Z[Z < 0]), truth[Z < 0], rtol=1e-13)


def test_gelu_is_the_exact_one() -> None:
    truth = np.array([z * 0.5 * (1 + math.erf(z / math.sqrt(2))) for z in Z])
    assert np.abs(Gelu()(Z) - truth).max() < 5e-15


@pytest.mark.parametrize("kind", members(Activation))
def test_the_slope_is_the_derivative(kind: str) -> None:
    f = members(Activation)[kind]()
    z = np.linspace(-5, 5, 1001) + 0.0013
    h = 1e-5
    assert np.abs((f(z + h) - f(z - h)) / (2 * h) - f.derivative(z, f(z))).max() < 1e-9


@pytest.mark.parametrize("kind", members(Activation))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_out_is_finite_and_keeps_its_precision(kind: str, dtype: str) -> None:
    f = members(Activation)[kind]()
    z = np.array([-1e4, -100, -1, 0, 1, 100, 1e4], dtype)
    for values in (f(z), f.derivative(z, f(z))):
        assert values.dtype == dtype
        assert np.isfinite(values).all()


def test_selu_keeps_mean_and_spread() -> None:
    a = Selu()(np.random.default_rng(0).normal(size=1_000_000))
    assert abs(a.mean()) < 0.005
    assert abs(a.std() - 1) < 0.005


def test_softplus_of_zero() -> None:
    assert Softplus()(np.zeros(1))[0] == pytest.approx(math.log(2), rel=1e-15)
