"""The access entries of an EKS cluster: what the embedded EKS answers, and what EKS refuses."""

from __future__ import annotations

import itertools
import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fargatecount.adapters.eks.access import EksAccess
from fargatecount.eks.enrollment.plan import TAGS, Entry
from fargatecount.eks.enrollment.rbac import GROUP
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from local.stack import Stack

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}

pytestmark = pytest.mark.xdist_group("ledger-embedded")  # one process: the embedded AWS is started once

_numbers = itertools.count()


class Place:
    """The access entries of a cluster, and two principals without one."""

    def __init__(self, stack: Stack, cluster: str) -> None:
        self.access = EksAccess(stack.client("eks"))
        self.cluster = cluster
        self.one, self.other = (principal(stack) for _ in range(2))


def principal(stack: Stack) -> str:
    """Create a role; return its ARN. EKS refuses an entry of a role that does not exist."""
    made = stack.client("iam").create_role(RoleName=f"principal-{next(_numbers)}", AssumeRolePolicyDocument=json.dumps(TRUST))
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="session")
def eks_cluster(embedded_aws: Stack) -> str:
    """Return the name of an EKS cluster that has access entries."""
    made = embedded_aws.client("eks").create_cluster(
        name="entries",
        roleArn=principal(embedded_aws),
        resourcesVpcConfig={"subnetIds": ["subnet-1"]},
        accessConfig={"authenticationMode": "API"},
    )
    return str(made["cluster"]["name"])


@pytest.fixture
def place(embedded_aws: Stack, eks_cluster: str) -> Place:
    """Return the access entries, with two principals that have none."""
    return Place(embedded_aws, eks_cluster)


def test_a_principal_has_no_entry_at_first(place: Place) -> None:
    """None is an answer, not an error."""
    assert place.access.entry(place.cluster, place.one) is None
    assert place.one not in place.access.members(place.cluster)


def test_a_created_entry_is_in_the_group_and_marked(place: Place) -> None:
    """The tags show later that fargatecount created it."""
    place.access.create(place.cluster, place.one)
    assert place.access.entry(place.cluster, place.one) == Entry(frozenset({GROUP}), is_ours=True)
    assert (place.one in place.access.members(place.cluster), place.other in place.access.members(place.cluster)) == (True, False)


def test_groups_are_replaced(place: Place) -> None:
    """An entry without the group grants no list of pods, and its mark stays."""
    place.access.create(place.cluster, place.one)
    place.access.set_groups(place.cluster, place.one, ["other", GROUP])
    assert place.access.entry(place.cluster, place.one) == Entry(frozenset({"other", GROUP}), is_ours=True)
    place.access.set_groups(place.cluster, place.one, ["other"])
    assert place.one not in place.access.members(place.cluster)


def test_a_deleted_entry_is_gone_and_can_be_deleted_again(place: Place) -> None:
    """Steps can be repeated without harm."""
    for principal in (place.one, place.other):
        place.access.create(place.cluster, principal)
    for _ in range(2):
        place.access.delete(place.cluster, place.one)
    assert place.access.entry(place.cluster, place.one) is None
    assert place.other in place.access.members(place.cluster)


@pytest.fixture
def eks() -> Any:
    """Return a client that reaches no service."""
    return boto3.client("eks", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


ERRORS = [
    ("AccessDeniedException", DeniedError, "eks:CreateAccessEntry"),
    ("ThrottlingException", UnavailableError, ""),
    ("InvalidParameterException", MisconfiguredError, "--principal-arn"),
    ("InvalidRequestException", MisconfiguredError, "--principal-arn"),
]


@pytest.mark.parametrize(("code", "error", "remedy"), ERRORS)
def test_each_refusal_has_its_remedy(eks: Any, code: str, error: type[FargatecountError], remedy: str) -> None:
    """A missing right, a busy service and a principal that EKS rejects are three errors; each names the call, cluster and principal."""
    with Stubber(eks) as answers:
        answers.add_client_error("create_access_entry", code, "so it is")
        with pytest.raises(error, match="CreateAccessEntry web arn:aws:iam::1:role/r") as caught:
            EksAccess(eks).create("web", "arn:aws:iam::1:role/r")
    assert remedy in caught.value.remedy


def test_an_entry_of_others_is_not_marked(eks: Any) -> None:
    """An entry with other tags, or another value, was not created here, and is never deleted."""
    (name, value), *_ = TAGS.items()
    for tags in ({}, {"team": "shop"}, {name: f"not {value}"}):
        with Stubber(eks) as answers:
            entry = {"principalArn": "arn:aws:iam::1:role/r", "kubernetesGroups": [GROUP], "tags": tags}
            answers.add_response("describe_access_entry", {"accessEntry": entry})
            found = EksAccess(eks).entry("web", "arn:aws:iam::1:role/r")
        assert found == Entry(frozenset({GROUP}), is_ours=False)
