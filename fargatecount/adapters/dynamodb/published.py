"""The last publish, in the table: one item per scope.

| item | pk | sk |
|---|---|---|
| published | `S#<account>#<region>` | `PUBLISHED` |
"""

from __future__ import annotations

from typing import Any

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.metrics.cadence import LastPublish
from fargatecount.workload import Scope

PUBLISHED = "PUBLISHED"


class PublishedItem(Item):
    """The last publish of a scope."""

    minute = NumberAttribute()
    at = NumberAttribute()
    values = UnicodeAttribute()
    """JSON: series to value."""


class DynamoPublishState:
    """The last publish of each scope in the table of `items`; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(PublishedItem)

    def last(self, scope: Scope) -> LastPublish:
        """Return the last publish."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), PUBLISHED, consistent_read=True)
            except self._model.DoesNotExist:
                return LastPublish()
        return LastPublish(minute=int(item.minute), at=int(item.at), values=msgspec.json.decode(item.values, type=dict[str, float]))

    def remember(self, scope: Scope, put: LastPublish) -> None:
        """Replace the last publish."""
        values = msgspec.json.encode(put.values).decode()
        with translate_errors(self._table):
            self._model(scope_key(scope), PUBLISHED, minute=put.minute, at=put.at, values=values).save()
