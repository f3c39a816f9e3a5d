"""What `/task` of the metadata endpoint says: the task, its limits and its containers.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PAUSE = "~internal~ecs~pause"
"""The container that holds the network namespace of a task on platforms before Fargate 1.4.0 and on EC2: not the user's."""
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the task. `memory_limit` is its own hard limit in bytes; None without one."""

    id: str
    name: str
    image: str
    labels: Mapping[str, str]
    memory_limit: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """The task; empty text is unknown. `vcpu` and `memory_limit` (bytes) cap all its containers together."""

    arn: str
    cluster: str
    family: str
    revision: str
    service: str
    desired_status: str
    known_status: str
    zone: str
    vcpu: float | None
    memory_limit: int | None
    containers: tuple[Container, ...]

    @property
    def region(self) -> str:
        """The Region; empty if the ARN lacks it."""
        return _part(self.arn, 3)

    @property
    def account(self) -> str:
        """The account; empty if the ARN lacks it."""
        return _part(self.arn, 4)

    @property
    def cluster_name(self) -> str:
        """The cluster's short name: Fargate gives the ARN, EC2 the name."""
        return self.cluster.rpartition("cluster/")[2]


def task_of(document: object) -> Task:
    """Return the task that a decoded answer of `/task` describes.

    Raises:
        ValueError: it is no JSON object, or its containers are no list.
    """
    if not isinstance(document, dict):
        raise ValueError(f"/task answered {type(document).__name__}, not an object")  # noqa: TRY004 - a value from outside
    containers = document.get("Containers") or []
    if not isinstance(containers, list):
        raise ValueError("/task: Containers is no list")  # noqa: TRY004 - likewise
    limits = _mapping(document.get("Limits"))
    found = tuple(_container(each) for each in containers if isinstance(each, dict) and each.get("DockerId"))
    return Task(
        arn=_text(document.get("TaskARN")),
        cluster=_text(document.get("Cluster")),
        family=_text(document.get("Family")),
        revision=_text(document.get("Revision")),
        service=_text(document.get("ServiceName")),
        desired_status=_text(document.get("DesiredStatus")),
        known_status=_text(document.get("KnownStatus")),
        zone=_text(document.get("AvailabilityZone")),
        vcpu=_positive(limits.get("CPU")),
        memory_limit=_bytes(limits.get("Memory")),
        containers=tuple(each for each in found if each.name != PAUSE),
    )


def _container(document: dict[str, Any]) -> Container:
    return Container(
        id=_text(document["DockerId"]),
        name=_text(document.get("Name")),
        image=_text(document.get("Image")),
        labels={str(key): _text(value) for key, value in _mapping(document.get("Labels")).items()},
        memory_limit=_bytes(_mapping(document.get("Limits")).get("Memory")),
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def _bytes(mebibytes: object) -> int | None:
    """Return a limit, which `/task` gives in MiB, in bytes; 0 and absence are no limit."""
    number = _positive(mebibytes)
    return None if number is None else round(number * MIB)


def _part(arn: str, index: int) -> str:
    parts = arn.split(":")
    return parts[index] if arn.startswith("arn:") and len(parts) > index else ""
