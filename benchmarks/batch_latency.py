"""How long one batch of ten events takes where every request to DynamoDB takes ten simulated milliseconds and there is no other writer."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping

from benchmarks.buckets import EVENT_SECONDS
from benchmarks.lines import Bar, Figure, Line, percentile
from benchmarks.loads import lives_of
from benchmarks.per_bucket import record_per_bucket
from benchmarks.simulation import SimulatedClock, Simulation
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.record import Recorded, record
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Commit, Transaction
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.workload import Cluster, Kind, Observation, Scope, WorkloadKey

REQUEST_SECONDS = 0.010
BATCH = 10
TASKS = 300
CLUSTERS = tuple(Cluster(Scope("123456789012", "eu-west-1"), Kind.ECS, name) for name in ("shop", "batch", "search", "jobs"))
P50 = 40.0


class _Distant(MemoryLedger):
    """A ledger of which every request takes the same time."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(DEPLOYED_BUCKETS, clock=SimulatedClock(simulation))
        self._simulation = simulation

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        self._simulation.sleep(REQUEST_SECONDS)
        return super().read_rows(keys)

    def commit(self, transaction: Transaction) -> Commit:
        self._simulation.sleep(REQUEST_SECONDS)
        return super().commit(transaction)


def line() -> Line:
    """Return the line."""
    ours, before = seconds(record), seconds(record_per_bucket)
    return Line(
        what="one batch of ten events, 10 ms a request, simulated: p50",
        figure=_figure(ours),
        baseline=_figure(before),
        baseline_is="one transaction per bucket",
        bar=Bar(P50),
        note=f"{len(ours)} batches of events of {len(CLUSTERS)} clusters, {EVENT_SECONDS * 1000:.1f} ms of processor time per event",
    )


def seconds(way: Callable[..., Recorded]) -> list[float]:
    """Return how long each batch takes."""
    simulation = Simulation()
    store, clock, contention = _Distant(simulation), SimulatedClock(simulation), Contention()
    taken: list[float] = []

    def write() -> None:
        for batch in _batches():
            start = simulation.now
            simulation.sleep(EVENT_SECONDS * len(batch))
            assert not way(batch, store, clock, jitter=random.Random(1), contention=contention).unfinished
            taken.append(simulation.now - start)

    simulation.run([write])
    return taken


def _figure(taken: list[float]) -> Figure:
    return Figure(percentile(taken, 50) * 1000, min(taken) * 1000, max(taken) * 1000, "ms", len(taken))


def _batches() -> list[list[Observation]]:
    ordered = [seen for _, seen in lives_of(CLUSTERS, tasks=TASKS, over=30.0, apart=2.0)]
    return [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
