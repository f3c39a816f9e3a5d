"""Launches in the table: one item per minute, with a number for each second in which something was launched, and the launch quotas.

| item | pk | sk |
|---|---|---|
| launches | `S#<account>#<region>` | `LAUNCHED#<when the minute begins>` |
| launch quotas | `S#<account>#<region>` | `LAUNCHQUOTAS` |

The names of the seconds are short, so that the item of a minute with launches in all of them is below 1 KB: one write unit for each
transaction that creates rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import FORMAT, Item, scope_key
from fargatecount.ledger.launches import KEPT, SECOND, Second, by_minute
from fargatecount.quotas.launch_rates import LaunchQuotaReading
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Capacity, Millis, Scope

PREFIX = "LAUNCHED#"
QUOTAS = "LAUNCHQUOTAS"
LETTERS = {Capacity.ON_DEMAND: "d", Capacity.SPOT: "s"}
SECONDS = 60


class LaunchedItem(Item):
    """The launches of one minute: `d7` are those of its seventh second on demand, `s7` on Spot."""

    expires_at = NumberAttribute()
    """Seconds since the epoch, the unit of DynamoDB's time to live."""
    for _letter in LETTERS.values():
        for _second in range(SECONDS):
            locals()[f"{_letter}{_second}"] = NumberAttribute(null=True)
    del _letter, _second


class LaunchQuotasItem(Item):
    """The launch quotas of a scope."""

    state = UnicodeAttribute()
    """JSON of `quotas.launch_rates.LaunchQuotaReading`."""


class DynamoLaunches:
    """The launches in the table that `items` are bound to, over the same connection; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(LaunchedItem)

    def add(self, scope: Scope, launched: Mapping[Second, int]) -> None:
        """Add launches."""
        model = self._model
        with translate_errors(self._table):
            for minute, seconds in by_minute(launched).items():
                actions = [getattr(model, _name(*second)).add(number) for second, number in seconds]
                actions += [model.format.set(FORMAT), model.expires_at.set((minute + KEPT) // 1000)]
                model(scope_key(scope), _key(minute)).update(actions=actions)

    def since(self, scope: Scope, moment: Millis) -> Mapping[Second, int]:
        """Return the launches of all seconds from the minute of `moment` on."""
        model = self._model
        found: dict[Second, int] = {}
        with translate_errors(self._table):
            for item in model.query(
                scope_key(scope), model.sk.between(_key(moment // MINUTE * MINUTE), PREFIX + "~"), consistent_read=True
            ):
                minute = int(item.sk.removeprefix(PREFIX))
                for capacity, letter in LETTERS.items():
                    for second in range(SECONDS):
                        number = item.attribute_values.get(f"{letter}{second}")
                        if number:
                            found[capacity, minute + second * SECOND] = int(number)
        return found


class DynamoLaunchQuotas:
    """The launch quotas in the table that `items` are bound to; raises the errors of `DynamoLedger`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._model: type[Any] = items.bind(LaunchQuotasItem)

    def keep(self, scope: Scope, reading: LaunchQuotaReading) -> None:
        """Replace the last reading."""
        with translate_errors(self._table):
            self._model(scope_key(scope), QUOTAS, state=msgspec.json.encode(reading).decode()).save()

    def reading(self, scope: Scope) -> LaunchQuotaReading:
        """Return the last reading; an unknown one if there is none."""
        with translate_errors(self._table):
            try:
                item = self._model.get(scope_key(scope), QUOTAS, consistent_read=True)
            except self._model.DoesNotExist:
                return LaunchQuotaReading()
        return msgspec.json.decode(item.state, type=LaunchQuotaReading)


def _key(minute: Millis) -> str:
    return f"{PREFIX}{minute:013d}"


def _name(capacity: Capacity, second: Millis) -> str:
    return f"{LETTERS[capacity]}{second % MINUTE // SECOND}"
