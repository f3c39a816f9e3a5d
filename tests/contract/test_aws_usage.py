"""AWS/Usage as CloudWatch answers it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from fargatecount.adapters.cloudwatch.aws_usage import AwsUsage
from fargatecount.quotas.aws_usage import NO_DATA, SERIES, UsageReading, UsageSeries
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis
from tests.support.builders import MINUTE, SCOPE

VCPU_ON_DEMAND, VCPU_SPOT, COUNT_ON_DEMAND, COUNT_SPOT = SERIES


class _Usage:
    """AWS, which publishes points."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "cloudwatch",
            SCOPE.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        # The emulation drops points that are two weeks old by the clock of the machine, so this is the real time, at a whole minute.
        self.now: Millis = (parse_millis(datetime.now(UTC)) or 0) // MINUTE * MINUTE  # noqa: TID251

    def publish(self, series: UsageSeries, minutes_ago: float, value: float, **changed: str) -> None:
        """Put one point."""
        dimensions = {**series.dimensions, **changed}
        self.client.put_metric_data(
            Namespace="AWS/Usage",
            MetricData=[
                {
                    "MetricName": "ResourceCount",
                    "Dimensions": [{"Name": name, "Value": dimension} for name, dimension in dimensions.items()],
                    "Timestamp": datetime.fromtimestamp((self.now - minutes_ago * MINUTE) / 1000, UTC),
                    "Value": value,
                }
            ],
        )

    def readings(self) -> list[UsageReading]:
        """Return what the adapter hears."""
        return list(AwsUsage(self.client).readings(self.now))


@pytest.fixture
def usage() -> Iterator[_Usage]:
    with mock_aws():
        yield _Usage()


def test_each_series_is_heard(usage: _Usage) -> None:
    """The points of all four series come back in the order of the series, with their minute."""
    for number, series in enumerate(SERIES, start=1):
        usage.publish(series, minutes_ago=number, value=number)
    assert usage.readings() == [
        UsageReading(series=series, value=number, at=usage.now - number * MINUTE) for number, series in enumerate(SERIES, start=1)
    ]


def test_a_series_without_points_has_no_value(usage: _Usage) -> None:
    """Where AWS publishes nothing the value is missing, never 0, and the reason says so."""
    usage.publish(VCPU_ON_DEMAND, 2, 5.0)
    assert usage.readings()[1:] == [UsageReading(series=series, reason=NO_DATA) for series in (VCPU_SPOT, COUNT_ON_DEMAND, COUNT_SPOT)]


def test_a_zero_is_heard_as_zero(usage: _Usage) -> None:
    """A point of 0 says that nothing is used."""
    usage.publish(VCPU_ON_DEMAND, 2, 0.0)
    assert usage.readings()[0].value == 0.0


def test_the_newest_point_counts(usage: _Usage) -> None:
    """Of several minutes the last one is heard, the highest or not."""
    for minutes_ago, value in ((7, 9.0), (3, 4.0), (5, 11.0)):
        usage.publish(VCPU_ON_DEMAND, minutes_ago, value)
    assert usage.readings()[0] == UsageReading(series=VCPU_ON_DEMAND, value=4.0, at=usage.now - 3 * MINUTE)


def test_points_of_one_minute_are_not_added(usage: _Usage) -> None:
    """Several points of a minute are several looks at one level: the highest counts, no sum."""
    for seconds in (10, 20, 30):
        usage.publish(VCPU_ON_DEMAND, 3 - seconds / 60, 100.0)
    assert usage.readings()[0].value == 100.0


def test_an_old_point_says_nothing_about_now(usage: _Usage) -> None:
    """A point of more than ten minutes ago is not heard."""
    usage.publish(VCPU_ON_DEMAND, 12, 5.0)
    assert usage.readings()[0] == UsageReading(series=VCPU_ON_DEMAND, reason=NO_DATA)


def test_series_of_others_are_not_heard(usage: _Usage) -> None:
    """A point of another service or class is ignored."""
    usage.publish(VCPU_ON_DEMAND, 2, 5.0, Service="EC2")
    usage.publish(COUNT_ON_DEMAND, 2, 5.0, Class="Standard/OnDemand")
    assert [heard.value for heard in usage.readings()] == [None] * 4


def test_an_unreachable_cloudwatch_is_no_statement(usage: _Usage) -> None:
    """Without an answer no series has a value, the reason is given, and nothing is raised."""
    usage.publish(VCPU_ON_DEMAND, 2, 5.0)

    def unreachable(request: Any, **_: Any) -> None:
        raise EndpointConnectionError(endpoint_url=request.url)

    usage.client.meta.events.register_first("before-send.cloudwatch", unreachable)
    assert [heard.value for heard in usage.readings()] == [None] * 4
    assert all("Could not connect" in heard.reason for heard in usage.readings())
