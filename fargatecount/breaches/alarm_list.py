"""Alarms as they stand: which ring, since when and why, with the open breaches and the services that grew. Pure, besides the port.

The document `fargatecount/alarms` version 1: keys may be added, none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import Breaches, BreachLevel, Change, ChangeKind, LimitGauge, QuotaGauge
from fargatecount.breaches.event import GrewEntry
from fargatecount.breaches.event_text import what_to_do
from fargatecount.mutes.document import MuteDocument, mute_documents
from fargatecount.mutes.mute import NOT_MUTED, Mute
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity, Millis

SCHEMA = "fargatecount/alarms"
VERSION = 1


class AlarmStateValue(StrEnum):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html."""

    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    OK = "OK"


class AlarmStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm of CloudWatch."""

    name: str
    """Without the name of its stack, such as `critical-spot`."""
    state: AlarmStateValue
    since: Millis | None
    reason: str
    """CloudWatch's own text."""
    description: str


class AlarmList(Protocol):
    """The alarms of a stack; raises DeniedError or UnavailableError."""

    def standings(self, stack: str) -> Sequence[AlarmStanding]:
        """Return all alarms whose names begin with the stack's; none while it is not armed."""
        ...


class AlarmDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm."""

    name: str
    state: AlarmStateValue
    since: str | None
    """ISO 8601 in UTC."""
    reason: str
    description: str


class BreachDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One breach that is open: a quota or limit that is over its threshold."""

    alarm: str
    """The alarm that is about it, such as `critical-spot`."""
    ceiling: str
    """`quota` or `limit`."""
    level: str
    capacity: Capacity | None
    cluster: str | None
    threshold_percent: float
    unit: str
    value: float | None
    used: float | None
    percent: float | None
    """When it began, as the three before it."""
    since: str | None
    what_to_do: list[str]


class AlarmsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount alarms --json`, and of `explain --json` with one alarm."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    armed: bool
    """Whether the stack has alarms; open breaches are known either way."""
    alarms: list[AlarmDocument]
    breaches: list[BreachDocument]
    grew: list[GrewEntry] | None = None
    """The services that started most within the last minutes; null where that was not asked for."""
    muted: list[MuteDocument] | None = None
    """The mutes that are active; null where they could not be read, and then nothing is held back."""


def alarms_document(
    standings: Iterable[AlarmStanding], breaches: Breaches, now: Millis, muted: Iterable[Mute] | None = None
) -> AlarmsDocument:
    """Return alarms and open breaches, those that ring first."""
    order = list(AlarmStateValue)
    alarms = [
        AlarmDocument(name=each.name, state=each.state, since=to_iso(each.since), reason=each.reason, description=each.description)
        for each in sorted(standings, key=lambda each: (order.index(each.state), each.name))
    ]
    opened = [change for change in breaches.open.values() if change.kind is ChangeKind.CROSSED]
    return AlarmsDocument(
        as_of=to_iso(now),
        armed=bool(alarms),
        alarms=alarms,
        breaches=[_breach(each) for each in sorted(opened, key=lambda each: each.since)],
        muted=None if muted is None else mute_documents(muted, now),
    )


def only(document: AlarmsDocument, name: str) -> AlarmsDocument:
    """Return the part that is about one alarm."""
    return msgspec.structs.replace(
        document,
        alarms=[each for each in document.alarms if each.name == name],
        breaches=[each for each in document.breaches if each.alarm == name],
        muted=None if document.muted is None else [each for each in document.muted if _is_about(each, name)],
    )


GAUGE_ALARMS = (*(f"{level}-{capacity}" for level in BreachLevel for capacity in Capacity), "limit-total", "limit-per-cluster")
"""The alarms that are about gauges."""


def alarm_of(gauge: QuotaGauge | LimitGauge) -> str:
    """Return the name of the alarm that is about a gauge."""
    if isinstance(gauge, QuotaGauge):
        return f"{gauge.level}-{gauge.capacity}"
    return "limit-per-cluster" if gauge.cluster else "limit-total"


def _is_about(mute: MuteDocument, alarm: str) -> bool:
    return mute.alarm == alarm or (mute.alarm is None and alarm not in NOT_MUTED)


def _breach(change: Change) -> BreachDocument:
    gauge = change.gauge
    is_quota = isinstance(gauge, QuotaGauge)
    return BreachDocument(
        alarm=alarm_of(gauge),
        ceiling="quota" if is_quota else "limit",
        level=str(gauge.level),
        capacity=gauge.capacity if isinstance(gauge, QuotaGauge) else None,
        cluster=gauge.cluster if isinstance(gauge, LimitGauge) else None,
        threshold_percent=gauge.threshold,
        unit=gauge.unit,
        value=gauge.value,
        used=gauge.used,
        percent=gauge.percent,
        since=to_iso(change.since),
        what_to_do=what_to_do(change),
    )
