"""Counter memory: a publisher reads the counters that have moved, and keeps the rest from its last full read.

The stream gives each record to one of the publishers that run at the same time. So they share what they learn, under their lease: the table
has a list of moved counters with the serial number of the pass that learned of each. A publisher reads a counter again if its move was
learned after its own last read; serial numbers order both, because clocks do not agree. What moved last is read in any case: it is likely
to move again, and its next record waits while a publisher waits for its turn.

A record can be lost. So the publisher of the schedule reads everything once a minute, and adds to the list what has changed although no
record named it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import ClusterState
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket, Counter, LedgerReader
from fargatecount.timestamps import MINUTE
from fargatecount.usage.status import scope_usage
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Kind, Millis, Scope

FULL_EVERY: Millis = 5 * MINUTE
"""The longest time for which a publisher keeps a counter. The schedule finds a lost record within a minute; this is for a schedule that
does not run."""
MAX_SHARED = 300
"""Counters in the shared list, at most 9 KB: those of a minute in which five move every second."""


RECENT = 64
"""Counters that every pass reads again: all of eight busy clusters."""


class MovedCounters(msgspec.Struct, frozen=True):
    """The counters that have moved lately, as all publishers of a scope know it."""

    serial: int = 0
    """Number of the last pass that learned of any."""
    at: Mapping[Bucket, int] = {}
    """The serial number at which each was learned of last."""
    complete_from: int = 0
    """Of passes up to this serial number the list has lost some counters."""

    def joined(self, moved: Collection[Bucket]) -> MovedCounters:
        """Return the list of the next pass, which has learned of `moved`; what was learned longest ago gives way."""
        serial = self.serial + 1
        newest_first = sorted({**self.at, **dict.fromkeys(moved, serial)}.items(), key=lambda entry: -entry[1])
        dropped = max((at for _, at in newest_first[MAX_SHARED:]), default=0)
        return MovedCounters(serial, dict(newest_first[:MAX_SHARED]), max(self.complete_from, dropped))

    def forgotten(self) -> MovedCounters:
        """Return the list after which every publisher reads everything again."""
        return MovedCounters(self.serial + 1, {}, self.serial + 1)

    def recent(self) -> frozenset[Bucket]:
        """Return the counters that moved last."""
        return frozenset(sorted(self.at, key=lambda bucket: -self.at[bucket])[:RECENT])


class MovedStore(Protocol):
    """Where the publishers of a scope share the list."""

    def moved(self, scope: Scope) -> MovedCounters:
        """Return the list, consistently."""
        ...

    def share(self, scope: Scope, moved: MovedCounters) -> None:
        """Replace the list; the caller holds the publishers' lease."""
        ...


class CounterMemory:
    """The counters that one process has read."""

    def __init__(self) -> None:
        self._read: dict[Bucket, tuple[int, Counter]] = {}
        self._full_at: Millis | None = None
        self._full_serial = 0
        self._last_serial = 0

    def forget(self) -> None:
        """Read everything at the next pass."""
        self._full_at = None

    def outdated(self, buckets: Sequence[Bucket], moved: MovedCounters, now: Millis) -> Sequence[Bucket]:
        """Return the counters that must be read now."""
        is_old = self._full_at is None or not 0 <= now - self._full_at < FULL_EVERY
        # A serial number that went back is that of a table that was restored.
        if is_old or moved.complete_from > self._full_serial or moved.serial < self._last_serial:
            return buckets
        again = moved.recent() | {bucket for bucket, (serial, _) in self._read.items() if moved.at.get(bucket, 0) > serial}
        return [bucket for bucket in buckets if bucket in again or bucket not in self._read]

    def unnamed(self, buckets: Sequence[Bucket], counters: Iterable[Counter], moved: MovedCounters) -> frozenset[Bucket] | None:
        """Return those of all counters that have changed since they were last read, and were not named; None if none was ever read."""
        if not self._read:
            return None
        known = {bucket: self._read[bucket] for bucket in buckets if bucket in self._read}
        now = dict(zip(buckets, counters, strict=True))
        return frozenset(
            bucket for bucket, (serial, counter) in known.items() if counter != now[bucket] and moved.at.get(bucket, 0) <= serial
        )

    def learn(self, buckets: Sequence[Bucket], counters: Iterable[Counter], moved: MovedCounters, now: Millis, *, full: bool) -> None:
        """Keep counters that were read after `moved` and `now`; with `full` they are all that there are, and others are forgotten."""
        found = {bucket: (moved.serial, counter) for bucket, counter in zip(buckets, counters, strict=True)}
        self._last_serial = moved.serial
        if full:
            self._read, self._full_at, self._full_serial = found, now, moved.serial
        else:
            self._read |= found

    def counter(self, bucket: Bucket) -> Counter:
        """Return a counter that has been read."""
        return self._read[bucket][1]


