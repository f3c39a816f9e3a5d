"""CloudWatch for the self-test: metrics of the last hour, names of metrics, states of alarms. Reads only.

Needs `cloudwatch:GetMetricData`, `cloudwatch:ListMetrics` and `cloudwatch:DescribeAlarms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.timestamps import HOUR, parse_millis
from fargatecount.workload import Millis


class SelftestMetrics:
    """Metrics through a botocore client `cloudwatch`."""

    def __init__(self, client: Any, now: Millis) -> None:
        self._client = client
        self._now = now

    def total(self, namespace: str, metric: str, dimensions: Mapping[str, str]) -> float | None:
        """Return the sum over the last hour; None where there is no point."""
        points = self._points(namespace, metric, dimensions, "Sum", 300)
        return sum(points.values()) if points else None

    def most(self, namespace: str, metric: str, dimensions: Mapping[str, str]) -> float | None:
        """Return the maximum of the last hour; None where there is no point."""
        return max(self._points(namespace, metric, dimensions, "Maximum", 300).values(), default=None)

    def newest(self, namespace: str, metric: str) -> Millis | None:
        """Return the minute of the newest point of the last hour; None where there is none."""
        return max(self._points(namespace, metric, {}, "Maximum", 60), default=None)

    def _points(self, namespace: str, metric: str, dimensions: Mapping[str, str], statistic: str, period: int) -> dict[Millis, float]:
        wanted = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        stat = {"Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": wanted}, "Period": period, "Stat": statistic}
        with aws_errors(f"reading {namespace} {metric}", action="cloudwatch:GetMetricData"):
            answer = self._client.get_metric_data(  # at most 60 points: one page
                MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
                StartTime=datetime.fromtimestamp((self._now - HOUR) / 1000, UTC),
                EndTime=datetime.fromtimestamp(self._now / 1000, UTC),
            )
        result = answer["MetricDataResults"][0]
        moments = [parse_millis(moment) or 0 for moment in result["Timestamps"]]
        return dict(zip(moments, result["Values"], strict=True))

    def names(self, namespace: str) -> set[str]:
        """Return the names of all metrics of a namespace."""
        with aws_errors(f"listing the metrics of {namespace}", action="cloudwatch:ListMetrics"):
            pages = self._client.get_paginator("list_metrics").paginate(Namespace=namespace)
            return {each["MetricName"] for page in pages for each in page["Metrics"]}

    def alarm_states(self, stack: str) -> dict[str, str]:
        """Return the states of a stack's alarms on metrics, by their names without the stack's."""
        prefix = f"{stack}-"
        with aws_errors("reading the alarms", action="cloudwatch:DescribeAlarms"):
            pages = self._client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
            return {each["AlarmName"].removeprefix(prefix): each["StateValue"] for page in pages for each in page["MetricAlarms"]}
