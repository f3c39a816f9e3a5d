"""Fakes with a memory: they behave like the real thing, only that the test owns time and trouble."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Commit, Contended, LedgerStore, Transaction
from fargatecount.workload import Cluster, Millis, WorkloadKey
from tests.support.builders import NOW


class FakeClock:
    """Time that passes only in `sleep` and `advance`."""

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


class TroubledStore:
    """A store whose next calls meet the trouble that the test lines up; after that, calls pass."""

    def __init__(self, inner: LedgerStore) -> None:
        self.inner = inner
        self.transactions: list[dict[Bucket, int]] = []
        """Every transaction that was written: its number of rows in each bucket."""
        self._before_commit: list[Trouble | Commit] = []
        self._after_commit: list[Trouble] = []
        self._before_read: list[Trouble] = []
        self._after_read: list[Trouble] = []

    def busy(self, times: int = 1, *buckets: Bucket) -> None:
        """Answer the next commits with Contended, and name these buckets."""
        self._before_commit += [Contended(frozenset(buckets))] * times

    def meddle(self, before_commit: Trouble) -> None:
        """Let another process act between the next decision and its commit."""
        self._before_commit.append(before_commit)

    def meddle_after_read(self, action: Trouble) -> None:
        """Let another process act between the next read and its decision."""
        self._after_read.append(action)

    def lose_the_answer(self) -> None:
        """Write the next commit and lose its answer."""
        self._after_commit.append(_no_answer)

    def turn_away_commits(self, times: int = 1) -> None:
        """Write nothing at the next commits, without an answer."""
        self._before_commit += [_no_answer] * times

    def turn_away_reads(self, times: int = 1) -> None:
        """Give no answer to the next reads."""
        self._before_read += [_no_answer] * times

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster."""
        return self.inner.buckets

    def register(self, cluster: Cluster) -> None:
        """Make the cluster known."""
        self.inner.register(cluster)

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist, or the trouble that is due."""
        if self._before_read:
            self._before_read.pop(0)()
        rows = self.inner.read_rows(keys)
        if self._after_read:
            self._after_read.pop(0)()
        return rows

    def commit(self, transaction: Transaction) -> Commit:
        """Write, or meet the trouble that is due."""
        if self._before_commit:
            trouble = self._before_commit.pop(0)
            if not callable(trouble):
                return trouble
            trouble()
        result = self.inner.commit(transaction)
        self.transactions.append({bucket: len(writes) for bucket, writes in transaction.items()})
        if self._after_commit:
            self._after_commit.pop(0)()
        return result


class TroubledLedger(TroubledStore):
    """The same over a ledger in memory."""

    inner: MemoryLedger

    def __init__(self, inner: MemoryLedger) -> None:
        super().__init__(inner)


def _no_answer() -> None:
    raise UnavailableError("the table did not answer")
