"""Past counts from CloudWatch: the series of each cluster, `fargate-count` and `fargate-vcpu`. Unarmed deployments have no points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from fargatecount.adapters.cloudwatch.series_data import SeriesQuery, read_points
from fargatecount.metrics import catalog
from fargatecount.metrics.series import Metric
from fargatecount.report.page.history import GOOD_FOR, Sample, TimeLevel
from fargatecount.timestamps import HOUR
from fargatecount.workload import Millis, Scope

STATISTIC = "Maximum"
"""Each point is a level (docs/metrics.md)."""
PERIODS: Sequence[tuple[Millis, int]] = ((6 * HOUR, 60), (7 * 24 * HOUR, 300))
"""Longest range and its seconds between points; beyond the last it is an hour. A chart shows 400 points. CloudWatch keeps one-minute points
for 15 days and five-minute points for 63 (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html)."""


class CloudWatchHistory:
    """The series in one namespace, through a botocore client `cloudwatch`."""

    def __init__(self, client: Any, *, namespace: str, prefix: str) -> None:
        self._client = client
        self._namespace = namespace
        self._prefix = prefix

    def samples(self, scope: Scope, clusters: Sequence[str], since: Millis, until: Millis) -> Sequence[Sample]:  # noqa: ARG002 - the client's scope
        """Return the samples of these clusters, oldest first.

        Raises:
            DeniedError, UnavailableError: CloudWatch refused or did not answer.
        """
        period = next((seconds for length, seconds in PERIODS if until - since <= length), 3_600)
        found: dict[Millis, dict[str, dict[Metric, float]]] = defaultdict(lambda: defaultdict(dict))
        asked = [(metric, cluster) for cluster in clusters for metric in (catalog.COUNT, catalog.VCPU)]
        queries = [
            SeriesQuery(
                namespace=self._namespace,
                metric=metric.name(self._prefix),
                dimensions=((catalog.CLUSTER, cluster),),
                statistic=STATISTIC,
                period=period,
            )
            for metric, cluster in asked
        ]
        for number, at, value in read_points(self._client, queries, since, until):
            metric, cluster = asked[number]
            found[at][cluster][metric] = value
        return [_sample(at, levels, period) for at, levels in sorted(found.items())]


def _sample(at: Millis, levels: Mapping[str, Mapping[Metric, float]], period: int) -> Sample:
    return Sample(
        at=at,
        levels={cluster: TimeLevel(values.get(catalog.COUNT), values.get(catalog.VCPU)) for cluster, values in levels.items()},
        good_for=max(GOOD_FOR, 2 * period * 1_000),
        span=period * 1_000,
    )
