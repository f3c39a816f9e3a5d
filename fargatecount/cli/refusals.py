"""The table of refused launches: for `status`, for a report of the reconciler, and for all reports of a period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.cli import output
from fargatecount.refusals.document import RefusedDocument

LAST_HOUR = "in the last hour"


def refusal_table(refused: Sequence[RefusedDocument], when: str = LAST_HOUR, *, most: int | None = None) -> Any:
    """Return the table of the refusals of a period, or a line if there are none; `most` shows only that many of the last ones."""
    from rich.text import Text  # noqa: PLC0415 - Rich costs 100 ms, and JSON output does not need it

    if not refused:
        return Text(f"{headline(refused, when)}.")
    columns = ["LAST, UTC", "COUNT", "CAPACITY", "SERVICE", "AWS SAYS"]
    return output.table(headline(refused, when), columns, [_cells(each) for each in refused[:most]], texts=("CAPACITY", "SERVICE"))


def headline(refused: Sequence[RefusedDocument], when: str = LAST_HOUR) -> str:
    """Return how many launches were refused for lack of capacity or quota, and how many other failures there are."""
    shortages = [each for each in refused if each.for_want]
    at_least = "at least " if any(each.count_at_least for each in shortages) else ""
    number = f"{at_least}{sum(each.count for each in shortages)}" if shortages else "none"
    others = sum(each.count for each in refused if not each.for_want)
    return f"Launches refused {when}: {number}" + (f"; and {others} that failed for other reasons" if others else "")


def _cells(refusal: RefusedDocument) -> list[str]:
    return [
        (refusal.at or "-").replace("T", " ").removesuffix("Z"),
        ("≥" if refusal.count_at_least else "") + output.number(refusal.count),
        refusal.capacity,
        f"{refusal.cluster} {refusal.group or '-'}",
        f"{refusal.sign}: {refusal.reason}",
    ]
