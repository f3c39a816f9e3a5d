"""Resources of an embedded AWS without a deployment: the table alone, as infra/table.yml defines it, clusters, and tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from benchmarks.units import Attributes, Key
from fargatecount.settings.environment import DEPLOYED_BUCKETS, PREFIX, IngestSettings

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def make_table(dynamodb: Any, name: str) -> None:
    """Create a table with the ledger's keys."""
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )


def table_items(dynamodb: Any, name: str) -> dict[Key, Attributes]:
    """Return all items of a table, in the wire format."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def settings(table: str) -> dict[str, str]:
    """Return the environment of a function that only counts; the other required names lead nowhere."""
    needed = {field.name for field in msgspec.structs.fields(IngestSettings) if field.required}
    nowhere = {PREFIX + name.upper(): "http://127.0.0.1:9/nowhere" for name in needed}
    return nowhere | {f"{PREFIX}TABLE": table, f"{PREFIX}BUCKETS": str(DEPLOYED_BUCKETS)}


def run_tasks(ecs: Any, names: Iterable[str], tasks: int) -> None:
    """Create clusters with these names and this number of tasks in each; ECS starts ten at a time."""
    ecs.register_task_definition(
        family="app",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "app", "essential": True}],
    )
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    for name in names:
        ecs.create_cluster(clusterName=name)
        for _ in range(tasks // 10):
            ecs.run_task(cluster=name, taskDefinition="app", count=10, launchType="FARGATE", networkConfiguration=network)
