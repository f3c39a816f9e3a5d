"""Who is a member: the accounts of the organization beside the stacks that were rolled out and the scopes that report.

Pure. Three sources, and each may be missing. What a missing one would say is not known, and an account that no source knows a deployment
of is not known either: nothing here is counted as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from fargatecount.organization.accounts import ACTIVE, OrganizationAccount
from fargatecount.organization.scopes import SILENT_AFTER, ScopeRecord, is_silent
from fargatecount.rollout.stack_set import InstanceState, StackInstance
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope


class Membership(StrEnum):
    """What is known of an account and Region, or of an account without any."""

    REPORTS = "reports"
    SILENT = "silent"
    """It has reported, and not for three minutes."""
    DEPLOYED = "deployed, no report yet"
    FAILED = "not deployed: failed"
    UNKNOWN = "not known"
    """No deployment is known: what runs there is not known, and not 0."""
    CLOSED = "closed"
    RETIRED = "retired"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one Region, or an account of which no Region is known."""

    account: str
    account_name: str | None
    unit: str | None
    region: str | None
    """Null where the account has no deployment that is known."""
    membership: Membership
    reported_at: str | None
    """The moment of its newest report, ISO 8601 in UTC; null where there is none."""
    fargatecount: str | None
    """The version that reports."""
    deployed_by: str | None
    """`stack set`, or `itself` where the StackSet has no stack for it; null where it is not deployed or the StackSet cannot be read."""


class MembersTotal(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts there are, and what is known of them."""

    accounts: int | None
    """Active accounts of the organization; null where AWS Organizations cannot be read."""
    not_known: int | None
    """Active accounts without a deployment that is known; null likewise."""
    reporting: int
    """Accounts and Regions that report."""
    silent: int


class MembersDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `organization members --json`: the document `fargatecount/members` version 1."""

    schema: str = "fargatecount/members"
    version: int = 1
    as_of: str
    total: MembersTotal
    members: list[Member]
    organizations_error: str | None
    """Why the accounts are not known."""
    stack_set_error: str | None
    """Why it is not known what was rolled out."""


def members_document(
    accounts: Sequence[OrganizationAccount] | None,
    instances: Sequence[StackInstance] | None,
    records: Iterable[ScopeRecord],
    now: Millis,
    *,
    silent_after: Millis = SILENT_AFTER,
    organizations_error: str = "",
    stack_set_error: str = "",
) -> MembersDocument:
    """Return every member and every account that is none; None is a source that cannot be read."""
    known = {record.scope: record for record in records}
    silent = {scope for scope, record in known.items() if is_silent(record, now, silent_after)}
    stacks = {instance.scope: instance for instance in instances or ()}
    by_id = {account.id: account for account in accounts or ()}
    found = [
        _member(scope, known.get(scope), stacks.get(scope), by_id, silent=scope in silent, rolled_out=instances is not None)
        for scope in known.keys() | stacks
    ]
    deployed = {member.account for member in found if member.membership not in {Membership.FAILED, Membership.RETIRED}}
    unknown = [account for account in by_id.values() if account.status == ACTIVE and account.id not in deployed]
    named = {member.account for member in found}
    found += [_unknown(account) for account in by_id.values() if account.id not in named]
    active = sum(account.status == ACTIVE for account in by_id.values())
    return MembersDocument(
        as_of=to_iso(now),
        total=MembersTotal(
            accounts=active if accounts is not None else None,
            not_known=len(unknown) if accounts is not None else None,
            reporting=sum(member.membership is Membership.REPORTS for member in found),
            silent=sum(member.membership is Membership.SILENT for member in found),
        ),
        members=sorted(found, key=lambda member: (member.account, member.region or "")),
        organizations_error=organizations_error or None,
        stack_set_error=stack_set_error or None,
    )


def _member(
    scope: Scope,
    record: ScopeRecord | None,
    stack: StackInstance | None,
    accounts: dict[str, OrganizationAccount],
    *,
    silent: bool,
    rolled_out: bool,
) -> Member:
    account = accounts.get(scope.account)
    deployed_by = "stack set" if stack else "itself" if record and rolled_out else None
    return Member(
        account=scope.account,
        account_name=account.name if account else None,
        unit=account.unit if account else None,
        region=scope.region,
        membership=_membership(record, stack, account, silent=silent),
        reported_at=to_iso(record.as_of) if record else None,
        fargatecount=record.report.fargatecount if record else None,
        deployed_by=deployed_by,
    )


def _membership(
    record: ScopeRecord | None, stack: StackInstance | None, account: OrganizationAccount | None, *, silent: bool
) -> Membership:
    if account is not None and account.status != ACTIVE:
        return Membership.CLOSED
    if record is not None and not record.retired:
        return Membership.SILENT if silent else Membership.REPORTS
    if stack is not None:
        return Membership.DEPLOYED if stack.state in {InstanceState.CURRENT, InstanceState.WORKING} else Membership.FAILED
    return Membership.RETIRED


def _unknown(account: OrganizationAccount) -> Member:
    return Member(
        account=account.id,
        account_name=account.name,
        unit=account.unit,
        region=None,
        membership=Membership.UNKNOWN if account.status == ACTIVE else Membership.CLOSED,
        reported_at=None,
        fargatecount=None,
        deployed_by=None,
    )
