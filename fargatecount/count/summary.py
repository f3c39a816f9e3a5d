"""Count: what one look found to run on Fargate, and what it comes to. Pure.

Turns each cluster's complete view into the very rows that the ledger would hold after that look, and those into the usage that `status`
shows too. Promises that a cluster that could not be read is unknown and never 0; whatever it leaves out of a total makes the total a lower
bound, and it says so. How AWS is asked is `count_look`'s matter.
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
    """One cluster as one look found it."""

    cluster: Cluster
    verdict: Trust
    as_of: Millis | None = None
    """The moment before the first question about it; None where it could not be read."""
    rows: Mapping[str, Row] | None = None
    """All that is not gone; None where that is not known."""
    families: Mapping[str, str] = {}
    """Task definition family by workload."""
    running: int | None = None
    """How many run, where no more than that was asked."""


class ScopeCount(msgspec.Struct, frozen=True, kw_only=True):
    """One scope as one look found it."""

    scope: Scope
    clusters: Sequence[ClusterCount] = ()
    quotas: Sequence[Quota] | None = None
    """None where nobody has asked."""
    unlisted: Mapping[Kind, FargatecountError] = {}
    """Why the clusters of a kind are not known."""
    chosen: bool = False
    """Whether only some clusters were asked for."""

    @property
    def reached(self) -> bool:
        """Whether AWS has told of any kind of cluster."""
        return len(self.unlisted) < len(Kind)


def summarize(view: Snapshot) -> ClusterCount:
    """Return what a complete view of a cluster comes to: the rows that a ledger without memory would hold. Pure."""
    settled = ((seen.workload_id, merge(None, seen, view.requested_at)[1]) for seen in view.observations)
    rows = {workload_id: row for workload_id, row in settled if row is not None and row.phase is not Phase.GONE}
    families = {workload_id: family for workload_id, family in view.families.items() if workload_id in rows}
    return ClusterCount(cluster=view.cluster, verdict=Trust(readable=True), as_of=view.requested_at, rows=rows, families=families)


def unreadable(cluster: Cluster, error: FargatecountError) -> ClusterCount:
    """Return a cluster that could not be read. Pure."""
    return ClusterCount(cluster=cluster, verdict=Trust(readable=False, reason=str(error), remedy=error.remedy or None))


def by_statistics(clusters: Iterable[Cluster], told: Mapping[Cluster, Statistics], at: Millis) -> list[ClusterCount]:
    """Return how many tasks run in each cluster by AWS's own numbers, those left out that are deleted by now. Pure."""
    found = []
    for cluster in clusters:
        numbers = told.get(cluster)
        if numbers is None:
            found.append(ClusterCount(cluster=cluster, verdict=Trust(readable=False, reason="AWS gave no numbers of it")))
        elif not numbers.deleted:
            found.append(ClusterCount(cluster=cluster, verdict=Trust(readable=True), as_of=at, running=numbers.running))
    return found


def usage_of(count: ScopeCount, prices: PriceSettings = LIST_PRICES) -> ScopeUsage:
    """Return the usage that `status` and `count` show alike. Pure."""
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
    )
    return msgspec.structs.replace(usage, has_full_pass=usage.complete and not count.chosen, partial=count.chosen or not usage.complete)


def rows_of(clusters: Iterable[ClusterCount]) -> Iterable[tuple[Cluster, Row]]:
    """Return every row that is known."""
    return ((each.cluster, row) for each in clusters for row in (each.rows or {}).values())
