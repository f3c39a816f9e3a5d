"""What a pod's object means: whether the pod is on Fargate, its phase, its size and its group.

Pure. AWS sends no events about pods, so everything known about them comes from the objects of the Kubernetes API (`eks.pod`). One pod is
one workload, however many containers it has. A pod without an object is gone; a watch or a complete list reports that (`ledger.listing`).

Users control much of an object. Whatever they write, nothing here is longer than a field of the table may be: names are cut, sizes that
Fargate does not sell are unknown, and an object without a usable uid or version is malformed.
"""

from __future__ import annotations

from datetime import datetime

from fargatecount.eks import ending, pod_size
from fargatecount.eks.owner import owner_of
from fargatecount.eks.pod import Metadata, Pod, Status, whole_version
from fargatecount.eks.text import MAX_LABEL, MAX_REASON, MAX_UID, bounded
from fargatecount.errors import MalformedError
from fargatecount.group import owner_group
from fargatecount.timestamps import parse_millis
from fargatecount.workload import NO_FACTS, NO_OWNER, Capacity, Cluster, Facts, Millis, Observation, Phase, SourceRank

SCHEDULER = "fargate-scheduler"
PROFILE_LABEL = "eks.amazonaws.com/fargate-profile"
NODE_PREFIX = "fargate-"
ARCHITECTURE = "x86_64"
"""EKS on Fargate has no other: https://docs.aws.amazon.com/eks/latest/userguide/fargate.html"""
FINISHED = frozenset({"Succeeded", "Failed"})
"""The phases of a pod whose containers have all ended for good."""
SCHEDULING_GATED = "SchedulingGated"
"""The reason of a pod that its own gates keep from every scheduler:
https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/."""


def observe(pod: Pod, cluster: Cluster, *, epoch: int, source: SourceRank, at: Millis, owner_label: str = "") -> Observation | None:
    """Return what a pod's object shows at `at`; None if the pod is not on Fargate. Its owner is the value of the label `owner_label`.

    Raises:
        MalformedError: its uid or its resourceVersion is unusable.
    """
    if not is_on_fargate(pod):
        return None
    return Observation(
        cluster=cluster,
        workload_id=_uid(pod.metadata),
        version=whole_version(pod.metadata.resource_version),
        source=source,
        phase=phase_of(pod),
        observed_at=at,
        epoch=epoch,
        facts=facts_of(pod, owner_label),
    )


def observe_gone(pod: Pod, cluster: Cluster, *, epoch: int, at: Millis, owner_label: str = "") -> Observation:
    """Return the end of a pod, from the last state that its deletion event carries.

    Raises:
        MalformedError: its uid or its resourceVersion is unusable.
    """
    return Observation(
        cluster=cluster,
        workload_id=_uid(pod.metadata),
        version=whole_version(pod.metadata.resource_version),
        source=SourceRank.EVENT,
        phase=Phase.GONE,
        observed_at=at,
        epoch=epoch,
        facts=facts_of(pod, owner_label, ended=True) if is_on_fargate(pod) else NO_FACTS,
    )


def _uid(metadata: Metadata) -> str:
    uid = metadata.uid
    if not 0 < len(uid) <= MAX_UID or not uid.isascii() or not uid.isprintable():
        raise MalformedError(
            f"pod {bounded(metadata.namespace, MAX_LABEL)}/{bounded(metadata.name, MAX_LABEL)} has no usable uid: {uid[:50]!r}"
        )
    return uid


def is_on_fargate(pod: Pod) -> bool:
    """Return whether the pod runs on Fargate, or waits for it.

    The profile label alone proves nothing: users can write it, and a pod that is older than its profile keeps its old scheduler. A node of
    another kind is proof against it: then a user wrote both the scheduler and the node.
    """
    node = pod.spec.node_name
    return pod.spec.scheduler_name == SCHEDULER and (not node or node.startswith(NODE_PREFIX))


