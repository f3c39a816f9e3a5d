"""One scope in short: `usage` of a report, which has the keys of `fargatecount/usage` that a list of clusters and a chart need.

Pure. Keys may be added; none is renamed. An unknown number is null, never 0.
"""

from __future__ import annotations

import msgspec

from fargatecount.counts import Counts, Tally
from fargatecount.timestamps import to_iso
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Capacity


class TallyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The workloads of one phase or capacity."""

    count: int
    vcpu: float
    memory_gib: float


class UsageTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What some workloads hold; null where it is unknown."""

    running: int | None = None
    held: int | None = None
    unsized: int | None = None
    """Workloads without a known size: with any of them, `vcpu` and `memory_gib` are lower bounds."""
    vcpu: float | None = None
    memory_gib: float | None = None


class ClusterSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster in a report: 0.4 KB, because a report is kept every few minutes."""

    cluster: str
    readable: bool
    reason: str | None = None
    remedy: str | None = None
    counts_as_of: str | None = None
    running: int | None = None
    held: int | None = None
    unsized: int | None = None
    vcpu: float | None = None
    memory_gib: float | None = None
    by_capacity: dict[Capacity, TallyDocument] | None = None


class UsageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`usage` of a report: one scope in short."""

    complete: bool
    reason: str | None = None
    total: UsageTotals
    clusters: list[ClusterSummary]


def usage_summary(usage: ScopeUsage) -> UsageSummary:
    """Return a scope as a report keeps it: the same keys, and fewer of them."""
    return UsageSummary(
        complete=usage.complete,
        reason=usage.undiscovered,
        total=totals_of(usage.total),
        clusters=[_cluster_summary(each) for each in usage.clusters],
    )


def _cluster_summary(usage: ClusterUsage) -> ClusterSummary:
    totals = cluster_totals(usage)
    return ClusterSummary(
        cluster=usage.cluster.key,
        readable=usage.verdict.readable,
        reason=usage.verdict.reason,
        remedy=usage.verdict.remedy,
        counts_as_of=to_iso(usage.as_of),
        running=totals.running,
        held=totals.held,
        unsized=totals.unsized,
        vcpu=totals.vcpu,
        memory_gib=totals.memory_gib,
        by_capacity=None if usage.counts is None else by_capacity_of(usage.counts),
    )


def cluster_totals(usage: ClusterUsage) -> UsageTotals:
    """Return what a cluster holds; where nothing but the running number is known, only that."""
    return UsageTotals(running=usage.running) if usage.counts is None else totals_of(usage.counts)


def totals_of(counts: Counts) -> UsageTotals:
    """Return what these counts come to."""
    held = counts.held
    return UsageTotals(running=counts.running.count, held=held.count, unsized=held.unsized, vcpu=held.vcpu, memory_gib=held.gib)


def tally_document(tally: Tally) -> TallyDocument:
    """Return a tally as it stands in JSON."""
    return TallyDocument(count=tally.count, vcpu=tally.vcpu, memory_gib=tally.gib)


def by_capacity_of(counts: Counts) -> dict[Capacity, TallyDocument]:
    """Return what is held of each capacity."""
    return {capacity: tally_document(counts.tally(capacities=(capacity,))) for capacity in Capacity}
