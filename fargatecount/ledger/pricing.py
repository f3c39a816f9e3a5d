"""Pricing: counters that an earlier release moved last get their sums by price class from their rows.

An earlier release moves a counter without these sums, and the counter then shows that they are unknown (`Counts.charges` is None). Later
moves of this release do not change that: a recount under the counter's `seq` does.
"""

from __future__ import annotations

from collections.abc import Iterable

from fargatecount.counts import Counts
from fargatecount.ledger.store import Bucket, Ledger
from fargatecount.workload import Cluster


def price(ledger: Ledger, clusters: Iterable[Cluster], *, known_too: bool = False) -> int:
    """Recount the charges of every counter that does not know them, or with `known_too` of every counter; return how many were written.

    A counter that moves meanwhile is left to the next call, and one with the right charges is not written.

    Raises:
        UnavailableError, DeniedError: the table did not answer.
    """
    buckets = [Bucket(cluster, number) for cluster in clusters for number in range(ledger.buckets)]
    known = ledger.read_counters(buckets)
    return sum(
        _price(ledger, bucket) for bucket, counter in zip(buckets, known, strict=True) if known_too or counter.counts.charges is None
    )


def _price(ledger: Ledger, bucket: Bucket) -> bool:
    before = ledger.read_counter(bucket)
    if before is None:
        return False
    recounted = Counts.total(row.counts for _, row in ledger.rows_of(bucket))
    return before.counts.charges != recounted.charges and ledger.price_counter(bucket, before, recounted)
