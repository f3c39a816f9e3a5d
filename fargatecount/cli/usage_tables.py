"""What `status` and `count` show of a scope: the tables of its clusters and its quotas, its rows of CSV, and its doubts.

The input is the document that `--json` prints.
"""

from __future__ import annotations

from typing import Any

from fargatecount.cli import output, quota_bar
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.workload import LIVING

SPOT = "SPOT VCPU"
ROOMY = 100
"""Columns of a terminal below which that column is left out, to leave room for names: its sum stands among the quotas."""

LISTING = "the first full reconcile begins within a minute of a deployment, or run: fargatecount reconcile"


def usage_table(scope: dict[str, Any], *, wide: bool) -> Any:
    """Return the table of the clusters of one scope."""
    phases = ("waiting", "pending", "running", "stopping", "completed") if wide else ("pending", "running", "stopping")
    columns = ["CLUSTER", *(phase.upper() for phase in phases), "HELD", "VCPU", "GIB", SPOT, "USD/H", "STATE"]
    rows = [_cells(cluster["cluster"], cluster, phases) for cluster in scope["clusters"]]
    footer = _cells("total", {**scope["total"], "readable": scope["complete"], "reason": output.INCOMPLETE, "by_capacity": None}, phases)
    if scope["total"]["vcpu"] is not None:
        spot = sum(cluster["by_capacity"]["spot"]["vcpu"] for cluster in scope["clusters"] if cluster["by_capacity"])
        footer[-3] = _number(spot, "≥" if scope["total"]["at_least"] else "" if scope["complete"] else "~")
    if not wide and output.width() < ROOMY:
        rows = [columns, *rows, footer]
        columns, *rows, footer = [row[:-3] + row[-2:] for row in rows]
    return output.table(f"{scope['account']} {scope['region']}", columns, rows, footer=footer)


def _cells(name: str, usage: dict[str, Any], phases: tuple[str, ...]) -> list[str]:
    by_phase, by_capacity = usage["by_phase"], usage["by_capacity"]
    sign = "≥" if usage.get("at_least") else "" if usage.get("exact", True) else "~"
    sized = "≥" if usage["unsized"] and not sign else sign
    return [
        name,
        *(_number(by_phase[phase]["count"] if by_phase else None, sign) for phase in phases),
        _number(usage["held"], sign),
        _number(usage["vcpu"], sized),
        _number(usage["memory_gib"], sized),
        output.number(by_capacity["spot"]["vcpu"] if by_capacity else None),
        money(usage),
        output.state(usage),
    ]


def _number(value: float | None, sign: str) -> str:
    return ("" if value is None else sign) + output.number(value)


def quota_table(scope: dict[str, Any], thresholds: QuotaThresholds = DEFAULT_THRESHOLDS, *, drawn: bool = True) -> Any:
    """Return the table of the quotas of one scope: their last known values, and how much of each is held, also as a bar if `drawn`.

    `thresholds` are those of the alarms.
    """
    columns = ["QUOTA", "VCPU", "USED", "FREE", "PERCENT", *([""] if drawn else []), "SOURCE"]
    rows = [
        [
            f"{quota['capacity']} {quota['code']}",
            output.number(quota["value"]),
            _number(quota["used"], _sign(quota)),
            _number(quota["remaining"], _sign(quota).replace("≥", "≤")),
            _number(quota["percent"], _sign(quota)),
            *(
                [output.Colored(quota_bar.quota_bar(quota["percent"]) or "unknown", quota_bar.color_of(thresholds.grade(quota["percent"])))]
                if drawn
                else []
            ),
            quota["source"] + (f": {quota['reason']}" if quota["reason"] else ""),
        ]
        for quota in scope["quotas"]
    ]
    return output.table("Quotas", columns, rows)


def _sign(quota: dict[str, Any]) -> str:
    """Return the sign of what is used and of its percentage; what is free has the opposite one."""
    return "≥" if quota["used_at_least"] else "" if quota["exact"] else "~"


def money(usage: dict[str, Any]) -> str:
    """Return what something costs an hour; a sign marks a lower bound or an approximation."""
    return ("≥" if usage["cost_at_least"] else "~" if usage["cost_approximate"] else "") + output.number(usage["cost_per_hour"])


def flat(scope: dict[str, Any], cluster: dict[str, Any]) -> dict[str, Any]:
    """Return one cluster as a row of CSV."""
    plain = {key: value for key, value in cluster.items() if not key.startswith("by_")}
    phases = {f"{phase}_count": cluster["by_phase"][phase]["count"] if cluster["by_phase"] else None for phase in LIVING}
    return {"account": scope["account"], "region": scope["region"], **plain, **phases}


def doubts(scope: dict[str, Any]) -> list[str]:
    """Return what makes the numbers of a scope doubtful: each reason once and in full, with the clusters that it applies to."""
    found = []
    if scope["reason"]:
        found.append(f"{scope['account']} {scope['region']} may have clusters that are not counted: {scope['reason']}; {LISTING}")
    alike: dict[tuple[str, str | None], list[str]] = {}
    for cluster in scope["clusters"]:
        if not cluster["readable"]:
            known = f"last complete {cluster['counts_as_of']}" if cluster["counts_as_of"] else "never complete so far"
            alike.setdefault((cluster["reason"], cluster["remedy"]), []).append(f"{cluster['cluster']} ({known})")
    for (reason, remedy), names in alike.items():
        is_are = "is" if len(names) == 1 else "are"
        found.append(f"{', '.join(names)} {is_are} unreadable: {reason}" + (f"; {remedy}" if remedy else ""))
    return found
