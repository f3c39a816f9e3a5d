"""The page on metrics says what the code does."""

from __future__ import annotations

from tools.metrics_page import PAGE, page


def test_the_page_is_the_table() -> None:
    """docs/metrics.md is what the table of metrics and the bill say now; `python -m tools.metrics_page` writes it."""
    assert PAGE.read_text() == page()
