"""The hub's minute: silence, closed accounts, and the metrics of the organization.

Level-based: each run reads all scopes again, so that a missed run only leaves a gap of a minute.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError
from fargatecount.metrics.publish import Queue
from fargatecount.metrics.series import DataPoint
from fargatecount.metrics.sink import Sink
from fargatecount.organization.accounts import REFRESH_AFTER, AccountList, AccountSource, AccountStore, closed, unreported
from fargatecount.organization.points import hub_points
from fargatecount.organization.scopes import SILENT_AFTER, ScopeStore, known_scopes
from fargatecount.organization.totals import OrganizationTotals, totals_of
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.workload import Millis, Scope


@dataclass(frozen=True, kw_only=True)
class OverviewPorts:
    """The ports of the hub's minute."""

    store: ScopeStore
    accounts: AccountStore
    organization: AccountSource | None
    """None if the hub may not read AWS Organizations."""
    sink: Sink
    dead_letters: Queue
    clock: Clock
    thresholds: QuotaThresholds = DEFAULT_THRESHOLDS
    per_scope: bool = True
    silent_after: Millis = SILENT_AFTER


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a minute."""

    totals: OrganizationTotals
    points: tuple[DataPoint, ...]
    silent: tuple[Scope, ...]
    retired: tuple[Scope, ...]
    """Scopes whose account was found to be closed."""
    accounts_error: str = ""
    """Why the accounts could not be read; the last list is used on."""


def overview(ports: OverviewPorts) -> Overview:
    """Read all scopes, retire those of closed accounts, and put the metrics.

    Raises:
        UnavailableError, DeniedError, MalformedError: the table could not be read, or the metrics could not be put.
    """
    now = ports.clock.now()
    accounts = refreshed(ports.organization, ports.accounts, now)
    records = list(ports.store.scopes())
    retired = tuple(closed(accounts, records))
    for scope in retired:
        ports.store.retire(scope, now)
    scopes = known_scopes([record for record in records if record.scope not in set(retired)], now, ports.silent_after)
    missing = unreported(accounts, records)
    totals = totals_of(scopes, unreported=len(missing), thresholds=ports.thresholds)
    points = hub_points(
        totals,
        scopes,
        now,
        dead_letters=ports.dead_letters.depth(),
        accounts_known=accounts is not None,
        per_scope=ports.per_scope,
    )
    ports.sink.put(points)
    return Overview(
        totals=totals,
        points=tuple(points),
        silent=tuple(each.scope for each in scopes if each.silent),
        retired=retired,
        accounts_error=accounts.failed if accounts is not None else "",
    )


def refreshed(source: AccountSource | None, store: AccountStore, now: Millis) -> AccountList | None:
    """Return the accounts, read anew if the list is an hour old; None if the hub may not know them.

    A list that cannot be read stays as it was, with the reason: could not look is not absent.
    """
    if source is None:
        return None
    kept = store.account_list()
    if kept is not None and now - kept.as_of < REFRESH_AFTER and not kept.failed:
        return kept
    try:
        found = AccountList(as_of=now, accounts=list(source.accounts()))
    except FargatecountError as error:
        found = AccountList(as_of=kept.as_of if kept else 0, accounts=kept.accounts if kept else [], failed=str(error))
    if kept is None or found != kept:
        store.keep_accounts(found)
    return found
