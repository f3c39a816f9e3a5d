"""The probe: which clusters are looked into, why, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.counts import Counts, Tally
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability
from fargatecount.reconcile.selection import LOOK_EVERY, STUCK_AFTER, Candidate, select
from fargatecount.sources.snapshot import Statistics
from fargatecount.workload import Capacity, Cluster, Phase
from tests.support.builders import BATCH, MINUTE, NOW, PODS, WEB


def counts(running: int = 0, pending: int = 0) -> Counts:
    """Return counts of so many workloads."""
    cells = {Phase.RUNNING: running, Phase.PENDING: pending}
    return Counts({(phase, Capacity.ON_DEMAND): Tally(number) for phase, number in cells.items() if number})


def known(cluster: Cluster = WEB, **changes: Any) -> Candidate:
    """Return a cluster that was looked into five minutes ago and agrees with AWS in every number."""
    view = {"readable": True, "at": NOW - 5 * MINUTE, "listed_at": NOW - 5 * MINUTE}
    state = ClusterState(cluster=cluster, sources={RECONCILER: Readability(**view | changes.pop("view", {}))})
    values = {"state": state, "counts": counts(3, 1), "statistics": Statistics(running=3, pending=1)}
    return Candidate(**values | changes)


def why(entry: Candidate, *, full: bool = False) -> str | None:
    """Return why a cluster is picked, None if it is not."""
    picks = select([entry], NOW, full=full)
    return picks[0].why if picks else None


def test_a_cluster_that_agrees_is_left_alone() -> None:
    """Nothing drifted costs no list call."""
    assert why(known()) is None


REASONS = [
    (known(view={"listed_at": None}), "not yet listed"),
    (known(view={"readable": False}), "unreadable last time"),
    (known(view={"listed_at": NOW - LOOK_EVERY}), "not looked into for 45 minutes"),
    (known(statistics=Statistics(running=4, pending=1)), "counter says 3 running, AWS says 4"),
    (known(statistics=Statistics(running=3, pending=0)), "counter says 1 pending, AWS says 0"),
    (known(oldest_transition=NOW - STUCK_AFTER), "pending or stopping for more than 10 minutes"),
]


@pytest.mark.parametrize(("entry", "reason"), REASONS, ids=[reason for _, reason in REASONS])
def test_each_doubt_is_a_reason_to_look(entry: Candidate, reason: str) -> None:
    """A cluster is looked into for the first reason that holds, and the report says which."""
    assert why(entry) == reason


def test_a_cluster_nobody_has_seen_is_looked_into() -> None:
    """A cluster that is known by name only has never been listed."""
    assert why(Candidate(state=ClusterState(cluster=WEB), counts=Counts(), statistics=None)) == "not yet listed"


def test_a_full_pass_looks_into_all() -> None:
    """A full pass does not trust the probe, which cannot see a missed start that a missed stop cancels."""
    assert why(known(), full=True) == "full pass"


def test_no_statistics_are_no_difference() -> None:
    """Where AWS gives no numbers there is nothing to compare."""
    assert why(known(statistics=None)) is None


def test_a_transition_that_is_under_way_is_no_reason() -> None:
    """Tasks take minutes to start."""
    assert why(known(oldest_transition=NOW - STUCK_AFTER + 1)) is None


def test_who_has_waited_longest_comes_first() -> None:
    """A run that stops in the middle leaves the rest to the next, which begins with it."""
    entries = [known(WEB, view={"listed_at": NOW - MINUTE}), known(BATCH, view={"listed_at": NOW - 9 * MINUTE})]
    assert [choice.cluster for choice in select(entries, NOW, full=True)] == [BATCH, WEB]


def test_eks_is_looked_into_each_time() -> None:
    """EKS has no statistics that could spare a look."""
    assert why(known(PODS, statistics=None)) == "EKS has no statistics"


def test_an_eks_cluster_out_of_reach_delays_nobody() -> None:
    """A look that is likely to end in a timeout comes last, however long ago the last good one was."""
    lost = known(PODS, view={"readable": False, "listed_at": NOW - LOOK_EVERY}, statistics=None)
    assert [choice.cluster for choice in select([lost, known(WEB)], NOW, full=True)] == [WEB, PODS]
