"""The reconciler's function, invoked by its schedule."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from fargatecount.errors import MisconfiguredError
from fargatecount.workload import Kind, Phase
from handlers import reconcile
from tests.handlers.conftest import Context
from tests.support.builders import MINUTE, SCOPE, WEB
from tests.support.deployed import Deployed
from tests.support.metric_lines import metrics

TICK: dict[str, Any] = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def test_the_first_tick_counts_what_was_there_before(here: Deployed, context: Context) -> None:
    """A fresh deployment lists tasks that started before it, and keeps a report of that."""
    here.ecs.run("t1")
    here.ecs.run("t2")
    answer = reconcile.handler(TICK, context)
    assert here.living() == {"t1": Phase.RUNNING, "t2": Phase.RUNNING}
    assert (answer["ran"], answer["complete"]) == (True, True)
    assert list(here.reports.ids(SCOPE)) == [answer["id"]]


def test_the_account_is_the_functions_own(here: Deployed, context: Context) -> None:
    """The scope is taken from the function's ARN, without a call."""
    here.ecs.create(WEB)
    reconcile.handler(TICK, context)
    assert list(here.ledger.scopes()) == [SCOPE]


def test_a_tick_with_nothing_due_says_so(here: Deployed, context: Context) -> None:
    """Right after a look there is nothing to do, and no report of it."""
    here.ecs.create(WEB)
    reconcile.handler(TICK, context)
    assert reconcile.handler(TICK, context) == {"ran": False, "why": "nothing is due"}
    assert len(here.reports.ids(SCOPE)) == 1


def test_the_first_eks_cluster_is_looked_for_every_minute(here: Deployed, context: Context) -> None:
    """Where none is known that costs one call, and leaves no report."""
    here.ecs.create(WEB)
    reconcile.handler(TICK, context)
    here.ledger.discovered(SCOPE, Kind.EKS, here.clock.now() - MINUTE)
    answer = reconcile.handler(TICK, context)
    assert (answer["calls"], answer["report"]) == ({"ListClusters (EKS)": 1}, None)
    assert len(here.reports.ids(SCOPE)) == 1


def test_an_order_makes_everything_due(here: Deployed, context: Context) -> None:
    """Invoked by hand, the function does not wait for the periods."""
    here.ecs.create(WEB)
    reconcile.handler(TICK, context)
    here.ecs.run("t1")
    assert reconcile.handler({"now": True}, context)["clusters_looked_into"] == 1
    assert here.living() == {"t1": Phase.RUNNING}


def test_a_tick_beside_another_run_leaves_it_the_work(here: Deployed, context: Context) -> None:
    """While another run holds the lease, the function succeeds and changes nothing."""
    here.ecs.run("t1")
    here.someone_reconciles()
    answer = reconcile.handler(TICK, context)
    assert not answer["ran"]
    assert "somebody else" in answer["why"]
    assert here.rows() == {}


def test_unarmed_no_metric_is_written(here: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """By default the log holds no embedded metrics, which would cost money."""
    here.ecs.run("t1")
    reconcile.handler(TICK, context)
    assert metrics(capsys.readouterr().out) == {}


def test_armed_the_drift_is_a_metric(armed: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """Armed, the log says how much had drifted: 0 where nothing had."""
    armed.ecs.create(WEB)
    reconcile.handler(TICK, context)
    assert metrics(capsys.readouterr().out)["fargate-drift"] == 0


def test_a_denied_cluster_does_not_fail_the_function(here: Deployed, context: Context) -> None:
    """What AWS refuses is in the answer and in the report; the invocation is no error."""
    here.ecs.run("t1")
    here.ecs.deny(WEB)
    answer = reconcile.handler(TICK, context)
    assert (answer["complete"], answer["unreadable_clusters"]) == (False, 1)


def test_a_report_that_cannot_be_kept_fails_the_function_at_its_end(here: Deployed, context: Context) -> None:
    """The ledger is repaired first; then the error counts in Lambda's error metric."""
    here.ecs.run("t1")
    boto3.client("s3", SCOPE.region).delete_bucket(Bucket=here.outputs["ReportsBucket"])
    with pytest.raises(MisconfiguredError, match=here.outputs["ReportsBucket"]):
        reconcile.handler(TICK, context)
    assert here.living() == {"t1": Phase.RUNNING}


def test_armed_the_services_without_headroom_are_a_metric(armed: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a quota of so many vCPU, a service whose next deployment needs more than is left; published once, not by every run."""
    armed.ecs.run("t1", group="service:vast", cpu="4096", memory="8192")
    armed.ecs.serve("vast", desiredCount=2000, runningCount=1)
    armed.ecs.serve("new", desiredCount=0, runningCount=0)
    reconcile.handler(TICK, context)
    assert metrics(capsys.readouterr().out)["fargate-services-without-headroom"] == 1
    reconcile.handler({"now": True}, context)
    assert "fargate-services-without-headroom" not in metrics(capsys.readouterr().out)
