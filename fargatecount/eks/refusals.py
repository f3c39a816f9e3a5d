"""Refusals of pods: those that Fargate has not taken, with what it says of them.

Pure. Of pods AWS makes no events that anybody could subscribe to; the condition `PodScheduled` of each says why it waits, and stays for as
long as it does (`pods.why_waiting`). The events inside the cluster say no more, vanish after an hour, and need a right of their own.
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
    """Return the pods that wait at `now`, with Fargate's words; one that it is about to take has none, and is not among them.

    However often a pod is looked at within a window of the log, it is remembered there once: its moment is the first at which it can have
    waited in that window.
    """
    return [refusal for pod in pods if (refusal := refused_pod(pod, cluster, now)) is not None]


def refused_pod(pod: Pod, cluster: Cluster, now: Millis) -> Refusal | None:
    """Return the refusal of one pod, as above; None where it does not wait."""
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
