"""`python -m benchmarks.watcher_whole PORT CA-FILE PODS`: the watcher's whole process, but for how it finds the cluster.

The real fleet, loop, health and DynamoDB table, one cluster of that many pods. It stops once the first list and changes of pods are in the
the table, and prints seconds until the list was, and the most memory that was resident, as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from benchmarks.memory import peak
from fargatecount.adapters.kube_http import Connection
from fargatecount.bootstrap.watching import watching
from fargatecount.clusters import WATCHER
from fargatecount.ledger import Bucket
from fargatecount.workload import LIVING, Cluster, Kind, Scope
from watcher.fleet import Fleet, StoppableClock
from watcher.health import Health
from watcher.server import HealthServer
from watcher.targets import Target, Targets

CLUSTER = Cluster(Scope("000000000000", "eu-west-1"), Kind.EKS, "benchmark")
LOOK = 0.2
AFTER = 10.0
"""Seconds of the watch after the list: the prepared server tells its changes again and again."""


def main(port: str, ca: str, pods: str) -> None:
    """Watch, stop, tell."""
    stop = threading.Event()
    clock = StoppableClock(stop)
    deployment = watching(region=None, environment=os.environ)
    health = Health(clock)
    server = HealthServer(health, "127.0.0.1", 0)
    server.start()
    target = Target(CLUSTER, 1, Connection(f"https://127.0.0.1:{port}", Path(ca).read_bytes(), lambda: "token"))
    fleet = Fleet(lambda: Targets((target,)), table=deployment.ledger, refusals=deployment.refusals, health=health, clock=clock, stop=stop)
    start = time.perf_counter()
    running = threading.Thread(target=fleet.run)
    running.start()
    pause = threading.Event()
    while not any(state.sources.get(WATCHER) for state in deployment.ledger.clusters(CLUSTER.scope)):
        pause.wait(LOOK)
    listed = time.perf_counter() - start
    pause.wait(AFTER)
    counters = deployment.ledger.read_counters([Bucket(CLUSTER, number) for number in range(deployment.ledger.buckets)])
    counted = sum(counter.counts.tally(phases=LIVING).count for counter in counters)
    assert counted == int(pods), counted
    stop.set()
    running.join()
    server.stop()
    sys.stdout.write(json.dumps({"listed": listed, "peak": peak()}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
