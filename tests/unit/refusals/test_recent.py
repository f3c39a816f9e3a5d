"""Recent refusals, merged from the windows of the log."""

from __future__ import annotations

import msgspec

from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.refusals.document import refused_documents
from fargatecount.refusals.log import WINDOW, remember, window_of, windows
from fargatecount.refusals.recent import merge_windows, recent, waiting_pods
from fargatecount.refusals.refusal import Refusal, RefusalKind
from fargatecount.timestamps import HOUR
from fargatecount.workload import Capacity
from tests.support.builders import MINUTE, NOW, SCOPE, refusal

START = window_of(NOW)


def counts(refusals: list[Refusal], now: int = START + MINUTE) -> list[int]:
    log = MemoryRefusals()
    remember(log, refusals)
    return [one.count for one in recent(log, SCOPE, now)]


def test_refusals_of_one_service_and_reason_are_one_entry() -> None:
    """The entry has their count and the times of the first and the last."""
    log = MemoryRefusals()
    remember(log, [refusal(1, START + 2000), refusal(2, START + 9000), refusal(3, START + 5000)])
    (one,) = recent(log, SCOPE, START + MINUTE)
    assert (one.count, one.at_least, one.first, one.last) == (3, False, START + 2000, START + 9000)
    assert (one.cluster, one.group, one.capacity, one.kind) == ("ECS-web", "service:shop", Capacity.ON_DEMAND, RefusalKind.STOPPED)


def test_the_last_refusal_comes_first() -> None:
    """The latest refusal is the first entry."""
    log = MemoryRefusals()
    remember(log, [refusal(1, START), refusal(2, START + MINUTE, group="service:cart")])
    assert [one.group for one in recent(log, SCOPE, START + 2 * MINUTE)] == ["service:cart", "service:shop"]


def test_what_is_older_than_an_hour_is_over() -> None:
    """A refusal of exactly an hour ago is still recent, whatever window it is in."""
    old, new = refusal(1, START + 1000), refusal(2, START + 2000)
    assert counts([old, new], START + HOUR + 1000) == [2]
    assert counts([old, new], START + HOUR + 2000) == [1]
    assert counts([old, new], START + HOUR + 2001) == []


def test_a_pod_that_waits_for_an_hour_is_one() -> None:
    """A pod has an id in each window, and is counted once."""
    log = MemoryRefusals()
    for window in range(START, START + HOUR, WINDOW):
        remember(log, [refusal(1, window, kind=RefusalKind.WAITING)])
    (one,) = recent(log, SCOPE, START + HOUR)
    assert (one.count, one.first, one.last) == (1, START, START + HOUR - WINDOW)


def test_waiting_pods_are_the_shortages_of_one_window() -> None:
    """Tasks, pods that Fargate does not support, and pods of another window are left out."""
    refusals = [
        refusal(1, kind=RefusalKind.WAITING),
        refusal(2, kind=RefusalKind.WAITING, group="shop/cart"),
        refusal(3, kind=RefusalKind.WAITING, is_shortage=False, reason="Pod not supported on Fargate"),
        refusal(4, kind=RefusalKind.WAITING, at=START - 1000),
        refusal(5),
    ]
    (items,) = windows(refusals).values()
    assert waiting_pods(items, START) == 2


def test_the_document_has_the_text_of_aws_unchanged() -> None:
    """The document has the raw reason beside time, count, service and capacity."""
    hostile = "<b>=1+1</b>\x1b[2J"
    (items,) = windows([refusal(1, START + 1000, reason=hostile, group="")]).values()
    (one,) = msgspec.to_builtins(refused_documents(merge_windows(items, START)))
    assert {name: one[name] for name in ("capacity", "cluster", "group", "reason", "count", "for_want", "cause")} == {
        "capacity": "on-demand",
        "cluster": "ECS-web",
        "group": None,
        "reason": hostile,
        "count": 1,
        "for_want": True,
        "cause": None,
    }
    assert one["at"] == one["since"]
