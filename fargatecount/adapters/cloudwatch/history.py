"""Past counts from CloudWatch: the series of each cluster, `fargate-count` and `fargate-vcpu`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html; needs `cloudwatch:GetMetricData`, billed per series
requested (0.01 USD per 1,000: https://aws.amazon.com/cloudwatch/pricing/). Unarmed deployments have no points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.metrics import catalog
from fargatecount.metrics.series import Metric
from fargatecount.report.page.history import GOOD_FOR, Sample, TimeLevel
from fargatecount.timestamps import HOUR, parse_millis
from fargatecount.workload import Millis, Scope

AT_ONCE = 500
"""Series in one call, the maximum of CloudWatch."""
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
        for start in range(0, len(asked), AT_ONCE):
            for (metric, cluster), at, value in self._points(asked[start : start + AT_ONCE], period, since, until):
                found[at][cluster][metric] = value
        return [_sample(at, levels, period) for at, levels in sorted(found.items())]

    def _points(
        self, asked: Sequence[tuple[Metric, str]], period: int, since: Millis, until: Millis
    ) -> Iterator[tuple[tuple[Metric, str], Millis, float]]:
        queries = [
            {
                "Id": f"series_{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": self._namespace,
                        "MetricName": metric.name(self._prefix),
                        "Dimensions": [{"Name": catalog.CLUSTER, "Value": cluster}],
                    },
                    "Period": period,
                    "Stat": STATISTIC,
                },
            }
            for number, (metric, cluster) in enumerate(asked)
        ]
        more: dict[str, Any] = {}
        while True:
            with aws_errors(f"reading {self._namespace} from CloudWatch", remedy="allow cloudwatch:GetMetricData"):
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


def _sample(at: Millis, levels: Mapping[str, Mapping[Metric, float]], period: int) -> Sample:
    return Sample(
        at=at,
        levels={cluster: TimeLevel(values.get(catalog.COUNT), values.get(catalog.VCPU)) for cluster, values in levels.items()},
        good_for=max(GOOD_FOR, 2 * period * 1_000),
        span=period * 1_000,
    )


def _moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
