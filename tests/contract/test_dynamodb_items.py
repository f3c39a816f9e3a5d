"""The items as they lie in the table: what others that read it (time to live, IAM, a newer version of this code) rely on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fargatecount.adapters.dynamodb.items import RowItem
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.record import record
from fargatecount.ledger.row import TOMBSTONE_LIFE, Row
from fargatecount.ledger.store import Bucket, Committed, Write
from fargatecount.workload import Cluster, Facts, Kind, Phase, Scope, WorkloadKey
from tests.support.builders import FIRST, FULL, NOW, SCOPE, WEB, row, seen, told_by_api, unknown_to_api
from tests.support.fakes import FakeClock
from tests.support.tables import REGION

RUNNING, GONE = Phase.RUNNING, Phase.GONE
PARTITION = "C#123456789012#eu-west-1#ECS-web#0"
ROW_KEY = (PARTITION, "W#t1")
COUNTER_KEY = (PARTITION, "COUNTER")
CLUSTER_KEY = ("S#123456789012#eu-west-1", "CLUSTER#ECS-web")
SCOPE_KEY = ("TABLE", "SCOPE#123456789012#eu-west-1")
LAYOUT_KEY = ("TABLE", "LAYOUT")
BUCKET = Bucket(WEB, 0)
KEY = WorkloadKey(WEB, "t1")


@pytest.fixture
def ledger(table: str) -> DynamoLedger:
    """Return the ledger in the test's table."""
    return DynamoLedger(table, REGION, clock=FakeClock())


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock of the test's own."""
    return FakeClock()


