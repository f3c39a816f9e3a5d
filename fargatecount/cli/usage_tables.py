"""What `status` and `count` show of a scope: the tables of its clusters and its quotas, its rows of CSV, and its doubts.

The input is the document that `--json` prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fargatecount.cli import output, quota_bar
from fargatecount.quotas.document import QuotaDocument
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.usage.document import ClusterDocument, ScopeDocument, ScopeTotal
from fargatecount.usage.group_document import GroupDocument
from fargatecount.workload import LIVING, Capacity, Phase

SPOT = "SPOT VCPU"
ROOMY = 100
"""Columns of a terminal below which that column is left out, to leave room for names: its sum stands among the quotas."""
MOVING = (Phase.PENDING, Phase.RUNNING, Phase.STOPPING)
"""Phases of a narrow table; the others are rare, and in `-o wide`."""

LISTING = "the first full reconcile begins within a minute of a deployment, or run: fargatecount reconcile"


def usage_table(scope: ScopeDocument, *, wide: bool) -> Any:
    """Return the table of the clusters of one scope."""
    phases = LIVING if wide else MOVING
    columns = ["CLUSTER", *(phase.upper() for phase in phases), "HELD", "VCPU", "GIB", SPOT, "USD/H", "STATE"]
    rows = [_cells(cluster.cluster, cluster, phases, sign="", spot=_spot_of(cluster), state=_state(cluster)) for cluster in scope.clusters]
    total = scope.total
    sign = "≥" if total.at_least else "" if total.exact else "~"
    state = output.state(readable=scope.complete, reason=output.INCOMPLETE)
    footer = _cells("total", total, phases, sign=sign, spot=_spot_total(scope), state=state)
    if not wide and output.width() < ROOMY:
        rows = [columns, *rows, footer]
        columns, *rows, footer = [row[:-3] + row[-2:] for row in rows]
    return output.table(f"{scope.account} {scope.region}", columns, rows, footer=footer)


def _cells(name: str, usage: ClusterDocument | ScopeTotal, phases: Sequence[Phase], *, sign: str, spot: str, state: str) -> list[str]:
    sized = "≥" if usage.unsized and not sign else sign
    return [
        name,
        *(_number(usage.by_phase[phase].count if usage.by_phase else None, sign) for phase in phases),
        _number(usage.held, sign),
        _number(usage.vcpu, sized),
        _number(usage.memory_gib, sized),
        spot,
        money(usage),
        state,
    ]


def _spot_of(cluster: ClusterDocument) -> str:
    return output.number(cluster.by_capacity[Capacity.SPOT].vcpu if cluster.by_capacity else None)


def _spot_total(scope: ScopeDocument) -> str:
    if scope.total.vcpu is None:
        return output.number(None)
    spot = sum(cluster.by_capacity[Capacity.SPOT].vcpu for cluster in scope.clusters if cluster.by_capacity)
    return _number(spot, "≥" if scope.total.at_least else "" if scope.complete else "~")


def _state(cluster: ClusterDocument) -> str:
    return output.state(readable=cluster.readable, reason=cluster.reason)


def _number(value: float | None, sign: str) -> str:
    return ("" if value is None else sign) + output.number(value)


def quota_table(scope: ScopeDocument, thresholds: QuotaThresholds = DEFAULT_THRESHOLDS, *, drawn: bool = True) -> Any:
    """Return the table of the quotas of one scope: their last known values, and how much of each is held, also as a bar if `drawn`.

    `thresholds` are those of the alarms. Where only selected clusters were counted there is no column FREE.
    """
    has_free = all(quota.remaining is not None or quota.value is None for quota in scope.quotas)
    columns = ["QUOTA", "VCPU", "USED", *(["FREE"] if has_free else []), "PERCENT", *([""] if drawn else []), "SOURCE"]
    rows = [_quota_cells(quota, thresholds, has_free=has_free, drawn=drawn) for quota in scope.quotas]
    return output.table("Quotas", columns, rows)


def _quota_cells(quota: QuotaDocument, thresholds: QuotaThresholds, *, has_free: bool, drawn: bool) -> list[str | output.Colored]:
    sign = _sign(quota)
    bar = output.Colored(quota_bar.quota_bar(quota.percent) or "unknown", quota_bar.color_of(thresholds.grade(quota.percent)))
    return [
        f"{quota.capacity} {quota.code}",
        output.number(quota.value),
        _number(quota.used, sign),
        *([_number(quota.remaining, sign.replace("≥", "≤"))] if has_free else []),
        _number(quota.percent, sign),
        *([bar] if drawn else []),
        quota.source + (f": {quota.reason}" if quota.reason else ""),
    ]


def quota_line(quota: QuotaDocument, thresholds: QuotaThresholds = DEFAULT_THRESHOLDS) -> output.Colored:
    """Return one quota in one line, for a screen that has no room for the table."""
    sign, free = _sign(quota), _number(quota.remaining, _sign(quota).replace("≥", "≤"))
    known = f"{_number(quota.percent, sign)} %, {free} free" if quota.percent is not None else quota.reason or "the quota is not known"
    used = f"{_number(quota.used, sign)} of {output.number(quota.value)} vCPU"
    text = f"{quota.capacity:<10}{quota_bar.quota_bar(quota.percent)} {used}, {known}"
    return output.Colored(text, quota_bar.color_of(thresholds.grade(quota.percent)))


def _sign(quota: QuotaDocument) -> str:
    """Return the sign of what is used and of its percentage; what is free has the opposite one."""
    return "≥" if quota.used_at_least else "" if quota.exact else "~"


def money(usage: ClusterDocument | ScopeTotal | GroupDocument) -> str:
    """Return the cost per hour; a sign marks a lower bound or an approximation."""
    return ("≥" if usage.cost_at_least else "~" if usage.cost_approximate else "") + output.number(usage.cost_per_hour)


def flat(scope: ScopeDocument, cluster: ClusterDocument) -> dict[str, Any]:
    """Return one cluster as a row of CSV."""
    plain = {key: value for key, value in msgspec.structs.asdict(cluster).items() if not key.startswith("by_")}
    phases = {f"{phase}_count": cluster.by_phase[phase].count if cluster.by_phase else None for phase in LIVING}
    return {"account": scope.account, "region": scope.region, **plain, **phases}


def doubts(scope: ScopeDocument) -> list[str]:
    """Return what makes the numbers of a scope doubtful: each reason once and in full, with the clusters that it applies to."""
    found = []
    if scope.reason:
        found.append(f"{scope.account} {scope.region} may have clusters that are not counted: {scope.reason}; {LISTING}")
    alike: dict[tuple[str | None, str | None], list[str]] = {}
    for cluster in scope.clusters:
        if not cluster.readable:
            known = f"last complete {cluster.counts_as_of}" if cluster.counts_as_of else "never complete so far"
            alike.setdefault((cluster.reason, cluster.remedy), []).append(f"{cluster.cluster} ({known})")
    for (reason, remedy), names in alike.items():
        is_are = "is" if len(names) == 1 else "are"
        found.append(f"{', '.join(names)} {is_are} unreadable: {reason}" + (f"; {remedy}" if remedy else ""))
    return found
