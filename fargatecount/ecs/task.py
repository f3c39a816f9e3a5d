"""ECS tasks: the detail of a task event, or a task of DescribeTasks, as an observation of a workload.

Pure. Lenient about additions (unknown fields, unknown statuses), because AWS announces that it makes them
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html). Strict about what ordering needs: task, cluster and
version. Without those nothing can be counted right. Every text and number is bounded: one item that the table refuses would hold up
everything that came with it.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from fargatecount.ecs.arn import cluster_of, task_id_of
from fargatecount.ecs.stops import exit_codes, redacted
from fargatecount.ecs.task_size import cpu_units, gibibytes, mebibytes
from fargatecount.ecs.text import MAX_LENGTH, bounded, definition_of, moment_of, owner_from, short_text, starter_of
from fargatecount.errors import MalformedError
from fargatecount.timestamps import parse_millis
from fargatecount.workload import NO_OWNER, Capacity, Facts, Millis, Observation, Phase, SourceRank

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
PROVIDERS = {"FARGATE": Capacity.ON_DEMAND, "FARGATE_SPOT": Capacity.SPOT}
"""Fargate's capacity providers: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html."""

MAX_VERSION = 2**63 - 1
"""A version is a Long (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html)."""

_Moment = Any  # text in an event, a datetime from boto3; `parse_millis` reads both and returns None for anything else
_Size = str | int | float | None


class _Storage(msgspec.Struct):
    sizeInGiB: _Size = None  # noqa: N815 - the vendor's spelling


class _Attribute(msgspec.Struct):
    name: str = ""
    value: str | None = None


class Task(msgspec.Struct, rename="camel"):
    """The fields of a task that counting needs: `detail` of an event, or a task of DescribeTasks."""

    task_arn: str
    cluster_arn: str
    version: Annotated[int, msgspec.Meta(ge=0, le=MAX_VERSION)]
    last_status: str
    desired_status: str | None = None
    launch_type: str | None = None
    capacity_provider_name: str | None = None
    cpu: _Size = None
    memory: _Size = None
    group: str | None = None
    platform_family: str | None = None
    attributes: list[_Attribute] | None = None
    ephemeral_storage: _Storage | None = None
    fargate_ephemeral_storage: _Storage | None = None
    created_at: _Moment = None
    started_at: _Moment = None
    stopping_at: _Moment = None
    updated_at: _Moment = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    # Needed for history and lists alone, and so of any type: whatever AWS makes of them, the task is counted.
    availability_zone: Any = None
    platform_version: Any = None
    task_definition_arn: Any = None
    started_by: Any = None
    pull_started_at: _Moment = None
    pull_stopped_at: _Moment = None
    stopped_at: _Moment = None
    containers: Any = None
    tags: Any = None
    """Only in an answer of DescribeTasks that was asked for them."""


_TASK = msgspec.json.Decoder(Task)
"""Made at import, so that msgspec knows the type: its first use in several threads at once may crash (`adapters.s3.reports`)."""


def parse_description(task: dict[str, Any], asked_at: Millis, *, owner_tag: str = "") -> Observation | None:
    """Return the observation of a task of DescribeTasks, as boto3 returns it; None for a task that is not on Fargate.

    Its owner is the value of the tag `owner_tag`, if one is named.

    Raises:
        MalformedError: it lacks what ordering needs.
    """
    try:
        parsed = msgspec.convert(task, Task, strict=False)
    except (msgspec.ValidationError, UnicodeError) as error:  # a number as half of a surrogate pair
        raise MalformedError(f"task {_quoted(str(task.get('taskArn')))}: {error}") from error
    return observe(parsed, SourceRank.API, asked_at, owner_tag=owner_tag) if is_on_fargate(parsed) else None


def last_change(task: dict[str, Any]) -> Millis | None:
    """Return when a task of DescribeTasks entered its current state; None where AWS does not say."""
    moments = (parse_millis(task.get(name)) for name in ("createdAt", "startedAt", "stoppingAt", "stoppedAt"))
    return max((moment for moment in moments if moment is not None), default=None)


def family_of(task: dict[str, Any]) -> str | None:
    """Return the family of the task definition of a task of DescribeTasks: `job` of `…:task-definition/job:12`."""
    name = str(task.get("taskDefinitionArn") or "").rpartition("/")[2].rpartition(":")[0]
    return name or None


