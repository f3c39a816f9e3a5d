"""The publisher: passes under a lease; the test controls the ledger, CloudWatch and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.breaches.event import LimitEvent
from fargatecount.breaches.notify import Event, NotifyPorts
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability
from fargatecount.ledger.leases import PUBLISH, LeaseHeldError
from fargatecount.ledger.record import record
from fargatecount.metrics import catalog
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.publish import LEASE, PODS_SEEN, Published, PublishPass, PublishPorts, publish, publish_pass
from fargatecount.metrics.series import DataPoint, Detail, Metric
from fargatecount.metrics.sink import Sink, UnarmedSink
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
    """Keeps every put; the next `failures` puts fail."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.puts: list[tuple[Millis, list[DataPoint]]] = []
        self.failures = 0

    def put(self, points: Sequence[DataPoint]) -> None:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("CloudWatch did not answer")
        self.puts.append((self._clock.now(), list(points)))

    def series(self, metric: Metric) -> list[tuple[Millis, float]]:
        """Return milliseconds since the start and value of each point of a metric."""
        return [(point.at - START, point.value) for _, points in self.puts for point in points if point.metric == metric]


class SlowLedger(MemoryLedger):
    """A ledger whose reads of the clusters take some time."""

    def __init__(self, clock: FakeClock, takes: Millis) -> None:
        super().__init__(2, clock=clock)
        self._test_clock = clock
        self.takes = takes

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        self._test_clock.advance(self.takes)
        return super().clusters(scope)


class FakeBus:
    """Keeps every event; the next `refusals` puts are denied."""

    def __init__(self) -> None:
        self.events: list[LimitEvent] = []
        self.refusals = 0

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        if self.refusals:
            self.refusals -= 1
            raise DeniedError("no events from you")
        self.events += [each for each in events if isinstance(each, LimitEvent)]
        return events


class FakeQueue:
    """A queue with a length."""

    length: int | None = 0

    def depth(self) -> int | None:
        return self.length


class Stage:
    """One scope with a quota of 10 vCPU, and the ports of a publisher."""

    def __init__(self, options: PublishOptions = ORDINARY) -> None:
        self.clock = FakeClock(START)
        self.ledger = SlowLedger(self.clock, takes=0)
        self.quotas = MemoryQuotas()
        self.leases = MemoryLeases()
        self.state = MemoryPublishState()
        self.refusals = MemoryRefusals()
        self.cloudwatch = FakeCloudWatch(self.clock)
        self.bus = FakeBus()
        self.breaches = MemoryBreaches()
        self.dead_letters = FakeQueue()
        self.options = options
        self.quotas.keep(SCOPE, [Quota(capacity=each, value=10, source=Origin.APPLIED, read_at=START) for each in Capacity])
        self.ledger.note(WEB, RECONCILER, Readability(readable=True, at=START, listed_at=START))
        self.ledger.discovered(SCOPE, Kind.ECS, START)
        self.ledger.passed(SCOPE, START)

    def ports(self, owner: str = "me", sink: Sink | None = None) -> PublishPorts:
        return PublishPorts(
            scope=SCOPE,
            reader=self.ledger,
            quotas=self.quotas,
            leases=self.leases,
            state=self.state,
            refusals=self.refusals,
            sink=sink or self.cloudwatch,
            notify=NotifyPorts(reader=self.ledger, store=self.breaches, mutes=MemoryMutes(), bus=self.bus, limits=Limits()),
            dead_letters=self.dead_letters,
            clock=self.clock,
            owner=owner,
            options=self.options,
        )

    def one_pass(self) -> PublishPass:
        return publish_pass(self.ports())

    def run(self, number: int, *, phase: Phase = Phase.RUNNING, version: int = 1) -> None:
        """Put the first `number` tasks of 1 vCPU into a phase."""
        record([self.task(i, phase, version) for i in range(number)], self.ledger, self.clock)

    def task(self, i: int, phase: Phase, version: int) -> Observation:
        return seen(phase, version, workload_id=f"t{i}", observed_at=self.clock.now(), facts=Facts(cpu=1024, memory=2048))

    def tick(self, owner: str = "tick") -> Published:
        """Run the publisher as the schedule does."""
        return publish(partial(publish_pass, self.ports(owner)), self.clock, until=self.clock.now() + 55_000, stay=True)

    def change(self, owner: str = "stream") -> Published:
        """Run the publisher as a change of a counter does."""
        return publish(partial(publish_pass, self.ports(owner)), self.clock, until=self.clock.now() + 15_000, stay=False)


@pytest.fixture
def stage() -> Stage:
    """A scope in which nothing runs."""
    return Stage()


def test_the_first_tick_puts_everything(stage: Stage) -> None:
    """It puts all series, among them the explicit 0 of the cluster."""
    assert stage.tick() == Published(looks=1, puts=1, points=tuple(stage.cloudwatch.puts[0][1]))
    assert stage.cloudwatch.series(catalog.COUNT) == [(0, 0)]
    assert stage.cloudwatch.series(catalog.PUBLISHED) == [(0, 1)]


