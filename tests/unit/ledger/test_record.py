"""`record`: how observations enter the ledger, and what becomes of them when the table is difficult."""

from __future__ import annotations

import random

import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.counts import Tally
from fargatecount.ledger.contention import BUSY_FOR, Contention
from fargatecount.ledger.record import BACKOFF_CEILING, COLLISION_CEILING, Recorded, record
from fargatecount.ledger.row import MergeOutcome, Row
from fargatecount.ledger.store import MAX_ROWS, Bucket, bucket_of
from fargatecount.workload import Cluster, Kind, Observation, Phase, Scope, WorkloadKey
from tests.support.builders import BATCH, FIRST, HOUR, NOW, SCOPE, WEB, row, seen, unknown_to_api
from tests.support.fakes import FakeClock, TroubledLedger

RUNNING, STOPPING, GONE = Phase.RUNNING, Phase.STOPPING, Phase.GONE
APPLIED = MergeOutcome.APPLIED


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock of the test's own."""
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> TroubledLedger:
    """Return a ledger in memory that can be troubled."""
    return TroubledLedger(MemoryLedger(clock=clock))


def enter(store: TroubledLedger, clock: FakeClock, *observations: Observation, attempts: int = 100) -> Recorded:
    """Record with a seeded jitter."""
    return record(observations, store, clock, attempts=attempts, jitter=random.Random(0))


def row_of(store: TroubledLedger, workload_id: str = "t1", cluster: Cluster = WEB) -> Row | None:
    """Return the row of a workload."""
    key = WorkloadKey(cluster, workload_id)
    return store.inner.read_rows([key]).get(key)


def test_the_row_and_the_counter_say_the_same(store: TroubledLedger, clock: FakeClock) -> None:
    """An event of an unknown task is one row and one in the counter."""
    assert enter(store, clock, seen(RUNNING)) == Recorded((APPLIED,))
    assert row_of(store) == row(RUNNING)
    assert store.inner.total(WEB).running == Tally(1, 256, 512)


def test_a_task_that_stopped_leaves_the_counter(store: TroubledLedger, clock: FakeClock) -> None:
    """Adding and taking away leaves nothing."""
    enter(store, clock, seen(RUNNING, 1))
    enter(store, clock, seen(GONE, 2))
    assert not store.inner.total(WEB)


def test_outcomes_come_in_the_order_given(store: TroubledLedger, clock: FakeClock) -> None:
    """A caller finds the fate of each observation at its position, however they were grouped."""
    enter(store, clock, seen(RUNNING, 5, workload_id="known"))
    recorded = enter(
        store,
        clock,
        seen(STOPPING, 2, workload_id="new"),
        seen(RUNNING, 4, workload_id="known"),
        seen(RUNNING, 1, workload_id="new"),
        seen(RUNNING, 5, workload_id="known"),
        seen(RUNNING, 1, workload_id="old", observed_at=NOW - 50 * HOUR),
    )
    assert recorded.outcomes == (APPLIED, MergeOutcome.STALE, MergeOutcome.SUPERSEDED, MergeOutcome.DUPLICATE, MergeOutcome.TOO_OLD)
    assert recorded.unfinished == ()


def test_nothing_to_record_asks_nothing_of_the_table(store: TroubledLedger, clock: FakeClock) -> None:
    """A batch of events that are not on Fargate costs no read."""
    store.turn_away_reads()
    assert enter(store, clock) == Recorded(())


def test_nothing_new_writes_nothing(store: TroubledLedger, clock: FakeClock) -> None:
    """A duplicate costs a read and no transaction."""
    enter(store, clock, seen(RUNNING))
    assert enter(store, clock, seen(RUNNING)).outcomes == (MergeOutcome.DUPLICATE,)
    assert len(store.transactions) == 1


def test_clusters_become_known(store: TroubledLedger, clock: FakeClock) -> None:
    """Recording registers every cluster of the batch with its scope."""
    elsewhere = Cluster(Scope("210987654321", "us-east-1"), Kind.EKS, "pods")
    enter(store, clock, seen(cluster=WEB), seen(cluster=BATCH), seen(cluster=elsewhere))
    assert store.inner.scopes() == [SCOPE, elsewhere.scope]
    assert [state.cluster for state in store.inner.clusters(SCOPE)] == [BATCH, WEB]


def test_one_id_in_two_clusters_is_two_workloads(store: TroubledLedger, clock: FakeClock) -> None:
    """A workload is known by cluster and id."""
    enter(store, clock, seen(cluster=WEB), seen(GONE, cluster=BATCH))
    assert store.inner.total(WEB).running.count == 1
    assert row_of(store, cluster=BATCH) == row(GONE)


# Transactions


@pytest.mark.parametrize(("rows", "sizes"), [(99, [99]), (100, [99, 1]), (250, [99, 99, 52])])
def test_many_rows_are_several_transactions(store: TroubledLedger, clock: FakeClock, rows: int, sizes: list[int]) -> None:
    """DynamoDB takes 100 actions, and the counter is one of them."""
    recorded = enter(store, clock, *(seen(workload_id=f"t{i}") for i in range(rows)))
    assert [sum(transaction.values()) for transaction in store.transactions] == sizes
    assert set(recorded.outcomes) == {APPLIED}
    assert store.inner.total(WEB).running == Tally(rows, 256 * rows, 512 * rows)
    assert MAX_ROWS == 99


