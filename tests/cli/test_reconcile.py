"""`fargatecount reconcile`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import boto3
import msgspec
import pytest

from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.reconcile.drift import Cause
from fargatecount.refusals.log import remember
from fargatecount.workload import Phase
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, MINUTE, SCOPE, WEB, refusal
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


def test_lost_events_are_made_up_for(here: Deployed, fargatecount: Run) -> None:
    """A start and a stop of which no event came are repaired, each with its cause, and the report of that is kept."""
    here.deliver(here.ecs.run("stopped"))
    here.ecs.move("stopped", "STOPPED")
    here.ecs.run("started")
    answer = fargatecount("reconcile", "--yes", "--json", "--in-flight", "0")
    assert answer.code == 0
    assert here.living() == {"started": Phase.RUNNING}
    assert answer.json["causes"] == {Cause.MISSED_START: 1, Cause.MISSED_STOP: 1}
    assert msgspec.to_builtins(here.reports.read(SCOPE, answer.json["id"])) == answer.json


def test_a_dry_run_says_what_it_would_do(here: Deployed, fargatecount: Run) -> None:
    """The drift is named in the subjunctive, and neither ledger nor bucket change."""
    here.ecs.run("t1")
    answer = fargatecount("reconcile", "--dry-run", "--in-flight", "0")
    assert answer.code == 0
    assert "1 would be repaired" in answer.out
    assert "missed start 1" in answer.out
    assert (here.rows(), list(here.reports.ids(SCOPE))) == ({}, [])


def test_clusters_are_chosen_by_glob(here: Deployed, fargatecount: Run) -> None:
    """Only clusters whose name or key matches are looked into."""
    here.ecs.run("t1", WEB)
    here.ecs.run("t2", BATCH)
    answer = fargatecount("reconcile", "--yes", "--json", "--cluster", "ECS-b*")
    assert [cluster["cluster"] for cluster in answer.json["clusters"]] == ["ECS-batch"]
    assert here.rows(WEB) == {}


def test_a_table_shows_what_was_wrong_and_what_it_took(here: Deployed, fargatecount: Run) -> None:
    """For people: the cluster with its causes, the sum, the calls, and under which id it is kept."""
    here.ecs.run("t1")
    answer = fargatecount("reconcile", "--yes", "--in-flight", "0")
    assert "ECS-web" in answer.out
    assert "Drift: 1 repaired." in answer.out
    assert "DescribeTasks 1" in answer.out
    (kept,) = here.reports.ids(SCOPE)
    assert kept in answer.out


def test_wide_names_every_repair(here: Deployed, fargatecount: Run) -> None:
    """With -o wide each workload stands there with its service."""
    here.ecs.run("t1")
    answer = fargatecount("reconcile", "--yes", "-o", "wide", "--in-flight", "0")
    assert "service:web" in answer.out
    assert "not yet listed" in answer.out


def test_csv_has_a_row_per_cluster(here: Deployed, fargatecount: Run) -> None:
    """A spreadsheet gets one line per cluster, empty ones included."""
    here.ecs.run("t1", WEB)
    here.ecs.create(BATCH)
    rows = list(csv.DictReader(io.StringIO(fargatecount("reconcile", "--yes", "-o", "csv", "--in-flight", "0").out)))
    assert [(row["cluster"], row["held_before"], row["held_after"], row["drifted"], row["causes"]) for row in rows] == [
        ("ECS-batch", "0", "0", "0", ""),
        ("ECS-web", "0", "1", "1", "missed start 1"),
    ]


def test_a_run_under_way_is_left_alone(here: Deployed, fargatecount: Run) -> None:
    """While another run holds the lease, the command refuses, and names the holder and what to do."""
    here.ecs.run("t1")
    here.someone_reconciles()
    answer = fargatecount("reconcile", "--yes")
    assert (answer.code, answer.out, here.rows()) == (1, "", {})
    assert "somebody else" in answer.err
    assert "--wait" in answer.err


@pytest.mark.parametrize("typed", ["n\n", ""])
def test_at_a_terminal_no_means_no(here: Deployed, fargatecount: Run, typed: str) -> None:
    """After a no, or without an answer, nothing has changed; the code is that of an interruption."""
    here.ecs.run("t1")
    answer = fargatecount("reconcile", typed=typed)
    assert (answer.code, here.rows(), here.ecs.asked) == (130, {}, [])
    assert "123456789012 eu-west-1" in answer.err


def test_at_a_terminal_yes_means_yes(here: Deployed, fargatecount: Run) -> None:
    """The question goes to stderr, so that the answer can be piped."""
    here.ecs.run("t1")
    answer = fargatecount("reconcile", "--json", typed="y\n")
    assert (answer.code, set(here.living())) == (0, {"t1"})
    assert answer.json["schema"] == "fargatecount/reconcile"


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_who_has_said_so_is_not_asked(here: Deployed, fargatecount: Run, option: str) -> None:
    """With --yes there is no question, and none where nothing changes."""
    here.ecs.create(WEB)
    assert fargatecount("reconcile", option, typed="").code == 0


def test_a_denied_cluster_is_a_warning_and_under_strict_a_no(here: Deployed, fargatecount: Run) -> None:
    """The others are reconciled; what could not be read is said on stderr with its remedy."""
    here.ecs.run("t1", WEB)
    here.ecs.run("t2", BATCH)
    here.ecs.deny(BATCH)
    answer = fargatecount("reconcile", "--yes")
    assert (answer.code, set(here.living(WEB))) == (0, {"t1"})
    assert "warning: ECS-batch is unreadable" in answer.err
    assert "allow ecs:" in answer.err
    assert fargatecount("reconcile", "--yes", "--strict").code == 1


def test_without_a_bucket_the_ledger_is_repaired_all_the_same(here: Deployed, fargatecount: Run) -> None:
    """A report that cannot be kept is a warning; it is printed, and the repair is done."""
    here.ecs.run("t1")
    boto3.client("s3", SCOPE.region).delete_bucket(Bucket=here.outputs["ReportsBucket"])
    answer = fargatecount("reconcile", "--yes", "--json")
    assert (answer.code, set(here.living())) == (0, {"t1"})
    assert "warning: the report is not kept" in answer.err
    assert answer.json["complete"]


def test_names_that_are_no_names_do_no_harm(here: Deployed, fargatecount: Run) -> None:
    """Markup and control characters in AWS's texts are shown as text, and never interpreted."""
    here.ecs.run("t1", group="service:[bold red]x[/]\x1b[2J\u202e")
    answer = fargatecount("reconcile", "--yes", "-o", "wide", "--in-flight", "0")
    assert "[bold red]x[/]\\x1b[2J\\u202e" in answer.out
    assert "\x1b" not in answer.out


