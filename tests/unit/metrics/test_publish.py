"""The publisher: looks under a lease, with the ledger, CloudWatch and time in the test's hands."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.breaches.event import LimitEvent
from fargatecount.breaches.gauges import Thresholds
from fargatecount.breaches.notify import Notifier
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability
from fargatecount.ledger.leases import PUBLISH, LeaseHeldError
from fargatecount.ledger.record import record
from fargatecount.metrics import catalog
from fargatecount.metrics.cadence import PublishDecision
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.publish import LEASE, PODS_SEEN, Published, Publisher, Unarmed, publish
from fargatecount.metrics.series import DataPoint, Detail, Metric
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.refusals.log import WINDOW, remember
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.workload import Capacity, Facts, Kind, Millis, Observation, Phase, Scope
from tests.support.builders import NOW, SCOPE, WEB, refusal, seen
from tests.support.fakes import FakeClock

MINUTE = 60_000
START = NOW - NOW % MINUTE


ORDINARY = PublishOptions()


class FakeCloudWatch:
    """Keeps every put; the next ones fail if the test says so."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.puts: list[tuple[Millis, list[DataPoint]]] = []
        self.failures = 0

    def put(self, points: Sequence[DataPoint]) -> None:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("CloudWatch did not answer")
        self.puts.append((self._clock.now(), list(points)))

    def told(self, metric: Metric) -> list[tuple[Millis, float]]:
        """Seconds since the start and value of each point of a metric."""
        return [(point.at - START, point.value) for _, points in self.puts for point in points if point.metric == metric]


class SlowLedger(MemoryLedger):
    """A ledger of which each read of the clusters takes some time."""

    def __init__(self, clock: FakeClock, takes: Millis) -> None:
        super().__init__(2, clock=clock)
        self._test_clock = clock
        self.takes = takes

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        self._test_clock.advance(self.takes)
        return super().clusters(scope)


class FakeBus:
    """Keeps every event; the next ones are refused if the test says so."""

    def __init__(self) -> None:
        self.events: list[LimitEvent] = []
        self.refusals = 0

    def put(self, events: Sequence[LimitEvent]) -> Sequence[LimitEvent]:
        if self.refusals:
            self.refusals -= 1
            raise DeniedError("no events from you")
        self.events += events
        return events


class FakeQueue:
    """A queue of a length."""

    length: int | None = 0

    def depth(self) -> int | None:
        return self.length


class Stage:
    """One scope with a quota of 10 vCPU and a publisher."""

    def __init__(self, choice: PublishOptions = ORDINARY) -> None:
        self.clock = FakeClock(START)
        self.ledger = SlowLedger(self.clock, takes=0)
        self.quotas = MemoryQuotas()
        self.leases = MemoryLeases()
        self.put_log = MemoryPublishState()
        self.refusals = MemoryRefusals()
        self.cloudwatch = FakeCloudWatch(self.clock)
        self.bus = FakeBus()
        self.breaches = MemoryBreaches()
        self.dead_letters = FakeQueue()
        self.choice = choice
        self.quotas.keep(SCOPE, [Quota(capacity=each, value=10, source=Origin.APPLIED, read_at=START) for each in Capacity])
        self.ledger.note(WEB, RECONCILER, Readability(readable=True, at=START, listed_at=START))
        self.ledger.discovered(SCOPE, Kind.ECS, START)
        self.ledger.passed(SCOPE, START)

    def publisher(self, owner: str = "me", sink: Unarmed | None = None) -> Publisher:
        return Publisher(
            SCOPE,
            reader=self.ledger,
            quotas=self.quotas,
            leases=self.leases,
            put_log=self.put_log,
            refusals=self.refusals,
            sink=sink or self.cloudwatch,
            teller=Notifier(SCOPE, reader=self.ledger, store=self.breaches, bus=self.bus, limits=Limits(), thresholds=Thresholds()),
            dead_letters=self.dead_letters,
            clock=self.clock,
            owner=owner,
            choice=self.choice,
            warning=80,
        )

    def run(self, number: int, *, phase: Phase = Phase.RUNNING, version: int = 1) -> None:
        """Let the first `number` tasks of 1 vCPU be in a phase."""
        record([self.task(i, phase, version) for i in range(number)], self.ledger, self.clock)

    def task(self, i: int, phase: Phase, version: int) -> Observation:
        return seen(phase, version, workload_id=f"t{i}", observed_at=self.clock.now(), facts=Facts(cpu=1024, memory=2048))

    def tick(self, owner: str = "tick") -> Published:
        """The schedule wakes the publisher."""
        return publish(self.publisher(owner).look, self.clock, until=self.clock.now() + 55_000, stay=True)

    def change(self, owner: str = "stream") -> Published:
        """A counter wakes the publisher."""
        return publish(self.publisher(owner).look, self.clock, until=self.clock.now() + 15_000, stay=False)


