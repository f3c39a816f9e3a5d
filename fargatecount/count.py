"""Count: what runs on Fargate now, by one look at AWS, with nothing deployed and nothing kept.

Gathers each cluster's complete view by itself, several at a time; turns it into the very rows that the ledger would hold after that look,
and those into the usage that `status` shows too. Promises that a cluster that could not be read is unknown and never 0, and that it stops
nobody; whatever it leaves out of a total makes the total a lower bound, and it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.clock import Clock
from fargatecount.clusters import Verdict
from fargatecount.counts import Counts
from fargatecount.errors import FargatecountError
from fargatecount.parallel import Job, side_by_side
from fargatecount.prices import LIST_PRICES, Cost, PriceSettings, cost_per_hour
from fargatecount.probe import Statistics
from fargatecount.quotas import Quota, QuotaSource
from fargatecount.row import Row, settle
from fargatecount.usage import ClusterUsage, ScopeUsage
from fargatecount.view import View
from fargatecount.workload import Cluster, Kind, Millis, Phase, Scope

HANDS = 8
"""Questions to one scope at a time: at 0.1 s an answer that is more than its pace allows in the long run, and uses up a burst quickly."""


class Source(Protocol):
    """AWS, for one kind of cluster. Methods raise a FargatecountError where it refused or did not answer."""

    @property
    def kind(self) -> Kind:
        """Which clusters it knows."""
        ...

    def candidates(self) -> Sequence[Cluster]:
        """Return the clusters that exist."""
        ...

    def may_hold(self, cluster: Cluster) -> bool:
        """Say whether a cluster can hold Fargate workloads."""
        ...

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return AWS's own numbers, for those clusters of which it has any or says that they are deleted."""
        ...

    def view(self, cluster: Cluster, rows: Mapping[str, Row]) -> View:
        """Return a complete view of a cluster of which nothing is known so far."""
        ...


class Progress(Protocol):
    """Somebody who wants to know how far it is; called from several threads."""

    def found(self, clusters: int) -> None:
        """Hear that so many more clusters will be looked into."""
        ...

    def looked(self, cluster: Cluster) -> None:
        """Hear that a cluster has been looked into."""
        ...


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster as one look found it."""

    cluster: Cluster
    verdict: Verdict
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
    clusters: Sequence[Counted] = ()
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


def counted(view: View) -> Counted:
    """Return what a complete view of a cluster comes to: the rows that a ledger without memory would hold. Pure."""
    settled = ((seen.workload_id, settle(None, seen, view.asked_at)[1]) for seen in view.observations)
    rows = {workload_id: row for workload_id, row in settled if row is not None and row.phase is not Phase.GONE}
    families = {workload_id: family for workload_id, family in view.families.items() if workload_id in rows}
    return Counted(cluster=view.cluster, verdict=Verdict(readable=True), as_of=view.asked_at, rows=rows, families=families)


def unreadable(cluster: Cluster, error: FargatecountError) -> Counted:
    """Return a cluster that could not be read. Pure."""
    return Counted(cluster=cluster, verdict=Verdict(readable=False, reason=str(error), remedy=error.remedy or None))


def by_statistics(clusters: Iterable[Cluster], told: Mapping[Cluster, Statistics], at: Millis) -> list[Counted]:
    """Return how many tasks run in each cluster by AWS's own numbers, those left out that are deleted by now. Pure."""
    found = []
    for cluster in clusters:
        numbers = told.get(cluster)
        if numbers is None:
            found.append(Counted(cluster=cluster, verdict=Verdict(readable=False, reason="AWS gave no numbers of it")))
        elif not numbers.deleted:
            found.append(Counted(cluster=cluster, verdict=Verdict(readable=True), as_of=at, running=numbers.running))
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
    return msgspec.structs.replace(usage, begun=usage.complete and not count.chosen, partial=count.chosen or not usage.complete)


def rows_of(clusters: Iterable[Counted]) -> Iterable[tuple[Cluster, Row]]:
    """Return every row that is known."""
    return ((each.cluster, row) for each in clusters for row in (each.rows or {}).values())


class _Look:
    """One look at one scope."""

    def __init__(self, clock: Clock, select: Callable[[Cluster], bool], progress: Progress, *, quick: bool) -> None:
        self._clock = clock
        self._select = select
        self._progress = progress
        self._quick = quick
        # Threads write into these, each its own entry.
        self.found: list[Counted] = []
        self.unlisted: dict[Kind, FargatecountError] = {}
        self.quotas: list[Quota] | None = None

    def at(self, source: Source) -> Job:
        """Return the job of looking at all clusters of a kind."""

        def job() -> Iterable[Job]:
            try:
                clusters = [cluster for cluster in source.candidates() if self._select(cluster)]
            except FargatecountError as error:
                self.unlisted[source.kind] = error
                return []
            self._progress.found(len(clusters))
            # EKS has no numbers of pods: they are listed in any case.
            if self._quick and source.kind is Kind.ECS:
                self._by_statistics(source, clusters)
                return []
            return [self._into(source, cluster) for cluster in clusters]

        return job

    def at_quotas(self, source: QuotaSource) -> Job:
        """Return the job of reading the quotas."""

        def job() -> Iterable[Job]:
            self.quotas = list(source.read(self._clock.now()))
            return []

        return job

    def _into(self, source: Source, cluster: Cluster) -> Job:
        def job() -> Iterable[Job]:
            try:
                if source.may_hold(cluster):
                    self.found.append(counted(source.view(cluster, {})))
            except FargatecountError as error:
                self.found.append(unreadable(cluster, error))
            self._progress.looked(cluster)
            return []

        return job

    def _by_statistics(self, source: Source, clusters: Sequence[Cluster]) -> None:
        at = self._clock.now()
        try:
            self.found += by_statistics(clusters, source.statistics(clusters), at)
        except FargatecountError as error:
            self.found += [unreadable(cluster, error) for cluster in clusters]
        for cluster in clusters:
            self._progress.looked(cluster)


def look_at(
    scope: Scope,
    sources: Sequence[Source],
    quotas: QuotaSource | None,
    clock: Clock,
    *,
    select: Callable[[Cluster], bool] | None,
    progress: Progress,
    quick: bool = False,
    hands: int = HANDS,
) -> ScopeCount:
    """Look at a scope; `select` chooses clusters, and without it all are looked into.

    `quick` asks ECS only for its own numbers of running tasks, in two calls for a hundred clusters. What AWS refuses or does not answer is
    in the result and raises nothing.
    """
    look = _Look(clock, select or (lambda _: True), progress, quick=quick)
    jobs = [look.at(source) for source in sources]
    side_by_side(jobs if quotas is None else [*jobs, look.at_quotas(quotas)], hands)
    return ScopeCount(
        scope=scope,
        clusters=sorted(look.found, key=lambda each: each.cluster),
        quotas=look.quotas,
        unlisted=dict(sorted(look.unlisted.items())),
        chosen=select is not None,
    )
