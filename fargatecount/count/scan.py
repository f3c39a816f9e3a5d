"""One look at a scope, with nothing deployed and nothing kept: what there is to ask is asked, several questions at a time.

Each cluster's complete view is gathered by itself. One that could not be read stops nobody, and is in the result with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from fargatecount.clock import Clock
from fargatecount.count.pool import Job, run_concurrently
from fargatecount.count.summary import ClusterCount, ScopeCount, by_statistics, summarize, unreadable
from fargatecount.errors import FargatecountError
from fargatecount.ledger.row import Row
from fargatecount.quotas.quota import Quota, QuotaSource
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.workload import Cluster, Kind, Scope

MAX_WORKERS = 8
"""Questions to one scope at a time: at 0.1 s an answer that is more than its pace allows in the long run, and uses up a burst quickly."""


class ScanSource(Protocol):
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

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
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


class _Look:
    """One look at one scope."""

    def __init__(self, clock: Clock, select: Callable[[Cluster], bool], progress: Progress, *, quick: bool) -> None:
        self._clock = clock
        self._select = select
        self._progress = progress
        self._quick = quick
        # Threads write into these, each its own entry.
        self.found: list[ClusterCount] = []
        self.unlisted: dict[Kind, FargatecountError] = {}
        self.quotas: list[Quota] | None = None

    def at(self, source: ScanSource) -> Job:
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

    def _into(self, source: ScanSource, cluster: Cluster) -> Job:
        def job() -> Iterable[Job]:
            try:
                if source.may_hold(cluster):
                    self.found.append(summarize(source.snapshot(cluster, {})))
            except FargatecountError as error:
                self.found.append(unreadable(cluster, error))
            self._progress.looked(cluster)
            return []

        return job

    def _by_statistics(self, source: ScanSource, clusters: Sequence[Cluster]) -> None:
        at = self._clock.now()
        try:
            self.found += by_statistics(clusters, source.statistics(clusters), at)
        except FargatecountError as error:
            self.found += [unreadable(cluster, error) for cluster in clusters]
        for cluster in clusters:
            self._progress.looked(cluster)


def scan(
    scope: Scope,
    sources: Sequence[ScanSource],
    quotas: QuotaSource | None,
    clock: Clock,
    *,
    select: Callable[[Cluster], bool] | None,
    progress: Progress,
    quick: bool = False,
    hands: int = MAX_WORKERS,
) -> ScopeCount:
    """Look at a scope; `select` chooses clusters, and without it all are looked into.

    `quick` asks ECS only for its own numbers of running tasks, in two calls for a hundred clusters. What AWS refuses or does not answer is
    in the result and raises nothing.
    """
    look = _Look(clock, select or (lambda _: True), progress, quick=quick)
    jobs = [look.at(source) for source in sources]
    run_concurrently(jobs if quotas is None else [*jobs, look.at_quotas(quotas)], hands)
    return ScopeCount(
        scope=scope,
        clusters=sorted(look.found, key=lambda each: each.cluster),
        quotas=look.quotas,
        unlisted=dict(sorted(look.unlisted.items())),
        chosen=select is not None,
    )
