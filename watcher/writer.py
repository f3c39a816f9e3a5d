"""Writing into the ledger, however long it takes: the writer retries whatever the table does not accept, until it does or time is up.

Only a row that the table refuses for good is set aside, logged and counted.

Time is never up while the watcher runs. Once it is stopped, the current batch gets `DRAIN`; the next list brings what is left after that.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Readability
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.isolation import record_isolated
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, LedgerStore, bucket_of
from fargatecount.workload import Cluster, Millis, Observation, Phase, WorkloadKey
from watcher.backoff import Backoff
from watcher.health import Health

log = logging.getLogger(__name__)

T = TypeVar("T")

DRAIN: Millis = 10_000
"""Kubernetes grants 30 s between SIGTERM and SIGKILL; a third leaves room for the attempts under way."""


class Table(LedgerStore, Protocol):
    """The table, as the watcher needs it."""

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of every row in a bucket."""
        ...

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        """Write a source's readability of a cluster."""
        ...


class Writer:
    """Writes the observations of one cluster."""

    def __init__(
        self, cluster: Cluster, *, table: Table, clock: Clock, health: Health, stop: Callable[[], bool], jitter: random.Random
    ) -> None:
        self._cluster = cluster
        self._table = table
        self._clock = clock
        self._health = health
        self._stop = stop
        self._jitter = jitter
        self._contention = Contention()
        self._backoff = Backoff(clock, jitter)
        self._deadline: Millis | None = None

    def is_out_of_time(self) -> bool:
        """Return whether the time after the stop signal is over."""
        if self._deadline is None:
            if not self._stop():
                return False
            self._deadline = self._clock.now() + DRAIN
        return self._clock.now() >= self._deadline

    def by_bucket(self, observations: Iterable[Observation]) -> dict[Bucket, list[Observation]] | None:
        """Return every bucket of the cluster with its share of the observations; None as for `rows`.

        A whole list is compared bucket by bucket: all rows beside all pods take twice the memory.
        """
        buckets = self._retry(lambda: self._table.buckets)
        if buckets is None:
            return None
        found: dict[Bucket, list[Observation]] = {Bucket(self._cluster, number): [] for number in range(buckets)}
        for seen in observations:
            found[bucket_of(WorkloadKey(seen.cluster, seen.workload_id), buckets)].append(seen)
        return found

    def rows(self, bucket: Bucket) -> dict[str, Row] | None:
        """Return the living rows of a bucket by workload id; None if time was up before the table answered.

        There may be many times as many tombstones, and a list is not compared with them; if one matters, `record` finds it.
        """
        return self._retry(lambda: {workload_id: row for workload_id, row in self._table.rows_of(bucket) if row.phase is not Phase.GONE})

    def write(self, observations: Sequence[Observation], since: Millis | None = None) -> bool:
        """Commit all observations; return False if time was up before. `since` is the arrival of the first of them."""
        left = list(observations)
        while left:
            try:
                done = record_isolated(
                    left, self._table, self._clock, stop=self.is_out_of_time, jitter=self._jitter, contention=self._contention
                )
            except FargatecountError as error:
                if not self._try_again(str(error)):
                    return False
                continue
            for position, reason in done.refused.items():
                log.error(
                    "%s: pod %s is set aside, because the table refuses it: %s", self._cluster.key, left[position].workload_id[:100], reason
                )
                self._health.count_malformed(self._cluster)
            self._health.count_outcomes(self._cluster, (outcome for outcome in done.outcomes if outcome is not None))
            unfinished = [left[position] for position in done.unfinished]
            if unfinished and not self._try_again(f"{len(unfinished)} of {len(left)} changes are not written"):
                return False
            left = unfinished
        if since is not None and observations:
            self._health.observe_lag(self._cluster, (self._clock.now() - since) / 1000)
        return True

    def _retry(self, call: Callable[[], T]) -> T | None:
        while True:
            try:
                return call()
            except FargatecountError as error:
                if not self._try_again(str(error)):
                    return None

    def _try_again(self, why: str) -> bool:
        if self.is_out_of_time():
            log.warning("%s: stopping with changes that the table did not accept (%s); the next list brings them", self._cluster.key, why)
            return False
        self._health.count_retry(self._cluster)
        self._health.tick(self._cluster)
        log.warning("%s: retrying the table: %s", self._cluster.key, why)
        self._backoff.wait()
        return True
