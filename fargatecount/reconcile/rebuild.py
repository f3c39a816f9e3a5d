"""Rebuild: derive every row from AWS again, trusting nothing that the ledger holds.

For a table that was restored to a point in time (which may hold half a transaction), for a new number of buckets, or for rows that AWS
contradicts. While it works on a cluster the cluster says that it is being rebuilt, because its counters pass through numbers that were
never true; the events that arrive meanwhile go through `ledger.record` as always and are not lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, ReasonCode, UnavailableError
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.row import MergeOutcome, Row, merge
from fargatecount.ledger.store import MAX_ROWS, Bucket, Commit, Committed, Ledger, bucket_of
from fargatecount.ledger.verify import VerifyResult, verify_bucket
from fargatecount.sources.snapshot import Snapshot
from fargatecount.sources.source import Source
from fargatecount.workload import Cluster, Millis, Observation, Phase, Scope, WorkloadKey

WRITERS_NOTICE_AFTER = 90.0
"""Seconds until every writer uses a new number of buckets: each believes what it read for a minute, and its batch under way takes up to
30 s."""

TRIES = 20
"""Tries to delete rows that others are writing at the same time; each takes milliseconds."""


class RebuildLedger(Ledger, Protocol):
    """What a rebuild does with a ledger beyond a reconcile."""

    @property
    def buckets_ever(self) -> int:
        """How many buckets may hold rows."""
        ...

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows of these revisions and take them out of their counter, all or nothing."""
        ...

    def divide(self, buckets: int) -> None:
        """Start to use another number of buckets; rows stay where they are."""
        ...

    def divided(self) -> None:
        """Note that no row lies in a wrong bucket any more."""
        ...


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did to one cluster."""

    cluster: Cluster
    derived: int = 0
    """Workloads that AWS described."""
    discarded: int = 0
    """Rows that were thrown away: in a wrong bucket, contradicted by AWS, or unknown to it."""
    mended: int = 0
    """Counters that were not the sum of their rows."""
    reason: str = ""
    """Why the cluster could not be rebuilt; it stays as it was, and unreadable."""


def false_rows(rows: Mapping[str, Row], snapshot: Snapshot) -> set[str]:
    """Return the rows of a bucket that cannot stand beside what AWS says; pure.

    A row that was written after AWS was asked is newer than the answer, and stands.
    """
    described = {seen.workload_id: seen for seen in snapshot.observations}
    false = set()
    for workload_id, row in rows.items():
        if row.written_at >= snapshot.requested_at:
            continue
        seen = described.get(workload_id)
        if seen is None:
            if row.phase is not Phase.GONE:
                false.add(workload_id)
        elif merge(row, seen, snapshot.requested_at)[0] in {MergeOutcome.STALE, MergeOutcome.ENRICHED}:
            # The row claims to be newer than AWS's own answer, or to have ended while AWS shows it alive.
            false.add(workload_id)
    return false


def rebuild(
    scope: Scope,
    ledger: RebuildLedger,
    sources: Sequence[Source],
    clock: Clock,
    *,
    buckets: int | None = None,
    select: Callable[[Cluster], bool] = lambda _: True,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Rebuilt]:
    """Rebuild every cluster of a scope; the caller holds the reconciler's lease, and may run it again after an interruption.

    Raises:
        FargatecountError: the ledger itself could not be read or written.
    """
    clusters = [state.cluster for state in ledger.clusters(scope)]
    for source in sources:
        clusters += [cluster for cluster in source.clusters() if cluster not in clusters]
    chosen = sorted(cluster for cluster in clusters if select(cluster))
    for cluster in chosen:
        _mark(ledger, cluster, clock.now())
    if buckets is not None and buckets != ledger.buckets:
        ledger.divide(buckets)
        progress(f"waiting {WRITERS_NOTICE_AFTER:.0f} s until every writer uses {buckets} buckets")
        clock.sleep(WRITERS_NOTICE_AFTER)
    by_kind = {source.kind: source for source in sources}
    done = []
    for cluster in chosen:
        progress(cluster.key)
        done.append(_rebuild_cluster(cluster, ledger, by_kind[cluster.kind], clock))
    if not any(result.reason for result in done) and len(chosen) == len(clusters):
        ledger.divided()
    return done


def _rebuild_cluster(cluster: Cluster, ledger: RebuildLedger, source: Source, clock: Clock) -> Rebuilt:
    stored = {number: dict(ledger.rows_of(Bucket(cluster, number))) for number in range(ledger.buckets_ever)}
    everything = {workload_id: row for rows in stored.values() for workload_id, row in rows.items()}
    try:
        snapshot = source.snapshot(cluster, {workload_id: row for workload_id, row in everything.items() if row.phase is not Phase.GONE})
    except FargatecountError as error:
        reason = f"could not be rebuilt: {error}"
        failed = Readability.failed(error, at=clock.now())
        last = msgspec.structs.replace(failed, reason=reason, code=failed.code or ReasonCode.MUST_BE_REBUILT, rebuilding=True)
        ledger.note(cluster, RECONCILER, last)
        return Rebuilt(cluster, reason=reason)
    discarded = 0
    for number, rows in stored.items():
        astray = {i for i in rows if bucket_of(WorkloadKey(cluster, i), ledger.buckets).number != number}
        _record(ledger, clock, (_grave(cluster, i, rows[i]) for i in astray if rows[i].phase is Phase.GONE and not rows[i].inferred))
        false = astray | false_rows(rows, snapshot)
        _discard(ledger, Bucket(cluster, number), false)
        discarded += len(false)
    _record(ledger, clock, snapshot.observations)
    mended = 0
    for number in range(ledger.buckets):
        mended += verify_bucket(ledger, Bucket(cluster, number), clock, repair=True).verdict is VerifyResult.REPAIRED
    ledger.note(cluster, RECONCILER, Readability(readable=True, at=snapshot.requested_at, listed_at=snapshot.requested_at))
    return Rebuilt(cluster, derived=len(snapshot.observations), discarded=discarded, mended=mended)


def _mark(ledger: RebuildLedger, cluster: Cluster, now: Millis) -> None:
    remedy = "wait until the rebuild has ended; if it was interrupted, run it again"
    mark = Readability(readable=False, at=now, reason="being rebuilt", remedy=remedy, code=ReasonCode.MUST_BE_REBUILT, rebuilding=True)
    ledger.note(cluster, RECONCILER, mark)


def _grave(cluster: Cluster, workload_id: str, row: Row) -> Observation:
    """Return the word that a workload has ended, to be repeated in its proper bucket."""
    return Observation(
        cluster=cluster,
        workload_id=workload_id,
        epoch=row.epoch,
        version=row.version,
        source=row.source,
        phase=Phase.GONE,
        observed_at=row.observed_at,
    )


def _record(ledger: RebuildLedger, clock: Clock, observations: Iterable[Observation]) -> None:
    seen = list(observations)
    left = record(seen, ledger, clock).unfinished
    if left:
        raise UnavailableError(
            f"{len(left)} of {len(seen)} rows could not be written", remedy="run the rebuild again; it starts over safely"
        )


def _discard(ledger: RebuildLedger, bucket: Bucket, workload_ids: set[str]) -> None:
    """Delete rows, whatever revision they have by now: a row that changes in between is as false as it was."""
    left = set(workload_ids)
    for _ in range(TRIES):
        rows = {workload_id: row for workload_id, row in ledger.rows_of(bucket) if workload_id in left} if left else {}
        if not rows:
            return
        batch = dict(list(rows.items())[:MAX_ROWS])
        while isinstance(ledger.discard(bucket, batch), Committed):
            left -= set(batch)
            rows = {workload_id: row for workload_id, row in rows.items() if workload_id in left}
            if not rows:
                return
            batch = dict(list(rows.items())[:MAX_ROWS])
    raise UnavailableError(
        f"rows of {bucket.cluster.key} change too fast to be deleted", remedy="run the rebuild again when there is less traffic"
    )
