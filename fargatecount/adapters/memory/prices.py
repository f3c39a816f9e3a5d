"""Refreshed prices in memory: for one command, and for tests."""

from __future__ import annotations

from fargatecount.usage.price_refresh import KeptPrices
from fargatecount.workload import Scope


class MemoryPrices:
    """Prices in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[Scope, KeptPrices] = {}

    def kept(self, scope: Scope) -> KeptPrices | None:
        """Return what was kept last."""
        return self._kept.get(scope)

    def keep(self, scope: Scope, prices: KeptPrices) -> None:
        """Replace it."""
        self._kept[scope] = prices
