"""The principals that a cluster accepts, and their Kubernetes users, in each authentication mode.

The principal is the identity whose credentials signed the token. Its groups come from its access entry, or, where the mode allows it, from
the ConfigMap aws-auth in the cluster; a principal that is in neither is refused (401). Source:
https://docs.aws.amazon.com/eks/latest/userguide/grant-k8s-access.html, access-entries.html, auth-configmap.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml
from ministack.services import eks, iam

from local.kubernetes.cluster import PodCluster
from local.kubernetes.tokens import MASTERS, User
from local.patches.eks.refused import RefusedError, Reply, cluster_of, replying

ADMIN_POLICY: Final = "AmazonEKSClusterAdminPolicy"
RESERVED: Final = ("system:", "eks:", "aws:", "amazon:", "iam:")
"""No group of an access entry begins so: https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"""
AWS_AUTH: Final = ("kube-system", "aws-auth")


def apply() -> None:
    """Refuse what EKS refuses of access entries."""
    for name in ("_create_access_entry", "_update_access_entry"):
        setattr(eks, name, _checked(getattr(eks, name)))
    for name in ("_describe_access_entry", "_delete_access_entry", "_list_access_entries", "_associate_access_policy"):
        setattr(eks, name, _in_api_mode(getattr(eks, name)))


def user_of(token: str, cluster: str, account: str, region: str, pods: PodCluster) -> User | None:
    """Return the user of an EKS token; None if the cluster does not accept it."""
    credential = eks._verify_eks_token(token, cluster)
    record = eks._clusters.get_scoped(account, region, cluster)
    if credential is None or record is None:
        return None
    principal = credential.principal_arn
    role = eks._role_arn_from_assumed_role(principal) or principal
    config = record["accessConfig"]
    if config["authenticationMode"] != "CONFIG_MAP" and (entry := eks._access_entry_for_principal(cluster, account, region, principal)):
        groups = {*entry["kubernetesGroups"], *_groups_of_policies(cluster, account, region, entry["principalArn"])}
        return User(entry["username"] or principal, frozenset(groups))
    if config["authenticationMode"] == "CONFIG_MAP" and role == record["_creator_arn"]:
        return User("kubernetes-admin", frozenset({MASTERS}))
    return _mapped(role, pods) if config["authenticationMode"] != "API" else None


def _groups_of_policies(cluster: str, account: str, region: str, principal: str) -> set[str]:
    found = eks._access_policy_associations(cluster, account, region)
    return {MASTERS for of, policy, _ in found if of == principal and policy.endswith(ADMIN_POLICY)}


def _mapped(role: str, pods: PodCluster) -> User | None:
    """Look up a role in aws-auth, which has ARNs without a path only."""
    data = pods.core.find(("configmaps", *AWS_AUTH)).get("data") or {}
    for mapping in yaml.safe_load(data.get("mapRoles") or "[]") or ():
        if mapping.get("rolearn") == re.sub(r":role/.*/", ":role/", role):
            return User(mapping.get("username") or role, frozenset(mapping.get("groups") or ()))
    return None


def _in_api_mode(call: Callable[..., Reply]) -> Callable[..., Reply]:
    def checked(cluster: str, *arguments: Any) -> Reply:
        if cluster_of(cluster)["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
            raise RefusedError(
                "InvalidRequestException",
                "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
            )
        return call(cluster, *arguments)

    return replying(checked)


def _checked(call: Callable[..., Reply]) -> Callable[..., Reply]:
    def checked(cluster: str, *arguments: Any) -> Reply:
        body = arguments[-1]
        for group in body.get("kubernetesGroups") or ():
            if group.startswith(RESERVED):
                raise RefusedError("InvalidParameterException", f"The kubernetes group name {group} is invalid")
        principal = body.get("principalArn", "")
        account, _, role = principal.partition(":role/")
        if role and iam._roles.get_scoped(account.rpartition(":")[2], None, role.rpartition("/")[2]) is None:
            raise RefusedError("InvalidParameterException", "The specified principalArn is invalid: invalid principal.")
        return call(cluster, *arguments)

    return _in_api_mode(replying(checked))
