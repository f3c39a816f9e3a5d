"""Limit events behind a rule of the default bus, and the results of refused ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from fargatecount.adapters.eventbridge import EventBridgeEvents
from fargatecount.breaches.breach import BreachLevel, Change, ChangeKind, LimitGauge
from fargatecount.breaches.event import LimitDetail, LimitEvent, limit_event
from fargatecount.errors import DeniedError, UnavailableError
from tests.support.builders import NOW, SCOPE

MOST = 10
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""


def event(number: int = 0, kind: ChangeKind = ChangeKind.CROSSED) -> LimitEvent:
    gauge = LimitGauge(
        subject=f"ECS-{number}",
        level=BreachLevel.WARNING,
        threshold=90,
        unit="vCPU",
        value=10,
        used=9.5,
        percent=95,
    )
    return limit_event(Change(kind=kind, gauge=gauge, since=NOW, at=NOW), SCOPE, [])


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of a queue behind a rule for limit events."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        sqs, events = boto3.client("sqs", SCOPE.region), boto3.client("events", SCOPE.region)
        url = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="limits", EventPattern=json.dumps({"source": ["fargatecount"], "detail-type": ["Fargate Limit Crossed"]}))
        events.put_targets(Rule="limits", Targets=[{"Id": "1", "Arn": arn}])
        yield url


def heard(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := boto3.client("sqs", SCOPE.region).receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_an_event_arrives_behind_a_rule(account: str) -> None:
    """An event arrives with its source, detail-type, time and detail unchanged."""
    sent = event()
    assert EventBridgeEvents(boto3.client("events", SCOPE.region)).put([sent]) == [sent]
    (received,) = heard(account)
    assert (received["source"], received["detail-type"]) == ("fargatecount", "Fargate Limit Crossed")
    assert msgspec.convert(received["detail"], LimitDetail) == sent.detail


def test_a_rule_can_tell_beginnings_from_ends(account: str) -> None:
    """A rule selects events by their detail-type."""
    EventBridgeEvents(boto3.client("events", SCOPE.region)).put([event(kind=ChangeKind.CLEARED), event(1)])
    assert [received["detail"]["cluster"] for received in heard(account)] == ["ECS-1"]


class FakeEvents:
    """A botocore client that keeps what is put, ten at a time, and refuses what the test chooses."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refuses: set[str] = set()
        self.trouble: list[Exception | None] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - botocore's name
        assert 0 < len(Entries) <= MOST
        if self.trouble and (trouble := self.trouble.pop(0)):
            raise trouble
        self.calls.append(Entries)
        said = [json.loads(entry["Detail"])["cluster"] in self.refuses for entry in Entries]
        answers = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"} if refused else {"EventId": "1"} for refused in said]
        return {"FailedEntryCount": sum(said), "Entries": answers}


@pytest.mark.parametrize(("number", "calls"), [(0, []), (1, [1]), (10, [10]), (23, [10, 10, 3])])
def test_as_few_calls_as_eventbridge_allows(number: int, calls: list[int]) -> None:
    """One call has ten events, and no events make no call."""
    client = FakeEvents()
    events = [event(i) for i in range(number)]
    assert EventBridgeEvents(client).put(events) == events
    assert [len(call) for call in client.calls] == calls


def test_what_eventbridge_did_not_take_is_not_among_the_taken() -> None:
    """EventBridge answers for each event by itself."""
    client = FakeEvents()
    client.refuses = {"ECS-1"}
    events = [event(i) for i in range(3)]
    assert EventBridgeEvents(client).put(events) == [events[0], events[2]]


def test_calls_before_the_trouble_count() -> None:
    """Events accepted before EventBridge stopped answering are returned, so that none is put twice."""
    client = FakeEvents()
    client.trouble = [None, EndpointConnectionError(endpoint_url="https://events.eu-west-1.amazonaws.com")]
    events = [event(i) for i in range(15)]
    assert EventBridgeEvents(client).put(events) == events[:10]


def test_no_answer_is_unavailable() -> None:
    """If EventBridge accepts none, the error is raised and all are put again later."""
    client = FakeEvents()
    client.trouble = [EndpointConnectionError(endpoint_url="https://events.eu-west-1.amazonaws.com")]
    with pytest.raises(UnavailableError, match="putting 1 limit events"):
        EventBridgeEvents(client).put([event()])


def test_a_refusal_is_denied() -> None:
    """A missing permission is named."""
    client = FakeEvents()
    client.trouble = [boto3.client("events", "eu-west-1").exceptions.ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents")]
    with pytest.raises(DeniedError, match="putting 1 limit events: AccessDeniedException"):
        EventBridgeEvents(client).put([event()])
