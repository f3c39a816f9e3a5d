"""A pod as the Kubernetes API writes it: exactly the fields that counting needs.

This module owns the shape only. Decoding skips every other field, and those are most of a pod: 8 KB of managed fields, probes and volumes
each. Skipping them saves most of the time and memory of a list of thousands. `eks.workload` decides what the fields mean.

Field names and types: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/. Every field that the API may omit or
write as null has a default here. A pod with one unreadable field is still counted, without its size and owner (`eks.decode`), so that one
odd pod never stops its page.
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import msgspec

from fargatecount.eks.text import MAX_LABELS, MAX_NAME, MAX_REASON
from fargatecount.errors import MalformedError


class Shape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Base of all parts. They form no cycles, so the garbage collector need not visit them."""


class Annotations(Shape, frozen=True, rename=None):
    """The one annotation that matters; charts put kilobytes into the others."""

    capacity_provisioned: str | None = msgspec.field(name="CapacityProvisioned", default=None)
    """`0.25vCPU 0.5GB`: the size that Fargate gave the pod and bills, once the pod has a node."""


class Owner(Shape, frozen=True):
    """A reference to an object that created the pod."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None

    def __post_init__(self) -> None:
        """Cut a name that no object can have: thousands of pods are in memory together, and the API server checks it nowhere."""
        if len(self.name) > MAX_NAME:
            msgspec.structs.force_setattr(self, "name", self.name[:MAX_NAME])


class Metadata(Shape, frozen=True):
    """Identity and version of a pod."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generate_name: str = ""
    """The prefix from which the API server made `name`; empty if the creator gave the whole name."""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: tuple[Owner, ...] | None = None
    finalizers: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Keep the first `MAX_LABELS` labels: the API server limits the length of each, not their number."""
        if self.labels is not None and len(self.labels) > MAX_LABELS:
            msgspec.structs.force_setattr(self, "labels", dict(islice(self.labels.items(), MAX_LABELS)))


Quantities = dict[str, str | int | float]
"""Kubernetes quantities (`250m`, `1Gi`) by resource; the API allows bare numbers too."""


class Resources(Shape, frozen=True):
    """The resources that a container, or since Kubernetes 1.34 a whole pod, requests."""

    requests: Quantities | None = None
    limits: Quantities | None = None


class Container(Shape, frozen=True):
    """One container of the spec."""

    resources: Resources | None = None
    restart_policy: str | None = None
    """`Always` on an init container makes it a sidecar that runs beside the others."""


class Spec(Shape, frozen=True):
    """The desired state."""

    scheduler_name: str = ""
    node_name: str = ""
    resources: Resources | None = None
    """Pod-level resources: https://kubernetes.io/docs/tasks/configure-pod-container/assign-pod-level-resources/."""
    overhead: Quantities | None = None
    """What the pod's RuntimeClass adds: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-overhead/."""
    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None


class Running(Shape, frozen=True):
    """Present in the state of a container that runs."""

    started_at: str | None = None


class Terminated(Shape, frozen=True):
    """Present in the state of a container that has ended. Its message is left out: the container itself writes it."""

    exit_code: int | None = None
    reason: str = ""
    started_at: str | None = None


class Waiting(Shape, frozen=True):
    """Present in the state of a container that does not run yet, or not again yet."""

    reason: str = ""


class ContainerState(Shape, frozen=True):
    """At most one of waiting, running, terminated."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Shape, frozen=True):
    """The status of one container."""

    name: str = ""
    restart_count: int = 0
    state: ContainerState | None = None


class Condition(Shape, frozen=True):
    """One of the pod's conditions."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        """Cut a message that is not Fargate's."""
        if len(self.message) > MAX_REASON:
            msgspec.structs.force_setattr(self, "message", self.message[:MAX_REASON])


class Status(Shape, frozen=True):
    """The last state that the kubelet, or before it the scheduler, reported."""

    phase: str = ""
    reason: str = ""
    conditions: tuple[Condition, ...] | None = None
    start_time: datetime | None = None
    container_statuses: tuple[ContainerStatus, ...] | None = None


class Pod(Shape, frozen=True):
    """One pod."""

    metadata: Metadata
    spec: Spec = Spec()
    status: Status = Status()
    unread: str = msgspec.field(name="fargatecount/unread", default="")
    """Why only identity and phase could be decoded; empty for a pod that was decoded whole. No API server writes this field."""


MAX_DIGITS = 19
"""Digits of a resourceVersion at most: etcd's revision has 64 bits. The table refuses a number of more than 38."""


def whole_version(text: str) -> int:
    """Return a resourceVersion as an integer.

    Within one resource type of one cluster they are ordered decimal numbers: promised since Kubernetes 1.35
    (https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version), true before.

    Raises:
        MalformedError: it is not a decimal number.
    """
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        return int(text)
    raise MalformedError(f"resourceVersion {text[:100]!r} is not a decimal number")
