"""Logging of two clusters from end to end: real server-side apply, IAM and log groups of moto, one cluster that refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from fargatecount.adapters.cloudwatch.logs import CloudWatchLogGroups
from fargatecount.adapters.kubernetes.objects import KubeObjects
from fargatecount.adapters.role_policies import IamRolePolicies
from fargatecount.eks.logging import objects
from fargatecount.eks.logging.apply import LoggingOutcome, LoggingPorts, apply_logging, read_logging
from fargatecount.eks.logging.config import LogDestination, default_data, default_group
from fargatecount.eks.logging.plan import LoggingSituation, plan_apply, plan_remove
from fargatecount.eks.logging.rules import NAMESPACE, refused
from fargatecount.eks.logging.validate import validate
from fargatecount.errors import DeniedError, MisconfiguredError, UnavailableError
from tests.kube.control_plane import ADMIN, NOBODY, ControlPlane
from tests.support.builders import SCOPE

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
OWN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
ROLES = ("pods-a", "pods-b")
BROKEN = {"output.conf": "[OUTPUT]\n    Name cloudwatch\n    Match *\n    log_group_name mine\n    log_stream_prefix ${HOSTNAME}-\n"}
VALID = {"output.conf": "[OUTPUT]\n    Name cloudwatch\n    Match *\n    log_group_name mine\n"}


def destination(cluster: str) -> LogDestination:
    """Return where a cluster's logs go."""
    return LogDestination(
        cluster=cluster, account=SCOPE.account, region=SCOPE.region, partition="aws", group=default_group(cluster), retention=14
    )


class Aws:
    """IAM and CloudWatch Logs of moto, with the calls that shall fail."""

    def __init__(self) -> None:
        self.iam = boto3.client("iam", SCOPE.region)
        self.logs = boto3.client("logs", SCOPE.region)
        for role in ROLES:
            self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        self.failing: set[tuple[str, str]] = set()
        """Operation and role."""

    def ports(self, cluster: KubeObjects) -> LoggingPorts:
        return LoggingPorts(CloudWatchLogGroups(self.logs, boto3.client("cloudwatch", SCOPE.region)), FailingPolicies(self), cluster)

    def state(self) -> dict[str, Any]:
        """Return all groups and inline policies."""
        groups = {group["logGroupName"]: group.get("retentionInDays") for group in self.logs.describe_log_groups()["logGroups"]}
        policies = {role: self.iam.list_role_policies(RoleName=role)["PolicyNames"] for role in ROLES}
        return {"groups": groups, "policies": policies}


class FailingPolicies(IamRolePolicies):
    """Refuses what a test says."""

    def __init__(self, aws: Aws) -> None:
        super().__init__(aws.iam)
        self._aws = aws

    def put(self, role: str, name: str, document: Any) -> None:
        if ("put", role) in self._aws.failing:
            raise DeniedError(f"PutRolePolicy {role}: denied", remedy="someone with iam:PutRolePolicy on the role can do it")
        super().put(role, name, document)


@pytest.fixture
def aws() -> Iterator[Aws]:
    """An account with two pod execution roles."""
    with mock_aws():
        yield Aws()


@pytest.fixture
def cluster(plane: ControlPlane) -> Iterator[ControlPlane]:
    """A cluster without the namespace."""
    clear(plane)
    yield plane
    clear(plane)


def clear(plane: ControlPlane) -> None:
    """Delete the namespace with what is in it, as the namespace controller does, which a bare API server lacks."""
    admin = KubeObjects(plane.connection(ADMIN))
    for target in (objects.CONFIG_MAP_TARGET, objects.UNDO_TARGET, other_map()):
        admin.delete(target)
    found = admin.read(objects.NAMESPACE_TARGET)
    if found is not None:
        admin.delete(objects.NAMESPACE_TARGET)
        if (found := admin.read(objects.NAMESPACE_TARGET)) is not None:
            plane.driver.request("PUT", f"/api/v1/namespaces/{NAMESPACE}/finalize", {**found, "spec": {"finalizers": []}})
    assert admin.read(objects.NAMESPACE_TARGET) is None


