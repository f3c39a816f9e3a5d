"""The EKS API as moto has it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from fargatecount.adapters.eks.api import EksApi
from fargatecount.adapters.eks.token import sts_client
from fargatecount.eks.profiles import Selector
from fargatecount.errors import DeniedError, UnavailableError

ROLE = "arn:aws:iam::123456789012:role/eks"


@pytest.fixture
def eks() -> Iterator[Any]:
    """EKS without clusters."""
    with mock_aws():
        yield boto3.client("eks", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def api(eks: Any) -> EksApi:
    session = boto3.Session("test", "test", region_name="eu-west-1")
    return EksApi(eks, sts_client(session.client, "eu-west-1"))


def create(eks: Any, name: str, *profiles: str) -> None:
    eks.create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    for profile in profiles:
        eks.create_fargate_profile(
            clusterName=name,
            fargateProfileName=profile,
            podExecutionRoleArn=ROLE,
            subnets=["subnet-1"],
            selectors=[{"namespace": f"{profile}-*", "labels": {"run": "fargate"}}],
        )


def test_more_clusters_than_fit_a_page(eks: Any, api: EksApi) -> None:
    """All pages of ListClusters are read."""
    with Stubber(eks) as answers:
        answers.add_response("list_clusters", {"clusters": ["b", "c"], "nextToken": "more"})
        answers.add_response("list_clusters", {"clusters": ["a"]}, {"nextToken": "more"})
        assert api.names() == ["a", "b", "c"]


def test_described_cluster(eks: Any, api: EksApi) -> None:
    """Endpoint, CA and creation time come as they are needed: a URL, a PEM's bytes, whole seconds."""
    create(eks, "web")
    told = eks.describe_cluster(name="web")["cluster"]
    found = api.describe("web")
    assert found is not None
    assert (found.name, found.arn, found.status, found.endpoint) == ("web", told["arn"], "ACTIVE", told["endpoint"])
    assert found.ca == base64.b64decode(told["certificateAuthority"]["data"])
    assert found.epoch == int(told["createdAt"].timestamp())
    assert not found.is_private


def test_unknown_cluster_is_none(api: EksApi) -> None:
    """A cluster that does not exist is an answer and not a failure."""
    assert api.describe("nope") is None


def test_cluster_that_vanishes_has_no_profiles(eks: Any, api: EksApi) -> None:
    """A cluster that is deleted between two questions is no failure either."""
    with Stubber(eks) as answers:
        for _ in range(2):
            answers.add_client_error("list_fargate_profiles", "ResourceNotFoundException")
        assert api.profiles("nope") == []
        assert not api.has_profiles("nope")


def test_profiles(eks: Any, api: EksApi) -> None:
    """Profiles come with their selectors."""
    create(eks, "web", "shop", "batch")
    assert {profile.name: profile.selectors for profile in api.profiles("web")} == {
        "shop": (Selector("shop-*", {"run": "fargate"}),),
        "batch": (Selector("batch-*", {"run": "fargate"}),),
    }
    assert api.has_profiles("web")


def test_cluster_without_profiles(eks: Any, api: EksApi) -> None:
    """A cluster of EC2 nodes has none."""
    create(eks, "nodes")
    assert not api.has_profiles("nodes")


def test_connection_mints_a_token_for_each_request(eks: Any, api: EksApi) -> None:
    """A connection leads to the endpoint, with a fresh token of EKS's form."""
    create(eks, "web")
    found = api.describe("web")
    assert found is not None
    connection = api.connection(found)
    assert (connection.host, connection.name) == (found.endpoint, "web")
    assert connection.token().startswith("k8s-aws-v1.")


@pytest.mark.parametrize(("code", "error"), [("AccessDeniedException", DeniedError), ("ThrottlingException", UnavailableError)])
def test_refusals(eks: Any, api: EksApi, code: str, error: type[Exception]) -> None:
    """A denied request and a throttled one are different errors, and neither means that the cluster is absent."""
    with Stubber(eks) as answers:
        answers.add_client_error("describe_cluster", code)
        with pytest.raises(error, match="describing EKS cluster web"):
            api.describe("web")
