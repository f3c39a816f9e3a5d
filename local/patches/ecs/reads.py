"""ListTasks and DescribeTasks: exact ids, all filters, clusters that do not exist, and stopped tasks that disappear after an hour."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Final

from ministack.core import responses
from ministack.services import ecs

from local.aws.ecs.task import Record
from local.faults import FaultBoard
from local.patches.ecs.lifecycle import Lifecycle
from local.patches.ecs.refused import RefusedError, cluster_of
from local.patches.ecs.tasks import find

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html and API_ListTasks.html
MAX_TASKS_DESCRIBED: Final = 100
LARGEST_PAGE: Final = 100


class Reads:
    """The calls that return tasks."""

    def __init__(self, faults: FaultBoard, lifecycle: Lifecycle) -> None:
        self._faults = faults
        self._lifecycle = lifecycle

    def describe(self, data: dict[str, Any]) -> dict[str, Any]:
        """DescribeTasks."""
        references = data.get("tasks") or []
        if not 1 <= len(references) <= MAX_TASKS_DESCRIBED:
            raise RefusedError("InvalidParameterException", f"tasks can have 1 to {MAX_TASKS_DESCRIBED} items, not {len(references)}")
        cluster = cluster_of(data)
        tasks, failures = [], []
        for reference in references:
            record = find(cluster, reference)
            if record is None or self._faded(record):
                failures.append({"arn": _arn(cluster, reference), "reason": "MISSING"})
                continue
            with self._lifecycle.lock:
                task = ecs._sanitize(record)
            task["tags"] = ecs._tags.get(record["taskArn"], []) if "TAGS" in (data.get("include") or []) else []
            tasks.append(task)
        return {"tasks": tasks, "failures": failures}

    def list(self, data: dict[str, Any]) -> dict[str, Any]:
        """ListTasks; a page goes on after the last ARN of the one before, so that tasks which come and go shift nothing."""
        cluster = cluster_of(data)
        size = int(data.get("maxResults") or LARGEST_PAGE)
        if not 1 <= size <= LARGEST_PAGE:
            raise RefusedError("InvalidParameterException", f"maxResults can be 1 to {LARGEST_PAGE}, not {size}")
        self._forget_faded()
        after = data.get("nextToken") or ""
        arns = sorted(
            record["taskArn"]
            for record in ecs._tasks.values()
            if record["clusterArn"] == cluster["clusterArn"] and record["taskArn"] > after and _wanted(record, data)
        )
        page = arns[:size]
        return {"taskArns": page, "nextToken": page[-1]} if len(arns) > size else {"taskArns": page}

    def _faded(self, record: Record) -> bool:
        if record["lastStatus"] != "STOPPED":
            return False
        stopped = datetime.fromisoformat(record["stoppedAt"]).timestamp()
        return time.time() - stopped > self._faults.settings.stopped_tasks_visible_seconds

    def _forget_faded(self) -> None:
        for record in ecs._tasks.values():
            if self._faded(record):
                ecs._tasks.pop(record["taskArn"], None)
                ecs._tags.pop(record["taskArn"], None)


def _wanted(record: Record, data: dict[str, Any]) -> bool:
    """Whether the task passes all filters of the request; without one on the status, those that are to run."""
    family = record["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0]
    return (
        record["desiredStatus"] == (data.get("desiredStatus") or "RUNNING")
        and data.get("launchType") in (None, record["launchType"])
        and data.get("family") in (None, family)
        and data.get("startedBy") in (None, record["startedBy"])
        and (not data.get("serviceName") or record["group"] == f"service:{data['serviceName'].rpartition('/')[2]}")
        and data.get("containerInstance") in (None, record.get("containerInstanceArn"))
    )


def _arn(cluster: dict[str, Any], reference: str) -> str:
    if reference.startswith("arn:"):
        return reference
    name = cluster["clusterName"]
    return f"arn:aws:ecs:{responses.get_region()}:{responses.get_account_id()}:task/{name}/{reference}"
