"""Drift: how the ledger differed from AWS, workload by workload, and why.

Pure. A repair corrects one workload and names the cause. A repair is drift only if its cause made a counter wrong and no event in flight
explains it. `plan` decides which repairs a snapshot needs.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.sources.snapshot import Snapshot
from fargatecount.workload import Millis, Observation, Phase

IN_FLIGHT: Millis = 30_000
"""A change younger than this is not drift, because its event may be in flight (EventBridge and SQS take well under 5 s at the 99th
percentile; retried batches wait a few seconds more)."""


class Cause(StrEnum):
    """Why a row had to be repaired."""

    MISSED_START = "missed start"
    MISSED_STOP = "missed stop"
    MISSED_LIFE = "missed life"
    """Started and stopped unseen. No counter was wrong; the tombstone guards against late events."""
    STALE_PHASE = "stale phase"
    """AWS has a newer phase, and its event was lost."""
    WRONG_PHASE = "wrong phase"
    """The same version with another phase: the event was wrong."""
    WRONG_SIZE = "wrong size"
    WRONG_CAPACITY = "wrong capacity"
    MISSING_FACTS = "missing facts"
    ORPHAN = "orphan"
    """AWS knows no such workload."""
    RESURRECTED = "resurrected"
    """Inferred gone, and alive in AWS."""


COUNTED = frozenset(Cause) - {Cause.MISSED_LIFE, Cause.MISSING_FACTS}
"""Causes that made a counter wrong."""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One workload that was corrected."""

    workload_id: str
    cause: Cause
    before: Phase | None
    after: Phase
    group: str | None = None
    changed_at: Millis | None = None
    """Start of the missed state; None if AWS does not say."""
    delay_ms: Millis | None = None
    """Milliseconds from then to the repair."""
    in_flight: bool = False
    """Too recent to be drift: its event may still arrive. It is repaired all the same."""


def cause_of(row: Row | None, new: Row) -> Cause | None:
    """Return what was wrong with `row`, given what it becomes; None if nothing was."""
    if row is None:
        return Cause.MISSED_LIFE if new.phase is Phase.GONE else Cause.MISSED_START
    if row.phase is Phase.GONE:
        return None if new.phase is Phase.GONE else Cause.RESURRECTED
    if new.phase is Phase.GONE:
        return Cause.MISSED_STOP
    if new.phase is not row.phase:
        return Cause.WRONG_PHASE if (new.epoch, new.version) == (row.epoch, row.version) else Cause.STALE_PHASE
    return _wrong_fact(row, new)


def _wrong_fact(row: Row, new: Row) -> Cause | None:
    if (new.facts.cpu, new.facts.memory) != (row.facts.cpu, row.facts.memory):
        return Cause.WRONG_SIZE
    if new.facts.capacity != row.facts.capacity:
        return Cause.WRONG_CAPACITY
    return Cause.MISSING_FACTS if new.facts != row.facts else None


def repair_of(seen: Observation, row: Row | None, cause: Cause, view: Snapshot, in_flight: Millis) -> Repair:
    """Return the repair for an observation; the event of a change younger than `in_flight` may still arrive."""
    changed_at = view.changed_at.get(seen.workload_id)
    young = changed_at is not None and view.requested_at - changed_at < in_flight
    # Events leave out some facts, such as the architecture, so no event in flight can bring them.
    in_flight_causes = {Cause.MISSED_START, Cause.MISSED_STOP, Cause.MISSED_LIFE, Cause.STALE_PHASE}
    return Repair(
        workload_id=seen.workload_id,
        cause=cause,
        before=row.phase if row else None,
        after=seen.phase,
        group=seen.facts.group or (row.facts.group if row else None),
        changed_at=changed_at,
        delay_ms=view.requested_at - changed_at if changed_at is not None else None,
        in_flight=young and cause in in_flight_causes,
    )
