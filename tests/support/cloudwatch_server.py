"""CloudWatch and EventBridge on a port of this machine, for programs that make their client themselves: it keeps or denies what is put."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.http_server import Reply, Request, answering

KIND = "application/x-amz-json-1.0"


class CloudWatch:
    """What was asked of it."""

    def __init__(self, *, denies: bool) -> None:
        self.denies = denies
        self.requests: list[dict[str, Any]] = []

    @property
    def metrics(self) -> dict[str, float]:
        """Name and newest value of each metric that was put without dimensions."""
        return {
            datum["MetricName"]: datum["Value"]
            for request in self.requests
            for datum in request["MetricData"]
            if not datum.get("Dimensions")
        }


@contextmanager
def cloudwatch(*, denies: bool = False) -> Iterator[tuple[CloudWatch, str]]:
    """Yield a CloudWatch and its URL."""
    service = CloudWatch(denies=denies)

    def answer(asked: Request) -> Reply:
        body = gzip.decompress(asked.body) if asked.headers.get("Content-Encoding") == "gzip" else asked.body
        request = json.loads(body)
        service.requests.append(request)
        # EventBridge answers for each event, CloudWatch not at all.
        said = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in request["Entries"]]} if "Entries" in request else {}
        if service.denies:
            return Reply('{"__type": "AccessDeniedException", "message": "not you"}', KIND, 400)
        return Reply(json.dumps(said), KIND)

    with answering(answer) as url:
        yield service, url
