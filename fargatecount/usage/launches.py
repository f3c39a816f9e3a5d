"""Launches of the last minute, from the rows: each task and pod has the moment of its creation. Pure.

AWS has no metric of launches, and its launch quotas are per second. A refused launch has no row; refusals are listed by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Capacity, Millis

SECOND: Millis = 1000


class Launches(msgspec.Struct, frozen=True, kw_only=True):
    """The launches of one capacity."""

    capacity: Capacity
    last_minute: int
    busiest_second: int
    """The most launches within one second of that minute."""


def launches(rows: Iterable[Row], now: Millis) -> list[Launches]:
    """Return the launches of the minute before `now`, for each capacity."""
    seconds: dict[Capacity, Counter[int]] = {capacity: Counter() for capacity in Capacity}
    for row in rows:
        created = row.facts.created_at
        if created is not None and 0 <= now - created < MINUTE:
            seconds[row.facts.capacity or Capacity.ON_DEMAND][created // SECOND] += 1
    return [
        Launches(capacity=capacity, last_minute=sum(found.values()), busiest_second=max(found.values(), default=0))
        for capacity, found in seconds.items()
    ]
