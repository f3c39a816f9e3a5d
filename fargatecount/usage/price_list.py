"""AWS's list prices of Fargate in USD per hour, as of one day.

This module owns the numbers, their sources, and the estimate that replaces a number without a checked source. `prices` does the
arithmetic.

Source of all but Spot: the AWS Price List, offer AmazonECS, published on 2026-09-11
(https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonECS/current/region_index.json; usage types `Fargate-vCPU-Hours:perCPU`,
`Fargate-GB-Hours`, the same with `ARM-` and `Windows-`, `Fargate-Windows-OS-Hours:perCPU`, `Fargate-EphemeralStorage-GB-Hours`).
The numbers come from copies of it: Linux on x86 in all Regions from https://github.com/theuves/fgcalc, checked on 2026-09-29; ARM, Windows
and storage from copies made between May and September 2026, for the Regions that these have. To update a number, read the offer again and
change `PUBLISHED` too. The examples on https://aws.amazon.com/fargate/pricing/ still show the Windows prices of 2022 (0.09148 and 0.01005),
about twice the current ones of the Price List.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec

from fargatecount.counts import Platform
from fargatecount.workload import partition_of

PUBLISHED = "2026-09-11"
SOURCE = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonECS/current/region_index.json"

REFERENCE_REGION = "us-east-1"
"""The Region for which every price is known."""

SPOT_FACTOR = 0.32
"""The Spot price as a fraction of the on-demand price. AWS advertises "up to 70 % off" and changes the price with supply: on 2026-09-28 the
data behind https://aws.amazon.com/fargate/pricing/ had 0.01288871 per vCPU-hour in us-east-1 (0.318 of on-demand) and 0.01224056 in
eu-west-1 (0.302)."""

Usd = Annotated[float, msgspec.Meta(ge=0)]


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The prices of one platform in USD per hour."""

    vcpu: Usd
    gib: Usd
    """Per GiB of memory; the Price List writes GB, and bills a task of 512 MiB as 0.5."""
    licence: Usd = 0.0
    """Per vCPU for the operating system's license; no Savings Plan lowers it. The name is a promised key of FARGATECOUNT_REGION_PRICES."""


class RegionPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The prices of one Region; None is not known."""

    linux_x86: Rate | None = None
    linux_arm: Rate | None = None
    windows_x86: Rate | None = None
    storage: Usd | None = None
    """Per GiB of ephemeral storage beyond the free 20."""


class RefreshedPrices(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of one Region as AWS's Price List had them on a later day than `PUBLISHED`."""

    prices: RegionPrices
    published: str
    """The day, such as 2026-09-11."""


Prices: TypeAlias = Mapping[str, RegionPrices]
"""Prices by Region."""
NO_PRICES: Prices = {}

LIST: Prices = {
    "us-east-1": RegionPrices(Rate(0.04048, 0.004445), Rate(0.03238, 0.00356), Rate(0.046552, 0.00511175, 0.046), 0.000111),
    "us-east-2": RegionPrices(Rate(0.04048, 0.004445), Rate(0.03238, 0.00356), Rate(0.046552, 0.00511175, 0.046), 0.000111),
    "us-west-1": RegionPrices(Rate(0.04656, 0.00511)),
    "us-west-2": RegionPrices(Rate(0.04048, 0.004445)),
    "us-gov-east-1": RegionPrices(Rate(0.0486, 0.0053)),
    "us-gov-west-1": RegionPrices(Rate(0.0486, 0.0053)),
    "ca-central-1": RegionPrices(Rate(0.04456, 0.004865)),
    "sa-east-1": RegionPrices(Rate(0.0696, 0.0076)),
    "eu-west-1": RegionPrices(Rate(0.04048, 0.004445), Rate(0.03238, 0.00356)),
    "eu-west-2": RegionPrices(Rate(0.04656, 0.00511), Rate(0.03725, 0.00409), storage=0.000129),
    "eu-west-3": RegionPrices(Rate(0.0486, 0.0053)),
    "eu-central-1": RegionPrices(Rate(0.04656, 0.00511)),
    "eu-north-1": RegionPrices(Rate(0.0445, 0.0049)),
    "eu-south-1": RegionPrices(Rate(0.0486, 0.0053)),
    "af-south-1": RegionPrices(Rate(0.0546, 0.006)),
    "me-south-1": RegionPrices(Rate(0.0526, 0.0058)),
    "ap-south-1": RegionPrices(Rate(0.04256, 0.004655), Rate(0.02383, 0.00261)),
    "ap-east-1": RegionPrices(Rate(0.0556, 0.0061)),
    "ap-northeast-1": RegionPrices(Rate(0.05056, 0.00553), Rate(0.04045, 0.00442), storage=0.000133),
    "ap-northeast-2": RegionPrices(Rate(0.04656, 0.00511)),
    "ap-southeast-1": RegionPrices(Rate(0.05056, 0.00553)),
    "ap-southeast-2": RegionPrices(Rate(0.04856, 0.00532)),
}


