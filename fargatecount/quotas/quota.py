"""Quotas: how many vCPU AWS lets a scope hold, where that number comes from, and how much of it is used.

Pure, except for the two ports. A quota that could not be read is unknown: its value and percent are None, never 0 and never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from fargatecount.quotas.held import HeldCounts
from fargatecount.quotas.limits import Standing, standing
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity, Millis, Scope

VCPU = "vCPU"
CODES: Mapping[Capacity, str] = {Capacity.ON_DEMAND: "L-3032A538", Capacity.SPOT: "L-36FBB829"}
"""Codes of the two vCPU quotas of service `fargate`: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html.
ECS tasks and EKS pods share the first one."""

QUOTA_TTL: Millis = 24 * 3_600_000
"""How long the last value that was read stands in for one that cannot be read now: AWS changes a quota on request or in steps of days,
so a throttled call must not blind an alarm, while a day without any answer is worth a report."""
NOT_YET_READ = "not yet read"
NEVER: Millis = 0
"""`read_at` of a quota that was never read."""


class Origin(StrEnum):
    """Where the value of a quota comes from."""

    APPLIED = "applied"
    """This account's own value."""
    DEFAULT = "default"
    """AWS's default: the account never had a value of its own."""
    UNKNOWN = "unknown"


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """One quota of a scope."""

    capacity: Capacity
    value: float | None
    """vCPU; None when unknown."""
    source: Origin
    read_at: Millis
    """When the value was read; if it is unknown, when the last read was tried."""
    reason: str = ""
    """Why the last read failed; empty when it did not."""
    denied_action: str = ""
    """The IAM action that the last read was refused; empty where none was."""

    @property
    def code(self) -> str:
        """Its code in Service Quotas."""
        return CODES[self.capacity]

    def is_fresh(self, now: Millis) -> bool:
        """Return whether the value is young enough to be used."""
        return now - self.read_at <= QUOTA_TTL


class QuotaSource(Protocol):
    """The source of the quotas of a scope."""

    def read(self, now: Millis) -> Sequence[Quota]:
        """Return every quota of `CODES`, unknown with its reason where it could not be read; that is never raised."""
        ...


class QuotaStore(Protocol):
    """The store of the quotas that were read."""

    def keep(self, scope: Scope, quotas: Iterable[Quota]) -> None:
        """Write quotas over those of the same codes."""
        ...

    def quotas(self, scope: Scope) -> Sequence[Quota]:
        """Return the stored quotas, on-demand first."""
        ...


def unknown(capacity: Capacity, now: Millis, reason: str, denied_action: str = "") -> Quota:
    """Return a quota whose value is unknown."""
    return Quota(capacity=capacity, value=None, source=Origin.UNKNOWN, read_at=now, reason=reason, denied_action=denied_action)


def latest(kept: Iterable[Quota], read: Iterable[Quota], now: Millis) -> list[Quota]:
    """Return the quotas to use and store.

    These are the ones just read, or for `QUOTA_TTL` the last known value with the reason why there is no newer one.
    """
    known = {quota.capacity: quota for quota in kept if quota.value is not None and quota.is_fresh(now)}
    return [
        msgspec.structs.replace(known[quota.capacity], reason=quota.reason, denied_action=quota.denied_action)
        if quota.value is None and quota.capacity in known
        else quota
        for quota in read
    ]


def fresh(kept: Iterable[Quota], now: Millis) -> list[Quota]:
    """Return both quotas as they can be used now: unknown, with the reason, where one was never read or its value is too old."""
    known = {quota.capacity: quota for quota in kept}
    return [_usable(known.get(capacity) or unknown(capacity, NEVER, NOT_YET_READ), now) for capacity in CODES]


def _usable(quota: Quota, now: Millis) -> Quota:
    if quota.value is None or quota.is_fresh(now):
        return quota
    since = f"not read since {to_iso(quota.read_at)}"
    return unknown(quota.capacity, quota.read_at, f"{since}: {quota.reason}" if quota.reason else since, quota.denied_action)


def quota_standing(quota: Quota, held: HeldCounts) -> Standing:
    """Return how many vCPU of a quota are used by what is held of its capacity."""
    return standing(quota.value, held.vcpu((quota.capacity,)))
