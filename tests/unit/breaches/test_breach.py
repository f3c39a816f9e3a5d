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
    Gauge,
    LimitKind,
    acknowledge,
    evaluate,
)
from tests.support.builders import MINUTE, NOW

CROSSED, CLEARED = ChangeKind.CROSSED, ChangeKind.CLEARED
DYNAMODB_ITEM = 400 * 1024
"""Bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""


def gauge(percent: float | None, subject: str = "on-demand", level: BreachLevel = BreachLevel.CRITICAL, threshold: float = 95) -> Gauge:
    used = percent if percent is None else percent * 2
    return Gauge(
        limit_kind=LimitKind.QUOTA, subject=subject, level=level, threshold=threshold, unit="vCPU", value=200, used=used, percent=percent
    )


def kinds(*percents: float | None, threshold: float = 95) -> list[ChangeKind]:
    """What is told of one gauge that has these percentages one after the other."""
    breaches = Breaches()
    for at, percent in enumerate(percents):
        breaches = evaluate(breaches, [gauge(percent, threshold=threshold)], NOW + at)
    return [change.kind for change in breaches.pending]


@pytest.mark.parametrize(
    ("percents", "told"),
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
def test_a_breach_is_told_when_it_begins_and_when_it_has_ended(percents: tuple[float | None, ...], told: list[ChangeKind]) -> None:
    """It begins at the threshold, ends below 95 % of it, and what is not known changes nothing."""
    assert kinds(*percents) == told


def test_a_threshold_of_a_few_percent_can_be_cleared_too() -> None:
    """What ends a breach is a part of its threshold."""
    assert kinds(2, 1.95, 1.89, threshold=2) == [CROSSED, CLEARED]


def test_the_levels_of_a_gauge_are_apart() -> None:
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


def test_what_is_no_more_has_ended() -> None:
    """A limit that was taken back leaves no breach open, and its end knows no numbers."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    after = evaluate(before, [], NOW + MINUTE)
    ended = after.pending[-1]
    assert (ended.kind, ended.gauge.percent, ended.gauge.used, ended.since) == (CLEARED, None, None, NOW)
    assert after.open == {}


def test_the_end_knows_when_it_began() -> None:
    """Both ends of a breach carry the moment at which it began, by which they belong together."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    after = evaluate(before, [gauge(10)], NOW + MINUTE)
    assert [(change.since, change.at) for change in after.pending] == [(NOW, NOW), (NOW, NOW + MINUTE)]


def test_a_look_at_which_nothing_happens_writes_nothing() -> None:
    """The very same breaches come back."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    assert evaluate(before, [gauge(97)], NOW + 1) is before


def test_what_was_told_is_off_the_list() -> None:
    """And the breach is still open; each writing raises the revision by one."""
    before = evaluate(Breaches(), [gauge(96)], NOW)
    after = acknowledge(before, before.pending)
    assert (after.pending, set(after.open)) == ((), {"quota/on-demand/critical"})
    assert (before.rev, after.rev) == (1, 2)


def test_what_nobody_takes_does_not_outgrow_its_item() -> None:
    """With the longest names and every cluster in breach it fits the table's item; the oldest changes go first."""
    breaches = Breaches()
    for at in range(6):
        percent = 10 if at % 2 else 99
        everyone = [gauge(percent, subject=f"ECS-{i:03}".ljust(255, "x")) for i in range(200)]
        breaches = evaluate(breaches, everyone, NOW + at)
    assert len(breaches.pending) == MAX_PENDING
    assert breaches.pending[-1].at == NOW + 5
    assert len(msgspec.json.encode(breaches)) < DYNAMODB_ITEM


PERCENTS = st.none() | st.floats(0, 300)
SUBJECTS = ("on-demand", "spot")


@given(st.lists(st.tuples(PERCENTS, PERCENTS)), st.floats(1, 100), st.lists(st.booleans()))
def test_changes_alternate_whatever_happens(
    looks: list[tuple[float | None, float | None]], threshold: float, deliveries: list[bool]
) -> None:
    """Of each gauge Crossed and Cleared take turns, beginning with Crossed, each true when it was decided, whenever they are delivered."""
    breaches = Breaches()
    told: list[Change] = []
    for at, percents in enumerate(looks):
        seen = [gauge(percent, subject, threshold=threshold) for subject, percent in zip(SUBJECTS, percents, strict=True)]
        breaches = evaluate(breaches, seen, at)
        if at < len(deliveries) and deliveries[at]:
            told += breaches.pending
            breaches = acknowledge(breaches, breaches.pending)
    told += breaches.pending
    for subject in SUBJECTS:
        mine = [change for change in told if change.gauge.subject == subject]
        assert [change.kind for change in mine] == [CROSSED, CLEARED] * (len(mine) // 2) + [CROSSED] * (len(mine) % 2)
        assert (f"quota/{subject}/critical" in breaches.open) == (len(mine) % 2 == 1)
        for change in mine:
            percent = change.gauge.percent
            assert percent is not None
            assert percent >= threshold if change.kind is CROSSED else percent < threshold * CLEARS_AT