class RememberingReader:
    """The ledger as a publisher reads it in one pass: counters by way of its memory, everything else as it is."""

    def __init__(self, inner: LedgerReader, memory: CounterMemory, moved: MovedCounters, now: Millis) -> None:
        self._inner = inner
        self._memory = memory
        self._moved = moved
        self._now = now
        self._unnamed: frozenset[Bucket] | None = frozenset()

    @property
    def correction(self) -> MovedCounters | None:
        """The list with what a read of everything has found beyond it; None if that was nothing, or not everything was read."""
        if self._unnamed is None:
            return self._moved.forgotten()
        return self._moved.joined(self._unnamed) if self._unnamed else None

    def read_counters(self, buckets: Sequence[Bucket]) -> Sequence[Counter]:
        """Return the counters of a whole scope in the order of `buckets`."""
        now = self._now
        outdated = self._memory.outdated(buckets, self._moved, now)
        counters = self._inner.read_counters(outdated)
        full = len(outdated) == len(buckets)
        if full:
            self._unnamed = self._memory.unnamed(buckets, counters, self._moved)
        self._memory.learn(outdated, counters, self._moved, now, full=full)
        return [self._memory.counter(bucket) for bucket in buckets]

    @property
    def buckets(self) -> int:
        """Number of buckets of each cluster."""
        return self._inner.buckets

    def scopes(self) -> Sequence[Scope]:
        """Return the scopes that have ever been recorded."""
        return self._inner.scopes()

    def clusters(self, scope: Scope) -> Sequence[ClusterState]:
        """Return the known clusters of a scope, by name."""
        return self._inner.clusters(scope)

    def discoveries(self, scope: Scope) -> Mapping[Kind, Millis]:
        """Return when all clusters of each kind were last known."""
        return self._inner.discoveries(scope)

    def first_pass(self, scope: Scope) -> Millis | None:
        """Return when a run had first read every cluster of a scope; None before."""
        return self._inner.first_pass(scope)

    def read_counter(self, bucket: Bucket) -> Counter | None:
        """Return the counter, isolated from transactions under way; None while one holds it."""
        return self._inner.read_counter(bucket)

    def rows_of(self, bucket: Bucket) -> Iterable[tuple[str, Row]]:
        """Return workload id and row of everything in a bucket, tombstones included."""
        return self._inner.rows_of(bucket)

    def replace_counter(self, bucket: Bucket, over: Counter, counts: Counts) -> bool:
        """Write `counts` if the counter still has the `seq` of `over`; return whether it did."""
        return self._inner.replace_counter(bucket, over, counts)


@dataclass(frozen=True, kw_only=True)
class ChangeTracking:
    """What a publisher knows of changes: what its process keeps, what the publishers share, and what the stream has named."""

    memory: CounterMemory
    store: MovedStore
    moved: frozenset[Bucket] = frozenset()
    """The counters that the stream has named to this invocation."""
    checks: bool = False
    """Whether this publisher looks for lost records, as that of the schedule does."""


def tracked_usage(tracking: ChangeTracking | None, reader: LedgerReader, scope: Scope, now: Millis) -> ScopeUsage:
    """Return the usage of a scope, by way of the memory if there is one; the caller holds the publishers' lease.

    What the stream has named is shared before anything is read.

    Raises:
        UnavailableError, DeniedError: the table could not be read or written.
    """
    if tracking is None:
        return scope_usage(reader, scope, now)
    moved = tracking.store.moved(scope)
    if tracking.moved:
        moved = moved.joined(tracking.moved)
        tracking.store.share(scope, moved)
    by_memory = RememberingReader(reader, tracking.memory, moved, now)
    usage = scope_usage(by_memory, scope, now)
    correction = by_memory.correction if tracking.checks else None
    if correction is not None:
        tracking.store.share(scope, correction)
    return usage
