"""Refusals in the table: one item per service, reason and window of five minutes, beside the clusters of their scope.

| item | pk | sk |
|---|---|---|
| refusals | `S#<account>#<region>` | `REFUSED#<when the window begins>#<service and reason>` |

`ADD` puts into a set only the elements that are not in it (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html),
so an event that is delivered twice, or to two functions at once, counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import size

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import is_condition_failed, translate_errors
from fargatecount.adapters.dynamodb.items import FORMAT, Item, scope_key
from fargatecount.refusals.log import MAX_IDS, MAX_ITEMS, RefusalWindow, key_of, room_for, window_of
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.workload import Capacity, Millis, Scope

PREFIX = "REFUSED#"
AFTER = "REFUSED$"
"""Sorts after all keys with the prefix: `$` follows `#` in ASCII."""
TRIES = 3
"""Attempts at the last places of an item. Ids that get none are not stored; the item is full then, and its count is shown as "or more"."""


class RefusedItem(Item):
    """The refusals of one service for one reason within five minutes."""

    cluster = UnicodeAttribute()
    group = UnicodeAttribute(null=True)
    capacity = UnicodeAttribute()
    sign = UnicodeAttribute()
    reason = UnicodeAttribute()
    for_want = BooleanAttribute()
    marks = UnicodeSetAttribute()
    expires_at = NumberAttribute()
    """Seconds since the epoch, the unit of DynamoDB's time to live."""


class DynamoRefusals:
    """The refusals in the table that `items` are bound to, over the same connection; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(RefusedItem)

    def remember(self, scope: Scope, kept: Iterable[RefusalWindow]) -> None:
        """Add the ids of each window to its item, as far as there is room."""
        with translate_errors(self._table):
            for one in kept:
                ids = room_for(frozenset(), one.ids)
                for _ in range(TRIES):
                    if not ids or self._add(scope, one, ids):
                        break
                    there = self._marks(scope, one)
                    ids = room_for(there, one.ids) - there

    def since(self, scope: Scope, moment: Millis) -> Sequence[RefusalWindow]:
        """Return the newest items, at most `MAX_ITEMS`, whose window ends after `moment`; oldest first."""
        model = self._model
        keys = model.sk.between(PREFIX + key_of(max(window_of(moment), 0)), AFTER)
        with translate_errors(self._table):
            newest = model.query(scope_key(scope), keys, consistent_read=True, scan_index_forward=False, limit=MAX_ITEMS)
            return [_kept_from(item) for item in newest][::-1]

    def _add(self, scope: Scope, one: RefusalWindow, ids: frozenset[str]) -> bool:
        """Add the ids if there is room for all of them; return whether there was."""
        model = self._model
        actions = [
            model.format.set(FORMAT),
            model.cluster.set(one.cluster),
            model.capacity.set(str(one.capacity)),
            model.sign.set(str(one.kind)),
            model.reason.set(one.reason),
            model.for_want.set(one.is_shortage),
            model.expires_at.set(one.expires_at // 1000),
            model.marks.add(set(ids)),
        ]
        if one.group:
            actions.append(model.group.set(one.group))
        room = model.pk.does_not_exist() | (size(model.marks) <= MAX_IDS - len(ids))  # type: ignore[no-untyped-call]
        try:
            model(*_key(scope, one)).update(actions=actions, condition=room)
        except UpdateError as error:
            if not is_condition_failed(error):
                raise
            return False
        return True

    def _marks(self, scope: Scope, one: RefusalWindow) -> frozenset[str]:
        model = self._model
        try:
            return frozenset(model.get(*_key(scope, one), consistent_read=True).marks)
        except model.DoesNotExist:  # DynamoDB deleted it at the end of its time to live
            return frozenset()


def _key(scope: Scope, one: RefusalWindow) -> tuple[str, str]:
    return scope_key(scope), PREFIX + one.key


def _kept_from(item: Any) -> RefusalWindow:
    window, _, identity = item.sk.removeprefix(PREFIX).partition("#")
    return RefusalWindow(
        window=int(window),
        identity=identity,
        cluster=item.cluster,
        group=item.group or "",
        capacity=Capacity(item.capacity),
        kind=RefusalKind(item.sign),
        reason=item.reason,
        is_shortage=bool(item.for_want),
        ids=frozenset(item.marks),
    )
