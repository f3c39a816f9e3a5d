"""Refusals in ECS events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from fargatecount.ecs.event import ServiceReported, TaskSeen, decode_event
from fargatecount.refusals.refusal import Refusal, RefusalKind, counted
from fargatecount.workload import Capacity, Cluster, Kind
from tests.support.builders import NOW
from tests.support.service_events import CAPACITY, OREGON, QUOTA, action, deployment, impaired, stopped

EVENTS = Path(__file__).resolve().parents[2] / "events"
PROVIDER = "arn:aws:ecs:us-west-2:111122223333:capacity-provider/"


def refusal_in(body: str) -> Refusal | None:
    """Return the refusal that an event reports."""
    event = decode_event(body, NOW)
    assert isinstance(event, TaskSeen | ServiceReported)
    return event.refusal


def found(body: str) -> Refusal:
    """Return the refusal that an event must report."""
    refusal = refusal_in(body)
    assert refusal is not None
    return refusal


def test_a_service_that_could_not_place_a_task() -> None:
    """The event of the developer guide is a refusal with AWS's reason unchanged and the time of the event."""
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


@pytest.mark.parametrize(
    ("providers", "reason", "capacity"),
    [
        (["FARGATE_SPOT"], "RESOURCE:FARGATE", Capacity.SPOT),
        (["FARGATE"], "RESOURCE:FARGATE", Capacity.ON_DEMAND),
        (["FARGATE", "FARGATE_SPOT"], "RESOURCE:FARGATE", Capacity.ON_DEMAND),
        (["FARGATE", "FARGATE_SPOT"], "You've reached the limit on the number of spot tasks you can run concurrently", Capacity.SPOT),
        ([], "You've reached the limit on the number of spot tasks you can run concurrently", Capacity.SPOT),
        (["FARGATE_SPOT", "mine"], CAPACITY, Capacity.SPOT),
    ],
)
def test_the_capacity_of_a_service(providers: list[str], reason: str, capacity: Capacity) -> None:
    """AWS's text decides, then the providers."""
    assert found(action(capacityProviderArns=[PROVIDER + each for each in providers], reason=reason)).capacity is capacity


@pytest.mark.parametrize("providers", [[], None], ids=["none", "null"])
@pytest.mark.parametrize("reason", ["RESOURCE:FARGATE", QUOTA, "The requested CPU configuration is above your limit."])
def test_a_service_without_capacity_providers_is_known_by_the_reason(providers: list[str] | None, reason: str) -> None:
    """With launch type FARGATE the event names no provider."""
    assert found(action(capacityProviderArns=providers, reason=reason)).is_shortage


@pytest.mark.parametrize("reason", ["Internal error.", "a text that AWS adds tomorrow"])
def test_a_placement_that_fails_for_another_reason_is_no_shortage(reason: str) -> None:
    """On Fargate's providers an unknown reason is recorded and not counted."""
    assert not found(action(reason=reason)).is_shortage


def test_a_service_that_cannot_start_its_tasks_is_recorded_and_not_counted() -> None:
    """AWS gives no reason, so the event's name stands for one."""
    refusal = found(impaired())
    assert (refusal.kind, refusal.reason, refusal.is_shortage) == (RefusalKind.IMPAIRED, "SERVICE_TASK_START_IMPAIRED", False)
    assert counted([refusal]) == {}


def test_a_failed_deployment_is_known_by_its_service() -> None:
    """Its event names the cluster only in the ARN of the service."""
    refusal = found(deployment())
    assert (refusal.cluster.key, refusal.group, refusal.kind) == ("ECS-default", "service:servicetest", RefusalKind.DEPLOYMENT)
    assert (refusal.reason, refusal.is_shortage) == ("ECS deployment circuit breaker: task failed to start.", False)


@pytest.mark.parametrize(
    "body", [impaired(reason=QUOTA), deployment(reason=f"tasks failed to start: {CAPACITY}")], ids=["start", "deployment"]
)
def test_either_is_a_shortage_where_aws_says_so(body: str) -> None:
    """Capacity or quota in AWS's own text make it a shortage."""
    assert found(body).is_shortage


@pytest.mark.parametrize(
    "body",
    [
        action(eventName="SERVICE_STEADY_STATE", reason=""),
        action(capacityProviderArns=[PROVIDER + "asg"], reason="RESOURCE:CPU"),
        action(capacityProviderArns=[], reason="RESOURCE:MEMORY"),
        action(capacityProviderArns=[], reason="a text that AWS adds tomorrow"),
        impaired(capacityProviderArns=[PROVIDER + "asg"]),
        deployment(eventName="SERVICE_DEPLOYMENT_COMPLETED"),
        impaired(clusterArn="no ARN"),
    ],
    ids=[
        "steady",
        "placed on instances",
        "by a reason of instances",
        "by an unknown reason",
        "impaired on instances",
        "deployed",
        "no cluster",
    ],
)
def test_other_events_about_services_are_none(body: str) -> None:
    """A healthy service, one on instances and one of no cluster report no refusal of Fargate."""
    assert refusal_in(body) is None


@pytest.mark.parametrize(
    ("reason", "is_shortage"),
    [
        (QUOTA, True),
        (CAPACITY, True),
        ("CannotPullContainerError: image not found", False),
        ("ResourceInitializationError: unable to pull secrets or registry auth", False),
        ("a text that AWS adds tomorrow", False),
    ],
)
def test_a_task_that_never_started(reason: str, is_shortage: bool) -> None:
    """Every failed launch is recorded with AWS's reason; a task is one refusal, however many events report it."""
    refusal = found(stopped(stoppedReason=reason))
    assert (refusal.cluster.key, refusal.group, refusal.capacity, refusal.reason) == ("ECS-web", "service:shop", Capacity.ON_DEMAND, reason)
    assert (refusal.id, refusal.kind) == ("arn:aws:ecs:us-west-2:111122223333:task/web/1", RefusalKind.STOPPED)
    assert refusal.is_shortage is is_shortage


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"stoppedReason": None}, "TaskFailedToStart"), ({"stopCode": None, "stoppedReason": CAPACITY}, CAPACITY)],
    ids=["no reason", "no code"],
)
def test_a_failed_launch_is_known_by_its_code_or_its_reason(changes: dict[str, Any], reason: str) -> None:
    """Either is enough: old events have no stop code, and some have no reason."""
    assert found(stopped(**changes)).reason == reason


@pytest.mark.parametrize(
    "detail",
    [
        {"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Scaling activity initiated by deployment"},
        {"stopCode": "UserInitiated", "stoppedReason": "Task stopped by user"},
        {"stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted."},
        {"startedAt": "2026-01-01T00:00:00Z"},
        {"lastStatus": "DEPROVISIONING"},
    ],
    ids=str,
)
def test_other_stops_are_none(detail: dict[str, Any]) -> None:
    """A task that had run, that was stopped on purpose, or that is still stopping is no failed launch."""
    assert refusal_in(stopped(**detail)) is None


@pytest.mark.parametrize("file", sorted(EVENTS.glob("*.json")), ids=lambda file: file.stem)
def test_real_events_of_ordinary_tasks_are_none(file: Path) -> None:
    """No published event of a Fargate task is taken for a refusal."""
    assert refusal_in(file.read_text()) is None


def test_refusals_are_counted_by_capacity() -> None:
    """A capacity without shortages is left out."""
    refusal = msgspec.structs.replace(found(action()), capacity=Capacity.SPOT)
    assert counted([refusal, refusal]) == {Capacity.SPOT: 2}
    assert counted([]) == {}
