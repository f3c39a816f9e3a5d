"""What a pod's object shows of its launch and its end: when its containers ran, why they ended, who removed it.

Pure. Only codes and one-word reasons of Kubernetes are kept. Messages are not: a container writes its own termination message, and may put
anything into it (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/).
"""

from __future__ import annotations

from datetime import timedelta

from fargatecount.eks.pod import ContainerStatus, Pod, Terminated
from fargatecount.eks.text import bounded
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis

MAX_CODE = 32
"""Characters of a code; Kubernetes's longest, `TerminationByKubelet`, has 20."""
MAX_EXIT_CODES = 100
MAX_CONTAINER_NAME = 40
COMPLETED = "Completed"
DELETED = "Deleted"
"""The code of a pod whose object was removed while it ran: a scale-in, a rollout, a user."""
DISRUPTION = "DisruptionTarget"
"""The condition of a pod that the control plane removes; its reason is the cause:
https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions."""


def ready_at(pod: Pod) -> Millis | None:
    """Return when the last container of the pod first ran; None before, and if one was restarted, whose first start is no longer there."""
    statuses = pod.status.container_statuses or ()
    starts = [_first_start(status) for status in statuses]
    known = [start for start in starts if start is not None]
    return max(known) if known and len(known) == len(starts) else None


def _first_start(status: ContainerStatus) -> Millis | None:
    if status.restart_count or status.state is None:
        return None
    ran = status.state.running or status.state.terminated
    return _since_1970(ran.started_at) if ran is not None else None


def stopping_at(pod: Pod) -> Millis | None:
    """Return when the deletion of the pod was requested: its deletion timestamp is that plus the grace period."""
    marked, grace = pod.metadata.deletion_timestamp, pod.metadata.deletion_grace_period_seconds or 0
    if marked is None or not 0 <= grace <= timedelta(days=1).total_seconds():
        return _since_1970(marked)
    moment = _since_1970(marked)
    return None if moment is None or moment < grace * 1000 else moment - grace * 1000


def stop_code(pod: Pod) -> str:
    """Return why the pod ended: its own reason (`Evicted`), the cause of its disruption, how it finished, or that it was deleted."""
    disrupted = next((each.reason for each in pod.status.conditions or () if each.type == DISRUPTION and each.status == "True"), "")
    finished = {"Succeeded": COMPLETED, "Failed": "Failed"}.get(pod.status.phase, DELETED)
    return bounded(pod.status.reason or disrupted or finished, MAX_CODE)


def stop_reason(pod: Pod) -> str | None:
    """Return the reason of the first container that ended otherwise than well (`OOMKilled`, `Error`); None if none did."""
    reasons = [ended.reason for _, ended in _ended(pod) if ended.reason and ended.reason != COMPLETED]
    return bounded(reasons[0], MAX_CODE) if reasons else None


def exit_codes(pod: Pod) -> str | None:
    """Return `app=0 sidecar=137` for the containers that have ended; None if none has."""
    codes = (f"{bounded(name, MAX_CONTAINER_NAME)}={ended.exit_code % 2**32}" for name, ended in _ended(pod) if ended.exit_code is not None)
    return " ".join(codes)[:MAX_EXIT_CODES] or None


def _ended(pod: Pod) -> list[tuple[str, Terminated]]:
    statuses = pod.status.container_statuses or ()
    return [(each.name, each.state.terminated) for each in statuses if each.state is not None and each.state.terminated is not None]


def _since_1970(moment: object) -> Millis | None:
    millis = parse_millis(moment) if moment is not None else None  # type: ignore[arg-type]
    return millis if millis is None or millis >= 0 else None
