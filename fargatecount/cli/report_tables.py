"""Tables of one report of the reconciler: the clusters with differences, the causes, and the calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from msgspec import UnsetType

from fargatecount.cli import output, refusals
from fargatecount.cli.hanging_table import hanging_table, headline
from fargatecount.quotas.headroom_document import SurveyDocument
from fargatecount.reconcile.document import ClusterReconciled, ReconcileDocument, RepairDocument

HELD = ("running", "held", "vcpu", "memory_gib")
"""CSV has these columns twice, before and after."""


def show(report: ReconcileDocument, *, wide: bool) -> None:
    """Print a report for people; `wide` lists every cluster and every repair."""
    clusters = [cluster for cluster in report.clusters if wide or _notable(cluster)]
    if clusters:
        title = f"{report.account} {report.region}"
        columns = ["CLUSTER", "HELD BEFORE", "HELD AFTER", "DRIFT", "CAUSES", *(["WHY"] if wide else []), "STATE"]
        output.show(output.table(title, columns, [_cells(cluster, wide=wide) for cluster in clusters]))
    if wide:
        repairs = [(cluster.cluster, repair) for cluster in report.clusters for repair in cluster.repairs]
        if repairs:
            columns = ["CLUSTER", "WORKLOAD", "GROUP", "BEFORE", "AFTER", "SINCE", "CAUSE"]
            output.show(output.table("Repairs", columns, [_repair(cluster, repair) for cluster, repair in repairs]))
    if report.refused:
        output.show(refusals.refusal_table(report.refused))
    if report.hanging and report.hanging.count:
        output.show(hanging_table(report.hanging))
    for line in summary(report):
        click.echo(line)


def summary(report: ReconcileDocument) -> list[str]:
    """Return the summary of a report in a few lines."""
    took = output.number(report.duration_ms / 1000)
    would = "would be repaired" if report.dry_run else "repaired"
    what = "dry run" if report.dry_run else "full pass" if report.mode == "full" else report.mode
    lines = [f"{report.started_at}, {what}: {report.clusters_looked_into} of {report.clusters_known} clusters looked into in {took} s."]
    lines.append(f"Drift: {report.drifted} {would}." if report.drifted else "No drift.")
    if report.causes:
        lines.append(f"  causes: {counted(report.causes)}")
    if not isinstance(report.refused, UnsetType):
        lines.append(f"{refusals.headline(report.refused)}.")
    if report.hanging:
        lines.append(f"{headline(report.hanging)}.")
    if report.headroom:
        lines.append(_headroom(report.headroom))
    calls = sum(report.calls.values())
    throttled = sum(report.throttles.values())
    lines.append(
        f"{output.amount(calls, 'call')} ({counted(report.calls) or 'none'})" + (f", {throttled} of them throttled." if throttled else ".")
    )
    return lines


def _headroom(found: SurveyDocument) -> str:
    number = found.without_headroom
    names = ", ".join(f"{one.cluster}/{one.service}" for one in found.which)
    if number is None:
        why = "; ".join(found.problems) or "the quota is not known"
        return output.plain(f"Headroom: not known ({why})" + (f"; would not fit: {names}." if names else "."))
    if not found.services:
        return "Headroom: no ECS service runs on Fargate."
    if not number:
        which = "whose next deployment" if found.services == 1 else "the next deployment of each"
        return f"Headroom: {output.amount(found.services, 'service')}, {which} would fit."
    more = " and others" if number > len(found.which) else ""
    return output.plain(
        f"Headroom: the next deployment of {number} of {output.amount(found.services, 'service')} would not fit: {names}{more}."
    )


def warn(report: ReconcileDocument) -> None:
    """Write a warning to stderr for everything that is unknown in the report."""
    for problem in report.problems:
        output.warn(problem)
    for cluster in report.clusters:
        if not cluster.readable:
            remedy = f"; {cluster.remedy}" if cluster.remedy else ""
            output.warn(f"{cluster.cluster} is unreadable: {cluster.reason}{remedy}")
    if report.not_reached:
        output.warn(f"time was up before {', '.join(report.not_reached)}: the next run begins with them")


def counted(counts: Mapping[str, int]) -> str:
    """Return `missed start 3, missed stop 2`."""
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def flat(report: ReconcileDocument, cluster: ClusterReconciled) -> dict[str, Any]:
    """Return one cluster of a report as a row of CSV."""
    both = (("before", cluster.before), ("after", cluster.after))
    return {
        "report": report.id,
        "account": report.account,
        "region": report.region,
        "cluster": cluster.cluster,
        "why": cluster.why,
        "readable": cluster.readable,
        "reason": cluster.reason,
        **{f"{name}_{when}": getattr(held, name) for when, held in both for name in HELD},
        "drifted": cluster.drifted,
        "causes": counted(_causes(cluster)),
        "ahead_of_aws": cluster.ahead_of_aws,
        "unsettled": cluster.unsettled,
        "withheld": cluster.withheld,
    }


def _notable(cluster: ClusterReconciled) -> bool:
    return bool(cluster.repairs or not cluster.readable or cluster.withheld or cluster.contradictions or cluster.versions_restarted)


def _causes(cluster: ClusterReconciled) -> dict[str, int]:
    causes: dict[str, int] = {}
    for repair in cluster.repairs:
        name = repair.cause + (" (in flight)" if repair.in_flight else "")
        causes[name] = causes.get(name, 0) + 1
    return dict(sorted(causes.items()))


def _cells(cluster: ClusterReconciled, *, wide: bool) -> list[str]:
    return [
        cluster.cluster,
        output.number(cluster.before.held),
        output.number(cluster.after.held),
        output.number(cluster.drifted),
        counted(_causes(cluster)) or "-",
        *([cluster.why] if wide else []),
        output.state(readable=cluster.readable, reason=cluster.reason),
    ]


def _repair(cluster: str, repair: RepairDocument) -> list[str]:
    cause = repair.cause + (" (in flight)" if repair.in_flight else "")
    return [
        cluster,
        repair.workload,
        repair.group or "-",
        repair.before or "-",
        repair.after,
        repair.changed_at or "-",
        cause,
    ]
