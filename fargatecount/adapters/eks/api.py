"""The EKS API: clusters, the connection to each, and the Fargate profiles with the pods that they select.

Source of all shapes: https://docs.aws.amazon.com/eks/latest/APIReference/.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from fargatecount.adapters.eks.token import EksTokens
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.adapters.sessions import aws_errors
from fargatecount.eks.profiles import Profile, Selector
from fargatecount.errors import MisconfiguredError, UnavailableError
from fargatecount.timestamps import parse_millis


class EksCluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster, as DescribeCluster returns it."""

    name: str
    arn: str
    status: str
    """CREATING, ACTIVE, UPDATING, PENDING, DELETING or FAILED."""
    endpoint: str
    """URL of the API server; empty while it is being created."""
    ca: bytes
    """PEM of the CA that signed the server's certificate."""
    epoch: int
    """Creation time in seconds since 1970: another cluster of the same name has another epoch."""
    is_private: bool
    """Whether the endpoint answers only inside its VPC and connected networks."""
    authentication_mode: str
    """CONFIG_MAP, API_AND_CONFIG_MAP or API."""


class EksApi:
    """EKS in one account and Region.

    `eks` and `sts` are its clients, the latter from `token.sts_client`. Every method raises DeniedError if AWS refuses or there are no
    credentials, and UnavailableError if AWS does not answer or throttles.
    """

    def __init__(self, eks: Any, sts: Any) -> None:
        self._eks = eks
        self._tokens = EksTokens(sts)

    def names(self) -> list[str]:
        """Return the names of all clusters."""
        with aws_errors("listing EKS clusters", remedy=_allow("eks:ListClusters"), action="eks:ListClusters"):
            pages = self._eks.get_paginator("list_clusters").paginate()
            return sorted(name for page in pages for name in page["clusters"])

    def describe(self, name: str) -> EksCluster | None:
        """Return the cluster of that name; None if there is none."""
        with aws_errors(f"describing EKS cluster {name}", remedy=_allow("eks:DescribeCluster"), action="eks:DescribeCluster"):
            try:
                described = self._eks.describe_cluster(name=name)["cluster"]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                    return None
                raise
        network = described.get("resourcesVpcConfig", {})
        return EksCluster(
            name=name,
            arn=described.get("arn", ""),
            status=described.get("status", ""),
            endpoint=described.get("endpoint") or "",
            ca=_pem(name, described.get("certificateAuthority", {}).get("data") or ""),
            epoch=(parse_millis(described.get("createdAt")) or 0) // 1000,
            is_private=not network.get("endpointPublicAccess", True),
            authentication_mode=described.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP"),
        )

    def profiles(self, name: str) -> list[Profile]:
        """Return the Fargate profiles of a cluster; an empty list if there is no such cluster."""
        with aws_errors(
            f"reading the Fargate profiles of EKS cluster {name}",
            remedy=_allow("eks:DescribeFargateProfile"),
            action="eks:DescribeFargateProfile",
        ):
            try:
                return [self._profile(name, profile) for profile in self._profile_names(name)]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                    return []
                raise

    def has_profiles(self, name: str) -> bool:
        """Return whether a cluster has a Fargate profile, and so can have pods on Fargate."""
        with aws_errors(
            f"listing the Fargate profiles of EKS cluster {name}",
            remedy=_allow("eks:ListFargateProfiles"),
            action="eks:ListFargateProfiles",
        ):
            try:
                return bool(self._profile_names(name))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                    return False
                raise

    def connection(self, cluster: EksCluster) -> KubeConnection:
        """Return the connection to the cluster's API server, with our credentials.

        Raises:
            UnavailableError: it has no endpoint yet, or no longer.
        """
        if not cluster.endpoint:
            raise UnavailableError(f"EKS cluster {cluster.name} has no endpoint: it is {cluster.status}", remedy="wait until it is ACTIVE")
        name = cluster.name
        return KubeConnection(host=cluster.endpoint, ca=cluster.ca, token=lambda: self._tokens.mint(name), name=name)

    def _profile_names(self, name: str) -> list[str]:
        pages = self._eks.get_paginator("list_fargate_profiles").paginate(clusterName=name)
        return [profile for page in pages for profile in page["fargateProfileNames"]]

    def _profile(self, cluster: str, name: str) -> Profile:
        described = self._eks.describe_fargate_profile(clusterName=cluster, fargateProfileName=name)["fargateProfile"]
        selectors = tuple(Selector(each.get("namespace", ""), each.get("labels") or {}) for each in described.get("selectors", ()))
        return Profile(name, described.get("status", ""), selectors, described.get("podExecutionRoleArn", ""))


def _allow(action: str) -> str:
    return f"allow {action} here to the caller: the role of function reconcile, the role of the watcher, or yourself"


def _pem(name: str, data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise MisconfiguredError(
            f"the CA of EKS cluster {name} is not base64: {error}", remedy="check it with: aws eks describe-cluster"
        ) from error
