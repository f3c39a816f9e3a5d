"""Refusals: launches that AWS refused, and what it says of services that cannot start tasks, as its events tell.

Pure. Three events tell of one: what a service could not do (`ECS Service Action`,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html), a deployment that failed (`ECS Deployment State
Change`, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html), and a task that stopped without
having started (`ECS Task State Change`, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html). Of pods
there are no events: `pod_refusals`. A RunTask that is refused tells its caller and nobody else: AWS sends no event of it.

A service that cannot start its tasks, and a deployment that failed, may be so for reasons of their own, such as an image that does not
start. They are worth knowing beside a refusal, and count as one only if AWS itself names capacity or quota (`for_want`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from fargatecount.ecs import DETAIL_TYPE, cluster_of
from fargatecount.moments import millis
from fargatecount.workload import Capacity, Cluster, Millis

SERVICE_ACTION = "ECS Service Action"
DEPLOYMENT = "ECS Deployment State Change"

WANT = re.compile(
    r"RESOURCE:FARGATE"
    r"|capacity is unavailable"  # "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    r"|limit on the number of"  # "You've reached the limit on the number of vCPUs you can run concurrently"; of pods it says "Fargate pods"
    r"|quota",
    re.IGNORECASE,
)
"""What AWS writes where capacity or quota is missing: https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity, the troubleshooting
section of the ECS Developer Guide, https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1758 and
https://github.com/aws/containers-roadmap/issues/2034. Other reasons, such as an image that cannot be pulled, are the user's own."""


class Sign(StrEnum):
    """How AWS showed it."""

    PLACEMENT = "placement failure"
    IMPAIRED = "start impaired"
    DEPLOYMENT = "deployment failed"
    STOPPED = "stopped before it started"
    WAITING = "pod waits"


_SIGNS = {
    "SERVICE_TASK_PLACEMENT_FAILURE": Sign.PLACEMENT,
    "SERVICE_TASK_START_IMPAIRED": Sign.IMPAIRED,
    "SERVICE_DEPLOYMENT_FAILED": Sign.DEPLOYMENT,
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One launch that AWS refused, or one word of AWS about a service that cannot start tasks."""

    id: str
    """What tells it from others: told twice it is still one."""
    at: Millis
    """When it was so, by AWS's clock."""
    cluster: Cluster
    group: str
    """`service:<name>`, `family:<name>` or `<namespace>/<owner>`; empty where the event does not say."""
    capacity: Capacity
    sign: Sign
    reason: str
    """AWS's own words; where it gives none, the name of its event."""
    for_want: bool
    """Whether capacity or quota was missing, by those words."""


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


def counted(refusals: Iterable[Refusal]) -> Mapping[Capacity, int]:
    """Return how many launches of each capacity were refused for want of it; only capacities that have any are named."""
    return Counter(refusal.capacity for refusal in refusals if refusal.for_want)


def is_for_want(reason: str) -> bool:
    """Say whether AWS's words name capacity or quota."""
    return WANT.search(reason) is not None


def _of_service(event: _Event, now: Millis) -> Refusal | None:
    detail = event.detail
    sign = _SIGNS.get(detail.event_name)
    providers = {arn.rpartition("/")[2] for arn in detail.capacity_provider_arns or ()}
    on_fargate = providers & {"FARGATE", "FARGATE_SPOT"}
    reason = detail.reason or detail.event_name
    # A placement fails for want, of Fargate's capacity if it was to be found there; the other two may have any cause.
    for_want = is_for_want(reason) or (sign is Sign.PLACEMENT and bool(on_fargate))
    elsewhere = bool(providers) and not on_fargate
    # A service of launch type FARGATE names no provider, and nor does one on instances.
    if sign is None or elsewhere or (sign is Sign.PLACEMENT and not for_want):
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
        sign=sign,
        reason=reason,
        for_want=for_want,
    )


def _of_task(event: _Event, now: Millis) -> Refusal | None:
    detail = event.detail
    on_fargate = detail.launch_type == "FARGATE" or detail.capacity_provider_name in {"FARGATE", "FARGATE_SPOT"}
    if not on_fargate or detail.last_status != "STOPPED" or detail.started_at is not None or not is_for_want(detail.stopped_reason):
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
        sign=Sign.STOPPED,
        reason=detail.stopped_reason,
        for_want=True,
    )


def _at(event: _Event, now: Millis) -> Millis:
    at = millis(event.time)
    return now if at is None else at


def _cluster(event: _Event, name: str = "") -> Cluster | None:
    """Return the cluster that the event names; where it names none, that of a name in the account and Region of the service."""
    arn = event.detail.cluster_arn
    if not arn and name:
        arn = event.resources[0].partition(":service/")[0] + f":cluster/{name}"
    return cluster_of(arn)
