"""Usage: what runs on Fargate in some scopes, in the one shape that `status --json` and `count --json` share.

Pure. Promises of the shape `fargatecount/usage` version 1: keys may be added, none is renamed. What is not known is null, never 0; a total
includes the last known counts of unreadable clusters, and `complete` says whether it had to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.counts import Counts, Tally
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Trust
from fargatecount.quotas import quota as quotas
from fargatecount.quotas.quota import Quota
from fargatecount.refusals import recent
from fargatecount.refusals.recent import Refused
from fargatecount.timestamps import to_iso
from fargatecount.usage import prices
from fargatecount.usage.prices import Cost
from fargatecount.workload import LIVING, Capacity, Cluster, Millis, Phase, Scope

SCHEMA = "fargatecount/usage"
VERSION = 1


class ClusterUsage(msgspec.Struct, frozen=True):
    """One cluster as it is now."""

    cluster: Cluster
    verdict: Trust
    counts: Counts | None
    """None where nothing is known of it."""
    as_of: Millis | None
    """When the counts were true; None where they have never been complete."""
    cost: Cost | None = None
    """What it costs per hour; None where nobody has asked."""
    running: int | None = None
    """How many run, where no more than that is known."""


class ScopeUsage(msgspec.Struct, frozen=True):
    """One scope as it is now."""

    scope: Scope
    clusters: Sequence[ClusterUsage]
    """Those that were asked for."""
    scope_total: Counts
    """What all clusters of the scope hold, asked for or not: a quota is about all of them."""
    quotas: Sequence[Quota] | None = None
    """None where nobody has asked."""
    refused: Sequence[Refused] | None = None
    """What AWS refused to start in the last hour, the last first; None where nobody has asked."""
    undiscovered: str | None = None
    """Why there may be clusters of which nothing is known."""
    has_full_pass: bool = True
    """Whether every cluster has been looked into at least once: before, a total would leave out what was there all along."""
    partial: bool = False
    """Whether `whole` leaves something out, of which not even last known counts exist: it is a lower bound then."""
    remedy: str | None = None
    """What to do about clusters that may be unknown."""

    @property
    def complete(self) -> bool:
        """Whether every cluster that exists is known and readable."""
        return self.undiscovered is None and all(usage.verdict.readable for usage in self.clusters)

    @property
    def total(self) -> Counts:
        """The sum of all that is known, last known counts of unreadable clusters included."""
        return Counts.total(usage.counts for usage in self.clusters if usage.counts is not None)

    @property
    def running(self) -> int | None:
        """How many run of which it is known; None where it is of none, though there may be some."""
        running = [each.running if each.counts is None else each.counts.running.count for each in self.clusters]
        known = [number for number in running if number is not None]
        return sum(known) if known or self.complete or not self.partial else None

    @property
    def cost(self) -> Cost | None:
        """What those cost together of which it is known; None where it is of none."""
        known = [usage.cost for usage in self.clusters if usage.cost is not None]
        return sum(known, Cost()) if known or not self.clusters else None


def unknown(scope: Scope, error: FargatecountError) -> ScopeUsage:
    """Return the usage of a scope of which nothing could be found out."""
    return ScopeUsage(scope, (), Counts(), undiscovered=str(error), has_full_pass=False, partial=True, remedy=error.remedy or None)


def free_of(usage: ScopeUsage) -> dict[Capacity, float | None]:
    """Return how many vCPU of each capacity are left; None where the quota is not known."""
    quotas = {quota.capacity: quota.value for quota in usage.quotas or ()}
    held = {capacity: usage.scope_total.tally(capacities=(capacity,)).vcpu for capacity in Capacity}
    return {capacity: None if (value := quotas.get(capacity)) is None else value - held[capacity] for capacity in Capacity}


def document(scopes: Sequence[ScopeUsage], now: Millis, terms: str | None = None) -> dict[str, Any]:
    """Return the shape for `scopes`, ready for JSON; `terms` say which prices its costs are made of."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "as_of": to_iso(now),
        "complete": bool(scopes) and all(scope.complete for scope in scopes),
        "prices": terms,
        "scopes": [_scope(scope) for scope in scopes],
    }


SUMMARY_KEYS = (
    "cluster",
    "readable",
    "reason",
    "remedy",
    "counts_as_of",
    "running",
    "held",
    "unsized",
    "vcpu",
    "memory_gib",
    "by_capacity",
)
"""What a list of clusters and a chart need: 0.4 KB a cluster, of which a report is kept every few minutes."""


def summary(usage: ScopeUsage) -> dict[str, Any]:
    """Return a scope in short: the same words, and fewer of them."""
    return {
        "complete": usage.complete,
        "reason": usage.undiscovered,
        "total": _summary(usage.total),
        "clusters": [{name: value for name, value in _cluster(cluster).items() if name in SUMMARY_KEYS} for cluster in usage.clusters],
    }


def _scope(usage: ScopeUsage) -> dict[str, Any]:
    return {
        "account": usage.scope.account or None,
        "region": usage.scope.region,
        "complete": usage.complete,
        "reason": usage.undiscovered,
        "remedy": usage.remedy,
        "total": _total(usage),
        "clusters": [_cluster(cluster) for cluster in usage.clusters],
        "quotas": quotas.document(usage.quotas, usage.scope_total, partial=usage.partial) if usage.quotas is not None else [],
        "refused": recent.document(usage.refused) if usage.refused is not None else None,
    }


def _total(usage: ScopeUsage) -> dict[str, Any]:
    rough = any(each.counts is None and each.running is not None for each in usage.clusters)
    if rough or usage.running is None:
        counts = {**dict.fromkeys(_summary(Counts())), "running": usage.running, **_cost(None), "by_phase": None}
    else:
        counts = {**_summary(usage.total), **_cost(usage.cost), "by_phase": _by_phase(usage.total)}
    # What could not be read costs something, too.
    at_least = usage.partial and not usage.complete
    return {**counts, **({"cost_at_least": True} if at_least and usage.cost is not None else {}), "at_least": at_least}


def _cluster(usage: ClusterUsage) -> dict[str, Any]:
    counts = usage.counts
    return {
        "cluster": usage.cluster.key,
        "kind": str(usage.cluster.kind),
        "name": usage.cluster.name,
        "arn": usage.cluster.arn,
        "readable": usage.verdict.readable,
        "reason": usage.verdict.reason,
        "remedy": usage.verdict.remedy,
        "counts_as_of": to_iso(usage.as_of),
        **(_summary(counts) if counts is not None else {**dict.fromkeys(_summary(Counts())), "running": usage.running}),
        **_cost(usage.cost),
        "by_phase": _by_phase(counts) if counts is not None else None,
        "by_capacity": _by_capacity(counts) if counts is not None else None,
    }


def _summary(counts: Counts) -> dict[str, Any]:
    held = counts.held
    return {"running": counts.running.count, "held": held.count, "unsized": held.unsized, "vcpu": held.vcpu, "memory_gib": held.gib}


def _cost(cost: Cost | None) -> dict[str, Any]:
    return prices.document(cost) if cost is not None else dict.fromkeys(prices.document(Cost()))


def _tally(tally: Tally) -> dict[str, Any]:
    return {"count": tally.count, "vcpu": tally.vcpu, "memory_gib": tally.gib}


def _by_phase(counts: Counts) -> dict[Phase, Any]:
    return {phase: _tally(counts.tally(phases=(phase,))) for phase in LIVING}


def _by_capacity(counts: Counts) -> dict[Capacity, Any]:
    return {capacity: _tally(counts.tally(capacities=(capacity,))) for capacity in Capacity}
