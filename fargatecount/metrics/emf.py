"""Embedded metric format: data points as a log line, from which CloudWatch Logs makes metrics.

For functions that produce a number while they run: no call to CloudWatch, and no permission for one.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Powertools' Metrics writes the same format, but adds a dimension `service` to every metric; the series of `catalog` have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fargatecount.metrics.series import DataPoint


def documents(points: Iterable[DataPoint], *, namespace: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield one document per point; the caller writes each as one line of JSON."""
    for point in points:
        metric = point.metric
        definition = {"Name": metric.name(prefix), "Unit": str(metric.unit), "StorageResolution": metric.resolution}
        directive = {"Namespace": namespace, "Dimensions": [list(metric.dimensions)], "Metrics": [definition]}
        yield {"_aws": {"Timestamp": point.at, "CloudWatchMetrics": [directive]}, **point.labels, metric.name(prefix): point.value}
