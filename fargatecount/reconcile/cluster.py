"""Reconcile one cluster: look into it, bring its rows to what was seen, and say whether its numbers can be trusted now.

The ledger is read first and AWS asked second. A cluster that could not be read keeps its counts and is unreadable with the reason; one of
which most has vanished is so until a second look agrees. Which clusters are looked into, and in which order, is `reconcile`'s matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from fargatecount.clock import Clock
from fargatecount.counts import Counts
from fargatecount.errors import DeadlineExceededError, FargatecountError, ReasonCode
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability, is_watched
from fargatecount.ledger.queries import counts_of, rows_of
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Ledger
from fargatecount.reconcile.plan import Plan, plan
from fargatecount.reconcile.report import ClusterReport
from fargatecount.reconcile.selection import Selected
from fargatecount.sources.snapshot import Snapshot, snapshot_of_deleted
from fargatecount.timestamps import DAY, MINUTE
from fargatecount.workload import Cluster, Kind, Millis

AGREE_AFTER: Millis = MINUTE
"""A second look that is to confirm that most of a cluster is gone must be at least this much later: an API that answers wrongly does so for
seconds, and the next scheduled run comes minutes later anyway."""

RETIRE_AFTER: Millis = 7 * DAY
"""A deleted cluster shows its explicit zeros for a week, the range of most dashboards, before it is forgotten; a setting changes that."""

Ask: TypeAlias = Callable[[Cluster, Mapping[str, Row]], Snapshot]
"""Returns a complete view of a cluster, given the ledger's rows of it; raises a FargatecountError where AWS refused or did not answer."""


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
        """Bring one cluster to the truth; `deleted` says that AWS knows it as deleted, so that it is not asked again.

        Raises:
            DeadlineExceededError: the view could not be finished; nothing was written.
            FargatecountError: the ledger itself could not be read or written; what AWS refuses is in the report instead.
        """
        cluster = choice.cluster
        last = state.sources.get(RECONCILER)
        rows = rows_of(self._ledger, cluster)
        before = Counts.total(row.counts for row in rows.values())
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
        # Events tell of tasks, and a watcher of pods; where there is none, nobody has missed anything.
        only_source = cluster.kind is Kind.EKS and not is_watched(state, requested_at)
        decided = plan(rows, view, confirmed=confirmed, in_flight=self._in_flight, only_source=only_source)
        unfinished = 0
        if not self._dry_run:
            unfinished = len(record(decided.observations, self._ledger, self._clock, stop=self._give_up).unfinished)
        readability = _readability(decided, view, last, unfinished, deleted=deleted)
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
            refused=view.refused,
        )

    def note(self, cluster: Cluster, view: Readability, *, epoch: int | None = None) -> None:
        """Write what the reconciler knows of a cluster now, unless nothing is to change."""
        if not self._dry_run:
            self._ledger.note(cluster, RECONCILER, view, epoch=epoch)

    def _retire_if_long_deleted(self, cluster: Cluster, view: Readability) -> None:
        if not self._dry_run and view.deleted_at is not None and view.at - view.deleted_at > self._retire_after:
            self._ledger.retire(cluster)


def _readability(decided: Plan, view: Snapshot, last: Readability | None, unfinished: int, *, deleted: bool) -> Readability:
    """Say what a look that worked means for the cluster's numbers."""
    deleted_at = ((last.deleted_at if last else None) or view.requested_at) if deleted else None
    listed_at, reason, remedy, code, suspected_at = view.requested_at, "", "", "", None
    if decided.withheld:
        suspected_at = (last.suspected_at if last else None) or view.requested_at
        reason = f"{decided.withheld} workloads, more than half, vanished at once: a second look must agree before they are removed"
        remedy = "wait for the next run, or run: fargatecount reconcile"
    elif decided.contradictions:
        reason = f"AWS shows {len(decided.contradictions)} workloads alive that the ledger knows to have ended"
        remedy, code = "run: fargatecount reconcile --rebuild", ReasonCode.MUST_BE_REBUILT
    elif unfinished:
        reason = f"{unfinished} differences could not be written in time"
        remedy = "the next run goes on; if it stays so, the table is throttled or its bucket count too small: fargatecount doctor"
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
