"""Points of many series from CloudWatch, in as few calls as it allows.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html; needs `cloudwatch:GetMetricData`, billed per series
requested (0.01 USD per 1,000: https://aws.amazon.com/cloudwatch/pricing/).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from fargatecount.adapters.sessions import aws_errors
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis

AT_ONCE = 500
"""Series in one call, the maximum of CloudWatch."""


class SeriesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One series, and what its points are."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int
    """Seconds between points."""


def read_points(client: Any, queries: Sequence[SeriesQuery], since: Millis, until: Millis) -> Iterator[tuple[int, Millis, float]]:
    """Yield the position of a query, the time of a point and its value, for every point of every series; `client` is boto3's.

    Raises:
        DeniedError, UnavailableError: CloudWatch refused or did not answer.
    """
    doing = f"reading {', '.join(sorted({query.namespace for query in queries}))} from CloudWatch"
    for start in range(0, len(queries), AT_ONCE):
        asked = [_query(number, query) for number, query in enumerate(queries[start : start + AT_ONCE])]
        more: dict[str, Any] = {}
        while True:
            with aws_errors(doing, remedy="allow cloudwatch:GetMetricData", action="cloudwatch:GetMetricData"):
                answer = client.get_metric_data(
                    MetricDataQueries=asked, StartTime=_moment(since), EndTime=_moment(until), ScanBy="TimestampAscending", **more
                )
            for result in answer["MetricDataResults"]:
                number = start + int(result["Id"].removeprefix("series_"))
                for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                    at = parse_millis(moment)
                    if at is not None:
                        yield number, at, value
            if not answer.get("NextToken"):
                break
            more = {"NextToken": answer["NextToken"]}


def _query(number: int, query: SeriesQuery) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions]
    metric = {"Namespace": query.namespace, "MetricName": query.metric, "Dimensions": dimensions}
    return {"Id": f"series_{number}", "MetricStat": {"Metric": metric, "Period": query.period, "Stat": query.statistic}}


def _moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
