"""Launches by the second of their creation, counted once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fargatecount.ledger.launches import LOOK_BACK, MAX_AGE, SECOND, Launches, launched, launches
from fargatecount.ledger.store import Bucket, Write
from fargatecount.workload import Capacity, Facts, Millis, Phase
from tests.support.builders import MINUTE, NOW, SCOPE, WEB, row

HERE = Bucket(WEB, 0)
ON_DEMAND, SPOT = Capacity


def written(created: Millis | None, phase: Phase = Phase.PENDING, *, capacity: Capacity | None = None, new: bool = True) -> Write:
    after = row(phase, facts=Facts(created_at=created, capacity=capacity), written_at=NOW)
    return Write("t", after, None if new else row())


def test_a_row_that_is_new_is_a_launch_in_the_second_of_its_creation() -> None:
    """By capacity; a task that has ended by now was launched too."""
    found = launched({HERE: [written(NOW - 1), written(NOW - 2, capacity=SPOT), written(NOW - 1_500, Phase.GONE)]})
    assert found == {SCOPE: {(ON_DEMAND, NOW - 1_000): 1, (SPOT, NOW - 1_000): 1, (ON_DEMAND, NOW - 2_000): 1}}


def test_what_is_no_launch() -> None:
    """A change of a known row, a pod that waits for capacity, a time that is unknown, to come, or too long ago."""
    writes = [written(NOW, new=False), written(NOW, Phase.WAITING), written(None), written(NOW + 1), written(NOW - MAX_AGE)]
    assert launched({HERE: writes}) == {}


def test_the_rates_of_a_burst() -> None:
    """Of the last second and minute, and of the busiest ones; what is older than three minutes is left out."""
    second = NOW // SECOND * SECOND
    log = {
        (ON_DEMAND, second - SECOND): 3,
        (ON_DEMAND, second - 90 * SECOND): 20,
        (ON_DEMAND, second - 100 * SECOND): 30,
        (ON_DEMAND, second - LOOK_BACK - SECOND): 999,
        (SPOT, second): 1,
    }
    assert launches(log, NOW) == [
        Launches(capacity=ON_DEMAND, last_second=3, last_minute=3, busiest_minute=50, busiest_second=30),
        Launches(capacity=SPOT, last_second=0, last_minute=1, busiest_minute=1, busiest_second=1),
    ]


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 50), max_size=40))
def test_the_busiest_minute_is_that_of_a_search_through_all(seconds: dict[int, int]) -> None:
    """Every window of 60 seconds in the last three minutes."""
    present = NOW // SECOND
    log = {(ON_DEMAND, (present - ago) * SECOND): number for ago, number in seconds.items()}
    recent = {present - ago: number for ago, number in seconds.items() if ago * SECOND <= LOOK_BACK}
    windows = (sum(recent.get(first + i, 0) for i in range(60)) for first in range(present - 240, present + 1))
    found = launches(log, NOW)[0]
    assert found.busiest_minute == max(windows)
    assert found.last_minute <= found.busiest_minute + found.busiest_second
    assert found.busiest_second <= found.busiest_minute
    assert MINUTE == 60 * SECOND
