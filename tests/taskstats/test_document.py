"""Every field of the table, against values that are computed here from what the containers used, not from the sidecar's formulas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskstats.document import document, error_document, sample_of
from taskstats.endpoint import Endpoint
from taskstats.reading import Reading, reading_of
from taskstats.task import Task, task_of
from tests.support.metadata_endpoint import MIB, Platform, UsedContainer, UsedTask, metadata_endpoint
from tests.taskstats.flattened import DATA, FIELDS, flattened, is_in_table, row_of

PREFIX = "awsfargate.task_stats."


def read(used: UsedTask) -> tuple[Task, dict[str, Reading]]:
    """Return the task and the readings of its containers, over HTTP."""
    with metadata_endpoint(used) as url:
        endpoint = Endpoint(url, allow_any=True)
        readings = {name: reading_of(stats) for name, stats in endpoint.stats().items()}
        return task_of(endpoint.task()), {name: reading for name, reading in readings.items() if reading}


def working(platform: Platform, *, limit_mib: int | None = None, has_machine_time: bool = True) -> dict[str, Any]:
    """Return the document of a container after 11 seconds, flattened.

    In the last second it used 0.2 s in the kernel and 0.3 s in user mode on two cores: half a core, a quarter of the machine. In the last
    ten seconds it read 35 and wrote 5 times.
    """
    container = UsedContainer("c1", "app", platform, limit_mib, kernel=1.0, user=2.0, memory=64 * MIB, has_machine_time=has_machine_time)
    used = UsedTask([container])
    container.reads, container.writes, container.read_bytes, container.written_bytes = 101, 20, 500_001, 80_000
    used.advance(1)
    _, first = read(used)
    used.advance(10)
    container.kernel += 0.2
    container.user += 0.3
    container.reads += 35
    container.writes += 5
    container.received, container.sent = 7_000_000, 3_000_000
    task, second = read(used)
    (inside,) = task.containers
    sample = sample_of(inside, task, second["c1"], first["c1"], online=2)
    return dict(flattened(json.loads(json.dumps(document(sample, task, account_name="shop")))))


COMMON = {
    "@timestamp": "2026-10-01T12:00:11.044Z",
    "cloud.account.id": "111122223333",
    "cloud.account.name": "shop",
    "cloud.availability_zone": "eu-west-1a",
    "cloud.provider": "aws",
    "cloud.region": "eu-west-1",
    "container.id": "c1",
    "container.name": "app",
    "container.image.name": "app:1",
    "container.labels.com_amazonaws_ecs_cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/web",
    "container.labels.com_amazonaws_ecs_container-name": "app",
    "container.labels.com_amazonaws_ecs_task-arn": "arn:aws:ecs:eu-west-1:111122223333:task/web/0123456789abcdef0123456789abcdef",
    "container.labels.com_amazonaws_ecs_task-definition-family": "front",
    "container.labels.com_amazonaws_ecs_task-definition-version": "12",
    "data_stream.dataset": "awsfargate.task_stats",
    "data_stream.namespace": "default",
    "data_stream.type": "metrics",
    "ecs.version": "8.0.0",
    "labels.memory_limit_source": "task",
    "service.type": "awsfargate",
}
STATS = {
    "cluster_name": "web",
    "task_name": "front",
    "task_known_status": "RUNNING",
    "task_desired_status": "RUNNING",
    "identifier": "app/c1",
    "cpu.total.pct": 0.5,
    "cpu.total.norm.pct": 0.25,
    "cpu.kernel.pct": 0.2,
    "cpu.kernel.norm.pct": 0.1,
    "cpu.user.pct": 0.3,
    "cpu.user.norm.pct": 0.15,
    "diskio.reads": 3.5,
    "diskio.writes": 0.5,
    "diskio.total": 4.0,
    "diskio.read.rate": 4,  # a whole number: 3.5 is rounded to even
    "diskio.write.rate": 0,
    "diskio.summary.rate": 4,
    "diskio.read.ops": 136,
    "diskio.write.ops": 25,
    "diskio.summary.ops": 161,
    "diskio.read.bytes": 500_001,
    "diskio.write.bytes": 80_000,
    "diskio.summary.bytes": 580_001,
    "memory.limit": 1024 * MIB,
}
LINUX_CPU = {
    "cpu.kernel.ticks": 1_200_000_000,
    "cpu.user.ticks": 2_300_000_000,
    "cpu.system.ticks": (1000 + 11) * 2 * 1_000_000_000,
    "cpu.system.pct": 2.0,  # the machine's time is that of all cores, idle or not
    "cpu.system.norm.pct": 1.0,
}
LINUX_MEMORY = {
    "memory.usage.total": 64 * MIB,
    "memory.usage.pct": 0.0625,
    "memory.rss.usage.total": 64 * MIB,
    "memory.rss.usage.pct": 0.0625,
    "memory.rss.total": 32 * MIB,
    "memory.rss.pct": 0.03125,
}
V1 = {
    **LINUX_CPU,
    **LINUX_MEMORY,
    "cpu.core.0.ticks": 2_625_000_000,
    "cpu.core.0.pct": 0.375,
    "cpu.core.0.norm.pct": 0.1875,
    "cpu.core.1.ticks": 875_000_000,
    "cpu.core.1.pct": 0.125,
    "cpu.core.1.norm.pct": 0.0625,
    "memory.usage.max": 65 * MIB,
    "memory.rss.usage.max": 65 * MIB,
    "memory.fail.count": 3,
    "memory.stats.cache": 16 * MIB,
    "memory.stats.rss": 32 * MIB,
    "memory.stats.total_rss": 32 * MIB,
    "memory.stats.hierarchical_memory_limit": 9223372036854771712,
    **{f"diskio.{kind}.{name}": 0 for kind in ("read", "write", "summary") for name in ("queued", "service_time", "wait_time")},
}
V2 = {
    **LINUX_CPU,
    **LINUX_MEMORY,
    "cpu.core": None,  # cgroup v2 does not count by core
    "memory.usage.max": None,
    "memory.rss.usage.max": None,
    "memory.fail.count": 0,
    "memory.stats.anon": 32 * MIB,
    "memory.stats.file": 16 * MIB,
    "memory.stats.pgfault": 17,
    "memory.stats.inactive_file": 0,
    **{f"diskio.{kind}.{name}": None for kind in ("read", "write", "summary") for name in ("queued", "service_time", "wait_time")},
}
WINDOWS = {
    "cpu.core": None,
    "cpu.kernel.ticks": 12_000_000,
    "cpu.user.ticks": 23_000_000,
    "cpu.system.ticks": None,
    "cpu.system.pct": None,
    "cpu.system.norm.pct": None,
    "memory.commit.total": 65 * MIB,
    "memory.commit.peak": 66 * MIB,
    "memory.private_working_set.total": 64 * MIB,
    **{f"diskio.{kind}.{name}": None for kind in ("read", "write", "summary") for name in ("queued", "service_time", "wait_time")},
}


def network(name: str) -> dict[str, int]:
    """Return the network fields after 7 MB in and 3 MB out."""
    inbound = {"bytes": 7_000_000, "packets": 7000, "errors": 1, "dropped": 2}
    outbound = {"bytes": 3_000_000, "packets": 3000, "errors": 3, "dropped": 4}
    both = {"inbound": inbound, "outbound": outbound}
    return {f"network.{name}.{way}.{what}": count for way, counts in both.items() for what, count in counts.items()}


@pytest.mark.parametrize(("platform", "fields"), [("v1", V1), ("v2", V2), ("windows", WINDOWS)])
def test_every_field_has_the_value_that_the_containers_use_makes(platform: Platform, fields: dict[str, Any]) -> None:
    """Each field of a document has its value, and there is no other field."""
    expected = STATS | fields | network("Ethernet" if platform == "windows" else "eth1")
    assert working(platform) == pytest.approx(COMMON | {PREFIX + name: value for name, value in expected.items()})


def test_every_row_of_the_table_is_filled_on_some_platform() -> None:
    """The three platforms and a failed reading fill each row, except those that no container on Fargate can know."""
    names = {name for platform in ("v1", "v2", "windows") for name in working(platform)}
    names |= {name for name, _ in flattened(error_document(0, "away", None))}
    filled = {row for name in names for row in row_of(name)}
    assert set(FIELDS) - filled == {"cloud.instance.id", "cloud.machine.type"}


def test_no_name_is_outside_of_the_table() -> None:
    """The only addition says whose memory limit it is, and lies where the schema has room for additions."""
    names = {name for platform in ("v1", "v2", "windows") for name in working(platform)}
    assert {name for name in names if not is_in_table(name)} == {"labels.memory_limit_source"}


@pytest.mark.parametrize("platform", ["v1", "v2"])
def test_elapsed_time_stands_in_for_the_machines(platform: Platform) -> None:
    """Without `system_cpu_usage`, which Fargate 1.4.0 may leave out, the shares are the same and the machine's are unknown."""
    found = working(platform, has_machine_time=False)
    shares = [f"cpu.{kind}.{part}" for kind in ("total", "kernel", "user") for part in ("pct", "norm.pct")]
    assert {name: found[PREFIX + name] for name in shares} == pytest.approx({name: STATS[name] for name in shares})
    assert found[PREFIX + "cpu.system.pct"] is None


