"""Headroom in JSON: the document `fargatecount/headroom` version 1, and the survey that a report keeps.

Pure. Keys may be added; none is renamed. What is unknown is null.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.quotas.headroom import Headroom, split
from fargatecount.quotas.headroom_survey import NAMED, Survey, lacking
from fargatecount.quotas.launch_rates import LaunchRate, launch_seconds
from fargatecount.workload import CPU_UNITS_PER_VCPU, Capacity

SCHEMA = "fargatecount/headroom"
VERSION = 1


class CapacityNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment needs of one capacity, and what is free of it."""

    capacity: Capacity
    needs_vcpu: float
    free_vcpu: float | None
    """Null where the quota is unknown."""
    free_at_most: bool = False
    """Whether `free_vcpu` is an upper bound, because the counts are incomplete."""
    free_exact: bool = True
    """Whether `free_vcpu` is exact; if not, and no upper bound either, it rests on last known counts of unreadable clusters."""


class HeadroomEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a deployment of one service fits."""

    cluster: str
    service: str
    running: int
    task_vcpu: float
    desired: int
    maximum_percent: int
    peak: int
    """Tasks at the peak of the deployment."""
    capacities: list[CapacityNeed]
    fits: bool | None
    """Whether the peak fits what is free; null where that is unknown."""
    progresses: bool | None = None
    """Whether ECS can start or stop a task at every step; null where that is unknown. False: the deployment never ends."""
    minimum_healthy_percent: int = 100
    largest_desired: int | None
    largest_maximum_percent: int | None
    fits_after_reclaiming: bool | None = None
    """Whether it would fit if other services had the size that `rightsize` advises; null where it fits, or that is not known."""
    launch_seconds: float | None = None
    """The least seconds that AWS takes to start all tasks anew, by the launch quotas; null where these are unknown."""


class HeadroomDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount headroom --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    account: str
    region: str
    complete: bool
    """Whether every cluster that exists is known and readable."""
    services: list[HeadroomEntry]


class ShortService(msgspec.Struct, frozen=True, kw_only=True):
    """One service whose next deployment does not fit."""

    cluster: str
    service: str
    desired: int
    peak: int
    lacks_vcpu: float
    largest_desired: int | None
    largest_maximum_percent: int | None


class SurveyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`headroom` of a report: how many services cannot be deployed now."""

    services: int
    without_headroom: int | None
    """Null where it is unknown."""
    undecided: int
    unsized: int
    problems: list[str]
    which: list[ShortService]
    """The services that lack most, at most `NAMED` of them."""


def headroom_entries(found: Sequence[Headroom], rates: Sequence[LaunchRate] = ()) -> list[HeadroomEntry]:
    """Return headrooms as they stand in JSON; `rates` are the launch quotas, where they are known."""
    return [
        HeadroomEntry(
            cluster=each.service.cluster.key,
            service=each.service.name,
            running=each.service.running,
            task_vcpu=each.service.cpu / CPU_UNITS_PER_VCPU,
            desired=each.desired,
            maximum_percent=each.maximum_percent,
            peak=each.peak,
            capacities=[_need(capacity, needs, each.free.get(capacity, UNKNOWN)) for capacity, needs in each.needs.items()],
            fits=each.fits,
            progresses=each.progresses,
            minimum_healthy_percent=each.service.minimum_percent,
            largest_desired=each.largest_desired,
            largest_maximum_percent=each.largest_percent,
            launch_seconds=launch_seconds(split(each.desired, each.service.shares), rates),
        )
        for each in found
    ]


def _need(capacity: Capacity, needs: float, free: Bounded) -> CapacityNeed:
    return CapacityNeed(capacity=capacity, needs_vcpu=needs, free_vcpu=free.value, free_at_most=free.is_at_most, free_exact=free.is_exact)


def survey_document(found: Survey) -> SurveyDocument:
    """Return a survey as it stands in a report."""
    return SurveyDocument(
        services=found.services,
        without_headroom=found.number,
        undecided=found.undecided,
        unsized=found.unsized,
        problems=list(found.problems),
        which=[
            ShortService(
                cluster=one.service.cluster.key,
                service=one.service.name,
                desired=one.desired,
                peak=one.peak,
                lacks_vcpu=lacking(one),
                largest_desired=one.largest_desired,
                largest_maximum_percent=one.largest_percent,
            )
            for one in found.without[:NAMED]
        ],
    )
