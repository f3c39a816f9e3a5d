"""Drift: how the ledger differed from AWS, workload by workload, and why.

`plan` is the pure decision of the reconciler: from the rows as they were read *before* AWS was asked, and what AWS then said, it makes
the observations that `ledger.record` has to bring in, and names the cause of each. It never removes a workload because it could not be
looked at: a view exists only when it is complete, and one that would remove more than half of a cluster on an inference must be confirmed
by a second look.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

import msgspec

from fargatecount.refusals import Refusal
from fargatecount.row import Outcome, Row, settle
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase, Source

MINUTE: Millis = 60_000

SETTLED_AFTER: Millis = 15 * MINUTE
"""The ECS API is eventually consistent and AWS asks to wait up to 5 minutes after a change
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html); three times that is beyond doubt. Until then a workload that
AWS does not know may be one that it does not know yet."""

IN_FLIGHT: Millis = 30_000
"""A change younger than this is not drift: its event may still be on its way (EventBridge and SQS take well under 5 s at the 99th
percentile; retried batches wait a few seconds more)."""

GUARD_FROM = 4
"""Below this many workloads "more than half" is an ordinary evening, not a sign that AWS answered wrongly."""


class Cause(StrEnum):
    """Why a row had to be repaired."""

    MISSED_START = "missed start"
    MISSED_STOP = "missed stop"
    MISSED_LIFE = "missed life"
    """Started and stopped without a trace: nothing was counted wrong, the tombstone is written against late events."""
    STALE_PHASE = "stale phase"
    """AWS has moved on, and the event that would have said so was lost."""
    WRONG_PHASE = "wrong phase"
    """The same version with another phase: the event's word was wrong."""
    WRONG_SIZE = "wrong size"
    WRONG_CAPACITY = "wrong capacity"
    MISSING_FACTS = "missing facts"
    ORPHAN = "orphan"
    """AWS knows no such workload."""
    RESURRECTED = "resurrected"
    """It had been inferred gone, and AWS shows it alive."""


COUNTED = frozenset(Cause) - {Cause.MISSED_LIFE, Cause.MISSING_FACTS}
"""Causes that made a counter wrong."""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One workload that was brought to the truth."""

    workload_id: str
    cause: Cause
    before: Phase | None
    after: Phase
    group: str | None = None
    changed_at: Millis | None = None
    """When the state that had been missed began, as far as AWS says."""
    delay_ms: Millis | None = None
    """How long it had been missed."""
    in_flight: bool = False
    """So young that its event may still be on its way: repaired all the same, and not called drift."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at a cluster has shown."""

    cluster: Cluster
    asked_at: Millis
    """The moment before the first question."""
    observations: Sequence[Observation]
    """Every workload that AWS described."""
    missing: Collection[str] = ()
    """Workloads that were asked for by id and that AWS does not know (ECS)."""
    absent_below: tuple[int, int] | None = None
    """(epoch, version) of a complete single-version list (EKS): what it lacks is gone, if its row is older."""
    changed_at: Mapping[str, Millis] = {}
    """When each described workload last changed, as far as AWS says."""
    refused: Sequence[Refusal] = ()
    """Pods that AWS does not take, and why; ECS tells of tasks by events."""
    families: Mapping[str, str] = {}
    """The task definition family of each described ECS task."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be recorded, and what it means."""

    observations: Sequence[Observation] = ()
    repairs: Sequence[Repair] = ()
    ahead: int = 0
    """Rows newer than AWS's answer: events overtook an eventually consistent API. Left alone."""
    contradictions: Sequence[str] = ()
    """Workloads that AWS shows alive and the ledger knows to have ended: no order of facts explains it, only a rebuild decides it."""
    unsettled: int = 0
    """Workloads that AWS does not know, whose rows are too young to conclude from it."""
    withheld: int = 0
    """Removals that the guard holds back until a second look agrees."""
    news: int = 0
    """Changes of which nobody else could have told: no repairs."""

    @property
    def drifted(self) -> int:
        """How many repairs put a wrong counter right."""
        return sum(1 for repair in self.repairs if repair.cause in COUNTED and not repair.in_flight)


