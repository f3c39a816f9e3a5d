"""Headroom: does a deployment of a service fit what is left of the quota, and if not, what does.

Pure, besides the port. While ECS deploys, old and new tasks run side by side, up to maximumPercent of the desired count, rounded down
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html). Promises of the shape `fargatecount/headroom`
version 1: keys may be added, none is renamed. The new tasks are taken to be as large as those of the service's task definition now.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.workload import CPU_UNITS_PER_VCPU, Capacity, Cluster


class CapacityShare(msgspec.Struct, frozen=True):
    """One capacity's part of a service: the first `base` tasks, and of the rest by `weight`."""

    capacity: Capacity
    base: int = 0
    weight: int = 1


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service on Fargate, as ECS describes it."""

    cluster: Cluster
    name: str
    desired: int
    running: int
    """Tasks that it has now, pending ones too."""
    cpu: int
    """CPU units of each."""
    maximum_percent: int = 200
    """ECS's default for services that keep a number of tasks."""
    shares: tuple[CapacityShare, ...] = (CapacityShare(Capacity.ON_DEMAND),)


class Services(Protocol):
    """Who knows the services of a cluster. Methods raise DeniedError or UnavailableError where AWS refused or did not answer."""

    def named(self, cluster: Cluster, names: Sequence[str]) -> Sequence[Service]:
        """Return those of the names that are services on Fargate there."""
        ...

    def every(self, cluster: Cluster) -> Sequence[Service]:
        """Return all services on Fargate of a cluster."""
        ...


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment of one service comes to."""

    service: Service
    desired: int
    maximum_percent: int
    peak: int
    """Tasks at its height."""
    needs: Mapping[Capacity, float]
    """vCPU that it takes at its height beyond what the service has now."""
    free: Mapping[Capacity, float | None]
    """vCPU that are left now; None where the quota is not known."""
    fits: bool | None
    """None where that cannot be told."""
    largest_desired: int | None = None
    """The largest desired count of which a deployment fits; None where it cannot be told."""
    largest_percent: int | None = None
    """The largest maximumPercent by which this one fits; None where none does, or it cannot be told."""


def peak_of(desired: int, maximum_percent: int) -> int:
    """Return how many tasks a deployment may have at its height."""
    return max(desired, desired * maximum_percent // 100)


def split(tasks: int, shares: Sequence[CapacityShare]) -> dict[Capacity, int]:
    """Return how many of `tasks` may be of each capacity: the bases first, and each share of the rest rounded up, as ECS may do."""
    found: dict[Capacity, int] = {}
    left = tasks
    for share in shares:
        base = min(share.base, left)
        found[share.capacity] = found.get(share.capacity, 0) + base
        left -= base
    weights = sum(share.weight for share in shares)
    for share in shares:
        if weights:
            found[share.capacity] += math.ceil(left * share.weight / weights)
    return found


def headroom(
    service: Service, free: Mapping[Capacity, float | None], *, desired: int | None = None, maximum_percent: int | None = None
) -> Headroom:
    """Say whether a deployment fits; `desired` and `maximum_percent` are the service's own unless given."""
    desired = service.desired if desired is None else desired
    maximum_percent = service.maximum_percent if maximum_percent is None else maximum_percent

    def fits(count: int, percent: int) -> bool | None:
        return _fits(_needs(service, peak_of(count, percent)), free)

    peak = peak_of(desired, maximum_percent)
    answer = Headroom(
        service=service,
        desired=desired,
        maximum_percent=maximum_percent,
        peak=peak,
        needs=_needs(service, peak),
        free=free,
        fits=fits(desired, maximum_percent),
    )
    if answer.fits is None:
        return answer
    most = service.running + sum(max(math.floor(left / service.cpu * CPU_UNITS_PER_VCPU), 0) for left in free.values() if left is not None)
    largest_percent = _largest(100, max(maximum_percent, 100), lambda percent: bool(fits(desired, percent)))
    return msgspec.structs.replace(
        answer,
        largest_desired=_largest(0, max(most, desired), lambda count: bool(fits(count, maximum_percent))) or 0,
        largest_percent=largest_percent,
    )


def _needs(service: Service, peak: int) -> dict[Capacity, float]:
    """Return the vCPU that `peak` tasks take beyond those that are there."""
    now, then = split(service.running, service.shares), split(peak, service.shares)
    return {capacity: max(tasks - now.get(capacity, 0), 0) * service.cpu / CPU_UNITS_PER_VCPU for capacity, tasks in then.items()}


def _fits(needs: Mapping[Capacity, float], free: Mapping[Capacity, float | None]) -> bool | None:
    lefts = [(needed, free.get(capacity)) for capacity, needed in needs.items() if needed > 0]
    if any(left is not None and needed > left for needed, left in lefts):
        return False
    return None if any(left is None for _, left in lefts) else True


def _largest(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """Return the largest number from `low` to `high` for which it holds, as for all below; None if it holds for none."""
    if not holds(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
