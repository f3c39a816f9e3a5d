"""A pod as the Kubernetes API writes it: exactly the fields that counting needs.

Owns the shape only. Decoding into it skips everything else, which is most of a pod (8 KB of managed fields, probes and volumes each), and
that is where a list of thousands saves its time and memory. What the fields mean is decided in `pods`.

Field names and types: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/. Whatever the API may leave out or
write as null has a default here, so that one odd pod never spoils the page it came on.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from fargatecount.errors import MalformedError


class Shape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What all parts share: they form no cycles, so the garbage collector need not visit them."""


class Annotations(Shape, frozen=True, rename=None):
    """The one annotation that matters; charts put kilobytes into the others."""

    capacity_provisioned: str | None = msgspec.field(name="CapacityProvisioned", default=None)
    """`0.25vCPU 0.5GB`: what Fargate gave the pod, and bills."""


class Owner(Shape, frozen=True):
    """Who made the pod."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class Metadata(Shape, frozen=True):
    """Identity and version of a pod."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: tuple[Owner, ...] | None = None


class Resources(Shape, frozen=True):
    """What a container asks for, as Kubernetes quantities (`250m`, `1Gi`); the API allows a bare number too."""

    requests: dict[str, str | int | float] | None = None


class Container(Shape, frozen=True):
    """One container of the spec."""

    resources: Resources | None = None
    restart_policy: str | None = None
    """`Always` on an init container makes it a sidecar that runs beside the others."""


class Spec(Shape, frozen=True):
    """What was asked for."""

    scheduler_name: str = ""
    node_name: str = ""
    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None


class Running(Shape, frozen=True):
    """Present in the state of a container that runs."""


class ContainerState(Shape, frozen=True):
    """At most one of waiting, running, terminated."""

    running: Running | None = None


class ContainerStatus(Shape, frozen=True):
    """How one container is doing."""

    state: ContainerState | None = None


class Condition(Shape, frozen=True):
    """One of the pod's conditions."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""


class Status(Shape, frozen=True):
    """What the kubelet, or before it the scheduler, last said."""

    phase: str = ""
    conditions: tuple[Condition, ...] | None = None
    start_time: datetime | None = None
    container_statuses: tuple[ContainerStatus, ...] | None = None


class Pod(Shape, frozen=True):
    """One pod."""

    metadata: Metadata
    spec: Spec = Spec()
    status: Status = Status()


DIGITS = 19
"""Of a resourceVersion at most: etcd's revision has 64 bits. The table would refuse a number of more than 38."""


def whole_version(text: str) -> int:
    """Return a resourceVersion as the number it is.

    They are ordered decimal numbers within one resource type of one cluster: promised since Kubernetes 1.35
    (https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version), true before.

    Raises:
        MalformedError: it is not a decimal number.
    """
    if text.isascii() and text.isdecimal() and len(text) <= DIGITS:
        return int(text)
    raise MalformedError(f"resourceVersion {text[:100]!r} is not a decimal number")