def is_on_fargate(task: Task) -> bool:
    """Return whether the task runs on Fargate.

    A Spot task has launchType FARGATE or none at all; a task of ECS Managed Instances has MANAGED_INSTANCES and a capacity provider of the
    user's own (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html).
    """
    return task.launch_type == "FARGATE" or task.capacity_provider_name in PROVIDERS


def capacity_of(task: Task) -> Capacity:
    """Return how a Fargate task is bought: launchType is FARGATE for Spot tasks too, so only the capacity provider decides."""
    return Capacity.SPOT if task.capacity_provider_name == "FARGATE_SPOT" else Capacity.ON_DEMAND


def observe(task: Task, source: SourceRank, observed_at: Millis, *, owner_tag: str = "") -> Observation:
    """Return the observation of a Fargate task.

    Raises:
        MalformedError: the cluster or task ARN is not one.
    """
    cluster = cluster_of(task.cluster_arn)
    if cluster is None:
        raise MalformedError(f"clusterArn is {_quoted(task.cluster_arn)}, expected arn:<partition>:ecs:<region>:<account>:cluster/<name>")
    workload_id = task_id_of(task.task_arn)
    if workload_id is None:
        raise MalformedError(f"taskArn is {_quoted(task.task_arn)}, expected arn:<partition>:ecs:<region>:<account>:task/[<cluster>/]<id>")
    return Observation(
        cluster=cluster,
        workload_id=workload_id,
        version=task.version,
        source=source,
        phase=phase_of(task),
        observed_at=observed_at,
        facts=_facts(task, owner_tag),
    )


def phase_of(task: Task) -> Phase:
    """Return the phase. `desiredStatus` alone does not end a task: after a Spot warning it runs on for two minutes.

    A status that is not in `PHASES` is an addition by AWS and holds capacity in some way; the task's times decide in which.
    """
    phase = PHASES.get(task.last_status)
    if phase is not None:
        return phase
    if task.stopping_at is not None or task.desired_status == "STOPPED":
        return Phase.STOPPING
    return Phase.RUNNING if task.started_at is not None else Phase.PENDING


def _quoted(text: str) -> str:
    """Return a text for an error message: a hostile one may be a megabyte long."""
    return repr(text if len(text) <= MAX_LENGTH else text[:MAX_LENGTH] + "…")


def _facts(task: Task, owner_tag: str) -> Facts:
    architecture = next((each.value for each in task.attributes or () if each.name == "ecs.cpu-architecture"), None)
    # ECS has both fields; the newer one came with customer-managed keys and is the only one of some tasks.
    storages = (task.fargate_ephemeral_storage, task.ephemeral_storage)
    family = task.platform_family
    name, revision = definition_of(task.task_definition_arn)
    ended = PHASES.get(task.last_status) is Phase.GONE
    return Facts(
        cpu=cpu_units(task.cpu),
        memory=mebibytes(task.memory),
        storage=next((size for each in storages if each is not None and (size := gibibytes(each.sizeInGiB)) is not None), None),
        capacity=capacity_of(task),
        group=bounded(task.group),
        architecture=bounded(architecture),
        # ECS writes `Linux` for a task and `LINUX` in the runtimePlatform of its task definition; both occur here.
        os=bounded(family) if family and family.casefold() != "linux" else None,
        created_at=parse_millis(task.created_at),
        started_at=parse_millis(task.started_at),
        family=name if name != (task.group or "").partition(":")[2] else None,
        revision=revision,
        owner=(owner_from(task.tags, owner_tag) or NO_OWNER) if owner_tag and task.tags is not None else None,
        started_by=starter_of(task.started_by),
        zone=short_text(task.availability_zone),
        platform=short_text(task.platform_version),
        pull_started_at=moment_of(task.pull_started_at),
        pull_stopped_at=moment_of(task.pull_stopped_at),
        stopping_at=moment_of(task.stopping_at),
        stopped_at=moment_of(task.stopped_at) if ended else None,
        # A Spot interruption and a stop by a user are known before the task has ended.
        stop_code=short_text(task.stop_code),
        stop_reason=redacted(task.stopped_reason),
        exit_codes=exit_codes(task.containers) if ended else None,
    )
