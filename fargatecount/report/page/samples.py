"""Samples: what a report, or the counters now, add to the chart of the page.

Pure. A report of the first version, which does not cover every cluster, still has those that it read.
"""

from __future__ import annotations

from msgspec.structs import replace

from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.report.page.history import Sample, TimeLevel
from fargatecount.timestamps import parse_millis
from fargatecount.usage.summary_document import ClusterSummary, UsageSummary, UsageTotals
from fargatecount.workload import Millis

OLD_REPORT = "this report is of a version that covered only the clusters it had read"


def sample_of(usage: UsageSummary, at: Millis) -> Sample:
    """Return what a scope held at a moment; a cluster without known counts has no level."""
    levels = {
        cluster.cluster: TimeLevel(cluster.running, cluster.vcpu, cluster.readable)
        for cluster in usage.clusters
        if cluster.running is not None
    }
    return Sample(at=at, levels=levels, existing=frozenset(cluster.cluster for cluster in usage.clusters))


def sample_of_report(report: ReconcileDocument) -> Sample | None:
    """Return what a report adds; None for a dry run, whose numbers were never in the ledger."""
    at = parse_millis(report.ended_at)
    if report.dry_run or at is None:
        return None
    sample = sample_of(usage_of(report), at)
    return sample if report.usage else replace(sample, existing=None)


def usage_of(report: ReconcileDocument) -> UsageSummary:
    """Return the usage of the scope at the end of a report."""
    if report.usage:
        return report.usage
    clusters = [
        ClusterSummary(
            cluster=look.cluster,
            readable=look.readable,
            reason=look.reason,
            remedy=look.remedy,
            counts_as_of=report.ended_at if look.readable else None,
            running=look.after.running,
            held=look.after.held,
            unsized=0,
            vcpu=look.after.vcpu,
            memory_gib=look.after.memory_gib,
        )
        for look in report.clusters
    ]
    total = UsageTotals(
        running=sum(look.after.running for look in report.clusters),
        held=sum(look.after.held for look in report.clusters),
        unsized=0,
        vcpu=sum(look.after.vcpu for look in report.clusters),
        memory_gib=sum(look.after.memory_gib for look in report.clusters),
    )
    return UsageSummary(complete=False, reason=OLD_REPORT, total=total, clusters=clusters)
