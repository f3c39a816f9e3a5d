"""A workload: one ECS task or one EKS pod on Fargate, and the terms that describe it.

Defines the vocabulary of every other module: scope, cluster, phase, capacity, facts, observation. Values only, no decisions.

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
    """The phases of a workload's life, in order."""

    WAITING = "waiting"
    """A pod without a node: it holds no capacity yet, and may never."""
    PENDING = "pending"
    """Capacity is being provisioned, or is provisioned and no container runs yet."""
    RUNNING = "running"
    STOPPING = "stopping"
    """The workload is ending, and still holds its capacity."""
    COMPLETED = "completed"
    """A pod that has finished while its object still exists: AWS bills its node until the object is deleted."""
    GONE = "gone"

    @property
    def ordinal(self) -> int:
        """Position in the life of a workload; of two observations of the same version, the later phase wins."""
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
    """Where an observation comes from; of two observations of the same version, the higher rank wins."""

    EVENT = 0
    """An EventBridge event or a watch event: a copy that was sent some time ago."""
    API = 1
    """A response of the ECS or Kubernetes API."""


PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}
"""Partitions by the prefix of their Regions, as in botocore's partitions.json; a contract test compares the two."""


def partition_of(region: str) -> str:
    """Return the partition of a Region: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""
    return next((partition for prefix, partition in PARTITIONS.items() if region.startswith(prefix)), "aws")


class Scope(msgspec.Struct, frozen=True, order=True):
    """One account in one Region: the unit to which a Fargate quota applies."""

    account: str
    region: str


class Cluster(msgspec.Struct, frozen=True, order=True):
    """One ECS or EKS cluster of a scope."""

    scope: Scope
    kind: Kind
    name: str

    @property
    def key(self) -> str:
        """`ECS-<name>` or `EKS-<name>`: the cluster's name in metrics and tables."""
        return f"{self.kind}-{self.name}"

    @property
    def arn(self) -> str:
        """Its ARN, in the partition of its Region."""
        region = self.scope.region
        return f"arn:{partition_of(region)}:{self.kind.lower()}:{region}:{self.scope.account}:cluster/{self.name}"


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The properties of a workload that never change; None where the source does not state one."""

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
    """The Fargate profile that selected a pod."""
    architecture: str | None = None
    """`x86_64` or `arm64`."""
    os: str | None = None
    """The platform family of a Windows task; None for Linux."""
    created_at: Millis | None = None
    started_at: Millis | None = None
    """When a task entered RUNNING; when the kubelet took a pod."""
    family: str | None = None
    """The family of a task's task definition, where it is not the name in `group`."""
    revision: int | None = None
    """The revision of a task's task definition."""
    owner: str | None = None
    """The value of the owner tag or label; `NO_OWNER` for a workload that was read and has none."""
    started_by: str | None = None
    """The `startedBy` of a task: `ecs-svc/…` of a deployment, else what the caller of RunTask wrote."""
    zone: str | None = None
    """The availability zone of a task; pods do not name theirs."""
    platform: str | None = None
    """The platform version of a task, such as `1.4.0`."""
    pull_started_at: Millis | None = None
    pull_stopped_at: Millis | None = None
    ready_at: Millis | None = None
    """When the last container of a pod first ran; of a pod whose containers restarted, only what was seen before."""
    stopping_at: Millis | None = None
    stopped_at: Millis | None = None
    stop_code: str | None = None
    stop_reason: str | None = None
    exit_codes: str | None = None
    """`app=0 sidecar=137`, by container."""

    def items(self) -> Iterator[tuple[str, object]]:
        """Yield the name and value of each known fact."""
        for name in FACT_NAMES:
            value = getattr(self, name)
            if value is not None:
                yield name, value


FACT_NAMES: tuple[str, ...] = Facts.__struct_fields__
NO_FACTS = Facts()
NO_OWNER = "-"
"""The owner of a workload that was read and carries no owner tag: known to have none, unlike one that was never read."""


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The state of one workload at one version, from one source."""

    cluster: Cluster
    workload_id: str
    """ECS task id or pod uid."""
    version: int
    """ECS: `version` of the task (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html);
    EKS: the pod's resourceVersion. A higher one is later."""
    source: SourceRank
    phase: Phase
    observed_at: Millis
    """The time of the state: the event's time, or the time just before the API request."""
    epoch: int = 0
    """The incarnation of the cluster's name to which the version belongs; versions of different epochs do not compare."""
    facts: Facts = NO_FACTS
    missing_since_rev: int | None = None
    """Set if AWS no longer knows the workload: `gone` is inferred then, and valid only while the row still has this revision."""
    absent: bool = False
    """Set if a complete list of `version` lacks the workload: it is gone for certain if its row is older than the list."""
    alive_at: Millis | None = None
    """With `missing_since_rev` or `absent`: when AWS last listed the workload; the end lies between then and `observed_at`."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """A workload on its way to running or to its end, as its own object describes it."""

    since: Millis | None = None
    """When that began; None where the object does not say."""
    reason: str = ""
    """Why it takes time; empty where the object does not say."""


class WorkloadKey(msgspec.Struct, frozen=True, order=True):
    """The key of a row."""

    cluster: Cluster
    workload_id: str
