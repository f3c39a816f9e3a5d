"""What a deployment costs a month, before and after it.

Pure. CloudWatch's part follows from the settings and the number of clusters (`metrics.bill`). The rest are requests: they depend on the
number of task events, and docs/cost.md has them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from fargatecount.metrics.bill import monthly
from fargatecount.metrics.series import Detail

FUNCTION_METRICS = 1.80
"""USD a month of the six series of task_changed: docs/metrics.md."""

HUB_COST = "Cost: about 0.10 USD a month for each account and Region, and while armed 0.30 for its utilization (docs/organization.md)."


def monthly_cost(values: Mapping[str, str], clusters: int) -> float:
    """Return CloudWatch's part of the cost in USD a month, of a stack with these values of its parameters; 0 without a stack or unarmed."""
    if values.get("Armed") != "true":
        return 0.0
    limits = json.loads(values["Limits"])
    limited = clusters if limits.get("clusters") else 0
    bill = monthly(
        Detail(values["Detail"]),
        clusters,
        services=int(values["TopServices"]),
        limited_clusters=limited,
        total_limit=bool(limits.get("total")),
    )
    return bill.total + (FUNCTION_METRICS if values["FunctionMetrics"] == "true" else 0.0)


def cost_in_words(before: float | None, after: float, clusters: int) -> str:
    """Return the cost as a sentence, with the change where a stack existed `before`."""
    scope = f"metrics, alarms and dashboard for {clusters} {'cluster' if clusters == 1 else 'clusters'}"
    requests = "Requests cost about 1.50 USD more for each 100,000 task events (docs/cost.md)."
    if before is None:
        return f"Cost: {after:.2f} USD a month for {scope}. {requests}"
    if after == before:
        return f"Cost: {after:.2f} USD a month for {scope}, as before. {requests}"
    difference = f"{abs(after - before):.2f} {'more' if after > before else 'less'}"
    return f"Cost: {after:.2f} USD a month for {scope}, {difference} than before. {requests}"
