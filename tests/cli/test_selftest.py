"""`fargatecount selftest`."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import msgspec
import pytest

from fargatecount.selftest.outcome import CLAIMS
from tests.cli.conftest import Answer
from tests.support.builders import SCOPE, WEB
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


@pytest.fixture
def account(here: Deployed, fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A deployment that has counted a task and read its cluster, found by its stack."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    monkeypatch.delenv("FARGATECOUNT_REPORTS_BUCKET")
    here.create_stack(Armed="false", ReconcileRoleArn="arn:aws:iam::1:role/r")
    here.ecs.create()
    here.deliver(msgspec.structs.replace(here.ecs.run("t1"), observed_at=here.clock.now()))
    assert fargatecount("reconcile", "--yes", "--json").code == 0
    here.deliver(msgspec.structs.replace(here.ecs.run("t2"), observed_at=here.clock.now()))
    return here


def test_every_check_has_a_verdict(account: Deployed, fargatecount: Run) -> None:
    """What this account has is judged; what it lacks is not known, and nothing is changed."""
    before = account.rows()
    answer = fargatecount("selftest", "--json")
    verdicts = {check["check"]: check["verdict"] for check in answer.json["checks"]}
    assert list(verdicts) == list(CLAIMS)
    judged = ("clock", "no-dead-letters", "event-to-count", "every-cluster-listed", "statistics-agree", "no-throttling", "quotas-readable")
    assert {name: verdicts[name] for name in judged} == dict.fromkeys(judged, "proven")
    assert {verdicts[name] for name in ("function-rights", "events-arrive", "metric-to-alarm")} == {"not known"}
    assert (answer.code, answer.json["refuted"]) == (0, 0)
    assert account.rows() == before


def test_a_wrong_count_is_refuted(account: Deployed, fargatecount: Run) -> None:
    """Dead letters are evidence against the claim that every event can be counted: the code is 1."""
    boto3.client("sqs", SCOPE.region).send_message(QueueUrl=account.outputs["DeadLettersUrl"], MessageBody="{")
    answer = fargatecount("selftest")
    assert answer.code == 1
    assert "| no-dead-letters | **NO** |" in answer.out


def test_the_report_names_nothing_of_the_account(account: Deployed, fargatecount: Run) -> None:
    """Masked, it has no number of the account; cluster and task are never in it."""
    shown = fargatecount("selftest", "--mask").out
    assert account.rows()
    assert [name for name in ("123456789012", WEB.key, "t1 ") if name in shown] == []
