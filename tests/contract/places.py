"""Where a contract of a store is tested: in memory, and on every DynamoDB that can be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from fargatecount.adapters.dynamodb.connection import Items
from local.stack import Stack
from tests.support import dynamodb_local
from tests.support.tables import REGION, create_table

MEMORY, MOTO, EMBEDDED, LOCAL = "memory", "moto", "embedded AWS", "DynamoDB Local"

PLACES = [
    MEMORY,
    MOTO,
    # One process each: the server is started once.
    pytest.param(EMBEDDED, marks=pytest.mark.xdist_group("ledger-embedded")),
    pytest.param(LOCAL, marks=pytest.mark.xdist_group("dynamodb-local")),
]

OpenItems: TypeAlias = Callable[[], Items]
"""Opens the test's own, at first empty table: each call as another process does."""


def open_items(request: pytest.FixtureRequest, place: str) -> OpenItems | None:
    """Return how to open a table at a place; None in memory."""
    if place == MEMORY:
        return None
    if place == MOTO:
        table = request.getfixturevalue("table")
        return lambda: Items(table, REGION)
    if place == EMBEDDED:
        stack: Stack = request.getfixturevalue("embedded_aws")
        endpoint, name = stack.endpoint, create_table(stack.client("dynamodb"))
        keys = stack.session().get_credentials()
        assert keys is not None
        credentials = {"aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key}
    else:
        endpoint, credentials = request.getfixturevalue("dynamodb_local"), dynamodb_local.CREDENTIALS
        name = create_table(dynamodb_local.client(endpoint))
    return lambda: Items(name, REGION, endpoint=endpoint, credentials=credentials)
