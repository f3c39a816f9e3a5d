"""AWS's own usage metrics (namespace AWS/Usage), compared with the ledger's counts.

Pure, besides the port. AWS publishes a point per minute, some minutes late, and counts by its own rules. A difference is worth a look but
is no error. A series without points is unknown, never 0.

AWS documents the series in two places that disagree, so both are read:
* vCPUs per capacity, as in the quotas: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html
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
"""A point is the level in that minute: a sum over points is a multiple of the true value
(https://github.com/aws-solutions/quota-monitor-for-aws/issues/212)."""
PERIOD = 60
"""Seconds."""
WINDOW: Millis = 10 * 60_000
"""Maximum age of the newest point: points arrive some minutes late, and an older one does not describe the present."""
NO_DATA = "AWS has published no point in the last 10 minutes"


class UsageSeries(msgspec.Struct, frozen=True):
    """One series that AWS publishes."""

    capacity: Capacity
    measure: Measure
    resource: str
    klass: str

    @property
    def dimensions(self) -> Mapping[str, str]:
        """All dimensions of the series."""
        return {"Service": "Fargate", "Type": "Resource", "Resource": self.resource, "Class": self.klass}


SERIES = (
    UsageSeries(Capacity.ON_DEMAND, Measure.VCPU, "vCPU", "Standard/OnDemand"),
    UsageSeries(Capacity.SPOT, Measure.VCPU, "vCPU", "Standard/Spot"),
    UsageSeries(Capacity.ON_DEMAND, Measure.WORKLOADS, "OnDemand", "None"),
    UsageSeries(Capacity.SPOT, Measure.WORKLOADS, "Spot", "None"),
)


class UsageReading(msgspec.Struct, frozen=True, kw_only=True):
    """The newest point of one series."""

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
    """The ledger's number and AWS's for one series."""

    reading: UsageReading
    ours: float
    """The ledger's number of what is held now, in the unit of the series."""
    difference: float | None
    """`ours` minus the reading; None if there is no reading."""


def compare(readings: Iterable[UsageReading], counts: Counts) -> list[Comparison]:
    """Compare what is held with each reading."""
    found = []
    for each in readings:
        held = counts.tally(capacities=(each.series.capacity,))
        ours = held.cpu / CPU_UNITS_PER_VCPU if each.series.measure is Measure.VCPU else float(held.count)
        found.append(Comparison(each, ours, None if each.value is None else ours - each.value))
    return found