class Table:
    """The table, read and written without the ledger."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def get(self, key: tuple[str, str]) -> dict[str, Any]:
        """Return an item's attributes in DynamoDB's own form."""
        found = self._dynamodb.get_item(TableName=self._name, Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}}, ConsistentRead=True)
        item: dict[str, Any] = found["Item"]
        return item

    def change(self, key: tuple[str, str], **attributes: Any) -> None:
        """Write attributes of an item, as other code would."""
        self._dynamodb.put_item(TableName=self._name, Item=self.get(key) | attributes)

    def all_keys(self) -> set[tuple[str, str]]:
        """Return the keys of all items."""
        return {(item["pk"]["S"], item["sk"]["S"]) for item in self._dynamodb.scan(TableName=self._name)["Items"]}


@pytest.fixture
def raw(dynamodb: Any, table: str) -> Table:
    """Return the table itself."""
    return Table(dynamodb, table)


def size_of(item: dict[str, Any]) -> int:
    """Return an item's size in bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html."""
    size = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        # A number takes a byte per two significant digits and one more; a boolean takes one.
        bytes_of: dict[str, Callable[[Any], int]] = {"S": lambda c: len(c.encode()), "N": lambda c: len(c) // 2 + 2, "BOOL": lambda _: 1}
        size += len(name.encode()) + bytes_of[kind](content)
    return size


# Keys


def test_the_items_lie_where_the_layout_says(ledger: DynamoLedger, clock: FakeClock, raw: Table) -> None:
    """One event makes a row and its counter in one partition, the cluster, the scope and the layout; and nothing else."""
    record([seen()], ledger, clock)
    assert raw.all_keys() == {ROW_KEY, COUNTER_KEY, CLUSTER_KEY, SCOPE_KEY, LAYOUT_KEY}


def test_every_item_carries_its_format(ledger: DynamoLedger, clock: FakeClock, raw: Table) -> None:
    """Without it, no later version could know what it reads."""
    record([seen()], ledger, clock)
    assert {raw.get(key)["format"]["N"] for key in raw.all_keys()} == {"1"}


# Size: 1 KB is one write unit

LONGEST = Cluster(Scope("123456789012", "ap-southeast-2"), Kind.ECS, "c" * 255)
LONGEST_POD = Cluster(Scope("123456789012", "ap-southeast-2"), Kind.EKS, "c" * 100)


@pytest.mark.parametrize(
    ("cluster", "workload_id", "facts"),
    [
        pytest.param(LONGEST, "0" * 32, {"group": "service:" + "s" * 255, "family": "f" * 255, "owner": "o" * 64}, id="task"),
        pytest.param(LONGEST_POD, "0" * 36, {"group": "n" * 63 + "/" + "o" * 253, "profile": "p" * 100, "owner": "o" * 63}, id="pod"),
    ],
)
def test_a_row_with_the_longest_names_costs_two_write_units(
    ledger: DynamoLedger, raw: Table, cluster: Cluster, workload_id: str, facts: dict[str, Any]
) -> None:
    """Names at the longest that AWS allows, all in one row, cost one write unit more than ordinary ones."""
    values: dict[str, Any] = dict(FULL.items()) | facts
    written = row(GONE, version=2**53, facts=Facts(**values))
    assert ledger.commit({Bucket(cluster, 0): [Write(workload_id, written, None)]}) == Committed()
    item = raw.get((f"C#{cluster.scope.account}#{cluster.scope.region}#{cluster.key}#0", f"W#{workload_id}"))
    assert 1024 < size_of(item) < 2048


def test_a_tombstone_with_all_facts_and_ordinary_names_stays_below_a_kilobyte(ledger: DynamoLedger, raw: Table) -> None:
    """A row is one write unit: what history needs of it is paid for in every read of the rows, and in no write."""
    assert ledger.commit({BUCKET: [Write("t1", row(GONE, version=2**53, facts=FULL), None)]}) == Committed()
    assert 500 < size_of(raw.get(ROW_KEY)) < 1024


def test_a_tombstone_without_facts_has_no_attributes_for_them(ledger: DynamoLedger, raw: Table) -> None:
    """What only says "gone" carries nothing else."""
    ledger.commit({BUCKET: [Write("t1", row(GONE, 4, facts=Facts()), None)]})
    assert set(raw.get(ROW_KEY)) == {
        *("pk", "sk", "format", "rev", "epoch", "version", "source", "phase", "observed_at", "written_at", "expires_at")
    }


# Time to live


def test_a_tombstone_tells_dynamodb_when_to_drop_it(ledger: DynamoLedger, clock: FakeClock, raw: Table) -> None:
    """The attribute is a number of seconds since the epoch, 72 hours on."""
    record([seen(GONE, 4)], ledger, clock)
    assert raw.get(ROW_KEY)["expires_at"] == {"N": str((NOW + TOMBSTONE_LIFE) // 1000)}


def test_a_living_row_has_no_time_to_live(ledger: DynamoLedger, clock: FakeClock, raw: Table) -> None:
    """DynamoDB must never drop what runs."""
    record([seen(RUNNING)], ledger, clock)
    assert "expires_at" not in raw.get(ROW_KEY)


def test_a_revived_row_loses_its_time_to_live(ledger: DynamoLedger, clock: FakeClock, raw: Table) -> None:
    """The attribute is removed from the item when the API finds the task alive after all."""
    record([seen(RUNNING)], ledger, clock)
    record([unknown_to_api(since_rev=FIRST)], ledger, clock)
    assert "expires_at" in raw.get(ROW_KEY)
    record([told_by_api(RUNNING)], ledger, clock)
    assert "expires_at" not in raw.get(ROW_KEY)


# Format


@pytest.fixture
def used(ledger: DynamoLedger, clock: FakeClock) -> DynamoLedger:
    """Return a ledger with one running task."""
    record([seen()], ledger, clock)
    return ledger


READS: dict[str, tuple[tuple[str, str], Callable[[DynamoLedger], object]]] = {
    "row": (ROW_KEY, lambda ledger: ledger.read_rows([KEY])),
    "row of a bucket": (ROW_KEY, lambda ledger: list(ledger.rows_of(BUCKET))),
    "counter": (COUNTER_KEY, lambda ledger: ledger.read_counter(BUCKET)),
    "counters": (COUNTER_KEY, lambda ledger: ledger.read_counters([BUCKET])),
    "cluster": (CLUSTER_KEY, lambda ledger: ledger.clusters(SCOPE)),
    "scope": (SCOPE_KEY, lambda ledger: ledger.scopes()),
    "layout": (LAYOUT_KEY, lambda ledger: ledger.buckets),
}


def test_an_item_of_a_newer_format_is_refused_by_name(used: DynamoLedger, table: str, raw: Table) -> None:
    """Old code says which item it does not understand and what to do, instead of guessing; even if an attribute has changed its kind."""
    for key in {key for key, _ in READS.values()}:
        assert raw.get(key)["format"] == {"N": "1"}
        raw.change(key, format={"N": "2"}, rev={"S": "two"}, seq={"M": {}}, name={"N": "1"}, buckets={"S": "many"}, account={"N": "1"})
    newcomer = DynamoLedger(table, REGION)
    for what, (key, read) in READS.items():
        with pytest.raises(MisconfiguredError, match="format 2, and this version of fargatecount reads 1 and 0") as caught:
            read(newcomer if what == "layout" else used)
        assert " / ".join(key) in str(caught.value)
        assert "upgrade fargatecount" in caught.value.remedy


def test_an_item_of_the_previous_format_is_read(used: DynamoLedger, table: str, raw: Table) -> None:
    """During a deployment new code reads what old code has just written."""
    expected = [read(used) for _, read in READS.values()]
    for key in {key for key, _ in READS.values()}:
        raw.change(key, format={"N": "0"})
    newcomer = DynamoLedger(table, REGION)
    assert [read(newcomer) for _, read in READS.values()] == expected


def test_attributes_of_newer_code_are_no_obstacle(ledger: DynamoLedger, clock: FakeClock, raw: Table) -> None:
    """An attribute that was added without a new format is left alone."""
    record([seen()], ledger, clock)
    raw.change(ROW_KEY, colour={"S": "blue"})
    assert ledger.read_rows([KEY]) == {KEY: row()}


# Buckets


def test_the_table_fixes_the_number_of_buckets(table: str, clock: FakeClock) -> None:
    """The setting counts for a fresh table only: with another number the rows would be looked for in the wrong bucket."""
    ids = [f"t{i}" for i in range(30)]
    first = DynamoLedger(table, REGION, buckets=4)
    record([seen(workload_id=i) for i in ids], first, clock)
    second = DynamoLedger(table, REGION, buckets=9)
    assert second.buckets == 4
    assert set(record([seen(workload_id=i) for i in ids], second, clock).outcomes) == {"duplicate"}


def test_a_table_never_used_has_the_number_of_the_setting(table: str) -> None:
    """Until the first event the setting is all there is."""
    assert DynamoLedger(table, REGION, buckets=9).buckets == 9


def test_of_two_settings_the_first_to_be_used_counts(table: str, clock: FakeClock) -> None:
    """Two functions that start on a fresh table with different settings agree, even if both had looked before."""
    one, other = DynamoLedger(table, REGION, buckets=2), DynamoLedger(table, REGION, buckets=5)
    assert (one.buckets, other.buckets) == (2, 5)
    record([seen(workload_id="t1")], one, clock)
    record([seen(workload_id="t2")], other, clock)
    assert (one.buckets, other.buckets) == (2, 2)


# Facts of rows


def test_a_row_stores_exactly_the_fields_that_it_has() -> None:
    """A field added to the row but not to its item would be lost silently."""
    renamed = {"borrowed": "fact_orders"}  # the attribute of the table is a promise, the field's name is not
    attributes = {renamed.get(name, name) for name in set(RowItem.get_attributes()) - {"pk", "sk", "format"}}
    assert attributes == (set(Row.__struct_fields__) - {"facts"}) | set(Facts.__struct_fields__)
