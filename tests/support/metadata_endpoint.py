"""A task whose containers use what a test says, and the answers that the ECS metadata endpoint gives about it, over real HTTP.

The shapes are those of the developer guide (task metadata endpoint, version 4) and of Docker's stats on cgroup v1, cgroup v2 and Windows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.support.http_server import Reply, Request, answering

MIB = 1024 * 1024
START = datetime(2026, 10, 1, 12, 0, 0, 44989, tzinfo=UTC)
CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/web"
TASK = "arn:aws:ecs:eu-west-1:111122223333:task/web/0123456789abcdef0123456789abcdef"
UNLIMITED = 9223372036854771712
"""Bytes: the limit of a cgroup v1 without one."""
RAW = (
    *("active_anon", "active_file", "dirty", "inactive_anon", "inactive_file", "mapped_file", "pgfault", "pgmajfault", "pgpgin", "pgpgout"),
    *("rss_huge", "unevictable", "writeback", "hierarchical_memsw_limit"),
)
"""Raw numbers of cgroup v1 beside those that a test looks at; all but the last come once more with `total_`."""
ZERO_TIME = "0001-01-01T00:00:00Z"
Platform = Literal["v1", "v2", "windows"]


@dataclass
class UsedContainer:
    """One container and what it has used since its start: CPU in seconds, memory in bytes, disk and network as counts."""

    id: str
    name: str
    platform: Platform = "v1"
    limit_mib: int | None = None
    kernel: float = 0.0
    user: float = 0.0
    memory: int = 8 * MIB
    reads: int = 0
    writes: int = 0
    read_bytes: int = 0
    written_bytes: int = 0
    received: int = 0
    sent: int = 0
    started: bool = True
    has_machine_time: bool = True
    has_all_raw_numbers: bool = False
    history: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds, kernel and user time of each second that has passed: the agent's own earlier reading."""


