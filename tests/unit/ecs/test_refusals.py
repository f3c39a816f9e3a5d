"""Which events tell of a refused launch, and which do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fargatecount.ecs.refusals import is_about_a_service, refusal_in
from fargatecount.refusals.refusal import Refusal, RefusalKind, counted
from fargatecount.workload import Capacity, Cluster, Kind
from tests.support.builders import NOW
from tests.support.service_events import CAPACITY, OREGON, QUOTA, action, deployment, impaired, stopped

EVENTS = Path(__file__).resolve().parents[2] / "events"


def found(body: str) -> Refusal:
    """Return the refusal that must be there."""
    refusal = refusal_in(body, NOW)
    assert refusal is not None
    return refusal


def test_a_service_that_could_not_place_a_task() -> None:
    """The event of the developer guide is a refusal, with AWS's reason as it is and the time of the event."""
    assert found(action()) == Refusal(
        id="ddca6449-b258-46c0-8653-e0e3a6d0468b",
        at=1_574_193_338_000,
        cluster=Cluster(OREGON, Kind.ECS, "default"),
        group="service:servicetest",
        capacity=Capacity.ON_DEMAND,
        kind=RefusalKind.PLACEMENT,
        reason="RESOURCE:FARGATE",
        is_shortage=True,
    )


def test_a_service_on_spot() -> None:
    """The capacity is that of the provider."""
    body = action(capacityProviderArns=["arn:aws:ecs:us-west-2:111122223333:capacity-provider/FARGATE_SPOT"])
    assert found(body).capacity is Capacity.SPOT


@pytest.mark.parametrize("providers", [[], None], ids=["none", "null"])
@pytest.mark.parametrize("reason", ["RESOURCE:FARGATE", QUOTA])
def test_a_service_without_capacity_providers_is_known_by_the_reason(providers: list[str] | None, reason: str) -> None:
    """With launch type FARGATE the event names no provider."""
    assert found(action(capacityProviderArns=providers, reason=reason)).is_shortage


def test_a_service_that_cannot_start_its_tasks_is_known_and_not_counted() -> None:
    """AWS does not say why, and an image that does not start is no want: its event's name stands for a reason."""
    refusal = found(impaired())
    assert (refusal.kind, refusal.reason, refusal.is_shortage) == (RefusalKind.IMPAIRED, "SERVICE_TASK_START_IMPAIRED", False)
    assert counted([refusal]) == {}


def test_a_deployment_that_failed_is_known_by_its_service() -> None:
    """Its event names the cluster only in the ARN of the service."""
    refusal = found(deployment())
    assert (refusal.cluster.key, refusal.group, refusal.kind) == ("ECS-default", "service:servicetest", RefusalKind.DEPLOYMENT)
    assert (refusal.reason, refusal.is_shortage) == ("ECS deployment circuit breaker: task failed to start.", False)


@pytest.mark.parametrize(
    "body", [impaired(reason=QUOTA), deployment(reason=f"tasks failed to start: {CAPACITY}")], ids=["start", "deployment"]
)
def test_either_counts_where_aws_names_the_want(body: str) -> None:
    """Capacity or quota in AWS's own words make it a refusal."""
    assert found(body).is_shortage


@pytest.mark.parametrize(
    "body",
    [
        action(eventName="SERVICE_STEADY_STATE", reason=""),
        action(capacityProviderArns=["arn:aws:ecs:us-west-2:111122223333:capacity-provider/asg"], reason="RESOURCE:CPU"),
        action(capacityProviderArns=[], reason="RESOURCE:MEMORY"),
        impaired(capacityProviderArns=["arn:aws:ecs:us-west-2:111122223333:capacity-provider/asg"]),
        deployment(eventName="SERVICE_DEPLOYMENT_COMPLETED"),
        impaired(clusterArn="no ARN"),
    ],
    ids=["steady", "placed on instances", "by a reason of instances", "impaired on instances", "deployed", "in no cluster"],
)
def test_other_words_about_services_are_none(body: str) -> None:
    """Steady, on instances, or of no cluster: AWS refused nothing of Fargate."""
    assert refusal_in(body, NOW) is None


@pytest.mark.parametrize("reason", [QUOTA, CAPACITY, "Service quota exceeded"])
def test_a_task_that_never_started_for_want(reason: str) -> None:
    """Quota and capacity are told apart by the reason alone, which is kept; one task is one refusal, however many events tell of it."""
    refusal = found(stopped(stoppedReason=reason))
    assert (refusal.cluster.key, refusal.group, refusal.capacity, refusal.reason) == ("ECS-web", "service:shop", Capacity.ON_DEMAND, reason)
    assert (refusal.id, refusal.kind, refusal.is_shortage) == ("arn:aws:ecs:us-west-2:111122223333:task/web/1", RefusalKind.STOPPED, True)


def test_an_event_without_a_time_is_of_now() -> None:
    """Some moment it must have."""
    event = json.loads(action())
    del event["time"]
    assert found(json.dumps(event)).at == NOW


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
    assert refusal_in(stopped(**detail), NOW) is None


@pytest.mark.parametrize("file", sorted(EVENTS.glob("*.json")), ids=lambda file: file.stem)
def test_real_events_of_ordinary_tasks_are_none(file: Path) -> None:
    """No published event of a Fargate task is taken for a refusal."""
    assert refusal_in(file.read_text(), NOW) is None


@pytest.mark.parametrize("body", ["", "no JSON", '"STOPPED"', '{"detail-type": "ECS Service Action", "detail": []}', "[]"])
def test_what_cannot_be_read_is_none(body: str) -> None:
    """It is for others to complain of."""
    assert refusal_in(body, NOW) is None


@pytest.mark.parametrize(("body", "about"), [(action(), True), (impaired(), True), (deployment(), True), (stopped(), False)])
def test_an_event_about_a_service_is_told_by_its_type(body: str, about: bool) -> None:
    """It can be counted as no task."""
    assert is_about_a_service(body) is about


def test_refusals_are_counted_by_capacity() -> None:
    """Only capacities that have any are named."""
    refusal = msgspec.structs.replace(found(action()), capacity=Capacity.SPOT)
    assert counted([refusal, refusal]) == {Capacity.SPOT: 2}
    assert counted([]) == {}
