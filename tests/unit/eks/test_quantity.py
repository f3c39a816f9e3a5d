"""Kubernetes quantities: exact, capped and in bounded time."""

from __future__ import annotations

from fractions import Fraction
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.eks.quantity import LARGEST, quantity

NANO = Fraction(1, 10**9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("0e99999999999", 0),
        ("1", 1),
        ("+1", 1),
        ("1.", 1),
        ("1.5", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("250m", Fraction(1, 4)),
        ("100n", Fraction(1, 10_000_000)),
        ("5u", Fraction(5, 1_000_000)),
        ("2k", 2000),
        ("1M", 1_000_000),
        ("1Ki", 1024),
        ("1.5Gi", 3 * 2**29),
        ("128974848", 128_974_848),
        ("129e6", 129_000_000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("123e-1", Fraction(123, 10)),
        ("0.00123e3", Fraction(123, 100)),
    ],
)
def test_quantities(text: str, value: Fraction) -> None:
    """Every suffix and exponent is read exactly."""
    assert quantity(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("0.1n", NANO, id="a fraction of a nano-unit is rounded up"),
        pytest.param("1.5n", 2 * NANO, id="one and a half"),
        pytest.param("1e-400", NANO, id="far below a nano-unit"),
        pytest.param("0." + "0" * 500_000 + "1", NANO, id="half a million zeros"),
        pytest.param("9223372036854775807", LARGEST, id="the largest"),
        pytest.param("9223372036854775808", LARGEST, id="one more"),
        pytest.param("8Ei", LARGEST, id="2^63 by its suffix"),
        pytest.param("1e20000000", LARGEST, id="an exponent of eight digits"),
        pytest.param("1e" + "9" * 500_000, LARGEST, id="an exponent of half a million digits"),
        pytest.param("1e-" + "9" * 500_000, NANO, id="the same below zero"),
        pytest.param("9" * 45 + "E", LARGEST, id="45 nines and a suffix"),
        pytest.param("9" * 500_000, LARGEST, id="half a million digits"),
        pytest.param("1" + "0" * 500_000 + "e-500000", 1, id="digits and exponent that cancel out"),
        pytest.param("1." + "0" * 500_000, 1, id="zeros after the point"),
        pytest.param("1." + "0" * 100 + "1", 1 + NANO, id="a digit far after the point is rounded up"),
    ],
)
def test_bounds(text: str, value: Fraction) -> None:
    """Larger numbers are 2^63-1, finer ones are rounded up to a nano-unit, and neither takes long."""
    began = perf_counter()
    assert quantity(text) == value
    assert perf_counter() - began < 1


@pytest.mark.parametrize(
    "text", ["", "m", "1 Gi", "1gi", "1KI", "one", "1e", "0x10", "1Gi ", "inf", "nan", "1e400n", "٣", "-1", "9" * 500_000 + "x"]
)
def test_text_that_is_not_a_quantity(text: str) -> None:
    """Anything else, and a negative quantity, is refused with its beginning, in linear time."""
    began = perf_counter()
    with pytest.raises(ValueError, match="not a Kubernetes quantity") as refused:
        quantity(text)
    assert len(str(refused.value)) < 250
    assert perf_counter() - began < 1


@given(st.integers(0, 10**30), st.integers(-30, 30), st.sampled_from(["", "n", "u", "m", "k", "M", "G", "E", "Ki", "Gi", "Ei"]))
def test_value_is_the_rounded_and_capped_number(number: int, places: int, suffix: str) -> None:
    """Each quantity equals the exact number, rounded up to a nano-unit and capped."""
    text = f"{number}e{places}" if not suffix else f"{number}{suffix}"
    tens = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "E": 18, "": places}
    exact = number * ({"Ki": Fraction(2**10), "Gi": Fraction(2**30), "Ei": Fraction(2**60)}.get(suffix) or Fraction(10) ** tens[suffix])
    value = quantity(text)
    assert value <= LARGEST
    assert value == min(Fraction(-(-exact * 10**9 // 1), 10**9), Fraction(LARGEST))
