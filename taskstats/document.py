"""The `task_stats` document of one container: the field names of Elastic's AWS Fargate integration, from one or two readings.

https://docs.elastic.co/integrations/awsfargate has the table of fields. What is not known is null; what a platform does not have (cores
under cgroup v2, Windows' fields on Linux) is null or absent there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from taskstats.cpu import CpuShares, Share, cpu_shares
from taskstats.disk import UNKNOWN, Rates, rates
from taskstats.memory import Limit, limit_of, part, resident
from taskstats.reading import NETWORK, Reading
from taskstats.task import Container, Task

SCHEMA = "8.0.0"
"""Version of the Elastic Common Schema that the names follow."""
SERVICE_TYPE = "awsfargate"
STREAM = {"dataset": "awsfargate.task_stats", "namespace": "default", "type": "metrics"}
LABELS = (
    "com.amazonaws.ecs.cluster",
    "com.amazonaws.ecs.container-name",
    "com.amazonaws.ecs.task-arn",
    "com.amazonaws.ecs.task-definition-family",
    "com.amazonaws.ecs.task-definition-version",
)
"""The labels that ECS sets. A user's own labels stay out of the log."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One container at one moment, with everything computed that the documents and metrics need."""

    container: Container
    reading: Reading
    cpu: CpuShares
    rates: Rates
    limit: Limit | None


def sample_of(container: Container, task: Task, reading: Reading, earlier: Reading | None, *, online: int | None = None) -> Sample:
    """Return the sample of a reading; `earlier` is our own reading before it, `online` the number of cores where the document lacks it."""
    seconds = 0.0 if earlier is None else (reading.at - earlier.at) / 1_000_000
    return Sample(
        container=container,
        reading=reading,
        cpu=cpu_shares(reading, earlier, online=online),
        rates=UNKNOWN if earlier is None else rates(reading.disk["ops"], earlier.disk["ops"], seconds),
        limit=limit_of(reading.memory, container, task),
    )


def document(sample: Sample, task: Task, *, account_name: str = "", brief: bool = False) -> dict[str, Any]:
    """Return the document of a sample; `brief` leaves out what is raw or said twice, a third of the bytes."""
    container = sample.container
    stats: dict[str, Any] = {
        "cluster_name": task.cluster_name,
        "task_name": task.family,
        "task_known_status": task.known_status,
        "task_desired_status": task.desired_status,
        "identifier": f"{container.name}/{container.id}",
        "cpu": _cpu(sample, brief=brief),
        "memory": _windows_memory(sample) if sample.reading.memory.is_windows else _memory(sample, brief=brief),
        "network": {name: _network(counters) for name, counters in sample.reading.networks.items()},
        "diskio": _disk(sample),
    }
    source = {} if sample.limit is None else {"labels": {"memory_limit_source": sample.limit.source}}
    return {
        "@timestamp": iso(sample.reading.at),
        "awsfargate": {"task_stats": stats},
        "cloud": cloud(task, account_name),
        "container": {
            "id": container.id,
            "name": container.name,
            "image": {"name": container.image},
            "labels": {label.replace(".", "_"): container.labels[label] for label in LABELS if label in container.labels},
        },
        **source,  # `labels` is where the Elastic Common Schema has what a sender adds
        **_constants(),
    }


def error_document(at: int, message: str, task: Task | None, *, account_name: str = "") -> dict[str, Any]:
    """Return the document of a reading that failed; `at` in microseconds."""
    known = {} if task is None else {"cloud": cloud(task, account_name)}
    return {"@timestamp": iso(at), "error": {"message": message}, **known, **_constants()}


def cloud(task: Task, account_name: str) -> dict[str, Any]:
    """Return where the task runs. Fargate has no instance that a user could know, so `cloud.instance` and `cloud.machine` are absent."""
    account = {key: value for key, value in (("id", task.account), ("name", account_name)) if value}
    found = {"provider": "aws", "region": task.region, "availability_zone": task.zone, "account": account}
    return {key: value for key, value in found.items() if value}


def iso(microseconds: int) -> str:
    """Return a time as text, to the millisecond."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _constants() -> dict[str, Any]:
    return {"ecs": {"version": SCHEMA}, "service": {"type": SERVICE_TYPE}, "data_stream": STREAM}


def _cpu(sample: Sample, *, brief: bool) -> dict[str, Any]:
    counters, shares = sample.reading.cpu, sample.cpu
    found = {
        "kernel": {"ticks": counters.kernel, **_share(shares.kernel)},
        "system": {"ticks": counters.system, **_share(shares.system)},
        "total": _share(shares.total),
        "user": {"ticks": counters.user, **_share(shares.user)},
    }
    if brief:
        return found
    cores = counters.cores or ()
    by_core = None if shares.by_core is None else {str(at): {"ticks": cores[at], **_share(each)} for at, each in shares.by_core.items()}
    return {"core": by_core, **found}


def _share(share: Share) -> dict[str, Any]:
    return {"pct": share.cores, "norm": {"pct": share.norm}}


def _memory(sample: Sample, *, brief: bool) -> dict[str, Any]:
    memory, limit = sample.reading.memory, sample.limit
    rss = resident(memory)
    usage = {"total": memory.usage, "max": memory.max_usage, "pct": part(memory.usage, limit)}
    found: dict[str, Any] = {
        "fail": {"count": memory.failures},
        "limit": None if limit is None else limit.bytes,
        "rss": {"total": rss, "pct": part(rss, limit)},
        "usage": usage,
    }
    if not brief:
        found["rss"]["usage"] = usage  # the table has these three under both names
        found["stats"] = dict(memory.stats)
    return found


def _windows_memory(sample: Sample) -> dict[str, Any]:
    memory, limit = sample.reading.memory, sample.limit
    return {
        "commit": {"total": memory.commit, "peak": memory.commit_peak},
        "private_working_set": {"total": memory.private_working_set},
        "limit": None if limit is None else limit.bytes,
    }


def _network(counters: Mapping[str, int | None]) -> dict[str, Any]:
    return {name: {what: counters[f"{way}_{what}"] for what in NETWORK} for name, way in (("inbound", "rx"), ("outbound", "tx"))}


def _disk(sample: Sample) -> dict[str, Any]:
    counters, each = sample.reading.disk, sample.rates
    found: dict[str, Any] = {"reads": each.read, "writes": each.write, "total": each.total}
    for name, kind, rate in (("read", "read", each.read), ("write", "write", each.write), ("summary", "total", each.total)):
        sums = {field: getattr(split, kind) for field, split in counters.items()}
        found[name] = {**sums, "rate": None if rate is None else round(rate)}
    return found
