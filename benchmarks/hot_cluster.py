"""One hot cluster on AWS's own DynamoDB Local: ten writers, all events of one cluster, one transaction per batch beside one per bucket.

DynamoDB Local runs one request at a time and so refuses few; the simulated table (`benchmarks.buckets`) has DynamoDB's own conflicts. What
this part shows is that real transactions of many partitions cost no more than the same rows in many transactions.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from benchmarks.buckets import BATCH, WRITERS
from benchmarks.lines import Bar, Figure, Line, Progress
from benchmarks.loads import CLUSTER, Arrival, loads
from benchmarks.per_bucket import record_per_bucket
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.ledger.contention import Contention
from fargatecount.ledger.record import Recorded, record
from fargatecount.ledger.store import Commit, Committed, Transaction
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.settings.environment import DEPLOYED_BUCKETS
from fargatecount.workload import Observation
from tests.support import dynamodb_local
from tests.support.tables import REGION, create_table

RUNS = 3
TASKS = 500
"""Of the 3,500 of the simulated storm: enough for two hundred batches, and short enough for several turns."""
PRELOAD = 90
"""Rows that are written at once before the clock starts."""
WAYS: dict[str, Callable[..., Recorded]] = {"one transaction per batch": record, "one transaction per bucket": record_per_bucket}


class _Counting(DynamoLedger):
    """A ledger that counts its refused transactions."""

    refused = 0

    def commit(self, transaction: Transaction) -> Commit:
        result = super().commit(transaction)
        self.refused += not isinstance(result, Committed)
        return result


def measure(progress: Progress) -> list[Line]:
    """Return the line; none where DynamoDB Local cannot run."""
    reason = dynamodb_local.missing()
    if reason:
        progress(f"DynamoDB Local is left out: {reason}")
        return []
    storm = next(load for load in loads() if load.at_once)
    names = {seen.workload_id for seen in storm.before[:TASKS]}
    arrivals = [arrival for arrival in storm.arrivals if arrival[1].workload_id in names]
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    conflicts: dict[str, list[float]] = {name: [] for name in WAYS}
    with dynamodb_local.running() as endpoint:
        for turn in range(RUNS):
            for name, way in WAYS.items():
                progress(f"turn {turn + 1} of {RUNS}, {name}")
                took, refused = _drain(endpoint, storm.before[:TASKS], arrivals, way)
                seconds[name].append(took)
                conflicts[name].append(refused / len(arrivals))
    ours, before = (Figure.of(seconds[name], "s") for name in WAYS)
    refusals = " and ".join(f"{Figure.of(conflicts[name], '').median:.2f}" for name in WAYS)
    return [
        Line(
            what=f"{len(arrivals):,} stops at once in one cluster, ten writers, DynamoDB Local: drained",
            figure=ours,
            baseline=before,
            baseline_is="one transaction per bucket",
            bar=Bar(1.0, of_ratio=True),
            note=f"refused transactions per event: {refusals}; counters equal their rows",
        )
    ]


def _drain(endpoint: str, before: list[Observation], arrivals: Iterable[Arrival], way: Callable[..., Recorded]) -> tuple[float, int]:
    table = create_table(dynamodb_local.client(endpoint))
    clock = SystemClock()
    ledgers = [_open(table, endpoint) for _ in range(WRITERS)]
    for start in range(0, len(before), PRELOAD):
        assert not record(before[start : start + PRELOAD], ledgers[0], clock).unfinished
    waiting = deque(seen for _, seen in arrivals)
    errors: list[BaseException] = []

    def write(ledger: DynamoLedger) -> None:
        contention = Contention()
        try:
            while waiting:
                batch: list[Observation] = []
                while waiting and len(batch) < BATCH:
                    batch.append(waiting.popleft())
                waiting.extend(batch[i] for i in way(batch, ledger, clock, contention=contention).unfinished)
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            errors.append(error)

    threads = [threading.Thread(target=write, args=(ledger,)) for ledger in ledgers]
    start_at = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - start_at
    if errors:
        raise errors[0]
    findings = list(verify(ledgers[0], [CLUSTER], clock))
    assert {finding.verdict for finding in findings} == {VerifyResult.EQUAL}, findings
    assert sum(finding.workloads for finding in findings) == 0, findings
    return taken, sum(ledger.refused for ledger in ledgers)


def _open(table: str, endpoint: str) -> _Counting:
    return _Counting(table, REGION, buckets=DEPLOYED_BUCKETS, endpoint=endpoint, credentials=dynamodb_local.CREDENTIALS)
