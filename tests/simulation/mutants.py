"""Faults put in on purpose: a simulation that does not find these within a minute proves nothing."""

from __future__ import annotations

from fargatecount.ledger.store import Commit, Committed, Conflict, Counter, Transaction, counter_delta
from fargatecount.workload import Millis, Phase, WorkloadKey
from tests.simulation.table import ProcessLedger, SharedTable
from tests.support.builders import HOUR

SHORT_LIFE: Millis = 60 * HOUR
"""By which a tombstone of 72 hours goes too early: as if its life were 12."""


class VersionLocked(ProcessLedger):
    """Writes a row if its version is newer than the one in the table, whatever revision was read: the condition that looks sufficient."""

    def _commit(self, transaction: Transaction) -> Commit:
        overtaken = {
            WorkloadKey(bucket.cluster, write.workload_id)
            for bucket, writes in transaction.items()
            for write in writes
            if (kept := self._own._rows.get(bucket, {}).get(write.workload_id)) is not None and kept.version >= write.row.version
        }
        if overtaken:
            return Conflict(frozenset(overtaken))
        for bucket, writes in transaction.items():
            self._own._rows.setdefault(bucket, {}).update({write.workload_id: write.row for write in writes})
            counter = self._own._counters.get(bucket, Counter())
            self._own._counters[bucket] = Counter(counter.seq + 1, counter.counts + counter_delta(writes))
        return Committed()


def forget_the_dead(table: SharedTable) -> None:
    """Delete the rows of workloads that are gone, past `record`, so that nothing is left to say that they ended."""
    for bucket in table.buckets():
        gone = {workload_id: row for workload_id, row in table.truth.rows_of(bucket) if row.phase is Phase.GONE}
        if gone:
            table.truth.discard(bucket, gone)


MUTANTS = ("version in the condition", "short tombstones", "removal past record")
