"""The promises of the store of the drift of a day, in memory and in DynamoDB."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.drift_log import DRIFT, DriftItem, DynamoDriftLog
from fargatecount.adapters.dynamodb.items import scope_key
from fargatecount.adapters.memory.drift_log import MemoryDriftLog
from fargatecount.reconcile.drift_log import DriftHour, DriftLog, DriftStore
from tests.contract.places import PLACES, open_items
from tests.support.builders import NOW, SCOPE

LOG = DriftLog(hours=[DriftHour(hour=7, runs=3, incomplete=1, causes={"missed stop": 2})], last_at=NOW)


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> DriftStore:
    """Return an empty store."""
    items = open_items(request, request.param)
    return MemoryDriftLog() if items is None else DynamoDriftLog(items())


def test_the_log_comes_back_as_it_was(store: DriftStore) -> None:
    """An empty one before the first run."""
    assert store.drift(SCOPE) == DriftLog()
    store.keep_drift(SCOPE, LOG)
    assert store.drift(SCOPE) == LOG


def test_a_log_of_a_later_version_begins_anew(request: pytest.FixtureRequest) -> None:
    """It is not an error: after a day the log is complete again."""
    items = open_items(request, "moto")
    assert items is not None
    opened = items()
    DynamoDriftLog(opened).keep_drift(SCOPE, LOG)
    later = opened.bind(DriftItem).get(scope_key(SCOPE), DRIFT)
    later.log = '{"hours": "all"}'
    later.save()
    assert DynamoDriftLog(opened).drift(SCOPE) == DriftLog()
