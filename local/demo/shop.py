"""The workloads of the demo: a shop with services, standalone jobs and Spot workers on ECS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.stack import Stack

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
RUN_TASK_COUNT = 10
"""Tasks of one RunTask call: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""

SIZES = {"front": ("256", "512"), "checkout": ("512", "1024"), "nightly": ("1024", "2048"), "resize": ("256", "1024")}
"""Task-definition family to CPU units and MiB."""


class Shop:
    """Clusters `web` (services), `batch` (standalone tasks) and `spot` (workers on Fargate Spot)."""

    def __init__(self, stack: Stack) -> None:
        self._ecs = stack.client("ecs")

    def open(self) -> None:
        """Create the clusters and the task definitions."""
        for name in ("web", "batch", "spot"):
            self._ecs.create_cluster(clusterName=name)
        for family, (cpu, memory) in SIZES.items():
            self._ecs.register_task_definition(
                family=family,
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                cpu=cpu,
                memory=memory,
                containerDefinitions=[{"name": "app", "image": family, "essential": True}],
            )

    def serve(self, service: str, desired: int) -> None:
        """Create a service, or change its desired count."""
        names = {arn.rpartition("/")[2] for arn in self._ecs.list_services(cluster="web")["serviceArns"]}
        if service in names:
            self._ecs.update_service(cluster="web", service=service, desiredCount=desired)
        else:
            self._ecs.create_service(
                cluster="web",
                serviceName=service,
                taskDefinition=service,
                desiredCount=desired,
                launchType="FARGATE",
                networkConfiguration=NETWORK,
            )

    def run(self, cluster: str, family: str, number: int, *, spot: bool = False) -> list[str]:
        """Run standalone tasks; return their ARNs."""
        how: dict[str, Any] = {"launchType": "FARGATE"}
        if spot:
            how = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}

        def launch(count: int) -> list[str]:
            answer = self._ecs.run_task(cluster=cluster, taskDefinition=family, count=count, networkConfiguration=NETWORK, **how)
            return [task["taskArn"] for task in answer["tasks"]]

        calls = [min(RUN_TASK_COUNT, number - start) for start in range(0, number, RUN_TASK_COUNT)]
        with ThreadPoolExecutor(4) as pool:
            return [arn for arns in pool.map(launch, calls) for arn in arns]

    def stop(self, cluster: str, arns: list[str]) -> None:
        """Stop tasks."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda arn: self._ecs.stop_task(cluster=cluster, task=arn, reason="demo"), arns))

    def statistics(self) -> dict[str, int]:
        """Return the tasks that run on Fargate per cluster, by ECS's own statistics."""
        answer = self._ecs.describe_clusters(clusters=["web", "batch", "spot"], include=["STATISTICS"])
        return {
            cluster["clusterName"]: sum(
                int(s["value"]) for s in cluster.get("statistics", ()) if s["name"].lower() == "runningfargatetaskscount"
            )
            for cluster in answer["clusters"]
        }
