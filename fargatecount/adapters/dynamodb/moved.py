"""The counters that have moved lately, in the table: one item per scope, which the publishers share.

| item | pk | sk |
|---|---|---|
| moved | `S#<account>#<region>` | `MOVED` |
"""

from __future__ import annotations

from typing import Any

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.ledger.store import Bucket
from fargatecount.metrics.counter_memory import MovedCounters
from fargatecount.workload import Cluster, Kind, Scope

MOVED = "MOVED"


class MovedItem(Item):
    """The moved counters of a scope."""

    serial = NumberAttribute()
    complete_from = NumberAttribute()
    at = UnicodeAttribute()
    """JSON: `<cluster key>#<bucket>` to serial number."""


class DynamoMovedCounters:
    """The moved counters of each scope in the table of `items`; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(MovedItem)

    def moved(self, scope: Scope) -> MovedCounters:
        """Return the list."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), MOVED, consistent_read=True)
            except self._model.DoesNotExist:
                return MovedCounters()
        named = msgspec.json.decode(item.at, type=dict[str, int])
        at = {bucket: serial for name, serial in named.items() if (bucket := bucket_named(scope, name)) is not None}
        return MovedCounters(int(item.serial), at, int(item.complete_from))

    def share(self, scope: Scope, moved: MovedCounters) -> None:
        """Replace the list."""
        at = {f"{bucket.cluster.key}#{bucket.number}": serial for bucket, serial in moved.at.items()}
        text = msgspec.json.encode(at).decode()
        with translate_errors(self._table):
            self._model(scope_key(scope), MOVED, serial=moved.serial, complete_from=moved.complete_from, at=text).save()


def bucket_named(scope: Scope, name: str) -> Bucket | None:
    """Return the bucket that `<cluster key>#<bucket>` names; None if it names none."""
    key, _, number = name.rpartition("#")
    kind, _, cluster = key.partition("-")
    if kind not in {*Kind} or not cluster or not number.isdecimal():
        return None
    return Bucket(Cluster(scope, Kind(kind), cluster), int(number))


def moved_buckets(scope: Scope, keys: list[str]) -> frozenset[Bucket]:
    """Return the buckets of a scope among partition keys of counters, as the stream names them."""
    prefix = f"C#{scope.account}#{scope.region}#"
    found = (bucket_named(scope, key.removeprefix(prefix)) for key in keys if key.startswith(prefix))
    return frozenset(bucket for bucket in found if bucket is not None)
