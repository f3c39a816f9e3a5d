"""`fargatecount eks`, in front of a simulated API server of a cluster that lets callers in by aws-auth."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from fargatecount.eks.enrollment.rbac import GROUP, MANIFEST
from fargatecount.ledger.clusters import RECONCILER, WATCHER, Readability
from fargatecount.workload import Capacity, Cluster, Facts, Kind
from tests.cli.conftest import Answer
from tests.kube.control_plane import SimulatedPlane
from tests.support.builders import SCOPE, seen
from tests.support.deployed import Deployed
from tests.support.eks_plane import plane

__all__ = ["plane"]  # a fixture

Run = Callable[..., Answer]

ROLE = f"arn:aws:iam::{SCOPE.account}:role/acme/watcher"
ENROLL = ("eks", "enroll", "web", "--principal-arn", ROLE)


def rights(plane: SimulatedPlane) -> list[dict[str, Any]]:
    return [*plane.api.cluster.rights.all_of("clusterroles"), *plane.api.cluster.rights.all_of("clusterrolebindings")]


def test_what_is_done_and_what_is_left_to_do(plane: SimulatedPlane, fargatecount: Run) -> None:
    """The rights are written, and the entry for aws-auth is printed without the role's path; code 1, because something is left."""
    answer = fargatecount(*ENROLL, "--yes")
    assert answer.code == 1
    assert rights(plane) == list(MANIFEST)
    assert f"    - rolearn: arn:aws:iam::{SCOPE.account}:role/watcher\n" in answer.out
    assert "checked: you can list its pods" in answer.out


def test_a_dry_run_says_it_and_changes_nothing(plane: SimulatedPlane, fargatecount: Run) -> None:
    """`would do` instead of `done`, and the cluster is as it was."""
    answer = fargatecount(*ENROLL, "--dry-run")
    assert "would do: ClusterRole and ClusterRoleBinding fargatecount-pod-reader" in answer.out
    assert rights(plane) == []


def test_at_a_terminal_it_asks_first(plane: SimulatedPlane, fargatecount: Run) -> None:
    """What is to change is shown; a no changes nothing, a yes does it, --yes does not ask."""
    answer = fargatecount(*ENROLL, typed="n\n")
    assert (answer.code, rights(plane)) == (130, [])
    assert "EKS-web: ClusterRole" in answer.err
    assert fargatecount(*ENROLL, typed="y\n").code == 1
    assert rights(plane) == list(MANIFEST)
    assert "Do this?" not in fargatecount("eks", "unenroll", "web", "--principal-arn", ROLE, "--yes", typed="").err
    assert rights(plane) == [MANIFEST[0]]


def test_a_mapped_role_is_enrolled(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Once the entry is in aws-auth there is nothing left to do, and code 0."""
    fargatecount(*ENROLL, "--yes")
    mapping = f"- rolearn: {ROLE.replace('/acme/', '/')}\n  username: x\n  groups:\n  - {GROUP}\n"
    body = {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": mapping}}
    plane.driver.request("PUT", "/api/v1/namespaces/kube-system/configmaps/aws-auth", body)
    answer = fargatecount(*ENROLL, "--yes")
    assert (answer.code, "done: enrolled already" in answer.out) == (0, True)


def test_a_cluster_out_of_reach_is_left_to_somebody_inside(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Its administrator's commands are printed, with the reason."""
    plane.api.stop()
    answer = fargatecount(*ENROLL, "--yes")
    assert answer.code == 1
    assert "fargatecount eks manifest | kubectl --context web apply -f -" in answer.out
    assert "you yourself cannot list its pods" in answer.out


@pytest.mark.usefixtures("plane")
def test_programs_get_the_same(fargatecount: Run) -> None:
    """JSON has every step and command, CSV a line per cluster."""
    (cluster,) = fargatecount(*ENROLL, "--dry-run", "--json").json["clusters"]
    assert (cluster["cluster"], cluster["complete"], len(cluster["done"]), len(cluster["by_hand"])) == ("EKS-web", False, 1, 1)
    (row,) = csv.DictReader(io.StringIO(fargatecount(*ENROLL, "--dry-run", "-o", "csv").out))
    assert (row["cluster"], row["error"]) == ("EKS-web", "")


@pytest.mark.usefixtures("plane")
def test_an_unknown_cluster_is_named_and_stops_no_other(fargatecount: Run) -> None:
    """The error says which there are; the others are done."""
    answer = fargatecount("eks", "enroll", "--yes", "wbe", "web", "--principal-arn", ROLE)
    assert answer.code == 2
    assert "there is no EKS cluster 'wbe' here" in answer.err
    assert "there are: web" in answer.err
    assert "EKS-web (CONFIG_MAP)" in answer.out


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        ((), "name clusters, or say --all"),
        (("web", "--all"), "name clusters, or say --all"),
        (("web", "--principal-arn", "arn:aws:sts::1:assumed-role/r/s"), "is no ARN of an IAM role or user"),
        (("web", "--stage", "other"), "there is no stack fargatecount-other"),
    ],
)
@pytest.mark.usefixtures("plane")
def test_wrong_use(fargatecount: Run, words: tuple[str, ...], remark: str) -> None:
    """Code 2, with what is wrong and what helps."""
    answer = fargatecount("eks", "enroll", "--yes", *words)
    assert answer.code == 2
    assert remark in answer.err


