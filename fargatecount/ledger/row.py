"""A row: the newest that is known of one workload, and how an observation changes it.

`merge` is the pure heart of the ledger. It promises that the row depends on the set of observations, never on the order or the number of
times in which they arrive. Two rules make it so:

* what changes (phase) is taken from the observation with the highest order; what does not change in a workload's life (facts) is taken,
  fact by fact, from the observation with the highest order that states it. `fact_orders` remembers that order where it is not the row's
  own;
* the word that a workload has ended outranks every other word about it, whatever the versions.

What is concluded from silence depends on the row that it meets, on purpose: "AWS no longer knows it" is valid only for the revision of the
row from which it was drawn, and only an answer of an API undoes it; "a complete list lacks it" is for good, but says nothing where there is
no older row. An event too old to be judged creates no row. Whatever these leave open, the next complete look settles.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

import msgspec

from fargatecount.counts import Counts
from fargatecount.timestamps import HOUR
from fargatecount.workload import FACT_NAMES, NO_FACTS, Facts, Millis, Observation, Phase, SourceRank

TOMBSTONE_LIFE: Millis = 72 * HOUR
"""EventBridge retries a delivery for 24 h (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html),
and an event of up to `TOO_OLD` may create a row: a tombstone must outlive both, or a late event revives the dead."""
TOO_OLD: Millis = 48 * HOUR
"""An event older than this creates no row: dead letters and replayed archives can be two weeks old, and the tombstone may have expired."""

Order: TypeAlias = tuple[int, int, int, int]
"""(epoch, version, source, phase ordinal): the higher is the newer word."""


class MergeOutcome(StrEnum):
    """What became of one observation."""

    APPLIED = "applied"
    ENRICHED = "filled"
    """No newer than the row, it supplied a fact that newer ones had left out, or an earlier time of the same word."""
    STALE = "stale"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    """A newer observation of the same workload came in the same batch."""
    TOO_OLD = "too old"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One workload in the ledger; a tombstone when its phase is gone."""

    rev: int
    """+1 on every write: the lock."""
    epoch: int
    version: int
    source: SourceRank
    phase: Phase
    observed_at: Millis
    written_at: Millis
    facts: Facts = NO_FACTS
    fact_orders: dict[str, Order] = {}
    """Facts that come from an observation other than the one that gave the phase, with its order."""
    inferred: bool = False
    """A tombstone that rests on AWS not knowing the workload, not on AWS having said that it ended."""
    expires_at: Millis | None = None
    """When DynamoDB may drop a tombstone; None for the living."""

    @property
    def order(self) -> Order:
        """How new the row's phase is."""
        return (self.epoch, self.version, self.source, self.phase.ordinal)

    @property
    def counts(self) -> Counts:
        """What the row adds to its counter."""
        return Counts.of(self.phase, self.facts)


def order_of(seen: Observation) -> Order:
    """Return how new an observation is."""
    return (seen.epoch, seen.version, seen.source, seen.phase.ordinal)


