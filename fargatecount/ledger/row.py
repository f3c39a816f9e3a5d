"""A row: the latest known state of one workload, and how an observation changes it.

`merge` is the pure core of the ledger. The row that it returns depends on the set of observations, never on their order or repetition.
Three rules guarantee this:

* only observations of the highest epoch count. A new epoch begins when a cluster is made again or its store is restored, and then even a
  workload that had ended may be alive;
* what changes (the phase) comes from the observation with the highest order. What does not change in a workload's life (the facts) comes,
  fact by fact, from the observation with the highest order that states it. `fact_orders` keeps that order where it is not the row's own;
* an observation that the workload has ended outranks all others of its epoch, whatever the versions.

A tombstone keeps the facts of its workload, because the history of what ran is made from it; they count nowhere. A late observation never
revives a confirmed tombstone, but it still supplies the facts that the tombstone lacks.

Conclusions from absence depend on the row on purpose. "AWS no longer knows it" is valid only for the revision of the row from which it was
concluded, and only an API answer undoes it. "A complete list lacks it" is final, but changes nothing without an older row. An event that is
too old to be judged creates no row. The next complete list settles whatever these rules leave open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

import msgspec

from fargatecount.counts import Counts
from fargatecount.timestamps import HOUR
from fargatecount.workload import FACT_NAMES, NO_FACTS, Facts, Millis, Observation, Phase, SourceRank

TOMBSTONE_LIFE: Millis = 72 * HOUR
"""EventBridge retries a delivery for 24 h (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html),
and an event younger than `TOO_OLD` may create a row: a tombstone must outlive both, or a late event revives the workload."""
TOO_OLD: Millis = 48 * HOUR
"""An event older than this creates no row: dead letters and replayed archives can be two weeks old, and the tombstone may have expired."""

Order: TypeAlias = tuple[int, int, int, int]
"""(epoch, version, source, phase ordinal): the higher one is newer."""


OTHER_FACTS = "*"
"""The key in `fact_orders` for all facts without a key of their own."""


class MergeOutcome(StrEnum):
    """What an observation did to its row."""

    APPLIED = "applied"
    ENRICHED = "filled"
    """Not newer than the row, it added a fact that newer observations lack, or an earlier time of the same state."""
    STALE = "stale"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    """A newer observation of the same workload came in the same batch."""
    TOO_OLD = "too old"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One workload in the ledger; a tombstone when its phase is gone."""

    rev: int
    """The lock: the time of the write in milliseconds, or one more than before where that is higher (`next_rev`). A row may be deleted and
    made again, and a table restored to an earlier moment: a writer that read the old row must not find its revision on the new one. Earlier
    releases began at the time of the first write, or at 1, and counted from there."""
    epoch: int
    version: int
    source: SourceRank
    phase: Phase
    observed_at: Millis
    written_at: Millis
    facts: Facts = NO_FACTS
    fact_orders: dict[str, Order] = {}
    """For facts that come from another observation than the phase: the order of that observation. On a tombstone the key `*` stands for
    all facts that have no key of their own."""
    inferred: bool = False
    """A tombstone concluded from AWS not knowing the workload, not from AWS reporting its end."""
    alive_at: Millis | None = None
    """Of a tombstone whose end no source reported: when the workload was last known to live. It ended between then and `observed_at`."""
    expires_at: Millis | None = None
    """When DynamoDB may delete a tombstone; None for living rows."""

    @property
    def order(self) -> Order:
        """The order of the observation that the phase comes from."""
        return (self.epoch, self.version, self.source, self.phase.ordinal)

    @property
    def counts(self) -> Counts:
        """What the row adds to its counter."""
        return Counts.of(self.phase, self.facts)


def order_of(seen: Observation) -> Order:
    """Return the order of an observation."""
    return (seen.epoch, seen.version, seen.source, seen.phase.ordinal)


def first_rev(now: Millis) -> int:
    """Return the revision of a row that is made now.

    A transaction takes milliseconds, so revisions do not run ahead of the clock: if the row is deleted and made again, it begins at a
    revision that it never had.
    """
    return now


