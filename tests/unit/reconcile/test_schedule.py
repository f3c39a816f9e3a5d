"""What a tick of the schedule has to look at."""

from __future__ import annotations

import pytest

from fargatecount.ledger.clusters import RECONCILER, WATCHER, ClusterState, Readability
from fargatecount.reconcile.schedule import TICK, DueWork, due_work
from fargatecount.workload import Cluster, Kind, Millis
from tests.support.builders import BATCH, MINUTE, NOW, PODS, WEB

EVERY = {Kind.ECS: 5 * MINUTE}
SLACK = TICK // 2


def looked(cluster: Cluster, ago: Millis, *, readable: bool = True) -> ClusterState:
    return ClusterState(cluster=cluster, sources={RECONCILER: Readability(readable=readable, at=NOW - ago)})


def never(cluster: Cluster) -> ClusterState:
    return ClusterState(cluster=cluster)


def ask(states: list[ClusterState], every: dict[Kind, Millis], discoveries: dict[Kind, Millis] | None = None) -> DueWork:
    return due_work(states, discoveries or {}, NOW, every)


def test_the_first_tick_looks_for_clusters() -> None:
    """Where no cluster is known, listing them is due."""
    assert ask([], EVERY).kinds == {Kind.ECS}


@pytest.mark.parametrize(("ago", "is_due"), [(MINUTE, False), (5 * MINUTE, True)])
def test_an_account_without_clusters_is_looked_at_in_its_period(ago: Millis, is_due: bool) -> None:
    """Where there was nothing to list, the time of the list decides when to list again."""
    assert bool(ask([], EVERY, {Kind.ECS: NOW - ago}).kinds) is is_due


@pytest.mark.parametrize(
    ("ago", "is_due"), [(0, False), (4 * MINUTE, False), (5 * MINUTE - SLACK, True), (5 * MINUTE, True), (99 * MINUTE, True)]
)
def test_all_clusters_are_due_after_their_period(ago: Millis, is_due: bool) -> None:
    """The tick that is nearest to the period counts, not the one after it."""
    assert bool(ask([looked(WEB, ago)], EVERY).kinds) is is_due


def test_the_cluster_that_has_waited_longest_decides() -> None:
    """One cluster that was not reached last time makes all of its kind due again."""
    assert ask([looked(WEB, MINUTE), looked(BATCH, 6 * MINUTE)], EVERY).includes(WEB)


def test_a_cluster_never_looked_at_does_not_wait() -> None:
    """Between two periods a run is about the new cluster, and about it alone."""
    found = ask([looked(WEB, MINUTE), never(BATCH)], EVERY)
    assert (found.kinds, found.clusters, found.all_kinds) == (frozenset(), frozenset({BATCH}), frozenset({Kind.ECS}))
    assert (found.includes(BATCH), found.includes(WEB)) == (True, False)


def test_a_cluster_that_only_a_watcher_has_seen_was_never_looked_at() -> None:
    """What another source knows is no look of the reconciler."""
    watched = ClusterState(cluster=WEB, sources={WATCHER: Readability(readable=True, at=NOW)})
    assert ask([watched, looked(BATCH, MINUTE)], EVERY).clusters == {WEB}


def test_an_unreadable_cluster_waits_for_its_period() -> None:
    """What was refused a minute ago is not asked for every minute."""
    assert not ask([looked(WEB, MINUTE, readable=False)], EVERY)


def test_nothing_is_due_right_after_a_look() -> None:
    """A tick with nothing to do has nothing to do."""
    assert not ask([looked(WEB, MINUTE), looked(BATCH, MINUTE)], EVERY)


def test_kinds_have_periods_of_their_own() -> None:
    """A kind with a shorter period is due alone."""
    found = ask([looked(WEB, MINUTE), looked(PODS, MINUTE)], {**EVERY, Kind.EKS: MINUTE})
    assert (found.kinds, found.all_kinds) == (frozenset({Kind.EKS}), frozenset({Kind.EKS}))


def test_a_kind_that_is_not_reconciled_here_is_never_due() -> None:
    """Clusters of a kind without a period are left to another run."""
    assert not ask([looked(WEB, MINUTE), never(PODS)], EVERY)
