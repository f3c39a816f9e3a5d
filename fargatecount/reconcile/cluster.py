"""Reconcile one cluster: read it from AWS, correct its rows, and decide whether its counts can be trusted.

The ledger is read before AWS. A cluster that cannot be read keeps its counts and becomes unreadable, with the reason. A cluster of which
most workloads have vanished is unreadable until a second read confirms it. `scope` selects and orders the clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from fargatecount.clock import Clock
from fargatecount.counts import Counts
from fargatecount.errors import DeadlineExceededError, FargatecountError, ReasonCode
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability, is_watched
from fargatecount.ledger.isolation import record_isolated
from fargatecount.ledger.pricing import price
from fargatecount.ledger.queries import counts_of, rows_of
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Ledger
from fargatecount.reconcile.plan import Plan, plan
from fargatecount.reconcile.report import ClusterReport
from fargatecount.reconcile.selection import Selected
from fargatecount.sources.snapshot import Snapshot, snapshot_of_deleted
from fargatecount.timestamps import DAY, MINUTE
from fargatecount.workload import Cluster, Kind, Millis

AGREE_AFTER: Millis = MINUTE
"""Minimum time between the two reads that confirm that most of a cluster is gone. A wrong answer of an API lasts seconds, and the next
scheduled run comes minutes later anyway."""

RETIRE_AFTER: Millis = 7 * DAY
"""A deleted cluster keeps its explicit zeros for a week, the range of most dashboards, before it is forgotten. A setting changes this."""

Ask: TypeAlias = Callable[[Cluster, Mapping[str, Row]], Snapshot]
"""Returns a complete snapshot of a cluster, given its rows; raises a FargatecountError if AWS refuses or does not answer."""


class ClusterReconciler:
    """Reconciles the clusters of one run, one at a time."""

    def __init__(
        self, ledger: Ledger, clock: Clock, *, dry_run: bool, in_flight: Millis, retire_after: Millis, give_up: Callable[[], bool]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._dry_run = dry_run
        self._in_flight = in_flight
        self._retire_after = retire_after
        self._give_up = give_up

    def reconcile(self, choice: Selected, state: ClusterState, ask: Ask, *, deleted: bool) -> ClusterReport:
        """Correct the rows of one cluster. `deleted`: AWS lists the cluster as deleted, so it is not read again.

        Raises:
            DeadlineExceededError: the snapshot could not be completed; nothing was written.
            FargatecountError: the ledger could not be read or written. A refusal by AWS is in the report instead.
        """
        cluster = choice.cluster
        last = state.sources.get(RECONCILER)
        rows = rows_of(self._ledger, cluster)
        before = Counts.total(row.counts for row in rows.values())
        if not self._dry_run and counts_of(self._ledger, [cluster])[cluster].charges != before.charges:
            price(self._ledger, [cluster], known_too=True)
        requested_at = self._clock.now()
        try:
            view = snapshot_of_deleted(cluster, rows, requested_at) if deleted else ask(cluster, rows)
        except DeadlineExceededError:
            raise
        except FargatecountError as error:
            self.note(cluster, Readability.failed(error, at=requested_at, listed_at=_listed(last)))
            return ClusterReport(
                cluster=cluster, why=choice.why, readable=False, reason=str(error), remedy=error.remedy, before=before, after=before
            )
        suspected = last.suspected_at if last else None
        confirmed = deleted or (suspected is not None and requested_at - suspected >= AGREE_AFTER)
        # Tasks have events, and pods a watcher. Without either, no change was missed.
        only_source = cluster.kind is Kind.EKS and not is_watched(state, requested_at)
        decided = plan(rows, view, confirmed=confirmed, in_flight=self._in_flight, only_source=only_source, listed_at=_listed(last))
        unfinished, refused = 0, 0
        if not self._dry_run:
            recorded = record_isolated(decided.observations, self._ledger, self._clock, stop=self._give_up)
            unfinished, refused = len(recorded.unfinished), len(recorded.refused)
        readability = _readability(decided, view, last, unfinished, refused, deleted=deleted)
        self.note(cluster, readability, epoch=None if deleted or view.absent_below is None else view.absent_below[0])
        self._retire_if_long_deleted(cluster, readability)
        return ClusterReport(
            cluster=cluster,
            why=choice.why,
            readable=readability.readable,
            reason=readability.reason,
            remedy=readability.remedy,
            before=before,
            after=before if self._dry_run else counts_of(self._ledger, [cluster])[cluster],
            repairs=decided.repairs,
            unreported=decided.unreported,
            newer_than_aws=decided.newer_than_aws,
            unsettled=decided.unsettled,
            withheld=decided.withheld,
            contradictions=decided.contradictions,
            versions_restarted=view.versions_restarted,
            transitions=view.transitions,
            refused=view.refused,
        )

    def note(self, cluster: Cluster, view: Readability, *, epoch: int | None = None) -> None:
        """Write the reconciler's view of a cluster, unless this is a dry run."""
        if not self._dry_run:
            self._ledger.note(cluster, RECONCILER, view, epoch=epoch)

    def _retire_if_long_deleted(self, cluster: Cluster, view: Readability) -> None:
        if not self._dry_run and view.deleted_at is not None and view.at - view.deleted_at > self._retire_after:
            self._ledger.retire(cluster)


def _readability(decided: Plan, view: Snapshot, last: Readability | None, unfinished: int, refused: int, *, deleted: bool) -> Readability:
    """Return whether the counts of a cluster that was read can be trusted."""
    deleted_at = ((last.deleted_at if last else None) or view.requested_at) if deleted else None
    listed_at, reason, remedy, code, suspected_at = view.requested_at, "", "", "", None
    if decided.withheld:
        suspected_at = (last.suspected_at if last else None) or view.requested_at
        reason = f"{decided.withheld} workloads, more than half, vanished at once: they are removed once a second read confirms it"
        remedy = "wait for the next run, or run: fargatecount reconcile"
    elif decided.contradictions:
        reason = f"AWS shows {len(decided.contradictions)} workloads alive that the ledger knows to have ended"
        remedy, code = "run: fargatecount reconcile --rebuild", ReasonCode.MUST_BE_REBUILT
    elif refused:
        reason = f"the table refuses the rows of {refused} workloads, which are not counted"
        remedy = "this is a defect: please report it with the log of the function reconcile"
    elif unfinished:
        reason = f"{unfinished} differences could not be written in time"
        remedy = "the next run continues; if this stays, the table is throttled or has too few buckets: fargatecount doctor"
    return Readability(
        readable=not reason,
        at=view.requested_at,
        reason=reason,
        remedy=remedy,
        code=code,
        listed_at=_listed(last) if reason else listed_at,
        suspected_at=suspected_at,
        deleted_at=deleted_at,
    )


def _listed(last: Readability | None) -> Millis | None:
    return last.listed_at if last else None
