"""The ledger keeps its contract in the embedded AWS, which `make demo` and the end-to-end tests use, and in AWS's own DynamoDB."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.clock import Clock
from local.stack import Stack
from tests.contract.ledger_contract import LedgerContract, OpenLedger
from tests.support import dynamodb_local as local_dynamodb
from tests.support.tables import REGION, create_table


@pytest.mark.xdist_group("ledger-embedded")  # one process: the emulator is started once
class TestDynamoLedgerOnTheEmbeddedAws(LedgerContract):
    """The contract, in the emulator."""

    @pytest.fixture
    def open_ledger(self, embedded_aws: Stack, monkeypatch: pytest.MonkeyPatch) -> OpenLedger:
        """Return how to open it; PynamoDB finds the endpoint in the environment, as the functions and the CLI do."""
        for name, value in embedded_aws.environment().items():
            monkeypatch.setenv(name, value)
        table = create_table(embedded_aws.client("dynamodb"))

        def open_ledger(buckets: int = 1, clock: Clock | None = None) -> DynamoLedger:
            return DynamoLedger(table, REGION, buckets=buckets, clock=clock)

        return open_ledger


@pytest.mark.xdist_group("dynamodb-local")  # one process: it is started once
class TestDynamoLedgerOnDynamoDBLocal(LedgerContract):
    """The contract, in AWS's own DynamoDB."""

    @pytest.fixture
    def open_ledger(self, dynamodb_local: str) -> OpenLedger:
        """Return how to open it."""
        table = create_table(local_dynamodb.client(dynamodb_local))

        def open_ledger(buckets: int = 1, clock: Clock | None = None) -> DynamoLedger:
            return DynamoLedger(
                table, REGION, buckets=buckets, clock=clock, endpoint=dynamodb_local, credentials=local_dynamodb.CREDENTIALS
            )

        return open_ledger
