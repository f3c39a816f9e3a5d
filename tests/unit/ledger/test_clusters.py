"""When a cluster's counts can be trusted, and what is said when they cannot."""

from __future__ import annotations

import pytest

from fargatecount.ledger.clusters import (
    NOT_YET_LISTED,
    RECONCILER,
    STALE_AFTER,
    WATCHER,
    ClusterState,
    Readability,
    is_watched,
    judge,
    undiscovered,
)
from fargatecount.workload import Kind
from tests.support.builders import NOW, WEB

OLD = NOW - max(STALE_AFTER.values()) - 1


def read(at: int = NOW, listed_at: int | None = NOW) -> Readability:
    return Readability(readable=True, at=at, listed_at=listed_at)


def refused(at: int = NOW, reason: str = "denied", remedy: str = "allow it") -> Readability:
    return Readability(readable=False, at=at, reason=reason, remedy=remedy, listed_at=NOW)


REBUILDING = Readability(readable=False, at=NOW, reason="its rows are derived anew", rebuilding=True)

CASES = [
    ("not read at all", {}, False, NOT_YET_LISTED),
    ("listed just now", {RECONCILER: read()}, True, None),
    ("watched and listed", {WATCHER: read()}, True, None),
    ("readable, but never completely listed", {RECONCILER: read(listed_at=None)}, False, NOT_YET_LISTED),
    ("just fresh", {RECONCILER: read(at=NOW - STALE_AFTER[RECONCILER])}, True, None),
    ("too long ago", {RECONCILER: read(at=NOW - STALE_AFTER[RECONCILER] - 1)}, False, "not read since"),
    ("a watcher that fell silent", {WATCHER: read(at=NOW - STALE_AFTER[WATCHER] - 1)}, False, "not read since"),
    ("denied", {RECONCILER: refused()}, False, "denied"),
    ("denied to one, read by the other", {RECONCILER: refused(), WATCHER: read()}, True, None),
    ("denied to one, the other is gone", {RECONCILER: refused(), WATCHER: read(at=OLD)}, False, "denied"),
    ("the newest refusal is told", {RECONCILER: refused(at=OLD, reason="old"), WATCHER: refused(reason="new")}, False, "new"),
    ("being rebuilt, whatever another says", {RECONCILER: REBUILDING, WATCHER: read()}, False, "derived anew"),
    ("listed by one, fresh by the other", {RECONCILER: read(at=OLD), WATCHER: read(listed_at=None)}, True, None),
]


@pytest.mark.parametrize(("sources", "readable", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_judge(sources: dict[str, Readability], readable: bool, says: str | None) -> None:
    """Readable is who has been completely listed and is kept fresh by anybody; everything else says why not."""
    verdict = judge(ClusterState(cluster=WEB, sources=sources), NOW)
    assert verdict.readable is readable
    assert (verdict.reason is None) if says is None else (says in (verdict.reason or ""))


@pytest.mark.parametrize("sources", [{}, {RECONCILER: refused()}, {WATCHER: read(at=OLD)}])
def test_what_cannot_be_trusted_has_a_remedy(sources: dict[str, Readability]) -> None:
    """A number that is not known comes with its remedy."""
    assert judge(ClusterState(cluster=WEB, sources=sources), NOW).remedy


@pytest.mark.parametrize(
    ("sources", "watched"),
    [
        ({}, False),
        ({RECONCILER: read()}, False),
        ({WATCHER: read()}, True),
        ({WATCHER: read(at=NOW - STALE_AFTER[WATCHER])}, True),
        ({WATCHER: read(at=NOW - STALE_AFTER[WATCHER] - 1)}, False),
        ({WATCHER: refused()}, False),
    ],
)
def test_is_watched(sources: dict[str, Readability], watched: bool) -> None:
    """Only a watcher that is alive and reads keeps others from looking."""
    assert is_watched(ClusterState(cluster=WEB, sources=sources), NOW) is watched


@pytest.mark.parametrize(
    ("discoveries", "says"),
    [
        ({}, "not been listed yet"),
        ({Kind.ECS: NOW}, "EKS clusters have not been listed yet"),
        ({Kind.ECS: NOW, Kind.EKS: NOW}, None),
        ({Kind.ECS: NOW, Kind.EKS: OLD}, "EKS clusters have not been listed since"),
    ],
)
def test_undiscovered(discoveries: dict[Kind, int], says: str | None) -> None:
    """A total is complete only where it is known which clusters there are."""
    told = undiscovered(discoveries, NOW)
    assert (told is None) if says is None else (says in (told or ""))
