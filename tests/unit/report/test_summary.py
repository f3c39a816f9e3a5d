"""The summary of a period: a table of facts and the lines that they become."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fargatecount.history.answers import ChangesLine, CostLine
from fargatecount.refusals.document import RefusedDocument
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.report.fold import ClusterFold, Folded, fold
from fargatecount.report.summary import SummaryFacts, summary_lines
from fargatecount.rightsize.document import ReclaimableDocument
from fargatecount.workload import Capacity

GAP = "nothing is kept of what ended before 2026-10-03T00:00:00Z: the history begins then"
NO_REPORTS = fold([])
QUIET = msgspec.structs.replace(NO_REPORTS, reports=168, refused=())


def cost(name: str, usd: float, **changes: Any) -> CostLine:
    made = CostLine(span="", name=name, workloads=3, unpriced=0, vcpu_hours=1, gib_hours=2, cost=usd, cost_uncertain=0, approximate=0)
    return msgspec.structs.replace(made, **changes)


def change(name: str, net: float) -> ChangesLine:
    return ChangesLine(name=name, started=1340, stopped=1328, net=12, vcpu_started=100 + net, vcpu_stopped=100, vcpu_net=net)


def refused(group: str, count: int, *, for_want: bool = True) -> RefusedDocument:
    return RefusedDocument(
        at="2026-10-05T02:00:00Z", since="2026-10-05T01:00:00Z", capacity=Capacity.ON_DEMAND, cluster="ECS-web", group=group,
        sign=RefusalKind.PLACEMENT, reason="RESOURCE:FARGATE", for_want=for_want, count=count, count_at_least=False,
    )  # fmt: skip


def waste(**changes: Any) -> Folded:
    found = ReclaimableDocument(as_of="Monday", groups=2, vcpu=6.5, on_demand_vcpu=6.5, spot_vcpu=0, usd_month=192.3)
    return msgspec.structs.replace(QUIET, reclaimable=msgspec.structs.replace(found, **changes))


def facts(**changes: Any) -> SummaryFacts:
    usual: dict[str, Any] = {"costs": (), "costs_before": (), "changes": (), "reconciled": QUIET, "gaps": ()}
    return SummaryFacts(
        where="account 111122223333, eu-central-1", begins="2026-10-01 00:00 UTC", ends="2026-10-08 00:00 UTC", by="service",
        prices="list prices of 2026-10-01", **usual | changes,
    )  # fmt: skip


def reports(**changes: Any) -> Folded:
    return msgspec.structs.replace(QUIET, **changes)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({}, ["Cost: 0.00 USD. Nothing ran."], id="nothing ran"),
        pytest.param(
            {"gaps": [GAP]}, ["Cost: not known.", "Movers: not known.", "What is not known:", f"  - {GAP}"], id="nothing is known"
        ),
        pytest.param(
            {"costs": [cost("search", 90), cost("shop", 30)], "costs_before": [cost("shop", 100)]},
            [
                "Cost: 120.00 USD. The period before: 100.00 USD (+20%).",
                "  search  90.00 USD  +90.00",
                "  shop    30.00 USD  -70.00",
                "Prices: list prices of 2026-10-01.",
                "Nothing else is unknown of this period.",
            ],
            id="a period against the one before",
        ),
        pytest.param(
            {"costs": [cost("shop", 30)], "costs_before": None},
            ["Cost: 30.00 USD. The period before is not known completely.", "  shop  30.00 USD"],
            id="the first week has nothing to be compared with",
        ),
        pytest.param(
            {"costs": [cost("shop", 30)]}, ["Cost: 30.00 USD. The period before cost nothing."], id="nothing ran in the period before"
        ),
        pytest.param(
            {"costs": [cost("shop", 30, unpriced=2, cost_uncertain=1.5, approximate=1)], "gaps": [GAP], "costs_before": [cost("shop", 9)]},
            [
                "Cost: at least 30.00 USD. The period before: 9.00 USD.",
                "  shop  30.00 USD",
                f"  - {GAP}",
                "  - the cost of 2 workloads without a known size or price",
                "  - 1.50 USD of the cost depend on ends that no source reported",
                "  - 1 workload is priced by another Region or as Spot, whose price floats",
            ],
            id="a lower bound is compared with nothing",
        ),
        pytest.param(
            {"costs": [cost(f"s{n}", 10 - n) for n in range(8)]}, ["  s0      10.00 USD  +10.00", "  3 more  12.00 USD"], id="few rows"
        ),
        pytest.param(
            {"changes": [change("shop", -2), change("search", 12.25), change("still", 0)]},
            ["  search  +12.25 vCPU  1,340 started, 1,328 stopped", "  shop        -2 vCPU  1,340 started, 1,328 stopped"],
            id="movers up and down, the largest first",
        ),
        pytest.param(
            {"changes": [change("still", 0)]}, ["Movers: no service holds more or less than at the start."], id="churn is no move"
        ),
        pytest.param({}, ["Waste: not known: no report of the period looked for it."], id="waste nobody looked for"),
        pytest.param(
            {"reconciled": waste(without_metrics=4)},
            ["Waste: 6.5 vCPU and 192.30 USD a month in 2 services and families, as of Monday. Not judged: 4 without metrics."],
            id="waste, and what could not be judged",
        ),
        pytest.param({"reconciled": waste(problem="CloudWatch denied it.")}, ["Waste: not known: CloudWatch denied it."], id="denied"),
        pytest.param({}, ["Refused launches: none for want of quota or capacity."], id="nothing refused"),
        pytest.param(
            {"reconciled": reports(refused=[refused("shop", 2), refused("search", 40), refused("etl", 9, for_want=False)])},
            [
                "Refused launches: 42 for want of quota or capacity. 1 launch problem of other causes: fargatecount history stops",
                "  ECS-web search  40  RESOURCE:FARGATE",
                "  ECS-web shop     2  RESOURCE:FARGATE",
            ],
            id="refused for want, and otherwise",
        ),
        pytest.param(
            {"reconciled": NO_REPORTS},
            ["Refused launches: not known: no report of the period records them.", "Drift: not known: no report of the period is kept."],
            id="no report is kept",
        ),
        pytest.param({}, ["Drift: none in 168 reports."], id="no drift"),
        pytest.param(
            {"first_report": "2026-10-05T000031.250Z"},
            ["  - refused launches and drift before 2026-10-05T000031.250Z: no older report is kept"],
            id="the reports begin later",
        ),
        pytest.param(
            {
                "reconciled": reports(
                    drifted=3,
                    incomplete=1,
                    causes={"missed stop": 2, "orphan": 1},
                    problems=[("the quota could not be read", 4)],
                    clusters={"EKS-old": ClusterFold(looks=9, readable_last=False, reason_last="denied"), "ECS-web": ClusterFold(looks=9)},
                )
            },
            [
                "Drift: 3 repaired in 168 reports; 1 of them not complete.",
                "  missed stop 2, orphan 1",
                "  - cluster EKS-old could not be read by the last report that looked: denied",
                "  - the quota could not be read (in 4 reports)",
            ],
            id="drift, and what the reconciler could not do",
        ),
        pytest.param(
            {"reconciled": reports(clusters={f"ECS-{n}": ClusterFold(readable_last=False) for n in range(300)})},
            [
                "  - cluster ECS-0 could not be read by the last report that looked: no reason given",
                "  - 295 more clusters that could not be read: fargatecount report --since 7d",
            ],
            id="hundreds of unreadable clusters are few lines",
        ),
    ],
)
def test_facts_become_lines(given: dict[str, Any], said: list[str]) -> None:
    """Each of these lines is there, in this order."""
    lines = summary_lines(facts(**given))
    assert lines[:3] == ["Fargate in account 111122223333, eu-central-1", "from 2026-10-01 00:00 UTC to 2026-10-08 00:00 UTC", ""]
    assert [line for line in lines if line in said] == said
