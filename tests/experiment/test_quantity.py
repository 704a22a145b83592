"""Declared numbers as text, on a slider, in steps."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.catalog.choice import setting
from playground.experiment.declarations import field_of
from playground.experiment.quantity import ZERO_END, Quantity, write_number


def declared(kind: type, meta: msgspec.Meta) -> Quantity:
    return Quantity.of(field_of(Annotated[kind, meta]))


RATE = declared(float, setting("η", "", ge=0, le=1e9, scale="log", slider=(1e-5, 10)))
SHARE = declared(float, setting("p", "", ge=0, lt=1, slider=(0, 0.9)))
UNITS = declared(int, setting("units", "", ge=1, le=4096, scale="log", slider=(1, 64)))
BATCH = declared(int, setting("batch", "", ge=0, le=1_000_000, scale="log", slider=(1, 512), names={0: "full"}))
EPSILON = declared(float, setting("ε", "", gt=0, le=1, scale="log", slider=(1e-10, 0.1)))
ALL = [RATE, SHARE, UNITS, BATCH, EPSILON]


@pytest.mark.parametrize("quantity", ALL)
def test_every_place_of_a_slider_is_an_allowed_value_and_they_grow(quantity: Quantity) -> None:
    values = [quantity.at(k / 1000) for k in range(1001)]
    assert all(quantity.admits(value) for value in values)
    assert values == sorted(values, key=quantity.order)
    low, high = quantity.ends
    low, high = (low, 0) if quantity.zero_is_most else (0 if quantity.has_zero_end else low, high)
    assert (values[0], values[-1]) == (low, high)


@pytest.mark.parametrize("quantity", ALL)
def test_a_value_shown_on_a_slider_is_read_back_nearby(quantity: Quantity) -> None:
    for value in [quantity.at(k / 40) for k in range(41)]:
        again = quantity.at(quantity.place(value))
        assert again == pytest.approx(value, rel=0.06)


def test_the_left_end_means_zero_only_where_zero_is_allowed() -> None:
    assert RATE.at(0) == 0
    assert UNITS.at(0) == 1
    assert EPSILON.at(0) == 1e-10
    assert RATE.place(1e-5) >= ZERO_END


def test_a_zero_that_stands_for_all_is_the_most() -> None:
    assert (BATCH.at(0), BATCH.at(1 - ZERO_END), BATCH.at(1)) == (1, 512, 0)
    assert BATCH.place(1) == 0 and BATCH.place(0) == 1
    assert (BATCH.stepped(512, 1), BATCH.stepped(0, 1), BATCH.stepped(0, -1), BATCH.stepped(1, -1)) == (0, 0, 512, 1)
    assert BATCH.stepped(1000, 1) == 1100 and BATCH.stepped(1000, -1) == 890, "what is beyond the slider is not yet all"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), (" 0.5 ", 0.5), ("1,000,000", 1e6), ("−1e-9", None), ("abc", None), ("nan", None)],
)
def test_text_is_read_or_refused_with_what_is_allowed(text: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match=r"from 0 to 1,000,000,000|at least 0"):
            RATE.read(text)
    else:
        assert RATE.read(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000,000", 1e6),
        ("+1,234.5", 1234.5),
        ("1 000 000", 1e6),
        ("1 000", 1e3),
        ("1\u00a0000", 1e3),
        ("1\u202f000", 1e3),
        ("1\u2009000.5", 1000.5),
        ("1'000", 1e3),
        ("1’000.25", 1000.25),
        ("1_000", 1e3),
        ("1e6", 1e6),
        ("1E6", 1e6),
        ("1e−3", 1e-3),
        (".5", 0.5),
        ("5.", 5.0),
        ("+5", 5.0),
        ("1.000", 1.0),
        ("2.500", 2.5),
        ("007", 7.0),
        ("１", 1.0),
        ("０．５", 0.5),
        ("１，０００，０００", 1e6),
        ("٠٫٥", 0.5),
        ("१२", 12.0),
        ("-0", 0.0),
    ],
)
def test_a_number_reads_the_same_in_every_country(text: str, value: float) -> None:
    assert RATE.read(text) == value
    assert BATCH.read("1e6") == 1_000_000
    assert isinstance(BATCH.read("1e6"), int)


@pytest.mark.parametrize("minus", ["-", "−", "–", "－"])
def test_every_minus_is_one(minus: str) -> None:
    place = Quantity(False, -6, 6)
    assert place.read(f"{minus}0.5") == -0.5
    assert place.read(f"{minus}.5") == -0.5
    assert place.read(f"5e{minus}1") == 0.5


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("2,500", "2500", "2.5"),
        ("1,000", "1000", "1"),
        ("12,345", "12345", "12.345"),
        ("123,456e2", "123456e2", "12345.6"),
        ("２，５００", "2500", "2.5"),
        ("5%", "5", "0.05"),
        ("5 %", "5", "0.05"),
        ("0.5%", "0.5", "0.005"),
    ],
)
@pytest.mark.parametrize("quantity", [RATE, BATCH, Quantity(False, -1e6, 1e6)])
def test_what_can_mean_two_numbers_is_refused_with_both(quantity: Quantity, text: str, one: str, other: str) -> None:
    with pytest.raises(ValueError, match=f"^{text} can mean {one} or {other}; type one of them\\.$"):
        quantity.read(text)


@pytest.mark.parametrize(("text", "one", "other"), [("2.500", "2.5", "2500"), ("1.000", "1", "1000")])
def test_where_whole_numbers_are_wanted_a_point_may_part_thousands(text: str, one: str, other: str) -> None:
    with pytest.raises(ValueError, match=f"^{text} can mean {one} or {other}; type one of them\\.$"):
        BATCH.read(text)
    assert BATCH.read("1.0") == 1


@pytest.mark.parametrize(
    "text", ["0,5", "0,500", "1,5", "1,0000", "1,000,0", "1.000,5", "1 000,5", "12,34,567", ",5", "1,,000", "1.000.000"]
)
def test_a_comma_that_is_a_decimal_sign_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"The decimal sign is a point, as in 0\.5"):
        RATE.read(text)


@pytest.mark.parametrize(
    ("text", "plain"), [("0,5", "0.5"), ("0,500", "0.5"), ("1.000,5", "1000.5"), ("1 000,5", "1000.5"), (",5", "0.5")]
)
def test_what_to_type_instead_of_a_decimal_comma_is_said(text: str, plain: str) -> None:
    with pytest.raises(ValueError, match=f"as in 0\\.5: type {plain}\\.$"):
        RATE.read(text)


@pytest.mark.parametrize(
    "text",
    ["", "1_00", "inf", "1e", "1e999", "0x10", "1 00", "½", "10²", "%", "1/2", "--5", "5-", "1 2", "0.5 s"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Must be (a number from 0|at most 1,000,000,000)"):
        RATE.read(text)


def test_names_stand_for_values_in_both_directions() -> None:
    assert BATCH.write(0) == "full"
    assert BATCH.read("Full") == 0
    assert BATCH.read("0") == 0


def test_whole_numbers_refuse_fractions_and_keep_every_digit() -> None:
    seed = declared(int, setting("seed", "", ge=0, le=2**53 - 1))
    assert seed.read("9,007,199,254,740,991") == 2**53 - 1
    with pytest.raises(ValueError, match="a whole number"):
        UNITS.read("2.5")


@pytest.mark.parametrize("quantity", ALL)
@pytest.mark.parametrize("sign", [1, -1])
def test_steps_go_all_the_way_and_stop_at_the_end_of_the_range(quantity: Quantity, sign: int) -> None:
    value = quantity.at(0.5)
    for _ in range(2000):
        value = quantity.stepped(value, sign)
    assert quantity.admits(value)
    assert quantity.stepped(value, sign) == value
    if sign < 0 and not quantity.low_open:
        assert value == (quantity.ends[0] if quantity.zero_is_most else quantity.low)


def test_steps_of_a_log_quantity_are_shares_of_it_and_whole_numbers_go_one_by_one() -> None:
    assert RATE.stepped(0.01, 1) == 0.011
    assert RATE.stepped(10.0, 1) == 11.0
    assert UNITS.stepped(4, 1) == 5
    assert UNITS.stepped(5, -1) == 4
    assert RATE.stepped(0.0, 1) == 1e-5
    assert RATE.stepped(1e-5, -1) == 0


@given(st.floats(0, 1e9))
def test_no_digit_is_lost_in_writing(value: float) -> None:
    assert RATE.read(RATE.write(value)) == value


@given(st.integers(0, 1_000_000))
def test_what_an_entry_shows_can_be_typed(value: int) -> None:
    assert BATCH.read(BATCH.write(value)) == RATE.read(RATE.write(value)) == value


def test_numbers_are_written_short() -> None:
    assert [write_number(x) for x in (0.01, 1e-8, 32, 12345, 0.5, 1.0)] == ["0.01", "1e-8", "32", "12,345", "0.5", "1"]
