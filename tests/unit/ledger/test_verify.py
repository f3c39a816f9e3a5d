"""Verify: counters against rows, with a verdict only where there is a moment at which both were true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.counts import EMPTY, Counts
from fargatecount.ledger.clusters import ClusterState
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Counter
from fargatecount.ledger.verify import BucketFinding, VerifyResult, judge, verify, verify_bucket
from fargatecount.workload import Kind, Millis, Phase, Scope
from tests.support.builders import BATCH, SIZE, WEB, row, seen
from tests.support.fakes import FakeClock

BUCKET = Bucket(WEB, 0)
ONE = Counts.of(Phase.RUNNING, SIZE)
EQUAL, DIFFERENT, UNDECIDED, REPAIRED = VerifyResult.EQUAL, VerifyResult.DIFFERENT, VerifyResult.UNDECIDED, VerifyResult.REPAIRED

JUDGEMENTS = [
    ("counter and rows agree", Counter(3, ONE), [row()], Counter(3, ONE), EQUAL),
    ("nothing there at all", Counter(), [], Counter(), EQUAL),
    ("tombstones count nothing", Counter(4, ONE), [row(), row(Phase.GONE, 2)], Counter(4, ONE), EQUAL),
    ("a row too many", Counter(3, ONE), [row(), row()], Counter(3, ONE), DIFFERENT),
    ("a row too few", Counter(3, ONE), [], Counter(3, ONE), DIFFERENT),
    ("right number, wrong phase", Counter(3, ONE), [row(Phase.STOPPING)], Counter(3, ONE), DIFFERENT),
    ("the counter moved meanwhile", Counter(3, ONE), [row()], Counter(4, ONE), UNDECIDED),
    ("it moved and came back to the same sum", Counter(3, ONE), [], Counter(5, ONE), UNDECIDED),
    ("a transaction was at work before", None, [row()], Counter(3, ONE), UNDECIDED),
    ("a transaction was at work after", Counter(3, ONE), [row()], None, UNDECIDED),
]


@pytest.mark.parametrize(("before", "rows", "after", "verdict"), [case[1:] for case in JUDGEMENTS], ids=[case[0] for case in JUDGEMENTS])
def test_judge(before: Counter | None, rows: list[Row], after: Counter | None, verdict: VerifyResult) -> None:
    """A bucket is equal or different only if its counter's `seq` stood still while the rows were read."""
    assert judge(before, rows, after, BUCKET).verdict is verdict


def test_a_finding_shows_both_sides() -> None:
    """Counter, recount, living rows and tombstones are all there to be printed."""
    found = judge(Counter(3, ONE), [row(), row(), row(Phase.GONE, 2)], Counter(3, ONE), BUCKET)
    assert found == BucketFinding(BUCKET, DIFFERENT, ONE, ONE + ONE, workloads=2, tombstones=1)


class BusyReader:
    """A ledger on which another writer acts whenever its rows are read."""

    def __init__(self, inner: MemoryLedger, acts: Sequence[Callable[[], object]] = ()) -> None:
        self.inner = inner
        self._acts = list(acts)
        self.conflicts = 0
        """How many of the next reads of the counter meet a transaction at work."""

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has."""
        return self.inner.buckets

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes."""
        return self.inner.scopes()

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the clusters."""
        return self.inner.clusters(scope)

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters were last known."""
        return self.inner.discoveries(scope)

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when the first full pass ended."""
        return self.inner.first_pass(scope)

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter, or None where a transaction is at work."""
        if self.conflicts:
            self.conflicts -= 1
            return None
        return self.inner.read_counter(bucket)

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return the counters."""
        return self.inner.read_counters(buckets)

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return the rows as they were before the next act."""
        rows = self.inner.rows_of(bucket)
        if self._acts:
            self._acts.pop(0)()
        return rows

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Replace the counter, after the next act."""
        if self._acts:
            self._acts.pop(0)()
        return self.inner.replace_counter(bucket, over, counts)


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock of the test's own."""
    return FakeClock()


@pytest.fixture
def ledger(clock: FakeClock) -> MemoryLedger:
    """Return a ledger with one running task."""
    ledger = MemoryLedger(clock=clock)
    record([seen()], ledger, clock)
    return ledger


def spoil(ledger: MemoryLedger) -> None:
    """Make the counter wrong, as only a defect could."""
    counter = ledger.read_counter(BUCKET)
    assert counter is not None
    assert ledger.replace_counter(BUCKET, counter, counter.counts + ONE)


def test_a_quiet_ledger_is_equal(ledger: MemoryLedger, clock: FakeClock) -> None:
    """What record wrote adds up."""
    assert verify_bucket(ledger, BUCKET, clock) == BucketFinding(BUCKET, EQUAL, ONE, ONE, workloads=1, tombstones=0)


