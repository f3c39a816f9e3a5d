"""What is due now, case by case; and what any course of changes costs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.metrics import catalog
from fargatecount.metrics.cadence import (
    ABOVE_WARNING,
    AFTER_CHANGE,
    LastPublish,
    PublishDecision,
    decide,
    high_resolution_of,
    minute_of,
    period_maxima,
    values_of,
)
from fargatecount.metrics.series import DataPoint
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Millis
from tests.support.builders import NOW
from tests.support.effort import tries

START = NOW - NOW % MINUTE
"""The first moment of a minute."""
THIS = minute_of(START)


def points(percent: float = 10.0) -> list[DataPoint]:
    """One series of each resolution."""
    return [DataPoint(catalog.UTILIZATION, percent, START), DataPoint(catalog.COUNT_TOTAL, 7, START)]


def last(percent: float = 10.0, at: Millis = START, minute: int = THIS) -> LastPublish:
    return LastPublish(minute=minute, at=at, values=values_of(points(percent)))


@pytest.mark.parametrize(
    ("name", "before", "percent", "after", "expected"),
    [
        ("the very first look", LastPublish(), 10, 0, PublishDecision(everything=True)),
        ("a new minute", last(minute=THIS - 1, at=START - 1), 10, 0, PublishDecision(everything=True)),
        (
            "a new minute, above",
            last(minute=THIS - 1, at=START - 1),
            85,
            0,
            PublishDecision(everything=True, again_at=START + ABOVE_WARNING),
        ),
        ("the same minute, nothing new", last(), 10, 59_999, PublishDecision()),
        ("the next minute, nothing new", last(), 10, 60_000, PublishDecision(everything=True)),
        ("the last publish a little ahead", last(at=START + 59_999), 10, 0, PublishDecision()),
        ("the last publish by a clock far ahead", last(minute=THIS + 10, at=START + 10 * MINUTE), 10, 0, PublishDecision(everything=True)),
        ("a change, too soon", last(), 20, 4_999, PublishDecision(pending=True, again_at=START + AFTER_CHANGE)),
        ("a change whose turn has come", last(), 20, 5_000, PublishDecision(high_resolution=True)),
        ("above, nothing new, too soon", last(85), 85, 9_999, PublishDecision(again_at=START + ABOVE_WARNING)),
        (
            "above, nothing new, its turn",
            last(85),
            85,
            10_000,
            PublishDecision(high_resolution=True, again_at=START + 10_000 + ABOVE_WARNING),
        ),
        ("above, changed, too soon", last(85), 86, 3_000, PublishDecision(pending=True, again_at=START + AFTER_CHANGE)),
        ("above, changed, its turn", last(85), 86, 5_000, PublishDecision(high_resolution=True, again_at=START + 5_000 + ABOVE_WARNING)),
        (
            "below again, in the period of the level it falls from",
            last(85),
            70,
            5_000,
            PublishDecision(pending=True, again_at=START + ABOVE_WARNING),
        ),
        ("below again, in the next period", last(85), 70, 10_000, PublishDecision(high_resolution=True)),
        (
            "a fall soon after a put late in its period",
            last(85, at=START + 9_000),
            70,
            11_000,
            PublishDecision(pending=True, again_at=START + 14_000),
        ),
        ("exactly at the warning", last(80), 80, 10_000, PublishDecision(high_resolution=True, again_at=START + 10_000 + ABOVE_WARNING)),
        ("a clock behind the last put", last(at=START + 30_000), 10, 0, PublishDecision()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_due(name: str, before: LastPublish, percent: float, after: Millis, expected: PublishDecision) -> None:
    """Everything once a minute; in between only what has changed, or stands above the warning."""
    assert decide(before, points(percent), START + after, warning=80) == expected, name


def test_a_change_of_a_slow_series_waits_for_the_minute() -> None:
    """Only high-resolution series are put in between."""
    changed = [DataPoint(catalog.UTILIZATION, 10, START), DataPoint(catalog.COUNT_TOTAL, 8, START)]
    assert decide(last(), changed, START + 30_000, warning=80) == PublishDecision()


def test_a_series_that_appears_is_a_change() -> None:
    """As when a quota becomes known."""
    assert decide(LastPublish(minute=THIS, at=START), points(), START + AFTER_CHANGE, warning=80) == PublishDecision(high_resolution=True)


def test_fine_series_are_those_of_high_resolution() -> None:
    """Nothing else goes out between the minutes."""
    assert [point.metric for point in high_resolution_of(points())] == [catalog.UTILIZATION]


@settings(max_examples=tries(200))
@given(
    st.lists(
        st.tuples(st.integers(0, 3_000), st.floats(0, 120, allow_nan=False)),
        max_size=120,
    )
)
def test_any_storm_of_changes_costs_a_bounded_number_of_puts(steps: list[tuple[int, float]]) -> None:
    """However often something changes, two puts in between are 5 s apart, each minute is put once, and no minute has more than 13 puts."""
    state, now, puts, minutes = LastPublish(), START, [], []
    for wait, percent in steps:
        now += wait
        decided = decide(state, points(percent), now, warning=80)
        if decided.everything:
            minutes.append(minute_of(now))
        if decided.high_resolution:
            assert now - state.at >= AFTER_CHANGE
        if decided.everything or decided.high_resolution:
            puts.append(now)
            minute = minute_of(now) if decided.everything else state.minute
            state = LastPublish(minute=minute, at=now, values=period_maxima(state, points(percent), now))
    assert len(minutes) == len(set(minutes))
    for minute in set(map(minute_of, puts)):
        assert sum(minute_of(put) == minute for put in puts) <= 13


def test_a_period_shows_the_greatest_of_what_was_put_in_it() -> None:
    """As the Maximum does that alarms read; the next period begins without it."""
    assert period_maxima(last(85), points(70), START + 9_999) == values_of(points(85))
    assert period_maxima(last(85), points(70), START + 10_000) == values_of(points(70))


@settings(max_examples=tries(200))
@given(st.lists(st.tuples(st.integers(0, 15_000), st.floats(0, 120, allow_nan=False)), min_size=1, max_size=40))
def test_the_last_level_is_shown_within_fifteen_seconds(steps: list[tuple[int, float]]) -> None:
    """Whatever came before: in the period of the last put the Maximum is what stands now, so that no alarm keeps an old level."""
    state, now, percent = LastPublish(), START, 0.0
    alarm: dict[int, float] = {}
    steps = [*steps, *[(1_000, steps[-1][1])] * 15]  # the publisher checks again while a change is pending
    for wait, percent in steps:
        now += wait
        decided = decide(state, points(percent), now, warning=200)
        if decided.everything or decided.high_resolution:
            alarm[now // ABOVE_WARNING] = max(percent, alarm.get(now // ABOVE_WARNING, percent))
            minute = minute_of(now) if decided.everything else state.minute
            state = LastPublish(minute=minute, at=now, values=period_maxima(state, points(percent), now))
    assert alarm[max(alarm)] == percent
