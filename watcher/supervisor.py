"""All watched clusters of a process: each has a loop and a stream in threads of their own, so that a slow one delays nobody.

Threads, because nearly all their time is spent waiting for a socket, every library below is blocking, and a hundred clusters, the quota
of a Region, are two hundred of them. What is to be watched is asked again every two minutes, and only what differs is touched.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping

import msgspec

from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.errors import FargatecountError, UnavailableError
from fargatecount.refusals.log import RefusalLog
from fargatecount.workload import Cluster
from watcher.health import Health
from watcher.loop import Loop, reading
from watcher.prefetch import Pump
from watcher.stream import Pace, watch
from watcher.targets import Target, Targets
from watcher.writer import DRAIN, Table

log = logging.getLogger(__name__)

LOOK_AGAIN = 120.0
"""Seconds between two looks at EKS: two calls a cluster, so 100 clusters are two calls a second, and a new one is seen by the time that its
first pod runs."""
LOOK_SOON = 15.0
"""Seconds until EKS is asked again when it did not answer."""
LAST_WRITES = DRAIN / 1000 + 15
"""Seconds that all loops together get to end: their time to drain, and the try of a batch that was under way."""
AFTER_STOP = 0.2
"""Seconds of the waits after the order to stop: enough not to storm a table that is in trouble."""


class StoppableClock(SystemClock):
    """Real time, whose waits end at the order to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        """Wait, but not far beyond the order to stop."""
        if self._stop.is_set():
            super().sleep(min(seconds, AFTER_STOP))
        else:
            self._stop.wait(seconds)


class Follower:
    """One cluster being watched."""

    def __init__(self, target: Target, *, table: Table, refusals: RefusalLog, health: Health, pace: Pace) -> None:
        self.target = target
        self._stop = threading.Event()
        clock, jitter = StoppableClock(self._stop), random.Random()  # noqa: S311 - spreads requests, guards nothing
        name = target.cluster.name
        messages = watch(
            target.connection, reading(target.cluster, target.epoch), clock=clock, jitter=jitter, pace=pace, stop=self._stop.is_set
        )
        self._pump = Pump(messages, name=f"stream-{name}")
        self._loop = Loop(
            target.cluster,
            target.epoch,
            stream=self._pump,
            table=table,
            refusals=refusals,
            clock=clock,
            health=health,
            stop=self._stop.is_set,
            jitter=jitter,
        )
        self._thread = threading.Thread(target=self._run, name=f"loop-{name}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it still watches; it ends by itself only through a defect."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to watch."""
        self._pump.start()
        self._thread.start()

    def stop(self) -> None:
        """Give the order to stop."""
        self._stop.set()
        self._pump.stop()

    def join(self, seconds: float) -> None:
        """Wait until what was in hand is written."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._loop.run()
        except Exception:
            log.exception("%s: the loop failed and is started again at the next look", self.target.cluster.key)
            self._pump.stop()


class Changes(msgspec.Struct, frozen=True):
    """What makes the watched clusters the wanted ones."""

    stop: tuple[Cluster, ...]
    start: tuple[Target, ...]


def changes(watched: Mapping[Cluster, Target], targets: Targets) -> Changes:
    """Return what to stop and what to start; pure. A cluster made anew under its name is both."""
    wanted = {target.cluster: target for target in targets.wanted}
    stop = tuple(
        cluster
        for cluster, target in watched.items()
        if cluster.name not in targets.unclear and (cluster not in wanted or wanted[cluster].identity != target.identity)
    )
    start = tuple(target for cluster, target in wanted.items() if cluster not in watched or cluster in stop)
    return Changes(stop, start)


class Fleet:
    """Keeps the followers equal to what is to be watched, until told to stop."""

    def __init__(
        self,
        look: Callable[[], Targets],
        *,
        table: Table,
        refusals: RefusalLog,
        health: Health,
        clock: Clock,
        stop: threading.Event,
        pace: Pace | None = None,
    ) -> None:
        self._look = look
        self._table = table
        self._refusals = refusals
        self._health = health
        self._clock = clock
        self._stop = stop
        self._pace = pace or Pace()
        self._followers: dict[Cluster, Follower] = {}

    def run(self) -> None:
        """Watch until told to stop, then let every follower finish.

        Raises:
            FargatecountError: the first look failed for a reason that time does not heal.
        """
        first = True
        try:
            while not self._stop.is_set():
                wait = LOOK_SOON
                try:
                    self.follow(self._look())
                    first, wait = False, LOOK_AGAIN
                except UnavailableError as error:
                    log.warning("what to watch is not known: %s; what is watched stays", error)
                except FargatecountError as error:
                    if first:
                        raise
                    log.warning("what to watch is not known: %s; what is watched stays; %s", error, error.remedy)
                self._stop.wait(wait)
        finally:
            self.stop()

    def follow(self, targets: Targets) -> None:
        """Start and stop followers as `targets` asks; one whose loop died is started again."""
        watched = {cluster: follower.target for cluster, follower in self._followers.items() if follower.is_running}
        for cluster in set(self._followers) - set(watched):
            del self._followers[cluster]
        due = changes(watched, targets)
        for cluster in due.stop:
            log.info("%s: is watched no more", cluster.key)
            follower = self._followers.pop(cluster)
            follower.stop()
            follower.join(LAST_WRITES)
            self._health.forget(cluster)
        for target in due.start:
            log.info("%s: is watched at %s", target.cluster.key, target.connection.host)
            follower = Follower(target, table=self._table, refusals=self._refusals, health=self._health, pace=self._pace)
            self._health.tick(target.cluster)
            self._followers[target.cluster] = follower
            follower.start()
        self._health.discovered()

    def stop(self) -> None:
        """Stop all followers at once, and wait for their last writes."""
        for follower in self._followers.values():
            follower.stop()
        until = self._clock.now() + round(LAST_WRITES * 1000)
        for follower in self._followers.values():
            follower.join(max(until - self._clock.now(), 0) / 1000)
