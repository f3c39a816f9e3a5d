"""AWS's Price List Query API: the products of one Region. Needs `pricing:GetProducts`.

It has endpoints in few Regions and answers for all of the partition (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError
from fargatecount.usage.offer import prices_of_offer
from fargatecount.usage.price_list import RefreshedPrices
from fargatecount.workload import partition_of

ENDPOINT_REGION = "us-east-1"
SERVICE = "AmazonECS"
"""The offer that has Fargate, for pods too."""
MAX_PRODUCTS = 2_000
"""The offer of a Region has some dozens; more means that the filter did not work."""


def offered_products(client: Any, region: str) -> Sequence[str]:
    """Return the products of a Region as JSON texts; raises DeniedError or UnavailableError."""
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    found: list[str] = []
    with aws_errors(f"reading the Price List of {region}", action="pricing:GetProducts"):
        for page in client.get_paginator("get_products").paginate(ServiceCode=SERVICE, Filters=filters):
            found += page["PriceList"]
            if len(found) > MAX_PRODUCTS:
                break
    return found


class PriceListApi:
    """The Price List as a source of prices; `open_client` makes a client `pricing` in a Region that has an endpoint."""

    def __init__(self, open_client: Callable[[str], Any]) -> None:
        self._open_client = open_client

    def read(self, region: str) -> RefreshedPrices:
        """Return the prices of a Region.

        Raises:
            MisconfiguredError: credentials of this partition are valid at no endpoint of the Price List.
            DeniedError, UnavailableError: AWS refused or did not answer.
            MalformedError: the Price List has no price of Fargate there.
        """
        if partition_of(region) != "aws":
            raise MisconfiguredError(
                f"the Price List has no endpoint in the partition of {region}", remedy="set regionPrices, and leave pricesRefresh false"
            )
        return prices_of_offer(offered_products(self._open_client(ENDPOINT_REGION), region), region)
