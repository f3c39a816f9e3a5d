"""What `count --publish` puts to CloudWatch: the publisher's own points, without those that one scan cannot prove.

Pure. Promises: a cluster that was not read has no point. A total, and its share of a quota or limit, has one only if every cluster was
read, because an incomplete total would clear an alarm unnoticed. `fargate-unreadable-clusters` is always put and shows why the totals are
missing. `fargate-published` is never put: it shows that the function `publish` runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fargatecount.count.summary import ScopeCount, rows_of
from fargatecount.metrics import catalog
from fargatecount.metrics.points import PublishOptions, SelfHealth, data_points, services
from fargatecount.metrics.series import DataPoint, Detail
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Millis

if TYPE_CHECKING:
    from fargatecount.counts import Counts
    from fargatecount.metrics.points import ServiceKey


def points_of(count: ScopeCount, usage: ScopeUsage, choice: PublishOptions, now: Millis) -> list[DataPoint]:
    """Return the points of a scope; `usage` is that of `count`, `now` the moment before the scan."""
    by_service: Mapping[ServiceKey, Counts] | None = services(rows_of(count.clusters)) if choice.detail is Detail.SERVICE else None
    points = data_points(usage, count.quotas or (), SelfHealth(), now, choice, by_service=by_service)
    if count.quotas is None:
        # Sizes and quotas were not read, so nothing that is computed from them is known.
        known = {catalog.COUNT, catalog.VCPU, catalog.UNREADABLE}
        points = [point for point in points if point.metric in known]
        points += _running(usage, choice, now)
    if count.chosen:
        points = [point for point in points if catalog.CLUSTER in point.metric.dimensions]
    return [point for point in points if point.metric is not catalog.PUBLISHED]


def _running(usage: ScopeUsage, choice: PublishOptions, now: Millis) -> Iterator[DataPoint]:
    for each in usage.clusters:
        if each.running is not None and each.verdict.readable and choice.shows(each.cluster) and Detail.CLUSTER in choice.detail.levels:
            yield DataPoint(catalog.COUNT, each.running, now, (each.cluster.key,))
    if usage.has_full_pass and usage.running is not None:
        yield DataPoint(catalog.COUNT_TOTAL, usage.running, now)
