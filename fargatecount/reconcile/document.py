"""A report in JSON: the document `fargatecount/reconcile` version 1, which the store keeps and `reconcile --json` prints.

Pure. Keys may be added; none is renamed. Reports of every released version are decoded by these types: a key that an older version did not
write has a default, and a key of a newer version is ignored. Unset is not null: a brief run did not ask, and null means unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from fargatecount.counts import Counts
from fargatecount.quotas.document import ComparisonDocument, LimitDocument, QuotaDocument
from fargatecount.quotas.headroom_document import SurveyDocument
from fargatecount.reconcile.drift import Repair
from fargatecount.reconcile.report import ClusterReport, Report
from fargatecount.refusals.document import RefusedDocument
from fargatecount.rightsize.document import ReclaimableDocument
from fargatecount.timestamps import to_iso
from fargatecount.usage.cost_document import CostBreakdown
from fargatecount.usage.hanging import HangingSummary
from fargatecount.usage.profile_document import ProfileHeld
from fargatecount.usage.summary_document import UsageSummary

SCHEMA = "fargatecount/reconcile"
VERSION = 1


class HeldTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of one cluster, before or after its reconcile."""

    running: int
    held: int
    vcpu: float
    memory_gib: float


class RepairDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One repair. Cause and phases are text: a report of a newer version may have values that this one does not know."""

    workload: str
    cause: str
    """A value of `Cause`."""
    before: str | None
    """Phase of the row; null where there was no row."""
    after: str
    group: str | None
    changed_at: str | None
    """Start of the missed state, ISO 8601 in UTC; null where AWS does not say."""
    delay_ms: int | None
    """Milliseconds from that moment to the repair."""
    in_flight: bool
    """Whether the change was so recent that its event could still arrive: then it is not drift."""


class ClusterReconciled(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster that the run read."""

    cluster: str
    """Key, such as `ECS-web`."""
    arn: str
    why: str
    """Why the run read this cluster."""
    readable: bool
    reason: str | None
    remedy: str | None
    before: HeldTotals
    after: HeldTotals
    drifted: int
    news: int
    """Changes that are not drift, because no other source reports on this cluster."""
    ahead_of_aws: int
    """Rows that are newer than AWS's answer."""
    unsettled: int
    """Rows too young to conclude anything from AWS not knowing them."""
    withheld: int
    """Removals that wait for a second read."""
    contradictions: list[str]
    """Workloads that AWS shows alive and the ledger knows to have ended."""
    repairs: list[RepairDocument]
    versions_restarted: bool = False
    """The cluster's etcd was restored and counts its versions again: every row was rebuilt."""


class ReconcileDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One report."""

    schema: str = SCHEMA
    version: int = VERSION
    id: str
    account: str
    region: str
    started_at: str
    """ISO 8601 in UTC, as all times here."""
    ended_at: str
    duration_ms: int
    mode: str
    """`full`, or `probe` for a run that read only the clusters whose numbers differ from AWS's."""
    dry_run: bool
    complete: bool
    """Whether every selected cluster was read."""
    drifted: int
    causes: dict[str, int]
    """Repairs by cause, without those in flight."""
    clusters_known: int
    clusters_looked_into: int
    clusters: list[ClusterReconciled]
    not_reached: list[str]
    problems: list[str]
    denied_actions: list[str] = []
    """IAM actions whose refusal is among the problems."""
    calls: dict[str, int]
    """Requests to AWS by operation."""
    throttles: dict[str, int]
    unreadable_clusters: int | UnsetType = UNSET
    """Over the whole scope, as the following keys are. A brief run writes only this one of them."""
    refused: list[RefusedDocument] | UnsetType = UNSET
    """Launches that AWS refused within the last hour."""
    quotas: list[QuotaDocument] | UnsetType = UNSET
    limits: list[LimitDocument] | UnsetType = UNSET
    witness: list[ComparisonDocument] | UnsetType = UNSET
    """The AWS/Usage metrics beside the same numbers of the ledger."""
    cost: CostBreakdown | UnsetType = UNSET
    headroom: SurveyDocument | UnsetType | None = UNSET
    """Null where a recent run has already asked: it takes a call for ten services."""
    reclaimable: ReclaimableDocument | UnsetType | None = UNSET
    """What smaller sizes would free; null where a run of the last half day has found it out."""
    profiles: list[ProfileHeld] | UnsetType | None = UNSET
    """Fargate profiles with held pods; null where this run read no rows."""
    usage: UsageSummary | UnsetType = UNSET
    hanging: HangingSummary | UnsetType = UNSET
    """Workloads of readable clusters that have been pending or stopping for too long."""


def reconcile_document(report: Report) -> ReconcileDocument:
    """Return a report as it stands in JSON, without the state of the whole scope."""
    return ReconcileDocument(
        id=report.id,
        account=report.scope.account,
        region=report.scope.region,
        started_at=to_iso(report.started_at),
        ended_at=to_iso(report.ended_at),
        duration_ms=report.ended_at - report.started_at,
        mode="full" if report.full else "probe",
        dry_run=report.dry_run,
        complete=report.complete,
        drifted=report.drifted,
        causes=_causes(report.looked),
        clusters_known=report.known,
        clusters_looked_into=len(report.looked),
        clusters=[_cluster(cluster) for cluster in report.looked],
        not_reached=[cluster.key for cluster in report.not_reached],
        problems=list(report.problems),
        denied_actions=list(report.denied_actions),
        calls=dict(sorted(report.calls.items())),
        throttles=dict(sorted(report.throttles.items())),
    )


def _causes(clusters: Sequence[ClusterReport]) -> dict[str, int]:
    causes = Counter(str(repair.cause) for cluster in clusters for repair in cluster.repairs if not repair.in_flight)
    return dict(sorted(causes.items()))


def _cluster(report: ClusterReport) -> ClusterReconciled:
    return ClusterReconciled(
        cluster=report.cluster.key,
        arn=report.cluster.arn,
        why=report.why,
        readable=report.readable,
        reason=report.reason or None,
        remedy=report.remedy or None,
        before=_totals(report.before),
        after=_totals(report.after),
        drifted=report.drifted,
        news=report.unreported,
        ahead_of_aws=report.newer_than_aws,
        unsettled=report.unsettled,
        withheld=report.withheld,
        contradictions=list(report.contradictions),
        repairs=[_repair(repair) for repair in report.repairs],
        versions_restarted=report.versions_restarted,
    )


def _totals(counts: Counts) -> HeldTotals:
    held = counts.held
    return HeldTotals(running=counts.running.count, held=held.count, vcpu=held.vcpu, memory_gib=held.gib)


def _repair(repair: Repair) -> RepairDocument:
    return RepairDocument(
        workload=repair.workload_id,
        cause=str(repair.cause),
        before=str(repair.before) if repair.before else None,
        after=str(repair.after),
        group=repair.group,
        changed_at=to_iso(repair.changed_at),
        delay_ms=repair.delay_ms,
        in_flight=repair.in_flight,
    )
