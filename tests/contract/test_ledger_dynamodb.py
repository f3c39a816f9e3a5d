"""The ledger in DynamoDB keeps the ledger's contract; DynamoDB is moto's, in this process."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.clock import Clock
from tests.contract.ledger_contract import LedgerContract, OpenLedger
from tests.support.tables import REGION


class TestDynamoLedger(LedgerContract):
    """The contract, in DynamoDB."""

    @pytest.fixture
    def open_ledger(self, table: str) -> OpenLedger:
        """Return how to open it: each has a connection and a memory of its own."""

        def open_ledger(buckets: int = 1, clock: Clock | None = None) -> DynamoLedger:
            return DynamoLedger(table, REGION, buckets=buckets, clock=clock)

        return open_ledger
