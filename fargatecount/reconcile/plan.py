"""The plan of a reconcile: the observations that make the ledger equal to AWS.

Pure. Takes the rows as they were *before* AWS was read, and the snapshot that AWS then gave. Returns the observations for `ledger.record`
and the repair that each of them is. A workload is never removed because a read failed: a snapshot exists only when it is complete, and a
snapshot that removes more than half of a cluster by inference needs a second read.
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
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html); three times that is safe. Until then, AWS may
not know a workload yet."""

GUARD_FROM = 4
"""Below this many workloads "more than half" is an ordinary evening, not a sign of a wrong answer from AWS."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The observations to record, and what they mean."""

    observations: Sequence[Observation] = ()
    repairs: Sequence[Repair] = ()
    newer_than_aws: int = 0
    """Rows newer than AWS's answer, because events overtook an eventually consistent API. They stay as they are."""
    contradictions: Sequence[str] = ()
    """Workloads that AWS shows alive and the ledger knows to have ended: no order of facts explains it, only a rebuild decides it."""
    unsettled: int = 0
    """Workloads that AWS does not know, with rows too young to conclude anything from that."""
    withheld: int = 0
    """Removals that wait for a second read."""
    unreported: int = 0
    """Changes that no other source could have reported, so they are not repairs."""

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(1 for repair in self.repairs if repair.cause in COUNTED and not repair.in_flight)


def plan(
    rows: Mapping[str, Row],
    view: Snapshot,
    *,
    confirmed: bool = False,
    in_flight: Millis = IN_FLIGHT,
    only_source: bool = False,
    listed_at: Millis | None = None,
) -> Plan:
    """Return what to record so that the ledger equals AWS.

    `rows` were read before the snapshot, tombstones included. `confirmed` says that an earlier look has already found most of the
    cluster gone, so that this one is the second. `only_source` says that nothing else reports the cluster (pods without a
    watcher): what is new is news then, and no drift. `listed_at` is the time of the last complete read before this one: a workload that
    is missing now lived then, which bounds its end.
    """
    observations: list[Observation] = []
    repairs: list[Repair] = []
    contradictions: list[str] = []
    ahead = 0
    for seen in view.observations:
        row = rows.get(seen.workload_id)
        if row is not None and _contradicts(row, seen):
            contradictions.append(seen.workload_id)
            continue
        outcome, new = merge(row, seen, view.requested_at)
        if outcome in {MergeOutcome.APPLIED, MergeOutcome.ENRICHED} and new is not None:
            if row is not None and _same(row, new):
                continue
            cause = cause_of(row, new)
            observations.append(seen)
            if cause is not None:
                repairs.append(repair_of(seen, row, cause, view, in_flight))
        elif outcome is MergeOutcome.STALE and row is not None:
            ahead += 1
    inferred, unsettled = _unknown_to_aws(rows, view, listed_at)
    living = sum(1 for row in rows.values() if row.phase is not Phase.GONE)
    withheld = 0
    if inferred and not confirmed and living >= GUARD_FROM and 2 * len(inferred) > living:
        withheld, inferred = len(inferred), []
    for seen in (*inferred, *_absent(rows, view, listed_at)):
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


def _unknown_to_aws(rows: Mapping[str, Row], view: Snapshot, listed_at: Millis | None) -> tuple[list[Observation], int]:
    """Return removals of workloads that AWS does not know, and the number of rows that are too young for that."""
    removals: list[Observation] = []
    unsettled = 0
    for workload_id in view.missing:
        row = rows.get(workload_id)
        if row is None or row.phase is Phase.GONE:
            continue
        if view.requested_at - row.written_at < SETTLED_AFTER:
            unsettled += 1
            continue
        # At the last read a row that was too young to conclude anything from may have been missing already.
        alive_at = listed_at if listed_at is not None and row.written_at <= listed_at - SETTLED_AFTER else None
        removals.append(_gone(view, workload_id, row.epoch, row.version, missing_since_rev=row.rev, alive_at=alive_at))
    return removals, unsettled


def _absent(rows: Mapping[str, Row], view: Snapshot, listed_at: Millis | None) -> list[Observation]:
    """Return removals of workloads that a complete list lacks. This is not an inference and needs no second read."""
    if view.absent_below is None:
        return []
    epoch, version = view.absent_below
    listed = {seen.workload_id for seen in view.observations}
    return [
        _gone(
            view,
            workload_id,
            epoch,
            version,
            absent=True,
            alive_at=listed_at if listed_at is not None and row.written_at <= listed_at else None,
        )
        for workload_id, row in rows.items()
        if workload_id not in listed and row.phase is not Phase.GONE and (row.epoch, row.version) < view.absent_below
    ]


def _gone(
    view: Snapshot,
    workload_id: str,
    epoch: int,
    version: int,
    *,
    missing_since_rev: int | None = None,
    absent: bool = False,
    alive_at: Millis | None = None,
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
        alive_at=alive_at,
    )


def _contradicts(row: Row, seen: Observation) -> bool:
    """Return whether AWS shows a workload alive, at a newer version, of which a source has reported the end."""
    ended = row.phase is Phase.GONE and not row.inferred
    return ended and seen.phase is not Phase.GONE and seen.epoch <= row.epoch and seen.version > row.version


def _same(row: Row, new: Row) -> bool:
    """Return whether only the source differs.

    The API outranks an event of the same version. If both say the same, a write gains nothing, and a full pass would write every row
    that an event has changed since the last pass.
    """
    return _substance(row) == _substance(new)


def _substance(row: Row) -> tuple[object, ...]:
    return (row.epoch, row.version, row.phase, row.facts, row.inferred, row.alive_at)
