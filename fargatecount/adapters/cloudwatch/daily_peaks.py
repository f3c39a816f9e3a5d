"""Daily peaks from the published series `fargate-vcpu-used`: needs `cloudwatch:GetMetricData`; unarmed deployments have no points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.increase.peaks import DailyPeak
from fargatecount.metrics import catalog
from fargatecount.timestamps import DAY, parse_millis
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
            {
                "Id": f"peak_{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": self._namespace,
                        "MetricName": self._name,
                        "Dimensions": [{"Name": catalog.CAPACITY, "Value": str(capacity)}],
                    },
                    "Period": DAY // 1000,
                    "Stat": "Maximum",
                },
            }
            for number, capacity in enumerate(capacities)
        ]
        with aws_errors(f"reading {self._namespace} from CloudWatch", remedy="allow cloudwatch:GetMetricData"):
            # A year of daily points of two series is below the 100,800 of one answer.
            answer = self._client.get_metric_data(
                MetricDataQueries=queries, StartTime=_moment(since), EndTime=_moment(until), ScanBy="TimestampAscending"
            )
        found: dict[Capacity, Sequence[DailyPeak]] = {}
        for result in answer["MetricDataResults"]:
            pairs = zip(map(parse_millis, result["Timestamps"]), result["Values"], strict=True)
            peaks = [DailyPeak(day=at, vcpu=value) for at, value in pairs if at is not None]
            if peaks:
                found[capacities[int(result["Id"].removeprefix("peak_"))]] = peaks
        return found


def _moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
