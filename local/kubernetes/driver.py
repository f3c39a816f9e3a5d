"""Drives the pods of a cluster over HTTP, as the Fargate scheduler, a kubelet and a user together would.

Works the same against the simulator and a real API server, which has no scheduler and no kubelet either when it runs alone.
"""

from __future__ import annotations

import ssl
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

FARGATE: Final = "fargate-scheduler"
TIMEOUT: Final = urllib3.Timeout(connect=5, read=30)
"""Seconds; on loopback everything takes milliseconds, except while a server starts."""


class DriverError(Exception):
    """The API server refused a request; the text has its answer."""


class PodDriver:
    """A client of one cluster with an administrator's permissions. Several threads may share it."""

    def __init__(self, host: str, ca: str, token: str) -> None:
        """Drive the cluster at `host` (https URL, CA as PEM) with an administrator's token."""
        self._host = host
        self._pool = urllib3.PoolManager(
            ssl_context=ssl.create_default_context(cadata=ca),
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            # A connection that a restarted server closed is opened again; what did arrive is never sent twice.
            retries=urllib3.Retry(connect=3, read=0, other=0, redirect=False, backoff_factor=0.1),
        )

    def create(self, name: str, namespace: str = "default", *, scheduler: str = FARGATE, size: str | None = "0.25vCPU 0.5GB") -> str:
        """Create a pod of one container as EKS admits it for Fargate, with what it is billed as (`size`); return its uid."""
        annotations = {"CapacityProvisioned": size} if size else {}
        labels = {"eks.amazonaws.com/fargate-profile": "default"} if scheduler == FARGATE else {}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": labels, "annotations": annotations},
            "spec": {"schedulerName": scheduler, "containers": [{"name": "main", "image": "registry.invalid/app"}]},
        }
        return str(self.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod)["metadata"]["uid"])

    def bind(self, name: str, namespace: str = "default") -> None:
        """Give the pod a Fargate node: it holds capacity from now on."""
        node = f"fargate-ip-10-0-{sum(name.encode()) % 256}-{len(name)}.eu-west-1.compute.internal"
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": {"kind": "Node", "name": node}}
        self.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/binding", binding)

    def refuse(self, name: str, message: str, namespace: str = "default", *, reason: str = "Unschedulable") -> None:
        """Set the reason why Fargate does not take a pod."""
        condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
        self.request("PATCH", path, {"status": {"conditions": [condition]}}, content_type="application/merge-patch+json")

    def run(self, name: str, namespace: str = "default") -> None:
        """Let the container of a bound pod run."""
        self._patch_status(name, namespace, "Running", {"running": {"startedAt": "2026-01-01T00:00:00Z"}})

    def complete(self, name: str, namespace: str = "default", *, failed: bool = False) -> None:
        """Let the container end; the object stays, and its node is billed."""
        ended = {"exitCode": int(failed), "reason": "Error" if failed else "Completed"}
        self._patch_status(name, namespace, "Failed" if failed else "Succeeded", {"terminated": ended})

    def delete(self, name: str, namespace: str = "default", *, grace: int = 0) -> None:
        """Delete the pod; with a `grace` in seconds a running one is only marked, until it is deleted again without.

        A pod that is not there is deleted: urllib3 sends a DELETE again when a connection breaks before the answer.
        """
        try:
            self.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", query={"gracePeriodSeconds": str(grace)})
        except DriverError as error:
            if ": 404 " not in str(error):
                raise

    def pods(self) -> list[dict[str, Any]]:
        """Return every pod of the cluster: the truth."""
        return list(self.request("GET", "/api/v1/pods")["items"])

    def grant(self, role: dict[str, Any], binding: dict[str, Any]) -> None:
        """Apply a ClusterRole and a ClusterRoleBinding (server-side apply)."""
        for kind, given in (("clusterroles", role), ("clusterrolebindings", binding)):
            path = f"/apis/rbac.authorization.k8s.io/v1/{kind}/{given['metadata']['name']}"
            query = {"fieldManager": "fargatecount-local", "force": "true"}
            self.request("PATCH", path, given, content_type="application/apply-patch+yaml", query=query)

    def control(self, action: str, **data: Any) -> dict[str, Any]:
        """Use the control path of a simulated cluster, such as `control("faults", frozen=True)`."""
        return self.request("POST", f"/_fargatecount/{action}", data)

    def request(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        content_type: str = "application/json",
        query: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request and return the object that answers it.

        Raises:
            DriverError: the answer is a refusal, or there is none.
        """
        url = f"{self._host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._pool.request(method, url, json=body, headers={**self._pool.headers, "Content-Type": content_type})
        except urllib3.exceptions.HTTPError as error:
            raise DriverError(f"{method} {url}: {error}") from error
        if answer.status >= 300:  # noqa: PLR2004 - what the API server does not do, it says with such a status
            raise DriverError(f"{method} {url}: {answer.status} {answer.data.decode(errors='replace')[:500]}")
        data: dict[str, Any] = answer.json()
        return data

    def _patch_status(self, name: str, namespace: str, phase: str, state: dict[str, Any]) -> None:
        container = {"name": "main", "image": "registry.invalid/app", "imageID": "", "ready": "running" in state, "restartCount": 0}
        status = {"phase": phase, "containerStatuses": [{**container, "state": state}]}
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/status"
        self.request("PATCH", path, {"status": status}, content_type="application/merge-patch+json")
