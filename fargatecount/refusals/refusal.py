"""Refusals: launches that AWS did not start, and services that cannot start tasks.

A launch also fails for reasons of its own, such as an image that cannot be pulled. Those are recorded and shown beside the others, and only
a text that names Fargate capacity or quota makes a refusal a shortage (`for_want`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from fargatecount.refusals.texts import meaning_of
from fargatecount.workload import Capacity, Cluster, Millis


class RefusalKind(StrEnum):
    """How AWS reported it."""

    PLACEMENT = "placement failure"
    IMPAIRED = "start impaired"
    DEPLOYMENT = "deployment failed"
    STOPPED = "stopped before it started"
    WAITING = "pod waits"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One launch that AWS did not start, or one report that a service cannot start tasks."""

    id: str
    """Identifies it: a second delivery has the same id and is counted once."""
    at: Millis
    """When it happened, by AWS's clock."""
    cluster: Cluster
    group: str
    """`service:<name>`, `family:<name>` or `<namespace>/<owner>`; empty where the event names none."""
    capacity: Capacity
    kind: RefusalKind = msgspec.field(name="sign")
    reason: str
    """AWS's own text; the name of the event where it has none."""
    is_shortage: bool = msgspec.field(name="for_want")
    """Whether that text names missing capacity or quota."""


def counted(refusals: Iterable[Refusal]) -> Mapping[Capacity, int]:
    """Return the number of shortages per capacity; a capacity without any is left out."""
    return Counter(refusal.capacity for refusal in refusals if refusal.is_shortage)


def is_shortage(reason: str) -> bool:
    """Return whether a reason names Fargate capacity or quota (`texts.REASON_TEXTS`)."""
    meaning = meaning_of(reason)
    return meaning is not None and meaning.is_shortage
