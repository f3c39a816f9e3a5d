"""DynamoDB under contention, in simulated time: latency, conflicts and throttling.

The ledger in it is the real one in memory. The model, from what AWS publishes:

* A transaction is refused where it meets another one on an item, in this design nearly always the counter
  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling; inside, an item
  accepts one prepared transaction at a time: https://www.usenix.org/conference/atc23/presentation/idziorek).
* One partition takes 1,000 write units a second, and burst capacity cannot lift that
  (https://repost.aws/knowledge-center/dynamodb-spiky-workloads-short-intervals), so the model has none. Every bucket has a partition of its
  own, which is the result of adaptive capacity.
* A new on-demand table takes 4,000 write units a second in all
  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html).
* Two units per item and KB; a refused transaction is charged like a written one. AWS documents that for failed conditions and not for
  conflicts: this is the more expensive reading.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence

from benchmarks.simulation import SimulatedClock, Simulation
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.ledger.row import Row, merge
from fargatecount.ledger.store import Bucket, Commit, Conflict, Contended, Transaction, Write, bucket_of, moves_counter
from fargatecount.workload import Observation, WorkloadKey

READ_SECONDS = 0.005
WRITE_SECONDS = (0.008, 0.015)
"""Seconds between a function and DynamoDB in one Region: typical for a BatchGetItem, and for a transaction of a few items."""
REFUSAL_SECONDS = (0.004, 0.008)
"""A refused transaction has done the first of its two phases."""
PARTITION_UNITS = 1000.0
TABLE_UNITS = 4000.0


class _Allowance:
    """Units per second, with a burst of one second."""

    def __init__(self, units: float) -> None:
        self._units = units
        self._left = units
        self._at = 0.0

    def takes(self, units: int, now: float) -> bool:
        self._left = min(self._units, self._left + (now - self._at) * self._units)
        self._at = now
        return self._left >= units

    def take(self, units: int) -> None:
        self._left -= units


class SimulatedTable(MemoryLedger):
    """A ledger whose calls take simulated time and conflict with each other."""

    def __init__(self, buckets: int, simulation: Simulation, seed: int) -> None:
        super().__init__(buckets, clock=SimulatedClock(simulation))
        self._simulation = simulation
        self._dice = random.Random(seed)
        self._held: set[tuple[Bucket, str]] = set()
        self._table = _Allowance(TABLE_UNITS)
        self._partitions: dict[Bucket, _Allowance] = {}
        self.transactions = 0
        self.conflicts = 0
        self.throttled = 0
        self.overtaken = 0
        self.units = 0

    def preload(self, observations: Iterable[Observation]) -> None:
        """Contain this from the beginning, at no cost."""
        for seen in observations:
            _, row = merge(None, seen, seen.observed_at)
            assert row is not None
            bucket = bucket_of(WorkloadKey(seen.cluster, seen.workload_id), self.buckets)
            super().commit({bucket: [Write(seen.workload_id, row, None)]})

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist, after the latency."""
        self._simulation.sleep(READ_SECONDS)
        return super().read_rows(keys)

    def commit(self, transaction: Transaction) -> Commit:
        """Write, unless another transaction holds one of the items or no units are left."""
        items = {bucket: _items(bucket, writes) for bucket, writes in transaction.items()}
        short_of_units = self._spend({bucket: 2 * len(of_bucket) for bucket, of_bucket in items.items()})
        if short_of_units is not None:
            self.throttled += 1
            self._simulation.sleep(READ_SECONDS)
            return Contended(short_of_units if len(short_of_units) < len(transaction) else frozenset())
        met = frozenset(bucket for bucket, of_bucket in items.items() if of_bucket & self._held)
        if met:
            self.conflicts += 1
            self._simulation.sleep(self._dice.uniform(*REFUSAL_SECONDS))
            return Contended(met if len(met) < len(transaction) else frozenset())
        held = set().union(*items.values())
        self._held |= held
        # Each partition prepares and commits for itself; the slowest one decides.
        self._simulation.sleep(max(self._dice.uniform(*WRITE_SECONDS) for _ in transaction))
        self._held -= held
        result = super().commit(transaction)
        self.transactions += 1
        self.overtaken += isinstance(result, Conflict)
        return result

    def _spend(self, units: Mapping[Bucket, int]) -> frozenset[Bucket] | None:
        """Take the units of a transaction; return the buckets whose partitions have too few, and take none, or None if all were taken."""
        now = self._simulation.now
        partitions = {bucket: self._partitions.setdefault(bucket, _Allowance(PARTITION_UNITS)) for bucket in units}
        lacking = frozenset(bucket for bucket, partition in partitions.items() if not partition.takes(units[bucket], now))
        if lacking:
            return lacking
        total = sum(units.values())
        if not self._table.takes(total, now):
            return frozenset(units)
        for bucket, partition in partitions.items():
            partition.take(units[bucket])
        self._table.take(total)
        self.units += total
        return None


def _items(bucket: Bucket, writes: Sequence[Write]) -> set[tuple[Bucket, str]]:
    return {(bucket, write.workload_id) for write in writes} | ({(bucket, "counter")} if moves_counter(writes) else set())
