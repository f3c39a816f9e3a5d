"""A rebuild and the writers that it meets: whatever was read before, and however long it was held, nothing is counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from moto import mock_aws

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.clock import Clock
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Committed, Conflict, Write, bucket_of
from fargatecount.reconcile.clearing import RebuildLedger
from fargatecount.reconcile.rebuild import rebuild
from fargatecount.workload import Cluster, Kind, Phase, SourceRank, WorkloadKey
from tests.support.builders import HOUR, SCOPE, WEB, row, seen, told_by_api
from tests.support.earlier_release import BeforeTheFence
from tests.support.fakes import FakeClock, TroubledStore
from tests.support.rebuilding import SleepHook, Truth, check_everywhere, rows_everywhere
from tests.support.tables import REGION, create_table, open_dynamodb

RUNNING, STOPPING, GONE = Phase.RUNNING, Phase.STOPPING, Phase.GONE
LATE = Cluster(SCOPE, Kind.ECS, "late")


class OpenLedger(Protocol):
    """Opens the ledger as another process does."""

    def __call__(self, clock: Clock, buckets: int = 1) -> RebuildLedger:
        """Return it."""
        ...


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """Return a client of a DynamoDB in this process."""
    with mock_aws():
        yield open_dynamodb()


@pytest.fixture(params=["memory", "dynamodb"])
def open_ledger(request: pytest.FixtureRequest) -> OpenLedger:
    """Return how to open the test's own ledger."""
    if request.param == "memory":
        opened: list[MemoryLedger] = []

        def in_memory(clock: Clock, buckets: int = 1) -> RebuildLedger:
            opened.extend([] if opened else [MemoryLedger(buckets, clock=clock)])
            return opened[0]

        return in_memory
    table = create_table(request.getfixturevalue("dynamodb"))

    def in_dynamodb(clock: Clock, buckets: int = 1) -> RebuildLedger:
        return DynamoLedger(table, REGION, buckets=buckets, clock=clock)

    return in_dynamodb


@pytest.fixture
def clock() -> SleepHook:
    """Return the clock of the rebuild and of AWS."""
    return SleepHook()


def plant(ledger: RebuildLedger, workload_id: str, planted: Row, over: Row | None = None) -> None:
    """Write a row directly."""
    ledger.register(WEB)
    bucket = bucket_of(WorkloadKey(WEB, workload_id), ledger.buckets)
    assert ledger.commit({bucket: [Write(workload_id, planted, over)]}) == Committed()


def run(ledger: RebuildLedger, truth: Truth, clock: FakeClock, buckets: int | None = None) -> None:
    """Run a rebuild that succeeds."""
    clock.advance(1)
    results = rebuild(SCOPE, ledger, [truth], clock, buckets=buckets)
    assert [result.reason for result in results if result.reason] == []


@pytest.mark.parametrize("small", [True, False], ids=["row of an earlier release", "row of this release"])
def test_a_commit_over_a_row_that_was_rebuilt_is_overtaken(open_ledger: OpenLedger, clock: SleepHook, *, small: bool) -> None:
    """A writer that read the false row decides again, instead of adding the false row's delta to the counter."""
    ledger = open_ledger(clock)
    false = row(RUNNING, 9_000, rev=1) if small else row(RUNNING, 9_000)
    plant(ledger, "t1", false)
    truth = Truth(clock, told_by_api(Phase.PENDING, 3))
    writer = TroubledStore(ledger)
    writer.meddle(lambda: run(ledger, truth, clock))
    record([seen(STOPPING, 9_001)], writer, FakeClock())
    assert check_everywhere(ledger, WEB).tally(phases=[STOPPING]).count == 1


