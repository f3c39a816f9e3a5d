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
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.ledger.clusters import Readability
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.record import Recorded, record
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
                recorded = self._record(left)
            except MisconfiguredError as error:
                accepted = self._without_refused(left, error)
                if len(accepted) == len(left) and not self._try_again(str(error)):
                    return False
                left = accepted
                continue
            except FargatecountError as error:
                if not self._try_again(str(error)):
                    return False
                continue
            left = [left[position] for position in recorded.unfinished]
            self._health.count_outcomes(self._cluster, (outcome for outcome in recorded.outcomes if outcome is not None))
            if left and not self._try_again(f"{len(left)} of {len(recorded.outcomes)} changes are not written"):
                return False
        if since is not None and observations:
            self._health.observe_lag(self._cluster, (self._clock.now() - since) / 1000)
        return True

    def _record(self, observations: Sequence[Observation]) -> Recorded:
        return record(observations, self._table, self._clock, stop=self.is_out_of_time, jitter=self._jitter, contention=self._contention)

    def _without_refused(self, observations: list[Observation], error: MisconfiguredError) -> list[Observation]:
        """Return what is still to be written, without the observations that the table refuses however often they are tried.

        A table that answers reads and refuses one row refuses the row, not the watcher: an item that is too large, a number beyond 38
        digits. `eks.workload` bounds every field, so this is the second fence. Retried, one pod holds up its whole cluster.
        """
        key = WorkloadKey(self._cluster, observations[0].workload_id)
        try:
            self._table.read_rows([key])
        except FargatecountError:  # the table itself is the trouble
            return observations
        if len(observations) == 1:
            log.error("%s: pod %s is set aside, because the table refuses it: %s", self._cluster.key, key.workload_id[:100], error)
            self._health.count_malformed(self._cluster)
            return []
        middle = len(observations) // 2
        left: list[Observation] = []
        for half in (observations[:middle], observations[middle:]):
            try:
                recorded = self._record(half)
            except MisconfiguredError as refusal:
                left += self._without_refused(half, refusal)
            except FargatecountError:
                left += half
            else:
                left += [half[position] for position in recorded.unfinished]
                self._health.count_outcomes(self._cluster, (outcome for outcome in recorded.outcomes if outcome is not None))
        return left

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
