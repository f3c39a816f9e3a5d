"""One queue message, decoded into what it reports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.ecs.event import SERVICE_ACTION, TASK, Event, Malformed, NotOnFargate, ServiceReported, TaskSeen, decode_event
from fargatecount.timestamps import parse_millis
from tests.support.builders import NOW
from tests.support.letters import EVENT
from tests.support.service_events import CAPACITY, action, deployment, impaired, stopped

TIME = "2025-10-01T12:00:00Z"


def changed(event: str = EVENT, **changes: Any) -> str:
    """Return an event with some of its detail changed; a change to None removes the field."""
    decoded = json.loads(event)
    detail = decoded["detail"] | changes
    return json.dumps(decoded | {"detail": {name: value for name, value in detail.items() if value is not None}})


def enveloped(event: str = EVENT, **changes: Any) -> str:
    """Return an event with some of its envelope changed; a change to None removes the field."""
    decoded = json.loads(event) | changes
    return json.dumps({name: value for name, value in decoded.items() if value is not None})


def nested(levels: int) -> str:
    """Return a task event with an unknown field of so many levels."""
    return EVENT.replace('"version": 2', '"version": 2, "newField": ' + "[" * levels + "]" * levels)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (EVENT, TaskSeen),
        (stopped(), TaskSeen),
        (stopped(stoppedReason="Scaling activity initiated by deployment"), TaskSeen),
        (changed(launchType=None, capacityProviderName="FARGATE_SPOT"), TaskSeen),
        (changed(launchType=None, capacityProviderName="FARGATE"), TaskSeen),
        (changed(lastStatus="HIBERNATING"), TaskSeen),
        (changed(version="4"), TaskSeen),
        (changed(stoppedReason=5), Malformed),
        (nested(100), TaskSeen),
        (changed(launchType="EC2"), NotOnFargate),
        (changed(launchType="EXTERNAL"), NotOnFargate),
        (changed(launchType="MANAGED_INSTANCES", capacityProviderName="mine"), NotOnFargate),
        (changed(launchType=None), NotOnFargate),
        (changed(launchType="EC2", clusterArn="none"), NotOnFargate),
        (action(), ServiceReported),
        (action(eventName="SERVICE_STEADY_STATE"), ServiceReported),
        (impaired(), ServiceReported),
        (deployment(), ServiceReported),
        (f'{{"detail-type": "{SERVICE_ACTION}"}}', ServiceReported),
        (f'{{"detail": {{"reason": "x"}}, "detail-type": "{SERVICE_ACTION}"}}', ServiceReported),
    ],
)
def test_what_an_event_reports(body: str, kind: type[Event]) -> None:
    """A task on Fargate, a task elsewhere and a service differ in the event's type and the task's launch type."""
    assert type(decode_event(body, NOW)) is kind


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "truncated"),
        ("no JSON", "malformed"),
        ("[]", "Expected `object`"),
        ("null", "Expected `object`"),
        ('"text"', "Expected `object`"),
        ("{}", "`detail-type`"),
        (b"\xff\xfe", "malformed"),
        ("\ud800", "surrogates"),
        ('{"detail-type": "\\ud800", "detail": {}}', "surrogate"),
        ("[" * 100_000, "Expected `object`"),
        (nested(3000), "nested too deeply"),
        (f'{{"detail-type": "{TASK}", "detail": []}}', "`$.detail`"),
        (f'{{"detail-type": "{SERVICE_ACTION}", "detail": []}}', "`$.detail`"),
        (f'{{"detail-type": "{TASK}"}}', "`detail`"),
        (enveloped(**{"detail-type": "EC2 Instance State-change Notification"}), "EC2 Instance State-change"),
        (enveloped(time="soon"), "neither is a time"),
        (enveloped(time="9999-12-31T23:59:59-14:00"), "neither is a time"),
        (enveloped(time="0001-01-01T00:00:00+14:00"), "neither is a time"),
        (changed(version=None), "version"),
        (changed(version=2**63), "version"),
        (changed(clusterArn="web"), "clusterArn is 'web'"),
        (changed(taskArn="t" * 2**20), "taskArn is"),
    ],
)
def test_a_body_that_can_never_be_processed_has_a_reason(body: str | bytes, reason: str) -> None:
    """Any other body is malformed, with a reason that fits a message attribute."""
    event = decode_event(body, NOW)
    assert isinstance(event, Malformed)
    assert reason in event.reason
    assert len(event.reason.encode()) <= 4 * Malformed.MAX_REASON


@given(st.one_of(st.text(), st.binary(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_no_body_raises(body: str | bytes) -> None:
    """Arbitrary bytes and texts end as an event of some class."""
    assert isinstance(decode_event(body, NOW), Event)


@pytest.mark.parametrize(
    ("changes", "at"), [({"time": TIME}, TIME), ({"time": None}, "2025-12-31T23:00:00Z"), ({"time": "soon"}, "2025-12-31T23:00:00Z")]
)
def test_the_time_of_an_observation(changes: dict[str, Any], at: str) -> None:
    """The time of the event counts, and without one that of the task's last change."""
    event = decode_event(enveloped(changed(updatedAt="2025-12-31T23:00:00Z"), **changes), NOW)
    assert isinstance(event, TaskSeen)
    assert event.observation.observed_at == parse_millis(at)


@pytest.mark.parametrize(
    ("time", "at"), [(None, NOW), ("soon", NOW), ("9999-12-31T00:00:00Z", NOW), ("0001-01-01T00:00:00Z", 0), (TIME, parse_millis(TIME))]
)
def test_the_time_of_a_refusal(time: str | None, at: int) -> None:
    """A refusal without a time is of now, and none is in the future."""
    event = decode_event(enveloped(action(), time=time), NOW)
    assert isinstance(event, ServiceReported)
    assert event.refusal is not None
    assert event.refusal.at == at


def test_the_time_of_a_failed_launch_is_that_of_its_event() -> None:
    """Without a time of its own it has the time of the task's last change."""
    event = decode_event(enveloped(stopped(stoppedReason=CAPACITY, updatedAt=TIME), time=None), NOW)
    assert isinstance(event, TaskSeen)
    assert event.refusal is not None
    assert event.refusal.at == parse_millis(TIME)
