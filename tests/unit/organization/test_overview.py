"""The hub's minute: metrics of the organization, closed accounts, and a list of accounts that may be old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fargatecount.adapters.memory.scopes import MemoryScopes
from fargatecount.errors import DeniedError
from fargatecount.metrics.series import DataPoint
from fargatecount.organization.accounts import REFRESH_AFTER, OrganizationAccount
from fargatecount.organization.overview import OverviewPorts, overview
from fargatecount.organization.points import ORGANIZATION_METRICS
from fargatecount.organization.report import encode
from fargatecount.organization.scopes import SILENT_AFTER
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW
from tests.support.fakes import FakeClock
from tests.support.reports import report

ONE, TWO = Scope("111111111111", "eu-west-1"), Scope("222222222222", "us-east-1")


class FakeSink:
    """Keeps what is put."""

    def __init__(self) -> None:
        self.points: list[DataPoint] = []

    def put(self, points: Sequence[DataPoint]) -> None:
        self.points = list(points)


class FakeOrganization:
    """An organization whose accounts the test sets, and which can refuse."""

    def __init__(self) -> None:
        self.active, self.denies, self.reads = {ONE.account, TWO.account}, False, 0

    def accounts(self) -> Sequence[OrganizationAccount]:
        self.reads += 1
        if self.denies:
            raise DeniedError("not you")
        return [OrganizationAccount(id=account, name=f"name-{account[0]}") for account in sorted(self.active)]


class EmptyQueue:
    """A queue without messages."""

    def depth(self) -> int | None:
        return 0


class Hub:
    """A hub with two scopes."""

    def __init__(self) -> None:
        self.clock, self.store, self.sink, self.organization = FakeClock(), MemoryScopes(), FakeSink(), FakeOrganization()
        self.ports = OverviewPorts(
            store=self.store,
            accounts=self.store,
            organization=self.organization,
            sink=self.sink,
            dead_letters=EmptyQueue(),
            clock=self.clock,
        )
        for scope, tasks in ((ONE, 96), (TWO, 10)):
            self.store.offer(scope, NOW, encode(report(tasks, scope=scope)))

    def values(self) -> dict[str, float]:
        return {point.series: point.value for point in self.sink.points}


def test_the_metrics_of_a_minute() -> None:
    """Totals, counts of scopes, and one utilization for each scope; every metric is a known one."""
    hub = Hub()
    overview(hub.ports)
    values = hub.values()
    assert (values["organization-held"], values["organization-scopes"], values["organization-scopes-critical"]) == (106, 2, 1)
    assert values["vcpu-utilization/111111111111/eu-west-1"] == 96
    assert values["organization-accounts-unreported"] == 0
    assert {point.metric for point in hub.sink.points} <= set(ORGANIZATION_METRICS)


def test_a_silent_scope_has_no_utilization_and_stays_in_the_totals() -> None:
    """It is named by a metric of its own."""
    hub = Hub()
    hub.clock.advance(4 * MINUTE)
    found = overview(hub.ports)
    values = hub.values()
    assert set(found.silent) == {ONE, TWO}
    assert (values["organization-held"], values["organization-scopes-silent"]) == (106, 2)
    assert values["scope-silent/111111111111/eu-west-1"] == 1
    assert "vcpu-utilization/111111111111/eu-west-1" not in values


def test_silence_begins_when_the_setting_says() -> None:
    """A hub with another `silentSeconds` decides by that."""
    hub = Hub()
    hub.ports = replace(hub.ports, silent_after=90_000)
    hub.clock.advance(2 * MINUTE)
    assert set(overview(hub.ports).silent) == {ONE, TWO}
    assert overview(replace(hub.ports, silent_after=SILENT_AFTER)).silent == ()


def test_a_closed_account_leaves_the_totals_with_the_next_list() -> None:
    """After an hour, when the accounts are read again; it is retired, not deleted."""
    hub = Hub()
    overview(hub.ports)
    hub.organization.active = {ONE.account}
    hub.clock.advance(REFRESH_AFTER)
    assert overview(hub.ports).retired == (TWO,)
    assert hub.values()["organization-held"] == 96
    assert hub.store.find(TWO) is not None
    assert hub.organization.reads == 2


def test_accounts_that_cannot_be_read_retire_nothing() -> None:
    """The last list is used on, with the reason."""
    hub = Hub()
    overview(hub.ports)
    hub.organization.denies = True
    hub.clock.advance(REFRESH_AFTER)
    found = overview(hub.ports)
    assert (found.retired, found.accounts_error) == ((), "not you")
    assert hub.values()["organization-scopes"] == 2
