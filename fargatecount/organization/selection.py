"""Selection: the part of an organization that is asked for, by account, Region or organizational unit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.matching import require_known
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.organization.scopes import KnownScope


class ScopeSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the organization is asked for; empty is all."""

    accounts: tuple[str, ...] = ()
    """Ids or names."""
    regions: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    """Ids of units, or the beginning of their paths."""

    def has_account(self, account: OrganizationAccount) -> bool:
        """Return whether an account is selected."""
        named = not self.accounts or account.id in self.accounts or account.name in self.accounts
        return named and (not self.units or any(_within(account, unit) for unit in self.units))

    def choose(self, scopes: Sequence[KnownScope], accounts: Mapping[str, OrganizationAccount]) -> list[KnownScope]:
        """Return the selected scopes.

        Raises:
            MisconfiguredError: no scope is in a named account or Region, or no account in a unit. An empty answer would look like an empty
                organization.
        """
        self.check_accounts(accounts.values(), [each.scope.account for each in scopes])
        require_known("Region", self.regions, [each.scope.region for each in scopes])
        return [
            each
            for each in scopes
            if self.has_account(accounts.get(each.scope.account) or OrganizationAccount(id=each.scope.account, name=""))
            and (not self.regions or each.scope.region in self.regions)
        ]

    def check_accounts(self, accounts: Iterable[OrganizationAccount], more: Iterable[str] = ()) -> None:
        """Raise MisconfiguredError for a name of an account or a unit that is not among `accounts`, nor the ids in `more`."""
        listed = list(accounts)
        require_known("account", self.accounts, [*more, *(a.id for a in listed), *(a.name for a in listed)])
        for unit in self.units:
            if not any(_within(account, unit) for account in listed):
                require_known("organizational unit", [unit], [account.unit for account in listed])


def _within(account: OrganizationAccount, unit: str) -> bool:
    return unit in account.unit_ids or account.unit == unit or account.unit.startswith(f"{unit}/")
