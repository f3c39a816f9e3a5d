"""What one look without a ledger is given beside its sources."""

from __future__ import annotations

from collections.abc import Sequence

from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity, Cluster, Millis


class TenVcpu:
    """A quota of ten vCPU on demand, and none of Spot."""

    def read(self, now: Millis) -> Sequence[Quota]:
        return [Quota(capacity=Capacity.ON_DEMAND, value=10.0, source=Origin.APPLIED, read_at=now)]


class Heard:
    """Progress with a memory."""

    def __init__(self) -> None:
        self.expected = 0
        self.seen: list[Cluster] = []

    def found(self, clusters: int) -> None:
        self.expected += clusters

    def looked(self, cluster: Cluster) -> None:
        self.seen.append(cluster)

    def waits(self, reason: str) -> None:
        """Ignore it."""
