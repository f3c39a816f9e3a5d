"""`fargatecount count --organization`: the accounts of an organization by a role in each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cli.conftest import Answer
from tests.support.builders import SCOPE
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
REGIONS = ("--region", SCOPE.region, "--region", "us-east-1")


@pytest.fixture
def organization(here: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Return the accounts of an organization by name; the caller's own has a cluster, as moto keeps it."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_ECS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    boto3.client("ecs", SCOPE.region).create_cluster(clusterName="own")
    client = boto3.client("organizations", "us-east-1")
    client.create_organization(FeatureSet="ALL")
    made = {
        name: client.create_account(Email=f"{name[0]}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        for name in ("shop", "=lab")
    }
    sts = boto3.client("sts", SCOPE.region)
    for account in made.values():  # so that no thread of the census is the first to make an account in moto
        sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/fargatecount-census", RoleSessionName="first")
    assert here.outputs
    return {"own": SCOPE.account, **made}


def test_every_account_is_counted_by_its_role(organization: dict[str, str], fargatecount: Run, tmp_path: Path) -> None:
    """The caller's own with the caller's rights; the shape is that of `usage`, and a complete census leaves no file behind."""
    answer = fargatecount("count", "--organization", *REGIONS, "--json")
    assert answer.code == 0, answer.err
    assert (answer.json["schema"], answer.json["complete"], answer.json["unread"]) == ("fargatecount/usage", True, [])
    found = {(scope["account"], scope["region"]): [each["name"] for each in scope["clusters"]] for scope in answer.json["scopes"]}
    wanted: dict[Any, list[str]] = {(account, region): [] for account in organization.values() for region in REGIONS[1::2]}
    assert found == wanted | {(SCOPE.account, SCOPE.region): ["own"]}
    assert {scope["account_name"] for scope in answer.json["scopes"]} >= {"shop", "=lab"}
    assert list(tmp_path.rglob("census-*")) == []


def test_one_account_as_a_table_and_as_csv(organization: dict[str, str], fargatecount: Run) -> None:
    """Selected by name; a name that a spreadsheet would take for a formula is text."""
    words = ("count", "--organization", *REGIONS, "--account", "=lab")
    assert "No clusters in 2 of 2 scopes." in fargatecount(*words).out
    rows = list(csv.DictReader(io.StringIO(fargatecount(*words, "-o", "csv").out)))
    assert [(row["account"], row["region"], row["held"]) for row in rows] == [
        (organization["=lab"], region, "0") for region in sorted(REGIONS[1::2])
    ]
    assert {row["account_name"] for row in rows} == {"'=lab"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--organization", "--account", "nobody"), "no account is 'nobody'"),
        (("--organization", "--publish"), "without --cluster and --publish"),
        (("--account", "shop"), "go with --organization"),
    ],
)
@pytest.mark.usefixtures("organization")
def test_wrong_use_is_named(fargatecount: Run, words: tuple[str, ...], text: str) -> None:
    """With exit code 2."""
    answer = fargatecount("count", *words)
    assert (answer.code, text in answer.err) == (2, True)
