"""Bill: the monthly cost of the metrics and alarms, by the published prices of CloudWatch.

Pure. Promises an upper bound for an account that has used up the free tier (10 metrics, 10 alarms, 3 dashboards, a million calls): a series
that appears only at times is charged as if it were always present. The cost of the functions, the table and the logs is not included.

Prices of us-east-1 in USD, as on https://aws.amazon.com/cloudwatch/pricing/ and https://aws.amazon.com/kms/pricing/ in 2026; other Regions
differ by some percent.
"""

from __future__ import annotations

import math

import msgspec

from fargatecount.metrics import catalog
from fargatecount.metrics.cadence import AFTER_CHANGE
from fargatecount.metrics.catalog import METRICS
from fargatecount.metrics.series import Detail, Metric
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Capacity

MINUTES = 730 * 60
"""Of a month, as AWS counts it."""

METRIC_TIERS = ((10_000, 0.30), (240_000, 0.10), (750_000, 0.05), (math.inf, 0.02))
"""Series in the tier, and the price of each; high resolution costs the same."""
PER_CALL = 0.01 / 1_000
METRICS_PER_CALL = 1_000
STANDARD_ALARM = 0.10
"""Per watched metric."""
FAST_ALARM = 0.30
"""With a period below a minute."""
COMPOSITE_ALARM = 0.50
DASHBOARD = 3.00
KEY = 1.00

STANDARD_ALARM_METRICS = 15
"""Metrics that the standard alarms of infra/alarms.yml watch, without those on your own limits; a test compares."""
FAST_ALARMS = 2
COMPOSITE_ALARMS = 2


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """One month in USD."""

    series: int
    metrics: float
    alarms: float
    calls: float
    """While nothing changes: one put a minute."""
    busiest: float
    """The cost of calls in a month in which something changes every second."""
    fixed: float
    """The dashboard, and the key of the alarm topics."""

    @property
    def total(self) -> float:
        """The total of a quiet month."""
        return self.metrics + self.alarms + self.calls + self.fixed

    @property
    def most(self) -> float:
        """The total of the busiest possible month."""
        return self.total - self.calls + self.busiest


def monthly(detail: Detail, clusters: int, *, services: int = 20, limited_clusters: int = 0, total_limit: bool = False) -> Bill:
    """Return the bill of a level of detail for `clusters` clusters, all with series.

    `services` is the number of services with series, at detail `service`; a limit adds series and alarms.
    """
    # A member of an organization has one series more: docs/organization.md.
    many = {catalog.LIMIT: int(total_limit), catalog.LIMIT_OF: limited_clusters, catalog.UNDELIVERED: 0}
    series = sum(many.get(metric, _series(metric, clusters, services)) for metric in METRICS if metric.detail in detail.levels)
    # An alarm on a metrics query is charged for each metric that the query reads.
    watched = STANDARD_ALARM_METRICS + (int(total_limit) + limited_clusters)
    batches = math.ceil(series / METRICS_PER_CALL)
    calls = MINUTES * batches
    return Bill(
        series=series,
        metrics=_tiered(series),
        alarms=watched * STANDARD_ALARM + FAST_ALARMS * FAST_ALARM + COMPOSITE_ALARMS * COMPOSITE_ALARM,
        calls=calls * PER_CALL,
        busiest=(calls + MINUTES * (MINUTE // AFTER_CHANGE)) * PER_CALL,
        fixed=DASHBOARD + KEY,
    )


def _series(metric: Metric, clusters: int, services: int) -> int:
    if catalog.SERVICE in metric.dimensions:
        return services
    if catalog.CLUSTER in metric.dimensions:
        return clusters
    return len(Capacity) if catalog.CAPACITY in metric.dimensions else 1


def _tiered(series: int) -> float:
    total, left = 0.0, float(series)
    for size, price in METRIC_TIERS:
        taken = min(left, size)
        total += taken * price
        left -= taken
    return total
