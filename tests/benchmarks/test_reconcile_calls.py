"""What the reconciler's benchmark counts."""

from __future__ import annotations

import pytest

from benchmarks.reconcile_calls import Account, most_in_a_second
from fargatecount.sources.rate_limiter import CALLS_PER_SECOND
from tests.support.documents import present


@pytest.mark.parametrize(
    ("moments", "most"),
    [
        ([], 0),
        ([7], 1),
        ([0, 999], 2),
        ([0, 1000], 1),
        ([0, 200, 400, 600, 800, 1000], 5),
        ([0, 900, 950, 1000, 1050, 3000], 4),
        ([3000, 0, 1], 2),
    ],
)
def test_the_second_with_most_calls_may_begin_anywhere(moments: list[int], most: int) -> None:
    """Seconds of the clock would hide a burst that lies across two of them."""
    assert most_in_a_second(moments) == most


def test_no_second_of_a_run_sees_more_calls_than_the_pace() -> None:
    """What is asked about services keeps to it as well as what is asked about tasks."""
    report, watched = Account(4, 200, 3).run(full=True)
    assert present(report.headroom).services == 12
    assert most_in_a_second(watched.moments) <= CALLS_PER_SECOND


def test_a_run_that_finds_nothing_asks_twice_whatever_the_number_of_clusters() -> None:
    """One list and one description answer for a hundred clusters as they do for one."""
    for clusters in (1, 100):
        account = Account(clusters, clusters, 1)
        account.run(full=True)
        account.run(full=False)
        report, _ = account.run(full=False)
        assert report.calls == {"DescribeClusters": 1, "ListClusters": 1}
