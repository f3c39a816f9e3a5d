"""Builders of reports and pages: a day in an account."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import msgspec

from fargatecount.quotas.aws_usage import SERIES, Comparison, UsageReading
from fargatecount.quotas.document import ComparisonDocument, QuotaDocument, comparison_documents
from fargatecount.quotas.headroom_document import ShortService, SurveyDocument
from fargatecount.quotas.quota import Origin
from fargatecount.reconcile.document import ReconcileDocument, reconcile_document
from fargatecount.reconcile.drift import Cause, Repair
from fargatecount.reconcile.report import ClusterReport, Report, report_id
from fargatecount.refusals.document import RefusedDocument
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.report.fold import part_of
from fargatecount.report.page.compose import Now
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import KeptReport, KeptReports, Remembered, assemble
from fargatecount.report.page.samples import sample_of_report
from fargatecount.rightsize.document import LoadDocument, ReclaimableDocument, RightsizeEntry, SizeDocument
from fargatecount.timestamps import DAY, to_iso
from fargatecount.usage.cost_document import ClusterCost, CostBreakdown, GroupCost
from fargatecount.usage.summary_document import ClusterSummary, TallyDocument, UsageSummary, UsageTotals
from fargatecount.workload import Capacity, Cluster, Kind, Millis, Phase
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE

QUOTAS = {Capacity.ON_DEMAND: ("L-3032A538", 150.0), Capacity.SPOT: ("L-36FBB829", 18.0)}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\u2028\"&'<!--{{data}}${x}"
"""A hostile name of a service, to see how it is shown."""


def cluster(name: str, running: int = 3, *, vcpu: float | None = None, spot: float = 0.0, **changes: Any) -> ClusterSummary:
    """Return one cluster of a report's usage: half a vCPU and a GiB for each workload unless given otherwise."""
    vcpu = running / 2 if vcpu is None else vcpu
    on_demand = TallyDocument(count=running if not spot else 0, vcpu=vcpu - spot, memory_gib=running * 1.0 if not spot else 0.0)
    on_spot = TallyDocument(count=running if spot else 0, vcpu=spot, memory_gib=running * 1.0 if spot else 0.0)
    made = ClusterSummary(
        cluster=name,
        readable=True,
        counts_as_of=to_iso(NOW),
        running=running,
        held=running,
        unsized=0,
        vcpu=vcpu,
        memory_gib=running * 1.0,
        by_capacity={Capacity.ON_DEMAND: on_demand, Capacity.SPOT: on_spot},
    )
    return msgspec.structs.replace(made, **changes)


def unlisted(name: str) -> ClusterSummary:
    """Return a cluster that was never listed."""
    return ClusterSummary(cluster=name, readable=False, reason="not yet listed")


def usage(*clusters: ClusterSummary, reason: str | None = None) -> UsageSummary:
    """Return the usage of a scope, as a report has it."""
    total = UsageTotals(
        running=sum(each.running or 0 for each in clusters),
        held=sum(each.held or 0 for each in clusters),
        unsized=sum(each.unsized or 0 for each in clusters),
        vcpu=sum(each.vcpu or 0 for each in clusters),
        memory_gib=sum(each.memory_gib or 0 for each in clusters),
    )
    complete = reason is None and all(each.readable for each in clusters)
    return UsageSummary(complete=complete, reason=reason, total=total, clusters=list(clusters))


def quota(used: float, capacity: Capacity = Capacity.ON_DEMAND, **changes: Any) -> QuotaDocument:
    """Return one quota, so much of it used."""
    code, value = QUOTAS[capacity]
    made = QuotaDocument(
        capacity=capacity,
        code=code,
        value=value,
        used=used,
        remaining=value - used,
        percent=used / value * 100,
        source=Origin.APPLIED,
    )
    return msgspec.structs.replace(made, **changes)


def quotas(of: UsageSummary) -> list[QuotaDocument]:
    """Return the quotas beside what is held of each capacity."""
    used = {capacity: sum(each.by_capacity[capacity].vcpu for each in of.clusters if each.by_capacity) for capacity in Capacity}
    return [quota(used[capacity], capacity, exact=of.complete) for capacity in Capacity]


def cost(of: UsageSummary, groups: Sequence[tuple[str, str]]) -> CostBreakdown:
    """Return the cost of a usage, at five cents a vCPU."""
    amounts = {each.cluster: round(each.vcpu * 0.05, 4) for each in of.clusters if each.vcpu is not None}
    flags = {"cost_at_least": False, "cost_approximate": False}
    return CostBreakdown(
        cost_per_hour=sum(amounts.values()),
        cost_at_least=False,
        cost_approximate=True,
        label="USD per hour at the AWS list price of 2026-09-01; Spot at 0.32 of on-demand",
        clusters=[ClusterCost(cluster=name, cost_per_hour=amount, **flags) for name, amount in amounts.items()],
        groups=[
            GroupCost(
                cluster=name,
                group=group,
                cost_per_hour=round(4 / (n + 1), 4),
                cost_at_least=False,
                cost_approximate=False,
                on_demand_vcpu=32 / (n + 1),
                spot_vcpu=2.0 * (n == 3),
            )
            for n, (name, group) in enumerate(groups)
        ],
    )


