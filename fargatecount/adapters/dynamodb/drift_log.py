"""What reconciles repaired in the last day, in the table: one item per scope, only in deployments that have a hub.

| item | pk | sk |
|---|---|---|
| drift | `S#<account>#<region>` | `DRIFT` |
"""

from __future__ import annotations

from typing import Any

import msgspec
from pynamodb.attributes import UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.reconcile.drift_log import DriftLog
from fargatecount.workload import Scope

DRIFT = "DRIFT"


class DriftItem(Item):
    """The drift of a scope."""

    log = UnicodeAttribute()
    """JSON of `reconcile.drift_log.DriftLog`."""


class DynamoDriftLog:
    """The drift of each scope in the table of `items`; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(DriftItem)

    def drift(self, scope: Scope) -> DriftLog:
        """Return the log; an empty one where a newer version kept it in a form that this one cannot read."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), DRIFT, consistent_read=True)
            except self._model.DoesNotExist:
                return DriftLog()
        try:
            return msgspec.json.decode(item.log, type=DriftLog)
        except msgspec.MsgspecError:
            return DriftLog()

    def keep_drift(self, scope: Scope, log: DriftLog) -> None:
        """Replace it."""
        with translate_errors(self._table):
            self._model(scope_key(scope), DRIFT, log=msgspec.json.encode(log).decode()).save()
