"""One message for each breach of the organization, whatever dies, is delivered twice or comes late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.scopes import MemoryScopes
from fargatecount.breaches.breach import ChangeKind
from fargatecount.breaches.event import GrewEntry
from fargatecount.errors import UnavailableError
from fargatecount.ledger.leases import ANNOUNCE
from fargatecount.organization.accounts import AccountList, OrganizationAccount
from fargatecount.organization.announce import AnnouncePorts, announce
from fargatecount.organization.message import BreachMessage
from fargatecount.organization.report import encode
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.reports import report


class FakeTopic:
    """A topic with a memory; it can refuse the next messages, before or after it has taken them."""

    def __init__(self) -> None:
        self.messages: list[BreachMessage] = []
        self.before: list[Callable[[], None]] = []
        self.after: list[Callable[[], None]] = []

    def publish(self, message: BreachMessage) -> None:
        if self.before:
            self.before.pop(0)()
        self.messages.append(message)
        if self.after:
            self.after.pop(0)()


class Hub:
    """A hub and one member with a quota of 100 vCPU."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store, self.breaches, self.topic, self.leases = MemoryScopes(), MemoryBreaches(), FakeTopic(), MemoryLeases()
        self.ports = self.owned("one")

    def owned(self, owner: str) -> AnnouncePorts:
        return AnnouncePorts(
            store=self.store,
            breaches=self.breaches,
            topic=self.topic,
            accounts=self.store,
            leases=self.leases,
            clock=self.clock,
            owner=owner,
        )

    def reports(self, vcpu: int, **changes: Any) -> None:
        self.clock.advance(10_000)
        sent = report(vcpu, at=self.clock.now(), **changes)
        self.store.offer(SCOPE, sent.as_of, encode(sent))
        announce(self.ports, SCOPE)

    @property
    def sent(self) -> list[tuple[ChangeKind, str]]:
        return [(message.kind, message.detail.level) for message in self.topic.messages]


CROSSED, CLEARED = ChangeKind.CROSSED, ChangeKind.CLEARED


@pytest.mark.parametrize(
    ("course", "messages"),
    [
        ([50, 70], []),
        ([50, 85], [(CROSSED, "warning")]),
        ([50, 100], [(CROSSED, "critical")]),
        ([50, 100, 100, 99], [(CROSSED, "critical")]),
        ([85, 100], [(CROSSED, "warning"), (CROSSED, "critical")]),
        ([100, 85], [(CROSSED, "critical")]),
        ([100, 85, 100], [(CROSSED, "critical"), (CROSSED, "critical")]),
        ([100, 85, 50], [(CROSSED, "critical"), (CLEARED, "warning")]),
        ([100, 50], [(CROSSED, "critical"), (CLEARED, "critical")]),
        ([85, 50, 85], [(CROSSED, "warning"), (CLEARED, "warning"), (CROSSED, "warning")]),
        ([85, 78, 85], [(CROSSED, "warning")]),
        ([0], []),
    ],
)
def test_one_message_for_each_breach(course: list[int], messages: list[tuple[ChangeKind, str]]) -> None:
    """A second one only for a rise to the critical level, and one for the end."""
    hub = Hub()
    for vcpu in course:
        hub.reports(vcpu)
    assert hub.sent == messages


def test_all_messages_of_a_breach_carry_its_name() -> None:
    """Beginning, rise and end: a consumer and a chat's thread keep them together; the next breach has another name."""
    hub = Hub()
    for vcpu in (85, 100, 50, 100):
        hub.reports(vcpu)
    breaches = [message.detail.breach for message in hub.topic.messages]
    assert breaches[:3] == [f"123456789012/eu-west-1/quota/on-demand/{NOW + 10_000}"] * 3
    assert breaches[3] != breaches[0]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([0, 50, 78, 85, 92, 97, 100]), max_size=20), st.integers(0, 3))
def test_messages_alternate_and_the_last_one_is_true(course: list[int], lost: int) -> None:
    """Whatever the course, and if the topic refuses some messages on the way: no breach is announced twice, none is left open."""
    hub = Hub()
    hub.topic.before = [_refuse] * lost
    for vcpu in [*course, 50, 50, 50, 50]:
        try:
            hub.reports(vcpu)
        except UnavailableError:
            continue
    open_level = 0
    for kind, level in hub.sent:
        if kind is CLEARED:
            assert open_level
            open_level = 0
        else:
            open_level = {"warning": 1, "critical": 2}[level]
    assert not open_level
    assert hub.store.find(SCOPE) is not None
    if hub.sent:
        assert not hub.breaches.breaches(SCOPE).open


