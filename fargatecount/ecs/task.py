"""ECS: what a task state change event, or a task that DescribeTasks returns, says about a workload.

Pure. Lenient to what AWS may add (unknown fields, unknown statuses) because it says that it will
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html), strict about what ordering needs: the task, its cluster,
its version and a time. Without those nothing can be counted right, so the event is malformed and kept. Nothing that comes out of here is
too large to be stored: one event that the table refuses would hold up all that came with it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from fargatecount.ecs.task_size import cpu_units, gibibytes, mebibytes
from fargatecount.errors import MalformedError
from fargatecount.timestamps import parse_millis
from fargatecount.workload import (
    Capacity,
    Cluster,
    Facts,
    Kind,
    Millis,
    Observation,
    Phase,
    Scope,
    SourceRank,
)

DETAIL_TYPE = "ECS Task State Change"

PHASES = {
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
    "PROVISIONING": Phase.PENDING,
    "PENDING": Phase.PENDING,
    "ACTIVATING": Phase.PENDING,
    "RUNNING": Phase.RUNNING,
    "DEACTIVATING": Phase.STOPPING,
    "STOPPING": Phase.STOPPING,
    "DEPROVISIONING": Phase.STOPPING,
    "STOPPED": Phase.GONE,
    "DELETED": Phase.GONE,
}

_CLUSTER_ARN = re.compile(r"arn:[\w-]+:ecs:(?P<region>[\w-]+):(?P<account>\d{12}):cluster/(?P<name>[\w-]{1,255})")
_TASK_ARN = re.compile(r"arn:[\w-]+:ecs:[\w-]+:\d{12}:task/(?:[\w-]{1,255}/)?(?P<id>[\w-]{1,255})")

MAX_LENGTH = 300
"""Characters of a text that is kept: AWS's longest is a group, `service:` and a name of 255."""
HIGHEST = 2**63 - 1
"""A version is a Long (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html)."""

_Moment = Any  # text in an event, a datetime from boto3; `parse_millis` takes both and refuses the rest


class _Storage(msgspec.Struct):
    sizeInGiB: str | int | float | None = None  # noqa: N815 - the vendor's spelling


class _Attribute(msgspec.Struct):
    name: str = ""
    value: str | None = None


class Task(msgspec.Struct, rename="camel"):
    """The part of a task that counting needs: `detail` of an event, or a task of DescribeTasks."""

    task_arn: str
    cluster_arn: str
    version: Annotated[int, msgspec.Meta(ge=0, le=HIGHEST)]
    last_status: str
    desired_status: str = ""
    launch_type: str | None = None
    capacity_provider_name: str | None = None
    cpu: str | int | float | None = None
    memory: str | int | float | None = None
    group: str | None = None
    platform_family: str | None = None
    attributes: list[_Attribute] | None = None
    ephemeral_storage: _Storage | None = None
    created_at: _Moment = None
    started_at: _Moment = None
    stopping_at: _Moment = None
    updated_at: _Moment = None


class _Event(msgspec.Struct, rename="kebab"):
    detail_type: str
    detail: Task
    time: str | None = None


# Not strict: a version as "4" is a version, and counting must not stop over a pair of quotes.
_decode_event = msgspec.json.Decoder(_Event, strict=False).decode


