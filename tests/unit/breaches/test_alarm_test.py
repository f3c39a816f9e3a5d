"""The test of an alarm, against a CloudWatch with a memory."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from fargatecount.breaches.alarm_test import (
    POLL_SECONDS,
    Step,
    document,
    events,
    find_alarm,
    list_subscribers,
    send_events,
    set_and_watch,
)
from fargatecount.breaches.alarms import ActionRecord, Alarm, StateChange, Subscribers
from fargatecount.breaches.breach import BreachLevel
from fargatecount.breaches.notify import Event
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.workload import Capacity
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.fakes import FakeClock

TOPIC = "arn:aws:sns:eu-west-1:123456789012:paging"
OTHER = "arn:aws:sns:eu-west-1:123456789012:second"
ALARM = Alarm(name="fargatecount-prod-critical-on-demand", state="OK", threshold=95, actions=(TOPIC,), enabled=True)


class FakeAlarms:
    """One alarm with a history: an action is recorded some seconds after the state, as in CloudWatch."""

    def __init__(self, clock: FakeClock, alarm: Alarm | None = ALARM, *, takes: float = 3, fails: bool = False) -> None:
        self.clock = clock
        self.alarm = alarm
        self.takes = takes
        self.fails = fails
        self.states: list[tuple[str, str]] = []
        self.refuses_history: FargatecountError | None = None
        self.loses_answer: FargatecountError | None = None
        self.topics: dict[str, Subscribers | FargatecountError] = {TOPIC: Subscribers(confirmed=1, pending=0)}
        self._history: list[StateChange | ActionRecord] = [
            ActionRecord(NOW - MINUTE, TOPIC, True, "long ago"),
            StateChange(NOW - MINUTE, "long ago"),
        ]

    def find(self, name: str) -> Alarm | None:
        return self.alarm if self.alarm and self.alarm.name == name else None

    def set_state(self, name: str, state: str, reason: str) -> None:
        assert self.alarm
        assert name == self.alarm.name
        self.states.append((state, reason))
        at = self.clock.now()
        self._history.insert(0, StateChange(at, reason))
        for target in self.alarm.actions:
            summary = "Failed to execute action" if self.fails else "Successfully executed action"
            self._history.insert(0, ActionRecord(at + round(self.takes * 1000), target, not self.fails, summary))
        if self.loses_answer:
            lost, self.loses_answer = self.loses_answer, None
            raise lost

    def history(self, name: str) -> Sequence[StateChange | ActionRecord]:
        assert self.alarm
        assert name == self.alarm.name
        if self.refuses_history:
            raise self.refuses_history
        return [entry for entry in self._history if entry.at <= self.clock.now()]

    def subscribers(self, topic: str) -> Subscribers:
        found = self.topics[topic]
        if isinstance(found, FargatecountError):
            raise found
        return found


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that the test moves."""
    return FakeClock()


def passed(steps: Sequence[Step]) -> list[bool | None]:
    return [step.passed for step in steps]


def test_an_alarm_that_notifies_its_topic_passes(clock: FakeClock) -> None:
    """It is set to ALARM, the action runs, and it is set back, with both reasons in its history."""
    alarms = FakeAlarms(clock)
    steps = set_and_watch(alarms, ALARM, clock, token="t0", wait=60)
    assert passed(steps) == [True, True, True]
    assert [step.what for step in steps] == [f"{ALARM.name} is set to ALARM", "it notifies paging", f"{ALARM.name} is set back"]
    assert [state for state, _ in alarms.states] == ["ALARM", "OK"]
    assert all("alarm-test t0 of fargatecount" in reason for _, reason in alarms.states)


def test_it_waits_no_longer_than_it_must(clock: FakeClock) -> None:
    """An action that runs after three seconds is found by the second poll after it."""
    set_and_watch(FakeAlarms(clock), ALARM, clock, token="t0", wait=60)
    assert clock.slept == [POLL_SECONDS, POLL_SECONDS]


def test_an_action_that_failed_fails(clock: FakeClock) -> None:
    """The step has CloudWatch's summary."""
    (_, notified, _) = set_and_watch(FakeAlarms(clock, fails=True), ALARM, clock, token="t0", wait=60)
    assert (notified.passed, notified.detail) == (False, "Failed to execute action")


def test_an_action_that_is_not_seen_fails(clock: FakeClock) -> None:
    """Earlier actions do not count, and the alarm is set back after the wait."""
    alarms = FakeAlarms(clock, takes=100)
    steps = set_and_watch(alarms, ALARM, clock, token="t0", wait=10)
    assert passed(steps) == [True, False, True]
    assert "after 10 s" in steps[1].detail
    assert 10 <= sum(clock.slept) <= 10 + POLL_SECONDS
    assert alarms.states[-1][0] == "OK"


def test_every_topic_must_be_notified(clock: FakeClock) -> None:
    """Each is a step of its own."""
    alarm = msgspec.structs.replace(ALARM, actions=(TOPIC, OTHER))
    steps = set_and_watch(FakeAlarms(clock, alarm), alarm, clock, token="t0", wait=60)
    assert [step.what for step in steps[1:3]] == ["it notifies paging", "it notifies second"]


def test_the_alarm_is_set_back_to_its_earlier_state(clock: FakeClock) -> None:
    """An alarm without data is INSUFFICIENT_DATA again."""
    alarm = msgspec.structs.replace(ALARM, state="INSUFFICIENT_DATA")
    alarms = FakeAlarms(clock, alarm)
    set_and_watch(alarms, alarm, clock, token="t0", wait=60)
    assert alarms.states[-1][0] == "INSUFFICIENT_DATA"


