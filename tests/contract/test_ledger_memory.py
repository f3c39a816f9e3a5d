"""The ledger in memory keeps the ledger's contract."""

from __future__ import annotations

import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.clock import Clock
from tests.contract.ledger_contract import LedgerContract, OpenLedger


class TestMemoryLedger(LedgerContract):
    """The contract, in memory."""

    @pytest.fixture
    def open_ledger(self) -> OpenLedger:
        """Return how to open it: the storage is the object, so all share the first."""
        opened: list[MemoryLedger] = []

        def open_ledger(buckets: int = 1, clock: Clock | None = None) -> MemoryLedger:
            if not opened:
                opened.append(MemoryLedger(buckets, clock=clock))
            return opened[0]

        return open_ledger
