"""Mutes in the table: one item per scope, beside the breaches whose messages they hold back.

| item | pk | sk |
|---|---|---|
| mutes | `S#<account>#<region>` | `MUTES` |
"""

from __future__ import annotations

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.revised import RevisedItem, RevisedState
from fargatecount.mutes.mute import Mutes
from fargatecount.workload import Scope

MUTES = "MUTES"


class MutesItem(RevisedItem):
    """The mutes of a scope."""


class DynamoMutes:
    """Mutes in the table that `items` are bound to; raises the errors of `RevisedState`."""

    def __init__(self, items: Items) -> None:
        self._kept = RevisedState(items, MutesItem, MUTES, Mutes, consequence="everything is reported then")

    def mutes(self, scope: Scope) -> Mutes:
        """Return the last stored state."""
        return self._kept.read(scope)

    def keep(self, scope: Scope, mutes: Mutes) -> bool:
        """Replace the previous revision; return False if another process has replaced it first."""
        return self._kept.write(scope, mutes)
