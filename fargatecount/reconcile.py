"""Reconcile: bring the ledger to the truth of AWS, and say what was wrong.

Gathers (the ledger first, AWS second), lets `probe.pick` and `reconcile_plan.plan` decide, applies through `ledger.record`. One cluster
that cannot be read is marked with its reason and stops nobody; what time does not allow is left to the next run, which begins with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.clusters import RECONCILER, ClusterRegistry, ClusterState, Readability, is_watched, undiscovered
from fargatecount.counts import Counts
from fargatecount.drift import IN_FLIGHT
from fargatecount.errors import FargatecountError
from fargatecount.holdings import counts_of, rows_of
from fargatecount.ledger import record
from fargatecount.ledger_store import LedgerReader, LedgerStore
from fargatecount.pace import Pace, TimeUp
from fargatecount.probe import Known, Pick, Statistics, pick
from fargatecount.reconcile_plan import Plan, plan
from fargatecount.report import ClusterReport, Report, report_id
from fargatecount.row import Row
from fargatecount.view import View, view_of_deleted
from fargatecount.workload import Cluster, Kind, Millis, Phase, Scope

MINUTE: Millis = 60_000

AGREE_AFTER: Millis = MINUTE
"""A second look that is to confirm that most of a cluster is gone must be at least this much later: an API that answers wrongly does so for
seconds, and the next scheduled run comes minutes later anyway."""

DAY: Millis = 24 * 60 * MINUTE
RETIRE_AFTER: Millis = 7 * DAY
"""A deleted cluster shows its explicit zeros for a week, the range of most dashboards, before it is forgotten; a setting changes that."""


class Source(Protocol):
    """AWS, for one kind of cluster. Methods raise a FargatecountError where it refused or did not answer."""

    @property
    def kind(self) -> Kind:
        """Which clusters it knows."""
        ...

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters that exist and can hold Fargate workloads."""
        ...

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return AWS's own numbers, for those clusters of which it has any or says that they are deleted."""
        ...

    def view(self, cluster: Cluster, rows: Mapping[str, Row]) -> View:
        """Return a complete view of a cluster; `rows` are the ledger's, read before."""
        ...


class Ledger(LedgerStore, LedgerReader, ClusterRegistry, Protocol):
    """Everything that a reconcile does with a ledger."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is to go."""

    full: bool = False
    """Look into every cluster, whatever the probe says."""
    dry_run: bool = False
    """Say what would change, change nothing."""
    in_flight: Millis = IN_FLIGHT
    """A change younger than this is repaired and not called drift."""
    retire_after: Millis = RETIRE_AFTER
    """How long a deleted cluster is remembered."""
    skip: Callable[[ClusterState], bool] = lambda _: False
    """Clusters that are somebody else's, such as those with a fresh watcher."""
    select: Callable[[Cluster], bool] = lambda _: True
    """Clusters that the run is about."""


