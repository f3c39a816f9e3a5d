"""Twenty thousand scopes against the hub's real code: `python -m benchmarks.organization`, with `--accounts`, `--regions`, `--place`.

The receiver (`organization.receive`) gets the messages as Lambda hands them out, in batches of ten, by a few workers. First a usage event
of each scope, as in a quiet minute; then a storm of 2,000 events a second for 30 s, with duplicates and disorder. At the end the store
must have the newest report of every scope. With `--place dynamodb` the store is AWS's own DynamoDB Local, which answers with the write
units of each call. It is one process on the same machine, so its speed is not that of DynamoDB: its bare rate stands beside the receiver's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks.local_table import LocalTable
from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.scopes import DynamoScopes
from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.leases import MemoryLeases
from fargatecount.adapters.memory.scopes import MemoryScopes
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ingest.batch import Message
from fargatecount.organization.announce import AnnouncePorts, UnarmedTopic
from fargatecount.organization.receive import ReceivePorts, receive
from fargatecount.organization.report import DETAIL_TYPE, encode
from fargatecount.organization.scopes import known_scopes
from fargatecount.organization.totals import totals_of
from fargatecount.workload import Scope
from tests.support import dynamodb_local
from tests.support.reports import cluster_usage, quota, report_from, running, scope_usage_of
from tests.support.tables import REGION, create_table

CLUSTERS = 10
BATCH = 10
RATE = 2_000
STORM_SECONDS = 30
WORKERS = 4
COMPRESSED = 530
"""Bytes of such a report as the store keeps it."""
LOADS = ("a quiet minute", "the storm")


class NoLetters:
    """Fails if an event is refused: all of these are true."""

    def keep(self, message: Message, reason: str) -> None:
        """Refuse."""
        raise AssertionError(f"{message.id}: {reason}")


@dataclass
class Run:
    """What one load came to."""

    events: int = 0
    seconds: float = 0.0
    batches: list[float] = field(default_factory=list)
    """Seconds that each batch took."""

    def percentile(self, percent: float) -> float:
        """Return a percentile of the batches in milliseconds."""
        ordered = sorted(self.batches)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1000


def main(arguments: Sequence[str]) -> int:
    """Run both loads, compare, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.organization")
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--regions", type=int, default=20)
    parser.add_argument("--place", choices=["memory", "dynamodb"], default="memory")
    parser.add_argument("--seconds", type=int, default=STORM_SECONDS, help="length of the storm, at 2,000 events a second")
    options = parser.parse_args(arguments)
    before = os.getloadavg()[0]
    with ExitStack() as stack:
        store, table = opened(options.place, stack)
        bare = [table.bare()] if table else []
        found = simulate(store, options.accounts, options.regions, seconds=options.seconds)
        bare += [table.bare()] if table else []
        for name, run in found.items():
            rate = run.events / run.seconds
            sys.stdout.write(
                f"{name}: {run.events} events in {run.seconds:.1f} s, {rate:,.0f}/s; a batch of {BATCH}: p50 {run.percentile(50):.1f} ms,"
                f" p99 {run.percentile(99):.1f} ms\n"
            )
        if table:
            units, rate = table.units, statistics.mean(bare)
            writes = sum(found[name].events for name in LOADS)
            seconds = sum(found[name].seconds for name in LOADS)
            sys.stdout.write(f"write units: {sum(units):,.0f} for {len(units)} writes, {sum(units) / len(units):.2f} each\n")
            sys.stdout.write(
                f"bare writes before and after: {', '.join(f'{each:,.0f}/s' for each in bare)};"
                f" the receiver reaches {writes / seconds / rate:.0%} of their rate\n"
            )
        sys.stdout.write(f"load average {before:.1f} to {os.getloadavg()[0]:.1f}\n")
    return 0


