"""The watcher's health: its metrics, and whether it is alive and ready.

Owns the metric names (users scrape them from /metrics); `health_server` serves them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fargatecount.clock import Clock
from fargatecount.ledger.row import MergeOutcome
from fargatecount.workload import Cluster, Millis

LIVE_WITHIN: Millis = 120_000
"""A loop turns every second; its longest turn is one attempt at a batch (10 s), a wait (30 s) and a table that times out."""
LAG_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)
"""Seconds; half a second is the goal, two the limit."""


class Health:
    """The watcher's state, written by the loops and read by the health server."""

    def __init__(self, clock: Clock, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._clock = clock
        self._lock = threading.Lock()
        self._ticks: dict[Cluster, Millis] = {}
        self._settled: set[Cluster] = set()
        self._started = False
        of, prefix = ("cluster",), "fargatecount_watcher_"
        self._messages = Counter(f"{prefix}messages", "Messages received from the cluster", (*of, "kind"), registry=self.registry)
        self._outcomes = Counter(
            f"{prefix}observations", "Observations by their outcome in the ledger", (*of, "outcome"), registry=self.registry
        )
        self._retries = Counter(f"{prefix}table_retries", "Waits for a table that did not accept everything", of, registry=self.registry)
        self._readable = Gauge(f"{prefix}readable", "1 while the cluster can be read", of, registry=self.registry)
        self._pods = Gauge(f"{prefix}listed_pods", "Fargate pods in the last complete list", of, registry=self.registry)
        self._listed_at = Gauge(f"{prefix}last_list_timestamp_seconds", "When that list was requested", of, registry=self.registry)
        self._malformed = Counter(
            f"{prefix}malformed", "Changes and listed pods that could not be decoded whole", of, registry=self.registry
        )
        self._lag = Histogram(
            f"{prefix}lag_seconds", "From the arrival of an event to its commit", of, buckets=LAG_BUCKETS, registry=self.registry
        )

    def discovered(self) -> None:
        """Note that the clusters to watch are known: the watcher can become ready."""
        self._started = True

    def tick(self, cluster: Cluster) -> None:
        """Note that the cluster's loop is turning."""
        with self._lock:
            self._ticks[cluster] = self._clock.now()

    def forget(self, cluster: Cluster) -> None:
        """Drop a cluster that is no longer watched."""
        with self._lock:
            self._ticks.pop(cluster, None)
            self._settled.discard(cluster)
        for gauge in (self._readable, self._pods, self._listed_at):
            gauge.remove_by_labels({"cluster": cluster.name})

    def count_message(self, cluster: Cluster, kind: str) -> None:
        """Count a message."""
        self._messages.labels(cluster.name, kind).inc()

    def set_listed(self, cluster: Cluster, pods: int, at: Millis) -> None:
        """Note a complete list that has been committed."""
        self._pods.labels(cluster.name).set(pods)
        self._listed_at.labels(cluster.name).set(at / 1000)

    def count_outcomes(self, cluster: Cluster, outcomes: Iterable[MergeOutcome]) -> None:
        """Count the outcomes of observations."""
        for outcome in outcomes:
            self._outcomes.labels(cluster.name, str(outcome)).inc()

    def observe_lag(self, cluster: Cluster, seconds: float) -> None:
        """Note how long the oldest event of a batch took from its arrival to its commit."""
        self._lag.labels(cluster.name).observe(seconds)

    def count_retry(self, cluster: Cluster) -> None:
        """Count a batch that the table did not accept."""
        self._retries.labels(cluster.name).inc()

    def count_malformed(self, cluster: Cluster, pods: int = 1) -> None:
        """Count changes or listed pods that could not be decoded whole."""
        self._malformed.labels(cluster.name).inc(pods)

    def set_readable(self, cluster: Cluster, readable: bool) -> None:
        """Note whether the cluster can be read."""
        self._readable.labels(cluster.name).set(1 if readable else 0)
        with self._lock:
            self._settled.add(cluster)

    def is_live(self) -> bool:
        """Return whether every loop has turned lately."""
        now = self._clock.now()
        with self._lock:
            return all(now - tick <= LIVE_WITHIN for tick in self._ticks.values())

    def is_ready(self) -> bool:
        """Return whether every cluster has been read or found unreadable, so that nothing of the start is missing."""
        with self._lock:
            return self._started and self._settled >= set(self._ticks)
