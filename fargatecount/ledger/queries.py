"""Reads of whole clusters, put together from their buckets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fargatecount.counts import Counts
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, LedgerReader
from fargatecount.workload import Cluster


def rows_of(reader: LedgerReader, cluster: Cluster) -> dict[str, Row]:
    """Return every row of a cluster by its workload, tombstones included.

    Raises:
        UnavailableError, DeniedError: the table could not be read.
    """
    return {workload_id: row for number in range(reader.buckets) for workload_id, row in reader.rows_of(Bucket(cluster, number))}


def counts_of(reader: LedgerReader, clusters: Iterable[Cluster]) -> Mapping[Cluster, Counts]:
    """Return the sum of each cluster's counters; raises the errors of `rows_of`."""
    buckets = [Bucket(cluster, number) for cluster in clusters for number in range(reader.buckets)]
    parts: dict[Cluster, list[Counts]] = {bucket.cluster: [] for bucket in buckets}
    for bucket, counter in zip(buckets, reader.read_counters(buckets), strict=True):
        parts[bucket.cluster].append(counter.counts)
    return {cluster: Counts.total(counts) for cluster, counts in parts.items()}
