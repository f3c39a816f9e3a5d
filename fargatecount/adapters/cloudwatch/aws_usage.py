"""The witness in CloudWatch: the newest points of the AWS/Usage series of Fargate.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html; needs `cloudwatch:GetMetricData`. All series in one
call, which CloudWatch bills per series asked (0.01 USD per 1,000: https://aws.amazon.com/cloudwatch/pricing/).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import FargatecountError
from fargatecount.quotas.aws_usage import METRIC, NAMESPACE, NO_DATA, PERIOD, SERIES, STATISTIC, WINDOW, UsageReading, UsageSeries
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis


class AwsUsage:
    """The account and Region that a botocore client `cloudwatch` talks to."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def readings(self, now: Millis) -> Sequence[UsageReading]:
        """Return a reading of each series; no answer of AWS raises an error."""
        try:
            results = self._results(now)
        except FargatecountError as error:
            return [UsageReading(series=series, reason=str(error)) for series in SERIES]
        return [_heard(series, results.get(_name(number), {})) for number, series in enumerate(SERIES)]

    def _results(self, now: Millis) -> dict[str, dict[str, Any]]:
        queries = [
            {
                "Id": _name(number),
                "MetricStat": {
                    "Metric": {
                        "Namespace": NAMESPACE,
                        "MetricName": METRIC,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions.items()],
                    },
                    "Period": PERIOD,
                    "Stat": STATISTIC,
                },
            }
            for number, series in enumerate(SERIES)
        ]
        with aws_errors(f"reading {NAMESPACE} {METRIC}"):
            # Ten points a series fit one answer: there is no second page to ask for.
            answer = self._client.get_metric_data(
                MetricDataQueries=queries, StartTime=_moment(now - WINDOW), EndTime=_moment(now), ScanBy="TimestampDescending"
            )
        return {result["Id"]: result for result in answer["MetricDataResults"]}


def _heard(series: UsageSeries, result: dict[str, Any]) -> UsageReading:
    points = [
        (at, value)
        for moment, value in zip(result.get("Timestamps", ()), result.get("Values", ()), strict=True)
        if (at := parse_millis(moment))
    ]
    if points:
        at, value = max(points)
        return UsageReading(series=series, value=value, at=at)
    status = result.get("StatusCode", "Complete")
    return UsageReading(series=series, reason=NO_DATA if status == "Complete" else f"CloudWatch answered {status}")


def _name(number: int) -> str:
    return f"series_{number}"


def _moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
