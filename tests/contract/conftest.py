"""DynamoDB in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.tables import create_table, open_dynamodb


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """Return a client of a DynamoDB that is gone after the module's tests; each test takes a table of its own."""
    with mock_aws():
        yield open_dynamodb()


@pytest.fixture
def table(dynamodb: Any) -> str:
    """Return the name of an empty table."""
    return create_table(dynamodb)