def merge(row: Row | None, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    """Decide what `row` becomes when `seen` is known too.

    Returns the outcome and the new row (with its revision raised), or `row` itself where nothing changes.
    """
    if seen.missing_since_rev is not None:
        return _settle_missing(row, seen, now)
    if seen.absent:
        return _settle_absent(row, seen, now)
    if row is None:
        if seen.source is SourceRank.EVENT and now - seen.observed_at > TOO_OLD:
            return MergeOutcome.TOO_OLD, None
        return MergeOutcome.APPLIED, _tombstone(None, seen, now) if seen.phase is Phase.GONE else _living(None, seen, now)
    if row.phase is Phase.GONE:
        return _settle_tombstone(row, seen, now)
    if seen.phase is Phase.GONE:
        return MergeOutcome.APPLIED, _tombstone(row, seen, now)
    if order_of(seen) > row.order:
        return MergeOutcome.APPLIED, _living(row, seen, now)
    facts, fact_orders = _join(row, seen, row.order)
    # The same word said twice at different times dates from the first: later answers of an API then need no write.
    again = order_of(seen) == row.order
    observed_at = min(row.observed_at, seen.observed_at) if again else row.observed_at
    if (facts, fact_orders, observed_at) != (row.facts, row.fact_orders, row.observed_at):
        filled = msgspec.structs.replace(
            row, rev=row.rev + 1, facts=facts, fact_orders=fact_orders, observed_at=observed_at, written_at=now
        )
        return MergeOutcome.ENRICHED, filled
    return (MergeOutcome.DUPLICATE if again else MergeOutcome.STALE), row


def merge_all(row: Row | None, seen: Iterable[Observation], now: Millis) -> tuple[list[MergeOutcome], Row | None]:
    """Fold several observations of one workload into one new row that is written once; outcomes are in the order given."""
    observations = list(seen)
    # Newest first and the end before all, so that the one that decides is named applied and the ones that it overtakes superseded.
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
        current = msgspec.structs.replace(current, rev=(row.rev if row else 0) + 1)
    return outcomes, current


def _ends(seen: Observation) -> bool:
    """Say whether it is gone by somebody's word, not by inference: that outranks whatever is newer."""
    return seen.phase is Phase.GONE and seen.missing_since_rev is None and not seen.absent


def _settle_missing(row: Row | None, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    if row is None or row.rev != seen.missing_since_rev:
        return MergeOutcome.STALE, row
    if row.phase is Phase.GONE:
        return MergeOutcome.DUPLICATE, row
    return MergeOutcome.APPLIED, _tombstone(row, seen, now)


def _settle_absent(row: Row | None, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    if row is None or (row.phase is Phase.GONE and not row.inferred):
        return MergeOutcome.DUPLICATE, row
    if (row.epoch, row.version) >= (seen.epoch, seen.version):
        return MergeOutcome.STALE, row
    return MergeOutcome.APPLIED, _tombstone(row, seen, now)


def _settle_tombstone(row: Row, seen: Observation, now: Millis) -> tuple[MergeOutcome, Row | None]:
    if not row.inferred:
        return (MergeOutcome.DUPLICATE if seen.phase is Phase.GONE else MergeOutcome.STALE), row
    if seen.phase is Phase.GONE:
        return MergeOutcome.APPLIED, _tombstone(row, seen, now)
    if seen.source is SourceRank.API and (seen.epoch, seen.version) >= (row.epoch, row.version):
        return MergeOutcome.APPLIED, _living(row, seen, now)
    return MergeOutcome.STALE, row


def _living(row: Row | None, seen: Observation, now: Millis) -> Row:
    facts, fact_orders = _join(row, seen, order_of(seen))
    return Row(
        rev=row.rev + 1 if row else 1,
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
    # Facts go: a tombstone adds nothing to a counter and lives only to say "gone" to the late. An inference keeps the version that it was
    # drawn from, because the workload itself was not seen at any newer one.
    inferred = seen.missing_since_rev is not None
    from_row = inferred and row is not None
    return Row(
        rev=row.rev + 1 if row else 1,
        epoch=row.epoch if from_row and row else seen.epoch,
        version=row.version if from_row and row else seen.version,
        source=seen.source,
        phase=Phase.GONE,
        observed_at=seen.observed_at,
        written_at=now,
        inferred=inferred,
        expires_at=now + TOMBSTONE_LIFE,
    )


def _join(row: Row | None, seen: Observation, base: Order) -> tuple[Facts, dict[str, Order]]:
    """Take each fact from the newest word that states it; `base` is the order of the row that results."""
    if row is None:
        return seen.facts, {}
    facts: dict[str, object] = {}
    fact_orders: dict[str, Order] = {}
    said_at = order_of(seen)
    for name in FACT_NAMES:
        old, new = getattr(row.facts, name), getattr(seen.facts, name)
        old_at = row.fact_orders.get(name, row.order)
        if new is None:
            value, value_at = old, old_at
        elif old is None or said_at > old_at:
            value, value_at = new, said_at
        elif said_at == old_at:
            # Two different payloads under one order: any choice will do that does not depend on which came first.
            value, value_at = max(old, new), old_at
        else:
            value, value_at = old, old_at
        if value is not None:
            facts[name] = value
            if value_at != base:
                fact_orders[name] = value_at
    return Facts(**facts), fact_orders  # type: ignore[arg-type]
