"""`fargatecount alarm-test` against the deployed stack, as a person runs it before he relies on an alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.topics import Listener
from tests.e2e.deployment import Deployed
from tests.kube.deadline import eventually

SPOT = "fargatecount-local-critical-spot"
"""Of Spot, because other tests of this stack start on-demand tasks."""


@pytest.fixture
def listener(deployed: Deployed) -> Listener:
    """Return somebody behind the paging topic."""
    return Listener(deployed.stack, {"Trial": deployed.outputs["PagingTopicArn"]}, "fargatecount-local-")


@pytest.fixture
def events(deployed: Deployed) -> Iterator[str]:
    """Return the URL of a queue behind a rule for limit events."""
    sqs, bus = deployed.stack.client("sqs"), deployed.stack.client("events")
    url = sqs.create_queue(QueueName="limit-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    bus.put_rule(Name="limit-events", EventPattern=json.dumps({"source": ["fargatecount"], "detail": {"test": [True]}}))
    bus.put_targets(Rule="limit-events", Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    bus.remove_targets(Rule="limit-events", Ids=["queue"])
    bus.delete_rule(Name="limit-events")
    sqs.delete_queue(QueueUrl=url)


def received(deployed: Deployed, url: str) -> list[dict[str, Any]]:
    answer = deployed.stack.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", ())]


def state(deployed: Deployed) -> str:
    (alarm,) = deployed.stack.client("cloudwatch").describe_alarms(AlarmNames=[SPOT])["MetricAlarms"]
    return str(alarm["StateValue"])


def test_a_trial_reaches_the_topic_and_the_bus_and_leaves_nothing_behind(deployed: Deployed, listener: Listener, events: str) -> None:
    """The alarm's own action is done and seen, both test events arrive, and alarm and breaches are as they were."""
    before = state(deployed)
    answer = deployed.command("alarm-test", "--capacity", "spot", "--yes", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    document = json.loads(answer.stdout)
    assert {step["step"]: step["passed"] for step in document["steps"]} == {step["step"]: True for step in document["steps"]}
    assert len(document["steps"]) == 6
    eventually(lambda: listener.heard("critical-spot")[:1] == ["ALARM"], "the message has arrived", within=30)
    assert {event["detail-type"] for event in received(deployed, events)} == {"Fargate Limit Crossed", "Fargate Limit Cleared"}
    assert state(deployed) in {before, "OK"}
