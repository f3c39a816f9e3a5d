"""Usage: what runs on Fargate in some scopes, in the one shape that `status --json` and `count --json` share.

Pure. Promises of the shape `fargatecount/usage` version 1: keys may be added, none is renamed. What is not known is null, never 0; a total
includes the last known counts of unreadable clusters, and `complete` says whether it had to.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.counts import Counts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Trust
from fargatecount.quotas.quota import Quota
from fargatecount.refusals.recent import Refused
from fargatecount.usage.prices import Cost
from fargatecount.workload import Capacity, Cluster, Millis, Scope


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
    def is_lower_bound(self) -> bool:
        """Whether workloads are missing from the sums: a cluster was never counted completely, or there may be unknown clusters.

        The last known counts of an unreadable cluster are neither a lower nor an upper bound.
        """
        return self.partial or self.undiscovered is not None or any(each.counts is None or each.as_of is None for each in self.clusters)

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
