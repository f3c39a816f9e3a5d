"""The last reading in the Prometheus text format. An unknown number is an absent sample.

https://prometheus.io/docs/instrumenting/exposition_formats/. Written here, because the client library would double the sidecar's memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from taskstats.document import Sample
from taskstats.task import Task

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class State:
    """What `/metrics` shows: the last reading that succeeded, at `at` (microseconds), and how many there were."""

    readings: int = 0
    failures: int = 0
    at: int | None = None
    task: Task | None = None
    samples: Sequence[Sample] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    kind: str
    help: str


CPU_SECONDS = _Family("fargate_task_cpu_seconds_total", "counter", "CPU time that the container used.")
CPU_CORES = _Family("fargate_task_cpu_cores", "gauge", "Cores that the container kept busy between the last two readings.")
MEMORY = _Family("fargate_task_memory_usage_bytes", "gauge", "Memory of the container, page cache included; on Windows the working set.")
RSS = _Family("fargate_task_memory_rss_bytes", "gauge", "Resident set of the container.")
LIMIT = _Family("fargate_task_memory_limit_bytes", "gauge", "Limit of the container; by source: its own, the task's, or the cgroup's.")
RECEIVED = _Family("fargate_task_network_received_bytes_total", "counter", "Bytes received by the container's network.")
SENT = _Family("fargate_task_network_sent_bytes_total", "counter", "Bytes sent by the container's network.")
DISK_BYTES = _Family("fargate_task_disk_bytes_total", "counter", "Bytes read and written.")
DISK_OPS = _Family("fargate_task_disk_operations_total", "counter", "Reads and writes.")
INFO = _Family("fargate_task_info", "gauge", "The task; always 1.")
VCPU = _Family("fargate_task_vcpu_limit", "gauge", "vCPU of the task.")
TASK_MEMORY = _Family("fargate_task_limit_bytes", "gauge", "Memory of the task.")
READINGS = _Family("fargate_task_readings_total", "counter", "Readings of the metadata endpoint that succeeded.")
FAILURES = _Family("fargate_task_failed_readings_total", "counter", "Readings of the metadata endpoint that failed.")
LAST = _Family("fargate_task_last_reading_timestamp_seconds", "gauge", "Time of the last reading that succeeded.")

_Point = tuple[dict[str, str], float]


def exposition(state: State) -> str:
    """Return the page of `/metrics`."""
    return "".join(line for family, points in _families(state) for line in _lines(family, points))


def _families(state: State) -> Iterator[tuple[_Family, list[_Point]]]:
    yield READINGS, [({}, state.readings)]
    yield FAILURES, [({}, state.failures)]
    if state.task is None or state.at is None:
        return
    task = state.task
    yield LAST, [({}, state.at / 1_000_000)]
    labels = {"cluster": task.cluster_name, "family": task.family, "revision": task.revision, "task": task.arn.rpartition("/")[2]}
    yield INFO, [(labels, 1)]
    yield VCPU, _known([({}, task.vcpu)])
    yield TASK_MEMORY, _known([({}, task.memory_limit)])
    by_container = [({"container": each.container.name}, each) for each in state.samples]
    yield CPU_SECONDS, _known((at, _over(each.reading.cpu.total, NANOSECONDS / each.reading.tick)) for at, each in by_container)
    yield CPU_CORES, _known((at, each.cpu.total.cores) for at, each in by_container)
    yield MEMORY, _known((at, _used(each)) for at, each in by_container)
    yield RSS, _known((at, each.reading.memory.stats.get("total_rss", each.reading.memory.stats.get("anon"))) for at, each in by_container)
    yield LIMIT, [({**at, "source": each.limit.source}, each.limit.bytes) for at, each in by_container if each.limit]
    for family, counter in ((RECEIVED, "rx_bytes"), (SENT, "tx_bytes")):
        yield (
            family,
            _known(
                ({**at, "interface": name}, values[counter]) for at, each in by_container for name, values in each.reading.networks.items()
            ),
        )
    for family, counter in ((DISK_BYTES, "bytes"), (DISK_OPS, "ops")):
        yield (
            family,
            _known(
                ({**at, "operation": kind}, getattr(each.reading.disk[counter], kind))
                for at, each in by_container
                for kind in ("read", "write")
            ),
        )


def _known(points: Iterator[tuple[dict[str, str], float | None]] | list[tuple[dict[str, str], float | None]]) -> list[_Point]:
    return [(labels, value) for labels, value in points if value is not None]


def _used(sample: Sample) -> int | None:
    memory = sample.reading.memory
    return memory.private_working_set if memory.is_windows else memory.usage


def _over(ticks: int | None, per_second: float) -> float | None:
    return None if ticks is None else ticks / per_second


def _lines(family: _Family, points: list[_Point]) -> Iterator[str]:
    if points:
        yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    for labels, value in points:
        inside = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{inside}}} {value:.17g}\n" if inside else f"{family.name} {value:.17g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
