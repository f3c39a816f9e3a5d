"""Breaches: which gauges have crossed their threshold, or fallen back below it, since the last evaluation.

Pure. A breach begins when a gauge reaches its threshold and ends when it falls below `CLEARS_AT` of it; each end is reported once.
Promises: whatever the sequence of percentages, the changes of a gauge alternate, beginning with Crossed; an unknown percentage changes
nothing; and a decided change stays in `pending` until it has been delivered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from fargatecount.workload import Capacity, Millis

CLEARS_AT = 0.95
"""The part of the threshold below which a breach ends: a service that replaces its tasks one by one must not cross and clear with each of
them. At the default 95 % of a quota of 100 vCPU five tasks of 1 vCPU must have stopped, which is more than one replacement. It is a part
and not a number of points, so that a threshold of a few percent can be cleared too."""

MAX_PENDING = 500
"""Undelivered changes that are kept if no delivery succeeds for a long time: at less than 0.4 KB each, half of what a DynamoDB item holds.
The oldest are dropped first."""


class BreachLevel(StrEnum):
    """How grave a breach is."""

    WARNING = "warning"
    CRITICAL = "critical"


class _Reading(msgspec.Struct, frozen=True, kw_only=True, tag_field="ceiling"):
    """How near something is to a ceiling."""

    level: BreachLevel
    threshold: float
    """Percent."""
    unit: str
    """`vCPU` or `workloads`."""
    value: float | None = None
    """The ceiling; None while it is not known."""
    used: float | None = None
    percent: float | None = None
    """None while it is not known."""
    at_least: bool = False
    """Some workloads have no known size, so more is used."""


class QuotaGauge(_Reading, frozen=True, kw_only=True, tag="quota"):
    """How near a capacity is to its quota, which AWS sets."""

    capacity: Capacity = msgspec.field(name="subject")

    @property
    def key(self) -> str:
        """The name that is unique among the gauges of a scope: `quota/spot/warning`."""
        return f"quota/{self.capacity}/{self.level}"


class LimitGauge(_Reading, frozen=True, kw_only=True, tag="limit"):
    """How near the workloads are to a limit of your own."""

    subject: str = ""
    """The key of a cluster, `ECS-web`; empty for all clusters together. The stored form: `cluster` is the value."""

    @property
    def cluster(self) -> str | None:
        """The key of the cluster; None for all clusters together."""
        return self.subject or None

    @property
    def key(self) -> str:
        """The name that is unique among the gauges of a scope: `limit/ECS-web/warning`, or `limit/warning` for all clusters."""
        return "/".join(filter(None, ("limit", self.subject, self.level)))


Gauge = QuotaGauge | LimitGauge
"""Stored with the tag `ceiling`, as `quota` or `limit`, and the capacity or cluster as `subject`."""


class ChangeKind(StrEnum):
    """What happened to a gauge; the last word of the event's detail-type."""

    CROSSED = "Crossed"
    CLEARED = "Cleared"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A breach that began or ended."""

    kind: ChangeKind
    gauge: Gauge
    """Its reading at that time."""
    since: Millis
    """When the breach began."""
    at: Millis
    """When this was decided."""


class Breaches(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a scope's breaches."""

    rev: int = 0
    """The optimistic lock: the time of the first write in milliseconds, then one more with every write; 0 where nothing is stored. So a
    state that was deleted and made anew never has the revision that a late writer has read."""
    replaces: int = 0
    """The revision that this state was made from; 0 for the first."""
    open: dict[str, Change] = {}
    """For each gauge in breach, the change that began it."""
    pending: tuple[Change, ...] = msgspec.field(default=(), name="untold")
    """Decided changes that have not been delivered, oldest first."""


def evaluate(before: Breaches, gauges: Iterable[Gauge], now: Millis) -> Breaches:
    """Return the breaches after one reading of all gauges; `before` itself if nothing changed.

    A gauge that is missing no longer exists: its limit was removed or its cluster is gone, which ends its breach. A gauge that could not be
    read is present, without a percentage.
    """
    found = {gauge.key: gauge for gauge in gauges}
    changes = [change for key, gauge in found.items() if (change := _change(before.open.get(key), gauge, now)) is not None]
    changes += [_ended(crossed, _unknown(crossed.gauge), now) for key, crossed in before.open.items() if key not in found]
    if not changes:
        return before
    still_open = dict(before.open)
    for change in changes:
        if change.kind is ChangeKind.CROSSED:
            still_open[change.gauge.key] = change
        else:
            del still_open[change.gauge.key]
    pending = (*before.pending, *changes)[-MAX_PENDING:]
    return Breaches(rev=before.rev + 1 if before.rev else now, replaces=before.rev, open=still_open, pending=pending)


def acknowledge(before: Breaches, delivered: Collection[Change]) -> Breaches:
    """Return the breaches after these changes have been delivered."""
    pending = tuple(change for change in before.pending if change not in delivered)
    return msgspec.structs.replace(before, rev=before.rev + 1, replaces=before.rev, pending=pending)


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
