"""Usage in JSON: the document `fargatecount/usage` version 1, which `status --json` and `count --json` share.

Pure. Keys may be added; none is renamed. An unknown number is null, never 0. A total includes the last known counts of unreadable
clusters, and `complete` says whether it had to.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from fargatecount.counts import Counts
from fargatecount.mutes.document import MuteDocument
from fargatecount.quotas.document import QuotaDocument, quota_documents
from fargatecount.quotas.held import total_of
from fargatecount.refusals.document import RefusedDocument, refused_documents
from fargatecount.timestamps import to_iso
from fargatecount.usage.cost_document import cost_document
from fargatecount.usage.group_document import GroupDocument
from fargatecount.usage.hanging import HangingSummary
from fargatecount.usage.launches import LaunchStanding
from fargatecount.usage.summary_document import TallyDocument, UsageTotals, by_capacity_of, cluster_totals, tally_document, totals_of
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import LIVING, Capacity, Kind, Millis, Phase

SCHEMA = "fargatecount/usage"
VERSION = 1


class ScopeTotal(UsageTotals, frozen=True, kw_only=True):
    """The total of one scope."""

    cost_per_hour: float | None = None
    cost_at_least: bool | None = None
    cost_approximate: bool | None = None
    by_phase: dict[Phase, TallyDocument] | None = None
    at_least: bool = False
    """Whether something is missing from the total, so that every number in it is a lower bound."""
    exact: bool = True
    """Whether the counts are exact; if not, and no lower bounds either, they include last known counts of unreadable clusters."""


class ClusterDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster."""

    cluster: str
    """Key, such as `ECS-web`."""
    kind: Kind
    name: str
    arn: str
    readable: bool
    reason: str | None
    """Why the cluster is unreadable."""
    remedy: str | None
    counts_as_of: str | None
    """When the counts were true, ISO 8601 in UTC; null where they never were complete."""
    running: int | None
    held: int | None
    unsized: int | None
    vcpu: float | None
    memory_gib: float | None
    cost_per_hour: float | None
    cost_at_least: bool | None
    cost_approximate: bool | None
    by_phase: dict[Phase, TallyDocument] | None
    by_capacity: dict[Capacity, TallyDocument] | None


class ScopeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One scope."""

    account: str | None
    region: str
    complete: bool
    """Whether every cluster that exists is known and readable."""
    reason: str | None
    """Why there may be unknown clusters."""
    remedy: str | None
    total: ScopeTotal
    clusters: list[ClusterDocument]
    quotas: list[QuotaDocument]
    refused: list[RefusedDocument] | None
    """Launches that AWS refused within the last hour; null where nothing asked for them."""
    hanging: HangingSummary | None = None
    """Workloads of readable clusters that have been pending or stopping for too long; null where nothing asked for them."""
    launched: list[LaunchStanding] | None = None
    """What was launched in the last minutes, beside the launch quotas; null where nothing asked for it."""
    muted: list[MuteDocument] | None = None
    """The mutes that are active; null where nothing asked for them, or they could not be read."""
    by: str | UnsetType | None = UNSET
    """Key of the groups, such as `service`; only in the answer of `count`."""
    groups: list[GroupDocument] | UnsetType | None = UNSET
    """The largest by held vCPU first; only in the answer of `count`, and null where none were read."""
    account_name: str | UnsetType | None = UNSET
    """Name of the account in AWS Organizations, as `unit` only in answers about an organization."""
    unit: str | UnsetType | None = UNSET
    """Path of its organizational unit."""
    counted_at: str | UnsetType = UNSET
    """The moment before the scope was read, ISO 8601 in UTC; only in the answer of `count --organization`, which takes a while."""


class UnreadAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of an organization that could not be entered: nothing is known of it, and it is in no total."""

    account: str
    account_name: str
    unit: str
    reason: str
    remedy: str | None


class UsageDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `status --json` and `count --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    complete: bool
    prices: str | None
    """Which prices the costs use, for people."""
    scopes: list[ScopeDocument]
    unread: list[UnreadAccount] | UnsetType = UNSET
    """Accounts that could not be entered; only in the answer of `count --organization`."""


def usage_document(scopes: Sequence[ScopeUsage], now: Millis, prices: str | None = None) -> UsageDocument:
    """Return the document of `scopes`; `prices` names the prices behind the costs."""
    return UsageDocument(
        as_of=to_iso(now),
        complete=bool(scopes) and all(scope.complete for scope in scopes),
        prices=prices,
        scopes=[scope_document(scope) for scope in scopes],
    )


def scope_document(usage: ScopeUsage) -> ScopeDocument:
    """Return one scope as it stands in JSON."""
    return ScopeDocument(
        account=usage.scope.account or None,
        region=usage.scope.region,
        complete=usage.complete,
        reason=usage.undiscovered,
        remedy=usage.remedy,
        total=_scope_total(usage),
        clusters=[_cluster(each) for each in usage.clusters],
        quotas=[] if usage.quotas is None else quota_documents(usage.quotas, usage.held, whole=not usage.selected),
        refused=None if usage.refused is None else refused_documents(usage.refused),
        hanging=usage.hanging,
        launched=None if usage.launched is None else list(usage.launched),
        muted=None if usage.muted is None else list(usage.muted),
    )


def _scope_total(usage: ScopeUsage) -> ScopeTotal:
    held = total_of(each.held for each in usage.clusters)
    if usage.partial or usage.undiscovered is not None:
        held = held.incomplete()
    # What could not be read costs something, too.
    at_least = not usage.complete and held.workloads.is_at_least
    only_running = any(each.counts is None and each.running is not None for each in usage.clusters)
    if only_running or usage.running is None:
        return ScopeTotal(
            running=usage.running,
            cost_at_least=True if at_least and usage.cost is not None else None,
            at_least=at_least,
            exact=usage.complete,
        )
    totals, cost = totals_of(usage.total), cost_document(usage.cost)
    return ScopeTotal(
        running=totals.running,
        held=totals.held,
        unsized=totals.unsized,
        vcpu=totals.vcpu,
        memory_gib=totals.memory_gib,
        cost_per_hour=cost.cost_per_hour,
        cost_at_least=True if at_least and usage.cost is not None else cost.cost_at_least,
        cost_approximate=cost.cost_approximate if usage.complete or at_least or usage.cost is None else True,
        by_phase=_by_phase(usage.total),
        at_least=at_least,
        exact=usage.complete and not totals.unsized,
    )


def _cluster(usage: ClusterUsage) -> ClusterDocument:
    totals, cost = cluster_totals(usage), cost_document(usage.cost)
    return ClusterDocument(
        cluster=usage.cluster.key,
        kind=usage.cluster.kind,
        name=usage.cluster.name,
        arn=usage.cluster.arn,
        readable=usage.verdict.readable,
        reason=usage.verdict.reason,
        remedy=usage.verdict.remedy,
        counts_as_of=to_iso(usage.as_of),
        running=totals.running,
        held=totals.held,
        unsized=totals.unsized,
        vcpu=totals.vcpu,
        memory_gib=totals.memory_gib,
        cost_per_hour=cost.cost_per_hour,
        cost_at_least=cost.cost_at_least,
        cost_approximate=cost.cost_approximate,
        by_phase=None if usage.counts is None else _by_phase(usage.counts),
        by_capacity=None if usage.counts is None else by_capacity_of(usage.counts),
    )


def _by_phase(counts: Counts) -> dict[Phase, TallyDocument]:
    return {phase: tally_document(counts.tally(phases=(phase,))) for phase in LIVING}
