"""How refused launches are shown: by `status`, and in a report of the reconciler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.cli import output


def render(refused: Sequence[dict[str, Any]]) -> Any:
    """Return the table of what was refused in the last hour, or the line that nothing was."""
    from rich.text import Text  # noqa: PLC0415 - Rich costs 60 ms to import, and JSON output does not need it

    if not refused:
        return Text(f"{headline(refused)}.")
    columns = ["LAST", "COUNT", "CAPACITY", "CLUSTER", "SERVICE", "WHAT", "AWS SAYS"]
    return output.table(headline(refused), columns, [_cells(one) for one in refused])


def headline(refused: Sequence[dict[str, Any]]) -> str:
    """Return how many launches were refused for want of capacity or quota, and how many words of AWS there are besides."""
    wanted = [one for one in refused if one["for_want"]]
    at_least = "at least " if any(one["count_at_least"] for one in wanted) else ""
    number = f"{at_least}{sum(one['count'] for one in wanted)}" if wanted else "none"
    others = sum(one["count"] for one in refused if not one["for_want"])
    return f"Launches refused in the last hour: {number}" + (f"; and {others} that failed for other reasons" if others else "")


def _cells(one: dict[str, Any]) -> list[str]:
    return [
        one["at"],
        ("≥" if one["count_at_least"] else "") + output.number(one["count"]),
        one["capacity"],
        one["cluster"],
        one["group"] or "-",
        one["sign"],
        one["reason"],
    ]
