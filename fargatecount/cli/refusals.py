"""How refused launches are shown: by `status`, in a report of the reconciler, and in all of a period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.cli import output

LAST_HOUR = "in the last hour"


def render(refused: Sequence[dict[str, Any]], when: str = LAST_HOUR, *, most: int | None = None) -> Any:
    """Return the table of what was refused in a time, or the line that nothing was; `most` leaves all but the last ones out."""
    from rich.text import Text  # noqa: PLC0415 - Rich costs 60 ms to import, and JSON output does not need it

    if not refused:
        return Text(f"{headline(refused, when)}.")
    columns = ["LAST, UTC", "COUNT", "CAPACITY", "SERVICE", "AWS SAYS"]
    return output.table(headline(refused, when), columns, [_cells(one) for one in refused[:most]], texts=("CAPACITY", "SERVICE"))


def headline(refused: Sequence[dict[str, Any]], when: str = LAST_HOUR) -> str:
    """Return how many launches were refused for want of capacity or quota, and how many words of AWS there are besides."""
    wanted = [one for one in refused if one["for_want"]]
    at_least = "at least " if any(one["count_at_least"] for one in wanted) else ""
    number = f"{at_least}{sum(one['count'] for one in wanted)}" if wanted else "none"
    others = sum(one["count"] for one in refused if not one["for_want"])
    return f"Launches refused {when}: {number}" + (f"; and {others} that failed for other reasons" if others else "")


def _cells(one: dict[str, Any]) -> list[str]:
    return [
        one["at"].replace("T", " ").removesuffix("Z"),
        ("≥" if one["count_at_least"] else "") + output.number(one["count"]),
        one["capacity"],
        f"{one['cluster']} {one['group'] or '-'}",
        f"{one['sign']}: {one['reason']}",
    ]
