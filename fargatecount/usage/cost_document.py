"""Costs in JSON: what usage and a report say of list prices.

Pure. Keys may be added; none is renamed. `cost_per_hour` is null where nothing could be priced.
"""

from __future__ import annotations

import msgspec

from fargatecount.usage.prices import DECIMALS, LIST_PRICES, Cost, Costs, GroupHeld, PriceSettings, label
from fargatecount.workload import Cluster


class CostDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One cost."""

    cost_per_hour: float | None
    """USD."""
    cost_at_least: bool | None
    """Whether the true cost is higher, because some workloads could not be priced; null where no cost was computed."""
    cost_approximate: bool | None
    """Whether a price is an estimate; null where no cost was computed."""


class ClusterCost(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of one cluster."""

    cluster: str
    cost_per_hour: float | None
    cost_at_least: bool
    cost_approximate: bool


class GroupCost(msgspec.Struct, frozen=True, kw_only=True):
    """The cost of one service, task family or owner."""

    cluster: str
    group: str | None
    cost_per_hour: float | None
    cost_at_least: bool
    cost_approximate: bool
    on_demand_vcpu: float | None = None
    """What it holds of the on-demand quota; null in a report of an older version."""
    spot_vcpu: float | None = None
    """What it holds of the Spot quota; null likewise."""
    vcpu_at_least: bool = False
    """Whether both are lower bounds, because some workloads have no known size."""
    owner: str | None = None
    """The owner of all its workloads, `-` for none; null where it is not known, or they have several."""


class CostBreakdown(msgspec.Struct, frozen=True, kw_only=True):
    """`cost` of a report: the total and its parts."""

    cost_per_hour: float | None
    cost_at_least: bool
    cost_approximate: bool
    label: str = ""
    """Which prices these are, for people."""
    clusters: list[ClusterCost] = []
    groups: list[GroupCost] = []
    """The most expensive first."""
    groups_known: bool = True
    """False in the report of a run that did not read the rows, because only rows have groups; `groups` is empty then."""


NO_COST = CostDocument(cost_per_hour=None, cost_at_least=None, cost_approximate=None)


def amount_of(cost: Cost) -> float | None:
    """Return the USD per hour that JSON shows; None where nothing could be priced."""
    return None if cost.workloads > 0 and cost.unpriced == cost.workloads else round(cost.amount, DECIMALS)


def cost_document(cost: Cost | None) -> CostDocument:
    """Return a cost as it stands in JSON; all null where no cost was computed."""
    if cost is None:
        return NO_COST
    return CostDocument(cost_per_hour=amount_of(cost), cost_at_least=cost.at_least, cost_approximate=cost.approximate)


def cost_breakdown(costs: Costs, settings: PriceSettings = LIST_PRICES) -> CostBreakdown:
    """Return costs with their parts: by cluster, and by group with the most expensive first."""
    return CostBreakdown(
        cost_per_hour=amount_of(costs.total),
        cost_at_least=costs.total.at_least,
        cost_approximate=costs.total.approximate,
        label=label(settings),
        clusters=[
            ClusterCost(cluster=cluster.key, cost_per_hour=amount_of(cost), cost_at_least=cost.at_least, cost_approximate=cost.approximate)
            for cluster, cost in sorted(costs.clusters.items())
        ],
        groups=_groups(costs),
        groups_known=costs.groups is not None,
    )


def _groups(costs: Costs) -> list[GroupCost]:
    by_amount = sorted((costs.groups or {}).items(), key=lambda item: (-item[1].amount, item[0][0].key, item[0][1] or ""))
    return [_group(cluster, group, cost, costs.held.get((cluster, group))) for (cluster, group), cost in by_amount]


def _group(cluster: Cluster, group: str | None, cost: Cost, held: GroupHeld | None) -> GroupCost:
    return GroupCost(
        cluster=cluster.key,
        group=group,
        cost_per_hour=amount_of(cost),
        cost_at_least=cost.at_least,
        cost_approximate=cost.approximate,
        on_demand_vcpu=held.on_demand_vcpu if held else None,
        spot_vcpu=held.spot_vcpu if held else None,
        vcpu_at_least=bool(held and held.unsized),
        owner=next(iter(held.owners)) if held and len(held.owners) == 1 else None,
    )
