"""All watched clusters of a process: each has a loop and a stream in threads of their own, so that a slow cluster delays no other.

Threads, because they spend nearly all their time waiting for a socket, every library below is blocking, and a hundred clusters, the quota
of a Region, are two hundred threads. Every two minutes the supervisor finds the clusters to watch again, and changes only what differs.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping

import msgspec

from fargatecount.adapters.kubernetes.http import UntrustedError
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.refusals.log import RefusalLog
from fargatecount.workload import Cluster
from watcher.events import Lost, Message
from watcher.health import Health
from watcher.loop import Loop, pod_reader
from watcher.prefetch import Prefetcher
from watcher.stream import WatchTiming, watch
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
PAUSE_AFTER_STOP = 0.2
"""Longest wait in seconds after the stop signal: enough not to flood a table that is in trouble."""


class StoppableClock(SystemClock):
    """Real time, with waits that end at the stop signal."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        """Wait, but not far beyond the stop signal."""
        if self._stop.is_set():
            super().sleep(min(seconds, PAUSE_AFTER_STOP))
        else:
            self._stop.wait(seconds)


class ClusterWatcher:
    """Watches one cluster."""

    def __init__(
        self, target: Target, *, table: Table, refusals: RefusalLog, health: Health, timing: WatchTiming, owner_label: str = ""
    ) -> None:
        self.target = target
        self._stop = threading.Event()
        clock, jitter = StoppableClock(self._stop), random.Random()  # noqa: S311 - spreads requests, guards nothing
        name = target.cluster.name
        read = pod_reader(target.cluster, target.epoch, owner_label)
        messages = watch(target.connection, read, clock=clock, jitter=jitter, timing=timing, stop=self._stop.is_set)
        self._is_untrusted = False
        self._prefetcher = Prefetcher(self._noticed(messages), name=f"stream-{name}")
        self._loop = Loop(
            target.cluster,
            target.epoch,
            stream=self._prefetcher,
            table=table,
            refusals=refusals,
            clock=clock,
            health=health,
            stop=self._stop.is_set,
            jitter=jitter,
            owner_label=owner_label,
        )
        self._thread = threading.Thread(target=self._run, name=f"loop-{name}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it still watches; it ends by itself only through a defect."""
        return self._thread.is_alive()

    @property
    def needs_discovery(self) -> bool:
        """Whether only a discovery helps: the loop died, or the server's last certificate was of another CA than the known one."""
        return self._is_untrusted or not self.is_running

    def _noticed(self, messages: Iterator[Message]) -> Iterator[Message]:
        for message in messages:
            self._is_untrusted = isinstance(message, Lost) and isinstance(message.error, UntrustedError)
            yield message

    def start(self) -> None:
        """Start watching."""
        self._prefetcher.start()
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop."""
        self._stop.set()
        self._prefetcher.stop()

    def join(self, seconds: float) -> None:
        """Wait until its current batch is written."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._loop.run()
        except Exception:
            log.exception("%s: the loop failed and starts again at the next discovery", self.target.cluster.key)
            self._prefetcher.stop()


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
