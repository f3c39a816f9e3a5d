"""Numbers with bounds: whatever the true numbers are, the bounds of a result hold."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fargatecount.bounds import UNKNOWN, Bounded

SMALL = st.integers(-50, 50)
"""Whole numbers, so that sums are exact."""


@st.composite
def truths(draw: st.DrawFn) -> tuple[Bounded, int]:
    """Return a bounded number, and a true one within its bounds."""
    true = draw(SMALL)
    low = draw(st.one_of(st.none(), st.integers(-60, true)))
    high = draw(st.one_of(st.none(), st.integers(true, 60)))
    return Bounded(draw(SMALL), low, high), true


def within(bounded: Bounded, true: float) -> bool:
    return (bounded.low is None or bounded.low <= true) and (bounded.high is None or true <= bounded.high)


@given(truths(), truths())
def test_sums_and_differences_hold(one: tuple[Bounded, int], other: tuple[Bounded, int]) -> None:
    """The true sum and the true difference lie within the bounds of the results."""
    assert within(one[0] + other[0], one[1] + other[1])
    assert within(one[0] - other[0], one[1] - other[1])


@given(truths(), st.integers(1, 40))
def test_percentages_hold(one: tuple[Bounded, int], ceiling: int) -> None:
    """The true percentage of a ceiling lies within the bounds of the result."""
    assert within(one[0].percent_of(ceiling), one[1] / ceiling * 100)


@given(truths(), SMALL)
def test_a_comparison_is_never_wrong(one: tuple[Bounded, int], needed: int) -> None:
    """A yes or a no is that of the true number."""
    answer = one[0].holds(needed)
    assert answer in {None, one[1] >= needed}


@given(truths(), SMALL)
def test_a_comparison_answers_where_the_bounds_decide(one: tuple[Bounded, int], needed: int) -> None:
    """The answer is unknown only if a true number on either side is possible."""
    bounded = one[0]
    assume(bounded.holds(needed) is None)
    assert bounded.low is None or bounded.low < needed
    assert bounded.high is None or bounded.high >= needed


@pytest.mark.parametrize(
    ("bounded", "sign"),
    [
        (Bounded.exact(3) + Bounded.at_least(1), "≥"),
        (Bounded.exact(3) - Bounded.at_least(1), "≤"),
        (Bounded.exact(3) - Bounded.at_most(1), "≥"),
        (Bounded.at_least(3) + Bounded.at_most(1), "~"),
        (Bounded.at_least(3) - Bounded.at_least(1), "~"),
        (Bounded.exact(3) - Bounded.exact(1), ""),
        (Bounded.at_least(3).percent_of(6), "≥"),
        (Bounded(3, 1, None).percent_of(6), "~"),
        (UNKNOWN + Bounded.exact(1), ""),
        (UNKNOWN, ""),
    ],
)
def test_arithmetic_keeps_the_direction(bounded: Bounded, sign: str) -> None:
    """An exact number less a lower bound is an upper bound; bounds in opposite directions leave an estimate."""
    assert bounded.sign == sign


@pytest.mark.parametrize("ceiling", [None, 0])
def test_without_a_ceiling_there_is_no_percentage(ceiling: float | None) -> None:
    """A ceiling that is unknown or 0 has no percentage."""
    assert Bounded.exact(3).percent_of(ceiling) == UNKNOWN


def test_a_difference_of_nothing_is_a_plain_zero() -> None:
    """No negative zero appears in JSON."""
    assert str((Bounded.exact(0.0) - Bounded.exact(0.0)).value) == "0.0"
