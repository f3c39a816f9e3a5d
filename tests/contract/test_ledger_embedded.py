"""The ledger and the refusal log keep their contracts in the embedded AWS: what `make demo` and the end-to-end tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.clock import Clock
from local.stack import Stack
from tests.contract.ledger_contract import LedgerContract, OpenLedger
from tests.contract.refusal_log_contract import OpenLog, RefusalLogContract
from tests.support.tables import REGION, create_table

pytestmark = pytest.mark.xdist_group("ledger-embedded")  # one process: the emulator is started once


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the emulator, with nothing deployed."""
    with Stack(tmp_path_factory.mktemp("aws")) as running:
        yield running


class TestDynamoLedgerOnTheEmbeddedAws(LedgerContract):
    """The contract, in the emulator."""

    @pytest.fixture
    def open_ledger(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> OpenLedger:
        """Return how to open it; PynamoDB finds the endpoint in the environment, as the functions and the CLI do."""
        for name, value in stack.environment().items():
            monkeypatch.setenv(name, value)
        table = create_table(stack.client("dynamodb"))

        def open_ledger(buckets: int = 1, clock: Clock | None = None) -> DynamoLedger:
            return DynamoLedger(table, REGION, buckets=buckets, clock=clock)

        return open_ledger


class TestRefusalsOnTheEmbeddedAws(RefusalLogContract):
    """The contract of the refusal log, in the emulator."""

    @pytest.fixture
    def open_log(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> OpenLog:
        """Return how to open it."""
        for name, value in stack.environment().items():
            monkeypatch.setenv(name, value)
        table = create_table(stack.client("dynamodb"))
        return lambda: DynamoRefusals(Items(table, REGION))
