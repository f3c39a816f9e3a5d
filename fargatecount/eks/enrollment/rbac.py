"""The rights of whoever reads pods from outside a cluster: a Kubernetes group that may list and watch pods, and nothing else.

Pure. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GROUP = "fargatecount:readers"
"""The Kubernetes group of whoever reads pods from outside a cluster."""
NAME = "fargatecount-pod-reader"
"""Of the ClusterRole and of the binding that gives it to the group."""

_API = "rbac.authorization.k8s.io"

CLUSTER_ROLE: dict[str, Any] = {
    "apiVersion": f"{_API}/v1",
    "kind": "ClusterRole",
    "metadata": {"name": NAME},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}],
}
BINDING: dict[str, Any] = {
    "apiVersion": f"{_API}/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": NAME},
    "roleRef": {"apiGroup": _API, "kind": "ClusterRole", "name": NAME},
    "subjects": [{"apiGroup": _API, "kind": "Group", "name": GROUP}],
}
MANIFEST = (CLUSTER_ROLE, BINDING)
"""What infra/kubernetes/reader.yaml says too, for whoever has a checkout."""


def gives_rights(role: Mapping[str, Any] | None, binding: Mapping[str, Any] | None) -> bool:
    """Say whether a ClusterRole and a binding, as a cluster has them, are what is wanted; more than that is as good."""
    if role is None or binding is None or binding.get("roleRef", {}).get("name") != NAME:
        return False
    allowed = {
        verb for rule in role.get("rules") or () if {"pods", "*"} & set(rule.get("resources") or ()) for verb in rule.get("verbs") or ()
    }
    members = {subject.get("name") for subject in binding.get("subjects") or () if subject.get("kind") == "Group"}
    return GROUP in members and ({"list", "watch"} <= allowed or "*" in allowed)
