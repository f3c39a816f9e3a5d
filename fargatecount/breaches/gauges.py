"""Gauges: one reading for every ceiling of a scope, the quotas first.

Pure. Promises that a gauge exists as long as its ceiling does. It has no percentage while the answer is not known: before the first full
pass over all clusters, while a quota is not known, and while a cluster has never been listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fargatecount.breaches.breach import BreachLevel, Gauge, LimitGauge, QuotaGauge
from fargatecount.quotas.limits import Limits, LimitStanding, Measure, limit_standings
from fargatecount.quotas.quota import CODES, VCPU, Quota, quota_standing
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis

LIMIT_PERCENT = 90.0
"""Percent of your own limit at which it is in breach: the default of the setting `limitPercent`, which its alarms use too."""


def gauges(
    usage: ScopeUsage,
    quotas: Sequence[Quota],
    limits: Limits,
    now: Millis,
    *,
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS,
    limit_percent: float = LIMIT_PERCENT,
) -> list[Gauge]:
    """Return every gauge of a scope; those of quotas are in breach at `thresholds`, those of your own limits at `limit_percent`."""
    found = [*_of_quotas(usage, quotas, thresholds, now), *_of_limits(usage, limits, limit_percent)]
    if usage.has_full_pass:
        return found
    return [msgspec.structs.replace(gauge, used=None, percent=None) for gauge in found]


def _of_quotas(usage: ScopeUsage, quotas: Sequence[Quota], thresholds: QuotaThresholds, now: Millis) -> Iterator[Gauge]:
    fresh = {quota.capacity: quota for quota in quotas if quota.is_fresh(now)}
    for capacity in CODES:
        quota = fresh.get(capacity)
        standing = quota_standing(quota, usage.held) if quota else None
        for level, threshold in ((BreachLevel.WARNING, thresholds.warning), (BreachLevel.CRITICAL, thresholds.critical)):
            yield QuotaGauge(
                capacity=capacity,
                level=level,
                threshold=threshold,
                unit=VCPU,
                value=quota.value if quota else None,
                used=standing.used.value if standing else None,
                percent=standing.percent.value if standing else None,
                at_least=standing.used.is_at_least if standing else False,
            )


def _of_limits(usage: ScopeUsage, limits: Limits, threshold: float) -> Iterator[Gauge]:
    """Yield one gauge for the total and one for each cluster that has a limit, each by its nearest limit."""
    nearest: dict[Cluster | None, LimitStanding] = {}
    for each in limit_standings(limits, {each.cluster: each.held for each in usage.clusters}, complete=usage.has_every_cluster):
        before = nearest.get(each.cluster)
        if before is None or (each.standing.percent.value or 0) > (before.standing.percent.value or 0):
            nearest[each.cluster] = each
    # Of a cluster that was never listed, events have counted only a part: enough to know that it is over its limit, not that it is under.
    partial = {each.cluster for each in usage.clusters if each.counts is None or each.as_of is None}
    for cluster, standing in nearest.items():
        under = (standing.standing.percent.value or 0) < threshold
        yield _limit(standing, threshold, known=not (cluster in partial and under))


def _limit(nearest: LimitStanding, threshold: float, *, known: bool) -> Gauge:
    standing = nearest.standing
    return LimitGauge(
        subject=nearest.cluster.key if nearest.cluster else "",
        level=BreachLevel.WARNING,
        threshold=threshold,
        unit=VCPU if nearest.measure is Measure.VCPU else str(nearest.measure),
        value=nearest.value,
        used=standing.used.value if known else None,
        percent=standing.percent.value if known else None,
        at_least=standing.used.is_at_least,
    )
