"""Headroom: whether a deployment of a service fits what is free of the quota, whether it can progress, and what else fits.

Pure, except for the port. While ECS deploys, old and new tasks run side by side. ECS starts new tasks up to maximumPercent of the desired
count, rounded down, and stops old ones down to minimumHealthyPercent of it, rounded up
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html). Where neither leaves a task to start or to
stop, the deployment hangs, however much is free. New tasks are assumed to be as large as those of the current task definition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.workload import CPU_UNITS_PER_VCPU, Capacity, Cluster


class CapacityShare(msgspec.Struct, frozen=True):
    """One capacity's share of a service: the first `base` tasks, and a part of the rest by `weight`."""

    capacity: Capacity
    base: int = 0
    weight: int = 1


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service on Fargate, as ECS describes it."""

    cluster: Cluster
    name: str
    desired: int
    running: int
    """Tasks now, pending ones included."""
    cpu: int
    """CPU units of each."""
    maximum_percent: int = 200
    """ECS's default for services that keep a number of tasks."""
    minimum_percent: int = 100
    """minimumHealthyPercent; ECS's default, likewise."""
    shares: tuple[CapacityShare, ...] = (CapacityShare(Capacity.ON_DEMAND),)


class Services(Protocol):
    """The source of the services of a cluster. Methods raise DeniedError or UnavailableError where AWS refused or did not answer."""

    def named(self, cluster: Cluster, names: Sequence[str]) -> Sequence[Service]:
        """Return the services on Fargate among these names."""
        ...

    def every(self, cluster: Cluster) -> Sequence[Service]:
        """Return all services on Fargate of a cluster."""
        ...


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment of one service needs, and whether that is free."""

    service: Service
    desired: int
    maximum_percent: int
    peak: int
    """Tasks at the peak of the deployment."""
    needs: Mapping[Capacity, float]
    """vCPU that the peak takes beyond the tasks of now."""
    free: Mapping[Capacity, Bounded]
    """vCPU that are free now."""
    fits: bool | None
    """Whether the peak fits; None where that is unknown."""
    progresses: bool | None
    """Whether the deployment can end at all, even slowly; None where that is unknown."""
    largest_desired: int | None = None
    """The largest desired count whose deployment fits and progresses, 0 where none does; None where that is unknown."""
    largest_percent: int | None = None
    """The largest maximumPercent with which this deployment fits and progresses; None where none does, or that is unknown."""

    @property
    def succeeds(self) -> bool | None:
        """Whether the deployment fits and progresses."""
        return _every((self.fits, self.progresses))


def peak_of(desired: int, maximum_percent: int) -> int:
    """Return how many tasks a deployment may have at its peak."""
    return max(desired, desired * maximum_percent // 100)


def floor_of(desired: int, minimum_percent: int) -> int:
    """Return how many healthy tasks a deployment must keep."""
    return -(-desired * minimum_percent // 100)


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
    service: Service, free: Mapping[Capacity, Bounded], *, desired: int | None = None, maximum_percent: int | None = None
) -> Headroom:
    """Return whether a deployment fits; `desired` and `maximum_percent` are the service's own unless given."""
    desired = service.desired if desired is None else desired
    maximum_percent = service.maximum_percent if maximum_percent is None else maximum_percent
    peak = peak_of(desired, maximum_percent)
    needs = _needs(service, peak)
    answer = Headroom(
        service=service,
        desired=desired,
        maximum_percent=maximum_percent,
        peak=peak,
        needs=needs,
        free=free,
        fits=_fits(needs, free),
        progresses=_progresses(service, free, desired, maximum_percent),
    )
    if answer.fits is None:
        return answer

    def fits(count: int, percent: int) -> bool:
        return _fits(_needs(service, peak_of(count, percent)), free) is True

    def progresses(count: int, percent: int) -> bool:
        return _progresses(service, free, count, percent) is True

    most = service.running + sum(max(math.floor((left.low or 0) / service.cpu * CPU_UNITS_PER_VCPU), 0) for left in free.values())

    def largest_count(spare: int) -> int:
        """Return the largest count that fits and leaves room for so many tasks more."""

        def holds(count: int) -> bool:
            return count == 0 or (fits(count, maximum_percent) and _room_for(service, count + spare, free) is True)

        return _largest(0, max(most, desired), holds) or 0

    # A larger count and a larger percentage leave more tasks to stop, or to start where there is room for one: if the largest with and the
    # largest without such room both hang, so do all below.
    counts = [count for count in (largest_count(0), largest_count(1)) if progresses(count, maximum_percent)]
    percent = _largest(100, max(maximum_percent, 100), lambda percent: fits(desired, percent))
    return msgspec.structs.replace(
        answer,
        largest_desired=max(counts, default=0),
        largest_percent=percent if percent is not None and progresses(desired, percent) else None,
    )


def _progresses(service: Service, free: Mapping[Capacity, Bounded], desired: int, maximum_percent: int) -> bool | None:
    """Return whether a rolling deployment ends.

    Its end must fit. On the way, as long as there are old tasks, ECS must be allowed to stop one of `desired` tasks, or to start one beyond
    them: with both bounds at the desired count it starts none and stops none.
    """
    if desired == 0:
        return True
    end = _room_for(service, desired, free)
    if end is not True or service.running == 0 or floor_of(desired, service.minimum_percent) < desired:
        return end
    return False if peak_of(desired, maximum_percent) == desired else _room_for(service, desired + 1, free)


def _room_for(service: Service, tasks: int, free: Mapping[Capacity, Bounded]) -> bool | None:
    """Return whether the service can have so many tasks; beyond an exceeded quota it can only have fewer than now."""
    now, then = split(service.running, service.shares), split(tasks, service.shares)
    more = {capacity: (count - now.get(capacity, 0)) * service.cpu / CPU_UNITS_PER_VCPU for capacity, count in then.items() if count}
    return _every(free.get(capacity, UNKNOWN).holds(needed) for capacity, needed in more.items())


def _needs(service: Service, tasks: int) -> dict[Capacity, float]:
    """Return the vCPU that so many tasks take beyond those of now."""
    now, then = split(service.running, service.shares), split(tasks, service.shares)
    return {capacity: max(tasks - now.get(capacity, 0), 0) * service.cpu / CPU_UNITS_PER_VCPU for capacity, tasks in then.items()}


def _fits(needs: Mapping[Capacity, float], free: Mapping[Capacity, Bounded]) -> bool | None:
    return _every(free.get(capacity, UNKNOWN).holds(needed) for capacity, needed in needs.items() if needed > 0)


def _every(answers: Iterable[bool | None]) -> bool | None:
    found = set(answers)
    return False if False in found else None if None in found else True


def _largest(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """Return the largest number from `low` to `high` that holds, if all below it do; None if `low` does not."""
    if not holds(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
