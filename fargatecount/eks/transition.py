"""Transition of a pod: since when it has been on its way to running or to its end, and why it takes time.

Pure. Pods hang in Terminating for days by a finalizer, with or without their node (https://github.com/awslabs/amazon-eks-ami/issues/1445),
and in Pending by an image that cannot be pulled. They stay counted in their phase, because AWS bills a node until the pod's object is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fargatecount.eks.pod import Pod
from fargatecount.eks.text import MAX_REASON, bounded
from fargatecount.eks.workload import is_on_fargate, phase_of
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Phase, Transition


def pod_transitions(pods: Iterable[Pod]) -> Mapping[str, Transition]:
    """Return the transition of each Fargate pod that is pending or stopping, by its uid."""
    return {pod.metadata.uid: transition for pod in pods if (transition := _transition(pod)) is not None}


def _transition(pod: Pod) -> Transition | None:
    metadata, phase = pod.metadata, phase_of(pod)
    if not is_on_fargate(pod) or phase not in {Phase.STOPPING, Phase.PENDING}:
        return None
    if phase is Phase.STOPPING:
        since, reason = parse_millis(metadata.deletion_timestamp), _finalizers(pod)
    else:
        since, reason = parse_millis(pod.status.start_time or metadata.creation_timestamp), _waiting_reasons(pod)
    # A time at or before 1970 is not the API server's; `decode_pod` writes it for one that it cannot decode.
    return Transition(since=since if since and since > 0 else None, reason=bounded(reason, MAX_REASON))


def _finalizers(pod: Pod) -> str:
    return f"finalizers: {', '.join(pod.metadata.finalizers)}" if pod.metadata.finalizers else ""


def _waiting_reasons(pod: Pod) -> str:
    states = [status.state for status in pod.status.container_statuses or ()]
    return ", ".join(sorted({state.waiting.reason for state in states if state is not None and state.waiting and state.waiting.reason}))
