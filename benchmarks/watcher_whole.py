"""`python -m benchmarks.watcher_whole PORT CA-FILE PODS`: the complete watcher process, except for the discovery of clusters.

The real supervisor, loop, health and DynamoDB table, one cluster of that many pods. It lists, follows changes of all pods, and lists
again, as it does every ten minutes, with all rows beside the list. It prints the seconds until the first list was in the table, and the
peak resident memory, as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from benchmarks.memory import peak
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.bootstrap.watcher import watcher_ports
from fargatecount.ledger.store import Bucket
from fargatecount.workload import LIVING, Cluster, Kind, Millis, Scope
from watcher.cluster_watcher import StoppableClock
from watcher.health import Health
from watcher.health_server import HealthServer
from watcher.stream import WatchTiming
from watcher.supervisor import Supervisor
from watcher.targets import Target, Targets

CLUSTER = Cluster(Scope("000000000000", "eu-west-1"), Kind.EKS, "benchmark")
LOOK = 0.05
RELIST: Millis = 5_000
"""Time until a second list is due: meanwhile the prepared server repeats its changes."""
WITHIN = 120.0
"""Seconds; far more than two lists take on a busy machine."""


def main(port: str, ca: str, pods: str) -> None:
    """Watch, stop, report."""
    stop = threading.Event()
    clock = StoppableClock(stop)
    deployment = watcher_ports(region=None, environment=os.environ)
    health = Health(clock)
    server = HealthServer(health, "127.0.0.1", 0)
    server.start()
    target = Target(CLUSTER, 1, KubeConnection(f"https://127.0.0.1:{port}", Path(ca).read_bytes(), lambda: "token"))
    timing = WatchTiming(relist_every=RELIST)
    supervisor = Supervisor(
        lambda: Targets((target,)),
        table=deployment.ledger,
        refusals=deployment.refusals,
        health=health,
        clock=clock,
        stop=stop,
        timing=timing,
    )
    start = time.perf_counter()
    running = threading.Thread(target=supervisor.run)
    running.start()
    try:
        first = _committed_list(health, 0.0)
        listed = time.perf_counter() - start
        _committed_list(health, first)
        counters = deployment.ledger.read_counters([Bucket(CLUSTER, number) for number in range(deployment.ledger.buckets)])
    finally:
        stop.set()
        running.join()
        server.stop()
    counted = sum(counter.counts.tally(phases=LIVING).count for counter in counters)
    assert counted == int(pods), counted
    sys.stdout.write(json.dumps({"listed": listed, "peak": peak()}) + "\n")


def _committed_list(health: Health, before: float) -> float:
    """Wait until a list that was requested after `before` is in the table; return the time of the request."""
    pause, until = threading.Event(), time.monotonic() + WITHIN
    while time.monotonic() < until:
        at = health.registry.get_sample_value("fargatecount_watcher_last_list_timestamp_seconds", {"cluster": CLUSTER.name})
        if at is not None and at > before:
            return at
        pause.wait(LOOK)
    raise RuntimeError(f"no list reached the table within {WITHIN:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:4])
