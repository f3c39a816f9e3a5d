"""What one look comes to: rows and statistics as a usage with its costs."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.count.summary import ClusterCount, ScopeCount, by_statistics, usage_of
from fargatecount.counts import Counts
from fargatecount.errors import UnavailableError
from fargatecount.ledger.clusters import Trust
from fargatecount.sources.snapshot import Statistics
from fargatecount.usage.document import usage_document
from fargatecount.usage.usage import unknown
from fargatecount.workload import Cluster, Facts, Phase
from tests.support.builders import BATCH, NOW, SCOPE, SIZE, WEB, row

READABLE = Trust(readable=True)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({WEB: Statistics(running=3, pending=1)}, [(WEB, True, 3)]),
        ({WEB: Statistics()}, [(WEB, True, 0)]),
        ({WEB: Statistics(deleted=True)}, []),
        ({}, [(WEB, False, None)]),
    ],
)
def test_what_statistics_come_to(told: dict[Cluster, Statistics], found: list[tuple[Cluster, bool, int | None]]) -> None:
    """A number, nothing for a cluster that is no more, and unknown for one that AWS has no word on."""
    counted = by_statistics([WEB], told, NOW)
    assert [(each.cluster, each.verdict.readable, each.running) for each in counted] == found


def test_costs_are_those_of_each_workload() -> None:
    """By architecture and size, not by counters; a workload of unknown size makes the cost a lower bound."""
    arm = row(facts=Facts(cpu=1024, memory=2048, architecture="arm64"))
    sized = ClusterCount(cluster=WEB, verdict=READABLE, as_of=NOW, rows={"arm": arm, "x86": row(facts=SIZE)})
    unsized = ClusterCount(cluster=BATCH, verdict=READABLE, as_of=NOW, rows={"t": row(facts=Facts())})
    (scope,) = msgspec.to_builtins(usage_document([usage_of(ScopeCount(scope=SCOPE, clusters=[sized, unsized], quotas=[]))], NOW))["scopes"]
    web = next(cluster for cluster in scope["clusters"] if cluster["name"] == "web")
    assert web["cost_per_hour"] == pytest.approx(0.03238 + 2 * 0.00356 + 0.25 * 0.04048 + 0.5 * 0.004445, abs=1e-6)
    assert (scope["total"]["unsized"], scope["total"]["cost_at_least"]) == (1, True)


def test_a_scope_of_which_nothing_is_known() -> None:
    """Credentials that could not be had leave a scope without a number, with the reason."""
    (scope,) = msgspec.to_builtins(usage_document([unknown(SCOPE, UnavailableError("no answer", remedy="try again"))], NOW))["scopes"]
    assert (scope["complete"], scope["reason"], scope["remedy"], scope["clusters"], scope["total"]["running"]) == (
        False,
        "no answer",
        "try again",
        [],
        None,
    )


def test_only_what_lives_is_kept() -> None:
    """The counts of a cluster are those of its rows."""
    rows = {"a": row(Phase.RUNNING), "b": row(Phase.STOPPING)}
    usage = usage_of(ScopeCount(scope=SCOPE, clusters=[ClusterCount(cluster=WEB, verdict=READABLE, as_of=NOW, rows=rows)]))
    assert usage.total == Counts.of(Phase.RUNNING, SIZE) + Counts.of(Phase.STOPPING, SIZE)
