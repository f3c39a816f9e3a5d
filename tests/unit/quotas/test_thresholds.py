"""The grade of a percentage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, Grade, QuotaThresholds

ORDER = [Grade.OK, Grade.WARNING, Grade.CRITICAL]


@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        (0, Grade.OK),
        (79.99, Grade.OK),
        (80, Grade.WARNING),
        (94.99, Grade.WARNING),
        (95, Grade.CRITICAL),
        (200, Grade.CRITICAL),
        (None, Grade.UNKNOWN),
    ],
)
def test_a_grade_begins_at_its_threshold(percent: float | None, grade: Grade) -> None:
    """The defaults are 80 and 95 percent, and a percentage that is unknown has no grade."""
    assert DEFAULT_THRESHOLDS.grade(percent) is grade


def test_the_thresholds_are_those_of_the_deployment() -> None:
    """With thresholds of 50 and 60, 50 percent is a warning and 60 is critical."""
    thresholds = QuotaThresholds(warning=50, critical=60)
    assert [thresholds.grade(percent) for percent in (49.9, 50, 59.9, 60)] == [Grade.OK, Grade.WARNING, Grade.WARNING, Grade.CRITICAL]


@given(st.floats(0, 500), st.floats(0, 500))
def test_a_higher_percentage_never_has_a_lower_grade(one: float, other: float) -> None:
    """Grades rise with the percentage."""
    low, high = sorted((one, other))
    assert ORDER.index(DEFAULT_THRESHOLDS.grade(low)) <= ORDER.index(DEFAULT_THRESHOLDS.grade(high))
