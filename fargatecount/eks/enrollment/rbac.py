"""The permissions of a reader outside the cluster: a Kubernetes group that may list and watch pods, and nothing else.

Pure. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GROUP = "fargatecount:readers"
"""The Kubernetes group of readers outside the cluster."""
NAME = "fargatecount-pod-reader"
"""Name of the ClusterRole, and of the binding that grants it to the group."""

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
"""The same objects as in infra/kubernetes/reader.yaml."""


def gives_rights(role: Mapping[str, Any] | None, binding: Mapping[str, Any] | None) -> bool:
    """Return whether a cluster's ClusterRole and binding grant at least the permissions of `MANIFEST`."""
    if role is None or binding is None or binding.get("roleRef", {}).get("name") != NAME:
        return False
    allowed = {
        verb for rule in role.get("rules") or () if {"pods", "*"} & set(rule.get("resources") or ()) for verb in rule.get("verbs") or ()
    }
    members = {subject.get("name") for subject in binding.get("subjects") or () if subject.get("kind") == "Group"}
    return GROUP in members and ({"list", "watch"} <= allowed or "*" in allowed)
