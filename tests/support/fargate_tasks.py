"""Starts many tasks in the embedded AWS through the ECS API."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local.stack import Stack

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


BATCH = 10
"""Tasks of one RunTask call."""


def start(stack: Stack, clusters: Sequence[str], tasks: int) -> dict[str, list[str]]:
    """Start so many tasks in each cluster through the ECS API; return their ARNs."""
    ecs = stack.client("ecs")
    ecs.register_task_definition(
        family="job",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "job", "essential": True}],
    )

    def fill(name: str) -> list[str]:
        ecs.create_cluster(clusterName=name)
        arns: list[str] = []
        while len(arns) < tasks:
            count = min(BATCH, tasks - len(arns))
            answer = ecs.run_task(cluster=name, taskDefinition="job", count=count, launchType="FARGATE", networkConfiguration=NETWORK)
            arns += [task["taskArn"] for task in answer["tasks"]]
        return arns

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(clusters, pool.map(fill, clusters), strict=True))
