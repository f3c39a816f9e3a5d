"""Report lists: the document `fargatecount/reports` version 1, one row for each kept report.

Pure. Keys may be added; none is renamed.
"""

from __future__ import annotations

import msgspec

from fargatecount.reconcile.document import ReconcileDocument

SCHEMA = "fargatecount/reports"
VERSION = 1


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One report in short."""

    id: str
    mode: str
    dry_run: bool
    complete: bool
    clusters_known: int
    clusters_looked_into: int
    drifted: int
    causes: dict[str, int]
    duration_ms: int
    unreadable: int
    """Clusters of this run that could not be read."""
    calls: int
    throttles: int


class ReportsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount report list --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    reports: list[ReportRow]
    """Oldest first."""


def report_row(report: ReconcileDocument) -> ReportRow:
    """Return one report in short."""
    return ReportRow(
        id=report.id,
        mode=report.mode,
        dry_run=report.dry_run,
        complete=report.complete,
        clusters_known=report.clusters_known,
        clusters_looked_into=report.clusters_looked_into,
        drifted=report.drifted,
        causes=report.causes,
        duration_ms=report.duration_ms,
        unreadable=sum(not cluster.readable for cluster in report.clusters),
        calls=sum(report.calls.values()),
        throttles=sum(report.throttles.values()),
    )
