"""Launches of the last minute."""

from __future__ import annotations

from fargatecount.usage.launches import Launches, launches
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import MINUTE, NOW, row


def test_each_creation_of_the_last_minute_counts_once() -> None:
    """By capacity, ended ones included; older ones, future ones and those without a moment do not count."""
    at = [0, 1, 999, 1_000, 59_999, MINUTE, -1]
    rows = [row(Phase.GONE if i == 1 else Phase.RUNNING, facts=Facts(created_at=NOW - ago)) for i, ago in enumerate(at)]
    rows += [row(facts=Facts(created_at=NOW - 5_000, capacity=Capacity.SPOT)), row(facts=Facts())]
    assert launches(rows, NOW) == [
        Launches(capacity=Capacity.ON_DEMAND, last_minute=5, busiest_second=3),
        Launches(capacity=Capacity.SPOT, last_minute=1, busiest_second=1),
    ]
