"""Coverage: from when to when the history is complete, and which times it lacks.

Pure. Without it an empty answer is ambiguous: nothing ran, or nothing is known. The daily maintenance compares the bucket with the table,
which keeps each tombstone for 72 hours. So an outage of the archive that is shorter leaves no hole, and a longer one leaves a hole that is
known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from fargatecount.ledger.row import TOMBSTONE_LIFE
from fargatecount.timestamps import DAY, to_iso
from fargatecount.workload import Millis, Scope

MAX_HOLES = 100
"""Holes that are remembered, the latest ones: a year of outages every few days."""


class Hole(msgspec.Struct, frozen=True):
    """A time of which ends are missing."""

    begins: Millis
    ends: Millis


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one scope's past."""

    schema: Literal["fargatecount/coverage"] = "fargatecount/coverage"
    version: Literal[1] = 1
    since: Millis
    """Nothing that ended before is kept."""
    until: Millis
    """What ended before is in the bucket; what ended later is in the table too."""
    retention_days: int
    """Days for which the bucket keeps a record."""
    holes: tuple[Hole, ...] = ()


class CoverageStore(Protocol):
    """Keeps the coverage of each scope; raises DeniedError and UnavailableError as the `HistoryStore` does."""

    def coverage(self, scope: Scope) -> Coverage | None:
        """Return the coverage; None before the first maintenance."""
        ...

    def keep_coverage(self, scope: Scope, coverage: Coverage) -> None:
        """Store it."""
        ...


def extended(before: Coverage | None, now: Millis, retention_days: int) -> Coverage:
    """Return the coverage after every tombstone in the table has been found in the bucket, or written there."""
    if before is None:
        return Coverage(since=now, until=now, retention_days=retention_days)
    holes = before.holes
    if before.until < now - TOMBSTONE_LIFE:
        holes = (*holes, Hole(before.until, now - TOMBSTONE_LIFE))[-MAX_HOLES:]
    return Coverage(since=before.since, until=now, retention_days=retention_days, holes=holes)


def gaps(coverage: Coverage | None, begins: Millis, ends: Millis, now: Millis) -> Sequence[str]:
    """Return what is not known of a period, in words; empty if all of it is."""
    if coverage is None:
        since = max(begins, now - TOMBSTONE_LIFE)
        if begins >= since:
            return ()
        return (f"nothing is kept of what ended before {to_iso(since)}: the history of this deployment has not started",)
    known_since = max(coverage.since, now - coverage.retention_days * DAY)
    found = []
    if begins < known_since:
        why = "the history begins then" if known_since == coverage.since else f"records are kept for {coverage.retention_days} days"
        found.append(f"nothing is kept of what ended before {to_iso(known_since)}: {why}")
    holes = list(coverage.holes)
    if coverage.until < now - TOMBSTONE_LIFE:
        holes.append(Hole(coverage.until, now - TOMBSTONE_LIFE))
    found += [
        f"ends between {to_iso(hole.begins)} and {to_iso(hole.ends)} may be missing: the function archive did not run"
        for hole in holes
        if hole.begins < ends and begins < hole.ends
    ]
    if ends > now:
        found.append(f"the period ends in the future: known until {to_iso(now)}")
    return found
