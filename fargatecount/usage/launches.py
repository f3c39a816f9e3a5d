"""Launch standing: what was launched lately beside the launch quotas, for `status`, the metrics and the exporter. Pure.

Keys may be added; none is renamed. An unknown quota is null, and there is no percentage then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from fargatecount.ledger.launches import LOOK_BACK, Launches, LaunchLog, launches
from fargatecount.quotas.launch_rates import LaunchQuotaReading, LaunchQuotaStore, LaunchRate
from fargatecount.workload import Capacity, Millis, Scope

SECONDS = 60


class LaunchStanding(msgspec.Struct, frozen=True, kw_only=True):
    """The launches of one capacity, and its launch quotas."""

    capacity: Capacity
    last_second: int
    last_minute: int
    busiest_minute: int
    busiest_second: int
    burst: float | None
    """Launches at once by the quota; null where it is not known."""
    sustained: float | None
    """Launches a second after that; null where it is not known."""
    percent: float | None
    """The higher of: the busiest minute of what the sustained rate allows, the busiest second of the burst; null where neither is known."""
    reason: str | None
    """Why a quota is not known."""


def launch_standings(found: Sequence[Launches], reading: LaunchQuotaReading, now: Millis) -> list[LaunchStanding]:
    """Return launches beside the quotas of a reading; one that is too old is unknown."""
    fresh = reading.fresh(now)
    rates = {rate.capacity: rate for rate in fresh.rates}
    return [_standing(each, rates.get(each.capacity, LaunchRate(capacity=each.capacity)), fresh.reason) for each in found]


def launches_now(log: LaunchLog, quotas: LaunchQuotaStore, scope: Scope, now: Millis) -> list[LaunchStanding]:
    """Return the standing of a scope; raises the errors of both ports."""
    return launch_standings(launches(log.since(scope, now - LOOK_BACK), now), quotas.reading(scope), now)


class LaunchReader(Protocol):
    """The launches of a scope, for a publisher."""

    def now(self, scope: Scope, now: Millis) -> Sequence[LaunchStanding]:
        """Return the standing of each capacity; raises UnavailableError or DeniedError."""
        ...


class LoggedLaunches:
    """Reads the log and the quotas."""

    def __init__(self, log: LaunchLog, quotas: LaunchQuotaStore) -> None:
        self._log = log
        self._quotas = quotas

    def now(self, scope: Scope, now: Millis) -> Sequence[LaunchStanding]:
        """Return the standing of each capacity."""
        return launches_now(self._log, self._quotas, scope, now)


class NoLaunches:
    """Reads nothing, so that there are no series of launches."""

    def now(self, scope: Scope, now: Millis) -> Sequence[LaunchStanding]:
        """Return none."""
        del scope, now
        return ()


NO_LAUNCHES = NoLaunches()


def _standing(found: Launches, rate: LaunchRate, reason: str) -> LaunchStanding:
    percents = []
    if rate.sustained:
        percents.append(found.busiest_minute / (rate.sustained * SECONDS) * 100)
    if rate.burst:
        percents.append(found.busiest_second / rate.burst * 100)
    unknown = rate.burst is None or rate.sustained is None
    return LaunchStanding(
        capacity=found.capacity,
        last_second=found.last_second,
        last_minute=found.last_minute,
        busiest_minute=found.busiest_minute,
        busiest_second=found.busiest_second,
        burst=rate.burst,
        sustained=rate.sustained,
        percent=max(percents, default=None),
        reason=(reason or "Service Quotas has no such quota in this Region") if unknown else None,
    )
