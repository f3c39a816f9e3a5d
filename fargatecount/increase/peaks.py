"""Daily peaks: the highest use of each day, and the ports and reports that they come from. Pure, besides the ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.quotas.quota import VCPU
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.timestamps import DAY, HOUR, parse_millis
from fargatecount.workload import Capacity, Millis, Scope


class DailyPeak(msgspec.Struct, frozen=True, kw_only=True):
    """The highest use of one capacity on one day (UTC)."""

    day: Millis
    """Its midnight."""
    vcpu: float


class PeakSource(Protocol):
    """Where the peaks of past days are kept; raises DeniedError or UnavailableError."""

    def peaks(self, scope: Scope, since: Millis, until: Millis) -> Mapping[Capacity, Sequence[DailyPeak]]:
        """Return the peaks of each capacity, oldest first; days of which nothing is known are absent."""
        ...


def day_of(at: Millis) -> Millis:
    """Return the midnight before a moment, UTC."""
    return at - at % DAY


def peaks_of_reports(reports: Iterable[ReconcileDocument]) -> Mapping[Capacity, Sequence[DailyPeak]]:
    """Return the peaks that reports show. A report is of one moment, so a day's true peak may be higher."""
    highest: dict[Capacity, dict[Millis, float]] = {}
    for report in reports:
        at = parse_millis(report.ended_at)
        if at is None:
            continue
        for quota in report.quotas or ():
            if quota.unit == VCPU:
                days = highest.setdefault(quota.capacity, {})
                days[day_of(at)] = max(days.get(day_of(at), 0.0), quota.used)
    return {capacity: [DailyPeak(day=day, vcpu=value) for day, value in sorted(days.items())] for capacity, days in highest.items()}


def hourly(report_ids: Sequence[str], moments: Sequence[Millis | None]) -> list[str]:
    """Return the last report of each hour: a month of reports is eight thousand objects, and an hour's peak shows in most of them."""
    last: dict[int, str] = {}
    for report_id, at in zip(report_ids, moments, strict=True):
        if at is not None:
            last[at // HOUR] = report_id
    return list(last.values())
