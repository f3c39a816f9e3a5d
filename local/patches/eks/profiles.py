"""Fargate profiles, which the emulator lacks. The deletion of a profile deletes the pods that it selected.

Source: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateFargateProfile.html, API_DeleteFargateProfile.html
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core import responses

from local.patches.eks.refused import RefusedError, Route, cluster_of

if TYPE_CHECKING:
    from local.patches.eks.clusters import Clusters

LABEL = "eks.amazonaws.com/fargate-profile"
MAX_SELECTORS = 5
"""https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html"""

_ALL = r"/clusters/(?P<cluster>[^/]+)/fargate-profiles"


def routes(clusters: Clusters) -> tuple[Route, ...]:
    """Return the routes of profiles."""
    every, one = re.compile(_ALL), re.compile(_ALL + "/(?P<name>[^/]+)")
    return (
        ("POST", every, create),
        ("GET", every, names),
        ("GET", one, describe),
        ("DELETE", one, partial(delete, clusters)),
    )


def create(body: dict[str, Any], cluster: str) -> dict[str, Any]:
    """Create a profile; it is ACTIVE at once."""
    name, selectors = body.get("fargateProfileName"), body.get("selectors") or []
    if not name or not body.get("podExecutionRoleArn"):
        raise RefusedError("InvalidParameterException", "fargateProfileName and podExecutionRoleArn are required.")
    if not 1 <= len(selectors) <= MAX_SELECTORS or not all(selector.get("namespace") for selector in selectors):
        raise RefusedError("InvalidParameterException", f"A profile has 1 to {MAX_SELECTORS} selectors, each with a namespace.")
    profiles = _profiles(cluster)
    if name in profiles:
        raise RefusedError("ResourceInUseException", f"Fargate Profile already exists with this name: {name}", 409)
    arn = f"arn:aws:eks:{responses.get_region()}:{responses.get_account_id()}:fargateprofile/{cluster}/{name}/{responses.new_uuid()}"
    profiles[name] = {
        "fargateProfileName": name,
        "fargateProfileArn": arn,
        "clusterName": cluster,
        "createdAt": int(time.time()),
        "podExecutionRoleArn": body["podExecutionRoleArn"],
        "subnets": body.get("subnets") or [],
        "selectors": selectors,
        "status": "ACTIVE",
        "tags": body.get("tags") or {},
    }
    return {"fargateProfile": profiles[name]}


def names(_body: dict[str, Any], cluster: str) -> dict[str, Any]:
    """List the names of the profiles, on one page: a cluster has ten at most."""
    return {"fargateProfileNames": sorted(_profiles(cluster))}


def describe(_body: dict[str, Any], cluster: str, name: str) -> dict[str, Any]:
    """Describe a profile."""
    profile = _profiles(cluster).get(name)
    if profile is None:
        raise RefusedError("ResourceNotFoundException", f"No Fargate Profile found with name: {name}.", 404)
    return {"fargateProfile": profile}


def delete(clusters: Clusters, body: dict[str, Any], cluster: str, name: str) -> dict[str, Any]:
    """Delete a profile and its pods."""
    profile = describe(body, cluster, name)["fargateProfile"]
    api = clusters.api(cluster).cluster
    _, pods = api.history.snapshot()
    for (namespace, pod), state in pods:
        if (state.pod["metadata"].get("labels") or {}).get(LABEL) == name:
            api.store.delete(namespace, pod, 0)
    del _profiles(cluster)[name]
    return {"fargateProfile": {**profile, "status": "DELETING"}}


def _profiles(cluster: str) -> dict[str, Any]:
    profiles: dict[str, Any] = cluster_of(cluster).setdefault("_profiles", {})  # the emulator returns no attribute with this prefix
    return profiles
