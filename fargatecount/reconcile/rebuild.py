"""Rebuild: derive every row from AWS again, whatever the ledger holds.

For a table that was restored to a point in time (which may hold half a transaction), for a new number of buckets, and for rows that AWS
contradicts. Meanwhile each cluster is marked as being rebuilt, because its counters pass through numbers that were never true. Events that
arrive meanwhile go through `ledger.record` as always, and are not lost.

A writer that still uses the old number of buckets, frozen for however long, is stopped by the fence of the counter that it wants to move
(docs/adr/0009-layout-fence.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, ReasonCode, UnavailableError
from fargatecount.ledger.clusters import REBUILD, RECONCILER, Readability
from fargatecount.ledger.store import Bucket, Committed
from fargatecount.ledger.verify import VerifyResult, verify_bucket
from fargatecount.reconcile.clearing import ATTEMPTS, PAUSE, RebuildLedger, clear, record_all
from fargatecount.sources.source import Source
from fargatecount.workload import Cluster, Phase, Scope

WRITERS_NOTICE_AFTER = 90.0
"""Seconds until every writer of an earlier release, which knows no fence, uses a new number of buckets: each keeps what it read for a
minute, and its batch takes up to 30 s."""


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did to one cluster."""

    cluster: Cluster
    derived: int = 0
    """Workloads that AWS described."""
    discarded: int = 0
    """Rows that were discarded: in a wrong bucket, contradicted by AWS, or unknown to it."""
    mended: int = 0
    """Counters that were not the sum of their rows."""
    reason: str = ""
    """Why the cluster could not be rebuilt; it stays as it was, and unreadable."""


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
    """Rebuild every cluster of a scope. The caller holds the reconciler's lease, and may run it again after an interruption.

    Raises:
        FargatecountError: the ledger itself could not be read or written.
    """
    known = _known(scope, ledger, sources)
    _mark(ledger, clock, filter(select, known))
    if buckets is not None and buckets != ledger.buckets:
        ledger.divide(buckets)
        progress(f"waiting {WRITERS_NOTICE_AFTER:.0f} s until every writer uses {buckets} buckets")
        clock.sleep(WRITERS_NOTICE_AFTER)
        # Again: until a moment ago, writers may have met new clusters and divided them by the old number.
        late = _known(scope, ledger, sources) - known
        _mark(ledger, clock, filter(select, late))
        known |= late
    by_kind = {source.kind: source for source in sources}
    done = []
    for cluster in sorted(filter(select, known)):
        progress(cluster.key)
        done.append(_rebuild_cluster(cluster, ledger, by_kind[cluster.kind], clock))
    if not any(result.reason for result in done) and all(map(select, known)):
        ledger.divided()
    return done


def _known(scope: Scope, ledger: RebuildLedger, sources: Sequence[Source]) -> set[Cluster]:
    """Return the clusters that the ledger or AWS knows."""
    return {state.cluster for state in ledger.clusters(scope)}.union(*(source.clusters() for source in sources))


def _mark(ledger: RebuildLedger, clock: Clock, clusters: Iterable[Cluster]) -> None:
    remedy, code = "wait until the rebuild has ended; if it was interrupted, run it again", ReasonCode.MUST_BE_REBUILT
    for cluster in sorted(clusters):
        mark = Readability(readable=False, at=clock.now(), reason="being rebuilt", remedy=remedy, code=code, rebuilding=True)
        ledger.note(cluster, REBUILD, mark)


def _rebuild_cluster(cluster: Cluster, ledger: RebuildLedger, source: Source, clock: Clock) -> Rebuilt:
    numbers = range(ledger.buckets_ever)
    for number in numbers:
        _fence(ledger, clock, Bucket(cluster, number))
    stored = {number: dict(ledger.rows_of(Bucket(cluster, number))) for number in numbers}
    everything = {workload_id: row for rows in stored.values() for workload_id, row in rows.items()}
    try:
        snapshot = source.snapshot(cluster, {workload_id: row for workload_id, row in everything.items() if row.phase is not Phase.GONE})
    except FargatecountError as error:
        reason = f"could not be rebuilt: {error}"
        failed = Readability.failed(error, at=clock.now())
        last = msgspec.structs.replace(failed, reason=reason, code=failed.code or ReasonCode.MUST_BE_REBUILT, rebuilding=True)
        ledger.note(cluster, REBUILD, last)
        return Rebuilt(cluster, reason=reason)
    discarded = sum(clear(ledger, clock, Bucket(cluster, number), rows, snapshot) for number, rows in stored.items())
    record_all(ledger, clock, snapshot.observations)
    mended = 0
    for number in range(ledger.buckets):
        mended += verify_bucket(ledger, Bucket(cluster, number), clock, repair=True).verdict is VerifyResult.REPAIRED
    ledger.note(cluster, RECONCILER, Readability(readable=True, at=snapshot.requested_at, listed_at=snapshot.requested_at))
    ledger.note(cluster, REBUILD, Readability(readable=True, at=snapshot.requested_at))
    return Rebuilt(cluster, derived=len(snapshot.observations), discarded=discarded, mended=mended)


def _fence(ledger: RebuildLedger, clock: Clock, bucket: Bucket) -> None:
    for attempt in range(ATTEMPTS):
        if attempt:
            clock.sleep(PAUSE)
        if isinstance(ledger.fence(bucket), Committed):
            return
    raise UnavailableError(
        f"a counter of {bucket.cluster.key} changes too fast to be fenced", remedy="run the rebuild again when there is less traffic"
    )
