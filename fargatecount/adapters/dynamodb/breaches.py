"""Breaches in the table: one item per scope, beside the last publish.

| item | pk | sk |
|---|---|---|
| breaches | `S#<account>#<region>` | `BREACHES` |
"""

from __future__ import annotations

from typing import Any

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import is_condition_failed, translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.breaches.breach import Breaches
from fargatecount.errors import MalformedError
from fargatecount.workload import Scope

BREACHES = "BREACHES"


class BreachesItem(Item):
    """The breaches of a scope."""

    rev = NumberAttribute()
    state = UnicodeAttribute()
    """JSON of `breaches.breach.Breaches`."""


class DynamoBreaches:
    """Breaches in the table that `items` are bound to.

    Raises the errors of `DynamoLedger`, and MalformedError if an item cannot be read.
    """

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(BreachesItem)

    def breaches(self, scope: Scope) -> Breaches:
        """Return the last stored state."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), BREACHES, consistent_read=True)
            except self._model.DoesNotExist:
                return Breaches()
        try:
            return msgspec.json.decode(item.state, type=Breaches)
        except msgspec.MsgspecError as error:
            raise MalformedError(
                f"the item {BREACHES} of {scope_key(scope)} in table {self._table} cannot be read: {error}",
                remedy="a newer version wrote it: deploy that version again, or delete the item; open breaches are then reported again",
            ) from error

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Replace the previous revision; return False if another process has replaced it first."""
        model = self._model
        item = model(scope_key(scope), BREACHES, rev=breaches.rev, state=msgspec.json.encode(breaches).decode())
        with translate_errors(self._table):
            try:
                item.save(condition=model.pk.does_not_exist() if breaches.rev == 1 else model.rev == breaches.rev - 1)
            except PutError as error:
                if not is_condition_failed(error):
                    raise
                return False
        return True