def simulate(store: Any, accounts: int, regions: int, *, rate: int = RATE, seconds: int = STORM_SECONDS) -> dict[str, Run]:
    """Put both loads through the receiver; raises AssertionError if the store does not have the newest report of every scope."""
    clock, chance = SystemClock(), random.Random(7)  # the same storm every time
    scopes = [Scope(f"{100_000_000_000 + number}", f"region-{region}") for number in range(accounts) for region in range(regions)]
    ports = ReceivePorts(
        store=store,
        dead_letters=NoLetters(),
        announce=AnnouncePorts(
            store=store,
            breaches=MemoryBreaches(),
            topic=UnarmedTopic(),
            accounts=store,
            leases=MemoryLeases(),
            clock=clock,
            owner="benchmark",
        ),
        clock=clock,
    )
    now = clock.now()
    newest: dict[Scope, tuple[int, int]] = {scope: (now, chance.randint(1, 60)) for scope in scopes}
    minute = _load(ports, [event_of(scope, at, tasks) for scope, (at, tasks) in newest.items()])
    storm: list[str] = []
    for number in range(rate * seconds):
        scope = chance.choice(scopes)
        at, tasks = now + 1 + number, chance.randint(1, 60)
        newest[scope] = (at, tasks)
        storm.append(event_of(scope, at, tasks))
    # EventBridge promises no order, and every fiftieth event twice.
    disordered = [*storm, *storm[::50]]
    for start in range(0, len(disordered), 200):
        part = disordered[start : start + 200]
        chance.shuffle(part)
        disordered[start : start + 200] = part
    stormed = _load(ports, disordered)
    kept = {record.scope: (record.as_of, record.report.total.running - 5 * (CLUSTERS - 1)) for record in store.scopes()}
    wrong = {scope for scope, expected in newest.items() if kept.get(scope) != expected}
    assert not wrong, f"{len(wrong)} of {len(scopes)} scopes do not show their newest report"
    began = time.perf_counter()
    totals = totals_of(known_scopes(store.scopes(), now + 1))
    look = Run(events=len(scopes), seconds=time.perf_counter() - began, batches=[time.perf_counter() - began])
    assert totals.held.value == sum(tasks + 5 * (CLUSTERS - 1) for _, tasks in newest.values())
    return {LOADS[0]: minute, LOADS[1]: stormed, "one look at all scopes": look}


def event_of(scope: Scope, at: int, tasks: int) -> str:
    """Return the event of a scope with ten clusters, of which one moves."""
    still = [cluster_usage(f"service-{number}", running(5), scope=scope) for number in range(CLUSTERS - 1)]
    usage = scope_usage_of([cluster_usage("web", running(tasks), scope=scope), *still], scope)
    text = encode(report_from(usage, at, [quota(4000.0, read_at=at)]))
    return json.dumps(
        {
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": DETAIL_TYPE,
            "source": "fargatecount",
            "account": scope.account,
            "region": scope.region,
            "time": "2026-01-01T00:00:00Z",
            "resources": [],
            "detail": json.loads(text),
        }
    )


def _load(ports: ReceivePorts, bodies: Sequence[str]) -> Run:
    run = Run(events=len(bodies))

    def take(start: int) -> float:
        messages = [Message(str(start + i), body) for i, body in enumerate(bodies[start : start + BATCH])]
        began = time.perf_counter()
        result = receive(messages, ports)
        assert result.retry_ids == (), result.errors
        return time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        run.batches = list(pool.map(take, range(0, len(bodies), BATCH)))
    run.seconds = time.perf_counter() - began
    return run


def opened(place: str, stack: ExitStack) -> tuple[Any, LocalTable | None]:
    """Return an empty store, and the table behind it."""
    if place == "memory":
        return MemoryScopes(), None
    endpoint = stack.enter_context(dynamodb_local.running())
    client = dynamodb_local.client(endpoint)
    table = LocalTable(client, create_table(client), WORKERS, COMPRESSED)
    items = Items(table.name, REGION, endpoint=endpoint, credentials=dynamodb_local.CREDENTIALS)
    items.connection.connection.client.meta.events.register("after-call.dynamodb.UpdateItem", table.note)
    return DynamoScopes(items), table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
