"""What a busy counter costs at CloudWatch, whatever happens to it."""

from __future__ import annotations

import pytest

from benchmarks.alarms import A_MINUTE, A_SECOND
from benchmarks.updates import calls


@pytest.mark.parametrize("updates", [1, 2, 1_000])
def test_changes_of_a_second_cost_no_more_than_one_change(updates: int) -> None:
    """A thousand cost two PutMetricData calls: the minute's own, and one for the turn in which all of them are published."""
    assert calls(updates, seconds=1) <= A_SECOND


def test_changes_of_a_minute_cost_a_call_every_five_seconds() -> None:
    """However many they are, not one more."""
    assert calls(600, seconds=60) <= A_MINUTE
    assert calls(60, seconds=60) <= A_MINUTE


def test_every_change_is_told_in_the_end() -> None:
    """A bound that put nothing would be no bound: changes far apart each have a call of their own."""
    assert calls(4, seconds=40) >= 4
