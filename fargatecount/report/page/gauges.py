"""Gauges: how near what is held is to each quota and limit, as the page shows it.

Pure.
"""

from __future__ import annotations

from fargatecount.quotas.document import LimitDocument, QuotaDocument
from fargatecount.quotas.limits import Measure
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.report.page.document import PageGauge


def gauge_of_quota(quota: QuotaDocument, thresholds: QuotaThresholds, *, complete: bool) -> PageGauge:
    """Return the gauge of a quota; without `complete` counts its numbers are estimates, also in a report that does not say so."""
    return PageGauge(
        title=f"{quota.capacity} quota",
        is_quota=True,
        code=quota.code,
        unit=quota.unit,
        value=quota.value,
        used=quota.used,
        used_at_least=quota.used_at_least,
        exact=quota.exact and complete,
        remaining=quota.remaining,
        percent=quota.percent,
        standing=thresholds.grade(quota.percent),
        source=quota.source,
        reason=quota.reason,
    )


def gauge_of_limit(limit: LimitDocument, thresholds: QuotaThresholds, *, complete: bool) -> PageGauge:
    """Return the gauge of a limit, likewise."""
    return PageGauge(
        title=f"your limit on {limit.cluster or 'all clusters'}",
        is_quota=False,
        code=limit.pattern,
        unit="vCPU" if limit.measure is Measure.VCPU else limit.measure,
        value=limit.value,
        used=limit.used,
        used_at_least=limit.used_at_least,
        exact=limit.exact and complete,
        remaining=limit.remaining,
        percent=limit.percent,
        standing=thresholds.grade(limit.percent),
        source="your setting",
        reason=None,
    )
