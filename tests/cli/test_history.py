"""`fargatecount history`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest

from fargatecount.adapters.s3.history import S3History
from fargatecount.history.archive import EndedRow, archive
from fargatecount.history.coverage import Coverage, Hole
from fargatecount.usage.prices import LIST_PRICES
from fargatecount.workload import Phase
from tests.cli.conftest import Answer
from tests.support.builders import FULL, HOUR, MINUTE, SCOPE, WEB, row, seen
from tests.support.deployed import Deployed
from tests.support.pages import report as build_report

pytest.importorskip("duckdb", reason="the extra `history` is not installed")

Run = Callable[..., Answer]
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the cache to the test."""
    monkeypatch.setenv("FARGATECOUNT_CACHE", str(tmp_path))
    return tmp_path


def store(here: Deployed) -> S3History:
    return S3History(boto3.client("s3", SCOPE.region), here.outputs["ReportsBucket"])


def life(began: int, ended: int, **facts: Any) -> Any:
    """Return the facts of a task of two vCPU that pulled at once and ran from one moment to another."""
    return msgspec.structs.replace(
        FULL,
        **{"cpu": 2048, "memory": 4096, "capacity": None, "storage": 20, "architecture": "x86_64", "os": None, "owner": "payments"}
        | {"created_at": began, "pull_started_at": began, "pull_stopped_at": began, "started_at": began + 1000}
        | {"stopping_at": ended, "stopped_at": ended}
        | facts,
    )


@pytest.fixture
def past(here: Deployed) -> Deployed:
    """Return a deployment in whose bucket two tasks ended, an hour and two days ago, and in whose ledger one runs."""
    now = here.clock.now()
    rows = [
        EndedRow(WEB, "t1", row(Phase.GONE, 5, facts=life(now - 2 * HOUR, now - HOUR))),
        EndedRow(WEB, "t2", row(Phase.GONE, 5, facts=life(now - 3 * DAY, now - 2 * DAY, owner="search", stop_code="SpotInterruption"))),
    ]
    archive(rows, "batch", store(here), LIST_PRICES, now)
    store(here).keep_coverage(SCOPE, Coverage(since=now - 30 * DAY, until=now - HOUR, retention_days=400))
    facts = msgspec.structs.replace(life(now - 4 * HOUR, 0), stopping_at=None, stopped_at=None, stop_code=None, exit_codes=None)
    here.deliver(seen(Phase.RUNNING, 2, workload_id="t3", facts=facts, observed_at=now))
    return here


@pytest.mark.usefixtures("past")
def test_what_ran_at_a_moment(fargatecount: Run) -> None:
    """The ended task and the living one both ran 90 minutes ago; now only the living one does."""
    then = fargatecount("history", "at", "90m", "--json").json
    assert [(line["name"], line["running"], line["vcpu"]) for line in then["lines"]] == [("ECS-web service:checkout", 2, 4.0)]
    assert (then["complete"], then["gaps"]) == (True, [])
    now = fargatecount("history", "at", "now", "--json").json
    assert [line["running"] for line in now["lines"]] == [1]


@pytest.mark.usefixtures("past")
def test_cost_by_owner_as_csv(fargatecount: Run) -> None:
    """A line for each owner, with the columns of the document."""
    answer = fargatecount("history", "cost", "--since", "7d", "--by", "owner", "-o", "csv")
    lines = {line["name"]: line for line in csv.DictReader(io.StringIO(answer.out))}
    hourly = 2 * 0.04048 + 4 * 0.004445
    assert float(lines["payments"]["cost"]) == pytest.approx(5 * hourly, rel=1e-3)
    assert float(lines["search"]["cost"]) == pytest.approx(24 * hourly, rel=1e-3)


@pytest.mark.usefixtures("past")
def test_tables_for_people(fargatecount: Run) -> None:
    """Each command has a table with times in the zone that was named."""
    assert "payments" in fargatecount("history", "cost", "--daily", "--by", "owner", columns=120).out
    assert "STARTED" in fargatecount("history", "changes", "--since", "5h", columns=120).out
    assert "ServiceSchedulerInitiated" in fargatecount("history", "stops", "--tz", "Europe/Berlin", columns=160).out
    assert "P95" in fargatecount("history", "launches", "--since", "7d", columns=120).out
    assert "RUNNING" in fargatecount("history", "at", "2h", columns=120).out


@pytest.mark.usefixtures("past")
def test_spot_without_spot_tasks_is_nothing_and_known(fargatecount: Run) -> None:
    """An empty answer says that the period is known: nothing ran."""
    answer = fargatecount("history", "spot")
    assert answer.code == 0
    assert "Nothing: spot tasks" in answer.out
    assert "is known completely" in answer.out


