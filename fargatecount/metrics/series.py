"""Series: a metric as CloudWatch has it, and one value of one of its series.

`catalog` lists the metrics, `points` computes their present values.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from fargatecount.workload import Capacity, Millis


class Unit(StrEnum):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html; CloudWatch has no unit for vCPU or USD."""

    NONE = "None"
    COUNT = "Count"
    PERCENT = "Percent"
    MILLISECONDS = "Milliseconds"


class Detail(StrEnum):
    """Which series are published; each level includes those before it. More series cost more (`bill`)."""

    TOTAL = "total"
    CLUSTER = "cluster"
    SERVICE = "service"

    @property
    def levels(self) -> tuple[Detail, ...]:
        """This level and the levels that it includes."""
        every = tuple(Detail)
        return every[: every.index(self) + 1]


class Emitter(StrEnum):
    """The function that puts a series."""

    PUBLISH = "publish"
    TASK_CHANGED = "task_changed"
    RECONCILE = "reconcile"
    HUB = "organization"


STANDARD = 60
"""Seconds."""
HIGH = 1
"""Seconds; alarms of 10 s need it (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric, or one of its sets of dimensions."""

    suffix: str
    """The name after the prefix: `count` of `fargate-count`."""
    meaning: str
    unit: Unit
    dimensions: tuple[str, ...] = ()
    resolution: int = STANDARD
    detail: Detail = Detail.TOTAL
    """The lowest level at which it is published."""
    emitter: Emitter = Emitter.PUBLISH

    def name(self, prefix: str) -> str:
        """Return its name in CloudWatch."""
        return f"{prefix}-{self.suffix}"


class DataPoint(msgspec.Struct, frozen=True):
    """One value of one series."""

    metric: Metric
    value: float
    at: Millis
    dimensions: tuple[str, ...] = ()
    """Values, in the order of the metric's dimension names."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Dimension names and values."""
        return dict(zip(self.metric.dimensions, self.dimensions, strict=True))

    @property
    def series(self) -> str:
        """The name that is unique among the series of a scope."""
        return "/".join((self.metric.suffix, *self.dimensions))


def of_capacity(metric: Metric, capacity: Capacity, value: float, at: Millis) -> DataPoint:
    """Return a point of a metric that has the capacity as its only dimension."""
    return DataPoint(metric, value, at, (str(capacity),))
