from __future__ import annotations

import msgspec
import pytest

from fargatecount.counts import Counts
from fargatecount.quotas.aws_usage import SERIES, UsageReading, compare
from fargatecount.quotas.document import comparison_documents
from fargatecount.quotas.limits import Measure
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import MINUTE, NOW

HALF = Facts(cpu=512, memory=1024)
SPOT = Facts(cpu=2048, memory=4096, capacity=Capacity.SPOT)
COUNTS = Counts.total([Counts.of(Phase.RUNNING, HALF), Counts.of(Phase.STOPPING, HALF), Counts.of(Phase.PENDING, SPOT)])


@pytest.mark.parametrize(
    ("number", "capacity", "measure", "resource", "klass"),
    [
        (0, Capacity.ON_DEMAND, Measure.VCPU, "vCPU", "Standard/OnDemand"),
        (1, Capacity.SPOT, Measure.VCPU, "vCPU", "Standard/Spot"),
        (2, Capacity.ON_DEMAND, Measure.WORKLOADS, "OnDemand", "None"),
        (3, Capacity.SPOT, Measure.WORKLOADS, "Spot", "None"),
    ],
)
def test_both_schemas_are_asked(number: int, capacity: Capacity, measure: Measure, resource: str, klass: str) -> None:
    """The series of both AWS pages are known, each with all four dimensions."""
    series = SERIES[number]
    assert (series.capacity, series.measure) == (capacity, measure)
    assert series.dimensions == {"Service": "Fargate", "Type": "Resource", "Resource": resource, "Class": klass}


@pytest.mark.parametrize(("number", "ours"), [(0, 1.0), (1, 2.0), (2, 2.0), (3, 1.0)])
@pytest.mark.parametrize(("theirs", "off_by"), [(0.0, 0.0), (1.5, -1.5), (7.0, -7.0)])
def test_the_difference_is_ours_less_theirs(number: int, ours: float, theirs: float, off_by: float) -> None:
    """Each series is held against what is held of its capacity, in vCPU or workloads; a 0 that AWS says is a 0."""
    [compared] = compare([UsageReading(series=SERIES[number], value=theirs, at=NOW)], COUNTS)
    assert (compared.ours, compared.difference) == (ours, ours + off_by)


def test_no_data_is_no_difference() -> None:
    """Where AWS says nothing there is no difference, rather than one of all that we have."""
    [compared] = compare([UsageReading(series=SERIES[0], reason="no point")], COUNTS)
    assert (compared.ours, compared.difference) == (1.0, None)


def test_comparisons_in_json() -> None:
    """A comparison shows both numbers, whose minute theirs is of, and why there is none."""
    heard = [UsageReading(series=SERIES[0], value=1.5, at=NOW - MINUTE), UsageReading(series=SERIES[3], reason="no point")]
    assert msgspec.to_builtins(comparison_documents(compare(heard, COUNTS))) == [
        {
            "capacity": "on-demand",
            "measure": "vcpu",
            "ours": 1.0,
            "theirs": 1.5,
            "difference": -0.5,
            "at": "2025-12-31T23:59:00Z",
            "reason": None,
        },
        {"capacity": "spot", "measure": "workloads", "ours": 1.0, "theirs": None, "difference": None, "at": None, "reason": "no point"},
    ]
