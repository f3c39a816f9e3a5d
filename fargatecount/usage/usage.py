"""Usage: what runs on Fargate in some scopes; `status` and `count` share it, and `usage.document` makes their JSON of it.

Pure. A value that is not known is None, never 0. A total includes the last known counts of unreadable clusters; `complete` is False then.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.counts import EMPTY, Counts
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import Trust
from fargatecount.mutes.document import MuteDocument
from fargatecount.quotas.held import NOTHING_CERTAIN, HeldCounts
from fargatecount.quotas.quota import Quota, quota_standing
from fargatecount.refusals.recent import Refused
from fargatecount.usage.hanging import HangingSummary
from fargatecount.usage.launches import LaunchStanding
from fargatecount.usage.prices import Cost
from fargatecount.workload import Capacity, Cluster, Millis, Scope


class ClusterUsage(msgspec.Struct, frozen=True):
    """The usage of one cluster."""

    cluster: Cluster
    verdict: Trust
    counts: Counts | None
    """None if nothing is known of the cluster."""
    as_of: Millis | None
    """When the counts were true; None if they have never been complete."""
    cost: Cost | None = None
    """Cost per hour; None if not requested."""
    running: int | None = None
    """The number of running workloads, where only that is known."""

    @property
    def held(self) -> HeldCounts:
        """The counts, and the part of them that is certain: the last known counts of an unreadable cluster are not."""
        if self.counts is None:
            return NOTHING_CERTAIN
        if self.verdict.readable:
            return HeldCounts(self.counts)
        # Events may have counted workloads of a cluster that was never listed: these exist, and there may be more.
        return HeldCounts(self.counts, self.counts if self.as_of is None else EMPTY)


class ScopeUsage(msgspec.Struct, frozen=True):
    """The usage of one scope."""

    scope: Scope
    clusters: Sequence[ClusterUsage]
    """The selected clusters."""
    scope_total: Counts
    """The counts of all clusters of the scope, selected or not: they share the quota."""
    quotas: Sequence[Quota] | None = None
    """None if not requested."""
    refused: Sequence[Refused] | None = None
    """The launches that AWS refused in the last hour, newest first; None if not requested."""
    hanging: HangingSummary | None = None
    """What has been pending or stopping for too long; None if it was not requested."""
    launched: Sequence[LaunchStanding] | None = None
    """What was launched in the last minutes, beside the launch quotas; None if it was not requested."""
    muted: Sequence[MuteDocument] | None = None
    """The mutes that are active; None if they were not requested, or could not be read, and then nothing is held back."""
    undiscovered: str | None = None
    """Why there may be unknown clusters; None if all are known."""
    has_full_pass: bool = True
    """Whether every cluster has been listed at least once: until then the total lacks the workloads that existed before the deployment."""
    partial: bool = False
    """Whether `scope_total` lacks clusters without any known counts, and so is a lower bound."""
    remedy: str | None = None
    """What the operator can do about clusters that may be unknown."""
    certain: Counts | None = None
    """The certain part of `scope_total`; None if all of it is certain as far as the other fields go."""
    selected: bool = False
    """Whether `scope_total` is that of selected clusters only, so that nothing is known about the free part of a quota."""

    @property
    def has_every_cluster(self) -> bool:
        """Whether no cluster is missing from `scope_total`."""
        return self.undiscovered is None and self.has_full_pass and not self.partial

    @property
    def held(self) -> HeldCounts:
        """The counts of all clusters of the scope, selected or not, and the part of them that is certain."""
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
        """The sum over the selected clusters, including the last known counts of unreadable ones."""
        return Counts.total(usage.counts for usage in self.clusters if usage.counts is not None)

    @property
    def running(self) -> int | None:
        """The number of running workloads, as far as it is known; None if it is not known for any cluster and there may be some."""
        running = [each.running if each.counts is None else each.counts.running.count for each in self.clusters]
        known = [number for number in running if number is not None]
        return sum(known) if known or self.complete or not self.partial else None

    @property
    def cost(self) -> Cost | None:
        """The sum of the known costs; None if no cluster's cost is known."""
        known = [usage.cost for usage in self.clusters if usage.cost is not None]
        return sum(known, Cost()) if known or not self.clusters else None


def unknown(scope: Scope, error: FargatecountError) -> ScopeUsage:
    """Return the usage of a scope that could not be read at all."""
    return ScopeUsage(scope, (), Counts(), undiscovered=str(error), has_full_pass=False, partial=True, remedy=error.remedy or None)


def free_of(usage: ScopeUsage) -> dict[Capacity, Bounded]:
    """Return the free vCPUs of each capacity: unknown if the quota is, and an upper bound if the counts are incomplete."""
    free = {quota.capacity: quota_standing(quota, usage.held).remaining for quota in usage.quotas or ()}
    return {capacity: free.get(capacity, UNKNOWN) for capacity in Capacity}
