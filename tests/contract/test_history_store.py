"""What a store of the history promises, in memory and in S3 alike; and what compaction and maintenance do with it."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
import pytest

from fargatecount.adapters.memory.history import MemoryHistory
from fargatecount.adapters.s3.history import S3History
from fargatecount.history.archive import EndedRow, archive
from fargatecount.history.compaction import compact
from fargatecount.history.coverage import Coverage, CoverageStore
from fargatecount.history.maintenance import MaintenancePorts, maintain
from fargatecount.history.objects import HistoryStore, decode, folder
from fargatecount.ledger.record import record
from fargatecount.ledger.row import TOMBSTONE_LIFE
from fargatecount.timestamps import DAY
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Phase
from tests.contract.conftest import BUCKET
from tests.support.builders import FULL, HOUR, MINUTE, NOW, SCOPE, WEB, row, seen
from tests.support.fakes import FakeClock
from tests.support.table_stream import StreamingLedger


class Both(HistoryStore, CoverageStore, Protocol):
    """One store keeps both."""


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> Both:
    return MemoryHistory() if request.param == "memory" else S3History(request.getfixturevalue("s3"), BUCKET)


def ended(number: int, at: int = NOW, rev: int = 1, **facts: Any) -> EndedRow:
    """Return the tombstone of a task that ended at a moment."""
    return EndedRow(WEB, f"t{number}", row(Phase.GONE, 5, rev=rev, facts=msgspec.structs.replace(FULL, stopped_at=at, **facts)))


def keep(store: Both, name: str, *rows: EndedRow) -> None:
    archive(rows, name, store, LIST_PRICES, NOW)


def ids(store: Both) -> list[str]:
    """Return the ids in all objects, doubles included."""
    found = []
    for each in store.objects(SCOPE):
        body = store.read(each.key)
        assert body is not None
        found += [one.id for one in decode(body)]
    return sorted(found)


def test_objects_lie_in_the_day_of_their_ends(store: Both) -> None:
    """One object for each day of a batch, in the order of the days; a first day leaves out what came before."""
    keep(store, "b", ended(1), ended(2, NOW + DAY), ended(3, NOW + DAY))
    assert [each.day for each in store.objects(SCOPE)] == ["2026-01-01", "2026-01-02"]
    assert [each.day for each in store.objects(SCOPE, "2026-01-02")] == ["2026-01-02"]
    assert ids(store) == ["t1", "t2", "t3"]


def test_an_object_that_is_written_again_is_another_version(store: Both) -> None:
    """The ETag follows the content, so a cache notices; the same content has the same."""
    keep(store, "b", ended(1))
    first = store.objects(SCOPE)
    keep(store, "b", ended(1))
    assert store.objects(SCOPE) == first
    keep(store, "b", ended(1), ended(2))
    assert [each.etag for each in store.objects(SCOPE)] != [each.etag for each in first]


def test_what_is_gone_reads_as_none(store: Both) -> None:
    """A compaction may have replaced an object since it was listed; deleting it twice is no error."""
    keep(store, "b", ended(1))
    (only,) = store.objects(SCOPE)
    store.delete([only.key])
    store.delete([only.key])
    assert store.read(only.key) is None
    assert list(store.objects(SCOPE)) == []


def test_coverage_comes_back(store: Both) -> None:
    """It is no object of the history, and none before the first maintenance."""
    assert store.coverage(SCOPE) is None
    coverage = Coverage(since=NOW, until=NOW + HOUR, retention_days=400)
    store.keep_coverage(SCOPE, coverage)
    assert store.coverage(SCOPE) == coverage
    assert list(store.objects(SCOPE)) == []


def test_compaction_leaves_each_record_once_in_one_object(store: Both) -> None:
    """Doubles of one revision go; a newer revision stays, because only a reader decides which counts."""
    keep(store, "a", ended(1), ended(2))
    keep(store, "b", ended(2), ended(3), ended(1, rev=2))
    (done,) = compact(SCOPE, store.objects(SCOPE), store)
    assert (done.before, done.after, done.records, done.doubles) == (2, 1, 4, 1)
    assert ids(store) == ["t1", "t1", "t2", "t3"]
    (only,) = store.objects(SCOPE)
    assert only.is_compacted
    assert compact(SCOPE, [only], store) == []


def test_a_compaction_that_dies_before_it_deletes_loses_nothing(store: Both) -> None:
    """What was written is double, which the next compaction removes."""

    class Dying:
        def __init__(self) -> None:
            self.objects, self.read, self.write = store.objects, store.read, store.write

        def delete(self, _: Any) -> None:
            raise KeyboardInterrupt

    keep(store, "a", ended(1))
    keep(store, "b", ended(2))
    with pytest.raises(KeyboardInterrupt):
        compact(SCOPE, store.objects(SCOPE), Dying())
    assert ids(store) == ["t1", "t1", "t2", "t2"]
    compact(SCOPE, store.objects(SCOPE), store)
    assert ids(store) == ["t1", "t2"]


class Deployment:
    """A ledger whose tombstones an archive may or may not have written."""

    def __init__(self, store: Both) -> None:
        self.clock = FakeClock()
        self.ledger = StreamingLedger(clock=self.clock)
        self.store = store

    def end(self, number: int) -> None:
        facts = msgspec.structs.replace(FULL, stopped_at=self.clock.now())
        at = self.clock.now()
        record([seen(Phase.GONE, 5, workload_id=f"t{number}", facts=facts, observed_at=at)], self.ledger, self.clock)

    def maintain(self) -> Any:
        ports = MaintenancePorts(
            scope=SCOPE, reader=self.ledger, store=self.store, coverage=self.store, prices=LIST_PRICES, retention_days=400
        )
        return maintain(ports, self.clock.now(), lambda: False)


def test_maintenance_writes_what_the_stream_did_not_deliver(store: Both) -> None:
    """The archive stood still for a day: the table still has every tombstone, and the maintenance finds the missing ones."""
    here = Deployment(store)
    here.maintain()
    for number in range(10):
        here.clock.advance(HOUR)
        here.end(number)
    keep(store, "b", *(ended(i, NOW + (i + 1) * HOUR, rev=NOW + (i + 1) * HOUR) for i in range(4)))
    here.clock.advance(DAY)
    done = here.maintain()
    assert (done.tombstones, done.caught_up) == (10, 6)
    assert ids(store) == sorted(f"t{i}" for i in range(10))
    assert here.maintain().caught_up == 0


def test_a_young_tombstone_is_left_to_the_stream(store: Both) -> None:
    """Its batch is still filling; the next maintenance looks for it."""
    here = Deployment(store)
    here.end(1)
    assert here.maintain().caught_up == 0
    here.clock.advance(DAY)
    assert here.maintain().caught_up == 1


def test_an_outage_of_the_maintenance_within_three_days_leaves_no_hole_and_a_longer_one_is_known(store: Both) -> None:
    """Tombstones live 72 hours: what ended before that may be missing, and the coverage has the times."""
    here = Deployment(store)
    assert here.maintain().coverage.holes == ()
    here.clock.advance(TOMBSTONE_LIFE - HOUR)
    assert here.maintain().coverage.holes == ()
    here.clock.advance(TOMBSTONE_LIFE + 5 * HOUR)
    (hole,) = here.maintain().coverage.holes
    assert hole.ends - hole.begins == 5 * HOUR


def test_maintenance_keeps_what_lives_beside_the_history(store: Both) -> None:
    """Athena knows the living workloads of that moment; a waiting pod is none yet."""
    here = Deployment(store)
    record([seen(Phase.RUNNING, 2, facts=FULL), seen(Phase.WAITING, 2, workload_id="t2")], here.ledger, here.clock)
    assert here.maintain().living == 1
    body = store.read(f"{folder(SCOPE, root='living/')}living.jsonl.gz")
    assert body is not None
    assert [each.id for each in decode(body)] == ["t1"]


def test_maintenance_compacts_past_days_and_not_today(store: Both) -> None:
    """Today's objects still come."""
    here = Deployment(store)
    keep(store, "a", ended(1, NOW - DAY), ended(2, NOW + MINUTE))
    keep(store, "b", ended(3, NOW - DAY), ended(4, NOW + MINUTE))
    here.clock.advance(HOUR)
    assert [each.day for each in here.maintain().compacted] == ["2025-12-31"]
    assert [each.is_compacted for each in store.objects(SCOPE)] == [True, False, False]
