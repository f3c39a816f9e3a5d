"""The promises of a launch log and of the launch quotas' store, in memory and in DynamoDB; and that a ledger counts each launch once."""

from __future__ import annotations

import pytest

from fargatecount.adapters.dynamodb.launches import DynamoLaunches, DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.memory.launches import MemoryLaunches, MemoryLaunchQuotas
from fargatecount.ledger.launches import LaunchLog
from fargatecount.ledger.record import record
from fargatecount.quotas.launch_rates import LaunchQuotaReading, LaunchQuotaStore, LaunchRate
from fargatecount.workload import Capacity, Facts, Phase, Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import MINUTE, NOW, SCOPE, seen
from tests.support.fakes import FakeClock
from tests.support.tables import REGION

ON_DEMAND, SPOT = Capacity
SECOND = NOW // 1000 * 1000


@pytest.fixture(params=PLACES)
def stores(request: pytest.FixtureRequest) -> tuple[LaunchLog, LaunchQuotaStore]:
    """Return empty stores."""
    items = open_items(request, request.param)
    return (MemoryLaunches(), MemoryLaunchQuotas()) if items is None else (DynamoLaunches(items()), DynamoLaunchQuotas(items()))


def test_launches_add_up_by_second(stores: tuple[LaunchLog, LaunchQuotaStore]) -> None:
    """Over several minutes, each capacity by itself; older minutes and other scopes are left out."""
    log, _ = stores
    assert log.since(SCOPE, NOW) == {}
    log.add(SCOPE, {(ON_DEMAND, SECOND): 2, (SPOT, SECOND): 1, (ON_DEMAND, SECOND - MINUTE): 5, (ON_DEMAND, SECOND - 2 * MINUTE): 7})
    log.add(SCOPE, {(ON_DEMAND, SECOND): 3})
    assert log.since(SCOPE, NOW - MINUTE) == {(ON_DEMAND, SECOND): 5, (SPOT, SECOND): 1, (ON_DEMAND, SECOND - MINUTE): 5}
    assert log.since(Scope(SCOPE.account, "us-east-1"), NOW) == {}


def test_the_last_reading_of_the_quotas_comes_back(stores: tuple[LaunchLog, LaunchQuotaStore]) -> None:
    """At first there is none."""
    _, store = stores
    assert store.reading(SCOPE) == LaunchQuotaReading()
    read = LaunchQuotaReading(rates=(LaunchRate(capacity=SPOT, burst=100.0),), read_at=NOW, tried_at=NOW, reason="")
    store.keep(SCOPE, read)
    assert store.reading(SCOPE) == read


def test_a_ledger_counts_a_launch_once(table: str) -> None:
    """However often its events come; without a log, nothing is written."""
    clock = FakeClock()
    ledger = DynamoLedger(table, REGION, clock=clock)
    log = DynamoLaunches(ledger.items)
    born = seen(workload_id="a", facts=Facts(created_at=NOW))
    record([seen(workload_id="unlogged", facts=Facts(created_at=NOW))], ledger, clock)
    ledger.launch_log = log
    record([born, born, seen(workload_id="b", facts=Facts(created_at=NOW))], ledger, clock)
    record([born, seen(Phase.STOPPING, 2, workload_id="a"), seen(Phase.GONE, 3, workload_id="a")], ledger, clock)
    assert log.since(SCOPE, NOW) == {(ON_DEMAND, SECOND): 2}
