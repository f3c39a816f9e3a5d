"""CloudWatch metrics and alarms of the emulator."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.stack import Stack
from tests.local.account import Account, client
from tests.support.deadline import eventually

_numbers = itertools.count()


class Metric:
    """One metric `running` of a namespace of its own, and an alarm on it."""

    def __init__(self, stack: Stack) -> None:
        self.cloudwatch = client(stack, "cloudwatch")
        self.namespace = f"namespace-{next(_numbers)}"
        self.name = f"alarm-{self.namespace}"

    def put(self, value: float, *, cluster: str = "web", periods_ago: int = 0, name: str = "running") -> None:
        """Put one value into a period of 10 s, the present one or one before."""
        at = datetime.fromtimestamp(time.time() - 10 * periods_ago, UTC)
        dimensions = [{"Name": "cluster", "Value": cluster}]
        data = {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": at, "StorageResolution": 1}
        self.cloudwatch.put_metric_data(Namespace=self.namespace, MetricData=[data])

    def query(self, name: str = "running", cluster: str = "web") -> dict[str, Any]:
        """Return a query of the metric, whose Id is its name."""
        metric = {"Namespace": self.namespace, "MetricName": name, "Dimensions": [{"Name": "cluster", "Value": cluster}]}
        return {"Id": name, "MetricStat": {"Metric": metric, "Period": 10, "Stat": "Maximum"}, "ReturnData": False}

    def alarm(self, **changes: Any) -> None:
        """Put an alarm for values above 5, one period of 10 s, missing data notBreaching."""
        values: dict[str, Any] = {
            "AlarmName": self.name,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }
        if "Metrics" not in changes:
            dimensions = [{"Name": "cluster", "Value": "web"}]
            values |= {
                "Namespace": self.namespace,
                "MetricName": "running",
                "Dimensions": dimensions,
                "Period": 10,
                "Statistic": "Maximum",
            }
        self.cloudwatch.put_metric_alarm(**values | changes)

    def state(self) -> str:
        """Return the state that the alarm is in."""
        [alarm] = self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        state: str = alarm["StateValue"]
        return state


@pytest.fixture
def metric(stack: Stack) -> Metric:
    """Return a metric without values."""
    return Metric(stack)


def test_a_breach_raises_the_alarm(metric: Metric) -> None:
    """One datapoint above the threshold is enough for 1 of 1."""
    metric.alarm()
    metric.put(9)
    assert metric.state() == "ALARM"


def test_another_cluster_does_not_raise_the_alarm(metric: Metric) -> None:
    """An alarm watches the metric of exactly its dimensions."""
    metric.alarm()
    metric.put(9, cluster="batch")
    assert metric.state() == "OK"


def test_one_datapoint_is_not_three(metric: Metric) -> None:
    """An alarm on 3 of 3 periods stays calm at the first breach."""
    metric.alarm(EvaluationPeriods=3, DatapointsToAlarm=3)
    metric.put(9)
    assert metric.state() == "OK"


def test_three_datapoints_are_three(metric: Metric) -> None:
    """An alarm on 3 of 3 periods is raised by the third breach."""
    metric.alarm(EvaluationPeriods=3, DatapointsToAlarm=3)
    for periods_ago in (2, 1, 0):
        metric.put(9, periods_ago=periods_ago)
    assert metric.state() == "ALARM"


def test_time_alone_changes_an_alarm(metric: Metric) -> None:
    """An alarm is evaluated by the clock, without any metric arriving."""
    metric.alarm()
    metric.cloudwatch.set_alarm_state(AlarmName=metric.name, StateValue="ALARM", StateReason="a test")
    eventually(lambda: metric.state() == "OK", "the alarm back to OK", within=5)


def test_an_alarm_that_ignores_missing_data_keeps_its_state(metric: Metric) -> None:
    """With no data and `ignore`, an alarm stays where it is."""
    metric.alarm(TreatMissingData="ignore")
    metric.cloudwatch.set_alarm_state(AlarmName=metric.name, StateValue="ALARM", StateReason="a test")
    metric.put(0, name="other")  # which evaluates all alarms
    assert metric.state() == "ALARM"


def test_an_alarm_on_metric_math_is_raised(metric: Metric) -> None:
    """An alarm on a percentage of a quota is raised by the metrics it is made from."""
    percent = {"Id": "percent", "Expression": "100*FILL(running,0)/quota", "ReturnData": True}
    metric.alarm(Metrics=[metric.query(), metric.query("quota"), percent], Threshold=80)
    metric.put(10, name="quota")
    assert metric.state() == "OK"
    metric.put(9)
    assert metric.state() == "ALARM"


def test_an_alarm_shows_its_metric_math(metric: Metric) -> None:
    """DescribeAlarms gives the queries back."""
    percent = {"Id": "percent", "Expression": "running/10", "ReturnData": True}
    metric.alarm(Metrics=[metric.query(), percent])
    [alarm] = metric.cloudwatch.describe_alarms(AlarmNames=[metric.name])["MetricAlarms"]
    assert [query["Id"] for query in alarm["Metrics"]] == ["running", "percent"]


def test_one_breach_is_one_notification(metric: Metric, account: Account) -> None:
    """However often an alarm is evaluated, its action is taken once per change."""
    sns, sqs = client(account.stack, "sns"), client(account.stack, "sqs")
    topic = sns.create_topic(Name=metric.namespace)["TopicArn"]
    queue = account.queue("alarms", sender="sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=account.queue_arn(queue))
    metric.alarm(AlarmActions=[topic])
    for _ in range(5):
        metric.put(9)
    messages = eventually(lambda: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"), "a notification")
    assert [json.loads(json.loads(message["Body"])["Message"])["NewStateValue"] for message in messages] == ["ALARM"]


def test_get_metric_data_computes_expressions(metric: Metric) -> None:
    """GetMetricData answers metric math."""
    metric.put(5)
    metric.put(4, name="quota")
    percent = {"Id": "percent", "Expression": "100*running/quota", "Label": "percent"}
    now = datetime.fromtimestamp(time.time(), UTC)
    answer = metric.cloudwatch.get_metric_data(
        MetricDataQueries=[metric.query(), metric.query("quota"), percent],
        StartTime=now - timedelta(minutes=1),
        EndTime=now + timedelta(minutes=1),
    )
    assert [(one["Id"], one["Values"], one["StatusCode"]) for one in answer["MetricDataResults"]] == [("percent", [125.0], "Complete")]


def test_get_metric_data_keeps_dimensions_apart(metric: Metric) -> None:
    """A query without dimensions does not see metrics that have some."""
    metric.put(5)
    bare = {
        "Id": "bare",
        "MetricStat": {"Metric": {"Namespace": metric.namespace, "MetricName": "running"}, "Period": 10, "Stat": "Maximum"},
    }
    now = datetime.fromtimestamp(time.time(), UTC)
    answer = metric.cloudwatch.get_metric_data(
        MetricDataQueries=[bare], StartTime=now - timedelta(minutes=1), EndTime=now + timedelta(minutes=1)
    )
    assert answer["MetricDataResults"][0]["Values"] == []


def test_get_metric_data_refuses_what_is_no_metric_math(metric: Metric) -> None:
    """A broken expression is a validation error, as on AWS."""
    now = datetime.fromtimestamp(time.time(), UTC)
    with pytest.raises(ClientError, match="cannot be read"):
        metric.cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "e", "Expression": "100*FILL(", "Period": 10}], StartTime=now - timedelta(minutes=1), EndTime=now
        )


def test_a_log_line_in_embedded_metric_format_is_a_metric(metric: Metric, stack: Stack) -> None:
    """What a function logs in the format raises an alarm."""
    metric.alarm()
    logs = client(stack, "logs")
    logs.create_log_group(logGroupName=metric.namespace)
    logs.create_log_stream(logGroupName=metric.namespace, logStreamName="one")
    now = int(time.time() * 1000)
    directive = {"Namespace": metric.namespace, "Dimensions": [["cluster"]], "Metrics": [{"Name": "running", "Unit": "Count"}]}
    line = json.dumps({"_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]}, "cluster": "web", "running": [9]})
    plain = {"timestamp": now, "message": 'not JSON, though it says "_aws"'}
    logs.put_log_events(logGroupName=metric.namespace, logStreamName="one", logEvents=[plain, {"timestamp": now, "message": line}])
    assert metric.state() == "ALARM"
