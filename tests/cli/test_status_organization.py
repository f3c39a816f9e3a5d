"""`fargatecount status --organization`: the table, JSON, CSV and warnings, of the hub's own table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.scopes import DynamoScopes
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.cli.root import run
from fargatecount.organization.accounts import AccountList, OrganizationAccount
from fargatecount.organization.report import encode
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, SCOPE
from tests.support.deployed import STAGE, Deployed, deployed
from tests.support.reports import report
from tests.support.tables import create_table

ONE, TWO = Scope("111111111111", "eu-west-1"), Scope("222222222222", "us-east-1")
ORGANIZATION = ["status", "--organization", "--stage", STAGE]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Return an account with a hub, to which one scope reports and one has stopped reporting; a third account never has."""
    with deployed(monkeypatch) as found:
        table = create_table(boto3.client("dynamodb", SCOPE.region))
        found.create_stack(f"fargatecount-hub-{STAGE}", HubTableName=table, WarningPercent="80", CriticalPercent="95")
        store, now = DynamoScopes(Items(table, SCOPE.region)), SystemClock().now()
        for scope, tasks, at in ((ONE, 85, now), (TWO, 10, now - 10 * MINUTE)):
            store.offer(scope, at, encode(report(tasks, scope=scope, at=at)))
        accounts = [
            OrganizationAccount(id=ONE.account, name="shop\x1b[31m"),
            OrganizationAccount(id=TWO.account, name="=data"),
            OrganizationAccount(id="3" * 12, name="lab"),
        ]
        store.keep_accounts(AccountList(as_of=now, accounts=accounts))
        yield found


def test_the_table_has_scopes_totals_and_what_is_not_known(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest to its quota first; silence and the missing account are warnings; hostile names are harmless."""
    assert run(ORGANIZATION) == 0
    out, err = capsys.readouterr()
    assert out.index(ONE.account) < out.index(TWO.account)
    assert "~95" in out
    assert "silent" in out
    assert "\x1b[31m" not in out
    assert "222222222222 us-east-1 (since " in err
    assert "333333333333 (lab) does not report and is not in the totals" in err
    assert here.outputs


def test_one_scope_is_shown_in_full(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """Its clusters and quotas, as `status` shows them in its own account."""
    assert run([*ORGANIZATION, "--account", ONE.account, "--region", "eu-west-1", "--hub-region", SCOPE.region]) == 0
    out = capsys.readouterr().out
    assert "ECS-web" in out
    assert "on-demand L-3032A538" in out
    assert "refused" not in out  # of which a report says nothing
    assert here.outputs


def test_json_and_csv_have_every_scope(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """And `--strict` makes what is not known a no."""
    assert run([*ORGANIZATION, "--json", "--strict"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["complete"], len(answer["scopes"])) == ("fargatecount/organization", False, 2)
    assert run([*ORGANIZATION, "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["account"], row["held"], row["silent"]) for row in rows] == [(ONE.account, "85", "false"), (TWO.account, "10", "true")]
    assert not rows[1]["account_name"].startswith("=")
    assert here.outputs


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--account", "111"], "no account is '111'"),
        (["--cluster", "web"], "--cluster and --organization exclude each other"),
        (["-w", "--json"], "-w shows a table"),
    ],
)
def test_wrong_use_is_named(here: Deployed, capsys: pytest.CaptureFixture[str], words: list[str], text: str) -> None:
    """With exit code 2."""
    assert run([*ORGANIZATION, *words]) == 2
    assert text in capsys.readouterr().err
    assert here.outputs


def test_without_a_hub_the_remedy_is_named(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """Another stage has none; a member's stack is no hub."""
    here.create_stack()
    assert run(["status", "--organization", "--stage", "nowhere"]) == 2
    assert "deploy one with `make hub`" in capsys.readouterr().err
    assert run([*ORGANIZATION, "--stack", f"fargatecount-{STAGE}"]) == 2
    assert "is not a hub" in capsys.readouterr().err


def test_the_options_of_an_organization_need_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --organization they would be ignored."""
    assert run(["status", "--account", "111111111111"]) == 2
    assert "go with --organization" in capsys.readouterr().err


RETIRE = ["organization", "retire", "--stage", STAGE, "--account", TWO.account, "--from-region", TWO.region]


def test_a_removed_member_is_retired_once(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run changes nothing; after the retirement the scope is in no total, and cannot be retired again."""
    assert run([*RETIRE, "--dry-run"]) == 0
    assert "Would retire 222222222222 us-east-1" in capsys.readouterr().out
    assert run([*ORGANIZATION, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["scopes"]) == 2
    assert run([*RETIRE, "--yes"]) == 0
    capsys.readouterr()
    assert run([*ORGANIZATION, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert ([scope["account"] for scope in answer["scopes"]], answer["total"]["held"]["value"]) == ([ONE.account], 85)
    assert run([*RETIRE, "--yes"]) == 2
    assert "the hub knows no scope 222222222222 us-east-1 that counts" in capsys.readouterr().err
    assert here.outputs


def test_an_organization_of_one_scope_is_a_table_of_scopes(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """Only a selection leads into a scope."""
    assert run([*RETIRE, "--yes"]) == 0
    capsys.readouterr()
    assert run(ORGANIZATION) == 0
    out = capsys.readouterr().out
    assert "Organization" in out
    assert "ECS-web" not in out
    assert here.outputs


REPORT = ["report", "--organization", "--stage", STAGE]


def test_the_page_of_the_organization_is_one_file(here: Deployed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With every scope in it, and what is doubtful on stderr."""
    file = tmp_path / "organization.html"
    assert run([*REPORT, "--html", str(file)]) == 0
    text = file.read_text()
    assert text.startswith("<!doctype html>")
    assert f'"account":"{ONE.account}"' in text
    assert "222222222222 us-east-1 (since " in capsys.readouterr().err
    assert here.outputs


def test_the_drift_of_members_that_report_none_is_not_known(here: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """In the table, in JSON, where it is null, and in CSV, where it is empty."""
    assert run(REPORT) == 0
    out, err = capsys.readouterr()
    assert "Drift that reconciles repaired in the last 24 hours" in out
    assert "the drift of 2 scopes is not known" in err
    assert run([*REPORT, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["complete"], answer["scopes"][0]["drifted"]) == ("fargatecount/organization-report", False, None)
    assert run([*REPORT, "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["drifted"] for row in rows} == {""}
    assert run([*REPORT, "--since", "1d"]) == 2
    assert "leave out the report and --since" in capsys.readouterr().err
    assert here.outputs
