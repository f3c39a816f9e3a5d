"""The hub keeps the newest word of each scope, whatever arrives, how often and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.scopes import MemoryScopes
from fargatecount.breaches.breach import ChangeKind
from fargatecount.errors import UnavailableError
from fargatecount.ingest.batch import Message
from fargatecount.organization.announce import AnnouncePorts
from fargatecount.organization.message import BreachMessage
from fargatecount.organization.receive import ReceivePorts, ReceiveResult, receive
from fargatecount.organization.scopes import Offered
from fargatecount.workload import Millis, Scope
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.letters import FakeDeadLetters
from tests.support.reports import event, report

OTHER = Scope("999999999999", "us-east-1")


class Inbox:
    """A topic with a memory."""

    def __init__(self) -> None:
        self.messages: list[BreachMessage] = []

    def publish(self, message: BreachMessage) -> None:
        self.messages.append(message)


class FlakyScopes(MemoryScopes):
    """A store that does not answer for some scopes."""

    def __init__(self) -> None:
        super().__init__()
        self.away: set[Scope] = set()

    def offer(self, scope: Scope, as_of: Millis, text: bytes) -> Offered:
        if scope in self.away:
            raise UnavailableError(f"no answer for {scope.account}")
        return super().offer(scope, as_of, text)


class Hub:
    """A hub in memory."""

    def __init__(self) -> None:
        self.clock, self.store, self.letters, self.inbox = FakeClock(), FlakyScopes(), FakeDeadLetters(), Inbox()
        announcing = AnnouncePorts(
            store=self.store,
            breaches=MemoryBreaches(),
            topic=self.inbox,
            accounts=self.store,
            leases=MemoryLeases(),
            clock=self.clock,
            owner="test",
        )
        self.ports = ReceivePorts(store=self.store, dead_letters=self.letters, announce=announcing, clock=self.clock)

    def take(self, *bodies: str) -> ReceiveResult:
        return receive([Message(f"m{i}", body) for i, body in enumerate(bodies)], self.ports)

    def running(self, scope: Scope = SCOPE) -> int | None:
        record = self.store.find(scope)
        return None if record is None else record.report.total.running


def at(second: int) -> Millis:
    return NOW - 60_000 + second * 1000


arrivals = st.lists(st.tuples(st.sampled_from([SCOPE, OTHER]), st.integers(0, 20)), min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(arrivals, st.integers(1, 10))
def test_the_newest_report_wins_in_any_order_with_any_duplicates(sent: Sequence[tuple[Scope, int]], batch: int) -> None:
    """The report of second n has n tasks: in the end each scope shows its highest n, and no message is returned."""
    hub = Hub()
    for start in range(0, len(sent), batch):
        bodies = [event(report(second, scope=scope, at=at(second)), scope) for scope, second in sent[start : start + batch]]
        assert hub.take(*bodies).retry_ids == ()
    for scope in (SCOPE, OTHER):
        newest = max((second for sender, second in sent if sender == scope), default=None)
        assert hub.running(scope) == newest


def test_a_forged_event_changes_nothing_and_is_set_aside_with_its_reason() -> None:
    """Another account in the document, another Region, another source: the true report stays, and three dead letters say why."""
    hub = Hub()
    hub.take(event(report(3)))
    result = hub.take(
        event(report(50, at=NOW + 1), OTHER),
        event(report(50, at=NOW + 1), Scope(SCOPE.account, "us-east-1")),
        event(report(50, at=NOW + 1), source="com.example"),
    )
    assert hub.running() == 3
    assert list(hub.store.scopes()) == [hub.store.find(SCOPE)]
    assert (result.retry_ids, result.tally) == ((), {"refused": 3})
    assert [reason.split(" ")[0] for reason in hub.letters.reasons] == ["account", "account", "its"]


def test_a_forged_event_that_cannot_be_set_aside_is_delivered_again() -> None:
    """Nothing is lost, and the others of its batch are kept."""
    hub = Hub()
    hub.letters.broken = True
    result = hub.take(event(report(50), OTHER), event(report(3)))
    assert (result.retry_ids, hub.running()) == (("m0",), 3)


def test_a_scope_that_cannot_be_kept_is_delivered_again_with_all_its_messages() -> None:
    """And delays no other."""
    hub = Hub()
    hub.store.away = {OTHER}
    result = hub.take(event(report(1, scope=OTHER), OTHER), event(report(3)), event(report(2, scope=OTHER, at=NOW - 1), OTHER))
    assert set(result.retry_ids) == {"m0", "m2"}
    assert result.errors == ("no answer for 999999999999",)
    assert hub.running() == 3


def test_without_time_everything_is_delivered_again() -> None:
    """Five seconds before its deadline the function returns what it has not started."""
    hub = Hub()
    result = receive([Message("a", event(report(3)))], hub.ports, stop=lambda: True)
    assert (result.retry_ids, hub.running()) == (("a",), None)


def test_a_breach_is_announced_in_the_same_batch_and_a_second_delivery_is_not() -> None:
    """Seconds after the member has seen it; duplicates change nothing."""
    hub = Hub()
    body = event(report(100))
    assert [each.message.kind for each in hub.take(body).announced] == [ChangeKind.CROSSED]
    assert hub.take(body, body).announced == ()
    assert len(hub.inbox.messages) == 1


def test_an_event_from_before_is_stale() -> None:
    """EventBridge retries for a day."""
    hub = Hub()
    hub.take(event(report(3)))
    assert hub.take(event(report(9, at=NOW - MINUTE))).tally == {"stale": 1}
    assert hub.running() == 3
