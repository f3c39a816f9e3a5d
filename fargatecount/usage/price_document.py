"""Prices in JSON: the document `fargatecount/prices` version 1, which `prices show --json` and `prices refresh --json` print.

Pure. Keys may be added; none is renamed. A price that is not known is null.
"""

from __future__ import annotations

import msgspec

from fargatecount.counts import Platform
from fargatecount.timestamps import to_iso
from fargatecount.usage.price_list import LIST, PUBLISHED, rate_of, storage_rate_of
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Millis

SCHEMA = "fargatecount/prices"
VERSION = 1
OWN, ESTIMATE = "own", "estimate"


class PriceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of one platform in USD per hour."""

    platform: str
    vcpu: float | None
    gib: float | None
    licence: float | None
    """Per vCPU for the operating system."""
    approximate: bool
    """Whether it is derived from another Region's price."""
    source: str
    """`own`, the day of AWS's Price List, or `estimate`."""


class PricesDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that the commands use in one Region."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str
    region: str
    platforms: list[PriceDocument]
    storage_gib: float
    """Per GiB of ephemeral storage beyond the free 20."""
    storage_approximate: bool
    spot_factor: float
    discount_percent: float


def prices_document(settings: PriceSettings, region: str, now: Millis) -> PricesDocument:
    """Return the prices of a Region, each with its source."""
    storage = storage_rate_of(region, settings.regions, settings.newer)
    return PricesDocument(
        as_of=to_iso(now),
        region=region,
        platforms=[_platform(platform, settings, region) for platform in Platform],
        storage_gib=round(storage.gib, 8),
        storage_approximate=storage.guessed,
        spot_factor=settings.spot_factor,
        discount_percent=settings.discount_percent,
    )


def _platform(platform: Platform, settings: PriceSettings, region: str) -> PriceDocument:
    rate = rate_of(platform, region, settings.regions, settings.newer)
    return PriceDocument(
        platform=platform.replace("_", "-"),
        vcpu=None if rate is None else round(rate.vcpu, 8),
        gib=None if rate is None else round(rate.gib, 8),
        licence=None if rate is None else rate.licence,
        approximate=rate is not None and rate.guessed,
        source="unknown" if rate is None else _source(platform, settings, region),
    )


def _source(platform: Platform, settings: PriceSettings, region: str) -> str:
    if getattr(settings.regions.get(region), platform, None) is not None:
        return OWN
    refreshed = settings.refreshed.get(region)
    if refreshed is not None and getattr(refreshed.prices, platform) is not None:
        return refreshed.published
    return PUBLISHED if getattr(LIST.get(region), platform, None) is not None else ESTIMATE
