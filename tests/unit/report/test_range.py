"""What many reports say together."""

from __future__ import annotations

from typing import Any

from fargatecount.reconcile.drift import Cause, Repair
from fargatecount.reconcile.report import ClusterReport, Report, document, report_id
from fargatecount.report.range import range_document
from fargatecount.workload import Phase
from tests.support.builders import BATCH, HOUR, NOW, SCOPE, WEB
from tests.support.pages import refusal


def repaired(cause: Cause, **changes: Any) -> Repair:
    return Repair(**{"workload_id": "t1", "cause": cause, "before": Phase.RUNNING, "after": Phase.GONE, **changes})


def report(*looked: ClusterReport, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": report_id(NOW),
        "scope": SCOPE,
        "started_at": NOW,
        "ended_at": NOW + 1,
        "full": True,
        "dry_run": False,
        "known": 2,
    }
    return document(Report(**values | {"looked": looked} | changes))


def together(*reports: dict[str, Any]) -> dict[str, Any]:
    return range_document(SCOPE, reports, NOW - HOUR, NOW)


def test_no_report_says_nothing() -> None:
    """A period without reports has no drift, and says how many reports that rests on."""
    empty = together()
    assert (empty["reports"], empty["drifted"], empty["clusters"], empty["causes"]) == (0, 0, [], {})
    assert (empty["since"], empty["until"]) == ("2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z")


def test_drift_is_summed_by_cause_and_by_cluster() -> None:
    """Each repair counts once, under its cause, in its cluster and in the total."""
    first = report(ClusterReport(cluster=WEB, why="", repairs=[repaired(Cause.MISSED_STOP), repaired(Cause.MISSED_START)]))
    second = report(
        ClusterReport(cluster=WEB, why="", repairs=[repaired(Cause.MISSED_STOP)]),
        ClusterReport(cluster=BATCH, why="", repairs=[repaired(Cause.ORPHAN)]),
    )
    found = together(first, second)
    assert (found["reports"], found["drifted"]) == (2, 4)
    assert found["causes"] == {"missed start": 1, "missed stop": 2, "orphan": 1}
    assert {cluster["cluster"]: (cluster["looks"], cluster["drifted"]) for cluster in found["clusters"]} == {
        "ECS-web": (2, 3),
        "ECS-batch": (1, 1),
    }


def test_what_was_in_flight_is_no_drift() -> None:
    """A repair of something too young to be drift is under no cause."""
    found = together(report(ClusterReport(cluster=WEB, why="", repairs=[repaired(Cause.MISSED_STOP, in_flight=True, delay_ms=9)])))
    assert (found["drifted"], found["causes"], found["clusters"][0]["longest_delay_ms"]) == (0, {}, None)


def test_the_longest_delay_of_a_cluster_is_kept() -> None:
    """The repair that came latest after its change is what a cluster is judged by."""
    repairs = [repaired(Cause.MISSED_STOP, delay_ms=delay) for delay in (40_000, 90_000, None)]
    (cluster,) = together(report(ClusterReport(cluster=WEB, why="", repairs=repairs)))["clusters"]
    assert cluster["longest_delay_ms"] == 90_000


def test_a_cluster_says_how_often_it_was_unreadable_and_how_it_is_now() -> None:
    """The last look decides what is said of now, all of them what is said of the period."""
    denied = report(ClusterReport(cluster=WEB, why="", readable=False, reason="denied"))
    well = report(ClusterReport(cluster=WEB, why=""))
    (cluster,) = together(denied, denied, well)["clusters"]
    assert (cluster["unreadable"], cluster["readable_last"], cluster["reason_last"]) == (2, True, None)
    (cluster,) = together(well, denied)["clusters"]
    assert (cluster["unreadable"], cluster["readable_last"], cluster["reason_last"]) == (1, False, "denied")


def test_calls_throttles_and_problems_add_up() -> None:
    """What it took and what went wrong is counted over all reports."""
    one = report(calls={"ListTasks": 2}, throttles={"ListTasks": 1}, problems=["clusters could not be listed"])
    found = together(one, one, report(calls={"DescribeTasks": 1}))
    assert (found["calls"], found["throttles"]) == ({"DescribeTasks": 1, "ListTasks": 4}, {"ListTasks": 2})
    assert found["problems"] == [{"problem": "clusters could not be listed", "reports": 2}]
    assert found["incomplete"] == 2


def test_refused_launches_are_put_together_over_the_reports() -> None:
    """Two reports that tell of the same hour tell of one episode; that nothing was refused is known only from a report that says so."""
    told = report(extra={"refused": [refusal(NOW)]})
    assert together(told, told, report())["refused"] == [refusal(NOW)]
    assert together(report(extra={"refused": []}))["refused"] == []
    assert (together(report())["refused"], together()["refused"]) == (None, None)


def test_dry_runs_are_counted_and_left_out() -> None:
    """What a dry run saw, the next run saw again: counting both would double it."""
    found = together(report(ClusterReport(cluster=WEB, why="", repairs=[repaired(Cause.ORPHAN)]), dry_run=True))
    assert (found["reports"], found["dry_runs"], found["drifted"], found["clusters"]) == (0, 1, 0, [])
