"""A row that the table refuses for good holds up no other."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.isolation import record_isolated
from fargatecount.ledger.row import MergeOutcome, Row
from fargatecount.ledger.store import Commit, Transaction
from fargatecount.workload import WorkloadKey
from tests.support.builders import NOW, WEB, seen
from tests.support.fakes import FakeClock, TroubledLedger


class Refusing(TroubledLedger):
    """A ledger that never accepts the rows of some workloads."""

    def __init__(self, *refused: str) -> None:
        super().__init__(MemoryLedger(2))
        self.refused = set(refused)

    def commit(self, transaction: Transaction) -> Commit:
        if self.refused & {write.workload_id for writes in transaction.values() for write in writes}:
            raise MisconfiguredError("Item size has exceeded the maximum allowed size")
        return super().commit(transaction)


@given(st.sets(st.integers(0, 11)))
def test_all_others_are_recorded(refused: set[int]) -> None:
    """Whichever rows are refused, each is named with the table's reason, and the rest is written."""
    store = Refusing(*(f"t{i}" for i in refused))
    observations = [seen(workload_id=f"t{i}") for i in range(12)]
    done = record_isolated(observations, store, FakeClock(NOW))
    assert set(done.refused) == refused
    assert done.unfinished == ()
    assert {i for i, outcome in enumerate(done.outcomes) if outcome is MergeOutcome.APPLIED} == set(range(12)) - refused
    found = store.read_rows([WorkloadKey(WEB, f"t{i}") for i in range(12)])
    assert {key.workload_id for key in found} == {f"t{i}" for i in set(range(12)) - refused}


def test_a_table_that_refuses_everything_is_an_error() -> None:
    """Without a table, no row is to blame."""

    class NoTable(Refusing):
        def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
            raise MisconfiguredError(f"there is no such table with {len(keys)} rows")

        def commit(self, transaction: Transaction) -> Commit:
            raise MisconfiguredError(f"there is no such table for {len(transaction)} buckets")

    with pytest.raises(MisconfiguredError, match="no such table"):
        record_isolated([seen()], NoTable("t1"), FakeClock(NOW))


def test_nothing_to_record_is_no_error() -> None:
    """An empty batch reads and writes nothing."""
    assert record_isolated([], Refusing(), FakeClock(NOW)).outcomes == ()
