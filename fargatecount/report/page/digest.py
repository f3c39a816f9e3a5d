"""Digest: what the page takes from the kept reports, read one by one and not kept.

Pure. A report of an older version, which does not say what every cluster held, still tells of those that it looked into.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.reconcile.drift import COUNTED
from fargatecount.report.episodes import Entry, entries_of, episodes
from fargatecount.report.page.history import Sample, TimeLevel
from fargatecount.timestamps import parse_millis

MAX_REPAIRS = 500
"""Rows of the drift table: as many as somebody scrolls through. The causes count them all, and the page says how many it leaves out."""


OLD_REPORT = "this report is of a version that told only of the clusters it had looked into"


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """One repair, as a row of the drift table."""

    report: str
    at: str
    """When the reconcile that found it began."""
    cluster: str
    workload: str
    group: str | None
    cause: str
    before: str | None
    after: str
    delay_ms: int | None
    in_flight: bool


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one report adds."""

    dry_run: bool
    complete: bool = True
    sample: Sample | None = None
    repairs: Sequence[Repaired] = ()
    problems: Sequence[str] = ()
    refused: Sequence[Entry] = ()
    headroom: DeploymentRow | None = None


class DeploymentRow(msgspec.Struct, frozen=True):
    """What a report says of deployments that would not fit."""

    at: str
    said: Mapping[str, Any]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What reconciles had to repair in the period."""

    repaired: int = 0
    """Repairs that put a wrong counter right."""
    causes: Mapping[str, int] = {}
    rows: Sequence[Repaired] = ()
    """Drift before what was in flight, of each the newest first."""
    left_out: int = 0


class ReportProblem(msgspec.Struct, frozen=True):
    """What reconciles could not do."""

    problem: str
    reports: int


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What the reports of a period come to."""

    reports: int = 0
    dry_runs: int = 0
    incomplete: int = 0
    drift: Drift = Drift()
    problems: Sequence[ReportProblem] = ()
    samples: Sequence[Sample] = ()
    refused: Sequence[Entry] = ()
    """The last episode first."""
    headroom: DeploymentRow | None = None
    """The newest word; not each report has one."""


def part(report: Mapping[str, Any]) -> Part:
    """Return what one report adds; of a dry run nothing but that it was one: the next run saw the same again."""
    if report["dry_run"]:
        return Part(dry_run=True)
    return Part(
        dry_run=False,
        complete=report["complete"],
        sample=_sample(report),
        repairs=[_repaired(report, look["cluster"], repair) for look in report["clusters"] for repair in look["repairs"]],
        problems=report["problems"],
        refused=entries_of(report),
        headroom=DeploymentRow(report["ended_at"], report["headroom"]) if isinstance(report.get("headroom"), Mapping) else None,
    )


def digest(parts: Iterable[Part]) -> Digest:
    """Return what all parts, oldest first, come to."""
    every = list(parts)
    real = [one for one in every if not one.dry_run]
    problems = Counter(problem for one in real for problem in one.problems)
    return Digest(
        reports=len(real),
        dry_runs=len(every) - len(real),
        incomplete=sum(not one.complete for one in real),
        drift=_drift([repair for one in real for repair in one.repairs]),
        problems=[ReportProblem(problem, times) for problem, times in problems.most_common()],
        samples=[one.sample for one in real if one.sample is not None],
        refused=episodes(one.refused for one in real),
        headroom=next((one.headroom for one in reversed(real) if one.headroom is not None), None),
    )


def _drift(repairs: Sequence[Repaired]) -> Drift:
    newest_first = repairs[::-1]
    causes = Counter(repair.cause for repair in repairs if not repair.in_flight)
    return Drift(
        repaired=sum(number for cause, number in causes.items() if cause in COUNTED),
        causes=dict(causes.most_common()),
        # What was in flight is no drift: a storm of it must not push out of the table what is.
        rows=sorted(newest_first, key=lambda repair: repair.in_flight)[:MAX_REPAIRS],
        left_out=max(len(repairs) - MAX_REPAIRS, 0),
    )


def _sample(report: Mapping[str, Any]) -> Sample | None:
    at = parse_millis(report["ended_at"])
    if at is None:
        return None
    sample = sample_of(usage_of(report), at)
    return sample if "usage" in report else msgspec.structs.replace(sample, existing=None)


def usage_of(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a report says of its scope, in the shape of `usage.brief`."""
    if "usage" in report:
        usage: Mapping[str, Any] = report["usage"]
        return usage
    clusters = [
        {
            **{name: look[name] for name in ("cluster", "readable", "reason", "remedy")},
            **look["after"],
            "unsized": 0,
            "counts_as_of": report["ended_at"] if look["readable"] else None,
            "by_capacity": None,
        }
        for look in report["clusters"]
    ]
    total = {name: sum(cluster[name] for cluster in clusters) for name in ("running", "held", "unsized", "vcpu", "memory_gib")}
    return {"complete": False, "reason": OLD_REPORT, "total": total, "clusters": clusters}


def sample_of(usage: Mapping[str, Any], at: int) -> Sample:
    """Return what a scope of the shape `fargatecount/usage` says of a moment; a cluster of which nothing is known has no level."""
    levels = {
        cluster["cluster"]: TimeLevel(cluster["running"], cluster["vcpu"], cluster["readable"])
        for cluster in usage["clusters"]
        if cluster["running"] is not None
    }
    return Sample(at=at, levels=levels, existing=frozenset(cluster["cluster"] for cluster in usage["clusters"]))


def _repaired(report: Mapping[str, Any], cluster: str, repair: Mapping[str, Any]) -> Repaired:
    return Repaired(
        report=report["id"],
        at=report["started_at"],
        cluster=cluster,
        **{name: repair[name] for name in ("workload", "group", "cause", "before", "after", "delay_ms", "in_flight")},
    )
