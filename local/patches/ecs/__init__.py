"""ECS like AWS's: tasks that take time, send events, and are returned as AWS returns them.

The emulator's clusters, task definitions and service scheduler stay; this package replaces the life of tasks and the calls that show it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack.services import ecs

from local.faults import FaultBoard
from local.patches.ecs import clusters, permissions
from local.patches.ecs.lifecycle import Lifecycle
from local.patches.ecs.reads import Reads
from local.patches.ecs.refused import Call, checked, cluster_of, replying
from local.patches.ecs.tasks import Tasks


def apply(faults: FaultBoard) -> Callable[[list[str]], None]:
    """Replace the task calls and start the tasks' lifecycle; return what interrupts Spot tasks."""
    lifecycle = Lifecycle(faults)
    tasks, reads = Tasks(lifecycle), Reads(faults, lifecycle)
    calls = ecs._ACTION_MAP
    calls["RunTask"] = replying(tasks.run)
    calls["StopTask"] = replying(tasks.stop)
    calls["DescribeTasks"] = replying(reads.describe)
    calls["ListTasks"] = replying(reads.list)
    calls["ListClusters"] = replying(clusters.list_page)
    calls["DescribeClusters"] = checked(clusters.describe, calls["DescribeClusters"])
    calls["DeleteCluster"] = checked(clusters.delete, calls["DeleteCluster"])
    calls["DescribeServices"] = checked(_refresh_services, calls["DescribeServices"])
    for name in ("CreateService", "UpdateService", "DeleteService"):
        calls[name] = _one_at_a_time(lifecycle, checked(cluster_of, calls[name]))
    # The functions that the emulator's service scheduler calls.
    ecs._run_task = replying(tasks.run_for_service)
    ecs._stop_task = replying(tasks.stop_for_service)
    ecs._make_deployment = _with_deployment_id(ecs._make_deployment)
    ecs._cluster_statistics = clusters.statistics
    ecs._recount_cluster = clusters.recount
    ecs._get_docker = lambda: None  # a machine with Docker must not behave differently from one without
    ecs._ts_to_epoch = _epoch
    permissions.apply()
    lifecycle.start()
    return tasks.interrupt


def _one_at_a_time(lifecycle: Lifecycle, call: Call) -> Call:
    """Return the call so that it and the scheduler, which may be at the same service, do not both start the same tasks."""

    def locked(data: dict[str, Any]) -> Any:
        with lifecycle.lock:
            return call(data)

    return locked


def _refresh_services(data: dict[str, Any]) -> None:
    """Count the tasks of the services that are asked for: the emulator counts only when the scheduler runs."""
    cluster = cluster_of(data)["clusterName"]
    for reference in data.get("services") or []:
        ecs._refresh_service_state(cluster, f"service:{reference.rpartition('/')[2]}")


def _with_deployment_id(make_deployment: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Give deployments ids as ECS does, which the tasks carry in `startedBy`: nineteen digits."""
    digits = random.Random()

    def make(*arguments: Any, **options: Any) -> dict[str, Any]:
        return {**make_deployment(*arguments, **options), "id": f"ecs-svc/{digits.randrange(10**18, 10**19)}"}

    return make


def _epoch(value: Any) -> Any:
    """Return a timestamp of a record as the API gives it: seconds, to the millisecond, where the emulator cuts to seconds."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value
    except ValueError:
        return value
