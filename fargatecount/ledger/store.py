"""The ledger's store: what a table does for the ledger, and the words for it.

Rows and their counter are written in one transaction, and read back as they stand. Adapters carry it out; `ledger.record` alone decides
what is written, and `verify` whether a counter is right.
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

MAX_ROWS = 99
"""Rows in one transaction: DynamoDB takes 100 actions, and one is the counter's
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)."""


class Bucket(msgspec.Struct, frozen=True, order=True):
    """One share of a cluster's rows with a counter of its own, all under one partition key."""

    cluster: Cluster
    number: int


def bucket_of(key: WorkloadKey, buckets: int) -> Bucket:
    """Return the bucket a workload belongs to: the same one for ever, on every machine."""
    return Bucket(key.cluster, zlib.crc32(key.workload_id.encode()) % buckets)


class Counter(msgspec.Struct, frozen=True):
    """A counter as it stands in the table."""

    seq: int = 0
    """+1 with every transaction that moved it; 0 where it does not exist yet."""
    counts: Counts = EMPTY


class Write(msgspec.Struct, frozen=True):
    """One row to be written over the revision that was read; `over` is None where there was no row."""

    workload_id: str
    row: Row
    over: Row | None

    @property
    def delta(self) -> Counts:
        """How the write changes the counter of its bucket."""
        return self.row.counts - self.over.counts if self.over else self.row.counts


class Committed(msgspec.Struct, frozen=True):
    """The rows and their counter were written."""


class Conflict(msgspec.Struct, frozen=True):
    """Nothing was written: these rows had been changed since they were read."""

    workload_ids: frozenset[str]


class Contended(msgspec.Struct, frozen=True):
    """Nothing was written: another transaction was at work on the same items, or the table asked to slow down."""


Commit: TypeAlias = Committed | Conflict | Contended


def counter_delta(writes: Iterable[Write]) -> Counts:
    """Return what a transaction adds to its counter."""
    return Counts.total(write.delta for write in writes)


def moves_counter(writes: Iterable[Write]) -> bool:
    """Say whether any single row changes its count.

    Not the same as a total of zero: one row up and another down leave the sum alone, yet a reader of the rows may see only one of them, and
    only the counter's `seq` tells him so.
    """
    return any(write.delta for write in writes)


class LedgerStore(Protocol):
    """What the ledger needs of a table. All reads are consistent."""

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has; fixed when the table was first used."""
        ...

    def register(self, cluster: Cluster) -> None:
        """Make sure that the cluster can be found by its scope; does nothing where it already can."""
        ...

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist; raises UnavailableError if any could not be looked up."""
        ...

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> Commit:
        """Write up to `MAX_ROWS` rows and move their counter, all or nothing.

        Raises:
            UnavailableError: whether anything was written is not known.
        """
        ...


class LedgerReader(Protocol):
    """What reading a ledger back takes. All reads are consistent."""

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has."""
        ...

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        ...

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the clusters of a scope that are known, by name."""
        ...

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        ...

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when every cluster of a scope had been looked into for the first time; None before."""
        ...

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter as no half-done transaction shows it; None while a transaction is at work on it."""
        ...

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters, in the order asked; each true by itself, not all of one instant."""
        ...

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of everything in a bucket, tombstones included."""
        ...

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if the counter's `seq` is still that of `over`; say whether it was."""
        ...


class Ledger(LedgerStore, LedgerReader, ClusterRegistry, Protocol):
    """A whole ledger: rows and counters, written and read back, beside the clusters that are known."""
