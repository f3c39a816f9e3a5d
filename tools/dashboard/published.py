"""Every series that was published to CloudWatch; metrics that are never published are refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from fargatecount.adapters.cloudwatch.metrics import datum
from fargatecount.metrics.catalog import METRICS
from fargatecount.metrics.series import DataPoint
from local.aws.metric_math import Series

Dimensions = frozenset[tuple[str, str]]
Kind = tuple[str, str, frozenset[str]]
"""Namespace, name, and names of the dimensions."""

USAGE = ("AWS/Usage", "ResourceCount", frozenset({"Service", "Type", "Resource", "Class"}))
"""AWS's own usage of Fargate: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html"""


class NotPublishedError(LookupError):
    """A metric was requested that is not in the table of metrics."""


class PublishedSeries:
    """The series of one deployment, as CloudWatch stores them."""

    def __init__(self, *, namespace: str, prefix: str) -> None:
        self.namespace = namespace
        self.prefix = prefix
        self._kinds: set[Kind] = {USAGE} | {(namespace, metric.name(prefix), frozenset(metric.dimensions)) for metric in METRICS}
        self._series: dict[tuple[str, str], dict[Dimensions, Series]] = defaultdict(lambda: defaultdict(dict))

    def put(self, points: Iterable[DataPoint]) -> None:
        """Store points, encoded by the product's adapter."""
        for point in points:
            said = datum(point, self.prefix)
            at = Dimensions((each["Name"], each["Value"]) for each in said["Dimensions"])
            self._series[self.namespace, said["MetricName"]][at][int(said["Timestamp"])] = said["Value"]

    def put_usage(self, kind: str, at: int, value: float) -> None:
        """Store AWS's own usage of a class of vCPU, such as `Standard/Spot`, in that second."""
        namespace, name, _ = USAGE
        here = Dimensions({"Service": "Fargate", "Type": "Resource", "Resource": "vCPU", "Class": kind}.items())
        self._series[namespace, name][here][at] = value

    def one(self, namespace: str, name: str, dimensions: Mapping[str, str], period: int) -> Series:
        """Return the Maximum of each period that has a point; empty without points so far.

        Raises:
            NotPublishedError: the series is never published.
        """
        self._check(namespace, name, frozenset(dimensions))
        return _maximum(self._series[namespace, name].get(Dimensions(dimensions.items()), {}), period)

    def every(self, namespace: str, name: str, dimensions: Iterable[str], period: int) -> dict[Dimensions, Series]:
        """Return all series that have exactly these dimensions, as SEARCH does with a schema in braces.

        Raises:
            NotPublishedError: no such series is ever published.
        """
        names = frozenset(dimensions)
        self._check(namespace, name, names)
        found = {at: series for at, series in self._series[namespace, name].items() if {key for key, _ in at} == names}
        return {at: _maximum(found[at], period) for at in sorted(found, key=sorted)}

    def _check(self, namespace: str, name: str, dimensions: frozenset[str]) -> None:
        if (namespace, name, dimensions) not in self._kinds:
            by = ", ".join(sorted(dimensions)) or "no dimensions"
            raise NotPublishedError(f"{name} by {by} in {namespace!r} is not in the table of metrics")


def _maximum(series: Series, period: int) -> Series:
    found: Series = {}
    for at, value in sorted(series.items()):
        start = at // period * period
        found[start] = max(value, found.get(start, value))
    return found
