"""The survey: how many services could not be deployed now, because their next rolling deployment would not fit what is left of the quota.

Pure, besides the port. Each service is taken by itself, as it would be if only it were deployed. The size of its tasks is that of those it
has in the ledger, so nobody has to read task definitions, in which people keep more than sizes. One that has no task yet is taken to be of
the smallest size there is: what does not fit then fits in no size, and what fits is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.errors import DeadlineExceededError, FargatecountError
from fargatecount.ledger.row import Row
from fargatecount.quotas.headroom import Headroom, Service, headroom
from fargatecount.workload import Capacity, Cluster, Kind

SMALLEST = 256
"""CPU units: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size"""
NAMED = 20
"""Services that a report names, those that lack most first: who has more needs a quota, not a list."""
OF_A_SERVICE = "service:"

Sizes = Mapping[tuple[Cluster, str], int]
"""CPU units of the tasks of a service, by its cluster and name."""


class SizedServices(Protocol):
    """Who knows the services of a cluster but not how large their tasks are."""

    def sized(self, cluster: Cluster, sizes: Sizes) -> Sequence[Service]:
        """Return all services on Fargate of a cluster, of the smallest size where `sizes` have none.

        Raises DeniedError or UnavailableError.
        """
        ...


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    services: int
    without: Sequence[Headroom]
    """Those whose next deployment would not fit."""
    undecided: int = 0
    """Those of which that cannot be told, because a quota is not known."""
    unsized: int = 0
    """Those that have no task yet, and would fit if those were of the smallest size."""
    problems: Sequence[str] = ()
    """Why clusters are missing from it."""

    @property
    def number(self) -> int | None:
        """How many services are without headroom; None where that is not known."""
        return None if self.undecided or self.problems else len(self.without)


def sizes_of(workloads: Iterable[tuple[Cluster, Row]]) -> dict[tuple[Cluster, str], int]:
    """Return the size of each service's tasks; while it is changed, the larger one."""
    sizes: dict[tuple[Cluster, str], int] = {}
    for cluster, row in workloads:
        group, cpu = row.facts.group or "", row.facts.cpu
        if cluster.kind is Kind.ECS and group.startswith(OF_A_SERVICE) and cpu:
            key = cluster, group.removeprefix(OF_A_SERVICE)
            sizes[key] = max(cpu, sizes.get(key, 0))
    return sizes


def judged(services: Iterable[Service], sizes: Sizes, free: Mapping[Capacity, float | None], problems: Sequence[str] = ()) -> Survey:
    """Say of each service whether its next deployment fits."""
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
    source: SizedServices, clusters: Iterable[Cluster], workloads: Iterable[tuple[Cluster, Row]], free: Mapping[Capacity, float | None]
) -> Survey:
    """Ask for the services of each ECS cluster, and judge them; a cluster that cannot be asked stops nobody."""
    sizes = sizes_of(workloads)
    services: list[Service] = []
    problems: list[str] = []
    for cluster in clusters:
        if cluster.kind is not Kind.ECS:
            continue
        try:
            services += source.sized(cluster, sizes)
        except DeadlineExceededError as error:
            problems.append(f"{cluster.key} and those behind it: {error}")
            break
        except FargatecountError as error:
            problems.append(f"{cluster.key}: {error}")
    return judged(services, sizes, free, problems)


def lacking(one: Headroom) -> float:
    """Return how many vCPU are missing, of the capacity of which most are."""
    lefts = ((needed, one.free.get(capacity)) for capacity, needed in one.needs.items())
    return max((needed - max(left, 0) for needed, left in lefts if left is not None), default=0.0)
