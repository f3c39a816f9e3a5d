"""Which breaches begin and end, case by case and for any sequence."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.breaches.breach import (
    CLEARS_AT,
    MAX_PENDING,
    Breaches,
    BreachLevel,
    Change,
    ChangeKind,
    LimitGauge,
    QuotaGauge,
    acknowledge,
    evaluate,
)
from fargatecount.workload import Capacity
from tests.support.builders import MINUTE, NOW

CROSSED, CLEARED = ChangeKind.CROSSED, ChangeKind.CLEARED
DYNAMODB_ITEM = 400 * 1024
"""Bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""


def gauge(
    percent: float | None,
    capacity: Capacity = Capacity.ON_DEMAND,
    level: BreachLevel = BreachLevel.CRITICAL,
    threshold: float = 95,
) -> QuotaGauge:
    used = percent if percent is None else percent * 2
    return QuotaGauge(capacity=capacity, level=level, threshold=threshold, unit="vCPU", value=200, used=used, percent=percent)


def limit_gauge(percent: float, cluster: str) -> LimitGauge:
    return LimitGauge(
        subject=cluster, level=BreachLevel.WARNING, threshold=90, unit="workloads", value=200, used=percent * 2, percent=percent
    )


def kinds(*percents: float | None, threshold: float = 95) -> list[ChangeKind]:
    """Return the changes of one gauge with these percentages in sequence."""
    breaches = Breaches()
    for at, percent in enumerate(percents):
        breaches = evaluate(breaches, [gauge(percent, threshold=threshold)], NOW + at)
    return [change.kind for change in breaches.pending]


@pytest.mark.parametrize(
    ("percents", "changes"),
    [
        ((0, 50, 94.9), []),
        ((95,), [CROSSED]),
        ((94, 96, 99, 120, 97), [CROSSED]),
        ((96, 94, 91, 90.25), [CROSSED]),
        ((96, 90.24), [CROSSED, CLEARED]),
        ((96, 94, 96, 94, 96), [CROSSED]),
        ((96, 50, 60), [CROSSED, CLEARED]),
        ((96, 50, 96, 50), [CROSSED, CLEARED, CROSSED, CLEARED]),
        ((None, None), []),
        ((96, None, None), [CROSSED]),
        ((96, None, 50), [CROSSED, CLEARED]),
        ((96, None, 96), [CROSSED]),
    ],
)
def test_a_breach_has_a_change_when_it_begins_and_when_it_ends(percents: tuple[float | None, ...], changes: list[ChangeKind]) -> None:
    """It begins at the threshold and ends below 95 % of it; an unknown percentage changes nothing."""
    assert kinds(*percents) == changes


def test_a_threshold_of_a_few_percent_can_be_cleared_too() -> None:
    """The end of a breach is a part of its threshold."""
    assert kinds(2, 1.95, 1.89, threshold=2) == [CROSSED, CLEARED]


def test_the_levels_of_a_gauge_are_independent() -> None:
    """A jump over both crosses both; a fall between them clears the higher one."""
    breaches = Breaches()
    for percent in (99, 85):
        both = [gauge(percent), gauge(percent, level=BreachLevel.WARNING, threshold=80)]
        breaches = evaluate(breaches, both, NOW)
    assert [(change.kind, change.gauge.level) for change in breaches.pending] == [
        (CROSSED, BreachLevel.CRITICAL),
        (CROSSED, BreachLevel.WARNING),
        (CLEARED, BreachLevel.CRITICAL),
    ]
    assert set(breaches.open) == {"quota/on-demand/warning"}


def test_a_gauge_that_no_longer_exists_ends_its_breach() -> None:
    """A removed limit leaves no breach open, and the end has no numbers."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    after = evaluate(before, [], NOW + MINUTE)
    ended = after.pending[-1]
    assert (ended.kind, ended.gauge.percent, ended.gauge.used, ended.since) == (CLEARED, None, None, NOW)
    assert after.open == {}


def test_the_end_has_the_time_of_the_beginning() -> None:
    """Both changes of a breach carry the time of its beginning, which links them."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    after = evaluate(before, [gauge(10)], NOW + MINUTE)
    assert [(change.since, change.at) for change in after.pending] == [(NOW, NOW), (NOW, NOW + MINUTE)]


def test_an_evaluation_without_a_change_writes_nothing() -> None:
    """The same object is returned."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    assert evaluate(before, [gauge(97)], NOW + 1) is before


def test_a_delivered_change_is_no_longer_pending() -> None:
    """The breach is still open; each write raises the revision by one."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    after = acknowledge(before, before.pending)
    assert (after.pending, set(after.open)) == ((), {"quota/on-demand/critical"})
    assert (before.rev, after.rev) == (NOW, NOW + 1)


def test_undelivered_changes_do_not_outgrow_their_item() -> None:
    """With the longest names and every cluster in breach they fit the table's item; the oldest changes are dropped first."""
    breaches = Breaches()
    for at in range(6):
        percent = 10 if at % 2 else 99
        everyone = [limit_gauge(percent, f"ECS-{i:03}".ljust(255, "x")) for i in range(200)]
        breaches = evaluate(breaches, everyone, NOW + at)
    assert len(breaches.pending) == MAX_PENDING
    assert breaches.pending[-1].at == NOW + 5
    assert len(msgspec.json.encode(breaches)) < DYNAMODB_ITEM


PERCENTS = st.none() | st.floats(0, 300)
CAPACITIES = tuple(Capacity)


@given(st.lists(st.tuples(PERCENTS, PERCENTS)), st.floats(1, 100), st.lists(st.booleans()))
def test_changes_alternate_whatever_happens(
    readings: list[tuple[float | None, float | None]], threshold: float, deliveries: list[bool]
) -> None:
    """For each gauge Crossed and Cleared alternate, beginning with Crossed, each true when it was decided, whenever they are delivered."""
    breaches = Breaches()
    delivered: list[Change] = []
    for at, percents in enumerate(readings):
        seen = [gauge(percent, capacity, threshold=threshold) for capacity, percent in zip(CAPACITIES, percents, strict=True)]
        breaches = evaluate(breaches, seen, at)
        if at < len(deliveries) and deliveries[at]:
            delivered += breaches.pending
            breaches = acknowledge(breaches, breaches.pending)
    delivered += breaches.pending
    for capacity in CAPACITIES:
        mine = [change for change in delivered if isinstance(change.gauge, QuotaGauge) and change.gauge.capacity == capacity]
        assert [change.kind for change in mine] == [CROSSED, CLEARED] * (len(mine) // 2) + [CROSSED] * (len(mine) % 2)
        assert (f"quota/{capacity}/critical" in breaches.open) == (len(mine) % 2 == 1)
        for change in mine:
            percent = change.gauge.percent
            assert percent is not None
            assert percent >= threshold if change.kind is CROSSED else percent < threshold * CLEARS_AT
