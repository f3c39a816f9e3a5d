"""The plan: what a view of a cluster means for the rows that were read before it."""

from __future__ import annotations

import pytest

from fargatecount.ledger.row import Row
from fargatecount.reconcile.drift import Cause
from fargatecount.reconcile.plan import SETTLED_AFTER, Plan, plan
from fargatecount.sources.snapshot import Snapshot
from fargatecount.workload import Observation, Phase, SourceRank
from tests.support.builders import NOW, PODS, WEB, row, told_by_api
from tests.support.planning import LONG_AGO, decide

UNTOUCHED = [
    ("the same", row(Phase.RUNNING, 3), told_by_api(Phase.RUNNING, 3)),
    ("the API's word about what an event said", row(Phase.RUNNING, 3, source=SourceRank.EVENT), told_by_api(Phase.RUNNING, 3)),
    ("a tombstone and a stopped task", row(Phase.GONE, 5), told_by_api(Phase.GONE, 5)),
]


@pytest.mark.parametrize(("name", "before", "seen"), UNTOUCHED, ids=[case[0] for case in UNTOUCHED])
def test_agreement_costs_no_write(name: str, before: Row, seen: Observation) -> None:
    """A state in which ledger and AWS agree is not written again, whatever its source."""
    del name
    assert decide({"t1": before}, seen) == Plan(observations=[], repairs=[], contradictions=[])


def test_an_answer_older_than_the_row_changes_nothing() -> None:
    """The API is eventually consistent: a row that events have brought further is ahead, not wrong."""
    decided = decide({"t1": row(Phase.STOPPING, 7)}, told_by_api(Phase.RUNNING, 5))
    assert (decided.observations, decided.newer_than_aws) == ([], 1)


def test_a_living_task_that_the_ledger_buried_is_a_contradiction() -> None:
    """AWS never revives a task: a tombstone under a running task is reported, not guessed away."""
    decided = decide({"t1": row(Phase.GONE, 5)}, told_by_api(Phase.RUNNING, 6))
    assert (decided.observations, decided.contradictions) == ([], ["t1"])


def test_a_task_that_aws_does_not_know_is_an_orphan_once_its_row_is_settled() -> None:
    """A missing task is gone when its row has been left alone for long enough."""
    decided = decide({"t1": row(written_at=NOW - SETTLED_AFTER)}, missing=["t1"])
    assert [repair.cause for repair in decided.repairs] == [Cause.ORPHAN]


def test_a_young_row_is_not_removed_because_aws_does_not_know_it() -> None:
    """A task may be one that an eventually consistent API does not know yet."""
    decided = decide({"t1": row(written_at=NOW - SETTLED_AFTER + 1)}, missing=["t1"])
    assert (decided.observations, decided.unsettled) == ([], 1)


def test_an_inferred_removal_is_bound_to_the_revision_that_was_read() -> None:
    """If the row changes before the removal is written, the removal is void."""
    decided = decide({"t1": row(rev=7, written_at=LONG_AGO)}, missing=["t1"])
    assert [seen.missing_since_rev for seen in decided.observations] == [7]


def test_a_workload_that_was_only_not_described_stays() -> None:
    """Not looked at is not absent: a view that says nothing of a workload does not remove it."""
    assert decide({"t1": row(written_at=LONG_AGO)}).observations == []


def test_what_a_complete_list_lacks_is_gone() -> None:
    """A single-version list removes what it lacks, if the row is older than the list."""
    rows = {"old": row(version=10, epoch=1), "new": row(version=90, epoch=1)}
    decided = decide(rows, cluster=PODS, absent_below=(1, 50))
    assert [(seen.workload_id, seen.absent, seen.version) for seen in decided.observations] == [("old", True, 50)]


def test_rows_of_an_earlier_incarnation_of_the_cluster_are_gone() -> None:
    """A recreated cluster starts with low versions: its epoch outranks every version of the one before."""
    decided = decide({"ghost": row(version=9_000, epoch=1)}, cluster=PODS, absent_below=(2, 5))
    assert [seen.workload_id for seen in decided.observations] == ["ghost"]


def many(number: int) -> dict[str, Row]:
    """Return rows that are all settled."""
    return {f"t{i}": row(written_at=LONG_AGO) for i in range(number)}


def test_most_of_a_cluster_does_not_vanish_in_one_look() -> None:
    """More than half of a cluster gone at once is more likely a wrong answer: nothing is removed before a second look."""
    decided = decide(many(10), missing=[f"t{i}" for i in range(6)])
    assert (decided.observations, decided.withheld) == ([], 6)


def test_a_second_look_that_agrees_removes_them() -> None:
    """Two looks that say the same are believed."""
    view = Snapshot(cluster=WEB, requested_at=NOW, observations=(), missing=[f"t{i}" for i in range(6)])
    assert len(plan(many(10), view, confirmed=True).observations) == 6


def test_half_of_a_cluster_may_go_at_once() -> None:
    """The guard is for more than half."""
    assert len(decide(many(10), missing=[f"t{i}" for i in range(5)]).observations) == 5


def test_the_guard_does_not_doubt_stops_that_aws_itself_reports() -> None:
    """A stopped task is AWS's own word, however many there are."""
    stops = [told_by_api(Phase.GONE, 5, workload_id=f"t{i}") for i in range(10)]
    assert len(decide(many(10), *stops).observations) == 10


def test_the_guard_leaves_tiny_clusters_alone() -> None:
    """In a cluster of three, two that go are an ordinary evening."""
    assert len(decide(many(3), missing=["t0", "t1"]).observations) == 2


def test_the_guard_does_not_doubt_a_complete_list() -> None:
    """What a list of one version lacks is gone by the API server's own word, be it the whole cluster."""
    rows = {f"p{i}": row(version=10, epoch=1) for i in range(10)}
    assert len(decide(rows, cluster=PODS, absent_below=(1, 50)).observations) == 10


def test_what_a_lone_source_finds_is_no_drift() -> None:
    """Where a cluster has no other source, nothing was missed: all is recorded, and none of it is a repair."""
    view = Snapshot(cluster=PODS, requested_at=NOW, observations=[told_by_api(cluster=PODS, workload_id="new")], absent_below=(1, 50))
    decided = plan({"old": row(version=10, epoch=1)}, view, only_source=True)
    assert (len(decided.observations), decided.repairs, decided.drifted, decided.unreported) == (2, (), 0, 2)