def plan(rows: Mapping[str, Row], view: View, *, confirmed: bool = False, in_flight: Millis = IN_FLIGHT, only_source: bool = False) -> Plan:
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
        outcome, new = settle(row, seen, view.asked_at)
        if outcome in {Outcome.APPLIED, Outcome.FILLED} and new is not None:
            if row is not None and _same(row, new):
                continue
            cause = _cause(row, new)
            observations.append(seen)
            if cause is not None:
                repairs.append(_repair(seen, row, cause, view, in_flight))
        elif outcome is Outcome.STALE and row is not None:
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
        repairs.append(_repair(seen, row, Cause.MISSED_STOP if seen.absent else Cause.ORPHAN, view, in_flight=0))
    return Plan(
        observations=observations,
        repairs=() if only_source else repairs,
        news=len(repairs) if only_source else 0,
        ahead=ahead,
        contradictions=contradictions,
        unsettled=unsettled,
        withheld=withheld,
    )


def view_of_deleted(cluster: Cluster, rows: Mapping[str, Row], asked_at: Millis) -> View:
    """Return the view of a cluster of which AWS says that it is deleted: it knows none of its workloads."""
    if cluster.kind is Kind.EKS:
        # An EKS cluster is deleted only after its Fargate profiles, and these after their pods
        # (https://docs.aws.amazon.com/eks/latest/userguide/delete-cluster.html): whatever was created under this name before this second
        # is gone with all its pods. A cluster of the same name that is created from now on has a higher epoch.
        return View(cluster=cluster, asked_at=asked_at, observations=(), absent_below=(asked_at // 1000, 0))
    return View(
        cluster=cluster,
        asked_at=asked_at,
        observations=(),
        missing=[workload_id for workload_id, row in rows.items() if row.phase is not Phase.GONE],
    )


def _unknown_to_aws(rows: Mapping[str, Row], view: View) -> tuple[list[Observation], int]:
    """Return what must be gone because AWS does not know it, and how many it is too early to say that of."""
    removals: list[Observation] = []
    unsettled = 0
    for workload_id in view.missing:
        row = rows.get(workload_id)
        if row is None or row.phase is Phase.GONE:
            continue
        if view.asked_at - row.written_at < SETTLED_AFTER:
            unsettled += 1
            continue
        removals.append(_gone(view, workload_id, row.epoch, row.version, missing_since_rev=row.rev))
    return removals, unsettled


def _absent(rows: Mapping[str, Row], view: View) -> list[Observation]:
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
    view: View, workload_id: str, epoch: int, version: int, *, missing_since_rev: int | None = None, absent: bool = False
) -> Observation:
    return Observation(
        cluster=view.cluster,
        workload_id=workload_id,
        epoch=epoch,
        version=version,
        source=Source.API,
        phase=Phase.GONE,
        observed_at=view.asked_at,
        missing_since_rev=missing_since_rev,
        absent=absent,
    )


def _same(row: Row, new: Row) -> bool:
    """Say whether only the source differs.

    The API's word about a version outranks an event's, but where both say the same, writing it gains nothing, and a full pass would write
    every row that an event has touched since the last.
    """
    return (row.epoch, row.version, row.phase, row.facts, row.inferred) == (new.epoch, new.version, new.phase, new.facts, new.inferred)


def _cause(row: Row | None, new: Row) -> Cause | None:
    """Name what was wrong with `row`, given what it becomes; None where nothing worth a word was."""
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


def _repair(seen: Observation, row: Row | None, cause: Cause, view: View, in_flight: Millis) -> Repair:
    changed_at = view.changed_at.get(seen.workload_id)
    young = changed_at is not None and view.asked_at - changed_at < in_flight
    # Facts that events leave out, such as the architecture, are no news that could still be on its way.
    in_flight_causes = {Cause.MISSED_START, Cause.MISSED_STOP, Cause.MISSED_LIFE, Cause.STALE_PHASE}
    return Repair(
        workload_id=seen.workload_id,
        cause=cause,
        before=row.phase if row else None,
        after=seen.phase,
        group=seen.facts.group or (row.facts.group if row else None),
        changed_at=changed_at,
        delay_ms=view.asked_at - changed_at if changed_at is not None else None,
        in_flight=young and cause in in_flight_causes,
    )
