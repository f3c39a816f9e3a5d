"""The survey: how many services cannot be deployed now, because their next rolling deployment does not fit what is free of the quota.

Pure, except for the port. Each service is judged by itself, as if it were the only one deployed. The size of its tasks is that of its tasks
in the ledger, so task definitions, which may contain secrets, are not read. A service without a task is assumed to have the smallest size:
if it does not fit then, it fits in no size; if it fits, the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.errors import DeadlineExceededError, FargatecountError
from fargatecount.group import service_name_of
from fargatecount.ledger.row import Row
from fargatecount.quotas.headroom import Headroom, Service, headroom
from fargatecount.workload import Capacity, Cluster, Kind

SMALLEST = 256
"""CPU units: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size"""
NAMED = 20
"""Services that a report names, those that lack most first: with more of them, you need a quota, not a list."""

Sizes = Mapping[tuple[Cluster, str], int]
"""CPU units of the tasks of a service, by its cluster and name."""


class SizedServices(Protocol):
    """The source of the services of a cluster, without the size of their tasks."""

    def sized(self, cluster: Cluster, sizes: Sizes) -> Sequence[Service]:
        """Return all services on Fargate of a cluster, with the smallest size where `sizes` has none.

        Raises DeniedError or UnavailableError.
        """
        ...


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """How many services fit, and which do not."""

    services: int
    without: Sequence[Headroom]
    """Those whose next deployment does not fit."""
    undecided: int = 0
    """Those for which that is unknown, because a quota is, or the counts are incomplete."""
    unsized: int = 0
    """Those that have no task yet, and fit if their tasks have the smallest size."""
    problems: Sequence[str] = ()
    """Why clusters are missing from it."""

    @property
    def number(self) -> int | None:
        """How many services have no headroom; None where that is unknown."""
        return None if self.undecided or self.problems else len(self.without)


def sizes_of(workloads: Iterable[tuple[Cluster, Row]]) -> dict[tuple[Cluster, str], int]:
    """Return the size of each service's tasks; during a change of size, the larger one."""
    sizes: dict[tuple[Cluster, str], int] = {}
    for cluster, row in workloads:
        service, cpu = service_name_of(row.facts.group, cluster.kind), row.facts.cpu
        if service is not None and cpu:
            sizes[cluster, service] = max(cpu, sizes.get((cluster, service), 0))
    return sizes


def judged(services: Iterable[Service], sizes: Sizes, free: Mapping[Capacity, Bounded], problems: Sequence[str] = ()) -> Survey:
    """Return for each service whether its next deployment fits."""
    number, undecided, unsized = 0, 0, 0
    without: list[Headroom] = []
    for service in services:
        number += 1
        found = headroom(service, free)
        if found.fits is False:
            without.append(found)
        elif found.fits is None:
            undecided += 1
        elif (service.cluster, service.name) not in sizes and found.peak > 0:
            unsized += 1
    without.sort(key=lambda one: (-lacking(one), one.service.cluster, one.service.name))
    return Survey(services=number, without=without, undecided=undecided, unsized=unsized, problems=problems)


def survey(
    source: SizedServices, clusters: Iterable[Cluster], workloads: Iterable[tuple[Cluster, Row]], free: Mapping[Capacity, Bounded]
) -> Survey:
    """Read the services of each ECS cluster and judge them; a cluster that cannot be read is a problem in the answer and ends nothing."""
    sizes = sizes_of(workloads)
    services: list[Service] = []
    problems: list[str] = []
    for cluster in clusters:
        if cluster.kind is not Kind.ECS:
            continue
        try:
            services += source.sized(cluster, sizes)
        except DeadlineExceededError as error:
            problems.append(f"{cluster.key} and those after it: {error}")
            break
        except FargatecountError as error:
            problems.append(f"{cluster.key}: {error}")
    return judged(services, sizes, free, problems)


def lacking(one: Headroom) -> float:
    """Return how many vCPU are missing, of the capacity that lacks most."""
    free = ((needed, one.free.get(capacity, UNKNOWN).value) for capacity, needed in one.needs.items())
    return max((needed - max(left, 0) for needed, left in free if left is not None), default=0.0)
