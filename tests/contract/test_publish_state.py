"""What a log of puts promises, in memory and in DynamoDB alike."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.items import bucket_key
from fargatecount.adapters.dynamodb.moved import DynamoMovedCounters, moved_buckets
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.memory.published import MemoryMovedCounters, MemoryPublishState
from fargatecount.ledger.store import Bucket
from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.counter_memory import MovedCounters, MovedStore
from fargatecount.metrics.publish import PublishState
from fargatecount.workload import Cluster, Kind, Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, PODS, SCOPE, WEB

PUT = LastPublish(
    minute=29_453_760, at=NOW, values={"vcpu-used": 1.25, "vcpu-utilization/on-demand": 83.33333333333333, "vcpu-used/spot": 0.0}
)


@pytest.fixture(params=PLACES)
def log(request: pytest.FixtureRequest) -> PublishState:
    """Return an empty log."""
    items = open_items(request, request.param)
    return MemoryPublishState() if items is None else DynamoPublishState(items())


def test_nothing_was_put_before_the_first_time(log: PublishState) -> None:
    """A scope that was never published has no last minute."""
    assert log.last(SCOPE) == LastPublish()


def test_a_put_comes_back_as_it_was(log: PublishState) -> None:
    """Minute, moment, and every value to the last digit: an inexact one would look like a change."""
    log.remember(SCOPE, PUT)
    assert log.last(SCOPE) == PUT


def test_the_last_put_counts(log: PublishState) -> None:
    """It replaces the one before as a whole."""
    log.remember(SCOPE, PUT)
    newer = LastPublish(minute=PUT.minute + 1, at=NOW + 60_000, values={"vcpu-used": 2.0})
    log.remember(SCOPE, newer)
    assert log.last(SCOPE) == newer


def test_scopes_are_apart(log: PublishState) -> None:
    """Another Region's publisher has a minute of its own."""
    log.remember(SCOPE, PUT)
    assert log.last(Scope(SCOPE.account, "us-east-1")) == LastPublish()


@pytest.fixture(params=PLACES)
def moved(request: pytest.FixtureRequest) -> MovedStore:
    """Return an empty list of moved counters."""
    items = open_items(request, request.param)
    return MemoryMovedCounters() if items is None else DynamoMovedCounters(items())


def test_nothing_has_moved_at_first(moved: MovedStore) -> None:
    """A scope that was never published has an empty list."""
    assert moved.moved(SCOPE) == MovedCounters()


def test_moved_counters_come_back_as_they_were(moved: MovedStore) -> None:
    """Every counter with its serial number, whatever its cluster is called; the last list counts, and scopes are apart."""
    moved.share(SCOPE, MovedCounters(1, {Bucket(WEB, 0): 1}))
    odd = Cluster(SCOPE, Kind.EKS, "a-b_C-3")
    listed = MovedCounters(7, {Bucket(WEB, 0): 7, Bucket(odd, 11): 6, Bucket(Cluster(SCOPE, Kind.ECS, odd.name), 11): 5}, 4)
    moved.share(SCOPE, listed)
    assert moved.moved(SCOPE) == listed
    assert moved.moved(Scope(SCOPE.account, "us-east-1")) == MovedCounters()


def test_the_stream_names_the_counters_of_its_scope() -> None:
    """A partition key becomes a bucket again; one of another scope, and one that is none, is left out."""
    keys = [bucket_key(Bucket(WEB, 3)), bucket_key(Bucket(PODS, 0)), "C#999999999999#eu-west-1#ECS-web#0", bucket_key(Bucket(WEB, 1)) + "x"]
    assert moved_buckets(SCOPE, [*keys, "S#123456789012#eu-west-1", ""]) == {Bucket(WEB, 3), Bucket(PODS, 0)}
