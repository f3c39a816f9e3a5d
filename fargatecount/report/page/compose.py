"""Composing the page: everything that it shows is decided here, and the browser only draws it.

Pure. Owns the order of things, what "complete" means in words, and which numbers are marked as not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.quotas.document import QuotaDocument
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, Grade, QuotaThresholds
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.report.fold import Folded
from fargatecount.report.page.alerts import alerts, worst_of
from fargatecount.report.page.document import ClusterRow, Digest, DriftGroup, Headline, HeldShare, Page, PageCosts, PageDrift
from fargatecount.report.page.gauges import gauge_of_limit, gauge_of_quota
from fargatecount.report.page.history import History
from fargatecount.report.page.past import Past
from fargatecount.report.range import RangeProblem
from fargatecount.timestamps import to_iso
from fargatecount.usage.cost_document import ClusterCost, CostBreakdown
from fargatecount.usage.summary_document import ClusterSummary, UsageSummary
from fargatecount.workload import Capacity, Millis, Scope

MAX_GROUPS = 200
"""Rows of cost by service, ten of which are shown until a reader filters or asks for all.
The page says how many it leaves out, and what they cost."""
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
    """Time of the costs by group."""
    total_at: str | None = None
    """Time of the total cost and of those by cluster."""
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
    past: Past | None = None,
    refresh_ms: int | None = None,
) -> Page:
    """Return what there is to show of a period that ends at `now.at`."""
    costs = {entry.cluster: entry for entry in now.cost.clusters} if now.cost else {}
    rows = sorted((_row(each, costs) for each in now.usage.clusters), key=lambda row: (-(row.vcpu or 0), -(row.held or 0), row.cluster))
    limits = sorted((now.report.limits or ()) if now.report else (), key=lambda limit: -(limit.percent or 0))
    complete = now.usage.complete
    quotas = [gauge_of_quota(each, now.thresholds, complete=complete) for each in now.quotas]
    of_limits = [gauge_of_limit(each, now.thresholds, complete=complete) for each in limits]
    headroom_at, headroom = folded.headroom or (None, None)
    hanging = (now.report.hanging or None) if now.report else None
    unreadable = [row for row in rows if not row.readable]
    warned = alerts(
        [*quotas, *of_limits], headroom=headroom, refused=folded.refused, hanging=hanging, unreadable=unreadable, usage=now.usage, at=now.at
    )
    return Page(
        account=scope.account,
        region=scope.region,
        at=to_iso(now.at),
        since=to_iso(since),
        until=to_iso(now.at),
        headline=_headline(now, worst_of(warned)),
        alerts=warned,
        gauges=[*quotas, *of_limits[:MAX_LIMITS]],
        marks=(now.thresholds.warning, now.thresholds.critical),
        limits_left_out=len(limits[MAX_LIMITS:]),
        shares=_shares(now.usage.clusters),
        clusters=rows,
        unreadable=unreadable,
        history=history,
        cost=_costs(now),
        digest=_digest(folded),
        witness=(now.report.witness or ()) if now.report else (),
        beside_at=now.report.ended_at if now.report else None,
        hanging=hanging,
        refused=folded.refused,
        headroom=headroom,
        headroom_at=headroom_at,
        profiles=folded.profiles,
        reclaimable=folded.reclaimable,
        notes=notes,
        sources=sources,
        past=past,
        refresh_ms=refresh_ms,
    )


def _digest(folded: Folded) -> Digest:
    return Digest(
        reports=folded.reports,
        dry_runs=folded.dry_runs,
        incomplete=folded.incomplete,
        drift=PageDrift(
            repaired=folded.drifted, causes=folded.causes, groups=_drift_groups(folded), rows=folded.repairs, left_out=folded.left_out
        ),
        problems=[RangeProblem(problem=problem, reports=times) for problem, times in folded.problems],
    )


def _drift_groups(folded: Folded) -> list[DriftGroup]:
    last: dict[tuple[str, str], str] = {}
    for row in folded.repairs:
        if not row.in_flight:
            last[row.cluster, row.cause] = max(row.at, last.get((row.cluster, row.cause), ""))
    groups = [
        DriftGroup(cluster=name, cause=cause, repairs=times, last=last.get((name, cause)))
        for name, cluster in folded.clusters.items()
        for cause, times in cluster.causes.items()
    ]
    return sorted(groups, key=lambda group: (-group.repairs, group.cluster, group.cause))


def _headline(now: Now, standing: Grade) -> Headline:
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
        standing=standing,
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
        total_at=now.total_at or now.cost_at,
        clusters=sorted(now.cost.clusters, key=lambda entry: (-(entry.cost_per_hour or 0), entry.cluster)),
        groups=now.cost.groups[:MAX_GROUPS],
        groups_left_out=len(rest),
        left_out_per_hour=sum(entry.cost_per_hour or 0 for entry in rest),
    )
