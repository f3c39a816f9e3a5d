"""Verify: recount the rows of every bucket and compare with its counter.

Rows are read page by page while other processes write. A verdict compares rows and counter of one moment, so it is given only if the
counter's `seq` is the same before and after the rows are read. Otherwise the bucket is undecided, and read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from fargatecount.clock import Clock
from fargatecount.counts import EMPTY, Counts
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Counter, LedgerReader
from fargatecount.workload import Cluster

RETRY_PAUSE = 0.2
"""Seconds between two attempts at a busy bucket: at 160 events/s over 10 clusters a bucket is quiet for that long every few attempts."""


class VerifyResult(StrEnum):
    """The result for one bucket."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"
    REPAIRED = "repaired"


class BucketFinding(msgspec.Struct, frozen=True):
    """One bucket's verdict with both sides of the comparison."""

    bucket: Bucket
    verdict: VerifyResult
    counter: Counts
    rows: Counts
    workloads: int
    """Living rows."""
    tombstones: int


def judge(before: Counter | None, rows: Iterable[Row], after: Counter | None, bucket: Bucket) -> BucketFinding:
    """Compare one counter with its rows; pure."""
    living = tombstones = 0
    parts = []
    for row in rows:
        parts.append(row.counts)
        if row.counts:
            living += 1
        else:
            tombstones += 1
    total = Counts.total(parts)
    if before is None or after is None or before.seq != after.seq:
        verdict = VerifyResult.UNDECIDED
    elif is_sum(after.counts, total):
        verdict = VerifyResult.EQUAL
    else:
        verdict = VerifyResult.DIFFERENT
    return BucketFinding(bucket, verdict, after.counts if after else EMPTY, total, living, tombstones)


def is_sum(counts: Counts, recounted: Counts) -> bool:
    """Return whether the counts of a counter are those of its rows; charges that the counter does not know are not compared."""
    return counts.cells == recounted.cells and counts.charges in (None, recounted.charges)


def verify_bucket(reader: LedgerReader, bucket: Bucket, clock: Clock, *, tries: int = 10, repair: bool = False) -> BucketFinding:
    """Read a bucket until a verdict is possible, at most `tries` times; with `repair`, set a differing counter to the sum of its rows.

    Raises:
        UnavailableError: the table did not answer.
    """
    finding: BucketFinding | None = None
    for attempt in range(tries):
        if attempt:
            clock.sleep(RETRY_PAUSE)
        before = reader.read_counter(bucket)
        rows = [row for _, row in reader.rows_of(bucket)]
        after = reader.read_counter(bucket)
        finding = judge(before, rows, after, bucket)
        if finding.verdict is VerifyResult.DIFFERENT and repair and after is not None:
            if reader.replace_counter(bucket, after, finding.rows):
                return msgspec.structs.replace(finding, verdict=VerifyResult.REPAIRED)
            continue
        if finding.verdict is not VerifyResult.UNDECIDED:
            return finding
    assert finding is not None
    return msgspec.structs.replace(finding, verdict=VerifyResult.UNDECIDED)


def verify(
    reader: LedgerReader, clusters: Iterable[Cluster], clock: Clock, *, tries: int = 10, repair: bool = False
) -> Iterator[BucketFinding]:
    """Verify every bucket of `clusters`, one finding each."""
    for cluster in clusters:
        for number in range(reader.buckets):
            yield verify_bucket(reader, Bucket(cluster, number), clock, tries=tries, repair=repair)