def report(
    at: Millis, of: UsageSummary | None = None, *looked: ClusterReport, state: Mapping[str, Any] | None = None, **changes: Any
) -> ReconcileDocument:
    """Return the report of a run at that time; `state` are its keys about the whole scope."""
    values: dict[str, Any] = {"scope": SCOPE, "full": False, "dry_run": False, "known": 5, "looked": looked}
    made = Report(id=report_id(at), started_at=at, ended_at=at + 1_000, **values | changes)
    usual = {} if of is None else {"usage": of, "quotas": quotas(of)}
    return msgspec.structs.replace(reconcile_document(made), **usual | dict(state or {}))


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


def refusal(at: Millis, **changes: Any) -> RefusedDocument:
    """Return what a report says of launches that were refused to service front until then."""
    made = RefusedDocument(
        at=to_iso(at),
        since=to_iso(at - 10 * MINUTE),
        capacity=Capacity.SPOT,
        cluster="ECS-web",
        group="service:front",
        sign=RefusalKind.PLACEMENT,
        reason="Capacity is unavailable at this time.",
        for_want=True,
        count=3,
        count_at_least=False,
    )
    return msgspec.structs.replace(made, **changes)


def survey(*which: ShortService, services: int = 3, **changes: Any) -> SurveyDocument:
    """Return what a report says of next deployments, `which` of them do not fit."""
    made = SurveyDocument(services=services, without_headroom=len(which), undecided=0, unsized=0, problems=[], which=list(which))
    return msgspec.structs.replace(made, **changes)


def short(service: str = "front", **changes: Any) -> ShortService:
    """Return a service whose next deployment lacks 4 vCPU."""
    made = ShortService(
        cluster="ECS-web", service=service, desired=12, peak=24, lacks_vcpu=4.0, largest_desired=8, largest_maximum_percent=133
    )
    return msgspec.structs.replace(made, **changes)


def witness(on_demand: float) -> list[ComparisonDocument]:
    """Return AWS's own numbers: one less than the ledger's in vCPU, nothing of workloads."""
    readings = [
        UsageReading(series=s, value=on_demand - 1 if n == 0 else None, at=NOW if n == 0 else None, reason="no point" if n else "")
        for n, s in enumerate(SERIES)
    ]
    compared = (Comparison(h, on_demand if n == 0 else 0.0, 1.0 if n == 0 else None) for n, h in enumerate(readings))
    return comparison_documents(compared)


def reports_of_a_day(*, hostile: bool = False) -> list[ReconcileDocument]:
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
        reports.append(report(at, told, *looks, state={"refused": noon if 12 <= hour < 13 else []}))
    return reports


@cache
def a_day(*, hostile: bool = False, refresh_ms: int | None = None) -> Page:
    """Return the page of that day."""
    reports = reports_of_a_day(hostile=hostile)
    batch = HOSTILE if hostile else "batch"
    groups = [
        ("ECS-web", "service:front"),
        ("ECS-checkout", "service:checkout"),
        (f"ECS-{batch}", f"family:{batch}"),
        ("ECS-thumbnails", "service:resize"),
        ("EKS-prod", "shop/api"),
    ]
    of = reports[-1].usage or usage()
    held = quotas(of)
    last = msgspec.structs.replace(reports[-1], witness=witness(held[0].used), problems=["clusters of EKS could not be listed: throttled"])
    reports[-1] = last
    stands = Now(at=NOW, usage=of, quotas=held, cost=cost(of, groups), cost_at=to_iso(NOW), report=last)
    kept = KeptReports([KeptReport(part_of(each), sample_of_report(each)) for each in reports], last)
    return assemble(SCOPE, stands, kept, Remembered(), NOW - DAY, refresh_ms=refresh_ms)


def reclaimable(**changes: Any) -> ReclaimableDocument:
    """Return what a report says of smaller sizes: one service of ten tasks."""
    row = RightsizeEntry(
        cluster="ECS-web",
        group="service:front",
        tasks=10,
        held=SizeDocument(1.0, 4.0),
        cpu=LoadDocument(8.0, 15.0, 22.0),
        memory=LoadDocument(15.0, 18.0, 20.0),
        source="AWS/ECS",
        verdict="shrink",
        confidence="high",
        advised=SizeDocument(0.25, 1.0),
        freed_vcpu=7.5,
        freed_usd_month=312.0,
        remark="",
    )
    made = ReclaimableDocument(
        as_of="2026-10-01T12:00:00Z",
        groups=1,
        vcpu=7.5,
        on_demand_vcpu=7.5,
        spot_vcpu=0.0,
        usd_month=312.0,
        which=[row],
        without_metrics=1,
        too_little_data=2,
    )
    return msgspec.structs.replace(made, **changes)
