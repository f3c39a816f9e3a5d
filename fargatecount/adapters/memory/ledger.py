"""A ledger in memory: the simplest implementation of the ledger's ports.

Tests use it, and `fargatecount count`, which needs a ledger for one command.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.counts import Counts
from fargatecount.ledger.clusters import ClusterState, Readability
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import (
    Bucket,
    Commit,
    Committed,
    Conflict,
    Counter,
    LayoutChanged,
    Transaction,
    belongs,
    bucket_of,
    counter_delta,
    moves_counter,
)
from fargatecount.workload import Cluster, Kind, Millis, Scope, WorkloadKey


class MemoryLedger:
    """Rows and counters in dictionaries."""

    def __init__(self, buckets: int = 1, *, clock: Clock | None = None) -> None:
        self._buckets = buckets
        self._buckets_before = 0
        self._clock = clock or SystemClock()
        self._rows: dict[Bucket, dict[str, Row]] = {}
        self._counters: dict[Bucket, Counter] = {}
        self._clusters: dict[Cluster, ClusterState] = {}
        self._discoveries: dict[Scope, dict[Kind, Millis]] = {}
        self._first_passes: dict[Scope, Millis] = {}

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster."""
        return self._buckets

    @property
    def buckets_ever(self) -> int:
        """Number of buckets that may hold rows."""
        return max(self._buckets, self._buckets_before)

    def register(self, cluster: Cluster) -> None:
        """Make the cluster known."""
        if cluster not in self._clusters:
            self._clusters[cluster] = ClusterState(cluster=cluster, first_seen=self._clock.now())

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist."""
        found = {}
        for key in keys:
            row = self._rows.get(bucket_of(key, self._buckets), {}).get(key.workload_id)
            if row is not None:
                found[key] = row
        return found

    def commit(self, transaction: Transaction) -> Commit:
        """Write all rows and move their counters, or return the rows that have changed since they were read."""
        if not belongs(transaction, self._buckets):
            return LayoutChanged()
        changed = {
            WorkloadKey(bucket.cluster, write.workload_id)
            for bucket, writes in transaction.items()
            for write in writes
            if _rev(self._rows.get(bucket, {}).get(write.workload_id)) != _rev(write.over)
        }
        if changed:
            return Conflict(frozenset(changed))
        for bucket, writes in transaction.items():
            self._rows.setdefault(bucket, {}).update({write.workload_id: write.row for write in writes})
            if moves_counter(writes):
                counter = self._counters.get(bucket, Counter())
                self._counters[bucket] = Counter(counter.seq + 1, counter.counts + counter_delta(writes))
        return Committed()

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows and subtract them from their counter."""
        stored = self._rows.get(bucket, {})
        changed = {workload_id for workload_id, row in rows.items() if _rev(stored.get(workload_id)) != row.rev}
        if changed:
            return Conflict(frozenset(WorkloadKey(bucket.cluster, workload_id) for workload_id in changed))
        for workload_id in rows:
            del stored[workload_id]
        counter = self._counters.get(bucket, Counter())
        self._counters[bucket] = Counter(counter.seq + 1, counter.counts - Counts.total(row.counts for row in rows.values()))
        return Committed()

    def fence(self, bucket: Bucket) -> Commit:
        """Do nothing: all writers of this process see a new number of buckets at once."""
        assert bucket.number < self.buckets_ever
        return Committed()

    def divide(self, buckets: int) -> None:
        """Start to use another number of buckets."""
        self._buckets, self._buckets_before = buckets, self.buckets_ever

    def divided(self) -> None:
        """Record that every row is in its bucket."""
        self._buckets_before = 0

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        return sorted({cluster.scope for cluster in self._clusters} | set(self._discoveries))

    def discovered(self, scope: Scope, kind: Kind, at: Millis) -> None:
        """Record when all clusters of a kind were known."""
        self._discoveries.setdefault(scope, {})[kind] = at

    def passed(self, scope: Scope, at: Millis) -> None:
        """Record the first run that has read every cluster."""
        self._first_passes.setdefault(scope, at)

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when a run had first read every cluster."""
        return self._first_passes.get(scope)

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        return dict(self._discoveries.get(scope, {}))

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters of a scope, by name."""
        return [state for cluster, state in sorted(self._clusters.items()) if cluster.scope == scope]

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Record what a source knows of a cluster."""
        self.register(cluster)
        state = self._clusters[cluster]
        self._clusters[cluster] = msgspec.structs.replace(
            state, sources={**state.sources, source: view}, epoch=state.epoch if epoch is None else epoch
        )

    def retire(self, cluster: Cluster) -> None:
        """Forget a cluster."""
        self._clusters.pop(cluster, None)

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter of a bucket."""
        return self._counters.get(bucket, Counter())

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return the counters of many buckets."""
        return [self._counters.get(bucket, Counter()) for bucket in buckets]

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return everything in a bucket."""
        return list(self._rows.get(bucket, {}).items())

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if no transaction has moved the counter since `over` was read."""
        if self._counters.get(bucket, Counter()).seq != over.seq:
            return False
        self._counters[bucket] = Counter(over.seq + 1, counts)
        return True

    def price_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write the charges of `counts` if no transaction has moved the counter since `over` was read."""
        counter = self._counters.get(bucket)
        if counter is None or counter.seq != over.seq:
            return False
        self._counters[bucket] = Counter(counter.seq, Counts(counter.counts.cells, counts.charges))
        return True

    def total(self, cluster: Cluster) -> Counts:
        """Return the sum of a cluster's counters."""
        return Counts.total(counter.counts for bucket, counter in self._counters.items() if bucket.cluster == cluster)


def _rev(row: Row | None) -> int:
    return row.rev if row else 0
