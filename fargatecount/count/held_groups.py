"""Groups of what the ledger holds: by service, cluster or owner, for `fargatecount status --by`.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from fargatecount.count.groups import Group, owner_of, summed
from fargatecount.ledger.row import Row
from fargatecount.usage.prices import LIST_PRICES, PriceSettings
from fargatecount.workload import Cluster


class HeldBy(StrEnum):
    """The key of the groups."""

    SERVICE = "service"
    """The ECS service, the task group of a task without one, or the owner of pods; of each cluster by itself."""
    CLUSTER = "cluster"
    OWNER = "owner"
    """The value of the owner tag or label; no name for workloads that were read and have none."""


def held_groups(rows: Iterable[tuple[Cluster, Row]], by: HeldBy, settings: PriceSettings = LIST_PRICES) -> list[Group]:
    """Return the groups of held workloads, the largest by vCPU first."""
    found: dict[tuple[Cluster | None, str | None], list[tuple[Cluster, Row]]] = defaultdict(list)
    for cluster, row in rows:
        found[cluster if by is HeldBy.SERVICE else None, _NAMES[by](cluster, row)].append((cluster, row))
    return summed(found, settings)


_NAMES: Mapping[HeldBy, Callable[[Cluster, Row], str | None]] = {
    HeldBy.SERVICE: lambda _, row: row.facts.group,
    HeldBy.CLUSTER: lambda cluster, _: cluster.key,
    HeldBy.OWNER: lambda _, row: owner_of(row),
}
