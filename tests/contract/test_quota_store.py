"""What a store of quotas promises, in memory and in DynamoDB alike."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.errors import MisconfiguredError
from fargatecount.quotas.quota import Origin, Quota, QuotaStore, unknown
from fargatecount.workload import Capacity, Scope
from tests.contract.places import PLACES, open_items
from tests.support.builders import HOUR, NOW, SCOPE
from tests.support.tables import REGION

ON_DEMAND = Quota(capacity=Capacity.ON_DEMAND, value=4000.0, source=Origin.APPLIED, read_at=NOW)
SPOT = Quota(capacity=Capacity.SPOT, value=6.5, source=Origin.DEFAULT, read_at=NOW, reason="throttled since")


@pytest.fixture(params=PLACES)
def store(request: pytest.FixtureRequest) -> QuotaStore:
    items = open_items(request, request.param)
    return MemoryQuotas() if items is None else DynamoQuotas(items())


def test_nothing_is_known_of_a_scope_that_was_never_kept(store: QuotaStore) -> None:
    """A scope without quotas has none, rather than some of value 0."""
    assert list(store.quotas(SCOPE)) == []


def test_quotas_come_back_as_they_were_kept(store: QuotaStore) -> None:
    """Value, source, time and reason are what was kept, on-demand first."""
    store.keep(SCOPE, [SPOT, ON_DEMAND])
    assert list(store.quotas(SCOPE)) == [ON_DEMAND, SPOT]


def test_the_unknown_comes_back_unknown(store: QuotaStore) -> None:
    """A quota without value has none after it was kept either."""
    quota = unknown(Capacity.SPOT, NOW, "AccessDeniedException: not you")
    store.keep(SCOPE, [quota])
    assert list(store.quotas(SCOPE)) == [quota]


def test_a_quota_of_zero_comes_back_as_zero(store: QuotaStore) -> None:
    """0 is a value, not the lack of one."""
    quota = Quota(capacity=Capacity.SPOT, value=0.0, source=Origin.APPLIED, read_at=NOW)
    store.keep(SCOPE, [quota])
    assert list(store.quotas(SCOPE)) == [quota]


def test_the_last_one_kept_counts(store: QuotaStore) -> None:
    """What is kept replaces the one before as a whole, and leaves the other quota alone."""
    store.keep(SCOPE, [ON_DEMAND, SPOT])
    newer = Quota(capacity=Capacity.SPOT, value=8.0, source=Origin.APPLIED, read_at=NOW + HOUR)
    store.keep(SCOPE, [newer])
    assert list(store.quotas(SCOPE)) == [ON_DEMAND, newer]


def test_scopes_are_apart(store: QuotaStore) -> None:
    """A quota belongs to its account and Region."""
    store.keep(SCOPE, [ON_DEMAND])
    assert list(store.quotas(Scope(SCOPE.account, "us-east-1"))) == []


def test_the_item_in_the_table(dynamodb: Any, table: str) -> None:
    """The item has the keys and attributes that the table's layout names, and the number of its format."""
    DynamoQuotas(Items(table, REGION)).keep(SCOPE, [SPOT])
    items = dynamodb.scan(TableName=table)["Items"]
    assert items == [
        {
            "pk": {"S": f"S#{SCOPE.account}#{SCOPE.region}"},
            "sk": {"S": "QUOTA#L-36FBB829"},
            "format": {"N": "1"},
            "value": {"N": "6.5"},
            "source": {"S": "default"},
            "read_at": {"N": str(NOW)},
            "reason": {"S": "throttled since"},
        }
    ]


def test_quotas_share_the_connection_of_the_other_items(table: str) -> None:
    """Reading quotas opens no second connection."""
    items = Items(table, REGION)
    DynamoQuotas(items).quotas(SCOPE)
    assert DynamoQuotas(items)._item._get_connection() is items.connection


def test_a_missing_table_is_named(dynamodb: Any) -> None:
    """Without the table the error says which one is missing."""
    assert dynamodb
    with pytest.raises(MisconfiguredError, match="table nowhere does not exist"):
        DynamoQuotas(Items("nowhere", REGION)).quotas(SCOPE)