@pytest.mark.parametrize("platform", ["v1", "v2"])
def test_a_containers_own_limit_comes_before_the_tasks(platform: Platform) -> None:
    """The percentages are of the limit at which the container is killed, and the document says whose it is."""
    found = working(platform, limit_mib=128)
    assert found["labels.memory_limit_source"] == "container"
    assert found[PREFIX + "memory.limit"] == 128 * MIB
    assert found[PREFIX + "memory.usage.pct"] == 0.5


def test_the_published_example_is_reproduced() -> None:
    """The example of Elastic's integration comes out key by key from two readings in which nothing is read or written.

    Only the limit differs: the integration writes 0 there, and computes its percentages with the limit of the document, as here.
    """
    task = task_of(json.loads((DATA / "task.json").read_text()))
    reading = reading_of(json.loads((DATA / "stats.json").read_text())["1234"])
    assert reading is not None
    earlier = reading_of(json.loads((DATA / "stats.json").read_text().replace("05:34.85", "05:24.85"))["1234"])
    made = dict(flattened(document(sample_of(task.containers[0], task, reading, earlier), task)))
    example = dict(flattened(json.loads((DATA / "example.json").read_text())))
    limit = PREFIX + "memory.limit"
    assert example.pop(limit) == 0
    assert made.pop(limit) == 3937787904
    assert {name: made[name] for name in example} == example
    added = {name for name in made if name not in example}
    constant = {"ecs.version", "cloud.provider", "cloud.account.id", "labels.memory_limit_source"}
    assert {name for name in added if not name.startswith(("data_stream.", PREFIX + "memory.rss.usage."))} == constant


