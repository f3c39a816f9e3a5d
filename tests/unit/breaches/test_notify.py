"""Each breach is reported once, whatever dies, is refused or overlaps; the test controls table and bus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.breaches.breach import Breaches, BreachLevel, ChangeKind
from fargatecount.breaches.event import LimitEvent
from fargatecount.breaches.mute_event import MuteEndedEvent
from fargatecount.breaches.notify import BreachStore, Event, Notified, NotifyPorts, notify
from fargatecount.errors import DeniedError, MalformedError, UnavailableError
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.mutes.mute import Mute, Mutes, add
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Capacity, Facts, Phase, Scope
from fargatecount.workload import Kind as ClusterKind
from tests.support.builders import BATCH, HOUR, MINUTE, NOW, SCOPE, WEB, seen
from tests.support.fakes import FakeClock

CROSSED, CLEARED = ChangeKind.CROSSED, ChangeKind.CLEARED


class DiedError(Exception):
    """The process dies."""


class FakeBus:
    """A bus with a memory; before or after it accepts the next events, it runs the functions of the test."""

    def __init__(self) -> None:
        self.events: list[LimitEvent] = []
        self.summaries: list[MuteEndedEvent] = []
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[], None]] = []
        self.takes: int | None = None

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        if self.before:
            self.before.pop(0)()
        taken = list(events)[: self.takes]
        self.events += [each for each in taken if isinstance(each, LimitEvent)]
        self.summaries += [each for each in taken if isinstance(each, MuteEndedEvent)]
        if self.after:
            self.after.pop(0)()
        return taken

    @property
    def reported(self) -> list[tuple[ChangeKind, str]]:
        return [(event.kind, event.detail.capacity or event.detail.cluster or "total") for event in self.events]


class ReadableLedger(MemoryLedger):
    """A ledger whose rows can be closed to readers."""

    closed = False

    def rows_of(self, bucket: Bucket) -> Sequence[tuple[str, Row]]:
        if self.closed:
            raise DeniedError("the rows are not for you")
        return list(super().rows_of(bucket))


class Stage:
    """One scope with a quota of 10 vCPU; at 8 there is a warning, at 10 it is critical."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = FakeClock()
        self.ledger = ReadableLedger(2, clock=self.clock)
        self.store = MemoryBreaches()
        self.mutes = MemoryMutes()
        self.bus = FakeBus()
        self.limits = limits or Limits()
        self.quota: float | None = 10
        for cluster in (WEB, BATCH):
            self.ledger.note(cluster, RECONCILER, Readability(readable=True, at=NOW, listed_at=NOW))
        self.ledger.discovered(SCOPE, ClusterKind.ECS, NOW)
        self.ledger.passed(SCOPE, NOW)
        self._living: list[str] = []
        self._names = count()

    def hold(self, number: int) -> None:
        """Let so many tasks of 1 vCPU be held, all of one service."""
        facts = Facts(cpu=1024, memory=2048, group="service:shop", created_at=NOW)
        born = [f"t{next(self._names)}" for _ in range(number - len(self._living))]
        ended, self._living = self._living[number:], self._living[:number] + born
        changes = [seen(workload_id=name, facts=facts) for name in born] + [seen(Phase.GONE, 2, workload_id=name) for name in ended]
        record(changes, self.ledger, self.clock)

    def evaluate(self) -> None:
        """Notify, and raise the error that is returned."""
        found = self.notified()
        if found.error is not None:
            raise found.error

    def notified(self, store: BreachStore | None = None) -> Notified:
        """Notify once."""
        now = self.clock.now()
        origin = Origin.APPLIED if self.quota is not None else Origin.UNKNOWN
        quotas = [Quota(capacity=Capacity.ON_DEMAND, value=self.quota, source=origin, read_at=now)]
        ports = NotifyPorts(
            reader=self.ledger,
            store=store or self.store,
            mutes=self.mutes,
            bus=self.bus,
            limits=self.limits,
            thresholds=QuotaThresholds(warning=80, critical=100),
        )
        return notify(ports, scope_usage(self.ledger, SCOPE, now), quotas, now)


@pytest.fixture
def stage() -> Stage:
    """A scope in which nothing runs."""
    return Stage()


def test_a_breach_is_reported_once_however_often_it_is_evaluated(stage: Stage) -> None:
    """Its end is reported once too."""
    for number in (5, 8, 9, 9, 8, 7, 7):
        stage.hold(number)
        stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "on-demand"), (CLEARED, "on-demand")]


def test_two_levels_are_two_breaches(stage: Stage) -> None:
    """A jump over both reports both."""
    stage.hold(11)
    stage.evaluate()
    assert [event.detail.level for event in stage.bus.events] == ["warning", "critical"]


