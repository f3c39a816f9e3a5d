"""The refusal log: each refusal once, however often it is delivered, and no more than an item has room for."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.refusals.log import MAX_IDS, WINDOW, remember, windows
from fargatecount.refusals.recent import recent
from fargatecount.refusals.refusal import Refusal, RefusalKind
from fargatecount.workload import Capacity, Cluster, Kind
from tests.support.builders import MINUTE, SCOPE, refusal
from tests.support.refusal_windows import START


def counts(refusals: list[Refusal], now: int = START + MINUTE) -> list[int]:
    log = MemoryRefusals()
    remember(log, refusals)
    return [one.count for one in recent(log, SCOPE, now)]


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.integers(1, 5))
def test_a_refusal_counts_once_however_often_it_is_delivered(delivered: list[int], batch: int) -> None:
    """The count is that of the distinct refusals, in any order, in batches of any size."""
    log = MemoryRefusals()
    for start in range(0, len(delivered), batch):
        remember(log, [refusal(i, START + 30_000 * i) for i in delivered[start : start + batch]])
    (one,) = recent(log, SCOPE, START + 2 * WINDOW)
    assert one.count == len(set(delivered))
    assert (one.first, one.last) == (START + 30_000 * min(delivered), START + 30_000 * max(delivered))


@pytest.mark.parametrize(
    "other",
    [
        {"group": "service:cart"},
        {"reason": "Capacity is unavailable at this time"},
        {"capacity": Capacity.SPOT},
        {"kind": RefusalKind.PLACEMENT},
        {"cluster": Cluster(SCOPE, Kind.ECS, "batch")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_refusal_that_differs_is_an_entry_of_its_own(other: dict[str, Any]) -> None:
    """Another service, reason, capacity, kind or cluster is another entry."""
    assert counts([refusal(1), refusal(2, **other)]) == [1, 1]


def test_a_full_item_is_a_lower_bound() -> None:
    """The item of a storm is bounded, and its count is flagged as a lower bound."""
    log = MemoryRefusals()
    remember(log, [refusal(i) for i in range(MAX_IDS - 1)])
    assert not recent(log, SCOPE, START + MINUTE)[0].at_least
    remember(log, [refusal(i) for i in range(1000)])
    (one,) = recent(log, SCOPE, START + MINUTE)
    assert (one.count, one.at_least) == (MAX_IDS, True)


def test_scopes_are_apart() -> None:
    """A refusal belongs to the account and Region of its cluster."""
    elsewhere = Cluster(msgspec.structs.replace(SCOPE, region="us-east-1"), Kind.ECS, "web")
    log = MemoryRefusals()
    remember(log, [refusal(1), refusal(2, cluster=elsewhere)])
    assert [one.count for one in recent(log, elsewhere.scope, START + MINUTE)] == [1]


@pytest.mark.parametrize(
    "reason", ["é" * 5000, "\x1b[2J" * 2000, "\ud800" * 3000, "a" * 219 + "é" + "b" * 50], ids=["long", "control", "broken", "edge"]
)
def test_a_reason_is_cut_between_characters(reason: str) -> None:
    """A reason of any length and content becomes text of a bounded size that ends in an ellipsis."""
    ((item,),) = windows([refusal(reason=reason)]).values()
    assert item.reason.endswith("…")
    assert len(item.reason.encode()) <= 220


def test_reasons_that_differ_behind_the_cut_stay_apart() -> None:
    """The part behind the cut still distinguishes two reasons."""
    assert counts([refusal(1, reason="a" * 300 + "x"), refusal(2, reason="a" * 300 + "y")]) == [1, 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("retried 1 time(s)", "retried 5 time(s)"),
        ("RequestID: 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "RequestID: 6fa459ea-ee8a-3ca4-894e-db77e160355e"),
        ("task 0123456789abcdef0123456789abcdef", "task fedcba9876543210fedcba9876543210"),
    ],
)
def test_reasons_that_differ_by_a_number_or_an_id_are_one(one: str, other: str) -> None:
    """Request ids and retry counts differ in each copy of a text; a storm of them is one entry."""
    assert counts([refusal(1, reason=one), refusal(2, reason=other)]) == [2]


def test_a_refusal_before_1970_is_stored() -> None:
    """A time that AWS never gives still makes a key that sorts and an offset that is no negative number."""
    ((item,),) = windows([refusal(1, -(10**12))]).values()
    assert (item.window, item.key[:14], item.moments[0][0]) == (0, "0000000000000#", 0)


@pytest.mark.parametrize("text", ["a", "a" * 300 + "x", "0-", "deadbeef-"], ids=["hex", "almost", "pairs", "groups"])
def test_a_hostile_reason_takes_linear_time(text: str) -> None:
    """A megabyte that resembles an id takes well below the handler's reserve of five seconds."""
    started = time.process_time()
    windows([refusal(1, reason=text * (2**20 // len(text)))])
    assert time.process_time() - started < 2
