"""What is remembered of refusals, and how it is put together again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.adapters.memory_refusals import MemoryRefusals
from fargatecount.refusal_log import HOUR, MOST, WINDOW, document, kept, recent, remember, together, waiting_pods, window_of
from fargatecount.refusals import Refusal, Sign
from fargatecount.workload import Capacity, Cluster, Kind
from tests.builders import MINUTE, NOW, SCOPE, WEB

START = window_of(NOW)


def refusal(i: int = 0, at: int = START, **changes: Any) -> Refusal:
    """Return a task of service `shop` that was refused for want of quota."""
    ordinary: dict[str, Any] = {
        "id": f"task-{i}",
        "at": at,
        "cluster": WEB,
        "group": "service:shop",
        "capacity": Capacity.ON_DEMAND,
        "sign": Sign.STOPPED,
        "reason": "You've reached the limit on the number of vCPUs you can run concurrently",
        "for_want": True,
    }
    return Refusal(**ordinary | changes)


def counts(refusals: list[Refusal], now: int = START + MINUTE) -> list[int]:
    log = MemoryRefusals()
    remember(log, refusals)
    return [one.count for one in recent(log, SCOPE, now)]


def test_refusals_of_one_service_and_reason_are_one_entry() -> None:
    """With their number, the first of them and the last."""
    log = MemoryRefusals()
    remember(log, [refusal(1, START + 2000), refusal(2, START + 9000), refusal(3, START + 5000)])
    (one,) = recent(log, SCOPE, START + MINUTE)
    assert (one.count, one.at_least, one.first, one.last) == (3, False, START + 2000, START + 9000)
    assert (one.cluster, one.group, one.capacity, one.sign) == ("ECS-web", "service:shop", Capacity.ON_DEMAND, Sign.STOPPED)


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
        {"sign": Sign.PLACEMENT},
        {"cluster": Cluster(SCOPE, Kind.ECS, "batch")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_stands_by_itself(other: dict[str, Any]) -> None:
    """Another service, reason, capacity, sign or cluster is another entry."""
    assert counts([refusal(1), refusal(2, **other)]) == [1, 1]


def test_the_last_refusal_comes_first() -> None:
    """What has just happened is what somebody looks for."""
    log = MemoryRefusals()
    remember(log, [refusal(1, START), refusal(2, START + MINUTE, group="service:cart")])
    assert [one.group for one in recent(log, SCOPE, START + 2 * MINUTE)] == ["service:cart", "service:shop"]


def test_what_is_older_than_an_hour_is_over() -> None:
    """Exactly an hour is still told; the windows in which it lies do not matter."""
    old, new = refusal(1, START + 1000), refusal(2, START + 2000)
    assert counts([old, new], START + HOUR + 1000) == [2]
    assert counts([old, new], START + HOUR + 2000) == [1]
    assert counts([old, new], START + HOUR + 2001) == []


def test_a_pod_that_waits_for_an_hour_is_one() -> None:
    """It is remembered in each window, and counted once."""
    log = MemoryRefusals()
    for window in range(START, START + HOUR, WINDOW):
        remember(log, [refusal(1, window, sign=Sign.WAITING)])
    (one,) = recent(log, SCOPE, START + HOUR)
    assert (one.count, one.first, one.last) == (1, START, START + HOUR - WINDOW)


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


def test_waiting_pods_are_those_of_one_window_that_want() -> None:
    """Neither tasks, nor pods that Fargate does not support, nor those of another time."""
    refusals = [
        refusal(1, sign=Sign.WAITING),
        refusal(2, sign=Sign.WAITING, group="shop/cart"),
        refusal(3, sign=Sign.WAITING, for_want=False, reason="Pod not supported on Fargate"),
        refusal(4, sign=Sign.WAITING, at=START - 1000),
        refusal(5),
    ]
    (items,) = kept(refusals).values()
    assert waiting_pods(items, START) == 2


def test_the_document_has_aws_words_as_they_are() -> None:
    """For programs: when, how many, what, which service, which capacity, and the raw reason."""
    hostile = "<b>=1+1</b>\x1b[2J"
    (items,) = kept([refusal(1, START + 1000, reason=hostile, group="")]).values()
    (one,) = document(together(items, START))
    assert {name: one[name] for name in ("capacity", "cluster", "group", "reason", "count", "for_want")} == {
        "capacity": "on-demand",
        "cluster": "ECS-web",
        "group": None,
        "reason": hostile,
        "count": 1,
        "for_want": True,
    }
    assert one["at"] == one["since"]
