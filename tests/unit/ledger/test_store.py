"""Buckets and transactions: where a row lies, and when its counter moves."""

from __future__ import annotations

import pytest

from fargatecount.ledger.store import Bucket, Write, bucket_of, counter_delta, moves_counter
from fargatecount.workload import Phase, WorkloadKey
from tests.support.builders import SECOND, WEB, row

RUNNING, GONE = Phase.RUNNING, Phase.GONE


@pytest.mark.parametrize("buckets", [1, 4, 7])
def test_a_workload_keeps_its_bucket_for_ever(buckets: int) -> None:
    """The bucket is the CRC-32 of the id, whose published check value for `123456789` is this: a changed one would lose rows."""
    assert bucket_of(WorkloadKey(WEB, "123456789"), buckets) == Bucket(WEB, 0xCBF43926 % buckets)


def test_rows_that_cancel_out_still_move_the_counter() -> None:
    """One task starts as another stops: the sum stays, yet a reader between them must notice, so `seq` has to rise."""
    up, down = Write("a", row(RUNNING), None), Write("b", row(GONE, 2), row(RUNNING))
    assert not counter_delta([up, down])
    assert moves_counter([up, down])


def test_rows_that_change_no_count_leave_the_counter_alone() -> None:
    """A new version of a running task moves no counter, which saves a write."""
    assert not moves_counter([Write("a", row(RUNNING, 2, rev=SECOND), row(RUNNING))])
