"""Episodes: the launches that AWS refused in a period, from reports of which each tells of the hour before it.

Pure. The hours overlap, so nothing is added up: what reports say of one service and reason is one episode for as long as their hours touch,
its number is the highest that one of them gave, and a lower bound once there were several.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SAYS = frozenset({"at", "since", "cluster", "group", "capacity", "sign", "reason", "for_want", "count", "count_at_least"})
"""What each entry of a report's part `refused` says, as far as it is read here."""
CHANGING = ("at", "since", "count", "count_at_least")

Entry = Mapping[str, Any]


def entries_of(report: Mapping[str, Any]) -> Sequence[Entry]:
    """Return what a report says was refused; nothing where it says nothing, or says it in another shape."""
    part = report.get("refused")
    if not isinstance(part, list):
        return ()
    return [entry for entry in part if isinstance(entry, Mapping) and set(entry) >= SAYS]


def episodes(reports: Iterable[Sequence[Entry]]) -> list[Entry]:
    """Return what was refused over all `reports`, oldest first, as one row for each episode; the last one first."""
    found: list[dict[str, Any]] = []
    open_: dict[tuple[Any, ...], dict[str, Any]] = {}
    for entries in reports:
        for entry in entries:
            same = tuple(sorted((name, str(value)) for name, value in entry.items() if name not in CHANGING))
            episode = open_.get(same)
            # Times are ISO 8601 in UTC and sort as text.
            if episode is not None and entry["since"] <= episode["at"]:
                grew = entry["at"] > episode["at"] or entry["count_at_least"]
                episode.update(
                    at=max(episode["at"], entry["at"]),
                    count=max(episode["count"], entry["count"]),
                    count_at_least=episode["count_at_least"] or grew,
                )
            else:
                open_[same] = dict(entry)
                found.append(open_[same])
    return sorted(found, key=lambda one: str(one["at"]), reverse=True)
