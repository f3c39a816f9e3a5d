"""CloudWatch metrics of the whole task, as one line of the embedded metric format: no call and no right is needed.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html. The log driver must be
`awslogs`, or Fluent Bit's `cloudwatch_logs` with `log_format json/emf`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from taskstats.document import Sample
from taskstats.task import MIB, Task

NAMESPACE = "Fargate Task Stats"
UNITS = {
    "task-vcpu-used": "None",
    "task-cpu-utilization": "Percent",
    "task-memory-used": "Megabytes",
    "task-memory-utilization": "Percent",
}
"""The metrics and their units. CloudWatch has no unit for vCPU, and knows no binary megabyte: the value is MiB."""


def metrics_line(samples: Sequence[Sample], task: Task, at: int, *, service: str, namespace: str = NAMESPACE) -> dict[str, Any] | None:
    """Return the line of one reading at `at` (microseconds), by cluster, service and family; None if nothing is known.

    A sum over containers of which one is unknown would be too small, so it is left out.
    """
    vcpu = _sum(sample.cpu.total.cores for sample in samples)
    memory = _sum(_used_memory(sample) for sample in samples)
    values = {
        "task-vcpu-used": vcpu,
        "task-cpu-utilization": _percent(vcpu, task.vcpu),
        "task-memory-used": None if memory is None else memory / MIB,
        "task-memory-utilization": _percent(memory, task.memory_limit),
    }
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return None
    labels = {"ClusterName": task.cluster_name, "ServiceName": service, "TaskDefinitionFamily": task.family}
    labels = {name: text for name, text in labels.items() if text}
    directive = {
        "Namespace": namespace,
        "Dimensions": [["ClusterName"] if name == "ClusterName" else ["ClusterName", name] for name in labels],
        "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in known],
    }
    return {"_aws": {"Timestamp": at // 1000, "CloudWatchMetrics": [directive]}, **labels, **known}


def _used_memory(sample: Sample) -> int | None:
    memory = sample.reading.memory
    return memory.private_working_set if memory.is_windows else memory.usage


def _sum(values: Iterable[float | None]) -> float | None:
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if known and len(known) == len(found) else None


def _percent(amount: float | None, limit: float | None) -> float | None:
    return None if amount is None or limit is None else 100 * amount / limit
