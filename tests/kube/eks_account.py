"""An account whose EKS clusters are simulated API servers, their ledger, and the reconciler between them."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from fargatecount.adapters.eks.api import EksCluster
from fargatecount.adapters.eks.source import EksSource
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.errors import DeniedError
from fargatecount.ledger.clusters import WATCHER, ClusterState, Readability, Trust, judge
from fargatecount.reconcile.report import Report
from fargatecount.reconcile.scope import Options, reconcile
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.workload import Cluster, Kind, Phase
from tests.kube.control_plane import NOBODY, SimulatedPlane, simulated
from tests.kube.control_plane import WATCHER as WATCHER_TOKEN
from tests.support.builders import SCOPE
from tests.support.fakes import FakeClock


class FakeEks:
    """EKS with a memory: clusters, their profiles, and the calls that it refuses."""

    def __init__(self) -> None:
        self.clusters: dict[str, EksCluster] = {}
        self.with_profiles: set[str] = set()
        self.refused: set[tuple[str, str]] = set()
        """Operation and cluster name."""
        self.tokens: dict[str, str] = {}
        self.connected: list[str] = []
        """Clusters whose API servers were called."""

    def names(self) -> list[str]:
        self._check("names", "")
        return sorted(self.clusters)

    def describe(self, name: str) -> EksCluster | None:
        self._check("describe", name)
        return self.clusters.get(name)

    def has_profiles(self, name: str) -> bool:
        self._check("has_profiles", name)
        return name in self.with_profiles

    def connection(self, cluster: EksCluster) -> KubeConnection:
        self.connected.append(cluster.name)
        token = self.tokens.get(cluster.name, WATCHER_TOKEN)
        return KubeConnection(cluster.endpoint, cluster.ca, lambda: token, cluster.name)

    def _check(self, operation: str, name: str) -> None:
        if (operation, name) in self.refused:
            raise DeniedError(f"{operation} {name}: refused", remedy="allow it")


class EksAccount:
    """One account and Region with EKS clusters; a context manager, which ends their API servers."""

    def __init__(self) -> None:
        self.clock = FakeClock(SystemClock().now())  # the simulated API servers write the real time into their pods
        self.eks = FakeEks()
        self.ledger = MemoryLedger(2, clock=self.clock)
        self.refusals = MemoryRefusals()
        self._running = ExitStack()
        self._seeds = itertools.count()
        self._created = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.close()

    def create(self, name: str, *, profile: bool = True, private: bool = False, first_version: int = 1) -> SimulatedPlane:
        """Create a cluster, or recreate one under its name."""
        plane = self._running.enter_context(simulated(name, first_version=first_version, seed=next(self._seeds)))
        # Minutes apart, as EKS makes them, and not after the test's own time.
        self._created = max(self._created + 60, self.clock.now() // 1000 - 60)
        self.eks.clusters[name] = EksCluster(
            name=name,
            arn=self.cluster(name).arn,
            status="ACTIVE",
            endpoint=plane.api.host,
            ca=plane.api.ca.encode(),
            epoch=self._created,
            is_private=private,
            authentication_mode="API",
        )
        if profile:
            self.eks.with_profiles.add(name)
        return plane

    def delete(self, name: str) -> None:
        """Delete a cluster."""
        del self.eks.clusters[name]
        self.eks.with_profiles.discard(name)

    def unenroll(self, name: str) -> None:
        """Remove the reader's permissions in a cluster."""
        self.eks.tokens[name] = NOBODY

    def enroll(self, name: str) -> None:
        """Restore them."""
        del self.eks.tokens[name]

    def heartbeat(self, name: str) -> None:
        """Note a watcher's heartbeat for the cluster."""
        now = self.clock.now()
        self.ledger.note(self.cluster(name), WATCHER, Readability(readable=True, at=now, listed_at=now))

    def source(self) -> tuple[EksSource, RateLimiter]:
        """Return EKS as one run reads it."""
        pace = RateLimiter(self.clock)
        return EksSource(self.eks, SCOPE, pace, self.clock), pace

    def reconcile(self, **options: Any) -> Report:
        """Run a reconcile, by default as the schedule does."""
        source, pace = self.source()
        return reconcile(SCOPE, self.ledger, [source], self.clock, pace=pace, options=Options(**options))

    def cluster(self, name: str) -> Cluster:
        return Cluster(SCOPE, Kind.EKS, name)

    def count(self, name: str, *phases: Phase) -> int:
        """Return the number of pods of a cluster in the given phases, by default the held ones."""
        total = self.ledger.total(self.cluster(name))
        return (total.tally(phases=phases) if phases else total.held).count

    def state(self, name: str) -> ClusterState:
        """Return the registry's state of a cluster."""
        return next(state for state in self.ledger.clusters(SCOPE) if state.cluster.name == name)

    def verdict(self, name: str) -> Trust:
        """Return whether the counts of a cluster are trusted now."""
        return judge(self.state(name), self.clock.now())


def run_pods(plane: SimulatedPlane, *names: str) -> None:
    """Create pods and start them."""
    for name in names:
        plane.driver.create(name)
        plane.driver.bind(name)
        plane.driver.run(name)
