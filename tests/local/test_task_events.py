"""The events that tasks raise: what ECS would send, in its shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.controls import Controls
from tests.local.account import Account
from tests.support.deadline import eventually

REAL_EVENTS = sorted((Path(__file__).parents[1] / "events").glob("*.json"))

# ECS sends these only for tasks that have a load balancer, a health check, ECS Exec or Windows, and an image that was really pulled.
NOT_FOR_EVERY_TASK = {"healthStatus", "platformFamily", "inferenceAccelerators", "capacityProviderName", "startedBy", "ephemeralStorage"}


def test_a_started_and_stopped_task_tells_its_whole_life_in_order(account: Account) -> None:
    """RunTask raises four events, StopTask four more, with versions 1 to 8."""
    ear = account.listen()
    [arn] = account.run()
    account.await_status("RUNNING", arn)
    account.stop(arn)
    ear.await_events(8)
    assert ear.story() == [
        (1, "PROVISIONING", "RUNNING"),
        (2, "PENDING", "RUNNING"),
        (3, "ACTIVATING", "RUNNING"),
        (4, "RUNNING", "RUNNING"),
        (5, "DEACTIVATING", "STOPPED"),
        (6, "STOPPING", "STOPPED"),
        (7, "DEPROVISIONING", "STOPPED"),
        (8, "STOPPED", "STOPPED"),
    ]


def test_an_event_has_the_envelope_of_eventbridge(account: Account) -> None:
    """The envelope names the source, the task and where it is."""
    ear = account.listen()
    [arn] = account.run()
    event = ear.await_events(1)[0]
    assert event["source"] == "aws.ecs"
    assert event["detail-type"] == "ECS Task State Change"
    assert event["resources"] == [arn]
    assert (event["account"], event["region"], event["version"]) == ("000000000000", "eu-west-1", "0")


@pytest.mark.parametrize("path", REAL_EVENTS, ids=lambda path: path.stem)
def test_an_event_has_every_field_that_a_real_one_has(account: Account, path: Path) -> None:
    """Nothing that ECS put into this real event is missing from the emulated one."""
    ear = account.listen()
    [arn] = account.run()
    account.await_status("RUNNING", arn)
    account.stop(arn)
    ours = next(event for event in ear.await_status("STOPPED") if event["detail"]["lastStatus"] == "STOPPED")
    assert set(json.loads(path.read_text())["detail"]) - NOT_FOR_EVERY_TASK <= set(ours["detail"])


def test_the_instants_of_an_event_are_text(account: Account) -> None:
    """Events carry timestamps as ISO text with milliseconds, where the API has numbers."""
    ear = account.listen()
    account.run()
    running = ear.await_status("RUNNING")[-1]["detail"]
    assert all(running[name].endswith("Z") and "." in running[name] for name in ("createdAt", "startedAt", "updatedAt"))


def test_an_event_calls_its_network_interface_eni(account: Account) -> None:
    """The attachment that the API calls ElasticNetworkInterface is an eni in events."""
    ear = account.listen()
    account.run()
    assert [one["type"] for one in ear.await_events(1)[0]["detail"]["attachments"]] == ["eni"]


def test_tags_are_never_in_an_event(account: Account) -> None:
    """ECS leaves the tags of a task out of its events."""
    ear = account.listen()
    account.run(tags=[{"key": "team", "value": "web"}])
    assert "tags" not in ear.await_events(1)[0]["detail"]


def test_a_task_of_launch_type_fargate_names_no_capacity_provider(account: Account) -> None:
    """Only a strategy puts a capacity provider into the event."""
    ear = account.listen()
    account.run()
    assert "capacityProviderName" not in ear.await_events(1)[0]["detail"]


def test_a_spot_task_says_fargate_and_names_its_provider(account: Account) -> None:
    """A Spot task has launch type FARGATE and capacity provider FARGATE_SPOT."""
    ear = account.listen()
    account.run(capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    detail = ear.await_events(1)[0]["detail"]
    assert (detail["launchType"], detail["capacityProviderName"]) == ("FARGATE", "FARGATE_SPOT")


def test_the_event_tells_the_architecture(account: Account) -> None:
    """The CPU architecture of the task definition is an attribute of the task."""
    account.define(account.name, runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"})
    ear = account.listen()
    account.run()
    assert ear.await_events(1)[0]["detail"]["attributes"] == [{"name": "ecs.cpu-architecture", "value": "arm64"}]


def test_the_sizes_in_an_override_win(account: Account) -> None:
    """A task started with other sizes than its definition's says so, in CPU units and MiB."""
    ear = account.listen()
    account.run(overrides={"cpu": "1 vCPU", "memory": "3GB"})
    detail = ear.await_events(1)[0]["detail"]
    assert (detail["cpu"], detail["memory"]) == ("1024", "3072")