def test_quotas_and_cost_stand_beside_the_drift(here: Deployed, fargatecount: Run) -> None:
    """The report has the applied quota, the default of the one that was never raised, and the price of what is held."""
    here.ecs.run("t1")
    report = fargatecount("reconcile", "--yes", "--json").json
    assert [(quota["value"], quota["source"]) for quota in report["quotas"]] == [(4000.0, "applied"), (6.0, "default")]
    assert report["cost"]["cost_per_hour"] > 0


def test_a_fresh_command_finds_what_the_last_one_kept(here: Deployed, fargatecount: Run) -> None:
    """`report` shows by default the report that `reconcile` has just kept."""
    here.ecs.run("t1")
    kept = fargatecount("reconcile", "--yes", "--json").json
    assert fargatecount("report", "--json").json == kept


def test_refused_launches_are_in_the_report(here: Deployed, fargatecount: Run) -> None:
    """A table with AWS's words and a line that says how many."""
    remember(DynamoRefusals(here.ledger.items), [refusal(i, here.clock.now() - MINUTE, reason="RESOURCE:FARGATE") for i in range(2)])
    out = fargatecount("reconcile", "--yes").out
    assert "RESOURCE:FARGATE" in out
    assert "Launches refused in the last hour: 2." in out


def test_a_misspelt_cluster_changes_nothing_and_keeps_no_report(here: Deployed, fargatecount: Run) -> None:
    """Code 2 with the name that was meant."""
    here.deliver(here.ecs.run("t1"))
    answer = fargatecount("reconcile", "--yes", "--cluster", "wbe")
    assert (answer.code, answer.out) == (2, "")
    assert "no cluster matches 'wbe'; did you mean web?" in answer.err
    assert list(here.reports.ids(SCOPE)) == []


def test_a_cluster_that_only_aws_knows_can_be_named(here: Deployed, fargatecount: Run) -> None:
    """A cluster that appeared a moment ago is not in the ledger yet."""
    here.ecs.run("t1")
    assert fargatecount("reconcile", "--yes", "--cluster", "web").code == 0
