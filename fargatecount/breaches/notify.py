"""Telling: decide which limits have been crossed since the last look, and put an event of each.

A change is **written before it is put, and taken off the list after it**. So a process that dies before the put leaves it to the next
look, and nothing is lost; one that dies after it makes the next look put the same event again, with the same `breach` by which it is known.
The other way round, put first and then written, a death in between would make the next look decide anew: it would tell of one breach as of
two, or never tell that it ended. In normal operation each is put once: looks are under a lease, and who has outlived his finds that another
has written the list since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from fargatecount.breaches.breach import Breaches, Change, ChangeKind, LimitKind, acknowledge, evaluate
from fargatecount.breaches.event import LimitEvent, limit_event
from fargatecount.breaches.gauges import Thresholds, gauges
from fargatecount.breaches.growth import Growth, growth
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Quota
from fargatecount.usage.status import workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Capacity, Cluster, Millis, Scope


class Bus(Protocol):
    """Where limit events go."""

    def put(self, events: Sequence[LimitEvent]) -> Sequence[LimitEvent]:
        """Put them and return those that were taken; raises UnavailableError or DeniedError where nobody answered, or refused."""
        ...


class RecordingBus:
    """Puts nothing anywhere; what it was given can be read back, to be shown."""

    def __init__(self) -> None:
        self.events: list[LimitEvent] = []

    def put(self, events: Sequence[LimitEvent]) -> Sequence[LimitEvent]:
        """Remember them."""
        self.events += events
        return events


class BreachStore(Protocol):
    """Where breaches are kept, shared by all that publish for a scope."""

    def breaches(self, scope: Scope) -> Breaches:
        """Return what was kept last."""
        ...

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Keep them in place of revision `breaches.rev - 1`; False, and nothing is kept, where that is no longer the last one."""
        ...


class Notifier:
    """Who tells of a scope's limits."""

    def __init__(self, scope: Scope, *, reader: LedgerReader, store: BreachStore, bus: Bus, limits: Limits, thresholds: Thresholds) -> None:
        self._scope = scope
        self._reader = reader
        self._store = store
        self._bus = bus
        self._limits = limits
        self._thresholds = thresholds
        self.delivered: list[LimitEvent] = []
        """What was taken."""

    def notify(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> None:
        """Tell what has changed by the moment `now`, before which `usage` was not read, and what could not be told before.

        Raises:
            UnavailableError: the table or the bus did not answer, or the bus did not take all; what is left comes at the next look.
            DeniedError: one of them refused.
            MalformedError: what is kept cannot be read.
        """
        before = self._store.breaches(self._scope)
        after = evaluate(before, gauges(usage, quotas, self._limits, self._thresholds, now), now)
        if not after.pending or (after is not before and not self._store.keep(self._scope, after)):
            return
        events = {change: limit_event(change, self._scope, grew) for change, grew in self._with_growth(after.pending, usage, now)}
        taken = self._bus.put(list(events.values()))
        told = [change for change, event in events.items() if event in taken]
        self.delivered += taken
        self._store.keep(self._scope, acknowledge(after, told))
        if len(told) < len(events):
            raise UnavailableError(
                f"{len(events) - len(told)} of {len(events)} limit events were not taken", remedy="the next look puts them"
            )

    def _with_growth(self, changes: Sequence[Change], usage: ScopeUsage, now: Millis) -> list[tuple[Change, Sequence[Growth] | None]]:
        crossed = [change for change in changes if change.kind is ChangeKind.CROSSED]
        rows = self._rows(crossed, usage) if crossed else None
        return [(change, _of(change, rows, now)) for change in changes]

    def _rows(self, crossed: Sequence[Change], usage: ScopeUsage) -> list[tuple[Cluster, Row]] | None:
        """Return the rows of the clusters that these are about, if they can be read: an event that lacks them is better than none."""
        keys = {change.gauge.subject for change in crossed if change.gauge.limit_kind is LimitKind.LIMIT and change.gauge.subject}
        if all(change.gauge.subject in keys for change in crossed):
            usage = msgspec.structs.replace(usage, clusters=[each for each in usage.clusters if each.cluster.key in keys])
        try:
            return list(workloads(self._reader, usage))
        except FargatecountError:
            return None


def _of(change: Change, rows: Sequence[tuple[Cluster, Row]] | None, now: Millis) -> Sequence[Growth] | None:
    if rows is None or change.kind is ChangeKind.CLEARED:
        return None
    if change.gauge.limit_kind is LimitKind.QUOTA:
        return growth(rows, now, capacity=Capacity(change.gauge.subject))
    return growth(rows, now, cluster=change.gauge.subject or None)
