"""The port to AWS for one kind of cluster: which clusters exist, what AWS's statistics say of them, and a complete snapshot of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fargatecount.ledger.row import Row
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.workload import Cluster, Kind


class Source(Protocol):
    """AWS, for one kind of cluster. Methods raise a FargatecountError where it refused or did not answer."""

    @property
    def kind(self) -> Kind:
        """Which clusters it knows."""
        ...

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters that exist and can hold Fargate workloads."""
        ...

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return AWS's own numbers, for those clusters of which it has any or says that they are deleted."""
        ...

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return a complete view of a cluster; `rows` are the ledger's, read before."""
        ...
