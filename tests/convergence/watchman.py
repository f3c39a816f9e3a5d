"""The watchman looks at a ledger after every step and knows what must hold at every instant."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fargatecount.counts import Counts
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, LedgerReader
from fargatecount.workload import Cluster, Phase, WorkloadKey


class Watchman:
    """Remembers what it saw last."""

    def __init__(self, reader: LedgerReader, clusters: Sequence[Cluster]) -> None:
        self._reader = reader
        self._clusters = clusters
        self.rows: dict[WorkloadKey, Row] = {}
        self._sequences: dict[Bucket, int] = {}

    def look(self) -> None:
        """Compare counters with rows, and both with what they were."""
        before, self.rows = self.rows, {}
        buckets = [Bucket(cluster, number) for cluster in self._clusters for number in range(self._reader.buckets)]
        for bucket, counter in zip(buckets, self._reader.read_counters(buckets), strict=True):
            rows = dict(self._reader.rows_of(bucket))
            recount = Counts.total(row.counts for row in rows.values())
            assert counter.counts == recount, f"counter of {bucket} is not the sum of its rows"
            assert counter.seq >= self._sequences.get(bucket, 0), "the sequence of a counter went back"
            self._sequences[bucket] = counter.seq
            self.rows |= {WorkloadKey(bucket.cluster, workload_id): row for workload_id, row in rows.items()}
        for key, old in before.items():
            _check_step(key, old, self.rows[key])


def _check_step(key: WorkloadKey, old: Row, new: Row) -> None:
    if new != old:
        assert new.rev > old.rev, f"{key} was written without raising its revision"
    if old.phase is Phase.GONE and not old.inferred and new.epoch == old.epoch:
        same = msgspec.structs.replace(
            new,
            rev=old.rev,
            facts=old.facts,
            fact_orders=old.fact_orders,
            written_at=old.written_at,
            # A tombstone whose end no source reported takes the report.
            **({} if old.alive_at is None else {"alive_at": old.alive_at, "observed_at": old.observed_at, "version": old.version}),
            **({} if old.alive_at is None else {"source": old.source, "expires_at": old.expires_at}),
        )
        assert same == old, f"{key} was gone for certain, and more than its facts was written again"
