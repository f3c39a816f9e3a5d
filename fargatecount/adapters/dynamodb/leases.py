"""Leases in the deployment's table: `S#<account>#<region>` / `LEASE#<name>`."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import is_condition_failed, translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.workload import Millis, Scope


class LeaseItem(Item):
    """One lease."""

    owner = UnicodeAttribute()
    until = NumberAttribute()
    expires_at = NumberAttribute(null=True)
    """Seconds since the epoch: DynamoDB deletes the lease of an owner that died."""


class DynamoLeases:
    """Leases as conditional writes; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._model: type[Any] = items.bind(LeaseItem)

    def acquire(self, scope: Scope, name: str, owner: str, *, now: Millis, until: Millis) -> str | None:
        """Take or renew a lease; return None on success, otherwise the owner that holds it."""
        model = self._model
        item = model(scope_key(scope), f"LEASE#{name}", owner=owner, until=until, expires_at=until // 1000 + 86_400)
        free = model.pk.does_not_exist() | (model.until < now) | (model.owner == owner)
        with translate_errors(self._items.table):
            try:
                item.save(condition=free)
            except PutError as error:
                if not is_condition_failed(error):
                    raise
                return self._holder(scope, name)
        return None

    def release(self, scope: Scope, name: str, owner: str) -> None:
        """Release a lease; does nothing if another owner holds it by now."""
        with translate_errors(self._items.table):
            try:
                self._model(scope_key(scope), f"LEASE#{name}").delete(condition=self._model.owner == owner)
            except DeleteError as error:
                if not is_condition_failed(error):
                    raise

    def _holder(self, scope: Scope, name: str) -> str:
        try:
            return str(self._model.get(scope_key(scope), f"LEASE#{name}", consistent_read=True).owner)
        except DoesNotExist:
            return "someone who has just finished"