def test_each_series_of_a_minute_is_put_once_a_minute(stage: Stage) -> None:
    """However often the schedule and changes trigger the publisher in between."""
    for version in range(1, 40):
        stage.run(version % 5, version=version)
        stage.change()
        stage.clock.advance(4_000)
    ats = [at // MINUTE for at, _ in stage.cloudwatch.series(catalog.PUBLISHED)]
    assert ats == sorted(set(ats))
    assert len(ats) >= 3


def test_a_change_is_put_at_once_five_seconds_after_the_last_put(stage: Stage) -> None:
    """Only the high-resolution series go out."""
    stage.tick()
    stage.clock.advance(6_000)
    stage.run(3)
    assert stage.change().puts == 1
    assert stage.cloudwatch.series(catalog.USED) == [(0, 0), (6_000, 3)]
    assert len(stage.cloudwatch.series(catalog.COUNT)) == 1


def test_a_change_that_comes_too_soon_waits(stage: Stage) -> None:
    """It is put five seconds after the last put, not lost until the next minute."""
    stage.tick()
    stage.clock.advance(1_000)
    stage.run(3)
    done = stage.change()
    assert (done.looks, done.puts, len(done.points)) == (2, 1, 6)
    assert stage.cloudwatch.series(catalog.USED)[-1] == (5_000, 3)


def test_a_thousand_changes_cost_as_much_as_one(stage: Stage) -> None:
    """One put carries them all."""
    stage.tick()
    stage.clock.advance(1_000)
    for version in range(1, 1001):
        stage.run(1, phase=Phase.RUNNING if version % 2 else Phase.GONE, version=version)
    stage.run(8, version=2000)
    stage.change()
    stage.change()
    assert len(stage.cloudwatch.puts) == 2


def test_above_the_warning_a_tick_goes_on_every_ten_seconds(stage: Stage) -> None:
    """It runs for the rest of its minute, with a point for each period of an alarm of 10 s."""
    stage.run(9)
    done = stage.tick()
    assert [at for at, _ in stage.cloudwatch.series(catalog.UTILIZATION)] == [0, 10_000, 20_000, 30_000, 40_000, 50_000]
    assert done.puts == 6
    assert len(stage.cloudwatch.series(catalog.PUBLISHED)) == 1


def test_above_the_warning_a_change_does_not_hold_up_the_stream(stage: Stage) -> None:
    """The invocation ends as soon as the change is put."""
    stage.run(9)
    stage.change()
    assert stage.clock.now() == START


def test_a_tick_ends_when_the_scope_falls_below_the_warning(stage: Stage) -> None:
    """The pass after the fall puts it, and is the last."""
    stage.run(9)
    looks = 0

    def one_pass() -> PublishPass:
        nonlocal looks
        looks += 1
        if looks == 3:
            stage.run(9, phase=Phase.GONE, version=2)
        return stage.one_pass()

    publish(one_pass, stage.clock, until=START + 55_000, stay=True)
    assert stage.cloudwatch.series(catalog.USED) == [(0, 9), (10_000, 9), (20_000, 0)]


def test_a_point_is_stamped_before_its_read(stage: Stage) -> None:
    """The time of the read makes no point look newer than its value."""
    stage.ledger.takes = 3_000
    stage.one_pass()
    assert {point.at for _, points in stage.cloudwatch.puts for point in points} == {START}


def test_of_two_publishers_one_waits_for_the_other(stage: Stage) -> None:
    """The second finds the lease taken, retries until it is free, and then has nothing left to do."""
    stage.leases.acquire(SCOPE, PUBLISH, "other", now=START, until=START + LEASE)
    looks: list[bool] = []

    def one_pass() -> PublishPass:
        if len(looks) == 3:
            stage.leases.release(SCOPE, PUBLISH, "other")
        looks.append(True)
        return stage.one_pass()

    done = publish(one_pass, stage.clock, until=START + 15_000, stay=False)
    assert (done.looks, done.puts, done.settled) == (4, 1, True)


def test_a_publisher_that_never_gets_the_lease_is_not_settled(stage: Stage) -> None:
    """The caller then fails, and the stream delivers the change again."""
    stage.leases.acquire(SCOPE, PUBLISH, "other", now=START, until=START + 60_000)
    done = stage.change()
    assert (done.puts, done.settled) == (0, False)
    assert stage.clock.now() < START + 15_000


def test_the_lease_of_a_dead_publisher_ends(stage: Stage) -> None:
    """After its length any publisher can take it."""
    stage.leases.acquire(SCOPE, PUBLISH, "dead", now=START, until=START + LEASE)
    with pytest.raises(LeaseHeldError):
        stage.one_pass()
    stage.clock.advance(LEASE + 1)
    assert stage.one_pass().decision.everything


def test_a_failed_put_is_repeated(stage: Stage) -> None:
    """A failed put is not remembered as done, and the lease is released."""
    stage.cloudwatch.failures = 1
    failed = stage.tick()
    assert (type(failed.error), failed.puts, failed.points) == (UnavailableError, 0, ())
    assert stage.tick("next").puts == 1


def test_unarmed_nothing_is_put(stage: Stage) -> None:
    """The points are returned, for the log."""
    stage.run(9)
    done = publish(partial(publish_pass, stage.ports(sink=UnarmedSink())), stage.clock, until=START + 55_000, stay=True)
    assert not stage.cloudwatch.puts
    assert {point.metric.suffix for point in done.points} >= {"count", "vcpu-utilization", "published"}


def test_the_dead_letters_are_counted_once_a_minute(stage: Stage) -> None:
    """A change in between does not read the queue."""
    stage.dead_letters.length = 3
    stage.tick()
    stage.clock.advance(6_000)
    stage.run(1)
    stage.change()
    assert stage.cloudwatch.series(catalog.DEAD_LETTERS) == [(0, 3)]


def test_services_are_read_from_the_rows_at_detail_service() -> None:
    """They are put once a minute."""
    stage = Stage(PublishOptions(detail=Detail.SERVICE))
    facts = Facts(cpu=1024, memory=2048, group="service:shop")
    record([seen(workload_id=f"t{i}", facts=facts) for i in range(3)], stage.ledger, stage.clock)
    stage.tick()
    assert stage.cloudwatch.series(catalog.SERVICE_COUNT) == [(0, 3)]


def test_a_pass_without_a_reason_puts_nothing(stage: Stage) -> None:
    """An unneeded trigger costs no call to CloudWatch."""
    stage.tick()
    stage.clock.advance(20_000)
    assert stage.change() == Published(looks=1)
    assert len(stage.cloudwatch.puts) == 1


def test_pods_that_wait_for_capacity_are_put_every_minute(stage: Stage) -> None:
    """They count as refusals for as long as they wait; without any there is no point."""
    stage.tick()
    assert stage.cloudwatch.series(catalog.REFUSED) == []
    remember(stage.refusals, [refusal(i, stage.clock.now(), kind=RefusalKind.WAITING) for i in range(3)])
    stage.clock.advance(MINUTE + PODS_SEEN)
    stage.tick()
    stage.clock.advance(WINDOW)
    stage.tick()
    assert [value for _, value in stage.cloudwatch.series(catalog.REFUSED)] == [3]


def test_a_crossing_is_reported_before_its_metric(stage: Stage) -> None:
    """A change that must wait to be put is reported in its first pass."""
    stage.tick()
    stage.clock.advance(1_000)
    stage.run(9)
    done = stage.one_pass()
    assert len(stage.cloudwatch.puts) == 1
    assert [event.detail_type for event in stage.bus.events] == ["Fargate Limit Crossed"]
    assert list(done.delivered) == stage.bus.events


def test_refused_events_do_not_stop_the_metrics(stage: Stage) -> None:
    """The passes go on, alarms get their points, and the result has the error."""
    stage.run(9)
    stage.bus.refusals = 99
    done = publish(stage.one_pass, stage.clock, until=START + 55_000, stay=True)
    assert (done.puts, done.error) == (6, None)
    assert isinstance(done.notify_error, DeniedError)


def test_refused_events_are_put_in_the_next_pass(stage: Stage) -> None:
    """Then there is no error left."""
    stage.run(9)
    stage.bus.refusals = 1
    assert isinstance(stage.one_pass().notify_error, DeniedError)
    stage.clock.advance(10_000)
    assert stage.one_pass().notify_error is None
    assert len(stage.bus.events) == 1


def test_failed_metrics_do_not_stop_the_events(stage: Stage) -> None:
    """The delivered events are returned with the error of CloudWatch."""
    stage.run(9)
    stage.cloudwatch.failures = 1
    done = stage.tick()
    assert isinstance(done.error, UnavailableError)
    assert list(done.delivered) == stage.bus.events
    assert len(stage.bus.events) == 1


class StuckLeases(MemoryLeases):
    """Leases that can be taken and not released."""

    def release(self, scope: Scope, name: str, owner: str) -> None:
        raise UnavailableError(f"the table did not answer: {scope} {name} {owner}")


def test_an_unreleased_lease_hides_nothing_that_was_done(stage: Stage) -> None:
    """The points and events are returned beside the error, so that they reach the log."""
    stage.run(9)
    stage.leases = StuckLeases()
    done = stage.tick()
    assert isinstance(done.error, UnavailableError)
    assert list(done.points) == stage.cloudwatch.puts[0][1]
    assert list(done.delivered) == stage.bus.events


def test_an_error_ends_the_passes_and_keeps_the_results_before_it(stage: Stage) -> None:
    """Above the warning the second pass fails: the first one's points are returned."""
    stage.run(9)
    passes: list[bool] = []

    def one_pass() -> PublishPass:
        passes.append(True)
        stage.cloudwatch.failures = int(len(passes) == 2)
        return stage.one_pass()

    done = publish(one_pass, stage.clock, until=START + 55_000, stay=True)
    assert (type(done.error), done.looks, done.puts) == (UnavailableError, 2, 1)
    assert list(done.points) == stage.cloudwatch.puts[0][1]
