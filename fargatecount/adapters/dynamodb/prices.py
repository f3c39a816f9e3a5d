"""Refreshed prices in the table: one item beside the quotas of its scope.

| item | pk | sk |
|---|---|---|
| prices | `S#<account>#<region>` | `PRICES` |
"""

from __future__ import annotations

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.usage.price_list import RefreshedPrices
from fargatecount.usage.price_refresh import KeptPrices
from fargatecount.workload import Scope

KEY = "PRICES"
MAX_REASON = 1_000
"""Characters; AWS's own texts have a few hundred."""


class PricesItem(Item):
    """The prices of one Region."""

    asked_at = NumberAttribute()
    prices = UnicodeAttribute(null=True)
    """JSON; absent if none were ever read."""
    reason = UnicodeAttribute(null=True)


class DynamoPrices:
    """The prices in the table that `items` are bound to; errors as for `DynamoQuotas`."""

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._item = items.bind(PricesItem)

    def kept(self, scope: Scope) -> KeptPrices | None:
        """Return what was kept last; prices that a newer version wrote in another form count as none."""
        model = self._item
        with translate_errors(self._table):
            found = next(iter(model.query(scope_key(scope), model.sk == KEY)), None)
        if found is None:
            return None
        return KeptPrices(asked_at=int(found.asked_at), prices=_decoded(found.prices), reason=found.reason or "")

    def keep(self, scope: Scope, prices: KeptPrices) -> None:
        """Replace it."""
        encoded = None if prices.prices is None else msgspec.json.encode(prices.prices).decode()
        with translate_errors(self._table):
            self._item(scope_key(scope), KEY, asked_at=prices.asked_at, prices=encoded, reason=prices.reason[:MAX_REASON] or None).save()


def _decoded(text: str | None) -> RefreshedPrices | None:
    try:
        return None if text is None else msgspec.json.decode(text, type=RefreshedPrices)
    except msgspec.MsgspecError:
        return None
