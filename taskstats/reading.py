"""One container's entry of `/task/stats`, which is Docker's stats document, as numbers; a number that is not there is None.

Docker leaves out what is zero in some places (`failcnt`, `max_usage`), and gives null or nothing for what the platform does not measure:
https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerStats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskstats.disk import DiskCounters, disk_counters

WINDOWS_TICK = 100
"""Nanoseconds of a CPU tick on Windows; on Linux a tick is a nanosecond."""
NETWORK = ("bytes", "dropped", "errors", "packets")


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU counters in ticks since the container (`system`: the machine, all cores, idle time included) started."""

    total: int | None
    kernel: int | None
    user: int | None
    cores: tuple[int, ...] | None
    system: int | None
    online: int | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in bytes. `stats` is what the cgroup says, raw; the last three fields are Windows'."""

    usage: int | None
    max_usage: int | None
    limit: int | None
    failures: int | None
    stats: Mapping[str, int]
    commit: int | None
    commit_peak: int | None
    private_working_set: int | None

    @property
    def is_windows(self) -> bool:
        """Whether the container is one of Windows."""
        return any(each is not None for each in (self.commit, self.commit_peak, self.private_working_set))

    @property
    def is_cgroup_v2(self) -> bool:
        """Whether the numbers are those of cgroup v2, which has no `total_rss`."""
        return "anon" in self.stats and "total_rss" not in self.stats


@dataclass(frozen=True, slots=True)
class Reading:
    """What one container had used at `at` (microseconds of the Unix epoch); `before` are the CPU counters at `before_at`."""

    at: int
    before_at: int | None
    cpu: Cpu
    before: Cpu | None
    processors: int | None
    memory: Memory
    disk: DiskCounters
    networks: Mapping[str, Mapping[str, int | None]]

    @property
    def tick(self) -> int:
        """Nanoseconds of a CPU tick."""
        return WINDOWS_TICK if self.memory.is_windows else 1


def reading_of(document: object) -> Reading | None:
    """Return the numbers of a stats document; None if it has none: null, or the zero time that Docker gives for a stopped container."""
    if not isinstance(document, dict) or (at := _time(document.get("read"))) is None:
        return None
    before_at = _time(document.get("preread"))
    before = _cpu(_mapping(document.get("precpu_stats")))
    # The first document of a stream has zeros in precpu_stats and no machine time; on Fargate 1.4.0 the machine time may always be missing.
    has_before = before.total is not None and (before_at is not None or bool(before.system))
    return Reading(
        at=at,
        before_at=before_at,
        cpu=_cpu(_mapping(document.get("cpu_stats"))),
        before=before if has_before else None,
        processors=_number(document.get("num_procs")) or None,
        memory=_memory(_mapping(document.get("memory_stats"))),
        disk=disk_counters(_mapping(document.get("blkio_stats")), _mapping(document.get("storage_stats"))),
        networks={str(name): _network(_mapping(counters)) for name, counters in sorted(_mapping(document.get("networks")).items())},
    )


def _cpu(document: dict[str, Any]) -> Cpu:
    usage = _mapping(document.get("cpu_usage"))
    cores = usage.get("percpu_usage")
    return Cpu(
        total=_number(usage.get("total_usage")),
        kernel=_number(usage.get("usage_in_kernelmode")),
        user=_number(usage.get("usage_in_usermode")),
        cores=tuple(_number(each) or 0 for each in cores) if isinstance(cores, list) and cores else None,
        system=_number(document.get("system_cpu_usage")),
        online=_number(document.get("online_cpus")) or None,
    )


def _memory(document: dict[str, Any]) -> Memory:
    stats = {str(key): number for key, value in _mapping(document.get("stats")).items() if (number := _number(value)) is not None}
    is_v2 = "anon" in stats and "total_rss" not in stats
    return Memory(
        usage=_number(document.get("usage")),
        max_usage=_number(document.get("max_usage", None if is_v2 else 0)),  # Docker has no maximum under cgroup v2
        limit=_number(document.get("limit")),
        failures=_number(document.get("failcnt", 0)),
        stats=stats,
        commit=_number(document.get("commitbytes")),
        commit_peak=_number(document.get("commitpeakbytes")),
        private_working_set=_number(document.get("privateworkingset")),
    )


def _network(document: dict[str, Any]) -> Mapping[str, int | None]:
    return {f"{way}_{what}": _number(document.get(f"{way}_{what}")) for way in ("rx", "tx") for what in NETWORK}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value == value else None  # noqa: PLR0124 - NaN


def _time(value: object) -> int | None:
    """Return a time in microseconds; None for no time and for Go's zero time, 0001-01-01."""
    try:
        moment = datetime.fromisoformat(str(value))
        seconds = moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return None if moment.tzinfo is None or seconds <= 0 else int(seconds) * 1_000_000 + moment.microsecond
