"""What can be done to the pods of one simulated cluster, by the rules of the real API server.

Owns creation, patches, binding and the two steps of a deletion. There is no scheduler and no kubelet: who drives the simulation
binds the pods and patches their status.
"""

from __future__ import annotations

import datetime as dt
import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from local.kubernetes.history import History, Key, Pod, Stored
from local.kubernetes.refusal import RefusalError, bad_request, not_found

GRACE: Final = 30
"""Seconds between SIGTERM and SIGKILL where a pod does not say: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/."""
FINISHED: Final = ("Succeeded", "Failed")


class PodStore:
    """The pods of one cluster. All methods may be called from any thread."""

    def __init__(
        self,
        history: History,
        *,
        is_watched: Callable[[], bool] = lambda: True,
        seed: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Keep the pods in `history`; `is_watched` decides at every change whether watches receive it; `seed` makes uids reproducible."""
        self._history = history
        self._is_watched = is_watched
        self._dice = random.Random(seed)
        self._now = now

    def get(self, namespace: str, name: str) -> Stored:
        """Return one pod.

        Raises:
            RefusalError: 404.
        """
        state = self._history.current((namespace, name))
        if state is None:
            raise not_found("pods", name)
        return state

    def create(self, namespace: str, pod: Pod) -> Stored:
        """Bring a pod into being, with a uid of its own and no status but Pending.

        Raises:
            RefusalError: 400 without a name or containers, 409 where the name is taken.
        """
        given = pod.get("metadata") or {}
        name = given.get("name") or (given["generateName"] + f"{self._dice.getrandbits(20):05x}" if given.get("generateName") else "")
        if not name:
            raise bad_request("name or generateName is required")
        if not (pod.get("spec") or {}).get("containers"):
            raise RefusalError(422, "Invalid", f'Pod "{name}" is invalid: spec.containers: Required value')
        metadata = {
            **given,
            "name": name,
            "namespace": namespace,
            "uid": str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
            "creationTimestamp": self._timestamp(),
        }
        spec = {"schedulerName": "default-scheduler", "restartPolicy": "Always", "terminationGracePeriodSeconds": GRACE, **pod["spec"]}
        with self._history.changed:
            if self._history.current((namespace, name)):
                raise RefusalError(409, "AlreadyExists", f'pods "{name}" already exists')
            return self._put((namespace, name), {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}})

    def patch(self, namespace: str, name: str, change: dict[str, Any], *, part: str | None = None) -> Stored:
        """Merge `change` (RFC 7396) into the pod: into its status alone with `part="status"`, else into all but its status.

        A patch that changes nothing makes no new version.
        """
        with self._history.changed:
            old = self.get(namespace, name)
            wanted = {key: value for key, value in change.items() if (key == "status") == (part == "status")}
            new = merge(old.pod, wanted)
            for fixed in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp"):
                new["metadata"] = {**new["metadata"], fixed: old.pod["metadata"][fixed]}
            return old if new == old.pod else self._put((namespace, name), new)

    def bind(self, namespace: str, name: str, node: str) -> None:
        """Give the pod its node, once.

        Raises:
            RefusalError: 409 where it has one.
        """
        with self._history.changed:
            pod = self.get(namespace, name).pod
            if pod["spec"].get("nodeName"):
                raise RefusalError(409, "Conflict", f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"')
            self._put((namespace, name), merge(pod, {"spec": {"nodeName": node}}))

    def delete(self, namespace: str, name: str, grace: int | None = None) -> Stored:
        """Delete the pod, or only mark it as being deleted while a node has still to stop it; return its last state.

        A pod without a node, a finished one, and any with a grace of 0 s goes at once, as in the API server's `CheckGracefulDelete`.
        """
        with self._history.changed:
            old = self.get(namespace, name)
            grace = old.pod["spec"].get("terminationGracePeriodSeconds", GRACE) if grace is None else grace
            before = old.pod["metadata"].get("deletionGracePeriodSeconds")
            held = old.pod["spec"].get("nodeName") and old.pod["status"].get("phase") not in FINISHED
            grace = grace if held else 0
            if before is not None and before <= grace:
                return old
            mark = {"deletionTimestamp": self._timestamp(grace), "deletionGracePeriodSeconds": grace}
            # The real server writes the mark even where it removes the pod in the next breath: two versions, two events.
            marked = self._put((namespace, name), merge(old.pod, {"metadata": mark}))
            if grace == 0:
                self._history.put((namespace, name), None, watched=self._is_watched())
            return marked

    def _put(self, key: Key, pod: Pod) -> Stored:
        state = self._history.put(key, pod, watched=self._is_watched())
        assert state is not None
        return state

    def _timestamp(self, after: int = 0) -> str:
        moment = dt.datetime.fromtimestamp(self._now() + after, dt.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def merge(target: Any, change: Any) -> Any:
    """Return the JSON merge patch of `target`; neither is changed (https://www.rfc-editor.org/rfc/rfc7396)."""
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result
