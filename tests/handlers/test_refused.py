"""Refused launches at the function behind the task queue."""

from __future__ import annotations

import boto3
import pytest

from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.refusals.recent import recent
from handlers import task_changed
from tests.handlers.conftest import Context
from tests.support.builders import SCOPE
from tests.support.deployed import Deployed
from tests.support.invocations import at_present, batch
from tests.support.metric_lines import metrics
from tests.support.service_events import OREGON, QUOTA, action, deployment, impaired, stopped


def test_refusals_are_a_metric(armed: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """A service's and a task's are counted together, and nothing comes again."""
    answer = task_changed.handler(batch(action(), stopped()), context)
    assert metrics(capsys.readouterr().out)["fargate-launches-refused"] == 2
    assert answer == {"batchItemFailures": []}
    assert armed.dead_letters() == []


def test_refusals_are_remembered_once(here: Deployed, context: Context) -> None:
    """What is delivered twice is one; each has its service, its reason and its time, in the scope of its cluster."""
    bodies = [at_present(action()), at_present(stopped())]
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
