"""The record of one workload's life, as it lies in the bucket: one line of JSON, and one row of the SQL tables.

Pure. A record is made from a row of the ledger alone: from its tombstone once it has ended, or from the living row. Two records of one
workload have the same `id` and `epoch`, and the one with the higher `rev` is the newer: readers take only that one.

Environment variables, commands and overrides are not in it, because they are not in the row (`ecs.stops`, `eks.ending`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

import msgspec

from fargatecount.history.billing import bill_of
from fargatecount.ledger.row import Row
from fargatecount.timestamps import DAY, to_iso
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import NO_FACTS, Capacity, Cluster, Kind, Millis, Phase

INTERRUPTED = frozenset({"SpotInterruption", "TerminationNotice"})
"""Stop codes of a Spot interruption; older copies of AWS's guide have the second one
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html)."""
NO_DAY = "-"


class State(StrEnum):
    """Whether the workload has ended, and how that is known."""

    LIVING = "living"
    ENDED = "ended"
    """A source reported the end."""
    INFERRED = "inferred"
    """AWS no longer knew the workload: it ended between `ended_after` and `ended_at`."""


class LifecycleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One workload from its creation to its end. Times are milliseconds since 1970 UTC; unknown is null, never 0."""

    schema: Literal["fargatecount/lifecycle"] = "fargatecount/lifecycle"
    version: Literal[1] = 1
    account: str
    region: str
    cluster: str
    """`ECS-<name>` or `EKS-<name>`."""
    kind: Kind
    id: str
    """ECS task id or pod uid."""
    epoch: int
    rev: int
    """The higher one of two records of one workload is the newer."""
    state: State
    service: str | None
    """`service:<name>`, `family:<name>` or `<namespace>/<owner>`."""
    family: str | None
    """The family of the task definition; of a pod, the name of its owner."""
    revision: int | None
    owner: str | None
    """The value of the owner tag or label; `-` if there is none, null if it was never read."""
    profile: str | None
    zone: str | None
    platform: str | None
    capacity: Capacity
    cpu: int | None
    """CPU units, 1 vCPU = 1024."""
    memory: int | None
    """MiB."""
    storage: int | None
    """GiB of ephemeral storage."""
    architecture: str | None
    os: str | None
    created_at: Millis | None
    pull_started_at: Millis | None
    pull_stopped_at: Millis | None
    started_at: Millis | None
    """When a task entered RUNNING; when the last container of a pod first ran."""
    stopping_at: Millis | None
    ended_after: Millis | None
    """The earliest possible end, if the end was inferred."""
    ended_at: Millis | None
    """The end; the latest possible one, if it was inferred."""
    stop_code: str | None
    stop_reason: str | None
    stop_kind: str | None
    """`stop_reason` without ids, so that equal reasons of many workloads are one."""
    exit_codes: str | None
    interrupted: bool
    """Whether Spot took the task back."""
    launch_ms: int | None
    """From the creation to the start."""
    billed_from: Millis | None
    billed_until: Millis | None
    billed_seconds: int
    cost: float | None
    """USD at list price, with the discount and the Spot factor of the settings; null if the size or the price is unknown."""
    cost_uncertain: float
    """The part of `cost` that depends on an inferred end."""
    cost_approximate: bool
    prices: str
    """The date of the price list."""
    day: str
    """The UTC day of the end, the partition that the record lies in; `-` of a living workload."""


COLUMNS: tuple[str, ...] = LifecycleRecord.__struct_fields__

_ARN = re.compile(r"arn:\S+")
_ID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4,}){2,}|[0-9a-f]{17,}|\b[a-z]+-[0-9a-f]{8,}\b|\d{4,}")


def record_of(cluster: Cluster, workload_id: str, row: Row, prices: PriceSettings, now: Millis) -> LifecycleRecord | None:
    """Return the record of a row as of `now`; None for a tombstone of which nothing is known but that it ended."""
    facts = row.facts
    if row.phase is Phase.GONE and facts == NO_FACTS:
        return None
    state = _state(row)
    ended_at = None if state is State.LIVING else _end(row)
    ended_after = _earliest_end(row) if state is State.INFERRED else None
    is_pod = cluster.kind is Kind.EKS
    started_at = facts.ready_at if is_pod else facts.started_at
    until = now if ended_at is None else ended_at
    bill = bill_of(facts, cluster.kind, cluster.scope.region, prices, ended_after=ended_after, until=until)
    return LifecycleRecord(
        account=cluster.scope.account,
        region=cluster.scope.region,
        cluster=cluster.key,
        kind=cluster.kind,
        id=workload_id,
        epoch=row.epoch,
        rev=row.rev,
        state=state,
        service=facts.group,
        family=facts.family or _named(facts.group),
        revision=facts.revision,
        owner=facts.owner,
        profile=facts.profile,
        zone=facts.zone,
        platform=facts.platform,
        capacity=facts.capacity or Capacity.ON_DEMAND,
        cpu=facts.cpu,
        memory=facts.memory,
        storage=facts.storage,
        architecture=facts.architecture,
        os=facts.os,
        created_at=facts.created_at,
        pull_started_at=facts.started_at if is_pod else facts.pull_started_at,
        pull_stopped_at=facts.pull_stopped_at,
        started_at=started_at,
        stopping_at=facts.stopping_at,
        ended_after=ended_after,
        ended_at=ended_at,
        stop_code=facts.stop_code,
        stop_reason=facts.stop_reason,
        stop_kind=kind_of_stop(facts.stop_reason),
        exit_codes=facts.exit_codes,
        interrupted=facts.stop_code in INTERRUPTED,
        launch_ms=started_at - facts.created_at if started_at is not None and facts.created_at is not None else None,
        billed_from=bill.begins,
        billed_until=bill.ends,
        billed_seconds=bill.seconds,
        cost=bill.usd,
        cost_uncertain=bill.uncertain_usd,
        cost_approximate=bill.approximate,
        prices=prices.published(cluster.scope.region),
        day=NO_DAY if ended_at is None else day_of(ended_at),
    )


def kind_of_stop(reason: str | None) -> str | None:
    """Return a reason without ids: `Scaling activity initiated by (deployment ecs-svc/…)` is one reason, however many deployments."""
    return None if reason is None else _ID.sub("…", _ARN.sub("…", reason))


def day_of(moment: Millis) -> str:
    """Return the UTC day of a moment: `2026-10-01`."""
    return to_iso(moment // DAY * DAY)[:10]


def _state(row: Row) -> State:
    if row.phase is not Phase.GONE:
        return State.LIVING
    reported = row.facts.stopped_at is not None or not (row.inferred or row.alive_at is not None)
    return State.ENDED if reported else State.INFERRED


def _end(row: Row) -> Millis:
    """Return the end: AWS's own time, else that of the deletion event, else the answer that no longer had the workload."""
    return row.observed_at if row.facts.stopped_at is None else row.facts.stopped_at


def _earliest_end(row: Row) -> Millis:
    """Return the earliest possible end: nothing that is known of a workload happened after it."""
    facts = row.facts
    known = (row.alive_at, facts.stopping_at, facts.started_at, facts.ready_at, facts.created_at)
    return min(row.observed_at, max((moment for moment in known if moment is not None), default=row.observed_at))


def _named(group: str | None) -> str | None:
    if group is None:
        return None
    return group.partition("/")[2] or group.partition(":")[2] or group
