"""Daily pages in the bucket of the reports: `pages/<account>/<region>/<day>.html`, one object each.

Not below `reports/`, so that a list of that prefix has reports only.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.workload import Scope

GONE = {"404", "NoSuchKey", "NotFound"}


class S3Pages:
    """The pages in one bucket. Every method raises DeniedError if S3 refuses, and UnavailableError if it does not answer."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def has(self, scope: Scope, day: str) -> bool:
        """Return whether the page of a day is stored. Without `s3:ListBucket`, S3 answers 403 for a missing object."""
        with aws_errors(f"reading the page of {day} in s3://{self._bucket}"):
            try:
                self._client.head_object(Bucket=self._bucket, Key=key(scope, day))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in GONE:
                    return False
                raise
        return True

    def keep(self, scope: Scope, day: str, page: str) -> str:
        """Store a page; return its URL."""
        with aws_errors(f"storing the page of {day} in s3://{self._bucket}"):
            self._client.put_object(Bucket=self._bucket, Key=key(scope, day), Body=page.encode(), ContentType="text/html; charset=utf-8")
        return f"s3://{self._bucket}/{key(scope, day)}"


def key(scope: Scope, day: str) -> str:
    """Return the key of the page of a day such as `2026-10-01`."""
    return f"pages/{scope.account}/{scope.region}/{day}.html"
