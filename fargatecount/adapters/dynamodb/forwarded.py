"""The last usage event for the hub, in the table: one item per scope, only in deployments that have a hub.

| item | pk | sk |
|---|---|---|
| forwarded | `S#<account>#<region>` | `FORWARDED` |
"""

from __future__ import annotations

from typing import Any

import msgspec
from pynamodb.attributes import UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.organization.forward import ForwardState
from fargatecount.workload import Scope

FORWARDED = "FORWARDED"


class ForwardedItem(Item):
    """The last usage event of a scope."""

    state = UnicodeAttribute()
    """JSON of `organization.forward.ForwardState`."""


class DynamoForwardState:
    """The last usage event of each scope in the table of `items`; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(ForwardedItem)

    def last(self, scope: Scope) -> ForwardState:
        """Return the last usage event; none where a newer version kept it in a form that this one cannot read."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), FORWARDED, consistent_read=True)
            except self._model.DoesNotExist:
                return ForwardState()
        try:
            return msgspec.json.decode(item.state, type=ForwardState)
        except msgspec.MsgspecError:
            # It only spares an event: without it, one more is sent.
            return ForwardState()

    def remember(self, scope: Scope, state: ForwardState) -> None:
        """Replace it."""
        with translate_errors(self._table):
            self._model(scope_key(scope), FORWARDED, state=msgspec.json.encode(state).decode()).save()
