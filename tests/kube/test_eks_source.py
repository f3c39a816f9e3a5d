"""EKS clusters reconciled by listing their pods, on simulated API servers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import RECONCILER
from fargatecount.reconcile.cluster import RETIRE_AFTER
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Phase
from tests.kube.eks_account import EksAccount, run_pods
from tests.support.builders import MINUTE, SCOPE


def test_pods_are_counted_without_a_watcher(account: EksAccount) -> None:
    """A list brings waiting, pending, running and completed pods, each in its phase."""
    plane = account.create("web")
    run_pods(plane, "a", "b", "done")
    plane.driver.complete("done")
    plane.driver.create("waits")
    plane.driver.create("bound")
    plane.driver.bind("bound")
    account.reconcile()
    phases = (Phase.RUNNING, Phase.COMPLETED, Phase.PENDING, Phase.WAITING)
    assert [account.count("web", phase) for phase in phases] == [2, 1, 1, 1]
    assert account.verdict("web").readable


def test_a_pod_of_two_containers_is_one(account: EksAccount) -> None:
    """A pod is one workload, whatever the number of its containers."""
    plane = account.create("web")
    pod: dict[str, Any] = {
        "metadata": {"name": "two"},
        "spec": {"schedulerName": "fargate-scheduler", "containers": [{"name": "app"}, {"name": "log"}]},
    }
    plane.driver.request("POST", "/api/v1/namespaces/default/pods", pod)
    plane.driver.bind("two")
    account.reconcile()
    assert account.count("web") == 1


def test_a_completed_pod_is_held_until_it_is_deleted(account: EksAccount) -> None:
    """A completed pod is held as long as its object exists."""
    plane = account.create("web")
    run_pods(plane, "job")
    plane.driver.complete("job")
    account.reconcile()
    assert account.count("web") == 1
    plane.driver.delete("job")
    account.reconcile()
    assert account.count("web") == 0


def test_changes_between_two_lists_are_not_drift(account: EksAccount) -> None:
    """Without a watcher, all changes between two lists are recorded at once, even the end of all pods, and none is a repair."""
    plane = account.create("web")
    run_pods(plane, *(f"job-{i}" for i in range(6)))
    account.reconcile()
    for i in range(6):
        plane.driver.delete(f"job-{i}")
    report = account.reconcile()
    assert (account.count("web"), report.drifted, [cluster.unreported for cluster in report.looked]) == (0, 0, [6])
    assert report.is_routine


def test_what_a_watcher_has_missed_is_drift(account: EksAccount) -> None:
    """A pod that a fresh watcher has missed is drift."""
    plane = account.create("web")
    account.heartbeat("web")
    run_pods(plane, "lost")
    account.clock.advance(MINUTE)
    report = account.reconcile(in_flight=0)
    assert (account.count("web"), report.drifted, report.is_routine) == (1, 1, False)


def test_a_cluster_without_permission_is_unreadable_with_the_command(account: EksAccount) -> None:
    """A denied cluster keeps its last known counts, and its remedy is the command with the cluster's name."""
    plane = account.create("web")
    run_pods(plane, "a")
    account.reconcile()
    account.unenroll("web")
    account.reconcile()
    verdict = account.verdict("web")
    assert (verdict.readable, account.count("web")) == (False, 1)
    assert "fargatecount eks enroll web" in str(verdict.remedy)
    account.enroll("web")
    account.reconcile()
    assert account.verdict("web").readable


def test_a_cluster_that_was_never_readable_has_no_number(account: EksAccount) -> None:
    """A cluster that was never readable has no number, not even 0."""
    account.create("web")
    account.unenroll("web")
    account.reconcile()
    (usage,) = scope_usage(account.ledger, SCOPE, account.clock.now()).clusters
    assert (usage.counts, usage.verdict.readable) == (None, False)
    account.enroll("web")
    account.reconcile()
    (usage,) = scope_usage(account.ledger, SCOPE, account.clock.now()).clusters
    assert (usage.counts, usage.verdict.readable) == (Counts(), True)


def test_a_cluster_without_permission_stops_no_other(account: EksAccount) -> None:
    """A denied cluster does not affect the counts of the others."""
    run_pods(account.create("api"), "a")
    run_pods(account.create("web"), "b")
    account.unenroll("api")
    report = account.reconcile()
    assert (account.count("api"), account.count("web")) == (0, 1)
    assert [(cluster.cluster.name, cluster.readable) for cluster in report.looked] == [("api", False), ("web", True)]


