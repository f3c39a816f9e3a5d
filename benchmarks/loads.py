"""Loads: events of tasks and the moments of their arrival, as much as Fargate can produce."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from benchmarks.simulation import START
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Observation, Phase, Scope, SourceRank

CLUSTER = Cluster(Scope("123456789012", "eu-west-1"), Kind.ECS, "one")
STARTS = (Phase.PENDING, Phase.PENDING, Phase.PENDING, Phase.RUNNING)
STOPS = (Phase.STOPPING, Phase.STOPPING, Phase.STOPPING, Phase.GONE)

Arrival = tuple[float, Observation]


class Load(msgspec.Struct, frozen=True):
    """Events and the moments of their arrival."""

    name: str
    arrivals: list[Arrival]
    bar: float
    """Seconds: the 99th percentile, or the time to drain a load that arrives at once."""
    before: list[Observation] = []
    """What the ledger contains before."""
    at_once: bool = False


def loads() -> list[Load]:
    """Return what Fargate can produce: 40 launches/s sustained and 200 in a burst, of four events each; and 3,500 tasks that stop."""
    return [
        Load("160 events/s for 30 s", lives_of([CLUSTER], tasks=1200, over=30.0, apart=2.0), bar=2.0),
        Load("800 events/s for 5 s", lives_of([CLUSTER], tasks=1000, over=5.0, apart=0.5), bar=2.0),
        Load("14,000 stops at once", _storm(3500), bar=60.0, before=[said(i, Phase.RUNNING, 4) for i in range(3500)], at_once=True),
    ]


def said(task: int, phase: Phase, version: int, cluster: Cluster = CLUSTER) -> Observation:
    """Return what an event says of a task of the smallest size."""
    return Observation(
        cluster=cluster,
        workload_id=f"{task:032x}",
        version=version,
        source=SourceRank.EVENT,
        phase=phase,
        observed_at=round(START * 1000),
        facts=Facts(cpu=256, memory=512, capacity=Capacity.ON_DEMAND),
    )


def lives_of(clusters: Sequence[Cluster], *, tasks: int, over: float, apart: float) -> list[Arrival]:
    """Return the events of tasks that start at random moments within `over` seconds, in the order of their arrival."""
    dice = random.Random(1)
    arrivals = []
    for task in range(tasks):
        at = dice.uniform(0, over)
        for position, phase in enumerate(STARTS):
            arrivals.append((at, said(task, phase, position + 1, clusters[task % len(clusters)])))
            at += dice.uniform(apart / 2, apart * 3 / 2)
    return sorted(arrivals, key=lambda arrival: arrival[0])


def _storm(tasks: int) -> list[Arrival]:
    stops = [(0.0, said(task, phase, position + 5)) for task in range(tasks) for position, phase in enumerate(STOPS)]
    random.Random(1).shuffle(stops)
    return stops
