"""Which events tell of a refused launch, and which do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fargatecount.refusals import Refusal, counted, is_service_action, refusal_in
from fargatecount.workload import Capacity

EVENTS = Path(__file__).resolve().parents[1] / "events"
QUOTA = "You've reached the limit on the number of vCPUs you can run concurrently"
CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


def action(**detail: Any) -> str:
    """The event of the ECS Developer Guide, with some of its detail changed."""
    event = {
        "version": "0",
        "id": "ddca6449-b258-46c0-8653-e0e3a6d0468b",
        "detail-type": "ECS Service Action",
        "source": "aws.ecs",
        "account": "111122223333",
        "time": "2019-11-19T19:55:38Z",
        "region": "us-west-2",
        "resources": ["arn:aws:ecs:us-west-2:111122223333:service/default/servicetest"],
        "detail": {
            "eventType": "ERROR",
            "eventName": "SERVICE_TASK_PLACEMENT_FAILURE",
            "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/default",
            "capacityProviderArns": ["arn:aws:ecs:us-west-2:111122223333:capacity-provider/FARGATE"],
            "reason": "RESOURCE:FARGATE",
            "createdAt": "2019-11-06T19:09:33.087Z",
        }
        | detail,
    }
    return json.dumps(event)


def stopped(**detail: Any) -> str:
    """A task that stopped without having started."""
    event = {
        "detail-type": "ECS Task State Change",
        "time": "2026-01-01T00:00:00Z",
        "detail": {
            "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/web",
            "taskArn": "arn:aws:ecs:us-west-2:111122223333:task/web/1",
            "lastStatus": "STOPPED",
            "stopCode": "TaskFailedToStart",
            "stoppedReason": QUOTA,
            "launchType": "FARGATE",
            "group": "service:shop",
            "version": 3,
        }
        | detail,
    }
    return json.dumps(event)


def test_a_service_that_could_not_place_a_task() -> None:
    """The event of the developer guide is a refusal, with AWS's reason as it is."""
    assert refusal_in(action()) == Refusal("default", "service:servicetest", Capacity.ON_DEMAND, "RESOURCE:FARGATE")


def test_a_service_on_spot() -> None:
    """The capacity is that of the provider."""
    body = action(capacityProviderArns=["arn:aws:ecs:us-west-2:111122223333:capacity-provider/FARGATE_SPOT"])
    assert refusal_in(body).capacity is Capacity.SPOT  # type: ignore[union-attr]


def test_a_service_without_capacity_providers_is_known_by_the_reason() -> None:
    """With launch type FARGATE the event names no provider."""
    assert refusal_in(action(capacityProviderArns=[])) is not None


@pytest.mark.parametrize(
    "detail",
    [
        {"eventName": "SERVICE_STEADY_STATE", "reason": ""},
        {"eventName": "SERVICE_TASK_START_IMPAIRED", "reason": "TASKS_FAILED_TO_START"},
        {"capacityProviderArns": ["arn:aws:ecs:us-west-2:111122223333:capacity-provider/asg"], "reason": "RESOURCE:CPU"},
    ],
    ids=lambda detail: detail.get("eventName", "on instances"),
)
def test_other_words_about_services_are_none(detail: dict[str, Any]) -> None:
    """Steady, impaired for reasons of its own, or on instances: AWS refused nothing of Fargate."""
    assert refusal_in(action(**detail)) is None


@pytest.mark.parametrize("reason", [QUOTA, CAPACITY, "Service quota exceeded"])
def test_a_task_that_never_started_for_want(reason: str) -> None:
    """Quota and capacity are told apart by the reason alone, which is kept."""
    assert refusal_in(stopped(stoppedReason=reason)) == Refusal("web", "service:shop", Capacity.ON_DEMAND, reason)


@pytest.mark.parametrize(
    "detail",
    [
        {"stoppedReason": "CannotPullContainerError: image not found"},
        {"stoppedReason": "Scaling activity initiated by deployment"},
        {"startedAt": "2026-01-01T00:00:00Z"},
        {"lastStatus": "DEPROVISIONING"},
        {"launchType": "EC2"},
    ],
    ids=str,
)
def test_other_stops_are_none(detail: dict[str, Any]) -> None:
    """One that had run, that was stopped for another reason, that goes on stopping, or that was not on Fargate."""
    assert refusal_in(stopped(**detail)) is None


@pytest.mark.parametrize("file", sorted(EVENTS.glob("*.json")), ids=lambda file: file.stem)
def test_real_events_of_ordinary_tasks_are_none(file: Path) -> None:
    """No published event of a Fargate task is taken for a refusal."""
    assert refusal_in(file.read_text()) is None


@pytest.mark.parametrize("body", ["", "no JSON", '"STOPPED"', '{"detail-type": "ECS Service Action", "detail": []}', "[]"])
def test_what_cannot_be_read_is_none(body: str) -> None:
    """It is for others to complain of."""
    assert refusal_in(body) is None


def test_an_event_about_a_service_is_told_by_its_type() -> None:
    """It can be counted as no task."""
    assert is_service_action(action())
    assert not is_service_action(stopped())


def test_refusals_are_counted_by_capacity() -> None:
    """Only capacities that have any are named."""
    refusal = Refusal("web", "", Capacity.SPOT, QUOTA)
    assert counted([refusal, refusal]) == {Capacity.SPOT: 2}
    assert counted([]) == {}
