"""ECS tasks: in an event, and in an answer of DescribeTasks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fargatecount.ecs import task as ecs
from fargatecount.ecs.event import TaskSeen, decode_event
from fargatecount.ecs.text import MAX_LENGTH
from fargatecount.errors import MalformedError
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Capacity, Facts, Observation, Phase, Scope, SourceRank
from tests.support.builders import NOW, WEB

EVENTS = Path(__file__).parents[2] / "events"
TIME = "2026-01-01T00:00:00Z"
AT = 1_767_225_600_000
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


def observed(**changes: Any) -> Observation:
    """Return the observation of a task with these changes, as its event reports it."""
    return ecs.observe(msgspec.convert(detail(**changes), ecs.Task, strict=False), SourceRank.EVENT, AT)


REAL = {
    "2020-spot-pending": (
        Phase.PENDING,
        2,
        Facts(
            cpu=512,
            memory=1024,
            capacity=Capacity.SPOT,
            group="service:web",
            zone="ap-northeast-1a",
            platform="1.3.0",
            revision=12,
            started_by="ecs-svc/7555234739371397917",
        ),
    ),
    "2022-batch-stopped-two-containers": (
        Phase.GONE,
        5,
        Facts(
            cpu=512,
            memory=2048,
            storage=30,
            capacity=Capacity.ON_DEMAND,
            group="family:scan",
            architecture="x86_64",
            revision=5,
            zone="us-east-1a",
            platform="1.4.0",
            stop_code="EssentialContainerExited",
            stop_reason="Essential container in task exited",
            exit_codes="default=0 side=137",
        ),
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
            family="windowstest",
            revision=1,
            started_by="ecs-svc/6811052232430672964",
            zone="us-east-1f",
            platform="1.0.0",
            stop_code="EssentialContainerExited",
            stop_reason="Essential container in task exited",
            exit_codes="test=0",
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
            family="DemoTrafficGen01TaskDef59B414B2",
            revision=10,
            started_by="ecs-svc/8646900195280463695",
            zone="us-east-2a",
            platform="1.4.0",
        ),
    ),
    "2024-stopped-by-user": (
        Phase.GONE,
        9,
        Facts(
            cpu=512,
            memory=1024,
            storage=20,
            capacity=Capacity.ON_DEMAND,
            group="service:Example",
            architecture="x86_64",
            revision=3,
            started_by="ecs-svc/2770844949256052681",
            zone="us-east-1c",
            platform="1.4.0",
            stop_code="UserInitiated",
            stop_reason="Task stopped by user",
            exit_codes="Example=0",
        ),
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_real_events(name: str) -> None:
    """An event as AWS sent it is read to the last fact."""
    body = (EVENTS / f"{name}.json").read_text()
    task = json.loads(body)["detail"]
    phase, version, facts = REAL[name]
    event = decode_event(body, NOW)
    assert isinstance(event, TaskSeen)
    seen = event.observation
    names = ("createdAt", "startedAt", "pullStartedAt", "pullStoppedAt", "stoppingAt", "stoppedAt")
    times = {re.sub("[A-Z]", lambda each: f"_{each[0].lower()}", name): parse_millis(task.get(name)) for name in names}
    assert (seen.phase, seen.version, seen.facts) == (phase, version, msgspec.structs.replace(facts, **times))
    assert (seen.source, seen.cluster.arn, seen.workload_id) == (SourceRank.EVENT, task["clusterArn"], task["taskArn"].rpartition("/")[2])


def test_every_real_event_is_among_them() -> None:
    """Every recorded event is in the table above."""
    assert {path.stem for path in EVENTS.glob("*.json")} == set(REAL)


@pytest.mark.parametrize("arn", [TASK, TASK.replace("/web/", "/")])
def test_both_forms_of_a_task_arn_name_the_same_task(arn: str) -> None:
    """The old form of an ARN has no cluster name."""
    seen = observed(taskArn=arn)
    assert (seen.workload_id, seen.cluster) == ("t1", WEB)


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov", "aws-eusc", "aws-iso-b"])
def test_other_partitions(partition: str) -> None:
    """The partition of an ARN is free: a new one is readable on its first day."""
    seen = observed(**{name: arn.replace("arn:aws:", f"arn:{partition}:") for name, arn in (("taskArn", TASK), ("clusterArn", WEB.arn))})
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
    """A task that is stopping holds its capacity until it has stopped."""
    assert observed(lastStatus=status).phase is phase


def test_a_spot_task_that_was_warned_runs_on() -> None:
    """A desired status of STOPPED is a warning, two minutes before the end."""
    assert observed(desiredStatus="STOPPED", capacityProviderName="FARGATE_SPOT").phase is Phase.RUNNING


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
    assert observed(lastStatus="HIBERNATING", **changes).phase is phase


def test_fields_that_aws_adds_are_ignored() -> None:
    """An unknown field changes nothing, whatever its value."""
    assert observed(newField={"deep": [1, None]}, attributes=[{"name": "another", "value": "x", "more": 1}]) == observed()


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
def test_only_the_capacity_provider_identifies_spot(changes: dict[str, Any], capacity: Capacity) -> None:
    """A Spot task has launch type FARGATE, or none at all."""
    assert observed(**changes).facts.capacity is capacity


@pytest.mark.parametrize("launch_type", ["EC2", "EXTERNAL", "MANAGED_INSTANCES", None, ""])
def test_a_task_on_instances_is_not_on_fargate(launch_type: str | None) -> None:
    """Instances hold no Fargate capacity, whether ECS or the user manages them."""
    assert ecs.parse_description(detail(launchType=launch_type, capacityProviderName="my-instances"), NOW) is None


def test_a_task_without_a_size_is_counted() -> None:
    """A workload without a size is a workload, counted as unsized."""
    facts = observed(cpu=None, memory=None).facts
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
        ({"clusterArn": WEB.arn.replace("eu-west-1", "eu-west-" + "1" * 2100)}, "clusterArn is"),
        ({"clusterArn": WEB.arn.replace("123456789012", "١٢٣٤٥٦٧٨٩٠١٢")}, "clusterArn is"),
    ],
)
def test_what_ordering_needs_must_be_there(changes: dict[str, Any], says: str) -> None:
    """A task without a task ARN, cluster or version that the table takes is refused, and the error names the field."""
    with pytest.raises(MalformedError, match=says) as refused:
        ecs.parse_description(detail(**changes), NOW)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"cpu": DIGITS, "memory": DIGITS}, {"cpu": None, "memory": None}),
        ({"ephemeralStorage": {"sizeInGiB": 10**60}}, {"storage": None}),
        ({"ephemeralStorage": {"sizeInGiB": -5}}, {"storage": None}),
        ({"createdAt": 1e300, "startedAt": -1e300}, {"created_at": None, "started_at": None}),
        ({"createdAt": "0001-01-01T00:00:00+14:00"}, {}),
        ({"group": "x" * 2**20, "platformFamily": "W" * 2**20}, {"group": "x" * MAX_LENGTH, "os": "W" * MAX_LENGTH}),
        ({"group": "service:\ud800"}, {"group": "service:?"}),
        ({"cpu": "٢٥٦"}, {"cpu": None}),
    ],
)
def test_nothing_comes_out_that_the_table_would_refuse(changes: dict[str, Any], facts: dict[str, Any]) -> None:
    """A number out of range is unknown and a text is cut; the task is counted either way."""
    seen = observed(**changes).facts
    assert {name: getattr(seen, name) for name in facts} == facts


def test_a_description_has_the_rank_of_the_api() -> None:
    """A task of DescribeTasks gives the observation of its event, with the time of the request."""
    described = ecs.parse_description(detail(createdAt=None), NOW)
    assert described == msgspec.structs.replace(observed(createdAt=None), source=SourceRank.API, observed_at=NOW)


def test_a_description_that_cannot_be_read_names_its_task() -> None:
    """The error has the ARN of the task."""
    with pytest.raises(MalformedError, match="task/web/t1"):
        ecs.parse_description(detail(version=None), NOW)


def test_half_of_a_surrogate_pair_for_a_version_is_malformed() -> None:
    """boto3 passes on what JSON may escape and UTF-8 cannot hold."""
    with pytest.raises(MalformedError, match="surrogates"):
        ecs.parse_description(detail(version="\ud800"), NOW)


@pytest.mark.parametrize(
    ("storage", "size"),
    [
        ({"ephemeralStorage": {"sizeInGiB": 21}}, 21),
        ({"fargateEphemeralStorage": {"sizeInGiB": 100, "kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1"}}, 100),
        ({"fargateEphemeralStorage": {"sizeInGiB": 100}, "ephemeralStorage": {"sizeInGiB": 21}}, 100),
        ({"fargateEphemeralStorage": {}, "ephemeralStorage": {"sizeInGiB": 21}}, 21),
        ({}, None),
    ],
)
def test_both_fields_of_ephemeral_storage_are_read(storage: dict[str, Any], size: int | None) -> None:
    """A task with a customer-managed key has its storage in the newer field."""
    assert observed(**storage).facts.storage == size


@pytest.mark.parametrize(
    ("family", "os"),
    [
        ("Linux", None),
        ("LINUX", None),
        ("", None),
        ("Windows-Server-2022-Core", "Windows-Server-2022-Core"),
        ("WINDOWS_SERVER_2025_FULL",) * 2,
    ],
)
def test_the_platform_family_is_the_operating_system(family: str, os: str | None) -> None:
    """Linux is the default in any spelling; every other family keeps its name."""
    assert observed(platformFamily=family).facts.os == os
