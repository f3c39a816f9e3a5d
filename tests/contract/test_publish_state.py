"""What a log of puts promises, in memory and in DynamoDB alike."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.publish import PublishState
from fargatecount.workload import Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, SCOPE

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
