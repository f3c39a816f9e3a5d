"""What CloudWatch remembers of the clusters' series."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from fargatecount.adapters.cloudwatch.history import CloudWatchHistory
from fargatecount.adapters.cloudwatch.series_data import AT_ONCE
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.report.page.history import GOOD_FOR, TimeLevel
from fargatecount.workload import Millis
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE


@pytest.fixture
def client() -> Any:
    return boto3.client("cloudwatch", SCOPE.region, aws_access_key_id="test", aws_secret_access_key="test")


def moment(at: Millis) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def series(number: int, *points: tuple[Millis, float]) -> dict[str, Any]:
    return {
        "Id": f"series_{number}",
        "Label": "x",
        "Timestamps": [moment(at) for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }


def history(client: Any, *clusters: str, length: Millis = HOUR) -> Any:
    return CloudWatchHistory(client, namespace="Acme", prefix="acme").samples(SCOPE, clusters, NOW, NOW + length)


def test_the_series_are_asked_for_by_their_names(client: Any) -> None:
    """Count and vCPU of each cluster, in the namespace and with the prefix of the settings, as Maximum a minute."""
    queries = [
        {
            "Id": f"series_{number}",
            "MetricStat": {
                "Metric": {"Namespace": "Acme", "MetricName": name, "Dimensions": [{"Name": "cluster", "Value": "ECS-web"}]},
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for number, name in enumerate(("acme-count", "acme-vcpu"))
    ]
    asked = {"MetricDataQueries": queries, "StartTime": moment(NOW), "EndTime": moment(NOW + HOUR), "ScanBy": "TimestampAscending"}
    answer = {"MetricDataResults": [series(0, (NOW, 3.0), (NOW + MINUTE, 4.0)), series(1, (NOW, 1.5))]}
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", answer, asked)
        found = history(client, "ECS-web")
    assert [(one.at, one.levels["ECS-web"], one.existing) for one in found] == [
        (NOW, TimeLevel(3.0, 1.5), None),
        (NOW + MINUTE, TimeLevel(4.0, None), None),
    ]


def test_all_pages_of_an_answer_are_read(client: Any) -> None:
    """CloudWatch hands out a hundred thousand points at a time."""
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [series(0, (NOW, 3.0))], "NextToken": "more"})
        stub.add_response("get_metric_data", {"MetricDataResults": [series(0, (NOW + MINUTE, 4.0))]})
        assert [one.at for one in history(client, "ECS-web")] == [NOW, NOW + MINUTE]


def test_more_series_than_one_call_takes_are_several_calls(client: Any) -> None:
    """Each answer's points belong to the clusters that it was asked about."""
    clusters = [f"ECS-{n}" for n in range(AT_ONCE // 2 + 1)]
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [series(0, (NOW, 1.0))]})
        stub.add_response("get_metric_data", {"MetricDataResults": [series(0, (NOW, 2.0))]})
        (found,) = history(client, *clusters)
    assert {name: level.running for name, level in found.levels.items()} == {"ECS-0": 1.0, clusters[-1]: 2.0}


@pytest.mark.parametrize(("length", "period"), [(HOUR, 60), (24 * HOUR, 300), (30 * 24 * HOUR, 3_600)])
def test_longer_ranges_have_fewer_points(client: Any, length: Millis, period: int) -> None:
    """A point of an hour is believed for two; one of a minute as long as any count is."""
    with Stubber(client) as stub:
        expected = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": ANY}
        stub.add_response("get_metric_data", {"MetricDataResults": [series(0, (NOW, 1.0))]}, expected)
        asked: list[int] = []
        client.meta.events.register("before-parameter-build", lambda params, **_: asked.append(_period(params)))
        (found,) = history(client, "ECS-web", length=length)
    assert (asked, found.span, found.good_for) == ([period], 1_000 * period, max(GOOD_FOR, 2_000 * period))


def test_no_points_are_no_samples(client: Any) -> None:
    """An unarmed deployment has no series, and that is not a series of zeros."""
    with Stubber(client) as stub:
        stub.add_response("get_metric_data", {"MetricDataResults": [series(0), series(1)]})
        assert history(client, "ECS-web") == []


def test_no_clusters_cost_no_call(client: Any) -> None:
    """There is nothing to ask for."""
    with Stubber(client):
        assert history(client) == []


@pytest.mark.parametrize(("code", "error"), [("AccessDenied", DeniedError), ("InternalServiceFault", UnavailableError)])
def test_refusals_and_silence_are_told_apart(client: Any, code: str, error: type[Exception]) -> None:
    """The namespace is named."""
    with Stubber(client) as stub:
        stub.add_client_error("get_metric_data", service_error_code=code)
        with pytest.raises(error, match="Acme"):
            history(client, "ECS-web")


def _period(params: dict[str, Any]) -> int:
    return int(params["MetricDataQueries"][0]["MetricStat"]["Period"])
