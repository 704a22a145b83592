"""Numbers as text."""

from __future__ import annotations

import pytest

from playground.measure.sentences import counted
from ui.look.numbers import count_text, minus_text, number_text, percent_text, power_text, short_text, tick_texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"), (1.2e-7, "1.2e-7"), (12345, "12,345"), (-0.45, "−0.450"), (0, "0"), (0.5, "0.500"),
        (3.14159, "3.14"), (None, "–"), (float("nan"), "–"), (float("inf"), "∞"), (-float("inf"), "−∞"),
        (2.5e9, "2.5e9"), (-0.0, "0"), (-3e-18, "≈ 0"), (-1.2e-7, "−1.2e-7"), (999_999, "999,999"),
    ],
)  # fmt: skip
def test_numbers_have_sensible_digits(value, text):
    assert number_text(value) == text


def test_numbers_that_look_alike_have_the_same_digits():
    assert [number_text(value, 2) for value in (-0.9996, 1.0, 0.96)] == ["−1.0", "1.0", "0.96"]
    assert [number_text(value) for value in (0.99996, 1.0, 999.7)] == ["1.00", "1.00", "1,000"]


def test_shares_are_percent():
    assert [percent_text(value) for value in (0.931, 1.0, None)] == ["93.1 %", "100 %", "–"]


def test_ticks_are_short():
    texts = [short_text(value) for value in (0, 0.5, -6, 1500, 250_000, 2.5e6, 1e-5, 2.5e-5)]
    assert texts == ["0", "0.5", "−6", "1,500", "250k", "2.5M", "1e-5", "2.5e-5"]


def test_ticks_of_one_axis_have_one_unit():
    assert tick_texts([0, 50_000, 100_000]) == ["0", "50k", "100k"]
    assert tick_texts([0, 400_000, 1_200_000]) == ["0", "0.4M", "1.2M"]
    assert tick_texts([-20_000, 0, 20_000]) == ["−20,000", "0", "20,000"]
    assert tick_texts([0, 5e8, 1e9, 1.5e9]) == ["0", "5e8", "1e9", "1.5e9"]
    assert tick_texts([0, 5e-5, 1e-4]) == ["0", "5e-5", "1e-4"]
    assert tick_texts([]) == []


def test_powers_keep_two_digits_however_large_a_number_is():
    texts = [power_text(value) for value in (3.2e-4, 12.0, 1e-15, 1e-16, -5e6, 0.0, float("nan"), float("inf"), None)]
    assert texts == ["3.2e-4", "1.2e1", "1.0e-15", "≈ 0", "−5.0e6", "0", "–", "∞", "–"]


def test_counts_are_short():
    numbers = (0, 7, 999, 1000, 1234, 9949, 9950, 38_400, 2_500_000)
    assert [count_text(number) for number in numbers] == [
        "0", "7", "999", "1k", "1.2k", "9.9k", "10k", "38k", "2.5M",
    ]  # fmt: skip
    assert [counted(number, "point") for number in (1, 0, 1200)] == ["1 point", "0 points", "1,200 points"]


def test_a_minus_is_a_real_one_but_in_exponents_and_never_before_a_zero():
    assert [minus_text(text) for text in ("-0.5", "-1e-7", "1e-7", "-0.00", "2")] == [
        "−0.5",
        "−1e-7",
        "1e-7",
        "0.00",
        "2",
    ]
