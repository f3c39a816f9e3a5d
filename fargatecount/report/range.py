"""Report ranges: the document `fargatecount/reconcile-range` version 1, the sums of the reports of a period.

Pure. Keys may be added; none is renamed.
"""

from __future__ import annotations

import msgspec

from fargatecount.refusals.document import RefusedDocument
from fargatecount.report.fold import Folded
from fargatecount.report.peaks import LimitPeak, QuotaPeak, limit_peaks, quota_peaks
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope

SCHEMA = "fargatecount/reconcile-range"
VERSION = 1


class ClusterRange(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster over the reports of a period."""

    cluster: str
    looks: int
    """Reports that read this cluster."""
    unreadable: int
    """Reports that could not."""
    drifted: int
    causes: dict[str, int]
    longest_delay_ms: int | None
    """Of all repairs the longest time from a change to its repair; null where AWS gave no time."""
    readable_last: bool
    reason_last: str | None


class RangeProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What reconciles could not do."""

    problem: str
    reports: int


class RangeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount report --since 7d --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    account: str
    region: str
    since: str
    until: str
    reports: int
    """Without dry runs."""
    dry_runs: int
    incomplete: int
    drifted: int
    causes: dict[str, int]
    clusters: list[ClusterRange]
    problems: list[RangeProblem]
    refused: list[RefusedDocument] | None
    """Null where no report of the period has this key, which does not mean that nothing was refused."""
    quotas: list[QuotaPeak]
    """The highest usage of each quota; empty where no report has quotas."""
    limits: list[LimitPeak]
    calls: dict[str, int]
    throttles: dict[str, int]


def range_document(scope: Scope, folded: Folded, since: Millis, until: Millis) -> RangeDocument:
    """Return the document of the reports from `since` to `until`."""
    return RangeDocument(
        account=scope.account,
        region=scope.region,
        since=to_iso(since),
        until=to_iso(until),
        reports=folded.reports,
        dry_runs=folded.dry_runs,
        incomplete=folded.incomplete,
        drifted=folded.drifted,
        causes=dict(sorted(folded.causes.items())),
        clusters=[
            ClusterRange(
                cluster=name,
                looks=cluster.looks,
                unreadable=cluster.unreadable,
                drifted=cluster.drifted,
                causes=dict(sorted(cluster.causes.items())),
                longest_delay_ms=cluster.longest_delay,
                readable_last=cluster.readable_last,
                reason_last=cluster.reason_last,
            )
            for name, cluster in sorted(folded.clusters.items())
        ],
        problems=[RangeProblem(problem=problem, reports=times) for problem, times in folded.problems],
        refused=None if folded.refused is None else list(folded.refused),
        quotas=quota_peaks(folded.peaks),
        limits=limit_peaks(folded.peaks),
        calls=dict(sorted(folded.calls.items())),
        throttles=dict(sorted(folded.throttles.items())),
    )
