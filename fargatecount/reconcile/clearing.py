"""Clearing: take out of one bucket the rows that AWS contradicts and the rows that belong to another bucket.

The decision is pure: `corrections` returns what has to be written over, deleted, and moved. A false row is written over wherever AWS
describes the workload, and deleted only where AWS does not know it: a writer that has read the row then never finds its revision again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import UnavailableError
from fargatecount.ledger.isolation import record_isolated
from fargatecount.ledger.row import MergeOutcome, Row, first_rev, merge, next_rev
from fargatecount.ledger.store import MAX_ROWS, Bucket, Commit, Committed, Conflict, Ledger, Write, bucket_of
from fargatecount.reconcile.plan import SETTLED_AFTER
from fargatecount.sources.snapshot import Snapshot
from fargatecount.workload import Cluster, Millis, Observation, Phase, WorkloadKey

ATTEMPTS = 20
"""Attempts to clear a bucket that others write at the same time; each takes milliseconds."""
PAUSE = 0.1
"""Seconds between two of them: several transaction times, so that the other writers are done."""


class RebuildLedger(Ledger, Protocol):
    """What a rebuild needs from a ledger beyond a reconcile."""

    @property
    def buckets_ever(self) -> int:
        """Number of buckets that may hold rows."""
        ...

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows of these revisions and subtract them from their counter, all or nothing."""
        ...

    def fence(self, bucket: Bucket) -> Commit:
        """Reject from now on every write to a bucket by another number of buckets than the table's."""
        ...

    def divide(self, buckets: int) -> None:
        """Start to use another number of buckets; rows stay where they are."""
        ...

    def divided(self) -> None:
        """Record that every row is in its bucket."""
        ...


class Corrections(msgspec.Struct, frozen=True):
    """What has to happen to the rows of one bucket."""

    overwrite: Sequence[Write] = ()
    """False rows, with the rows that AWS's answer makes of them."""
    delete: Mapping[str, Row] = {}
    """Rows that AWS does not know, or that belong to another bucket."""
    graves: Sequence[Observation] = ()
    """The end of deleted workloads, to be recorded in their own bucket first."""
    move: Mapping[str, Row] = {}
    """Tombstones that no source reported, among the deleted, to be written in their own bucket first: an observation cannot state an
    inference, nor the bounds of an end."""

    def __bool__(self) -> bool:
        """Whether anything has to happen."""
        return bool(self.overwrite or self.delete)


def corrections(
    bucket: Bucket, rows: Mapping[str, Row], snapshot: Snapshot, now: Millis, *, before: Mapping[str, Row], buckets: int
) -> Corrections:
    """Decide what happens to the rows of a bucket; pure.

    A row whose state was written after AWS was asked is newer than the answer, and stands. `before` are the rows as they were read before
    AWS was asked: a row that has only gained facts since then is as old as it was.
    """
    described = {seen.workload_id: seen for seen in snapshot.observations}
    overwrite: list[Write] = []
    delete: dict[str, Row] = {}
    graves: list[Observation] = []
    move: dict[str, Row] = {}
    for workload_id, row in rows.items():
        seen = described.get(workload_id)
        if bucket_of(WorkloadKey(bucket.cluster, workload_id), buckets) != bucket:
            delete[workload_id] = row
            if row.phase is Phase.GONE and (row.inferred or row.alive_at is not None) and seen is None:
                move[workload_id] = msgspec.structs.replace(row, rev=first_rev(now))
            elif row.phase is Phase.GONE and not row.inferred and _may_stand(row, seen, snapshot.requested_at):
                graves.append(_grave(bucket.cluster, workload_id, row))
            continue
        then = before.get(workload_id)
        if _is_false(then if then is not None and then.order == row.order else row, seen, snapshot.requested_at):
            if seen is None:
                delete[workload_id] = row
            else:
                overwrite.append(Write(workload_id, _derived(seen, row, now), row))
    return Corrections(overwrite, delete, graves, move)


