"""Notification: decide which limits have been crossed since the last evaluation, and put an event for each.

A change is **written before its event is put, and removed from the list after it**. A process that dies before the put leaves the change to
the next evaluation, so nothing is lost; one that dies after it makes the next evaluation put the same event again, with the same `breach`,
which identifies it. The other order, put first and then write, would after a death report one breach as two, or never report its end. In
normal operation each event is put once: evaluations run under a lease, and one that outlives its lease finds that the list has been
written since.

What a mute holds back stays pending; when the mute has ended, one event sums it up (`hold`). A mute that cannot be read holds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import Breaches, Change, ChangeKind, Gauge, LimitGauge, QuotaGauge, acknowledge, evaluate
from fargatecount.breaches.event import LimitEvent, breach_of, limit_event
from fargatecount.breaches.gauges import LIMIT_PERCENT, gauges
from fargatecount.breaches.growth import Growth, causes, growth
from fargatecount.breaches.hold import HoldPlan, plan_hold, release
from fargatecount.breaches.mute_event import MuteEndedEvent, is_open, message_of, mute_ended
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.mutes.mute import GrowthOrigin, Mutes, MuteStore
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Quota
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.usage.status import workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Capacity, Cluster, Millis, Scope

Event = LimitEvent | MuteEndedEvent


class Bus(Protocol):
    """Where limit events and summaries of mutes go."""

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        """Put them and return those that were accepted; raises UnavailableError or DeniedError if none was."""
        ...


class UnarmedBus:
    """Accepts every event and puts it nowhere, for a deployment that is not armed."""

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        """Return them all."""
        return events


class BreachStore(Protocol):
    """Storage of breaches, shared by all publishers of a scope."""

    def breaches(self, scope: Scope) -> Breaches:
        """Return the last stored state."""
        ...

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Replace revision `breaches.replaces`; return False, and store nothing, if that is no longer the last one."""
        ...


@dataclass(frozen=True, kw_only=True)
class NotifyPorts:
    """The ports of notification, and the ceilings that it evaluates."""

    reader: LedgerReader
    store: BreachStore
    mutes: MuteStore
    bus: Bus
    limits: Limits
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    limit_percent: float = LIMIT_PERCENT


class Notified(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one notification."""

    delivered: tuple[Event, ...] = ()
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
    delivered: tuple[Event, ...] = ()
    try:
        before = ports.store.breaches(usage.scope)
        after = evaluate(before, _gauges(ports, usage, quotas, now), now)
        if not after.pending or (after is not before and not ports.store.keep(usage.scope, after)):
            return Notified()
        mutes, unread = _mutes(ports.mutes, usage.scope)
        rows = _RowsOf(ports.reader, after.pending, usage, now)
        plan = plan_hold(after, mutes, now, rows.causes)
        if plan.mutes is not mutes and not ports.mutes.keep(usage.scope, plan.mutes):
            return Notified()  # a mute was added or ended meanwhile: the next evaluation knows it
        events = [*_summaries(plan, after, usage.scope, now), *(limit_event(each, usage.scope, rows.growth(each)) for each in plan.deliver)]
        delivered = tuple(ports.bus.put(events)) if events else ()
        _acknowledge(ports, usage.scope, after, plan, delivered)
    except FargatecountError as error:
        return Notified(delivered=delivered, error=error)
    left = len(events) - len(delivered)
    if not left:
        return Notified(delivered=delivered, error=unread)
    return Notified(
        delivered=delivered,
        error=UnavailableError(f"{left} of {len(events)} limit events were not accepted", remedy="the next evaluation puts them"),
    )


def _mutes(store: MuteStore, scope: Scope) -> tuple[Mutes, FargatecountError | None]:
    """Return the mutes, or none and the reason: what is not known to be muted is reported."""
    try:
        return store.mutes(scope), None
    except FargatecountError as error:
        return Mutes(), error


def _summaries(plan: HoldPlan, after: Breaches, scope: Scope, now: Millis) -> list[Event]:
    return [mute_ended(mute, changes, after.open, scope, now) for mute, changes in plan.summaries]


def _acknowledge(ports: NotifyPorts, scope: Scope, after: Breaches, plan: HoldPlan, delivered: Collection[Event]) -> None:
    """Remove from the list what the bus accepted: a change by its own event, or by a summary if it needs no event of its own."""
    taken = [each.detail.breach for each in delivered if isinstance(each, MuteEndedEvent)]
    summed = [(mute, changes) for mute, changes in plan.summaries if message_of(mute, scope, plan.now) in taken]
    own = {(each.kind, each.detail.breach) for each in delivered if isinstance(each, LimitEvent)}
    done = [each for each in plan.deliver if (each.kind, breach_of(each, scope)) in own]
    done += [each for _, changes in summed for each in changes if not is_open(each, after.open)]
    if done:
        after = acknowledge(after, done)
        ports.store.keep(scope, after)
    released = release(plan.mutes, {mute.id for mute, _ in summed}, after.pending)
    if released is not plan.mutes:
        ports.mutes.keep(scope, released)


def _gauges(ports: NotifyPorts, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> list[Gauge]:
    return gauges(usage, quotas, ports.limits, now, thresholds=ports.thresholds, limit_percent=ports.limit_percent)


class _RowsOf:
    """The rows under the gauges of changes, read once and only if they are needed."""

    def __init__(self, reader: LedgerReader, changes: Sequence[Change], usage: ScopeUsage, now: Millis) -> None:
        self._now = now
        self._read = cache(lambda: _rows(reader, [each for each in changes if each.kind is ChangeKind.CROSSED], usage))

    def growth(self, change: Change) -> Sequence[Growth] | None:
        """Return which services started most; None for an end, and if the rows could not be read."""
        rows = None if change.kind is ChangeKind.CLEARED else self._read()
        return None if rows is None else growth(rows, self._now, cluster=_cluster(change), capacity=_capacity(change))

    def causes(self, change: Change) -> frozenset[GrowthOrigin] | None:
        """Return where everything that started lately belongs; None if the rows could not be read."""
        rows = self._read()
        return None if rows is None else causes(rows, self._now, cluster=_cluster(change), capacity=_capacity(change))


def _cluster(change: Change) -> str | None:
    return change.gauge.cluster if isinstance(change.gauge, LimitGauge) else None


def _capacity(change: Change) -> Capacity | None:
    return change.gauge.capacity if isinstance(change.gauge, QuotaGauge) else None


def _rows(reader: LedgerReader, crossed: Sequence[Change], usage: ScopeUsage) -> list[tuple[Cluster, Row]] | None:
    """Return the rows of the changes' clusters; None if they cannot be read, because an event without them is better than none."""
    keys = {_cluster(change) for change in crossed}
    if None not in keys:
        usage = msgspec.structs.replace(usage, clusters=[each for each in usage.clusters if each.cluster.key in keys])
    try:
        return list(workloads(reader, usage))
    except FargatecountError:
        return None
