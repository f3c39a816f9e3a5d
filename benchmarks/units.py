"""Read and write units of DynamoDB requests, by AWS's published rules, from the requests on the wire.

Pure. The emulator's own `ConsumedCapacity` is not used: it does not claim to be DynamoDB's. Rules:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html (a write unit is 1 KB, a transaction takes
two; a read unit is 4 KB, consistent, and a key that is not found takes one too) and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html (the size of an item).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

Attributes: TypeAlias = Mapping[str, Mapping[str, Any]]
Key: TypeAlias = tuple[str, str]

COUNTER = "COUNTER"
"""Sort key of a counter."""


class Call(msgspec.Struct, frozen=True):
    """A request on the wire."""

    operation: str
    body: dict[str, Any]


class Units(msgspec.Struct, frozen=True):
    """The units of requests, and their purpose."""

    rows_written: int
    counters_moved: int
    transactions: int
    written: int
    """Write units of the transactions."""
    rows_asked: int
    read: int
    """Read units of the batch reads."""


def size(item: Attributes) -> int:
    """Return the bytes of an item."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def of(calls: Iterable[Call], items: Mapping[Key, Attributes]) -> Units:
    """Return the units of the calls; `items` are the table's at the end, when each has its largest size."""
    rows = counters = transactions = written = asked = read = 0
    for call in calls:
        if call.operation == "TransactWriteItems":
            transactions += 1
            for action in call.body["TransactItems"]:
                key = _key(action["Put"]["Item"] if "Put" in action else action["Update"]["Key"])
                item = action["Put"]["Item"] if "Put" in action else items[key]
                written += 2 * -(-size(item) // 1024)
                counters += key[1] == COUNTER
                rows += key[1] != COUNTER
        elif call.operation == "BatchGetItem":
            for request in call.body["RequestItems"].values():
                assert request["ConsistentRead"] is True, "the ledger decides from what is true now"
                for key in map(_key, request["Keys"]):
                    asked += 1
                    read += max(1, -(-size(items.get(key, {})) // 4096))
    return Units(rows, counters, transactions, written, asked, read)


def opens(call: Call) -> bool:
    """Return whether a request opens counters: a transaction of counters alone, without a row."""
    if call.operation != "TransactWriteItems":
        return False
    return all(action.get("Update", {}).get("Key", {}).get("sk", {}).get("S") == COUNTER for action in call.body["TransactItems"])


def _key(attributes: Attributes) -> Key:
    return attributes["pk"]["S"], attributes["sk"]["S"]


def _value(value: Mapping[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        # One byte for two significant digits, and one more.
        return -(-len(content.strip("-").replace(".", "").strip("0")) // 2) + 1
    if kind in {"BOOL", "NULL"}:
        return 1
    raise ValueError(f"the table holds no attributes of type {kind}: {value}")
