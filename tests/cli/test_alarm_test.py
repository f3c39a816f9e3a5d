"""`fargatecount alarm-test`: what it says before anything is set off; the trial itself is tried on the embedded AWS."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.cli.conftest import Answer
from tests.support.builders import SCOPE
from tests.support.deployed import STACK, Deployed

Run = Callable[..., Answer]
NAME = f"{STACK}-critical-on-demand"


def cloudwatch() -> Any:
    return boto3.client("cloudwatch", SCOPE.region)


def put_alarm(topic: str, name: str = NAME, **changes: Any) -> None:
    values: dict[str, Any] = {
        "AlarmName": name,
        "AlarmActions": [topic],
        "Namespace": "Fargate Stats",
        "MetricName": "fargate-vcpu-utilization",
        "Statistic": "Maximum",
        "Period": 10,
        "EvaluationPeriods": 1,
        "Threshold": 95.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    cloudwatch().put_metric_alarm(**values | changes)
    cloudwatch().set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a quiet day")


@pytest.fixture(scope="module")
def topic(shared: Deployed) -> str:
    """Return a topic that the alarm of an armed stack notifies, with one mail subscriber; that of the Spot alarm has none."""
    sns = boto3.client("sns", SCOPE.region)
    arn = str(sns.create_topic(Name="paging")["TopicArn"])
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="pager@example.com")
    put_alarm(arn)
    put_alarm(sns.create_topic(Name="lonely")["TopicArn"], f"{STACK}-critical-spot")
    shared.create_stack(PagingTopicArn=arn)
    return arn


def state(name: str = NAME) -> str:
    (alarm,) = cloudwatch().describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


@pytest.mark.usefixtures("topic")
def test_a_dry_run_sets_nothing_off(fargatecount: Run) -> None:
    """It says which alarm, and who hears it."""
    answer = fargatecount("alarm-test", "--dry-run")
    assert answer.code == 0, answer.err
    assert NAME in answer.out
    assert "paging has a subscriber" in answer.out
    assert "(dry run)" in answer.out
    assert state() == "OK"


@pytest.mark.usefixtures("topic")
def test_programs_get_json(fargatecount: Run) -> None:
    """Each step with its verdict."""
    answer = fargatecount("alarm-test", "--dry-run", "--json")
    assert answer.json == {
        "schema": "fargatecount/alarm-test",
        "version": 1,
        "alarm": NAME,
        "dry_run": True,
        "passed": True,
        "steps": [{"step": "paging has a subscriber", "passed": True, "detail": "1 confirmed"}],
    }


@pytest.mark.usefixtures("topic")
def test_spreadsheets_get_csv(fargatecount: Run) -> None:
    """One row for each step."""
    rows = list(csv.DictReader(io.StringIO(fargatecount("alarm-test", "--dry-run", "-o", "csv").out)))
    assert [(row["step"], row["passed"]) for row in rows] == [("paging has a subscriber", "true")]


@pytest.mark.usefixtures("topic")
def test_whoever_says_no_sets_nothing_off(fargatecount: Run) -> None:
    """At a terminal it asks, and says who would hear it."""
    answer = fargatecount("alarm-test", typed="n\n")
    assert answer.code == 130
    assert "paging (1 confirmed)" in answer.err
    assert state() == "OK"


@pytest.mark.usefixtures("topic")
def test_a_topic_that_nobody_hears_is_a_no(fargatecount: Run) -> None:
    """Exit code 1, before anybody needs it at night."""
    answer = fargatecount("alarm-test", "--dry-run", "--capacity", "spot")
    assert answer.code == 1
    assert "0 confirmed" in answer.out


def test_a_breach_is_no_test(fargatecount: Run, topic: str) -> None:
    """An alarm that is already in ALARM would notify no subscriber; the command says so and sets nothing."""
    name = f"{STACK}-warning-on-demand"
    put_alarm(topic, name)
    cloudwatch().set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="the quota is full")
    answer = fargatecount("alarm-test", "--level", "warning", "--yes")
    assert answer.code == 2
    assert f"alarm {name} is in ALARM" in answer.err
    assert state(name) == "ALARM"


@pytest.mark.usefixtures("topic")
def test_an_alarm_that_is_not_there_is_named(fargatecount: Run) -> None:
    """With what makes it."""
    answer = fargatecount("alarm-test", "--level", "warning", "--capacity", "spot", "--yes")
    assert answer.code == 2
    assert f"there is no alarm {STACK}-warning-spot" in answer.err
    assert "armed=true" in answer.err


def test_an_unarmed_deployment_has_no_alarms(shared: Deployed, fargatecount: Run) -> None:
    """It says how to arm it, with the stage that was asked for, or that the stack says."""
    shared.create_stack("fargatecount-bare")
    answer = fargatecount("alarm-test", "--stage", "bare", "--yes")
    assert answer.code == 2
    assert "stack fargatecount-bare is not armed" in answer.err
    assert "fargatecount deploy --stage bare --set armed=true" in answer.err
    shared.create_stack("acme-fargate-bare", Stage="bare")
    answer = fargatecount("alarm-test", "--stack", "acme-fargate-bare", "--yes")
    assert "stack acme-fargate-bare is not armed" in answer.err
    assert "--stage bare" in answer.err


def test_a_stack_of_another_prefix_is_named(shared: Deployed, topic: str, fargatecount: Run) -> None:
    """Its alarms bear its name, whatever that is."""
    shared.create_stack("acme-fargate-prod", PagingTopicArn=topic, Stage="prod")
    put_alarm(topic, "acme-fargate-prod-critical-on-demand")
    answer = fargatecount("alarm-test", "--dry-run", "--stack", "acme-fargate-prod", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["alarm"] == "acme-fargate-prod-critical-on-demand"


@pytest.mark.usefixtures("topic")
def test_a_deployment_that_is_not_there_is_named(fargatecount: Run) -> None:
    """With what is there instead."""
    answer = fargatecount("alarm-test", "--stack", "no-such-stack", "--yes")
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no stack no-such-stack in {SCOPE.region} of account {SCOPE.account}" in answer.err
    assert STACK in answer.err
