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
from fargatecount.ledger.store import Bucket, Commit, Conflict, Contended, Write, bucket_of, moves_counter
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
            super().commit(bucket_of(WorkloadKey(seen.cluster, seen.workload_id), self.buckets), [Write(seen.workload_id, row, None)])

    def read_rows(self, keys: Collection[WorkloadKey]) -> Mapping[WorkloadKey, Row]:
        """Return the rows that exist, after the latency."""
        self._simulation.sleep(READ_SECONDS)
        return super().read_rows(keys)

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> Commit:
        """Write, unless another transaction holds one of the items or no units are left."""
        items = {(bucket, write.workload_id) for write in writes} | ({(bucket, "counter")} if moves_counter(writes) else set())
        if not self._spend(bucket, 2 * len(items)):
            self.throttled += 1
            self._simulation.sleep(READ_SECONDS)
            return Contended()
        if items & self._held:
            self.conflicts += 1
            self._simulation.sleep(self._dice.uniform(*REFUSAL_SECONDS))
            return Contended()
        self._held |= items
        self._simulation.sleep(self._dice.uniform(*WRITE_SECONDS))
        self._held -= items
        result = super().commit(bucket, writes)
        self.transactions += 1
        self.overtaken += isinstance(result, Conflict)
        return result

    def _spend(self, bucket: Bucket, units: int) -> bool:
        partition = self._partitions.setdefault(bucket, _Allowance(PARTITION_UNITS))
        now = self._simulation.now
        if not (partition.takes(units, now) and self._table.takes(units, now)):
            return False
        partition.take(units)
        self._table.take(units)
        self.units += units
        return True
