"""Gauges: every ceiling of a scope as `crossings` watches it, the quotas first.

Pure. Promises that a gauge is there as long as its ceiling is, with no percentage where nothing can be said: before every cluster has been
looked into once, while a quota is not known, and while a cluster has never been read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fargatecount.breaches.breach import BreachLevel, Gauge, LimitKind
from fargatecount.counts import EMPTY
from fargatecount.quotas.limits import Limits, LimitStanding, Measure, limit_standings
from fargatecount.quotas.quota import CODES, VCPU, Quota, quota_standing
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Percent from which on a gauge is in breach; those of the alarms, so that event and alarm say the same."""

    warning: float = 80.0
    critical: float = 95.0
    limit: float = 90.0
    """Of the user's own limits."""


def gauges(usage: ScopeUsage, quotas: Sequence[Quota], limits: Limits, thresholds: Thresholds, now: Millis) -> list[Gauge]:
    """Return every gauge of a scope."""
    found = [*_of_quotas(usage, quotas, thresholds, now), *_of_limits(usage, limits, thresholds.limit)]
    if usage.has_full_pass:
        return found
    return [msgspec.structs.replace(gauge, used=None, percent=None) for gauge in found]


def _of_quotas(usage: ScopeUsage, quotas: Sequence[Quota], thresholds: Thresholds, now: Millis) -> Iterator[Gauge]:
    fresh = {quota.capacity: quota for quota in quotas if quota.is_fresh(now)}
    for capacity in CODES:
        quota = fresh.get(capacity)
        stands = quota_standing(quota, usage.scope_total.tally(capacities=(capacity,))) if quota else None
        for level, threshold in ((BreachLevel.WARNING, thresholds.warning), (BreachLevel.CRITICAL, thresholds.critical)):
            yield Gauge(
                limit_kind=LimitKind.QUOTA,
                subject=capacity,
                level=level,
                threshold=threshold,
                unit=VCPU,
                value=quota.value if quota else None,
                used=stands.used if stands else None,
                percent=stands.percent if stands else None,
                at_least=stands.at_least if stands else False,
            )


def _of_limits(usage: ScopeUsage, limits: Limits, threshold: float) -> Iterator[Gauge]:
    """Return one gauge for the total and one for each cluster that has a limit, each by the nearest of its limits."""
    nearest: dict[Cluster | None, LimitStanding] = {}
    for each in limit_standings(limits, {each.cluster: each.counts or EMPTY for each in usage.clusters}):
        before = nearest.get(each.cluster)
        if before is None or (each.standing.percent or 0) > (before.standing.percent or 0):
            nearest[each.cluster] = each
    # What events have told of a cluster that was never listed is only a part of it: enough to say that it is over, not that it is under.
    partial = {each.cluster for each in usage.clusters if each.counts is None or each.as_of is None}
    for cluster, standing in nearest.items():
        under = (standing.standing.percent or 0) < threshold
        yield _limit(standing, threshold, known=not (cluster in partial and under))


def _limit(nearest: LimitStanding, threshold: float, *, known: bool) -> Gauge:
    stands = nearest.standing
    return Gauge(
        limit_kind=LimitKind.LIMIT,
        subject=nearest.cluster.key if nearest.cluster else "",
        level=BreachLevel.WARNING,
        threshold=threshold,
        unit=VCPU if nearest.measure is Measure.VCPU else str(nearest.measure),
        value=nearest.value,
        used=stands.used if known else None,
        percent=stands.percent if known else None,
        at_least=stands.at_least,
    )
