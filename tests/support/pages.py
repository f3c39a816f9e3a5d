"""Builders of pages: a day in an account, as its reports tell it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import msgspec

from fargatecount.quotas.aws_usage import SERIES, Comparison, UsageReading
from fargatecount.quotas.document import comparison_documents
from fargatecount.reconcile.drift import Cause, Repair
from fargatecount.reconcile.report import ClusterReport, Report, document, report_id
from fargatecount.report.page.compose import Now
from fargatecount.report.page.digest import part
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import KeptReports, Remembered, assemble
from fargatecount.timestamps import DAY, to_iso
from fargatecount.workload import Cluster, Kind, Millis, Phase
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE

QUOTAS = {"on-demand": ("L-3032A538", 150.0), "spot": ("L-36FBB829", 18.0)}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\u2028\"&'<!--{{data}}${x}"
"""What somebody might call his service to see what becomes of it."""


def cluster(name: str, running: float = 3, *, vcpu: float | None = None, spot: float = 0.0, **changes: Any) -> dict[str, Any]:
    """Return one cluster of the shape `fargatecount/usage`, in short: half a vCPU and a GiB for each workload unless told otherwise."""
    vcpu = running / 2 if vcpu is None else vcpu
    values = {"running": running, "held": running, "unsized": 0, "vcpu": vcpu, "memory_gib": running * 1.0}
    parts = {
        "on-demand": {"count": running if not spot else 0, "vcpu": vcpu - spot, "memory_gib": running * 1.0 if not spot else 0},
        "spot": {"count": running if spot else 0, "vcpu": spot, "memory_gib": running * 1.0 if spot else 0},
    }
    said = {"readable": True, "reason": None, "remedy": None, "counts_as_of": to_iso(NOW)}
    return {"cluster": name, **said, **values, "by_capacity": parts} | changes


def unlisted(name: str) -> dict[str, Any]:
    """Return a cluster that nobody has listed yet."""
    nothing = dict.fromkeys(("running", "held", "unsized", "vcpu", "memory_gib", "by_capacity", "counts_as_of", "remedy"))
    return {"cluster": name, "readable": False, "reason": "not yet listed", **nothing}


def usage(*clusters: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
    """Return a scope of the shape `fargatecount/usage`, in short."""
    names = ("running", "held", "unsized", "vcpu", "memory_gib")
    return {
        "complete": reason is None and all(each["readable"] for each in clusters),
        "reason": reason,
        "total": {name: sum(each[name] or 0 for each in clusters) for name in names},
        "clusters": list(clusters),
    }


def quotas(of: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the quotas beside what is held of each capacity."""
    found = []
    for capacity, (code, value) in QUOTAS.items():
        used = sum(each["by_capacity"][capacity]["vcpu"] for each in of["clusters"] if each["by_capacity"])
        stands = {"used": used, "used_at_least": False, "remaining": value - used, "percent": used / value * 100}
        found.append({"capacity": capacity, "code": code, "unit": "vCPU", "value": value, **stands, "source": "applied", "reason": None})
    return found


