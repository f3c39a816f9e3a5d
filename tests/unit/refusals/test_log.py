"""What is remembered of refusals: each once, however often it is told, and no more than an item has room for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.refusals.log import MOST, WINDOW, kept, remember
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
def test_the_number_is_that_of_the_refusals_however_often_they_are_told(told: list[int], batch: int) -> None:
    """In any order, in batches of any size, as often as anybody likes."""
    log = MemoryRefusals()
    for start in range(0, len(told), batch):
        remember(log, [refusal(i, START + 30_000 * i) for i in told[start : start + batch]])
    (one,) = recent(log, SCOPE, START + 2 * WINDOW)
    assert one.count == len(set(told))
    assert (one.first, one.last) == (START + 30_000 * min(told), START + 30_000 * max(told))


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
def test_what_differs_stands_by_itself(other: dict[str, Any]) -> None:
    """Another service, reason, capacity, sign or cluster is another entry."""
    assert counts([refusal(1), refusal(2, **other)]) == [1, 1]


def test_a_full_item_says_that_there_were_more() -> None:
    """A storm is bounded, and its number is then a lower bound."""
    log = MemoryRefusals()
    remember(log, [refusal(i) for i in range(MOST - 1)])
    assert not recent(log, SCOPE, START + MINUTE)[0].at_least
    remember(log, [refusal(i) for i in range(1000)])
    (one,) = recent(log, SCOPE, START + MINUTE)
    assert (one.count, one.at_least) == (MOST, True)


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
    """However long and whatever it is made of, it is text of a bounded size that says where it was cut."""
    ((item,),) = kept([refusal(reason=reason)]).values()
    assert item.reason.endswith("…")
    assert len(item.reason.encode()) <= 220


def test_reasons_that_differ_behind_the_cut_stay_apart() -> None:
    """What is cut off still tells one from the other."""
    assert counts([refusal(1, reason="a" * 300 + "1"), refusal(2, reason="a" * 300 + "2")]) == [1, 1]
