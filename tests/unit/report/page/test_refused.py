"""Refused launches, as they stand on the page."""

from __future__ import annotations

from fargatecount.report.page.refused import rows_of
from tests.support.builders import NOW
from tests.support.pages import refusal


def test_a_row_is_in_words() -> None:
    """Times as on the whole page, and a lower bound is marked."""
    (row,) = rows_of([refusal(NOW, count=1_200, count_at_least=True, group=None)])
    assert (row["last, UTC"], row["launches"], row["service"]) == ("2026-01-01 00:00:00", "≥ 1,200", None)
