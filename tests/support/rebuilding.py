"""A rebuild in a test: an AWS that answers as the test states, and the state of every bucket after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fargatecount.clock import Clock
from fargatecount.counts import Counts
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, LedgerReader, bucket_of
from fargatecount.ledger.verify import is_sum
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.workload import Cluster, Kind, Observation, WorkloadKey
from tests.support.fakes import FakeClock

EVERY_BUCKET = 5
"""As many as any of these tests has."""


class Truth:
    """ECS, as the test says that it is."""

    kind = Kind.ECS

    def __init__(self, clock: Clock, *tasks: Observation) -> None:
        self._clock = clock
        self.tasks = list(tasks)
        self.before_answer: Callable[[], object] | None = None
        """Called once between the request and the answer of a snapshot."""

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters of its tasks."""
        return sorted({task.cluster for task in self.tasks})

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return none."""
        assert clusters is not None
        return {}

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return its tasks as they were at the time of the request."""
        requested_at = self._clock.now()
        answer = [task for task in self.tasks if task.cluster == cluster]
        missing = set(rows) - {task.workload_id for task in answer}
        action, self.before_answer = self.before_answer, None
        if action is not None:
            self._clock.sleep(0.001)
            action()
        return Snapshot(cluster=cluster, requested_at=requested_at, observations=answer, missing=missing)


class SleepHook(FakeClock):
    """Time in which another process acts during the first long wait."""

    def __init__(self) -> None:
        super().__init__()
        self.during_wait: Callable[[], object] | None = None

    def sleep(self, seconds: float) -> None:
        """Let time pass, and the other process act."""
        super().sleep(seconds)
        action, self.during_wait = (self.during_wait, None) if seconds > 1 else (None, self.during_wait)
        if action is not None:
            action()


def rows_everywhere(ledger: LedgerReader, *clusters: Cluster) -> dict[tuple[Bucket, str], Row]:
    """Return every row in every bucket that there could be, hidden ones included."""
    buckets = [Bucket(cluster, number) for cluster in clusters for number in range(EVERY_BUCKET)]
    return {(bucket, workload_id): row for bucket in buckets for workload_id, row in ledger.rows_of(bucket)}


def check_everywhere(ledger: LedgerReader, *clusters: Cluster) -> Counts:
    """Check that every counter is the sum of its rows and every row in its bucket; return what all counters add up to."""
    rows = rows_everywhere(ledger, *clusters)
    parts = []
    for cluster in set(clusters):
        for number in range(EVERY_BUCKET):
            bucket = Bucket(cluster, number)
            counter = ledger.read_counter(bucket)
            assert counter is not None
            # A counter that an earlier release moved last knows no charges.
            assert is_sum(counter.counts, Counts.total(row.counts for (where, _), row in rows.items() if where == bucket)), bucket
            parts.append(counter.counts)
    astray = [key for key in rows if bucket_of(WorkloadKey(key[0].cluster, key[1]), ledger.buckets) != key[0]]
    assert astray == []
    return Counts.total(parts)