@pytest.mark.usefixtures("past")
def test_outside_of_what_is_kept_it_says_so(fargatecount: Run) -> None:
    """Before the history began nothing is known; an empty answer is not "nothing ran"."""
    answer = fargatecount("history", "at", "60d")
    assert "is not known completely" in answer.out
    assert "the history begins then" in answer.err
    document = fargatecount("history", "at", "60d", "--json").json
    assert (document["complete"], document["lines"]) == (False, [])


def test_a_hole_is_named(past: Deployed, fargatecount: Run) -> None:
    """An outage that was longer than the table remembers leaves a hole, which a question about its time names."""
    now = past.clock.now()
    hole = Hole(now - 6 * DAY, now - 5 * DAY)
    store(past).keep_coverage(SCOPE, Coverage(since=now - 30 * DAY, until=now, retention_days=400, holes=(hole,)))
    assert "may be missing" in fargatecount("history", "stops", "--since", "7d").err
    assert "may be missing" not in fargatecount("history", "stops", "--since", "1d").err


@pytest.mark.usefixtures("here")
def test_before_the_first_maintenance_only_three_days_are_known(fargatecount: Run) -> None:
    """The table's tombstones reach back 72 hours, and nothing further."""
    assert "has not started" in fargatecount("history", "cost", "--since", "7d").err
    assert fargatecount("history", "cost", "--since", "1d").err == ""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("at", "yesterday"), "is no moment"),
        (("at", "2999-01-01"), "future"),
        (("cost", "--month", "10-2026"), "is no month"),
        (("cost", "--month", "2026-10", "--since", "1d"), "not both"),
        (("cost", "--tz", "Nowhere"), "is no time zone"),
        (("stops", "--since", "now"), "empty"),
    ],
)
def test_wrong_use_is_refused_with_the_remedy(fargatecount: Run, arguments: tuple[str, ...], error: str) -> None:
    """Exit code 2, and a message that names the value."""
    answer = fargatecount("history", *arguments)
    assert (answer.code, error in answer.err) == (2, True)


def test_athena_that_is_not_deployed_is_named(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is the setting."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    here.create_stack()
    answer = fargatecount("history", "cost", "--engine", "athena", "--stage", "test")
    assert answer.code == 2
    assert "athena=true" in answer.err


def test_hostile_names_are_text(past: Deployed, fargatecount: Run) -> None:
    """A tag with markup, a formula and control characters is shown and acts nowhere."""
    now = past.clock.now()
    evil = "=cmd|' [red]\x1b[31m"
    archive(
        [EndedRow(WEB, "t9", row(Phase.GONE, 5, facts=life(now - HOUR, now - MINUTE, owner=evil)))], "evil", store(past), LIST_PRICES, now
    )
    shown = fargatecount("history", "cost", "--by", "owner", columns=120)
    assert "\x1b" not in shown.out
    assert "[red]" in shown.out
    first = list(csv.DictReader(io.StringIO(fargatecount("history", "cost", "--by", "owner", "-o", "csv").out)))
    assert not any(line["name"].startswith("=") for line in first)


@pytest.mark.usefixtures("past")
def test_a_week_in_plain_text(fargatecount: Run) -> None:
    """Cost and movers come from the same records as `history`; without a kept report the rest is not known, and says so."""
    out = fargatecount("report", "summary", "--by", "owner", "--since", "7d").out.splitlines()
    hourly = 2 * 0.04048 + 4 * 0.004445
    assert f"Cost: {29 * hourly:,.2f} USD. The period before cost nothing." in out
    assert f"  search    {24 * hourly:,.2f} USD  +{24 * hourly:,.2f}" in out
    assert "  payments  +2 vCPU  2 started, 1 stopped" in out
    assert "Drift: not known: no report of the period is kept." in out


def test_a_week_is_sent_to_the_topic_for_warnings(past: Deployed, fargatecount: Run) -> None:
    """Who reads the topic gets the text that is printed, with the scope and the period as the subject."""
    sns, sqs = boto3.client("sns", SCOPE.region), boto3.client("sqs", SCOPE.region)
    topic = sns.create_topic(Name="quiet")["TopicArn"]
    queue = sqs.create_queue(QueueName="who-reads")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    past.create_stack("fargatecount-armed", QuietTopicArn=topic)
    past.reports.keep(build_report(past.clock.now() - HOUR))
    printed = fargatecount("report", "summary", "--send", "--stack", "fargatecount-armed").out
    assert "Drift: none in 1 report." in printed
    assert "no older report is kept" in printed
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    sent = json.loads(message["Body"])
    assert sent["Message"] == printed.rstrip("\n")
    assert sent["Subject"].startswith(f"Fargate in account {SCOPE.account}, {SCOPE.region}: ")


def test_without_a_topic_nothing_is_sent_and_the_remedy_is_named(past: Deployed, fargatecount: Run) -> None:
    """A deployment that is not armed has no topic."""
    past.create_stack("fargatecount-unarmed")
    answer = fargatecount("report", "summary", "--send", "--stack", "fargatecount-unarmed")
    assert (answer.code, answer.out) == (2, "")
    assert "armed=true" in answer.err