def other_map() -> dict[str, Any]:
    """Return a ConfigMap that another user wrote."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "of-another", "namespace": NAMESPACE}, "data": {"a": "b"}}


def kube(plane: ControlPlane, token: str = ADMIN) -> KubeObjects:
    return KubeObjects(plane.connection(token))


def read(name: str, ports: LoggingPorts) -> LoggingSituation:
    return read_logging(destination(name), ROLES, ports)


def apply(name: str, ports: LoggingPorts, **options: Any) -> LoggingOutcome:
    return apply_logging(plan_apply(read(name, ports), **options).steps, ports)


def remove(name: str, ports: LoggingPorts, **options: Any) -> LoggingOutcome:
    return apply_logging(plan_remove(read(name, ports), **options).steps, ports)


def is_gone(plane: ControlPlane) -> bool:
    """Return whether the namespace is deleted, or, with a bare API server, on its way."""
    found = kube(plane).read(objects.NAMESPACE_TARGET)
    return found is None or "deletionTimestamp" in found["metadata"]


def test_apply_makes_all_that_is_needed(cluster: ControlPlane, aws: Aws) -> None:
    """Group with retention, a policy for each role, labeled namespace, and a ConfigMap that Fargate accepts."""
    ports = aws.ports(kube(cluster))
    outcome = apply("web", ports)
    assert outcome.error is None
    policies = {role: ["fargatecount-eks-logging-web"] for role in ROLES}
    assert aws.state() == {"groups": {"/aws/eks/web/fargate": 14}, "policies": policies}
    found = read("web", ports)
    assert found.config_map is not None
    config = objects.config_of(found.config_map, found.namespace)
    assert dict(config.data) == default_data(destination("web"))
    assert refused(validate(config)) == []
    resources = found.policies["pods-a"]["Statement"][0]["Resource"]  # type: ignore[index]
    assert resources == [f"arn:aws:logs:{SCOPE.region}:{SCOPE.account}:log-group:/aws/eks/web/fargate{end}" for end in ("", ":*")]


def test_applying_again_does_nothing(cluster: ControlPlane, aws: Aws) -> None:
    """There is no step left."""
    ports = aws.ports(kube(cluster))
    apply("web", ports)
    assert plan_apply(read("web", ports)).steps == ()


def test_remove_leaves_nothing_behind(cluster: ControlPlane, aws: Aws) -> None:
    """AWS is as it was, and the namespace with all in it is gone."""
    ports, before = aws.ports(kube(cluster)), aws.state()
    apply("web", ports)
    outcome = remove("web", ports)
    assert outcome.error is None
    assert aws.state() == before
    assert is_gone(cluster)
    assert kube(cluster).read(objects.CONFIG_MAP_TARGET) is None


def test_logs_can_be_kept(cluster: ControlPlane, aws: Aws) -> None:
    """With keep_logs the group stays, all else goes."""
    ports = aws.ports(kube(cluster))
    apply("web", ports)
    remove("web", ports, keep_logs=True)
    assert aws.state() == {"groups": {"/aws/eks/web/fargate": 14}, "policies": {role: [] for role in ROLES}}


def test_remove_touches_nothing_of_others(cluster: ControlPlane, aws: Aws) -> None:
    """A namespace, a label, a group and a policy that were there before are there after; another ConfigMap keeps our namespace."""
    admin = kube(cluster)
    by_kubectl(cluster, f"/api/v1/namespaces/{NAMESPACE}", labeled_namespace({"team": "platform"}))
    aws.logs.create_log_group(logGroupName="/aws/eks/web/fargate")
    aws.iam.put_role_policy(RoleName="pods-a", PolicyName="own", PolicyDocument=OWN)
    before, ports = aws.state(), aws.ports(admin)
    apply("web", ports)
    labeled = admin.read(objects.NAMESPACE_TARGET)
    assert labeled is not None
    assert labeled["metadata"]["labels"]["aws-observability"] == "enabled"
    assert remove("web", ports).error is None
    assert aws.state() == before
    left = admin.read(objects.NAMESPACE_TARGET)
    assert left is not None
    assert {key: value for key, value in left["metadata"]["labels"].items() if "/" not in key} == {"team": "platform"}


def test_a_namespace_in_use_stays(cluster: ControlPlane, aws: Aws) -> None:
    """Our own namespace is kept if another user has put something into it, and the plan says what."""
    admin = kube(cluster)
    ports = aws.ports(admin)
    apply("web", ports)
    admin.replace(other_map())
    plan = plan_remove(read("web", ports))
    assert plan.notes == ("the namespace aws-observability stays: it has configmap of-another",)
    assert apply_logging(plan.steps, ports).error is None
    assert not is_gone(cluster)
    assert admin.read(other_map()) is not None


def with_config_map(plane: ControlPlane, data: dict[str, str]) -> KubeObjects:
    """Return a cluster with a ConfigMap that was written by hand, with a label of their own."""
    by_kubectl(plane, f"/api/v1/namespaces/{NAMESPACE}", labeled_namespace({"aws-observability": "enabled"}))
    written: dict[str, Any] = objects.config_map(data)
    written["metadata"] = {**written["metadata"], "labels": {"by": "hand"}}
    by_kubectl(plane, f"/api/v1/namespaces/{NAMESPACE}/configmaps/aws-logging", written)
    return kube(plane)


def by_kubectl(plane: ControlPlane, path: str, target: dict[str, Any]) -> None:
    """Apply an object as `kubectl apply --server-side` does: its fields belong to another manager."""
    plane.driver.request("PATCH", path, target, content_type="application/apply-patch+yaml", query={"fieldManager": "kubectl"})


def labeled_namespace(labels: dict[str, str]) -> dict[str, Any]:
    """Return the namespace with these labels."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def test_a_valid_config_map_of_others_is_used_as_it_is(cluster: ControlPlane, aws: Aws) -> None:
    """Only the rights and the group that it names are added."""
    admin = with_config_map(cluster, VALID)
    ports = aws.ports(admin)
    assert apply("web", ports).error is None
    found = admin.read(objects.CONFIG_MAP_TARGET)
    assert found is not None
    assert (found["data"], found["metadata"]["labels"]) == (VALID, {"by": "hand"})
    assert aws.state()["groups"] == {"mine": 14}
    remove("web", ports)
    assert admin.read(objects.CONFIG_MAP_TARGET) is not None
    assert aws.state()["groups"] == {}


