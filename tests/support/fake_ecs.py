# ruff: noqa: N803 - the arguments are spelled as boto3 spells them
"""ECS as its API shows it, with a memory: tasks that live through their states, the events it would send, and the troubles it can have.

Answers as boto3 does, so that `EcsApi` itself is what the tests drive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from fargatecount.ecs.task import Task, observe
from fargatecount.workload import Cluster, Millis, Observation, SourceRank
from tests.support.builders import MINUTE, SCOPE, WEB
from tests.support.fakes import FakeClock

HOUR = 60 * MINUTE


class _Meta:
    region_name = SCOPE.region


class FakeEcs:
    """Clusters and tasks of one account and Region."""

    meta = _Meta()

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._clusters: dict[str, str] = {}
        self._tasks: dict[str, dict[str, Any]] = {}
        self._services: dict[str, dict[str, Any]] = {}
        self._definitions: dict[str, dict[str, Any]] = {}
        self._denied: set[str] = set()
        self._throttle: Callable[[str], bool] = lambda _: False
        self._forgotten: set[str] = set()
        self._before: dict[str, list[Callable[[], object]]] = {}
        self.asked: list[str] = []
        """Every call, by name."""

    # What happens in the account.

    def create(self, cluster: Cluster = WEB) -> None:
        """Create a cluster."""
        self._clusters[cluster.arn] = "ACTIVE"

    def delete(self, cluster: Cluster = WEB, *, remembered: bool = True) -> None:
        """Delete a cluster; AWS shows it INACTIVE for a while, and then not at all."""
        if remembered:
            self._clusters[cluster.arn] = "INACTIVE"
        else:
            del self._clusters[cluster.arn]

    def start(self, task_id: str, cluster: Cluster = WEB, **changes: Any) -> Observation:
        """Start a task; return the event that would say so."""
        if cluster.arn not in self._clusters:
            self.create(cluster)
        self._tasks[task_id] = {
            "taskArn": f"{cluster.arn.replace(':cluster/', ':task/')}/{task_id}",
            "clusterArn": cluster.arn,
            "version": 1,
            "lastStatus": "PROVISIONING",
            "desiredStatus": "RUNNING",
            "launchType": "FARGATE",
            "cpu": "256",
            "memory": "512",
            "group": "service:web",
            "createdAt": self._now(),
        } | changes
        return self.event(task_id)

    def serve(self, name: str, cluster: Cluster = WEB, *, cpu: str = "1024", **changes: Any) -> None:
        """Create a service with tasks of a size."""
        if cluster.arn not in self._clusters:
            self.create(cluster)
        arn = f"{cluster.arn.replace(':cluster/', ':service/')}/{name}"
        definition = f"arn:aws:ecs:{SCOPE.region}:{SCOPE.account}:task-definition/{name}:1"
        self._definitions[definition] = {"taskDefinitionArn": definition, "cpu": cpu, "memory": "2048"}
        self._services[arn] = {
            "serviceArn": arn,
            "serviceName": name,
            "clusterArn": cluster.arn,
            "status": "ACTIVE",
            "desiredCount": 1,
            "runningCount": 1,
            "pendingCount": 0,
            "launchType": "FARGATE",
            "taskDefinition": definition,
            "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        } | changes

    def move(self, task_id: str, status: str, **changes: Any) -> Observation:
        """Let a task enter a state; return the event that would say so."""
        task = self._tasks[task_id]
        moment = {"RUNNING": "startedAt", "STOPPING": "stoppingAt", "DEPROVISIONING": "stoppingAt", "STOPPED": "stoppedAt"}.get(status)
        times = {moment: self._now()} if moment else {}
        desired = "STOPPED" if moment in {"stoppingAt", "stoppedAt"} else task["desiredStatus"]
        task.update({"lastStatus": status, "desiredStatus": desired, "version": task["version"] + 1, **times, **changes})
        return self.event(task_id)

    def run(self, task_id: str, cluster: Cluster = WEB, **changes: Any) -> Observation:
        """Start a task and let it run; return the event of its running."""
        self.start(task_id, cluster, **changes)
        return self.move(task_id, "RUNNING")

    def event(self, task_id: str) -> Observation:
        """Return what an event about the task's present state would say."""
        task = msgspec.convert(self._tasks[task_id], Task, strict=False)
        return observe(task, SourceRank.EVENT, self._clock.now())

    def truth(self) -> dict[str, Observation]:
        """Return every task that has not stopped."""
        return {task_id: self.event(task_id) for task_id, task in self._tasks.items() if task["lastStatus"] != "STOPPED"}

    # What can go wrong.

    def deny(self, cluster: Cluster) -> None:
        """Refuse to list or describe the tasks of a cluster."""
        self._denied.add(cluster.arn)

    def allow(self, cluster: Cluster) -> None:
        """Stop refusing."""
        self._denied.discard(cluster.arn)

    def throttle(self, decide: Callable[[str], bool]) -> None:
        """Throttle the calls for which `decide` says so."""
        self._throttle = decide

    def forget(self, task_id: str) -> None:
        """Know nothing of a task any more, as an hour after its stop."""
        del self._tasks[task_id]

    def hide(self, *task_ids: str) -> None:
        """Leave living tasks out of every answer, as an API that answers wrongly."""
        self._forgotten.update(task_ids)

    def show(self) -> None:
        """Answer rightly again."""
        self._forgotten.clear()

    def before(self, call: str, act: Callable[[], object]) -> None:
        """Let something happen right before the next call of that name."""
        self._before.setdefault(call, []).append(act)

    # The API.

    def list_clusters(self, *, maxResults: int, nextToken: str = "0") -> dict[str, Any]:
        """Answer ListClusters."""
        self._ask("list_clusters")
        arns = sorted(arn for arn, status in self._clusters.items() if status == "ACTIVE")
        return _page(arns, "clusterArns", maxResults, nextToken)

    def describe_clusters(self, *, clusters: Sequence[str], include: Sequence[str]) -> dict[str, Any]:
        """Answer DescribeClusters with statistics as text, left out where there are no Fargate tasks."""
        self._ask("describe_clusters")
        assert len(clusters) <= 100
        assert list(include) == ["STATISTICS"]
        found = []
        for arn in clusters:
            if arn in self._clusters:
                running = self._number(arn, {"RUNNING"})
                pending = self._number(arn, {"PROVISIONING", "PENDING", "ACTIVATING"})
                statistics = [
                    {"name": "RunningFargateTasksCount", "value": str(running)},
                    {"name": "pendingFargateTasksCount", "value": str(pending)},
                ]
                found.append({"clusterArn": arn, "status": self._clusters[arn]} | ({"statistics": statistics} if running + pending else {}))
        failures = [{"arn": arn, "reason": "MISSING"} for arn in clusters if arn not in self._clusters]
        return {"clusters": found, "failures": failures}

    def list_services(self, *, cluster: str, maxResults: int, nextToken: str = "0") -> dict[str, Any]:
        """Answer ListServices."""
        self._ask("list_services", cluster)
        arns = sorted(arn for arn, service in self._services.items() if service["clusterArn"] == cluster)
        return _page(arns, "serviceArns", maxResults, nextToken)

    def describe_services(self, *, cluster: str, services: Sequence[str], include: Sequence[str] = ()) -> dict[str, Any]:
        """Answer DescribeServices, by name or ARN; tags are shown with include=TAGS only."""
        self._ask("describe_services", cluster)
        assert len(services) <= 10
        prefix = cluster.replace(":cluster/", ":service/")
        arns = [name if name.startswith("arn:") else f"{prefix}/{name}" for name in services]
        failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in self._services]
        return {"services": [_shown(self._services[arn], include) for arn in arns if arn in self._services], "failures": failures}

    def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:
        """Answer DescribeTaskDefinition."""
        self._ask("describe_task_definition")
        return {"taskDefinition": dict(self._definitions[taskDefinition])}

    def list_tasks(self, *, cluster: str, desiredStatus: str, launchType: str, maxResults: int, nextToken: str = "0") -> dict[str, Any]:
        """Answer ListTasks; what stopped more than an hour ago is forgotten."""
        self._ask("list_tasks", cluster)
        arns = sorted(
            task["taskArn"]
            for task_id, task in self._tasks.items()
            if task["clusterArn"] == cluster
            and task["desiredStatus"] == desiredStatus
            and task["launchType"] == launchType
            and self._visible(task_id)
        )
        return _page(arns, "taskArns", maxResults, nextToken)

    def describe_tasks(self, *, cluster: str, tasks: Sequence[str], include: Sequence[str] = ()) -> dict[str, Any]:
        """Answer DescribeTasks; tags are shown with include=TAGS only."""
        self._ask("describe_tasks", cluster)
        assert len(tasks) <= 100
        found = [self._tasks[i] for i in tasks if i in self._tasks and self._visible(i) and self._tasks[i]["clusterArn"] == cluster]
        known = {task["taskArn"].rpartition("/")[2] for task in found}
        prefix = cluster.replace(":cluster/", ":task/")
        return {
            "tasks": [_shown(task, include) for task in found],
            "failures": [{"arn": f"{prefix}/{i}", "reason": "MISSING"} for i in tasks if i not in known],
        }

    def _ask(self, call: str, cluster: str | None = None) -> None:
        self.asked.append(call)
        for act in self._before.pop(call, []):
            act()
        if self._throttle(call):
            raise _error("ThrottlingException", "Rate exceeded", call)
        if cluster in self._denied:
            raise _error("AccessDeniedException", f"not authorized to perform ecs:{call} on {cluster}", call)
        if cluster is not None and self._clusters.get(cluster) != "ACTIVE":
            raise _error("ClusterNotFoundException", "Cluster not found.", call)

    def _visible(self, task_id: str) -> bool:
        task = self._tasks[task_id]
        if task_id in self._forgotten:
            return False
        return task["lastStatus"] != "STOPPED" or self._millis(task["stoppedAt"]) > self._clock.now() - HOUR

    def _number(self, cluster: str, statuses: set[str]) -> int:
        return sum(
            task["clusterArn"] == cluster and task["launchType"] == "FARGATE" and task["lastStatus"] in statuses
            for task in self._tasks.values()
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)

    @staticmethod
    def _millis(moment: datetime) -> Millis:
        return round(moment.timestamp() * 1000)


def _page(values: Sequence[str], key: str, size: int, token: str) -> dict[str, Any]:
    start = int(token)
    more = {"nextToken": str(start + size)} if start + size < len(values) else {}
    return {key: list(values[start : start + size])} | more


def _shown(described: dict[str, Any], include: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in described.items() if key != "tags" or "TAGS" in include}


def _error(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
