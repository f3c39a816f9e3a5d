"""Costs of a live page: the total from the counters at each look, while those by service, from the rows, are older.

Pure.
"""

from __future__ import annotations

import msgspec

from fargatecount.usage.cost_document import CostBreakdown, cost_breakdown
from fargatecount.usage.prices import Cost, Costs, PriceSettings, cost_of_counts
from fargatecount.usage.usage import ScopeUsage


def fresh_totals(cost: CostBreakdown, usage: ScopeUsage, prices: PriceSettings) -> CostBreakdown | None:
    """Return `cost` with the total and the clusters as the counters have them now; None where a counter lacks its sums by price."""
    counted = {each.cluster: each.counts for each in usage.clusters if each.counts is not None}
    if not all(counts.is_priced for counts in counted.values()):
        return None
    clusters = {cluster: cost_of_counts(counts, usage.scope.region, prices) for cluster, counts in counted.items()}
    now = cost_breakdown(Costs(sum(clusters.values(), Cost()), clusters, None), prices)
    return msgspec.structs.replace(now, groups=cost.groups, groups_known=cost.groups_known)
