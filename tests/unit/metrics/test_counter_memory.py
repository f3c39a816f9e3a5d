"""What a publisher reads again, and what it keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.published import MemoryMovedCounters
from fargatecount.counts import Counts
from fargatecount.ledger.record import record
from fargatecount.ledger.store import Bucket, Counter
from fargatecount.metrics.counter_memory import FULL_EVERY, MAX_SHARED, RECENT, CounterMemory, MovedCounters, RememberingReader
from fargatecount.workload import Cluster, Kind, Phase
from tests.support.builders import HOUR, SCOPE, seen
from tests.support.fakes import FakeClock

CLUSTERS = [Cluster(SCOPE, Kind.ECS, f"c{i:03}") for i in range(100)]
BUCKETS = [Bucket(cluster, 0) for cluster in CLUSTERS]


class CountingLedger(MemoryLedger):
    """A ledger that counts the counters that are read."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock=clock)
        self.read = 0

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Count, and return them."""
        self.read += len(buckets)
        return super().read_counters(buckets)


class Publisher:
    """One process that publishes, with a clock that may be wrong."""

    def __init__(self, ledger: CountingLedger, shared: MemoryMovedCounters, clock: FakeClock) -> None:
        self._ledger, self._shared, self._clock = ledger, shared, clock
        self.memory = CounterMemory()

    def tick(self) -> Counts:
        """Do what the pass of the schedule does; return what it shows."""
        self.memory.forget()
        return self.look(checks=True)

    def look(self, named: Iterable[Bucket] = (), *, checks: bool = False) -> Counts:
        """Do what a pass does under the lease; return what it shows."""
        moved = self._shared.moved(SCOPE)
        if named := frozenset(named):
            moved = moved.joined(named)
            self._shared.share(SCOPE, moved)
        reader = RememberingReader(self._ledger, self.memory, moved, self._clock.now())
        shown = Counts.total(counter.counts for counter in reader.read_counters(BUCKETS))
        if checks and reader.correction is not None:
            self._shared.share(SCOPE, reader.correction)
        return shown


class Stage:
    """A hundred clusters with two publishers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = CountingLedger(self.clock)
        self.shared = MemoryMovedCounters()
        self.first = Publisher(self.ledger, self.shared, self.clock)
        self.second = Publisher(self.ledger, self.shared, FakeClock(self.clock.now() + HOUR))
        self._tasks = 0

    def start(self, cluster: int = 0) -> Bucket:
        """Start a task; return the counter that it moved."""
        self._tasks += 1
        record([seen(Phase.RUNNING, cluster=CLUSTERS[cluster], workload_id=f"t{self._tasks}")], self.ledger, self.clock)
        return BUCKETS[cluster]

    def truth(self) -> Counts:
        """Return what all counters add up to."""
        return Counts.total(self.ledger.total(cluster) for cluster in CLUSTERS)


@pytest.fixture
def stage() -> Stage:
    """Return a scope of which both publishers know everything."""
    stage = Stage()
    stage.first.look()
    stage.second.look()
    stage.ledger.read = 0
    return stage


def test_only_what_moved_is_read(stage: Stage) -> None:
    """A change costs one counter, and its whole scope is right."""
    moved = stage.start(7)
    assert stage.first.look([moved]) == stage.truth()
    assert stage.ledger.read == 1


def test_what_one_publisher_learned_another_reads(stage: Stage) -> None:
    """The stream names a counter to one of them, and the clock of the other is an hour ahead."""
    stage.first.look([stage.start(1)])
    assert stage.second.look() == stage.truth()
    stage.second.look([stage.start(2)])
    assert stage.first.look() == stage.truth()


def test_a_lost_record_hides_a_change_for_a_minute_at_most(stage: Stage) -> None:
    """The number of before is shown until the tick, which finds the change and lets all publishers read it, and nothing else."""
    stage.second.tick()
    stage.start(3)
    assert stage.first.look() != stage.truth()
    assert stage.second.tick() == stage.truth()
    stage.ledger.read = 0
    assert stage.first.look() == stage.truth()
    assert stage.ledger.read == 1


