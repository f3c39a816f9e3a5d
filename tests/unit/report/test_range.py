"""The document of a period."""

from __future__ import annotations

from typing import Any

from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.drift import Cause
from fargatecount.reconcile.report import ClusterReport
from fargatecount.report.fold import fold, part_of
from fargatecount.report.range import RangeDocument, range_document
from tests.support.builders import HOUR, NOW, SCOPE, WEB
from tests.support.pages import cluster, repair, repaired, report, usage


def together(*reports: ReconcileDocument) -> RangeDocument:
    return range_document(SCOPE, fold(map(part_of, reports)), NOW - HOUR, NOW)


def look(**changes: Any) -> ReconcileDocument:
    return report(NOW, None, ClusterReport(cluster=WEB, why="", **changes))


def test_a_range_names_its_period() -> None:
    """Also where there was no report."""
    empty = together()
    assert (empty.since, empty.until, empty.reports) == ("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z", 0)


def test_causes_are_in_the_order_of_their_names() -> None:
    """In the total and in each cluster, whatever was frequent."""
    found = together(report(NOW, None, repaired("web", repair(Cause.ORPHAN), repair(Cause.ORPHAN), repair(Cause.MISSED_START))))
    assert list(found.causes.items()) == [("missed start", 1), ("orphan", 2)]
    assert (found.drifted, found.clusters[0].drifted, found.clusters[0].causes) == (3, 3, found.causes)


def test_what_was_in_flight_is_no_drift() -> None:
    """A repair of something too young to be drift is under no cause, and its delay is no delay."""
    found = together(report(NOW, None, repaired("web", repair(in_flight=True, delay_ms=9))))
    assert (found.drifted, found.causes, found.clusters[0].longest_delay_ms) == (0, {}, None)


def test_the_longest_delay_of_a_cluster_is_kept() -> None:
    """A repair without a time does not count."""
    (cluster,) = together(report(NOW, None, repaired("web", *(repair(delay_ms=delay) for delay in (40_000, 90_000, None))))).clusters
    assert cluster.longest_delay_ms == 90_000


def test_a_cluster_says_how_often_it_was_unreadable_and_how_it_is_now() -> None:
    """The last report says how it is now, all of them how it was in the period."""
    denied, well = look(readable=False, reason="denied"), look()
    (cluster,) = together(denied, denied, well).clusters
    assert (cluster.unreadable, cluster.readable_last, cluster.reason_last) == (2, True, None)
    (cluster,) = together(well, denied).clusters
    assert (cluster.unreadable, cluster.readable_last, cluster.reason_last) == (1, False, "denied")


def test_calls_throttles_and_problems_add_up() -> None:
    """Over all reports."""
    one = report(NOW, calls={"ListTasks": 2}, throttles={"ListTasks": 1}, problems=["clusters could not be listed"])
    found = together(one, one, report(NOW, calls={"DescribeTasks": 1}))
    assert (found.calls, found.throttles) == ({"DescribeTasks": 1, "ListTasks": 4}, {"ListTasks": 2})
    assert [(each.problem, each.reports) for each in found.problems] == [("clusters could not be listed", 2)]
    assert found.incomplete == 2


def test_the_highest_use_of_each_quota_is_in_the_range() -> None:
    """A quota that was full for a while is not lost in a report of no drift."""
    found = together(report(NOW, usage(cluster("ECS-web", 300))), report(NOW, usage(cluster("ECS-web", 3))))
    assert [(each.capacity, each.highest_percent, each.reports_critical) for each in found.quotas] == [
        ("on-demand", 100.0, 1),
        ("spot", 0, 0),
    ]
    assert found.limits == []
