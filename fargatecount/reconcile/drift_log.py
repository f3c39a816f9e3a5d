"""What reconciles repaired in the last day, hour by hour: what a member reports to its hub, which has no access to the kept reports.

Pure, but for the port. Runs that are not stored as reports (`run.run`, brief and without any difference) are not in it either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.reconcile.drift import COUNTED
from fargatecount.reconcile.report import Report
from fargatecount.timestamps import HOUR
from fargatecount.workload import Millis, Scope

HOURS = 24
"""A day: what happened yesterday is what people ask about in the morning."""


class DriftHour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour."""

    hour: int
    """Hours since 1970."""
    runs: int = 0
    incomplete: int = 0
    """Runs that did not read everything that they selected."""
    causes: Mapping[str, int] = {}
    """Repairs that put a wrong counter right, by cause."""


class DriftLog(msgspec.Struct, frozen=True, kw_only=True):
    """The hours with a run, oldest first."""

    hours: Sequence[DriftHour] = ()
    last_at: Millis = 0
    """End of the last run."""


class DriftStore(Protocol):
    """Where the log of a scope is kept; raises UnavailableError or DeniedError where it does not answer or refuses."""

    def drift(self, scope: Scope) -> DriftLog:
        """Return the log; an empty one before the first run."""
        ...

    def keep_drift(self, scope: Scope, log: DriftLog) -> None:
        """Replace it; the lease of the reconciler keeps two writers apart."""
        ...


def with_run(log: DriftLog, report: Report) -> DriftLog:
    """Return the log with one more run, without hours of more than a day ago."""
    hour = report.ended_at // HOUR
    counted = Counter(
        str(repair.cause) for one in report.looked for repair in one.repairs if repair.cause in COUNTED and not repair.in_flight
    )
    before = next((one for one in log.hours if one.hour == hour), DriftHour(hour=hour))
    now = DriftHour(
        hour=hour,
        runs=before.runs + 1,
        incomplete=before.incomplete + (not report.complete),
        causes=dict(sorted((counted + Counter(before.causes)).items())),
    )
    kept = [one for one in log.hours if hour - HOURS < one.hour < hour]
    return DriftLog(hours=[*kept, now], last_at=report.ended_at)
