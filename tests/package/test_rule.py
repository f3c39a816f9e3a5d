"""Which events the rule lets through, and how hard it tries to deliver them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from fargatecount.workload import Phase
from tests.package.artefact import ROOT, Artefact
from tests.package.template import logical_id
from tests.support.service_events import action, deployment, impaired

EVENTS = sorted((ROOT / "tests" / "events").glob("*.json"))
RUNNING = ROOT / "tests" / "events" / "2023-service-running.json"


def rule(artefact: Artefact) -> dict[str, Any]:
    """The rule for task events; the others go by the clock, or are for the chat."""
    return artefact.template.of_type("AWS::Events::Rule")["TaskEvents"]


def lets_through(artefact: Artefact, event: dict[str, Any]) -> bool:
    pattern = rule(artefact)["EventPattern"]
    return bool(EventPattern.load(json.dumps(pattern)).matches_event(event))


def event(**detail: Any) -> dict[str, Any]:
    """A real event with some of its detail changed; None takes a field away."""
    real = json.loads(RUNNING.read_text())
    changed = {**real["detail"], **detail}
    return {**real, "detail": {name: value for name, value in changed.items() if value is not None}}


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: file.stem)
def test_real_events_pass(prod: Artefact, file: Path) -> None:
    """Every published event of a Fargate task passes the rule."""
    assert lets_through(prod, json.loads(file.read_text()))


@pytest.mark.parametrize(
    "detail",
    [
        {"launchType": "FARGATE", "capacityProviderName": None},
        {"launchType": "FARGATE", "capacityProviderName": "FARGATE"},
        {"launchType": "FARGATE", "capacityProviderName": "FARGATE_SPOT"},
        {"launchType": None, "capacityProviderName": "FARGATE_SPOT"},
        {"launchType": "SOMETHING_NEW", "capacityProviderName": "FARGATE"},
        {"lastStatus": "SOME_NEW_STATUS"},
    ],
    ids=str,
)
def test_whatever_says_fargate_passes(prod: Artefact, detail: dict[str, Any]) -> None:
    """Launch type or capacity provider is enough, and no status is filtered out."""
    assert lets_through(prod, event(**detail))


@pytest.mark.parametrize(
    "detail",
    [
        {"launchType": "EC2", "capacityProviderName": None},
        {"launchType": "EC2", "capacityProviderName": "my-auto-scaling-group"},
        {"launchType": "EXTERNAL", "capacityProviderName": None},
        {"launchType": "MANAGED_INSTANCES", "capacityProviderName": "my-managed-instances"},
        {"launchType": None, "capacityProviderName": None},
    ],
    ids=str,
)
def test_what_holds_no_fargate_capacity_does_not_pass(prod: Artefact, detail: dict[str, Any]) -> None:
    """Tasks on instances, managed or not, never reach the queue."""
    assert not lets_through(prod, event(**detail))


@pytest.mark.parametrize("other", [{"detail-type": "ECS Container Instance State Change"}, {"source": "my.app"}], ids=str)
def test_only_task_events_of_ecs_pass(prod: Artefact, other: dict[str, str]) -> None:
    """Other events of ECS and task events of other senders never reach the queue."""
    assert not lets_through(prod, {**event(), **other})


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        (action(), True),
        (impaired(), True),
        (deployment(), True),
        (action(eventName="SERVICE_STEADY_STATE"), False),
        (deployment(eventName="SERVICE_DEPLOYMENT_COMPLETED"), False),
    ],
    ids=["placement", "impaired", "deployment failed", "steady", "deployed"],
)
def test_of_services_only_what_failed_passes(prod: Artefact, body: str, passes: bool) -> None:
    """A task that could not be placed, tasks that do not start, a deployment that failed; nothing that went well."""
    assert lets_through(prod, json.loads(body)) is passes


def test_every_stage_has_the_same_rule(prod: Artefact, local: Artefact) -> None:
    """What is shown on the embedded AWS is the rule that AWS gets."""
    assert rule(prod) == rule(local)


def test_an_undelivered_event_is_tried_for_a_day_and_then_kept(artefact: Artefact) -> None:
    """The target has the longest retry that EventBridge offers, and the dead letters after it."""
    (target,) = rule(artefact)["Targets"]
    assert logical_id(target["Arn"]) == "TaskQueue"
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert logical_id(target["DeadLetterConfig"]["Arn"]) == "DeadLetters"


def test_reconciler_and_publisher_tick_every_minute(artefact: Artefact) -> None:
    """Each rule that goes by the clock has one target: two functions look every minute, and the history is maintained daily."""
    clocks = [one for one in artefact.template.of_type("AWS::Events::Rule").values() if "ScheduleExpression" in one]
    assert {clock["State"] for clock in clocks} == {"ENABLED"}
    woken = {
        artefact.template.resources[logical_id(target["Arn"])]["Properties"]["Handler"]: clock["ScheduleExpression"]
        for clock in clocks
        for target in clock["Targets"]
    }
    assert woken == {
        "handlers.publish.handler": "rate(1 minute)",
        "handlers.reconcile.handler": "rate(1 minute)",
        "handlers.archive.handler": "cron(20 0 * * ? *)",
    }


def test_a_tick_that_failed_is_not_repeated(artefact: Artefact) -> None:
    """The next minute does what this one could not; only the maintenance, which comes once a day, is tried again."""
    retries = artefact.template.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert {logical_id(each["FunctionName"]): each["MaximumRetryAttempts"] for each in retries} == {
        "ReconcileLambdaFunction": 0,
        "PublishLambdaFunction": 0,
        "ArchiveLambdaFunction": 2,
    }


def test_the_archive_gets_every_end_for_as_long_as_the_stream_keeps_it(artefact: Artefact) -> None:
    """From the beginning of the stream, without a limit of age or attempts; a batch that fails is halved, and nothing but ends wakes it."""
    (stream,) = (one for one in streams(artefact) if logical_id(one["FunctionName"]) == "ArchiveLambdaFunction")
    (pattern,) = stream["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"NewImage": {"phase": {"S": [str(Phase.GONE)]}}}}
    assert (stream["StartingPosition"], stream["BisectBatchOnFunctionError"]) == ("TRIM_HORIZON", True)
    assert {"MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "DestinationConfig"}.isdisjoint(stream)


def test_two_functions_read_the_stream(artefact: Artefact) -> None:
    """DynamoDB serves two readers of a shard: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html."""
    assert len(streams(artefact)) == 2


def streams(artefact: Artefact) -> list[dict[str, Any]]:
    """Return the mappings of the table's stream."""
    every = artefact.template.of_type("AWS::Lambda::EventSourceMapping").values()
    return [one for one in every if logical_id(one["EventSourceArn"]) == "Table"]


def test_only_counters_wake_the_publisher(artefact: Artefact) -> None:
    """Of the table's stream it gets changes of counters, bounded in age and tries, and what fails is said in a queue."""
    (stream,) = (one for one in streams(artefact) if logical_id(one["FunctionName"]) == "PublishLambdaFunction")
    (pattern,) = stream["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": ["COUNTER"]}}}}
    assert (stream["MaximumRetryAttempts"], stream["MaximumRecordAgeInSeconds"], stream["BisectBatchOnFunctionError"]) == (3, 120, True)
    assert logical_id(stream["DestinationConfig"]["OnFailure"]["Destination"]) == "PublishFailures"
