"""Refusals: launches that AWS refused, and services that cannot start tasks.

A service that cannot start its tasks, and a deployment that failed, may fail for reasons of their own, such as an image that does not
start. They are shown beside refusals, and count as one only if AWS itself names capacity or quota (`for_want`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from fargatecount.workload import Capacity, Cluster, Millis

SHORTAGE = re.compile(
    r"RESOURCE:FARGATE"
    r"|capacity is unavailable"  # "Capacity is unavailable at this time. Please try again later or in a different availability zone"
    r"|limit on the number of"  # "You've reached the limit on the number of vCPUs you can run concurrently"; of pods it says "Fargate pods"
    r"|quota",
    re.IGNORECASE,
)
"""What AWS writes where capacity or quota is missing: https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity, the troubleshooting
section of the ECS Developer Guide, https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1758 and
https://github.com/aws/containers-roadmap/issues/2034. Other reasons, such as an image that cannot be pulled, are the user's own."""


class RefusalKind(StrEnum):
    """How AWS showed it."""

    PLACEMENT = "placement failure"
    IMPAIRED = "start impaired"
    DEPLOYMENT = "deployment failed"
    STOPPED = "stopped before it started"
    WAITING = "pod waits"


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
    kind: RefusalKind = msgspec.field(name="sign")
    reason: str
    """AWS's own words; where it gives none, the name of its event."""
    is_shortage: bool = msgspec.field(name="for_want")
    """Whether capacity or quota was missing, by those words."""


def counted(refusals: Iterable[Refusal]) -> Mapping[Capacity, int]:
    """Return how many launches of each capacity were refused for want of it; only capacities that have any are named."""
    return Counter(refusal.capacity for refusal in refusals if refusal.is_shortage)


def is_shortage(reason: str) -> bool:
    """Say whether AWS's words name capacity or quota."""
    return SHORTAGE.search(reason) is not None
