"""Ledgers in memory that fail as a table or its user can."""

from __future__ import annotations

import threading

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.store import Commit, Transaction
from tests.kube.watching import Killed


class OutageTable(MemoryLedger):
    """A table that, while it is down, answers no transaction, although it writes the first of them."""

    def __init__(self) -> None:
        super().__init__(buckets=2)
        self.down = threading.Event()
        self.turned_away = 0
        """The number of failed commits."""

    def commit(self, transaction: Transaction) -> Commit:
        if self.down.is_set():
            self.turned_away += 1
            if self.turned_away == 1:
                super().commit(transaction)
            raise UnavailableError("the table did not answer")
        return super().commit(transaction)


class DeadlyTable(MemoryLedger):
    """A table that kills the watcher, before its next transaction or right after it."""

    def __init__(self) -> None:
        super().__init__(buckets=2)
        self._deaths: list[bool] = []

    def kill_next(self, *, after_writing: bool) -> None:
        """Kill the watcher at its next commit."""
        self._deaths.append(after_writing)

    def commit(self, transaction: Transaction) -> Commit:
        if not self._deaths:
            return super().commit(transaction)
        if self._deaths.pop():
            super().commit(transaction)
        raise Killed
