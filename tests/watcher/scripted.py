"""A scripted stream, and a loop that writes it into a ledger in memory, on a fake clock."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.eks.pod import Pod
from fargatecount.errors import FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.workload import Cluster, Phase
from tests.support.builders import NOW, PODS
from tests.support.fakes import FakeClock, TroubledLedger
from watcher.events import Gone, Listed, Lost, Message, Opened, Seen
from watcher.health import Health
from watcher.loop import Loop, pod_reader

EPOCH = 1_700_000_000

Step = Message | Callable[[], object] | float
"""A message, an action between two messages, or seconds of silence."""


class Table(TroubledLedger):
    """A ledger in memory whose bucket reads and notes can fail too; it keeps every note."""

    def __init__(self, buckets: int = 2) -> None:
        super().__init__(MemoryLedger(buckets))
        self.notes: list[Readability] = []
        self.refuse_notes = False
        self._row_troubles: list[FargatecountError] = []
        self._commit_troubles: list[FargatecountError] = []
        self.refused: set[str] = set()
        """Workload ids of rows that the table never accepts."""
        self.missing_for = 0
        """The number of next calls that fail because there is no such table."""

    def fail_row_reads(self, *errors: FargatecountError) -> None:
        """Raise these at the next reads of a bucket."""
        self._row_troubles += errors

    def refuse_commits(self, *errors: FargatecountError) -> None:
        """Raise these at the next commits."""
        self._commit_troubles += errors

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        if self._row_troubles:
            raise self._row_troubles.pop(0)
        return self.inner.rows_of(bucket)

    def read_rows(self, keys: Any) -> Any:
        self._check_table()
        return super().read_rows(keys)

    def _check_table(self) -> None:
        if self.missing_for:
            self.missing_for -= 1
            raise MisconfiguredError("no such table")

    def commit(self, transaction: Any) -> Any:
        self._check_table()
        if self.refused & {write.workload_id for writes in transaction.values() for write in writes}:
            raise MisconfiguredError("Item size has exceeded the maximum allowed size")
        if self._commit_troubles:
            raise self._commit_troubles.pop(0)
        return super().commit(transaction)

    def note(self, cluster: Cluster, source: str, view: Readability, *, epoch: int | None = None) -> None:
        assert source == WATCHER
        if self.refuse_notes:
            raise UnavailableError("the table does not answer")
        self.notes.append(view)
        self.inner.note(cluster, source, view, epoch=epoch)

    def phases(self, cluster: Cluster = PODS) -> dict[str, Phase]:
        """Return the phase of every living row, by pod name."""
        rows = (pair for number in range(self.buckets) for pair in self.inner.rows_of(Bucket(cluster, number)))
        return {uid.removeprefix("uid-"): row.phase for uid, row in rows if row.phase is not Phase.GONE}

    def held(self, cluster: Cluster = PODS) -> int:
        """Return the number of held workloads, by the counters."""
        return self.inner.total(cluster).held.count


class Script:
    """Yields the test's steps one by one; after the last one the loop stops."""

    def __init__(self, clock: FakeClock, *steps: Step) -> None:
        self._clock = clock
        self._steps = deque(steps)
        self.ended = False

    def take(self, timeout: float) -> Message | None:
        while self._steps and callable(self._steps[0]):
            self._steps.popleft()()  # type: ignore[operator]
        if not self._steps:
            self.ended = True
            return None
        step = self._steps[0]
        if isinstance(step, float | int):
            silence = min(timeout, step)
            self._clock.sleep(silence)
            self._steps.popleft()
            if step > silence:
                self._steps.appendleft(step - silence)
            return None
        self._steps.popleft()
        return step  # type: ignore[return-value]


class Stage:
    """One cluster, its table and its loop."""

    def __init__(self, *, cluster: Cluster = PODS, epoch: int = EPOCH, table: Table | None = None) -> None:
        self.cluster, self.epoch = cluster, epoch
        self.clock = FakeClock(NOW)
        self.table = table or Table()
        self.refusals = MemoryRefusals()
        self.health = Health(self.clock)
        self._stop_requested = False

    def request_stop(self) -> None:
        """Stop the loop, as SIGTERM does."""
        self._stop_requested = True

    def play(self, *steps: Step) -> Table:
        """Run a loop over the script until it ends."""
        script = Script(self.clock, *steps)
        loop = Loop(
            self.cluster,
            self.epoch,
            stream=script,
            table=self.table,
            refusals=self.refusals,
            clock=self.clock,
            health=self.health,
            stop=lambda: script.ended or self._stop_requested,
            jitter=random.Random(1),
        )
        loop.run()
        return self.table


def listed(*pods: Pod, version: int = 100, at: int = NOW, cluster: Cluster = PODS, epoch: int = EPOCH) -> Listed:
    """Return a complete list."""
    read = pod_reader(cluster, epoch)
    seen = [seen for pod in pods if (seen := read(pod, at)) is not None]
    return Listed(seen, version, at, waiting=[pod for pod in pods if not pod.spec.node_name])


def changed(pod: Pod, at: int = NOW) -> Seen:
    """Return a change."""
    return Seen(pod, int(pod.metadata.resource_version), at)


def deleted(pod: Pod, at: int = NOW) -> Gone:
    """Return a deletion."""
    return Gone(pod, int(pod.metadata.resource_version), at)


def lost(error: FargatecountError, at: int = NOW) -> Lost:
    """Return a failure of the stream."""
    return Lost(error, at, 1.0)


def opened(at: int = NOW) -> Opened:
    """Return the beginning of a watch."""
    return Opened(at)
