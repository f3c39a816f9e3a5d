"""The refusal log in memory and in DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.errors import MisconfiguredError
from fargatecount.refusals.log import MAX_IDS, MAX_ITEMS, RETENTION, WINDOW, windows
from fargatecount.workload import Cluster, Kind
from tests.contract.places import MOTO, PLACES, open_items
from tests.contract.refusal_log_contract import OpenLog, RefusalLogContract, item
from tests.support.builders import SCOPE, refusal
from tests.support.refusal_windows import START
from tests.support.tables import REGION, open_dynamodb


class TestRefusalLog(RefusalLogContract):
    """The contract, in memory and on every DynamoDB."""

    @pytest.fixture(params=PLACES)
    def open_log(self, request: pytest.FixtureRequest) -> OpenLog:
        """Return the function that opens the log."""
        return opener(request, request.param)


def opener(request: pytest.FixtureRequest, place: str) -> OpenLog:
    """Return the function that opens an empty log at a place."""
    items = open_items(request, place)
    if items is None:
        log = MemoryRefusals()
        return lambda: log
    return lambda: DynamoRefusals(items())


@pytest.mark.parametrize("place", [place for place in PLACES if place != MOTO])  # where 500 items take as long as the other 39 tests
def test_of_very_many_the_newest_are_read(request: pytest.FixtureRequest, place: str) -> None:
    """A reader takes a bounded number of items, the newest."""
    log = opener(request, place)()
    log.remember(SCOPE, [item(1, at=START + n * WINDOW) for n in range(MAX_ITEMS + 5)])
    found = log.since(SCOPE, 0)
    assert len(found) == MAX_ITEMS
    assert (found[0], found[-1]) == (item(1, at=START + 5 * WINDOW), item(1, at=START + (MAX_ITEMS + 4) * WINDOW))


def size_of(value: dict[str, Any]) -> int:
    """Return the bytes that a value is charged as: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html."""
    ((kind, content),) = value.items()
    if kind == "N":
        return (len(content) + 1) // 2 + 1
    if kind == "SS":
        return sum(len(one.encode()) for one in content)
    return 1 if kind == "BOOL" else len(content.encode())


def test_the_item_in_the_table(table: str) -> None:
    """An item has the keys and attributes of the table's layout, its format number and an expiry."""
    DynamoRefusals(Items(table, REGION)).remember(SCOPE, [item(1)])
    (found,) = open_dynamodb().scan(TableName=table)["Items"]
    assert found["pk"] == {"S": f"S#{SCOPE.account}#{SCOPE.region}"}
    assert found["sk"]["S"].startswith(f"REFUSED#{START}#")
    assert found["format"] == {"N": "1"}
    assert found["expires_at"] == {"N": str((START + WINDOW + RETENTION) // 1000)}
    assert set(found) == {"pk", "sk", "format", "cluster", "group", "capacity", "sign", "reason", "for_want", "marks", "expires_at"}


def test_an_item_is_below_a_kilobyte_whatever_the_reason(table: str) -> None:
    """With the longest names, an endless reason and a storm an item still costs one write unit."""
    cluster = Cluster(SCOPE, Kind.ECS, "c" * 255)
    refusals = [refusal(i, cluster=cluster, group="service:" + "s" * 255, reason="\x1b<é>" * 4000) for i in range(3 * MAX_IDS)]
    ((largest,),) = windows(refusals).values()
    DynamoRefusals(Items(table, REGION)).remember(SCOPE, [largest])
    (found,) = open_dynamodb().scan(TableName=table)["Items"]
    assert len(found["marks"]["SS"]) == MAX_IDS
    assert sum(len(name) + size_of(value) for name, value in found.items()) <= 1024


def test_other_items_of_the_scope_are_left_alone(table: str) -> None:
    """Leases, quotas and clusters under the same partition key are not read as refusals."""
    items = Items(table, REGION)
    DynamoLeases(items).acquire(SCOPE, "reconcile", "reconciler-1", now=START, until=START)
    DynamoRefusals(items).remember(SCOPE, [item(1)])
    assert list(DynamoRefusals(items).since(SCOPE, 0)) == [item(1)]


def test_a_missing_table_is_named(table: str) -> None:
    """Without the table the error says which one is missing."""
    open_dynamodb().delete_table(TableName=table)
    log = DynamoRefusals(Items(table, REGION))
    with pytest.raises(MisconfiguredError, match=table):
        log.since(SCOPE, 0)
    with pytest.raises(MisconfiguredError, match=table):
        log.remember(SCOPE, [item(1)])
