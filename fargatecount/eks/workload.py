"""What a pod means: whether it is on Fargate, in which phase of its life, of what size, and whose.

Pure. AWS makes no events of pods, so all that is known of them are the objects of the Kubernetes API (`pod`). One pod is one workload,
however many containers it has. What no longer has an object is gone; that comes from a watch or from a complete list (`pod_list`).
"""

from __future__ import annotations

import re

from fargatecount.eks import pod_size
from fargatecount.eks.pod import Metadata, Pod, Status, whole_version
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity, Cluster, Facts, Millis, Observation, Phase, SourceRank

SCHEDULER = "fargate-scheduler"
PROFILE_LABEL = "eks.amazonaws.com/fargate-profile"
NODE_PREFIX = "fargate-"
ARCHITECTURE = "x86_64"
"""EKS on Fargate has no other: https://docs.aws.amazon.com/eks/latest/userguide/fargate.html"""
FREE_STORAGE = 20
"""GiB that every pod gets, and the least it can have."""

_OF_CRON_JOB = re.compile(r"-\d{8}$")
"""A CronJob names its Jobs by the minutes since 1970: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"""


def observe(pod: Pod, cluster: Cluster, *, epoch: int, source: SourceRank, at: Millis) -> Observation | None:
    """Return what a pod's object says of it at `at`; None where it is not on Fargate.

    Raises:
        MalformedError: its resourceVersion is not a number.
    """
    if not is_on_fargate(pod):
        return None
    return Observation(
        cluster=cluster,
        workload_id=pod.metadata.uid,
        version=whole_version(pod.metadata.resource_version),
        source=source,
        phase=phase_of(pod),
        observed_at=at,
        epoch=epoch,
        facts=facts_of(pod),
    )


def observe_gone(pod: Pod, cluster: Cluster, *, epoch: int, at: Millis) -> Observation:
    """Return the end of a pod, from the last state that its deletion told.

    Raises:
        MalformedError: its resourceVersion is not a number.
    """
    return Observation(
        cluster=cluster,
        workload_id=pod.metadata.uid,
        version=whole_version(pod.metadata.resource_version),
        source=SourceRank.EVENT,
        phase=Phase.GONE,
        observed_at=at,
        epoch=epoch,
    )


def is_on_fargate(pod: Pod) -> bool:
    """Say whether Fargate runs the pod, or is to run it.

    The profile label alone proves nothing: anybody may write it, and a pod that was made before its profile keeps its old scheduler. A node
    of another kind disproves it: then somebody asked for the scheduler and the node by hand.
    """
    node = pod.spec.node_name
    return pod.spec.scheduler_name == SCHEDULER and (not node or node.startswith(NODE_PREFIX))


def phase_of(pod: Pod) -> Phase:
    """Return where in its life the pod is; the first that applies, in this order.

    1. No node: it waits, for good if Fargate refuses it, and holds nothing even while it is being deleted.
    2. Marked for deletion: stopping. It has its node until the object is gone.
    3. Finished: completed. It has its node, and is billed for it, until the object is deleted
       (https://github.com/aws/containers-roadmap/issues/1284).
    4. A container runs, whatever else the kubelet says or has stopped saying: running.
    5. Anything else has its node and does no work yet: pending.
    """
    status = pod.status
    if not pod.spec.node_name:
        return Phase.WAITING
    if pod.metadata.deletion_timestamp is not None:
        return Phase.STOPPING
    if status.phase in {"Succeeded", "Failed"}:
        return Phase.COMPLETED
    return Phase.RUNNING if _has_running_container(status) else Phase.PENDING


def _has_running_container(status: Status) -> bool:
    if not status.container_statuses:
        return status.phase == "Running"  # so the kubelet says, and nothing contradicts it
    return any(container.state is not None and container.state.running is not None for container in status.container_statuses)


def facts_of(pod: Pod) -> Facts:
    """Return what does not change in the pod's life; the size is an estimate until Fargate has written what it gave."""
    metadata, status = pod.metadata, pod.status
    told = metadata.annotations.capacity_provisioned if metadata.annotations else None
    size = (pod_size.provisioned(told) if told else None) or pod_size.estimated(pod.spec)
    storage = pod_size.requested_storage(pod.spec)
    return Facts(
        cpu=size[0] if size else None,
        memory=size[1] if size else None,
        storage=max(storage, FREE_STORAGE) if storage else None,
        capacity=Capacity.ON_DEMAND,  # EKS has no Fargate Spot
        group=f"{metadata.namespace}/{owner_of(metadata)}",
        profile=(metadata.labels or {}).get(PROFILE_LABEL),
        architecture=ARCHITECTURE,
        created_at=parse_millis(metadata.creation_timestamp),
        started_at=parse_millis(status.start_time),  # the kubelet takes the pod and begins to pull its images: so does the bill
    )


def owner_of(metadata: Metadata) -> str:
    """Return the name of what a person made: the Deployment, CronJob, StatefulSet, Job, or the pod itself."""
    owners = metadata.owner_references or ()
    owner = next((owner for owner in owners if owner.controller), owners[0] if owners else None)
    if owner is None:
        return metadata.name
    if owner.kind == "ReplicaSet":
        template = (metadata.labels or {}).get("pod-template-hash")
        return owner.name.removesuffix(f"-{template}") if template else owner.name
    if owner.kind == "Job":
        return _OF_CRON_JOB.sub("", owner.name)
    return owner.name


def why_waiting(pod: Pod) -> str | None:
    """Return why the pod has no node, in Fargate's words; None where it has one, or Fargate has not said.

    The scheduler writes its refusals (`Pod not supported on Fargate: fields not supported: HostNetwork`) into this condition, where they
    stay; the event of the same text is gone after an hour (seen in https://github.com/aws/eks-distro-prow-jobs/pull/11).
    """
    if pod.spec.node_name:
        return None
    for condition in pod.status.conditions or ():
        if condition.type == "PodScheduled" and condition.status == "False":
            return ": ".join(filter(None, (condition.reason, condition.message))) or None
    return None