class _Run:
    """One reconcile under way."""

    def __init__(self, ledger: Ledger, clock: Clock, options: Options, stop: Callable[[], bool], give_up: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._options = options
        self._stop = stop
        self._give_up = give_up
        self.problems: list[str] = []
        self.looked: list[ClusterReport] = []
        self.not_reached: list[Cluster] = []
        self.known = 0
        self._partial = False

    def reconcile(self, scope: Scope, source: Source, progress: Callable[[str], None]) -> None:
        """Reconcile all clusters of one kind."""
        states = {state.cluster: state for state in self._ledger.clusters(scope) if state.cluster.kind is source.kind}
        try:
            found = source.clusters()
        except FargatecountError as error:
            self.problems.append(f"clusters of {source.kind} could not be listed: {error}")
        else:
            self._discover(scope, source.kind, found, states)
        chosen = {c: state for c, state in states.items() if self._options.select(c)}
        self._partial |= len(chosen) < len(states)
        states = {c: state for c, state in chosen.items() if not self._options.skip(state)}
        self.known += len(states)
        statistics = self._statistics(source, list(states))
        picks = pick(self._known(states, statistics), self._clock.now(), full=self._options.full)
        for i, choice in enumerate(picks):
            if self._stop():
                self.not_reached.extend(left.cluster for left in picks[i:])
                break
            progress(choice.cluster.key)
            try:
                self.looked.append(self._look(choice, states[choice.cluster], source, statistics.get(choice.cluster)))
            except TimeUp:
                self.not_reached.extend(left.cluster for left in picks[i:])
                break
        self._confirm(states, statistics, {choice.cluster for choice in picks})

    def was_complete(self) -> bool:
        """Say whether every cluster there is was looked into, or needed no look."""
        return not (self._options.dry_run or self._partial or self.problems or self.not_reached)

    def _discover(self, scope: Scope, kind: Kind, found: Sequence[Cluster], states: dict[Cluster, ClusterState]) -> None:
        """Make all clusters that exist known, and only then say that they are."""
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
            self.problems.append(f"statistics of {source.kind} clusters could not be read: {error}")
            return {}

    def _known(self, states: Mapping[Cluster, ClusterState], statistics: Mapping[Cluster, Statistics]) -> Iterable[Known]:
        counts = counts_of(self._ledger, states)
        for cluster, state in states.items():
            moving = counts[cluster].tally(phases=(Phase.PENDING, Phase.STOPPING)).count
            oldest = None
            if moving and not self._options.full and cluster.kind is Kind.ECS:
                oldest = min(
                    (row.written_at for row in rows_of(self._ledger, cluster).values() if row.phase in {Phase.PENDING, Phase.STOPPING}),
                    default=None,
                )
            yield Known(state=state, counts=counts[cluster], statistics=statistics.get(cluster), oldest_transition=oldest)

    def _look(self, choice: Pick, state: ClusterState, source: Source, statistics: Statistics | None) -> ClusterReport:
        cluster = choice.cluster
        last = state.sources.get(RECONCILER)
        rows = rows_of(self._ledger, cluster)
        before = Counts.total(row.counts for row in rows.values())
        deleted = statistics is not None and statistics.deleted
        asked_at = self._clock.now()
        try:
            view = view_of_deleted(cluster, rows, asked_at) if deleted else source.view(cluster, rows)
        except TimeUp:
            raise
        except FargatecountError as error:
            self._note(cluster, Readability(readable=False, at=asked_at, reason=str(error), remedy=error.remedy, listed_at=_listed(last)))
            return ClusterReport(
                cluster=cluster, why=choice.why, readable=False, reason=str(error), remedy=error.remedy, before=before, after=before
            )
        suspected = last.suspected_at if last else None
        confirmed = deleted or (suspected is not None and asked_at - suspected >= AGREE_AFTER)
        # Events tell of tasks, and a watcher of pods; where there is none, nobody has missed anything.
        only_source = cluster.kind is Kind.EKS and not is_watched(state, asked_at)
        decided = plan(rows, view, confirmed=confirmed, in_flight=self._options.in_flight, only_source=only_source)
        unfinished = 0
        if not self._options.dry_run:
            unfinished = len(record(decided.observations, self._ledger, self._clock, stop=self._give_up).unfinished)
        readability = _readability(decided, view, last, unfinished, deleted=deleted)
        self._note(cluster, readability, epoch=None if deleted or view.absent_below is None else view.absent_below[0])
        self._retire_if_long_deleted(cluster, readability)
        return ClusterReport(
            cluster=cluster,
            why=choice.why,
            readable=readability.readable,
            reason=readability.reason,
            remedy=readability.remedy,
            before=before,
            after=before if self._options.dry_run else counts_of(self._ledger, [cluster])[cluster],
            repairs=decided.repairs,
            news=decided.news,
            ahead=decided.ahead,
            unsettled=decided.unsettled,
            withheld=decided.withheld,
            contradictions=decided.contradictions,
            refused=view.refused,
        )

    def _retire_if_long_deleted(self, cluster: Cluster, view: Readability) -> None:
        if not self._options.dry_run and view.deleted_at is not None and view.at - view.deleted_at > self._options.retire_after:
            self._ledger.retire(cluster)

    def _confirm(self, states: Mapping[Cluster, ClusterState], statistics: Mapping[Cluster, Statistics], picked: set[Cluster]) -> None:
        """Note that clusters whose numbers agree with AWS's own have been looked at."""
        now = self._clock.now()
        for cluster, state in states.items():
            last = state.sources.get(RECONCILER)
            if cluster not in picked and cluster in statistics and last is not None and last.readable:
                self._note(cluster, msgspec.structs.replace(last, at=now))

    def _note(self, cluster: Cluster, view: Readability, *, epoch: int | None = None) -> None:
        if not self._options.dry_run:
            self._ledger.note(cluster, RECONCILER, view, epoch=epoch)


def reconcile(
    scope: Scope,
    ledger: Ledger,
    sources: Sequence[Source],
    clock: Clock,
    *,
    pace: Pace,
    options: Options,
    stop: Callable[[], bool] = never,
    give_up: Callable[[], bool] = never,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Reconcile a scope; the caller holds the lease.

    Once `stop` says yes, no further cluster is begun; once `give_up` does, nothing more is written.

    Raises:
        FargatecountError: the ledger itself could not be read or written; what AWS refuses is in the report instead.
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
        not_reached=run.not_reached,
        problems=run.problems,
        calls=dict(pace.calls),
        throttles=dict(pace.throttles),
    )


def _readability(decided: Plan, view: View, last: Readability | None, unfinished: int, *, deleted: bool) -> Readability:
    """Say what a look that worked means for the cluster's numbers."""
    deleted_at = ((last.deleted_at if last else None) or view.asked_at) if deleted else None
    listed_at, reason, remedy, suspected_at = view.asked_at, "", "", None
    if decided.withheld:
        suspected_at = (last.suspected_at if last else None) or view.asked_at
        reason = f"{decided.withheld} workloads, more than half, vanished at once: a second look must agree before they are removed"
        remedy = "wait for the next run, or run: fargatecount reconcile"
    elif decided.contradictions:
        reason = f"AWS shows {len(decided.contradictions)} workloads alive that the ledger knows to have ended"
        remedy = "run: fargatecount reconcile --rebuild"
    elif unfinished:
        reason = f"{unfinished} differences could not be written in time"
        remedy = "the next run goes on; if it stays so, the table is throttled or its bucket count too small: fargatecount doctor"
    return Readability(
        readable=not reason,
        at=view.asked_at,
        reason=reason,
        remedy=remedy,
        listed_at=_listed(last) if reason else listed_at,
        suspected_at=suspected_at,
        deleted_at=deleted_at,
    )


def _listed(last: Readability | None) -> Millis | None:
    return last.listed_at if last else None