def test_a_wrong_counter_is_found(ledger: MemoryLedger, clock: FakeClock) -> None:
    """A counter that is not the sum of its rows is different, at the first look."""
    spoil(ledger)
    assert verify_bucket(ledger, BUCKET, clock).verdict is DIFFERENT
    assert clock.slept == []


def test_verify_writes_nothing_unless_asked(ledger: MemoryLedger, clock: FakeClock) -> None:
    """Without repair a wrong counter stays as it is, to be looked at."""
    spoil(ledger)
    verify_bucket(ledger, BUCKET, clock)
    assert ledger.total(WEB) == ONE + ONE


def test_a_busy_bucket_is_looked_at_again(ledger: MemoryLedger, clock: FakeClock) -> None:
    """A counter that moved during the recount gives no verdict; the next look does."""
    reader = BusyReader(ledger, [lambda: record([seen(workload_id="t2")], ledger, clock)])
    assert verify_bucket(reader, BUCKET, clock) == BucketFinding(BUCKET, EQUAL, ONE + ONE, ONE + ONE, workloads=2, tombstones=0)
    assert len(clock.slept) == 1


def test_a_task_that_comes_as_another_goes_is_noticed(ledger: MemoryLedger, clock: FakeClock) -> None:
    """The sum stays the same, the sequence does not: no verdict is drawn from half of the change."""
    reader = BusyReader(ledger, [lambda: record([seen(workload_id="t2"), seen(Phase.GONE, 2)], ledger, clock)])
    assert verify_bucket(reader, BUCKET, clock, tries=1).verdict is UNDECIDED


def test_a_counter_in_a_transaction_is_looked_at_again(ledger: MemoryLedger, clock: FakeClock) -> None:
    """A read that meets a transaction at work is no error, only no answer yet."""
    reader = BusyReader(ledger)
    reader.conflicts = 2
    assert verify_bucket(reader, BUCKET, clock).verdict is EQUAL


def test_a_bucket_that_never_rests_is_undecided(ledger: MemoryLedger, clock: FakeClock) -> None:
    """After the last attempt the result is undecided."""
    reader = BusyReader(ledger, [partial(record, [seen(workload_id=f"n{i}")], ledger, clock) for i in range(9)])
    assert verify_bucket(reader, BUCKET, clock, tries=3).verdict is UNDECIDED


def test_repair_makes_the_counter_the_sum_of_its_rows(ledger: MemoryLedger, clock: FakeClock) -> None:
    """A repaired counter verifies as equal."""
    spoil(ledger)
    assert verify_bucket(ledger, BUCKET, clock, repair=True).verdict is REPAIRED
    assert verify_bucket(ledger, BUCKET, clock).verdict is EQUAL


def test_repair_of_a_right_counter_leaves_it_alone(ledger: MemoryLedger, clock: FakeClock) -> None:
    """Nothing to repair is not repaired."""
    before = ledger.read_counter(BUCKET)
    assert verify_bucket(ledger, BUCKET, clock, repair=True).verdict is EQUAL
    assert ledger.read_counter(BUCKET) == before


def test_repair_never_overwrites_a_transaction(ledger: MemoryLedger, clock: FakeClock) -> None:
    """A task recorded between the recount and the repair makes the repair start again, and is counted."""
    spoil(ledger)
    reader = BusyReader(ledger, [lambda: None, lambda: record([seen(workload_id="t2")], ledger, clock)])
    assert verify_bucket(reader, BUCKET, clock, repair=True).verdict is REPAIRED
    assert ledger.total(WEB) == ONE + ONE


def test_a_repair_that_never_gets_through_is_undecided(ledger: MemoryLedger, clock: FakeClock) -> None:
    """A repair that lost every race is not claimed."""
    spoil(ledger)
    acts = [act for i in range(3) for act in (lambda: None, partial(record, [seen(workload_id=f"n{i}")], ledger, clock))]
    assert verify_bucket(BusyReader(ledger, acts), BUCKET, clock, tries=3, repair=True).verdict is UNDECIDED


def test_verify_goes_through_every_bucket(clock: FakeClock) -> None:
    """One finding per bucket of each cluster, also of those that are empty."""
    ledger = MemoryLedger(buckets=3, clock=clock)
    record([seen(workload_id=f"t{i}") for i in range(9)], ledger, clock)
    findings = list(verify(ledger, [WEB, BATCH], clock))
    assert [found.bucket for found in findings] == [Bucket(cluster, number) for cluster in (WEB, BATCH) for number in range(3)]
    assert {found.verdict for found in findings} == {EQUAL}
    assert sum(found.workloads for found in findings) == 9
    assert findings[3] == BucketFinding(Bucket(BATCH, 0), EQUAL, EMPTY, EMPTY, workloads=0, tombstones=0)