def merge(row: Row | None, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    """Decide what `row` becomes when `seen` is known too.

    Return the outcome and the new row with the next revision, or `row` itself if nothing changes.
    """
    if seen.missing_since_rev is not None:
        return _merge_missing(row, seen, now)
    if seen.absent:
        return _merge_absent(row, seen, now)
    if row is None:
        if seen.source is SourceRank.EVENT and now - seen.observed_at > TOO_OLD:
            return MergeOutcome.TOO_OLD, None
        return MergeOutcome.APPLIED, _tombstone(None, seen, now) if seen.phase is Phase.GONE else _living(None, seen, now)
    if seen.epoch != row.epoch:
        return _merge_epoch(row, seen, now)
    if row.phase is Phase.GONE:
        return _merge_tombstone(row, seen, now)
    if seen.phase is Phase.GONE:
        return MergeOutcome.APPLIED, _tombstone(row, seen, now)
    if order_of(seen) > row.order:
        return MergeOutcome.APPLIED, _living(row, seen, now)
    facts, fact_orders = _join(row, seen, row.order)
    # A state that is observed twice dates from the first time: later API answers then need no write.
    again = order_of(seen) == row.order
    observed_at = min(row.observed_at, seen.observed_at) if again else row.observed_at
    if (facts, fact_orders, observed_at) != (row.facts, row.fact_orders, row.observed_at):
        filled = msgspec.structs.replace(
            row, rev=next_rev(row, now), facts=facts, fact_orders=fact_orders, observed_at=observed_at, written_at=now
        )
        return MergeOutcome.ENRICHED, filled
    return (MergeOutcome.DUPLICATE if again else MergeOutcome.STALE), row


def merge_all(row: Row | None, seen: Iterable[Observation], now: Millis) -> tuple[list[MergeOutcome], Row | None]:
    """Fold several observations of one workload into one new row that is written once; return the outcomes in the order given."""
    observations = list(seen)
    # Newest first, and an end before all others: the deciding observation is then applied, and those that it overtakes are superseded.
    newest_first = sorted(range(len(observations)), key=lambda i: (_ends(observations[i]), order_of(observations[i])), reverse=True)
    outcomes = [MergeOutcome.STALE] * len(observations)
    current, applied = row, False
    for i in newest_first:
        outcome, current = merge(current, observations[i], now)
        if outcome is MergeOutcome.STALE and applied:
            outcome = MergeOutcome.SUPERSEDED
        applied = applied or outcome is MergeOutcome.APPLIED
        outcomes[i] = outcome
    if current is not None and current is not row:
        current = msgspec.structs.replace(current, rev=next_rev(row, now))
    return outcomes, current


def _ends(seen: Observation) -> bool:
    """Return whether a source reports the end, which outranks newer observations; an inferred end does not."""
    return seen.phase is Phase.GONE and seen.missing_since_rev is None and not seen.absent


def next_rev(row: Row | None, now: Millis) -> int:
    """Return the revision of a row that is written over `row` now, or anew."""
    return max(row.rev + 1, now) if row else first_rev(now)


def _merge_epoch(row: Row, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row]:
    if seen.epoch < row.epoch:
        return MergeOutcome.STALE, row
    begun = _tombstone(None, seen, now) if seen.phase is Phase.GONE else _living(None, seen, now)
    return MergeOutcome.APPLIED, msgspec.structs.replace(begun, rev=next_rev(row, now))


def _merge_missing(row: Row | None, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    if row is None or row.rev != seen.missing_since_rev:
        return MergeOutcome.STALE, row
    if row.phase is Phase.GONE:
        return MergeOutcome.DUPLICATE, row
    return MergeOutcome.APPLIED, _tombstone(row, seen, now)


def _merge_absent(row: Row | None, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    if row is None or (row.phase is Phase.GONE and not row.inferred):
        return MergeOutcome.DUPLICATE, row
    if (row.epoch, row.version) >= (seen.epoch, seen.version):
        return MergeOutcome.STALE, row
    return MergeOutcome.APPLIED, _tombstone(row, seen, now)


def _merge_tombstone(row: Row, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    ends = seen.phase is Phase.GONE
    if row.inferred:
        if ends:
            return MergeOutcome.APPLIED, _tombstone(row, seen, now)
        if seen.source is SourceRank.API and (seen.epoch, seen.version) >= (row.epoch, row.version):
            return MergeOutcome.APPLIED, _living(row, seen, now)
    elif ends and row.alive_at is not None:
        # A list lacked it, and now a source reports its end, with the time.
        return MergeOutcome.ENRICHED, _tombstone(row, seen, now)
    facts, fact_orders = _join(row, seen, row.order, is_tombstone=True)
    if (facts, fact_orders) == (row.facts, row.fact_orders):
        return (MergeOutcome.DUPLICATE if ends else MergeOutcome.STALE), row
    enriched = msgspec.structs.replace(row, rev=next_rev(row, now), written_at=now, facts=facts, fact_orders=fact_orders)
    return MergeOutcome.ENRICHED, enriched


def _living(row: Row | None, seen: Observation, now: Millis) -> Row:
    facts, fact_orders = _join(row, seen, order_of(seen))
    return Row(
        rev=next_rev(row, now),
        epoch=seen.epoch,
        version=seen.version,
        source=seen.source,
        phase=seen.phase,
        observed_at=seen.observed_at,
        written_at=now,
        facts=facts,
        fact_orders=fact_orders,
    )


def _tombstone(row: Row | None, seen: Observation, now: Millis) -> Row:
    # An inferred tombstone keeps the version of its row, because the workload was not observed at any newer version.
    inferred = seen.missing_since_rev is not None
    from_row = inferred and row is not None
    epoch, version = (row.epoch, row.version) if from_row and row else (seen.epoch, seen.version)
    base = (epoch, version, seen.source, Phase.GONE.ordinal)
    facts, fact_orders = _join(row, seen, base, is_tombstone=True)
    return Row(
        rev=next_rev(row, now),
        epoch=epoch,
        version=version,
        source=seen.source,
        phase=Phase.GONE,
        observed_at=seen.observed_at,
        written_at=now,
        facts=facts,
        fact_orders=fact_orders,
        inferred=inferred,
        alive_at=_alive_at(row, seen) if inferred or seen.absent else None,
        expires_at=now + TOMBSTONE_LIFE,
    )


def _alive_at(row: Row | None, seen: Observation) -> Millis | None:
    """Return when the workload was last known to live: its last change, or a later list that still had it."""
    last = (row.alive_at if row.phase is Phase.GONE else row.observed_at) if row else None
    known = [moment for moment in (last, seen.alive_at) if moment is not None]
    return min(seen.observed_at, max(known)) if known else None


def _join(row: Row | None, seen: Observation, base: Order, *, is_tombstone: bool = False) -> tuple[Facts, dict[str, Order]]:
    """Take each fact from the newest observation that states it; `base` is the order of the resulting row."""
    if row is None:
        return seen.facts, {}
    facts: dict[str, object] = {}
    orders: dict[str, Order] = {}
    seen_at = order_of(seen)
    other = row.fact_orders.get(OTHER_FACTS, row.order)
    for name in FACT_NAMES:
        old, new = getattr(row.facts, name), getattr(seen.facts, name)
        old_at = row.fact_orders.get(name, other)
        if new is None:
            value, value_at = old, old_at
        elif old is None or seen_at > old_at:
            value, value_at = new, seen_at
        elif seen_at == old_at:
            # Two different payloads of one order: the choice must not depend on which came first.
            value, value_at = max(old, new), old_at
        else:
            value, value_at = old, old_at
        if value is not None:
            facts[name] = value
            orders[name] = value_at
    return Facts(**facts), _shortened(orders, base, is_tombstone=is_tombstone)  # type: ignore[arg-type]


def _shortened(orders: dict[str, Order], base: Order, *, is_tombstone: bool) -> dict[str, Order]:
    """Return the orders that differ from `base`.

    The end of a workload is often reported without any fact, so nearly all facts of a tombstone come from one earlier observation: that
    order is written once.
    """
    counted = Counter(orders.values())
    common = max(counted, key=lambda each: (counted[each], each), default=base) if is_tombstone else base
    shortened = {name: each for name, each in orders.items() if each != common}
    return shortened if common == base else {OTHER_FACTS: common, **shortened}
