"""Puts metrics to CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html; needs `cloudwatch:PutMetricData`, which IAM can
limit to a namespace (`cloudwatch:namespace`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.metrics.series import DataPoint

BATCH = 1_000
"""Metrics in one call, the maximum of CloudWatch. A datum with the longest cluster name is 0.6 KB: far below its 1 MB."""

LONGEST = 1_024
"""Characters of a dimension's value."""


class CloudWatchMetrics:
    """Puts to one namespace through a botocore client `cloudwatch`."""

    def __init__(self, client: Any, *, namespace: str, prefix: str) -> None:
        self._client = client
        self._namespace = namespace
        self._prefix = prefix

    def put(self, points: Sequence[DataPoint]) -> None:
        """Put them all, in as few calls as CloudWatch allows.

        Raises:
            UnavailableError: CloudWatch did not answer; some may have been put.
            DeniedError: CloudWatch refused.
        """
        for start in range(0, len(points), BATCH):
            data = [datum(point, self._prefix) for point in points[start : start + BATCH]]
            with aws_errors(f"putting {len(data)} metrics to {self._namespace}"):
                self._client.put_metric_data(Namespace=self._namespace, MetricData=data)


def datum(point: DataPoint, prefix: str) -> dict[str, Any]:
    """Return a point as an entry of PutMetricData."""
    return {
        "MetricName": point.metric.name(prefix),
        "Dimensions": [{"Name": name, "Value": dimension(value)} for name, value in point.labels.items()],
        "Timestamp": point.at / 1000,
        "Value": float(point.value),
        "Unit": str(point.metric.unit),
        "StorageResolution": point.metric.resolution,
    }


def dimension(text: str) -> str:
    r"""Return text as a valid value of a dimension: printable ASCII, not blank, and not too long; other characters as `\xe9`.

    A task group is free text, and one invalid value fails the whole call:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html.
    """
    plain = "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in text)
    return plain[:LONGEST] if plain.strip() else r"\x20"
