"""What a complete list of pods changes in the ledger."""

from __future__ import annotations

import msgspec
import pytest

from fargatecount.eks.pod import Pod
from fargatecount.eks.workload import observe
from fargatecount.ledger.listing import absences, epoch_of, news
from fargatecount.ledger.row import MergeOutcome, Row, merge
from fargatecount.workload import Observation, Phase, SourceRank
from tests.support.builders import NOW, PODS, row
from tests.support.pods import ENDED, pod, waiting

EPOCH = 7


def listed(rows: dict[str, Row], *pods: Pod, version: int = 100) -> dict[str, Observation]:
    said = (observe(pod, PODS, epoch=EPOCH, source=SourceRank.API, at=NOW) for pod in pods)
    seen = [each for each in said if each is not None]
    present = {each.workload_id for each in seen}
    told = [*news(rows, seen), *absences(rows, present, version, PODS, epoch=EPOCH, at=NOW)]
    return {each.workload_id: each for each in told}


def row_of(name: str, version: int, **changes: object) -> Row:
    seen = listed({}, pod(name, version=version))[f"uid-{name}"]
    _, made = merge(None, seen, NOW)
    assert made is not None
    return msgspec.structs.replace(made, **changes)


def test_unknown_pod_is_news() -> None:
    """A pod without a row is reported, with the rank of the API."""
    seen = listed({}, pod("a"))["uid-a"]
    assert (seen.phase, seen.source, seen.epoch) == (Phase.RUNNING, SourceRank.API, EPOCH)


def test_known_pod_is_no_news() -> None:
    """A pod that equals its row costs neither a read nor a write."""
    assert listed({"uid-a": row_of("a", 10)}, pod("a", version=10)) == {}


def test_row_that_an_event_wrote_is_known_too() -> None:
    """A watch event that said the same is not written again by the next list."""
    assert listed({"uid-a": row_of("a", 10, source=SourceRank.EVENT)}, pod("a", version=10)) == {}


def test_row_of_another_phase_at_the_same_version_is_news() -> None:
    """The API's word repairs an event's at the same version."""
    assert "uid-a" in listed({"uid-a": row_of("a", 10, phase=Phase.PENDING)}, pod("a", version=10))


def test_missing_fact_is_news() -> None:
    """A row that lacks what the pod says is filled."""
    known = row_of("a", 10)
    poorer = msgspec.structs.replace(known, facts=msgspec.structs.replace(known.facts, profile=None))
    assert "uid-a" in listed({"uid-a": poorer}, pod("a", version=10))


def test_row_that_the_list_lacks_is_gone() -> None:
    """A deletion that no watch delivered is found by its absence."""
    known = row_of("a", 10)
    seen = listed({"uid-a": known}, version=50)["uid-a"]
    outcome, after = merge(known, seen, NOW)
    assert outcome is MergeOutcome.APPLIED
    assert after is not None
    assert (after.phase, after.inferred) == (Phase.GONE, False)


def test_row_newer_than_the_list_stays() -> None:
    """A pod made after the list was taken is not gone because the list lacks it."""
    known = row_of("a", 51)
    outcome, after = merge(known, listed({"uid-a": known}, version=50)["uid-a"], NOW)
    assert (outcome, after) == (MergeOutcome.STALE, known)


def test_rows_of_the_old_cluster_are_gone_whatever_their_versions() -> None:
    """A cluster that is created again under its name begins with low versions; the old one's pods leave no rows behind."""
    ghost = row_of("a", 90_000, epoch=EPOCH - 1)
    _, after = merge(ghost, listed({"uid-a": ghost}, version=50)["uid-a"], NOW)
    assert after is not None
    assert after.phase is Phase.GONE


def test_tombstones_are_not_told_again() -> None:
    """What is already gone is not news."""
    assert listed({"uid-a": row(Phase.GONE, 10)}, version=50) == {}


def test_pod_that_left_fargate_ends_its_row() -> None:
    """A waiting pod that was scheduled on another kind of node leaves the count, though its object exists."""
    known = listed({}, waiting("a", version=10))["uid-a"]
    _, row_before = merge(None, known, NOW)
    assert row_before is not None
    seen = listed({"uid-a": row_before}, pod("a", version=20, node="ip-10-0-1-2.ec2.internal"), version=50)["uid-a"]
    assert (seen.phase, seen.absent) == (Phase.GONE, True)


EPOCH_CASES = {
    "a cluster without rows is in the epoch in which it was made": ([], 100, EPOCH),
    "older rows change nothing": ([row(version=99, epoch=EPOCH), row(version=100, epoch=EPOCH)], 100, EPOCH),
    "rows of an older cluster of the same name change nothing": ([row(version=9_000, epoch=EPOCH - 1)], 100, EPOCH),
    "a row that is newer than the list begins an epoch": ([row(version=101, epoch=EPOCH)], 100, NOW // 1000),
    "so does a tombstone": ([row(Phase.GONE, 101, epoch=EPOCH)], 100, NOW // 1000),
    "an epoch that has begun goes on": ([row(version=9_000, epoch=EPOCH), row(version=5, epoch=EPOCH + 9)], 100, EPOCH + 9),
    "versions that go back twice begin a third epoch": ([row(version=101, epoch=NOW)], 100, NOW + 1),
}


@pytest.mark.parametrize(("rows", "version", "expected"), EPOCH_CASES.values(), ids=EPOCH_CASES.keys())
def test_the_epoch_of_a_list(rows: list[Row], version: int, expected: int) -> None:
    """A consistent list that is older than rows from before its request belongs to a new epoch."""
    assert epoch_of({str(number): each for number, each in enumerate(rows)}, version, epoch=EPOCH, requested_at=NOW) == expected


@pytest.mark.parametrize(("before", "expected"), [(NOW, EPOCH), (NOW + 1, NOW // 1000)])
def test_a_row_written_since_the_request_proves_nothing(before: int, expected: int) -> None:
    """Only rows that are surely older than the list are compared with it."""
    rows = {"uid-a": row(version=101, epoch=EPOCH)}
    assert epoch_of(rows, 100, epoch=EPOCH, requested_at=NOW, written_before=before) == expected


LISTED_CASES = {
    "a pod as its row has it": (row_of("a", 90), pod("a", version=90), EPOCH),
    "a pod that has changed since": (row_of("a", 90), pod("a", version=95, phase="Succeeded", states=(ENDED,)), EPOCH),
    "a pod at a version from before its row": (row_of("a", 90), pod("a", version=89), NOW // 1000),
    "a pod in another phase at the version of its row": (
        row_of("a", 90),
        pod("a", version=90, phase="Succeeded", states=(ENDED,)),
        NOW // 1000,
    ),
    "a pod that had ended": (row(Phase.GONE, 95, epoch=EPOCH), pod("a", version=90), NOW // 1000),
}


@pytest.mark.parametrize(("before", "seen", "expected"), LISTED_CASES.values(), ids=LISTED_CASES.keys())
def test_a_workload_that_goes_back_begins_an_epoch(before: Row, seen: Pod, expected: int) -> None:
    """A restored backup is noticed even when the versions have caught up since: the list at 100 is newer than every row."""
    assert epoch_of({"uid-a": before}, 100, listed({}, seen).values(), epoch=EPOCH, requested_at=NOW) == expected
