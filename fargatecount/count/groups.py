"""Groups: who holds the Fargate capacity of a scope, by service, task family, namespace, profile or capacity.

Pure. Services, namespaces and profiles are told apart by cluster, because their names mean something only there; task families and
capacities belong to the whole scope. What has no such name (a task has no namespace, a pod no task family) is a group of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from fargatecount.count.summary import ClusterCount
from fargatecount.counts import Counts
from fargatecount.ledger.row import Row
from fargatecount.usage.cost_document import cost_document
from fargatecount.usage.prices import LIST_PRICES, Cost, Price, PriceSettings, hourly
from fargatecount.workload import HELD, Capacity, Cluster, Kind


class By(StrEnum):
    """What to group by."""

    SERVICE = "service"
    """The ECS service, the task group of a task without one, or the owner of pods."""
    FAMILY = "family"
    """The task definition family of ECS tasks, whether a service runs them or not."""
    NAMESPACE = "namespace"
    PROFILE = "profile"
    """The Fargate profile that took a pod."""
    CAPACITY = "capacity"


class Group(msgspec.Struct, frozen=True):
    """What workloads of one name hold."""

    cluster: Cluster | None
    """None where the name means the same in all clusters."""
    name: str | None
    """None for workloads that have none."""
    counts: Counts
    cost: Cost


def groups(counted: Iterable[ClusterCount], by: By, settings: PriceSettings = LIST_PRICES) -> list[Group]:
    """Return every group of the clusters that are known, the largest by held vCPU first."""
    rows: dict[tuple[Cluster | None, str | None], list[tuple[Cluster, Row]]] = defaultdict(list)
    for each in counted:
        cluster = each.cluster if by in _OF_A_CLUSTER else None
        for workload_id, row in (each.rows or {}).items():
            name = each.families.get(workload_id) if by is By.FAMILY else _NAME[by](each.cluster.kind, row)
            rows[cluster, name].append((each.cluster, row))
    found = [Group(cluster, name, *_sum(of_group, settings)) for (cluster, name), of_group in rows.items()]
    return sorted(found, key=_largest_first)


def document(found: Sequence[Group]) -> list[dict[str, Any]]:
    """Return groups for JSON."""
    return [
        {
            "cluster": group.cluster.key if group.cluster else None,
            "group": group.name,
            "running": group.counts.running.count,
            "held": group.counts.held.count,
            "unsized": group.counts.held.unsized,
            "vcpu": group.counts.held.vcpu,
            "memory_gib": group.counts.held.gib,
            "spot_vcpu": group.counts.tally(capacities=(Capacity.SPOT,)).vcpu,
            **msgspec.structs.asdict(cost_document(group.cost)),
        }
        for group in found
    ]


def _sum(rows: Sequence[tuple[Cluster, Row]], settings: PriceSettings) -> tuple[Counts, Cost]:
    paid: list[Price] = [hourly(row.facts, cluster.scope.region, settings) for cluster, row in rows if row.phase in HELD]
    return Counts.total(row.counts for _, row in rows), Cost.of(paid)


def _largest_first(group: Group) -> tuple[int, int, tuple[bool, str], tuple[bool, str]]:
    held = group.counts.held
    cluster = group.cluster.key if group.cluster else ""
    return (-held.cpu, -held.count, (group.name is None, group.name or ""), (group.cluster is None, cluster))


def _namespace(kind: Kind, row: Row) -> str | None:
    # No namespace has a slash, and every pod's group begins with one: `pods.facts_of`.
    return row.facts.group.partition("/")[0] if kind is Kind.EKS and row.facts.group else None


_OF_A_CLUSTER = {By.SERVICE, By.NAMESPACE, By.PROFILE}
_NAME: dict[By, Callable[[Kind, Row], str | None]] = {
    By.SERVICE: lambda _, row: row.facts.group,
    By.NAMESPACE: _namespace,
    By.PROFILE: lambda _, row: row.facts.profile,
    By.CAPACITY: lambda _, row: str(row.facts.capacity or Capacity.ON_DEMAND),
}