def test_a_tick_that_knows_nothing_of_before_lets_all_publishers_read_everything(stage: Stage) -> None:
    """A new execution environment cannot see what has changed since the last tick."""
    stage.start(3)
    assert Publisher(stage.ledger, stage.shared, stage.clock).tick() == stage.truth()
    assert stage.first.look() == stage.truth()


def test_a_tick_without_news_shares_nothing(stage: Stage) -> None:
    """In the quiet the list is not written, and neither is it for what the stream has named."""
    stage.first.look([stage.start(3)])
    before = stage.shared.moved(SCOPE)
    assert stage.second.tick() == stage.truth()
    assert stage.shared.moved(SCOPE) is before


def test_without_ticks_a_lost_record_hides_a_change_for_minutes(stage: Stage) -> None:
    """A schedule that does not run has an alarm; the publishers of the stream then read everything for themselves."""
    stage.start(3)
    stage.clock.advance(FULL_EVERY - 1)
    assert stage.first.look() != stage.truth()
    stage.clock.advance(1)
    assert stage.first.look() == stage.truth()


def test_the_tick_reads_everything(stage: Stage) -> None:
    """A publisher that forgets has no number of before."""
    stage.start(3)
    stage.first.memory.forget()
    assert stage.first.look() == stage.truth()


def test_a_process_that_stood_still_reads_everything(stage: Stage) -> None:
    """A frozen execution environment believes nothing that it knew, and neither does one whose clock was set back."""
    for by in (HOUR, -2 * HOUR):
        stage.start(4)
        stage.clock.advance(by)
        assert stage.first.look() == stage.truth()


def test_counters_that_moved_last_are_read_again(stage: Stage) -> None:
    """They move most likely, and the next record of a busy shard waits while a publisher waits for its turn."""
    stage.first.look([stage.start(5)])
    stage.start(5)
    assert stage.first.look() == stage.truth()


def test_a_list_that_lost_counters_makes_others_read_everything(stage: Stage) -> None:
    """More than the list holds have moved since the other publisher has read them."""
    many = MovedCounters().joined([Bucket(CLUSTERS[0], number) for number in range(MAX_SHARED + 1)])
    assert (len(many.at), many.complete_from) == (MAX_SHARED, 1)
    stage.shared.share(SCOPE, many)
    stage.start(6)
    assert stage.second.look() == stage.truth()
    assert stage.ledger.read == len(BUCKETS)


def test_a_restored_list_makes_all_publishers_read_everything(stage: Stage) -> None:
    """A serial number that goes back is that of another moment of the table."""
    before = stage.shared.moved(SCOPE)
    stage.first.look([stage.start(8)])
    stage.start(9)
    stage.shared.share(SCOPE, before)
    assert stage.first.look() == stage.truth()


steps = st.lists(st.tuples(st.sampled_from(["start", "lose", "first", "second", "tick", "wait"]), st.integers(0, 9)), max_size=60)


@given(steps)
def test_publishers_show_every_change_after_the_next_tick(course: list[tuple[str, int]]) -> None:
    """Each change is named to either publisher in any order, or to none; a look shows the truth once all were named or a tick has come."""
    stage = Stage()
    ticks = Publisher(stage.ledger, stage.shared, FakeClock())
    unnamed: list[Bucket] = []
    lost = False
    for what, number in course:
        if what == "start":
            unnamed.append(stage.start(number))
        elif what == "lose":
            stage.start(number)
            lost = True
        elif what == "wait":
            stage.clock.advance(number * 1_000)
        elif what == "tick":
            assert ticks.tick() == stage.truth()
            lost = False
        else:
            named, unnamed = unnamed[: number + 1], unnamed[number + 1 :]
            shown = (stage.first if what == "first" else stage.second).look(named)
            if not unnamed and not lost:
                assert shown == stage.truth()
    ticks.tick()
    stage.first.look(unnamed)
    assert stage.second.look() == stage.truth()
    assert stage.first.look() == stage.truth()


def test_the_newest_are_recent() -> None:
    """Of the whole list the counters that moved last."""
    moved = MovedCounters().joined(BUCKETS).joined(BUCKETS[:RECENT])
    assert moved.recent() == set(BUCKETS[:RECENT])
    assert msgspec.structs.asdict(moved)["serial"] == 2
