"""Summary: what one scan found on Fargate, and the usage that results. Pure.

Turns each cluster's snapshot into the rows that the ledger would hold after it, and those rows into the usage that `status` shows too.
Promises: a cluster that could not be read is unknown, never 0; a total that leaves something out is marked as a lower bound. `scan` calls
AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.counts import Counts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Trust
from fargatecount.ledger.row import Row, merge
from fargatecount.quotas.quota import Quota
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.usage.prices import LIST_PRICES, Cost, PriceSettings, cost_per_hour
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Cluster, Kind, Millis, Phase, Scope


class ClusterCount(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster as one scan found it."""

    cluster: Cluster
    verdict: Trust
    as_of: Millis | None = None
    """The moment before the first call about it; None if it could not be read."""
    rows: Mapping[str, Row] | None = None
    """All rows that are not gone; None if they are not known."""
    families: Mapping[str, str] = {}
    """Task definition family by workload."""
    running: int | None = None
    """Running workloads, if nothing else was read."""


class ScopeCount(msgspec.Struct, frozen=True, kw_only=True):
    """One scope as one scan found it."""

    scope: Scope
    clusters: Sequence[ClusterCount] = ()
    quotas: Sequence[Quota] | None = None
    """None if they were not read."""
    unlisted: Mapping[Kind, FargatecountError] = {}
    """The reasons why the clusters of a kind are not known."""
    chosen: bool = False
    """Whether only some clusters were selected."""
    existing: Sequence[Cluster] = ()
    """All clusters that AWS listed, selected or not."""

    @property
    def reached(self) -> bool:
        """Whether AWS listed the clusters of any kind."""
        return len(self.unlisted) < len(Kind)


def summarize(snapshot: Snapshot) -> ClusterCount:
    """Return the count of a snapshot: the rows that a ledger without history would hold. Pure."""
    merged = ((seen.workload_id, merge(None, seen, snapshot.requested_at)[1]) for seen in snapshot.observations)
    rows = {workload_id: row for workload_id, row in merged if row is not None and row.phase is not Phase.GONE}
    families = {workload_id: family for workload_id, family in snapshot.families.items() if workload_id in rows}
    return ClusterCount(cluster=snapshot.cluster, verdict=Trust(readable=True), as_of=snapshot.requested_at, rows=rows, families=families)


def unreadable(cluster: Cluster, error: FargatecountError) -> ClusterCount:
    """Return a cluster that could not be read. Pure."""
    return ClusterCount(cluster=cluster, verdict=Trust(readable=False, reason=str(error), remedy=error.remedy or None))


def by_statistics(clusters: Iterable[Cluster], statistics: Mapping[Cluster, Statistics], at: Millis) -> list[ClusterCount]:
    """Return the running tasks of each cluster by AWS's own numbers, without clusters that are deleted by now. Pure."""
    found = []
    for cluster in clusters:
        numbers = statistics.get(cluster)
        if numbers is None:
            found.append(ClusterCount(cluster=cluster, verdict=Trust(readable=False, reason="AWS returned no numbers for it")))
        elif not numbers.deleted:
            found.append(ClusterCount(cluster=cluster, verdict=Trust(readable=True), as_of=at, running=numbers.running))
    return found


def usage_of(count: ScopeCount, prices: PriceSettings = LIST_PRICES) -> ScopeUsage:
    """Return the usage, as `status` shows it. Pure."""
    costs = cost_per_hour(rows_of(count.clusters), prices).clusters
    clusters = []
    for each in count.clusters:
        counts = None if each.rows is None else Counts.total(row.counts for row in each.rows.values())
        cost = None if each.rows is None else costs.get(each.cluster, Cost())
        clusters.append(ClusterUsage(each.cluster, each.verdict, counts, each.as_of, cost, each.running))
    reasons = [f"{kind} clusters could not be listed: {error}" for kind, error in sorted(count.unlisted.items())]
    remedies = dict.fromkeys(error.remedy for _, error in sorted(count.unlisted.items()) if error.remedy)
    usage = ScopeUsage(
        count.scope,
        clusters,
        Counts.total(each.counts for each in clusters if each.counts is not None),
        count.quotas,
        undiscovered="; ".join(reasons) or None,
        remedy="; ".join(remedies) or None,
        selected=count.chosen,
    )
    return msgspec.structs.replace(usage, has_full_pass=usage.complete and not count.chosen, partial=count.chosen or not usage.complete)


def rows_of(clusters: Iterable[ClusterCount]) -> Iterable[tuple[Cluster, Row]]:
    """Return every known row with its cluster."""
    return ((each.cluster, row) for each in clusters for row in (each.rows or {}).values())
