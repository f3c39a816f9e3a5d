"""Trial of an alarm: does a breach reach somebody, from the alarm to its topic and the limit event, without a breach.

The alarm is set to ALARM by hand, which drives its true actions (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html):
no metric, no counter and no state of a breach is touched. CloudWatch's history says what became of each action. Afterwards the alarm is set
back to what it was; CloudWatch would do so at the next data, and if a true breach has begun meanwhile it then tells of that one.

Promises of the shape `fargatecount/alarm-test` version 1: keys may be added, none is renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import BreachLevel, Change, ChangeKind, Gauge, LimitKind
from fargatecount.breaches.event import LimitEvent, limit_event
from fargatecount.breaches.notify import Bus
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.quotas.quota import VCPU
from fargatecount.workload import Capacity, Millis, Scope

SCHEMA = "fargatecount/alarm-test"
VERSION = 1
ALARM = "ALARM"
TOGETHER: Millis = 1_000
"""A change of state and its actions are written down within a second of each other, in no promised order."""
ASK_AGAIN = 2.0
"""Seconds between two looks at the history: an action is done and written down within a few."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudWatch alarm, as far as it matters here."""

    name: str
    state: str
    threshold: float
    actions: tuple[str, ...]
    """ARNs of what is told when it goes off."""
    enabled: bool
    """Whether its actions are done at all."""


class StateChange(msgspec.Struct, frozen=True):
    """A change of state in an alarm's history."""

    at: Millis
    reason: str


class ActionRecord(msgspec.Struct, frozen=True):
    """An action in an alarm's history."""

    at: Millis
    target: str
    succeeded: bool
    summary: str
    """CloudWatch's words."""


class Subscribers(msgspec.Struct, frozen=True):
    """Who hears a topic."""

    confirmed: int
    pending: int
    """Mail addresses that have not confirmed: they hear nothing."""


class Alarms(Protocol):
    """CloudWatch's alarms and the topics behind them; every call raises UnavailableError or DeniedError."""

    def find(self, name: str) -> Alarm | None:
        """Return an alarm; None where there is none of that name."""
        ...

    def set_state(self, name: str, state: str, reason: str) -> None:
        """Put an alarm into a state."""
        ...

    def history(self, name: str) -> Sequence[StateChange | ActionRecord]:
        """Return the newest of an alarm's history, newest first."""
        ...

    def subscribers(self, topic: str) -> Subscribers:
        """Return who hears a topic."""
        ...


class Step(msgspec.Struct, frozen=True):
    """One thing that was tried or asked."""

    what: str
    passed: bool | None
    """None where it could not be found out, which is no failure."""
    detail: str


def find_alarm(alarms: Alarms, name: str) -> Alarm:
    """Return the alarm of that name, if it can be tried.

    Raises:
        MisconfiguredError: there is none, it does nothing when it goes off, or it is in ALARM already.
        DeniedError, UnavailableError: CloudWatch could not be asked.
    """
    alarm = alarms.find(name)
    if alarm is None:
        raise MisconfiguredError(
            f"there is no alarm {name}", remedy='alarms are made only while armed: npx osls deploy --param="armed=true"'
        )
    if not alarm.enabled:
        raise MisconfiguredError(
            f"the actions of alarm {name} are switched off", remedy=f"aws cloudwatch enable-alarm-actions --alarm-names {name}"
        )
    if not alarm.actions:
        raise MisconfiguredError(f"alarm {name} tells nobody when it goes off", remedy="somebody has changed it: deploy again")
    if alarm.state == ALARM:
        raise MisconfiguredError(
            f"alarm {name} is in ALARM, and only a change of state is told",
            remedy="this is no test: `fargatecount status` says who holds the quota; try again when it is over",
        )
    return alarm


def list_subscribers(alarms: Alarms, alarm: Alarm) -> list[Step]:
    """Say who is behind the alarm's topics: a message to a topic without subscribers has arrived, and nobody has heard it."""
    steps = []
    for topic in alarm.actions:
        what = f"somebody hears {topic.rpartition(':')[2]}"
        try:
            found = alarms.subscribers(topic)
        except FargatecountError as error:
            steps.append(Step(what, None, f"could not be asked: {error}"))
            continue
        detail = f"{found.confirmed} confirmed" + (f", {found.pending} not confirmed yet" if found.pending else "")
        steps.append(Step(what, found.confirmed > 0, detail))
    return steps


def set_and_watch(alarms: Alarms, alarm: Alarm, clock: Clock, *, token: str, wait: float) -> list[Step]:
    """Set the alarm off, wait up to `wait` seconds for its actions, and set it back, whatever happens.

    `token` is another one for every trial: by it the history's entries are known.

    Raises:
        DeniedError, UnavailableError: the alarm could not be set off or back, or its history not read.
    """
    reason = f"alarm-test {token} of fargatecount: nothing has happened, this only tries whether messages arrive"
    over = f"alarm-test {token} of fargatecount is over"
    try:
        alarms.set_state(alarm.name, ALARM, reason)
    except UnavailableError:  # it may have been set all the same
        alarms.set_state(alarm.name, alarm.state, over)
        raise
    try:
        give_up = clock.now() + wait * 1000
        while True:
            turn, done = _told(alarms.history(alarm.name), token)
            if {each.target for each in done} >= set(alarm.actions) or clock.now() >= give_up:
                break
            clock.sleep(ASK_AGAIN)
    finally:
        alarms.set_state(alarm.name, alarm.state, over)
    steps = [Step(f"{alarm.name} goes off", turn is not None, "in its history" if turn else f"not in its history after {wait:g} s")]
    by_target = {each.target: each for each in done}  # the oldest of each: the newer ones are of its return
    for target in alarm.actions:
        seen = by_target.get(target)
        detail = seen.summary if seen else f"no word of it in the history after {wait:g} s"
        steps.append(Step(f"it tells {target.rpartition(':')[2]}", bool(seen and seen.succeeded), detail))
    return [*steps, Step(f"{alarm.name} is set back", True, alarm.state)]


def events(scope: Scope, alarm: Alarm, level: BreachLevel, capacity: Capacity, now: Millis) -> list[LimitEvent]:
    """Return both ends of a breach that is none, marked as a test."""
    gauge = Gauge(
        limit_kind=LimitKind.QUOTA,
        subject=capacity,
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
    """Put the events, and say of each whether it was taken; a bus that refuses is a failed step and no error."""
    what = {event.detail_type: f"EventBridge takes '{event.detail_type}'" for event in sent}
    try:
        taken = bus.put(sent)
    except FargatecountError as error:
        return [Step(each, False, str(error)) for each in what.values()]
    return [
        Step(what[event.detail_type], event in taken, f"source fargatecount, test: true, breach {event.detail['breach']}") for event in sent
    ]


def _told(history: Sequence[StateChange | ActionRecord], token: str) -> tuple[StateChange | None, list[ActionRecord]]:
    """Return the turn that bears the token, and the actions that go with it or follow."""
    turn = next((each for each in history if isinstance(each, StateChange) and token in each.reason), None)
    if turn is None:
        return None, []
    return turn, [each for each in history if isinstance(each, ActionRecord) and each.at >= turn.at - TOGETHER]
