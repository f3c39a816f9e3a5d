"""Usage: what runs on Fargate in some scopes, in the one shape that `status --json` and `count --json` share.

Pure. Promises of the shape `fargatecount/usage` version 1: keys may be added, none is renamed. What is not known is null, never 0; a total
includes the last known counts of unreadable clusters, and `complete` says whether it had to.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.counts import EMPTY, Counts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Trust
from fargatecount.quotas.held import NOTHING_CERTAIN, HeldCounts
from fargatecount.quotas.quota import Quota, quota_standing
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
    """What it costs per hour; None if it was not asked for."""
    running: int | None = None
    """How many run, where no more than that is known."""

    @property
    def held(self) -> HeldCounts:
        """The counts, and how much of them is certain: last known counts of an unreadable cluster are not."""
        if self.counts is None:
            return NOTHING_CERTAIN
        if self.verdict.readable:
            return HeldCounts(self.counts)
        # Events may have counted workloads of a cluster that was never listed: those are there, and there may be more.
        return HeldCounts(self.counts, self.counts if self.as_of is None else EMPTY)


class ScopeUsage(msgspec.Struct, frozen=True):
    """One scope as it is now."""

    scope: Scope
    clusters: Sequence[ClusterUsage]
    """Those that were asked for."""
    scope_total: Counts
    """What all clusters of the scope hold, asked for or not: a quota is about all of them."""
    quotas: Sequence[Quota] | None = None
    """None if they were not asked for."""
    refused: Sequence[Refused] | None = None
    """What AWS refused to start in the last hour, the last first; None if it was not asked for."""
    undiscovered: str | None = None
    """Why there may be clusters of which nothing is known."""
    has_full_pass: bool = True
    """Whether every cluster has been looked into at least once: before, a total would leave out what was there all along."""
    partial: bool = False
    """Whether `whole` leaves something out, of which not even last known counts exist: it is a lower bound then."""
    remedy: str | None = None
    """What to do about clusters that may be unknown."""
    certain: Counts | None = None
    """What of `scope_total` is certain; None where all of it is, as far as the other fields go."""

    @property
    def has_every_cluster(self) -> bool:
        """Whether no cluster is missing from `scope_total`."""
        return self.undiscovered is None and self.has_full_pass and not self.partial

    @property
    def held(self) -> HeldCounts:
        """What all clusters of the scope hold, asked for or not, and how much of that is certain."""
        held = HeldCounts(self.scope_total, self.certain)
        return held if self.has_every_cluster else held.incomplete()

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


def free_of(usage: ScopeUsage) -> dict[Capacity, Bounded]:
    """Return how many vCPU of each capacity are free: unknown where the quota is, and at most so many where the counts are incomplete."""
    free = {quota.capacity: quota_standing(quota, usage.held).remaining for quota in usage.quotas or ()}
    return {capacity: free.get(capacity, UNKNOWN) for capacity in Capacity}