def _refuse() -> None:
    raise UnavailableError("SNS is not there")


def test_a_message_that_was_not_accepted_is_sent_with_the_next_report() -> None:
    """Nothing is lost, and nothing is announced twice."""
    hub = Hub()
    hub.topic.before = [_refuse]
    with pytest.raises(UnavailableError):
        hub.reports(100)
    assert hub.sent == []
    hub.reports(100)
    hub.reports(100)
    assert hub.sent == [(CROSSED, "critical")]


def test_a_breach_that_falls_before_it_could_be_announced_is_still_announced_and_ended() -> None:
    """The mark on the scope brings the evaluation back, although the next report is below every threshold."""
    hub = Hub()
    hub.topic.before = [_refuse]
    with pytest.raises(UnavailableError):
        hub.reports(100)
    record = hub.store.find(SCOPE)
    assert record is not None
    assert record.in_breach
    hub.reports(50)
    assert hub.sent == [(CROSSED, "critical"), (CLEARED, "critical")]
    record = hub.store.find(SCOPE)
    assert record is not None
    assert not record.in_breach


def test_two_invocations_at_once_send_one_message() -> None:
    """While one sends, the other finds its lease held."""
    hub = Hub()
    hub.topic.before = [lambda: None if announce(hub.owned("two"), SCOPE) == [] else pytest.fail("sent twice")]
    hub.reports(100)
    assert hub.sent == [(CROSSED, "critical")]


def test_a_frozen_invocation_blocks_its_scope_for_as_long_as_its_lease() -> None:
    """Then the next report is evaluated."""
    hub = Hub()
    hub.leases.acquire(SCOPE, ANNOUNCE, "dead", now=hub.clock.now(), until=hub.clock.now() + 20_000)
    hub.reports(100)
    assert hub.sent == []
    hub.reports(100)
    hub.reports(100)
    assert hub.sent == [(CROSSED, "critical")]


def test_a_silent_scope_neither_crosses_nor_clears() -> None:
    """Its last report may no longer be true."""
    hub = Hub()
    hub.reports(100)
    old = report(10, at=hub.clock.now() + 1)
    hub.clock.advance(4 * MINUTE)
    hub.store.offer(SCOPE, old.as_of, encode(old))
    assert announce(hub.ports, SCOPE) == []
    assert hub.sent == [(CROSSED, "critical")]


def test_a_message_names_account_region_culprit_and_remedy() -> None:
    """In its title and text, for a reader of the hub who has never seen the account."""
    hub = Hub()
    account = OrganizationAccount(id=SCOPE.account, name="shop-prod <!here>")
    hub.store.keep_accounts(AccountList(as_of=NOW, accounts=[account]))
    grew = {
        f"quota/on-demand/{level}": [
            {"cluster": "ECS-web", "service": "service:checkout", "started": 60, "started_vcpu": 60.0, "held": 80, "held_vcpu": 80.0}
        ]
        for level in ("warning", "critical")
    }
    hub.reports(100, grew=_entries(grew))
    (message,) = hub.topic.messages
    assert message.subject == "critical level crossed: the Fargate on-demand quota in eu-west-1, shop-prod ??here?"
    assert "100 of 100 vCPU used, 100 %; 0 left. Account 123456789012 (shop-prod ??here?)." in message.text
    assert "- `ECS-web` `service:checkout`: 60 of 80 vCPU, 60 of 80 workloads" in message.text
    assert "1. See what uses it: fargatecount status --organization --account 123456789012 --region eu-west-1" in message.text
    assert "Request a higher quota: fargatecount quota request --capacity on-demand --to VCPU, or Service Quotas" in message.text
    assert "could not be read" not in message.text
    assert message.detail.grew is not None
    assert message.detail.grew[0].service == "service:checkout"


def _entries(grew: dict[str, list[dict[str, object]]]) -> object:
    return msgspec.convert(grew, dict[str, list[GrewEntry]])


def test_a_retired_scope_is_not_announced() -> None:
    """Its account is closed."""
    hub = Hub()
    sent = report(100, at=hub.clock.now())
    hub.store.offer(SCOPE, sent.as_of, encode(sent))
    hub.store.retire(SCOPE, hub.clock.now())
    assert announce(hub.ports, SCOPE) == []
