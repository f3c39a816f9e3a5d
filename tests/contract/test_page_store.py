"""What a store of daily pages promises, in memory and in S3 alike."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fargatecount.adapters.memory.pages import MemoryPages
from fargatecount.adapters.s3.pages import S3Pages
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.report.page.daily import PageStore
from fargatecount.workload import Scope
from tests.contract.conftest import BUCKET
from tests.support.builders import SCOPE

DAY = "2025-12-31"


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> PageStore:
    return MemoryPages() if request.param == "memory" else S3Pages(request.getfixturevalue("s3"), BUCKET)


def test_a_page_is_there_once_it_is_kept(store: PageStore) -> None:
    """Of its scope and day, and of no other."""
    store.keep(SCOPE, DAY, "<p>ü</p>")
    assert store.has(SCOPE, DAY)
    assert not store.has(SCOPE, "2025-12-30")
    assert not store.has(Scope(SCOPE.account, "us-east-1"), DAY)


def test_the_object_in_the_bucket(s3: Any) -> None:
    """A page is one HTML object under its account, Region and day, which a browser opens as such."""
    where = S3Pages(s3, BUCKET).keep(SCOPE, DAY, "<p>ü</p>")
    key = "pages/123456789012/eu-west-1/2025-12-31.html"
    assert where == f"s3://{BUCKET}/{key}"
    found = s3.get_object(Bucket=BUCKET, Key=key)
    assert (found["ContentType"], found["Body"].read().decode()) == ("text/html; charset=utf-8", "<p>ü</p>")


@pytest.mark.parametrize(("code", "error"), [("403", UnavailableError), ("AccessDenied", DeniedError), ("SlowDown", UnavailableError)])
def test_a_page_that_cannot_be_looked_for_is_not_absent(code: str, error: type[Exception]) -> None:
    """Only S3's word that there is none lets it be written."""
    client = boto3.client("s3", SCOPE.region, aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stub:
        stub.add_client_error("head_object", service_error_code=code)
        with pytest.raises(error, match=f"{DAY}.*{BUCKET}"):
            S3Pages(client, BUCKET).has(SCOPE, DAY)
