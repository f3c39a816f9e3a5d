"""An account in memory for `fargatecount top`: `python -m tests.support.top_shop [CLUSTERS [SERVICES]]` opens the screen on it."""

from __future__ import annotations

import sys

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.memory.quotas import MemoryQuotas
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.record import record
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.refusals.log import remember
from fargatecount.top.reader import TopPorts, TopReader
from fargatecount.workload import Capacity, Cluster, Facts, Kind, Phase
from tests.support.builders import HOUR, MINUTE, SCOPE, refusal, seen

NAMES = ("front", "checkout", "search", "mail", "images", "nightly", "export", "api", "worker", "cron")


def shop(clusters: int = 3, services: int = 12, *, clock: Clock | None = None) -> TopReader:
    """Return the reader of an account with so many clusters and, over all of them, services of two tasks each."""
    clock = clock or SystemClock()
    now = clock.now()
    ledger, quotas, refusals = MemoryLedger(clock=clock), MemoryQuotas(), MemoryRefusals()
    every = [Cluster(SCOPE, Kind.EKS if i % 4 == 3 else Kind.ECS, f"shop-{i:03d}") for i in range(clusters)]
    for i in range(services):
        cluster, group = every[i % clusters], f"service:{NAMES[i % len(NAMES)]}-{i:04d}"
        tasks = [
            seen(
                Phase.RUNNING if n or i % 7 else Phase.PENDING,
                cluster=cluster,
                workload_id=f"{i:04x}{n:028x}",
                observed_at=now - MINUTE * (i % 50),
                facts=Facts(
                    cpu=256 << (i % 3),
                    memory=1024,
                    group=group,
                    revision=i % 9 + n,
                    started_by="alice" if i % 10 == 5 else f"ecs-svc/{i:019d}",
                    created_at=now - HOUR * (i % 90 + 1),
                    started_at=now - MINUTE * (i % 50 + 1),
                    capacity=Capacity.SPOT if i % 5 == 4 else Capacity.ON_DEMAND,
                    owner=("team-a", "team-b")[i % 2],
                ),
            )
            for n in range(2)
        ]
        record(tasks, ledger, clock)
    for i, cluster in enumerate(every):
        ledger.register(cluster)
        denied = i == 1
        ledger.note(
            cluster,
            RECONCILER,
            Readability(readable=not denied, at=now, listed_at=now - HOUR, reason="ecs:ListTasks was denied" if denied else ""),
        )
    for kind in Kind:
        ledger.discovered(SCOPE, kind, now)
    ledger.passed(SCOPE, now)
    quotas.keep(SCOPE, [Quota(capacity=Capacity.ON_DEMAND, value=float(services), source=Origin.APPLIED, read_at=now)])
    remember(refusals, [refusal(i, now - MINUTE * i, cluster=every[0], group="service:front-0000") for i in range(3)])
    return TopReader(TopPorts(reader=ledger, quotas=quotas, refusals=refusals, mutes=MemoryMutes(), clock=clock))


if __name__ == "__main__":
    from fargatecount.cli.top_screen import TopApp

    TopApp(shop(*map(int, sys.argv[1:])).read, period=2.0).run()
