"""Test of an alarm without a breach: does its message reach a subscriber, and does EventBridge accept the limit events.

The alarm is set to ALARM by hand, which runs its real actions (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html):
no metric, no counter and no state of a breach is touched. CloudWatch's history shows the result of each action. Afterwards the alarm is set
back to its earlier state. CloudWatch does the same at the next data point, and if a real breach began meanwhile, it then reports that
one.

Promises of the shape `fargatecount/alarm-test` version 1: keys may be added, none is renamed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.breaches.alarms import ActionRecord, Alarm, Alarms, StateChange
from fargatecount.breaches.breach import BreachLevel, Change, ChangeKind, QuotaGauge
from fargatecount.breaches.event import LimitEvent, limit_event
from fargatecount.breaches.notify import Bus
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.quotas.quota import VCPU
from fargatecount.workload import Capacity, Millis, Scope

SCHEMA = "fargatecount/alarm-test"
VERSION = 1
ALARM = "ALARM"
SAME_ENTRY: Millis = 1_000
"""CloudWatch records a change of state and its actions within a second of each other, in no promised order."""
POLL_SECONDS = 2.0
"""Seconds between two reads of the history: an action runs and is recorded within a few."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the test."""

    what: str = msgspec.field(name="step")
    passed: bool | None
    """None if it could not be determined, which is no failure."""
    detail: str


class AlarmTestDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `alarm-test --json`: the promised document."""

    schema: str = SCHEMA
    version: int = VERSION
    alarm: str
    dry_run: bool
    passed: bool
    steps: list[Step]


def document(alarm: Alarm, steps: Sequence[Step], *, dry_run: bool) -> AlarmTestDocument:
    """Return the result of a test; it has passed if no step has failed."""
    passed = all(step.passed is not False for step in steps)
    return AlarmTestDocument(alarm=alarm.name, dry_run=dry_run, passed=passed, steps=list(steps))


def find_alarm(alarms: Alarms, name: str) -> Alarm:
    """Return the alarm of that name, if it can be tested.

    Raises:
        MisconfiguredError: it does not exist, it has no actions or they are disabled, or it is in ALARM already.
        DeniedError, UnavailableError: CloudWatch refused or did not answer.
    """
    alarm = alarms.find(name)
    if alarm is None:
        raise MisconfiguredError(f"there is no alarm {name}", remedy="alarms exist only while armed: fargatecount deploy --set armed=true")
    if not alarm.enabled:
        raise MisconfiguredError(
            f"the actions of alarm {name} are disabled", remedy=f"aws cloudwatch enable-alarm-actions --alarm-names {name}"
        )
    if not alarm.actions:
        raise MisconfiguredError(f"alarm {name} has no actions", remedy="it was changed outside the deployment: deploy again")
    if alarm.state == ALARM:
        raise MisconfiguredError(
            f"alarm {name} is in ALARM already, and only a change of state runs its actions",
            remedy="this alarm is real: `fargatecount status` shows what uses the quota; run the test again when it is over",
        )
    return alarm


def list_subscribers(alarms: Alarms, alarm: Alarm) -> list[Step]:
    """Check that the alarm's topics have subscribers: a message to a topic without any is delivered but has no reader."""
    steps = []
    for topic in alarm.actions:
        what = f"{topic.rpartition(':')[2]} has a subscriber"
        try:
            found = alarms.subscribers(topic)
        except FargatecountError as error:
            steps.append(Step(what=what, passed=None, detail=f"not known: {error}"))
            continue
        detail = f"{found.confirmed} confirmed" + (f", {found.pending} not confirmed yet" if found.pending else "")
        steps.append(Step(what=what, passed=found.confirmed > 0, detail=detail))
    return steps


def set_and_watch(alarms: Alarms, alarm: Alarm, clock: Clock, *, token: str, wait: float) -> list[Step]:
    """Set the alarm to ALARM, wait up to `wait` seconds for its actions, and set it back, whatever happens.

    `token` is unique to each test: it identifies the entries of the history.

    Raises:
        DeniedError, UnavailableError: the state could not be set, or the history could not be read.
    """
    reason = f"alarm-test {token} of fargatecount: nothing has happened, this tests message delivery"
    over = f"alarm-test {token} of fargatecount is over"
    try:
        alarms.set_state(alarm.name, ALARM, reason)
    except UnavailableError:  # the state may have been set all the same
        alarms.set_state(alarm.name, alarm.state, over)
        raise
    try:
        give_up = clock.now() + wait * 1000
        while True:
            change, done = _entries(alarms.history(alarm.name), token)
            if {each.target for each in done} >= set(alarm.actions) or clock.now() >= give_up:
                break
            clock.sleep(POLL_SECONDS)
    finally:
        alarms.set_state(alarm.name, alarm.state, over)
    found = "in its history" if change else f"not in its history after {wait:g} s"
    steps = [Step(what=f"{alarm.name} is set to ALARM", passed=change is not None, detail=found)]
    by_target = {each.target: each for each in done}  # the oldest of each: newer ones belong to the return
    for target in alarm.actions:
        seen = by_target.get(target)
        detail = seen.summary if seen else f"not in the history after {wait:g} s"
        steps.append(Step(what=f"it notifies {target.rpartition(':')[2]}", passed=bool(seen and seen.succeeded), detail=detail))
    return [*steps, Step(what=f"{alarm.name} is set back", passed=True, detail=alarm.state)]


def events(scope: Scope, alarm: Alarm, level: BreachLevel, capacity: Capacity, now: Millis) -> list[LimitEvent]:
    """Return the events of a made-up breach, its begin and its end, marked as a test."""
    gauge = QuotaGauge(
        capacity=capacity,
        level=level,
        threshold=alarm.threshold,
        unit=VCPU,
        value=100.0,
        used=alarm.threshold,
        percent=alarm.threshold,
    )
    gone = msgspec.structs.replace(gauge, used=0.0, percent=0.0)
    ends = ((ChangeKind.CROSSED, gauge), (ChangeKind.CLEARED, gone))
    return [limit_event(Change(kind=kind, gauge=each, since=now, at=now), scope, [], test=True) for kind, each in ends]


def send_events(bus: Bus, sent: Sequence[LimitEvent]) -> list[Step]:
    """Put the events and return one step for each; a bus that refuses is a failed step, not an error."""
    what = {event.detail_type: f"EventBridge accepts '{event.detail_type}'" for event in sent}
    try:
        taken = bus.put(sent)
    except FargatecountError as error:
        return [Step(what=each, passed=False, detail=str(error)) for each in what.values()]
    return [
        Step(
            what=what[event.detail_type],
            passed=event in taken,
            detail=f"source fargatecount, test: true, breach {event.detail.breach}",
        )
        for event in sent
    ]


def _entries(history: Sequence[StateChange | ActionRecord], token: str) -> tuple[StateChange | None, list[ActionRecord]]:
    """Return the change of state with the token, and the actions that go with it or follow it."""
    change = next((each for each in history if isinstance(each, StateChange) and token in each.reason), None)
    if change is None:
        return None, []
    return change, [each for each in history if isinstance(each, ActionRecord) and each.at >= change.at - SAME_ENTRY]
