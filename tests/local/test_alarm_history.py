"""An alarm's history in the emulator, read as `fargatecount alarm-test` reads it."""

from __future__ import annotations

import pytest

from fargatecount.adapters.cloudwatch.alarms import CloudWatchAlarms
from fargatecount.breaches.alarms import ActionRecord, StateChange, Subscribers
from local.process import REGION
from local.stack import Stack
from tests.local.account import client

NOWHERE = f"arn:aws:sns:{REGION}:000000000000:nowhere"


@pytest.fixture
def alarms(stack: Stack) -> CloudWatchAlarms:
    """Return the emulator's alarms."""
    return CloudWatchAlarms(client(stack, "cloudwatch"), client(stack, "sns"))


def put_alarm(stack: Stack, name: str, topic: str) -> None:
    """Put an alarm on a metric that has no data, so that its state is only changed by SetAlarmState."""
    client(stack, "cloudwatch").put_metric_alarm(
        AlarmName=name,
        AlarmActions=[topic],
        Namespace=name,
        MetricName="nothing",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=95,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )


def test_an_action_that_was_done_stands_in_the_history(stack: Stack, alarms: CloudWatchAlarms) -> None:
    """With the topic that was notified, after the change of state with its reason."""
    topic = client(stack, "sns").create_topic(Name="told")["TopicArn"]
    put_alarm(stack, "tells", topic)
    alarms.set_state("tells", "ALARM", "because of the test")
    done, turn = alarms.history("tells")[:2]
    assert isinstance(done, ActionRecord)
    assert isinstance(turn, StateChange)
    assert (done.target, done.succeeded, turn.reason) == (topic, True, "because of the test")


def test_an_action_that_failed_does_too(stack: Stack, alarms: CloudWatchAlarms) -> None:
    """A topic that does not exist gets no message."""
    put_alarm(stack, "tells-nobody", NOWHERE)
    alarms.set_state("tells-nobody", "ALARM", "because of the test")
    done = alarms.history("tells-nobody")[0]
    assert isinstance(done, ActionRecord)
    assert (done.target, done.succeeded) == (NOWHERE, False)


def test_an_alarm_is_found_by_its_name(stack: Stack, alarms: CloudWatchAlarms) -> None:
    """With its state, threshold and actions."""
    put_alarm(stack, "found", NOWHERE)
    found = alarms.find("found")
    assert found is not None
    assert (found.threshold, found.actions, found.enabled) == (95, (NOWHERE,), True)
    assert alarms.find("not-there") is None


def test_only_who_has_confirmed_hears_a_topic(stack: Stack, alarms: CloudWatchAlarms) -> None:
    """A mail address that has not clicked the link is pending."""
    sns = client(stack, "sns")
    topic = sns.create_topic(Name="heard")["TopicArn"]
    assert alarms.subscribers(topic) == Subscribers(0, 0)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:000000000000:queue")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="pager@example.com")
    found = alarms.subscribers(topic)
    assert found.confirmed + found.pending == 2
    assert found.confirmed >= 1
