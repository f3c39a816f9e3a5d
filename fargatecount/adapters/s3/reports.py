"""Reports in an S3 bucket: `reports/<account>/<region>/<id>.json`, one object each, written once.

The ids sort by time, and S3 lists keys in that order, so a range starts at its first key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.report import report_id
from fargatecount.reconcile.store import no_such_report
from fargatecount.workload import Millis, Scope

AT_ONCE = 10
"""Reports read at the same time: the size of botocore's connection pool. A week has 2,016 reports; at 20 ms each they take 4 s instead
of 40."""


_DECODER = msgspec.json.Decoder(ReconcileDocument)
"""Made at import: msgspec 0.22 builds its knowledge of a type at the first decode, and crashed (a segmentation fault) where several threads
did that at once."""


class S3Reports:
    """The reports in one bucket.

    Every method raises MisconfiguredError if the bucket does not exist, DeniedError if S3 refuses, and UnavailableError if it does not
    answer.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, report: ReconcileDocument) -> str:
        """Store a report; return its URL."""
        key = _prefix(Scope(report.account, report.region)) + f"{report.id}.json"
        with self._errors("storing a report in"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=msgspec.json.encode(report), ContentType="application/json")
        return f"s3://{self._bucket}/{key}"

    def ids(self, scope: Scope, since: Millis | None = None) -> Sequence[str]:
        """Return the ids of the stored reports, oldest first."""
        prefix = _prefix(scope)
        # StartAfter excludes its key, so this is the key of the millisecond before.
        first = {} if since is None else {"StartAfter": f"{prefix}{report_id(since - 1)}.json"}
        found: list[str] = []
        with self._errors("listing the reports in"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **first):
                found.extend(entry["Key"].removeprefix(prefix) for entry in page.get("Contents", ()))
        return [name.removesuffix(".json") for name in found if name.endswith(".json") and "/" not in name]

    def read(self, scope: Scope, report_id: str) -> ReconcileDocument:
        """Return one report; raises MisconfiguredError also if there is none with that id."""
        key = f"{_prefix(scope)}{report_id}.json"
        with self._errors("reading a report in"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                    raise no_such_report(report_id) from error
                raise
        try:
            return _DECODER.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise MisconfiguredError(
                f"s3://{self._bucket}/{key} is no report: {error}",
                remedy="remove that object if something else wrote it; upgrade fargatecount if a newer version did",
            ) from error

    def read_many(self, scope: Scope, report_ids: Sequence[str]) -> Iterator[ReconcileDocument]:
        """Return many reports, in the order of the ids; raises as `read` does."""
        with ThreadPoolExecutor(AT_ONCE) as readers:
            yield from readers.map(lambda one: self.read(scope, one), report_ids)

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        with aws_errors(f"{doing} s3://{self._bucket}"):
            try:
                yield
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "NoSuchBucket":
                    raise MisconfiguredError(
                        f"there is no bucket {self._bucket}", remedy="deploy again, or check FARGATECOUNT_REPORTS_BUCKET"
                    ) from error
                raise


def _prefix(scope: Scope) -> str:
    return f"reports/{scope.account}/{scope.region}/"
