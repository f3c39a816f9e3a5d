"""Refused launches at the function behind the task queue."""

from __future__ import annotations

import pytest

from handlers import task_changed
from tests.deployed import Deployed
from tests.handlers.conftest import Context
from tests.handlers.test_reconcile import metrics
from tests.unit.test_refusals import action, stopped


def batch(*bodies: str) -> dict[str, object]:
    return {"Records": [{"messageId": str(i), "body": body} for i, body in enumerate(bodies)]}


def test_refusals_are_a_metric(armed: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """A service's and a task's are counted together, and nothing comes again."""
    answer = task_changed.handler(batch(action(), stopped()), context)
    assert metrics(capsys.readouterr().out)["fargate-launches-refused"] == 2
    assert answer == {"batchItemFailures": []}
    assert armed.dead_letters() == []


@pytest.mark.usefixtures("armed")
def test_an_ordinary_batch_has_no_such_metric(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """No refusal, no point: the series costs nothing until there is one."""
    task_changed.handler(batch(stopped(stoppedReason="Scaling activity initiated by deployment")), context)
    assert "fargate-launches-refused" not in metrics(capsys.readouterr().out)


def test_an_event_about_a_service_is_no_dead_letter(here: Deployed, context: Context) -> None:
    """It is understood, and speaks of no task that could be counted."""
    assert task_changed.handler(batch(action(eventName="SERVICE_STEADY_STATE")), context) == {"batchItemFailures": []}
    assert here.dead_letters() == []
