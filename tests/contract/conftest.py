"""DynamoDB and S3 in the test's own process, and the DynamoDBs that are processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.stack import Stack
from tests.support.builders import SCOPE
from tests.support.tables import create_table, open_dynamodb

BUCKET = "fargatecount-reports"


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    """Return a client of a DynamoDB that is gone after the module's tests; each test takes a table of its own."""
    with mock_aws():
        yield open_dynamodb()


@pytest.fixture
def table(dynamodb: Any) -> str:
    """Return the name of an empty table."""
    return create_table(dynamodb)


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the emulator of `make demo`, with nothing deployed."""
    with Stack(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def s3() -> Iterator[Any]:
    """Return a client of an S3 with an empty bucket for reports and pages."""
    with mock_aws():
        client = boto3.client("s3", SCOPE.region)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": SCOPE.region})
        yield client