@dataclass
class UsedTask:
    """The task; `advance` lets time pass, in which containers use what the caller adds."""

    containers: list[UsedContainer]
    cores: int = 2
    vcpu: float | None = 0.5
    memory_mib: int | None = 1024
    service: str = ""
    seconds: float = 0.0
    idle_before: float = 1000.0

    def advance(self, seconds: float) -> None:
        """Let time pass; the agent reads once a second, so its earlier reading is that of one second ago."""
        for each in self.containers:
            each.history = [(self.seconds + seconds - 1, each.kernel, each.user)]
        self.seconds += seconds

    def task(self) -> dict[str, Any]:
        """Return the answer of /task."""
        limits = {"CPU": self.vcpu, "Memory": self.memory_mib}
        document: dict[str, Any] = {
            "Cluster": CLUSTER,
            "TaskARN": TASK,
            "Family": "front",
            "Revision": "12",
            "DesiredStatus": "RUNNING",
            "KnownStatus": "RUNNING",
            "Limits": {name: value for name, value in limits.items() if value is not None},
            "AvailabilityZone": "eu-west-1a",
            "LaunchType": "FARGATE",
            "Containers": [self._container(each) for each in self.containers],
        }
        return document | ({"ServiceName": self.service} if self.service else {})

    def stats(self) -> dict[str, Any]:
        """Return the answer of /task/stats."""
        return {each.id: self._stats(each) if each.started else None for each in self.containers}

    @staticmethod
    def _container(each: UsedContainer) -> dict[str, Any]:
        limits: dict[str, Any] = {"CPU": 0} | ({} if each.limit_mib is None else {"Memory": each.limit_mib})
        labels = {
            "com.amazonaws.ecs.cluster": CLUSTER,
            "com.amazonaws.ecs.container-name": each.name,
            "com.amazonaws.ecs.task-arn": TASK,
            "com.amazonaws.ecs.task-definition-family": "front",
            "com.amazonaws.ecs.task-definition-version": "12",
            "org.example.secret": "not for the log",
        }
        return {
            "DockerId": each.id,
            "Name": each.name,
            "DockerName": each.name,
            "Image": f"{each.name}:1",
            "ImageID": "sha256:1",
            "Labels": labels,
            "DesiredStatus": "RUNNING",
            "KnownStatus": "RUNNING" if each.started else "PULLED",
            "Limits": limits,
            "Type": "NORMAL",
            "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": ["10.0.0.1"]}],
        }

    def _stats(self, each: UsedContainer) -> dict[str, Any]:
        before = each.history[-1] if each.history else None
        windows = each.platform == "windows"
        document: dict[str, Any] = {
            "read": _time(self.seconds),
            "preread": ZERO_TIME if before is None else _time(before[0]),
            "id": each.id,
            "name": f"/{each.name}",
            "num_procs": self.cores if windows else 0,
            "pids_stats": {} if windows else {"current": 4, "limit": 512},
            "cpu_stats": self._cpu(each, self.seconds, each.kernel, each.user),
            "precpu_stats": self._cpu(each, *before) if before else _empty_cpu(),
            "memory_stats": _memory(each),
            "blkio_stats": _block(each),
            "storage_stats": _storage(each) if windows else {},
            "networks": {"Ethernet" if windows else "eth1": _network(each)},
        }
        return document

    def _cpu(self, each: UsedContainer, seconds: float, kernel: float, user: float) -> dict[str, Any]:
        ticks = 10_000_000 if each.platform == "windows" else 1_000_000_000
        usage: dict[str, Any] = {
            "total_usage": round((kernel + user) * ticks),
            "usage_in_kernelmode": round(kernel * ticks),
            "usage_in_usermode": round(user * ticks),
        }
        throttling = {"throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0}}
        if each.platform == "windows":
            return {"cpu_usage": usage, **throttling}
        if each.platform == "v1":  # the first core does three quarters of the work; the kernel pads the list
            usage["percpu_usage"] = [round((kernel + user) * ticks * part) for part in (0.75, 0.25)] + [0] * 13
        machine = {"system_cpu_usage": round((self.idle_before + seconds) * self.cores * ticks), "online_cpus": self.cores}
        return {"cpu_usage": usage, **(machine if each.has_machine_time else {}), **throttling}


def _empty_cpu() -> dict[str, Any]:
    usage = {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0}
    return {"cpu_usage": usage, "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0}}


def _memory(each: UsedContainer) -> dict[str, Any]:
    if each.platform == "windows":
        return {"commitbytes": each.memory + MIB, "commitpeakbytes": each.memory + 2 * MIB, "privateworkingset": each.memory}
    limit = UNLIMITED if each.limit_mib is None else each.limit_mib * MIB
    if each.platform == "v2":
        stats = {"anon": each.memory // 2, "file": each.memory // 4, "pgfault": 17, "inactive_file": 0}
        return {"usage": each.memory, "limit": limit, "stats": stats}
    stats = {"cache": each.memory // 4, "rss": each.memory // 2, "total_rss": each.memory // 2, "hierarchical_memory_limit": limit}
    if each.has_all_raw_numbers:
        stats |= {f"{prefix}{name}": 4_157_440 for name in RAW for prefix in ("", "total_")}
    return {"usage": each.memory, "max_usage": each.memory + MIB, "failcnt": 3, "limit": limit, "stats": stats}


def _block(each: UsedContainer) -> dict[str, Any]:
    names = ("io_service_bytes", "io_serviced", "io_queue", "io_service_time", "io_wait_time", "io_merged", "io_time")
    if each.platform == "windows":
        return {f"{name}_recursive": None for name in names}
    capital = each.platform == "v1"
    counts = {"io_service_bytes": (each.read_bytes, each.written_bytes), "io_serviced": (each.reads, each.writes)}
    unmeasured: list[Any] | None = [] if capital else None
    return {f"{name}_recursive": _entries(*counts[name], capital=capital) if name in counts else unmeasured for name in names}


def _entries(read: int, write: int, *, capital: bool) -> list[dict[str, Any]]:
    """Two devices, of which the first has done one operation or byte less than half."""
    found = []
    for minor, each in ((0, read // 2), (16, read - read // 2)):
        found.append({"major": 202, "minor": minor, "op": "Read" if capital else "read", "value": each})
    found.append({"major": 202, "minor": 0, "op": "Write" if capital else "write", "value": write})
    if capital:
        found += [{"major": 202, "minor": 0, "op": "Sync", "value": read}, {"major": 202, "minor": 0, "op": "Total", "value": read + write}]
    return found


def _storage(each: UsedContainer) -> dict[str, int]:
    counts = {
        "read_count_normalized": each.reads,
        "read_size_bytes": each.read_bytes,
        "write_count_normalized": each.writes,
        "write_size_bytes": each.written_bytes,
    }
    return {name: value for name, value in counts.items() if value}


def _network(each: UsedContainer) -> dict[str, int]:
    received = {"rx_bytes": each.received, "rx_packets": each.received // 1000, "rx_errors": 1, "rx_dropped": 2}
    return received | {"tx_bytes": each.sent, "tx_packets": each.sent // 1000, "tx_errors": 3, "tx_dropped": 4}


def _time(seconds: float) -> str:
    """Return a time as Docker writes it, with nanoseconds."""
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}605Z"


@contextmanager
def metadata_endpoint(task: UsedTask, asked: list[str] | None = None) -> Iterator[str]:
    """Serve a task; yield the value of ECS_CONTAINER_METADATA_URI_V4."""

    def answer(request: Request) -> Reply:
        if asked is not None:
            asked.append(request.path)
        answers = {"/v4/abc/task": task.task, "/v4/abc/task/stats": task.stats}
        if request.path not in answers:
            return Reply("not found", "text/plain", 404)
        return Reply(json.dumps(answers[request.path]()), "application/json")

    with answering(answer) as url:
        yield f"{url}/v4/abc"