def clear(ledger: RebuildLedger, clock: Clock, bucket: Bucket, before: Mapping[str, Row], snapshot: Snapshot) -> int:
    """Correct the rows of a bucket until none is false; return how many were.

    Raises:
        UnavailableError: the table did not answer, or others write the rows too fast.
    """
    corrected: set[str] = set()
    for attempt in range(ATTEMPTS):
        if attempt:
            clock.sleep(PAUSE)
        rows = dict(ledger.rows_of(bucket))
        found = corrections(bucket, rows, snapshot, clock.now(), before=before, buckets=ledger.buckets)
        if not found:
            return len(corrected)
        corrected |= {write.workload_id for write in found.overwrite} | set(found.delete)
        record_all(ledger, clock, found.graves)
        if all(_moved(ledger, bucket.cluster, workload_id, row) for workload_id, row in found.move.items()):
            _apply(ledger, bucket, found)
    raise UnavailableError(
        f"rows of {bucket.cluster.key} change too fast to be corrected", remedy="run the rebuild again when there is less traffic"
    )


def record_all(ledger: RebuildLedger, clock: Clock, observations: Iterable[Observation]) -> None:
    """Record observations, all of them.

    Raises:
        UnavailableError: some could not be written.
    """
    seen = list(observations)
    done = record_isolated(seen, ledger, clock)
    left = (*done.unfinished, *done.refused)
    if left:
        raise UnavailableError(
            f"{len(left)} of {len(seen)} rows could not be written", remedy="run the rebuild again; it starts over safely"
        )


def _may_stand(tombstone: Row, seen: Observation | None, requested_at: Millis) -> bool:
    """Return whether AWS's answer leaves a tombstone. One that knows more of the same end does, and is lost if this process dies now."""
    return (seen is not None and seen.phase is Phase.GONE) or not _is_false(tombstone, seen, requested_at)


def _is_false(row: Row, seen: Observation | None, requested_at: Millis) -> bool:
    """Return whether a row cannot stand beside AWS's answer."""
    if row.written_at >= requested_at:
        return False
    if seen is None:
        return row.phase is not Phase.GONE
    if row.phase is Phase.GONE and row.version > seen.version and requested_at - row.written_at < SETTLED_AFTER:
        return False  # the ECS API is eventually consistent: its answer may be older than the end
    # The row claims to be newer than AWS's own answer, or to have ended while AWS shows it alive.
    return merge(row, seen, requested_at)[0] in {MergeOutcome.STALE, MergeOutcome.ENRICHED}


def _derived(seen: Observation, row: Row, now: Millis) -> Row:
    """Return the row that AWS's answer alone makes, as the next revision of a false one."""
    derived = merge(None, seen, now)[1]
    assert derived is not None
    return msgspec.structs.replace(derived, rev=next_rev(row, now))


def _grave(cluster: Cluster, workload_id: str, row: Row) -> Observation:
    """Return the observation that a workload has ended, to be recorded in its own bucket."""
    return Observation(
        cluster=cluster,
        workload_id=workload_id,
        epoch=row.epoch,
        version=row.version,
        source=row.source,
        phase=Phase.GONE,
        observed_at=row.observed_at,
        facts=row.facts,
    )


def _moved(ledger: RebuildLedger, cluster: Cluster, workload_id: str, row: Row) -> bool:
    """Write a row in its own bucket unless one is there already; return whether there is one now."""
    result = ledger.commit({bucket_of(WorkloadKey(cluster, workload_id), ledger.buckets): [Write(workload_id, row, None)]})
    return isinstance(result, Committed | Conflict)


def _apply(ledger: RebuildLedger, bucket: Bucket, found: Corrections) -> None:
    """Write over and delete, in transactions of `MAX_ROWS`; rows that have changed are left to the next attempt."""
    for start in range(0, len(found.overwrite), MAX_ROWS):
        ledger.commit({bucket: found.overwrite[start : start + MAX_ROWS]})
    doomed = list(found.delete.items())
    for start in range(0, len(doomed), MAX_ROWS):
        ledger.discard(bucket, dict(doomed[start : start + MAX_ROWS]))
