"""Publish: put what the counters say now.

Level-based: it does not matter what woke it or what it missed before; each look reads everything again, consistently, and stamps it with
the moment before the read. One look at a time, under a lease, so that of two that were woken together one puts and the other then finds
nothing left to do. If the process dies between a put and remembering it, the next look puts again: that is why the statistic of all
series is Maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from fargatecount.breaches.event import LimitEvent
from fargatecount.breaches.notify import Notifier
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.ledger.leases import PUBLISH, LeaseHeldError, LeaseStore, lease
from fargatecount.ledger.store import LedgerReader
from fargatecount.metrics.cadence import LastPublish, PublishDecision, decide, high_resolution_of, minute_of, period_maxima
from fargatecount.metrics.points import PublishOptions, SelfHealth, data_points, services
from fargatecount.metrics.series import DataPoint, Detail
from fargatecount.quotas.quota import Quota, QuotaStore
from fargatecount.refusals.log import RefusalLog, window_of
from fargatecount.refusals.recent import waiting_pods
from fargatecount.usage.status import scope_usage, workloads
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Millis, Scope

LEASE: Millis = 20_000
"""A look takes well under a second. One whose calls run into their timeouts can outlive its lease: then a metric is put twice, which
Maximum forgives, and no limit is told of twice (`telling`)."""
PODS_SEEN: Millis = 90_000
"""How long after its beginning a window of the refusal log is looked at: by then the reconciler, which lists the pods of each cluster every
minute, has told what waits in it, and so has a watcher."""
BUSY = 0.5
"""Seconds until the next try for the lease: about the length of a look."""


class Sink(Protocol):
    """Where metrics go."""

    def put(self, points: Sequence[DataPoint]) -> None:
        """Put them all; raises UnavailableError or DeniedError, and then some may have been put."""
        ...


class Unarmed:
    """Puts nothing anywhere; what it was given can be read back, to be shown."""

    def __init__(self) -> None:
        self.points: list[DataPoint] = []

    def put(self, points: Sequence[DataPoint]) -> None:
        """Remember them."""
        self.points.extend(points)


class PublishState(Protocol):
    """What was put last, shared by all that publish for a scope."""

    def last(self, scope: Scope) -> LastPublish:
        """Return what was put last."""
        ...

    def remember(self, scope: Scope, put: LastPublish) -> None:
        """Remember it in place of what was."""
        ...


class Queue(Protocol):
    """A queue that can say how long it is."""

    def depth(self) -> int | None:
        """Return about how many messages wait; None where that could not be found out."""
        ...


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What some looks came to."""

    looks: int = 0
    put: int = 0
    """Data points."""
    puts: int = 0
    settled: bool = True
    """Whether nothing was left waiting: False where the lease could not be had or a change had no turn in the time there was."""


class Publisher:
    """One invocation's view of one scope."""

    def __init__(
        self,
        scope: Scope,
        *,
        reader: LedgerReader,
        quotas: QuotaStore,
        leases: LeaseStore,
        put_log: PublishState,
        refusals: RefusalLog,
        sink: Sink,
        teller: Notifier,
        dead_letters: Queue,
        clock: Clock,
        owner: str,
        choice: PublishOptions,
        warning: float,
    ) -> None:
        self._scope = scope
        self._reader = reader
        self._quotas = quotas
        self._leases = leases
        self._put_log = put_log
        self._refusals = refusals
        self._sink = sink
        self._teller = teller
        self._dead_letters = dead_letters
        self._clock = clock
        self._owner = owner
        self._choice = choice
        self._warning = warning
        self.notify_error: FargatecountError | None = None
        """Why the last look could not tell of limits; None where it could."""

    @property
    def delivered(self) -> Sequence[LimitEvent]:
        """The limit events that were taken."""
        return self._teller.delivered

    def look(self) -> tuple[PublishDecision, int]:
        """Read, put what is due, and return what that was, and how many points.

        Raises:
            LeaseHeldError: somebody else is looking.
            UnavailableError, DeniedError: the table could not be read, or CloudWatch took nothing. That limits could not be told of does
                not end the looks, which alarms wait for: `untold` says it.
        """
        with lease(self._leases, self._scope, PUBLISH, self._owner, self._clock, length=LEASE):
            last = self._put_log.last(self._scope)
            now = self._clock.now()
            usage = scope_usage(self._reader, self._scope, now)
            quotas = self._quotas.quotas(self._scope)
            # Metrics first, because alarms wait for them; and neither keeps the other from being put.
            try:
                return self._put(last, usage, quotas, now)
            finally:
                self._tell(usage, quotas, now)

    def _put(self, last: LastPublish, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> tuple[PublishDecision, int]:
        points = data_points(usage, quotas, SelfHealth(), now, self._choice)
        decided = decide(last, points, now, warning=self._warning)
        if decided.everything:
            points = self._in_full(usage, quotas, now)
        elif decided.high_resolution:
            points = high_resolution_of(points)
        else:
            return decided, 0
        self._sink.put(points)
        minute = minute_of(now) if decided.everything else last.minute
        self._put_log.remember(self._scope, LastPublish(minute=minute, at=now, values=period_maxima(last, points, now)))
        return decided, len(points)

    def _tell(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> None:
        self.notify_error = None
        try:
            self._teller.notify(usage, quotas, now)
        except FargatecountError as error:
            self.notify_error = error

    def _in_full(self, usage: ScopeUsage, quotas: Sequence[Quota], now: Millis) -> list[DataPoint]:
        """Return all points, those included that take more reading than a change is worth."""
        detailed = self._choice.detail is Detail.SERVICE
        by_service = services(workloads(self._reader, usage)) if detailed else None
        seen = now - PODS_SEEN
        pods = waiting_pods(self._refusals.since(self._scope, seen), window_of(seen))
        health = SelfHealth(dead_letters=self._dead_letters.depth(), waiting_pods=pods)
        return data_points(usage, quotas, health, now, self._choice, by_service=by_service)


def publish(look: Callable[[], tuple[PublishDecision, int]], clock: Clock, *, until: Millis, stay: bool) -> Published:
    """Look until nothing is left to do or `until` is near.

    With `stay` the looks go on while the scope is above the warning level, for the rest of a minute; without, they end as soon as no
    change waits for its turn, because whoever brings changes must not be kept from bringing more.
    """
    done = Published()
    while True:
        try:
            decided, put = look()
        except LeaseHeldError:
            decided, put = PublishDecision(pending=True, again_at=clock.now() + round(BUSY * 1000)), 0
        done = Published(
            looks=done.looks + 1,
            put=done.put + put,
            puts=done.puts + (decided.everything or decided.high_resolution),
            settled=not decided.pending,
        )
        again_at = decided.again_at if stay or decided.pending else None
        if again_at is None or again_at >= until:
            return done
        clock.sleep(max(again_at - clock.now(), 0) / 1000)
