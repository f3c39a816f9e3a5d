"""Writing into the ledger, however long it takes: what the table does not take is tried again until it does, or until time is up.

Time is never up while the watcher runs. Once it is told to stop, what is in hand gets `DRAIN`; what is left then, the next list brings.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, LedgerStore, bucket_of
from fargatecount.workload import Cluster, Millis, Observation, Phase, WorkloadKey
from watcher.backoff import Backoff
from watcher.health import Health

log = logging.getLogger(__name__)

T = TypeVar("T")

DRAIN: Millis = 10_000
"""Kubernetes grants 30 s between the order to stop and the kill; a third leaves room for the tries that are under way."""


class Table(LedgerStore, Protocol):
    """What the watcher needs of the table."""

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of everything in a bucket."""
        ...

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write what a source knows of a cluster."""
        ...


class Writer:
    """One cluster's way into the table."""

    def __init__(
        self, cluster: Cluster, *, table: Table, clock: Clock, health: Health, stop: Callable[[], bool], jitter: random.Random
    ) -> None:
        self._cluster = cluster
        self._table = table
        self._clock = clock
        self._health = health
        self._stop = stop
        self._jitter = jitter
        self._backoff = Backoff(clock, jitter)
        self._deadline: Millis | None = None

    def is_out_of_time(self) -> bool:
        """Say whether the time after the order to stop is over."""
        if self._deadline is None:
            if not self._stop():
                return False
            self._deadline = self._clock.now() + DRAIN
        return self._clock.now() >= self._deadline

    def shares(self, observations: Iterable[Observation]) -> dict[Bucket, list[Observation]] | None:
        """Return every bucket of the cluster with those of the observations that belong into it; None as for `rows`.

        Who has a whole list to compare does it by bucket: all rows beside all pods would be twice the memory.
        """
        buckets = self._answered(lambda: self._table.buckets)
        if buckets is None:
            return None
        found: dict[Bucket, list[Observation]] = {Bucket(self._cluster, number): [] for number in range(buckets)}
        for seen in observations:
            found[bucket_of(WorkloadKey(seen.cluster, seen.workload_id), buckets)].append(seen)
        return found

    def rows(self, bucket: Bucket) -> dict[str, Row] | None:
        """Return the living rows of a bucket by workload id; None if time was up before the table answered.

        Tombstones may be many times as many, and say nothing of a list; where one does, `record` finds it.
        """
        return self._answered(lambda: {workload_id: row for workload_id, row in self._table.rows_of(bucket) if row.phase is not Phase.GONE})

    def write(self, observations: Sequence[Observation], since: Millis | None = None) -> bool:
        """Commit all observations; False if time was up before. `since` is when the first of them came."""
        left = list(observations)
        while left:
            try:
                done = record(left, self._table, self._clock, stop=self.is_out_of_time, jitter=self._jitter)
            except FargatecountError as error:
                if not self._try_again(str(error)):
                    return False
                continue
            left = [left[position] for position in done.unfinished]
            self._health.committed(self._cluster, (outcome for outcome in done.outcomes if outcome is not None))
            if left and not self._try_again(f"{len(left)} of {len(done.outcomes)} changes are not written"):
                return False
        if since is not None and observations:
            self._health.lagged(self._cluster, (self._clock.now() - since) / 1000)
        return True

    def _answered(self, ask: Callable[[], T]) -> T | None:
        while True:
            try:
                return ask()
            except FargatecountError as error:
                if not self._try_again(str(error)):
                    return None

    def _try_again(self, why: str) -> bool:
        if self.is_out_of_time():
            log.warning("%s: stopping with changes that the table did not take (%s); the next list brings them", self._cluster.key, why)
            return False
        self._health.retried(self._cluster)
        self._health.tick(self._cluster)
        log.warning("%s: trying the table again: %s", self._cluster.key, why)
        self._backoff.wait()
        return True
