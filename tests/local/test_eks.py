"""EKS in the embedded AWS: clusters with API servers, profiles, and who is let in."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from fargatecount.adapters.eks.api import EksApi
from fargatecount.adapters.eks.token import sts_client
from fargatecount.adapters.kubernetes.pods import list_pods
from fargatecount.eks.profiles import Selector
from fargatecount.errors import DeniedError, UnavailableError
from local import eks_clusters
from local.controls import Controls
from local.errors import LocalError
from local.process import REGION
from local.stack import Stack
from tests.kube.control_plane import BINDING, GROUP, ROLE

ROOT = "arn:aws:iam::000000000000:root"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}

_numbers = itertools.count()


class Person:
    """A principal with credentials of the account."""

    def __init__(self, stack: Stack, session: boto3.Session, arn: str) -> None:
        self.arn = arn
        self.eks = session.client("eks", endpoint_url=stack.endpoint)
        self.api = EksApi(self.eks, sts_client(session.client, REGION))

    def lists(self, cluster: str) -> list[str]:
        """Return the names of the cluster's pods, as this person sees them."""
        told = self.api.describe(cluster)
        assert told is not None
        return [pod.metadata.name for pod in list_pods(self.api.connection(told)).pods]


@pytest.fixture
def owner(stack: Stack) -> Person:
    """The account's root, who creates clusters."""
    return Person(stack, stack.session(), ROOT)


@pytest.fixture
def reader(stack: Stack) -> Person:
    """A role with a path, which may ask EKS everything and has no rights in any cluster."""
    return role(stack, {"Action": "eks:*", "Resource": "*"})


def role(stack: Stack, *statements: dict[str, Any]) -> Person:
    iam = stack.client("iam")
    name = f"reader-{next(_numbers)}"
    arn = iam.create_role(RoleName=name, Path="/acme/", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(document))
    given = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)
    return Person(stack, session, arn)


def create(stack: Stack, name: str = "", *, mode: str = "API", profile: bool = False, **options: Any) -> str:
    name = name or f"cluster-{next(_numbers)}"
    eks_clusters.create(stack, name, mode=mode, profile=profile, **options)
    return name


def add_profile(stack: Stack, cluster: str, name: str = "default", selectors: int = 1) -> None:
    chosen = [{"namespace": f"shop-{i}-*", "labels": {"run": "fargate"}} for i in range(selectors)]
    arguments = {"podExecutionRoleArn": eks_clusters.execution_role(stack), "selectors": chosen}
    stack.client("eks").create_fargate_profile(clusterName=cluster, fargateProfileName=name, **arguments)


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_a_cluster_has_an_api_server_of_its_own(stack: Stack, controls: Controls, owner: Person) -> None:
    """At the endpoint of DescribeCluster, with its CA, the creator of the cluster sees its pods and no other's."""
    one, other = create(stack), create(stack)
    controls.pods(one).create("a")
    assert (owner.lists(one), owner.lists(other)) == (["a"], [])


def test_a_stranger_is_unknown_to_the_cluster(stack: Stack, reader: Person) -> None:
    """Permissions in IAM are none in the cluster."""
    name = create(stack)
    with pytest.raises(DeniedError, match="401"):
        reader.lists(name)


def test_the_creator_is_no_administrator_where_that_was_declined(stack: Stack, owner: Person) -> None:
    """Without the bootstrap permissions no principal has access."""
    name = create(stack, creator_is_admin=False)
    with pytest.raises(DeniedError, match="401"):
        owner.lists(name)


def test_an_access_entry_and_rbac_together_let_in(stack: Stack, controls: Controls, owner: Person, reader: Person) -> None:
    """With an entry alone the caller is known and may nothing; its group needs a binding."""
    name = create(stack)
    owner.eks.create_access_entry(clusterName=name, principalArn=reader.arn, kubernetesGroups=[GROUP])
    with pytest.raises(DeniedError, match="403"):
        reader.lists(name)
    controls.pods(name).grant(ROLE, BINDING)
    assert reader.lists(name) == []
    owner.eks.update_access_entry(clusterName=name, principalArn=reader.arn, kubernetesGroups=[])
    with pytest.raises(DeniedError, match="403"):
        reader.lists(name)
    owner.eks.delete_access_entry(clusterName=name, principalArn=reader.arn)
    with pytest.raises(DeniedError, match="401"):
        reader.lists(name)