class PlatformRate(msgspec.Struct, frozen=True):
    """The price of a platform in a Region, in USD per hour."""

    vcpu: float
    gib: float
    licence: float
    guessed: bool


class StorageRate(msgspec.Struct, frozen=True):
    """The price of a GiB of ephemeral storage beyond the free 20 in a Region, in USD per hour."""

    gib: float
    guessed: bool


BILLED_IN_USD = frozenset({"aws", "aws-us-gov"})
"""Partitions whose prices follow this list. AWS China bills in CNY (https://www.amazonaws.cn/en/fargate/pricing/), the European Sovereign
Cloud in EUR (https://aws.eu/), and the isolated partitions publish no prices."""


def rate_of(platform: Platform, region: str, own: Prices, refreshed: Prices = NO_PRICES) -> PlatformRate | None:
    """Return a platform's price: the operator's `own`, else the `refreshed` one, else that of the list, else an estimate.

    None where an estimate would mislead.
    """
    for prices in _known(region, own, refreshed):
        rate: Rate | None = getattr(prices, platform)
        if rate is not None:
            return PlatformRate(rate.vcpu, rate.gib, rate.licence, guessed=False)
    if partition_of(region) not in BILLED_IN_USD:
        return None
    # Where the list has both, the price of ARM is in proportion to that of x86 to a tenth of a percent, except in ap-south-1, which is
    # listed. The estimate assumes the same of Windows, and one price of its license everywhere.
    reference: Rate = getattr(LIST[REFERENCE_REGION], platform)
    vcpu, gib = _against_reference(region, own, refreshed)
    return PlatformRate(reference.vcpu * vcpu, reference.gib * gib, reference.licence, guessed=True)


def storage_rate_of(region: str, own: Prices, refreshed: Prices = NO_PRICES) -> StorageRate:
    """Return the price of ephemeral storage, from the same sources as `rate_of`."""
    for prices in _known(region, own, refreshed):
        if prices.storage is not None:
            return StorageRate(prices.storage, guessed=False)
    # Where the list has both, the price of storage is in proportion to that of memory to within 4 %.
    return StorageRate((LIST[REFERENCE_REGION].storage or 0.0) * _against_reference(region, own, refreshed)[1], guessed=True)


def _known(region: str, own: Prices, refreshed: Prices) -> list[RegionPrices]:
    return [prices for prices in (own.get(region), refreshed.get(region), LIST.get(region)) if prices is not None]


def _against_reference(region: str, own: Prices, refreshed: Prices) -> tuple[float, float]:
    """Return the prices of vCPU and memory of Linux on x86 relative to the reference Region; 1 where they are not known."""
    reference = LIST[REFERENCE_REGION].linux_x86
    for prices in _known(region, own, refreshed):
        if reference is not None and prices.linux_x86 is not None:
            return prices.linux_x86.vcpu / reference.vcpu, prices.linux_x86.gib / reference.gib
    return 1.0, 1.0
