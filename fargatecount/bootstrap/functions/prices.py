"""The prices in force in a function: those of its settings, and AWS's of a later day where `reconcile` keeps them."""

from __future__ import annotations

from fargatecount.clock import Clock
from fargatecount.settings.deployment import UsageSettings
from fargatecount.timestamps import HOUR
from fargatecount.usage.price_refresh import PriceStore, in_force
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Millis, Scope

LOOK_AFTER: Millis = HOUR
"""How long an execution environment uses what it has read: prices change every few years."""


class FunctionPrices:
    """The prices of one execution environment."""

    def __init__(self, settings: UsageSettings, store: PriceStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._read: tuple[Millis, PriceSettings] | None = None

    def of(self, scope: Scope) -> PriceSettings:
        """Return the prices for the function's own scope; the table is read at most once an hour, and never without `pricesRefresh`."""
        if not self._settings.prices_refresh:
            return self._settings.prices
        now = self._clock.now()
        if self._read is None or now - self._read[0] >= LOOK_AFTER:
            self._read = now, in_force(self._settings.prices, self._store, scope)
        return self._read[1]
