"""Reconcile: every cluster of a scope is found and listed in its turn, a failing one stops no other, and what is unknown is reported."""

from __future__ import annotations

import itertools

from fargatecount.ledger.clusters import RECONCILER
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Phase
from tests.support.account import Account
from tests.support.builders import BATCH, HOUR, MINUTE, SCOPE, WEB


def test_more_than_a_hundred_tasks_and_clusters_are_all_seen() -> None:
    """Lists are read to their last page, and descriptions asked for a hundred at a time."""
    account = Account()
    for i in range(120):
        account.ecs.run(f"t{i:03}")
        account.ecs.create(BATCH.__class__(SCOPE, BATCH.kind, f"empty-{i:03}"))
    report = account.reconcile()
    assert len(account.living()) == 120
    assert (report.known, report.complete) == (121, True)


def test_a_dry_run_changes_nothing() -> None:
    """A dry run says what it would repair, and writes neither rows nor what it knows of clusters."""
    account = Account()
    account.ecs.run("t1")
    report = account.reconcile(dry_run=True, in_flight=0)
    assert (report.drifted, account.ledger.clusters(SCOPE), account.rows()) == (1, [], {})


def test_a_denied_cluster_does_not_stop_the_others() -> None:
    """The other clusters are exact."""
    account = Account()
    account.ecs.run("t1", WEB)
    account.ecs.run("t2", BATCH)
    account.ecs.deny(BATCH)
    account.reconcile()
    assert account.living(WEB) == {"t1": Phase.RUNNING}
    assert (account.readable(WEB), account.readable(BATCH)) == (True, False)


def test_half_of_all_calls_throttled_changes_no_number() -> None:
    """Throttling makes a pass slower, not wrong."""
    account = Account()
    for i in range(150):
        account.ecs.run(f"t{i:03}")
    turn = itertools.count()
    account.ecs.throttle(lambda _: next(turn) % 2 == 0)
    report = account.reconcile()
    assert len(account.living()) == 150
    assert sum(report.throttles.values()) > 0
    assert report.complete


def test_clusters_that_cannot_be_listed_leave_what_is_known() -> None:
    """Without ListClusters the known clusters are looked into, and the report says what could not be done."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.ecs.throttle(lambda call: call == "list_clusters")
    report = account.reconcile()
    assert len(report.problems) == 1
    assert not report.complete
    assert account.readable()


def test_nothing_drifted_in_a_hundred_clusters_costs_two_calls() -> None:
    """The probe asks for the list of clusters and for their statistics, nothing else."""
    account = Account()
    clusters = [WEB.__class__(SCOPE, WEB.kind, f"c{i:03}") for i in range(100)]
    for i, cluster in enumerate(clusters):
        account.deliver(account.ecs.run(f"t{i}", cluster))
    account.reconcile()
    report = account.reconcile(full=False)
    assert (report.calls, len(report.looked)) == ({"ListClusters": 1, "DescribeClusters": 1}, 0)


def test_clusters_that_agree_stay_fresh() -> None:
    """A probe that finds nothing keeps the numbers trusted."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.reconcile()
    for _ in range(8):
        account.clock.advance(5 * MINUTE)
        account.reconcile(full=False)
    assert account.readable()


def test_clusters_that_nobody_looks_at_grow_stale() -> None:
    """Without runs the numbers are no longer trusted."""
    account = Account()
    account.ecs.create(WEB)
    account.reconcile()
    account.clock.advance(HOUR)
    assert not account.readable()


def test_a_start_and_a_stop_that_cancel_are_found_within_45_minutes() -> None:
    """The probe sees equal numbers; the regular look finds the pair."""
    account = Account()
    account.deliver(account.ecs.run("t1"))
    account.reconcile()
    account.ecs.move("t1", "STOPPED")
    account.ecs.run("t2")
    account.clock.advance(5 * MINUTE)
    assert account.reconcile(full=False).looked == []
    account.clock.advance(40 * MINUTE)
    account.reconcile(full=False)
    assert account.living() == {"t2": Phase.RUNNING}


def test_a_run_that_is_out_of_time_leaves_the_rest_to_the_next() -> None:
    """The next run begins with what was not reached."""
    account = Account()
    for name in ("a", "b", "c"):
        account.ecs.create(WEB.__class__(SCOPE, WEB.kind, name))
    questions = itertools.count()
    first = account.reconcile(stop=lambda: next(questions) >= 2)
    account.clock.advance(MINUTE)
    second = account.reconcile()
    assert first.not_reached[0] == second.looked[0].cluster
    assert not first.complete


def test_a_cluster_that_takes_too_long_is_left_to_the_next_run() -> None:
    """A view that cannot be finished in time changes nothing, and the cluster is not called unreadable for it."""
    account = Account()
    for i in range(250):
        account.ecs.run(f"t{i:03}")
    report = account.reconcile(asking_ends=lambda: account.ecs.asked.count("describe_tasks") >= 1)
    assert (report.not_reached, report.looked, account.living()) == ([WEB], [], {})
    account.reconcile()
    assert len(account.living()) == 250


def test_before_the_first_listing_nothing_is_complete() -> None:
    """Five hundred tasks without an event are no total of 0: the scope reports that its clusters are not known."""
    account = Account()
    for i in range(500):
        account.ecs.run(f"t{i}", WEB if i % 2 else BATCH)
    account.deliver(account.ecs.run("new"))
    before = scope_usage(account.ledger, SCOPE, account.clock.now())
    assert (before.complete, before.undiscovered) == (False, "ECS clusters have not been listed yet")
    account.reconcile()
    after = scope_usage(account.ledger, SCOPE, account.clock.now())
    assert (after.complete, after.total.running.count) == (True, 501)


def test_a_first_pass_that_is_cut_short_is_not_complete() -> None:
    """Clusters that were found and not yet looked into make the total incomplete."""
    account = Account()
    account.ecs.run("t1", WEB)
    account.ecs.run("t2", BATCH)
    questions = itertools.count()
    account.reconcile(stop=lambda: next(questions) >= 1)
    usage = scope_usage(account.ledger, SCOPE, account.clock.now())
    assert (usage.complete, usage.undiscovered, len(usage.clusters)) == (False, None, 2)


def test_clusters_that_can_no_longer_be_listed_make_the_total_incomplete() -> None:
    """After a while there may be unknown clusters."""
    account = Account()
    account.ecs.run("t1")
    account.reconcile()
    account.ecs.throttle(lambda call: call == "list_clusters")
    account.clock.advance(HOUR)
    account.reconcile()
    usage = scope_usage(account.ledger, SCOPE, account.clock.now())
    assert usage.undiscovered is not None
    assert usage.clusters[0].verdict.readable


def test_a_skipped_cluster_is_not_asked_for() -> None:
    """A cluster that has a watcher is left to it."""
    account = Account()
    account.ecs.create(WEB)
    account.reconcile(skip=lambda state: state.cluster == WEB)
    assert RECONCILER not in (account.state().sources if account.ledger.clusters(SCOPE) else {})
