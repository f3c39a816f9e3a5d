"""`fargatecount report`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from fargatecount.reconcile.drift import Cause, Repair
from fargatecount.reconcile.report import ClusterReport
from fargatecount.workload import Millis, Phase, Scope
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, HOUR, MINUTE, SCOPE, WEB
from tests.support.deployed import Deployed
from tests.support.pages import report as build_report

Run = Callable[..., Answer]
DAY = 24 * HOUR
EMPTY = "us-east-1"


def repair(cause: Cause, **changes: Any) -> Repair:
    return Repair(**{"workload_id": "t1", "cause": cause, "before": None, "after": Phase.RUNNING, "group": "service:web", **changes})


def keep(shared: Deployed, ago: Millis, *looked: ClusterReport, **changes: Any) -> str:
    """Keep a report of some time ago, and return its id."""
    at = shared.clock.now() - ago
    report = build_report(at, None, *looked, **{"calls": {"ListTasks": 2}} | changes)
    shared.reports.keep(report)
    return report.id


@pytest.fixture(scope="module")
def week(shared: Deployed) -> list[str]:
    """Four reports: eight days, two days, an hour and a minute ago; in one Region only."""
    denied = ClusterReport(cluster=BATCH, why="unreadable last time", readable=False, reason="denied", remedy="allow it")
    return [
        keep(shared, 8 * DAY, ClusterReport(cluster=WEB, why="", repairs=[repair(Cause.ORPHAN)])),
        keep(shared, 2 * DAY, ClusterReport(cluster=WEB, why="", repairs=[repair(Cause.MISSED_START, delay_ms=90_000)])),
        keep(shared, HOUR, ClusterReport(cluster=WEB, why="", repairs=[repair(Cause.MISSED_STOP)]), denied),
        keep(shared, MINUTE),
    ]


def test_a_list_goes_back_a_week(week: list[str], fargatecount: Run) -> None:
    """By default the reports of seven days are listed, oldest first."""
    answer = fargatecount("report", "list", "--json")
    assert answer.code == 0
    assert [entry["id"] for entry in answer.json["reports"]] == week[1:]


@pytest.mark.parametrize(("since", "number"), [("30m", 1), ("12h", 2), ("3d", 3), ("2w", 4)])
def test_a_list_goes_back_as_far_as_it_is_told(week: list[str], fargatecount: Run, since: str, number: int) -> None:
    """Minutes, hours, days and weeks."""
    assert [entry["id"] for entry in fargatecount("report", "list", "--since", since, "--json").json["reports"]] == week[-number:]


def test_a_list_for_people_says_what_each_report_comes_to(week: list[str], fargatecount: Run) -> None:
    """Drift, causes, and whether it was complete."""
    out = fargatecount("report", "list").out
    assert all(one in out for one in week[1:])
    assert "missed stop 1 (not complete)" in out


def test_a_list_as_csv(week: list[str], fargatecount: Run) -> None:
    """A spreadsheet gets one line per report."""
    rows = list(csv.DictReader(io.StringIO(fargatecount("report", "list", "-o", "csv").out)))
    assert [(row["id"], row["drifted"], row["unreadable"]) for row in rows] == list(zip(week[1:], "110", "010", strict=True))


@pytest.mark.usefixtures("week")
def test_an_empty_list_says_that_it_is_empty(fargatecount: Run) -> None:
    """Reports of another Region are none of this one's: no report is no error, and not silence either."""
    assert "No report" in fargatecount("report", "list", "--region", EMPTY).out
    assert fargatecount("report", "list", "--region", EMPTY, "--json").json["reports"] == []


@pytest.mark.parametrize("arguments", [(), ("show",), ("show", "latest"), ("latest",)])
def test_the_latest_report_is_what_is_shown_by_default(week: list[str], fargatecount: Run, arguments: tuple[str, ...]) -> None:
    """With or without the word for it."""
    answer = fargatecount("report", *arguments, "--json")
    assert (answer.code, answer.json["id"]) == (0, week[-1])


def test_the_latest_may_be_old(shared: Deployed, fargatecount: Run) -> None:
    """Where nothing has run for days the last report is the latest."""
    old = keep(shared, 20 * DAY, scope=Scope(SCOPE.account, "us-west-2"))
    assert fargatecount("report", "--region", "us-west-2", "--json").json["id"] == old


