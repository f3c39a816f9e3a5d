"""Clusters of a partition that is younger than this version."""

from __future__ import annotations

from typing import Any

from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.snapshot import Statistics
from fargatecount.workload import Cluster, Kind, Scope
from tests.support.fakes import FakeClock

ARN = "arn:aws-moon:ecs:moon-north-1:123456789012:cluster/web"
WEB = Cluster(Scope("123456789012", "moon-north-1"), Kind.ECS, "web")


class MoonEcs:
    """An ECS with one cluster, which it knows by its own ARN only."""

    def list_clusters(self, **_: Any) -> dict[str, Any]:
        return {"clusterArns": [ARN]}

    def describe_clusters(self, *, clusters: list[str], **_: Any) -> dict[str, Any]:
        known = [{"clusterArn": ARN, "statistics": [{"name": "runningFargateTasksCount", "value": "3"}]}]
        return {"clusters": known if clusters == [ARN] else [], "failures": [] if clusters == [ARN] else [{"reason": "MISSING"}]}

    def list_tasks(self, *, cluster: str, **_: Any) -> dict[str, Any]:
        return {"taskArns": [f"{ARN.replace(':cluster/', ':task/')}/t1"] if cluster == ARN else []}

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        described = {
            "taskArn": f"{ARN.replace(':cluster/', ':task/')}/{tasks[0]}",
            "clusterArn": ARN,
            "version": 3,
            "lastStatus": "RUNNING",
            "launchType": "FARGATE",
        }
        return {"tasks": [described]}


def test_a_cluster_is_read_by_the_arn_that_aws_returned() -> None:
    """An unknown partition matters neither to the statistics nor to the snapshot of a cluster."""
    clock = FakeClock()
    ecs = EcsApi(MoonEcs(), WEB.scope, RateLimiter(clock), clock)
    assert ecs.clusters() == [WEB]
    assert ecs.statistics([WEB]) == {WEB: Statistics(running=3)}
    (seen,) = ecs.snapshot(WEB, {}).observations
    assert (seen.cluster, seen.workload_id) == (WEB, "t1")
