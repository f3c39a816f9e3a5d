"""Refused launches at the function behind the task queue."""

from __future__ import annotations

import json

import boto3
import pytest

from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.refusals.recent import recent
from fargatecount.timestamps import to_iso
from handlers import task_changed
from tests.handlers.conftest import Context
from tests.handlers.test_reconcile import metrics
from tests.support.builders import SCOPE
from tests.support.deployed import Deployed
from tests.unit.ecs.test_refusals import OREGON, QUOTA, action, deployment, impaired, stopped


def now_(body: str) -> str:
    """Return an event of just now: what is older than an hour is not told."""
    return json.dumps({**json.loads(body), "time": to_iso(SystemClock().now())})


def batch(*bodies: str) -> dict[str, object]:
    return {"Records": [{"messageId": str(i), "body": body} for i, body in enumerate(bodies)]}


def test_refusals_are_a_metric(armed: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """A service's and a task's are counted together, and nothing comes again."""
    answer = task_changed.handler(batch(action(), stopped()), context)
    assert metrics(capsys.readouterr().out)["fargate-launches-refused"] == 2
    assert answer == {"batchItemFailures": []}
    assert armed.dead_letters() == []


def test_refusals_are_remembered_once(here: Deployed, context: Context) -> None:
    """What is delivered twice is one; each has its service, its reason and its time, in the scope of its cluster."""
    bodies = [now_(action()), now_(stopped())]
    for _ in range(2):
        task_changed.handler(batch(*bodies), context)
    found = recent(DynamoRefusals(here.ledger.items), OREGON, here.clock.now())
    assert {(one.cluster, one.group, one.reason, one.count) for one in found} == {
        ("ECS-default", "service:servicetest", "RESOURCE:FARGATE", 1),
        ("ECS-web", "service:shop", QUOTA, 1),
    }


def test_what_cannot_be_remembered_comes_again(
    here: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table takes nothing now: the refusal is told by metric and log at once, and its message is not done."""
    monkeypatch.setenv("FARGATECOUNT_ARMED", "true")
    boto3.client("dynamodb", SCOPE.region).delete_table(TableName=here.outputs["TableName"])
    answer = task_changed.handler(batch(action()), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert metrics(capsys.readouterr().out)["fargate-launches-refused"] == 1


@pytest.mark.usefixtures("armed")
def test_a_service_that_fails_for_another_reason_is_no_refusal(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """It is remembered, and wakes nobody."""
    answer = task_changed.handler(batch(impaired(), deployment()), context)
    assert answer == {"batchItemFailures": []}
    assert "fargate-launches-refused" not in metrics(capsys.readouterr().out)


@pytest.mark.usefixtures("armed")
def test_an_ordinary_batch_has_no_such_metric(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """No refusal, no point: the series costs nothing until there is one."""
    task_changed.handler(batch(stopped(stoppedReason="Scaling activity initiated by deployment")), context)
    assert "fargate-launches-refused" not in metrics(capsys.readouterr().out)


def test_an_event_about_a_service_is_no_dead_letter(here: Deployed, context: Context) -> None:
    """It is understood, and speaks of no task that could be counted."""
    assert task_changed.handler(batch(action(eventName="SERVICE_STEADY_STATE")), context) == {"batchItemFailures": []}
    assert here.dead_letters() == []
