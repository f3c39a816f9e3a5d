"""What an ECS task says: in an event, and in an answer of DescribeTasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fargatecount.ecs import task as ecs
from fargatecount.errors import MalformedError
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity, Facts, Observation, Phase, Scope, SourceRank
from tests.support.builders import NOW, WEB

EVENTS = Path(__file__).parents[2] / "events"
TIME = "2026-01-01T00:00:00Z"
TASK = f"{WEB.arn.replace(':cluster/', ':task/')}/t1"
DIGITS = "9" * 400


def detail(**changes: Any) -> dict[str, Any]:
    """Return a running Fargate task of cluster `web`; a change to None leaves the field out."""
    task: dict[str, Any] = {
        "taskArn": TASK,
        "clusterArn": WEB.arn,
        "version": 3,
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "launchType": "FARGATE",
        "cpu": "256",
        "memory": "512",
        "group": "service:web",
        "createdAt": TIME,
    }
    return {name: value for name, value in (task | changes).items() if value is not None}


def event(task: Any = None, **changes: Any) -> str:
    """Return the event that says so."""
    told = {"detail-type": ecs.DETAIL_TYPE, "source": "aws.ecs", "time": TIME, "detail": detail() if task is None else task}
    return json.dumps(told | changes)


def told(**changes: Any) -> Observation:
    """Return what an event about a task with these changes says."""
    seen = ecs.parse_event(event(detail(**changes)))
    assert seen is not None
    return seen


REAL = {
    "2020-spot-pending": (Phase.PENDING, 2, Facts(cpu=512, memory=1024, capacity=Capacity.SPOT, group="service:web")),
    "2022-batch-stopped-two-containers": (
        Phase.GONE,
        5,
        Facts(cpu=512, memory=2048, storage=30, capacity=Capacity.ON_DEMAND, group="family:scan", architecture="x86_64"),
    ),
    "2022-windows-stopped": (
        Phase.GONE,
        6,
        Facts(
            cpu=1024,
            memory=3072,
            storage=20,
            capacity=Capacity.ON_DEMAND,
            group="service:testtest",
            architecture="x86_64",
            os="Windows-Server-2019-Core",
        ),
    ),
    "2023-service-running": (
        Phase.RUNNING,
        3,
        Facts(
            cpu=256,
            memory=512,
            storage=20,
            capacity=Capacity.ON_DEMAND,
            group="service:DemoTrafficGen01-ServiceD69D759B-EfyMIBhdCKVk",
            architecture="x86_64",
        ),
    ),
    "2024-stopped-by-user": (
        Phase.GONE,
        9,
        Facts(cpu=512, memory=1024, storage=20, capacity=Capacity.ON_DEMAND, group="service:Example", architecture="x86_64"),
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_real_events(name: str) -> None:
    """Events as AWS sent them are read to the last fact."""
    body = (EVENTS / f"{name}.json").read_text()
    task = json.loads(body)["detail"]
    phase, version, facts = REAL[name]
    seen = ecs.parse_event(body)
    assert seen is not None
    times = {"created_at": parse_millis(task["createdAt"]), "started_at": parse_millis(task.get("startedAt"))}
    assert (seen.phase, seen.version, seen.facts) == (phase, version, msgspec.structs.replace(facts, **times))
    assert (seen.source, seen.cluster.arn, seen.workload_id) == (SourceRank.EVENT, task["clusterArn"], task["taskArn"].rpartition("/")[2])


def test_every_real_event_is_among_them() -> None:
    """No recorded event goes unread."""
    assert {path.stem for path in EVENTS.glob("*.json")} == set(REAL)


@pytest.mark.parametrize("arn", [TASK, TASK.replace("/web/", "/")])
def test_both_forms_of_a_task_arn_name_the_same_task(arn: str) -> None:
    """Accounts with the old form of ARNs leave the cluster's name out of it."""
    seen = told(taskArn=arn)
    assert (seen.workload_id, seen.cluster) == ("t1", WEB)


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_other_partitions(partition: str) -> None:
    """China and GovCloud have ARNs of their own."""
    seen = told(**{name: arn.replace("arn:aws:", f"arn:{partition}:") for name, arn in (("taskArn", TASK), ("clusterArn", WEB.arn))})
    assert seen.cluster.scope == Scope("123456789012", "eu-west-1")


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("PROVISIONING", Phase.PENDING),
        ("PENDING", Phase.PENDING),
        ("ACTIVATING", Phase.PENDING),
        ("RUNNING", Phase.RUNNING),
        ("DEACTIVATING", Phase.STOPPING),
        ("STOPPING", Phase.STOPPING),
        ("DEPROVISIONING", Phase.STOPPING),
        ("STOPPED", Phase.GONE),
        ("DELETED", Phase.GONE),
    ],
)
def test_phases(status: str, phase: Phase) -> None:
    """What is on its way out holds its capacity until it has stopped."""
    assert told(lastStatus=status).phase is phase


def test_a_spot_task_that_was_warned_runs_on() -> None:
    """Desired to stop is not stopped: the warning comes two minutes before the end."""
    assert told(desiredStatus="STOPPED", capacityProviderName="FARGATE_SPOT").phase is Phase.RUNNING


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, Phase.PENDING),
        ({"startedAt": TIME}, Phase.RUNNING),
        ({"startedAt": TIME, "stoppingAt": TIME}, Phase.STOPPING),
        ({"desiredStatus": "STOPPED"}, Phase.STOPPING),
    ],
)
def test_a_status_that_aws_adds_is_counted_by_its_times(changes: dict[str, str], phase: Phase) -> None:
    """An unknown status holds capacity in some way, and is never an error."""
    assert told(lastStatus="HIBERNATING", **changes).phase is phase


