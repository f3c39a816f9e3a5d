"""Shared reads: whatever is asked within one period is read once.

A period begins with the first request after the last one ended, so nothing is read without a request. An error is kept for the period too:
a table that does not answer is not asked by each scrape. One thread at a time uses these classes; the exporter has one for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import ClusterState
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Counter, LedgerReader
from fargatecount.quotas.quota import Quota, QuotaStore
from fargatecount.workload import Kind, Millis, Scope

T = TypeVar("T")


class SharedReads:
    """The answers of one period."""

    def __init__(self, clock: Clock, period: Millis) -> None:
        self._clock = clock
        self._period = period
        self._began: Millis | None = None
        self._answers: dict[Hashable, Any] = {}

    def begin(self) -> Millis:
        """Return when the present period began, the moment before anything in it was read; begin a new one if the last is over."""
        now = self._clock.now()
        # A clock that was set back must not keep old answers.
        if self._began is None or not 0 <= now - self._began < self._period:
            self._began = now
            self.forget()
        return self._began

    def forget(self) -> None:
        """Forget the answers of this period."""
        self._answers.clear()

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return the answer of this period, by `read` if there is none yet; raises what `read` raised in this period."""
        if key not in self._answers:
            try:
                self._answers[key] = read()
            except FargatecountError as error:
                self._answers[key] = error
        answer = self._answers[key]
        if isinstance(answer, FargatecountError):
            raise answer.with_traceback(None)
        return answer  # type: ignore[no-any-return]


class SharedLedger:
    """A `LedgerReader` whose reads are shared: counters and clusters by `quick`, rows, of which there are many, by `slow`."""

    def __init__(self, reader: LedgerReader, quick: SharedReads, slow: SharedReads) -> None:
        self._reader = reader
        self._quick = quick
        self._slow = slow

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster."""
        return self._quick.get("buckets", lambda: self._reader.buckets)

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        return self._quick.get("scopes", self._reader.scopes)

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters of a scope, by name."""
        return self._quick.get(("clusters", scope), lambda: self._reader.clusters(scope))

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        return self._quick.get(("discoveries", scope), lambda: self._reader.discoveries(scope))

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when a run had first read every cluster of a scope; None before."""
        return self._quick.get(("first pass", scope), lambda: self._reader.first_pass(scope))

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return one counter, isolated from transactions under way: never shared, because only `verify` asks."""
        return self._reader.read_counter(bucket)

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters in the order of `buckets`."""
        return self._quick.get(("counters", tuple(buckets)), lambda: self._reader.read_counters(buckets))

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of everything in a bucket, tombstones included."""
        return self._slow.get(bucket, lambda: list(self._reader.rows_of(bucket)))

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Any) -> bool:
        """Write as the reader does: never shared, because only `verify --repair` asks."""
        return self._reader.replace_counter(bucket, over, counts)


class SharedQuotas:
    """A `QuotaStore` whose reads are shared."""

    def __init__(self, store: QuotaStore, quick: SharedReads) -> None:
        self._store = store
        self._quick = quick

    def keep(self, scope: Scope, quotas: Iterable[Quota]) -> None:
        """Write quotas over those of the same codes."""
        self._store.keep(scope, quotas)

    def quotas(self, scope: Scope) -> Sequence[Quota]:
        """Return the stored quotas, on-demand first."""
        return self._quick.get(("quotas", scope), lambda: self._store.quotas(scope))
