"""Any part of a report as tables."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.report.page.tables import tables


def test_any_part_of_a_report_becomes_tables() -> None:
    """Plain values are one table, each list within is another, and nothing is left out for being unknown."""
    value = {"since": "noon", "total": 3, "by_service": [{"service": "web", "times": 2}, {"service": "api", "why": None}], "empty": []}
    first, second = tables("Refused", value)
    assert (first.title, list(first.rows)) == ("Refused", [["since", "noon"], ["total", "3"]])
    assert (second.title, list(second.columns)) == ("Refused: by service", ["service", "times", "why"])
    assert list(second.rows) == [["web", "2", "-"], ["api", "-", "-"]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [(True, "yes"), (1.50, "1.5"), (1234.0, "1,234"), ({"a_b": [1, 2]}, "a b 1, 2"), ("<b>", "<b>")],
)
def test_a_cell_is_read_by_people(value: Any, cell: str) -> None:
    """Whatever JSON holds has words."""
    assert tables("x", [{"y": value}])[0].rows == [[cell]]


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_no_part_is_no_table(nothing: Any) -> None:
    """Reports without it show nothing."""
    assert tables("x", nothing) == []