def test_aws_auth_lets_in_by_the_arn_without_path(stack: Stack, controls: Controls, owner: Person, reader: Person) -> None:
    """In the mode CONFIG_MAP there are no access entries, and the map in the cluster decides; an ARN with a path matches no principal."""
    name = create(stack, mode="CONFIG_MAP")
    arguments = {"clusterName": name, "principalArn": reader.arn}
    assert code_of(owner.eks.create_access_entry, **arguments) == "InvalidRequestException"
    controls.pods(name).grant(ROLE, BINDING)

    def map_role(arn: str) -> None:
        data = {"mapRoles": yaml.safe_dump([{"rolearn": arn, "username": "fargatecount", "groups": [GROUP]}])}
        body = {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": data}
        controls.pods(name).request("PUT", "/api/v1/namespaces/kube-system/configmaps/aws-auth", body)

    map_role(reader.arn)
    with pytest.raises(DeniedError, match="401"):
        reader.lists(name)
    map_role(reader.arn.replace("/acme/", "/"))
    assert reader.lists(name) == []


def test_the_authentication_mode_goes_forward_only(stack: Stack, owner: Person) -> None:
    """A cluster that takes access entries cannot stop taking them."""
    name = create(stack, mode="CONFIG_MAP")
    owner.eks.update_cluster_config(name=name, accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})
    assert owner.eks.describe_cluster(name=name)["cluster"]["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP"
    back = {"name": name, "accessConfig": {"authenticationMode": "CONFIG_MAP"}}
    assert code_of(owner.eks.update_cluster_config, **back) == "InvalidParameterException"


@pytest.mark.parametrize(
    "entry",
    [
        {"principalArn": ROOT, "kubernetesGroups": ["system:masters"]},
        {"principalArn": "arn:aws:iam::000000000000:role/nobody", "kubernetesGroups": [GROUP]},
    ],
    ids=["reserved group", "unknown role"],
)
def test_entries_that_eks_refuses(stack: Stack, owner: Person, entry: dict[str, Any]) -> None:
    """Groups of Kubernetes itself, and principals that IAM does not know."""
    assert code_of(owner.eks.create_access_entry, clusterName=create(stack), **entry) == "InvalidParameterException"


def test_profiles_are_created_and_described(stack: Stack, owner: Person) -> None:
    """A profile has a name and one to five selectors."""
    name = create(stack)
    assert not owner.api.has_profiles(name)
    add_profile(stack, name)
    (profile,) = owner.api.profiles(name)
    assert (profile.name, profile.selectors) == ("default", (Selector("shop-0-*", {"run": "fargate"}),))
    with pytest.raises(ClientError, match="1 to 5 selectors"):
        add_profile(stack, name, "large", selectors=6)
    with pytest.raises(ClientError, match="already exists"):
        add_profile(stack, name)


def test_with_a_profile_go_its_pods(stack: Stack, controls: Controls, owner: Person) -> None:
    """Deleting a profile deletes what it brought to Fargate, and nothing else."""
    name = create(stack)
    add_profile(stack, name)
    pods = controls.pods(name)
    pods.create("ours")
    pods.create("theirs", scheduler="default-scheduler")
    owner.eks.delete_fargate_profile(clusterName=name, fargateProfileName="default")
    assert [pod["metadata"]["name"] for pod in pods.pods()] == ["theirs"]


def test_a_cluster_with_profiles_is_not_deleted(stack: Stack, owner: Person) -> None:
    """They go first, one by one."""
    name = create(stack)
    add_profile(stack, name)
    assert code_of(owner.eks.delete_cluster, name=name) == "ResourceInUseException"
    owner.eks.delete_fargate_profile(clusterName=name, fargateProfileName="default")
    owner.eks.delete_cluster(name=name)
    assert owner.api.describe(name) is None


def test_a_recreated_cluster_is_another_one(stack: Stack, controls: Controls, owner: Person) -> None:
    """It has no pods, no access entries and a later time of creation; the old API server answers no more."""
    name = create(stack)
    controls.pods(name).create("a")
    before = owner.api.describe(name)
    assert before is not None
    owner.eks.delete_cluster(name=name)
    with pytest.raises(UnavailableError):
        list_pods(owner.api.connection(before))
    create(stack, name)
    after = owner.api.describe(name)
    assert after is not None
    assert after.epoch > before.epoch
    assert owner.lists(name) == []


def test_eks_asks_iam(stack: Stack) -> None:
    """A role reads the clusters that its policy names."""
    name = create(stack)
    cluster = f"arn:aws:eks:{REGION}:000000000000:cluster/{name}"
    reader = role(stack, {"Action": ["eks:DescribeCluster", "eks:ListFargateProfiles"], "Resource": cluster})
    assert reader.api.describe(name) is not None
    assert not reader.api.has_profiles(name)
    with pytest.raises(DeniedError, match="listing EKS clusters"):
        reader.api.names()
    with pytest.raises(DeniedError, match="describing"):
        reader.api.describe(create(stack))


def test_pods_of_an_unknown_cluster_cannot_be_driven(controls: Controls) -> None:
    """The error names the cluster."""
    with pytest.raises(LocalError, match="'nope'"):
        controls.pods("nope")
