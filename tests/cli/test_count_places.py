"""`fargatecount count`: large accounts and empty ones, several Regions, profiles and roles, and those that cannot be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from fargatecount.workload import Cluster, Kind
from tests.cli.conftest import Answer
from tests.support.builders import SCOPE, WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
FAST = ("--rate", "1000")


def scope_of(answer: Answer) -> dict[str, Any]:
    (scope,) = answer.json["scopes"]
    return dict(scope)


def test_more_clusters_and_tasks_than_a_page(here: Deployed, fargatecount: Run) -> None:
    """Over a hundred of either."""
    for number in range(120):
        here.ecs.run(f"c{number}", Cluster(SCOPE, Kind.ECS, f"c{number:03}"))
    for number in range(130):
        here.ecs.run(f"t{number}", WEB)
    answer = fargatecount("count", "--json", *FAST)
    assert (answer.code, len(scope_of(answer)["clusters"]), scope_of(answer)["total"]["running"]) == (0, 121, 250)


def test_throttling_is_waited_out(here: Deployed, fargatecount: Run) -> None:
    """The first calls are refused, and nothing is missing in the end."""
    here.ecs.run("t1")
    left = [True] * 3
    here.ecs.throttle(lambda _: bool(left and left.pop()))
    answer = fargatecount("count", "--json", *FAST)
    assert (answer.code, answer.json["complete"], scope_of(answer)["total"]["running"]) == (0, True, 1)


def test_an_account_without_clusters(here: Deployed, fargatecount: Run) -> None:
    """Nothing is said in words, and is 0 for programs, because it is certain."""
    assert here.rows() == {}
    assert "no cluster that could hold Fargate workloads" in fargatecount("count").out
    total = scope_of(fargatecount("count", "--json"))["total"]
    assert (total["held"], total["at_least"]) == (0, False)


def test_credentials_that_are_missing(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number, the reason, and how to log in."""
    assert here.rows() == {}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    answer = fargatecount("count", "--json")
    assert (answer.code, answer.out) == (3, "")
    assert "Unable to locate credentials" in answer.err
    assert "aws sso login" in answer.err


def test_no_region(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which Region to count is for the user to say."""
    assert here.rows() == {}
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    answer = fargatecount("count")
    assert (answer.code, answer.out) == (2, "")
    assert "--region" in answer.err


@pytest.fixture
def everywhere(here: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """An account with a cluster in each of two Regions, as moto keeps them."""
    monkeypatch.delenv("AWS_ENDPOINT_URL_ECS")
    for region in ("eu-west-1", "us-east-1"):
        boto3.client("ecs", region).create_cluster(clusterName=f"in-{region}")
    return here


@pytest.mark.usefixtures("everywhere")
def test_regions_and_roles_are_a_cross_product(fargatecount: Run) -> None:
    """Each role in each Region, in the order in which they were named; the same scope only once."""
    roles = [f"arn:aws:iam::{account}:role/reader" for account in ("111122223333", "444455556666")]
    words = [word for role in [*roles, roles[0]] for word in ("--role-arn", role)]
    answer = fargatecount("count", "--json", "--region", "eu-west-1", "--region", "us-east-1", *words)
    assert [(scope["account"], scope["region"]) for scope in answer.json["scopes"]] == [
        ("111122223333", "eu-west-1"),
        ("111122223333", "us-east-1"),
        ("444455556666", "eu-west-1"),
        ("444455556666", "us-east-1"),
    ]
    assert "111122223333 us-east-1 was selected twice" in answer.err


@pytest.mark.usefixtures("everywhere")
def test_all_regions(fargatecount: Run) -> None:
    """Every Region that the account has is looked at, and those with nothing in them take one line together."""
    known = {region["RegionName"] for region in boto3.client("ec2", SCOPE.region).describe_regions()["Regions"]}
    out = fargatecount("count", "--all-regions").out
    assert (out.count("CLUSTER"), "ECS-in-eu-west-1" in out, "ECS-in-us-east-1" in out) == (2, True, True)
    assert f"No clusters in {len(known) - 2} others" in out
    assert f"All {len(known)} accounts and Regions: 0 running, 0 held, 0 vCPU, 0 USD an hour." in out


@pytest.mark.usefixtures("everywhere")
def test_few_regions_without_clusters_are_named(fargatecount: Run) -> None:
    """Who asked for three may see which of them is empty."""
    out = fargatecount("count", *(word for name in ("eu-west-1", "us-east-1", "eu-central-1") for word in ("--region", name))).out
    assert "No clusters in 123456789012 eu-central-1." in out


@pytest.mark.usefixtures("everywhere")
def test_a_profile_that_cannot_be_used_stops_nobody(fargatecount: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The others are counted, the lost one is a scope without a number, and the code is 3."""
    config = tmp_path / "config"
    config.write_text(
        "[profile good]\naws_access_key_id = test\naws_secret_access_key = test\n"
        "[profile lost]\nsso_start_url = https://example.com\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    answer = fargatecount("count", "--json", "--profile", "lost", "--profile", "good")
    assert answer.code == 3
    assert [(scope["account"], scope["complete"], scope["total"]["held"]) for scope in answer.json["scopes"]] == [
        ("123456789012", True, 0),
        (None, False, None),
    ]
    assert '"error":"eu-west-1 could not be reached' in answer.err
