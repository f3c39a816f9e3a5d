"""Refusals in ECS events: launches that AWS did not start, and services that cannot start tasks.

Pure. Three events report one: a service action (`ECS Service Action`,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html), a failed deployment (`ECS Deployment State Change`,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html), and a task that stopped before it started
(`ECS Task State Change`, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html). When RunTask itself
is refused, AWS sends no event: only its caller knows.
"""

from __future__ import annotations

import msgspec

from fargatecount.ecs.arn import cluster_of, service_of
from fargatecount.ecs.task import PROVIDERS, Task, capacity_of
from fargatecount.group import service_group
from fargatecount.refusals.refusal import Refusal, RefusalKind
from fargatecount.refusals.texts import RefusalCause, meaning_of
from fargatecount.workload import Capacity, Cluster, Millis

KINDS = {
    "SERVICE_TASK_PLACEMENT_FAILURE": RefusalKind.PLACEMENT,
    "SERVICE_TASK_START_IMPAIRED": RefusalKind.IMPAIRED,
    "SERVICE_DEPLOYMENT_FAILED": RefusalKind.DEPLOYMENT,
}
"""The events that report a service that cannot start tasks; all others are news of a healthy one."""

FAILED_TO_START = "TaskFailedToStart"
"""The stop code of a launch that failed; a task that was stopped on purpose before it started has another
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html)."""


class ServiceDetail(msgspec.Struct, rename="camel"):
    """The fields of a service or deployment event that matter here."""

    event_name: str = ""
    cluster_arn: str | None = None
    reason: str | None = None
    capacity_provider_arns: list[str] | None = None


def refused_service(detail: ServiceDetail, event_id: str, resources: list[str], at: Millis) -> Refusal | None:
    """Return the refusal that a service event reports; None for a healthy service, and for one that is not on Fargate."""
    kind = KINDS.get(detail.event_name)
    reason = detail.reason or detail.event_name
    meaning = meaning_of(reason)
    providers = {arn.rpartition("/")[2] for arn in detail.capacity_provider_arns or ()}
    if kind is None or (providers and not providers & PROVIDERS.keys()):
        return None
    # A service of launch type FARGATE names no provider, and neither does one on instances: then only a text of Fargate's own is proof.
    if kind is RefusalKind.PLACEMENT and not providers and (meaning is None or meaning.cause is RefusalCause.INSTANCES):
        return None
    arn = resources[0] if resources else ""
    named_cluster, service = service_of(arn)
    cluster = cluster_of(detail.cluster_arn) if detail.cluster_arn else named_cluster
    if cluster is None:
        return None
    return Refusal(
        id=event_id or f"{arn} {at} {reason}",
        at=at,
        cluster=cluster,
        group=service_group(service) if service else "",
        capacity=_capacity(providers, None if meaning is None else meaning.capacity),
        kind=kind,
        reason=reason,
        is_shortage=meaning is not None and meaning.is_shortage,
    )


def refused_task(task: Task, cluster: Cluster, at: Millis) -> Refusal | None:
    """Return the refusal that a Fargate task reports; None unless it stopped without having started, and not on purpose."""
    if task.last_status != "STOPPED" or task.started_at is not None:
        return None
    reason = task.stopped_reason or ""
    meaning = meaning_of(reason)
    if task.stop_code != FAILED_TO_START and not (meaning is not None and meaning.is_shortage):
        return None
    return Refusal(
        id=task.task_arn,  # a task stops once, however many events report it
        at=at,
        cluster=cluster,
        group=task.group or "",
        capacity=capacity_of(task),
        kind=RefusalKind.STOPPED,
        reason=reason or FAILED_TO_START,
        is_shortage=meaning is not None and meaning.is_shortage,
    )


def _capacity(providers: set[str], named: Capacity | None) -> Capacity:
    """Return the capacity that was refused.

    AWS's text decides. A strategy over both providers does not say which one was refused; on-demand is the base of such strategies.
    """
    if named is not None:
        return named
    return Capacity.SPOT if "FARGATE_SPOT" in providers and "FARGATE" not in providers else Capacity.ON_DEMAND
