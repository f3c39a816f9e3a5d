"""Who is a member: three sources side by side, each of which may be missing."""

from __future__ import annotations

from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.organization.scopes import SILENT_AFTER, ScopeRecord
from fargatecount.rollout.members import Membership, members_document
from fargatecount.rollout.stack_set import InstanceState, StackInstance
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW
from tests.support.reports import report

REPORTS, SILENT, FRESH, FAILED, NOBODY, CLOSED = (digit * 12 for digit in "123456")
ACCOUNTS = [
    *(OrganizationAccount(id=number, name=f"account-{number[0]}", unit="Root") for number in (REPORTS, SILENT, FRESH, FAILED, NOBODY)),
    OrganizationAccount(id=CLOSED, name="old", status="SUSPENDED", unit="Root"),
]


def record(account: str, *, age: int = 0, retired: bool = False) -> ScopeRecord:
    scope = Scope(account, "eu-west-1")
    as_of = NOW - age
    return ScopeRecord(scope=scope, as_of=as_of, report=report(1, scope=scope, at=as_of), retired_at=NOW if retired else None)


def stack(account: str, state: InstanceState = InstanceState.CURRENT) -> StackInstance:
    return StackInstance(scope=Scope(account, "eu-west-1"), state=state)


RECORDS = [record(REPORTS), record(SILENT, age=SILENT_AFTER + MINUTE)]
STACKS = [stack(REPORTS), stack(FRESH), stack(FAILED, InstanceState.FAILED), stack(CLOSED, InstanceState.SUSPENDED)]


def test_an_account_without_a_deployment_is_not_known() -> None:
    """Nor is one whose stack failed; a closed one is neither."""
    found = members_document(ACCOUNTS, STACKS, RECORDS, NOW)
    assert {member.account: member.membership for member in found.members} == {
        REPORTS: Membership.REPORTS,
        SILENT: Membership.SILENT,
        FRESH: Membership.DEPLOYED,
        FAILED: Membership.FAILED,
        NOBODY: Membership.UNKNOWN,
        CLOSED: Membership.CLOSED,
    }
    assert (found.total.accounts, found.total.not_known, found.total.reporting, found.total.silent) == (5, 2, 1, 1)
    assert [member.region for member in found.members if member.account == NOBODY] == [None]
    assert {member.account: member.deployed_by for member in found.members if member.deployed_by} == {
        REPORTS: "stack set",
        SILENT: "itself",
        FRESH: "stack set",
        FAILED: "stack set",
        CLOSED: "stack set",
    }


def test_without_the_right_to_list_accounts_their_number_is_not_known() -> None:
    """It is null and not 0, and so is who deployed what, without the StackSet."""
    found = members_document(None, None, RECORDS, NOW, organizations_error="denied", stack_set_error="denied too")
    assert (found.total.accounts, found.total.not_known) == (None, None)
    assert [(member.account_name, member.deployed_by) for member in found.members] == [(None, None), (None, None)]
    assert (found.organizations_error, found.stack_set_error) == ("denied", "denied too")


def test_a_retired_scope_makes_its_account_unknown_again() -> None:
    """Its last counts are no deployment."""
    found = members_document(ACCOUNTS[:1], [], [record(REPORTS, retired=True)], NOW)
    assert ([member.membership for member in found.members], found.total.not_known) == ([Membership.RETIRED], 1)
