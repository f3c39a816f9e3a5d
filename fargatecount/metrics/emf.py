"""Embedded metrics: data points as a line of log, which CloudWatch turns into metrics by itself.

For functions that know a number only when they run: no call to CloudWatch, and no permission to make one.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Powertools' Metrics writes the same format, but gives every metric a dimension `service`, and the series declared in `metrics` have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fargatecount.metrics.series import DataPoint


def documents(points: Iterable[DataPoint], *, namespace: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield a document per point, each to be written as one line of JSON."""
    for point in points:
        metric = point.metric
        definition = {"Name": metric.name(prefix), "Unit": str(metric.unit), "StorageResolution": metric.resolution}
        directive = {"Namespace": namespace, "Dimensions": [list(metric.dimensions)], "Metrics": [definition]}
        yield {"_aws": {"Timestamp": point.at, "CloudWatchMetrics": [directive]}, **point.labels, metric.name(prefix): point.value}