def cost(of: Mapping[str, Any], groups: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what all that costs, at five cents a vCPU."""
    flags = {"cost_at_least": False, "cost_approximate": False}
    known = [each for each in of["clusters"] if each["vcpu"] is not None]
    parts = [{"cluster": each["cluster"], "cost_per_hour": round(each["vcpu"] * 0.05, 4), **flags} for each in known]
    shares = [{"cluster": name, "group": group, "cost_per_hour": round(4 / (n + 1), 4), **flags} for n, (name, group) in enumerate(groups)]
    total = {"cost_per_hour": sum(each["cost_per_hour"] for each in parts), "cost_at_least": False, "cost_approximate": True}
    label = "USD per hour at the AWS list price of 2026-09-01; Spot at 0.32 of on-demand"
    return {**total, "label": label, "clusters": parts, "groups": shares}


def report(at: Millis, of: Mapping[str, Any] | None = None, *looked: ClusterReport, **changes: Any) -> dict[str, Any]:
    """Return the report of a run at that moment."""
    values: dict[str, Any] = {"full": False, "dry_run": False, "known": 5, "looked": looked}
    extra = {} if of is None else {"usage": of, "quotas": quotas(of)}
    made = Report(
        id=report_id(at), scope=SCOPE, started_at=at, ended_at=at + 1_000, extra=extra | changes.pop("extra", {}), **values | changes
    )
    return document(made)


def repaired(name: str, *repairs: Repair, kind: Kind = Kind.ECS) -> ClusterReport:
    """Return a look at a cluster that repaired these."""
    return ClusterReport(cluster=Cluster(SCOPE, kind, name), why="counts differ", repairs=repairs)


def repair(cause: Cause = Cause.MISSED_STOP, **changes: Any) -> Repair:
    """Return a repair of a task that had been missed for two minutes."""
    values: dict[str, Any] = {
        "workload_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "before": Phase.RUNNING,
        "after": Phase.GONE,
        "group": "service:checkout",
    }
    return Repair(**{"cause": cause, "delay_ms": 2 * MINUTE, **values} | changes)


def refusal(at: Millis, **changes: Any) -> dict[str, Any]:
    """Return what a report says of launches that were refused to service front until then."""
    where = {"capacity": "spot", "cluster": "ECS-web", "group": "service:front", "sign": "placement failure"}
    said = {"reason": "Capacity is unavailable at this time.", "for_want": True, "count": 3, "count_at_least": False}
    return {"at": to_iso(at), "since": to_iso(at - 10 * MINUTE), **where, **said} | changes


def witness(on_demand: float) -> list[dict[str, Any]]:
    """Return AWS's own numbers: one less than ours in vCPU, nothing of workloads."""
    heard = [
        UsageReading(series=s, value=on_demand - 1 if n == 0 else None, at=NOW if n == 0 else None, reason="no point" if n else "")
        for n, s in enumerate(SERIES)
    ]
    compared = (Comparison(h, on_demand if n == 0 else 0.0, 1.0 if n == 0 else None) for n, h in enumerate(heard))
    documents: list[dict[str, Any]] = msgspec.to_builtins(comparison_documents(compared))
    return documents


def reports_of_a_day(*, hostile: bool = False) -> list[dict[str, Any]]:
    """Return the reports of an ordinary bad day, one each five minutes.

    Services breathe, a batch comes at night, Spot waves, one cluster is denied since noon.
    """
    chance = Random(7)
    batch = HOSTILE if hostile else "batch"
    reports = []
    for number in range(288):
        at = NOW - DAY + number * 5 * MINUTE
        hour = (at % DAY) / HOUR
        day = max(math.sin((hour - 7) / 24 * 2 * math.pi), -0.6)
        web = round(56 + 26 * day + chance.uniform(-2, 2))
        night = 70 if 1.5 < hour < 4.2 else 4
        denied: dict[str, Any] = {
            "readable": False,
            "reason": "eks:AccessDenied: cannot list pods",
            "remedy": "fargatecount eks enroll prod",
            "counts_as_of": to_iso(NOW - 12 * HOUR),
        }
        told = usage(
            cluster("ECS-web", web),
            cluster("ECS-checkout", round(38 + 12 * day + chance.uniform(-1, 1)), vcpu=19.5 + 6 * day // 0.25 * 0.25),
            cluster(f"ECS-{batch}", night, vcpu=night * 1.0),
            cluster("ECS-thumbnails", n := round(22 + 14 * abs(math.sin(number / 19))), spot=n / 2),
            cluster("EKS-prod", 24 if hour >= 12 else round(26 + chance.uniform(-2, 2)), **(denied if hour >= 12 else {})),
        )
        looks = []
        if number % 61 == 30:
            started = repair(Cause.MISSED_START, before=None, after=Phase.RUNNING, group=f"family:{batch}", delay_ms=7 * MINUTE)
            looks.append(repaired(batch, started, repair(group=f"family:{batch}")))
        if number % 83 == 50:
            looks.append(
                repaired(
                    "web", repair(Cause.STALE_PHASE, before=Phase.PENDING, after=Phase.RUNNING, delay_ms=95_000, group="service:front")
                )
            )
        noon = [refusal(NOW - 12 * HOUR, reason=HOSTILE if hostile else "Capacity is unavailable at this time.")]
        reports.append(report(at, told, *looks, extra={"refused": noon if 12 <= hour < 13 else []}))
    return reports


@cache
def a_day(*, hostile: bool = False, refresh_ms: int | None = None) -> Page:
    """Return the page of that day."""
    reports = reports_of_a_day(hostile=hostile)
    batch = HOSTILE if hostile else "batch"
    last = reports[-1]
    groups = [
        ("ECS-web", "service:front"),
        ("ECS-checkout", "service:checkout"),
        (f"ECS-{batch}", f"family:{batch}"),
        ("ECS-thumbnails", "service:resize"),
        ("EKS-prod", "shop/api"),
    ]
    last |= {
        "witness": witness(last["quotas"][0]["used"]),
        "problems": ["clusters of EKS could not be listed: throttled"],
    }
    stands = Now(at=NOW, usage=last["usage"], quotas=last["quotas"], cost=cost(last["usage"], groups), cost_at=to_iso(NOW), beside=last)
    return assemble(SCOPE, stands, KeptReports([part(each) for each in reports], last), Remembered(), NOW - DAY, refresh_ms=refresh_ms)
