"""All watched clusters of a process: each has a loop and a stream in threads of their own, so that a slow cluster delays no other.

Threads, because they spend nearly all their time waiting for a socket, every library below is blocking, and a hundred clusters, the quota
of a Region, are two hundred threads. Every two minutes the supervisor finds the clusters to watch again, and changes only what differs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.refusals.log import RefusalLog
from fargatecount.workload import Cluster
from watcher.cluster_watcher import ClusterWatcher
from watcher.health import Health
from watcher.stream import WatchTiming
from watcher.targets import Target, Targets
from watcher.writer import DRAIN, Table

log = logging.getLogger(__name__)

DISCOVERY_INTERVAL = 120.0
"""Seconds between two discoveries of clusters: two EKS calls per cluster, so 100 clusters are two calls a second, and a new cluster is
found by the time its first pod runs."""
DISCOVERY_RETRY = 15.0
"""Seconds until the next discovery if EKS did not answer, and the shortest time between two."""
LOOK = 0.5
"""Seconds between two looks at whether a watcher needs a discovery before its time."""
SHUTDOWN_TIMEOUT = DRAIN / 1000 + 15
"""Seconds that all loops together get to end: their time to drain, and the attempt at a batch that was under way."""


class Changes(msgspec.Struct, frozen=True):
    """The clusters to stop and to start watching."""

    stop: tuple[Cluster, ...]
    start: tuple[Target, ...]


def changes(watched: Mapping[Cluster, Target], targets: Targets) -> Changes:
    """Return what to stop and what to start; pure. A cluster recreated under its name is both."""
    wanted = {target.cluster: target for target in targets.wanted}
    stop = tuple(
        cluster
        for cluster, target in watched.items()
        if cluster.name not in targets.unclear and (cluster not in wanted or wanted[cluster].identity != target.identity)
    )
    start = tuple(target for cluster, target in wanted.items() if cluster not in watched or cluster in stop)
    return Changes(stop, start)


class Supervisor:
    """Watches the clusters that discovery finds, until it is stopped."""

    def __init__(
        self,
        find_targets: Callable[[], Targets],
        *,
        table: Table,
        refusals: RefusalLog,
        health: Health,
        clock: Clock,
        stop: threading.Event,
        timing: WatchTiming | None = None,
        owner_label: str = "",
        retry: float = DISCOVERY_RETRY,
    ) -> None:
        self._find_targets = find_targets
        self._retry = retry
        self._owner_label = owner_label
        self._table = table
        self._refusals = refusals
        self._health = health
        self._clock = clock
        self._stop = stop
        self._timing = timing or WatchTiming()
        self._watchers: dict[Cluster, ClusterWatcher] = {}

    def run(self) -> None:
        """Watch until stopped, then let every watcher finish.

        Raises:
            FargatecountError: the first discovery failed for a reason that waiting does not cure.
        """
        first = True
        try:
            while not self._stop.is_set():
                wait = self._retry
                try:
                    self.apply(self._find_targets())
                    first, wait = False, DISCOVERY_INTERVAL
                except UnavailableError as error:
                    log.warning("the clusters to watch are not known: %s; the current ones stay watched", error)
                except FargatecountError as error:
                    if first:
                        raise
                    log.warning("the clusters to watch are not known: %s; the current ones stay watched; %s", error, error.remedy)
                self._wait(wait)
        finally:
            self.stop()

    def _wait(self, seconds: float) -> None:
        """Wait until the next discovery: the time of a retry at least, and less than a second more once a watcher needs one.

        That is a watcher that died of a defect, so that it starts again soon, and one whose server has a certificate of another CA.
        """
        for waited in range(1, round(seconds / LOOK) + 1):
            if self._stop.wait(LOOK) or (waited * LOOK >= self._retry and any(each.needs_discovery for each in self._watchers.values())):
                return

    def apply(self, targets: Targets) -> None:
        """Start and stop watchers to match `targets`; a watcher whose loop died is started again."""
        watched = {cluster: watcher.target for cluster, watcher in self._watchers.items() if watcher.is_running}
        for cluster in set(self._watchers) - set(watched):
            del self._watchers[cluster]
        due = changes(watched, targets)
        for cluster in due.stop:
            log.info("%s: no longer watched", cluster.key)
            watcher = self._watchers.pop(cluster)
            watcher.stop()
            watcher.join(SHUTDOWN_TIMEOUT)
            self._health.forget(cluster)
        for target in due.start:
            log.info("%s: watching at %s", target.cluster.key, target.connection.host)
            watcher = ClusterWatcher(
                target,
                table=self._table,
                refusals=self._refusals,
                health=self._health,
                timing=self._timing,
                owner_label=self._owner_label,
            )
            self._health.tick(target.cluster)
            self._watchers[target.cluster] = watcher
            watcher.start()
        self._health.discovered()

    def stop(self) -> None:
        """Stop all watchers together, and wait for their last writes."""
        for watcher in self._watchers.values():
            watcher.stop()
        until = self._clock.now() + round(SHUTDOWN_TIMEOUT * 1000)
        for watcher in self._watchers.values():
            watcher.join(max(until - self._clock.now(), 0) / 1000)