@pytest.mark.parametrize("operation", ["has_profiles", "describe"])
def test_a_cluster_that_eks_does_not_describe_is_unreadable(account: EksAccount, operation: str) -> None:
    """A cluster that EKS cannot describe is included as unreadable."""
    account.create("web")
    account.eks.refused.add((operation, "web"))
    account.reconcile()
    assert account.verdict("web").reason == f"{operation} web: refused"


def test_clusters_that_cannot_be_listed_are_a_problem(account: EksAccount) -> None:
    """A list of clusters that fails is in the report, and the known clusters are read."""
    run_pods(account.create("web"), "a")
    account.reconcile()
    account.eks.refused.add(("names", ""))
    report = account.reconcile()
    assert len(report.problems) == 1
    assert account.verdict("web").readable


def test_a_private_endpoint_out_of_reach_names_both_ways_in(account: EksAccount) -> None:
    """The remedy for a private endpoint names a watcher inside, and the function inside the VPC."""
    plane = account.create("web", private=True)
    plane.api.stop()
    account.reconcile()
    verdict = account.verdict("web")
    assert not verdict.readable
    assert "watcher" in str(verdict.remedy)
    assert "vpcSubnetIds" in str(verdict.remedy)


def test_a_cluster_without_profiles_is_not_read(account: EksAccount) -> None:
    """A cluster without profiles is not read, and not registered."""
    account.create("nodes", profile=False)
    report = account.reconcile()
    assert (report.known, account.eks.connected) == (0, [])


def test_a_cluster_that_loses_its_profiles_is_read_until_it_is_empty(account: EksAccount) -> None:
    """A cluster without profiles is read until the ledger has no pods of it."""
    plane = account.create("web")
    run_pods(plane, "a")
    account.reconcile()
    account.eks.with_profiles.clear()
    account.reconcile()
    assert account.count("web") == 1
    plane.driver.delete("a")
    account.reconcile()
    account.eks.connected.clear()
    account.unenroll("web")
    account.reconcile()
    assert (account.count("web"), account.verdict("web").readable, account.eks.connected) == (0, True, [])


def test_a_deleted_cluster_ends_at_zero_and_is_forgotten(account: EksAccount) -> None:
    """The pods of a deleted cluster end at once, and its explicit zeros stay for a week."""
    run_pods(account.create("web"), "a", "b")
    account.reconcile()
    account.delete("web")
    account.reconcile()
    assert (account.count("web"), account.verdict("web").readable) == (0, True)
    account.clock.advance(RETIRE_AFTER + MINUTE)
    account.reconcile()
    assert account.ledger.clusters(SCOPE) == []


@pytest.mark.parametrize("seen_deleted", [False, True])
def test_a_recreated_cluster_has_no_ghosts(account: EksAccount, seen_deleted: bool) -> None:
    """Only the pods of the new cluster count, although its versions are lower."""
    run_pods(account.create("web", first_version=9_000), "old-1", "old-2", "old-3", "old-4")
    account.reconcile()
    before = account.state("web").epoch
    account.delete("web")
    if seen_deleted:
        account.reconcile()
    account.clock.advance(10 * MINUTE)
    run_pods(account.create("web", first_version=1), "new")
    account.reconcile()
    assert account.count("web", Phase.RUNNING) == 1
    assert account.state("web").epoch > before
    view = account.state("web").sources[RECONCILER]
    assert (view.readable, view.deleted_at) == (True, None)


def test_versions_that_go_back_are_noticed_reported_and_healed(account: EksAccount) -> None:
    """Of a cluster whose etcd was restored the rows become what its list says, in the same run, and the report says so."""
    pods = [f"pod-{i}" for i in range(10)]
    run_pods(account.create("web", first_version=9_000), *pods)
    account.reconcile()
    described = account.eks.clusters["web"]
    account.clock.advance(10 * MINUTE)
    restored = account.create("web", first_version=1)
    account.eks.clusters["web"] = msgspec.structs.replace(account.eks.clusters["web"], epoch=described.epoch)
    run_pods(restored, *pods[:2])
    report = account.reconcile()
    assert (account.count("web"), account.count("web", Phase.RUNNING)) == (2, 2)
    assert [cluster.versions_restarted for cluster in report.looked] == [True]
    assert account.verdict("web").readable
    account.clock.advance(10 * MINUTE)
    run_pods(restored, "later")
    report = account.reconcile()
    assert account.count("web") == 3
    assert [cluster.versions_restarted for cluster in report.looked] == [False]
