"""Fakes with a memory: they behave like the real thing, only that the test owns time and trouble."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Commit, Contended, Write
from fargatecount.workload import Cluster, Millis, WorkloadKey
from tests.support.builders import NOW


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self, now: Millis = NOW) -> None:
        self._now = now
        self.slept: list[float] = []
        """Every wait, in seconds."""

    def now(self) -> Millis:
        """Return the test's time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.advance(round(seconds * 1000))

    def advance(self, by: Millis) -> None:
        """Let time pass."""
        self._now += by


Trouble = Callable[[], object]


class TroubledLedger:
    """A ledger in memory whose next calls meet the trouble that the test lines up; after that it is well again."""

    def __init__(self, inner: MemoryLedger) -> None:
        self.inner = inner
        self.transactions: list[tuple[Bucket, int]] = []
        """Every transaction that was written: its bucket and number of rows."""
        self._before_commit: list[Trouble | Commit] = []
        self._after_commit: list[Trouble] = []
        self._before_read: list[Trouble] = []

    def busy(self, times: int = 1) -> None:
        """Answer the next commits with Busy."""
        self._before_commit += [Contended()] * times

    def meddle(self, before_commit: Trouble) -> None:
        """Let somebody else act between the next decision and its commit."""
        self._before_commit.append(before_commit)

    def lose_the_answer(self) -> None:
        """Write the next commit, and never say so."""
        self._after_commit.append(_no_answer)

    def turn_away_commits(self, times: int = 1) -> None:
        """Write nothing at the next commits, and give no answer either."""
        self._before_commit += [_no_answer] * times

    def turn_away_reads(self, times: int = 1) -> None:
        """Give no answer to the next reads."""
        self._before_read += [_no_answer] * times

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has."""
        return self.inner.buckets

    def register(self, cluster: Cluster) -> None:
        """Remember the cluster."""
        self.inner.register(cluster)

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist, or the trouble that is due."""
        if self._before_read:
            self._before_read.pop(0)()
        return self.inner.read_rows(keys)

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> Commit:
        """Write, or meet the trouble that is due."""
        if self._before_commit:
            trouble = self._before_commit.pop(0)
            if not callable(trouble):
                return trouble
            trouble()
        result = self.inner.commit(bucket, writes)
        self.transactions.append((bucket, len(writes)))
        if self._after_commit:
            self._after_commit.pop(0)()
        return result


def _no_answer() -> None:
    raise UnavailableError("the table did not answer")