def test_a_commit_over_a_row_that_was_deleted_and_made_again_is_overtaken(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """A revision never comes back, whether a rebuild or time to live deleted the row."""
    ledger = open_ledger(clock)
    record([seen(RUNNING, 3)], ledger, clock)
    ((_, dead),) = ledger.rows_of(Bucket(WEB, 0))
    assert ledger.discard(Bucket(WEB, 0), {"t1": dead}) == Committed()
    clock.advance(1)
    record([seen(Phase.PENDING, 1)], ledger, clock)
    stale = Write("t1", row(STOPPING, 4, rev=dead.rev + 1), dead)
    assert ledger.commit({Bucket(WEB, 0): [stale]}) == Conflict(frozenset({WorkloadKey(WEB, "t1")}))
    check_everywhere(ledger, WEB)


def test_a_tombstone_that_expired_and_came_back_is_another(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """A writer that held a tombstone for longer than its life does not write over the row that was made since."""
    ledger = open_ledger(clock)
    record([seen(GONE, 4)], ledger, clock)
    ((_, dead),) = ledger.rows_of(Bucket(WEB, 0))
    ledger.discard(Bucket(WEB, 0), {"t1": dead})
    clock.advance(72 * HOUR)
    record([told_by_api(RUNNING, 5)], ledger, clock)
    revived = Write("t1", row(RUNNING, 5, rev=dead.rev + 1, source=SourceRank.API), dead)
    assert ledger.commit({Bucket(WEB, 0): [revived]}) == Conflict(frozenset({WorkloadKey(WEB, "t1")}))
    assert check_everywhere(ledger, WEB).running.count == 1


def test_an_end_that_arrives_while_aws_is_asked_stands(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """A tombstone that is newer than AWS's answer is not discarded, so the older answer does not revive the task."""
    ledger = open_ledger(clock)
    plant(ledger, "t1", row(RUNNING, 9_000))
    truth = Truth(clock, told_by_api(RUNNING, 3))
    truth.before_answer = lambda: record([seen(GONE, 4)], ledger, clock)
    run(ledger, truth, clock)
    assert [found.phase for found in rows_everywhere(ledger, WEB).values()] == [GONE]


def test_a_false_row_that_only_gains_facts_meanwhile_is_still_false(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """A late event that fills a gap of the row does not make its state newer than AWS's answer."""
    ledger = open_ledger(clock)
    plant(ledger, "t1", row(RUNNING, 9_000, facts=row(GONE).facts))
    truth = Truth(clock, told_by_api(Phase.PENDING, 3))
    truth.before_answer = lambda: record([seen(RUNNING, 2)], ledger, clock)
    run(ledger, truth, clock)
    assert [(found.phase, found.version) for found in rows_everywhere(ledger, WEB).values()] == [(Phase.PENDING, 3)]


@pytest.mark.parametrize(("before", "after"), [(4, 1), (2, 3)])
def test_a_cluster_that_an_earlier_release_first_sees_during_the_wait_is_rebuilt_too(
    dynamodb: Any, clock: SleepHook, before: int, after: int
) -> None:
    """The clusters are listed again after the wait, and rows that lie in a wrong bucket are moved."""
    table = create_table(dynamodb)
    ledger = DynamoLedger(table, REGION, buckets=before, clock=clock)
    earlier = BeforeTheFence(table, REGION, buckets=before, clock=FakeClock())
    ids = [f"t{i}" for i in range(12)]
    record([seen(workload_id=i) for i in ids], earlier, clock)
    truth = Truth(clock, *(told_by_api(workload_id=i) for i in ids))

    def meet_a_new_cluster() -> None:
        record([seen(workload_id=i, cluster=LATE) for i in ids], earlier, clock)
        truth.tasks += [told_by_api(workload_id=i, cluster=LATE) for i in ids]

    clock.during_wait = meet_a_new_cluster
    run(ledger, truth, clock, after)
    assert check_everywhere(ledger, WEB, LATE).running.count == 24


@pytest.mark.parametrize(("before", "after"), [(4, 1), (2, 3)])
def test_a_cluster_first_seen_during_the_wait_is_rebuilt_too(open_ledger: OpenLedger, clock: SleepHook, before: int, after: int) -> None:
    """A writer that still uses the old number of buckets leaves no row in a bucket that is no longer read."""
    ledger = open_ledger(clock, before)
    ids = [f"t{i}" for i in range(12)]
    record([seen(workload_id=i) for i in ids], ledger, clock)
    truth = Truth(clock, *(told_by_api(workload_id=i) for i in ids))
    slow = open_ledger(FakeClock(), before)
    assert slow.buckets == before

    def meet_a_new_cluster() -> None:
        truth.tasks += [told_by_api(workload_id=i, cluster=LATE) for i in ids]
        record([seen(workload_id=i, cluster=LATE) for i in ids], slow, clock)

    clock.during_wait = meet_a_new_cluster
    run(ledger, truth, clock, after)
    assert ledger.buckets == after
    assert check_everywhere(ledger, WEB, LATE).running.count == 24


@pytest.mark.parametrize("cluster", [WEB, LATE], ids=["known cluster", "cluster first seen"])
@pytest.mark.parametrize(("before", "after"), [(4, 1), (2, 3)])
def test_a_writer_frozen_across_a_rebuild_counts_once(
    open_ledger: OpenLedger, clock: SleepHook, before: int, after: int, cluster: Cluster
) -> None:
    """A writer that stops between its decision and its commit, for longer than the wait, starts over with the new layout."""
    ledger = open_ledger(clock, before)
    ids = [f"t{i}" for i in range(12)]
    record([seen(workload_id="other")], ledger, clock)
    truth = Truth(clock, told_by_api(workload_id="other"))
    frozen = TroubledStore(open_ledger(FakeClock(), before))

    def thaw_much_later() -> None:
        truth.tasks += [told_by_api(workload_id=i, cluster=cluster) for i in ids]
        run(ledger, truth, clock, after)

    frozen.meddle(thaw_much_later)
    assert record([seen(workload_id=i, cluster=cluster) for i in ids], frozen, clock).unfinished == ()
    assert check_everywhere(ledger, WEB, cluster).running.count == 13


def test_a_layout_that_changes_between_read_and_write_is_noticed(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """Version 3 does not overwrite version 4 in another bucket whose revision happens to be the same."""
    ledger = open_ledger(clock, 1)
    late = TroubledStore(ledger)
    plant(ledger, "t1", row(Phase.PENDING, 1, rev=1))
    plant(ledger, "t1", row(Phase.PENDING, 2, rev=2), row(Phase.PENDING, 1, rev=1))

    def move_on() -> None:
        run(ledger, Truth(clock, told_by_api(Phase.PENDING, 2)), clock, 5)
        bucket = bucket_of(WorkloadKey(WEB, "t1"), ledger.buckets)
        ((_, moved),) = ledger.rows_of(bucket)
        ledger.discard(bucket, {"t1": moved})
        plant(ledger, "t1", row(STOPPING, 4, rev=2))

    late.meddle_after_read(move_on)
    record([seen(RUNNING, 3)], late, clock)
    assert [(found.phase, found.version) for found in rows_everywhere(ledger, WEB).values()] == [(STOPPING, 4)]
    check_everywhere(ledger, WEB)


def test_a_tombstone_lands_where_late_events_find_it(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """The end of an unknown workload moves no counter, and a frozen writer still writes it by the new layout."""
    ledger = open_ledger(clock, 4)
    record([seen(workload_id=f"t{i}") for i in range(8)], ledger, clock)
    truth = Truth(clock, *(told_by_api(workload_id=f"t{i}") for i in range(8)))
    frozen = TroubledStore(open_ledger(FakeClock(), 4))
    frozen.meddle(lambda: run(ledger, truth, clock, 1))
    record([seen(GONE, 4, workload_id="x3")], frozen, clock)
    record([seen(RUNNING, 3, workload_id="x3")], ledger, clock)
    assert check_everywhere(ledger, WEB).running.count == 8
    assert bucket_of(WorkloadKey(WEB, "x3"), 4).number != 0


def test_an_inferred_tombstone_moves_to_its_bucket(open_ledger: OpenLedger, clock: SleepHook) -> None:
    """It stays inferred: an event does not undo it, and an answer of the API does."""
    ledger = open_ledger(clock, 4)
    plant(ledger, "x3", row(GONE, 4, inferred=True))
    run(ledger, Truth(clock), clock, 1)
    record([seen(RUNNING, 3, workload_id="x3")], ledger, clock)
    assert [(found.phase, found.inferred) for found in rows_everywhere(ledger, WEB).values()] == [(GONE, True)]
    record([told_by_api(RUNNING, 5, workload_id="x3")], ledger, clock)
    assert check_everywhere(ledger, WEB).running.count == 1
