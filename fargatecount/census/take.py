"""Taking a census: several accounts and Regions at a time, each kept as soon as it is counted.

An account that cannot be entered stops no other: it is in the result with its cause and remedy, and counts as unknown, never as 0. What is
kept is not counted again, so that an interrupted census goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from fargatecount.count.pool import Job, run_concurrently
from fargatecount.errors import FargatecountError
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.usage.document import ScopeDocument, UnreadAccount
from fargatecount.workload import Scope

MAX_WORKERS = 16
"""Accounts and Regions at a time, as `count` has with all Regions of one account; each has a budget of calls of its own."""


class OpenAccount(Protocol):
    """One account, as the census role sees it."""

    def regions(self) -> Sequence[str]:
        """Return the Regions that are enabled in it; raises DeniedError or UnavailableError."""
        ...

    def count(self, region: str) -> ScopeDocument:
        """Count a Region. A refusal or a missing answer of AWS is part of the result, and raises nothing."""
        ...


class Accounts(Protocol):
    """The way into the accounts."""

    def enter(self, account: OrganizationAccount) -> OpenAccount:
        """Assume the role in an account; raises DeniedError or UnavailableError."""
        ...


class CountedScopes(Protocol):
    """Where counted scopes are kept until the census is complete; called from several threads."""

    @property
    def path(self) -> Path:
        """The file that has them, for people."""
        ...

    def counted(self) -> Mapping[Scope, ScopeDocument]:
        """Return the scopes that an interrupted census has counted."""
        ...

    def keep(self, document: ScopeDocument) -> None:
        """Keep a scope; raises MisconfiguredError if that is not possible."""
        ...

    def forget(self) -> None:
        """Remove all of them."""
        ...


class CensusProgress(Protocol):
    """An observer of the census; called from several threads."""

    def entered(self, regions: int) -> None:
        """Count an account that was entered, and its Regions."""
        ...

    def refused(self) -> None:
        """Count an account that could not be entered."""
        ...

    def counted(self) -> None:
        """Count a Region that was counted."""
        ...


class Census(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a census."""

    scopes: Sequence[ScopeDocument]
    """By account and Region."""
    unread: Sequence[UnreadAccount]
    """The accounts of which nothing is known."""
    continued: int = 0
    """Scopes that an interrupted census had counted."""

    @property
    def complete(self) -> bool:
        """Whether every account was entered, and everything in it read."""
        return bool(self.scopes) and not self.unread and all(scope.complete for scope in self.scopes)


def take_census(
    accounts: Sequence[OrganizationAccount],
    way: Accounts,
    kept: CountedScopes,
    progress: CensusProgress,
    *,
    regions: Sequence[str] = (),
    max_workers: int = MAX_WORKERS,
) -> Census:
    """Count these accounts in the Regions that are named, else in all that each has enabled.

    Raises:
        MisconfiguredError: a scope could not be kept.
    """
    before = kept.counted()
    found: dict[Scope, ScopeDocument] = {}
    unread: dict[str, UnreadAccount] = {}
    continued: set[Scope] = set()

    def at(account: OrganizationAccount) -> Job:
        def job() -> list[Job]:
            try:
                opened = way.enter(account)
                wanted = list(regions or opened.regions())
            except FargatecountError as error:
                unread[account.id] = _unread(account, error)
                progress.refused()
                return []
            progress.entered(len(wanted))
            return [into(account, opened, region) for region in wanted]

        return job

    def into(account: OrganizationAccount, opened: OpenAccount, region: str) -> Job:
        def job() -> list[Job]:
            scope = Scope(account.id, region)
            if scope in before:
                found[scope] = before[scope]
                continued.add(scope)
            else:
                found[scope] = _named(opened.count(region), account)
                if found[scope].complete:  # what could not be read may be readable at the next attempt
                    kept.keep(found[scope])
            progress.counted()
            return []

        return job

    run_concurrently([at(account) for account in accounts], max_workers)
    return Census(
        scopes=[found[scope] for scope in sorted(found)],
        unread=[unread[account] for account in sorted(unread)],
        continued=len(continued),
    )


def _named(document: ScopeDocument, account: OrganizationAccount) -> ScopeDocument:
    return msgspec.structs.replace(document, account_name=account.name, unit=account.unit)


def _unread(account: OrganizationAccount, error: FargatecountError) -> UnreadAccount:
    return UnreadAccount(account=account.id, account_name=account.name, unit=account.unit, reason=str(error), remedy=error.remedy or None)
