"""The ledger: one row per workload, and per cluster bucket one counter that is always the sum of its rows.

`record` is the one door through which every fact enters: events, watches, lists and removals. It promises that

* a row and the counter that it moves change in one transaction, so the counter equals the sum of its rows at every instant;
* a row is written only over the very revision from which the decision was made, so two writers never count one change twice;
* what it could not finish (the caller's time is up, or the table does not answer) it returns, and never half-does.

It does not judge observations (`row.settle` does) and does not know DynamoDB (a `LedgerStore` does).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import MergeOutcome, Row, merge_all
from fargatecount.ledger.store import MAX_ROWS, Bucket, Committed, Conflict, LedgerStore, Write, bucket_of
from fargatecount.workload import Millis, Observation, WorkloadKey

BACKOFF_FIRST = 0.02
"""Seconds before the first retry: about two transaction times, so that the writer we collided with is done."""
COLLISION_CEILING = 0.32
"""Seconds to wait at most for other writers: ten of them at 15 ms each are through in half of it. docs/adr/0003-buckets.md has what longer
and shorter ones came to."""
BACKOFF_CEILING = 2.0
"""Seconds to wait at most for a table that gives no answer; waiting longer would only add to the delay once it does."""
PATIENCE = 10.0
"""Seconds of waiting without anything done, after which a batch is given back: far beyond any ordinary contention, and short beside the
deadline of a function."""


class Recorded(msgspec.Struct, frozen=True):
    """What became of each observation, in the order given; None where it could not be finished and must come again."""

    outcomes: tuple[MergeOutcome | None, ...]
    retries: int = 0
    """How many times a transaction had to be tried again."""

    @property
    def unfinished(self) -> tuple[int, ...]:
        """Positions of the observations that must come again."""
        return tuple(i for i, outcome in enumerate(self.outcomes) if outcome is None)


def record(
    observations: Sequence[Observation],
    store: LedgerStore,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    attempts: int = 100,
    jitter: random.Random | None = None,
) -> Recorded:
    """Bring what was observed into the ledger.

    `stop` is asked before every transaction; once it says yes, the rest is returned as unfinished. It is also given up after `PATIENCE`,
    or after so many `attempts`, in a row in which nothing could be written.
    """
    jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing
    batch = _Batch(observations, store)
    tries, in_vain, waited = 0, 0, 0.0
    while batch.pending and in_vain < attempts and waited < PATIENCE and not stop():
        if tries:
            pause = _backoff(in_vain, jitter, COLLISION_CEILING if batch.answered else BACKOFF_CEILING)
            clock.sleep(pause)
            waited += pause
        tries += 1
        written = False
        if batch.refresh():
            for bucket, writes in batch.decide(clock.now()):
                if stop():
                    break
                written |= batch.commit(bucket, writes)
        # Several transactions seldom go through all at once: as long as some do, the others are only waiting for their turn.
        in_vain, waited = (0, 0.0) if written else (in_vain + 1, waited)
    return batch.recorded(retries=max(tries - 1, 0))


class _Batch:
    """The observations of one `record`: which rows are known, which are still to be written."""

    def __init__(self, observations: Sequence[Observation], store: LedgerStore) -> None:
        self._observations = observations
        self._store = store
        self._outcomes: list[MergeOutcome | None] = [None] * len(observations)
        self.pending: dict[WorkloadKey, list[int]] = {}
        for i, seen in enumerate(observations):
            self.pending.setdefault(WorkloadKey(seen.cluster, seen.workload_id), []).append(i)
        self.answered = True
        """Whether the store answered everything that it was last asked."""
        self._rows: dict[WorkloadKey, Row | None] = {}
        self._buckets = 1
        self._unread = set(self.pending)

    def refresh(self) -> bool:
        """Read the rows that are not known, or no longer; False where the table did not answer."""
        try:
            for cluster in sorted({key.cluster for key in self._unread}):
                self._store.register(cluster)
            found = self._store.read_rows(sorted(self._unread)) if self._unread else {}
            # Asked here, because a store may have to look it up, and that may fail.
            self._buckets = self._store.buckets
        except UnavailableError:
            self.answered = False
            return False
        self.answered = True
        for key in self._unread:
            self._rows[key] = found.get(key)
        self._unread.clear()
        return True

    def decide(self, now: Millis) -> Iterator[tuple[Bucket, list[Write]]]:
        """Decide every pending row; what needs no write is finished at once, the rest comes out as transactions."""
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
        """Try one transaction, note what must be read again, and say whether it was written."""
        keys = {write.workload_id: WorkloadKey(bucket.cluster, write.workload_id) for write in writes}
        try:
            result = self._store.commit(bucket, writes)
        except UnavailableError:
            # It may have happened: whatever is decided next must start from what the table says now.
            self.answered = False
            self._unread.update(keys.values())
            return False
        if isinstance(result, Committed):
            for key in keys.values():
                del self.pending[key]
        elif isinstance(result, Conflict):
            self._unread.update(keys[workload_id] for workload_id in result.workload_ids)
        return isinstance(result, Committed)

    def recorded(self, retries: int) -> Recorded:
        """Return the outcomes, with None for whatever is still pending."""
        for positions in self.pending.values():
            for i in positions:
                self._outcomes[i] = None
        return Recorded(tuple(self._outcomes), retries=retries)


def _backoff(in_vain: int, jitter: random.Random, ceiling: float) -> float:
    """Full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/), in seconds."""
    return jitter.uniform(0, min(ceiling, BACKOFF_FIRST * 2 ** max(in_vain, 1)))
