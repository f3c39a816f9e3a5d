"""What AWS's Price List says of Fargate, and which price is used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.counts import Platform
from fargatecount.errors import MalformedError
from fargatecount.usage.offer import prices_of_offer
from fargatecount.usage.price_document import prices_document
from fargatecount.usage.price_list import PUBLISHED, Rate, RefreshedPrices, RegionPrices
from fargatecount.usage.prices import PriceSettings, hourly, label
from fargatecount.workload import Facts
from tests.support.builders import NOW
from tests.support.offers import product

REGION = "eu-south-2"
"""A Region that the built-in list lacks."""
LINUX = [product("EUS2-Fargate-vCPU-Hours:perCPU", "0.05"), product("EUS2-Fargate-GB-Hours", "0.005")]
TASK = Facts(cpu=1024, memory=2048)


def test_prices_of_every_platform() -> None:
    """Linux, ARM, Windows with its license, and storage, with the day of the list."""
    found = prices_of_offer(
        [
            *LINUX,
            product("EUS2-Fargate-ARM-vCPU-Hours:perCPU", "0.04"),
            product("EUS2-Fargate-ARM-GB-Hours", "0.004"),
            product("EUS2-Fargate-Windows-vCPU-Hours:perCPU", "0.06"),
            product("EUS2-Fargate-Windows-GB-Hours", "0.006"),
            product("EUS2-Fargate-Windows-OS-Hours:perCPU", "0.046"),
            product("EUS2-Fargate-EphemeralStorage-GB-Hours", "0.0001"),
            product("EUS2-ECS-EC2-GB-Hours", "9"),
        ],
        REGION,
    )
    assert found == RefreshedPrices(
        prices=RegionPrices(Rate(0.05, 0.005), Rate(0.04, 0.004), Rate(0.06, 0.006, 0.046), 0.0001), published="2026-10-01"
    )


def test_usage_types_of_us_east_1_have_no_prefix() -> None:
    """The oldest Region has none."""
    assert prices_of_offer([product("Fargate-vCPU-Hours:perCPU", "1"), product("Fargate-GB-Hours", "1")], "us-east-1").prices.linux_x86


@pytest.mark.parametrize("price", ["0", "-1", "nan", "inf", "many", "1e9"])
def test_a_number_that_is_no_price_is_left_out(price: str) -> None:
    """Without the price of Linux there is nothing to use."""
    with pytest.raises(MalformedError, match="no price of Fargate in eu-south-2"):
        prices_of_offer([product("EUS2-Fargate-vCPU-Hours:perCPU", price), LINUX[1]], REGION)


@given(st.lists(st.one_of(st.text(), st.builds(json.dumps, st.dictionaries(st.sampled_from(["product", "terms"]), st.integers())))))
def test_hostile_products_change_nothing(hostile: list[str]) -> None:
    """What cannot be decoded is left out, whatever else is there."""
    assert prices_of_offer([*hostile, *LINUX], REGION).prices == RegionPrices(Rate(0.05, 0.005))


def test_a_refreshed_price_replaces_an_estimate_and_your_own_replaces_both() -> None:
    """An estimate is marked, a price of AWS is not."""
    refreshed = {REGION: prices_of_offer(LINUX, REGION)}
    estimate, newer = hourly(TASK, REGION), hourly(TASK, REGION, PriceSettings(refreshed=refreshed))
    own = hourly(TASK, REGION, PriceSettings(refreshed=refreshed, regions={REGION: RegionPrices(Rate(1, 0))}))
    assert (estimate.approximate, newer.approximate, own.approximate) == (True, False, False)
    assert newer.amount == pytest.approx(0.06)
    assert own.amount == 1
    assert f"{REGION} as of 2026-10-01" in label(PriceSettings(refreshed=refreshed))


@pytest.mark.parametrize(
    ("settings", "region", "sources"),
    [
        ({}, "us-east-1", [PUBLISHED] * 3),
        ({}, REGION, ["estimate"] * 3),
        ({"refreshed": {REGION: prices_of_offer(LINUX, REGION)}}, REGION, ["2026-10-01", "estimate", "estimate"]),
        ({"regions": {REGION: RegionPrices(Rate(1, 1))}}, REGION, ["own", "estimate", "estimate"]),
        ({}, "cn-north-1", ["unknown"] * 3),
    ],
)
def test_each_price_has_its_source(settings: dict[str, Any], region: str, sources: list[str]) -> None:
    """An estimate is approximate, and a price that is not known is null."""
    found = prices_document(PriceSettings(**settings), region, NOW)
    assert [each.source for each in found.platforms] == sources
    assert [each.approximate for each in found.platforms] == [source == "estimate" for source in sources]
    assert [each.vcpu is None for each in found.platforms] == [source == "unknown" for source in sources]
    assert len(found.platforms) == len(Platform)