@pytest.fixture
def stage() -> Stage:
    """A scope in which nothing runs."""
    return Stage()


def test_the_first_tick_puts_everything(stage: Stage) -> None:
    """All series, among them the cluster's explicit 0."""
    assert stage.tick() == Published(looks=1, puts=1, put=len(stage.cloudwatch.puts[0][1]))
    assert stage.cloudwatch.told(catalog.COUNT) == [(0, 0)]
    assert stage.cloudwatch.told(catalog.PUBLISHED) == [(0, 1)]


def test_each_series_of_a_minute_is_put_once_a_minute(stage: Stage) -> None:
    """However often the schedule and changes wake it in between."""
    for version in range(1, 40):
        stage.run(version % 5, version=version)
        stage.change()
        stage.clock.advance(4_000)
    ats = [at // MINUTE for at, _ in stage.cloudwatch.told(catalog.PUBLISHED)]
    assert ats == sorted(set(ats))
    assert len(ats) >= 3


def test_a_change_is_told_at_once_when_the_last_put_is_five_seconds_ago(stage: Stage) -> None:
    """Only what alarms of seconds need goes out."""
    stage.tick()
    stage.clock.advance(6_000)
    stage.run(3)
    assert stage.change().puts == 1
    assert stage.cloudwatch.told(catalog.USED) == [(0, 0), (6_000, 3)]
    assert len(stage.cloudwatch.told(catalog.COUNT)) == 1


def test_a_change_that_comes_too_soon_waits_for_its_turn(stage: Stage) -> None:
    """It is put five seconds after the last put, not lost until the next minute."""
    stage.tick()
    stage.clock.advance(1_000)
    stage.run(3)
    assert stage.change() == Published(looks=2, puts=1, put=6)
    assert stage.cloudwatch.told(catalog.USED)[-1] == (5_000, 3)


def test_a_thousand_changes_cost_as_much_as_one(stage: Stage) -> None:
    """They are all in the one put that their turn brings."""
    stage.tick()
    stage.clock.advance(1_000)
    for version in range(1, 1001):
        stage.run(1, phase=Phase.RUNNING if version % 2 else Phase.GONE, version=version)
    stage.run(8, version=2000)
    stage.change()
    stage.change()
    assert len(stage.cloudwatch.puts) == 2


def test_above_the_warning_a_tick_goes_on_every_ten_seconds(stage: Stage) -> None:
    """For the rest of its minute, with a point for each period of an alarm of 10 s."""
    stage.run(9)
    done = stage.tick()
    assert [at for at, _ in stage.cloudwatch.told(catalog.UTILIZATION)] == [0, 10_000, 20_000, 30_000, 40_000, 50_000]
    assert done.puts == 6
    assert len(stage.cloudwatch.told(catalog.PUBLISHED)) == 1


def test_above_the_warning_a_change_does_not_hold_up_the_stream(stage: Stage) -> None:
    """Whoever brings changes is let go as soon as this one is put."""
    stage.run(9)
    stage.change()
    assert stage.clock.now() == START


def test_a_tick_ends_when_the_scope_falls_below_the_warning(stage: Stage) -> None:
    """The look after the fall puts it, and is the last."""
    stage.run(9)
    looks = 0

    def look() -> tuple[PublishDecision, int]:
        nonlocal looks
        looks += 1
        if looks == 3:
            stage.run(9, phase=Phase.GONE, version=2)
        return stage.publisher().look()

    publish(look, stage.clock, until=START + 55_000, stay=True)
    assert stage.cloudwatch.told(catalog.USED) == [(0, 9), (10_000, 9), (20_000, 0)]


def test_a_point_is_stamped_before_its_read(stage: Stage) -> None:
    """Time that reading takes makes no point look newer than what it tells."""
    stage.ledger.takes = 3_000
    stage.publisher().look()
    assert {point.at for _, points in stage.cloudwatch.puts for point in points} == {START}


def test_of_two_that_are_woken_one_waits_for_the_other(stage: Stage) -> None:
    """The second finds the lease taken, comes again when it is free, and has nothing left to do."""
    stage.leases.acquire(SCOPE, PUBLISH, "other", now=START, until=START + LEASE)
    looks: list[bool] = []

    def look() -> tuple[PublishDecision, int]:
        if len(looks) == 3:
            stage.leases.release(SCOPE, PUBLISH, "other")
        looks.append(True)
        return stage.publisher().look()

    done = publish(look, stage.clock, until=START + 15_000, stay=False)
    assert (done.looks, done.puts, done.settled) == (4, 1, True)


def test_who_never_gets_the_lease_says_that_it_is_not_done(stage: Stage) -> None:
    """So that the change that woke it comes again."""
    stage.leases.acquire(SCOPE, PUBLISH, "other", now=START, until=START + 60_000)
    done = stage.change()
    assert (done.puts, done.settled) == (0, False)
    assert stage.clock.now() < START + 15_000


def test_a_lease_left_by_the_dead_ends(stage: Stage) -> None:
    """Within its length, after which anybody may look."""
    stage.leases.acquire(SCOPE, PUBLISH, "dead", now=START, until=START + LEASE)
    with pytest.raises(LeaseHeldError):
        stage.publisher().look()
    stage.clock.advance(LEASE + 1)
    assert stage.publisher().look()[0].everything


def test_a_put_that_failed_comes_again(stage: Stage) -> None:
    """Nothing is remembered as put that was not, and the lease is given back."""
    stage.cloudwatch.failures = 1
    with pytest.raises(UnavailableError):
        stage.tick()
    assert stage.tick("next").puts == 1


def test_unarmed_nothing_is_put(stage: Stage) -> None:
    """What would have been is there to be shown."""
    sink = Unarmed()
    stage.run(9)
    publish(stage.publisher(sink=sink).look, stage.clock, until=START + 55_000, stay=True)
    assert not stage.cloudwatch.puts
    assert {point.metric.suffix for point in sink.points} >= {"count", "vcpu-utilization", "published"}


def test_the_dead_letters_are_counted_once_a_minute(stage: Stage) -> None:
    """And only then told."""
    stage.dead_letters.length = 3
    stage.tick()
    stage.clock.advance(6_000)
    stage.run(1)
    stage.change()
    assert stage.cloudwatch.told(catalog.DEAD_LETTERS) == [(0, 3)]


def test_services_are_read_from_the_rows_if_asked_for() -> None:
    """With detail `service`, once a minute."""
    stage = Stage(PublishOptions(detail=Detail.SERVICE))
    facts = Facts(cpu=1024, memory=2048, group="service:shop")
    record([seen(workload_id=f"t{i}", facts=facts) for i in range(3)], stage.ledger, stage.clock)
    stage.tick()
    assert stage.cloudwatch.told(catalog.SERVICE_COUNT) == [(0, 3)]


def test_a_look_that_has_no_reason_puts_nothing(stage: Stage) -> None:
    """A wake-up for nothing costs no call to CloudWatch."""
    stage.tick()
    stage.clock.advance(20_000)
    assert stage.change() == Published(looks=1)
    assert len(stage.cloudwatch.puts) == 1


def test_pods_that_wait_for_capacity_are_told_every_minute(stage: Stage) -> None:
    """As a refusal, for as long as they were seen to wait; where none does there is no point."""
    stage.tick()
    assert stage.cloudwatch.told(catalog.REFUSED) == []
    remember(stage.refusals, [refusal(i, stage.clock.now(), kind=RefusalKind.WAITING) for i in range(3)])
    stage.clock.advance(MINUTE + PODS_SEEN)
    stage.tick()
    stage.clock.advance(WINDOW)
    stage.tick()
    assert [value for _, value in stage.cloudwatch.told(catalog.REFUSED)] == [3]


def test_a_crossing_is_told_before_the_turn_of_its_metric(stage: Stage) -> None:
    """A change that must wait to be put is told at its first look."""
    stage.tick()
    stage.clock.advance(1_000)
    stage.run(9)
    publisher = stage.publisher()
    publisher.look()
    assert len(stage.cloudwatch.puts) == 1
    assert [event.detail_type for event in stage.bus.events] == ["Fargate Limit Crossed"]
    assert publisher.delivered == stage.bus.events


def test_events_that_are_refused_keep_no_metric_from_being_put(stage: Stage) -> None:
    """The looks go on, alarms get their points, and in the end the publisher says what it could not do."""
    stage.run(9)
    stage.bus.refusals = 99
    publisher = stage.publisher()
    done = publish(publisher.look, stage.clock, until=START + 55_000, stay=True)
    assert done.puts == 6
    assert isinstance(publisher.notify_error, DeniedError)


def test_events_that_were_refused_are_told_at_the_next_look(stage: Stage) -> None:
    """And then there is nothing left to complain of."""
    stage.run(9)
    stage.bus.refusals = 1
    publisher = stage.publisher()
    publisher.look()
    stage.clock.advance(10_000)
    publisher.look()
    assert publisher.notify_error is None
    assert len(stage.bus.events) == 1


def test_metrics_that_fail_keep_no_event_from_being_told(stage: Stage) -> None:
    """A CloudWatch that is away does not take EventBridge with it."""
    stage.run(9)
    stage.cloudwatch.failures = 1
    with pytest.raises(UnavailableError):
        stage.tick()
    assert len(stage.bus.events) == 1
