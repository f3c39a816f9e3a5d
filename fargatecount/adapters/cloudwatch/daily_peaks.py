"""Daily peaks from the published series `fargate-vcpu-used`: needs `cloudwatch:GetMetricData`; unarmed deployments have no points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fargatecount.adapters.cloudwatch.series_data import SeriesQuery, read_points
from fargatecount.increase.peaks import DailyPeak
from fargatecount.metrics import catalog
from fargatecount.timestamps import DAY
from fargatecount.workload import Capacity, Millis, Scope


class CloudWatchPeaks:
    """The series in one namespace, through a botocore client `cloudwatch`."""

    def __init__(self, client: Any, *, namespace: str, prefix: str) -> None:
        self._client = client
        self._namespace = namespace
        self._name = catalog.USED_OF.name(prefix)

    def peaks(self, scope: Scope, since: Millis, until: Millis) -> Mapping[Capacity, Sequence[DailyPeak]]:  # noqa: ARG002 - the client's scope
        """Return the peaks of each capacity, oldest first."""
        capacities = tuple(Capacity)
        queries = [
            SeriesQuery(
                namespace=self._namespace,
                metric=self._name,
                dimensions=((catalog.CAPACITY, str(capacity)),),
                statistic="Maximum",
                period=DAY // 1000,
            )
            for capacity in capacities
        ]
        found: dict[Capacity, list[DailyPeak]] = {}
        for number, at, value in read_points(self._client, queries, since, until):
            found.setdefault(capacities[number], []).append(DailyPeak(day=at, vcpu=value))
        return found
