"""Tables for tests: the keys and the billing that the deployment gives its own.

Not its time to live: tests happen in January 2026, and DynamoDB Local deletes by the machine's clock what has expired since.
"""

from __future__ import annotations

import itertools
from typing import Any

import boto3

REGION = "eu-west-1"

_numbers = itertools.count()


def create_table(dynamodb: Any) -> str:
    """Create an empty table and return its name."""
    name = f"ledger-{next(_numbers)}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def open_dynamodb() -> Any:
    """Return a plain client, to see and to write items as they are."""
    return boto3.client("dynamodb", region_name=REGION)