def test_the_event_names_the_services_that_grew(stage: Stage) -> None:
    """They are computed from the rows, which are read only for a crossing."""
    stage.hold(9)
    stage.evaluate()
    (event,) = stage.bus.events
    assert [(each.cluster, each.service, each.started) for each in event.detail.grew or []] == [("ECS-web", "service:shop", 9)]


def test_unreadable_rows_do_not_delay_the_event(stage: Stage) -> None:
    """The growth is then unknown."""
    stage.hold(9)
    stage.ledger.closed = True
    stage.evaluate()
    assert [event.detail.grew for event in stage.bus.events] == [None]


def test_an_evaluation_without_a_change_reads_no_row(stage: Stage) -> None:
    """Every change of a counter causes one; only a crossing is worth the read."""
    stage.hold(9)
    stage.evaluate()
    stage.ledger.rows_of = None  # type: ignore[assignment, method-assign]
    stage.evaluate()
    assert len(stage.bus.events) == 1


def test_an_unknown_quota_clears_nothing(stage: Stage) -> None:
    """However little is then held; once the quota is known again, the end is reported."""
    stage.hold(9)
    stage.evaluate()
    stage.quota = None
    stage.hold(1)
    stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "on-demand")]
    stage.quota = 10
    stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "on-demand"), (CLEARED, "on-demand")]


def test_a_death_before_the_put_loses_nothing(stage: Stage) -> None:
    """The next evaluation puts the decided change, even if the breach has ended since: the beginning first."""
    stage.hold(9)
    stage.bus.before.append(_die)
    with pytest.raises(DiedError):
        stage.evaluate()
    stage.hold(1)
    stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "on-demand"), (CLEARED, "on-demand")]


def test_a_death_after_the_put_reports_one_breach(stage: Stage) -> None:
    """The next evaluation repeats the event under the same name, and decides nothing again."""
    stage.hold(9)
    stage.bus.after.append(_die)
    with pytest.raises(DiedError):
        stage.evaluate()
    stage.clock.advance(5_000)
    stage.evaluate()
    stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "on-demand")] * 2
    assert len({event.detail.breach for event in stage.bus.events}) == 1


@pytest.mark.parametrize("trouble", [DeniedError("not you"), UnavailableError("no answer")], ids=["denied", "unavailable"])
def test_an_event_that_was_not_accepted_is_put_again(stage: Stage, trouble: Exception) -> None:
    """The next evaluation puts it; each event arrives once."""

    def refuse() -> None:
        raise trouble

    stage.hold(9)
    stage.bus.before.append(refuse)
    with pytest.raises(type(trouble)):
        stage.evaluate()
    stage.evaluate()
    stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "on-demand")]


def test_a_bus_that_accepts_a_part_gets_the_rest(stage: Stage) -> None:
    """The result has the error and the number left."""
    stage.hold(11)
    stage.bus.takes = 1
    with pytest.raises(UnavailableError, match="1 of 2 limit events were not accepted"):
        stage.evaluate()
    stage.bus.takes = None
    stage.evaluate()
    assert [event.detail.level for event in stage.bus.events] == ["warning", "critical"]


def test_a_publisher_that_has_outlived_its_lease_reports_nothing(stage: Stage) -> None:
    """One that froze between read and write finds that another has written, and leaves the change to it."""
    stage.hold(9)
    found = stage.notified(Overtaken(stage.store, meanwhile=stage.evaluate))
    assert stage.bus.reported == [(CROSSED, "on-demand")]
    assert found == Notified()


def test_own_limits_are_reported_too() -> None:
    """The total's and each cluster's, with the services that grew under each."""
    stage = Stage(Limits(total=Limit(vcpu=20), clusters={"web": Limit(workloads=5)}))
    stage.quota = 100
    record(
        [seen(workload_id="b", cluster=BATCH, facts=Facts(cpu=16384, memory=32768, group="family:big", created_at=NOW))],
        stage.ledger,
        stage.clock,
    )
    stage.hold(5)
    stage.evaluate()
    grew = {event.detail.cluster: [each.service for each in event.detail.grew or []] for event in stage.bus.events}
    assert grew == {None: ["family:big", "service:shop"], "ECS-web": ["service:shop"]}
    assert {event.detail.ceiling for event in stage.bus.events} == {"limit"}


def test_a_removed_limit_ends_its_breach() -> None:
    """The Cleared event arrives."""
    stage = Stage(Limits(clusters={"web": Limit(workloads=5)}))
    stage.hold(5)
    stage.evaluate()
    stage.limits = Limits()
    stage.evaluate()
    assert stage.bus.reported == [(CROSSED, "ECS-web"), (CLEARED, "ECS-web")]


class Death(StrEnum):
    """When a process dies."""

    NEVER = "never"
    BEFORE = "before the put"
    AFTER = "after the put"


