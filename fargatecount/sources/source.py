"""The port to AWS for one kind of cluster: which clusters exist, AWS's statistics of them, and a complete snapshot of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fargatecount.ledger.row import Row
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.workload import Cluster, Kind


class Source(Protocol):
    """AWS, for one kind of cluster. Methods raise a FargatecountError where AWS refused or did not answer."""

    @property
    def kind(self) -> Kind:
        """The kind of the clusters."""
        ...

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters that exist and can hold Fargate workloads."""
        ...

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return AWS's own numbers, for the clusters that have any or are deleted."""
        ...

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return a complete snapshot of a cluster; `rows` are the ledger's, read before."""
        ...
