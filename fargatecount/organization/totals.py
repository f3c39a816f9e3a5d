"""The totals of the organization: what all scopes hold, as numbers with bounds, and how many scopes are near a quota or silent.

Pure. A total is exact only if every scope is readable and every account reports. The last known counts of silent scopes are in it; an
account that does not report is not, so that the total is then a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.bounds import Bounded
from fargatecount.organization.scopes import KnownScope
from fargatecount.quotas.held import HeldCounts, total_of
from fargatecount.quotas.quota import quota_standing
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, Grade, QuotaThresholds
from fargatecount.workload import Capacity


class OrganizationTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the organization holds."""

    running: Bounded
    held: Bounded
    vcpu: Bounded
    spot_vcpu: Bounded
    scopes: int
    accounts: int
    silent: int
    """Scopes that the hub has not heard from."""
    incomplete: int
    """Scopes that report, of which a cluster is unreadable or may be missing."""
    critical: int
    warning: int
    unknown: int
    """Scopes without a known quota."""
    unreported: int
    """Accounts without a deployment."""
    complete: bool


def totals_of(scopes: Sequence[KnownScope], *, unreported: int = 0, thresholds: QuotaThresholds = DEFAULT_THRESHOLDS) -> OrganizationTotals:
    """Return the totals of some scopes; `unreported` accounts are missing from them."""
    held = total_of(each.usage.held for each in scopes)
    if unreported:
        held = held.incomplete()
    grades = [thresholds.grade(percent_of(each)) for each in scopes]
    silent = sum(each.silent for each in scopes)
    incomplete = sum(not each.silent and not each.usage.complete for each in scopes)
    return OrganizationTotals(
        running=_running(held),
        held=held.workloads,
        vcpu=held.vcpu(),
        spot_vcpu=held.vcpu((Capacity.SPOT,)),
        scopes=len(scopes),
        accounts=len({each.scope.account for each in scopes}),
        silent=silent,
        incomplete=incomplete,
        critical=grades.count(Grade.CRITICAL),
        warning=grades.count(Grade.WARNING),
        unknown=grades.count(Grade.UNKNOWN),
        unreported=unreported,
        complete=not (silent or incomplete or unreported),
    )


def percent_of(scope: KnownScope) -> float | None:
    """Return the highest utilization of the quotas of a scope in percent; None where it is not known."""
    standings = [quota_standing(quota, scope.usage.held) for quota in scope.usage.quotas or ()]
    return max((standing.percent.value for standing in standings if standing.percent.value is not None), default=None)


def by_utilization(scopes: Iterable[KnownScope]) -> list[KnownScope]:
    """Return scopes by utilization, the highest first; those without a known quota come last."""
    percents = [(percent_of(each), each) for each in scopes]
    return [each for _, each in sorted(percents, key=lambda pair: (pair[0] is None, -(pair[0] or 0.0), pair[1].scope))]


def _running(held: HeldCounts) -> Bounded:
    value = held.counts.running.count
    return Bounded.exact(value) if held.certain is None else Bounded(value, held.certain.running.count, None)
