"""Composing the page: everything that it shows is decided here, and the browser only draws it.

Pure. Owns the order of things, what "complete" means in words, and which numbers are marked as not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.quotas.document import LimitDocument, QuotaDocument
from fargatecount.quotas.limits import Measure
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.report.fold import Folded
from fargatecount.report.page.document import ClusterRow, Digest, Headline, HeldShare, Page, PageCosts, PageDrift, PageGauge
from fargatecount.report.page.history import History
from fargatecount.report.range import RangeProblem
from fargatecount.timestamps import to_iso
from fargatecount.usage.cost_document import ClusterCost, CostBreakdown
from fargatecount.usage.summary_document import ClusterSummary, UsageSummary
from fargatecount.workload import Capacity, Millis, Scope

MAX_GROUPS = 50
"""Rows of cost by service: a reader who wants to save looks at the top. The page says how many it leaves out, and what they cost."""
MAX_LIMITS = 4
"""Limits of your own with a gauge; there may be some for each cluster."""
MAX_NAMED = 3
"""Unreadable clusters that the headline names; all of them have a table of their own."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand."""

    at: Millis
    usage: UsageSummary
    quotas: Sequence[QuotaDocument]
    cost: CostBreakdown | None = None
    """None where it was not computed."""
    cost_at: str | None = None
    report: ReconcileDocument | None = None
    """The newest report, for the AWS/Usage metrics and the limits."""
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    """Those of the deployment."""
    notes: Sequence[str] = ()
    """What stands above the numbers."""


def page(
    scope: Scope,
    now: Now,
    folded: Folded,
    history: History,
    *,
    since: Millis,
    notes: Sequence[str] = (),
    sources: Sequence[str] = (),
    refresh_ms: int | None = None,
) -> Page:
    """Return what there is to show of a period that ends at `now.at`."""
    costs = {entry.cluster: entry for entry in now.cost.clusters} if now.cost else {}
    rows = sorted((_row(each, costs) for each in now.usage.clusters), key=lambda row: (-(row.vcpu or 0), -(row.held or 0), row.cluster))
    limits = sorted((now.report.limits or ()) if now.report else (), key=lambda limit: -(limit.percent or 0))
    quotas = [_quota(each, now.thresholds) for each in now.quotas]
    headroom_at, headroom = folded.headroom or (None, None)
    return Page(
        account=scope.account,
        region=scope.region,
        at=to_iso(now.at),
        since=to_iso(since),
        until=to_iso(now.at),
        headline=_headline(now),
        gauges=[*quotas, *(_limit(each, now.thresholds) for each in limits[:MAX_LIMITS])],
        marks=(now.thresholds.warning, now.thresholds.critical),
        limits_left_out=len(limits[MAX_LIMITS:]),
        shares=_shares(now.usage.clusters),
        clusters=rows,
        unreadable=[row for row in rows if not row.readable],
        history=history,
        cost=_costs(now),
        digest=_digest(folded),
        witness=(now.report.witness or ()) if now.report else (),
        beside_at=now.report.ended_at if now.report else None,
        hanging=(now.report.hanging or None) if now.report else None,
        refused=folded.refused,
        headroom=headroom,
        headroom_at=headroom_at,
        profiles=folded.profiles,
        reclaimable=folded.reclaimable,
        notes=notes,
        sources=sources,
        refresh_ms=refresh_ms,
    )


def _digest(folded: Folded) -> Digest:
    return Digest(
        reports=folded.reports,
        dry_runs=folded.dry_runs,
        incomplete=folded.incomplete,
        drift=PageDrift(repaired=folded.drifted, causes=folded.causes, rows=folded.repairs, left_out=folded.left_out),
        problems=[RangeProblem(problem=problem, reports=times) for problem, times in folded.problems],
    )


