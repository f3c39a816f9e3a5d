"""The services of ECS clusters, as far as a deployment's size depends on them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html; needs `ecs:ListServices`, `ecs:DescribeServices` and
`ecs:DescribeTaskDefinition`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.ecs import cpu_units
from fargatecount.errors import Malformed
from fargatecount.headroom import Service, Share
from fargatecount.workload import Capacity, Cluster

PER_DESCRIBE = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"""
PER_PAGE = 100
PROVIDERS = {"FARGATE": Capacity.ON_DEMAND, "FARGATE_SPOT": Capacity.SPOT}


class EcsServices:
    """Services through a boto3 client `ecs`. Every method raises Denied or Unavailable where AWS refused or did not answer."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._cpu: dict[str, int] = {}

    def named(self, cluster: Cluster, names: Sequence[str]) -> Sequence[Service]:
        """Return those of the names that are services on Fargate there."""
        found = []
        for start in range(0, len(names), PER_DESCRIBE):
            with aws_errors(f"describing services of {cluster.name}"):
                answer = self._client.describe_services(cluster=cluster.arn, services=list(names[start : start + PER_DESCRIBE]))
            for service in answer["services"]:
                shares = _shares(service)
                if service["status"] != "INACTIVE" and shares:
                    found.append(self._service(cluster, service, shares))
        return found

    def every(self, cluster: Cluster) -> Sequence[Service]:
        """Return all services on Fargate of a cluster."""
        arns: list[str] = []
        token: dict[str, str] = {}
        while True:
            with aws_errors(f"listing services of {cluster.name}"):
                answer = self._client.list_services(cluster=cluster.arn, maxResults=PER_PAGE, **token)
            arns += answer["serviceArns"]
            if not answer.get("nextToken"):
                return self.named(cluster, sorted(arns))
            token = {"nextToken": answer["nextToken"]}

    def _service(self, cluster: Cluster, service: dict[str, Any], shares: tuple[Share, ...]) -> Service:
        percent = service.get("deploymentConfiguration", {}).get("maximumPercent")
        return Service(
            cluster=cluster,
            name=service["serviceName"],
            desired=service["desiredCount"],
            running=service["runningCount"] + service["pendingCount"],
            cpu=self._cpu_of(service["taskDefinition"]),
            # CodeDeploy puts a whole second set of tasks beside the first, and says nothing of percents.
            maximum_percent=200 if percent is None else percent,
            shares=shares,
        )

    def _cpu_of(self, definition: str) -> int:
        if definition not in self._cpu:
            with aws_errors(f"reading task definition {definition}"):
                described = self._client.describe_task_definition(taskDefinition=definition)["taskDefinition"]
            cpu = cpu_units(described.get("cpu"))
            if cpu is None:
                raise Malformed(f"task definition {definition} has cpu {described.get('cpu')!r}, which is no size that Fargate runs")
            self._cpu[definition] = cpu
        return self._cpu[definition]


def _shares(service: dict[str, Any]) -> tuple[Share, ...]:
    """Return how its tasks are bought; empty for a service that is not on Fargate."""
    strategy = [item for item in service.get("capacityProviderStrategy", ()) if item["capacityProvider"] in PROVIDERS]
    if strategy:
        return tuple(Share(PROVIDERS[item["capacityProvider"]], item.get("base", 0), item.get("weight", 0)) for item in strategy)
    return (Share(Capacity.ON_DEMAND),) if service.get("launchType") == "FARGATE" else ()
