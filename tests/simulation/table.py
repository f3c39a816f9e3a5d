"""The table as several processes use it: one truth, a cached layout in each process, and every trouble that DynamoDB can make.

The rows and counters lie in the ledger in memory, which passes the same contract suite as DynamoDB.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.counts import Counts
from fargatecount.errors import UnavailableError
from fargatecount.ledger.clusters import ClusterState, Readability
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Commit, Committed, Contended, Counter, LayoutChanged, Transaction, belongs, needs_counter
from fargatecount.workload import Cluster, Kind, Millis, Phase, Scope, WorkloadKey
from tests.simulation.scheduler import ActorClock, Killed, Scheduler

T = TypeVar("T")

TROUBLE = 0.04
"""Of a call meeting any: a batch of three calls then meets one in nine times, and a schedule of a thousand calls sees all kinds."""
LAYOUT_BELIEVED: Millis = 60_000
"""A process believes the number of buckets that it read for a minute, as the adapter of DynamoDB does."""
STATE = ("_rows", "_counters", "_clusters", "_discoveries", "_first_passes")
LAYOUT = ("_buckets", "_buckets_before")


class SharedTable:
    """What all processes share."""

    def __init__(self, scheduler: Scheduler, buckets: int) -> None:
        self.scheduler = scheduler
        self.truth = MemoryLedger(buckets, clock=ActorClock(scheduler))
        self.fences: dict[Bucket, int] = {}
        """The number of buckets by which each counter is written."""
        self.restored = 0
        """How many times it was restored to an earlier moment."""

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of everything, as point-in-time recovery keeps it."""
        return {name: copy.deepcopy(getattr(self.truth, name)) for name in (*STATE, *LAYOUT)} | {"fences": dict(self.fences)}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Put everything back to what it was."""
        for name in LAYOUT:
            setattr(self.truth, name, snapshot[name])
        for name in (*STATE, "fences"):
            value, held = snapshot[name], self.fences if name == "fences" else getattr(self.truth, name)
            held.clear()
            held.update(copy.deepcopy(value))
        self.restored += 1

    def expire(self, early: Millis) -> int:
        """Drop the tombstones whose time is over, some of them `early` milliseconds before."""
        dropped = 0
        for bucket, rows in list(self.truth._rows.items()):
            for workload_id, row in list(rows.items()):
                if row.phase is Phase.GONE and row.expires_at is not None and row.expires_at - early <= self.scheduler.now:
                    del self.truth._rows[bucket][workload_id]
                    dropped += 1
        return dropped

    def buckets(self) -> list[Bucket]:
        """Return every bucket that may hold rows."""
        clusters = {state.cluster for scope in self.truth.scopes() for state in self.truth.clusters(scope)}
        clusters |= {bucket.cluster for bucket in self.truth._rows}
        return [Bucket(cluster, number) for cluster in sorted(clusters) for number in range(self.truth.buckets_ever)]

    def rows(self) -> dict[WorkloadKey, list[Row]]:
        """Return the rows of every workload; more than one where a rebuild has not ended."""
        found: dict[WorkloadKey, list[Row]] = {}
        for bucket in self.buckets():
            for workload_id, row in self.truth.rows_of(bucket):
                found.setdefault(WorkloadKey(bucket.cluster, workload_id), []).append(row)
        return found


class ProcessLedger:
    """The table as one process sees it."""

    def __init__(self, table: SharedTable) -> None:
        self._table = table
        self._own = MemoryLedger(table.truth.buckets, clock=ActorClock(table.scheduler))
        for name in STATE:
            setattr(self._own, name, getattr(table.truth, name))
        self._read_at = -LAYOUT_BELIEVED

    # Trouble.

    def _call(self, name: str, *, writes: bool = False) -> str:
        scheduler = self._table.scheduler
        scheduler.pause()
        if scheduler.calm or scheduler.chance.random() >= TROUBLE:
            return ""
        kinds = ["no answer", "killed"] + (["contended", "answer lost", "killed after"] if writes else [])
        trouble = scheduler.chance.choice(kinds)
        if trouble == "no answer":
            raise UnavailableError(f"{name} did not answer")
        if trouble == "killed":
            raise Killed
        return trouble

    def _after(self, trouble: str, result: T) -> T:
        self._table.scheduler.pause()
        if trouble == "answer lost":
            raise UnavailableError("the answer was lost")
        if trouble == "killed after":
            raise Killed
        return result

    def _refresh_layout(self) -> None:
        now = self._table.scheduler.now
        if now - self._read_at >= LAYOUT_BELIEVED:
            self._own._buckets, self._own._buckets_before = self._table.truth._buckets, self._table.truth._buckets_before
            self._read_at = now

    # The ledger's ports.

    @property
    def buckets(self) -> int:
        """How many buckets this process believes that each cluster has."""
        self._refresh_layout()
        return self._own.buckets

    @property
    def buckets_ever(self) -> int:
        """How many buckets may hold rows."""
        self._refresh_layout()
        return self._own.buckets_ever

    def register(self, cluster: Cluster) -> None:
        """Remember the cluster."""
        self._call("register")
        self._own.register(cluster)

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist in the buckets that this process believes in."""
        self._call("read_rows")
        self._refresh_layout()
        rows = self._own.read_rows(keys)
        # The answer travels while others write: what is decided from it may be outdated already.
        self._table.scheduler.pause(freeze=0.15)
        return rows

    def commit(self, transaction: Transaction) -> Commit:
        """Write all rows, or none, or without an answer."""
        trouble = self._call("commit", writes=True)
        if trouble == "contended":
            # DynamoDB names the items that were refused: sometimes all of a transaction's, sometimes those of one bucket.
            chance = self._table.scheduler.chance
            return Contended(
                frozenset({chance.choice(sorted(transaction))}) if len(transaction) > 1 and chance.random() < 0.5 else frozenset()
            )
        return self._after(trouble, self._commit(transaction))

    def _commit(self, transaction: Transaction) -> Commit:
        fences, truth = self._table.fences, self._table.truth
        closed = [bucket for bucket, writes in transaction.items() if needs_counter(writes) and fences.get(bucket) != self._own.buckets]
        if closed:
            # As in DynamoDB, the first writer of this layout opens the counters, if the table has this layout.
            self._own._buckets, self._own._buckets_before = truth._buckets, truth._buckets_before
            self._read_at = self._table.scheduler.now
            if not belongs(transaction, truth.buckets):
                return LayoutChanged()
            fences.update(dict.fromkeys(closed, truth.buckets))
        return self._own.commit(transaction)

    def fence(self, bucket: Bucket) -> Commit:
        """Reject from now on every write by another number of buckets than the table's."""
        trouble = self._call("fence", writes=True)
        if trouble == "contended":
            return Contended()
        self._table.fences[bucket] = self._table.truth.buckets
        return self._after(trouble, Committed())

    def discard(self, bucket: Bucket, rows: Mapping[str, Row]) -> Commit:
        """Delete rows and take them out of their counter."""
        trouble = self._call("discard", writes=True)
        if trouble == "contended":
            return Contended()
        return self._after(trouble, self._own.discard(bucket, rows))

    def divide(self, buckets: int) -> None:
        """Start to use another number of buckets; other processes notice within a minute."""
        self._table.truth.divide(buckets)
        self._read_at = -LAYOUT_BELIEVED

    def divided(self) -> None:
        """Note that no row lies in a wrong bucket any more."""
        self._table.truth.divided()
        self._read_at = -LAYOUT_BELIEVED

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes."""
        return self._own.scopes()

    def discovered(self, scope: Scope, kind: Kind, at: Millis) -> None:
        """Remember that all clusters of a kind are known."""
        self._call("discovered")
        self._own.discovered(scope, kind, at)

    def passed(self, scope: Scope, at: Millis) -> None:
        """Remember the first full run."""
        self._own.passed(scope, at)

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when the first full run ended."""
        return self._own.first_pass(scope)

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        return self._own.discoveries(scope)

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters."""
        self._call("clusters")
        return self._own.clusters(scope)

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write what a source knows of a cluster."""
        self._call("note")
        self._own.note(cluster, source, view, epoch=epoch)

    def retire(self, cluster: Cluster) -> None:
        """Forget a cluster."""
        self._own.retire(cluster)

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return one counter."""
        self._call("read_counter")
        return self._own.read_counter(bucket)

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters."""
        self._call("read_counters")
        return self._own.read_counters(buckets)

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return the rows of a bucket, page by page: others write in between."""
        self._call("rows_of")
        for entry in list(self._own.rows_of(bucket)):
            self._table.scheduler.pause(freeze=0)
            current = dict(self._own.rows_of(bucket)).get(entry[0])
            if current is not None:
                yield entry[0], current

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Replace a counter."""
        trouble = self._call("replace_counter", writes=True)
        return False if trouble == "contended" else self._after(trouble, self._own.replace_counter(bucket, over, counts))

    def price_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write the charges of a counter."""
        trouble = self._call("price_counter", writes=True)
        return False if trouble == "contended" else self._after(trouble, self._own.price_counter(bucket, over, counts))
