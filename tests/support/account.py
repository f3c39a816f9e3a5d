"""An AWS account in a test: ECS with its tasks, the ledger that follows it, and the reconciler between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.clock import never
from fargatecount.errors import UnavailableError
from fargatecount.ledger.clusters import ClusterState, judge
from fargatecount.ledger.record import Recorded, record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.reconcile.report import ClusterReport, Report
from fargatecount.reconcile.scope import Options, reconcile
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.sources.source import Source
from fargatecount.workload import Cluster, Kind, Observation, Phase
from tests.support.builders import HOUR, SCOPE, WEB
from tests.support.fake_ecs import FakeEcs
from tests.support.fakes import FakeClock


class NoClusters:
    """A service in which the account has nothing."""

    kind = Kind.EKS

    def clusters(self) -> Sequence[Cluster]:
        """Return none."""
        return []

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return none."""
        assert not clusters
        return {}

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Refuse: there is no such cluster."""
        raise UnavailableError(f"{cluster.key} does not exist, with {len(rows)} rows of it")


class Account:
    """One account and Region with Fargatecount in it."""

    def __init__(self, *, buckets: int = 2) -> None:
        self.clock = FakeClock()
        self.ecs = FakeEcs(self.clock)
        self.ledger = MemoryLedger(buckets, clock=self.clock)

    def deliver(self, *events: Observation) -> Recorded:
        """Let events arrive."""
        return record(events, self.ledger, self.clock)

    def reconcile(self, *, stop: Callable[[], bool] = never, asking_ends: Callable[[], bool] | None = None, **options: Any) -> Report:
        """Run a reconcile, by default a full one."""
        pace = RateLimiter(self.clock)
        if asking_ends is not None:
            pace.set_deadline(asking_ends)
        sources: list[Source] = [EcsApi(self.ecs, SCOPE, pace, self.clock), NoClusters()]
        return reconcile(SCOPE, self.ledger, sources, self.clock, pace=pace, options=Options(**{"full": True} | options), stop=stop)

    def settle(self) -> None:
        """Let so much time pass that rows can be concluded from."""
        self.clock.advance(HOUR)

    def rows(self, cluster: Cluster = WEB) -> Mapping[str, Row]:
        """Return the rows of a cluster."""
        return {i: row for number in range(self.ledger.buckets) for i, row in self.ledger.rows_of(Bucket(cluster, number))}

    def living(self, cluster: Cluster = WEB) -> Mapping[str, Phase]:
        """Return the phases of all that is not gone."""
        return {i: row.phase for i, row in self.rows(cluster).items() if row.phase is not Phase.GONE}

    def state(self, cluster: Cluster = WEB) -> ClusterState:
        """Return what is known of a cluster."""
        return next(state for state in self.ledger.clusters(SCOPE) if state.cluster == cluster)

    def readable(self, cluster: Cluster = WEB) -> bool:
        """Say whether the counts of a cluster can be trusted now."""
        return judge(self.state(cluster), self.clock.now()).readable

    def sums_hold(self) -> bool:
        """Say whether every counter is the sum of its rows."""
        clusters = [state.cluster for state in self.ledger.clusters(SCOPE)]
        return all(finding.verdict is VerifyResult.EQUAL for finding in verify(self.ledger, clusters, self.clock))


def of(report: Report, cluster: Cluster = WEB) -> ClusterReport:
    """Return what a report says of a cluster."""
    return next(entry for entry in report.looked if entry.cluster == cluster)
