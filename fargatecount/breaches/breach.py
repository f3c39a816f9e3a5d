"""Crossings: which gauges have gone over their threshold, or come back under it, since it was last told.

Pure. A breach begins when a gauge reaches its threshold and ends when it falls below `CLEARS_AT` of it; each is told once when it begins
and once when it ends. Promises: whatever the sequence of percentages, a gauge's changes alternate, beginning with Crossed; an unknown
percentage changes nothing; and what has once been decided stays in `untold` until somebody has told it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from fargatecount.workload import Millis

CLEARS_AT = 0.95
"""The part of the threshold below which a breach ends: a service that replaces its tasks one by one must not cross and clear with each of
them. At the default 95 % of a quota of 100 vCPU five tasks of 1 vCPU must have gone, and more must go than could have crossed it; a part
and not a number of points, so that a threshold of a few percent can be cleared too."""

MAX_PENDING = 500
"""Changes that wait to be told, should nobody take any for long: at less than 0.4 KB each, half of what a DynamoDB item holds. The oldest
go first."""


class BreachLevel(StrEnum):
    """How grave a breach is."""

    WARNING = "warning"
    CRITICAL = "critical"


class LimitKind(StrEnum):
    """Whose ceiling a gauge is measured by."""

    QUOTA = "quota"
    """AWS's."""
    LIMIT = "limit"
    """The user's own."""


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """How near something is to a ceiling."""

    limit_kind: LimitKind = msgspec.field(name="ceiling")
    subject: str
    """A capacity; a cluster's key; empty for all clusters together."""
    level: BreachLevel
    threshold: float
    """Percent."""
    unit: str
    """`vCPU` or `workloads`."""
    value: float | None = None
    """Of the ceiling; None where it is not known."""
    used: float | None = None
    percent: float | None = None
    """None where it is not known."""
    at_least: bool = False
    """Some workloads have no known size, so more is used."""

    @property
    def key(self) -> str:
        """What tells it from all other gauges of a scope."""
        return "/".join(filter(None, (self.limit_kind, self.subject, self.level)))


class ChangeKind(StrEnum):
    """What happened to a gauge; the words of the event's detail-type."""

    CROSSED = "Crossed"
    CLEARED = "Cleared"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A breach that began or ended."""

    kind: ChangeKind
    gauge: Gauge
    """As it was then."""
    since: Millis
    """When the breach began."""
    at: Millis
    """When this was decided."""


class Breaches(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a scope's breaches."""

    rev: int = 0
    """+1 with every writing: the lock."""
    open: dict[str, Change] = {}
    """Per gauge, how its breach began."""
    pending: tuple[Change, ...] = msgspec.field(default=(), name="untold")
    """What was decided and has not been told, oldest first."""


def evaluate(before: Breaches, gauges: Iterable[Gauge], now: Millis) -> Breaches:
    """Return the breaches after a look at every gauge that there is.

    A gauge that is not among them is no more: its limit was taken back or its cluster has gone, which ends its breach. One that could not
    be read is among them, without a percentage.
    """
    found = {gauge.key: gauge for gauge in gauges}
    changes = [change for key, gauge in found.items() if (change := _change(before.open.get(key), gauge, now)) is not None]
    changes += [_ended(crossed, _unknown(crossed.gauge), now) for key, crossed in before.open.items() if key not in found]
    if not changes:
        return before
    still = dict(before.open)
    for change in changes:
        if change.kind is ChangeKind.CROSSED:
            still[change.gauge.key] = change
        else:
            del still[change.gauge.key]
    return Breaches(rev=before.rev + 1, open=still, pending=(*before.pending, *changes)[-MAX_PENDING:])


def acknowledge(before: Breaches, told: Collection[Change]) -> Breaches:
    """Return the breaches once these changes have been told."""
    return msgspec.structs.replace(before, rev=before.rev + 1, pending=tuple(change for change in before.pending if change not in told))


def _change(crossed: Change | None, gauge: Gauge, now: Millis) -> Change | None:
    if gauge.percent is None:
        return None
    if crossed is None:
        return Change(kind=ChangeKind.CROSSED, gauge=gauge, since=now, at=now) if gauge.percent >= gauge.threshold else None
    return _ended(crossed, gauge, now) if gauge.percent < gauge.threshold * CLEARS_AT else None


def _ended(crossed: Change, gauge: Gauge, now: Millis) -> Change:
    return Change(kind=ChangeKind.CLEARED, gauge=gauge, since=crossed.since, at=now)


def _unknown(gauge: Gauge) -> Gauge:
    return msgspec.structs.replace(gauge, value=None, used=None, percent=None, at_least=False)
