"""A member's usage events: once a minute, and at most five seconds after a change; rows are read seldom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import pytest

from fargatecount.adapters.memory.forwarded import MemoryForwardState
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.errors import UnavailableError
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.metrics.forwarding import Forwarded
from fargatecount.organization.forward import Forwarder, ForwardState, decide
from fargatecount.organization.report import ScopeReport, decode
from fargatecount.quotas.limits import Limits
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Facts, Kind, Phase
from tests.support.builders import MINUTE, NOW, SCOPE, WEB, seen
from tests.support.fakes import FakeClock
from tests.support.reports import quota


class FakeUsageBus:
    """A bus with a memory, which can refuse."""

    def __init__(self) -> None:
        self.sent: list[ScopeReport] = []
        self.before: list[Callable[[], None]] = []

    def send(self, text: bytes) -> None:
        if self.before:
            self.before.pop(0)()
        self.sent.append(decode(text))


class CountingLedger(MemoryLedger):
    """A ledger that counts how often rows are read."""

    reads = 0

    def rows_of(self, bucket: Bucket) -> Sequence[tuple[str, Row]]:
        self.reads += bucket.number == 0
        return list(super().rows_of(bucket))


class Member:
    """One scope with a quota of 10 vCPU."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = CountingLedger(2, clock=self.clock)
        self.bus, self.state = FakeUsageBus(), MemoryForwardState()
        self.ids = count()
        for kind in Kind:
            self.ledger.discovered(SCOPE, kind, NOW)
        self.ledger.passed(SCOPE, NOW)
        self.forwarder = Forwarder(reader=self.ledger, store=self.state, bus=self.bus, version="0.1.0", limits=Limits())

    def start(self, number: int, group: str = "service:shop") -> None:
        size = Facts(cpu=1024, memory=2048, group=group, created_at=self.clock.now())
        record([seen(Phase.RUNNING, workload_id=f"task-{next(self.ids)}", facts=size) for _ in range(number)], self.ledger, self.clock)
        listed = self.clock.now()
        self.ledger.note(WEB, RECONCILER, Readability(readable=True, at=listed, listed_at=listed))

    def look(self, after: int = 0) -> Forwarded:
        self.clock.advance(after)
        now = self.clock.now()
        return self.forwarder.forward(scope_usage(self.ledger, SCOPE, now), [quota(10.0, read_at=now)], now)


def test_an_event_goes_out_once_a_minute_and_carries_the_whole_state() -> None:
    """Also where nothing changes: silence must mean something."""
    member = Member()
    member.start(2)
    assert [member.look(after).sent for after in (0, 10_000, 20_000, 40_000)] == [True, False, False, True]
    (first, second) = member.bus.sent
    assert (first.total.running, first.scope, first.as_of, second.as_of) == (2, SCOPE, NOW, NOW + 70_000)
    assert first.services is not None
    assert [(entry.cluster, entry.service) for entry in first.services.services] == [("ECS-web", "service:shop")]


def test_a_change_goes_out_at_once_but_not_before_five_seconds_after_the_last_event() -> None:
    """A storm of changes costs twelve events a minute."""
    member = Member()
    member.start(2)
    member.look()
    member.start(1)
    assert member.look(1_000) == Forwarded(pending=True, again_at=NOW + 5_000)
    assert member.look(4_000).sent
    member.start(1)
    assert member.look(6_000).sent
    assert [report.total.running for report in member.bus.sent] == [2, 3, 4]


@pytest.mark.parametrize(
    ("last", "digest", "now", "expected"),
    [
        (ForwardState(), "a", NOW, Forwarded(sent=True)),
        (ForwardState(at=NOW, minute=NOW // MINUTE, digest="a"), "a", NOW + 59_000, Forwarded()),
        (ForwardState(at=NOW, minute=NOW // MINUTE, digest="a"), "a", NOW + 60_000, Forwarded(sent=True)),
        (ForwardState(at=NOW, minute=NOW // MINUTE, digest="a"), "b", NOW + 4_999, Forwarded(pending=True, again_at=NOW + 5_000)),
        (ForwardState(at=NOW, minute=NOW // MINUTE, digest="a"), "b", NOW + 5_000, Forwarded(sent=True)),
        (ForwardState(at=NOW + 58_000, minute=NOW // MINUTE, digest="a"), "a", NOW + 60_000, Forwarded(sent=True)),
    ],
)
def test_when_an_event_is_due(last: ForwardState, digest: str, now: int, expected: Forwarded) -> None:
    """By the last event, whether anything differs, and the time."""
    assert decide(last, digest, now) == expected


def test_rows_are_read_every_five_minutes() -> None:
    """The services stay in the events between, with their own time."""
    member = Member()
    member.start(2)
    for _ in range(6):
        member.look(MINUTE)
    assert member.ledger.reads == 2
    assert [report.services.as_of - NOW for report in member.bus.sent if report.services] == [MINUTE] * 5 + [6 * MINUTE]


def test_a_crossed_threshold_names_what_grew_in_the_very_event() -> None:
    """Rows are read at once, then once a minute while it lasts."""
    member = Member()
    member.start(2)
    member.look()
    member.start(8, "service:batch")
    member.look(10_000)
    crossed = member.bus.sent[-1]
    assert crossed.over
    assert [(entry.service, entry.started) for entry in crossed.grew["quota/on-demand/critical"]] == [
        ("service:batch", 8),
        ("service:shop", 2),
    ]
    reads = member.ledger.reads
    member.look(20_000)
    assert member.ledger.reads == reads
    member.look(60_000)
    assert member.ledger.reads == reads + 1


def _away() -> None:
    raise UnavailableError("EventBridge is not there")


def test_an_event_that_was_not_accepted_is_sent_by_the_next_pass() -> None:
    """The error is returned, because the metrics of a member do not depend on its hub."""
    member = Member()
    member.start(2)
    member.bus.before = [_away]
    failed = member.look()
    assert isinstance(failed.error, UnavailableError)
    assert member.look(1_000).sent
    assert len(member.bus.sent) == 1
