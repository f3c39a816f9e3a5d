"""Contention: on which buckets this process has met other writers lately, and which rows it therefore writes in one transaction.

One transaction for a whole batch saves round trips, but it is refused as a whole where any of its items is in another transaction
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling). So rows of a bucket
on which writers meet are written apart from all others, as long as the process remembers it. docs/adr/0011-one-transaction.md compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fargatecount.ledger.store import MAX_ACTIONS, MAX_ROWS, Bucket, Transaction, Write
from fargatecount.workload import Millis

BUSY_FOR: Millis = 2_000
"""How long a bucket is written apart after another writer was met on it: about a hundred transactions of a busy queue, so that a storm
pays for few refusals, and few batches of a quiet one."""


class Contention:
    """The memory of one process, which all of its calls of `record` share. Threads may share it."""

    def __init__(self) -> None:
        self._busy_until: dict[Bucket, Millis] = {}

    def met(self, buckets: Iterable[Bucket], now: Millis) -> None:
        """Remember that other writers were at work on these buckets."""
        for bucket in buckets:
            self._busy_until[bucket] = now + BUSY_FOR

    def busy(self, now: Millis) -> frozenset[Bucket]:
        """Return the buckets to be written apart from others now, and forget the rest."""
        for bucket, until in list(self._busy_until.items()):
            if until <= now:
                self._busy_until.pop(bucket, None)
        return frozenset(self._busy_until)


def transactions(by_bucket: Mapping[Bucket, Sequence[Write]], busy: frozenset[Bucket]) -> Iterator[Transaction]:
    """Divide writes into as few transactions as DynamoDB takes, with each busy bucket in its own; pure.

    Each bucket takes an action for its counter, whether or not its rows move it.
    """
    packed: dict[Bucket, Sequence[Write]] = {}
    actions = 0
    for bucket, writes in by_bucket.items():
        for start in range(0, len(writes), MAX_ROWS):
            part = writes[start : start + MAX_ROWS]
            if bucket in busy:
                yield {bucket: part}
                continue
            # A bucket that is already in the transaction has filled it, so no part replaces another.
            if actions + len(part) + 1 > MAX_ACTIONS:
                yield packed
                packed, actions = {}, 0
            packed[bucket] = part
            actions += len(part) + 1
    if packed:
        yield packed
