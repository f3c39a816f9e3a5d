"""Refused: how episodes of refused launches stand on the page, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fargatecount.report.episodes import Entry


def rows_of(found: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return episodes as rows of a table, in words."""
    return [
        {
            "last, UTC": _moment(one["at"]),
            "first, UTC": _moment(one["since"]),
            "launches": ("≥ " if one["count_at_least"] else "") + f"{one['count']:,}",
            "capacity": one["capacity"],
            "cluster": one["cluster"],
            "service": one["group"],
            "what": one["sign"],
            "AWS says": one["reason"],
        }
        for one in found
    ]


def _moment(iso: str) -> str:
    return iso.replace("T", " ").removesuffix("Z")
