"""Metrics as botocore sends them: a CloudWatch with a memory answers its requests before they leave the process."""

from __future__ import annotations

import gzip
import json
from typing import Any, cast

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.metrics import catalog
from fargatecount.metrics.series import DataPoint
from tests.support.builders import NOW

MOST = 1_000
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""


class Raw:
    """The body of an answer, as urllib3 hands it over."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> list[bytes]:
        return [self._content]


class FakeCloudWatch:
    """Keeps what is put and refuses what CloudWatch does: too many metrics at once."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.trouble: Exception | str | None = None
        session = botocore.session.get_session()
        self.client = session.create_client(
            "cloudwatch",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-send.cloudwatch.PutMetricData", cast("Any", self._answer))

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        if isinstance(self.trouble, Exception):
            raise self.trouble
        body = gzip.decompress(request.body) if request.headers.get("Content-Encoding") in {"gzip", b"gzip"} else request.body
        data = json.loads(body)
        self.calls.append(data)
        if self.trouble or len(data["MetricData"]) > MOST:
            code = self.trouble or "LimitExceeded"
            return AWSResponse(
                request.url, 400, HTTPHeaders(), Raw(json.dumps({"__type": code, "message": "because of the test"}).encode())
            )
        return AWSResponse(request.url, 200, HTTPHeaders(), Raw(b"{}"))


@pytest.fixture
def cloudwatch() -> FakeCloudWatch:
    """Return an empty CloudWatch."""
    return FakeCloudWatch()


def sink(cloudwatch: FakeCloudWatch) -> CloudWatchMetrics:
    return CloudWatchMetrics(cloudwatch.client, namespace="Fargate Stats", prefix="fargate")


def test_a_point_arrives_with_all_that_it_is(cloudwatch: FakeCloudWatch) -> None:
    """Name with prefix, dimensions, moment to the millisecond, value, unit and resolution."""
    sink(cloudwatch).put([DataPoint(catalog.UTILIZATION_OF, 83.5, NOW + 123, ("spot",))])
    (call,) = cloudwatch.calls
    assert call["Namespace"] == "Fargate Stats"
    (datum,) = call["MetricData"]
    assert datum == {
        "MetricName": "fargate-vcpu-utilization",
        "Dimensions": [{"Name": "capacity", "Value": "spot"}],
        "Timestamp": datum["Timestamp"],
        "Value": 83.5,
        "Unit": "Percent",
        "StorageResolution": 1,
    }
    assert datum["Timestamp"] == pytest.approx((NOW + 123) / 1000, abs=0.001)


def test_every_metric_is_one_that_botocore_sends(cloudwatch: FakeCloudWatch) -> None:
    """No declared unit, name or resolution is refused by the model of the API."""
    points = [DataPoint(metric, 1, NOW, tuple("x" for _ in metric.dimensions)) for metric in catalog.METRICS]
    sink(cloudwatch).put(points)
    assert len(cloudwatch.calls[0]["MetricData"]) == len(catalog.METRICS)


@pytest.mark.parametrize(("points", "calls"), [(0, []), (1, [1]), (1000, [1000]), (1001, [1000, 1]), (2500, [1000, 1000, 500])])
def test_as_few_calls_as_cloudwatch_allows(cloudwatch: FakeCloudWatch, points: int, calls: list[int]) -> None:
    """A thousand metrics at once, none for nothing."""
    sink(cloudwatch).put([DataPoint(catalog.COUNT, i, NOW, (f"ECS-{i}",)) for i in range(points)])
    assert [len(call["MetricData"]) for call in cloudwatch.calls] == calls


def test_a_refusal_is_denied(cloudwatch: FakeCloudWatch) -> None:
    """A missing permission is named, with the remedy."""
    cloudwatch.trouble = "AccessDeniedException"
    with pytest.raises(DeniedError, match="putting 1 metrics to Fargate Stats: AccessDenied"):
        sink(cloudwatch).put([DataPoint(catalog.PUBLISHED, 1, NOW)])


@pytest.mark.parametrize("trouble", ["ThrottlingException", ReadTimeoutError(endpoint_url="https://monitoring.eu-west-1.amazonaws.com")])
def test_no_answer_is_unavailable(cloudwatch: FakeCloudWatch, trouble: Exception | str) -> None:
    """Throttled or silent: it comes again at the next look."""
    cloudwatch.trouble = trouble
    with pytest.raises(UnavailableError):
        sink(cloudwatch).put([DataPoint(catalog.PUBLISHED, 1, NOW)])


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("service:front", "service:front"),
        ("=1+1 <script>", "=1+1 <script>"),
        ("caf\xe9\x1b[2J\n", r"caf\xe9\x1b[2J\n"),
        ("\U0001f4a5", r"\U0001f4a5"),
        ("  ", r"\x20"),
        ("x" * 2000, "x" * 1024),
    ],
)
def test_free_text_keeps_no_other_point_from_arriving(cloudwatch: FakeCloudWatch, group: str, value: str) -> None:
    """Whatever a task group is called, its dimension is one that CloudWatch takes, and as near to its name as can be."""
    sink(cloudwatch).put([DataPoint(catalog.SERVICE_COUNT, 1, NOW, ("ECS-web", group)), DataPoint(catalog.COUNT_TOTAL, 1, NOW)])
    of_group, total = cloudwatch.calls[0]["MetricData"]
    assert {each["Name"]: each["Value"] for each in of_group["Dimensions"]} == {"cluster": "ECS-web", "service": value}
    assert "Dimensions" not in total or total["Dimensions"] == []