def test_a_batch_is_one_transaction(clock: FakeClock) -> None:
    """Rows of several buckets and clusters are written at once, and each bucket's counter is the sum of its own rows."""
    store = TroubledLedger(MemoryLedger(buckets=4, clock=clock))
    enter(store, clock, *(seen(workload_id=f"t{i}", cluster=cluster) for i in range(20) for cluster in (WEB, BATCH)))
    buckets = [Bucket(cluster, number) for cluster in (BATCH, WEB) for number in range(4)]
    assert [sorted(transaction) for transaction in store.transactions] == [buckets]
    for bucket in buckets:
        counter = store.inner.read_counter(bucket)
        assert counter is not None
        assert counter.counts.running.count == len(list(store.inner.rows_of(bucket))) > 0


def test_a_batch_that_meets_another_writer_is_written_in_parts(clock: FakeClock) -> None:
    """What the table did not refuse is written at once; the bucket in question after a pause, and apart from others for a while."""
    store = TroubledLedger(MemoryLedger(buckets=4, clock=clock))
    contention = Contention()
    busy = Bucket(WEB, 2)
    others = {Bucket(WEB, 0), Bucket(WEB, 1), Bucket(WEB, 3)}
    store.busy(1, busy)

    def write(*names: str) -> list[set[Bucket]]:
        before = len(store.transactions)
        seen_now = [seen(workload_id=f"{name}{i}") for name in names for i in range(20)]
        assert record(seen_now, store, clock, jitter=random.Random(0), contention=contention).unfinished == ()
        return [set(transaction) for transaction in store.transactions[before:]]

    assert write("first") == [others, {busy}]
    assert len(clock.slept) == 1
    assert write("second") == [{busy}, others]
    clock.advance(BUSY_FOR)
    assert write("third") == [others | {busy}]


def test_a_refusal_that_names_no_bucket_means_all_of_them(clock: FakeClock) -> None:
    """A table that throttles a whole request is asked for less at once."""
    store = TroubledLedger(MemoryLedger(buckets=2, clock=clock))
    store.busy(1)
    enter(store, clock, *(seen(workload_id=f"t{i}") for i in range(20)))
    assert [set(transaction) for transaction in store.transactions] == [{Bucket(WEB, 0)}, {Bucket(WEB, 1)}]


# Trouble


def test_a_busy_table_is_tried_again(store: TroubledLedger, clock: FakeClock) -> None:
    """A conflict wrote nothing: the same write is tried again after a pause."""
    store.busy(2)
    assert enter(store, clock, seen(RUNNING)) == Recorded((APPLIED,), retries=2)
    assert len(clock.slept) == 2


def test_a_row_overtaken_by_a_newer_word_becomes_stale(store: TroubledLedger, clock: FakeClock) -> None:
    """Another writer ends the task between read and commit: the observation is decided again, and counts nothing."""
    store.meddle(lambda: record([seen(GONE, 9)], store.inner, clock))
    assert enter(store, clock, seen(RUNNING, 5)).outcomes == (MergeOutcome.STALE,)
    assert row_of(store) == row(GONE, 9)
    assert not store.inner.total(WEB)


def test_a_row_overtaken_by_an_older_word_is_written_over_it(store: TroubledLedger, clock: FakeClock) -> None:
    """Two writers that read the same row count its change once."""
    store.meddle(lambda: record([seen(RUNNING, 1)], store.inner, clock))
    assert enter(store, clock, seen(STOPPING, 2)).outcomes == (APPLIED,)
    assert row_of(store) == row(STOPPING, 2, rev=clock.now(), written_at=clock.now())
    assert store.inner.total(WEB).held.count == 1


def test_the_others_of_an_overtaken_transaction_are_written_too(store: TroubledLedger, clock: FakeClock) -> None:
    """One overtaken row cancels the whole transaction, and all of it is tried again."""
    store.meddle(lambda: record([seen(GONE, 9, workload_id="t2")], store.inner, clock))
    recorded = enter(store, clock, *(seen(workload_id=f"t{i}") for i in range(4)))
    assert recorded.outcomes == (APPLIED, APPLIED, MergeOutcome.STALE, APPLIED)
    assert store.inner.total(WEB).running.count == 3


def test_a_lost_answer_is_not_counted_twice(store: TroubledLedger, clock: FakeClock) -> None:
    """The transaction was written and the answer lost: the rows are read again, and show that it is done."""
    store.lose_the_answer()
    assert enter(store, clock, seen(RUNNING)) == Recorded((MergeOutcome.DUPLICATE,), retries=1)
    assert store.inner.total(WEB).running == Tally(1, 256, 512)


