"""Drift in a usage report: what the reconciles of a scope repaired in the last day. Pure."""

from __future__ import annotations

from collections import Counter

import msgspec

from fargatecount.organization.cells import Whole
from fargatecount.reconcile.drift_log import HOURS, DriftLog
from fargatecount.timestamps import HOUR
from fargatecount.workload import Millis


class DriftReport(msgspec.Struct, frozen=True, kw_only=True):
    """What reconciles repaired in the last day."""

    since: Millis
    runs: Whole
    incomplete: Whole
    """Runs that did not read everything that they selected."""
    causes: dict[str, Whole]
    """Repairs that put a wrong counter right, by cause."""
    last_at: Millis
    """End of the last run."""


def drift_report(log: DriftLog, now: Millis) -> DriftReport | None:
    """Return the drift of the day before `now`; None before the first run."""
    if not log.last_at:
        return None
    since = (now // HOUR - HOURS + 1) * HOUR
    hours = [hour for hour in log.hours if hour.hour * HOUR >= since]
    causes: Counter[str] = Counter()
    for hour in hours:
        causes.update(hour.causes)
    return DriftReport(
        since=since,
        runs=sum(hour.runs for hour in hours),
        incomplete=sum(hour.incomplete for hour in hours),
        causes=dict(sorted(causes.items())),
        last_at=log.last_at,
    )
