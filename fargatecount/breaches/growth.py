"""Growth: which services have started most lately, so that whoever is told of a limit knows whom to ask.

Pure. By the rows alone, with no earlier snapshot to keep: what was created within `WINDOW` and is still held. What has stopped in that
time is not taken off, because a tombstone keeps neither size nor service; so each service's whole holding stands beside what it has
started, and a deployment that has replaced everything shows as the one being nearly as large as the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from fargatecount.counts import NOTHING, Tally
from fargatecount.ledger.row import Row
from fargatecount.workload import Capacity, Cluster, Millis

WINDOW: Millis = 15 * 60_000
"""Longer than a deployment or a scaling step usually takes, and short enough that what grew an hour ago is not in it."""
TOP = 5


class Growth(msgspec.Struct, frozen=True):
    """What a service has started lately, and holds."""

    cluster: Cluster
    group: str | None
    """None of workloads that belong to no service."""
    started: Tally
    held: Tally


def growth(
    rows: Iterable[tuple[Cluster, Row]], now: Millis, *, cluster: str | None = None, capacity: Capacity | None = None
) -> list[Growth]:
    """Return the services that started most, by vCPU and then by number, at most `TOP`.

    `rows` are what is held; only those of one cluster's key and of one capacity count, where these are given.
    """
    started: dict[tuple[Cluster, str | None], Tally] = defaultdict(lambda: NOTHING)
    held: dict[tuple[Cluster, str | None], Tally] = defaultdict(lambda: NOTHING)
    for of, row in rows:
        if cluster is not None and of.key != cluster:
            continue
        counts = row.counts
        tally = counts.held if capacity is None else counts.tally(capacities=(capacity,))
        held[of, row.facts.group] += tally
        created = row.facts.created_at or row.facts.started_at
        if created is not None and created > now - WINDOW:
            started[of, row.facts.group] += tally
    found = [Growth(*service, tally, held[service]) for service, tally in started.items() if tally.count]
    return sorted(found, key=lambda each: (-each.started.cpu, -each.started.count, each.cluster, each.group or ""))[:TOP]
