"""Offer: the prices of Fargate in one Region, from the products of AWS's Price List.

Pure. A product of Fargate has a usage type such as `EUW1-Fargate-ARM-vCPU-Hours:perCPU`, and one price on demand in USD
(https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html). What is not understood is left out, and its price stays
that of the built-in list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from fargatecount.errors import MalformedError
from fargatecount.usage.price_list import Rate, RefreshedPrices, RegionPrices

USAGE_TYPE = re.compile(
    r"(?:[A-Z0-9]+-)?Fargate-((?:ARM-|Windows-)?(?:vCPU-Hours:perCPU|GB-Hours|OS-Hours:perCPU)|EphemeralStorage-GB-Hours)"
)
VCPU, GIB, LICENCE, STORAGE = "vCPU-Hours:perCPU", "GB-Hours", "OS-Hours:perCPU", "EphemeralStorage-GB-Hours"
MOST = 10.0
"""USD per hour and unit: two hundred times the price of a vCPU. A larger number is not a price of Fargate."""


class _Attributes(msgspec.Struct):
    usagetype: str = ""


class _ProductInfo(msgspec.Struct):
    attributes: _Attributes = msgspec.field(default_factory=_Attributes)


class _Dimension(msgspec.Struct, rename="camel"):
    begin_range: str = "0"
    price_per_unit: dict[str, str] = {}


class _Term(msgspec.Struct, rename="camel"):
    price_dimensions: dict[str, _Dimension] = {}


class _Terms(msgspec.Struct):
    on_demand: dict[str, _Term] = msgspec.field(default_factory=dict, name="OnDemand")


class _Product(msgspec.Struct, rename="camel"):
    product: _ProductInfo = msgspec.field(default_factory=_ProductInfo)
    terms: _Terms = msgspec.field(default_factory=_Terms)
    publication_date: str = ""


def prices_of_offer(products: Iterable[str], region: str) -> RefreshedPrices:
    """Return the prices of a Region's products, each a JSON text as GetProducts returns it.

    Raises:
        MalformedError: none of them has the price of Linux on x86, without which nothing else is useful.
    """
    found: dict[str, float] = {}
    published = ""
    for text in products:
        try:
            product = msgspec.json.decode(text, type=_Product)
        except msgspec.MsgspecError:
            continue
        matched = USAGE_TYPE.fullmatch(product.product.attributes.usagetype)
        price = _price_of(product)
        if matched and price is not None:
            found[matched[1]] = price
            published = max(published, product.publication_date[:10])
    linux = _rate(found, "")
    if linux is None:
        text = f"AWS's Price List has no price of Fargate in {region}"
        raise MalformedError(text, remedy="Fargate may not exist there; the built-in list stays")
    prices = RegionPrices(linux, _rate(found, "ARM-"), _rate(found, "Windows-"), found.get(STORAGE))
    return RefreshedPrices(prices=prices, published=published)


def _price_of(product: _Product) -> float | None:
    """Return the price of the first range of the one term on demand."""
    for term in product.terms.on_demand.values():
        for dimension in term.price_dimensions.values():
            try:
                price = float(dimension.price_per_unit["USD"])
            except (KeyError, ValueError):
                continue
            if 0 < price <= MOST:
                return price
    return None


def _rate(found: Mapping[str, float], platform: str) -> Rate | None:
    vcpu, gib = found.get(platform + VCPU), found.get(platform + GIB)
    return None if vcpu is None or gib is None else Rate(vcpu, gib, found.get(platform + LICENCE, 0.0))
