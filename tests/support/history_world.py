"""A history made of known lives: the events go through the ledger, its stream and the archive into a store."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from fargatecount.adapters.dynamodb.stream import read_batch
from fargatecount.adapters.memory.history import MemoryHistory
from fargatecount.errors import UnavailableError
from fargatecount.history.archive import archive
from fargatecount.history.objects import HistoryStore
from fargatecount.history.record import LifecycleRecord, record_of
from fargatecount.ledger.queries import rows_of
from fargatecount.ledger.record import record
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Observation
from tests.support.builders import SCOPE
from tests.support.fakes import FakeClock
from tests.support.lives import Life, observations
from tests.support.table_stream import StreamingLedger, batches


def recorded(every: Iterable[Life], clock: FakeClock, *, until: int | None = None, chance: random.Random | None = None) -> StreamingLedger:
    """Return a ledger after the observations of all lives, in the order of their times; `chance` delivers some twice, some late."""
    ledger = StreamingLedger(clock=clock)
    seen: list[tuple[float, Observation]] = []
    for life in every:
        for each in observations(life):
            if until is None or each.observed_at < until:
                seen.append((each.observed_at + (chance.uniform(0, 60_000) if chance else 0), each))
                if chance is not None and chance.random() < 0.1:
                    seen.append((each.observed_at + chance.uniform(0, 3_600_000), each))
    ordered = [each for _, each in sorted(seen, key=lambda pair: pair[0])]
    for start in range(0, len(ordered), 100):
        batch = ordered[start : start + 100]
        clock.advance(max(0, batch[-1].observed_at - clock.now()))
        assert not record(batch, ledger, clock).unfinished
    return ledger


def archived(stream: Sequence[dict[str, Any]], store: HistoryStore | None = None, now: int = 0) -> MemoryHistory:
    """Return a store after a calm archive of the whole stream."""
    kept = store or MemoryHistory()
    for batch in batches(stream):
        read = read_batch(batch)
        archive(read.rows, read.name, kept, LIST_PRICES, now)
    assert isinstance(kept, MemoryHistory)
    return kept


def living(ledger: StreamingLedger, now: int) -> list[LifecycleRecord]:
    """Return the records of all rows of the ledger, tombstones included, as the command line reads them."""
    found = []
    for state in ledger.clusters(SCOPE):
        for workload_id, row in rows_of(ledger, state.cluster).items():
            made = record_of(state.cluster, workload_id, row, LIST_PRICES, now)
            if made is not None:
                found.append(made)
    return found


class Troubled(MemoryHistory):
    """A bucket that is throttled now and then, before or after it has stored an object."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self.refused = 0

    def write(self, key: str, body: bytes) -> None:
        luck = self._chance.random()
        if luck < 0.2:
            self.refused += 1
            raise UnavailableError("SlowDown")
        super().write(key, body)
        if luck < 0.4:
            self.refused += 1
            raise UnavailableError("the answer was lost")
