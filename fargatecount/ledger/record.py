"""The ledger: one row per workload, and one counter per cluster bucket that is always the sum of its rows.

Every fact enters through `record`: events, watches, lists and removals. It guarantees:

* a row and the counter that it moves change in one transaction, so the counter equals the sum of its rows at every instant;
* a whole batch is one transaction where no other writer is met; where one is, its parts are (`contention`);
* a row is written only over the revision from which the decision was made, so two writers never count one change twice;
* rows are read and written by the same number of buckets, so no row is written beside the one that it replaces;
* unfinished observations (no time left, or the table does not answer) are returned, and none is half done.

It does not judge observations (`row.merge` does) and does not know DynamoDB (a `LedgerStore` does).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from fargatecount.clock import Clock, never
from fargatecount.errors import UnavailableError
from fargatecount.ledger.contention import Contention, transactions
from fargatecount.ledger.row import MergeOutcome, Row, merge_all
from fargatecount.ledger.store import (
    Bucket,
    Committed,
    Conflict,
    LayoutChanged,
    LedgerStore,
    Transaction,
    Write,
    bucket_of,
    keys_of,
)
from fargatecount.workload import Millis, Observation, WorkloadKey

BACKOFF_FIRST = 0.02
"""Seconds before the first retry: about two transaction times, so that the other writer has finished."""
COLLISION_CEILING = 0.32
"""Maximum wait for other writers, in seconds: ten of them at 15 ms each finish in half of it. docs/adr/0003-buckets.md compares longer and
shorter ones."""
BACKOFF_CEILING = 2.0
"""Maximum wait for a table that does not answer, in seconds; a longer one only adds to the delay once it does."""
PATIENCE = 10.0
"""Seconds of waiting without progress after which a batch is returned: far beyond ordinary contention, and short compared with the deadline
of a function."""


class Recorded(msgspec.Struct, frozen=True):
    """The outcome of each observation in the order given; None if it is unfinished and must be recorded again."""

    outcomes: tuple[MergeOutcome | None, ...]
    retries: int = 0
    """Number of passes after the first."""

    @property
    def unfinished(self) -> tuple[int, ...]:
        """Positions of the observations that must be recorded again."""
        return tuple(i for i, outcome in enumerate(self.outcomes) if outcome is None)


def record(
    observations: Sequence[Observation],
    store: LedgerStore,
    clock: Clock,
    *,
    stop: Callable[[], bool] = never,
    attempts: int = 100,
    jitter: random.Random | None = None,
    contention: Contention | None = None,
) -> Recorded:
    """Record observations in the ledger.

    `stop` is called before every transaction; once it returns True, the rest is returned as unfinished. So it is after `PATIENCE`, or after
    `attempts` passes, without a single write. `contention` is what the process knows of other writers; without it, the call begins with
    the belief that there are none.
    """
    jitter = jitter or random.Random()  # noqa: S311 - spreads retries, guards nothing
    contention = contention or Contention()
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
            written = _commit_all(batch, clock, stop, contention)
        # Several transactions seldom succeed all at once: as long as some do, the others are only waiting for their turn.
        in_vain, waited = (0, 0.0) if written else (in_vain + 1, waited)
    return batch.recorded(retries=max(tries - 1, 0))


def _commit_all(batch: _Batch, clock: Clock, stop: Callable[[], bool], contention: Contention) -> bool:
    """Try every pending row once; return whether any was written."""
    written = False
    now = clock.now()
    to_try = deque(transactions(batch.decide(now), contention.busy(now)))
    while to_try and not stop():
        transaction = to_try.popleft()
        met = batch.commit(transaction)
        if met is None:
            written = True
            continue
        contention.met(met, clock.now())
        # What was refused only because of other buckets is written at once: their writers do not hold it.
        unhindered = {bucket: writes for bucket, writes in transaction.items() if bucket not in met} if met else {}
        if unhindered:
            to_try.appendleft(unhindered)
    return written


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
        """Read the rows that are unknown or outdated; return False if the table did not answer, or the layout changed."""
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

    def decide(self, now: Millis) -> dict[Bucket, list[Write]]:
        """Decide every pending row: finish those that need no write, and return the others by bucket."""
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
        return {bucket: by_bucket[bucket] for bucket in sorted(by_bucket)}

    def commit(self, transaction: Transaction) -> Collection[Bucket] | None:
        """Try one transaction, and mark the rows that must be read again.

        Return None if it was written; else the buckets on which it met other writers, if it was refused because of any.
        """
        try:
            result = self._store.commit(transaction)
        except UnavailableError:
            # It may have been written: the next decision must start from the current rows.
            self.answered = False
            self._unread.update(_keys_in(transaction))
            return ()
        if isinstance(result, Committed):
            for key in _keys_in(transaction):
                del self.pending[key]
            return None
        if isinstance(result, Conflict):
            self._unread.update(result.keys)
            return {bucket for bucket, writes in transaction.items() if not result.keys.isdisjoint(keys_of(bucket, writes))}
        if isinstance(result, LayoutChanged):
            self._buckets = None
            return ()
        return result.buckets or transaction.keys()

    def recorded(self, retries: int) -> Recorded:
        """Return the outcomes, with None for those still pending."""
        for positions in self.pending.values():
            for i in positions:
                self._outcomes[i] = None
        return Recorded(tuple(self._outcomes), retries=retries)


def _keys_in(transaction: Transaction) -> Iterator[WorkloadKey]:
    for bucket, writes in transaction.items():
        yield from keys_of(bucket, writes)


def _backoff(in_vain: int, jitter: random.Random, ceiling: float) -> float:
    """Full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/), in seconds."""
    return jitter.uniform(0, min(ceiling, BACKOFF_FIRST * 2 ** max(in_vain, 1)))
