"""Pods of a busy cluster: 8 KB each, of which counting needs a fraction; as pages of a list and as events of a watch.

Modeled on `kubectl get pod -o json` of a Deployment with two containers on EKS Fargate: environment, probes, projected volumes, managed
fields and all. A benchmark on bare pods would favor a client that skips unneeded fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

OFFICIAL_PAGE = 500
"""Pods a page as kubectl requests them, used for the official client; the watcher has its own page size."""
VERSION = 6_000_000
"""Resource version of the list; each pod's own is lower."""
DIGEST = "sha256:" + "9f86d081884c7d659a2feaa0c55ad015" * 2
PROBED = ("livenessProbe", "readinessProbe")
CONDITIONS = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
VARIABLES = 8


def page(pods: int, limit: int, start: int) -> bytes:
    """Return the page of the list that begins at pod `start`; its continue token is the number of the next pod."""
    left = max(pods - start - limit, 0)
    more = {"continue": str(start + limit), "remainingItemCount": left} if left else {}
    items = [_pod(number) for number in range(start, min(pods, start + limit))]
    metadata = {"resourceVersion": str(VERSION), **more}
    return msgspec.json.encode({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items})


def events(pods: int) -> Iterator[bytes]:
    """Yield a change of each pod, as lines of a watch."""
    for number in range(pods):
        changed = {"kind": "Pod", "apiVersion": "v1", **_pod(number, VERSION + 1 + number)}
        yield msgspec.json.encode({"type": "MODIFIED", "object": changed}) + b"\n"


def _pod(number: int, version: int | None = None) -> dict[str, Any]:
    template = "6c56fccc56"
    return {
        "metadata": {
            "name": f"checkout-{template}-{number:05}",
            "generateName": f"checkout-{template}-",
            "namespace": f"team-{number % 20}",
            "uid": f"399813c4-9f59-4fbc-ab45-{number:012x}",
            "resourceVersion": str(version or VERSION - 10_000 + number),
            "creationTimestamp": "2026-09-05T10:11:33Z",
            "labels": {
                "app.kubernetes.io/name": "checkout",
                "app.kubernetes.io/instance": "prod",
                "app.kubernetes.io/version": "2026.10.1",
                "eks.amazonaws.com/fargate-profile": "default",
                "pod-template-hash": template,
            },
            "annotations": {"CapacityProvisioned": "0.5vCPU 2GB", "Logging": "LoggingEnabled", "checksum/config": DIGEST},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"checkout-{template}",
                    "uid": "65e1edec-9ba6-4349-906a-21a9d6eb6d5e",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
            "managedFields": [_managed("kube-controller-manager", _SPEC_FIELDS), _managed("kubelet", _STATUS_FIELDS)],
        },
        "spec": {
            "volumes": [_projected("aws-iam-token"), _projected("kube-api-access-4z6qt")],
            "containers": [_container("app"), _container("proxy")],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "checkout",
            "serviceAccount": "checkout",
            "nodeName": f"fargate-ip-10-0-{number // 250}-{number % 250}.eu-west-1.compute.internal",
            "securityContext": {"fsGroup": 65534},
            "schedulerName": "fargate-scheduler",
            "tolerations": [
                {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
                for key in ("not-ready", "unreachable")
            ],
            "priorityClassName": "system-node-critical",
            "priority": 2_000_001_000,
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
        },
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": name, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-09-05T10:12:20Z"} for name in CONDITIONS
            ],
            "hostIP": "10.0.1.2",
            "podIP": "10.0.1.2",
            "podIPs": [{"ip": "10.0.1.2"}],
            "startTime": "2026-09-05T10:12:20Z",
            "containerStatuses": [_running("app"), _running("proxy")],
            "qosClass": "Guaranteed",
        },
    }


def _container(name: str) -> dict[str, Any]:
    size = {"cpu": "250m", "memory": "512Mi"}
    probe = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    return {
        "name": name,
        "image": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{name}:2026.10.1",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": f"SETTING_{number}", "value": f"value of setting number {number}"} for number in range(VARIABLES)],
        "resources": {"limits": size, "requests": size},
        "volumeMounts": [
            {"name": volume, "readOnly": True, "mountPath": f"/var/run/secrets/{volume}/serviceaccount"}
            for volume in ("kube-api-access-4z6qt", "aws-iam-token")
        ],
        **{kind: {"httpGet": {"path": "/health", "port": 8080, "scheme": "HTTP"}, **probe} for kind in PROBED},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"runAsNonRoot": True},
    }


def _running(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "state": {"running": {"startedAt": "2026-09-05T10:12:30Z"}},
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "image": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{name}:2026.10.1",
        "imageID": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{name}@{DIGEST}",
        "containerID": f"containerd://{DIGEST[7:]}",
        "started": True,
    }


def _projected(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
            ],
            "defaultMode": 420,
        },
    }


def _managed(manager: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": "2026-09-05T10:12:33Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def _leaves(*names: str) -> dict[str, Any]:
    return {f"f:{name}": {} for name in names}


_CONTAINER_FIELDS = {
    ".": {},
    **_leaves("image", "imagePullPolicy", "name", "ports", "resources", "securityContext", "terminationMessagePath", "volumeMounts"),
    "f:env": {f'k:{{"name":"SETTING_{number}"}}': {".": {}, **_leaves("name", "value")} for number in range(VARIABLES)},
    **{f"f:{kind}": _leaves("failureThreshold", "httpGet", "periodSeconds", "successThreshold", "timeoutSeconds") for kind in PROBED},
}
_SPEC_FIELDS = {
    "f:metadata": {"f:generateName": {}, "f:labels": {".": {}, **_leaves("app.kubernetes.io/name", "pod-template-hash")}},
    "f:spec": {
        "f:containers": {f'k:{{"name":"{name}"}}': _CONTAINER_FIELDS for name in ("app", "proxy")},
        **_leaves("dnsPolicy", "enableServiceLinks", "restartPolicy", "securityContext", "serviceAccount", "volumes"),
    },
}
_STATUS_FIELDS = {
    "f:status": {
        "f:conditions": {
            f'k:{{"type":"{name}"}}': {".": {}, **_leaves("lastProbeTime", "lastTransitionTime", "status", "type")} for name in CONDITIONS
        },
        **_leaves("containerStatuses", "hostIP", "phase", "podIP", "podIPs", "startTime"),
    }
}
