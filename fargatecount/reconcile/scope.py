"""Reconcile a scope: make its ledger equal to AWS, cluster by cluster, and report the differences.

Lists the clusters, lets `selection.select` choose which to read, and `cluster.ClusterReconciler` reconcile each. A cluster that cannot be
read is marked with its reason and does not stop the others. Clusters for which time runs out are left to the next run, which begins with
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.counts import Counts
from fargatecount.errors import DeadlineExceededError, FargatecountError
from fargatecount.ledger.clusters import RECONCILER, ClusterState, undiscovered
from fargatecount.ledger.queries import counts_of, rows_of
from fargatecount.ledger.store import Ledger
from fargatecount.reconcile.cluster import RETIRE_AFTER, ClusterReconciler
from fargatecount.reconcile.drift import IN_FLIGHT
from fargatecount.reconcile.report import ClusterReport, Report, report_id
from fargatecount.reconcile.selection import Candidate, select
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.snapshot import Statistics
from fargatecount.sources.source import Source
from fargatecount.workload import Cluster, Kind, Millis, Phase, Scope


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a run."""

    full: bool = False
    """Read every cluster, whatever its statistics are."""
    dry_run: bool = False
    """Report what would change, change nothing."""
    in_flight: Millis = IN_FLIGHT
    """A change younger than this is repaired and is not drift."""
    retire_after: Millis = RETIRE_AFTER
    """How long a deleted cluster is remembered."""
    skip: Callable[[ClusterState], bool] = lambda _: False
    """Clusters that another source covers, such as those with a fresh watcher."""
    select: Callable[[Cluster], bool] = lambda _: True
    """Clusters that the run covers."""


class _Run:
    """One running reconcile."""

    def __init__(self, ledger: Ledger, clock: Clock, options: Options, stop: Callable[[], bool], give_up: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._options = options
        self._stop = stop
        self._clusters = ClusterReconciler(
            ledger, clock, dry_run=options.dry_run, in_flight=options.in_flight, retire_after=options.retire_after, give_up=give_up
        )
        self.problems: list[str] = []
        self.denied_actions: set[str] = set()
        self.looked: list[ClusterReport] = []
        self.not_reached: list[Cluster] = []
        self.known = 0
        self.counted: dict[Cluster, Counts] = {}
        self.counted_at: Millis | None = None
        self._partial = False

    def reconcile(self, scope: Scope, source: Source, progress: Callable[[str], None]) -> None:
        """Reconcile all clusters of one kind."""
        states = {state.cluster: state for state in self._ledger.clusters(scope) if state.cluster.kind is source.kind}
        try:
            found = source.clusters()
        except FargatecountError as error:
            self._fail(f"clusters of {source.kind} could not be listed: {error}", error)
        else:
            self._discover(scope, source.kind, found, states)
        chosen = {c: state for c, state in states.items() if self._options.select(c)}
        self._partial |= len(chosen) < len(states)
        states = {c: state for c, state in chosen.items() if not self._options.skip(state)}
        self.known += len(states)
        statistics = self._statistics(source, list(states))
        picks = select(self._known(states, statistics), self._clock.now(), full=self._options.full)
        for i, choice in enumerate(picks):
            if self._stop():
                self.not_reached.extend(left.cluster for left in picks[i:])
                break
            progress(choice.cluster.key)
            self.counted.pop(choice.cluster, None)
            try:
                deleted = choice.cluster in statistics and statistics[choice.cluster].deleted
                self.looked.append(self._clusters.reconcile(choice, states[choice.cluster], source.snapshot, deleted=deleted))
            except DeadlineExceededError:
                self.not_reached.extend(left.cluster for left in picks[i:])
                break
        self._confirm(states, statistics, {choice.cluster for choice in picks})

    def _fail(self, problem: str, error: FargatecountError) -> None:
        self.problems.append(problem)
        if error.denied_action:
            self.denied_actions.add(error.denied_action)

    def was_complete(self) -> bool:
        """Return whether every existing cluster was read, or needed no read."""
        return not (self._options.dry_run or self._partial or self.problems or self.not_reached)

    def _discover(self, scope: Scope, kind: Kind, found: Sequence[Cluster], states: dict[Cluster, ClusterState]) -> None:
        """Register all clusters that exist, and only then record that they are known."""
        now = self._clock.now()
        for cluster in found:
            if cluster not in states:
                states[cluster] = ClusterState(cluster=cluster, first_seen=now)
                if not self._options.dry_run:
                    self._ledger.register(cluster)
        if not self._options.dry_run:
            self._ledger.discovered(scope, kind, now)

    def _statistics(self, source: Source, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        try:
            return source.statistics(clusters)
        except FargatecountError as error:
            self._fail(f"statistics of {source.kind} clusters could not be read: {error}", error)
            return {}

    def _known(self, states: Mapping[Cluster, ClusterState], statistics: Mapping[Cluster, Statistics]) -> Iterable[Candidate]:
        if self.counted_at is None:
            self.counted_at = self._clock.now()
        counts = counts_of(self._ledger, states)
        self.counted.update(counts)
        for cluster, state in states.items():
            moving = counts[cluster].tally(phases=(Phase.PENDING, Phase.STOPPING)).count
            oldest = None
            if moving and not self._options.full and cluster.kind is Kind.ECS:
                oldest = min(
                    (row.written_at for row in rows_of(self._ledger, cluster).values() if row.phase in {Phase.PENDING, Phase.STOPPING}),
                    default=None,
                )
            yield Candidate(state=state, counts=counts[cluster], statistics=statistics.get(cluster), oldest_transition=oldest)

    def _confirm(self, states: Mapping[Cluster, ClusterState], statistics: Mapping[Cluster, Statistics], picked: set[Cluster]) -> None:
        """Record that the clusters whose counts agree with AWS's statistics were checked."""
        now = self._clock.now()
        for cluster, state in states.items():
            last = state.sources.get(RECONCILER)
            if cluster not in picked and cluster in statistics and last is not None and last.readable:
                self._clusters.note(cluster, msgspec.structs.replace(last, at=now))


def reconcile(
    scope: Scope,
    ledger: Ledger,
    sources: Sequence[Source],
    clock: Clock,
    *,
    pace: RateLimiter,
    options: Options,
    stop: Callable[[], bool] = never,
    give_up: Callable[[], bool] = never,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Reconcile a scope; the caller holds the lease.

    Once `stop` returns true, no further cluster is started; once `give_up` does, no further row is written.

    Raises:
        FargatecountError: the ledger could not be read or written. A refusal by AWS is in the report instead.
    """
    started_at = clock.now()
    run = _Run(ledger, clock, options, stop, give_up)
    for source in sources:
        run.reconcile(scope, source, progress)
    if run.was_complete() and undiscovered(ledger.discoveries(scope), started_at) is None:
        ledger.passed(scope, started_at)
    return Report(
        id=report_id(started_at),
        scope=scope,
        started_at=started_at,
        ended_at=clock.now(),
        full=options.full,
        dry_run=options.dry_run,
        known=run.known,
        looked=run.looked,
        counted=run.counted,
        counted_at=run.counted_at or started_at,
        not_reached=run.not_reached,
        problems=run.problems,
        denied_actions=sorted(run.denied_actions),
        calls=dict(pace.calls),
        throttles=dict(pace.throttles),
    )
