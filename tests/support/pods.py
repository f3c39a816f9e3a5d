"""Builders of pods: as the Kubernetes API writes them, so that decoding is tested along with what is decoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.eks.pod import Pod

NODE = "fargate-ip-10-0-1-2.eu-west-1.compute.internal"
PROVISIONED = "0.25vCPU 0.5GB"

RUNS = {"running": {"startedAt": "2026-01-01T00:00:40Z"}}
WAITS = {"waiting": {"reason": "ContainerCreating"}}
ENDED = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def pod_json(
    name: str = "web-1",
    *,
    uid: str = "",
    version: int = 10,
    namespace: str = "shop",
    scheduler: str = "fargate-scheduler",
    node: str | None = NODE,
    phase: str = "Running",
    states: Sequence[dict[str, Any]] = (RUNS,),
    size: str | None = PROVISIONED,
    labels: dict[str, str] | None = None,
    owners: Sequence[dict[str, Any]] | str = (),
    requests: Sequence[dict[str, str]] = ({},),
    init: Sequence[dict[str, Any]] = (),
    deleting: bool = False,
    conditions: Sequence[dict[str, str]] = (),
    generate_name: str = "",
    finalizers: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a pod's object: by default it runs on Fargate, in profile `fp`, and has no owner."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "uid": uid or f"uid-{name}",
        "resourceVersion": str(version),
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"eks.amazonaws.com/fargate-profile": "fp"} if labels is None else labels,
        "annotations": {"kubernetes.io/psp": "eks.privileged"} | ({"CapacityProvisioned": size} if size else {}),
        "ownerReferences": owners if isinstance(owners, str) else list(owners),
        "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}],
    }
    if generate_name:
        metadata["generateName"] = generate_name
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:10:00Z"
    spec: dict[str, Any] = {
        "schedulerName": scheduler,
        "containers": [{"name": f"c{i}", "resources": {"requests": amounts}} for i, amounts in enumerate(requests)],
        "initContainers": list(init),
    }
    status: dict[str, Any] = {"phase": phase, "containerStatuses": [{"state": state} for state in states], "conditions": list(conditions)}
    if node:
        spec["nodeName"] = node
        status["startTime"] = "2026-01-01T00:00:30Z"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def pod(name: str = "web-1", **changes: Any) -> Pod:
    """Return that pod, decoded from its JSON as from an answer of the API."""
    return msgspec.json.decode(msgspec.json.encode(pod_json(name, **changes)), type=Pod)


def waiting(name: str = "web-1", **changes: Any) -> Pod:
    """Return a pod that has no node."""
    return pod(name, **{"node": None, "phase": "Pending", "states": (), "size": None} | changes)
