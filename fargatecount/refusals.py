"""Refusals: launches that AWS refused for want of capacity or quota, as its events tell.

Pure. Two events tell of one: a service that could not place a task (`ECS Service Action`,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html), and a task that stopped without having started
(`ECS Task State Change`, https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html). A RunTask that is
refused tells its caller and nobody else: AWS sends no event of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from fargatecount.ecs import DETAIL_TYPE
from fargatecount.workload import Capacity

SERVICE_ACTION = "ECS Service Action"
PLACEMENT_FAILURE = "SERVICE_TASK_PLACEMENT_FAILURE"

WANT = re.compile(
    r"RESOURCE:FARGATE"
    r"|capacity is unavailable"  # "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    r"|limit on the number of"  # "You've reached the limit on the number of vCPUs you can run concurrently"
    r"|quota",
    re.IGNORECASE,
)
"""What AWS writes where capacity or quota is missing: https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity and the
troubleshooting section of the ECS Developer Guide. Other reasons, such as an image that cannot be pulled, are the user's own."""


class Refusal(msgspec.Struct, frozen=True):
    """One launch that AWS refused."""

    cluster: str
    """Its name."""
    group: str
    """`service:<name>` or `family:<name>`; empty where the event does not say."""
    capacity: Capacity
    reason: str
    """AWS's own words."""


class _Detail(msgspec.Struct, rename="camel"):
    cluster_arn: str = ""
    event_name: str = ""
    reason: str = ""
    capacity_provider_arns: list[str] = []
    last_status: str = ""
    stopped_reason: str = ""
    launch_type: str | None = None
    capacity_provider_name: str | None = None
    group: str | None = None
    started_at: str | None = None


class _Event(msgspec.Struct, rename="kebab"):
    detail_type: str
    resources: list[str] = []
    detail: _Detail = msgspec.field(default_factory=_Detail)


_decode = msgspec.json.Decoder(_Event, strict=False).decode


def is_service_action(body: str) -> bool:
    """Say whether an event speaks of a service, and so of no task that could be counted."""
    event = _read(body)
    return event is not None and event.detail_type == SERVICE_ACTION


def refusal_in(body: str) -> Refusal | None:
    """Return the refusal that an event tells of; None where it tells of none, or cannot be read: that is for others to complain of."""
    event = _read(body)
    if event is None:
        return None
    if event.detail_type == SERVICE_ACTION:
        return _of_service(event)
    return _of_task(event.detail) if event.detail_type == DETAIL_TYPE else None


def _read(body: str) -> _Event | None:
    # Nearly all events are of tasks that have not stopped: those are not decoded a second time.
    if not any(word in body for word in ('"STOPPED"', SERVICE_ACTION)):
        return None
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def counted(refusals: Iterable[Refusal]) -> Mapping[Capacity, int]:
    """Return how many there are of each capacity that has any."""
    return Counter(refusal.capacity for refusal in refusals)


def _of_service(event: _Event) -> Refusal | None:
    detail = event.detail
    providers = {arn.rpartition("/")[2] for arn in detail.capacity_provider_arns}
    on_fargate = bool(providers & {"FARGATE", "FARGATE_SPOT"}) or "FARGATE" in detail.reason
    if detail.event_name != PLACEMENT_FAILURE or not on_fargate:
        return None
    service = event.resources[0].rpartition("/")[2] if event.resources else ""
    # A strategy over both does not say which was refused; the on-demand one is the base of such strategies.
    capacity = Capacity.SPOT if providers == {"FARGATE_SPOT"} else Capacity.ON_DEMAND
    return Refusal(_name(detail.cluster_arn), f"service:{service}" if service else "", capacity, detail.reason)


def _of_task(detail: _Detail) -> Refusal | None:
    on_fargate = detail.launch_type == "FARGATE" or detail.capacity_provider_name in {"FARGATE", "FARGATE_SPOT"}
    if not on_fargate or detail.last_status != "STOPPED" or detail.started_at is not None or not WANT.search(detail.stopped_reason):
        return None
    capacity = Capacity.SPOT if detail.capacity_provider_name == "FARGATE_SPOT" else Capacity.ON_DEMAND
    return Refusal(_name(detail.cluster_arn), detail.group or "", capacity, detail.stopped_reason)


def _name(cluster_arn: str) -> str:
    return cluster_arn.rpartition("/")[2]
