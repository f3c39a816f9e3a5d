"""A page of a large account in a bad quarter: 500 clusters, 90 days, 10,000 points, every card full."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from fargatecount.history.answers import CostLine
from fargatecount.history.parts import LatenciesPart, MovesPart, ReasonsPart
from fargatecount.quotas.document import LimitDocument
from fargatecount.quotas.limits import Measure
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.drift import Cause
from fargatecount.report.fold import part_of
from fargatecount.report.page.compose import Now
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import KeptReport, KeptReports, Remembered, assemble
from fargatecount.report.page.history import MAX_POINTS, Sample, TimeLevel
from fargatecount.report.page.past import Past, folded, spans_of
from fargatecount.timestamps import DAY, to_iso
from fargatecount.usage.cost_document import CostBreakdown, GroupCost
from fargatecount.usage.hanging import HangingDocument, HangingSummary
from fargatecount.usage.summary_document import UsageSummary
from fargatecount.workload import Capacity, Phase
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE
from tests.support.pages import cluster, cost, quota, refusal, repair, repaired, report, short, survey, usage

OWNERS = ("payments", "search", "media", "-")
REASONS = (
    ("ServiceSchedulerInitiated", "Scaling activity"),
    ("EssentialContainerExited", "Essential container in task exited"),
    ("SpotInterruption", "Your Spot Task was interrupted"),
    ("TaskFailedToStart", "CannotPullContainerError"),
)


def a_quarter(clusters: int = 500, *, days: int = 90, gaps: Sequence[str] = ()) -> Page:
    """Return the page: over its quota, deployments that do not fit, refused launches, workloads that hang, clusters that cannot be read."""
    chance = Random(11)
    denied: dict[str, Any] = {"readable": False, "reason": "ecs:ListTasks is denied", "remedy": "allow it: fargatecount doctor"}
    of = usage(
        *(cluster(f"ECS-shop-{n:03}", max(2, round(900 / (n + 3))), **(denied if n % 25 == 9 else {})) for n in range(clusters)),
    )
    since = NOW - days * DAY
    groups = [
        GroupCost(
            cluster=each.cluster,
            group=f"service:{('checkout', 'front', 'worker')[n % 3]}",
            cost_per_hour=round((each.vcpu or 0) * 0.05, 4),
            cost_at_least=False,
            cost_approximate=n % 3 == 2,
            on_demand_vcpu=0.0 if n % 3 == 2 else each.vcpu,
            spot_vcpu=each.vcpu if n % 3 == 2 else 0.0,
            owner=OWNERS[n % 4],
        )
        for n, each in enumerate(of.clusters)
    ]
    last = _last(of)
    stands = Now(
        at=NOW,
        usage=of,
        quotas=[
            quota(1660.0, value=1000.0, remaining=-660.0, percent=166.0),
            quota(31.0, Capacity.SPOT, value=64.0, remaining=33.0, percent=48.0),
        ],
        cost=_with(cost(of, []), groups),
        cost_at=to_iso(NOW),
        report=last,
    )
    kept = KeptReports([KeptReport(part_of(each), None) for each in [*_repairs(chance, of, since, days), last]], last)
    samples = [_sample(of, since + n * (NOW - since) // MAX_POINTS, chance) for n in range(MAX_POINTS)]
    return assemble(SCOPE, stands, kept, Remembered(samples), since, past=_past(of, since, chance, gaps))


def _with(breakdown: CostBreakdown, groups: list[GroupCost]) -> CostBreakdown:
    return msgspec.structs.replace(breakdown, groups=groups)


def _last(of: UsageSummary) -> ReconcileDocument:
    limits = [
        LimitDocument(
            cluster=each.cluster,
            pattern="shop-*",
            measure=Measure.VCPU,
            value=100.0,
            used=each.vcpu or 0.0,
            remaining=100.0 - (each.vcpu or 0),
            percent=each.vcpu or 0,
        )
        for each in of.clusters[:9]
    ]
    which = [
        HangingDocument(
            cluster=of.clusters[n].cluster,
            workload=f"{n:032x}",
            group="service:front",
            phase=Phase.PENDING,
            since=to_iso(NOW - 3 * HOUR),
            minutes=180 - n,
            reason="the task has not started",
            remedy="see why, and correct its image: aws ecs describe-tasks",
        )
        for n in range(min(24, len(of.clusters)))
    ]
    state = {
        "limits": limits,
        "hanging": HangingSummary(after_minutes=30, count=40, which=which),
        "headroom": survey(*(short(f"front-{n}", cluster=of.clusters[n].cluster) for n in range(3)), services=3),
        "refused": [
            refusal(NOW - 5 * MINUTE - n * MINUTE, group=f"service:front-{n}", reason=f"Capacity is unavailable ({n}).") for n in range(30)
        ],
    }
    return report(NOW - 2 * MINUTE, of, state=state)


def _repairs(chance: Random, of: UsageSummary, since: int, days: int) -> list[ReconcileDocument]:
    found = []
    for n in range(days * 6):
        name = of.clusters[chance.randrange(min(25, len(of.clusters)))].cluster.removeprefix("ECS-")
        found.append(
            report(
                since + n * (NOW - since) // (days * 6),
                None,
                repaired(name, repair(chance.choice([Cause.MISSED_STOP, Cause.MISSED_START]))),
            )
        )
    return found


def _sample(of: UsageSummary, at: int, chance: Random) -> Sample:
    wave = 0.8 + 0.2 * math.sin(at / DAY * 2 * math.pi)
    levels = {each.cluster: TimeLevel(round((each.running or 0) * wave), (each.vcpu or 0) * wave, each.readable) for each in of.clusters}
    return Sample(at=at + chance.randrange(MINUTE), levels=levels, existing=frozenset(levels))


def _past(of: UsageSummary, since: int, chance: Random, gaps: Sequence[str]) -> Past:
    edges, unit = spans_of(since, NOW)
    known = Past(as_of=to_iso(NOW), edges=edges, unit=unit, gaps=gaps, prices="USD per hour at the AWS list price of 2026-09-01")
    names = [
        f"{each.cluster}\nservice:{('checkout', 'front', 'worker')[n % 3]}\n{OWNERS[n % 4]}" for n, each in enumerate(of.clusters[:120])
    ]
    moves, costs, reasons, launches = [], [], [], []
    for span in map(str, range(len(edges) - 1)):
        for n, name in enumerate(names):
            started, stopped, spot = chance.randrange(400 // (n + 2) + 2), chance.randrange(400 // (n + 2) + 2), n % 3 == 2
            moves.append(MovesPart(span, name, started, stopped, started / 2, stopped / 2, stopped // 5 * spot, stopped * spot))
            costs.append(CostLine(span, name, started, 0, 12.0 * 900 / (n + 3), 0.0, round(600 / (n + 3), 4), 0.5 * (n == 2), 0))
            reasons += [ReasonsPart(span, name, *REASONS[k], max(stopped >> (k + 1), 0), 0, 0) for k in range(4) if stopped >> (k + 1)]
            launches += [LatenciesPart(span, name, 105 + chance.randrange(9), 1 + started // 8) for _ in range(4)]
    return folded(known, moves, costs, reasons, launches)
