"""Refusals in JSON: one entry of `refused` in the documents of usage and of a report.

Pure. Keys may be added; none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.refusals.recent import Refused
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.refusals.texts import RefusalCause, meaning_of
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity


class RefusedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Launches that AWS refused to one service for one reason."""

    at: str | None
    """Time of the last one, ISO 8601 in UTC."""
    since: str | None
    """Time of the first one."""
    capacity: Capacity
    cluster: str
    """Key of the cluster, such as `ECS-web`."""
    group: str | None
    """Service, task family or owner; null where the source named none."""
    sign: RefusalKind
    reason: str
    """AWS's own text."""
    for_want: bool
    """Whether the quota or the capacity was exhausted."""
    count: int
    count_at_least: bool
    """Whether `count` is a lower bound."""
    cause: RefusalCause | None = None
    """The cause that the text names; null for an unknown text, and absent in documents of before 2026-11."""


def refused_documents(found: Iterable[Refused]) -> list[RefusedDocument]:
    """Return refusals as they stand in JSON, with AWS's text unchanged."""
    return [
        RefusedDocument(
            at=to_iso(one.last),
            since=to_iso(one.first),
            capacity=one.capacity,
            cluster=one.cluster,
            group=one.group or None,
            sign=one.kind,
            reason=one.reason,
            for_want=one.is_shortage,
            count=one.count,
            count_at_least=one.at_least,
            cause=None if (meaning := meaning_of(one.reason)) is None else meaning.cause,
        )
        for one in found
    ]
