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
    """A service's refusal and a task's are counted together, and no message is delivered again."""
    answer = task_changed.handler(batch(action(), stopped()), context)
    assert metrics(capsys.readouterr().out)["fargate-launches-refused"] == 2
    assert answer == {"batchItemFailures": []}
    assert armed.dead_letters() == []


def test_refusals_are_stored_once(here: Deployed, context: Context) -> None:
    """Two deliveries are one refusal, with its service, reason and time, in the scope of its cluster."""
    bodies = [at_present(action()), at_present(stopped())]
    for _ in range(2):
        task_changed.handler(batch(*bodies), context)
    found = recent(DynamoRefusals(here.ledger.items), OREGON, here.clock.now())
    assert {(one.cluster, one.group, one.reason, one.count) for one in found} == {
        ("ECS-default", "service:servicetest", "RESOURCE:FARGATE", 1),
        ("ECS-web", "service:shop", QUOTA, 1),
    }


def test_a_refusal_that_cannot_be_stored_is_delivered_again(
    here: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the table refuses writes, metric and log have the refusal at once, and its message is delivered again."""
    monkeypatch.setenv("FARGATECOUNT_ARMED", "true")
    boto3.client("dynamodb", SCOPE.region).delete_table(TableName=here.outputs["TableName"])
    answer = task_changed.handler(batch(action()), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert metrics(capsys.readouterr().out)["fargate-launches-refused"] == 1


@pytest.mark.usefixtures("armed")
def test_a_service_that_fails_for_another_reason_is_no_refusal(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure for another reason is stored and is no metric."""
    answer = task_changed.handler(batch(impaired(), deployment()), context)
    assert answer == {"batchItemFailures": []}
    assert "fargate-launches-refused" not in metrics(capsys.readouterr().out)


@pytest.mark.usefixtures("armed")
def test_an_ordinary_batch_has_no_such_metric(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a refusal there is no point, so the series costs nothing until there is one."""
    task_changed.handler(batch(stopped(stoppedReason="Scaling activity initiated by deployment")), context)
    assert "fargate-launches-refused" not in metrics(capsys.readouterr().out)


def test_an_event_about_a_service_is_no_dead_letter(here: Deployed, context: Context) -> None:
    """An event about a service is understood, and has no task to count."""
    assert task_changed.handler(batch(action(eventName="SERVICE_STEADY_STATE")), context) == {"batchItemFailures": []}
    assert here.dead_letters() == []
