"""Launch rates: how fast AWS starts tasks and pods, and how long a deployment takes at that rate.

Pure. The quotas are a token bucket for each capacity: `burst` launches at once, then `sustained` a second. Their codes are not documented,
so they are found by name among all quotas of Fargate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.errors import FargatecountError
from fargatecount.timestamps import DAY, HOUR
from fargatecount.workload import Capacity, Millis, Scope

_NAME = re.compile(r"fargate (on-demand|spot) (burst|sustained) launch rate", re.IGNORECASE)
"""https://docs.aws.amazon.com/general/latest/gr/ecs-service.html."""


READ_EVERY: Millis = HOUR
"""Two lists of some twenty quotas, which change by a request to AWS only."""
GOOD_FOR: Millis = DAY
"""How long a reading is shown if no other succeeds, as for the vCPU quotas."""
NEVER_READ = "the launch quotas have not been read yet"
TOO_OLD = "the launch quotas were last read more than a day ago"


class LaunchRate(msgspec.Struct, frozen=True, kw_only=True):
    """The launch quotas of one capacity."""

    capacity: Capacity
    burst: float | None = None
    """Launches at once; None where it is not known."""
    sustained: float | None = None
    """Launches a second after that; None where it is not known."""


class LaunchQuotas(Protocol):
    """The source of the launch quotas of a scope."""

    def launch_rates(self) -> Sequence[LaunchRate]:
        """Return the launch rates of both capacities; raises DeniedError or UnavailableError."""
        ...


class LaunchQuotaReading(msgspec.Struct, frozen=True, kw_only=True):
    """The launch quotas as they were last read."""

    rates: tuple[LaunchRate, ...] = ()
    read_at: Millis = 0
    """When they were last read with an answer."""
    tried_at: Millis = 0
    reason: str = NEVER_READ
    """Why the last read had no answer; empty if it had one."""

    def fresh(self, now: Millis) -> LaunchQuotaReading:
        """Return the reading; without rates if they are too old to be shown as of now."""
        return self if now - self.read_at <= GOOD_FOR else LaunchQuotaReading(tried_at=self.tried_at, reason=self.reason or TOO_OLD)

    def is_due(self, now: Millis) -> bool:
        """Return whether they should be read again."""
        return now - self.tried_at >= READ_EVERY


class LaunchQuotaStore(Protocol):
    """Storage of the last reading of each scope; both raise UnavailableError or DeniedError."""

    def keep(self, scope: Scope, reading: LaunchQuotaReading) -> None:
        """Replace the last reading."""
        ...

    def reading(self, scope: Scope) -> LaunchQuotaReading:
        """Return the last reading; an unknown one if there is none."""
        ...


def read_again(source: LaunchQuotas, before: LaunchQuotaReading, now: Millis) -> LaunchQuotaReading:
    """Return a new reading; without an answer, the rates of the one before with the reason. Raises nothing."""
    try:
        return LaunchQuotaReading(rates=tuple(source.launch_rates()), read_at=now, tried_at=now, reason="")
    except FargatecountError as error:
        return msgspec.structs.replace(before, tried_at=now, reason=str(error))


def launch_rates(quotas: Iterable[tuple[str, float]]) -> Sequence[LaunchRate]:
    """Return the launch rates among quotas of Fargate, given by name and value; unknown where there is none."""
    found: dict[tuple[str, str], float] = {}
    for name, value in quotas:
        match = _NAME.search(name)
        if match:
            found[match[1].lower(), match[2].lower()] = value
    return [
        LaunchRate(capacity=capacity, burst=found.get((capacity, "burst")), sustained=found.get((capacity, "sustained")))
        for capacity in Capacity
    ]


def launch_seconds(launches: Mapping[Capacity, int], rates: Iterable[LaunchRate]) -> float | None:
    """Return the least seconds that AWS takes to start so many tasks, with full buckets; None where a rate that counts is not known.

    Both capacities have buckets of their own, so the slower one decides.
    """
    known = {rate.capacity: rate for rate in rates}
    longest = 0.0
    for capacity, number in launches.items():
        rate = known.get(capacity, LaunchRate(capacity=capacity))
        if rate.burst is None:
            return None
        left = max(number - rate.burst, 0.0)
        if left and not rate.sustained:
            return None
        longest = max(longest, left / rate.sustained if rate.sustained else 0.0)
    return longest