def parse_event(body: str | bytes) -> Observation | None:
    """Return what an EventBridge event says; None where it speaks of a task that is not on Fargate.

    Raises:
        MalformedError: it is not a task state change, or lacks what ordering needs; the text says what.
    """
    try:
        event = _decode_event(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedError(f"not a task state change event: {error}") from error
    if event.detail_type != DETAIL_TYPE:
        raise MalformedError(f"detail-type is {event.detail_type!r}, expected {DETAIL_TYPE!r}")
    task = event.detail
    at = parse_millis(event.time)
    if at is None:
        at = parse_millis(task.updated_at)
    if at is None:
        raise MalformedError(f"time is {event.time!r} and detail.updatedAt {task.updated_at!r}: neither is a time")
    return observe(task, SourceRank.EVENT, at) if on_fargate(task) else None


def parse_description(task: dict[str, Any], asked_at: Millis) -> Observation | None:
    """Return what a task of DescribeTasks (as boto3 hands it out) says; None where it is not on Fargate.

    Raises:
        MalformedError: it lacks what ordering needs.
    """
    try:
        parsed = msgspec.convert(task, Task, strict=False)
    except msgspec.ValidationError as error:
        raise MalformedError(f"task {task.get('taskArn')}: {error}") from error
    return observe(parsed, SourceRank.API, asked_at) if on_fargate(parsed) else None


def last_change(task: dict[str, Any]) -> Millis | None:
    """Return when a task of DescribeTasks entered the state that it is in, as far as AWS says."""
    moments = (parse_millis(task.get(name)) for name in ("createdAt", "startedAt", "stoppingAt", "stoppedAt"))
    return max((moment for moment in moments if moment is not None), default=None)


def family_of(task: dict[str, Any]) -> str | None:
    """Return the family of the task definition of a task of DescribeTasks: `job` of `…:task-definition/job:12`."""
    name = str(task.get("taskDefinitionArn") or "").rpartition("/")[2].rpartition(":")[0]
    return name or None


def on_fargate(task: Task) -> bool:
    """Say whether the task runs on Fargate.

    A Spot task has launchType FARGATE or none at all, a task of ECS Managed Instances has MANAGED_INSTANCES
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html).
    """
    return task.launch_type == "FARGATE" or task.capacity_provider_name in {"FARGATE", "FARGATE_SPOT"}


def observe(task: Task, source: SourceRank, observed_at: Millis) -> Observation:
    """Return what a Fargate task says.

    Raises:
        MalformedError: the cluster or task ARN is none.
    """
    cluster = cluster_of(task.cluster_arn)
    if cluster is None:
        raise MalformedError(f"clusterArn is {task.cluster_arn!r}, expected arn:<partition>:ecs:<region>:<account>:cluster/<name>")
    # Both task ARN forms, with and without the cluster's name in it, end in the id.
    task_arn = _TASK_ARN.fullmatch(task.task_arn)
    if task_arn is None:
        raise MalformedError(f"taskArn is {task.task_arn!r}, expected arn:<partition>:ecs:<region>:<account>:task/[<cluster>/]<id>")
    return Observation(
        cluster=cluster,
        workload_id=task_arn["id"],
        version=task.version,
        source=source,
        phase=phase_of(task),
        observed_at=observed_at,
        facts=_facts(task),
    )


def cluster_of(arn: str) -> Cluster | None:
    """Return the cluster of an ARN; None where it is none of an ECS cluster."""
    match = _CLUSTER_ARN.fullmatch(arn)
    return Cluster(Scope(match["account"], match["region"]), Kind.ECS, match["name"]) if match else None


def phase_of(task: Task) -> Phase:
    """Return the phase; `desiredStatus` does not decide it, for a Spot task that was warned runs on for two minutes.

    A status that AWS has added since holds capacity in some way; the times that the task carries say in which.
    """
    phase = PHASES.get(task.last_status)
    if phase is not None:
        return phase
    if task.stopping_at is not None or task.desired_status == "STOPPED":
        return Phase.STOPPING
    return Phase.RUNNING if task.started_at is not None else Phase.PENDING


def _text(value: str | None) -> str | None:
    return value[:MAX_LENGTH] if value else None


def _facts(task: Task) -> Facts:
    architecture = next((a.value for a in task.attributes or () if a.name == "ecs.cpu-architecture"), None)
    return Facts(
        cpu=cpu_units(task.cpu),
        memory=mebibytes(task.memory),
        storage=gibibytes(task.ephemeral_storage.sizeInGiB) if task.ephemeral_storage else None,
        # launchType is FARGATE for Spot tasks too: only the capacity provider tells them apart.
        capacity=Capacity.SPOT if task.capacity_provider_name == "FARGATE_SPOT" else Capacity.ON_DEMAND,
        group=_text(task.group),
        architecture=_text(architecture),
        os=_text(task.platform_family) if task.platform_family != "Linux" else None,
        created_at=parse_millis(task.created_at),
        started_at=parse_millis(task.started_at),
    )
