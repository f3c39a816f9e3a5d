"""What the publisher reads of the table: 500 clusters, a counter of any of which moves every second for ten minutes.

The real publisher over a ledger in memory, in simulated time, with one execution environment for the stream and one for the schedule: the
least that Lambda has. Units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from benchmarks.lines import Bar, Figure, Line
from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.memory.published import MemoryMovedCounters, MemoryPublishState
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.breaches.notify import NotifyPorts, UnarmedBus
from fargatecount.ledger.clusters import RECONCILER, ClusterState, Readability
from fargatecount.ledger.record import record
from fargatecount.ledger.store import Bucket, Counter, bucket_of
from fargatecount.metrics.counter_memory import ChangeTracking, CounterMemory, MovedCounters
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.publish import PublishPorts, publish, publish_pass
from fargatecount.metrics.sink import UnarmedSink
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Millis, Observation, Phase, Scope, SourceRank, WorkloadKey
from tests.support.fakes import FakeClock

SCOPE = Scope("123456789012", "eu-west-1")
CLUSTERS = [Cluster(SCOPE, Kind.ECS, f"cluster-{number:03}") for number in range(500)]
SECONDS = 600
START: Millis = 1_767_225_600_000
CHANGE: Millis = 15_000
"""The time of an invocation by the stream: handlers/publish.py."""
CLUSTER_BYTES = 420
"""A cluster's item with the view of the reconciler, as the table holds it."""
SHARED_BYTES = 30
"""A counter in the shared list: its name and a serial number."""


class _Ledger(MemoryLedger):
    """Counts the read units of what a publisher reads."""

    units = 0

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        self.units += len(buckets)
        return super().read_counters(buckets)

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        found = super().clusters(scope)
        self.units += -(-len(found) * CLUSTER_BYTES // 4096)
        return found


class _Moved(MemoryMovedCounters):
    """Counts the units of the shared list."""

    def __init__(self) -> None:
        super().__init__()
        self.read = self.written = 0

    def moved(self, scope: Scope) -> MovedCounters:
        found = super().moved(scope)
        self.read += 1 + len(found.at) * SHARED_BYTES // 4096
        return found

    def share(self, scope: Scope, moved: MovedCounters) -> None:
        self.written += 1 + len(moved.at) * SHARED_BYTES // 1024
        super().share(scope, moved)


class _Queue:
    def depth(self) -> int:
        return 0


def line() -> Line:
    """Return the line."""
    (ours, written), (before, _) = read_units(tracking=True), read_units(tracking=False)
    return Line(
        what=f"publisher, {len(CLUSTERS)} clusters, a change every second for {SECONDS // 60} minutes: read units",
        figure=Figure.of([float(ours)], ""),
        baseline=Figure.of([float(before)], ""),
        baseline_is="every look reads all counters",
        bar=Bar(0.1, of_ratio=True),
        note=f"{written} write units for the list that publishers share",
    )


def read_units(*, tracking: bool) -> tuple[int, int]:
    """Return the read units of the publishers, and the write units of what they share."""
    clock, shared, dice = FakeClock(START), _Moved(), random.Random(1)
    ledger = _Ledger(DEPLOYED_BUCKETS, clock=clock)
    for cluster in CLUSTERS:
        ledger.note(cluster, RECONCILER, Readability(readable=True, at=START, listed_at=START))
    ledger.discovered(SCOPE, Kind.ECS, START)
    ledger.passed(SCOPE, START)
    quotas = MemoryQuotas()
    quotas.keep(SCOPE, [Quota(capacity=each, value=4_000.0, source=Origin.APPLIED, read_at=START) for each in Capacity])
    common = PublishPorts(
        scope=SCOPE,
        reader=ledger,
        quotas=quotas,
        leases=MemoryLeases(),
        state=MemoryPublishState(),
        refusals=MemoryRefusals(),
        sink=UnarmedSink(),
        notify=NotifyPorts(reader=ledger, store=MemoryBreaches(), mutes=MemoryMutes(), bus=UnarmedBus(), limits=Limits()),
        dead_letters=_Queue(),
        clock=clock,
        owner="the benchmark",
        options=PublishOptions(),
    )
    memories = {"stream": CounterMemory(), "schedule": CounterMemory()}

    def invoke(which: str, moved: frozenset[Bucket], until: Millis) -> None:
        tracked = ChangeTracking(memory=memories[which], store=shared, moved=moved, checks=which == "schedule")
        ports = replace(common, tracking=tracked if tracking else None)
        publish(partial(publish_pass, ports), clock, until=until, stay=False)

    named: set[Bucket] = set()
    changed, minute = 0, -1
    while clock.now() < START + SECONDS * 1000:
        while changed <= (clock.now() - START) // 1000:
            seen = _change(changed, dice.choice(CLUSTERS), clock.now())
            record([seen], ledger, clock)
            named.add(bucket_of(WorkloadKey(seen.cluster, seen.workload_id), DEPLOYED_BUCKETS))
            changed += 1
        if clock.now() // 60_000 > minute:
            minute = clock.now() // 60_000
            memories["schedule"].forget()
            invoke("schedule", frozenset(), clock.now())
        if named:
            moved, named = frozenset(named), set()
            invoke("stream", moved, clock.now() + CHANGE)
        clock.advance(max(0, START + changed * 1000 - clock.now()))
    return ledger.units + shared.read, shared.written


def _change(number: int, cluster: Cluster, now: Millis) -> Observation:
    return Observation(
        cluster=cluster,
        workload_id=f"t{number}",
        version=1,
        source=SourceRank.EVENT,
        phase=Phase.RUNNING,
        observed_at=now,
        facts=Facts(cpu=256, memory=512),
    )
