"""Refusals of pods: the pods that Fargate has not taken, with Fargate's reason.

Pure. AWS sends no events about pods. The condition `PodScheduled` of a pod gives the reason, for as long as the pod waits
(`workload.why_waiting`). The events inside the cluster add nothing, vanish after an hour, and need a permission of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from fargatecount.eks.pod import Pod
from fargatecount.eks.workload import facts_of, is_on_fargate, why_waiting
from fargatecount.refusals.log import window_of
from fargatecount.refusals.refusal import Refusal, RefusalKind, is_shortage
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity, Cluster, Millis


def refused_pods(pods: Iterable[Pod], cluster: Cluster, now: Millis) -> list[Refusal]:
    """Return a refusal for each pod that waits at `now` with a reason. A pod that Fargate is about to take has no reason, and no refusal.

    The log keeps each pod once per window, however often it is read: the refusal's time is the first moment in the window at which the pod
    can have waited.
    """
    return [refusal for pod in pods if (refusal := refused_pod(pod, cluster, now)) is not None]


def refused_pod(pod: Pod, cluster: Cluster, now: Millis) -> Refusal | None:
    """Return the refusal of one pod, as `refused_pods` does; None if it does not wait."""
    reason = why_waiting(pod) if is_on_fargate(pod) and pod.metadata.deletion_timestamp is None else None
    if reason is None:
        return None
    return Refusal(
        id=pod.metadata.uid,
        at=max(window_of(now), min(parse_millis(pod.metadata.creation_timestamp) or 0, now)),
        cluster=cluster,
        group=facts_of(pod).group or "",
        capacity=Capacity.ON_DEMAND,  # EKS has no Fargate Spot
        kind=RefusalKind.WAITING,
        reason=reason,
        is_shortage=is_shortage(reason),
    )