@pytest.mark.usefixtures("plane")
def test_an_older_deployment_does_not_say_its_role(here: Deployed, fargatecount: Run) -> None:
    """The error says both ways on."""
    here.create_stack()
    answer = fargatecount("eks", "enroll", "--yes", "web")
    assert answer.code == 2
    assert "deploy again, or name the role with --principal-arn" in answer.err


@pytest.mark.usefixtures("plane")
def test_all_are_those_with_a_profile(here: Deployed, fargatecount: Run) -> None:
    """A cluster of nodes is not touched."""
    here.create_stack(ReconcileRoleArn=ROLE)
    boto3.client("eks", SCOPE.region).create_cluster(name="nodes", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    assert [cluster["cluster"] for cluster in fargatecount("eks", "enroll", "--yes", "--all", "--json").json["clusters"]] == ["EKS-web"]


def test_without_clusters_it_says_so(here: Deployed, fargatecount: Run) -> None:
    """An empty account is no failure, and an absent deployment is a warning."""
    assert here is not None
    answer = fargatecount("eks", "list")
    assert (answer.code, answer.out) == (0, "There are no EKS clusters here.\n")
    assert "there is no stack fargatecount-test" in answer.err


def test_the_list_tells_how_each_cluster_stands(here: Deployed, plane: SimulatedPlane, fargatecount: Run) -> None:
    """Mode, profiles, the readers' last results with their times, and a warning for each unreadable cluster with profiles."""
    assert plane is not None
    boto3.client("eks", SCOPE.region).create_cluster(name="nodes", roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    here.create_stack(ReconcileRoleArn=ROLE)
    web, now = Cluster(SCOPE, Kind.EKS, "web"), here.clock.now()
    here.ledger.note(web, RECONCILER, Readability(readable=False, at=now, reason="401", remedy="fargatecount eks enroll web"))
    answer = fargatecount("eks", "list")
    assert answer.code == 0
    assert "EKS-web is unreadable: 401; fargatecount eks enroll web" in answer.err
    here.ledger.note(web, WATCHER, Readability(readable=True, at=now, listed_at=now))
    nodes, watched = fargatecount("eks", "list", "--json").json["clusters"]
    assert (watched["authentication_mode"], watched["profiles"], watched["enrolled"]) == ("CONFIG_MAP", ["default"], False)
    assert (watched["readable"], watched["watcher_at"] is not None, watched["private"]) == (True, True, False)
    assert (nodes["profiles"], nodes["enrolled"], nodes["readable"]) == ([], None, None)


def test_the_manifest_is_for_kubectl(fargatecount: Run) -> None:
    """A List of both objects."""
    assert fargatecount("eks", "manifest").json == {"apiVersion": "v1", "kind": "List", "items": list(MANIFEST)}


def test_profiles_are_listed_with_their_selectors_and_pods(here: Deployed, plane: SimulatedPlane, fargatecount: Run) -> None:
    """Each profile has its selectors, and the pods and vCPU of the ledger that are on it."""
    here.create_stack(ReconcileRoleArn=ROLE)
    now = here.clock.now()
    web = Cluster(SCOPE, Kind.EKS, "web")
    here.ledger.note(web, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    facts = Facts(cpu=512, memory=1024, group="default/web", profile="default", capacity=Capacity.ON_DEMAND)
    for number in range(3):
        here.deliver(seen(cluster=web, workload_id=f"p{number}", observed_at=now, facts=facts))
    assert plane is not None
    (cluster,) = fargatecount("eks", "list", "--json").json["clusters"]
    assert cluster["profile_details"] == [{"name": "default", "status": "ACTIVE", "selectors": ["default"], "pods": 3, "vcpu": 1.5}]
    assert "EKS-web/default" in fargatecount("eks", "list", columns=160).out


def test_sizes_show_what_pods_ask_for_and_get(plane: SimulatedPlane, fargatecount: Run) -> None:
    """Profiles, the cell that pods got for their requests, and what slightly less would save; without metrics-server no use."""
    plane.driver.create("shop-1", size="1vCPU 2GB")
    plane.driver.bind("shop-1")
    answer = fargatecount("eks", "sizes", "web", "--json")
    (cluster,) = answer.json["clusters"]
    assert (answer.code, cluster["error"]) == (0, None)
    assert [profile["profile"] for profile in cluster["profiles"]] == ["default"]
    (entry,) = cluster["pods"]
    assert (entry["got"], entry["smaller"], entry["used_now"]) == (
        {"vcpu": 1.0, "memory_gib": 2.0},
        {"vcpu": 0.25, "memory_gib": 0.5},
        None,
    )
    table = fargatecount("eks", "sizes", columns=200)
    assert "EKS-web: Fargate profiles" in table.out
    assert fargatecount("eks", "sizes", "lost").code == 2
