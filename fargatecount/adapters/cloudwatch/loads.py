"""What services and families use, from CloudWatch.

`AWS/ECS` has percentages of every service, free of charge. Container Insights, where it is on, has the units that families of tasks
without a service use and reserve. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html; needs
`cloudwatch:GetMetricData`, 0.01 USD per 1,000 series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fargatecount.adapters.cloudwatch.series_data import SeriesQuery, read_points
from fargatecount.group import GroupKind, WorkloadGroup
from fargatecount.rightsize.load import GroupKey, Load, LoadPoint, summarize
from fargatecount.rightsize.survey import PERIOD
from fargatecount.workload import Kind, Millis

SERVICES, INSIGHTS = "AWS/ECS", "ECS/ContainerInsights"
METRICS = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}
USED = {"cpu": ("CpuUtilized", "CpuReserved"), "memory": ("MemoryUtilized", "MemoryReserved")}
"""Used and reserved: percent is their quotient."""


class _Series(NamedTuple):
    """One series that is asked for: whose, of what, and which of its parts."""

    key: GroupKey
    kind: str
    part: str
    query: SeriesQuery


class CloudWatchLoads:
    """Loads through a client `cloudwatch` of the clusters' account and Region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, keys: Sequence[GroupKey], since: Millis, until: Millis) -> Mapping[GroupKey, Load]:
        """Return the load of each group that has points; pods and custom groups have none here."""
        asked = [series for key in keys for series in _series(key)]
        values: dict[GroupKey, dict[tuple[str, str], dict[Millis, float]]] = defaultdict(lambda: defaultdict(dict))
        for number, at, value in read_points(self._client, [series.query for series in asked], since, until):
            series = asked[number]
            values[series.key][series.kind, series.part][at] = value
        namespaces = {series.key: series.query.namespace for series in asked}
        return {key: _load(found, namespaces[key]) for key, found in values.items()}


def _series(key: GroupKey) -> Iterator[_Series]:
    if key.cluster.kind is not Kind.ECS:
        return
    group = WorkloadGroup.parse(key.group, Kind.ECS)
    cluster = ("ClusterName", key.cluster.name)
    if group.kind is GroupKind.SERVICE:
        dimensions = (cluster, ("ServiceName", group.name))
        for kind, metric in METRICS.items():
            yield _Series(key, kind, "average", _query(SERVICES, metric, "Average", dimensions))
            yield _Series(key, kind, "maximum", _query(SERVICES, metric, "Maximum", dimensions))
    elif group.kind is GroupKind.FAMILY:
        dimensions = (cluster, ("TaskDefinitionFamily", group.name))
        for kind, (used, reserved) in USED.items():
            yield _Series(key, kind, "average", _query(INSIGHTS, used, "Average", dimensions))
            yield _Series(key, kind, "maximum", _query(INSIGHTS, used, "Maximum", dimensions))
            yield _Series(key, kind, "reserved", _query(INSIGHTS, reserved, "Average", dimensions))


def _query(namespace: str, metric: str, statistic: str, dimensions: tuple[tuple[str, str], ...]) -> SeriesQuery:
    return SeriesQuery(namespace=namespace, metric=metric, dimensions=dimensions, statistic=statistic, period=PERIOD)


def _load(found: Mapping[tuple[str, str], Mapping[Millis, float]], namespace: str) -> Load:
    cpu, memory = (summarize(list(_load_points(found, kind, namespace))) for kind in ("cpu", "memory"))
    return Load(cpu, memory, namespace)


def _load_points(found: Mapping[tuple[str, str], Mapping[Millis, float]], kind: str, namespace: str) -> Iterator[LoadPoint]:
    """Yield the periods for which every part is known."""
    averages, maxima, reserved = (found.get((kind, part), {}) for part in ("average", "maximum", "reserved"))
    for at, average in averages.items():
        if at not in maxima:
            continue
        if namespace == SERVICES:
            yield LoadPoint(at, average, maxima[at])
        elif reserved.get(at, 0) > 0:
            yield LoadPoint(at, 100 * average / reserved[at], 100 * maxima[at] / reserved[at])