def _headline(now: Now) -> Headline:
    total, cost = now.usage.total, now.cost
    known = now.usage.complete or any(cluster.running is not None for cluster in now.usage.clusters)
    at_least = now.usage.reason is not None or any(each.running is None or each.counts_as_of is None for each in now.usage.clusters)
    return Headline(
        complete=now.usage.complete,
        why=_why(now.usage),
        running=total.running if known else None,
        held=total.held if known else None,
        vcpu=total.vcpu if known else None,
        memory_gib=total.memory_gib if known else None,
        unsized=total.unsized or 0,
        at_least=at_least,
        cost_per_hour=cost.cost_per_hour if cost and known else None,
        cost_at_least=at_least or (cost.cost_at_least if cost else False),
        cost_approximate=cost.cost_approximate if cost else False,
    )


def _why(usage: UsageSummary) -> list[str]:
    why = [f"there may be clusters that are not counted: {usage.reason}"] if usage.reason else []
    unreadable = [cluster for cluster in usage.clusters if not cluster.readable]
    why += [f"{cluster.cluster} is unreadable: {cluster.reason}" for cluster in unreadable[:MAX_NAMED]]
    if len(unreadable) > MAX_NAMED:
        why.append(f"{len(unreadable) - MAX_NAMED} more clusters are unreadable")
    return why


def _quota(quota: QuotaDocument, thresholds: QuotaThresholds) -> PageGauge:
    return PageGauge(
        title=f"{quota.capacity} quota",
        is_quota=True,
        code=quota.code,
        unit=quota.unit,
        value=quota.value,
        used=quota.used,
        used_at_least=quota.used_at_least,
        remaining=quota.remaining,
        percent=quota.percent,
        standing=thresholds.grade(quota.percent),
        source=quota.source,
        reason=quota.reason,
    )


def _limit(limit: LimitDocument, thresholds: QuotaThresholds) -> PageGauge:
    return PageGauge(
        title=f"your limit on {limit.cluster or 'all clusters'}",
        is_quota=False,
        code=limit.pattern,
        unit="vCPU" if limit.measure is Measure.VCPU else limit.measure,
        value=limit.value,
        used=limit.used,
        used_at_least=limit.used_at_least,
        remaining=limit.remaining,
        percent=limit.percent,
        standing=thresholds.grade(limit.percent),
        source="your setting",
        reason=None,
    )


def _shares(clusters: Iterable[ClusterSummary]) -> list[HeldShare]:
    known = [cluster.by_capacity for cluster in clusters if cluster.by_capacity]
    return [
        HeldShare(
            capacity=capacity,
            count=sum(each[capacity].count for each in known),
            vcpu=sum(each[capacity].vcpu for each in known),
            memory_gib=sum(each[capacity].memory_gib for each in known),
        )
        for capacity in Capacity
    ]


def _row(cluster: ClusterSummary, costs: Mapping[str, ClusterCost]) -> ClusterRow:
    return ClusterRow(
        cluster=cluster.cluster,
        readable=cluster.readable,
        running=cluster.running,
        held=cluster.held,
        vcpu=cluster.vcpu,
        spot_vcpu=cluster.by_capacity[Capacity.SPOT].vcpu if cluster.by_capacity else None,
        memory_gib=cluster.memory_gib,
        unsized=cluster.unsized or 0,
        cost=costs.get(cluster.cluster),
        counts_as_of=cluster.counts_as_of,
        reason=cluster.reason,
        remedy=cluster.remedy,
    )


def _costs(now: Now) -> PageCosts | None:
    if now.cost is None:
        return None
    rest = now.cost.groups[MAX_GROUPS:]
    return PageCosts(
        label=now.cost.label,
        at=now.cost_at,
        clusters=sorted(now.cost.clusters, key=lambda entry: (-(entry.cost_per_hour or 0), entry.cluster)),
        groups=now.cost.groups[:MAX_GROUPS],
        groups_left_out=len(rest),
        left_out_per_hour=sum(entry.cost_per_hour or 0 for entry in rest),
    )
