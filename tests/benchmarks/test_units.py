"""Units of DynamoDB requests by AWS's rules."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.units import Call, Units, of, size


def key(sk: str) -> dict[str, Any]:
    """Return a key as it goes over the wire."""
    return {"pk": {"S": "C#1"}, "sk": {"S": sk}}


def row(sk: str = "W#a", padding: int = 0) -> dict[str, Any]:
    """Return a row as it goes over the wire."""
    return {**key(sk), "rev": {"N": "1"}, **({"text": {"S": "x" * padding}} if padding else {})}


def transaction(*rows: dict[str, Any]) -> Call:
    """Return a transaction of these rows and their counter."""
    items: list[dict[str, Any]] = [{"Put": {"Item": item}} for item in rows]
    return Call("TransactWriteItems", {"TransactItems": [*items, {"Update": {"Key": key("COUNTER")}}]})


ITEMS = {("C#1", "W#a"): row("W#a"), ("C#1", "COUNTER"): {**key("COUNTER"), "seq": {"N": "12"}}}


@pytest.mark.parametrize(
    ("value", "length"),
    [({"S": "abc"}, 3), ({"S": "ä"}, 2), ({"N": "0"}, 1), ({"N": "12"}, 2), ({"N": "-12345"}, 4), ({"N": "1000"}, 2), ({"BOOL": True}, 1)],
)
def test_an_attribute_is_its_name_and_its_value(value: dict[str, Any], length: int) -> None:
    """Text counts in UTF-8, numbers by two digits that count a byte and one more."""
    assert size({"n": value}) == 1 + length


def test_a_transaction_takes_two_units_an_item() -> None:
    """Two rows and their counter are six units."""
    took = of([transaction(row("W#a"), row("W#b"))], ITEMS)
    assert took == Units(rows_written=2, counters_moved=1, transactions=1, written=6, rows_asked=0, read=0)


def test_a_row_over_a_kilobyte_takes_twice_as_many() -> None:
    """The unit is 1 KB, rounded up."""
    assert of([transaction(row(padding=1100))], ITEMS).written == 4 + 2


def test_a_read_takes_a_unit_a_key_whether_or_not_there_is_a_row() -> None:
    """What is not found is paid for, too."""
    read = Call("BatchGetItem", {"RequestItems": {"table": {"ConsistentRead": True, "Keys": [key("W#a"), key("W#unknown")]}}})
    took = of([read], ITEMS)
    assert (took.rows_asked, took.read) == (2, 2)
