"""Whether a deployment fits, case by case."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.counts import Counts
from fargatecount.quotas.headroom import CapacityShare, Service, floor_of, headroom, peak_of, split
from fargatecount.quotas.headroom_document import headroom_entries
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.usage.usage import ScopeUsage, free_of
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import NOW, SCOPE, WEB
from tests.support.effort import tries

OD, SPOT = Capacity.ON_DEMAND, Capacity.SPOT


def service(running: int = 10, desired: int = 10, vcpu: float = 1.0, **more: Any) -> Service:
    """A service of tasks of 1 vCPU, on demand, which ECS may double while it deploys."""
    return Service(cluster=WEB, name="shop", desired=desired, running=running, cpu=round(vcpu * 1024), **more)


def free(on_demand: float | None, spot: float | None = 0.0) -> dict[Capacity, Bounded]:
    return {OD: UNKNOWN if on_demand is None else Bounded.exact(on_demand), SPOT: UNKNOWN if spot is None else Bounded.exact(spot)}


@pytest.mark.parametrize(
    ("desired", "percent", "expected"),
    [(10, 200, 20), (10, 150, 15), (3, 150, 4), (1, 150, 1), (10, 100, 10), (0, 200, 0), (7, 50, 7)],
)
def test_the_height_of_a_deployment(desired: int, percent: int, expected: int) -> None:
    """MaximumPercent of the desired count, rounded down, and never less than the desired count itself."""
    assert peak_of(desired, percent) == expected


@pytest.mark.parametrize(
    ("left", "fits", "largest_desired", "largest_percent"),
    [
        (10.0, True, 10, 200),
        (9.99, False, 9, 199),
        (5.0, False, 7, 159),
        (0.0, False, 5, None),
        (100.0, True, 55, 200),
    ],
)
def test_ten_tasks_doubled(left: float, fits: bool, largest_desired: int, largest_percent: int) -> None:
    """Ten more vCPU are needed at the height; the largest count and percent that fit are shown beside it."""
    found = headroom(service(), free(left))
    assert found.needs == {OD: 10.0}
    assert (found.fits, found.largest_desired, found.largest_percent) == (fits, largest_desired, largest_percent)


def test_a_larger_count_is_asked_for() -> None:
    """40 desired are 80 at the height, 70 more than there are."""
    found = headroom(service(), free(60.0), desired=40)
    assert (found.peak, found.needs, found.fits) == (80, {OD: 70.0}, False)
    assert found.largest_desired == 35


def test_a_smaller_count_needs_nothing() -> None:
    """Ten running tasks are more than the height of four desired ones."""
    found = headroom(service(), free(0.0), desired=4)
    assert (found.peak, found.needs, found.fits) == (8, {OD: 0.0}, True)


def test_over_the_quota_a_deployment_that_needs_nothing_still_fits() -> None:
    """As after a quota was lowered: what is taken away asks for nothing."""
    assert headroom(service(), free(-5.0), desired=5).fits is True


def test_no_percent_helps_a_count_that_is_too_large() -> None:
    """Even side by side with nothing 40 tasks do not fit."""
    assert headroom(service(), free(10.0), desired=40).largest_percent is None


def test_an_unknown_quota_is_no_answer() -> None:
    """Neither yes nor no, and nothing is advised."""
    found = headroom(service(), free(None))
    assert (found.fits, found.largest_desired, found.largest_percent) == (None, None, None)


def test_an_unknown_quota_of_the_other_capacity_is_no_obstacle() -> None:
    """A service that is not on Spot does not care."""
    assert headroom(service(), free(10.0, None)).fits is True


def test_what_cannot_fit_one_capacity_does_not_fit() -> None:
    """Whatever is not known of the other."""
    half = (CapacityShare(OD, 0, 1), CapacityShare(SPOT, 0, 1))
    assert headroom(service(shares=half), free(2.0, None)).fits is False


@pytest.mark.parametrize(
    ("tasks", "shares", "expected"),
    [
        (10, (CapacityShare(OD),), {OD: 10}),
        (10, (CapacityShare(OD, 2, 0), CapacityShare(SPOT, 0, 1)), {OD: 2, SPOT: 8}),
        (10, (CapacityShare(OD, 2, 1), CapacityShare(SPOT, 0, 3)), {OD: 4, SPOT: 6}),
        (1, (CapacityShare(OD, 2, 1), CapacityShare(SPOT, 0, 3)), {OD: 1, SPOT: 0}),
        (3, (CapacityShare(OD, 0, 1), CapacityShare(SPOT, 0, 1)), {OD: 2, SPOT: 2}),
        (5, (CapacityShare(OD, 5, 0),), {OD: 5}),
    ],
    ids=str,
)
def test_tasks_are_split_by_base_and_weight(tasks: int, shares: tuple[CapacityShare, ...], expected: dict[Capacity, int]) -> None:
    """The bases first, the rest by weight; a share that does not come out even is rounded up on both sides."""
    assert split(tasks, shares) == expected


def test_spot_and_on_demand_each_need_their_own() -> None:
    """A base on demand and the rest on Spot: only the growing part is weighed."""
    mixed = service(running=10, desired=10, shares=(CapacityShare(OD, 2, 0), CapacityShare(SPOT, 0, 1)))
    assert headroom(mixed, free(0.0, 10.0)).needs == {OD: 0.0, SPOT: 10.0}
    assert headroom(mixed, free(0.0, 10.0)).fits is True


def test_what_is_free_is_the_quota_less_everything_held() -> None:
    """Of the whole scope, each capacity apart; unknown where the quota is."""
    whole = Counts.of(Phase.RUNNING, Facts(cpu=2048, memory=4096, capacity=OD))
    quota = Quota(capacity=OD, value=6.0, source=Origin.APPLIED, read_at=NOW)
    assert free_of(ScopeUsage(SCOPE, [], whole, quotas=[quota])) == {OD: Bounded.exact(4.0), SPOT: UNKNOWN}


@settings(max_examples=tries(200))
@given(
    running=st.integers(0, 50),
    desired=st.integers(0, 80),
    percent=st.integers(100, 300),
    vcpu=st.sampled_from([0.25, 0.5, 1, 4]),
    left=st.floats(-10, 100),
    minimum=st.sampled_from([0, 50, 90, 100]),
)
def test_the_advice_fits_and_one_more_does_not(*, running: int, desired: int, percent: int, vcpu: float, left: float, minimum: int) -> None:
    """The advised count and percentage succeed, and larger ones do not."""
    this = service(running, desired, vcpu, maximum_percent=percent, minimum_percent=minimum)
    found = headroom(this, free(left))
    assert found.largest_desired is not None
    assert headroom(this, free(left), desired=found.largest_desired).succeeds
    if not found.fits:
        larger = range(found.largest_desired + 1, found.largest_desired + 12)
        assert not any(headroom(this, free(left), desired=count).succeeds for count in larger)
        if found.largest_percent is not None:
            assert headroom(this, free(left), maximum_percent=found.largest_percent).succeeds
            assert not headroom(this, free(left), maximum_percent=found.largest_percent + 1).succeeds


@pytest.mark.parametrize(
    ("left", "fits"),
    [
        (Bounded.at_most(9.0), False),
        (Bounded.at_most(10.0), None),
        (Bounded.at_least(10.0), True),
        (Bounded.at_least(9.0), None),
        (Bounded(10.0, None, 12.0), None),
        (Bounded(10.0, None, 9.0), False),
    ],
    ids=["too little at most", "enough at most", "enough at least", "too little at least", "an estimate", "an estimate of too little"],
)
def test_incomplete_counts_say_yes_only_where_that_is_certain(left: Bounded, fits: bool | None) -> None:
    """An upper bound of what is free can only say no, and a lower bound only yes."""
    found = headroom(service(), {OD: left, SPOT: UNKNOWN})
    assert (found.fits, found.succeeds) == (fits, fits)


@pytest.mark.parametrize(
    ("desired", "maximum", "minimum", "left", "fits", "progresses", "percent"),
    [
        (4, 124, 100, 0.0, True, False, None),
        (4, 200, 100, 0.99, False, False, None),
        (4, 200, 100, 1.0, False, True, 149),
        (4, 125, 100, 1.0, True, True, 125),
        (4, 100, 100, 100.0, True, False, None),
        (4, 100, 75, 0.0, True, True, 100),
        (4, 100, 76, 0.0, True, False, None),
        (4, 200, 50, 0.0, False, True, 124),
        (1, 100, 50, 5.0, True, False, None),
        (1, 100, 0, 0.0, True, True, 100),
        (0, 100, 100, -5.0, True, True, 100),
    ],
)
def test_a_deployment_must_start_or_stop_a_task(
    *, desired: int, maximum: int, minimum: int, left: float, fits: bool, progresses: bool, percent: int | None
) -> None:
    """With both bounds at the desired count ECS starts none and stops none, and no percentage that hangs is advised."""
    found = headroom(service(desired, desired, maximum_percent=maximum, minimum_percent=minimum), free(left))
    assert (found.fits, found.progresses, found.largest_percent) == (fits, progresses, percent)


def test_a_service_without_tasks_has_none_to_replace() -> None:
    """The first deployment progresses with any percentages."""
    assert headroom(service(running=0, maximum_percent=100), free(10.0)).succeeds is True


def rolls_out(*, running: int, desired: int, lower: int, upper: int, room: int, prefer_stop: bool) -> bool:
    """Deploy step by step as ECS does, and return whether that ends: `room` is how many more tasks the quota allows."""
    old, new = running, 0
    while (old, new) != (0, desired):
        can_stop = old > 0 and old + new - 1 >= lower
        can_start = new < desired and old + new < min(upper, running + room)
        if can_stop and (prefer_stop or not can_start):
            old -= 1
        elif can_start:
            new += 1
        else:
            return False
    return True


@settings(max_examples=tries(300))
@given(
    running=st.integers(0, 12),
    desired=st.integers(0, 12),
    maximum=st.integers(100, 220),
    minimum=st.integers(0, 100),
    room=st.integers(-6, 20),
    prefer_stop=st.booleans(),
)
def test_progress_is_that_of_a_rolling_deployment(
    *, running: int, desired: int, maximum: int, minimum: int, room: int, prefer_stop: bool
) -> None:
    """A deployment progresses exactly if stopping and starting tasks one by one ends, in whatever order."""
    found = headroom(service(running, desired, maximum_percent=maximum, minimum_percent=minimum), free(float(room)))
    lower, upper = floor_of(desired, minimum), peak_of(desired, maximum)
    assert found.progresses is rolls_out(running=running, desired=desired, lower=lower, upper=upper, room=room, prefer_stop=prefer_stop)


def test_the_document_tells_null_for_what_is_not_known() -> None:
    """Never 0 for an unknown quota."""
    (found,) = msgspec.to_builtins(headroom_entries([headroom(service(), free(None))]))
    assert found["fits"] is None
    assert found["capacities"] == [
        {"capacity": "on-demand", "needs_vcpu": 10.0, "free_vcpu": None, "free_at_most": False, "free_exact": False}
    ]
