"""Breaches in the table: one item per scope, beside the last publish.

| item | pk | sk |
|---|---|---|
| breaches | `S#<account>#<region>` | `BREACHES` |
"""

from __future__ import annotations

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.revised import RevisedItem, RevisedState
from fargatecount.breaches.breach import Breaches
from fargatecount.workload import Scope

BREACHES = "BREACHES"


class BreachesItem(RevisedItem):
    """The breaches of a scope."""


class DynamoBreaches:
    """Breaches in the table that `items` are bound to; raises the errors of `RevisedState`."""

    def __init__(self, items: Items) -> None:
        self._kept = RevisedState(items, BreachesItem, BREACHES, Breaches, consequence="open breaches are then reported again")

    def breaches(self, scope: Scope) -> Breaches:
        """Return the last stored state."""
        return self._kept.read(scope)

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Replace the previous revision; return False if another process has replaced it first."""
        return self._kept.write(scope, breaches)
