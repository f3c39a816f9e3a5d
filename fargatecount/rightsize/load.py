"""What a group uses of what it holds, as a summary of two series; and the port to the source of these series.

Pure, except for the port. Levels are percent of what the tasks hold, as `AWS/ECS` has them:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.workload import Cluster, Millis


class GroupKey(msgspec.Struct, frozen=True, order=True):
    """A group of workloads in a cluster."""

    cluster: Cluster
    group: str


class LoadPoint(msgspec.Struct, frozen=True):
    """One period: percent on average over all tasks, and of the busiest task in its busiest minute."""

    at: Millis
    average: float
    maximum: float


class LoadSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A series in four numbers, in percent of what is held."""

    p50: float
    """Of the averages: half of the time it is less."""
    p95: float
    """Of the maxima: in one hour of twenty the busiest task needs more."""
    max: float
    points: int
    first_at: Millis
    last_at: Millis


class Load(msgspec.Struct, frozen=True):
    """CPU and memory of one group; None where there is no point."""

    cpu: LoadSummary | None = None
    memory: LoadSummary | None = None
    source: str = ""
    """The namespace of the metrics."""


class Loads(Protocol):
    """The source of what groups use."""

    def read(self, keys: Sequence[GroupKey], since: Millis, until: Millis) -> Mapping[GroupKey, Load]:
        """Return the load of each group that has points.

        Raises DeniedError or UnavailableError.
        """
        ...


class NoLoads:
    """No source: no group has points."""

    def read(self, keys: Sequence[GroupKey], since: Millis, until: Millis) -> Mapping[GroupKey, Load]:
        """Return nothing."""
        del keys, since, until
        return {}


NO_LOADS = NoLoads()


def summarize(points: Sequence[LoadPoint]) -> LoadSummary | None:
    """Return the summary of a series; None without a point."""
    if not points:
        return None
    averages = sorted(point.average for point in points)
    maxima = sorted(point.maximum for point in points)
    times = [point.at for point in points]
    return LoadSummary(
        p50=percentile(averages, 50),
        p95=percentile(maxima, 95),
        max=maxima[-1],
        points=len(points),
        first_at=min(times),
        last_at=max(times),
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
