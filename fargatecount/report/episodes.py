"""Episodes: the launches that AWS refused in a period, from reports that each cover the hour before them.

Pure. The hours overlap, so counts are never added. Entries of one service and reason are one episode as long as their hours touch. Its
count is the highest of them, and a lower bound once there were several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.refusals.document import RefusedDocument


def episodes(reports: Iterable[Sequence[RefusedDocument]]) -> list[RefusedDocument]:
    """Return what was refused over all `reports`, oldest first, with one entry for each episode; the last episode first."""
    found: list[RefusedDocument] = []
    open_: dict[RefusedDocument, int] = {}
    for entries in reports:
        for entry in entries:
            same = _subject(entry)
            position = open_.get(same)
            # Times are ISO 8601 in UTC and sort as text.
            if position is not None and (entry.since or "") <= (found[position].at or ""):
                found[position] = _joined(found[position], entry)
            else:
                open_[same] = len(found)
                found.append(entry)
    return sorted(found, key=lambda one: one.at or "", reverse=True)


def _subject(entry: RefusedDocument) -> RefusedDocument:
    """Return what the entries of one episode have in common: no times, no counts, and no cause, which reports of before 2026-11 lack."""
    return msgspec.structs.replace(entry, at=None, since=None, count=0, count_at_least=False, cause=None)


def _joined(episode: RefusedDocument, entry: RefusedDocument) -> RefusedDocument:
    grew = (entry.at or "") > (episode.at or "") or entry.count_at_least
    return msgspec.structs.replace(
        episode,
        at=max(episode.at or "", entry.at or "") or None,
        count=max(episode.count, entry.count),
        count_at_least=episode.count_at_least or grew,
    )
