"""The function behind the schedule and the table's stream."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.breaches.breach import Breaches
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.ledger.leases import PUBLISH
from handlers import publish
from handlers._runtime import RESERVE
from tests.handlers.conftest import Context
from tests.support.builders import MINUTE, SCOPE
from tests.support.cloudwatch_server import CloudWatch, cloudwatch
from tests.support.deployed import Deployed
from tests.support.invocations import CHANGE, TICK, one_task_under_a_quota


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


@pytest.fixture
def hurried(context: Context) -> Context:
    """Return the context of an invocation that has no time to stay, as it otherwise does above the warning level."""
    context.remaining = RESERVE + 200
    return context


def test_unarmed_cloudwatch_is_never_called(
    here: Deployed, hurried: Context, denying: CloudWatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default a tick and a change above all thresholds put no metric and no event, which one who denies all would make an error of."""
    one_task_under_a_quota(here, vcpu=0.25)
    assert publish.handler(TICK, hurried)["points"] > 0
    publish.handler(CHANGE, hurried)
    assert denying.requests == []
    assert '"_aws"' not in capsys.readouterr().out


def test_unarmed_the_log_says_what_would_have_been_put(here: Deployed, context: Context, written: list[logging.LogRecord]) -> None:
    """Every point with its name, dimensions and value."""
    one_task_under_a_quota(here)
    publish.handler(TICK, context)
    (shown,) = (record.__dict__["metrics"] for record in written if "metrics" in record.__dict__)
    assert {"metric": "fargate-count", "cluster": "ECS-web", "value": 1} in shown
    assert {"metric": "fargate-vcpu-utilization", "capacity": "on-demand", "value": 25.0} in shown


def test_unarmed_the_log_says_what_was_crossed(here: Deployed, hurried: Context, written: list[logging.LogRecord]) -> None:
    """Each crossing once, with all that an event has; nothing is remembered for the day on which the deployment is armed."""
    one_task_under_a_quota(here, vcpu=0.25)
    publish.handler(TICK, hurried)
    publish.handler(CHANGE, hurried)
    events = [record.__dict__ for record in written if "detail" in record.__dict__]
    assert [(each["event"], each["detail"]["level"]) for each in events] == [
        ("Fargate Limit Crossed", level) for level in ("warning", "critical")
    ]
    assert DynamoBreaches(here.ledger.items).breaches(SCOPE) == Breaches()


def test_armed_a_crossed_quota_is_put_on_the_default_bus(
    armed: Deployed, hurried: Context, listening: CloudWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the name of fargatecount; a second look at the same breach puts no second event."""
    one_task_under_a_quota(armed, vcpu=0.3)
    with cloudwatch() as (bus, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", url)
        assert publish.handler(TICK, hurried)["events"] == 1
        assert publish.handler(CHANGE, hurried)["events"] == 0
    (entry,) = (entry for request in bus.requests for entry in request["Entries"])
    assert (entry["Source"], entry["DetailType"], "EventBusName" in entry) == ("fargatecount", "Fargate Limit Crossed", False)
    assert json.loads(entry["Detail"])["percent"] == pytest.approx(83.33, abs=0.01)
    assert listening.requests


def test_armed_and_denied_the_bus_is_an_error_after_the_metrics(
    armed: Deployed, hurried: Context, denying: CloudWatch, listening: CloudWatch
) -> None:
    """Alarms get their points; the function then fails, so that Lambda's own metrics show it."""
    one_task_under_a_quota(armed, vcpu=0.3)
    with pytest.raises(DeniedError, match="putting 1 limit events"):
        publish.handler(TICK, hurried)
    assert listening.metrics["fargate-vcpu-utilization"] == pytest.approx(83.33, abs=0.01)
    assert len(denying.requests) >= 1


def test_armed_the_metrics_are_put(armed: Deployed, context: Context, listening: CloudWatch) -> None:
    """All of them in one call, to the namespace of the settings."""
    one_task_under_a_quota(armed)
    answer = publish.handler(TICK, context)
    (request,) = listening.requests
    assert request["Namespace"] == "Fargate Stats"
    assert listening.metrics["fargate-count-total"] == 1
    assert listening.metrics["fargate-vcpu-utilization"] == 25
    assert answer == {"armed": True, "looks": 1, "puts": 1, "points": len(request["MetricData"]), "events": 0}


@pytest.mark.usefixtures("armed")
def test_the_dead_letters_are_told(context: Context, listening: CloudWatch) -> None:
    """The length of the queue is a metric."""
    publish.handler(TICK, context)
    assert listening.metrics["fargate-dead-letters"] == 0


@pytest.mark.usefixtures("armed")
def test_armed_and_denied_is_an_error(context: Context, denying: CloudWatch) -> None:
    """A publisher that may not publish fails, so that Lambda's own metrics show it."""
    with pytest.raises(DeniedError, match="putting"):
        publish.handler(TICK, context)
    assert denying.requests


def test_a_change_that_could_not_be_looked_at_comes_again(armed: Deployed, context: Context, listening: CloudWatch) -> None:
    """With the lease in other hands the batch fails, and the stream brings it again."""
    now = armed.clock.now()
    DynamoLeases(armed.ledger.items).acquire(SCOPE, PUBLISH, "another publisher", now=now, until=now + MINUTE)
    context.remaining = RESERVE + 200
    with pytest.raises(UnavailableError, match="another publisher held the lease"):
        publish.handler(CHANGE, context)
    assert listening.requests == []


def test_a_tick_that_could_not_look_leaves_it_to_the_next(armed: Deployed, context: Context, listening: CloudWatch) -> None:
    """It is no error: another publisher holds the lease."""
    now = armed.clock.now()
    DynamoLeases(armed.ledger.items).acquire(SCOPE, PUBLISH, "another publisher", now=now, until=now + MINUTE)
    context.remaining = RESERVE + 200
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
