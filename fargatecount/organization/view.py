"""The organization in JSON: the document `fargatecount/organization` version 1, for `status --organization`.

Pure. Its scopes have the shape of `fargatecount/usage`, with keys added, so that a program that reads one reads the other. Keys may be
added; none is renamed. An unknown number is null, never 0; accounts that do not report are listed and not counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.bounds import Bounded
from fargatecount.organization.accounts import AccountList, OrganizationAccount, unreported
from fargatecount.organization.cells import counts_from
from fargatecount.organization.report import ServiceTable
from fargatecount.organization.scopes import SILENT_AFTER, KnownScope, ScopeRecord, known_scopes
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.totals import by_utilization, percent_of, totals_of
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.timestamps import to_iso
from fargatecount.usage.document import ScopeDocument, scope_document
from fargatecount.workload import Millis

SCHEMA = "fargatecount/organization"
VERSION = 1


class BoundedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the organization."""

    value: float
    at_least: float | None
    """The true number is at least this; null where nothing is certain."""
    exact: bool
    """Whether `value` is the true number."""


class OrganizationTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What the shown scopes hold together, last known counts of silent ones included."""

    running: BoundedNumber
    held: BoundedNumber
    vcpu: BoundedNumber
    scopes: int
    accounts: int
    silent: int
    incomplete: int
    critical: int
    warning: int
    unreported: int


class ReportedService(msgspec.Struct, frozen=True, kw_only=True):
    """One of the largest services of a scope."""

    cluster: str
    service: str
    running: int
    held: int
    vcpu: float


class OrganizationScope(ScopeDocument, frozen=True, kw_only=True):
    """One scope: the shape of `fargatecount/usage`, and where it stands in the organization."""

    account_name: str | None
    """Null where the hub may not read AWS Organizations."""
    unit: str | None
    """Path of the organizational unit of the account."""
    silent: bool
    reported_at: str
    """The moment of its newest report, ISO 8601 in UTC."""
    age_seconds: int
    percent: float | None
    """The highest utilization of its quotas; null where none is known."""
    fargatecount: str
    """Version of its deployment."""
    services: list[ReportedService] | None
    """The largest services; null before the first."""
    services_as_of: str | None


class UnreportedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account without a deployment: nothing is known of it."""

    account: str
    account_name: str
    unit: str


class OrganizationDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `status --organization --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str
    complete: bool
    """Whether every shown scope is readable, and every account reports."""
    total: OrganizationTotal
    scopes: list[OrganizationScope]
    """By utilization, the highest first."""
    unreported: list[UnreportedAccount]
    accounts_as_of: str | None
    """When AWS Organizations was last read; null where the hub may not."""
    accounts_error: str | None


def organization_document(
    records: Iterable[ScopeRecord],
    accounts: AccountList | None,
    now: Millis,
    selection: ScopeSelection,
    *,
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS,
    silent_after: Millis = SILENT_AFTER,
) -> OrganizationDocument:
    """Return the selected part of the organization.

    Raises:
        MisconfiguredError: the selection names an account, a Region or a unit that the hub does not know.
    """
    records = list(records)
    by_id = accounts.by_id() if accounts is not None else {}
    missing = unreported(accounts, records)
    every = known_scopes(records, now, silent_after)
    scopes = selection.choose(every, by_id)
    missing = [account for account in missing if selection.has_account(account)]
    totals = totals_of(scopes, unreported=len(missing), thresholds=thresholds)
    return OrganizationDocument(
        as_of=to_iso(now),
        complete=totals.complete,
        total=OrganizationTotal(
            running=_bounded(totals.running),
            held=_bounded(totals.held),
            vcpu=_bounded(totals.vcpu),
            scopes=totals.scopes,
            accounts=totals.accounts,
            silent=totals.silent,
            incomplete=totals.incomplete,
            critical=totals.critical,
            warning=totals.warning,
            unreported=totals.unreported,
        ),
        scopes=[_scope(each, by_id.get(each.scope.account), now) for each in by_utilization(scopes)],
        unreported=[unreported_account(account) for account in missing],
        accounts_as_of=to_iso(accounts.as_of) if accounts is not None and accounts.as_of else None,
        accounts_error=(accounts.failed or None) if accounts is not None else None,
    )


def unreported_account(account: OrganizationAccount) -> UnreportedAccount:
    """Return an account without a deployment as it stands in JSON."""
    return UnreportedAccount(account=account.id, account_name=account.name, unit=account.unit)


def _scope(each: KnownScope, account: OrganizationAccount | None, now: Millis) -> OrganizationScope:
    document = scope_document(each.usage)
    table = each.record.report.services
    shared = {name: getattr(document, name) for name in ScopeDocument.__struct_fields__}
    own = {
        "account_name": account.name if account else None,
        "unit": account.unit if account else None,
        "silent": each.silent,
        "reported_at": to_iso(each.record.as_of),
        "age_seconds": max(now - each.record.as_of, 0) // 1000,
        "percent": percent_of(each),
        "fargatecount": each.record.report.fargatecount,
        "services": None if table is None else _services(table),
        "services_as_of": None if table is None else to_iso(table.as_of),
    }
    return OrganizationScope(**{**shared, **own})


def _services(table: ServiceTable) -> list[ReportedService]:
    found = []
    for entry in table.services:
        counts = counts_from(entry.counts)
        held = counts.held
        found.append(
            ReportedService(cluster=entry.cluster, service=entry.service, running=counts.running.count, held=held.count, vcpu=held.vcpu)
        )
    return found


def _bounded(number: Bounded) -> BoundedNumber:
    return BoundedNumber(value=number.value or 0, at_least=number.low, exact=number.is_exact)
