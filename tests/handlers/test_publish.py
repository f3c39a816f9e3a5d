"""The function behind the schedule and the table's stream."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from fargatecount.adapters.dynamodb_leases import DynamoLeases
from fargatecount.adapters.dynamodb_quotas import DynamoQuotas
from fargatecount.clusters import RECONCILER, Readability
from fargatecount.errors import Denied, Unavailable
from fargatecount.leases import PUBLISH
from fargatecount.quotas import Origin, Quota
from fargatecount.workload import Capacity, Kind
from handlers import publish
from tests.builders import MINUTE, SCOPE, WEB, seen
from tests.cloudwatch_server import CloudWatch
from tests.deployed import Deployed
from tests.handlers.conftest import Context

TICK = {"source": "aws.events", "detail-type": "Scheduled Event"}
CHANGE = {"Records": [{"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": "COUNTER"}}}}]}


class Written(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def written() -> Iterator[list[logging.LogRecord]]:
    """Return what the function logs; some library that other tests call switches off every logger that it did not make."""
    handler, logger = Written(), logging.getLogger("publish")
    logger.disabled = False
    logger.addHandler(handler)
    yield handler.records
    logger.removeHandler(handler)


def one_task_under_a_quota(here: Deployed, vcpu: float = 1.0) -> None:
    """Let a listed cluster hold a task of a quarter vCPU, under quotas of so many."""
    now = here.clock.now()
    here.deliver(seen(observed_at=now))
    here.ledger.note(WEB, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    here.ledger.discovered(SCOPE, Kind.ECS, now)
    here.ledger.passed(SCOPE, now)
    quotas = [Quota(capacity=each, value=vcpu, source=Origin.APPLIED, read_at=now) for each in Capacity]
    DynamoQuotas(here.ledger.items).keep(SCOPE, quotas)


def test_unarmed_cloudwatch_is_never_called(
    here: Deployed, context: Context, denying: CloudWatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default a tick and a change put nothing, which a CloudWatch that denies everything would have made an error of."""
    one_task_under_a_quota(here)
    assert publish.handler(TICK, context)["points"] > 0
    publish.handler(CHANGE, context)
    assert denying.requests == []
    assert '"_aws"' not in capsys.readouterr().out


def test_unarmed_the_log_says_what_would_have_been_put(here: Deployed, context: Context, written: list[logging.LogRecord]) -> None:
    """Every point with its name, dimensions and value."""
    one_task_under_a_quota(here)
    publish.handler(TICK, context)
    (shown,) = (record.__dict__["metrics"] for record in written if "metrics" in record.__dict__)
    assert {"metric": "fargate-count", "cluster": "ECS-web", "value": 1} in shown
    assert {"metric": "fargate-vcpu-utilization", "capacity": "on-demand", "value": 25.0} in shown


def test_armed_the_metrics_are_put(armed: Deployed, context: Context, listening: CloudWatch) -> None:
    """All of them in one call, to the namespace of the settings."""
    one_task_under_a_quota(armed)
    answer = publish.handler(TICK, context)
    (request,) = listening.requests
    assert request["Namespace"] == "Fargate Stats"
    assert listening.metrics["fargate-count-total"] == 1
    assert listening.metrics["fargate-vcpu-utilization"] == 25
    assert answer == {"armed": True, "looks": 1, "puts": 1, "points": len(request["MetricData"])}


@pytest.mark.usefixtures("armed")
def test_the_dead_letters_are_told(context: Context, listening: CloudWatch) -> None:
    """The length of the queue is a metric."""
    publish.handler(TICK, context)
    assert listening.metrics["fargate-dead-letters"] == 0


@pytest.mark.usefixtures("armed")
def test_armed_and_denied_is_an_error(context: Context, denying: CloudWatch) -> None:
    """A publisher that may not publish fails, so that Lambda's own metrics show it."""
    with pytest.raises(Denied, match="putting"):
        publish.handler(TICK, context)
    assert denying.requests


def test_a_change_that_could_not_be_looked_at_comes_again(armed: Deployed, context: Context, listening: CloudWatch) -> None:
    """With the lease in other hands the batch fails, and the stream brings it again."""
    now = armed.clock.now()
    DynamoLeases(armed.ledger.items).acquire(SCOPE, PUBLISH, "somebody else", now=now, until=now + MINUTE)
    context.remaining = publish.RESERVE + 200
    with pytest.raises(Unavailable, match="another look"):
        publish.handler(CHANGE, context)
    assert listening.requests == []


def test_a_tick_that_could_not_look_leaves_it_to_the_next(armed: Deployed, context: Context, listening: CloudWatch) -> None:
    """It is no error: somebody else is at it."""
    now = armed.clock.now()
    DynamoLeases(armed.ledger.items).acquire(SCOPE, PUBLISH, "somebody else", now=now, until=now + MINUTE)
    context.remaining = publish.RESERVE + 200
    assert publish.handler(TICK, context)["puts"] == 0
    assert listening.requests == []


@pytest.mark.usefixtures("armed")
def test_prefix_and_namespace_are_settings(context: Context, listening: CloudWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names begin as asked for, in the namespace asked for."""
    monkeypatch.setenv("FARGATECOUNT_METRIC_PREFIX", "acme")
    monkeypatch.setenv("FARGATECOUNT_NAMESPACE", "Acme/Fargate")
    publish.handler(TICK, context)
    assert {request["Namespace"] for request in listening.requests} == {"Acme/Fargate"}
    assert all(name.startswith("acme-") for name in listening.metrics)
