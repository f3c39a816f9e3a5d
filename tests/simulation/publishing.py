"""The function `publish` in simulated time: one invocation a minute, one at each change of a counter, each a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import msgspec

from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.breaches.breach import Breaches
from fargatecount.breaches.notify import BreachStore, NotifyPorts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import ClusterState, judge
from fargatecount.metrics import catalog
from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.publish import PublishPorts, publish, publish_pass
from fargatecount.metrics.series import DataPoint
from fargatecount.metrics.sink import Sink
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity, Millis, Scope
from tests.simulation.auditor import Auditor
from tests.simulation.cloudwatch import SimulatedBus, SimulatedCloudWatch
from tests.simulation.scheduler import ActorClock, Killed, Scheduler
from tests.simulation.table import TROUBLE, ProcessLedger, SharedTable
from tests.support.builders import MINUTE, SCOPE

STAY: Millis = 55_000
CHANGE: Millis = 15_000
"""As `handlers.publish` has them."""
SKEWS: tuple[Sequence[Millis], ...] = ((0,), (0, 2_000, -2_000), (0, 0, 10 * MINUTE, -10 * MINUTE))
"""How wrong the clocks of the publishers of one schedule are: AWS keeps those of Lambda right; nothing here relies on that."""
QUOTAS: tuple[float | None, ...] = (None, 2, 3, 4, 6, 1_000)
"""vCPU, of which tasks of 0.25 vCPU use some percent or nearly all; None: Service Quotas has never answered."""
READ_AGAIN: Millis = 45 * MINUTE

STAMPED_LATE = "stamped after the read"
LEFT_OUT = "unreadable left out"
ALIVE_BLIND = "liveness without a look"
TOLD_FIRST = "event before it is kept"
PUBLISH_MUTANTS = (STAMPED_LATE, LEFT_OUT, ALIVE_BLIND, TOLD_FIRST)


class Publishing:
    """All publishers of one account, and what CloudWatch and the bus know by them."""

    def __init__(self, scheduler: Scheduler, table: SharedTable, *, mutant: str = "") -> None:
        self._scheduler = scheduler
        self._table = table
        self._mutant = mutant
        chance = scheduler.chance
        self._skews = chance.choice(SKEWS)
        self._leases = MemoryLeases()
        self._state = MemoryPublishState()
        self._breaches: MemoryBreaches = ToldFirst() if mutant == TOLD_FIRST else MemoryBreaches()
        self._quotas = MemoryQuotas()
        self.auditor = Auditor(table, scheduler, max(self._skews))
        self.cloudwatch = SimulatedCloudWatch(scheduler, self.auditor.put)
        self.bus = SimulatedBus(scheduler)
        self._serial = 0
        self._sequence = -1
        self._next_minute = scheduler.now
        self._woken = False
        quota = chance.choice(QUOTAS)
        self._quota = quota
        self.auditor.quotas = {} if quota is None else dict.fromkeys(Capacity, quota)

    def step(self) -> None:
        """Start what is due after a step of anybody: invocations by the schedule and by the table's stream."""
        self.auditor.step()
        if self.cloudwatch.pass_time():
            self.auditor.minute(self.cloudwatch.states())
            self.auditor.events(self.bus.accepted)
        scheduler = self._scheduler
        if scheduler.now >= self._next_minute:
            self._next_minute = scheduler.now + MINUTE
            self._invoke(STAY, stay=True, after=0)
        sequence = sum(counter.seq for counter in self._table.truth._counters.values())
        if sequence != self._sequence and not self._woken:
            self._woken, self._sequence = True, sequence
            self._invoke(CHANGE, stay=False, after=round(scheduler.chance.uniform(100, 2_000)))

    def tick(self, ended: Callable[[], bool]) -> None:
        """Let a minute pass again and again, so that the schedule goes on where nothing else happens; runs as an actor's code."""
        read_at = -READ_AGAIN
        while not ended():
            now = self._scheduler.now
            if self._quota is not None and now - read_at >= READ_AGAIN:
                read_at = now
                kept = [Quota(capacity=each, value=self._quota, source=Origin.APPLIED, read_at=now) for each in Capacity]
                self._quotas.keep(SCOPE, kept)
            self._scheduler.sleep(MINUTE)

    def _invoke(self, length: Millis, *, stay: bool, after: Millis) -> None:
        self._serial += 1
        run = partial(self._invocation, f"publish {self._serial}", length, stay=stay)
        self._scheduler.spawn(f"publish {self._serial}", run, after=after, skew=self._scheduler.chance.choice(self._skews))

    def _invocation(self, owner: str, length: Millis, *, stay: bool) -> None:
        """Run as `handlers.publish` does."""
        if not stay:
            self._woken = False  # a change that is committed from here on wakes another one
        clock = ActorClock(self._scheduler)
        for _ in range(1 if stay else 4):  # the stream delivers a failed batch again
            try:
                done = publish(partial(publish_pass, self._ports(owner)), clock, until=clock.now() + length, stay=stay)
            except Killed:
                self._scheduler.sleep(1_000)
                continue
            if done.error is None and done.notify_error is None and (done.settled or stay):
                return
            if self._mutant == ALIVE_BLIND and done.error is not None:
                self._say_alive(clock.now())
            self._scheduler.sleep(1_000)

    def _say_alive(self, now: Millis) -> None:
        with suppress(FargatecountError, Killed):
            self.cloudwatch.put([DataPoint(catalog.PUBLISHED, 1, now)])

    def _ports(self, owner: str) -> PublishPorts:
        reader = Forgetful(self._table) if self._mutant == LEFT_OUT else ProcessLedger(self._table)
        sink: Sink = LateStamp(self.cloudwatch, self._scheduler) if self._mutant == STAMPED_LATE else self.cloudwatch
        return PublishPorts(
            scope=SCOPE,
            reader=reader,
            quotas=self._quotas,
            leases=self._leases,
            state=Troubled(self._state, self._scheduler),
            refusals=MemoryRefusals(),
            sink=sink,
            notify=NotifyPorts(
                reader=reader, store=TroubledBreaches(self._breaches, self._scheduler), mutes=MemoryMutes(), bus=self.bus, limits=Limits()
            ),
            dead_letters=SlowQueue(self._scheduler),
            clock=ActorClock(self._scheduler),
            owner=owner,
            options=PublishOptions(),
        )

    def at_rest(self) -> None:
        """Compare everything that was published with the truth."""
        self.auditor.events(self.bus.accepted)
        self.auditor.at_rest(self.cloudwatch.latest, self.cloudwatch.states(), self.bus.accepted)