def test_fields_that_aws_adds_are_no_obstacle() -> None:
    """Unknown fields are passed over, whatever they hold."""
    assert told(newField={"deep": [1, None]}, attributes=[{"name": "another", "value": "x", "more": 1}]) == told()


@pytest.mark.parametrize(
    ("changes", "capacity"),
    [
        ({"capacityProviderName": "FARGATE_SPOT"}, Capacity.SPOT),
        ({"capacityProviderName": "FARGATE_SPOT", "launchType": None}, Capacity.SPOT),
        ({"capacityProviderName": "FARGATE"}, Capacity.ON_DEMAND),
        ({"capacityProviderName": "FARGATE", "launchType": None}, Capacity.ON_DEMAND),
        ({}, Capacity.ON_DEMAND),
    ],
)
def test_only_the_capacity_provider_tells_spot(changes: dict[str, Any], capacity: Capacity) -> None:
    """A Spot task has launch type FARGATE, or none at all."""
    assert told(**changes).facts.capacity is capacity


@pytest.mark.parametrize("launch_type", ["EC2", "EXTERNAL", "MANAGED_INSTANCES", None, ""])
def test_what_is_not_on_fargate_says_nothing(launch_type: str | None) -> None:
    """Tasks on instances, whoever manages them, hold no Fargate capacity."""
    assert ecs.parse_event(event(detail(launchType=launch_type, capacityProviderName="my-instances"))) is None


def test_a_task_without_a_size_is_counted() -> None:
    """A workload whose size is missing is a workload, marked as unsized."""
    facts = told(cpu=None, memory=None).facts
    assert (facts.cpu, facts.memory, facts.group) == (None, None, "service:web")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": None}, "version"),
        ({"version": -1}, "version"),
        ({"version": 2**63}, "version"),
        ({"version": "later"}, "version"),
        ({"lastStatus": None}, "lastStatus"),
        ({"clusterArn": "web"}, "clusterArn is 'web'"),
        ({"clusterArn": WEB.arn + "/../other"}, "clusterArn is"),
        ({"taskArn": "t1"}, "taskArn is 't1'"),
        ({"taskArn": TASK.removesuffix("t1")}, "taskArn is"),
        ({"taskArn": TASK + "\n\x1b[31m"}, "taskArn is"),
        ({"taskArn": TASK + "x" * 2000}, "taskArn is"),
    ],
)
def test_what_ordering_needs_must_be_there(changes: dict[str, Any], says: str) -> None:
    """Without task, cluster or version nothing can be counted right: the event is refused, by the name of the field."""
    with pytest.raises(MalformedError, match=says):
        ecs.parse_event(event(detail(**changes)))


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "null", '"text"', "{}", b"\xff\xfe", '{"detail-type": "\\ud800", "detail": {}}', event([])]
)
def test_what_is_no_event_at_all(body: str | bytes) -> None:
    """Anything else is refused, and never an error of another kind."""
    with pytest.raises(MalformedError):
        ecs.parse_event(body)


def test_an_event_of_another_kind_is_named() -> None:
    """Whoever sends something else to the queue is told what came."""
    with pytest.raises(MalformedError, match="EC2 Instance"):
        ecs.parse_event(event(**{"detail-type": "EC2 Instance State-change Notification"}))


@pytest.mark.parametrize(
    ("changes", "at"), [({}, TIME), ({"time": None}, "2025-12-31T23:00:00Z"), ({"time": "soon"}, "2025-12-31T23:00:00Z")]
)
def test_when_it_was_said(changes: dict[str, Any], at: str) -> None:
    """The time of the event, else that of the task's last change."""
    seen = ecs.parse_event(event(detail(updatedAt="2025-12-31T23:00:00Z"), **changes))
    assert seen is not None
    assert seen.observed_at == parse_millis(at)


def test_without_any_time_it_cannot_be_judged() -> None:
    """An event that says nowhere when it was could be any age, and is refused."""
    with pytest.raises(MalformedError, match="neither is a time"):
        ecs.parse_event(event(time="soon"))


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"cpu": DIGITS, "memory": DIGITS}, {"cpu": None, "memory": None}),
        ({"ephemeralStorage": {"sizeInGiB": 10**60}}, {"storage": None}),
        ({"ephemeralStorage": {"sizeInGiB": -5}}, {"storage": None}),
        ({"createdAt": 1e300, "startedAt": -1e300}, {"created_at": None, "started_at": None}),
        ({"createdAt": "0001-01-01T00:00:00+14:00"}, {}),
        ({"group": "x" * 2**20, "platformFamily": "W" * 2**20}, {"group": "x" * ecs.MAX_LENGTH, "os": "W" * ecs.MAX_LENGTH}),
    ],
)
def test_nothing_comes_out_that_the_table_would_refuse(changes: dict[str, Any], facts: dict[str, Any]) -> None:
    """Numbers and texts beyond all measure are unknown, or cut: the task is counted all the same."""
    seen = told(**changes).facts
    assert {name: getattr(seen, name) for name in facts} == facts


def test_a_description_is_the_apis_word() -> None:
    """A task as DescribeTasks returns it says the same as its event, as of the moment before the question."""
    described = ecs.parse_description(detail(createdAt=None), NOW)
    assert described == msgspec.structs.replace(told(createdAt=None), source=SourceRank.API, observed_at=NOW)


def test_a_description_that_cannot_be_read_names_its_task() -> None:
    """So that the reader of the report can look at it."""
    with pytest.raises(MalformedError, match="task/web/t1"):
        ecs.parse_description(detail(version=None), NOW)
