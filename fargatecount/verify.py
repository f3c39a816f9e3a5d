"""Verify: recount the rows of every bucket and compare with its counter.

A verdict needs a moment at which both were true. Rows are read page by page while others write, so a bucket is judged only if its counter's
`seq` is the same before and after; else it is undecided, and tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from fargatecount.clock import Clock
from fargatecount.clusters import ClusterState
from fargatecount.counts import EMPTY, Counts
from fargatecount.ledger import Bucket
from fargatecount.row import Row
from fargatecount.workload import Cluster, Kind, Millis, Scope

RETRY_PAUSE = 0.2
"""Seconds between two looks at a busy bucket: at 160 events/s over 10 clusters a bucket is quiet for such a time every few tries."""


class Counter(msgspec.Struct, frozen=True):
    """A counter as it stands in the table."""

    seq: int = 0
    """+1 with every transaction that moved it; 0 where it does not exist yet."""
    counts: Counts = EMPTY


class LedgerReader(Protocol):
    """What reading a ledger back takes. All reads are consistent."""

    @property
    def buckets(self) -> int:
        """How many buckets each cluster has."""
        ...

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        ...

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the clusters of a scope that are known, by name."""
        ...

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        ...

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when every cluster of a scope had been looked into for the first time; None before."""
        ...

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter as no half-done transaction shows it; None while a transaction is at work on it."""
        ...

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return many counters, in the order asked; each true by itself, not all of one instant."""
        ...

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of everything in a bucket, tombstones included."""
        ...

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if the counter's `seq` is still that of `over`; say whether it was."""
        ...


class Verdict(StrEnum):
    """What can be said of one bucket."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"
    REPAIRED = "repaired"


class Finding(msgspec.Struct, frozen=True):
    """One bucket's verdict with both sides of the comparison."""

    bucket: Bucket
    verdict: Verdict
    counter: Counts
    rows: Counts
    workloads: int
    """Living rows."""
    tombstones: int


def judge(before: Counter | None, rows: Iterable[Row], after: Counter | None, bucket: Bucket) -> Finding:
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
        verdict = Verdict.UNDECIDED
    elif total == after.counts:
        verdict = Verdict.EQUAL
    else:
        verdict = Verdict.DIFFERENT
    return Finding(bucket, verdict, after.counts if after else EMPTY, total, living, tombstones)


def verify_bucket(reader: LedgerReader, bucket: Bucket, clock: Clock, *, tries: int = 10, repair: bool = False) -> Finding:
    """Look until a verdict is possible, at most `tries` times; with `repair`, make a differing counter the sum of its rows.

    Raises:
        Unavailable: the table did not answer.
    """
    finding: Finding | None = None
    for attempt in range(tries):
        if attempt:
            clock.sleep(RETRY_PAUSE)
        before = reader.read_counter(bucket)
        rows = [row for _, row in reader.rows_of(bucket)]
        after = reader.read_counter(bucket)
        finding = judge(before, rows, after, bucket)
        if finding.verdict is Verdict.DIFFERENT and repair and after is not None:
            if reader.replace_counter(bucket, after, finding.rows):
                return msgspec.structs.replace(finding, verdict=Verdict.REPAIRED)
            continue
        if finding.verdict is not Verdict.UNDECIDED:
            return finding
    assert finding is not None
    return msgspec.structs.replace(finding, verdict=Verdict.UNDECIDED)


def verify(reader: LedgerReader, clusters: Iterable[Cluster], clock: Clock, *, tries: int = 10, repair: bool = False) -> Iterator[Finding]:
    """Verify every bucket of `clusters`, one finding each."""
    for cluster in clusters:
        for number in range(reader.buckets):
            yield verify_bucket(reader, Bucket(cluster, number), clock, tries=tries, repair=repair)
