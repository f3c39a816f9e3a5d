"""Composing the page: everything that it shows is decided here, and only drawn by the browser.

Pure. Owns the order of things, what "complete" means in words, and which numbers are marked as not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.report.page.digest import Digest
from fargatecount.report.page.document import ClusterRow, CostShare, Headline, Page, PageCosts, PageGauge
from fargatecount.report.page.history import History
from fargatecount.report.page.refused import rows_of
from fargatecount.report.page.tables import tables
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity, Millis, Scope

MARKS = (80.0, 95.0)
"""Percent of a quota from which on its gauge is amber and red: the alarms' own defaults (warningPercent, criticalPercent)."""

MAX_GROUPS = 50
"""Rows of cost by service: who looks for what to save looks at the top. The page says how many it leaves out, and what they cost."""
MAX_LIMITS = 4
"""Limits of one's own with a gauge; there may be some for each cluster."""
NAMED = 3
"""Unreadable clusters that the headline names; all of them have a table of their own."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand, in the shapes of `usage` and of a report."""

    at: Millis
    usage: Mapping[str, Any]
    """A scope of `fargatecount/usage`, whole or brief."""
    quotas: Sequence[Mapping[str, Any]]
    cost: Mapping[str, Any] | None = None
    """What `prices.breakdown` returns; None where nobody has reckoned it."""
    cost_at: str | None = None
    beside: Mapping[str, Any] = {}
    """The report that says what stands beside the numbers: witness, limits, refused launches."""
    marks: tuple[float, float] = MARKS
    """Those of the deployment."""


def page(
    scope: Scope,
    now: Now,
    digest: Digest,
    history: History,
    *,
    since: Millis,
    notes: Sequence[str] = (),
    sources: Sequence[str] = (),
    refresh_ms: int | None = None,
) -> Page:
    """Return what there is to show of a period that ends at `now.at`."""
    costs = {entry["cluster"]: entry for entry in now.cost["clusters"]} if now.cost else {}
    rows = sorted((_row(each, costs) for each in now.usage["clusters"]), key=lambda row: (-(row.vcpu or 0), -(row.held or 0), row.cluster))
    beside = now.beside
    limits = sorted(beside.get("limits", ()), key=lambda limit: -(limit["percent"] or 0))
    return Page(
        account=scope.account,
        region=scope.region,
        at=to_iso(now.at),
        since=to_iso(since),
        until=to_iso(now.at),
        headline=_headline(now),
        gauges=[*(_quota(each, now.marks) for each in now.quotas), *(_limit(each, now.marks) for each in limits[:MAX_LIMITS])],
        marks=now.marks,
        limits_left_out=len(limits[MAX_LIMITS:]),
        shares=_shares(now.usage["clusters"]),
        clusters=rows,
        unreadable=[row for row in rows if not row.readable],
        history=history,
        cost=_costs(now),
        # The samples are in the history already, in as many points as it has room for; refusals and headroom are tables.
        digest=msgspec.structs.replace(digest, samples=(), refused=(), headroom=None),
        witness=beside.get("witness", ()),
        beside_at=beside.get("ended_at"),
        # What a report says in a shape that is not known is shown as it is.
        refused=tables("Refused launches", rows_of(digest.refused) or beside.get("refused")),
        headroom=tables("Next deployments", digest.headroom.said) if digest.headroom else (),
        headroom_at=digest.headroom.at if digest.headroom else None,
        notes=notes,
        sources=sources,
        refresh_ms=refresh_ms,
    )


def _headline(now: Now) -> Headline:
    total, cost = now.usage["total"], now.cost or {}
    known = now.usage["complete"] or any(cluster["running"] is not None for cluster in now.usage["clusters"])
    return Headline(
        complete=now.usage["complete"],
        why=_why(now.usage),
        **{name: total[name] if known else None for name in ("running", "held", "vcpu", "memory_gib")},
        unsized=total["unsized"],
        cost_per_hour=cost.get("cost_per_hour") if known else None,
        cost_at_least=cost.get("cost_at_least", False),
        cost_approximate=cost.get("cost_approximate", False),
    )


def _why(usage: Mapping[str, Any]) -> list[str]:
    why = [f"there may be clusters that are not counted: {usage['reason']}"] if usage["reason"] else []
    unreadable = [cluster for cluster in usage["clusters"] if not cluster["readable"]]
    why += [f"{cluster['cluster']} is unreadable: {cluster['reason']}" for cluster in unreadable[:NAMED]]
    if len(unreadable) > NAMED:
        why.append(f"{len(unreadable) - NAMED} more clusters are unreadable")
    return why


def standing(percent: float | None, marks: tuple[float, float] = MARKS) -> str:
    """Return the word for a percentage of a ceiling."""
    if percent is None:
        return "unknown"
    warning, critical = marks
    return "critical" if percent >= critical else "warning" if percent >= warning else "ok"


def _quota(quota: Mapping[str, Any], marks: tuple[float, float]) -> PageGauge:
    return PageGauge(
        title=f"{quota['capacity']} quota",
        **{name: quota[name] for name in ("code", "unit", "value", "used", "used_at_least", "remaining", "percent", "source", "reason")},
        standing=standing(quota["percent"], marks),
    )


def _limit(limit: Mapping[str, Any], marks: tuple[float, float]) -> PageGauge:
    return PageGauge(
        title=f"your limit on {limit['cluster'] or 'all clusters'}",
        code=limit["pattern"],
        unit="vCPU" if limit["measure"] == "vcpu" else limit["measure"],
        **{name: limit[name] for name in ("value", "used", "used_at_least", "remaining", "percent")},
        standing=standing(limit["percent"], marks),
        source="your setting",
        reason=None,
    )


def _shares(clusters: Iterable[Mapping[str, Any]]) -> list[CostShare]:
    known = [cluster["by_capacity"] for cluster in clusters if cluster["by_capacity"]]
    return [
        CostShare(
            capacity=str(capacity), **{name: sum(each[str(capacity)][name] for each in known) for name in ("count", "vcpu", "memory_gib")}
        )
        for capacity in Capacity
    ]


def _row(cluster: Mapping[str, Any], costs: Mapping[str, Mapping[str, Any]]) -> ClusterRow:
    names = ("cluster", "readable", "running", "held", "vcpu", "memory_gib", "counts_as_of", "reason", "remedy")
    return ClusterRow(
        **{name: cluster[name] for name in names},
        unsized=cluster["unsized"] or 0,
        spot_vcpu=cluster["by_capacity"][str(Capacity.SPOT)]["vcpu"] if cluster["by_capacity"] else None,
        cost=costs.get(cluster["cluster"]),
    )


def _costs(now: Now) -> PageCosts | None:
    if now.cost is None:
        return None
    groups = now.cost["groups"]
    rest = groups[MAX_GROUPS:]
    return PageCosts(
        label=now.cost["label"],
        at=now.cost_at,
        clusters=sorted(now.cost["clusters"], key=lambda entry: (-(entry["cost_per_hour"] or 0), entry["cluster"])),
        groups=groups[:MAX_GROUPS],
        groups_left_out=len(rest),
        left_out_per_hour=sum(entry["cost_per_hour"] or 0 for entry in rest),
    )
