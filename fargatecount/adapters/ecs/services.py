"""The services of ECS clusters: the fields that the size of a deployment depends on.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html; needs `ecs:ListServices`, `ecs:DescribeServices` and
`ecs:DescribeTaskDefinition`, the last only where the size of the tasks is not known otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from fargatecount.adapters.sessions import aws_errors
from fargatecount.ecs.task import PROVIDERS
from fargatecount.ecs.task_size import cpu_units
from fargatecount.errors import MalformedError
from fargatecount.quotas.headroom import CapacityShare, Service
from fargatecount.quotas.headroom_survey import SMALLEST, Sizes
from fargatecount.workload import Capacity, Cluster

PER_DESCRIBE = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"""
PER_PAGE = 100

Ask = Callable[..., Any]
"""Makes a call, given its name, the client's method and the arguments; rate and retries are its own."""


def at_once(name: str, ask: Callable[..., Any], **arguments: Any) -> Any:
    """Call AWS now; raises DeniedError or UnavailableError."""
    with aws_errors(f"{name} {arguments.get('cluster') or arguments.get('taskDefinition')}"):
        return ask(**arguments)


ARN: Callable[[Cluster], str] = attrgetter("arn")
"""The ARN by the partition of the Region, where the clusters have not been listed."""


class EcsServices:
    """Services through a boto3 client `ecs`; `arn_of` returns a cluster's ARN as AWS itself wrote it, where that is known.

    Every method raises DeniedError or UnavailableError where AWS refused or did not answer.
    """

    def __init__(self, client: Any, ask: Ask = at_once, arn_of: Callable[[Cluster], str] = ARN) -> None:
        self._client = client
        self._ask = ask
        self._arn_of = arn_of
        self._cpu: dict[str, int] = {}

    def named(self, cluster: Cluster, names: Sequence[str]) -> Sequence[Service]:
        """Return the services on Fargate that have one of the names."""
        return [
            _service(cluster, described, shares, self._cpu_of(described["taskDefinition"]))
            for described, shares in self._described(cluster, names)
        ]

    def every(self, cluster: Cluster) -> Sequence[Service]:
        """Return all services on Fargate of a cluster."""
        return self.named(cluster, self._listed(cluster))

    def sized(self, cluster: Cluster, sizes: Sizes) -> Sequence[Service]:
        """Return all services on Fargate of a cluster, with the smallest size for one that `sizes` lacks."""
        return [
            _service(cluster, described, shares, sizes.get((cluster, described["serviceName"]), SMALLEST))
            for described, shares in self._described(cluster, self._listed(cluster))
        ]

    def _listed(self, cluster: Cluster) -> list[str]:
        arns: list[str] = []
        token: dict[str, str] = {}
        while True:
            answer = self._ask("ListServices", self._client.list_services, cluster=self._arn_of(cluster), maxResults=PER_PAGE, **token)
            arns += answer["serviceArns"]
            if not answer.get("nextToken"):
                return sorted(arns)
            token = {"nextToken": answer["nextToken"]}

    def _described(self, cluster: Cluster, names: Sequence[str]) -> Iterator[tuple[dict[str, Any], tuple[CapacityShare, ...]]]:
        """Yield the services on Fargate as ECS describes them, each with its shares of capacity."""
        for start in range(0, len(names), PER_DESCRIBE):
            chunk = list(names[start : start + PER_DESCRIBE])
            answer = self._ask("DescribeServices", self._client.describe_services, cluster=self._arn_of(cluster), services=chunk)
            for described in answer["services"]:
                shares = _shares(described)
                if described["status"] != "INACTIVE" and shares:
                    yield described, shares

    def _cpu_of(self, definition: str) -> int:
        if definition not in self._cpu:
            ask = self._client.describe_task_definition
            described = self._ask("DescribeTaskDefinition", ask, taskDefinition=definition)["taskDefinition"]
            cpu = cpu_units(described.get("cpu"))
            if cpu is None:
                raise MalformedError(f"task definition {definition} has cpu {described.get('cpu')!r}, which is not a size of Fargate")
            self._cpu[definition] = cpu
        return self._cpu[definition]


def _service(cluster: Cluster, described: dict[str, Any], shares: tuple[CapacityShare, ...], cpu: int) -> Service:
    deployment = described.get("deploymentConfiguration", {})
    maximum, minimum = deployment.get("maximumPercent"), deployment.get("minimumHealthyPercent")
    return Service(
        cluster=cluster,
        name=described["serviceName"],
        desired=described["desiredCount"],
        running=described["runningCount"] + described["pendingCount"],
        cpu=cpu,
        # A deployment by CodeDeploy starts a whole second set of tasks and has no percentages.
        maximum_percent=200 if maximum is None else maximum,
        minimum_percent=100 if minimum is None else minimum,
        shares=shares,
    )


def _shares(service: dict[str, Any]) -> tuple[CapacityShare, ...]:
    """Return the shares of capacity of its tasks; empty for a service that is not on Fargate."""
    strategy = [item for item in service.get("capacityProviderStrategy", ()) if item["capacityProvider"] in PROVIDERS]
    if strategy:
        return tuple(CapacityShare(PROVIDERS[item["capacityProvider"]], item.get("base", 0), item.get("weight", 0)) for item in strategy)
    return (CapacityShare(Capacity.ON_DEMAND),) if service.get("launchType") == "FARGATE" else ()
