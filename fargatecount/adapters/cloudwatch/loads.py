"""What services and families use, from CloudWatch.

`AWS/ECS` has percentages of every service, free of charge. Container Insights, where it is on, has the units that families of tasks
without a service use and reserve. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html; needs
`cloudwatch:GetMetricData`, 0.01 USD per 1,000 series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fargatecount.adapters.sessions import aws_errors
from fargatecount.group import GroupKind, WorkloadGroup
from fargatecount.rightsize.load import GroupKey, Load, LoadPoint, summarize
from fargatecount.rightsize.survey import PERIOD
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Kind, Millis

AT_ONCE = 500
"""Series in one call, the maximum of CloudWatch."""
SERVICES, INSIGHTS = "AWS/ECS", "ECS/ContainerInsights"
METRICS = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}
USED = {"cpu": ("CpuUtilized", "CpuReserved"), "memory": ("MemoryUtilized", "MemoryReserved")}
"""Used and reserved: percent is their quotient."""


class _Series(NamedTuple):
    """One series that is asked for: whose, of what, and which of its parts."""

    key: GroupKey
    kind: str
    part: str
    namespace: str
    metric: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]


class CloudWatchLoads:
    """Loads through a client `cloudwatch` of the clusters' account and Region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, keys: Sequence[GroupKey], since: Millis, until: Millis) -> Mapping[GroupKey, Load]:
        """Return the load of each group that has points; pods and custom groups have none here."""
        asked = [series for key in keys for series in _series(key)]
        values: dict[GroupKey, dict[tuple[str, str], dict[Millis, float]]] = defaultdict(lambda: defaultdict(dict))
        for start in range(0, len(asked), AT_ONCE):
            for series, at, value in self._points(asked[start : start + AT_ONCE], since, until):
                values[series.key][series.kind, series.part][at] = value
        namespaces = {series.key: series.namespace for series in asked}
        return {key: _load(found, namespaces[key]) for key, found in values.items()}

    def _points(self, asked: Sequence[_Series], since: Millis, until: Millis) -> Iterator[tuple[_Series, Millis, float]]:
        queries = [
            {
                "Id": f"series_{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": series.namespace,
                        "MetricName": series.metric,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
                    },
                    "Period": PERIOD,
                    "Stat": series.statistic,
                },
            }
            for number, series in enumerate(asked)
        ]
        more: dict[str, Any] = {}
        while True:
            with aws_errors("reading loads from CloudWatch", remedy="allow cloudwatch:GetMetricData", action="cloudwatch:GetMetricData"):
                answer = self._client.get_metric_data(
                    MetricDataQueries=queries, StartTime=_moment(since), EndTime=_moment(until), ScanBy="TimestampAscending", **more
                )
            for result in answer["MetricDataResults"]:
                series = asked[int(result["Id"].removeprefix("series_"))]
                for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                    at = parse_millis(moment)
                    if at is not None:
                        yield series, at, value
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}


def _series(key: GroupKey) -> Iterator[_Series]:
    if key.cluster.kind is not Kind.ECS:
        return
    group = WorkloadGroup.parse(key.group, Kind.ECS)
    cluster = ("ClusterName", key.cluster.name)
    if group.kind is GroupKind.SERVICE:
        dimensions = (cluster, ("ServiceName", group.name))
        for kind, metric in METRICS.items():
            yield _Series(key, kind, "average", SERVICES, metric, "Average", dimensions)
            yield _Series(key, kind, "maximum", SERVICES, metric, "Maximum", dimensions)
    elif group.kind is GroupKind.FAMILY:
        dimensions = (cluster, ("TaskDefinitionFamily", group.name))
        for kind, (used, reserved) in USED.items():
            yield _Series(key, kind, "average", INSIGHTS, used, "Average", dimensions)
            yield _Series(key, kind, "maximum", INSIGHTS, used, "Maximum", dimensions)
            yield _Series(key, kind, "reserved", INSIGHTS, reserved, "Average", dimensions)


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


def _moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
