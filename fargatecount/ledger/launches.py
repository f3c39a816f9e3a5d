"""Launches: how many workloads were created in each second of the last minutes, counted when their rows are first written. Pure.

AWS's launch quotas are per second, and AWS has no metric of launches. A workload counts by the time of its creation, not of its event. It
counts once, with the transaction that creates its row; if the answer to that transaction is lost, it is not counted, so every number is a
lower bound. A refused launch has no row; refusals are listed by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.ledger.store import Transaction
from fargatecount.timestamps import HOUR, MINUTE
from fargatecount.workload import Capacity, Millis, Phase, Scope

SECOND: Millis = 1000
MAX_AGE: Millis = 3 * MINUTE
"""Age of a launch that is still logged: pods without a watcher are listed once a minute. What is older, such as everything of a first list,
was launched before anyone could look."""
KEPT: Millis = HOUR
"""How long a minute is kept."""
LOOK_BACK: Millis = 3 * MINUTE
"""How far back the busiest minute is searched: a launch of a pod may be logged more than a minute late, and no minute may be missed."""

Second = tuple[Capacity, Millis]
"""A capacity, and the beginning of a second."""


class LaunchLog(Protocol):
    """The launches of each second, shared by all writers of a scope."""

    def add(self, scope: Scope, launched: Mapping[Second, int]) -> None:
        """Add launches; raises UnavailableError or DeniedError."""
        ...

    def since(self, scope: Scope, moment: Millis) -> Mapping[Second, int]:
        """Return the launches of all seconds from the minute of `moment` on; raises UnavailableError or DeniedError."""
        ...


class Launches(msgspec.Struct, frozen=True, kw_only=True):
    """The launches of one capacity; every number is a lower bound."""

    capacity: Capacity
    last_second: int
    """Of the last whole second."""
    last_minute: int
    """Of the last 60 seconds."""
    busiest_minute: int
    """The most within 60 seconds in a row, of the last three minutes."""
    busiest_second: int
    """The most within one second of the last three minutes."""


def launched(transaction: Transaction) -> Mapping[Scope, Mapping[Second, int]]:
    """Return the launches that a transaction counts: rows that it creates, of workloads that were created lately."""
    found: dict[Scope, Counter[Second]] = {}
    for bucket, writes in transaction.items():
        for write in writes:
            row = write.row
            created = row.facts.created_at
            if write.over is None and created is not None and 0 <= row.written_at - created < MAX_AGE and row.phase is not Phase.WAITING:
                second = (row.facts.capacity or Capacity.ON_DEMAND, created // SECOND * SECOND)
                found.setdefault(bucket.cluster.scope, Counter())[second] += 1
    return found


def launches(log: Mapping[Second, int], now: Millis) -> Sequence[Launches]:
    """Return the launches of each capacity before `now`."""
    return [_launches({second: number for (one, second), number in log.items() if one is capacity}, capacity, now) for capacity in Capacity]


def _launches(seconds: Mapping[Millis, int], capacity: Capacity, now: Millis) -> Launches:
    present = now // SECOND * SECOND
    recent = {second: number for second, number in seconds.items() if present - LOOK_BACK <= second <= present}
    # The busiest minute begins with a launch.
    minutes = (_total(recent, first, first + MINUTE) for first in recent)
    return Launches(
        capacity=capacity,
        last_second=recent.get(present - SECOND, 0),
        last_minute=_total(recent, present - MINUTE, present + SECOND),
        busiest_minute=max(minutes, default=0),
        busiest_second=max(recent.values(), default=0),
    )


def _total(seconds: Mapping[Millis, int], begin: Millis, end: Millis) -> int:
    return sum(number for second, number in seconds.items() if begin <= second < end)


def by_minute(launched: Mapping[Second, int]) -> Mapping[Millis, Iterable[tuple[Second, int]]]:
    """Return launches by the minute in which they began."""
    found: dict[Millis, list[tuple[Second, int]]] = {}
    for (capacity, second), number in launched.items():
        found.setdefault(second // MINUTE * MINUTE, []).append(((capacity, second), number))
    return found
