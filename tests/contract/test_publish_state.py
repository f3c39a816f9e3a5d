"""What a log of puts promises, in memory and in DynamoDB alike."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.published import DynamoPutLog
from fargatecount.adapters.memory.published import MemoryPutLog
from fargatecount.metrics.cadence import LastPut
from fargatecount.metrics.publish import PutLog
from fargatecount.workload import Scope
from tests.support.builders import NOW, SCOPE
from tests.support.tables import REGION

PUT = LastPut(minute=29_453_760, at=NOW, values={"vcpu-used": 1.25, "vcpu-utilization/on-demand": 83.33333333333333, "vcpu-used/spot": 0.0})


@pytest.fixture(params=["memory", "dynamodb"])
def log(request: pytest.FixtureRequest) -> PutLog:
    """Return an empty log."""
    return MemoryPutLog() if request.param == "memory" else DynamoPutLog(Items(request.getfixturevalue("table"), REGION))


def test_nothing_was_put_before_the_first_time(log: PutLog) -> None:
    """A scope for which nobody has ever published has no last minute."""
    assert log.last(SCOPE) == LastPut()


def test_a_put_comes_back_as_it_was(log: PutLog) -> None:
    """Minute, moment, and every value to the last digit: an inexact one would look like a change."""
    log.remember(SCOPE, PUT)
    assert log.last(SCOPE) == PUT


def test_the_last_put_counts(log: PutLog) -> None:
    """It replaces the one before as a whole."""
    log.remember(SCOPE, PUT)
    newer = LastPut(minute=PUT.minute + 1, at=NOW + 60_000, values={"vcpu-used": 2.0})
    log.remember(SCOPE, newer)
    assert log.last(SCOPE) == newer


def test_scopes_are_apart(log: PutLog) -> None:
    """Another Region's publisher has a minute of its own."""
    log.remember(SCOPE, PUT)
    assert log.last(Scope(SCOPE.account, "us-east-1")) == LastPut()
