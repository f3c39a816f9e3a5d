"""The accounts of the organization: their names, where they stand, and which of them do not report.

Pure, but for the ports. The hub knows them only if it may read AWS Organizations. An account without a deployment is not known: it is
listed as such, and never counted as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.organization.scopes import ScopeRecord
from fargatecount.timestamps import HOUR
from fargatecount.workload import Millis, Scope

REFRESH_AFTER: Millis = HOUR
"""Accounts are opened and closed by people, and Organizations answers only a few calls a second."""
ACTIVE = "ACTIVE"
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html; a closed account is SUSPENDED for 90 days, then gone."""


class OrganizationAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the organization."""

    id: str
    name: str
    status: str = ACTIVE
    unit: str = ""
    """Path of its organizational unit: `Root/Workloads/Prod`."""
    unit_ids: tuple[str, ...] = ()
    """Ids of the units on that path, for `--ou ou-…`."""


class AccountList(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts as they were last read."""

    as_of: Millis
    accounts: list[OrganizationAccount]
    failed: str = ""
    """Why the last attempt to read them failed; the list is then an older one."""

    def by_id(self) -> Mapping[str, OrganizationAccount]:
        """Return the accounts by their ids."""
        return {account.id: account for account in self.accounts}


class AccountSource(Protocol):
    """AWS Organizations."""

    def accounts(self) -> Sequence[OrganizationAccount]:
        """Return every account; raises UnavailableError or DeniedError, and then nothing is known."""
        ...


class AccountStore(Protocol):
    """Where the hub keeps the list."""

    def account_list(self) -> AccountList | None:
        """Return the last list; None if none was ever read."""
        ...

    def keep_accounts(self, accounts: AccountList) -> None:
        """Replace it."""
        ...


def unreported(accounts: AccountList | None, records: Iterable[ScopeRecord]) -> list[OrganizationAccount]:
    """Return the active accounts that have no deployment: nothing is known of what they run."""
    if accounts is None:
        return []
    reporting = {record.scope.account for record in records if not record.retired}
    return [account for account in accounts.accounts if account.status == ACTIVE and account.id not in reporting]


def closed(accounts: AccountList | None, records: Iterable[ScopeRecord]) -> list[Scope]:
    """Return the scopes whose account has been closed or has left: it is in the list no longer, or not active, and newer than the scope.

    A scope that has reported since the list was read is left alone: its account may have joined after that.
    """
    if accounts is None or accounts.failed:
        return []
    active = {account.id for account in accounts.accounts if account.status == ACTIVE}
    if not active:  # an answer without a single active account lists nothing; the caller's own account is one
        return []
    return [
        record.scope for record in records if not record.retired and record.scope.account not in active and record.as_of < accounts.as_of
    ]


def name_of(accounts: AccountList | None, account: str) -> str | None:
    """Return the name of an account; None where it is not known."""
    found = accounts.by_id().get(account) if accounts is not None else None
    return found.name if found else None
