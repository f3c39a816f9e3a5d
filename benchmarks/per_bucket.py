"""The baseline of "one transaction per batch": `record` as it was before, with one transaction per bucket, one after the other.

Frozen, so that both ways are measured in one run, on one machine, over one table. Only the call of `commit` is that of today's store.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from fargatecount.clock import Clock, never
from fargatecount.errors import UnavailableError
from fargatecount.ledger.record import BACKOFF_CEILING, BACKOFF_FIRST, COLLISION_CEILING, PATIENCE, Recorded
from fargatecount.ledger.row import MergeOutcome, Row, merge_all
from fargatecount.ledger.store import MAX_ROWS, Bucket, Committed, Conflict, LayoutChanged, LedgerStore, Write, bucket_of, keys_of
from fargatecount.workload import Millis, Observation, WorkloadKey


def record_per_bucket(
    observations: Sequence[Observation],
    store: LedgerStore,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    attempts: int = 100,
    jitter: random.Random | None = None,
    contention: object = None,
) -> Recorded:
    """Record observations in the ledger; parameters and result are those of `ledger.record`."""
    del contention  # it has no memory of other writers
    jitter = jitter or random.Random()
    batch = _Batch(observations, store)
    tries, in_vain, waited = 0, 0, 0.0
    while batch.pending and in_vain < attempts and waited < PATIENCE and not stop():
        if tries:
            ceiling = COLLISION_CEILING if batch.answered else BACKOFF_CEILING
            pause = jitter.uniform(0, min(ceiling, BACKOFF_FIRST * 2 ** max(in_vain, 1)))
            clock.sleep(pause)
            waited += pause
        tries += 1
        written = False
        if batch.refresh():
            for bucket, writes in batch.decide(clock.now()):
                if stop():
                    break
                written |= batch.commit(bucket, writes)
        # Several transactions seldom succeed all at once: as long as some do, the others are only waiting for their turn.
        in_vain, waited = (0, 0.0) if written else (in_vain + 1, waited)
    return batch.recorded(retries=max(tries - 1, 0))


class _Batch:
    """The observations of one `record`, the rows that are known, and the rows still to be written."""

    def __init__(self, observations: Sequence[Observation], store: LedgerStore) -> None:
        self._observations = observations
        self._store = store
        self._outcomes: list[MergeOutcome | None] = [None] * len(observations)
        self.pending: dict[WorkloadKey, list[int]] = {}
        for i, seen in enumerate(observations):
            self.pending.setdefault(WorkloadKey(seen.cluster, seen.workload_id), []).append(i)
        self.answered = True
        """Whether the store answered the last calls."""
        self._rows: dict[WorkloadKey, Row | None] = {}
        self._buckets: int | None = None
        """By which number of buckets the known rows were read."""
        self._unread = set(self.pending)

    def refresh(self) -> bool:
        """Read the rows that are unknown or outdated; return False if the table did not answer, or was divided anew meanwhile."""
        try:
            for cluster in sorted({key.cluster for key in self._unread}):
                self._store.register(cluster)
            buckets = self._store.buckets
            if buckets != self._buckets:
                self._unread, self._buckets = set(self.pending), buckets
            found = self._store.read_rows(sorted(self._unread)) if self._unread else {}
            if self._store.buckets != buckets:
                self._buckets = None
        except UnavailableError:
            self.answered = False
            return False
        self.answered = True
        if self._buckets is None:
            return False
        for key in self._unread:
            self._rows[key] = found.get(key)
        self._unread.clear()
        return True

    def decide(self, now: Millis) -> Iterator[tuple[Bucket, list[Write]]]:
        """Decide every pending row: finish those that need no write, and yield the others as transactions."""
        assert self._buckets is not None
        by_bucket: dict[Bucket, list[Write]] = {}
        for key, positions in list(self.pending.items()):
            row = self._rows[key]
            outcomes, new = merge_all(row, (self._observations[i] for i in positions), now)
            for i, outcome in zip(positions, outcomes, strict=True):
                self._outcomes[i] = outcome
            if new is row or new is None:
                del self.pending[key]
            else:
                by_bucket.setdefault(bucket_of(key, self._buckets), []).append(Write(key.workload_id, new, row))
        for bucket in sorted(by_bucket):
            writes = by_bucket[bucket]
            for start in range(0, len(writes), MAX_ROWS):
                yield bucket, writes[start : start + MAX_ROWS]

    def commit(self, bucket: Bucket, writes: Sequence[Write]) -> bool:
        """Try one transaction, mark the rows that must be read again, and return whether it was written."""
        keys = keys_of(bucket, writes)
        try:
            result = self._store.commit({bucket: writes})
        except UnavailableError:
            # It may have been written: the next decision must start from the current rows.
            self.answered = False
            self._unread.update(keys)
            return False
        if isinstance(result, Committed):
            for key in keys:
                del self.pending[key]
        elif isinstance(result, Conflict):
            self._unread.update(result.keys)
        elif isinstance(result, LayoutChanged):
            self._buckets = None
        return isinstance(result, Committed)

    def recorded(self, retries: int) -> Recorded:
        """Return the outcomes, with None for those still pending."""
        for positions in self.pending.values():
            for i in positions:
                self._outcomes[i] = None
        return Recorded(tuple(self._outcomes), retries=retries)
