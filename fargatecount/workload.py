"""A workload: one ECS task or one EKS pod on Fargate, and the words that describe it.

Owns the vocabulary of every other module: scope, cluster, phase, capacity, facts, observation. Holds values only; decides nothing.

Times are whole milliseconds since the epoch, UTC (`Millis`): they compare, store and subtract without a time zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, StrEnum

import msgspec

Millis = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

CPU_UNITS_PER_VCPU = 1024  # ECS and EKS alike: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
MIB_PER_GIB = 1024


class Kind(StrEnum):
    """Which service runs the cluster."""

    ECS = "ECS"
    EKS = "EKS"


class Phase(StrEnum):
    """Where a workload is in its life, in the order in which a life goes."""

    WAITING = "waiting"
    """A pod that has no node: it holds nothing yet, and may never."""
    PENDING = "pending"
    """Capacity is being provisioned, or is there and no container runs yet."""
    RUNNING = "running"
    STOPPING = "stopping"
    """On its way out, still holding its capacity."""
    COMPLETED = "completed"
    """A pod that has finished while its object still exists: AWS bills its node until the object is deleted."""
    GONE = "gone"

    @property
    def ordinal(self) -> int:
        """Position in the life of a workload; the later one wins between two words of the same version."""
        return _ORDINALS[self]


_ORDINALS = {phase: position for position, phase in enumerate(Phase)}

HELD = (Phase.PENDING, Phase.RUNNING, Phase.STOPPING, Phase.COMPLETED)
"""The phases that occupy Fargate capacity, and so the quota."""

LIVING = (Phase.WAITING, *HELD)


class Capacity(StrEnum):
    """How the capacity is bought; each has a quota of its own."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"


class SourceRank(IntEnum):
    """Who said it; at the same version the higher one is believed."""

    EVENT = 0
    """An EventBridge event or a watch event: a copy that travelled."""
    API = 1
    """An answer of the ECS or Kubernetes API to a question of ours."""


PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}
"""Partitions by the prefix of their Regions, as botocore's partitions.json has them; a contract test compares the two."""


def partition_of(region: str) -> str:
    """Return the partition of a Region: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""
    return next((partition for prefix, partition in PARTITIONS.items() if region.startswith(prefix)), "aws")


class Scope(msgspec.Struct, frozen=True, order=True):
    """One account in one Region: what a Fargate quota applies to."""

    account: str
    region: str


class Cluster(msgspec.Struct, frozen=True, order=True):
    """One ECS or EKS cluster of a scope."""

    scope: Scope
    kind: Kind
    name: str

    @property
    def key(self) -> str:
        """`ECS-<name>` or `EKS-<name>`: its name in metrics, as the origin tool wrote it."""
        return f"{self.kind}-{self.name}"

    @property
    def arn(self) -> str:
        """Its ARN, in the partition of its Region."""
        region = self.scope.region
        return f"arn:{partition_of(region)}:{self.kind.lower()}:{region}:{self.scope.account}:cluster/{self.name}"


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What does not change in a workload's life; None is "this source did not say"."""

    cpu: int | None = None
    """CPU units that AWS bills (1 vCPU = 1024)."""
    memory: int | None = None
    """MiB that AWS bills."""
    storage: int | None = None
    """GiB of ephemeral storage; the first 20 are free of charge."""
    capacity: Capacity | None = None
    group: str | None = None
    """`service:<name>`, `family:<name>`, or `<namespace>/<owner>` of a pod."""
    profile: str | None = None
    """The Fargate profile that took a pod."""
    architecture: str | None = None
    """`x86_64` or `arm64`."""
    os: str | None = None
    """The platform family of a Windows task; None for Linux."""
    created_at: Millis | None = None
    started_at: Millis | None = None

    def items(self) -> Iterator[tuple[str, object]]:
        """Name and value of each fact that is known."""
        for name in FACT_NAMES:
            value = getattr(self, name)
            if value is not None:
                yield name, value


FACT_NAMES: tuple[str, ...] = Facts.__struct_fields__
NO_FACTS = Facts()


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one source said about one workload at one version."""

    cluster: Cluster
    workload_id: str
    """ECS task id or pod uid."""
    version: int
    """ECS: `version` of the task (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html);
    EKS: the pod's resourceVersion. A higher one is later."""
    source: SourceRank
    phase: Phase
    observed_at: Millis
    """When the source says that it was so: the event's time, or the moment before the question was asked."""
    epoch: int = 0
    """Which incarnation of a cluster name the version belongs to; versions compare only within one."""
    facts: Facts = NO_FACTS
    missing_since_rev: int | None = None
    """Set when AWS no longer knows the workload: gone is then an inference, valid only while its row still has this revision."""
    absent: bool = False
    """Set when a complete list of `version` lacks the workload: gone for certain, if its row is older than the list."""


class WorkloadKey(msgspec.Struct, frozen=True, order=True):
    """What a row is found by."""

    cluster: Cluster
    workload_id: str
