"""AWS's reason texts: what each one means, which capacity it names, and whether Fargate capacity or quota was missing.

Pure. One table for all sources: service events, stopped tasks and waiting pods. The first row that matches decides. Rows for causes that
are not Fargate's come first, because those texts quote other systems: the 429 of an image registry has the word "quota" too.
A text that no row matches stays unknown and is never counted as a shortage.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from fargatecount.workload import Capacity

_SERVICE_EVENTS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html"
_STOPPED_TASKS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html"
_API_FAILURES = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"
_IMAGE_PULLS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"
_NO_CAPACITY = "https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity"
_SERVICE_ACTIONS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html"


class RefusalCause(StrEnum):
    """Why AWS did not start a launch."""

    CAPACITY = "capacity"
    """Fargate had none left in the Availability Zones of the request."""
    QUOTA = "quota"
    """The account's quota for Fargate is used up."""
    IMAGE = "image"
    """The image could not be pulled from its registry."""
    SECRETS = "secrets"
    """A secret or the registry's credentials could not be read."""
    LOGGING = "logging"
    """The log driver could not be set up."""
    STORAGE = "storage"
    """A volume or the ephemeral storage could not be set up."""
    RESOURCES = "resources"
    """Something else that a task needs before its containers could not be set up."""
    ADDRESSES = "addresses"
    """The subnet has no free IP address."""
    NETWORK = "network"
    """The network interface could not be set up."""
    ROLE = "role"
    """A role may not be assumed, or lacks a permission."""
    PLATFORM = "platform"
    """The platform version, operating system or Availability Zone does not run this task."""
    CONTAINER = "container"
    """The container runtime could not start a container."""
    THROTTLED = "throttled"
    """The rate of API calls was exceeded, not an amount of capacity."""
    INSTANCES = "instances"
    """Container instances lack something: the launch was not on Fargate."""


class ReasonText(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table."""

    pattern: re.Pattern[str]
    cause: RefusalCause
    capacity: Capacity | None = None
    """The capacity that the text itself names; None where it names none."""
    source: str
    """Where AWS documents the text, or where it was seen."""

    @property
    def is_shortage(self) -> bool:
        """Return whether Fargate capacity or quota was missing."""
        return self.cause in {RefusalCause.CAPACITY, RefusalCause.QUOTA}


def _row(pattern: str, cause: RefusalCause, source: str, capacity: Capacity | None = None) -> ReasonText:
    return ReasonText(pattern=re.compile(pattern, re.IGNORECASE), cause=cause, source=source, capacity=capacity)


MAX_TEXT = 2000
"""Characters of a reason that are examined: AWS's own are below 1,024, and a hostile event may have a megabyte."""

REASON_TEXTS: tuple[ReasonText, ...] = (
    _row(
        r"CannotPull\w*Error|pull image manifest|image manifest does not|ref pull has been retried",
        RefusalCause.IMAGE,
        _IMAGE_PULLS,
    ),
    _row(r"ResourceInitializationError[^\n]{0,200}?(?:secret|registry auth|\bssm\b|\basm\b)", RefusalCause.SECRETS, _STOPPED_TASKS),
    _row(r"ResourceInitializationError[^\n]{0,200}?(?:logging driver|log group|log stream)", RefusalCause.LOGGING, _STOPPED_TASKS),
    _row(r"ResourceInitializationError[^\n]{0,200}?(?:\bEFS\b|volume|mount|storage)", RefusalCause.STORAGE, _STOPPED_TASKS),
    _row(r"ResourceInitializationError", RefusalCause.RESOURCES, _STOPPED_TASKS),
    _row(r"CannotCreateVolumeError|EphemeralStorage", RefusalCause.STORAGE, _STOPPED_TASKS),
    # https://github.com/paradisec-archive/nabu/pull/1259 has it inside of a network interface's error.
    _row(r"InsufficientFreeAddressesInSubnet|free (?:private )?(?:IP )?addresses", RefusalCause.ADDRESSES, _STOPPED_TASKS),
    _row(r"network interface|Unexpected EC2 error", RefusalCause.NETWORK, _STOPPED_TASKS),
    _row(r"unable to assume|AccessDenied|not authorized to perform", RefusalCause.ROLE, _STOPPED_TASKS),
    _row(
        r"(?:CannotStartContainer|CannotInspectContainer|CannotStopContainer|ContainerRuntime|ContainerRuntimeTimeout|DockerTimeout"
        r"|OutOfMemory)\w*Error|Essential container in task exited",
        RefusalCause.CONTAINER,
        _STOPPED_TASKS,
    ),
    _row(r"platform (?:version|family|attribute)", RefusalCause.PLATFORM, _API_FAILURES),
    # AWS's explanation of these two words is a subnet in an Availability Zone without Fargate.
    _row(r"^Internal error\.?$|Reason: Internal error", RefusalCause.PLATFORM, _SERVICE_EVENTS),
    _row(r"RESOURCE:(?!FARGATE)\w+|container.instance|^AGENT$|placement constraint", RefusalCause.INSTANCES, _API_FAILURES),
    _row(r"RESOURCE:FARGATE", RefusalCause.CAPACITY, _SERVICE_ACTIONS),
    _row(r"capacity is unavailable", RefusalCause.CAPACITY, _NO_CAPACITY),
    # https://github.com/aws/copilot-cli/issues/2685: Spot has a quota of its own, L-36FBB829.
    _row(r"limit on the number of (?:Fargate )?spot (?:tasks|vCPUs)", RefusalCause.QUOTA, _SERVICE_EVENTS, Capacity.SPOT),
    _row(r"spot[^\n.]{0,60}?vCPU[^\n.]{0,60}?quota", RefusalCause.QUOTA, _SERVICE_EVENTS, Capacity.SPOT),
    # Tasks, vCPUs, and of pods "Fargate pods": https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1758 and
    # https://github.com/aws/containers-roadmap/issues/2034.
    _row(r"limit on the number of (?:Fargate |vCPU|tasks|pods|on-demand )", RefusalCause.QUOTA, _SERVICE_EVENTS),
    _row(r"requested (?:CPU|MEMORY) configuration is above your limit", RefusalCause.QUOTA, _SERVICE_EVENTS),
    _row(r"\b(?:Fargate|vCPU)\b[^\n.]{0,60}?\bquota|\bquota\b[^\n.]{0,60}?\b(?:Fargate|vCPU)", RefusalCause.QUOTA, _SERVICE_EVENTS),
    # Behind the shortages: a text may name both, and the shortage is what to act on.
    _row(r"operations are being throttled|rate exceeded|ThrottlingException", RefusalCause.THROTTLED, _SERVICE_EVENTS),
)
"""Every text that is known, in order of precedence; kept in step with the pages of `source`."""


def meaning_of(reason: str) -> ReasonText | None:
    """Return the row that a reason matches; None for an unknown text."""
    head = reason[:MAX_TEXT]
    return next((row for row in REASON_TEXTS if row.pattern.search(head)), None)