def phase_of(pod: Pod) -> Phase:
    """Return the pod's phase: the first rule that applies, in this order.

    1. No node: waiting. It holds nothing, even while it is being deleted, and stays so if Fargate refuses it.
    2. Marked for deletion: stopping. It keeps its node until the object is gone.
    3. Finished: completed. It keeps its node, and AWS bills it, until the object is deleted
       (https://github.com/aws/containers-roadmap/issues/1284).
    4. A container runs: running, whatever else the kubelet reports or no longer reports.
    5. Anything else: pending. It has its node and does no work yet.
    """
    status = pod.status
    if not pod.spec.node_name:
        return Phase.WAITING
    if pod.metadata.deletion_timestamp is not None:
        return Phase.STOPPING
    if status.phase in FINISHED:
        return Phase.COMPLETED
    return Phase.RUNNING if _has_running_container(status) else Phase.PENDING


def _has_running_container(status: Status) -> bool:
    if not status.container_statuses:
        return status.phase == "Running"  # the kubelet reports it, and nothing contradicts it
    return any(container.state is not None and container.state.running is not None for container in status.container_statuses)


def facts_of(pod: Pod, owner_label: str = "", *, ended: bool = False) -> Facts:
    """Return what does not change in the pod's life. The size is an estimate until the pod has a node and Fargate has written the size."""
    if pod.unread:
        return Facts(capacity=Capacity.ON_DEMAND, architecture=ARCHITECTURE)
    metadata = pod.metadata
    size = _size(pod)
    labels = metadata.labels or {}
    profile = labels.get(PROFILE_LABEL)
    ends = ended or metadata.deletion_timestamp is not None or pod.status.phase in FINISHED
    return Facts(
        cpu=size[0] if size else None,
        memory=size[1] if size else None,
        storage=pod_size.provisioned_storage(pod.spec),
        capacity=Capacity.ON_DEMAND,  # EKS has no Fargate Spot
        group=owner_group(bounded(metadata.namespace, MAX_LABEL), owner_of(metadata)),
        profile=None if profile is None else bounded(profile, MAX_LABEL),
        architecture=ARCHITECTURE,
        created_at=_millis(metadata.creation_timestamp),
        started_at=_millis(pod.status.start_time),  # the kubelet takes the pod and begins to pull its images: billing starts here
        owner=(bounded(labels.get(owner_label, ""), MAX_LABEL) or NO_OWNER) if owner_label else None,
        ready_at=ending.ready_at(pod),
        stopping_at=ending.stopping_at(pod),
        stop_code=ending.stop_code(pod) if ends else None,
        stop_reason=ending.stop_reason(pod) if ends else None,
        exit_codes=ending.exit_codes(pod) if ends else None,
    )


def _size(pod: Pod) -> tuple[int, int] | None:
    """Return CPU units and MiB.

    Users write `CapacityProvisioned` into their manifests, hoping to size the pod by it; Fargate overwrites it when it provisions the node
    (https://github.com/aws/containers-roadmap/issues/1309). Before the pod has a node, only its requests count.
    """
    annotation = pod.metadata.annotations.capacity_provisioned if pod.metadata.annotations and pod.spec.node_name else None
    return (pod_size.provisioned(annotation) if annotation else None) or pod_size.estimated(pod.spec)


def _millis(moment: datetime | None) -> Millis | None:
    millis = parse_millis(moment)
    return millis if millis is None or millis >= 0 else None


def why_waiting(pod: Pod) -> str | None:
    """Return why the pod has no node, in Fargate's words; None if it has one, or Fargate has given no reason.

    The scheduler writes its refusals (`Pod not supported on Fargate: fields not supported: HostNetwork`) into this condition, and they stay
    there; the event of the same text is gone after an hour (seen in https://github.com/aws/eks-distro-prow-jobs/pull/11). A pod that its
    own scheduling gates hold back is not refused.
    """
    if pod.spec.node_name:
        return None
    for condition in pod.status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False" and condition.reason != SCHEDULING_GATED:
            words = (bounded(part, MAX_REASON) for part in (condition.reason, condition.message))
            return ": ".join(filter(None, words))[:MAX_REASON] or None
    return None
