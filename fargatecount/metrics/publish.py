"""Publish: put the present values of the counters as metrics.

Level-based: each pass shows what a consistent read shows (`counter_memory` reads what has moved), stamped with the time before it. One pass
at a time, under a lease: of two that were triggered together, one puts and the other finds nothing left to do. If the process dies between
a put and remembering it, the next pass puts again; that is why the statistic of all series is Maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from fargatecount.breaches.notify import Event, NotifyPorts, notify
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.leases import PUBLISH, LeaseHeldError, LeaseStore, lease
from fargatecount.ledger.store import LedgerReader
from fargatecount.metrics.cadence import LastPublish, PublishDecision, decide, high_resolution_of, minute_of, period_maxima
from fargatecount.metrics.counter_memory import ChangeTracking, tracked_usage
from fargatecount.metrics.forwarding import NO_HUB, Forwarded, UsageForwarder
from fargatecount.metrics.points import PublishOptions, SelfHealth, data_points, services
from fargatecount.metrics.series import DataPoint, Detail
from fargatecount.metrics.sink import Sink
from fargatecount.quotas.quota import Quota, QuotaStore
from fargatecount.refusals.log import RefusalLog, window_of
from fargatecount.refusals.recent import waiting_pods
from fargatecount.usage.launches import NO_LAUNCHES, LaunchReader
from fargatecount.usage.status import workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Millis, Scope

LEASE: Millis = 20_000
"""A pass takes well under a second. One whose calls run into their timeouts can outlive its lease: then a metric is put twice, which
Maximum forgives, and no limit is reported twice (`breaches.notify`)."""
PODS_SEEN: Millis = 90_000
"""The age at which a window of the refusal log is read: a minute's list of pods by the reconciler, or a watcher, has filled it by then."""
BUSY = 0.5
"""Seconds until the next attempt to take the lease: about the duration of a pass."""


class PublishState(Protocol):
    """The last publish, shared by all publishers of a scope."""

    def last(self, scope: Scope) -> LastPublish:
        """Return the last publish."""
        ...

    def remember(self, scope: Scope, put: LastPublish) -> None:
        """Replace it."""
        ...


class Queue(Protocol):
    """A queue with a known length."""

    def depth(self) -> int | None:
        """Return the approximate number of waiting messages; None if it could not be read."""
        ...


@dataclass(frozen=True, kw_only=True)
class PublishPorts:
    """The ports of one publisher, and what it publishes."""

    scope: Scope
    reader: LedgerReader
    quotas: QuotaStore
    leases: LeaseStore
    state: PublishState
    refusals: RefusalLog
    sink: Sink
    notify: NotifyPorts
    dead_letters: Queue
    clock: Clock
    owner: str
    """Unique to the invocation: the lease distinguishes publishers by it."""
    options: PublishOptions
    hub: UsageForwarder = NO_HUB
    undelivered: Queue | None = None  # usage events that the hub did not take; None without a hub
    launches: LaunchReader = NO_LAUNCHES
    tracking: ChangeTracking | None = None  # None: every pass reads all counters


