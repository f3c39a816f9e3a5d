"""A watcher under the control of a test: the real stream, prefetcher and loop on one cluster, in threads that end with the test."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from fargatecount.adapters.kubernetes.pods import KubeConnection
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ledger.clusters import WATCHER, Readability
from fargatecount.ledger.store import Bucket
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.workload import Cluster, Phase
from local.kubernetes.driver import FARGATE, PodDriver
from tests.support.deadline import eventually
from watcher.events import Message
from watcher.health import Health
from watcher.loop import Loop, pod_reader
from watcher.prefetch import Prefetcher
from watcher.stream import WatchTiming, watch
from watcher.writer import Table

QUICK = WatchTiming(page_size=7, watch_seconds=(1, 1), grace=0.5)
"""Many pages and many watches in a short time; the properties of the stream do not depend on its times."""
SETTLES_WITHIN = 20.0
"""Seconds that a ledger may lag behind on a loaded machine."""


class HurriedClock(SystemClock):
    """Real time with shortened waits."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.05))


class _HurriedStream:
    """Returns every moment, so that a watcher stops at once."""

    def __init__(self, prefetcher: Prefetcher) -> None:
        self._prefetcher = prefetcher

    def take(self, timeout: float) -> Message | None:
        return self._prefetcher.take(min(timeout, 0.05))


class Killed(BaseException):
    """The watcher's process was killed: nothing in it may catch this."""


class RunningWatcher:
    """One watcher of one cluster; it runs from entry to exit, or until a table kills it."""

    def __init__(
        self, connection: KubeConnection, table: Table, cluster: Cluster, *, epoch: int = 1, timing: WatchTiming = QUICK, seed: int = 1
    ) -> None:
        self._stop = threading.Event()
        self._killed = threading.Event()
        clock = HurriedClock()
        jitter = random.Random(seed)
        messages = watch(connection, pod_reader(cluster, epoch), clock=clock, jitter=jitter, timing=timing, stop=self._stop.is_set)
        self._prefetcher = Prefetcher(messages)
        self._loop = Loop(
            cluster,
            epoch,
            stream=_HurriedStream(self._prefetcher),
            table=table,
            refusals=MemoryRefusals(),
            clock=clock,
            health=Health(clock),
            stop=self._stop.is_set,
            jitter=jitter,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def is_dead(self) -> bool:
        """Whether a table killed it."""
        return self._killed.is_set()

    def _run(self) -> None:
        try:
            self._loop.run()
        except Killed:
            self._killed.set()

    def __enter__(self) -> Self:
        self._prefetcher.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._prefetcher.stop()
        self._thread.join(10)
        assert not self._thread.is_alive(), "the watcher did not stop"


def phase_of(pod: dict[str, Any]) -> str:
    """Return the phase of a pod, straight from its JSON."""
    status = pod["status"]
    if not pod["spec"].get("nodeName"):
        return Phase.WAITING
    if pod["metadata"].get("deletionTimestamp"):
        return Phase.STOPPING
    if status["phase"] in ("Succeeded", "Failed"):
        return Phase.COMPLETED
    return Phase.RUNNING if status["phase"] == "Running" else Phase.PENDING


def truth(driver: PodDriver) -> dict[str, str]:
    """Return uid and phase of every Fargate pod, as the API server has them."""
    return {pod["metadata"]["uid"]: phase_of(pod) for pod in driver.pods() if pod["spec"]["schedulerName"] == FARGATE}


def living(ledger: MemoryLedger, cluster: Cluster) -> dict[str, str]:
    """Return id and phase of every living row."""
    rows = (row for number in range(ledger.buckets) for row in ledger.rows_of(Bucket(cluster, number)))
    return {workload_id: row.phase for workload_id, row in rows if row.phase is not Phase.GONE}


def is_exact(ledger: MemoryLedger, cluster: Cluster, driver: PodDriver) -> bool:
    """Return whether the rows are the pods, phase by phase, and the counters the sum of the rows."""
    equal = {finding.verdict for finding in verify(ledger, [cluster], SystemClock())} == {VerifyResult.EQUAL}
    return equal and living(ledger, cluster) == truth(driver)


def settles(ledger: MemoryLedger, cluster: Cluster, driver: PodDriver) -> None:
    """Wait until the ledger equals the cluster; fail with the difference if it does not."""
    wrong: dict[str, tuple[str | None, str | None]] = {}

    def is_settled() -> bool:
        ours, theirs = living(ledger, cluster), truth(driver)
        wrong.clear()
        wrong.update({uid: (ours.get(uid), theirs.get(uid)) for uid in ours.keys() | theirs.keys() if ours.get(uid) != theirs.get(uid)})
        return not wrong

    try:
        eventually(is_settled, "the ledger is what the API server says", SETTLES_WITHIN)
    finally:
        assert wrong == {}, "by uid: (ledger, API server)"
    assert is_exact(ledger, cluster, driver)
    assert ledger.total(cluster).tally(phases=tuple(Phase)).count == len(truth(driver))


def view_of(ledger: MemoryLedger, cluster: Cluster) -> Readability | None:
    """Return the watcher's last note about the cluster."""
    states = (state for state in ledger.clusters(cluster.scope) if state.cluster == cluster)
    return next((state.sources.get(WATCHER) for state in states), None)


def becomes(ledger: MemoryLedger, cluster: Cluster, check: Callable[[Readability], bool], what: str) -> Readability:
    """Wait until `check` holds for the watcher's note."""

    def seen() -> Readability | None:
        view = view_of(ledger, cluster)
        return view if view is not None and check(view) else None

    view = eventually(seen, what, SETTLES_WITHIN)
    assert view is not None
    return view
