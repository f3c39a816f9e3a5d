"""Concurrent writers as threads over AWS's own DynamoDB: the transactions, their conflicts and the conditions are real."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ledger.record import record
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.reconcile.rebuild import WRITERS_NOTICE_AFTER, rebuild
from fargatecount.workload import Millis, Phase, WorkloadKey
from tests.convergence.delivery import Batch, batches
from tests.support import dynamodb_local as local_dynamodb
from tests.support.builders import BATCH, NOW, SCOPE, WEB, seen, told_by_api
from tests.support.effort import tries
from tests.support.oracle import told_by, truths
from tests.support.rebuilding import Truth, check_everywhere, rows_everywhere
from tests.support.strategies import said
from tests.support.tables import REGION, create_table

pytestmark = pytest.mark.xdist_group("dynamodb-local")

FULL = os.environ.get("FARGATECOUNT_SCALE") == "full"
WRITERS = 16 if FULL else 4
WORKLOADS = 2_000 if FULL else 12
"""Of each cluster, with eight observations each, of which half come twice: in full some 40,000 observations, each by several writers."""
CLUSTERS = (WEB, BATCH)
BATCH_SIZE = 10
"""As deployed."""
LIFE = [Phase.PENDING, Phase.PENDING, Phase.RUNNING, Phase.RUNNING, Phase.RUNNING, Phase.STOPPING, Phase.STOPPING, Phase.GONE]
LIVING_UNTIL = 5
"""The last version of the workloads that do not end: every third."""


class RunningTime(SystemClock):
    """Time that begins with the tests' and passes as it does, but for the long wait of a rebuild: so it meets writers in the middle."""

    def __init__(self) -> None:
        self._began = super().now()

    def now(self) -> Millis:
        """Return the test's time."""
        return NOW + super().now() - self._began

    def sleep(self, seconds: float) -> None:
        """Wait, unless it is for writers to notice a new layout."""
        super().sleep(0.0 if seconds >= WRITERS_NOTICE_AFTER else seconds)


class Table:
    """A table of the test's own, opened by each writer as another process does."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._name = create_table(local_dynamodb.client(endpoint))
        self.clock = RunningTime()

    def open(self, buckets: int = 2) -> DynamoLedger:
        """Return a ledger with a client and a memory of its own."""
        return DynamoLedger(
            self._name, REGION, buckets=buckets, clock=self.clock, endpoint=self._endpoint, credentials=local_dynamodb.CREDENTIALS
        )

    def deliver(self, deliveries: Sequence[Batch], *, ledger: DynamoLedger | None = None) -> None:
        """Record batches until nothing is left."""
        ledger = ledger or self.open()
        for batch in deliveries:
            left = list(batch)
            while left:
                left = [left[i] for i in record(left, ledger, self.clock).unfinished]


def history(chance: random.Random) -> list[Batch]:
    """Return the lives of all workloads in batches, out of order, half of it twice."""
    lives = [
        seen(phase, version, workload_id=f"t{number}", cluster=cluster)
        for cluster in CLUSTERS
        for number in range(WORKLOADS)
        for version, phase in enumerate(LIFE[: len(LIFE) if number % 3 else LIVING_UNTIL], start=1)
    ]
    everything = lives + chance.sample(lives, len(lives) // 2)
    chance.shuffle(everything)
    return [everything[start : start + BATCH_SIZE] for start in range(0, len(everything), BATCH_SIZE)]


def by_workload(deliveries: Sequence[Batch]) -> dict[WorkloadKey, Phase]:
    """Return the phase that every row must have in the end."""
    return {key: Phase(str(truth[0])) for key, truth in truths([one for batch in deliveries for one in batch]).items()}


def phases(ledger: DynamoLedger) -> dict[WorkloadKey, Phase]:
    """Return the phase of every row."""
    return {
        WorkloadKey(bucket.cluster, workload_id): row.phase for (bucket, workload_id), row in rows_everywhere(ledger, *CLUSTERS).items()
    }


def test_threads_that_collide_leave_exact_counters(dynamodb_local: str) -> None:
    """Every writer delivers a share of a disordered history, and meanwhile `verify` never says that a counter differs."""
    table = Table(dynamodb_local)
    deliveries = history(random.Random(1))
    reader = table.open()
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(table.deliver, deliveries[i::WRITERS]) for i in range(WRITERS)]
        while not all(writer.done() for writer in writers):
            found = {finding.verdict for finding in verify(reader, CLUSTERS, table.clock, tries=1)}
            assert VerifyResult.DIFFERENT not in found
        for writer in writers:
            writer.result()
    assert phases(reader) == by_workload(deliveries)
    check_everywhere(reader, *CLUSTERS)


def test_a_rebuild_in_the_middle_of_writers_leaves_exact_counters(dynamodb_local: str) -> None:
    """While writers deliver, the rows are divided into five buckets and then into one: each is counted once, where it belongs."""
    table = Table(dynamodb_local)
    deliveries = history(random.Random(2))
    living = {(one.cluster, one.workload_id) for batch in deliveries for one in batch if int(one.workload_id[1:]) % 3 == 0}
    truth = Truth(table.clock, *(told_by_api(Phase.RUNNING, LIVING_UNTIL, workload_id=i, cluster=cluster) for cluster, i in sorted(living)))
    table.deliver(deliveries[:1])
    ledgers = [table.open() for _ in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(table.deliver, deliveries[i::WRITERS], ledger=ledgers[i]) for i in range(WRITERS)]
        reader = table.open()
        for buckets in (5, 1):
            rebuild(SCOPE, reader, [truth], table.clock, buckets=buckets)
        for writer in writers:
            writer.result()
    assert phases(reader) == by_workload(deliveries)
    check_everywhere(reader, *CLUSTERS)


@settings(max_examples=tries(8))
@given(batches(said(clusters=CLUSTERS, workload_ids=("t1", "t2", "t3"))))
def test_threads_that_fight_for_few_rows_end_in_the_newest_facts(dynamodb_local: str, deliveries: list[Batch]) -> None:
    """Any observations, delivered by three threads at once, end in the rows that the newest facts make."""
    table = Table(dynamodb_local)
    with ThreadPoolExecutor(3) as pool:
        for writer in [pool.submit(table.deliver, deliveries[i::3]) for i in range(3)]:
            writer.result()
    reader = table.open()
    found = {WorkloadKey(bucket.cluster, i): told_by(row) for (bucket, i), row in rows_everywhere(reader, *CLUSTERS).items()}
    assert found == truths([one for batch in deliveries for one in batch])
    check_everywhere(reader, *CLUSTERS)
