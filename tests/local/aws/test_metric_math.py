"""Metric math: what CloudWatch computes from series."""

from __future__ import annotations

import math
from typing import Any

import pytest

from local.aws.metric_math import MetricMath, Query, Series

SERIES: dict[str, Series] = {"a": {0: 1.0, 60: 2.0, 180: 4.0}, "b": {0: 2.0, 60: 0.0, 120: 5.0}, "none": {}}


def query(query_id: str) -> dict[str, Any]:
    """Return the query of a stored series."""
    return {"Id": query_id, "MetricStat": {"Metric": {"MetricName": query_id}, "Period": 60}}


def stored(stat: Query, _start: float, _end: float) -> Series:
    """Return the series that a query asks for."""
    return SERIES[stat["Metric"]["MetricName"]]


def compute(expression: str) -> Series:
    """Return the values of the expression over four minutes; a quota of 8 belongs to every series."""
    queries = [query("a"), query("b"), query("none"), {"Id": "e", "Expression": expression}]
    return MetricMath(queries, 0, 240, stored, lambda _: 8.0).series("e")


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a", {0: 1, 60: 2, 180: 4}),
        ("100*a/8", {0: 12.5, 60: 25, 180: 50}),
        ("a+b", {0: 3, 60: 2}),
        ("a/b", {0: 0.5}),
        ("a-1", {0: 0, 60: 1, 180: 3}),
        ("-a", {0: -1, 60: -2, 180: -4}),
        ("a^2", {0: 1, 60: 4, 180: 16}),
        ("a>=2", {0: 0, 60: 1, 180: 1}),
        ("FILL(a,0)", {0: 1, 60: 2, 120: 0, 180: 4}),
        ("FILL(a,REPEAT)", {0: 1, 60: 2, 120: 2, 180: 4}),
        ("FILL(none,7)", {0: 7, 60: 7, 120: 7, 180: 7}),
        ("MAX([a,b])", {0: 2, 60: 2, 120: 5, 180: 4}),
        ("SUM([a,b])", {0: 3, 60: 2, 120: 5, 180: 4}),
        ("MIN([a,b])", {0: 1, 60: 0, 120: 5, 180: 4}),
        ("AVG([a,b])", {0: 1.5, 60: 1, 120: 5, 180: 4}),
        ("MAX(a)", {0: 4, 60: 4, 120: 4, 180: 4}),
        ("IF(a>=2,a,b)", {0: 2, 60: 2, 180: 4}),
        ("IF(a>=2,1)", {60: 1, 180: 1}),
        ("CEIL(a/8)", {0: 1, 60: 1, 180: 1}),
        ("FLOOR(a/8)", {0: 0, 60: 0, 180: 0}),
        ("ABS(a-3)", {0: 2, 60: 1, 180: 1}),
        ("a/SERVICE_QUOTA(a)*100", {0: 12.5, 60: 25, 180: 50}),
    ],
)
def test_an_expression_has_the_values_of_cloudwatch(expression: str, values: Series) -> None:
    """Operators work where both sides have a value; functions as CloudWatch documents them."""
    assert compute(expression) == values


def test_the_maximum_of_nothing_is_no_number() -> None:
    """A reduction over an empty series has no value."""
    assert all(math.isnan(value) for value in compute("MAX(none)").values())


@pytest.mark.parametrize("expression", ["100*FILL(a", "RATE(a)", "a and b", "[a,b]", "c", "[a]+1", "FILL(1,0)"])
def test_what_is_not_known_is_refused(expression: str) -> None:
    """An expression that cannot be computed is an error, never a guess."""
    with pytest.raises(ValueError, match=r"metric math|no query|needed|takes|one"):
        compute(expression)
