"""AWS's Price List Query API: the products of one Region. Needs `pricing:GetProducts`.

It has endpoints in few Regions and answers for all of the partition (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors

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