def test_one_report_is_shown_by_its_id(week: list[str], fargatecount: Run) -> None:
    """With its repairs, and its unreadable cluster as a warning with the remedy."""
    answer = fargatecount("report", "show", week[2], "-o", "wide")
    assert answer.code == 0
    assert "missed stop" in answer.out
    assert "service:web" in answer.out
    assert answer.err == "warning: ECS-batch is unreadable: denied; allow it\n"


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize("unknown", ["2020-01-01T000000.000Z", "../../etc/passwd", "[bold]x"])
def test_an_unknown_report_is_wrong_use(fargatecount: Run, unknown: str) -> None:
    """The id is named as it was given, with where to find the right one."""
    answer = fargatecount("report", "show", unknown)
    assert (answer.code, answer.out) == (2, "")
    assert unknown in answer.err
    assert "report list" in answer.err


@pytest.mark.usefixtures("week")
def test_without_any_report_the_answer_is_no(fargatecount: Run) -> None:
    """There is no latest report yet."""
    answer = fargatecount("report", "--region", EMPTY)
    assert (answer.code, answer.out, answer.err) == (1, "", "No report is kept yet.\n")


@pytest.mark.usefixtures("week")
def test_a_range_adds_up(fargatecount: Run) -> None:
    """Drift by cause and cluster over the reports of a period, and of that period only."""
    together = fargatecount("report", "--since", "7d", "--json").json
    assert (together["schema"], together["reports"], together["drifted"]) == ("fargatecount/reconcile-range", 3, 2)
    assert together["causes"] == {"missed start": 1, "missed stop": 1}
    by_name = {cluster["cluster"]: cluster for cluster in together["clusters"]}
    assert (by_name["ECS-web"]["longest_delay_ms"], by_name["ECS-batch"]["unreadable"]) == (90_000, 1)


@pytest.mark.usefixtures("week")
def test_a_range_for_people(fargatecount: Run) -> None:
    """How many reports it rests on, the drift and its causes, cluster by cluster."""
    out = fargatecount("report", "show", "--since", "7d").out
    assert "3 reports from" in out
    assert "Drift: 2 repaired." in out
    assert "causes: missed start 1, missed stop 1" in out
    assert "ECS-batch" in out


@pytest.mark.usefixtures("week")
def test_refused_launches_of_which_nobody_told_are_not_none(fargatecount: Run) -> None:
    """Reports of an older version do not speak of them."""
    assert "Launches refused in this period: not known" in fargatecount("report", "--since", "7d").out
    assert fargatecount("report", "--since", "7d", "--json").json["refused"] is None


@pytest.mark.usefixtures("week")
def test_a_range_as_csv(fargatecount: Run) -> None:
    """A spreadsheet gets one line per cluster."""
    rows = list(csv.DictReader(io.StringIO(fargatecount("report", "--since", "7d", "-o", "csv").out)))
    assert [(row["cluster"], row["drifted"], row["causes"]) for row in rows] == [
        ("ECS-batch", "0", ""),
        ("ECS-web", "2", "missed start 1, missed stop 1"),
    ]


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("arguments", "remark"),
    [
        (("--since", "7"), "enter 30m, 12h, 7d or 4w"),
        (("--since", "a week"), "enter 30m, 12h, 7d or 4w"),
        (("list", "--since", "-7d"), "enter 30m, 12h, 7d or 4w"),
        (("show", "latest", "--since", "7d"), "not both"),
        (("show", "one", "two"), "unexpected extra argument"),
    ],
)
def test_wrong_use_is_explained(fargatecount: Run, arguments: tuple[str, ...], remark: str) -> None:
    """What cannot be is refused with what it may be, before AWS is asked."""
    answer = fargatecount("report", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert remark in answer.err


@pytest.mark.usefixtures("week")
def test_a_missing_bucket_is_named(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that is not there is wrong use: it says which, and what to check."""
    monkeypatch.setenv("FARGATECOUNT_REPORTS_BUCKET", "no-such-bucket")
    answer = fargatecount("report", "list")
    assert answer.code == 2
    assert "no-such-bucket" in answer.err
