"""Forecasts and suggestions from daily peaks."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from fargatecount.increase.forecast import LEAST_DAYS, forecast, suggest
from fargatecount.increase.peaks import DailyPeak, day_of, hourly, peaks_of_reports
from fargatecount.timestamps import DAY, HOUR
from fargatecount.workload import Capacity
from tests.support.builders import NOW
from tests.support.pages import cluster, report, usage


def peaks(values: Sequence[float]) -> list[DailyPeak]:
    return [DailyPeak(day=day_of(NOW) + i * DAY, vcpu=value) for i, value in enumerate(values)]


def test_a_straight_line_has_one_date() -> None:
    """Two vCPU a day from 10 to 38: of a quota of 100 are 62 left, which are 31 days."""
    found = forecast(peaks([10 + 2 * i for i in range(15)]), 100)
    assert found is not None
    assert (round(found.per_day, 6), found.soonest_days, found.latest_days) == (2, 31, 31)


def test_scatter_makes_a_range_that_has_the_truth_in_it() -> None:
    """Over many months of noisy growth the range has the true slope in at least nine of ten."""
    chance = random.Random(15)
    hits = 0
    for _ in range(200):
        found = forecast(peaks([50 + 1.5 * i + chance.gauss(0, 5) for i in range(30)]), 1000)
        assert found is not None
        hits += found.per_day_low <= 1.5 <= found.per_day_high
    assert hits >= 180


@pytest.mark.parametrize("values", [[20.0] * 10, [30, 20, 30, 20, 30, 20, 30, 20], [40 - i for i in range(10)]])
def test_where_nothing_grows_no_date_is_named(values: list[float]) -> None:
    """A level, a wave, a fall: it may never be full."""
    found = forecast(peaks(values), 1000)
    assert found is not None
    assert found.latest_days is None


def test_a_full_quota_is_full_now() -> None:
    """Not in a negative number of days."""
    found = forecast(peaks([90 + i for i in range(15)]), 100)
    assert found is not None
    assert (found.soonest_days, found.latest_days) == (0, 0)


def test_less_than_a_week_gives_no_forecast() -> None:
    """A weekend is needed at least."""
    assert forecast(peaks([float(i) for i in range(LEAST_DAYS - 1)]), 100) is None


def test_days_above_the_warning_are_counted() -> None:
    """Nine of thirty at 80 % of 100 and more; what is enough is above the highest of them by the warning's room."""
    found = suggest(peaks([85.0] * 9 + [50.0] * 21), 100, warning=80)
    assert (found.days, found.days_above, found.highest, found.value) == (30, 9, 85.0, 110.0)


def test_a_quota_that_is_enough_needs_no_other() -> None:
    """And one that is not known is compared with nothing."""
    assert suggest(peaks([10.0] * 30), 100, warning=80).value is None
    unknown = suggest(peaks([10.0] * 30), None, warning=80)
    assert (unknown.value, unknown.forecast, unknown.days_above, unknown.highest) == (None, None, 0, 10.0)
    assert suggest([], 100, warning=80).highest is None


def test_growth_is_added_to_what_is_enough() -> None:
    """The next month's growth counts, if it is certain that there is any."""
    found = suggest(peaks([10 + 2 * i for i in range(30)]), 80, warning=80)
    assert found.value == 160.0  # (68 + 2 x 30) / 0.8


def test_the_highest_report_of_a_day_is_its_peak() -> None:
    """By capacity and day; a report without quotas adds nothing."""
    made = [report(NOW + i * HOUR, usage(cluster("ECS-web", vcpu=float(value)))) for i, value in enumerate([1, 5, 2])]
    found = peaks_of_reports([*made, report(NOW)])
    assert found[Capacity.ON_DEMAND] == [DailyPeak(day=day_of(NOW), vcpu=5.0)]


def test_one_report_an_hour_is_read() -> None:
    """The last of each; one whose moment is unknown is skipped."""
    assert hourly(["a", "b", "c", "d"], [NOW, NOW + 1, NOW + HOUR, None]) == ["b", "c"]
