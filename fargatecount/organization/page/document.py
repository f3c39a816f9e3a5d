"""The document of the organization's page: everything that it shows, decided here; the browser only draws it.

Pure. The shape belongs to the page that embeds it, and promises nothing to other programs. An unknown number is None, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.organization.view import OrganizationDocument, OrganizationScope, OrganizationTotal, ReportedService, UnreportedAccount
from fargatecount.quotas.thresholds import Grade, QuotaThresholds

MAX_SCOPES = 2_000
"""Scopes with a row: a browser draws them in about a second, in a file of some megabytes. The rest are the farthest from their quota."""
MAX_ROWS = 10
"""Clusters and services of one scope: the scope's own page has all of them."""


class PageQuota(msgspec.Struct, frozen=True, kw_only=True):
    """How near a scope is to one quota."""

    capacity: str
    code: str
    value: float | None
    used: float
    used_at_least: bool
    percent: float | None
    standing: Grade
    reason: str | None


class PageCluster(msgspec.Struct, frozen=True, kw_only=True):
    """One of the largest clusters of a scope, or an unreadable one."""

    cluster: str
    running: int | None
    held: int | None
    vcpu: float | None
    readable: bool
    reason: str | None
    remedy: str | None
    counts_as_of: str | None


class PageScope(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one Region."""

    account: str
    account_name: str | None
    unit: str | None
    region: str
    silent: bool
    complete: bool
    why: str | None
    """Why it is not complete."""
    reported_at: str
    running: int | None
    held: int | None
    vcpu: float | None
    memory_gib: float | None
    mark: str
    """What stands before the numbers: `≥` for lower bounds, `~` for last known counts."""
    percent: float | None
    standing: Grade
    quotas: Sequence[PageQuota]
    clusters: Sequence[PageCluster]
    clusters_left_out: int
    services: Sequence[ReportedService] | None
    services_as_of: str | None
    fargatecount: str


class OrganizationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page shows."""

    at: str
    complete: bool
    total: OrganizationTotal
    marks: tuple[float, float]
    """Percentages from which on a scope is amber and red."""
    scopes: Sequence[PageScope]
    """By utilization, the highest first."""
    scopes_left_out: int
    unreported: Sequence[UnreportedAccount]
    accounts_error: str | None
    refresh_ms: int | None = None
    """Milliseconds between two reads of a live page; None for a file."""


def organization_page(answer: OrganizationDocument, thresholds: QuotaThresholds, *, refresh_ms: int | None = None) -> OrganizationPage:
    """Return the page of what `status --organization` answers."""
    shown = answer.scopes[:MAX_SCOPES]
    return OrganizationPage(
        at=answer.as_of,
        complete=answer.complete,
        total=answer.total,
        marks=(thresholds.warning, thresholds.critical),
        scopes=[_scope(scope, thresholds) for scope in shown],
        scopes_left_out=len(answer.scopes) - len(shown),
        unreported=answer.unreported,
        accounts_error=answer.accounts_error,
        refresh_ms=refresh_ms,
    )


def _scope(scope: OrganizationScope, thresholds: QuotaThresholds) -> PageScope:
    total = scope.total
    clusters = sorted(scope.clusters, key=lambda each: (each.readable, -(each.vcpu or 0), each.cluster))
    return PageScope(
        account=scope.account or "",
        account_name=scope.account_name,
        unit=scope.unit,
        region=scope.region,
        silent=scope.silent,
        complete=scope.complete,
        why=_why(scope),
        reported_at=scope.reported_at,
        running=total.running,
        held=total.held,
        vcpu=total.vcpu,
        memory_gib=total.memory_gib,
        mark="≥" if total.at_least else "" if total.exact else "~",
        percent=scope.percent,
        standing=thresholds.grade(scope.percent),
        quotas=[
            PageQuota(
                capacity=quota.capacity,
                code=quota.code,
                value=quota.value,
                used=quota.used,
                used_at_least=quota.used_at_least,
                percent=quota.percent,
                standing=thresholds.grade(quota.percent),
                reason=quota.reason,
            )
            for quota in scope.quotas
        ],
        clusters=[
            PageCluster(
                cluster=each.cluster,
                running=each.running,
                held=each.held,
                vcpu=each.vcpu,
                readable=each.readable,
                reason=each.reason,
                remedy=each.remedy,
                counts_as_of=each.counts_as_of,
            )
            for each in clusters[:MAX_ROWS]
        ],
        clusters_left_out=len(clusters[MAX_ROWS:]),
        services=None if scope.services is None else scope.services[:MAX_ROWS],
        services_as_of=scope.services_as_of,
        fargatecount=scope.fargatecount,
    )


def _why(scope: OrganizationScope) -> str | None:
    if scope.silent:
        return f"silent: no report since {scope.reported_at}; these are its last known counts"
    if scope.reason:
        return f"there may be clusters that are not counted: {scope.reason}"
    unreadable = sum(not each.readable for each in scope.clusters)
    return None if scope.complete else f"{unreadable} unreadable {'cluster' if unreadable == 1 else 'clusters'}"