class PublishPass(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one pass."""

    decision: PublishDecision
    points: tuple[DataPoint, ...] = ()
    """The points that were put."""
    delivered: tuple[Event, ...] = ()
    """The limit events that the bus accepted."""
    error: FargatecountError | None = None
    """Why the metrics were not put or not remembered, or the lease not released; None if all of that succeeded."""
    notify_error: FargatecountError | None = None
    """Why limit events are left for the next pass; None if none are."""
    forwarded: Forwarded = Forwarded()
    """What became of the usage event for the hub."""

    @property
    def pending(self) -> bool:
        """Whether a change waits until it may be put or sent."""
        return self.decision.pending or self.forwarded.pending

    @property
    def again_at(self) -> Millis | None:
        """When the next pass is due; None if the next minute or change is soon enough."""
        return min((at for at in (self.decision.again_at, self.forwarded.again_at) if at is not None), default=None)


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an invocation: one or more passes."""

    looks: int = 0
    """Passes, those included that did not get the lease."""
    puts: int = 0
    points: tuple[DataPoint, ...] = ()
    delivered: tuple[Event, ...] = ()
    settled: bool = True
    """Whether nothing was left waiting: False if the lease was taken, or a change could not be put in the available time."""
    error: FargatecountError | None = None
    """What ended the invocation early; None if nothing did."""
    notify_error: FargatecountError | None = None
    """Why the last pass could not put all limit events. It does not end the invocation, because alarms wait for the metrics."""
    reports: int = 0  # usage events that were sent to the hub
    hub_error: FargatecountError | None = None
    """Why the last pass could not send its usage event; it does not end the invocation either."""


def publish_pass(ports: PublishPorts) -> PublishPass:
    """Read, put what is due, and put limit events.

    Raises:
        LeaseHeldError: another publisher holds the lease.
        UnavailableError, DeniedError: the table could not be read; nothing was put.
    """
    done: PublishPass | None = None
    try:
        with lease(ports.leases, ports.scope, PUBLISH, ports.owner, ports.clock, length=LEASE):
            done = _under_lease(ports)
    except FargatecountError as error:
        if done is None:
            raise
        return msgspec.structs.replace(done, error=done.error or error)
    return done


def publish(one_pass: Callable[[], PublishPass], clock: Clock, *, until: Millis, stay: bool) -> Published:
    """Run passes until nothing is left to do or `until` is near; an error ends them and is returned with what came before it.

    With `stay` the passes go on while the scope is above the warning level, for the rest of a minute; without, they end as soon as no
    change waits for its turn, because a longer invocation would hold up the stream that brings the next changes.
    """
    done = Published()
    while True:
        try:
            last = one_pass()
        except LeaseHeldError:
            last = PublishPass(decision=PublishDecision(pending=True, again_at=clock.now() + round(BUSY * 1000)))
        except FargatecountError as error:
            last = PublishPass(decision=PublishDecision(), error=error)
        done = _added(done, last)
        again_at = last.again_at if stay or last.pending else None
        if done.error is not None or again_at is None or again_at >= until:
            return done
        clock.sleep(max(again_at - clock.now(), 0) / 1000)


def _added(done: Published, last: PublishPass) -> Published:
    return Published(
        looks=done.looks + 1,
        puts=done.puts + (last.error is None and (last.decision.everything or last.decision.high_resolution)),
        points=done.points + last.points,
        delivered=done.delivered + last.delivered,
        settled=not last.pending,
        error=last.error,
        notify_error=last.notify_error,
        reports=done.reports + (last.forwarded.sent and last.forwarded.error is None),
        hub_error=last.forwarded.error,
    )


def _under_lease(ports: PublishPorts) -> PublishPass:
    last = ports.state.last(ports.scope)
    now = ports.clock.now()
    usage = tracked_usage(ports.tracking, ports.reader, ports.scope, now)
    quotas = ports.quotas.quotas(ports.scope)
    # Metrics first, because alarms wait for them. Neither keeps the other from being put, not even by a defect: hence `finally`.
    try:
        done = _put(ports, last, usage, quotas, now)
    finally:
        notified = notify(ports.notify, usage, quotas, now)
        forwarded = ports.hub.forward(usage, quotas, now)
    return msgspec.structs.replace(done, delivered=notified.delivered, notify_error=notified.error, forwarded=forwarded)


def _put(ports: PublishPorts, last: LastPublish, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> PublishPass:
    points: Sequence[DataPoint] = data_points(usage, quotas, SelfHealth(), now, ports.options)
    decided = decide(last, points, now, warning=ports.notify.thresholds.warning)
    if not (decided.everything or decided.high_resolution):
        return PublishPass(decision=decided)
    try:
        points = _in_full(ports, usage, quotas, now) if decided.everything else high_resolution_of(points)
        ports.sink.put(points)
        minute = minute_of(now) if decided.everything else last.minute
        ports.state.remember(ports.scope, LastPublish(minute=minute, at=now, values=period_maxima(last, points, now)))
    except FargatecountError as error:
        return PublishPass(decision=decided, error=error)
    return PublishPass(decision=decided, points=tuple(points))


def _in_full(ports: PublishPorts, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> list[DataPoint]:
    """Return all points, including those that need more reads than one change justifies."""
    by_service = services(workloads(ports.reader, usage)) if ports.options.detail is Detail.SERVICE else None
    pods = waiting_pods(ports.refusals.since(ports.scope, now - PODS_SEEN), window_of(now - PODS_SEEN))
    undelivered = ports.undelivered.depth() if ports.undelivered is not None else None
    health = SelfHealth(dead_letters=ports.dead_letters.depth(), waiting_pods=pods, undelivered=undelivered)
    return data_points(usage, quotas, health, now, ports.options, by_service=by_service, launched=ports.launches.now(ports.scope, now))
