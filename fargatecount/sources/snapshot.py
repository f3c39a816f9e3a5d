"""View: what one complete look at a cluster has shown; one that could not be finished is none.

Whatever asks AWS returns it, and from it follow the rows of a reconcile, of a rebuild, and of a count without a ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.refusals.refusal import Refusal
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase


class Statistics(msgspec.Struct, frozen=True):
    """What AWS says of a cluster without being asked for its tasks."""

    running: int = 0
    pending: int = 0
    deleted: bool = False
    """AWS says that there is no such cluster any more."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at a cluster has shown."""

    cluster: Cluster
    requested_at: Millis
    """The moment before the first question."""
    observations: Sequence[Observation]
    """Every workload that AWS described."""
    missing: Collection[str] = ()
    """Workloads that were asked for by id and that AWS does not know (ECS)."""
    absent_below: tuple[int, int] | None = None
    """(epoch, version) of a complete single-version list (EKS): what it lacks is gone, if its row is older."""
    changed_at: Mapping[str, Millis] = {}
    """When each described workload last changed, as far as AWS says."""
    refused: Sequence[Refusal] = ()
    """Pods that AWS does not take, and why; ECS tells of tasks by events."""
    versions_restarted: bool = False
    """The list is older than rows that were there before it (EKS): etcd was restored, and a new epoch begins."""
    families: Mapping[str, str] = {}
    """The task definition family of each described ECS task."""


def snapshot_of_deleted(cluster: Cluster, rows: Mapping[str, Row], asked_at: Millis) -> Snapshot:
    """Return the view of a cluster of which AWS says that it is deleted: it knows none of its workloads."""
    if cluster.kind is Kind.EKS:
        # An EKS cluster is deleted only after its Fargate profiles, and these after their pods
        # (https://docs.aws.amazon.com/eks/latest/userguide/delete-cluster.html): whatever was created under this name before this second
        # is gone with all its pods. A cluster of the same name that is created from now on has a higher epoch.
        return Snapshot(cluster=cluster, requested_at=asked_at, observations=(), absent_below=(asked_at // 1000, 0))
    return Snapshot(
        cluster=cluster,
        requested_at=asked_at,
        observations=(),
        missing=[workload_id for workload_id, row in rows.items() if row.phase is not Phase.GONE],
    )
