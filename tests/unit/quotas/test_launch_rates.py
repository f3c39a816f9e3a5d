"""Launch quotas, and how long launches take."""

from __future__ import annotations

import pytest

from fargatecount.quotas.launch_rates import LaunchRate, launch_rates, launch_seconds
from fargatecount.workload import Capacity

LARGE = LaunchRate(capacity=Capacity.ON_DEMAND, burst=100, sustained=20)
SPOT = LaunchRate(capacity=Capacity.SPOT, burst=10, sustained=5)


def test_rates_are_found_by_name() -> None:
    """Whatever the case; what has another name, or none, is unknown."""
    found = launch_rates(
        [
            ("Fargate On-Demand Burst Launch Rate", 100),
            ("AWS Fargate on-demand sustained launch rate", 20),
            ("Fargate Spot vCPU resource count", 6),
        ]
    )
    assert list(found) == [LARGE, LaunchRate(capacity=Capacity.SPOT)]


@pytest.mark.parametrize(
    ("launches", "seconds"),
    [
        ({}, 0),
        ({Capacity.ON_DEMAND: 100}, 0),
        ({Capacity.ON_DEMAND: 300}, 10),
        ({Capacity.ON_DEMAND: 300, Capacity.SPOT: 110}, 20),
        ({Capacity.ON_DEMAND: 300, Capacity.SPOT: 0}, 10),
    ],
)
def test_the_slower_bucket_decides(launches: dict[Capacity, int], seconds: float) -> None:
    """The burst costs no time; the rest comes at the sustained rate, each capacity by itself."""
    assert launch_seconds(launches, [LARGE, SPOT]) == seconds


@pytest.mark.parametrize("rate", [LaunchRate(capacity=Capacity.SPOT), LaunchRate(capacity=Capacity.SPOT, burst=1)])
def test_what_is_not_known_gives_no_time(rate: LaunchRate) -> None:
    """Not 0 seconds."""
    assert launch_seconds({Capacity.SPOT: 10}, [LARGE, rate]) is None
    assert launch_seconds({Capacity.SPOT: 10}, []) is None
