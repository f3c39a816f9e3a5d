"""Ledgers in memory that fail as a table or its user can."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.store import Bucket, Commit, Write
from tests.kube.watching import Killed


class OutageTable(MemoryLedger):
    """A table that, while it is down, answers no transaction, although it writes the first of them."""

    def __init__(self) -> None:
        super().__init__(buckets=2)
        self.down = threading.Event()
        self.turned_away = 0
        """The number of failed commits."""

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> Commit:
        if self.down.is_set():
            self.turned_away += 1
            if self.turned_away == 1:
                super().commit(bucket, writes)
            raise UnavailableError("the table did not answer")
        return super().commit(bucket, writes)


class DeadlyTable(MemoryLedger):
    """A table that kills the watcher, before its next transaction or right after it."""

    def __init__(self) -> None:
        super().__init__(buckets=2)
        self._deaths: list[bool] = []

    def kill_next(self, *, after_writing: bool) -> None:
        """Kill the watcher at its next commit."""
        self._deaths.append(after_writing)

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> Commit:
        if not self._deaths:
            return super().commit(bucket, writes)
        if self._deaths.pop():
            super().commit(bucket, writes)
        raise Killed
