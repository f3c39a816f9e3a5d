"""The services of ECS clusters, as far as a deployment's size depends on them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html; needs `ecs:ListServices`, `ecs:DescribeServices` and
`ecs:DescribeTaskDefinition`, the last only where nobody else knows the size of the tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.ecs.task_size import cpu_units
from fargatecount.errors import MalformedError
from fargatecount.quotas.headroom import CapacityShare, Service
from fargatecount.quotas.headroom_survey import SMALLEST, Sizes
from fargatecount.workload import Capacity, Cluster

PER_DESCRIBE = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"""
PER_PAGE = 100
PROVIDERS = {"FARGATE": Capacity.ON_DEMAND, "FARGATE_SPOT": Capacity.SPOT}


Ask = Callable[..., Any]
"""Makes a call by its name, the client's method and its arguments; how fast, and how often again, is its matter."""


def at_once(name: str, ask: Callable[..., Any], **arguments: Any) -> Any:
    """Ask now; raises DeniedError or UnavailableError."""
    with aws_errors(f"{name} {arguments.get('cluster') or arguments.get('taskDefinition')}"):
        return ask(**arguments)


class EcsServices:
    """Services through a boto3 client `ecs`. Every method raises DeniedError or UnavailableError where AWS refused or did not answer."""

    def __init__(self, client: Any, ask: Ask = at_once) -> None:
        self._client = client
        self._ask = ask
        self._cpu: dict[str, int] = {}

    def named(self, cluster: Cluster, names: Sequence[str]) -> Sequence[Service]:
        """Return those of the names that are services on Fargate there."""
        return [_service(cluster, told, shares, self._cpu_of(told["taskDefinition"])) for told, shares in self._described(cluster, names)]

    def every(self, cluster: Cluster) -> Sequence[Service]:
        """Return all services on Fargate of a cluster."""
        return self.named(cluster, self._listed(cluster))

    def sized(self, cluster: Cluster, sizes: Sizes) -> Sequence[Service]:
        """Return all services on Fargate of a cluster, of the smallest size where `sizes` have none."""
        return [
            _service(cluster, told, shares, sizes.get((cluster, told["serviceName"]), SMALLEST))
            for told, shares in self._described(cluster, self._listed(cluster))
        ]

    def _listed(self, cluster: Cluster) -> list[str]:
        arns: list[str] = []
        token: dict[str, str] = {}
        while True:
            answer = self._ask("ListServices", self._client.list_services, cluster=cluster.arn, maxResults=PER_PAGE, **token)
            arns += answer["serviceArns"]
            if not answer.get("nextToken"):
                return sorted(arns)
            token = {"nextToken": answer["nextToken"]}

    def _described(self, cluster: Cluster, names: Sequence[str]) -> Iterator[tuple[dict[str, Any], tuple[CapacityShare, ...]]]:
        """Yield what ECS says of those that run on Fargate, with how their tasks are bought."""
        for start in range(0, len(names), PER_DESCRIBE):
            chunk = list(names[start : start + PER_DESCRIBE])
            for told in self._ask("DescribeServices", self._client.describe_services, cluster=cluster.arn, services=chunk)["services"]:
                shares = _shares(told)
                if told["status"] != "INACTIVE" and shares:
                    yield told, shares

    def _cpu_of(self, definition: str) -> int:
        if definition not in self._cpu:
            ask = self._client.describe_task_definition
            described = self._ask("DescribeTaskDefinition", ask, taskDefinition=definition)["taskDefinition"]
            cpu = cpu_units(described.get("cpu"))
            if cpu is None:
                raise MalformedError(f"task definition {definition} has cpu {described.get('cpu')!r}, which is no size that Fargate runs")
            self._cpu[definition] = cpu
        return self._cpu[definition]


def _service(cluster: Cluster, told: dict[str, Any], shares: tuple[CapacityShare, ...], cpu: int) -> Service:
    percent = told.get("deploymentConfiguration", {}).get("maximumPercent")
    return Service(
        cluster=cluster,
        name=told["serviceName"],
        desired=told["desiredCount"],
        running=told["runningCount"] + told["pendingCount"],
        cpu=cpu,
        # CodeDeploy puts a whole second set of tasks beside the first, and says nothing of percents.
        maximum_percent=200 if percent is None else percent,
        shares=shares,
    )


def _shares(service: dict[str, Any]) -> tuple[CapacityShare, ...]:
    """Return how its tasks are bought; empty for a service that is not on Fargate."""
    strategy = [item for item in service.get("capacityProviderStrategy", ()) if item["capacityProvider"] in PROVIDERS]
    if strategy:
        return tuple(CapacityShare(PROVIDERS[item["capacityProvider"]], item.get("base", 0), item.get("weight", 0)) for item in strategy)
    return (CapacityShare(Capacity.ON_DEMAND),) if service.get("launchType") == "FARGATE" else ()