def test_the_first_reading_has_cpu_shares_and_no_rates() -> None:
    """CPU shares come from the agent's own earlier reading; operations per second need an earlier one of the sidecar."""
    container = UsedContainer("c1", "app", kernel=1.0, user=2.0, reads=10)
    used = UsedTask([container])
    used.advance(5)
    container.user += 0.4
    task, readings = read(used)
    found = dict(flattened(document(sample_of(task.containers[0], task, readings["c1"], None), task)))
    assert found[PREFIX + "cpu.total.pct"] == pytest.approx(0.4)
    assert found[PREFIX + "diskio.read.ops"] == 10
    assert [found[PREFIX + name] for name in ("diskio.reads", "diskio.read.rate", "diskio.total")] == [None, None, None]


def test_the_very_first_reading_of_a_container_knows_no_shares() -> None:
    """Before the agent's second reading the counters have nothing to be compared with: unknown, not zero."""
    task, readings = read(UsedTask([UsedContainer("c1", "app", kernel=1.0, user=2.0)]))
    found = dict(flattened(document(sample_of(task.containers[0], task, readings["c1"], None), task)))
    assert found[PREFIX + "cpu.total.pct"] is None
    assert found[PREFIX + "cpu.user.ticks"] == 2_000_000_000


def test_our_own_earlier_reading_stands_in_for_the_agents() -> None:
    """Without `precpu_stats` the shares are those since our last reading."""
    container = UsedContainer("c1", "app", kernel=1.0, user=2.0)
    used = UsedTask([container])
    _, first = read(used)
    used.seconds += 10
    container.user += 5
    task, second = read(used)
    found = dict(flattened(document(sample_of(task.containers[0], task, second["c1"], first["c1"]), task)))
    assert found[PREFIX + "cpu.total.pct"] == pytest.approx(0.5)


def test_a_counter_that_went_back_has_no_rate() -> None:
    """A container that was restarted under its id gives no negative share and no negative rate."""
    container = UsedContainer("c1", "app", kernel=1.0, user=2.0, reads=50)
    used = UsedTask([container])
    _, first = read(used)
    used.seconds += 10
    container.user, container.reads = 0.1, 3
    task, second = read(used)
    found = dict(flattened(document(sample_of(task.containers[0], task, second["c1"], first["c1"]), task)))
    assert [found[PREFIX + name] for name in ("cpu.total.pct", "cpu.user.pct", "diskio.reads")] == [None, None, None]


def test_a_brief_document_keeps_every_computed_number() -> None:
    """Briefly, only single cores, raw cgroup numbers and the doubled memory fields are left out."""
    used = UsedTask([UsedContainer("c1", "app")])
    task, readings = read(used)
    sample = sample_of(task.containers[0], task, readings["c1"], None)
    whole, brief = (dict(flattened(document(sample, task, brief=each))) for each in (False, True))
    left_out = {name.removeprefix(PREFIX) for name in whole if name not in brief}
    assert {name.rpartition(".")[0] for name in left_out if not name.startswith("cpu.core")} == {"memory.stats", "memory.rss.usage"}
    assert {name: whole[name] for name in brief} == brief


def test_labels_of_users_stay_out() -> None:
    """A label can hold anything; only the five that ECS sets are written."""
    assert [name for name in working("v1") if "secret" in name] == []
