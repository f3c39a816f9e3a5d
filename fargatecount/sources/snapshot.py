"""Snapshot: one complete read of a cluster; a read that could not be finished is no snapshot.

Every source returns snapshots, and the rows of a reconcile, of a rebuild and of a count without a ledger follow from them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.refusals.refusal import Refusal
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase, Transition


class Statistics(msgspec.Struct, frozen=True):
    """AWS's own numbers of a cluster, without a list of its tasks."""

    running: int = 0
    pending: int = 0
    deleted: bool = False
    """Whether AWS reports that the cluster does not exist any more."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One complete read of a cluster."""

    cluster: Cluster
    requested_at: Millis
    """The moment before the first request."""
    observations: Sequence[Observation]
    """Every workload that AWS described."""
    missing: Collection[str] = ()
    """Workloads that were described by id and that AWS does not know (ECS)."""
    absent_below: tuple[int, int] | None = None
    """(epoch, version) of a complete single-version list (EKS): a workload that it lacks is gone, if its row is older."""
    changed_at: Mapping[str, Millis] = {}
    """When each described workload last changed, where AWS reports it."""
    transitions: Mapping[str, Transition] = {}
    """Workloads that are pending or stopping: since when, and why."""
    refused: Sequence[Refusal] = ()
    """Pods that Fargate does not take, with the reason; refused ECS tasks arrive as events."""
    versions_restarted: bool = False
    """Whether the list is older than rows from before it (EKS): etcd was restored, and a new epoch begins."""
    families: Mapping[str, str] = {}
    """The task definition family of each described ECS task."""


def snapshot_of_deleted(cluster: Cluster, rows: Mapping[str, Row], asked_at: Millis) -> Snapshot:
    """Return the snapshot of a deleted cluster: AWS knows none of its workloads."""
    if cluster.kind is Kind.EKS:
        # An EKS cluster is deleted only after its Fargate profiles, and these after their pods
        # (https://docs.aws.amazon.com/eks/latest/userguide/delete-cluster.html): every cluster of this name
        # that was created before this second is gone with all its pods. One that is created from now on has a higher epoch.
        return Snapshot(cluster=cluster, requested_at=asked_at, observations=(), absent_below=(asked_at // 1000, 0))
    return Snapshot(
        cluster=cluster,
        requested_at=asked_at,
        observations=(),
        missing=[workload_id for workload_id, row in rows.items() if row.phase is not Phase.GONE],
    )
