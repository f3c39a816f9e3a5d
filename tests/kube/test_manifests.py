"""The manifests that users apply, on a real API server."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.kube.control_plane import GROUP, MANIFESTS, RealPlane

OBJECTS = [
    found
    for path in sorted(MANIFESTS.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for found in yaml.safe_load_all(path.read_text())
]
NAMESPACE = "fargatecount"
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts",
    "Deployment": f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}
IN_GROUP = {"user": "somebody", "groups": [GROUP]}
IN_CLUSTER = {"user": f"system:serviceaccount:{NAMESPACE}:fargatecount-watcher", "groups": ["system:serviceaccounts"]}
ALLOWED = {("list", "pods"), ("watch", "pods")}


@pytest.fixture(scope="module")
def applied(real_plane: RealPlane) -> RealPlane:
    """The API server with all manifests applied; it refuses unknown fields."""
    for found in sorted(OBJECTS, key=lambda found: found["kind"] != "Namespace"):
        path = f"{PATHS[found['kind']]}/{found['metadata']['name']}"
        query = {"fieldManager": "test", "force": "true"}
        real_plane.driver.request("PATCH", path, found, content_type="application/apply-patch+yaml", query=query)
    return real_plane


def is_allowed(plane: RealPlane, who: dict[str, Any], verb: str, resource: str, group: str = "") -> bool:
    """Send a request to the API server."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {**who, "resourceAttributes": {"verb": verb, "resource": resource, "group": group}},
    }
    return bool(plane.driver.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"])


def test_every_manifest_is_applied_as_it_stands(applied: RealPlane) -> None:
    """The API server accepts each object, and stores it under its name."""
    for found in OBJECTS:
        path = f"{PATHS[found['kind']]}/{found['metadata']['name']}"
        assert applied.driver.request("GET", path)["metadata"]["name"] == found["metadata"]["name"]


@pytest.mark.parametrize("who", [IN_GROUP, IN_CLUSTER], ids=["group of the access entry", "service account"])
def test_the_watcher_may_list_and_watch_pods_and_nothing_more(applied: RealPlane, who: dict[str, Any]) -> None:
    """The watcher has no other verb on pods, no secrets, no nodes, and cannot grant itself permissions."""
    asked = {(verb, resource) for verb in ("get", "list", "watch", "create", "update", "patch", "delete") for resource in RESOURCES}
    assert {(verb, resource) for verb, resource in asked if is_allowed(applied, who, verb, resource, RESOURCES[resource])} == ALLOWED


RESOURCES = {
    "pods": "",
    "pods/log": "",
    "pods/exec": "",
    "secrets": "",
    "configmaps": "",
    "nodes": "",
    "deployments": "apps",
    "clusterroles": "rbac.authorization.k8s.io",
}
"""By API group."""
