"""The drift of the organization in JSON: the document `fargatecount/organization-report` version 1, for `report --organization`.

Pure. It is what members report of their last 24 hours; the hub keeps no reports of reconciles. Keys may be added; none is renamed. A scope
whose member reports no drift, because it is an older one or has not reconciled yet, is not known: its numbers are null, never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from fargatecount.organization.accounts import AccountList, OrganizationAccount, unreported
from fargatecount.organization.scopes import SILENT_AFTER, KnownScope, ScopeRecord, known_scopes
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.view import UnreportedAccount, unreported_account
from fargatecount.reconcile.drift_log import HOURS
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis

SCHEMA = "fargatecount/organization-report"
VERSION = 1


class DriftTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The drift of the scopes that are known."""

    scopes: int
    known: int
    """Scopes whose drift is known; the others are not in the sums."""
    drifted_scopes: int
    runs: int
    incomplete_runs: int
    drifted: int
    causes: dict[str, int]


class ScopeDrift(msgspec.Struct, frozen=True, kw_only=True):
    """The drift of one scope."""

    account: str
    account_name: str | None
    unit: str | None
    region: str
    silent: bool
    """Whether the hub has had no report lately: the numbers are then of the day before `reported_at`."""
    reported_at: str
    since: str | None
    runs: int | None
    incomplete_runs: int | None
    """Reconciles that did not read everything that they selected."""
    drifted: int | None
    """Repairs that put a wrong counter right."""
    causes: dict[str, int] | None
    last_run_at: str | None


class OrganizationDrift(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `report --organization --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str
    hours: int = HOURS
    complete: bool
    """Whether the drift of every scope is known, none is silent, and every account reports."""
    total: DriftTotal
    scopes: list[ScopeDrift]
    """The most repairs first, then those that are not known."""
    unreported: list[UnreportedAccount]


def organization_drift(
    records: Iterable[ScopeRecord],
    accounts: AccountList | None,
    now: Millis,
    selection: ScopeSelection,
    *,
    silent_after: Millis = SILENT_AFTER,
) -> OrganizationDrift:
    """Return the drift of the selected part of the organization.

    Raises:
        MisconfiguredError: the selection names an account, a Region or a unit that the hub does not know.
    """
    records = list(records)
    by_id = accounts.by_id() if accounts is not None else {}
    every = known_scopes(records, now, silent_after)
    chosen = selection.choose(every, by_id)
    scopes = sorted((_scope(each, by_id.get(each.scope.account)) for each in chosen), key=_order)
    missing = [account for account in unreported(accounts, records) if selection.has_account(account)]
    known = [scope for scope in scopes if scope.drifted is not None]
    causes: Counter[str] = Counter()
    for scope in known:
        causes.update(scope.causes or {})
    return OrganizationDrift(
        as_of=to_iso(now),
        complete=bool(scopes) and len(known) == len(scopes) and not missing and not any(scope.silent for scope in scopes),
        total=DriftTotal(
            scopes=len(scopes),
            known=len(known),
            drifted_scopes=sum(bool(scope.drifted) for scope in known),
            runs=sum(scope.runs or 0 for scope in known),
            incomplete_runs=sum(scope.incomplete_runs or 0 for scope in known),
            drifted=sum(scope.drifted or 0 for scope in known),
            causes=dict(causes.most_common()),
        ),
        scopes=scopes,
        unreported=[unreported_account(account) for account in missing],
    )


def _scope(each: KnownScope, account: OrganizationAccount | None) -> ScopeDrift:
    drift = each.record.report.drift
    return ScopeDrift(
        account=each.scope.account,
        account_name=account.name if account else None,
        unit=account.unit if account else None,
        region=each.scope.region,
        silent=each.silent,
        reported_at=to_iso(each.record.as_of),
        since=None if drift is None else to_iso(drift.since),
        runs=None if drift is None else drift.runs,
        incomplete_runs=None if drift is None else drift.incomplete,
        drifted=None if drift is None else sum(drift.causes.values()),
        causes=None if drift is None else dict(drift.causes),
        last_run_at=None if drift is None else to_iso(drift.last_at),
    )


def _order(scope: ScopeDrift) -> tuple[bool, int, str, str]:
    return scope.drifted is None, -(scope.drifted or 0), scope.account, scope.region
