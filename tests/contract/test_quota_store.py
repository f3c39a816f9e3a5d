"""What a store of quotas promises, in memory and in DynamoDB alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.errors import MisconfiguredError
from fargatecount.quotas.quota import Origin, Quota, QuotaStore, unknown
from fargatecount.workload import Capacity, Scope
from tests.support.builders import HOUR, NOW, SCOPE

TABLE = "fargatecount-test"
CREDENTIALS: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

ON_DEMAND = Quota(capacity=Capacity.ON_DEMAND, value=4000.0, source=Origin.APPLIED, read_at=NOW)
SPOT = Quota(capacity=Capacity.SPOT, value=6.5, source=Origin.DEFAULT, read_at=NOW, reason="throttled since")


@pytest.fixture
def table() -> Iterator[Items]:
    with mock_aws():
        boto3.client("dynamodb", SCOPE.region, **CREDENTIALS).create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Items(TABLE, SCOPE.region, credentials=CREDENTIALS)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> QuotaStore:
    return MemoryQuotas() if request.param == "memory" else DynamoQuotas(request.getfixturevalue("table"))


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


def test_the_item_in_the_table(table: Items) -> None:
    """The item has the keys and attributes that the table's layout names, and the number of its format."""
    DynamoQuotas(table).keep(SCOPE, [SPOT])
    items = boto3.client("dynamodb", SCOPE.region, **CREDENTIALS).scan(TableName=TABLE)["Items"]
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


def test_quotas_share_the_connection_of_the_other_items(table: Items) -> None:
    """Reading quotas opens no second connection."""
    DynamoQuotas(table).quotas(SCOPE)
    assert DynamoQuotas(table)._item._get_connection() is table.connection


def test_a_missing_table_is_named(table: Items) -> None:
    """Without the table the error says which one is missing."""
    boto3.client("dynamodb", SCOPE.region, **CREDENTIALS).delete_table(TableName=TABLE)
    with pytest.raises(MisconfiguredError, match=TABLE):
        DynamoQuotas(table).quotas(SCOPE)