def test_a_commit_without_an_answer_is_tried_again(store: TroubledLedger, clock: FakeClock) -> None:
    """Nothing was written, which only a read can show."""
    store.turn_away_commits()
    assert enter(store, clock, seen(RUNNING)).outcomes == (APPLIED,)
    assert store.inner.total(WEB).running.count == 1


def test_a_failed_read_decides_nothing(store: TroubledLedger, clock: FakeClock) -> None:
    """Could not look is not "there is no row": the event waits for a read that answers."""
    enter(store, clock, seen(GONE, 9))
    store.turn_away_reads(2)
    assert enter(store, clock, seen(RUNNING, 5)) == Recorded((MergeOutcome.STALE,), retries=2)


def test_after_enough_attempts_the_rest_comes_back(store: TroubledLedger, clock: FakeClock) -> None:
    """What could not be finished is named by its position, and the caller has it delivered again."""
    enter(store, clock, seen(RUNNING, workload_id="done"))
    store.busy(3)
    recorded = enter(store, clock, seen(workload_id="open"), seen(workload_id="done"), seen(STOPPING, 2, workload_id="open"), attempts=3)
    assert recorded == Recorded((None, MergeOutcome.DUPLICATE, None), retries=2)
    assert recorded.unfinished == (0, 2)


def test_a_table_that_never_answers_leaves_everything_unfinished(store: TroubledLedger, clock: FakeClock) -> None:
    """No read, no outcome."""
    store.turn_away_reads(99)
    assert enter(store, clock, seen(), seen(workload_id="t2")).unfinished == (0, 1)


def test_pauses_grow_with_jitter_up_to_a_ceiling(store: TroubledLedger, clock: FakeClock) -> None:
    """Each pause is drawn from zero to twice the bound of the one before, so that colliding writers part."""
    store.turn_away_reads(11)
    enter(store, clock, seen())
    assert len(clock.slept) == 11
    assert all(pause <= min(BACKOFF_CEILING, 0.02 * 2**n) for n, pause in enumerate(clock.slept, start=1))
    assert len(set(clock.slept)) == 11


def test_a_busy_table_is_waited_for_less_than_a_silent_one(store: TroubledLedger, clock: FakeClock) -> None:
    """A writer that collides succeeds within a few transactions, so the pauses stay short however often it happens."""
    store.busy(40)
    enter(store, clock, seen())
    assert len(clock.slept) == 40
    assert all(pause <= COLLISION_CEILING for pause in clock.slept)


def test_what_is_written_gives_the_rest_new_patience(clock: FakeClock) -> None:
    """A busy bucket is not given up while others of the batch get on."""
    divided = TroubledLedger(MemoryLedger(buckets=2, clock=clock))
    first = next(f"t{i}" for i in range(99) if bucket_of(WorkloadKey(WEB, f"t{i}"), 2).number == 0)
    second = next(f"t{i}" for i in range(99) if bucket_of(WorkloadKey(WEB, f"t{i}"), 2).number == 1)
    divided.busy(3)  # both together, then each
    divided.meddle(lambda: None)  # the first is written
    divided.busy(3)  # the second, three times
    recorded = enter(divided, clock, seen(workload_id=first), seen(workload_id=second), attempts=3)
    assert recorded == Recorded((APPLIED, APPLIED), retries=5)


# The caller's time


def test_no_time_left_starts_nothing(store: TroubledLedger, clock: FakeClock) -> None:
    """A caller out of time gets everything back."""
    assert record([seen()], store, clock, stop=lambda: True) == Recorded((None,))
    assert row_of(store) is None


def test_stopping_in_the_middle_keeps_what_was_written(store: TroubledLedger, clock: FakeClock) -> None:
    """`stop` is asked before every transaction: those before it count, the rest comes back whole."""
    recorded = record([seen(workload_id=f"t{i}") for i in range(250)], store, clock, stop=lambda: len(store.transactions) == 2)
    assert [sum(transaction.values()) for transaction in store.transactions] == [99, 99]
    assert len(recorded.unfinished) == 52
    assert store.inner.total(WEB).running.count == 198
    written = sum(outcome is APPLIED for outcome in recorded.outcomes)
    assert written == 198


def test_what_needs_no_write_is_finished_even_when_time_runs_out(store: TroubledLedger, clock: FakeClock) -> None:
    """A duplicate is done once it was looked up."""
    enter(store, clock, seen(workload_id="known"))
    asked = iter([False, True, True])
    recorded = record([seen(workload_id="new"), seen(workload_id="known")], store, clock, stop=lambda: next(asked))
    assert recorded.outcomes == (None, MergeOutcome.DUPLICATE)


def test_an_inference_falls_when_the_row_changes_before_the_commit(store: TroubledLedger, clock: FakeClock) -> None:
    """MISSING was drawn from revision 1; an event makes it revision 2 before we write; the task lives."""
    enter(store, clock, seen(RUNNING, 1))
    store.meddle(lambda: record([seen(STOPPING, 2)], store.inner, clock))
    assert enter(store, clock, unknown_to_api(since_rev=FIRST)).outcomes == (MergeOutcome.STALE,)
    assert store.inner.total(WEB).held.count == 1
