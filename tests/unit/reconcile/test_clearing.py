"""Which rows of a bucket a rebuild writes over, deletes and buries elsewhere."""

from __future__ import annotations

import pytest

from fargatecount.ledger.store import Bucket, bucket_of
from fargatecount.reconcile.clearing import corrections
from fargatecount.sources.snapshot import Snapshot
from fargatecount.workload import Facts, Observation, Phase, WorkloadKey
from tests.support.builders import NOW, WEB, row, told_by_api

ASKED = NOW + 45 * 60_000
"""Long after the row was written: what the ECS API answers is settled."""

BURIED = [
    ("AWS no longer knows it", []),
    ("AWS says the same", [told_by_api(Phase.GONE, 5, workload_id="t1")]),
    ("AWS says the same and knows more", [told_by_api(Phase.GONE, 6, workload_id="t1", facts=Facts(stop_code="TaskFailedToStart"))]),
]


@pytest.mark.parametrize(("name", "described"), BURIED, ids=[case[0] for case in BURIED])
def test_a_tombstone_in_a_wrong_bucket_is_buried_in_its_own_before_it_is_deleted(name: str, described: list[Observation]) -> None:
    """Seed 200949 of the simulation: a rebuild that dies after the deletion must not leave the end to AWS, which forgets it in an hour."""
    del name
    tombstone = row(Phase.GONE, 5)
    wrong = Bucket(WEB, 1 - bucket_of(WorkloadKey(WEB, "t1"), 2).number)
    snapshot = Snapshot(cluster=WEB, requested_at=ASKED, observations=described)
    found = corrections(wrong, {"t1": tombstone}, snapshot, ASKED, before={"t1": tombstone}, buckets=2)
    assert (list(found.delete), [(grave.workload_id, grave.phase) for grave in found.graves]) == (["t1"], [("t1", Phase.GONE)])


def test_a_tombstone_of_a_workload_that_aws_shows_alive_is_not_buried() -> None:
    """A rebuild takes AWS's word: the row is false."""
    tombstone = row(Phase.GONE, 5)
    wrong = Bucket(WEB, 1 - bucket_of(WorkloadKey(WEB, "t1"), 2).number)
    snapshot = Snapshot(cluster=WEB, requested_at=ASKED, observations=[told_by_api(Phase.RUNNING, 6, workload_id="t1")])
    found = corrections(wrong, {"t1": tombstone}, snapshot, ASKED, before={"t1": tombstone}, buckets=2)
    assert (list(found.delete), list(found.graves)) == (["t1"], [])
