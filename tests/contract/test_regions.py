"""Regions: those of an account, and names that are not Regions."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from fargatecount.adapters.regions import check_region, doubt, enabled_regions
from fargatecount.errors import DeniedError, MisconfiguredError
from fargatecount.workload import PARTITIONS, partition_of


class Ec2:
    """EC2 with some Regions, or without the permission to list them."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def describe_regions(self) -> dict[str, Any]:
        if not self._names:
            raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "not you"}}, "DescribeRegions")
        return {"Regions": [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in self._names]}


def test_regions_come_in_the_order_of_their_names() -> None:
    """The Regions are sorted, so that two runs print them alike."""
    assert enabled_regions(Ec2("us-east-1", "af-south-1", "eu-west-1")) == ["af-south-1", "eu-west-1", "us-east-1"]


def test_who_may_not_ask_is_told_what_to_do() -> None:
    """The remedy is the missing permission, or the Regions by name."""
    with pytest.raises(DeniedError, match="listing the Regions of the account: UnauthorizedOperation") as refused:
        enabled_regions(Ec2())
    assert refused.value.remedy == "allow ec2:DescribeRegions here, or name the Regions: --region"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eu-west-1", None),
        ("cn-north-1", None),
        ("us-gov-west-1", None),
        ("eu-west-11", "'eu-west-11' is not a Region that this version knows: did you mean eu-west-1"),
        ("Frankfurt", "'Frankfurt' is not a Region that this version knows; `aws ec2 describe-regions` lists those of your account"),
    ],
)
def test_what_is_odd_about_a_name(name: str, said: str | None) -> None:
    """Regions of every partition are known, and a typing error gets a suggestion."""
    found = doubt(botocore.session.Session(), name)
    assert found is None if said is None else str(found).startswith(said)


def nowhere(_host: str) -> str:
    raise OSError("no such host")


@pytest.mark.parametrize("region", ["eu-wset-1", "eu-west-9", "Frankfurt"])
def test_a_name_without_an_address_is_no_region(region: str) -> None:
    """A misspelled Region is wrong usage, found before any client waits for it."""
    with pytest.raises(MisconfiguredError, match=f"'{region}' is not a Region"):
        check_region(botocore.session.Session(), region, {}, nowhere)


@pytest.mark.parametrize(
    ("region", "environment"),
    [
        ("eu-west-1", {}),
        ("cn-north-1", {}),
        ("us-gov-west-1", {}),
        ("eu-wset-1", {"https_proxy": "http://proxy:3128"}),
        ("eu-wset-1", {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}),
    ],
)
def test_a_name_that_may_be_right_is_taken(region: str, environment: dict[str, str]) -> None:
    """A known Region needs no address; behind a proxy or another endpoint an address proves nothing."""
    check_region(botocore.session.Session(), region, environment, nowhere)


def test_a_region_younger_than_this_version_is_taken() -> None:
    """A Region whose STS has an address exists, whatever name it resembles."""
    asked: list[str] = []
    check_region(botocore.session.Session(), "eu-west-4", {}, asked.append)
    check_region(botocore.session.Session(), "cn-east-9", {}, asked.append)
    check_region(botocore.session.Session(), "eusc-de-east-9", {}, asked.append)
    assert asked == ["sts.eu-west-4.amazonaws.com", "sts.cn-east-9.amazonaws.com.cn", "sts.eusc-de-east-9.amazonaws.eu"]


def test_partitions_are_those_of_botocore() -> None:
    """Every Region that botocore knows, in any partition, has its partition here too."""
    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    regions = {region: partition for partition in partitions for region in session.get_available_regions("ecs", partition)}
    assert {region: partition_of(region) for region in regions} == regions
    assert {partition_of(region) for region in regions} == {"aws", *PARTITIONS.values()}
