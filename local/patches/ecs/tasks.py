"""RunTask and StopTask: tasks that live (see lifecycle), as the API and as the emulator's own service scheduler start and stop them."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Final
from uuid import uuid4

from ministack.core import responses
from ministack.services import ecs

from local.aws.ecs.placement import FARGATE_PROVIDERS, provider_for_next
from local.aws.ecs.task import STARTING, Launch, Record, new_task
from local.patches.ecs.lifecycle import Lifecycle
from local.patches.ecs.refused import RefusedError, cluster_of

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
MAX_TASKS_PER_CALL: Final = 10


class Tasks:
    """The calls that start and stop tasks."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle

    def run(self, data: dict[str, Any]) -> dict[str, Any]:
        """RunTask, as the API takes it."""
        count = int(data.get("count") or 1)
        if not 1 <= count <= MAX_TASKS_PER_CALL:
            raise RefusedError("InvalidParameterException", f"count should be between 1 and {MAX_TASKS_PER_CALL}, it is {count}")
        if str(data.get("startedBy", "")).startswith("ecs-svc/") or str(data.get("group", "")).startswith("service:"):
            raise RefusedError("InvalidParameterException", "startedBy ecs-svc/… and group service:… are reserved for services")
        return {"tasks": self._start(data, count), "failures": []}

    def run_for_service(self, data: dict[str, Any]) -> dict[str, Any]:
        """Start the tasks of a service: any number, by the deployment that `_deploymentId` names."""
        return {"tasks": self._start({**data, "startedBy": data["_deploymentId"]}, int(data["count"])), "failures": []}

    def stop(self, data: dict[str, Any]) -> dict[str, Any]:
        """StopTask, as the API takes it."""
        return self._stop(data, "UserInitiated", data.get("reason") or "Task stopped by user")

    def stop_for_service(self, data: dict[str, Any]) -> dict[str, Any]:
        """Stop a task because its service wants fewer, or others."""
        return self._stop(data, "ServiceSchedulerInitiated", f"Scaling activity initiated by service: {data.get('reason', '')}")

    def interrupt(self, arns: list[str]) -> None:
        """Take the capacity of these tasks back, as AWS does with Spot.

        Raises:
            ValueError: One of them is no living Spot task.
        """
        records = []
        for arn in arns:
            _, _, _, region, account, _ = arn.split(":", 5)
            record = ecs._tasks.get_scoped(account, region, arn)
            if record is None or record["capacityProviderName"] != "FARGATE_SPOT" or record["lastStatus"] not in STARTING:
                raise ValueError(f"{arn} is no living Spot task: only those are interrupted")
            records.append(record)
        for record in records:
            self._lifecycle.interrupt(record)

    def _start(self, data: dict[str, Any], count: int) -> list[Record]:
        cluster = cluster_of(data)
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")))
        if definition is None or definition["status"] != "ACTIVE":
            raise RefusedError("ClientException", f"TaskDefinition not found: {data.get('taskDefinition')}")
        launch_type, strategy, refused = ecs._launch_choice(data, cluster)
        if refused:
            raise RefusedError("InvalidParameterException", ecs._BOTH_LAUNCH_CHOICES)
        placed = self._placed(cluster, data.get("group")) if strategy else Counter[str]()
        records = []
        for _ in range(count):
            provider = provider_for_next(strategy, placed) if strategy else None
            if provider:
                placed[provider] += 1
            launch = Launch(
                region=responses.get_region(),
                account=responses.get_account_id(),
                cluster_arn=cluster["clusterArn"],
                task_id=uuid4().hex,
                network_id=uuid4().hex,
                definition=definition,
                launch_type=launch_type if provider is None else "FARGATE" if provider in FARGATE_PROVIDERS else "EC2",
                capacity_provider=provider,
                group=data.get("group") or f"family:{definition['family']}",
                started_by=data.get("startedBy") or "",
                request=data,
            )
            _check_fargate(launch)
            records.append(new_task(launch, time.time()))
        accepted = [ecs._sanitize(record) for record in records]  # a copy, because the tasks continue to change
        for record in records:
            if record["tags"]:
                ecs._tags[record["taskArn"]] = list(record["tags"])
            with self._lifecycle.lock:
                ecs._tasks[record["taskArn"]] = record
                self._lifecycle.begin(record)
        return accepted

    def _placed(self, cluster: dict[str, Any], group: str | None) -> Counter[str]:
        """Return where the living tasks of the service are, so that its strategy holds over all of them, not for each call."""
        if group is None:
            return Counter()
        return Counter(
            record["capacityProviderName"]
            for record in ecs._tasks.values()
            if record["group"] == group and record["clusterArn"] == cluster["clusterArn"] and record["lastStatus"] in STARTING
        )

    def _stop(self, data: dict[str, Any], code: str, reason: str) -> dict[str, Any]:
        cluster = cluster_of(data)
        record = find(cluster, data.get("task", ""))
        if record is None:
            raise RefusedError("InvalidParameterException", "The referenced task was not found.")
        with self._lifecycle.lock:
            self._lifecycle.stop(record, code=code, reason=reason)
            return {"task": ecs._sanitize(record)}


def find(cluster: dict[str, Any], reference: str) -> Record | None:
    """Return the task of the cluster with exactly this ARN or id."""
    arn = reference if reference.startswith("arn:") else f"{cluster['clusterArn'].replace(':cluster/', ':task/')}/{reference}"
    record: Record | None = ecs._tasks.get(arn)
    return record if record is not None and record["clusterArn"] == cluster["clusterArn"] else None


def _check_fargate(launch: Launch) -> None:
    """Refuse what Fargate refuses at launch."""
    if launch.launch_type != "FARGATE":
        return
    overrides = launch.request.get("overrides") or {}
    missing = [size for size in ("cpu", "memory") if not (overrides.get(size) or launch.definition.get(size))]
    if missing:
        raise RefusedError("ClientException", f"Fargate requires that {' and '.join(missing)} be defined at the task level.")
    if not (launch.request.get("networkConfiguration") or {}).get("awsvpcConfiguration"):
        raise RefusedError("InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
