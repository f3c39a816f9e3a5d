"""Growth: which services have started most lately, so that a limit event names where the increase comes from.

Pure. Computed from the rows alone, without an earlier snapshot: workloads created within `WINDOW` that are still held. Workloads that
stopped in that time are not subtracted, because a tombstone keeps neither size nor service. So each service's total holding stands beside
what it has started, and a deployment that has replaced everything shows as two nearly equal numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from fargatecount.counts import NOTHING, Tally
from fargatecount.ledger.row import Row
from fargatecount.mutes.mute import GrowthOrigin
from fargatecount.workload import Capacity, Cluster, Millis

WINDOW: Millis = 15 * 60_000
"""Longer than a deployment or a scaling step usually takes, and short enough to leave out growth of an hour ago."""
TOP = 5
"""Services in one event: as many as a chat message shows on one screen."""


class Growth(msgspec.Struct, frozen=True):
    """What a service has started lately, and what it holds."""

    cluster: Cluster
    group: str | None
    """None for workloads that belong to no service."""
    started: Tally
    held: Tally


def started_lately(row: Row, now: Millis) -> bool:
    """Return whether a workload was created within `WINDOW`."""
    created = row.facts.created_at or row.facts.started_at
    return created is not None and created > now - WINDOW


def causes(
    rows: Iterable[tuple[Cluster, Row]], now: Millis, *, cluster: str | None = None, capacity: Capacity | None = None
) -> frozenset[GrowthOrigin]:
    """Return the clusters and owners of everything that has started lately; the arguments are those of `growth`."""
    return frozenset(
        GrowthOrigin(cluster=owner.key, owner=row.facts.owner)
        for owner, row in rows
        if (cluster is None or owner.key == cluster)
        and (capacity is None or row.counts.tally(capacities=(capacity,)).count)
        and started_lately(row, now)
    )


def growth(
    rows: Iterable[tuple[Cluster, Row]], now: Millis, *, cluster: str | None = None, capacity: Capacity | None = None
) -> list[Growth]:
    """Return the services that started most, by vCPU and then by number, at most `TOP`.

    `rows` are the held workloads. With `cluster` (a cluster's key) or `capacity`, only those count.
    """
    started: dict[tuple[Cluster, str | None], Tally] = defaultdict(lambda: NOTHING)
    held: dict[tuple[Cluster, str | None], Tally] = defaultdict(lambda: NOTHING)
    for owner, row in rows:
        if cluster is not None and owner.key != cluster:
            continue
        counts = row.counts
        tally = counts.held if capacity is None else counts.tally(capacities=(capacity,))
        held[owner, row.facts.group] += tally
        if started_lately(row, now):
            started[owner, row.facts.group] += tally
    found = [Growth(*service, tally, held[service]) for service, tally in started.items() if tally.count]
    return sorted(found, key=lambda each: (-each.started.cpu, -each.started.count, each.cluster, each.group or ""))[:TOP]
