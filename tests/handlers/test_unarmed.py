"""Unarmed, as every deployment is by default: nothing is put to CloudWatch, by no function and by no way."""

from __future__ import annotations

import pytest

from fargatecount.settings.deployment import Settings
from handlers import publish, reconcile, task_changed
from tests.handlers.conftest import Context
from tests.support.cloudwatch_server import CloudWatch
from tests.support.deployed import Deployed
from tests.support.invocations import CHANGE, TICK, at_present, batch, body, one_task_under_a_quota
from tests.support.service_events import action


def test_no_function_puts_a_metric(here: Deployed, context: Context, denying: CloudWatch, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them run, with something to publish, before a CloudWatch that denies every put; and none is in the log either.

    The reconciler asks CloudWatch for what AWS itself counts, which costs nothing: that is all that is asked.
    """
    assert not Settings.from_env(here.environment).ingest.armed
    one_task_under_a_quota(here)
    here.ecs.run("t2")
    task_changed.handler(batch(body(here), at_present(action())), context)
    assert reconcile.handler({"now": True}, context)["ran"]
    assert publish.handler(TICK, context)["points"] > 0
    publish.handler(CHANGE, context)
    assert [request for request in denying.requests if "MetricData" in request] == []
    assert '"_aws"' not in capsys.readouterr().out


def test_the_same_armed_is_denied(armed: Deployed, context: Context, denying: CloudWatch) -> None:
    """So the test above would see a put, if there were one."""
    one_task_under_a_quota(armed)
    with pytest.raises(Exception, match="putting"):
        publish.handler(TICK, context)
    assert [request for request in denying.requests if "MetricData" in request]
