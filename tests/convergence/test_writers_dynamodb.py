"""Concurrent writers over DynamoDB: fewer runs, and every layer between the ledger and the network takes part.

The writers pause before every request that botocore sends, so they also meet while they register clusters and fix the number of buckets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.workload import Millis
from tests.convergence.delivery import WRITERS, Batch, Deliveries, Move, batches, courses
from tests.convergence.stage import Died, Luck, Stage, StageClock
from tests.convergence.watchman import Watchman
from tests.support.builders import BATCH, SCOPE, WEB
from tests.support.effort import tries
from tests.support.fakes import FakeClock
from tests.support.oracle import told_by, truths
from tests.support.strategies import said
from tests.support.tables import REGION, create_table, open_dynamodb
from tests.support.wire import CONFLICT, THROTTLED, AnswerLost, NoConnection, Trouble, Unprocessed, Wire

CLUSTERS = (WEB, BATCH)
IDS = ("t1", "t2", "t3")
WRITE, READ = "TransactWriteItems", "BatchGetItem"


class Fate:
    """What the requests of the writers meet on the wire."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __call__(self, operation: str) -> Trouble:
        luck = self.stage.pause(operation)
        if luck is Luck.TURNED_AWAY:
            return NoConnection()
        if luck is Luck.ANSWER_LOST:
            return AnswerLost()
        if luck is Luck.DEATH_AFTER:
            return AnswerLost(Died())
        if luck is Luck.IN_PART and operation == READ:
            return Unprocessed(1)
        if luck is Luck.CONFLICT and operation == WRITE:
            return CONFLICT
        return THROTTLED if luck in {Luck.THROTTLED, Luck.CONFLICT} else None


def play(fate: Fate, ledgers: list[DynamoLedger], reader: DynamoLedger, deliveries: list[Batch], course: list[Move]) -> None:
    """Let the writers deliver, watched after every step that could touch a row; at the end the rows must say the newest facts."""
    watchman = Watchman(reader, CLUSTERS)

    def after_step(request: str) -> None:
        if request == WRITE:
            watchman.look()

    Deliveries(fate.stage, ledgers, StageClock(fate.stage)).deliver(deliveries, course, after_step)
    assert {key: told_by(row) for key, row in watchman.rows.items()} == truths([one for batch in deliveries for one in batch])


class RestlessClock(FakeClock):
    """Time that passes at every look, so that what a ledger believes for a while (clusters, layout) expires at any moment."""

    def now(self) -> Millis:
        """Return a later time than before."""
        self.advance(7_000)
        return super().now()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """Return a client of a DynamoDB in this process."""
    with mock_aws():
        yield open_dynamodb()


class UsedTable:
    """A table whose clusters all writers know, so that all trouble is about rows; emptied of these before every play."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._table = create_table(dynamodb)
        self.fate = Fate(Stage())
        self.ledgers = [DynamoLedger(self._table, REGION, buckets=2, clock=RestlessClock()) for _ in range(WRITERS)]
        self.reader = DynamoLedger(self._table, REGION)
        for ledger in self.ledgers:
            for cluster in CLUSTERS:
                ledger.register(cluster)
            Wire(ledger.items, self.fate)

    def empty(self) -> None:
        """Take away all rows and counters, and begin on a new stage."""
        for item in self._dynamodb.scan(TableName=self._table)["Items"]:
            if item["pk"]["S"].startswith("C#"):
                self._dynamodb.delete_item(TableName=self._table, Key={"pk": item["pk"], "sk": item["sk"]})
        self.fate.stage = Stage()


@pytest.fixture(scope="module")
def used(dynamodb: Any) -> UsedTable:
    """Return the table with its writers; making a client takes longer than a play."""
    return UsedTable(dynamodb)


@settings(max_examples=tries(15))
@given(batches(said(clusters=CLUSTERS, workload_ids=IDS)), courses)
def test_any_interleaving_ends_in_the_newest_facts(used: UsedTable, deliveries: list[Batch], course: list[Move]) -> None:
    """Counters equal rows at every step through conflicts, throttling, lost answers, half-read batches and deaths."""
    used.empty()
    play(used.fate, used.ledgers, used.reader, deliveries, course)


@settings(max_examples=tries(5))
@given(st.tuples(*[st.integers(1, 3)] * WRITERS), batches(said(clusters=CLUSTERS, workload_ids=IDS)), courses)
def test_writers_that_meet_on_a_fresh_table_agree(
    dynamodb: Any, buckets: tuple[int, int, int], deliveries: list[Batch], course: list[Move]
) -> None:
    """Whichever writer registers clusters and fixes the number of buckets first, or dies during it, all end in the same rows."""
    table = create_table(dynamodb)
    fate = Fate(Stage())
    ledgers = [DynamoLedger(table, REGION, buckets=number, clock=RestlessClock()) for number in buckets]
    for ledger in ledgers:
        Wire(ledger.items, fate)
    reader = DynamoLedger(table, REGION)
    play(fate, ledgers, reader, deliveries, course)
    seen_clusters = {one.cluster for batch in deliveries for one in batch}
    assert {state.cluster for state in reader.clusters(SCOPE)} == seen_clusters
    assert {ledger.buckets for ledger in ledgers} == {reader.buckets}
