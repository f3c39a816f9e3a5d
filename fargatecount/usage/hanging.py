"""Hanging: workloads that have been pending or stopping for longer than a setting.

Pure. They stay held: whether AWS goes on charging for them, and counts them towards the quota, is not known here. Their ages come from the
rows; a reason that the workload's own object gives comes from the last read of its cluster, where there was one. A row of an unreadable
cluster is old and proves nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fargatecount.group import WorkloadGroup
from fargatecount.ledger.row import Row
from fargatecount.timestamps import MINUTE, to_iso
from fargatecount.workload import Cluster, Kind, Millis, Phase, Transition, WorkloadKey

HANGING_AFTER: Millis = 30 * MINUTE
"""The default of the setting `hangingMinutes`. Fargate takes about a minute for a task or a node, the largest images take minutes to
pull, and a task has at most two minutes to stop (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html)."""
MOVING = (Phase.PENDING, Phase.STOPPING)
"""The phases that a workload leaves by itself, unless it hangs."""
MAX_LISTED = 100
"""Workloads that are listed, the longest first: a service that cannot start may have thousands."""
REASONS = {
    (Kind.ECS, Phase.PENDING): "the task has not started",
    (Kind.ECS, Phase.STOPPING): "the task has not stopped",
    (Kind.EKS, Phase.PENDING): "the pod has no running container",
    (Kind.EKS, Phase.STOPPING): "the pod is marked for deletion, and its object still exists",
}


class HangingWorkload(msgspec.Struct, frozen=True, kw_only=True):
    """One workload that hangs."""

    key: WorkloadKey
    group: str | None
    phase: Phase
    """PENDING or STOPPING."""
    since: Millis
    """When it entered this phase, or the first time it was seen in it."""
    reason: str


class HangingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One workload that hangs, in JSON."""

    cluster: str
    """Key, such as `ECS-web`."""
    workload: str
    """ECS task id or pod uid."""
    group: str | None
    phase: Phase
    since: str
    """ISO 8601 in UTC."""
    minutes: int
    """How long it has been in this phase."""
    reason: str
    remedy: str


class HangingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """All workloads that hang."""

    after_minutes: int
    """The setting: how long a workload may be pending or stopping."""
    count: int
    which: list[HangingDocument]
    """The longest first, at most 100."""


def hanging_workloads(
    rows: Iterable[tuple[WorkloadKey, Row]], now: Millis, *, after: Millis, known: Mapping[WorkloadKey, Transition]
) -> Sequence[HangingWorkload]:
    """Return the workloads among `rows` that hang at `now`, the longest first; `known` is what was read of their own objects."""
    found = []
    for key, row in rows:
        if row.phase not in MOVING:
            continue
        transition = known.get(key, Transition())
        since = transition.since or (row.facts.created_at if row.phase is Phase.PENDING else None) or row.observed_at
        if now - since >= after:
            reason = transition.reason or REASONS[key.cluster.kind, row.phase]
            found.append(HangingWorkload(key=key, group=row.facts.group, phase=row.phase, since=since, reason=reason))
    return sorted(found, key=lambda one: (one.since, one.key))


def hanging_summary(found: Sequence[HangingWorkload], now: Millis, *, after: Millis) -> HangingSummary:
    """Return the workloads that hang as they stand in JSON."""
    which = [
        HangingDocument(
            cluster=one.key.cluster.key,
            workload=one.key.workload_id,
            group=one.group,
            phase=one.phase,
            since=to_iso(one.since),
            minutes=(now - one.since) // MINUTE,
            reason=one.reason,
            remedy=remedy(one.key.cluster, one.key.workload_id, one.phase, one.group),
        )
        for one in found[:MAX_LISTED]
    ]
    return HangingSummary(after_minutes=after // MINUTE, count=len(found), which=which)


def remedy(cluster: Cluster, workload_id: str, phase: Phase, group: str | None) -> str:
    """Return what to do about a workload that hangs, with the command that shows more."""
    region = cluster.scope.region
    if cluster.kind is Kind.ECS:
        look = f"aws ecs describe-tasks --cluster {shlex.quote(cluster.name)} --tasks {shlex.quote(workload_id)} --region {region}"
        if phase is Phase.PENDING:
            return f"see why, and correct its image, secrets or network, or stop it: {look}"
        return f"if AWS shows it too, and its network interface still exists, open a case with AWS Support: {look}"
    namespace = shlex.quote(WorkloadGroup.parse(group or "", cluster.kind).namespace or "default")
    if phase is Phase.PENDING:
        return f"see why, and correct its image, secrets or volumes, or delete it: kubectl get events -n {namespace}"
    return f"see its finalizers, and let their controller end or remove them: kubectl get pods -n {namespace} -o yaml"
