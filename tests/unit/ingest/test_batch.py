"""A batch with a row that the table refuses."""

from __future__ import annotations

import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.errors import MisconfiguredError
from fargatecount.ingest.batch import Message, process_batch
from fargatecount.ledger.row import MergeOutcome
from fargatecount.ledger.store import Commit, Transaction
from tests.support.builders import NOW
from tests.support.fakes import FakeClock
from tests.support.letters import EVENT, FakeDeadLetters


class RefusingLedger(MemoryLedger):
    """A ledger that never accepts the row of task `t0`."""

    def commit(self, transaction: Transaction) -> Commit:
        if any(write.workload_id == "t0" for writes in transaction.values() for write in writes):
            raise MisconfiguredError("Item size has exceeded the maximum allowed size")
        return super().commit(transaction)


@pytest.mark.parametrize("broken", [False, True], ids=["kept", "not kept"])
def test_a_refused_row_is_a_dead_letter_and_delays_no_other(broken: bool) -> None:
    """The nine others are recorded at once; the refused one returns to its queue only if it could not be kept."""
    messages = [Message(f"m{number}", EVENT.replace("/t1", f"/t{number}")) for number in range(10)]
    letters = FakeDeadLetters(broken=broken)
    result = process_batch(messages, RefusingLedger(), letters, MemoryRefusals(), FakeClock(NOW))
    assert result.retry_ids == (("m0",) if broken else ())
    assert letters.kept == ([] if broken else [("m0", "Item size has exceeded the maximum allowed size")])
    assert result.tally[MergeOutcome.APPLIED] == 9
    assert sum(result.tally.values()) == 10
