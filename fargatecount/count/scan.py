"""Scan: one reading of a scope, with nothing deployed and nothing kept, several calls at a time.

Each cluster's snapshot is read by itself. A cluster that could not be read stops no other, and is in the result with its reason.
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
"""Calls to one scope at a time: at 0.1 s each that is more than the rate limit allows in the long run, and it spends a burst quickly."""


class ScanSource(Protocol):
    """AWS, for one kind of cluster. Methods raise a FargatecountError if it refuses or does not answer."""

    @property
    def kind(self) -> Kind:
        """The kind of its clusters."""
        ...

    def candidates(self) -> Sequence[Cluster]:
        """Return the clusters that exist."""
        ...

    def may_hold(self, cluster: Cluster) -> bool:
        """Return whether a cluster can hold Fargate workloads."""
        ...

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return AWS's own numbers, for the clusters that have any or are deleted."""
        ...

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return a snapshot of a cluster; `rows` is what is known of it."""
        ...


class Progress(Protocol):
    """An observer of the scan; called from several threads."""

    def found(self, clusters: int) -> None:
        """Count clusters that will be read."""
        ...

    def looked(self, cluster: Cluster) -> None:
        """Count a cluster that was read."""
        ...

    def waits(self, reason: str) -> None:
        """Show why the calls wait."""
        ...


class _Scan:
    """One reading of one scope."""

    def __init__(self, clock: Clock, select: Callable[[Cluster], bool], progress: Progress, *, quick: bool) -> None:
        self._clock = clock
        self._select = select
        self._progress = progress
        self._quick = quick
        # Threads write to these, each its own entry.
        self.existing: list[Cluster] = []
        self.found: list[ClusterCount] = []
        self.unlisted: dict[Kind, FargatecountError] = {}
        self.quotas: list[Quota] | None = None

    def at(self, source: ScanSource) -> Job:
        """Return the job that reads all clusters of a kind."""

        def job() -> Iterable[Job]:
            try:
                existing = source.candidates()
            except FargatecountError as error:
                self.unlisted[source.kind] = error
                return []
            self.existing += existing
            clusters = [cluster for cluster in existing if self._select(cluster)]
            self._progress.found(len(clusters))
            # EKS has no numbers of its pods, so they are listed with `quick` too.
            if self._quick and source.kind is Kind.ECS:
                self._by_statistics(source, clusters)
                return []
            return [self._into(source, cluster) for cluster in clusters]

        return job

    def at_quotas(self, source: QuotaSource) -> Job:
        """Return the job that reads the quotas."""

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
    max_workers: int = MAX_WORKERS,
) -> ScopeCount:
    """Read a scope; `select` limits the clusters, and None means all.

    `quick` asks ECS only for its own numbers of running tasks, two calls for a hundred clusters. A refusal or a missing answer of AWS is in
    the result, and raises nothing.
    """
    reading = _Scan(clock, select or (lambda _: True), progress, quick=quick)
    jobs = [reading.at(source) for source in sources]
    run_concurrently(jobs if quotas is None else [*jobs, reading.at_quotas(quotas)], max_workers)
    return ScopeCount(
        scope=scope,
        clusters=sorted(reading.found, key=lambda each: each.cluster),
        quotas=reading.quotas,
        unlisted=dict(sorted(reading.unlisted.items())),
        chosen=select is not None,
        existing=sorted(reading.existing),
    )