@given(st.lists(st.tuples(st.integers(0, 12) | st.none(), st.sampled_from(Death)), max_size=12))
def test_whatever_dies_each_breach_is_reported_and_none_as_two(readings: list[tuple[int | None, Death]]) -> None:
    """By their names the events of a level alternate, beginning with Crossed, and the last one is true."""
    stage = Stage()
    for held, death in readings:
        stage.clock.advance(1_000)
        stage.quota = None if held is None else 10
        if held is not None:
            stage.hold(held)
        lined_up = {Death.BEFORE: stage.bus.before, Death.AFTER: stage.bus.after}.get(death)
        if lined_up is not None:
            lined_up[:] = [_die]
        with suppress(DiedError):
            stage.evaluate()
        stage.bus.before.clear()
        stage.bus.after.clear()
    stage.evaluate()
    once = dict.fromkeys((event.detail.level, event.kind, event.detail.breach) for event in stage.bus.events)
    for level in BreachLevel:
        kinds = [kind for of, kind, _ in once if of == level]
        assert kinds == [CROSSED, CLEARED] * (len(kinds) // 2) + [CROSSED] * (len(kinds) % 2)
        assert (len(kinds) % 2 == 1) == (f"quota/on-demand/{level}" in stage.store.breaches(SCOPE).open)
    if all(death is Death.NEVER for _, death in readings):
        assert len(once) == len(stage.bus.events)


class Overtaken:
    """A store whose reader freezes while another publisher works."""

    def __init__(self, inner: MemoryBreaches, meanwhile: Callable[[], object]) -> None:
        self._inner = inner
        self._meanwhile = meanwhile

    def breaches(self, scope: Scope) -> Breaches:
        found = self._inner.breaches(scope)
        self._meanwhile()
        return found

    def keep(self, scope: Scope, breaches: Breaches) -> bool:
        return self._inner.keep(scope, breaches)


def _die() -> None:
    raise DiedError


def muted(stage: Stage, cluster: str | None = None) -> None:
    """Mute the scope, or a part of it, for an hour."""
    now = stage.clock.now()
    mute = Mute(id="m", since=now, until=now + HOUR, reason="load test", cluster=cluster)
    assert stage.mutes.keep(SCOPE, add(stage.mutes.mutes(SCOPE), mute, now))


def test_a_mute_holds_everything_and_ends_with_one_message(stage: Stage) -> None:
    """What came and went is summed up, what is still open is reported besides, and its end is reported as ever."""
    muted(stage)
    for number in (8, 7, 11):
        stage.clock.advance(1)
        stage.hold(number)
        stage.evaluate()
    assert (stage.bus.events, stage.bus.summaries) == ([], [])
    stage.clock.advance(HOUR)
    stage.evaluate()
    (summary,) = stage.bus.summaries
    assert (summary.detail.began, summary.detail.ended, len(summary.detail.still_open)) == (3, 1, 2)
    assert [event.detail.breach for event in stage.bus.events] == summary.detail.still_open
    stage.evaluate()
    stage.hold(0)
    stage.evaluate()
    assert [kind for kind, _ in stage.bus.reported] == [CROSSED, CROSSED, CLEARED, CLEARED]
    assert len(stage.bus.summaries) == 1


@pytest.mark.parametrize(("cluster", "reported"), [("ECS-web", 0), ("ECS-batch", 1)])
def test_a_mute_of_a_cluster_holds_what_only_its_workloads_caused(stage: Stage, cluster: str, reported: int) -> None:
    """A quota is shared: the growth of another cluster is reported."""
    muted(stage, cluster=cluster)
    stage.hold(8)
    stage.evaluate()
    stage.clock.advance(30 * MINUTE)  # nothing has started lately any more, and the decision stands
    stage.evaluate()
    assert len(stage.bus.events) == reported


def test_mutes_that_cannot_be_read_mute_nothing(stage: Stage) -> None:
    """The event is put, and the error is returned."""

    class Unreadable(MemoryMutes):
        def mutes(self, scope: Scope) -> Mutes:
            raise MalformedError(f"the mutes of {scope.account} are from a later version")

    stage.mutes = Unreadable()
    stage.hold(8)
    assert isinstance(stage.notified().error, MalformedError)
    assert stage.bus.reported == [(CROSSED, "on-demand")]


def test_a_summary_that_is_not_accepted_is_put_again(stage: Stage) -> None:
    """With the same identity."""
    muted(stage)
    stage.hold(8)
    stage.evaluate()
    stage.clock.advance(HOUR)
    stage.bus.takes = 0
    with pytest.raises(UnavailableError):
        stage.evaluate()
    stage.bus.takes = None
    stage.evaluate()
    assert [each.detail.breach for each in stage.bus.summaries] == [f"{SCOPE.account}/{SCOPE.region}/mute/m"]
