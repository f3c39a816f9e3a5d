"""Refusals in ECS events: launches that AWS refused, and services that cannot start tasks.

Pure. Three events report one: what a service could not do (`ECS Service Action`,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html), a deployment that failed (`ECS Deployment State
Change`, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html), and a task that stopped before
it started (`ECS Task State Change`, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html). When
RunTask itself is refused, only its caller learns of it: AWS sends no event.
"""

from __future__ import annotations

import msgspec

from fargatecount.ecs.task import DETAIL_TYPE, cluster_of
from fargatecount.refusals.refusal import Refusal, RefusalKind, is_shortage
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity, Cluster, Millis

SERVICE_ACTION = "ECS Service Action"
DEPLOYMENT = "ECS Deployment State Change"

_SIGNS = {
    "SERVICE_TASK_PLACEMENT_FAILURE": RefusalKind.PLACEMENT,
    "SERVICE_TASK_START_IMPAIRED": RefusalKind.IMPAIRED,
    "SERVICE_DEPLOYMENT_FAILED": RefusalKind.DEPLOYMENT,
}


class _Detail(msgspec.Struct, rename="camel"):
    cluster_arn: str = ""
    task_arn: str = ""
    event_name: str = ""
    reason: str | None = None
    capacity_provider_arns: list[str] | None = None
    last_status: str = ""
    stopped_reason: str = ""
    launch_type: str | None = None
    capacity_provider_name: str | None = None
    group: str | None = None
    started_at: str | None = None


class _Event(msgspec.Struct, rename="kebab"):
    detail_type: str
    id: str = ""
    time: str = ""
    resources: list[str] = []
    detail: _Detail = msgspec.field(default_factory=_Detail)


_decode = msgspec.json.Decoder(_Event, strict=False).decode


def is_about_a_service(body: str) -> bool:
    """Say whether an event speaks of a service, and so of no task that could be counted."""
    event = _read(body)
    return event is not None and event.detail_type in {SERVICE_ACTION, DEPLOYMENT}


def refusal_in(body: str, now: Millis) -> Refusal | None:
    """Return the refusal that an event tells of; None where it tells of none, or cannot be read: that is for others to complain of.

    `now` stands in for the time of an event that has none.
    """
    event = _read(body)
    if event is None:
        return None
    if event.detail_type in {SERVICE_ACTION, DEPLOYMENT}:
        return _of_service(event, now)
    return _of_task(event, now) if event.detail_type == DETAIL_TYPE else None


def _read(body: str) -> _Event | None:
    # Nearly all events are of tasks that have not stopped: those are not decoded a second time.
    if not any(word in body for word in ('"STOPPED"', SERVICE_ACTION, DEPLOYMENT)):
        return None
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _of_service(event: _Event, now: Millis) -> Refusal | None:
    detail = event.detail
    kind = _SIGNS.get(detail.event_name)
    providers = {arn.rpartition("/")[2] for arn in detail.capacity_provider_arns or ()}
    on_fargate = providers & {"FARGATE", "FARGATE_SPOT"}
    reason = detail.reason or detail.event_name
    # A placement fails for want, of Fargate's capacity if it was to be found there; the other two may have any cause.
    shortage = is_shortage(reason) or (kind is RefusalKind.PLACEMENT and bool(on_fargate))
    elsewhere = bool(providers) and not on_fargate
    # A service of launch type FARGATE names no provider, and nor does one on instances.
    if kind is None or elsewhere or (kind is RefusalKind.PLACEMENT and not shortage):
        return None
    # The ARN of a service is `…:service/<cluster>/<name>`; accounts from before 2018 may have `…:service/<name>`.
    arn = event.resources[0] if event.resources else ""
    within, _, service = arn.partition(":service/")[2].rpartition("/")
    cluster = _cluster(event, within)
    if cluster is None:
        return None
    return Refusal(
        id=event.id or f"{arn} {event.time} {reason}",
        at=_at(event, now),
        cluster=cluster,
        group=f"service:{service}" if service else "",
        # A strategy over both does not say which was refused; the on-demand one is the base of such strategies.
        capacity=Capacity.SPOT if providers == {"FARGATE_SPOT"} else Capacity.ON_DEMAND,
        kind=kind,
        reason=reason,
        is_shortage=shortage,
    )


def _of_task(event: _Event, now: Millis) -> Refusal | None:
    detail = event.detail
    on_fargate = detail.launch_type == "FARGATE" or detail.capacity_provider_name in {"FARGATE", "FARGATE_SPOT"}
    if not on_fargate or detail.last_status != "STOPPED" or detail.started_at is not None or not is_shortage(detail.stopped_reason):
        return None
    cluster = _cluster(event)
    if cluster is None:
        return None
    return Refusal(
        id=detail.task_arn or event.id,  # a task stops once, however many events say so
        at=_at(event, now),
        cluster=cluster,
        group=detail.group or "",
        capacity=Capacity.SPOT if detail.capacity_provider_name == "FARGATE_SPOT" else Capacity.ON_DEMAND,
        kind=RefusalKind.STOPPED,
        reason=detail.stopped_reason,
        is_shortage=True,
    )


def _at(event: _Event, now: Millis) -> Millis:
    at = parse_millis(event.time)
    return now if at is None else at


def _cluster(event: _Event, name: str = "") -> Cluster | None:
    """Return the cluster that the event names; where it names none, that of a name in the account and Region of the service."""
    arn = event.detail.cluster_arn
    if not arn and name:
        arn = event.resources[0].partition(":service/")[0] + f":cluster/{name}"
    return cluster_of(arn)
