"""Witness: what AWS itself says of our usage in its AWS/Usage metrics, beside what we count.

Pure, besides the port. The witness counts on its own clock (a point a minute, some minutes late) and its own terms, so a difference is
something to look at, not an error; and a series without points is no statement at all, never 0.

AWS documents the series in two places that disagree, so both are asked:
* the vCPU that the quotas are about, per capacity: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html
* the number of tasks and pods: https://docs.aws.amazon.com/eks/latest/userguide/monitoring-fargate-usage.html (which names OnDemand; Spot
  has been seen there by https://github.com/jantman/awslimitchecker)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.counts import Counts
from fargatecount.quotas.limits import Measure
from fargatecount.workload import CPU_UNITS_PER_VCPU, Capacity, Millis

NAMESPACE = "AWS/Usage"
METRIC = "ResourceCount"
STATISTIC = "Maximum"
"""A point is the level at that minute: any sum over points is a multiple of the truth
(https://github.com/aws-solutions/quota-monitor-for-aws/issues/212)."""
PERIOD = 60
"""Seconds."""
WINDOW: Millis = 10 * 60_000
"""How far back the newest point may lie: the points come some minutes late, and an older one says nothing about now."""
NO_DATA = "AWS has published no point in the last 10 minutes"


class UsageSeries(msgspec.Struct, frozen=True):
    """One series that AWS publishes."""

    capacity: Capacity
    measure: Measure
    resource: str
    klass: str

    @property
    def dimensions(self) -> Mapping[str, str]:
        """The dimensions that select it, all of them."""
        return {"Service": "Fargate", "Type": "Resource", "Resource": self.resource, "Class": self.klass}


SERIES = (
    UsageSeries(Capacity.ON_DEMAND, Measure.VCPU, "vCPU", "Standard/OnDemand"),
    UsageSeries(Capacity.SPOT, Measure.VCPU, "vCPU", "Standard/Spot"),
    UsageSeries(Capacity.ON_DEMAND, Measure.WORKLOADS, "OnDemand", "None"),
    UsageSeries(Capacity.SPOT, Measure.WORKLOADS, "Spot", "None"),
)


class UsageReading(msgspec.Struct, frozen=True, kw_only=True):
    """What AWS says of one series."""

    series: UsageSeries
    value: float | None = None
    at: Millis | None = None
    """The minute of the point."""
    reason: str = ""
    """Why there is no value."""


class Witness(Protocol):
    """The port to AWS's own usage metrics."""

    def readings(self, now: Millis) -> Sequence[UsageReading]:
        """Return a reading of each series, in the order of `SERIES`; one without a value has the reason."""
        ...


class Comparison(msgspec.Struct, frozen=True):
    """Our number beside AWS's."""

    reading: UsageReading
    ours: float
    """What is held now, in the unit of the series."""
    difference: float | None
    """Ours less theirs; None where AWS says nothing."""


def compare(readings: Iterable[UsageReading], counts: Counts) -> list[Comparison]:
    """Put what is held beside what AWS says."""
    found = []
    for each in readings:
        held = counts.tally(capacities=(each.series.capacity,))
        ours = held.cpu / CPU_UNITS_PER_VCPU if each.series.measure is Measure.VCPU else float(held.count)
        found.append(Comparison(each, ours, None if each.value is None else ours - each.value))
    return found
