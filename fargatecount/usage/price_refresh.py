"""Price refresh: AWS's list prices of a later day than the built-in list, asked for once a week and kept with their day.

What cannot be read leaves the older prices in force, and is asked for again after a day: prices stop no run and no metric.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from fargatecount.errors import FargatecountError
from fargatecount.timestamps import DAY
from fargatecount.usage.price_list import RefreshedPrices
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Millis, Scope

REFRESH_AFTER: Millis = 7 * DAY
"""AWS changes Fargate's prices every few years; a week is soon, and 52 calls a year are nothing."""
RETRY_AFTER: Millis = DAY


class KeptPrices(msgspec.Struct, frozen=True, kw_only=True):
    """What the last question came to."""

    asked_at: Millis
    prices: RefreshedPrices | None = None
    """The newest prices that were read; None if none ever were."""
    reason: str = ""
    """Why the last question had no answer; empty if it had one."""

    def is_due(self, now: Millis) -> bool:
        """Return whether it is time to ask again."""
        return now - self.asked_at >= (RETRY_AFTER if self.reason else REFRESH_AFTER)


class PriceSource(Protocol):
    """AWS's Price List."""

    def read(self, region: str) -> RefreshedPrices:
        """Return the prices of a Region; raises a FargatecountError where they cannot be read."""
        ...


class PriceStore(Protocol):
    """Keeps the prices of a scope. Both methods raise a FargatecountError where the table cannot be used."""

    def kept(self, scope: Scope) -> KeptPrices | None:
        """Return what was kept last."""
        ...

    def keep(self, scope: Scope, prices: KeptPrices) -> None:
        """Replace it."""
        ...


class PriceRefresh(msgspec.Struct, frozen=True):
    """Where prices come from and where they stay."""

    source: PriceSource
    store: PriceStore


def refresh(settings: PriceSettings, ports: PriceRefresh, scope: Scope, now: Millis, *, dry_run: bool) -> PriceSettings:
    """Return the settings with the kept prices, after asking AWS where that is due; a dry run asks and keeps nothing."""
    try:
        kept = ports.store.kept(scope)
        if not dry_run and (kept is None or kept.is_due(now)):
            kept = _asked(ports.source, scope, kept, now)
            ports.store.keep(scope, kept)
    except FargatecountError:
        return settings
    return with_kept(settings, scope, kept)


def in_force(settings: PriceSettings, store: PriceStore, scope: Scope) -> PriceSettings:
    """Return the settings with the kept prices; without them where the table cannot be read."""
    try:
        return with_kept(settings, scope, store.kept(scope))
    except FargatecountError:
        return settings


def with_kept(settings: PriceSettings, scope: Scope, kept: KeptPrices | None) -> PriceSettings:
    """Return the settings with the kept prices, unless they have younger ones of that Region."""
    known = settings.refreshed.get(scope.region)
    if kept is None or kept.prices is None or (known is not None and known.published >= kept.prices.published):
        return settings
    return msgspec.structs.replace(settings, refreshed={**settings.refreshed, scope.region: kept.prices})


def _asked(source: PriceSource, scope: Scope, before: KeptPrices | None, now: Millis) -> KeptPrices:
    try:
        return KeptPrices(asked_at=now, prices=source.read(scope.region))
    except FargatecountError as error:
        return KeptPrices(asked_at=now, prices=before.prices if before else None, reason=str(error))
