"""Groups: the Fargate capacity that each service, task family, namespace, profile, owner or capacity of a scope holds.

Pure. Services, namespaces and profiles are grouped by cluster too, because their names are unique only there; task families, owners and
capacities belong to the whole scope. Workloads without such a name (a task has no namespace, a pod no task family) form a group of their
own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from fargatecount.count.summary import ClusterCount
from fargatecount.counts import Counts
from fargatecount.group import WorkloadGroup
from fargatecount.ledger.row import Row
from fargatecount.quotas.quota import Quota
from fargatecount.usage.cost_document import cost_document
from fargatecount.usage.group_document import GroupDocument
from fargatecount.usage.prices import LIST_PRICES, Cost, Price, PriceSettings, hourly
from fargatecount.workload import HELD, NO_OWNER, Capacity, Cluster, Kind

UNKNOWN_OWNER = "?"
"""The owner of workloads whose tag or label was not read; in answers of the history too."""


class By(StrEnum):
    """The key of the groups."""

    SERVICE = "service"
    """The ECS service, the task group of a task without one, or the owner of pods."""
    FAMILY = "family"
    """The task definition family of ECS tasks, whether a service runs them or not."""
    NAMESPACE = "namespace"
    PROFILE = "profile"
    """The Fargate profile that selected a pod."""
    CAPACITY = "capacity"
    OWNER = "owner"
    """The value of the owner tag or label; no name for workloads that were read and have none."""


class Group(msgspec.Struct, frozen=True):
    """The workloads of one name."""

    cluster: Cluster | None
    """None if the name means the same in all clusters."""
    name: str | None
    """None for workloads without a name."""
    counts: Counts
    cost: Cost


def groups(counted: Iterable[ClusterCount], by: By, settings: PriceSettings = LIST_PRICES) -> list[Group]:
    """Return every group of the known clusters, the largest by held vCPU first."""
    rows: dict[tuple[Cluster | None, str | None], list[tuple[Cluster, Row]]] = defaultdict(list)
    for each in counted:
        cluster = each.cluster if by in _OF_A_CLUSTER else None
        for workload_id, row in (each.rows or {}).items():
            name = each.families.get(workload_id) if by is By.FAMILY else _NAME[by](each.cluster.kind, row)
            rows[cluster, name].append((each.cluster, row))
    return summed(rows, settings)


def summed(rows: Mapping[tuple[Cluster | None, str | None], Sequence[tuple[Cluster, Row]]], settings: PriceSettings) -> list[Group]:
    """Return the group of each cluster and name, the largest by held vCPU first."""
    found = [Group(cluster, name, *_sum(of_group, settings)) for (cluster, name), of_group in rows.items()]
    return sorted(found, key=_largest_first)


def group_documents(found: Iterable[Group], quotas: Iterable[Quota] | None = None) -> list[GroupDocument]:
    """Return groups for JSON; each capacity's share is of its own quota, because AWS caps each by itself."""
    values = {quota.capacity: quota.value for quota in quotas or ()}
    return [_document(group, values) for group in found]


def _document(group: Group, quotas: Mapping[Capacity, float | None]) -> GroupDocument:
    held, cost = group.counts.held, cost_document(group.cost)
    return GroupDocument(
        cluster=group.cluster.key if group.cluster else None,
        group=group.name,
        running=group.counts.running.count,
        held=held.count,
        unsized=held.unsized,
        vcpu=held.vcpu,
        memory_gib=held.gib,
        spot_vcpu=_vcpu(group, Capacity.SPOT),
        quota_percent=_percent(_vcpu(group, Capacity.ON_DEMAND), quotas.get(Capacity.ON_DEMAND)),
        spot_quota_percent=_percent(_vcpu(group, Capacity.SPOT), quotas.get(Capacity.SPOT)),
        cost_per_hour=cost.cost_per_hour,
        cost_at_least=cost.cost_at_least,
        cost_approximate=cost.cost_approximate,
    )


def _vcpu(group: Group, capacity: Capacity) -> float:
    return group.counts.tally(capacities=(capacity,)).vcpu


def _percent(vcpu: float, quota: float | None) -> float | None:
    """Return the percentage of a quota; None if the quota is not known or 0, of which nothing is a share."""
    return round(vcpu / quota * 100, 1) if quota else None


def _sum(rows: Sequence[tuple[Cluster, Row]], settings: PriceSettings) -> tuple[Counts, Cost]:
    paid: list[Price] = [hourly(row.facts, cluster.scope.region, settings) for cluster, row in rows if row.phase in HELD]
    return Counts.total(row.counts for _, row in rows), Cost.of(paid)


def _largest_first(group: Group) -> tuple[int, int, tuple[bool, str], tuple[bool, str]]:
    held = group.counts.held
    cluster = group.cluster.key if group.cluster else ""
    return (-held.cpu, -held.count, (group.name is None, group.name or ""), (group.cluster is None, cluster))


def owner_of(row: Row) -> str | None:
    """Return the owner of a workload; None if it was read and has none."""
    return None if row.facts.owner == NO_OWNER else row.facts.owner or UNKNOWN_OWNER


def _namespace(kind: Kind, row: Row) -> str | None:
    return WorkloadGroup.parse(row.facts.group, kind).namespace if kind is Kind.EKS and row.facts.group else None


_OF_A_CLUSTER = {By.SERVICE, By.NAMESPACE, By.PROFILE}
_NAME: dict[By, Callable[[Kind, Row], str | None]] = {
    By.SERVICE: lambda _, row: row.facts.group,
    By.NAMESPACE: _namespace,
    By.PROFILE: lambda _, row: row.facts.profile,
    By.CAPACITY: lambda _, row: str(row.facts.capacity or Capacity.ON_DEMAND),
    By.OWNER: lambda _, row: owner_of(row),
}