@pytest.mark.parametrize("trouble", [DeniedError("not you"), UnavailableError("no answer")], ids=["denied", "unavailable"])
def test_the_alarm_is_set_back_whatever_happens(clock: FakeClock, trouble: FargatecountError) -> None:
    """An unreadable history leaves no alarm in ALARM."""
    alarms = FakeAlarms(clock)
    alarms.refuses_history = trouble
    with pytest.raises(type(trouble)):
        set_and_watch(alarms, ALARM, clock, token="t0", wait=60)
    assert [state for state, _ in alarms.states] == ["ALARM", "OK"]


def test_an_alarm_is_set_back_after_an_unanswered_call_too(clock: FakeClock) -> None:
    """The state may have been set all the same."""
    alarms = FakeAlarms(clock)
    alarms.loses_answer = UnavailableError("no answer")
    with pytest.raises(UnavailableError):
        set_and_watch(alarms, ALARM, clock, token="t0", wait=60)
    assert [state for state, _ in alarms.states] == ["ALARM", "OK"]


@pytest.mark.parametrize(
    ("alarm", "remark", "remedy"),
    [
        (None, "there is no alarm", "armed=true"),
        (msgspec.structs.replace(ALARM, enabled=False), "disabled", "enable-alarm-actions"),
        (msgspec.structs.replace(ALARM, actions=()), "has no actions", "deploy again"),
        (msgspec.structs.replace(ALARM, state="ALARM"), "is in ALARM", "this alarm is real"),
    ],
)
def test_an_alarm_that_cannot_be_tested_has_a_reason(clock: FakeClock, alarm: Alarm | None, remark: str, remedy: str) -> None:
    """The error comes before any state is set, with a remedy."""
    alarms = FakeAlarms(clock, alarm)
    with pytest.raises(MisconfiguredError, match=remark) as caught:
        find_alarm(alarms, ALARM.name)
    assert remedy in caught.value.remedy
    assert alarms.states == []


@pytest.mark.parametrize(
    ("subscribers", "verdict", "detail"),
    [
        (Subscribers(2, 0), True, "2 confirmed"),
        (Subscribers(1, 1), True, "1 confirmed, 1 not confirmed yet"),
        (Subscribers(0, 1), False, "0 confirmed, 1 not confirmed yet"),
        (Subscribers(0, 0), False, "0 confirmed"),
        (DeniedError("not for you"), None, "not known: not for you"),
    ],
)
def test_a_topic_without_a_subscriber_fails(
    clock: FakeClock, subscribers: Subscribers | FargatecountError, verdict: bool | None, detail: str
) -> None:
    """An address that has not confirmed receives nothing; a denied read leaves the answer unknown, which is no failure."""
    alarms = FakeAlarms(clock)
    alarms.topics[TOPIC] = subscribers
    assert list_subscribers(alarms, ALARM) == [Step(what="paging has a subscriber", passed=verdict, detail=detail)]


class FakeBus:
    """Accepts as many events as the test allows."""

    def __init__(self, takes: int = 9, trouble: FargatecountError | None = None) -> None:
        self.events: list[Event] = []
        self._takes = takes
        self._trouble = trouble

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        if self._trouble:
            raise self._trouble
        self.events += list(events)[: self._takes]
        return self.events


def test_both_events_are_marked_as_tests() -> None:
    """They share their breach, and have the alarm's own threshold."""
    sent = events(SCOPE, ALARM, BreachLevel.CRITICAL, Capacity.SPOT, NOW)
    assert [event.detail_type for event in sent] == ["Fargate Limit Crossed", "Fargate Limit Cleared"]
    assert {event.detail.test for event in sent} == {True}
    assert len({event.detail.breach for event in sent}) == 1
    assert (sent[0].detail.percent, sent[0].detail.capacity, sent[0].detail.level) == (95, "spot", "critical")


@pytest.mark.parametrize(
    ("bus", "verdicts"),
    [(FakeBus(), [True, True]), (FakeBus(takes=1), [True, False]), (FakeBus(trouble=DeniedError("no events from you")), [False, False])],
    ids=["taken", "a part", "denied"],
)
def test_an_event_that_is_not_accepted_fails(bus: FakeBus, verdicts: list[bool]) -> None:
    """Each is a step; a refusal is a failed step and hides no other."""
    assert passed(send_events(bus, events(SCOPE, ALARM, BreachLevel.CRITICAL, Capacity.ON_DEMAND, NOW))) == verdicts


@pytest.mark.parametrize(("verdicts", "passed_all"), [([True, True], True), ([True, None], True), ([True, False], False)])
def test_the_document_has_passed_if_no_step_has_failed(verdicts: list[bool | None], passed_all: bool) -> None:
    """An unknown step is no failure."""
    steps = [Step(what=str(number), passed=verdict, detail="") for number, verdict in enumerate(verdicts)]
    assert msgspec.to_builtins(document(ALARM, steps, dry_run=False)) == {
        "schema": "fargatecount/alarm-test",
        "version": 1,
        "alarm": ALARM.name,
        "dry_run": False,
        "passed": passed_all,
        "steps": [{"step": str(number), "passed": verdict, "detail": ""} for number, verdict in enumerate(verdicts)],
    }
