"""The store of the ledger: the port to its table, and the values that pass through it.

Rows and their counter are written in one transaction. Adapters carry it out; `ledger.record` alone decides what is written, and `verify`
decides whether a counter is right.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec

from fargatecount.counts import EMPTY, Counts
from fargatecount.ledger.clusters import ClusterRegistry, ClusterState
from fargatecount.ledger.row import Row
from fargatecount.workload import Cluster, Kind, Millis, Scope, WorkloadKey

MAX_ACTIONS = 100
"""Actions in one transaction (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)."""
MAX_ROWS = MAX_ACTIONS - 1
"""Rows of one bucket in one transaction: one action is the counter's."""


class Bucket(msgspec.Struct, frozen=True, order=True):
    """One share of a cluster's rows with its own counter, all under one partition key."""

    cluster: Cluster
    number: int


def bucket_of(key: WorkloadKey, buckets: int) -> Bucket:
    """Return the bucket of a workload; every machine computes the same one."""
    return Bucket(key.cluster, zlib.crc32(key.workload_id.encode()) % buckets)


class Counter(msgspec.Struct, frozen=True):
    """A counter as stored in the table."""

    seq: int = 0
    """+1 with every transaction that moves it; 0 before the first."""
    counts: Counts = EMPTY


class Write(msgspec.Struct, frozen=True):
    """One row to write over the revision that was read; `over` is None where no row was read."""

    workload_id: str
    row: Row
    over: Row | None

    @property
    def delta(self) -> Counts:
        """How the write changes the counter of its bucket."""
        return self.row.counts - self.over.counts if self.over else self.row.counts


Transaction: TypeAlias = Mapping[Bucket, Sequence[Write]]
"""Rows of one or more buckets that are written together with the counters of those buckets, all or nothing."""


class Committed(msgspec.Struct, frozen=True):
    """The rows and their counters were written."""


class Conflict(msgspec.Struct, frozen=True):
    """Nothing was written: these rows have changed since they were read."""

    keys: frozenset[WorkloadKey]


class Contended(msgspec.Struct, frozen=True):
    """Nothing was written: another transaction held the same items, or the table throttled the request."""

    buckets: frozenset[Bucket] = frozenset()
    """Those with the items that were refused, where the table named them and others were not; empty where it was all of them."""


class LayoutChanged(msgspec.Struct, frozen=True):
    """Nothing was written: the table has another number of buckets than the one by which these rows were read."""


Commit: TypeAlias = Committed | Conflict | Contended | LayoutChanged


def belongs(transaction: Transaction, buckets: int) -> bool:
    """Return whether every row is in its own bucket when each cluster has that many."""
    return all(bucket_of(key, buckets) == bucket for bucket, writes in transaction.items() for key in keys_of(bucket, writes))


def keys_of(bucket: Bucket, writes: Iterable[Write]) -> list[WorkloadKey]:
    """Return the workloads whose rows are written in a bucket."""
    return [WorkloadKey(bucket.cluster, write.workload_id) for write in writes]


def counter_delta(writes: Iterable[Write]) -> Counts:
    """Return what a transaction adds to its counter."""
    return Counts.total(write.delta for write in writes)


def moves_counter(writes: Iterable[Write]) -> bool:
    """Return whether any single row changes its count.

    This differs from a total of zero: one row up and another down leave the sum as it was, but a reader may see only one of the two rows,
    and only the counter's `seq` shows that.
    """
    return any(write.delta for write in writes)


def needs_counter(writes: Sequence[Write]) -> bool:
    """Return whether a transaction must include the counter: to move it, or because a new row needs its consent.

    A row that exists has its own lock; a row that is made has none but the counter's number of buckets (docs/adr/0009-layout-fence.md).
    """
    return moves_counter(writes) or any(write.over is None for write in writes)


class LedgerStore(Protocol):
    """What the ledger needs from a table. All reads are consistent."""

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster; a rebuild may change it."""
        ...

    def register(self, cluster: Cluster) -> None:
        """Make the cluster known in its scope; do nothing if it already is."""
        ...

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist; raise UnavailableError if any key could not be read."""
        ...

    def commit(self, transaction: Transaction) -> Commit:
        """Write the rows and move their counters, all or nothing: at most `MAX_ACTIONS` rows and buckets together.

        Raises:
            UnavailableError: it is unknown whether anything was written.
        """
        ...


class LedgerReader(Protocol):
    """What a reader of the ledger needs from a table. All reads are consistent."""

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster."""
        ...

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        ...

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters of a scope, by name."""
        ...

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        ...

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when a run had first read every cluster of a scope; None before."""
        ...

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter, isolated from transactions under way; None while one holds it."""
        ...

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters in the order of `buckets`; each is consistent by itself, but they are not of one instant."""
        ...

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of everything in a bucket, tombstones included."""
        ...

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if the counter still has the `seq` of `over`; return whether it did."""
        ...


class Ledger(LedgerStore, LedgerReader, ClusterRegistry, Protocol):
    """A whole ledger: rows, counters and the known clusters, to write and to read."""

    def price_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write the charges of `counts`, and nothing else, if the counter still has the `seq` of `over`; return whether it did."""
        ...
