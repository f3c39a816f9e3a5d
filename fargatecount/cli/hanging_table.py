"""The table of workloads that hang, for `status` and for a report of the reconciler."""

from __future__ import annotations

from typing import Any

from fargatecount.cli import output
from fargatecount.usage.hanging import HangingDocument, HangingSummary

SHOWN = 10
"""Workloads in the table; `--json` has a hundred."""


def headline(found: HangingSummary) -> str:
    """Return how many workloads hang."""
    return f"Hanging, pending or stopping for more than {found.after_minutes} minutes: {found.count or 'none'}"


def hanging_table(found: HangingSummary) -> Any:
    """Return the table of those that have hung the longest, or a line if none does."""
    from rich.text import Text  # noqa: PLC0415 - Rich costs 100 ms, and JSON output does not need it

    if not found.count:
        return Text(f"{headline(found)}.")
    columns = ["WORKLOAD", "PHASE", "FOR", "REASON", "WHAT TO DO"]
    rows = [_cells(each) for each in found.which[:SHOWN]]
    return output.table(headline(found), columns, rows, texts=("PHASE", "REASON", "WHAT TO DO"))


def _cells(one: HangingDocument) -> list[str]:
    hours, minutes = divmod(one.minutes, 60)
    lasted = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return [f"{one.cluster} {one.group or '-'} {one.workload}", one.phase, lasted, one.reason, one.remedy]
