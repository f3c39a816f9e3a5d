"""The snapshot of a cluster that AWS has deleted."""

from __future__ import annotations

from fargatecount.reconcile.plan import plan
from fargatecount.sources.snapshot import snapshot_of_deleted
from fargatecount.workload import Phase
from tests.support.builders import NOW, PODS, WEB, row
from tests.support.planning import LONG_AGO


def test_a_deleted_eks_cluster_has_no_pods() -> None:
    """EKS deletes a cluster only after its pods, so even the youngest row ends at once."""
    rows = {"p1": row(version=9_000, epoch=NOW // 1000 - 60, written_at=NOW)}
    view = snapshot_of_deleted(PODS, rows, NOW)
    assert [seen.workload_id for seen in plan(rows, view).observations] == ["p1"]


def test_a_deleted_eks_cluster_leaves_its_successor_alone() -> None:
    """A pod of a cluster that was created later under the same name stays."""
    rows = {"p1": row(version=3, epoch=NOW // 1000 + 1)}
    assert plan(rows, snapshot_of_deleted(PODS, rows, NOW)).observations == []


def test_a_deleted_cluster_has_nothing_left() -> None:
    """AWS knows no task of a deleted cluster."""
    rows = {"t1": row(written_at=LONG_AGO), "t2": row(Phase.GONE, written_at=LONG_AGO)}
    decided = plan(rows, snapshot_of_deleted(WEB, rows, NOW), confirmed=True)
    assert [seen.workload_id for seen in decided.observations] == ["t1"]
