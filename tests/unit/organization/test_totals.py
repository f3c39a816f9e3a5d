"""The totals of the organization are numbers with bounds: silence and missing accounts show in them."""

from __future__ import annotations

import msgspec

from fargatecount.bounds import Bounded
from fargatecount.organization.accounts import AccountList, OrganizationAccount, closed, name_of, unreported
from fargatecount.organization.compose import report_of
from fargatecount.organization.report import ScopeReport
from fargatecount.organization.scopes import ScopeRecord, known_scope, known_scopes
from fargatecount.organization.totals import by_utilization, totals_of
from fargatecount.workload import Millis, Scope
from tests.support.builders import MINUTE, NOW
from tests.support.reports import DENIED, cluster_usage, quota, report, running, scope_usage_of

ONE, TWO, THREE = Scope("111111111111", "eu-west-1"), Scope("111111111111", "us-east-1"), Scope("222222222222", "eu-west-1")


def record(scope: Scope, tasks: int = 1, at: Millis = NOW, sent: ScopeReport | None = None) -> ScopeRecord:
    return ScopeRecord(scope=scope, as_of=at, report=sent or report(tasks, scope=scope, at=at))


def test_the_total_of_reporting_scopes_is_exact() -> None:
    """The sum, and how many are near their quota."""
    totals = totals_of(known_scopes([record(ONE, 10), record(TWO, 85), record(THREE, 100)], NOW))
    assert (totals.running, totals.held, totals.vcpu) == (Bounded.exact(195), Bounded.exact(195), Bounded.exact(195.0))
    assert (totals.scopes, totals.accounts, totals.warning, totals.critical, totals.complete) == (3, 2, 1, 1, True)


def test_a_silent_scope_stays_in_the_total_which_is_then_an_estimate() -> None:
    """After three minutes: its last known counts, of which none is certain."""
    records = [record(ONE, 10), record(TWO, 5, at=NOW - 3 * MINUTE - 1)]
    totals = totals_of(known_scopes(records, NOW))
    assert (totals.held, totals.silent, totals.complete) == (Bounded(15, 10, None), 1, False)
    assert totals.held.sign == "~"
    assert totals_of(known_scopes(records, NOW - 1)).held == Bounded.exact(15)


def test_a_silent_scope_is_unreadable_with_its_last_counts_and_their_age() -> None:
    """Each of its clusters says why, and until when its counts were true."""
    found = known_scope(record(ONE, 5, at=NOW - 4 * MINUTE), NOW)
    (cluster,) = found.usage.clusters
    assert found.silent
    assert cluster.counts == running(5)
    assert (cluster.verdict.readable, cluster.verdict.reason) == (False, "silent: the hub has had no report since 2025-12-31T23:56:00Z")
    assert cluster.as_of == NOW - 4 * MINUTE
    assert not found.usage.complete


def test_a_cluster_that_was_unreadable_before_keeps_its_own_reason() -> None:
    """That must be mended as well."""
    usage = scope_usage_of([cluster_usage(trust=DENIED, scope=ONE)], ONE)
    sent = report_of(usage, NOW, version="0.1.0", quotas=[quota(6.0)])
    found = known_scope(record(ONE, sent=sent, at=NOW - 5 * MINUTE), NOW)
    assert [each.verdict.reason for each in found.usage.clusters] == [DENIED.reason]


def test_an_account_without_a_deployment_makes_the_total_a_lower_bound() -> None:
    """It is listed as not known, and never counted as 0."""
    totals = totals_of(known_scopes([record(ONE, 10)], NOW), unreported=2)
    assert (totals.held, totals.vcpu, totals.complete) == (Bounded.at_least(10), Bounded.at_least(10.0), False)
    assert (totals.held.sign, totals.unreported) == ("≥", 2)


def test_a_scope_without_clusters_holds_nothing_and_is_complete() -> None:
    """Zero is a number as well."""
    sent = report_of(scope_usage_of([], ONE), NOW, version="0.1.0")
    totals = totals_of(known_scopes([record(ONE, sent=sent)], NOW))
    assert (totals.held, totals.complete, totals.unknown) == (Bounded.exact(0), True, 1)


def test_scopes_are_ordered_by_utilization() -> None:
    """The highest first; without a known quota last."""
    unknown = report_of(scope_usage_of([cluster_usage(scope=THREE)], THREE), NOW, version="0.1.0")
    found = known_scopes([record(THREE, sent=unknown), record(ONE, 10), record(TWO, 85)], NOW)
    assert [each.scope for each in by_utilization(found)] == [TWO, ONE, THREE]


def accounts(*pairs: tuple[str, str]) -> AccountList:
    return AccountList(as_of=NOW, accounts=[OrganizationAccount(id=i, name=f"name-{i[:3]}", status=status) for i, status in pairs])


def test_accounts_that_do_not_report_are_named() -> None:
    """Active ones only: a suspended account runs nothing that could be deployed to."""
    listed = accounts((ONE.account, "ACTIVE"), ("333333333333", "ACTIVE"), ("444444444444", "SUSPENDED"))
    assert [account.id for account in unreported(listed, [record(ONE)])] == ["333333333333"]
    assert unreported(None, [record(ONE)]) == []
    assert name_of(listed, ONE.account) == "name-111"


def test_a_closed_account_is_retired_and_reporting_brings_it_back() -> None:
    """Suspended or gone from the organization, and silent since the list was read."""
    listed = accounts((ONE.account, "ACTIVE"), (THREE.account, "SUSPENDED"))
    old = record(THREE, at=NOW - MINUTE)
    assert closed(listed, [record(ONE, at=NOW - MINUTE), old]) == [THREE]
    assert closed(listed, [record(THREE, at=NOW + 1)]) == []
    assert known_scopes([msgspec.structs.replace(old, retired_at=NOW)], NOW) == []
    assert known_scopes([msgspec.structs.replace(old, as_of=NOW + 1, retired_at=NOW)], NOW) != []


def test_a_list_that_could_not_be_read_retires_nothing() -> None:
    """Could not look is not absent."""
    assert closed(msgspec.structs.replace(accounts(("9" * 12, "ACTIVE")), failed="denied"), [record(ONE, at=NOW - 1)]) == []
    assert closed(accounts(), [record(ONE, at=NOW - 1)]) == []
    assert closed(None, [record(ONE, at=NOW - 1)]) == []
