"""What a mute holds back is summed up once, and what is still open rings; nothing is lost, whatever overlaps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.breaches.breach import Breaches, BreachLevel, Change, ChangeKind, QuotaGauge, acknowledge, evaluate
from fargatecount.breaches.hold import plan_hold, release
from fargatecount.breaches.mute_event import MAX_LISTED, change_id, is_open, mute_ended
from fargatecount.mutes.mute import Mute, Mutes
from fargatecount.timestamps import DAY, to_iso
from fargatecount.workload import Capacity, Millis
from tests.support.builders import HOUR, NOW, SCOPE

EVERY_NIGHT = f"cron({datetime.fromtimestamp(NOW / 1000, UTC):%M %H} * * *)"


def gauge(percent: float, level: BreachLevel = BreachLevel.WARNING) -> QuotaGauge:
    threshold = 80.0 if level is BreachLevel.WARNING else 95.0
    return QuotaGauge(capacity=Capacity.SPOT, level=level, threshold=threshold, unit="vCPU", value=100, used=percent, percent=percent)


def mute(name: str = "m", since: Millis = NOW, until: Millis = NOW + HOUR, **more: Any) -> Mute:
    return Mute(id=name, since=since, until=until, reason="load test", **more)


def unasked(change: Change) -> None:
    raise AssertionError(f"who caused {change.kind} is of no interest")


def test_an_end_goes_with_its_beginning() -> None:
    """A mute of a cluster holds the end of a breach exactly if it held the beginning: that was reported otherwise."""
    begun = evaluate(Breaches(), [gauge(90)], NOW)
    ended = evaluate(acknowledge(begun, begun.pending), [gauge(10)], NOW + 1)
    mutes = Mutes(mutes=(mute(cluster="ECS-web"),))
    assert plan_hold(ended, mutes, NOW + 1, unasked).deliver == ended.pending
    held = Mutes(mutes=(mute(cluster="ECS-web", held=(change_id(begun.pending[0]),)),))
    assert plan_hold(ended, held, NOW + 1, unasked).deliver == ()


def test_a_second_mute_takes_over() -> None:
    """What the first one held stays held while another covers it, and is in one summary only."""
    begun = evaluate(Breaches(), [gauge(90)], NOW)
    mutes = plan_hold(begun, Mutes(mutes=(mute("a"), mute("b", until=NOW + 2 * HOUR))), NOW, unasked).mutes
    between = plan_hold(begun, mutes, NOW + HOUR, unasked)
    assert (between.deliver, between.summaries) == ((), ())
    last = plan_hold(begun, between.mutes, NOW + 2 * HOUR, unasked)
    assert [len(changes) for _, changes in last.summaries] == [1]
    assert last.deliver == begun.pending


def test_the_summary_lists_what_was_held_and_what_is_still_open() -> None:
    """A long list is cut, and says so."""
    state = Breaches()
    for step in range(MAX_LISTED + 3):
        state = evaluate(state, [gauge(90 if step % 2 == 0 else 10)], NOW + step)
    detail = mute_ended(mute(cluster="<!here>"), state.pending, state.open, SCOPE, NOW + HOUR).detail
    assert (detail.began, detail.ended, detail.held_count, len(detail.held)) == (12, 11, 23, MAX_LISTED)
    assert detail.still_open == [f"{SCOPE.account}/{SCOPE.region}/quota/spot/warning/{NOW + 22}"]
    assert "and 3 more" in detail.chat.description
    assert "12 crossed, 11 cleared; 1 still open" in detail.chat.description
    assert "<!here>" not in detail.chat.description
    assert "the Fargate spot quota. 90 of 100 vCPU used, 90 %; 10 left." in detail.chat.description


def test_each_time_of_a_recurring_mute_has_a_summary_of_its_own() -> None:
    """With its own begin, end and identity; between two times nothing is held."""
    nightly = mute(since=NOW - DAY, until=NOW + 7 * DAY, every=EVERY_NIGHT, length=HOUR)
    mutes, found = Mutes(mutes=(nightly,)), []
    for night in (0, 1):
        begins = NOW + night * DAY
        crossed = evaluate(Breaches(), [gauge(90)], begins + 1)
        held = plan_hold(crossed, mutes, begins + 1, unasked)
        assert held.deliver == ()
        over = plan_hold(crossed, held.mutes, begins + HOUR, unasked)
        assert over.deliver == crossed.pending
        ((which, changes),) = over.summaries
        found.append(mute_ended(which, changes, crossed.open, SCOPE, begins + HOUR).detail)
        mutes = release(over.mutes, {which.id}, ())
    assert [detail.since for detail in found] == [to_iso(NOW), to_iso(NOW + DAY)]
    assert [detail.until for detail in found] == [to_iso(NOW + HOUR), to_iso(NOW + DAY + HOUR)]
    assert len({detail.breach for detail in found}) == 2
    later = evaluate(Breaches(), [gauge(90)], NOW + 2 * HOUR)
    assert plan_hold(later, Mutes(mutes=(nightly,)), NOW + 2 * HOUR, unasked).deliver == later.pending


@given(
    percents=st.lists(st.sampled_from([10.0, 85.0, 99.0]), max_size=12),
    windows=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12), st.sampled_from([None, "warning-spot"])), max_size=3),
    loses=st.sets(st.integers(0, 12)),
)
def test_every_change_is_reported_once_or_summed_up(
    percents: list[float], windows: list[tuple[int, int, str | None]], loses: set[int]
) -> None:
    """After the last mute nothing is pending or held; a breach that is open was reported as such; lost puts are repeated."""
    state = Breaches()
    mutes = Mutes(mutes=tuple(mute(str(i), NOW + a, NOW + a + n, alarm=alarm) for i, (a, n, alarm) in enumerate(windows)))
    reported: list[str] = []
    summed: list[str] = []
    decided: set[str] = set()
    for step, percent in enumerate([*percents, *[percents[-1] if percents else 10.0] * 26]):
        now = NOW + step
        state = evaluate(state, [gauge(percent), gauge(percent, BreachLevel.CRITICAL)], now)
        decided |= {change_id(each) for each in state.pending}
        plan = plan_hold(state, mutes, now, unasked)
        mutes = plan.mutes
        if step in loses:
            continue
        reported += [change_id(each) for each in plan.deliver]
        summed += [change_id(each) for _, changes in plan.summaries for each in changes]
        done = [*plan.deliver, *(each for _, changes in plan.summaries for each in changes if not is_open(each, state.open))]
        state = acknowledge(state, done) if done else state
        mutes = release(mutes, {each.id for each, _ in plan.summaries}, state.pending)
    assert state.pending == ()
    assert not any(each.held for each in mutes.mutes)
    assert set(reported) | set(summed) == decided
    assert len(reported) == len(set(reported))
    assert len(summed) == len(set(summed))
    assert {change_id(each) for each in state.open.values()} <= set(reported)


@pytest.mark.parametrize("kind", [*ChangeKind])
def test_a_mute_that_is_lost_rings(kind: ChangeKind) -> None:
    """Without the item of the mutes everything pending is reported, as by a release that does not know mutes."""
    begun = evaluate(Breaches(), [gauge(90)], NOW)
    state = begun if kind is ChangeKind.CROSSED else evaluate(begun, [gauge(10)], NOW + 1)
    held = plan_hold(state, Mutes(mutes=(mute(),)), NOW + 1, unasked)
    assert held.deliver == ()
    assert plan_hold(state, Mutes(), NOW + 2, unasked).deliver == state.pending
