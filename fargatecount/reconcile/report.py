"""The report of one reconcile: what was looked at, what had drifted and why, what it cost, what is not known.

Pure. Promises of the shape `fargatecount/reconcile` version 1: keys may be added, none is renamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from fargatecount.counts import Counts
from fargatecount.errors import MisconfiguredError
from fargatecount.reconcile.drift import COUNTED, Repair
from fargatecount.refusals.refusal import Refusal
from fargatecount.timestamps import to_iso
from fargatecount.workload import Cluster, Millis, Scope

SCHEMA = "fargatecount/reconcile"
VERSION = 1


class ClusterReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one run found in one cluster."""

    cluster: Cluster
    why: str
    """Why it was looked into."""
    readable: bool = True
    reason: str = ""
    remedy: str = ""
    before: Counts = Counts()
    after: Counts = Counts()
    repairs: Sequence[Repair] = ()
    unreported: int = 0
    """Changes that were no repairs, because nobody else tells of this cluster."""
    newer_than_aws: int = 0
    unsettled: int = 0
    withheld: int = 0
    contradictions: Sequence[str] = ()
    refused: Sequence[Refusal] = ()
    """What AWS does not take there now."""

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(1 for repair in self.repairs if repair.cause in COUNTED and not repair.in_flight)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One reconcile."""

    id: str
    scope: Scope
    started_at: Millis
    ended_at: Millis
    full: bool
    dry_run: bool
    known: int
    """Clusters that exist, as far as could be seen."""
    looked: Sequence[ClusterReport]
    not_reached: Sequence[Cluster] = ()
    """Picked, and left for the next run because time was up: it begins with them."""
    problems: Sequence[str] = ()
    """What could not be done at all, such as listing the clusters of a kind."""
    denied_actions: Sequence[str] = ()
    """IAM actions whose refusal is among the `problems`."""
    calls: Mapping[str, int] = {}
    throttles: Mapping[str, int] = {}
    extra: Mapping[str, Any] = {}
    """Quotas, witness, cost: documents of their own modules."""

    @property
    def complete(self) -> bool:
        """Whether everything that was to be looked into could be."""
        return not self.problems and not self.not_reached and all(cluster.readable for cluster in self.looked)

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(cluster.drifted for cluster in self.looked)

    @property
    def is_routine(self) -> bool:
        """Whether nothing was wrong in any cluster; what could not be read or reached is told by the clusters themselves."""
        return not any(c.repairs or c.contradictions or c.withheld for c in self.looked)


class ReportStore(Protocol):
    """Where reports are kept."""

    def keep(self, report: dict[str, Any]) -> str:
        """Keep a report; return where."""
        ...

    def ids(self, scope: Scope, since: Millis | None = None) -> Sequence[str]:
        """Return the ids of the kept reports, oldest first."""
        ...

    def read(self, scope: Scope, report_id: str) -> dict[str, Any]:
        """Return one report; raises MisconfiguredError where there is none of that id."""
        ...

    def read_many(self, scope: Scope, report_ids: Sequence[str]) -> Iterable[dict[str, Any]]:
        """Return many reports, in the order asked; raises as `read` does."""
        ...


def no_such_report(report_id: str) -> MisconfiguredError:
    """Return the error for an id of which no report is kept."""
    return MisconfiguredError(f"no report {report_id!r} is kept", remedy="reports expire; see which there are: fargatecount report list")


def report_id(started_at: Millis) -> str:
    """Return an id that sorts by time, such as `2026-10-01T120031.250Z`; a lease keeps two runs of a scope apart."""
    return f"{to_iso(started_at)}".removesuffix("Z").replace(":", "") + f".{started_at % 1000:03d}Z"


def document(report: Report) -> dict[str, Any]:
    """Return the report, ready for JSON."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "id": report.id,
        "account": report.scope.account,
        "region": report.scope.region,
        "started_at": to_iso(report.started_at),
        "ended_at": to_iso(report.ended_at),
        "duration_ms": report.ended_at - report.started_at,
        "mode": "full" if report.full else "probe",
        "dry_run": report.dry_run,
        "complete": report.complete,
        "drifted": report.drifted,
        "causes": _causes(report.looked),
        "clusters_known": report.known,
        "clusters_looked_into": len(report.looked),
        "clusters": [_cluster(cluster) for cluster in report.looked],
        "not_reached": [cluster.key for cluster in report.not_reached],
        "problems": list(report.problems),
        "denied_actions": list(report.denied_actions),
        "calls": dict(sorted(report.calls.items())),
        "throttles": dict(sorted(report.throttles.items())),
        **report.extra,
    }


def _causes(clusters: Sequence[ClusterReport]) -> dict[str, int]:
    causes = Counter(str(repair.cause) for cluster in clusters for repair in cluster.repairs if not repair.in_flight)
    return dict(sorted(causes.items()))


def _cluster(report: ClusterReport) -> dict[str, Any]:
    return {
        "cluster": report.cluster.key,
        "arn": report.cluster.arn,
        "why": report.why,
        "readable": report.readable,
        "reason": report.reason or None,
        "remedy": report.remedy or None,
        "before": _counts(report.before),
        "after": _counts(report.after),
        "drifted": report.drifted,
        "news": report.unreported,
        "ahead_of_aws": report.newer_than_aws,
        "unsettled": report.unsettled,
        "withheld": report.withheld,
        "contradictions": list(report.contradictions),
        "repairs": [_repair(repair) for repair in report.repairs],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    held = counts.held
    return {"running": counts.running.count, "held": held.count, "vcpu": held.vcpu, "memory_gib": held.gib}


def _repair(repair: Repair) -> dict[str, Any]:
    return {
        "workload": repair.workload_id,
        "cause": str(repair.cause),
        "before": str(repair.before) if repair.before else None,
        "after": str(repair.after),
        "group": repair.group,
        "changed_at": to_iso(repair.changed_at),
        "delay_ms": repair.delay_ms,
        "in_flight": repair.in_flight,
    }
