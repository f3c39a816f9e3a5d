"""An EKS cluster of moto's with a simulated API server behind it."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import boto3
import pytest
from moto.eks.models import eks_backends

from local.kubernetes.tokens import MASTERS
from tests.kube.control_plane import SimulatedPlane, simulated
from tests.support.builders import SCOPE
from tests.support.deployed import Deployed

__all__ = ["plane"]  # a fixture


@pytest.fixture
def plane(here: Deployed) -> Iterator[SimulatedPlane]:
    """EKS cluster `web` with a profile, in which the caller may do everything and our group nothing."""
    assert here is not None
    eks, role = boto3.client("eks", SCOPE.region), f"arn:aws:iam::{SCOPE.account}:role/eks"
    with simulated("web") as made:
        eks.create_cluster(name="web", roleArn=role, resourcesVpcConfig={"subnetIds": ["subnet-1"]})
        eks.create_fargate_profile(
            clusterName="web", fargateProfileName="default", podExecutionRoleArn=role, selectors=[{"namespace": "default"}]
        )
        known = eks_backends[SCOPE.account][SCOPE.region].clusters["web"]
        known.endpoint = made.api.host
        known.certificate_authority = {"data": base64.b64encode(made.api.ca.encode()).decode()}
        credentials = boto3.Session().get_credentials()
        assert credentials is not None
        made.api.cluster.tokens.enter(credentials.access_key, frozenset({MASTERS}))
        for kind in ("clusterroles", "clusterrolebindings"):
            made.driver.request("DELETE", f"/apis/rbac.authorization.k8s.io/v1/{kind}/fargatecount-pod-reader")
        yield made
