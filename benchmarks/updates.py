"""CloudWatch calls of a busy counter: the real publisher, cadence and adapter, with a ledger in memory and a simulated clock.

The worst case of the stream is assumed: every single change wakes the publisher, and no two are delivered together.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics
from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.memory.published import MemoryPublishState
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.breaches.notify import NotifyPorts, UnarmedBus
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.publish import PublishPorts, publish, publish_pass
from fargatecount.quotas.limits import Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Millis, Observation, Phase, Scope, SourceRank
from tests.support.fakes import FakeClock

SCOPE = Scope("111122223333", "eu-west-1")
CLUSTER = Cluster(SCOPE, Kind.ECS, "busy")
START: Millis = 1_767_225_600_000
"""The beginning of any minute."""
QUOTA = 4_000.0
"""vCPU, of which only a few are ever used: above the warning level everything is published every 10 s anyway."""
TURN: Millis = 15_000
"""Milliseconds that an invocation waits for the next publish: handlers/publish.py."""


class _CloudWatch:
    """Counts the calls."""

    def __init__(self) -> None:
        self.calls = 0

    def put_metric_data(self, **_: Any) -> None:
        self.calls += 1


class _Queue:
    def depth(self) -> int:
        return 0


def calls(updates: int, *, seconds: float) -> int:
    """Return the number of PutMetricData calls for changes of one counter, spread evenly over these seconds."""
    clock, cloudwatch = FakeClock(START), _CloudWatch()
    ledger, quotas = MemoryLedger(DEPLOYED_BUCKETS, clock=clock), MemoryQuotas()
    ledger.note(CLUSTER, RECONCILER, Readability(readable=True, at=START, listed_at=START))
    ledger.discovered(SCOPE, Kind.ECS, START)
    ledger.passed(SCOPE, START)
    quotas.keep(SCOPE, [Quota(capacity=each, value=QUOTA, source=Origin.APPLIED, read_at=START) for each in Capacity])
    ports = PublishPorts(
        scope=SCOPE,
        reader=ledger,
        quotas=quotas,
        leases=MemoryLeases(),
        state=MemoryPublishState(),
        refusals=MemoryRefusals(),
        sink=CloudWatchMetrics(cloudwatch, namespace="Fargate Stats", prefix="fargate"),
        notify=NotifyPorts(reader=ledger, store=MemoryBreaches(), mutes=MemoryMutes(), bus=UnarmedBus(), limits=Limits()),
        dead_letters=_Queue(),
        clock=clock,
        owner="the benchmark",
        options=PublishOptions(),
    )
    for number in range(updates):
        record([_change(number, clock.now())], ledger, clock)
        publish_pass(ports)
        clock.advance(START + round((number + 1) * seconds * 1000 / updates) - clock.now())
    publish(partial(publish_pass, ports), clock, until=clock.now() + TURN, stay=False)
    return cloudwatch.calls


def _change(number: int, now: Millis) -> Observation:
    """Tasks that start and stop one after the other: every change moves the counter."""
    return Observation(
        cluster=CLUSTER,
        workload_id=f"t{number // 2}",
        version=number % 2 + 1,
        source=SourceRank.EVENT,
        phase=Phase.GONE if number % 2 else Phase.RUNNING,
        observed_at=now,
        facts=Facts(cpu=1024, memory=2048),
    )