def test_a_stopped_task_tells_why(account: Account) -> None:
    """The reason given to StopTask is in the event."""
    ear = account.listen()
    [arn] = account.run()
    account.ecs.stop_task(cluster=account.name, task=arn, reason="tired")
    detail = ear.await_status("STOPPED")[-1]["detail"]
    assert (detail["stopCode"], detail["stoppedReason"]) == ("UserInitiated", "tired")


def test_an_interrupted_spot_task_is_told_while_it_runs(account: Account, controls: Controls) -> None:
    """A Spot interruption is first a notice: desired status STOPPED, last status still RUNNING."""
    ear = account.listen()
    [arn] = account.run(capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    account.await_status("RUNNING", arn)
    controls.interrupt(arn)
    notice = eventually(lambda: [e["detail"] for e in ear.heard() if e["detail"]["version"] == 5], "version 5")[0]
    assert (notice["lastStatus"], notice["desiredStatus"], notice["stopCode"]) == ("RUNNING", "STOPPED", "SpotInterruption")


def test_an_interrupted_spot_task_stops(account: Account, controls: Controls) -> None:
    """After the notice the task goes the way of all stopped tasks."""
    [arn] = account.run(capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    account.await_status("RUNNING", arn)
    controls.interrupt(arn)
    assert account.await_status("STOPPED", arn)[0]["stopCode"] == "SpotInterruption"


def test_a_task_stays_where_it_is_held(account: Account, controls: Controls) -> None:
    """A task does not leave a status that is held."""
    controls.set(hold_tasks_at=["PENDING"])
    [arn] = account.run()
    account.await_status("PENDING", arn)
    account.await_status("RUNNING", _released(account, controls, arn))


def _released(account: Account, controls: Controls, arn: str) -> str:
    [other] = account.run()
    account.await_status("PENDING", arn, other)
    controls.reset()
    return arn


def test_events_are_dropped_as_often_as_asked(account: Account, controls: Controls) -> None:
    """What EventBridge never heard of and what it heard of are together what happened."""
    controls.set(drop_task_events=0.5, seed=7)
    ear = account.listen()
    arns = account.run(count=10)
    account.await_status("RUNNING", *arns)
    dropped = [(event["taskArn"], event["version"]) for event in controls.dropped()]
    assert 0 < len(dropped) < 40
    heard = [(event["detail"]["taskArn"], event["detail"]["version"]) for event in ear.await_events(40 - len(dropped))]
    assert sorted(heard + dropped) == sorted((arn, version) for arn in arns for version in (1, 2, 3, 4))


def test_events_are_delivered_twice_as_often_as_asked(account: Account, controls: Controls) -> None:
    """With every event duplicated, each version arrives twice."""
    controls.set(duplicate_task_events=1)
    ear = account.listen()
    account.run()
    assert [event["detail"]["version"] for event in ear.await_events(8)] == [1, 1, 2, 2, 3, 3, 4, 4]


def test_anybody_may_put_events_of_ecs(account: Account) -> None:
    """PutEvents takes the source aws.ecs, which AWS keeps for itself."""
    ear = account.listen()
    entry: dict[str, Any] = {"Source": "aws.ecs", "DetailType": "ECS Task State Change", "Detail": json.dumps({"clusterArn": account.arn})}
    assert account.stack.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    assert len(ear.await_events(1)) == 1
