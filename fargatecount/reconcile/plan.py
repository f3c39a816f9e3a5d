"""The plan of a reconcile: what has to be recorded so that the ledger says what AWS says.

Pure. From the rows as they were read *before* AWS was asked, and what AWS then said, it makes the observations that `ledger.record` has to
bring in, and the repair that each of them is. It never removes a workload because it could not be looked at: a view exists only when it is
complete, and one that would remove more than half of a cluster on an inference must be confirmed by a second look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.ledger.row import MergeOutcome, Row, merge
from fargatecount.reconcile.drift import COUNTED, IN_FLIGHT, Cause, Repair, cause_of, repair_of
from fargatecount.sources.snapshot import Snapshot
from fargatecount.timestamps import MINUTE
from fargatecount.workload import Millis, Observation, Phase, SourceRank

SETTLED_AFTER: Millis = 15 * MINUTE
"""The ECS API is eventually consistent and AWS asks to wait up to 5 minutes after a change
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html); three times that is beyond doubt. Until then a workload that
AWS does not know may be one that it does not know yet."""

GUARD_FROM = 4
"""Below this many workloads "more than half" is an ordinary evening, not a sign that AWS answered wrongly."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be recorded, and what it means."""

    observations: Sequence[Observation] = ()
    repairs: Sequence[Repair] = ()
    newer_than_aws: int = 0
    """Rows newer than AWS's answer: events overtook an eventually consistent API. Left alone."""
    contradictions: Sequence[str] = ()
    """Workloads that AWS shows alive and the ledger knows to have ended: no order of facts explains it, only a rebuild decides it."""
    unsettled: int = 0
    """Workloads that AWS does not know, whose rows are too young to conclude from it."""
    withheld: int = 0
    """Removals that the guard holds back until a second look agrees."""
    unreported: int = 0
    """Changes of which nobody else could have told: no repairs."""

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(1 for repair in self.repairs if repair.cause in COUNTED and not repair.in_flight)


def plan(
    rows: Mapping[str, Row], view: Snapshot, *, confirmed: bool = False, in_flight: Millis = IN_FLIGHT, only_source: bool = False
) -> Plan:
    """Decide what to record so that the ledger says what AWS says.

    `rows` were read before the view was taken, tombstones included. `confirmed` says that an earlier look has already found most of the
    cluster gone, so that this one is the second. `only_source` says that nobody but these looks tells of the cluster (pods without a
    watcher): what is new is news then, and no drift.
    """
    observations: list[Observation] = []
    repairs: list[Repair] = []
    contradictions: list[str] = []
    ahead = 0
    for seen in view.observations:
        row = rows.get(seen.workload_id)
        outcome, new = merge(row, seen, view.requested_at)
        if outcome in {MergeOutcome.APPLIED, MergeOutcome.ENRICHED} and new is not None:
            if row is not None and _same(row, new):
                continue
            cause = cause_of(row, new)
            observations.append(seen)
            if cause is not None:
                repairs.append(repair_of(seen, row, cause, view, in_flight))
        elif outcome is MergeOutcome.STALE and row is not None:
            if row.phase is Phase.GONE and not row.inferred and seen.phase is not Phase.GONE and seen.version > row.version:
                contradictions.append(seen.workload_id)
            else:
                ahead += 1
    inferred, unsettled = _unknown_to_aws(rows, view)
    living = sum(1 for row in rows.values() if row.phase is not Phase.GONE)
    withheld = 0
    if inferred and not confirmed and living >= GUARD_FROM and 2 * len(inferred) > living:
        withheld, inferred = len(inferred), []
    for seen in (*inferred, *_absent(rows, view)):
        row = rows[seen.workload_id]
        observations.append(seen)
        repairs.append(repair_of(seen, row, Cause.MISSED_STOP if seen.absent else Cause.ORPHAN, view, in_flight=0))
    return Plan(
        observations=observations,
        repairs=() if only_source else repairs,
        unreported=len(repairs) if only_source else 0,
        newer_than_aws=ahead,
        contradictions=contradictions,
        unsettled=unsettled,
        withheld=withheld,
    )


def _unknown_to_aws(rows: Mapping[str, Row], view: Snapshot) -> tuple[list[Observation], int]:
    """Return what must be gone because AWS does not know it, and how many it is too early to say that of."""
    removals: list[Observation] = []
    unsettled = 0
    for workload_id in view.missing:
        row = rows.get(workload_id)
        if row is None or row.phase is Phase.GONE:
            continue
        if view.requested_at - row.written_at < SETTLED_AFTER:
            unsettled += 1
            continue
        removals.append(_gone(view, workload_id, row.epoch, row.version, missing_since_rev=row.rev))
    return removals, unsettled


def _absent(rows: Mapping[str, Row], view: Snapshot) -> list[Observation]:
    """Return what a complete list lacks: that is a word of its own, which no second look has to confirm."""
    if view.absent_below is None:
        return []
    epoch, version = view.absent_below
    listed = {seen.workload_id for seen in view.observations}
    return [
        _gone(view, workload_id, epoch, version, absent=True)
        for workload_id, row in rows.items()
        if workload_id not in listed and row.phase is not Phase.GONE and (row.epoch, row.version) < view.absent_below
    ]


def _gone(
    view: Snapshot, workload_id: str, epoch: int, version: int, *, missing_since_rev: int | None = None, absent: bool = False
) -> Observation:
    return Observation(
        cluster=view.cluster,
        workload_id=workload_id,
        epoch=epoch,
        version=version,
        source=SourceRank.API,
        phase=Phase.GONE,
        observed_at=view.requested_at,
        missing_since_rev=missing_since_rev,
        absent=absent,
    )


def _same(row: Row, new: Row) -> bool:
    """Say whether only the source differs.

    The API's word about a version outranks an event's, but where both say the same, writing it gains nothing, and a full pass would write
    every row that an event has touched since the last.
    """
    return (row.epoch, row.version, row.phase, row.facts, row.inferred) == (new.epoch, new.version, new.phase, new.facts, new.inferred)