class SlowQueue:
    """No dead letters; its answer may take so long that everything has changed since the counters were read."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def depth(self) -> int | None:
        """Return none."""
        self._scheduler.pause(freeze=0.05)
        return 0


class Troubled:
    """The last publish, in a table that can be in trouble."""

    def __init__(self, inner: MemoryPublishState, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    def last(self, scope: Scope) -> LastPublish:
        """Return the last publish."""
        self._scheduler.pause()
        return self._inner.last(scope)

    def remember(self, scope: Scope, put: LastPublish) -> None:
        """Replace it."""
        trouble(self._scheduler)
        self._inner.remember(scope, put)
        trouble(self._scheduler)


class TroubledBreaches:
    """The breaches, in a table that can be in trouble."""

    def __init__(self, inner: BreachStore, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    def breaches(self, scope: Scope) -> Breaches:
        """Return the last stored state."""
        trouble(self._scheduler)
        return self._inner.breaches(scope)

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Replace the revision before."""
        trouble(self._scheduler)
        kept = self._inner.keep(scope, breaches)
        trouble(self._scheduler)
        return kept


def trouble(scheduler: Scheduler) -> None:
    """Let others act, and sometimes end the process."""
    scheduler.pause()
    if not scheduler.calm and scheduler.chance.random() < TROUBLE:
        raise Killed


# Faults put in on purpose.


class LateStamp:
    """Stamps points when they are put, and not before they are read."""

    def __init__(self, inner: Sink, scheduler: Scheduler) -> None:
        self._inner = inner
        self._scheduler = scheduler

    def put(self, points: Sequence[DataPoint]) -> None:
        """Put them with the time of now."""
        now = ActorClock(self._scheduler).now()
        self._inner.put([msgspec.structs.replace(point, at=now) for point in points])


class Forgetful(ProcessLedger):
    """Shows only clusters that can be read, so that totals leave out the others."""

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the readable clusters."""
        now = ActorClock(self._table.scheduler).now()
        return [state for state in super().clusters(scope) if judge(state, now).readable]


class ToldFirst(MemoryBreaches):
    """Keeps a change only once its event was put."""

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        """Keep what has no pending change."""
        if not breaches.pending:
            self._kept[scope] = breaches
        return True
