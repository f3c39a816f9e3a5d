"""ARNs of ECS: what a cluster, task or service ARN names.

Pure. Every part is bounded and ASCII, because account, Region and name become keys of the table: DynamoDB takes keys of 1 to 2,048 bytes
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). The partition is not limited to those known today.
"""

from __future__ import annotations

import re

from fargatecount.workload import Cluster, Kind, Scope

_PREFIX = r"arn:[a-z0-9-]{1,63}:ecs:(?P<region>[a-z0-9-]{1,63}):(?P<account>[0-9]{12}):"
_NAME = r"[A-Za-z0-9_-]{1,255}"
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html: up to 255 letters, numbers, underscores, hyphens."""
_CLUSTER = re.compile(rf"{_PREFIX}cluster/(?P<name>{_NAME})")
_TASK = re.compile(rf"{_PREFIX}task/(?:{_NAME}/)?(?P<id>{_NAME})")
_SERVICE = re.compile(rf"{_PREFIX}service/(?:(?P<cluster>{_NAME})/)?(?P<name>{_NAME})")


def cluster_of(arn: str) -> Cluster | None:
    """Return the cluster of a cluster ARN; None for any other text."""
    match = _CLUSTER.fullmatch(arn)
    return Cluster(Scope(match["account"], match["region"]), Kind.ECS, match["name"]) if match else None


def task_id_of(arn: str) -> str | None:
    """Return the id in a task ARN; None for any other text. The cluster's name is in the ARN of new accounts only."""
    match = _TASK.fullmatch(arn)
    return match["id"] if match else None


def service_of(arn: str) -> tuple[Cluster | None, str]:
    """Return the cluster and the name in a service ARN; the name is empty for any other text.

    The cluster is None where the ARN has the form of accounts from before 2018, without the cluster's name
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html#ecs-resource-ids).
    """
    match = _SERVICE.fullmatch(arn)
    if match is None:
        return None, ""
    cluster = Cluster(Scope(match["account"], match["region"]), Kind.ECS, match["cluster"]) if match["cluster"] else None
    return cluster, match["name"]
