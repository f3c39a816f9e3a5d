"""The history in the bucket of the reports: objects of records, and the coverage of each scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MalformedError, UnavailableError
from fargatecount.history.coverage import Coverage
from fargatecount.history.objects import HistoryObject, folder
from fargatecount.workload import Scope

COVERAGE = "coverage/"
PER_DELETE = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
ABSENT = frozenset({"NoSuchKey", "404"})

_COVERAGE = msgspec.json.Decoder(Coverage)


class S3History:
    """The history in one bucket. Every method raises DeniedError if S3 refuses, and UnavailableError if it does not answer."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def objects(self, scope: Scope, first_day: str = "") -> Sequence[HistoryObject]:
        """Return the objects of a scope from `first_day` on, by key."""
        prefix = folder(scope)
        # Keys sort by day. StartAfter excludes its key, and no object is named like the folder itself.
        start = {"StartAfter": folder(scope, first_day)} if first_day else {}
        found: list[dict[str, Any]] = []
        with aws_errors(f"listing the history in s3://{self._bucket}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **start):
                found += page.get("Contents", ())
        return [HistoryObject(each["Key"], each["ETag"].strip('"'), each["Size"]) for each in found if each["Key"].endswith(".jsonl.gz")]

    def read(self, key: str) -> bytes | None:
        """Return an object; None if there is none."""
        with aws_errors(f"reading s3://{self._bucket}/{key}"):
            try:
                return bytes(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ABSENT:
                    return None
                raise

    def write(self, key: str, body: bytes) -> None:
        """Store an object."""
        with aws_errors(f"storing s3://{self._bucket}/{key}"):
            # No ContentEncoding: an HTTP client would decompress what Athena and DuckDB expect as gzip, by the name.
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/gzip")

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects."""
        every = list(keys)
        for start in range(0, len(every), PER_DELETE):
            chunk = [{"Key": key} for key in every[start : start + PER_DELETE]]
            with aws_errors(f"deleting compacted objects in s3://{self._bucket}"):
                answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": chunk, "Quiet": True})
            for failure in answer.get("Errors", ()):
                raise UnavailableError(f"s3://{self._bucket}/{failure.get('Key')} could not be deleted: {failure.get('Code')}")

    def coverage(self, scope: Scope) -> Coverage | None:
        """Return the coverage of a scope; None before the first maintenance. Raises MalformedError if something else lies in its place."""
        key = _coverage_key(scope)
        body = self.read(key)
        try:
            return None if body is None else _COVERAGE.decode(body)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise MalformedError(f"s3://{self._bucket}/{key} is no coverage: {error}") from error

    def keep_coverage(self, scope: Scope, coverage: Coverage) -> None:
        """Store the coverage of a scope."""
        key = _coverage_key(scope)
        with aws_errors(f"storing s3://{self._bucket}/{key}"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=msgspec.json.encode(coverage), ContentType="application/json")


def _coverage_key(scope: Scope) -> str:
    return f"{folder(scope, root=COVERAGE)}coverage.json"
