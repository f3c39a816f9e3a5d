"""`fargatecount prices`, with AWS's Price List behind HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer
from tests.support.deployed import Deployed
from tests.support.http_server import Reply, Request, answering
from tests.support.offers import product

Run = Callable[..., Answer]
JSON = "application/x-amz-json-1.1"
PRODUCTS = [product("EU-Fargate-ARM-vCPU-Hours:perCPU", "0.5"), product("EU-Fargate-ARM-GB-Hours", "0.05")]
LINUX = [product("EU-Fargate-vCPU-Hours:perCPU", "0.7"), product("EU-Fargate-GB-Hours", "0.07")]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the refreshed prices."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "fargatecount" / "prices.json"


@pytest.fixture
def stack(here: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A deployment that is found by its stack."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    here.create_stack()
    return here


def test_refreshed_prices_are_used_from_then_on(stack: Deployed, cache: Path, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS is asked for the Region, page by page; what it says is kept, shown, and multiplied."""
    stack.deliver(stack.ecs.run("t1", cpu="1024", memory="2048"))
    asked: list[dict[str, Any]] = []

    def answer(request: Request) -> Reply:
        asked.append(json.loads(request.body))
        more = {"NextToken": "2"} if "NextToken" not in asked[-1] else {}
        return Reply(json.dumps({"PriceList": PRODUCTS if more else LINUX, "FormatVersion": "aws_v1", **more}), JSON)

    with answering(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", url)
        shown = fargatecount("prices", "refresh")
    assert (shown.code, len(asked)) == (0, 2)
    assert asked[0]["Filters"] == [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"}]
    assert f"Kept in {cache}." in shown.out
    assert '{"eu-west-1":{"linux-x86":{"vcpu":0.7' in shown.out
    found = fargatecount("prices", "show", "--json").json
    assert {each["platform"]: (each["vcpu"], each["source"]) for each in found["platforms"]}["linux-arm"] == (0.5, "2026-10-01")
    status = fargatecount("status", "--json").json
    assert status["scopes"][0]["total"]["cost_per_hour"] == pytest.approx(0.84)
    assert "eu-west-1 as of 2026-10-01" in status["prices"]
    count = fargatecount("count", "--json").json
    assert "eu-west-1 as of 2026-10-01" in count["prices"]
    assert count["scopes"][0]["total"]["cost_per_hour"] == pytest.approx(0.84)


def test_a_refusal_keeps_the_prices_and_says_what_to_do(
    stack: Deployed, cache: Path, fargatecount: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the permission, the built-in list stays."""
    refusal = {"__type": "AccessDeniedException", "message": "User is not authorized to perform: pricing:GetProducts"}
    with answering(lambda _: Reply(json.dumps(refusal), JSON, 400)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", url)
        answer = fargatecount("prices", "refresh")
    assert (answer.code, cache.exists()) == (3, False)
    assert "pricing:GetProducts" in answer.err
    assert stack.rows() == {}


def test_an_estimate_is_marked(stack: Deployed, cache: Path, fargatecount: Run) -> None:
    """A Region without listed ARM prices shows them with a tilde, and how to get AWS's own; a broken cache is as none."""
    cache.parent.mkdir()
    cache.write_text("{")
    shown = fargatecount("prices", "show", "--region", "eu-central-1", columns=120)
    assert shown.code == 0
    assert "~0.0" in shown.out
    assert "fargatecount prices refresh" in shown.out
    assert "without a discount and prices of your own: there is no stack" in shown.err
    assert stack.rows() == {}
