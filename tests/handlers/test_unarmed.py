"""Unarmed, as every deployment is by default: nothing is put to CloudWatch, by no function and by no way."""

from __future__ import annotations

import pytest

from fargatecount.settings.deployment import Settings
from handlers import publish, reconcile, task_changed
from tests.handlers.conftest import Context
from tests.handlers.test_publish import CHANGE, TICK, one_task_under_a_quota
from tests.handlers.test_refused import batch, now_
from tests.handlers.test_task_changed import body
from tests.support.cloudwatch_server import CloudWatch
from tests.support.deployed import Deployed
from tests.unit.ecs.test_refusals import action


def test_no_function_puts_a_metric(here: Deployed, context: Context, denying: CloudWatch, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them run, with something to tell, before a CloudWatch that denies every put; and none is in the log either.

    The reconciler asks CloudWatch for what AWS itself counts, which costs nothing: that is all that is asked.
    """
    assert not Settings.from_env(here.environment).armed
    one_task_under_a_quota(here)
    here.ecs.run("t2")
    task_changed.handler(batch(body(here), now_(action())), context)
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
