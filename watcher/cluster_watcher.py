"""The watcher of one cluster: a stream of its pods and the loop that records them, each in a thread of its own."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterator

from fargatecount.adapters.kubernetes.http import UntrustedError
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.refusals.log import RefusalLog
from watcher.events import Lost, Message
from watcher.health import Health
from watcher.loop import Loop, pod_reader
from watcher.prefetch import Prefetcher
from watcher.stream import WatchTiming, watch
from watcher.targets import Target
from watcher.writer import Table

log = logging.getLogger(__name__)

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
