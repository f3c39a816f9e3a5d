"""Pods that hang: marked for deletion long ago, or on a node for long without a running container.

Pure. Pods hang in Terminating for days by a finalizer, with or without their node (https://github.com/awslabs/amazon-eks-ami/issues/1445),
and in Pending by an image that cannot be pulled. They stay counted in their phase, because AWS bills a node until the pod's object is gone;
this module only gives their age and reason.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.eks.owner import owner_of
from fargatecount.eks.pod import Pod
from fargatecount.eks.text import MAX_LABEL, MAX_NAME, MAX_REASON, bounded
from fargatecount.eks.workload import is_on_fargate, phase_of
from fargatecount.group import owner_group
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis, Phase

STOPPING_FOR: Millis = 15 * 60_000
"""A deletion is due at the pod's `deletionTimestamp`, which includes its grace period; the kubelet needs seconds more."""
PENDING_FOR: Millis = 30 * 60_000
"""Fargate takes about a minute for the node, and the largest images take minutes to pull."""


class HangingPod(msgspec.Struct, frozen=True, kw_only=True):
    """A pod that hangs."""

    uid: str
    namespace: str
    name: str
    group: str
    """`<namespace>/<owner>`."""
    phase: Phase
    """STOPPING or PENDING."""
    since: Millis
    """When its deletion was due, or when the kubelet took it."""
    reason: str
    """The finalizers, or the containers' reasons for waiting; empty if the object gives none."""


def hanging_pods(pods: Iterable[Pod], now: Millis) -> list[HangingPod]:
    """Return the Fargate pods that hang at `now`, the longest first."""
    found = [hanging for pod in pods if (hanging := _hanging(pod, now)) is not None]
    return sorted(found, key=lambda one: (one.since, one.namespace, one.name))


def _hanging(pod: Pod, now: Millis) -> HangingPod | None:
    metadata, phase = pod.metadata, phase_of(pod)
    if not is_on_fargate(pod) or phase not in {Phase.STOPPING, Phase.PENDING}:
        return None
    if phase is Phase.STOPPING:
        since, patience, reason = parse_millis(metadata.deletion_timestamp), STOPPING_FOR, _finalizers(pod)
    else:
        since, patience, reason = parse_millis(pod.status.start_time or metadata.creation_timestamp), PENDING_FOR, _waiting_reasons(pod)
    # A time at or before 1970 is not the API server's; `decode_pod` writes it for one that it cannot decode.
    if not since or since <= 0 or now - since < patience:
        return None
    namespace = bounded(metadata.namespace, MAX_LABEL)
    return HangingPod(
        uid=metadata.uid,
        namespace=namespace,
        name=bounded(metadata.name, MAX_NAME),
        group=owner_group(namespace, owner_of(metadata)),
        phase=phase,
        since=since,
        reason=bounded(reason, MAX_REASON),
    )


def _finalizers(pod: Pod) -> str:
    return f"finalizers: {', '.join(pod.metadata.finalizers)}" if pod.metadata.finalizers else ""


def _waiting_reasons(pod: Pod) -> str:
    states = [status.state for status in pod.status.container_statuses or ()]
    return ", ".join(sorted({state.waiting.reason for state in states if state is not None and state.waiting and state.waiting.reason}))