def test_a_refused_config_map_of_others_is_named_and_not_touched(cluster: ControlPlane, aws: Aws) -> None:
    """Without --fix nothing happens, and the error has line and remedy."""
    ports = aws.ports(with_config_map(cluster, BROKEN))
    with pytest.raises(MisconfiguredError, match=r"output.conf line 5: \$\{HOSTNAME\} is an environment variable") as refusal:
        apply("web", ports)
    assert "--fix" in refusal.value.remedy


def test_a_repaired_config_map_is_restored_by_remove(cluster: ControlPlane, aws: Aws) -> None:
    """--fix writes what Fargate accepts, and remove brings back the one before, with its labels."""
    admin = with_config_map(cluster, BROKEN)
    ports = aws.ports(admin)
    assert apply("web", ports, fix=True).error is None
    repaired = admin.read(objects.CONFIG_MAP_TARGET)
    assert repaired is not None
    assert refused(validate(objects.config_of(repaired, None))) == []
    assert remove("web", ports).error is None
    found = admin.read(objects.CONFIG_MAP_TARGET)
    assert found is not None
    assert (found["data"], found["metadata"]["labels"]) == (BROKEN, {"by": "hand"})
    assert admin.read(objects.UNDO_TARGET) is None


def test_a_cluster_that_refuses_leaves_aws_untouched(cluster: ControlPlane, aws: Aws) -> None:
    """Read rights alone: the cluster is asked before anything is made, so nothing is half done; the other cluster is done."""
    admin, before = aws.ports(kube(cluster)), aws.state()
    steps = plan_apply(read("api", admin)).steps
    refusing = aws.ports(kube(cluster, NOBODY))
    outcome = apply_logging(steps, refusing)
    assert isinstance(outcome.error, DeniedError)
    assert "cannot patch resource" in str(outcome.error)
    assert (outcome.done, outcome.undone, len(outcome.left)) == ((), (), len(steps))
    assert aws.state() == before
    assert apply("web", admin).error is None


def test_a_cluster_that_refuses_reading_is_named(cluster: ControlPlane, aws: Aws) -> None:
    """Without the right to read, the error says which right, and nothing is planned."""
    with pytest.raises((DeniedError, UnavailableError), match="namespaces"):
        read("web", aws.ports(kube(cluster, NOBODY)))


def test_a_refusal_of_aws_in_the_middle_is_undone(cluster: ControlPlane, aws: Aws) -> None:
    """The second role refuses: group and first policy are taken back, the cluster was never touched."""
    ports, before = aws.ports(kube(cluster)), aws.state()
    aws.failing = {("put", "pods-b")}
    outcome = apply("web", ports)
    assert isinstance(outcome.error, DeniedError)
    assert len(outcome.undone) == 2
    assert aws.state() == before
    assert is_gone(cluster)


def test_a_cluster_that_refuses_removal_keeps_all(cluster: ControlPlane, aws: Aws) -> None:
    """The cluster refuses the deletion: policies and group stay as they were."""
    ports = aws.ports(kube(cluster))
    apply("web", ports)
    before = aws.state()
    outcome = apply_logging(plan_remove(read("web", ports)).steps, aws.ports(kube(cluster, NOBODY)))
    assert isinstance(outcome.error, DeniedError)
    assert aws.state() == before
    assert not is_gone(cluster)
