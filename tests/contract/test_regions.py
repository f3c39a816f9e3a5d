"""Regions: those of an account, and names that are none."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from fargatecount.adapters.regions import doubt, enabled_regions
from fargatecount.errors import DeniedError


class Ec2:
    """EC2 with some Regions, or without a right to name them."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def describe_regions(self) -> dict[str, Any]:
        if not self._names:
            raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "not you"}}, "DescribeRegions")
        return {"Regions": [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in self._names]}


def test_regions_come_in_the_order_of_their_names() -> None:
    """Two runs print them alike."""
    assert enabled_regions(Ec2("us-east-1", "af-south-1", "eu-west-1")) == ["af-south-1", "eu-west-1", "us-east-1"]


def test_who_may_not_ask_is_told_what_to_do() -> None:
    """The permission that lacks, or the Regions by name."""
    with pytest.raises(DeniedError, match="asking which Regions the account has: UnauthorizedOperation") as refused:
        enabled_regions(Ec2())
    assert refused.value.remedy == "allow ec2:DescribeRegions here, or name the Regions: --region"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eu-west-1", None),
        ("cn-north-1", None),
        ("us-gov-west-1", None),
        ("eu-west-11", "'eu-west-11' is no Region that this version knows: did you mean eu-west-1"),
        ("Frankfurt", "'Frankfurt' is no Region that this version knows; `aws ec2 describe-regions` names those of your account"),
    ],
)
def test_what_is_odd_about_a_name(name: str, said: str | None) -> None:
    """Regions of every partition are known, and a slip of the finger is recognised."""
    found = doubt(botocore.session.Session(), name)
    assert found is None if said is None else str(found).startswith(said)
