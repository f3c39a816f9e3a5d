"""Concurrent writers over the ledger in memory: many runs, because each is cheap."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Commit, Contended, Transaction
from fargatecount.workload import LIVING, Cluster, Phase, SourceRank, WorkloadKey
from tests.convergence.delivery import WRITERS, Batch, Deliveries, Move, batches, courses
from tests.convergence.stage import Died, Luck, Stage, StageClock
from tests.convergence.watchman import Watchman
from tests.support.builders import BATCH, WEB, seen
from tests.support.effort import tries
from tests.support.oracle import told_by, truth, truths
from tests.support.strategies import inferred, said

CLUSTERS = (WEB, BATCH)
IDS = ("t1", "t2", "t3")


class HarshLedger:
    """A ledger in memory that is as difficult as DynamoDB at its worst."""

    def __init__(self, inner: MemoryLedger, stage: Stage) -> None:
        self._inner = inner
        self._stage = stage

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has."""
        return self._inner.buckets

    def register(self, cluster: Cluster) -> None:
        """Remember the cluster."""
        self._inner.register(cluster)

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows, or fail."""
        if self._stage.pause("a read") is not Luck.GOOD:
            raise UnavailableError("the read did not answer")
        return self._inner.read_rows(keys)

    def commit(self, transaction: Transaction) -> Commit:
        """Write, or not, and say so, or not."""
        luck = self._stage.pause("a commit")
        if luck in {Luck.CONFLICT, Luck.THROTTLED}:
            # The table names what was refused in one case, and only says that it was in the other.
            return Contended(frozenset({min(transaction)}) if luck is Luck.CONFLICT and len(transaction) > 1 else frozenset())
        if luck is Luck.TURNED_AWAY:
            raise UnavailableError("no connection")
        result = self._inner.commit(transaction)
        if luck is Luck.ANSWER_LOST:
            raise UnavailableError("the answer was lost")
        if luck is Luck.DEATH_AFTER:
            raise Died
        return result


class Play:
    """Three writers over one ledger, watched after every step."""

    def __init__(self, buckets: int = 1) -> None:
        stage = Stage()
        self._clock = StageClock(stage)
        ledger = MemoryLedger(buckets, clock=self._clock)
        self._watchman = Watchman(ledger, CLUSTERS)
        self._deliveries = Deliveries(stage, [HarshLedger(ledger, stage)] * WRITERS, self._clock)

    def deliver(self, deliveries: list[Batch], course: list[Move]) -> dict[WorkloadKey, Row]:
        """Deliver everything to completion; return the rows."""
        self._deliveries.deliver(deliveries, course, lambda _: self._watchman.look())
        return self._watchman.rows


@settings(max_examples=tries(150))
@given(st.integers(1, 2), batches(said(clusters=CLUSTERS, workload_ids=IDS)), courses)
def test_any_interleaving_ends_in_the_newest_facts(buckets: int, deliveries: list[Batch], course: list[Move]) -> None:
    """Counters equal rows at every step of writers that collide, fail and die; at the end the rows equal the newest facts."""
    rows = Play(buckets).deliver(deliveries, course)
    assert {key: told_by(row) for key, row in rows.items()} == truths([one for batch in deliveries for one in batch])


@settings(max_examples=tries(150))
@given(batches(said()), courses)
def test_writers_that_fight_for_one_row_end_in_the_newest_facts(deliveries: list[Batch], course: list[Move]) -> None:
    """The same where every delivery is about one workload, so that nearly every commit is overtaken."""
    ((_, row),) = Play().deliver(deliveries, course).items()
    assert told_by(row) == truth([one for batch in deliveries for one in batch])


@settings(max_examples=tries(120))
@given(
    batches(st.one_of(said(workload_ids=IDS), inferred(workload_ids=IDS))),
    courses,
    st.fixed_dictionaries({workload_id: st.sampled_from(LIVING) for workload_id in IDS}),
)
def test_one_complete_look_mends_what_inference_left(deliveries: list[Batch], course: list[Move], alive: dict[str, Phase]) -> None:
    """Where silence was taken for an end, the API's next word about each workload puts its row right; what has ended stays so."""
    play = Play()
    ended = {
        key for key, row in play.deliver(deliveries, course).items() if row.phase is Phase.GONE and not row.inferred and row.epoch == 1
    }
    look = [seen(phase, 9, epoch=1, source=SourceRank.API, workload_id=workload_id) for workload_id, phase in alive.items()]
    rows = play.deliver([look], course)
    expected = {WorkloadKey(WEB, workload_id): phase for workload_id, phase in alive.items()}
    assert {key: row.phase for key, row in rows.items()} == expected | dict.fromkeys(ended, Phase.GONE)
