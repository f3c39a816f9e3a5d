"""Peaks: how near a scope came to its quotas and to the limits of its owner, over the reports of a period.

Pure. A report shows one moment every few minutes; usage between two reports may have been higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.quotas.document import LimitDocument, QuotaDocument
from fargatecount.quotas.limits import Measure
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, Grade, QuotaThresholds
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.workload import Capacity


class Ceiling(msgspec.Struct, frozen=True):
    """A quota or a limit as one report shows it."""

    at: str
    """End of the report, ISO 8601 in UTC."""
    stands: QuotaDocument | LimitDocument

    @property
    def subject(self) -> tuple[str | None, ...]:
        """What makes it the same ceiling in another report."""
        match self.stands:
            case QuotaDocument(capacity=capacity):
                return ("quota", capacity)
            case LimitDocument(cluster=cluster, pattern=pattern, measure=measure):
                return ("limit", cluster, pattern, measure)


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The highest usage of one ceiling."""

    highest: Ceiling
    reports: int
    """Reports with a known percentage."""
    reports_warning: int
    """Reports at or above the warning threshold, those at or above the critical one included."""
    reports_critical: int


class PeakNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The highest usage of one ceiling as it stands in JSON."""

    highest_percent: float | None
    """Null where no report knows it: the quota was never read, or is 0."""
    highest_percent_at_least: bool
    """Whether `highest_percent` and `used` are lower bounds."""
    used: float
    value: float | None
    at: str
    """End of the report with the highest percentage, ISO 8601 in UTC."""
    reports: int
    """Reports with a known percentage."""
    reports_warning: int
    """Reports at or above the warning threshold."""
    reports_critical: int


class QuotaPeak(PeakNumbers, frozen=True, kw_only=True):
    """The highest usage of one vCPU quota."""

    capacity: Capacity
    code: str
    unit: str


class LimitPeak(PeakNumbers, frozen=True, kw_only=True):
    """The highest usage of one limit of your own."""

    cluster: str | None
    """Null for the total."""
    pattern: str | None
    measure: Measure


def ceilings_of(report: ReconcileDocument) -> list[Ceiling]:
    """Return the quotas and limits of a report; none of a report that does not have them."""
    return [Ceiling(report.ended_at, each) for each in (*(report.quotas or ()), *(report.limits or ()))]


def peaks(reports: Iterable[Sequence[Ceiling]], thresholds: QuotaThresholds = DEFAULT_THRESHOLDS) -> list[Peak]:
    """Return the peak of every ceiling, in the order in which the ceilings appear."""
    found: dict[tuple[str | None, ...], list[Ceiling]] = {}
    for ceilings in reports:
        for one in ceilings:
            found.setdefault(one.subject, []).append(one)
    return [_peak(ceilings, thresholds) for ceilings in found.values()]


def quota_peaks(found: Iterable[Peak]) -> list[QuotaPeak]:
    """Return the peaks of the quotas as they stand in JSON."""
    return [
        QuotaPeak(capacity=quota.capacity, code=quota.code, unit=quota.unit, **msgspec.structs.asdict(_numbers(peak)))
        for peak in found
        if isinstance(quota := peak.highest.stands, QuotaDocument)
    ]


def limit_peaks(found: Iterable[Peak]) -> list[LimitPeak]:
    """Return the peaks of the limits as they stand in JSON."""
    return [
        LimitPeak(cluster=limit.cluster, pattern=limit.pattern, measure=limit.measure, **msgspec.structs.asdict(_numbers(peak)))
        for peak in found
        if isinstance(limit := peak.highest.stands, LimitDocument)
    ]


def _peak(ceilings: Sequence[Ceiling], thresholds: QuotaThresholds) -> Peak:
    grades = [thresholds.grade(one.stands.percent) for one in ceilings]
    return Peak(
        # Of equal percentages the first: that is when it began.
        highest=max(ceilings, key=lambda one: -1.0 if one.stands.percent is None else one.stands.percent),
        reports=sum(grade is not Grade.UNKNOWN for grade in grades),
        reports_warning=sum(grade in {Grade.WARNING, Grade.CRITICAL} for grade in grades),
        reports_critical=grades.count(Grade.CRITICAL),
    )


def _numbers(peak: Peak) -> PeakNumbers:
    stands = peak.highest.stands
    return PeakNumbers(
        highest_percent=stands.percent,
        highest_percent_at_least=stands.used_at_least,
        used=stands.used,
        value=stands.value,
        at=peak.highest.at,
        reports=peak.reports,
        reports_warning=peak.reports_warning,
        reports_critical=peak.reports_critical,
    )
