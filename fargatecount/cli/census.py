"""`fargatecount count --organization`: every account of an organization, by a read-only role, with nothing deployed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from fargatecount.bootstrap.commands.census import CensusCaller, CensusOptions
from fargatecount.bootstrap.commands.prices import with_refreshed
from fargatecount.census.take import Census, CountedScopes, take_census
from fargatecount.cli import census_tables, count_tables, output
from fargatecount.cli.census_progress import shown_census
from fargatecount.cli.count_progress import Silent
from fargatecount.cli.options import CENSUS_ROLE
from fargatecount.cli.termination import echo_err
from fargatecount.organization.accounts import ACTIVE, OrganizationAccount
from fargatecount.organization.selection import ScopeSelection
from fargatecount.settings.deployment import CountSettings
from fargatecount.settings.owners import OwnerKeys
from fargatecount.timestamps import to_iso
from fargatecount.usage.document import UsageDocument
from fargatecount.usage.prices import label

INCOMPLETE = 1


class CensusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for."""

    profile: str | None
    role_arn: str | None
    regions: tuple[str, ...]
    by: str | None
    quick: bool
    rate: float
    owners: OwnerKeys
    accounts: tuple[str, ...]
    units: tuple[str, ...]
    role_name: str | None
    external_id: str
    state: Path | None
    is_fresh: bool


def count_organization(asked: CensusRequest, settings: CountSettings, *, form: str, grouped: bool, strict: bool) -> int:
    """Count, print, and return the exit code."""
    prices = with_refreshed(settings.publish.usage.prices)
    caller = CensusCaller(
        region=asked.regions[0] if asked.regions else None, profile=asked.profile, role_arn=asked.role_arn, regions=asked.regions
    )
    options = CensusOptions(
        role_name=asked.role_name or CENSUS_ROLE,
        external_id=asked.external_id,
        rate=asked.rate,
        by=asked.by,
        quick=asked.quick,
        prices=prices,
        owners=asked.owners,
    )
    selection = ScopeSelection(accounts=asked.accounts, units=asked.units, regions=asked.regions)
    accounts = _selected(caller.accounts(), selection)
    kept = caller.file(asked.state, options, selection)
    if asked.is_fresh:
        kept.forget()
    as_of = caller.clock.now()
    census = _take(caller, accounts, options, kept, asked)
    if census.continued:
        echo_err(f"note: {output.amount(census.continued, 'scope')} had been counted within the last hour; --fresh counts all again")
    if census.complete:
        kept.forget()
    answer = UsageDocument(
        as_of=to_iso(as_of), complete=census.complete, prices=label(prices), scopes=list(census.scopes), unread=list(census.unread)
    )
    _print(answer, form, grouped=grouped, quick=asked.quick)
    return _judge(answer, kept, strict=strict)


def _selected(accounts: Sequence[OrganizationAccount], selection: ScopeSelection) -> list[OrganizationAccount]:
    selection.check_accounts(accounts)
    return [account for account in accounts if account.status == ACTIVE and selection.has_account(account)]


def _take(
    caller: CensusCaller, accounts: list[OrganizationAccount], options: CensusOptions, kept: CountedScopes, asked: CensusRequest
) -> Census:
    try:
        with shown_census(len(accounts)) as progress:
            return take_census(accounts, caller.way(options, Silent()), kept, progress, regions=asked.regions)
    except KeyboardInterrupt:
        if kept.path.exists():
            echo_err(f"What was counted is kept in {kept.path}: within an hour the same command goes on where it was.")
        raise


def _print(answer: UsageDocument, form: str, *, grouped: bool, quick: bool) -> None:
    if form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv(count_tables.flat_groups(answer) if grouped else census_tables.flat_scopes(answer))
    else:
        census_tables.show(answer, wide=form == "wide", quick=quick)


def _judge(answer: UsageDocument, kept: CountedScopes, *, strict: bool) -> int:
    """Print on stderr what is not known, and return the exit code."""
    for warning in census_tables.doubts(answer):
        output.warn(warning)
    if kept.path.exists() and not answer.complete:
        echo_err(f"note: what was counted is kept in {kept.path}: within an hour the same command asks only for the rest")
    if not answer.scopes and answer.unread:
        first = answer.unread[0]
        output.error(f"no account could be entered: {first.account}: {first.reason}", first.remedy or "")
        return output.NOT_REACHED
    if not answer.scopes:
        click.echo("No account is active in what was selected.", err=True)
    return INCOMPLETE if strict and not answer.complete else 0
