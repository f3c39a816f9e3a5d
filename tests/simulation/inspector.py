"""What must hold after every step, and what must hold once everything has come to rest."""

from __future__ import annotations

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import judge
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.ledger.verify import VerifyResult
from fargatecount.ledger.verify import judge as compare
from fargatecount.usage.status import scope_usage
from fargatecount.workload import Cluster, Phase, WorkloadKey
from tests.simulation.table import SharedTable
from tests.support.builders import SCOPE


class ViolationError(AssertionError):
    """An invariant does not hold."""


class Inspector:
    """Looks at the table after every step and remembers what it saw."""

    def __init__(self, table: SharedTable) -> None:
        self._table = table
        self._versions: dict[Bucket, tuple[int, int]] = {}
        self._rows: dict[tuple[Bucket, str], Row] = {}
        self._ended: dict[WorkloadKey, Row] = {}
        """The tombstone of every workload that has ended for certain."""
        self._restored = 0
        self.inspections = 0

    def step(self) -> None:
        """Compare the counter of each bucket that moved with its rows, and each row with what it was."""
        truth = self._table.truth
        if self._restored != self._table.restored:
            self._restored, self._rows, self._ended = self._table.restored, {}, {}
            self._versions.clear()
        before, there = self.inspections, 0
        for bucket, rows in truth._rows.items():
            there += len(rows)
            counter = truth._counters.get(bucket)
            mark = (id(counter), sum([row.rev for row in rows.values()]) + len(rows))
            if self._versions.get(bucket) == mark:
                continue
            self._versions[bucket] = mark
            self.inspections += 1
            finding = compare(counter, rows.values(), counter, bucket) if counter is not None else None
            if finding is not None and finding.verdict is not VerifyResult.EQUAL:
                raise ViolationError(f"the counter of {bucket} is not the sum of its rows: {finding.counter} and {finding.rows}")
            if counter is None and Counts.total(row.counts for row in rows.values()):
                raise ViolationError(f"{bucket} has rows and no counter")
            for workload_id, row in rows.items():
                old = self._rows.get((bucket, workload_id))
                if old is not None and old is not row and not self._is_doubtful(bucket.cluster):
                    self._check(bucket, workload_id, old, row)
                self._check_end(WorkloadKey(bucket.cluster, workload_id), row)
                self._rows[bucket, workload_id] = row
        if self.inspections == before and len(self._rows) == there:
            return  # a row that goes changes its bucket
        gone = [key for key in self._rows if key[1] not in truth._rows.get(key[0], {})]
        for key in gone:
            del self._rows[key]

    def _check_end(self, key: WorkloadKey, row: Row) -> None:
        ended = self._ended.get(key)
        if row.phase is Phase.GONE and not row.inferred:
            self._ended[key] = row
            return
        if row.phase is Phase.GONE or ended is None or (ended.expires_at or 0) <= self._table.scheduler.now:
            return
        if row.epoch == ended.epoch and not self._is_doubtful(key.cluster):
            raise ViolationError(f"{key} ended for certain and lives again: {ended} and now {row}")

    def _is_doubtful(self, cluster: Cluster) -> bool:
        """Return whether the ledger itself does not trust the cluster's rows: during a rebuild one may lie in two buckets."""
        states = (state for state in self._table.truth.clusters(SCOPE) if state.cluster == cluster)
        return self._table.truth._buckets_before > 0 or any(view.rebuilding for state in states for view in state.sources.values())

    def forget_ends(self, cluster: Cluster) -> None:
        """Let the workloads of a cluster live again: its own store of them went back in time."""
        self._ended = {key: row for key, row in self._ended.items() if key.cluster != cluster}
        self._rows = {key: row for key, row in self._rows.items() if key[0].cluster != cluster}

    @staticmethod
    def _check(bucket: Bucket, workload_id: str, old: Row, new: Row) -> None:
        where = f"{workload_id} in {bucket}"
        if new.epoch > old.epoch:
            return
        if old.phase is Phase.GONE and not old.inferred and new.phase is not Phase.GONE and new.written_at >= old.written_at:
            raise ViolationError(f"{where} was gone for certain and lives again: {old} became {new}")
        if new.phase is not Phase.GONE and old.phase is not Phase.GONE and new.order < old.order:
            raise ViolationError(f"{where} went back from {old.order} to {new.order}")

    def at_rest(self, living: dict[tuple[Cluster, str], Phase], *, now: int) -> None:
        """Compare the whole ledger with the truth, and what it claims about itself with both."""
        rows = self._table.rows()
        doubled = [key for key, found in rows.items() if len(found) > 1]
        if doubled:
            raise ViolationError(f"{len(doubled)} workloads have rows in more than one bucket: {doubled[0]}")
        held = {(key.cluster, key.workload_id): found[0].phase for key, found in rows.items() if found[0].phase is not Phase.GONE}
        if held != living:
            wrong = sorted(set(held.items()) ^ set(living.items()), key=str)
            raise ViolationError(f"the ledger differs from the truth: {wrong[:6]}; {len(wrong)} differences")
        total = Counts.total(row.counts for found in rows.values() for row in found)
        usage = scope_usage(self._table.truth, SCOPE, now)
        if usage.scope_total != total:
            raise ViolationError(f"the counters add up to {usage.scope_total}, the rows to {total}")
        unreadable = {
            state.cluster.key: judge(state, now).reason for state in self._table.truth.clusters(SCOPE) if not judge(state, now).readable
        }
        if unreadable:
            raise ViolationError(f"clusters are unreadable although everything answers: {unreadable}")
        if not usage.complete or not usage.has_full_pass:
            raise ViolationError(f"the scope is incomplete although everything answers: {usage.undiscovered}")

    def no_revival(self, living: dict[tuple[Cluster, str], Phase], key: WorkloadKey) -> None:
        """Compare the ledger with the truth for a workload whose late event has arrived."""
        found = self._table.rows().get(key, [])
        if any(row.phase is not Phase.GONE for row in found) and (key.cluster, key.workload_id) not in living:
            raise ViolationError(f"a late event revived {key}: {found}")
