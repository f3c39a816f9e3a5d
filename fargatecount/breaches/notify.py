"""Notification: decide which limits have been crossed since the last evaluation, and put an event for each.

A change is **written before its event is put, and removed from the list after it**. A process that dies before the put leaves the change to
the next evaluation, so nothing is lost; one that dies after it makes the next evaluation put the same event again, with the same `breach`,
which identifies it. The other order, put first and then write, would after a death report one breach as two, or never report its end. In
normal operation each event is put once: evaluations run under a lease, and one that outlives its lease finds that the list has been
written since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import Breaches, Change, ChangeKind, Gauge, LimitGauge, QuotaGauge, acknowledge, evaluate
from fargatecount.breaches.event import LimitEvent, limit_event
from fargatecount.breaches.gauges import LIMIT_PERCENT, gauges
from fargatecount.breaches.growth import Growth, growth
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Quota
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.usage.status import workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis, Scope


class Bus(Protocol):
    """Where limit events go."""

    def put(self, events: Sequence[LimitEvent]) -> Sequence[LimitEvent]:
        """Put them and return those that were accepted; raises UnavailableError or DeniedError if none was."""
        ...


class UnarmedBus:
    """Accepts every event and puts it nowhere, for a deployment that is not armed."""

    def put(self, events: Sequence[LimitEvent]) -> Sequence[LimitEvent]:
        """Return them all."""
        return events


class BreachStore(Protocol):
    """Storage of breaches, shared by all publishers of a scope."""

    def breaches(self, scope: Scope) -> Breaches:
        """Return the last stored state."""
        ...

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Replace revision `breaches.rev - 1`; return False, and store nothing, if that is no longer the last one."""
        ...


@dataclass(frozen=True, kw_only=True)
class NotifyPorts:
    """The ports of notification, and the ceilings that it evaluates."""

    reader: LedgerReader
    store: BreachStore
    bus: Bus
    limits: Limits
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    limit_percent: float = LIMIT_PERCENT


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one notification."""

    delivered: tuple[LimitEvent, ...] = ()
    """The events that the bus accepted."""
    error: FargatecountError | None = None
    """Why something is left for the next evaluation; None if nothing is.

    UnavailableError: the table or the bus did not answer, or the bus did not accept all. DeniedError: one of them refused. MalformedError:
    the stored state cannot be read.
    """


def notify(ports: NotifyPorts, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> Notified:
    """Put the events of all changes up to `now`, and those that could not be delivered before; `usage` was not read before `now`.

    An error of a port is returned, not raised: metrics must go out all the same, and accepted events must be logged.
    """
    delivered: tuple[LimitEvent, ...] = ()
    try:
        before = ports.store.breaches(usage.scope)
        after = evaluate(before, _gauges(ports, usage, quotas, now), now)
        if not after.pending or (after is not before and not ports.store.keep(usage.scope, after)):
            return Notified()
        events = {change: limit_event(change, usage.scope, grew) for change, grew in _with_growth(ports.reader, after.pending, usage, now)}
        delivered = tuple(ports.bus.put(list(events.values())))
        acknowledged = [change for change, event in events.items() if event in delivered]
        ports.store.keep(usage.scope, acknowledge(after, acknowledged))
    except FargatecountError as error:
        return Notified(delivered=delivered, error=error)
    left = len(events) - len(acknowledged)
    if not left:
        return Notified(delivered=delivered)
    return Notified(
        delivered=delivered,
        error=UnavailableError(f"{left} of {len(events)} limit events were not accepted", remedy="the next evaluation puts them"),
    )


def _gauges(ports: NotifyPorts, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> list[Gauge]:
    return gauges(usage, quotas, ports.limits, now, thresholds=ports.thresholds, limit_percent=ports.limit_percent)


def _with_growth(
    reader: LedgerReader, changes: Sequence[Change], usage: ScopeUsage, now: Millis
) -> list[tuple[Change, Sequence[Growth] | None]]:
    crossed = [change for change in changes if change.kind is ChangeKind.CROSSED]
    rows = _rows(reader, crossed, usage) if crossed else None
    return [(change, _growth_of(change, rows, now)) for change in changes]


def _rows(reader: LedgerReader, crossed: Sequence[Change], usage: ScopeUsage) -> list[tuple[Cluster, Row]] | None:
    """Return the rows of the changes' clusters; None if they cannot be read, because an event without them is better than none."""
    keys = {change.gauge.cluster if isinstance(change.gauge, LimitGauge) else None for change in crossed}
    if None not in keys:
        usage = msgspec.structs.replace(usage, clusters=[each for each in usage.clusters if each.cluster.key in keys])
    try:
        return list(workloads(reader, usage))
    except FargatecountError:
        return None


def _growth_of(change: Change, rows: Sequence[tuple[Cluster, Row]] | None, now: Millis) -> Sequence[Growth] | None:
    if rows is None or change.kind is ChangeKind.CLEARED:
        return None
    if isinstance(change.gauge, QuotaGauge):
        return growth(rows, now, capacity=change.gauge.capacity)
    return growth(rows, now, cluster=change.gauge.cluster)
