"""ECS events: one queue message, decoded once into what it reports.

Pure, and total: every body ends as one of the four classes of `Event`, whatever its bytes. `detail-type` is the tag of a union, so that
one pass over the JSON both chooses the type and reads it.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from fargatecount.ecs.refusals import ServiceDetail, refused_service, refused_task
from fargatecount.ecs.task import Task, is_on_fargate, observe
from fargatecount.errors import MalformedError
from fargatecount.refusals.refusal import Refusal
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis, Observation, SourceRank

TASK = "ECS Task State Change"
SERVICE_ACTION = "ECS Service Action"
DEPLOYMENT = "ECS Deployment State Change"


class TaskSeen(msgspec.Struct, frozen=True):
    """A Fargate task, and the refusal that it reports if it never started."""

    observation: Observation
    refusal: Refusal | None = None


class ServiceReported(msgspec.Struct, frozen=True):
    """An event about a service: no task to count, and a refusal if the service cannot start tasks on Fargate."""

    refusal: Refusal | None = None


class NotOnFargate(msgspec.Struct, frozen=True):
    """A task that holds no Fargate capacity."""


class Malformed(msgspec.Struct, frozen=True):
    """A body that can never be processed."""

    MAX_REASON: ClassVar[int] = 500
    """Characters of a reason: enough for any message of this package, and little beside a body of up to 1 MiB."""

    reason: str


Event = TaskSeen | ServiceReported | NotOnFargate | Malformed


class _TaskEvent(msgspec.Struct, rename="kebab", tag_field="detail-type", tag=TASK):
    detail: Task
    time: str | None = None


class _ServiceAction(msgspec.Struct, rename="kebab", tag_field="detail-type", tag=SERVICE_ACTION):
    detail: ServiceDetail = msgspec.field(default_factory=ServiceDetail)
    time: str | None = None
    id: str = ""
    resources: list[str] = []


class _Deployment(_ServiceAction, rename="kebab", tag_field="detail-type", tag=DEPLOYMENT):
    pass


# Not strict: a version as "4" is a version, and counting must not stop over a pair of quotes.
_decode = msgspec.json.Decoder(_TaskEvent | _ServiceAction | _Deployment, strict=False).decode


def decode_event(body: str | bytes, now: Millis) -> Event:
    """Return what a queue message reports; raises nothing.

    `now` is the time of a service event that has none, and the latest that a refusal can have: a time in the future would stay on top of
    every list until it has passed.
    """
    try:
        event = _decode(body)
    except RecursionError:
        # msgspec skips an unknown field by recursion, up to the interpreter's limit of about 1,000 levels.
        return Malformed("nested too deeply to be read")
    except (msgspec.DecodeError, UnicodeError) as error:
        return _malformed(f"not an event of an ECS task or service: {error}")
    if isinstance(event, _TaskEvent):
        return _of_task(event, now)
    at = parse_millis(event.time)
    return ServiceReported(refused_service(event.detail, event.id, event.resources, now if at is None else _past(at, now)))


def _of_task(event: _TaskEvent, now: Millis) -> Event:
    task = event.detail
    at = parse_millis(event.time)
    if at is None:
        at = parse_millis(task.updated_at)
    if at is None:
        return _malformed(f"time is {event.time!r} and detail.updatedAt {task.updated_at!r}: neither is a time")
    if not is_on_fargate(task):
        return NotOnFargate()
    try:
        observation = observe(task, SourceRank.EVENT, at)
    except MalformedError as error:
        return _malformed(str(error))
    return TaskSeen(observation, refused_task(task, observation.cluster, _past(at, now)))


def _past(at: Millis, now: Millis) -> Millis:
    return max(0, min(at, now))


def _malformed(reason: str) -> Malformed:
    """Return a bounded reason that can be stored and printed; a quoted value may hold half of a surrogate pair."""
    return Malformed(reason[: Malformed.MAX_REASON].encode(errors="replace").decode())
